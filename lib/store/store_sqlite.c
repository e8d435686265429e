#include "store/store_sqlite.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include "base/mem.h"
#include "base/str.h"

enum {
    APPLICATION_ID = 0x64626174, /* "dbat" */
    SCHEMA_VERSION = 1,          /* PRAGMA user_version: of the whole data directory */
    BUSY_MS = 5000 /* a commit waits for a checkpoint's moment, or a person's sqlite3 shell */
};

enum statement {
    BEGIN,
    COMMIT,
    ROLLBACK,
    ADD_SESSION,
    ADD_LINE,
    SAVE_HEAD,
    SAVE_END,
    SAVE_MARK,
    LAST,
    FIND_SESSION,
    FIND_ROOM,
    GET_SESSION,
    NEXT_LIVE,
    GET_LINK,
    READ_LINE,
    EACH_ROW,
    STATEMENT_COUNT
};

static const char *const statement_text[STATEMENT_COUNT] = {
    [BEGIN] = "BEGIN IMMEDIATE",
    [COMMIT] = "COMMIT",
    [ROLLBACK] = "ROLLBACK",
    [ADD_SESSION] = "INSERT INTO session(key, id, room, live, head) VALUES (?1, ?2, ?3, 1, 0)",
    [ADD_LINE] = "INSERT INTO event(row, session, seq, prev, line) VALUES (?1, ?2, ?3, ?4, ?5)",
    [SAVE_HEAD] = "UPDATE session SET head = ?2 WHERE key = ?1",
    [SAVE_END] = "UPDATE session SET head = ?2, live = 0 WHERE key = ?1",
    [SAVE_MARK] = "UPDATE mark SET row = ?1",
    [LAST] = "SELECT coalesce((SELECT max(key) FROM session), 0),"
             " coalesce((SELECT max(row) FROM event), 0), (SELECT row FROM mark)",
    [FIND_SESSION] = "SELECT key FROM session WHERE id = ?1",
    [FIND_ROOM] = "SELECT key, id FROM session WHERE room = ?1 ORDER BY key DESC LIMIT 1",
    [GET_SESSION] = "SELECT head, live FROM session WHERE key = ?1",
    [NEXT_LIVE] = "SELECT key, id, head FROM session INDEXED BY session_live"
                  " WHERE live = 1 AND key > ?1 ORDER BY key LIMIT 1",
    [GET_LINK] = "SELECT session, seq, prev FROM event WHERE row = ?1",
    [READ_LINE] = "SELECT seq, line FROM event WHERE row = ?1",
    [EACH_ROW] = "SELECT row, session, seq FROM event WHERE row > ?1 ORDER BY row",
};

static const char schema[] =
    "BEGIN IMMEDIATE;"
    "CREATE TABLE session(key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, room TEXT NOT NULL,"
    " live INTEGER NOT NULL, head INTEGER NOT NULL);"
    "CREATE INDEX session_room ON session(room);"
    "CREATE INDEX session_live ON session(key) WHERE live = 1;"
    "CREATE TABLE event(row INTEGER PRIMARY KEY, session INTEGER NOT NULL, seq INTEGER NOT NULL,"
    " prev INTEGER NOT NULL, line TEXT NOT NULL);"
    "CREATE TABLE mark(row INTEGER NOT NULL);"
    "INSERT INTO mark VALUES (0);";

/* What makes of each version the next one. */
static const char *const migrations[SCHEMA_VERSION] = {
    "", /* 0: the first one, before its number was written down */
};

struct db {
    sqlite3 *sqlite;
    sqlite3_stmt *statements[STATEMENT_COUNT];
    size_t wal_pages;
    bool has_lost_sync;
};

static enum err error_of(struct db *db, int rc)
{
    if (rc == SQLITE_IOERR_FSYNC || rc == SQLITE_IOERR_DIR_FSYNC)
        db->has_lost_sync = true;
    switch (rc & 0xff) { /* the primary code of an extended one */
    case SQLITE_OK:
    case SQLITE_DONE:
    case SQLITE_ROW:
        return ERR_NONE;
    case SQLITE_NOMEM:
        errno = ENOMEM;
        return ERR_NO_MEMORY;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        errno = EIO;
        return ERR_CORRUPT;
    case SQLITE_CONSTRAINT:
        return ERR_CONFLICT;
    case SQLITE_FULL:
        errno = ENOSPC;
        return ERR_IO;
    default:
        errno = db->sqlite ? sqlite3_system_errno(db->sqlite) : 0;
        if (errno == 0)
            errno = (rc & 0xff) == SQLITE_BUSY ? EBUSY : EIO;
        return ERR_IO;
    }
}

const char *db_message(const struct db *db)
{
    return sqlite3_errmsg(db->sqlite);
}

static enum err execute(struct db *db, const char *text)
{
    return error_of(db, sqlite3_exec(db->sqlite, text, NULL, NULL, NULL));
}

/* The first column of the first row of a statement that is used once. */
static enum err ask(struct db *db, const char *text, int64_t *number, char *word, size_t word_size)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(db->sqlite, text, -1, &stmt, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW) {
        if (number)
            *number = sqlite3_column_int64(stmt, 0);
        if (word)
            snprintf(word, word_size, "%s", (const char *)sqlite3_column_text(stmt, 0));
    }
    enum err e = error_of(db, rc);
    sqlite3_finalize(stmt);
    return e;
}

static int remember_wal(void *context, sqlite3 *sqlite, const char *name, int pages)
{
    (void)sqlite;
    (void)name;
    struct db *db = context;
    db->wal_pages = (size_t)pages;
    return SQLITE_OK;
}

static enum err connect(const char *path, int flags, struct db **out)
{
    /* Its accounting of memory costs a mutex an allocation. Refused once SQLite is in use. */
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    struct db *db = mem_zalloc(sizeof *db);
    if (!db)
        return ERR_NO_MEMORY;
    *out = db;
    int rc = sqlite3_open_v2(path, &db->sqlite, flags | SQLITE_OPEN_NOMUTEX, NULL);
    if (rc != SQLITE_OK)
        return error_of(db, rc);
    sqlite3_extended_result_codes(db->sqlite, 1);
    /* Also switches SQLite's own checkpoints off. */
    sqlite3_wal_hook(db->sqlite, remember_wal, db);
    return ERR_NONE;
}

/* NORMAL: a commit does not fsync; a checkpoint syncs the WAL before it writes into the database,
 * and the database before the WAL may be used anew; the first commit into a WAL that is begun anew
 * syncs its header, without which old frames could come back to life after a power cut. OFF would
 * leave out all three. */
static enum err configure(struct db *db)
{
    return execute(db, "PRAGMA synchronous = NORMAL; PRAGMA cache_size = -8192;"
                       " PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF");
}

static enum err make_tables(struct db *db, const char *path, char *why, size_t why_size)
{
    char mode[16] = "";
    enum err e = execute(db, "PRAGMA page_size = 4096");
    if (e == ERR_NONE)
        e = ask(db, "PRAGMA journal_mode = WAL", NULL, mode, sizeof mode);
    if (e == ERR_NONE && strcmp(mode, "wal") != 0) {
        snprintf(why, why_size,
                 "%s: the file system cannot share memory between processes, which SQLite's WAL "
                 "needs; use a local disk",
                 path);
        return ERR_REFUSED;
    }
    char text[128];
    snprintf(text, sizeof text, "PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT",
             APPLICATION_ID, SCHEMA_VERSION);
    if (e == ERR_NONE)
        e = execute(db, schema);
    return e == ERR_NONE ? execute(db, text) : e;
}

/* All or nothing: a server that dies on the way finds the old version again. */
static enum err migrate(struct db *db, int64_t version)
{
    char text[64];
    snprintf(text, sizeof text, "PRAGMA user_version = %d; COMMIT", SCHEMA_VERSION);
    enum err e = version < 0 ? ERR_CORRUPT : execute(db, "BEGIN IMMEDIATE");
    for (; !e && version < SCHEMA_VERSION; version++)
        e = execute(db, migrations[version]);
    return e ? e : execute(db, text);
}

static enum err check_file(struct db *db, const char *path, char *why, size_t why_size)
{
    int64_t application = 0, version = 0, tables = 0;
    enum err e = ask(db, "PRAGMA application_id", &application, NULL, 0);
    if (e == ERR_NONE)
        e = ask(db, "PRAGMA user_version", &version, NULL, 0);
    if (e == ERR_NONE)
        e = ask(db, "SELECT count(*) FROM sqlite_master", &tables, NULL, 0);
    if (e != ERR_NONE)
        return e;
    if (application == 0 && version == 0 && tables == 0)
        return make_tables(db, path, why, why_size);
    if (application != APPLICATION_ID) {
        snprintf(why, why_size, "%s is some other program's SQLite database; use another directory",
                 path);
        return ERR_REFUSED;
    }
    if (version > SCHEMA_VERSION) {
        snprintf(why, why_size,
                 "%s was written by a newer debate (schema %lld, this one knows %d); use that "
                 "version, or another directory",
                 path, (long long)version, SCHEMA_VERSION);
        return ERR_REFUSED;
    }
    if (version == SCHEMA_VERSION)
        return ERR_NONE;
    if (sqlite3_db_readonly(db->sqlite, "main") == 1) {
        snprintf(why, why_size,
                 "%s was written by an older debate (schema %lld, this one knows %d); start debate "
                 "serve with it once",
                 path, (long long)version, SCHEMA_VERSION);
        return ERR_REFUSED;
    }
    return migrate(db, version);
}

static void explain(struct db *db, enum err e, const char *path, char *why, size_t why_size)
{
    if (e == ERR_CORRUPT)
        snprintf(why, why_size,
                 "%s is not a SQLite database, or damaged; move it away or restore "
                 "it from a copy",
                 path);
    else
        snprintf(why, why_size, "cannot open %s: %s", path,
                 db && db->sqlite ? sqlite3_errmsg(db->sqlite) : "out of memory");
}

static enum err prepare_all(struct db *db)
{
    for (int i = 0; i < STATEMENT_COUNT; i++) {
        int rc = sqlite3_prepare_v3(db->sqlite, statement_text[i], -1, SQLITE_PREPARE_PERSISTENT,
                                    &db->statements[i], NULL);
        if (rc != SQLITE_OK)
            return error_of(db, rc);
    }
    return ERR_NONE;
}

static enum err open_with(const char *path, int flags, bool has_statements, struct db **out,
                          char *why, size_t why_size)
{
    struct db *db = NULL;
    why[0] = '\0';
    enum err e = connect(path, flags, &db);
    if (e == ERR_NONE)
        e = configure(db);
    if (e == ERR_NONE && has_statements)
        e = check_file(db, path, why, why_size);
    if (e == ERR_NONE && has_statements)
        e = prepare_all(db);
    if (e == ERR_NONE && has_statements)
        sqlite3_busy_timeout(db->sqlite, BUSY_MS);
    if (e != ERR_NONE) {
        if (!why[0])
            explain(db, e, path, why, why_size);
        int saved = errno;
        db_close(db);
        errno = saved;
        return e;
    }
    *out = db;
    return ERR_NONE;
}

enum err db_open(const char *path, struct db **out, char *why, size_t why_size)
{
    return open_with(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, true, out, why, why_size);
}

enum err db_open_second(const char *path, struct db **out, char *why, size_t why_size)
{
    return open_with(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, false, out, why, why_size);
}

enum err db_open_reader(const char *path, struct db **out, char *why, size_t why_size)
{
    if (access(path, F_OK) != 0) {
        snprintf(why, why_size, "%s: %s", path, strerror(errno));
        return ERR_NOT_FOUND;
    }
    return open_with(path, SQLITE_OPEN_READONLY, true, out, why, why_size);
}

void db_close(struct db *db)
{
    if (!db)
        return;
    for (int i = 0; i < STATEMENT_COUNT; i++)
        sqlite3_finalize(db->statements[i]);
    sqlite3_close(db->sqlite);
    mem_free(db);
}

/* Runs a statement that gives no row. */
static enum err run(struct db *db, enum statement which)
{
    sqlite3_stmt *stmt = db->statements[which];
    int rc = sqlite3_step(stmt);
    assert(rc != SQLITE_ROW);
    sqlite3_reset(stmt);
    return error_of(db, rc);
}

enum err db_begin(struct db *db)
{
    return run(db, BEGIN);
}

void db_rollback(struct db *db)
{
    /* SQLite itself rolls back after some errors. */
    if (!sqlite3_get_autocommit(db->sqlite) && run(db, ROLLBACK) != ERR_NONE)
        assert(sqlite3_get_autocommit(db->sqlite));
}

enum err db_commit(struct db *db)
{
    enum err e = run(db, COMMIT);
    if (e != ERR_NONE) {
        int saved = errno;
        db_rollback(db);
        errno = saved;
    }
    return e;
}

enum err db_add_session(struct db *db, int64_t key, const char *id, const char *room)
{
    sqlite3_stmt *stmt = db->statements[ADD_SESSION];
    sqlite3_bind_int64(stmt, 1, key);
    sqlite3_bind_text(stmt, 2, id, -1, SQLITE_STATIC);
    sqlite3_bind_text(stmt, 3, room, -1, SQLITE_STATIC);
    return run(db, ADD_SESSION);
}

enum err db_add_line(struct db *db, int64_t row, int64_t key, uint64_t seq, int64_t prev,
                     const char *line, size_t len)
{
    sqlite3_stmt *stmt = db->statements[ADD_LINE];
    sqlite3_bind_int64(stmt, 1, row);
    sqlite3_bind_int64(stmt, 2, key);
    sqlite3_bind_int64(stmt, 3, (int64_t)seq);
    sqlite3_bind_int64(stmt, 4, prev);
    sqlite3_bind_text(stmt, 5, line, (int)len, SQLITE_STATIC);
    return run(db, ADD_LINE);
}

/* Setting `live` touches its index too, so it is done only when it changes. */
enum err db_save_head(struct db *db, int64_t key, int64_t row, bool live)
{
    enum statement which = live ? SAVE_HEAD : SAVE_END;
    sqlite3_bind_int64(db->statements[which], 1, key);
    sqlite3_bind_int64(db->statements[which], 2, row);
    return run(db, which);
}

enum err db_save_mark(struct db *db, int64_t row)
{
    sqlite3_bind_int64(db->statements[SAVE_MARK], 1, row);
    return run(db, SAVE_MARK);
}

/* Steps to the one row that a statement may give. */
static enum err step_row(struct db *db, sqlite3_stmt *stmt)
{
    int rc = sqlite3_step(stmt);
    return rc == SQLITE_DONE ? ERR_NOT_FOUND : error_of(db, rc);
}

enum err db_last(struct db *db, struct db_last *last)
{
    sqlite3_stmt *stmt = db->statements[LAST];
    enum err e = step_row(db, stmt);
    if (e == ERR_NONE)
        *last = (struct db_last){.key = sqlite3_column_int64(stmt, 0),
                                 .row = sqlite3_column_int64(stmt, 1),
                                 .mark = sqlite3_column_int64(stmt, 2)};
    sqlite3_reset(stmt);
    return e;
}

enum err db_find_session(struct db *db, const char *id, int64_t *key)
{
    sqlite3_stmt *stmt = db->statements[FIND_SESSION];
    sqlite3_bind_text(stmt, 1, id, -1, SQLITE_STATIC);
    enum err e = step_row(db, stmt);
    if (e == ERR_NONE)
        *key = sqlite3_column_int64(stmt, 0);
    sqlite3_reset(stmt);
    return e;
}

static enum err copy_id(sqlite3_stmt *stmt, int column, char *id, size_t id_size)
{
    const unsigned char *text = sqlite3_column_text(stmt, column);
    return text && str_copy(id, id_size, (const char *)text) ? ERR_NONE : ERR_CORRUPT;
}

enum err db_find_room(struct db *db, const char *room, int64_t *key, char *id, size_t id_size)
{
    sqlite3_stmt *stmt = db->statements[FIND_ROOM];
    sqlite3_bind_text(stmt, 1, room, -1, SQLITE_STATIC);
    enum err e = step_row(db, stmt);
    if (e == ERR_NONE) {
        *key = sqlite3_column_int64(stmt, 0);
        e = copy_id(stmt, 1, id, id_size);
    }
    sqlite3_reset(stmt);
    return e;
}

enum err db_get_session(struct db *db, int64_t key, int64_t *row, bool *live)
{
    sqlite3_stmt *stmt = db->statements[GET_SESSION];
    sqlite3_bind_int64(stmt, 1, key);
    enum err e = step_row(db, stmt);
    if (e == ERR_NONE) {
        *row = sqlite3_column_int64(stmt, 0);
        *live = sqlite3_column_int(stmt, 1) != 0;
    }
    sqlite3_reset(stmt);
    return e;
}

enum err db_next_live(struct db *db, int64_t after, int64_t *key, char *id, size_t id_size,
                      int64_t *row)
{
    sqlite3_stmt *stmt = db->statements[NEXT_LIVE];
    sqlite3_bind_int64(stmt, 1, after);
    enum err e = step_row(db, stmt);
    if (e == ERR_NONE) {
        *key = sqlite3_column_int64(stmt, 0);
        *row = sqlite3_column_int64(stmt, 2);
        e = copy_id(stmt, 1, id, id_size);
    }
    sqlite3_reset(stmt);
    return e;
}

enum err db_get_link(struct db *db, int64_t row, struct db_link *link)
{
    sqlite3_stmt *stmt = db->statements[GET_LINK];
    sqlite3_bind_int64(stmt, 1, row);
    enum err e = step_row(db, stmt);
    if (e == ERR_NONE)
        *link = (struct db_link){.key = sqlite3_column_int64(stmt, 0),
                                 .seq = (uint64_t)sqlite3_column_int64(stmt, 1),
                                 .prev = sqlite3_column_int64(stmt, 2)};
    sqlite3_reset(stmt);
    return e;
}

enum err db_read_line(struct db *db, int64_t row, db_line_fn *on_line, void *context)
{
    sqlite3_stmt *stmt = db->statements[READ_LINE];
    sqlite3_bind_int64(stmt, 1, row);
    enum err e = step_row(db, stmt);
    if (e == ERR_NONE) {
        const char *line = (const char *)sqlite3_column_text(stmt, 1);
        e = line ? on_line(context, (uint64_t)sqlite3_column_int64(stmt, 0), line,
                           (size_t)sqlite3_column_bytes(stmt, 1))
                 : ERR_CORRUPT;
    }
    sqlite3_reset(stmt);
    return e;
}

enum err db_each_row(struct db *db, int64_t after, db_row_fn *on_row, void *context)
{
    sqlite3_stmt *stmt = db->statements[EACH_ROW];
    sqlite3_bind_int64(stmt, 1, after);
    enum err e = step_row(db, stmt);
    while (e == ERR_NONE) {
        e = on_row(context, sqlite3_column_int64(stmt, 0), sqlite3_column_int64(stmt, 1),
                   (uint64_t)sqlite3_column_int64(stmt, 2));
        if (e == ERR_NONE)
            e = step_row(db, stmt);
    }
    sqlite3_reset(stmt);
    return e == ERR_NOT_FOUND ? ERR_NONE : e;
}

size_t db_wal_pages(const struct db *db)
{
    return db->wal_pages;
}

enum err db_checkpoint(struct db *db, bool restart, size_t *copied)
{
    int done = 0;
    int rc = sqlite3_wal_checkpoint_v2(
        db->sqlite, NULL, restart ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE, NULL,
        &done);
    *copied = done > 0 ? (size_t)done : 0;
    /* Busy: it met a commit just as that changed the WAL's header, or somebody reads. */
    return (rc & 0xff) == SQLITE_BUSY ? ERR_NONE : error_of(db, rc);
}

bool db_has_lost_sync(const struct db *db)
{
    return db->has_lost_sync;
}

void db_keep_wal(struct db *db)
{
    sqlite3_db_config(db->sqlite, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
}

enum err db_sync_file(struct db *db)
{
    sqlite3_file *file = NULL;
    int rc = sqlite3_file_control(db->sqlite, "main", SQLITE_FCNTL_FILE_POINTER, &file);
    if (rc == SQLITE_OK)
        rc = file->pMethods->xSync(file, SQLITE_SYNC_NORMAL | SQLITE_SYNC_DATAONLY);
    return error_of(db, rc);
}

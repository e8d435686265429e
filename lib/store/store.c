#include "store/store.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/mem.h"
#include "proto/limits.h"
#include "store/store_batch.h"
#include "store/store_dir.h"
#include "store/store_heads.h"
#include "store/store_rewrite.h"
#include "store/store_sqlite.h"
#include "store/store_syncer.h"

enum {
    /* A live session's head is written down when it is so many rows behind, so that a start reads
     * at most twice as many (0.1 us each); a session that keeps talking costs one update in all
     * these. */
    HEAD_LAG_ROWS = 100000,
    HEAD_SAVES = 64 /* in a commit, and one more for each of its lines */
};

struct store {
    char *dir;
    int lock_fd;
    struct db *db;
    struct syncer *syncer;
    struct batch batch;
    struct heads heads;
    int64_t key_last;      /* given out */
    int64_t row_committed; /* the batch's lines are the rows after it */
    int64_t mark;          /* as written down */
    uint64_t commit;
    bool complained; /* of a failed commit, until one succeeds */
    bool reading;
};

/* ---- opening and closing ---- */

static enum err load_live(struct store *store)
{
    char id[LIMIT_SESSION_ID + 1];
    int64_t key = 0, row;
    for (;;) {
        enum err e = db_next_live(store->db, key, &key, id, sizeof id, &row);
        if (e != ERR_NONE)
            return e == ERR_NOT_FOUND ? ERR_NONE : e;
        /* Row 0: never written down, so all its rows are above the mark. */
        struct db_link link = {0};
        if (row > 0)
            e = db_get_link(store->db, row, &link);
        if (e == ERR_NOT_FOUND || (e == ERR_NONE && row > 0 && link.key != key))
            e = ERR_CORRUPT;
        if (e != ERR_NONE)
            return e;
        if (!heads_add(&store->heads, key, row, link.seq, true))
            return ERR_NO_MEMORY;
    }
}

static enum err load_row(void *context, int64_t row, int64_t key, uint64_t seq)
{
    struct store *store = context;
    struct head *head = heads_find(&store->heads, key);
    if (head && row > head->row)
        heads_move(&store->heads, head, row, seq);
    return ERR_NONE;
}

static enum err load(struct store *store)
{
    struct db_last last;
    enum err e = db_last(store->db, &last);
    if (e != ERR_NONE)
        return e;
    store->key_last = last.key;
    store->row_committed = last.row;
    store->mark = last.mark;
    e = load_live(store);
    return e == ERR_NONE ? db_each_row(store->db, last.mark, load_row, store) : e;
}

/* An earlier process may have met an fsync that failed. Were the WAL on the disk less than what the
 * kernel shows of it, then a checkpoint and a power cut would leave a database of two times. */
static enum err rewrite_wal(const char *path, char *why, size_t why_size)
{
    char wal[4096 + 8];
    snprintf(wal, sizeof wal, "%s-wal", path);
    return store_rewrite(wal, why, why_size);
}

static enum err open_database(struct store *store, void (*on_synced)(void *context), void *context,
                              char *why, size_t why_size)
{
    char path[4096];
    enum err e = store_dir_file(store->dir, "debate.db", path, sizeof path, why, why_size);
    if (e == ERR_NONE)
        e = rewrite_wal(path, why, why_size);
    if (e == ERR_NONE)
        e = db_open(path, &store->db, why, why_size);
    if (e != ERR_NONE)
        return e;
    e = load(store);
    if (e != ERR_NONE) {
        snprintf(why, why_size, "%s cannot be read: %s; restore it from a copy", path,
                 e == ERR_NO_MEMORY ? "out of memory" : "it is damaged");
        return e;
    }
    e = syncer_new(path, on_synced, context, &store->syncer, why, why_size);
    return e == ERR_NONE ? store_dir_sync(store->dir, why, why_size) : e;
}

static void release(struct store *store)
{
    int saved = errno;
    if (store->syncer && syncer_free(store->syncer))
        db_keep_wal(store->db);
    db_close(store->db);
    batch_release(&store->batch);
    heads_release(&store->heads);
    store_dir_unlock(store->lock_fd);
    mem_free(store->dir);
    mem_free(store);
    errno = saved;
}

enum err store_open(const char *dir, void (*on_synced)(void *context), void *context,
                    struct store **out, char *why, size_t why_size)
{
    struct store *store = mem_zalloc(sizeof *store);
    if (!store) {
        snprintf(why, why_size, "out of memory");
        return ERR_NO_MEMORY;
    }
    store->lock_fd = -1;
    batch_init(&store->batch);
    enum err e = ERR_NO_MEMORY;
    snprintf(why, why_size, "out of memory");
    store->dir = mem_strdup(dir);
    if (store->dir)
        e = store_dir_lock(dir, &store->lock_fd, why, why_size);
    if (e == ERR_NONE)
        e = open_database(store, on_synced, context, why, why_size);
    if (e != ERR_NONE) {
        release(store);
        return e;
    }
    *out = store;
    return ERR_NONE;
}

void store_close(struct store *store)
{
    if (!store)
        return;
    uint64_t commit;
    if (store_commit(store, &commit) != ERR_NONE)
        log_error("closing the session log without its last %zu lines", store->batch.line_count);
    release(store);
}

const char *store_dir(const struct store *store)
{
    return store->dir;
}

uint64_t store_bytes(const struct store *store)
{
    static const char *const names[] = {"debate.db", "debate.db-wal", "debate.db-shm"};
    uint64_t bytes = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[4096];
        struct stat st;
        int len = snprintf(path, sizeof path, "%s/%s", store->dir, names[i]);
        if (len > 0 && (size_t)len < sizeof path && stat(path, &st) == 0)
            bytes += (uint64_t)st.st_size;
    }
    return bytes;
}

/* ---- writing ---- */

static int64_t next_row(const struct store *store)
{
    return store->row_committed + (int64_t)store->batch.line_count + 1;
}

enum err store_session_add(struct store *store, const char *session_id, const char *room_code,
                           const char *header, size_t len, int64_t *key)
{
    int64_t other;
    enum err e = store_session_find(store, session_id, &other);
    if (e != ERR_NOT_FOUND)
        return e == ERR_NONE ? ERR_CONFLICT : e;
    int64_t row = next_row(store), added = store->key_last + 1;
    e = batch_add_line(&store->batch, added, 0, 0, header, len);
    if (e != ERR_NONE)
        return e;
    e = batch_add_session(&store->batch, added, session_id, room_code);
    if (e != ERR_NONE)
        goto out_line;
    struct head *head = heads_add(&store->heads, added, 0, 0, true);
    if (!head) {
        e = ERR_NO_MEMORY;
        goto out_session;
    }
    heads_move(&store->heads, head, row, 0);
    store->key_last = added;
    *key = added;
    return ERR_NONE;

out_session:
    store->batch.session_count--;
out_line:
    batch_drop_line(&store->batch);
    return e;
}

/* Where a session's chain ends; for one that is not in memory from the database. */
static enum err get_head(struct store *store, int64_t key, struct head *out)
{
    const struct head *head = heads_find(&store->heads, key);
    if (head) {
        *out = *head;
        return ERR_NONE;
    }
    *out = (struct head){.key = key};
    struct db_link link;
    enum err e = db_get_session(store->db, key, &out->row, &out->live);
    if (e == ERR_NONE)
        e = db_get_link(store->db, out->row, &link) != ERR_NONE || link.key != key ? ERR_CORRUPT
                                                                                   : ERR_NONE;
    if (e == ERR_NONE)
        out->seq = link.seq;
    return e;
}

/* The same, kept in memory until the next commit. */
static enum err take_head(struct store *store, int64_t key, struct head **out)
{
    *out = heads_find(&store->heads, key);
    if (*out)
        return ERR_NONE;
    struct head found;
    enum err e = get_head(store, key, &found);
    if (e != ERR_NONE)
        return e;
    e = batch_add_ended(&store->batch, key);
    if (e != ERR_NONE)
        return e;
    *out = heads_add(&store->heads, key, found.row, found.seq, false);
    if (*out)
        return ERR_NONE;
    store->batch.ended_count--;
    return ERR_NO_MEMORY;
}

enum err store_event_add(struct store *store, int64_t key, uint64_t seq, const char *line,
                         size_t len)
{
    struct head *head;
    enum err e = take_head(store, key, &head);
    if (e != ERR_NONE)
        return e;
    if (seq != head->seq + 1)
        return ERR_CONFLICT;
    int64_t row = next_row(store);
    e = batch_add_line(&store->batch, key, seq, head->row, line, len);
    if (e == ERR_NONE)
        heads_move(&store->heads, head, row, seq);
    return e;
}

enum err store_session_end(struct store *store, int64_t key)
{
    struct head *head;
    enum err e = take_head(store, key, &head);
    if (e != ERR_NONE || !head->live)
        return e;
    e = batch_add_ended(&store->batch, key);
    if (e == ERR_NONE)
        head->live = false;
    return e;
}

bool store_is_dirty(const struct store *store)
{
    return !batch_is_empty(&store->batch);
}

/* Writes down heads that have fallen behind, and from where on they may be. `*saved` and `*mark`
 * are for after the commit. */
static enum err write_heads(struct store *store, size_t *saved, int64_t *mark)
{
    int64_t last = store->row_committed + (int64_t)store->batch.line_count;
    size_t saves_max = HEAD_SAVES + store->batch.line_count;
    const struct head *head = store->heads.oldest;
    enum err e = ERR_NONE;
    *saved = 0;
    for (; head && *saved < saves_max && head->unsaved_row + HEAD_LAG_ROWS <= last;
         head = head->newer) {
        e = db_save_head(store->db, head->key, head->row, head->live);
        if (e != ERR_NONE)
            return e;
        (*saved)++;
    }
    int64_t known = head ? head->unsaved_row - 1 : last;
    *mark = known >= store->mark + HEAD_LAG_ROWS ? known : store->mark;
    return *mark > store->mark ? db_save_mark(store->db, *mark) : ERR_NONE;
}

static enum err write_batch(struct store *store)
{
    const struct batch *batch = &store->batch;
    enum err e = ERR_NONE;
    for (size_t i = 0; i < batch->session_count && e == ERR_NONE; i++) {
        const struct batch_session *session = &batch->sessions[i];
        e = db_add_session(store->db, session->key, session->id, session->room);
    }
    for (size_t i = 0; i < batch->line_count && e == ERR_NONE; i++) {
        const struct batch_line *line = &batch->lines[i];
        e = db_add_line(store->db, store->row_committed + 1 + (int64_t)i, line->key, line->seq,
                        line->prev, batch->text.data + line->offset, line->len);
    }
    for (size_t i = 0; i < batch->ended_count && e == ERR_NONE; i++) {
        const struct head *head = heads_find(&store->heads, batch->ended[i]);
        e = db_save_head(store->db, head->key, head->row, head->live);
    }
    return e;
}

static void after_commit(struct store *store, size_t saved, int64_t mark)
{
    for (; saved > 0; saved--)
        heads_saved(&store->heads, store->heads.oldest);
    for (size_t i = 0; i < store->batch.ended_count; i++) {
        struct head *head = heads_find(&store->heads, store->batch.ended[i]);
        if (head)
            heads_remove(&store->heads, head);
    }
    store->mark = mark;
    store->row_committed += (int64_t)store->batch.line_count;
    store->commit++;
    batch_clear(&store->batch);
    syncer_committed(store->syncer, store->commit, db_wal_pages(store->db));
    if (store->complained)
        log_warning("the session log can be written again");
    store->complained = false;
}

enum err store_commit(struct store *store, uint64_t *commit)
{
    *commit = store->commit;
    if (!store_is_dirty(store))
        return ERR_NONE;
    size_t saved = 0;
    int64_t mark = store->mark;
    syncer_enter(store->syncer);
    enum err e = db_begin(store->db);
    if (e == ERR_NONE) {
        e = write_batch(store);
        if (e == ERR_NONE)
            e = write_heads(store, &saved, &mark);
        if (e == ERR_NONE)
            e = db_commit(store->db);
    }
    if (e != ERR_NONE) {
        int error = errno;
        if (!store->complained)
            log_error("cannot write the session log: %s (%s)", db_message(store->db),
                      strerror(error));
        store->complained = true;
        db_rollback(store->db);
        errno = error;
    }
    syncer_leave(store->syncer);
    if (e != ERR_NONE)
        return ERR_IO;
    after_commit(store, saved, mark);
    *commit = store->commit;
    return ERR_NONE;
}

void store_sync(struct store *store)
{
    syncer_sync(store->syncer);
}

uint64_t store_synced(const struct store *store)
{
    return syncer_synced(store->syncer);
}

bool store_sync_failed(const struct store *store)
{
    return syncer_failed(store->syncer);
}

/* ---- reading ---- */

enum err store_room_last(struct store *store, const char *room_code, char *session_id, int64_t *key)
{
    for (size_t i = store->batch.session_count; i > 0; i--) {
        const struct batch_session *session = &store->batch.sessions[i - 1];
        if (strcmp(session->room, room_code) == 0) {
            memcpy(session_id, session->id, strlen(session->id) + 1);
            *key = session->key;
            return ERR_NONE;
        }
    }
    return db_find_room(store->db, room_code, key, session_id, LIMIT_SESSION_ID + 1);
}

enum err store_session_find(struct store *store, const char *session_id, int64_t *key)
{
    for (size_t i = store->batch.session_count; i > 0; i--) {
        const struct batch_session *session = &store->batch.sessions[i - 1];
        if (strcmp(session->id, session_id) == 0) {
            *key = session->key;
            return ERR_NONE;
        }
    }
    return db_find_session(store->db, session_id, key);
}

static const struct batch_line *gathered(const struct store *store, int64_t row)
{
    return row > store->row_committed ? &store->batch.lines[row - store->row_committed - 1] : NULL;
}

static enum err get_link(struct store *store, int64_t row, struct db_link *link)
{
    const struct batch_line *line = gathered(store, row);
    if (line) {
        *link = (struct db_link){.key = line->key, .prev = line->prev, .seq = line->seq};
        return ERR_NONE;
    }
    enum err e = db_get_link(store->db, row, link);
    return e == ERR_NOT_FOUND ? ERR_CORRUPT : e;
}

/* Follows the chain from its end and notes the row of each seq from `first` to the last one. */
static enum err collect(struct store *store, const struct head *head, uint64_t first, int64_t *rows)
{
    int64_t row = head->row;
    for (uint64_t seq = head->seq; row > 0; seq--) {
        struct db_link link;
        enum err e = get_link(store, row, &link);
        if (e != ERR_NONE)
            return e;
        if (link.key != head->key || link.seq != seq || link.prev >= row)
            return ERR_CORRUPT;
        rows[seq - first] = row;
        if (seq == first)
            return ERR_NONE;
        row = link.prev;
    }
    return ERR_CORRUPT;
}

static enum err give_line(struct store *store, int64_t row, store_line_fn *on_line, void *context)
{
    const struct batch_line *line = gathered(store, row);
    if (!line)
        return db_read_line(store->db, row, on_line, context);
    return on_line(context, line->seq, store->batch.text.data + line->offset, line->len);
}

enum err store_log_read(struct store *store, int64_t key, bool with_header, uint64_t after_seq,
                        store_line_fn *on_line, void *context)
{
    assert(!store->reading);
    struct head head;
    enum err e = get_head(store, key, &head);
    if (e != ERR_NONE)
        return e;
    uint64_t first = with_header && after_seq == 0 ? 0 : after_seq + 1;
    if (first > head.seq || first < after_seq)
        return ERR_NONE;
    size_t count = (size_t)(head.seq - first + 1);
    int64_t *rows = mem_alloc(count * sizeof *rows);
    if (!rows)
        return ERR_NO_MEMORY;
    e = collect(store, &head, first, rows);
    store->reading = true;
    for (size_t i = 0; i < count && e == ERR_NONE; i++)
        e = give_line(store, rows[i], on_line, context);
    store->reading = false;
    mem_free(rows);
    return e;
}

static bool is_live(const struct store *store, int64_t key)
{
    const struct head *head = heads_find(&store->heads, key);
    return head && head->live;
}

enum err store_each_live(struct store *store, store_session_fn *on_session, void *context)
{
    char id[LIMIT_SESSION_ID + 1];
    int64_t key = 0, row;
    enum err e = ERR_NONE;
    while (e == ERR_NONE) {
        e = db_next_live(store->db, key, &key, id, sizeof id, &row);
        if (e == ERR_NONE && is_live(store, key))
            e = on_session(context, key, id);
    }
    if (e != ERR_NOT_FOUND)
        return e;
    e = ERR_NONE;
    for (size_t i = 0; i < store->batch.session_count && e == ERR_NONE; i++) {
        struct batch_session session = store->batch.sessions[i];
        if (session.key > key && is_live(store, session.key))
            e = on_session(context, session.key, session.id);
    }
    return e;
}

#include "store/store_reader.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "store/store_sqlite.h"

/* The rows of a log from its end to its header. */
struct chain {
    int64_t *rows;
    size_t count;
};

static enum err follow(struct db *db, int64_t key, int64_t row, struct chain *chain)
{
    struct db_link link;
    enum err e = db_get_link(db, row, &link);
    if (e)
        return e == ERR_NOT_FOUND ? ERR_CORRUPT : e;
    chain->count = (size_t)link.seq + 1;
    chain->rows = link.seq < INT32_MAX ? mem_alloc(chain->count * sizeof *chain->rows) : NULL;
    if (!chain->rows)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < chain->count; i++) {
        if (i)
            e = db_get_link(db, row, &link);
        if (e || link.key != key || link.seq != chain->count - 1 - i || link.prev >= row)
            return e && e != ERR_NOT_FOUND ? e : ERR_CORRUPT;
        chain->rows[i] = row;
        row = link.prev;
    }
    return ERR_NONE;
}

static enum err add_line(void *context, uint64_t seq, const char *line, size_t len)
{
    (void)seq;
    enum err e = buf_append(context, line, len);
    return e ? e : buf_append_str(context, "\n");
}

static enum err read_chain(struct db *db, int64_t key, struct buf *out)
{
    struct chain chain = {0};
    int64_t row;
    bool live;
    enum err e = db_get_session(db, key, &row, &live);
    if (!e && live)
        e = ERR_WRONG_PHASE;
    if (!e)
        e = follow(db, key, row, &chain);
    for (size_t i = chain.count; !e && i > 0; i--)
        e = db_read_line(db, chain.rows[i - 1], add_line, out);
    mem_free(chain.rows);
    return e;
}

static void explain(enum err e, const char *dir, const char *session_id, const struct db *db,
                    char *why, size_t why_size)
{
    if (e == ERR_NOT_FOUND)
        snprintf(why, why_size, "%s: no session %s here", dir, session_id);
    else if (e == ERR_WRONG_PHASE)
        snprintf(why, why_size, "session %s has not ended yet", session_id);
    else if (e == ERR_IO || e == ERR_CORRUPT)
        snprintf(why, why_size, "%s: the log of session %s cannot be read: %s", dir, session_id,
                 e == ERR_CORRUPT ? "it is damaged" : db_message(db));
    else
        snprintf(why, why_size, "%s: the log of session %s cannot be read: %s", dir, session_id,
                 err_code(e));
}

enum err store_read_log(const char *dir, const char *session_id, struct buf *out, char *why,
                        size_t why_size)
{
    char path[PATH_MAX];
    struct db *db = NULL;
    int64_t key;
    /* "./" keeps SQLite from taking "file:..." for a URI. */
    int len = snprintf(path, sizeof path, "%s%s/debate.db", dir[0] == '/' ? "" : "./", dir);
    if (len < 0 || len >= PATH_MAX) {
        snprintf(why, why_size, "%s: %s", dir, strerror(ENAMETOOLONG));
        return ERR_NOT_FOUND;
    }
    enum err e = db_open_reader(path, &db, why, why_size);
    if (e)
        return e;
    e = db_find_session(db, session_id, &key);
    if (!e)
        e = read_chain(db, key, out);
    if (e)
        explain(e, dir, session_id, db, why, why_size);
    db_close(db);
    return e;
}

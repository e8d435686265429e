#include "sim/look_sqlite.h"

#include <stdlib.h>

#include <sqlite3.h>

#include "sim/disk.h"
#include "sim/world.h"

struct look {
    sqlite3 *sqlite;
    sqlite3_stmt *lines;
};

static const char lines_text[] =
    "SELECT row, session, seq, line FROM event WHERE row > ?1 ORDER BY row";

struct look *look_new(void)
{
    struct look *look = calloc(1, sizeof *look);
    if (!look)
        abort();
    if (!disk_find(disk_at_hand, "/data/debate.db") ||
        sqlite3_open_v2("/data/debate.db", &look->sqlite,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) ||
        sqlite3_prepare_v2(look->sqlite, lines_text, -1, &look->lines, NULL)) {
        trace("the database cannot be looked at: %s",
              look->sqlite ? sqlite3_errmsg(look->sqlite) : "it is not there");
        look_free(look);
        return NULL;
    }
    return look;
}

void look_free(struct look *look)
{
    if (!look)
        return;
    sqlite3_finalize(look->lines);
    sqlite3_close(look->sqlite);
    free(look);
}

int64_t look_lines(struct look *look, int64_t after, look_line_fn *on_line, void *context)
{
    int rc;
    int64_t last = after;
    sqlite3_bind_int64(look->lines, 1, after);
    while ((rc = sqlite3_step(look->lines)) == SQLITE_ROW) {
        last = sqlite3_column_int64(look->lines, 0);
        on_line(context, sqlite3_column_int64(look->lines, 1),
                (uint64_t)sqlite3_column_int64(look->lines, 2),
                (const char *)sqlite3_column_text(look->lines, 3),
                (size_t)sqlite3_column_bytes(look->lines, 3));
    }
    sqlite3_reset(look->lines);
    if (rc != SQLITE_DONE)
        broken("the-log-can-be-read", "%s", sqlite3_errmsg(look->sqlite));
    return last;
}

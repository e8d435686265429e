/* The session logs' SQLite database: its tables and statements, and nothing of what is gathered or
 * when it is synced. Each `struct db` is one connection, used by one thread at a time.
 *
 * The tables, and why they look so. `event` is only ever appended to: one row a line, in the order
 * of commits, with `prev`, the row of the same session's line before (0: this is the header,
 * seq 0). A log is read by following `prev` backwards from its last row. Measured with 20 lines of
 * 180 bytes a commit, each of another of 1,000 live sessions (CPU a line, commit + checkpoint):
 *
 *     (session, seq, line), WITHOUT ROWID, pages of 4096 / 1024 / 512   11.1 / 12.1 / 16.6 us
 *     rowid = session << 20 | seq, pages of 4096 / 1024 / 512            9.8 /  9.1 / 10.5 us
 *     append-only, unique index on (session, seq), 4096                  5.2 us
 *     append-only, chained by `prev`, 4096 / 1024                        1.3 /  1.6 us
 *     one blob a commit, 4096                                            0.9 us
 *
 * because each page that a commit touches is copied whole into the WAL. That (session, seq) is
 * unique, and seq without gaps, follows from store.c, which knows each session's last seq, and
 * reading checks it: every link must be of the same session and one seq lower.
 *
 * `session.head` is the row of a session's last line as far as it was written down: for a session
 * that has ended always; for a live one it may be behind, but only by rows above `mark`, and who
 * opens the database reads those once. */
#ifndef DEBATE_STORE_STORE_SQLITE_H
#define DEBATE_STORE_STORE_SQLITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct db;

/* The first connection: makes the file or checks that it is ours, of a schema known here. On an
 * error `why` says what, where and what to do: ERR_REFUSED (foreign or newer), ERR_CORRUPT (not
 * SQLite), ERR_IO with errno. */
enum err db_open(const char *path, struct db **out, char *why, size_t why_size) MUST_CHECK;
/* A further connection to the same file, for db_checkpoint alone. */
enum err db_open_second(const char *path, struct db **out, char *why, size_t why_size) MUST_CHECK;
/* A connection of another process, beside the one that writes, for reading alone. ERR_NOT_FOUND:
 * there is no such file. */
enum err db_open_reader(const char *path, struct db **out, char *why, size_t why_size) MUST_CHECK;
/* The last one to close checkpoints and removes the WAL. NULL is allowed. */
void db_close(struct db *db);
/* What the last failed call said; lives until the next call. */
const char *db_message(const struct db *db);

/* ---- writing; between db_begin and db_commit. ERR_IO with errno ---- */

enum err db_begin(struct db *db) MUST_CHECK;
/* On an error nothing has been written, and the transaction is over. */
enum err db_commit(struct db *db) MUST_CHECK;
void db_rollback(struct db *db);
enum err db_add_session(struct db *db, int64_t key, const char *id, const char *room) MUST_CHECK;
enum err db_add_line(struct db *db, int64_t row, int64_t key, uint64_t seq, int64_t prev,
                     const char *line, size_t len) MUST_CHECK;
enum err db_save_head(struct db *db, int64_t key, int64_t row, bool live) MUST_CHECK;
enum err db_save_mark(struct db *db, int64_t row) MUST_CHECK;

/* ---- reading; ERR_NOT_FOUND ---- */

struct db_last {
    int64_t key, row, mark; /* 0: none yet */
};
enum err db_last(struct db *db, struct db_last *last) MUST_CHECK;
enum err db_find_session(struct db *db, const char *id, int64_t *key) MUST_CHECK;
/* The newest session of a room; `id` holds id_size bytes. */
enum err db_find_room(struct db *db, const char *room, int64_t *key, char *id,
                      size_t id_size) MUST_CHECK;
enum err db_get_session(struct db *db, int64_t key, int64_t *row, bool *live) MUST_CHECK;
/* The live session with the smallest key above `after`. */
enum err db_next_live(struct db *db, int64_t after, int64_t *key, char *id, size_t id_size,
                      int64_t *row) MUST_CHECK;
/* A row's place in its chain. */
struct db_link {
    int64_t key, prev;
    uint64_t seq;
};
enum err db_get_link(struct db *db, int64_t row, struct db_link *link) MUST_CHECK;
/* The callback's `line` lives during the call. */
typedef enum err db_line_fn(void *context, uint64_t seq, const char *line, size_t len);
enum err db_read_line(struct db *db, int64_t row, db_line_fn *on_line, void *context) MUST_CHECK;
/* Calls back for every row above `after`, in order. */
typedef enum err db_row_fn(void *context, int64_t row, int64_t key, uint64_t seq);
enum err db_each_row(struct db *db, int64_t after, db_row_fn *on_row, void *context) MUST_CHECK;

/* ---- the WAL ---- */

/* Pages in the WAL after this connection's last commit. */
size_t db_wal_pages(const struct db *db);
/* Syncs the WAL and copies what it holds as this begins into the database. With `restart` the WAL
 * is begun anew after (its file keeps its size); needs that nobody writes meanwhile. `*copied`: how
 * many of the WAL's pages the database has now. It may find that it has to be tried again later;
 * then that is 0 or low. */
enum err db_checkpoint(struct db *db, bool restart, size_t *copied) MUST_CHECK;
/* An fsync of this connection's has failed: what it should have brought to the disk may be lost,
 * and later ones do not say so. */
bool db_has_lost_sync(const struct db *db);
/* Closing will leave the WAL as it is, without a checkpoint. */
void db_keep_wal(struct db *db);
/* fsyncs the database file. */
enum err db_sync_file(struct db *db) MUST_CHECK;

#endif

/* Where session logs are kept: one SQLite database in WAL mode, in the data directory.
 *
 * All functions are called from the thread that opened the store; one thread inside does the
 * fsyncs. Two steps, as the protocol wants them: after `store_commit` what was appended survives
 * kill -9; after the sync that covers it, a power cut. There is no other truth than the lines.
 *
 * What is added is copied and gathered in memory, at most LIMIT_BATCH_BYTES: with a
 * disk that refuses for longer, adding is ERR_FULL. An add that fails has changed nothing. */
#ifndef DEBATE_STORE_STORE_H
#define DEBATE_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct store;

/* Opens or makes `dir` and what is in it (0700, files 0600). On an error `why` is a line for the
 * operator: what, where, what to do. ERR_REFUSED: a directory of another schema or program, or one
 * that another process has open; ERR_CORRUPT; ERR_IO with errno. `on_synced(context)` is called on
 * the inner thread whenever a sync has ended, also within store_close; store_synced then tells how
 * far. NULL is allowed. */
enum err store_open(const char *dir, void (*on_synced)(void *context), void *context,
                    struct store **out, char *why, size_t why_size) MUST_CHECK;
/* Commits, syncs and closes. NULL is allowed. */
void store_close(struct store *store);
const char *store_dir(const struct store *store);
/* What the logs take of the disk. */
uint64_t store_bytes(const struct store *store);

/* ---- writing: gathered until store_commit ---- */

/* A new session with the first line of its log (no newline). `*key` is its short name here.
 * ERR_CONFLICT: there is one of this id. */
enum err store_session_add(struct store *store, const char *session_id, const char *room_code,
                           const char *header, size_t len, int64_t *key) MUST_CHECK;
/* The next line of a session's log (no newline), also after its end. ERR_CONFLICT: `seq` is not the
 * last one's plus 1; the first is 1. ERR_NOT_FOUND. */
enum err store_event_add(struct store *store, int64_t key, uint64_t seq, const char *line,
                         size_t len) MUST_CHECK;
/* The session has ended: it is not given out by store_each_live any more. In one transaction with
 * what is added before the next store_commit. */
enum err store_session_end(struct store *store, int64_t key) MUST_CHECK;

bool store_is_dirty(const struct store *store); /* something waits for store_commit */

/* Everything added so far survives kill -9 once this returns ERR_NONE. After ERR_IO (a full disk)
 * what was added is still gathered, and the next call tries again. Returns the commit's number. */
enum err store_commit(struct store *store, uint64_t *commit) MUST_CHECK;

/* Asks for an fsync of all that is committed; returns at once. Calls are merged. */
void store_sync(struct store *store);
/* The last commit that survives a power cut. A failed fsync leaves it where it is for good, because
 * the kernel may have dropped what it could not write; store_sync_failed says so. */
uint64_t store_synced(const struct store *store);
bool store_sync_failed(const struct store *store);

/* ---- reading; sees what was committed and what waits ---- */

/* The newest session of a room code, and of a session id. ERR_NOT_FOUND. `session_id` holds
 * LIMIT_SESSION_ID + 1 bytes. */
enum err store_room_last(struct store *store, const char *room_code, char *session_id,
                         int64_t *key) MUST_CHECK;
enum err store_session_find(struct store *store, const char *session_id, int64_t *key) MUST_CHECK;

/* Calls back for the header (seq 0, only when after_seq is 0 and with_header) and then each event
 * with seq > after_seq, in order. A callback's error ends it and is returned. The line lives during
 * the call; a callback must not read another log. ERR_CORRUPT: lines are missing or swapped. */
typedef enum err store_line_fn(void *context, uint64_t seq, const char *line, size_t len);
enum err store_log_read(struct store *store, int64_t key, bool with_header, uint64_t after_seq,
                        store_line_fn *on_line, void *context) MUST_CHECK;

/* Calls back for every session that has not ended; the callback may read its log and add to it. */
typedef enum err store_session_fn(void *context, int64_t key, const char *session_id);
enum err store_each_live(struct store *store, store_session_fn *on_session,
                         void *context) MUST_CHECK;

#endif

/* What is gathered for the next commit. Pure; the store's thread.
 *
 * It holds its own copies and is emptied only after the database has them, so a commit that failed
 * can be tried again. Bounded: adding beyond the bound is ERR_FULL and changes nothing. */
#ifndef DEBATE_STORE_STORE_BATCH_H
#define DEBATE_STORE_STORE_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "proto/limits.h"

/* What a batch may keep in memory for the next one. */
enum { BATCH_BYTES_KEPT = 1024 * 1024 };

struct batch_line {
    int64_t key, prev;
    uint64_t seq;
    size_t offset, len; /* in `text` */
};

struct batch_session {
    int64_t key;
    char id[LIMIT_SESSION_ID + 1];
    char room[LIMIT_ROOM_CODE + 1];
};

struct batch {
    struct buf text;
    struct batch_line *lines;
    size_t line_count, line_size;
    struct batch_session *sessions;
    size_t session_count, session_size;
    int64_t *ended; /* keys of sessions whose row must be written: ended, or ended before */
    size_t ended_count, ended_size;
};

void batch_init(struct batch *batch);
void batch_release(struct batch *batch);
void batch_clear(struct batch *batch);
bool batch_is_empty(const struct batch *batch);

/* ERR_FULL or ERR_NO_MEMORY: nothing has changed. */
enum err batch_add_line(struct batch *batch, int64_t key, uint64_t seq, int64_t prev,
                        const char *text, size_t len) MUST_CHECK;
/* Takes the last line back. */
void batch_drop_line(struct batch *batch);
enum err batch_add_session(struct batch *batch, int64_t key, const char *id,
                           const char *room) MUST_CHECK;
enum err batch_add_ended(struct batch *batch, int64_t key) MUST_CHECK;

#endif

/* A request's body that comes in chunks, without a length told before (RFC 9112, section 7.1).
 * libwebsockets 4.1 hands such a body on as it comes. Pure; any thread. */
#ifndef DEBATE_SERVER_CHUNKS_H
#define DEBATE_SERVER_CHUNKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum chunks_state {
    CHUNKS_SIZE, /* all zero: where a body begins */
    CHUNKS_EXTENSION,
    CHUNKS_SIZE_END,
    CHUNKS_DATA,
    CHUNKS_DATA_CR,
    CHUNKS_DATA_LF,
    CHUNKS_TRAILER,
    CHUNKS_TRAILER_LINE,
    CHUNKS_TRAILER_LF,
    CHUNKS_LAST_LF,
    CHUNKS_OVER,
    CHUNKS_BROKEN
};

struct chunks {
    enum chunks_state state;
    bool has_size;
    uint64_t left; /* bytes of the chunk that begins or is under way */
};

/* The next bytes of the body out of `*at`, which with `*len` goes on behind them; they stay where
 * they are. NULL when there are no more in it: then all of it was taken, or the body is over, or
 * what came is none. */
const char *chunks_next(struct chunks *chunks, const char **at, size_t *len, size_t *out_len);

#endif

/* A byte buffer that grows to a cap given at birth. One thread at a time.
 *
 * The holder owns the struct, the buffer owns its bytes. A failed append (cap reached, no memory)
 * leaves the contents as they were and sets `failed`, so that a run of appends can be checked once
 * at its end. `data` always ends with a NUL that `len` does not count, once something was
 * appended. */
#ifndef DEBATE_BASE_BUF_H
#define DEBATE_BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct buf {
    char *data; /* NULL until something is appended */
    size_t len; /* bytes */
    size_t cap;
    size_t len_max; /* bytes, without the NUL */
    bool failed;
};

void buf_init(struct buf *b, size_t len_max);
void buf_release(struct buf *b);

/* Empties it and forgets a failure; keeps the memory. */
void buf_clear(struct buf *b);

/* Makes room for `more` bytes behind `len`; ERR_FULL beyond the cap, ERR_NO_MEMORY. */
enum err buf_reserve(struct buf *b, size_t more);
enum err buf_append(struct buf *b, const void *data, size_t len);
enum err buf_append_str(struct buf *b, const char *s);
enum err buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Removes the first `len` bytes. */
void buf_consume(struct buf *b, size_t len);

/* The bytes, NUL-terminated, now the caller's to mem_free; the buffer is empty after. NULL when
 * nothing was appended or an append failed. */
char *buf_take(struct buf *b);

#endif

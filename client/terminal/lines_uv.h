/* Lines in and out of file descriptors that may be pipes, terminals or files, without ever waiting.
 * The loop's thread only. */
#ifndef DEBATE_TERMINAL_LINES_UV_H
#define DEBATE_TERMINAL_LINES_UV_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "base/err.h"

enum {
    LINES_IN_MAX = 64 * 1024,         /* bytes a line; what is longer is cut there */
    LINES_OUT_QUEUE_MAX = 1024 * 1024 /* bytes that wait for a reader; then it counts as gone */
};

/* A line without its end. NULL: there are no more. */
typedef void lines_in_fn(void *context, const char *line);

struct lines_in;
/* Takes fd over. Nothing is read before lines_in_start. */
enum err lines_in_new(uv_loop_t *loop, int fd, lines_in_fn *on_line, void *context,
                      struct lines_in **out) MUST_CHECK;
void lines_in_start(struct lines_in *in);
void lines_in_free(struct lines_in *in); /* NULL is allowed; the handle closes in the next turn */

struct lines_out;
enum err lines_out_new(uv_loop_t *loop, int fd, struct lines_out **out) MUST_CHECK;
/* `text` with its newline. ERR_IO when the reader is gone or does not read. */
enum err lines_out_put(struct lines_out *out, const char *text, size_t len) MUST_CHECK;
/* Waits for the reader once more, two seconds at most. NULL is allowed. */
void lines_out_free(struct lines_out *out);

#endif

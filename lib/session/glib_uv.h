/* Runs a GMainContext, which libnice needs, inside a libuv loop. The loop's thread only. */
#ifndef DEBATE_SESSION_GLIB_UV_H
#define DEBATE_SESSION_GLIB_UV_H

#include <uv.h>

#include "base/err.h"

struct glib_uv;

enum err glib_uv_new(uv_loop_t *loop, struct glib_uv **out) MUST_CHECK;
/* The GMainContext; lives as long as this. */
void *glib_uv_context(struct glib_uv *glib);
/* To be called after sockets on the context may have been closed or opened by the owner: their
 * numbers may be the same and the sockets others. */
void glib_uv_changed(struct glib_uv *glib);
/* Frees it in the loop's next turn. NULL is allowed. */
void glib_uv_free(struct glib_uv *glib);

#endif

/* WebSocket clients (RFC 6455) by libwebsockets on a libuv loop. The loop's thread only.
 *
 * The holder of a client frees it; a handler may do so, too. Nothing is called back from inside
 * ws_connect, and nothing after ws_free. */
#ifndef DEBATE_SESSION_WS_CLIENT_H
#define DEBATE_SESSION_WS_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "base/err.h"

/* What all clients of a loop share. A process has one such loop, which lives as long as the
 * process: uv_default_loop(). */
struct ws_runtime;
struct ws_client;

struct ws_handler {
    void *context;
    void (*on_open)(void *context);
    /* One whole text message. */
    void (*on_text)(void *context, const char *text, size_t len);
    /* Called once, also when it never opened. `code` is the close code, WS_CLOSE_UNCLEAN without a
     * close frame. `status` is the HTTP status that refused it; 0 when it was open, or when
     * nobody answered. `why` is for people. */
    void (*on_close)(void *context, int code, int status, const char *why);
};

enum err ws_runtime_new(uv_loop_t *loop, struct ws_runtime **out) MUST_CHECK;
/* The clients were freed before; the loop must run until it is empty after. NULL is allowed. */
void ws_runtime_free(struct ws_runtime *runtime);

/* `url`: http, https, ws or wss, with path and query. The token goes as a bearer token in the
 * Authorization header (protocol, section 2); NULL: none. `language`: Accept-Language; NULL: none.
 * ERR_BAD_REQUEST: no such URL. */
enum err ws_connect(struct ws_runtime *runtime, const char *url, const char *token,
                    const char *language, const struct ws_handler *handler,
                    struct ws_client **out) MUST_CHECK;

/* Sends a text message, at once or when the socket takes it. ERR_FULL when too much waits; then
 * the connection is no use any more. ERR_UNREACHABLE: not open. */
enum err ws_send(struct ws_client *client, const char *text, size_t len) MUST_CHECK;

/* Closes with this code after what waits is sent; on_close follows. */
void ws_close(struct ws_client *client, int code);
/* Cuts the connection as a broken line would: a TCP reset, no close frame. on_close follows. */
void ws_cut(struct ws_client *client);
/* Its own address is this machine's no longer: it can only be cut. */
bool ws_is_stranded(const struct ws_client *client);
void ws_free(struct ws_client *client); /* closes if open; NULL is allowed */

#endif

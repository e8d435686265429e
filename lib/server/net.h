/* What the server's rules need of the network: libwebsockets stands behind it (ws_lws.c,
 * http_lws.c), and nothing of it is seen. The loop's thread.
 *
 * The other direction is socket.h and exchange.h: the network calls those. */
#ifndef DEBATE_SERVER_NET_H
#define DEBATE_SERVER_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/err.h"
#include "server/frame.h"

struct server;
struct net;
struct socket;
struct exchange;
struct tls;

/* Listens, with `tls` for TLS alone; NULL: without. On an error `why` is a line for the operator.
 * `url` gets "http://127.0.0.1:43210". */
enum err net_new(uv_loop_t *loop, struct server *server, const char *host, int port,
                 const struct tls *tls, struct net **out, char *url, size_t url_size, char *why,
                 size_t why_size) MUST_CHECK;
/* Shows new connections this certificate; the others go on. Only where there was one before. */
enum err net_use_tls(struct net *net, const struct tls *tls) MUST_CHECK;
/* No new connections; those that are there are cut. Then the loop has nothing more of ours. */
void net_stop(struct net *net);
/* After the loop has ended. NULL is allowed. */
void net_free(struct net *net);

/* ---- WebSockets ---- */

/* Whether a message can be written now without being stored behind another. */
bool net_can_write(const struct socket *socket);
/* False: the connection is broken, and will be closed soon. */
bool net_write(struct socket *socket, struct frame *frame);
/* While it is on, the kernel gathers what is written into full packets (tcp(7), TCP_CORK). */
void net_cork(struct socket *socket, bool is_on);
bool net_ping(struct socket *socket);
/* For how long nothing at all has come, by the kernel: libwebsockets does not tell of pings and
 * empty pongs, nor of a part of a frame. */
int64_t net_silent_ms(const struct socket *socket);
/* socket_writeable will be called. */
void net_want_write(struct socket *socket);
/* Ends the connection without another word; socket_closed will be called. */
void net_cut(struct socket *socket);

/* ---- HTTP ---- */

/* Ends the connections whose requests come too slowly or not at all, or who don't take responses
 * (LIMIT_HEAD_MS and the following). */
void net_sweep(struct server *server);

/* A header of the request that has just come in, in any case of letters; only while
 * exchange_begin runs. False: it is not there, or too long for `out` (then `out` is empty). */
bool net_header(struct exchange *exchange, const char *name, char *out, size_t out_size);
/* The response is complete: it will be written. */
void net_respond(struct exchange *exchange);

#endif

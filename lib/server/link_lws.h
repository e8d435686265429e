/* What stands behind one connection of libwebsockets': at first a request, then perhaps a
 * WebSocket. For ws_lws.c and http_lws.c alone. The loop's thread. */
#ifndef DEBATE_SERVER_LINK_LWS_H
#define DEBATE_SERVER_LINK_LWS_H

#include <stdbool.h>
#include <stddef.h>

struct lws;
struct server;
struct socket;
struct exchange;

struct link {
    struct server *server;
    struct exchange *exchange; /* NULL between requests */
    struct socket *socket;     /* NULL before the upgrade */
    bool is_in_callback;       /* a response that is ready is written when it returns */
    bool closes_after;         /* this response ends the connection */
};

/* Each returns what libwebsockets' callback is to return: below 0 ends the connection. */
int http_on_request(struct lws *wsi, struct link *link);
int http_on_body(struct link *link, const void *data, size_t len);
int http_on_body_end(struct link *link);
/* Writes what is ready of a response. */
int http_on_writeable(struct lws *wsi, struct link *link);
/* 0: go on with the upgrade; above 0: refused, and the response is written. */
int http_on_upgrade(struct lws *wsi, struct link *link, const char *protocol);
void http_on_gone(struct link *link);

#endif

/* What stands behind one connection of libwebsockets': at first a request, then perhaps a
 * WebSocket. For ws_lws.c, http_lws.c and links_lws.c
 * alone. The loop's thread. */
#ifndef DEBATE_SERVER_LINK_LWS_H
#define DEBATE_SERVER_LINK_LWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/chunks.h"

struct lws;
struct server;
struct socket;
struct exchange;
struct limiter_entry;

/* What the other side is to do next, in time. */
enum link_wait {
    LINK_WAITS_FOR_NOTHING,
    LINK_WAITS_FOR_HEAD,
    LINK_WAITS_FOR_BODY,
    LINK_WAITS_FOR_TAKING /* some of the response */
};

struct link {
    struct lws *wsi;
    struct server *server;
    struct exchange *exchange; /* NULL between requests */
    struct socket *socket;     /* NULL before the upgrade */
    bool is_in_callback;       /* a response that is ready is written when it returns */
    bool closes_after;         /* this response ends the connection */
    bool was_used;             /* for a request, before this one */
    bool is_behind_another;    /* this request is not the connection's first */
    bool is_crowded;           /* its address has too many connections */
    bool is_chunked;           /* the body; the response waits for its end */
    struct chunks chunks;
    bool passes_over;              /* a body with a length, though the response is out */
    struct limiter_entry *address; /* NULL: its connections are not counted */
    enum link_wait waits_for;
    int64_t since_ms;
    uint64_t received;        /* of the body, since then */
    struct link *prev, *next; /* of those that wait for something */
};

/* ---- links_lws.c ---- */

/* Whether a connection that was accepted stays. */
bool link_may_come(struct lws *listener, int fd);
/* One that stays. */
void link_open(struct lws *wsi);
/* NULL: it is to be cut. */
struct link *link_of(struct lws *wsi);
void link_wait(struct link *link, enum link_wait waits_for);
/* It is gone. */
void link_close(struct lws *wsi);
/* Ends the connection, from outside libwebsockets' callbacks too. */
void link_cut(struct lws *wsi);

/* ---- http_lws.c ---- */

/* Each returns what libwebsockets' callback is to return: below 0 ends the connection. */
int http_on_request(struct lws *wsi, struct link *link);
int http_on_body(struct link *link, const void *data, size_t len);
int http_on_body_end(struct link *link);
/* Writes what is ready of a response. */
int http_on_writeable(struct lws *wsi, struct link *link);
/* 0: go on with the upgrade, or with the request where `protocol`, which is libwebsockets' own, is
 * no WebSocket; above 0: refused, and the response is written. */
int http_on_upgrade(struct lws *wsi, struct link *link, char *protocol);
void http_on_gone(struct link *link);

#endif

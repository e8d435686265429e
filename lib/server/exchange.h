/* One HTTP request and its response (protocol, sections 2, 3 and 7). The network brings it in
 * pieces and takes the response when it is ready; between them what it asks for is done. The loop's
 * thread.
 *
 * An exchange is held by the connection until it is gone, and by what works on its answer. */
#ifndef DEBATE_SERVER_EXCHANGE_H
#define DEBATE_SERVER_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "proto/problem.h"
#include "proto/token.h"
#include "server/origin.h"
#include "server/routes.h"

struct server;
struct socket;
struct house_room;
struct patch;

struct exchange {
    struct server *server;
    void *wsi; /* libwebsockets'; NULL when the connection is gone */
    unsigned refs;
    enum method method;
    struct route_match route;
    char room_code[LIMIT_ROOM_CODE + 1]; /* of the query; empty without one */
    char format[8];                      /* of the query, cut; empty without one */
    enum lang lang;
    enum origin origin;
    struct token token;
    uint64_t content_length;
    bool has_content_length;
    struct buf body;
    struct patch *patch; /* an upload's bytes on their way in; http_patch.c's own */
    bool is_answered;    /* what follows of the request is of no interest */
    bool is_waiting;     /* the response may not go yet: the disk */

    int status;
    struct buf headers;       /* "Name: value\n" a line */
    const char *content_type; /* static; NULL: there is no body */
    struct buf out;
    int file; /* the body instead of `out`, from where it stands to its end; -1: none */
    uint64_t file_len;
    uint64_t written; /* the network's own: of `out` or the file */
    bool headers_written;
};

extern const char exchange_json[]; /* the content type of most responses */

/* What the network knows when the headers are there. Strings live during the call. */
struct exchange_head {
    enum method method;
    const char *path;      /* without the query, decoded */
    const char *token;     /* of the query, decoded; NULL without one */
    const char *room_code; /* of the query; NULL without one */
    const char *format;    /* as well */
    const char *address;   /* of the peer, numeric */
    bool is_crowded;       /* that address has too many connections */
    bool has_content_length;
    uint64_t content_length;
};

/* One reference, the connection's. NULL without memory. */
struct exchange *exchange_new(struct server *server, void *wsi);
struct exchange *exchange_ref(struct exchange *exchange);
void exchange_unref(struct exchange *exchange); /* NULL is allowed */

/* ---- called by the network ---- */

/* The headers are there. */
void exchange_begin(struct exchange *exchange, const struct exchange_head *head);
/* The first of it: who asks, and for what; false: answered. */
bool exchange_admit(struct exchange *exchange, const struct exchange_head *head);
/* A request for a WebSocket: NULL means that the response says why not. */
struct socket *exchange_upgrade(struct exchange *exchange, const struct exchange_head *head);
void exchange_body(struct exchange *exchange, const void *data, size_t len);
void exchange_body_end(struct exchange *exchange);
/* The connection is gone, or the exchange over; takes its reference. */
void exchange_gone(struct exchange *exchange);

/* ---- answering: each may be called once, and ends it ---- */

/* A header of the response; before the call that ends it. */
void exchange_header(struct exchange *exchange, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* `out` holds the body; content_type NULL: none. */
void exchange_respond(struct exchange *exchange, int status, const char *content_type);
/* A file is the body, read as the connection takes it; the exchange closes it. */
void exchange_respond_file(struct exchange *exchange, int fd, uint64_t len,
                           const char *content_type);
/* The same, when all that was caused until now is synced. */
void exchange_respond_synced(struct exchange *exchange, int status, const char *content_type);
/* The body and the status that belong to the problem. */
void exchange_refuse(struct exchange *exchange, const struct problem *why);
void exchange_fail(struct exchange *exchange, enum err code, enum reason reason, const char *field);
/* bad_request, with a status of its own. */
void exchange_fail_with(struct exchange *exchange, int status, enum reason reason,
                        const char *field);
/* Nothing can be written for now: 503. What was asked may have been decided, and then it happens
 * when the disk takes writes again. */
void exchange_refuse_unwritten(struct exchange *exchange);
/* A response that waited for the disk may go: turn.c's. */
void exchange_respond_now(struct exchange *exchange);

/* ---- looking up ---- */

/* The session of the address, or the last one of a room, and whether the token opens the room, for
 * a page of this origin; false: refused. */
bool exchange_session(struct exchange *exchange, struct house_room **out);
bool exchange_room(struct exchange *exchange, const char *code, struct house_room **out);
bool exchange_opens(struct exchange *exchange, const char *room_code);
/* While the disk takes no writes a room is ahead of what would survive, and nobody may see that;
 * false: refused. */
bool exchange_may_show(struct exchange *exchange, const struct house_room *room);
/* Whether the token is the host's of this session, or an operator's. */
bool exchange_is_host(const struct exchange *exchange, const struct house_room *room);

/* Whether who asks may have a WebSocket here (upgrade.c); false: refused. */
bool exchange_may_enter(struct exchange *exchange, struct house_room **out);

/* ---- handlers: http_*.c ---- */

void http_guests(struct exchange *exchange);
void http_create_room(struct exchange *exchange);
void http_rooms(struct exchange *exchange);
void http_room(struct exchange *exchange);
void http_session(struct exchange *exchange);
void http_log(struct exchange *exchange);
void http_choices(struct exchange *exchange);
void http_end(struct exchange *exchange);
void http_report(struct exchange *exchange);
void http_forget(struct exchange *exchange);
/* As soon as its headers are there: which method is meant, and what tus wants in every answer. */
void http_upload_admit(struct exchange *exchange);
void http_uploads_options(struct exchange *exchange);
void http_uploads_create(struct exchange *exchange);
void http_upload_head(struct exchange *exchange);
void http_upload_delete(struct exchange *exchange);
/* A PATCH, whose body comes in pieces. */
void http_upload_begin(struct exchange *exchange);
void http_upload_body(struct exchange *exchange, const void *data, size_t len);
void http_upload_end(struct exchange *exchange);
/* The connection broke in the middle. */
void http_upload_gone(struct exchange *exchange);

#endif

/* What the files of lib/server share, and nobody else sees. The loop's thread. */
#ifndef DEBATE_SERVER_SERVER_INNER_H
#define DEBATE_SERVER_SERVER_INNER_H

#include "base/buf.h"
#include "room/room.h"
#include "server/analyses.h"
#include "server/deadlines.h"
#include "server/house.h"
#include "server/limiter.h"
#include "server/quota.h"
#include "server/server.h"
#include "server/turn.h"
#include "store/store.h"
#include "store/uploads.h"

struct net;
struct socket;
struct web_files;
struct link;

enum {
    VISITS = 10,                   /* each socket is looked at once in so many ... */
    VISIT_MS = 100,                /* ... of these: once a second */
    SWEEP_MS = 1000,               /* how often connections that are waited for are looked at */
    TURN_RETRY_MS = 250,           /* how often a commit that failed is tried again */
    RECOUNT_MS = 60 * 1000,        /* how often it is looked whether somebody made space */
    UPLOADS_EXPIRE_MS = 60 * 1000, /* how often abandoned uploads are looked for */
    GUEST_TOKEN_S = 24 * 3600      /* a guest comes for one debate */
};

struct metrics {
    uint64_t connections, messages_in, messages_out, events, commits, requests, refusals;
    uint64_t sockets_silent, sessions_created, uploads_finished, upload_bytes;
    uint64_t closes[16]; /* by server_count_close */
};

struct server {
    struct server_config config;
    struct room_config room_config;
    struct net *net;
    struct store *store;
    struct uploads *uploads;
    struct patch *patches; /* uploads that are being worked on; http_patch.c's */
    int64_t now_us;        /* the server's clock; set whenever the loop hands something over */
    struct house house;
    struct turn turn;
    struct deadlines deadlines;
    struct analyses analyses;
    struct limiter limiter;
    struct quota quota;
    struct metrics metrics;
    struct room_effects effects; /* of the last room_step */
    struct buf text;             /* for whatever is printed next */
    struct agenda *default_agenda;
    struct web_files *web_files; /* NULL: there is no page */
    struct socket *visits[VISITS];
    unsigned visit; /* the next to be made; also where the next socket is put */
    int64_t next_visit_ms, next_expire_ms;
    struct link *waiting_links; /* links_lws.c's: connections whose head or body is awaited */
    int64_t next_sweep_ms;      /* when those are looked at */
    struct socket *departing;   /* their rooms are to hear of it */
    size_t socket_count, exchange_count, working; /* open; open; on the thread pool */
    bool is_draining, is_stopped;
    int64_t drain_until_ms;
    char url[80];
    struct server_loop *loop_side; /* server.c's own */
};

/* ---- server_clock.c: time, visits, and what is due ---- */

static inline int64_t server_now_ms(const struct server *server)
{
    return server->now_us / 1000;
}
/* When server_wake is next to be called, ms. */
int64_t server_next_ms(const struct server *server);
void server_wake(struct server *server);
void server_add_visit(struct server *server, struct socket *socket);
void server_remove_visit(struct server *server, struct socket *socket);
/* Sockets that are closed for a fault of theirs leave their rooms. */
void server_tell_departures(struct server *server);
static inline int server_burst(const struct server *server)
{
    return server->config.rate_per_s * (LIMIT_RATE_BURST / LIMIT_RATE_PER_S);
}

/* Whether the limits of addresses hold for this one. */
static inline bool server_limits(const struct server *server, const char *address)
{
    return server->config.rate_limits_loopback || !address_is_loopback(address);
}

/* ---- server.c: what needs the loop ---- */

/* Runs `work` on another thread, then `done` on the loop's. ERR_NO_MEMORY, ERR_INTERNAL. */
enum err server_run_aside(struct server *server, void (*work)(void *context),
                          void (*done)(void *context), void *context) MUST_CHECK;
uv_loop_t *server_uv_loop(const struct server *server);
/* Sets now_us. */
void server_read_clock(struct server *server);
/* The deadlines have changed. */
void server_rearm(struct server *server);

/* ---- voice.c, signaling.c: what sockets say ---- */

void voice_received(struct socket *socket, const char *text, size_t len);
void signaling_opened(struct socket *socket);
void signaling_received(struct socket *socket, const char *text, size_t len);
/* The others hear that it is gone. */
void signaling_left(struct house_room *room, unsigned participant);
/* `error`, in the socket's language; `id` may be NULL. */
void server_send_error(struct socket *socket, const struct command_id *id,
                       const struct problem *why);
void socket_count_bad(struct socket *socket);

/* ---- metrics.c ---- */

void server_count_close(struct server *server, int code);
enum err metrics_print(const struct server *server, struct buf *out) MUST_CHECK;

#endif

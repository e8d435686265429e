/* The server: rooms by code and id, HTTP, the two kinds of WebSockets, uploads (protocol, all
 * sections). All on one libuv loop; every function is called on its thread. The store has a thread
 * of its own for the disk, and the end of a large upload is digested on libuv's pool.
 *
 * The caller owns the configuration, whose strings, secret and agenda must outlive the server. */
#ifndef DEBATE_SERVER_SERVER_H
#define DEBATE_SERVER_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/err.h"
#include "proto/agenda.h"
#include "proto/token.h"
#include "proto/view.h"

#define DEBATE_VERSION "0.1.0"

enum guests { GUESTS_OFF, GUESTS_IN, GUESTS_ROOMS }; /* IN: into rooms that others have made */

struct server_config {
    const char *host;           /* a numeric address, "127.0.0.1" or "::1" */
    int port;                   /* 0: a free one */
    const char *data;           /* the directory of logs and recordings; made where it is missing */
    const char *const *analyze; /* the words of `debate analyze` that is run when a session has
                                   ended: "debate", "analyze", …, ended by NULL; NULL: none is */
    const char *web;            /* the folder of the page for browsers; NULL: they get none */
    const char *tls_cert, *tls_key; /* files in PEM; NULL, both of them: plain HTTP */
    struct secrets secrets;         /* at least one */
    const char *origins; /* whose pages may act here beside the server's own; NULL: nobody's */
    enum guests guests;
    enum record_policy record;
    int seats;                   /* of a room whose maker does not say */
    const struct agenda *agenda; /* of such a room; NULL: one page */
    int64_t countdown_ms;
    int64_t empty_ms;          /* ended when nobody was connected for so long */
    int64_t ping_ms;           /* how often each socket is pinged */
    int64_t silent_ms;         /* a socket without any traffic for so long is closed */
    int rate_per_s;            /* messages a socket, 0: no limit; bursts are four times that */
    const char *stun, *turn;   /* URLs that ice_url_make made; NULL: there is none */
    struct secret turn_secret; /* what the TURN server proves logins with */
    uint64_t quota;            /* bytes on disk in all; 0: as many as there are */
    bool rate_limits_loopback; /* HTTP requests from loopback are counted as well */
};

/* 127.0.0.1:8080, the protocol's numbers; `data`, `web` and `secrets` are left empty. */
struct server_config server_config_default(void);

struct server;

/* Opens the store, brings the live sessions back, and listens. On an error `why` is a line for the
 * operator: what was wrong, where, what to do. */
enum err server_new(uv_loop_t *loop, const struct server_config *config, struct server **out,
                    char *why, size_t why_size) MUST_CHECK;
/* "http://127.0.0.1:43210", https with TLS; lives as long as the server. */
const char *server_url(const struct server *server);
/* Reads the certificate and its key again and shows them to new connections; those that are there
 * go on. On an error nothing has changed, and `why` is a line for the operator. Only with TLS. */
enum err server_renew_tls(struct server *server, char *why, size_t why_size) MUST_CHECK;
/* From now on. The strings are borrowed as the configuration's are. */
void server_use_secrets(struct server *server, const struct secrets *secrets);
/* Closes every socket with 1001 and answers 503 until all are gone, 5 s at most; then the loop has
 * nothing left of the server's to wait for, and uv_run returns. */
void server_stop(struct server *server);
/* After uv_run has returned. Commits, syncs, closes. NULL is allowed. */
void server_free(struct server *server);

#endif

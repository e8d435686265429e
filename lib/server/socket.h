/* One WebSocket as the server's rules see it: what may come in, what waits to go out, how it ends
 * (protocol, section 4). No I/O of its own: bytes go through net.h. The loop's thread.
 *
 * A socket belongs to whoever holds a reference: the connection itself until it is closed, and
 * what a turn has in store for it. After socket_closed nothing is sent, whoever still holds it. */
#ifndef DEBATE_SERVER_SOCKET_H
#define DEBATE_SERVER_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "proto/problem.h"
#include "proto/token.h"
#include "server/frame.h"

struct server;
struct house_room;

enum {
    CLOSE_NORMAL = 1000,     /* RFC 6455, section 7.4.1; the rest: protocol, section 4 */
    CLOSE_GOING_AWAY = 1001, /* the server restarts */
    CLOSE_BAD_UTF8 = 1007,
    CLOSE_POLICY = 1008,
    CLOSE_TOO_LARGE = 1009,
    CLOSE_REPLACED = 4001,
    CLOSE_TOO_SLOW = 4002,
    CLOSE_NO_INIT = 4003
};

enum socket_kind { SOCKET_VOICE, SOCKET_SIGNALING };

enum socket_state {
    SOCKET_NEW,     /* open, but not in the session: no `init` yet */
    SOCKET_IN,      /* gets what its room sends */
    SOCKET_CLOSING, /* what it says is ignored; acks that it waits for still go out */
    SOCKET_CUT,     /* the close code is with libwebsockets, or the queue was dropped for good */
    SOCKET_GONE     /* there is no connection any more */
};

struct socket {
    struct server *server;
    void *wsi; /* libwebsockets'; NULL when GONE */
    unsigned refs;
    enum socket_kind kind;
    enum socket_state state;
    struct house_room *room;    /* NULL when GONE */
    struct socket *next, *prev; /* of the same room and kind */
    struct token *token;        /* until `init` was taken */
    enum role role;
    enum lang lang;
    unsigned participant; /* 0: an observer, or not known yet */
    uint64_t sent_seq;    /* the last event that this socket was given */
    bool awaits_welcome;  /* it is gathered in the turn: events come after it */
    bool is_catching_up;  /* older events are still to be read from the log */
    bool is_lost;         /* too slow: nothing more is sent to it but the code */
    bool is_corked;       /* what is sent waits for the rest of its turn */
    bool is_departing;    /* its room does not know yet that it is gone */

    struct frame **queue; /* a ring; NULL when it never was needed */
    unsigned queue_first, queue_count, queue_size;
    size_t queue_bytes;
    unsigned in_turn; /* entries of the turn at hand that are for this socket */
    unsigned waiting; /* acks that wait for the disk */

    int close_code;     /* once CLOSING */
    int64_t closing_ms; /* since when */
    struct buf message; /* a message that comes in pieces */
    double allowance;   /* messages that may come now */
    int64_t allowance_us;
    unsigned bad, dropped; /* bad messages ever; dropped ones in a row */
    int64_t opened_ms, heard_ms, pinged_ms;

    struct socket *visit_next, *visit_prev; /* of the same visit */
    unsigned visit;
    struct socket *departing_next;
};

/* A socket that was let in; takes the token over by copying it. One reference, the connection's.
 * NULL without memory. */
struct socket *socket_new(struct server *server, enum socket_kind kind, struct house_room *room,
                          const struct token *token, enum lang lang);
struct socket *socket_ref(struct socket *socket);
void socket_unref(struct socket *socket); /* NULL is allowed */

/* ---- called by the connection ---- */

/* After the 101. */
void socket_opened(struct socket *socket, void *wsi);
/* A piece of a message, or with is_last the end of one. */
void socket_received(struct socket *socket, const char *data, size_t len, bool is_binary,
                     bool is_last);
/* There is room again. Returns the code to close with now, or 0. */
int socket_writeable(struct socket *socket);
/* The other side has begun to close: nothing more can be said to it. */
void socket_peer_closes(struct socket *socket);
/* The connection is no more; takes its reference. */
void socket_closed(struct socket *socket);

/* ---- called by the rooms ---- */

/* Sends at once, or queues; a queue that is full makes the socket lost. The frame stays the
 * caller's. */
void socket_send(struct socket *socket, struct frame *frame);
/* A copy of the text; without memory the socket is lost, because a gap must not go unseen. */
void socket_send_text(struct socket *socket, const char *text, size_t len);
/* What is sent from now on leaves with socket_uncork, in as few packets as it fits into: most of
 * what a message costs is the packet. */
void socket_cork(struct socket *socket);
void socket_uncork(struct socket *socket);
/* From now on nothing that it says counts; the code follows when nothing waits any more. */
void socket_close(struct socket *socket, int code);
/* Something may have ceased to wait: closes if that was the last. */
void socket_settle(struct socket *socket);
/* At the end of a turn, for each of server->departing. */
void socket_tell_departure(struct socket *socket);
/* Looked at about once a second: pings, and ends what has been silent or closing for too long. */
void socket_visit(struct socket *socket);

#endif

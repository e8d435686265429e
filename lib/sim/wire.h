/* The simulated network: connections between participants and the server, with what is on its way
 * in each direction. Both ends see what a socket shows: bytes that come, late, in pieces, or not at
 * all. One thread.
 *
 * A connection lives until both its ends are closed and nothing is on its way any more. */
#ifndef DEBATE_SIM_WIRE_H
#define DEBATE_SIM_WIRE_H

#include "sim/world.h"

struct server;
struct socket;
struct exchange;
struct conn;

enum item_kind {
    ITEM_REQUEST, /* client to server: the head of an HTTP request */
    ITEM_BODY,
    ITEM_BODY_END,
    ITEM_RESPONSE, /* server to client: `code` is the status, the text its body */
    ITEM_OPENED,   /* 101 */
    ITEM_TEXT,     /* of a WebSocket, as are the following */
    ITEM_BINARY,
    ITEM_PING,
    ITEM_PONG,
    ITEM_CLOSE, /* `code` */
    ITEM_END    /* the connection has ended: a FIN or a reset */
};

struct item {
    struct item *next;
    enum item_kind kind;
    int code;
    int64_t due_us;
    size_t len, taken; /* bytes of the text; already handed over */
    char text[];
};

/* One direction. */
struct pipe {
    struct conn *conn;
    bool is_up; /* client to server */
    struct item *first, **last;
    size_t bytes;    /* on their way */
    int64_t last_us; /* when the last one is due */
    bool is_held;    /* nothing gets through; nobody is told */
    bool is_closed;  /* the receiving end is: what comes is dropped */
    struct happening deliver;
};

struct request {
    int method; /* enum method */
    char path[256], room_code[80], language[16];
    char token[4200];
};

/* What the client's end calls; in its node. */
struct conn_end {
    void (*on_response)(void *context, int status, const char *body, size_t len);
    void (*on_opened)(void *context);
    void (*on_text)(void *context, const char *text, size_t len);
    void (*on_close)(void *context, int code);
    void (*on_end)(void *context);
};

struct conn {
    struct conn *next, *prev;
    uint64_t number;
    struct node *client, *server_node;
    const struct conn_end *end;
    void *context; /* the client end's; NULL: closed */
    struct pipe up, down;
    int64_t latency_us;
    size_t window;
    struct request request;
    size_t request_len; /* of the body */
    int choice;         /* what it chooses, by its number; -1: it is another request */
    struct conn *self;  /* a client's that needs nothing else */
    bool is_websocket;
    /* the server's end; server_side.c's own */
    bool server_is_open, wants_write, is_in_callback, is_cut;
    struct exchange *exchange;
    struct socket *socket;
    int64_t heard_us;
    struct happening writeable, cut;
    int64_t client_heard_us;
    struct happening sweep;
    void *watch; /* observer's own, for a voice socket */
};

struct wire {
    struct conn *conns;
    struct server *server; /* NULL: nobody listens */
    struct node *server_node;
    uint64_t numbers;
    size_t count;
};
extern struct wire wire;

/* The client opens one with this request. */
struct conn *conn_new(struct node *client, const struct request *request, bool is_websocket,
                      const struct conn_end *end, void *context);
void conn_send(struct conn *conn, struct pipe *pipe, enum item_kind kind, int code,
               const char *text, size_t len);
/* The client's end is closed; `is_silent`: the server does not hear of it. */
void conn_close_client(struct conn *conn, bool is_silent);
/* A fault: what is on its way is lost, in the middle of a message too. Each end hears of it, or
 * not. */
void conn_break(struct conn *conn, bool server_hears, bool client_hears);
void pipe_hold(struct pipe *pipe, bool is_held);
/* Lets go of one whose ends are closed. */
void conn_sweep(struct conn *conn);
void wire_release(void);

/* ---- server_side.c ---- */

void server_side_init(struct conn *conn);
/* Hands over what has come, or `taken` bytes more of it. */
void server_side_take(struct conn *conn, struct item *item, size_t bytes, bool is_last);
void server_side_room(struct conn *conn); /* the pipe has room again */
/* The process is gone. `kernel_tells`: the other ends hear of it. */
void server_side_die(bool kernel_tells);

#endif

/* One turn of the loop is one commit (the group commit of protocol section 5): what commands have
 * caused is gathered here in order, and leaves when it is committed; what acknowledges a command
 * waits on until it is synced as well. The loop's thread. */
#ifndef DEBATE_SERVER_TURN_H
#define DEBATE_SERVER_TURN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct server;
struct socket;
struct exchange;
struct house_room;
struct frame;

enum turn_kind {
    TURN_EVENT,   /* to all of a room */
    TURN_WELCOME, /* to one; what it has missed follows */
    TURN_ANSWER,  /* to one, once what came before it has left */
    TURN_ACK,     /* to one, when it is synced */
    TURN_CLOSE,   /* one ends, with a code */
    TURN_RESPONSE /* of an HTTP request, when it is synced */
};

struct turn_entry {
    enum turn_kind kind;
    int code;                  /* CLOSE */
    uint64_t seq;              /* EVENT */
    uint64_t commit;           /* ACK, RESPONSE: which commit must be synced */
    struct house_room *room;   /* EVENT */
    struct socket *socket;     /* holds a reference */
    struct exchange *exchange; /* holds a reference */
    struct frame *frame;       /* holds a reference */
};

struct turn_list {
    struct turn_entry *entries;
    size_t first, count, size;
};

struct turn {
    struct turn_list now; /* for the next commit */
    struct turn_list unsynced;
    bool is_stuck;      /* the last commit failed: the disk is full, say */
    bool has_lost_sync; /* an fsync failed, which is for good */
    bool is_running;
    int64_t retry_ms; /* when to try the commit again */
};

void turn_release(struct server *server);

/* Each takes its own references. */
void turn_event(struct server *server, struct house_room *room, uint64_t seq, struct frame *frame);
void turn_welcome(struct server *server, struct socket *socket, const char *text, size_t len);
/* Sent at once when nothing of this turn is to reach the socket before it, or the disk is full. */
void turn_answer(struct server *server, struct socket *socket, const char *text, size_t len);
void turn_ack(struct server *server, struct socket *socket, const char *text, size_t len);
void turn_close(struct server *server, struct socket *socket, int code);
void turn_response(struct server *server, struct exchange *exchange);

/* Commits, and sends what may be sent. Called when the loop has handled what there was. */
void turn_flush(struct server *server);
/* The disk has caught up: acks leave. */
void turn_synced(struct server *server);
/* Nothing waits for the disk. */
bool turn_is_settled(const struct server *server);

#endif

/* The inside of the observer, for the files watch*.c alone. */
#ifndef DEBATE_SIM_WATCH_INNER_H
#define DEBATE_SIM_WATCH_INNER_H

#include "proto/message.h"
#include "sim/ledger.h"
#include "sim/look_sqlite.h"
#include "sim/world.h"

/* A command that has reached the server. */
struct sent {
    enum command_type type;
    int64_t id;
    int choice; /* by its number; -1: none */
};

/* What the observer knows of one WebSocket. */
struct listener {
    char session_id[LIMIT_SESSION_ID + 1], user[64];
    bool is_voice, is_observer;
    bool has_init, has_last_seq, is_welcome;
    uint64_t last_seq, sent_seq;
    struct sent *sent;
    size_t sent_count, sent_size;
};

struct watch {
    struct server *server; /* NULL: none to be looked at */
    struct look *look;
    int64_t row; /* the last one that is known */
    uint64_t commits;
    int64_t stuck_us; /* when the server could not write for the last time */
    long sockets;
    uint64_t acks;
    struct asked *asked;
    size_t asked_count, asked_size;
};
extern struct watch watch;

/* watch_log.c: what is committed by now, and what survives. */
void watch_look(void);
/* Now and then: what would be left of the acks if the power went now. */
void watch_probe(const struct ledger *ledger);
/* A command has reached the server; and whether all that it has done was asked for. */
void watch_asked(const char *session_id, const char *user, enum command_type type, unsigned page,
                 int choice);
void watch_count(void);
/* An ack says that this participant's choice stands as it is. */
void watch_chosen_before(struct ledger *ledger, unsigned participant, int choice);

/* watch_signals.c: the sockets that are not for voices. What is taken ends with a NUL. */
void watch_signals_begin(void);
void watch_signaling_opened(struct listener *listener, const char *room_code);
void watch_signal_taken(const struct listener *listener, const char *text);
void watch_signal_sent(const struct listener *listener, const char *text, size_t len);

/* watch_server.c: the server's own state. */
int64_t watch_server_ms(void);

#endif

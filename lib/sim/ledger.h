/* What the observer knows of every session: its log as it stands in the database, and what follows
 * from it by the protocol, worked out here a second time. One thread. */
#ifndef DEBATE_SIM_LEDGER_H
#define DEBATE_SIM_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/agenda.h"
#include "proto/event.h"

struct ledger_line {
    char *whole, *shown; /* as in the log; as others may see it */
    size_t whole_len, shown_len;
    enum event_type type;
    int64_t ts_ms;
    unsigned actor;
    unsigned page; /* choice_submitted */
    int choice;    /* choice_submitted, by its place in the page */
};

struct ledger_person {
    char user[64];
    bool seated, connected, reported;
    bool consents, records;
    char recording_id[LIMIT_RECORDING_ID + 1]; /* of the last one */
};

struct ledger {
    struct ledger *next;
    int64_t key;
    char session_id[LIMIT_SESSION_ID + 1], room_code[LIMIT_ROOM_CODE + 1], host_user[64];
    int seats;
    struct agenda *agenda;
    char *header;
    struct ledger_line *lines; /* [0] is seq 1 */
    size_t count, size;
    uint64_t found;   /* lines that are left on a disk, with the header */
    uint64_t acked;   /* the last seq that somebody was told is safe */
    bool is_promised; /* somebody was told that it was made */

    /* what the lines make */
    int64_t ts_ms, start_at_ms, started_ts_ms, host_gone_ts_ms, page_ts_ms;
    bool in_countdown, is_started, is_ended, had_host, turn_is_due;
    unsigned page, host, people;
    unsigned stop_is_due; /* who took consent back while recording; 0: nobody */
    struct ledger_person persons[LIMIT_PARTICIPANTS + 1];
    int8_t chosen[LIMIT_PAGES + 1][LIMIT_PARTICIPANTS + 1]; /* by place, from 1; 0: none */
    bool is_revealed[LIMIT_PAGES + 1], is_reached[LIMIT_PAGES + 1];
};

struct ledgers {
    struct ledger *first;
    uint64_t events;
};
extern struct ledgers ledgers;

void ledgers_release(void);
/* A line of the database: the next of its session, or it is broken. */
void ledger_add(int64_t key, uint64_t seq, const char *line, size_t len);
struct ledger *ledger_by_key(int64_t key);
struct ledger *ledger_by_id(const char *session_id); /* NULL: none */
/* NULL: it is not in the log. */
const struct ledger_line *ledger_line(const struct ledger *ledger, uint64_t seq);
/* What comes after this is lost, and what follows from it is worked out anew. */
void ledger_cut(struct ledger *ledger, uint64_t seq);
/* The header is lost as well. */
void ledger_forget(struct ledger *ledger);
unsigned ledger_participant_of(const struct ledger *ledger, const char *user);
bool ledger_anybody_is_connected(const struct ledger *ledger);

/* ledger_rules.c: what an event means, and whether it may be. */
void ledger_apply(struct ledger *ledger, const struct event *event);
bool ledger_all_chose(const struct ledger *ledger, unsigned page);
/* Whether what was chosen is still to be revealed when all have chosen, or the page is left. */
bool ledger_owes_reveal(const struct ledger *ledger, unsigned page);

#endif

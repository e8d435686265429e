/* What a room is made of. For lib/room alone.
 *
 * room_apply.c is the only file that changes a struct room, but for `wait_until_ms`, which is not
 * part of the log (protocol, section 10). */
#ifndef DEBATE_ROOM_ROOM_STATE_H
#define DEBATE_ROOM_ROOM_STATE_H

#include "room/room.h"

struct participant {
    char *user;
    char *nickname;
    uint64_t join_seq;     /* of the latest `join`: who has sat longest */
    int64_t gone_since_ms; /* ts of the latest `disconnected` */
    int64_t wait_until_ms; /* the countdown waits for this one's `ready` until then; 0: not */
    unsigned running;      /* the running recording's number, from 1; 0: none */
    unsigned recordings;   /* how many there were */
    bool seated, connected, is_mic_on, is_speaking, consented, reported;
};

struct recording {
    char *id;
    char *path;
    char *sha256; /* NULL until it is uploaded */
    int64_t started_at_ms;
    int64_t ended_at_ms;
    int64_t duration_ms;
    uint64_t bytes;
    unsigned participant;
    bool ended;
};

/* What was chosen on one page: by participant number - 1 the choice's index + 1; 0: nothing. */
struct ballot {
    uint8_t chosen[LIMIT_PARTICIPANTS];
};

struct room {
    struct room_config config;
    struct log_header header; /* its strings and agenda are the room's own */
    struct agenda *agenda;

    uint64_t seq;
    int64_t ts_ms; /* of the last event, created_at before the first */
    enum phase phase;
    bool started;
    int64_t start_at_ms;     /* countdown, and for good once it has started */
    int64_t started_ts_ms;   /* ts of `start` */
    int64_t ended_at_ms;     /* 0 before */
    int64_t nobody_since_ms; /* since when nobody has been connected */
    unsigned page;           /* from 1 */
    uint64_t pages_reached;  /* bit n - 1: page n has stood at some time */
    int64_t page_since_ms;   /* when this page's time began */
    uint64_t pages_revealed; /* bit n - 1: page n had its choices_revealed */
    uint64_t pages_left;     /* bit n - 1: page n was turned away from */
    unsigned host;           /* 0: nobody */
    bool creator_takes_over; /* the header's host_user becomes host by sitting down */
    int64_t vacant_since_ms; /* when the host left */

    unsigned seated, connected; /* how many */
    size_t participant_count, participant_cap;
    struct participant *participants; /* [0] is p1 */
    size_t recording_count, recording_cap;
    struct recording *recordings;
    struct ballot **ballots; /* by page - 1; NULL until somebody chooses, each entry too */
    char *report;
    bool is_forgotten;
};

/* ---- looking (room_look.c) ---- */

/* NULL when there is no such participant. */
struct participant *room_participant(const struct room *room, unsigned number);
struct recording *room_recording_by_id(const struct room *room, const char *id);

/* The index of what somebody chose on a page; -1: nothing. */
int room_chosen(const struct room *room, unsigned page, unsigned participant);
bool room_all_seated_chose(const struct room *room, unsigned page);
/* Whether the page has ever stood: one that was passed over by goto_page has not. */
bool room_page_is_reached(const struct room *room, unsigned page);
/* Whether somebody seated has yet to choose there before next_page may leave it. */
bool room_gate_holds(const struct room *room, unsigned page);
/* Whether leaving the page must reveal its choices first. */
bool room_owes_reveal(const struct room *room, unsigned page);
/* What is on a page's ballots, by participant; `out` holds LIMIT_PARTICIPANTS. */
size_t room_ballots(const struct room *room, unsigned page, struct event_choice *out);
/* Whether a participant may no longer choose there (protocol, section 9). */
bool room_choice_is_closed(const struct room *room, unsigned page, unsigned participant);

bool room_is_full_and_connected(const struct room *room);
/* The connected participant who has sat longest; 0: nobody is connected. */
unsigned room_longest_seated(const struct room *room);
/* When the host is to be replaced by one of the connected; INT64_MAX: not. */
int64_t room_host_due_ms(const struct room *room);
int64_t room_page_due_ms(const struct room *room);
int64_t room_empty_due_ms(const struct room *room);
/* From when on nobody needs to be waited for: 0 when nobody asked for it. */
int64_t room_waits_until_ms(const struct room *room);

/* a + b, at most INT64_MAX; neither is negative. */
int64_t room_add_ms(int64_t a_ms, int64_t b_ms);

/* Whether an event may follow what came before (room_check.c). */
bool room_event_fits(const struct room *room, const struct event *event);

/* ---- deciding ---- */

/* One room_step under way. */
struct step {
    struct room *room;
    const struct room_command *command;
    struct room_effects *effects;
    int64_t now_ms; /* never before the last event */
};

/* Numbers the event, applies it and adds it to the effects. Only the first event of a step may need
 * memory: so a step that fails has changed nothing. */
enum err step_emit(struct step *step, struct event event) MUST_CHECK;
/* For an event that needs no memory. */
void step_emit_sure(struct step *step, struct event event);
void step_refuse(struct step *step, enum err code, enum reason reason, const char *field);
/* The last event is the one that the command asked for. */
void step_own(struct step *step);

/* The last recording of somebody stops; `at_ms` is what the client says, or now. */
void step_stop_recording(struct step *step, unsigned participant, unsigned actor, int64_t at_ms);
/* Reveals what is owed, stops what is running, and ends. */
void step_end(struct step *step, unsigned actor, enum end_reason reason);
void step_reveal(struct step *step, unsigned page);
/* Turns to a page, or ends the session behind the last one. */
void step_turn(struct step *step, unsigned actor, unsigned page);
void step_settle_countdown(struct step *step);
void step_leave(struct step *step, unsigned participant);

/* A participant's command (room_message.c), whoever may send it. */
void step_message(struct step *step);
/* Whether this participant may do what only a host may; otherwise the refusal is given. */
bool step_may_lead(struct step *step, unsigned participant);
/* submit_choice (room_pages.c), by somebody seated. */
void step_choose(struct step *step, unsigned participant);
void step_next_page(struct step *step, unsigned participant);
void step_goto_page(struct step *step, unsigned participant);

#endif

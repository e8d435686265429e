/* The room: the rules of a debate (protocol, sections 1, 5, 8 and 9), and nothing else.
 *
 * Pure: no I/O, no clock, no randomness. `room_step` takes what somebody asked and the time,
 * decides, and returns the events and the answer. The state of a room is a function of its log:
 * `room_apply` is the only place that changes it (but for what the protocol says is not kept across
 * a restart: `await_voice` and `ready`), and room_step calls it for every event that it returns.
 * One thread owns a room. The room owns copies of all its strings; events borrow them. */
#ifndef DEBATE_ROOM_ROOM_H
#define DEBATE_ROOM_ROOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "proto/event.h"
#include "proto/message.h"
#include "proto/token.h"
#include "proto/view.h"

struct room;

/* What the operator of the server settles; not part of the log. */
struct room_config {
    int64_t countdown_ms;
    int64_t host_gone_ms;
    int64_t empty_ms;
    enum record_policy record;
};
struct room_config room_config_default(void);

/* What somebody asked. */
enum room_ask {
    ROOM_INIT,           /* a user's socket said `init` */
    ROOM_DISCONNECT,     /* a participant's socket is gone */
    ROOM_MESSAGE,        /* any other command of a participant; not init, not ping */
    ROOM_CHOICE,         /* submit_choice over HTTP, by user */
    ROOM_END,            /* end_session over HTTP, by user */
    ROOM_UPLOADED,       /* a recording has arrived */
    ROOM_ANALYSIS_READY, /* the report stands */
    ROOM_FORGET,         /* what was said is being removed, by user or operator */
    ROOM_RESTART,        /* the server came up again: nobody is connected */
    ROOM_TICK            /* a deadline has come */
};

struct room_command {
    enum room_ask ask;
    unsigned participant;          /* DISCONNECT, MESSAGE */
    bool is_operator;              /* MESSAGE: may do what a host may */
    const struct token *token;     /* INIT, CHOICE, END, FORGET: who asks */
    const struct command *message; /* INIT, MESSAGE, CHOICE */
    const char *recording_id;      /* UPLOADED */
    uint64_t bytes;
    const char *sha256;
    const char *report;  /* ANALYSIS_READY */
    unsigned recordings; /* FORGET: files that are removed; `bytes` of them */
};

/* What came of it. `events` are in order, numbered, and already applied. */
struct room_effects {
    size_t event_count;
    struct event events[LIMIT_EVENTS_STEP];
    struct event_choice choices[LIMIT_PARTICIPANTS]; /* what choices_revealed points into */
    enum err answer;
    struct problem why;   /* when answer is not ERR_NONE */
    uint64_t seq;         /* of the command's own event; 0: nothing to write */
    unsigned participant; /* INIT: who they are now */
};

/* A room with an empty log. The header is copied. NULL without memory. */
struct room *room_new(const struct log_header *header, const struct room_config *config);
void room_free(struct room *room);

void room_step(struct room *room, const struct room_command *command, int64_t now_ms,
               struct room_effects *effects);

/* Takes in an event that stands in the log. ERR_CORRUPT when it cannot follow what came before
 * (seq not the next, ts going back, an unknown participant, a start without a countdown, …): the
 * room is then unchanged. ERR_NO_MEMORY. */
enum err room_apply(struct room *room, const struct event *event) MUST_CHECK;

/* When ROOM_TICK is next due, ms since the Unix epoch; INT64_MAX: never. */
int64_t room_next_deadline_ms(const struct room *room);

/* ---- looking at a room; pointers live until the next step ---- */

const struct log_header *room_header(const struct room *room);
enum phase room_phase(const struct room *room);
uint64_t room_seq(const struct room *room);
unsigned room_host(const struct room *room);
/* Whether this user may do what only a host may; whoever made the room is its host before sitting
 * down, too. */
bool room_is_host(const struct room *room, const char *user);
const struct agenda *room_agenda(const struct room *room);
/* Whether its recordings and its report were removed for good. */
bool room_is_forgotten(const struct room *room);
/* When session_ended was written; 0 before. */
int64_t room_ended_at_ms(const struct room *room);

/* The participant of a user, seated or not; 0: never here. */
unsigned room_participant_of(const struct room *room, const char *user);
bool room_is_seated(const struct room *room, unsigned participant);
const char *room_nickname(const struct room *room, unsigned participant); /* NULL: no such */
/* A seat is free, or this user holds one. */
bool room_has_seat_for(const struct room *room, const char *user);

/* What event_print is to be given for others to read: whether this choice shows at once. */
bool room_choice_is_public(const struct room *room, const struct event *event);
/* For the host's log: whether the choices of this page have been revealed. */
bool room_page_is_revealed(const struct room *room, unsigned page);

void room_view(const struct room *room, struct session_view *out);
size_t room_recording_count(const struct room *room);
struct recording_view room_recording(const struct room *room, size_t index);
/* By id; false: no such. */
bool room_recording_find(const struct room *room, const char *recording_id,
                         struct recording_view *out);
/* The revealed choices of a page, by participant; their number. `out` holds LIMIT_PARTICIPANTS. */
size_t room_revealed_choices(const struct room *room, unsigned page, struct event_choice *out);

#endif

#include <assert.h>
#include <string.h>

#include "room/room_state.h"

/* An event in the effects borrows from the room, not from the command that it came of. */
static void borrow_from_room(const struct room *room, struct event *event)
{
    if (event->type == EVENT_JOIN) {
        const struct participant *p = room_participant(room, event->participant);
        event->join.nickname = p->nickname;
        event->join.user = p->user;
    } else if (event->type == EVENT_RECORDING_STARTED) {
        const struct recording *last = &room->recordings[room->recording_count - 1];
        event->recording.recording_id = last->id;
        event->recording.path = last->path;
    } else if (event->type == EVENT_RECORDING_UPLOADED) {
        const struct recording *recording =
            room_recording_by_id(room, event->recording.recording_id);
        event->recording.recording_id = recording->id;
        event->recording.sha256 = recording->sha256;
    } else if (event->type == EVENT_CHOICE_SUBMITTED) {
        unsigned number = event->choice_submitted.page;
        int chosen = room_chosen(room, number, event->participant);
        event->choice_submitted.choice = agenda_page(room->agenda, number)->choices[chosen].id;
    } else if (event->type == EVENT_ANALYSIS_READY) {
        event->analysis_ready.report = room->report;
    }
}

enum err step_emit(struct step *step, struct event event)
{
    struct room_effects *effects = step->effects;
    assert(effects->event_count < LIMIT_EVENTS_STEP);
    event.seq = step->room->seq + 1;
    event.ts_ms = step->now_ms;
    enum err e = room_apply(step->room, &event);
    /* What the rules decide can always be applied; and what fails has nothing before it to undo. */
    assert(e == ERR_NONE || (e == ERR_NO_MEMORY && effects->event_count == 0));
    if (e != ERR_NONE) {
        step_refuse(step, e, REASON_NONE, NULL);
        return e;
    }
    borrow_from_room(step->room, &event);
    effects->events[effects->event_count++] = event;
    return ERR_NONE;
}

void step_emit_sure(struct step *step, struct event event)
{
    enum err e = step_emit(step, event);
    assert(e == ERR_NONE);
    (void)e;
}

void step_refuse(struct step *step, enum err code, enum reason reason, const char *field)
{
    step->effects->answer = problem_set(&step->effects->why, code, reason, field);
}

void step_own(struct step *step)
{
    step->effects->seq = step->room->seq;
}

static void settle_host(struct step *step)
{
    if (room_host_due_ms(step->room) > step->now_ms)
        return;
    step_emit_sure(step, (struct event){.type = EVENT_HOST_CHANGED,
                                        .participant = room_longest_seated(step->room)});
}

void step_settle_countdown(struct step *step)
{
    const struct room *room = step->room;
    if (room->phase != PHASE_LOBBY || !room_is_full_and_connected(room) ||
        room_waits_until_ms(room) > step->now_ms)
        return;
    int64_t ms = room->config.countdown_ms;
    step_emit_sure(step,
                   (struct event){.type = EVENT_COUNTDOWN,
                                  .countdown = {.duration_ms = ms,
                                                .start_at_ms = room_add_ms(step->now_ms, ms)}});
}

static void cancel_countdown(struct step *step, const char *reason)
{
    if (step->room->phase == PHASE_COUNTDOWN)
        step_emit_sure(step, (struct event){.type = EVENT_COUNTDOWN_CANCELLED,
                                            .countdown_cancelled = {.reason = reason}});
}

void step_stop_recording(struct step *step, unsigned participant, unsigned actor, int64_t at_ms)
{
    const struct participant *p = room_participant(step->room, participant);
    if (!p->running)
        return;
    const struct recording *running = &step->room->recordings[p->running - 1];
    if (at_ms < running->started_at_ms)
        at_ms = running->started_at_ms;
    step_emit_sure(step,
                   (struct event){.type = EVENT_RECORDING_STOPPED,
                                  .actor = actor,
                                  .participant = participant,
                                  .recording = {.recording_id = running->id,
                                                .path = running->path,
                                                .ended_at_ms = at_ms,
                                                .duration_ms = at_ms - running->started_at_ms}});
}

void step_end(struct step *step, unsigned actor, enum end_reason reason)
{
    step_reveal(step, step->room->page);
    for (unsigned i = 1; i <= step->room->participant_count; i++)
        step_stop_recording(step, i, 0, step->now_ms);
    step_emit_sure(step, (struct event){.type = EVENT_SESSION_ENDED,
                                        .actor = actor,
                                        .session_ended = {.reason = reason}});
}

void step_leave(struct step *step, unsigned participant)
{
    struct room *room = step->room;
    step_stop_recording(step, participant, participant, step->now_ms);
    step_emit_sure(
        step,
        (struct event){.type = EVENT_LEAVE, .actor = participant, .participant = participant});
    step_own(step);
    cancel_countdown(step, "left");
    if (room->seated == 0) {
        step_end(step, 0, END_EMPTY);
        return;
    }
    if (room_all_seated_chose(room, room->page))
        step_reveal(step, room->page);
    settle_host(step);
}

static void disconnect(struct step *step, unsigned participant, const char *reason)
{
    step_emit_sure(step, (struct event){.type = EVENT_DISCONNECTED, .participant = participant});
    step_own(step);
    /* On a restart everybody is gone first, then the countdown falls. */
    if (reason)
        cancel_countdown(step, reason);
}

static void on_disconnect(struct step *step)
{
    const struct participant *p = room_participant(step->room, step->command->participant);
    if (p && p->connected)
        disconnect(step, step->command->participant, "disconnected");
}

static void on_restart(struct step *step)
{
    for (unsigned i = 1; i <= step->room->participant_count; i++) {
        if (room_participant(step->room, i)->connected)
            disconnect(step, i, NULL);
    }
    step->effects->seq = 0;
    cancel_countdown(step, "restart");
}

static void on_tick(struct step *step)
{
    struct room *room = step->room;
    if (room_empty_due_ms(room) <= step->now_ms) {
        step_end(step, 0, END_EMPTY);
        return;
    }
    if (room->phase == PHASE_COUNTDOWN && room->start_at_ms <= step->now_ms)
        step_emit_sure(
            step, (struct event){.type = EVENT_START, .start = {.start_at_ms = room->start_at_ms}});
    else if (room_page_due_ms(room) <= step->now_ms)
        step_turn(step, 0, room->page + 1);
    step_settle_countdown(step);
    settle_host(step);
}

/* The first 64 characters of a user's id stand in where there is no other name. */
static void nickname_of(const struct step *step, char out[LIMIT_NICKNAME_CHARS * 4 + 1])
{
    const struct token *token = step->command->token;
    const char *given = step->command->message ? step->command->message->init.nickname : "";
    const char *name = *given ? given : *token->name ? token->name : token->user;
    size_t len = 0, chars = 0;
    for (; name[len]; len++) {
        if ((name[len] & 0xc0) != 0x80 && chars++ == LIMIT_NICKNAME_CHARS)
            break;
    }
    assert(len <= LIMIT_NICKNAME_CHARS * 4);
    memcpy(out, name, len);
    out[len] = '\0';
}

/* ERR_NONE with the participant seated and connected. */
static enum err take_seat(struct step *step, unsigned *participant)
{
    const struct room *room = step->room;
    const char *user = step->command->token->user;
    *participant = room_participant_of(room, user);
    if (room_is_seated(room, *participant)) {
        if (room_participant(room, *participant)->connected)
            return ERR_NONE;
        step_emit_sure(step, (struct event){.type = EVENT_CONNECTED,
                                            .actor = *participant,
                                            .participant = *participant});
        return ERR_NONE;
    }
    if (*participant == 0)
        *participant = (unsigned)room->participant_count + 1;
    char nickname[LIMIT_NICKNAME_CHARS * 4 + 1];
    nickname_of(step, nickname);
    return step_emit(step, (struct event){.type = EVENT_JOIN,
                                          .actor = *participant,
                                          .participant = *participant,
                                          .join = {.nickname = nickname, .user = user}});
}

static void on_init(struct step *step)
{
    struct room *room = step->room;
    const struct token *token = step->command->token;
    if (room->phase == PHASE_ENDED) {
        step_refuse(step, ERR_ENDED, REASON_NONE, NULL);
        return;
    }
    if (!room_has_seat_for(room, token->user)) {
        step_refuse(step, ERR_ROOM_FULL, REASON_NONE, NULL);
        return;
    }
    unsigned participant;
    if (take_seat(step, &participant) != ERR_NONE)
        return;
    step->effects->participant = participant;
    if (token->role == ROLE_HOST && room->host != participant)
        step_emit_sure(step, (struct event){.type = EVENT_HOST_CHANGED,
                                            .actor = participant,
                                            .participant = participant});
    /* What comes first is the receiver's own: welcome speaks of what stood before it. */
    if (step->effects->event_count > 0)
        step->effects->seq = step->effects->events[0].seq;
    bool waits = step->command->message && step->command->message->init.await_voice;
    room_participant(room, participant)->wait_until_ms =
        waits ? room_add_ms(step->now_ms, LIMIT_AWAIT_VOICE_MS) : 0;
    settle_host(step);
    step_settle_countdown(step);
}

static void on_message(struct step *step)
{
    const struct room *room = step->room;
    if (room->phase == PHASE_ENDED)
        step_refuse(step, ERR_ENDED, REASON_NONE, NULL);
    else if (!room_is_seated(room, step->command->participant))
        step_refuse(step, ERR_FORBIDDEN, REASON_NOT_SEATED, NULL);
    else
        step_message(step);
}

static void on_choice(struct step *step)
{
    const struct room *room = step->room;
    unsigned participant = room_participant_of(room, step->command->token->user);
    if (!room_is_seated(room, participant))
        step_refuse(step, ERR_FORBIDDEN, REASON_NOT_SEATED, NULL);
    else if (room->phase == PHASE_ENDED)
        step_refuse(step, ERR_ENDED, REASON_NONE, NULL);
    else
        step_choose(step, participant);
}

/* Whether this token may do what only a host may; otherwise the refusal is given. */
static bool token_may_lead(struct step *step)
{
    const struct token *token = step->command->token;
    if (token->role == ROLE_OPERATOR || room_is_host(step->room, token->user))
        return true;
    step_refuse(step, ERR_FORBIDDEN, REASON_NOT_HOST, NULL);
    return false;
}

static void on_end(struct step *step)
{
    const struct room *room = step->room;
    unsigned participant = room_participant_of(room, step->command->token->user);
    if (!token_may_lead(step))
        return;
    if (room->phase == PHASE_ENDED) {
        step_refuse(step, ERR_ENDED, REASON_NONE, NULL);
        return;
    }
    step_end(step, room_is_seated(room, participant) ? participant : 0, END_HOST);
    step_own(step);
}

static void on_uploaded(struct step *step)
{
    const struct room_command *command = step->command;
    const struct recording *recording = room_recording_by_id(step->room, command->recording_id);
    if (!recording) {
        step_refuse(step, ERR_NOT_FOUND, REASON_NO_RECORDING, NULL);
    } else if (step->room->is_forgotten) {
        step_refuse(step, ERR_ENDED, REASON_FORGOTTEN, NULL);
    } else if (!recording->ended) {
        step_refuse(step, ERR_CONFLICT, REASON_STILL_RECORDING, NULL);
    } else if (recording->sha256) {
        step_refuse(step, ERR_CONFLICT, REASON_UPLOADED_ALREADY, NULL);
    } else {
        enum err e = step_emit(step, (struct event){.type = EVENT_RECORDING_UPLOADED,
                                                    .participant = recording->participant,
                                                    .recording = {
                                                        .recording_id = recording->id,
                                                        .bytes = command->bytes,
                                                        .sha256 = command->sha256,
                                                    }});
        if (e == ERR_NONE)
            step_own(step);
    }
}

static void on_analysis_ready(struct step *step)
{
    if (step->room->is_forgotten) {
        step_refuse(step, ERR_ENDED, REASON_FORGOTTEN, NULL);
        return;
    }
    enum err e = step_emit(step, (struct event){.type = EVENT_ANALYSIS_READY,
                                                .analysis_ready = {step->command->report}});
    if (e == ERR_NONE)
        step_own(step);
}

static void on_forget(struct step *step)
{
    const struct room *room = step->room;
    const struct room_command *command = step->command;
    const struct token *token = command->token;
    bool is_operator = token->role == ROLE_OPERATOR;
    if (!token_may_lead(step))
        return;
    if (room->phase != PHASE_ENDED) {
        step_refuse(step, ERR_WRONG_PHASE, REASON_NOT_ENDED, NULL);
        return;
    }
    if (room->is_forgotten) {
        step_refuse(step, ERR_ENDED, REASON_FORGOTTEN, NULL);
        return;
    }
    enum err e = step_emit(
        step, (struct event){.type = EVENT_FORGOTTEN,
                             .actor = is_operator ? 0 : room_participant_of(room, token->user),
                             .forgotten = {command->recordings, command->bytes}});
    if (e == ERR_NONE)
        step_own(step);
}

/* A log that is full takes in what takes the session to its end, and nothing else. */
static bool is_too_long(const struct step *step)
{
    if (step->room->seq < LIMIT_EVENTS_SESSION || step->room->phase == PHASE_ENDED)
        return false;
    switch (step->command->ask) {
    case ROOM_MESSAGE:
        return step->command->message->type != COMMAND_END_SESSION &&
               step->command->message->type != COMMAND_LEAVE;
    case ROOM_INIT:
    case ROOM_CHOICE:
        return true;
    case ROOM_DISCONNECT:
    case ROOM_END:
    case ROOM_UPLOADED:
    case ROOM_ANALYSIS_READY:
    case ROOM_FORGET:
    case ROOM_RESTART:
    case ROOM_TICK:
        return false;
    }
    return false;
}

static void decide(struct step *step)
{
    switch (step->command->ask) {
    case ROOM_INIT:
        on_init(step);
        break;
    case ROOM_DISCONNECT:
        on_disconnect(step);
        break;
    case ROOM_MESSAGE:
        on_message(step);
        break;
    case ROOM_CHOICE:
        on_choice(step);
        break;
    case ROOM_END:
        on_end(step);
        break;
    case ROOM_UPLOADED:
        on_uploaded(step);
        break;
    case ROOM_ANALYSIS_READY:
        on_analysis_ready(step);
        break;
    case ROOM_FORGET:
        on_forget(step);
        break;
    case ROOM_RESTART:
        on_restart(step);
        break;
    case ROOM_TICK:
        on_tick(step);
        break;
    }
}

void room_step(struct room *room, const struct room_command *command, int64_t now_ms,
               struct room_effects *effects)
{
    struct step step = {.room = room, .command = command, .effects = effects};
    step.now_ms = now_ms > room->ts_ms ? now_ms : room->ts_ms;
    effects->event_count = 0;
    effects->answer = ERR_NONE;
    effects->why.code = ERR_NONE;
    effects->why.reason = REASON_NONE;
    effects->why.field[0] = '\0';
    effects->seq = 0;
    effects->participant = 0;
    if (is_too_long(&step))
        step_refuse(&step, ERR_RATE_LIMITED, REASON_NONE, NULL);
    else
        decide(&step);
}

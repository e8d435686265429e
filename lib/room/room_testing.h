/* For the tests of lib/room: a room, people in it, and what came of each step.
 *
 * Time is the test's own: `now_ms` starts at TEST_T0 and moves only when a test moves it. What the
 * steps return is written to a log, and world_free checks that the log gives the same room. */
#ifndef DEBATE_ROOM_ROOM_TESTING_H
#define DEBATE_ROOM_ROOM_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "room/replay.h"
#include "room/room.h"

#define TEST_T0      INT64_C(1763872345000)
#define TEST_SESSION "s_AbCdEfGhIjKlMnOpQrStUv"

struct world {
    struct room *room;
    struct room_effects effects; /* of the last step */
    int64_t now_ms;
    struct buf log; /* header and events, as the store would hold them */
};

/* The pages of test_agenda. */
enum {
    PAGE_TALK = 1, /* no choices */
    PAGE_ALL,      /* yes or no, revealed when all have chosen */
    PAGE_NOW,      /* the same, shown at once */
    PAGE_NEVER,    /* the same, never shown */
    PAGE_GATED,    /* as PAGE_ALL, behind a gate */
    PAGE_TIMED,    /* 60 s, no choices, a gate that holds nobody */
    PAGE_LAST      /* as PAGE_ALL, 30 s */
};

static inline struct agenda *test_agenda(void)
{
    static struct choice choices[] = {{(char *)"yes", (char *)"Yes"}, {(char *)"no", (char *)"No"}};
    static struct page pages[] = {
        {.title = (char *)"Talk"},
        {.title = (char *)"All", .choice_count = 2, .choices = choices},
        {.title = (char *)"Now", .choice_count = 2, .choices = choices, .reveal = REVEAL_NOW},
        {.title = (char *)"Never", .choice_count = 2, .choices = choices, .reveal = REVEAL_NEVER},
        {.title = (char *)"Gated", .choice_count = 2, .choices = choices, .gate = GATE_ALL},
        {.title = (char *)"Timed", .time_ms = 60000, .gate = GATE_ALL},
        {.title = (char *)"Last", .time_ms = 30000, .choice_count = 2, .choices = choices},
    };
    static struct agenda agenda = {
        .refs = 1, .title = (char *)"Library", .page_count = PAGE_LAST, .pages = pages};
    return &agenda;
}

static inline void world_new_with(struct world *world, int seats, const struct agenda *agenda,
                                  const struct room_config *config)
{
    struct log_header header = {.session_id = TEST_SESSION,
                                .room_code = "library",
                                .seats = seats,
                                .agenda = agenda,
                                .created_at_ms = TEST_T0,
                                .host_user = "kim"};
    *world = (struct world){.now_ms = TEST_T0};
    buf_init(&world->log, 64 * 1024 * 1024);
    world->room = room_new(&header, config);
    assert_non_null(world->room);
    assert_int_equal(log_header_print(room_header(world->room), &world->log), ERR_NONE);
    assert_int_equal(buf_append_str(&world->log, "\n"), ERR_NONE);
}

/* An empty room of three, made by "kim". */
static inline void world_new(struct world *world)
{
    world_new_with(world, 3, test_agenda(), NULL);
}

static inline void assert_same_participants(const struct session_view *a,
                                            const struct session_view *b)
{
    assert_int_equal(a->participant_count, b->participant_count);
    for (size_t i = 0; i < a->participant_count; i++) {
        const struct server_participant *p = &a->participants[i], *q = &b->participants[i];
        assert_int_equal(p->participant, q->participant);
        assert_string_equal(p->nickname, q->nickname);
        assert_int_equal(p->connected, q->connected);
        assert_int_equal(p->is_mic_on, q->is_mic_on);
        assert_int_equal(p->is_speaking, q->is_speaking);
        assert_int_equal(p->is_recording, q->is_recording);
    }
}

static inline void assert_same_recordings(const struct room *a, const struct room *b)
{
    assert_int_equal(room_recording_count(a), room_recording_count(b));
    for (size_t i = 0; i < room_recording_count(a); i++) {
        struct recording_view r = room_recording(a, i), s = room_recording(b, i);
        assert_string_equal(r.recording_id, s.recording_id);
        assert_string_equal(r.path, s.path);
        assert_int_equal(r.participant, s.participant);
        assert_int_equal(r.started_at_ms, s.started_at_ms);
        assert_int_equal(r.ended, s.ended);
        assert_int_equal(r.ended_at_ms, s.ended_at_ms);
        assert_int_equal(r.duration_ms, s.duration_ms);
        assert_int_equal(r.uploaded, s.uploaded);
        assert_int_equal(r.bytes, s.bytes);
        if (r.uploaded)
            assert_string_equal(r.sha256, s.sha256);
    }
}

static inline void assert_same_choices(const struct room *a, const struct room *b)
{
    for (unsigned page = 1; page <= room_agenda(a)->page_count; page++) {
        struct event_choice mine[LIMIT_PARTICIPANTS], theirs[LIMIT_PARTICIPANTS];
        size_t count = room_revealed_choices(a, page, mine);
        assert_int_equal(count, room_revealed_choices(b, page, theirs));
        assert_int_equal(room_page_is_revealed(a, page), room_page_is_revealed(b, page));
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(mine[i].participant, theirs[i].participant);
            assert_string_equal(mine[i].choice, theirs[i].choice);
        }
    }
}

/* Both look the same from outside. */
static inline void assert_same_room(const struct room *a, const struct room *b)
{
    struct session_view v, w;
    room_view(a, &v);
    room_view(b, &w);
    assert_string_equal(v.session_id, w.session_id);
    assert_string_equal(v.room_code, w.room_code);
    assert_int_equal(v.phase, w.phase);
    assert_int_equal(v.page, w.page);
    assert_int_equal(v.host, w.host);
    assert_int_equal(v.seats, w.seats);
    assert_int_equal(v.seq, w.seq);
    assert_int_equal(v.has_start_at, w.has_start_at);
    if (v.has_start_at)
        assert_int_equal(v.start_at_ms, w.start_at_ms);
    assert_string_equal(v.report ? v.report : "", w.report ? w.report : "");
    assert_int_equal(room_ended_at_ms(a), room_ended_at_ms(b));
    assert_same_participants(&v, &w);
    assert_same_recordings(a, b);
    assert_same_choices(a, b);
}

static inline void world_free(struct world *world)
{
    struct replay_result result;
    struct room *again = NULL;
    enum err e = replay_log(world->log.data, world->log.len, NULL, NULL, NULL, &again, &result);
    if (e != ERR_NONE)
        fail_msg("line %zu: %s", result.line, result.what ? result.what : "?");
    assert_false(result.torn);
    assert_int_equal(result.events, room_seq(world->room));
    assert_same_room(world->room, again);
    room_free(again);
    room_free(world->room);
    buf_release(&world->log);
}

static inline enum err step(struct world *world, const struct room_command *command)
{
    room_step(world->room, command, world->now_ms, &world->effects);
    for (size_t i = 0; i < world->effects.event_count; i++) {
        assert_int_equal(event_print(&world->effects.events[i], &world->log), ERR_NONE);
        assert_int_equal(buf_append_str(&world->log, "\n"), ERR_NONE);
    }
    assert_int_equal(world->effects.why.code, world->effects.answer);
    return world->effects.answer;
}

static inline struct token token_of(const char *user, enum role role)
{
    struct token token = {.role = role};
    snprintf(token.user, sizeof(token.user), "%s", user);
    return token;
}

static inline enum err init_as(struct world *world, const char *user, enum role role,
                               const char *nickname, bool await_voice)
{
    struct token token = token_of(user, role);
    struct command message = {.type = COMMAND_INIT, .init = {.await_voice = await_voice}};
    snprintf(message.init.nickname, sizeof(message.init.nickname), "%s", nickname);
    return step(world,
                &(struct room_command){.ask = ROOM_INIT, .token = &token, .message = &message});
}

static inline enum err init(struct world *world, const char *user)
{
    return init_as(world, user, ROLE_DEBATER, "", false);
}

static inline enum err init_waiting(struct world *world, const char *user)
{
    return init_as(world, user, ROLE_DEBATER, "", true);
}

static inline enum err disconnect(struct world *world, unsigned participant)
{
    return step(world, &(struct room_command){.ask = ROOM_DISCONNECT, .participant = participant});
}

static inline enum err tick(struct world *world)
{
    return step(world, &(struct room_command){.ask = ROOM_TICK});
}

/* A tick when the next one is due. */
static inline enum err tick_when_due(struct world *world)
{
    world->now_ms = room_next_deadline_ms(world->room);
    return tick(world);
}

static inline enum err message(struct world *world, unsigned participant,
                               const struct command *command)
{
    return step(world, &(struct room_command){
                           .ask = ROOM_MESSAGE, .participant = participant, .message = command});
}

static inline enum err say(struct world *world, unsigned participant, enum command_type type)
{
    return message(world, participant, &(struct command){.type = type});
}

static inline enum err consent(struct world *world, unsigned participant, bool recording)
{
    return message(world, participant,
                   &(struct command){.type = COMMAND_CONSENT, .consent = {recording}});
}

static inline struct command choice_of(unsigned page, const char *choice)
{
    struct command command = {.type = COMMAND_SUBMIT_CHOICE, .submit_choice = {.page = page}};
    snprintf(command.submit_choice.choice, sizeof(command.submit_choice.choice), "%s", choice);
    return command;
}

static inline enum err choose(struct world *world, unsigned participant, unsigned page,
                              const char *choice)
{
    struct command command = choice_of(page, choice);
    return message(world, participant, &command);
}

static inline enum err go_to(struct world *world, unsigned participant, unsigned page)
{
    return message(world, participant,
                   &(struct command){.type = COMMAND_GOTO_PAGE, .goto_page = {page}});
}

static inline enum err end_as(struct world *world, const char *user, enum role role)
{
    struct token token = token_of(user, role);
    return step(world, &(struct room_command){.ask = ROOM_END, .token = &token});
}

/* kim, lee and park are p1 to p3; live at `now_ms`. */
static inline void world_live(struct world *world)
{
    world_new(world);
    assert_int_equal(init(world, "kim"), ERR_NONE);
    assert_int_equal(init(world, "lee"), ERR_NONE);
    assert_int_equal(init(world, "park"), ERR_NONE);
    tick_when_due(world);
    assert_int_equal(room_phase(world->room), PHASE_LIVE);
}

/* The last step's events, by type and whom they are about: "leave p2, host_changed p3". */
static inline void assert_events(const struct world *world, const char *expected)
{
    char got[2048] = "";
    size_t len = 0;
    for (size_t i = 0; i < world->effects.event_count; i++) {
        const struct event *event = &world->effects.events[i];
        len += (size_t)snprintf(got + len, sizeof(got) - len, "%s%s", i ? ", " : "",
                                event_type_name(event->type));
        if (event->participant)
            len += (size_t)snprintf(got + len, sizeof(got) - len, " p%u", event->participant);
    }
    assert_string_equal(got, expected);
}

/* The last step's one event of this type. */
static inline const struct event *event_of(const struct world *world, enum event_type type)
{
    for (size_t i = 0; i < world->effects.event_count; i++) {
        if (world->effects.events[i].type == type)
            return &world->effects.events[i];
    }
    fail_msg("no %s came", event_type_name(type));
    return NULL;
}

static inline struct session_view view_of(const struct world *world)
{
    struct session_view view;
    room_view(world->room, &view);
    return view;
}

/* Refused with this code, this reason, and nothing happened. */
static inline void assert_refused(const struct world *world, enum err code, enum reason reason)
{
    assert_int_equal(world->effects.answer, code);
    assert_int_equal(world->effects.why.reason, reason);
    assert_int_equal(world->effects.seq, 0);
    assert_events(world, "");
}

/* Taken, and there was nothing to write. */
static inline void assert_nothing_to_write(const struct world *world)
{
    assert_int_equal(world->effects.answer, ERR_NONE);
    assert_int_equal(world->effects.seq, 0);
    assert_events(world, "");
}

/* The answer's seq is that of this event. */
static inline void assert_own(const struct world *world, enum event_type type)
{
    assert_int_equal(world->effects.answer, ERR_NONE);
    assert_int_equal(world->effects.seq, event_of(world, type)->seq);
}

#endif

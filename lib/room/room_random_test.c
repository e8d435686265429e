/* Whatever people do, and in whatever order: the rules that always hold, hold. */
#include "room/room_testing.h"

#include "base/mem_testing.h"

enum { SESSIONS = 150, STEPS = 300 };

/* A seed gives the same debates everywhere (xorshift64, Marsaglia 2003). */
static uint64_t seed_state;
static unsigned dice(unsigned sides)
{
    seed_state ^= seed_state << 13;
    seed_state ^= seed_state >> 7;
    seed_state ^= seed_state << 17;
    return (unsigned)(seed_state >> 20) % sides;
}

static const char *const users[] = {"kim", "lee", "park", "choi", "jung", "kang"};
enum { USERS = sizeof(users) / sizeof(*users) };

/* One thing that somebody may ask. */
struct asked {
    struct room_command command;
    struct token token;
    struct command message;
    char recording_id[LIMIT_RECORDING_ID + 1];
};

static void ask_message(struct command *message)
{
    static const char *const choices[] = {"yes", "no", "no", "perhaps"};
    *message = (struct command){.type = (enum command_type)dice(COMMAND_TYPE_COUNT)};
    /* Debates should last: an end is rare, and choosing is common. */
    if (message->type == COMMAND_END_SESSION && dice(8))
        message->type = COMMAND_SUBMIT_CHOICE;
    if (message->type == COMMAND_LEAVE && dice(3))
        message->type = COMMAND_NEXT_PAGE;
    switch (message->type) {
    case COMMAND_CONSENT:
        message->consent.recording = dice(4) > 0;
        break;
    case COMMAND_REPORT_START:
        message->report_start.at_ms = (double)TEST_T0 + dice(100000) / 7.0;
        message->report_start.has_error = dice(2);
        message->report_start.error_ms = dice(1000) / 3.0;
        break;
    case COMMAND_VOICE_STATUS_UPDATE:
        message->voice_status.is_mic_on = dice(2);
        message->voice_status.has_speaking = dice(2);
        message->voice_status.is_speaking = dice(2);
        break;
    case COMMAND_START_RECORDING:
    case COMMAND_STOP_RECORDING:
        message->recording.has_at = dice(4) == 0;
        message->recording.at_ms = TEST_T0 + dice(100000);
        break;
    case COMMAND_SUBMIT_CHOICE:
        *message = choice_of(dice(2) ? 0 : dice(PAGE_LAST + 2), choices[dice(4)]);
        break;
    case COMMAND_GOTO_PAGE:
        message->goto_page.page = dice(PAGE_LAST + 2);
        break;
    case COMMAND_INIT:
        message->init.await_voice = dice(2);
        break;
    case COMMAND_READY:
    case COMMAND_NEXT_PAGE:
    case COMMAND_END_SESSION:
    case COMMAND_LEAVE:
    case COMMAND_PING:
    case COMMAND_TYPE_COUNT:
        break;
    }
}

static enum room_ask any_ask(void)
{
    static const enum room_ask often[] = {ROOM_INIT,    ROOM_INIT,    ROOM_INIT, ROOM_MESSAGE,
                                          ROOM_MESSAGE, ROOM_MESSAGE, ROOM_TICK, ROOM_TICK,
                                          ROOM_CHOICE,  ROOM_UPLOADED};
    static const enum room_ask seldom[] = {ROOM_DISCONNECT, ROOM_DISCONNECT, ROOM_RESTART,
                                           ROOM_ANALYSIS_READY, ROOM_FORGET};
    if (dice(200) == 0)
        return ROOM_END;
    return dice(10) ? often[dice(sizeof(often) / sizeof(*often))]
                    : seldom[dice(sizeof(seldom) / sizeof(*seldom))];
}

static void ask(const struct world *world, struct asked *asked)
{
    static const enum role roles[] = {ROLE_DEBATER, ROLE_DEBATER, ROLE_DEBATER,
                                      ROLE_DEBATER, ROLE_DEBATER, ROLE_HOST};
    asked->token = token_of(users[dice(USERS)], roles[dice(6)]);
    ask_message(&asked->message);
    asked->command = (struct room_command){
        .ask = any_ask(),
        .participant = dice(2) && room_host(world->room) ? room_host(world->room) : dice(8),
        .is_operator = dice(20) == 0,
        .token = &asked->token,
        .message = &asked->message,
        .recording_id = asked->recording_id,
        .bytes = dice(1000000),
        .sha256 = "00000000000000000000000000000000000000000000000000000000000000aa",
        .report = "/api/sessions/" TEST_SESSION "/report"};
    if (asked->command.ask == ROOM_INIT)
        asked->message =
            (struct command){.type = COMMAND_INIT, .init = {.await_voice = dice(4) == 0}};
    if (asked->command.ask == ROOM_CHOICE)
        asked->message = choice_of(dice(PAGE_LAST + 1), dice(2) ? "yes" : "no");
    snprintf(asked->recording_id, sizeof(asked->recording_id), "r_%s_%u", &TEST_SESSION[2],
             dice(6) + 1);
}

static void pass_time(struct world *world)
{
    int64_t due_ms = room_next_deadline_ms(world->room);
    unsigned how = dice(10);
    if (how < 3)
        world->now_ms += dice(2000);
    else if (how < 5 && due_ms != INT64_MAX && due_ms < world->now_ms + 60000)
        world->now_ms = due_ms - 1 + dice(3);
    else if (how == 5)
        world->now_ms -= dice(50);
}

static void assert_view_holds(const struct world *world)
{
    struct session_view view = view_of(world);
    assert_true(view.participant_count <= (size_t)view.seats);
    bool host_is_seated = view.host == 0, all_connected = true;
    for (size_t i = 0; i < view.participant_count; i++) {
        const struct server_participant *p = &view.participants[i];
        host_is_seated |= p->participant == view.host;
        all_connected &= p->connected;
        assert_false(p->is_recording && view.phase != PHASE_LIVE);
        assert_true(i == 0 || p->participant > view.participants[i - 1].participant);
    }
    assert_true(host_is_seated);
    assert_true(view.page >= 1 && view.page <= PAGE_LAST);
    assert_true(view.page == 1 || view.phase >= PHASE_LIVE);
    assert_int_equal(view.phase == PHASE_ENDED, room_ended_at_ms(world->room) != 0);
    if (view.phase == PHASE_COUNTDOWN)
        assert_true(view.participant_count == (size_t)view.seats && all_connected);
    if (view.phase == PHASE_ENDED)
        assert_true(room_next_deadline_ms(world->room) == INT64_MAX);
}

static void assert_phase_order(enum phase from, enum phase to)
{
    static const bool may[4][4] = {
        {true, true, false, true},
        {true, true, true, true},
        {false, false, true, true},
        {false, false, false, true},
    };
    assert_true(may[from][to]);
}

static void assert_effects_hold(const struct world *world, uint64_t seq, int64_t *ts_ms)
{
    const struct room_effects *effects = &world->effects;
    if (effects->answer != ERR_NONE)
        assert_int_equal(effects->event_count, 0);
    for (size_t i = 0; i < effects->event_count; i++) {
        const struct event *event = &effects->events[i];
        assert_int_equal(event->seq, ++seq);
        assert_true(event->ts_ms >= *ts_ms && event->ts_ms >= world->now_ms);
        *ts_ms = event->ts_ms;
        if (event->type == EVENT_START)
            assert_true(event->ts_ms >= event->start.start_at_ms);
    }
    assert_int_equal(room_seq(world->room), seq);
    assert_true(effects->seq <= seq);
}

/* The server fell and came up again: what it knows, it knows from the log. */
static void rebuild(struct world *world)
{
    struct replay_result result;
    struct room *again = NULL;
    assert_int_equal(replay_log(world->log.data, world->log.len, NULL, NULL, NULL, &again, &result),
                     ERR_NONE);
    assert_same_room(world->room, again);
    room_free(world->room);
    world->room = again;
    step(world, &(struct room_command){.ask = ROOM_RESTART});
}

static void random_step(struct world *world, int64_t *ts_ms)
{
    struct asked asked;
    uint64_t seq = room_seq(world->room);
    enum phase phase = room_phase(world->room);
    pass_time(world);
    ask(world, &asked);
    step(world, &asked.command);
    assert_effects_hold(world, seq, ts_ms);
    assert_phase_order(phase, room_phase(world->room));
    assert_view_holds(world);
    /* A tick leaves nothing undone that is due, but for pages: they turn one at a time. */
    if (asked.command.ask == ROOM_TICK && world->effects.event_count == 0)
        assert_true(room_next_deadline_ms(world->room) > world->now_ms || *ts_ms > world->now_ms);
}

static void whatever_happens_the_rules_hold_and_the_log_gives_the_same_room(void **state)
{
    (void)state;
    for (uint64_t session = 1; session <= SESSIONS; session++) {
        struct world world;
        seed_state = session * UINT64_C(0x9e3779b97f4a7c15);
        world_new_with(&world, 2 + (int)dice(3), test_agenda(), NULL);
        int64_t ts_ms = TEST_T0;
        for (int i = 0; i < STEPS; i++) {
            random_step(&world, &ts_ms);
            if (dice(100) == 0) {
                rebuild(&world);
                assert_effects_hold(&world, room_seq(world.room) - world.effects.event_count,
                                    &ts_ms);
            }
        }
        world_free(&world);
    }
}

/* A random walk that never got anywhere would prove nothing. */
static void random_debates_see_every_type_of_event(void **state)
{
    (void)state;
    size_t seen[EVENT_TYPE_COUNT] = {0};
    for (uint64_t session = 1; session <= 40; session++) {
        struct world world;
        seed_state = session * UINT64_C(0x9e3779b97f4a7c15);
        world_new_with(&world, 2 + (int)dice(3), test_agenda(), NULL);
        int64_t ts_ms = TEST_T0;
        for (int i = 0; i < STEPS; i++) {
            random_step(&world, &ts_ms);
            for (size_t e = 0; e < world.effects.event_count; e++)
                seen[world.effects.events[e].type]++;
        }
        world_free(&world);
    }
    for (int type = 0; type < EVENT_TYPE_COUNT; type++) {
        if (seen[type] < 5)
            fail_msg("%s came %zu times", event_type_name((enum event_type)type), seen[type]);
    }
}

/* Runs a step with the first, the second, ... allocation failing, until one succeeds. */
static size_t step_with_failures(struct world *world, const struct room_command *command)
{
    for (long succeed = 0;; succeed++) {
        struct session_view before = view_of(world);
        int64_t due_ms = room_next_deadline_ms(world->room);
        size_t recordings = room_recording_count(world->room);
        mem_fail_after(succeed);
        room_step(world->room, command, world->now_ms, &world->effects);
        mem_fail_after(-1);
        if (world->effects.answer != ERR_NO_MEMORY)
            return (size_t)succeed;
        struct session_view after = view_of(world);
        assert_int_equal(world->effects.event_count, 0);
        assert_int_equal(world->effects.seq, 0);
        assert_int_equal(after.seq, before.seq);
        assert_int_equal(after.host, before.host);
        assert_int_equal(after.phase, before.phase);
        assert_ptr_equal(after.report, before.report);
        assert_same_participants(&before, &after);
        assert_int_equal(room_next_deadline_ms(world->room), due_ms);
        assert_int_equal(room_recording_count(world->room), recordings);
    }
}

static void without_memory_a_step_changes_nothing(void **state)
{
    (void)state;
    size_t failures = 0;
    for (uint64_t session = 1; session <= 30; session++) {
        struct world world;
        seed_state = session * UINT64_C(0x9e3779b97f4a7c15);
        world_new(&world);
        for (int i = 0; i < STEPS; i++) {
            struct asked asked;
            pass_time(&world);
            ask(&world, &asked);
            failures += step_with_failures(&world, &asked.command);
            for (size_t e = 0; e < world.effects.event_count; e++) {
                assert_int_equal(event_print(&world.effects.events[e], &world.log), ERR_NONE);
                assert_int_equal(buf_append_str(&world.log, "\n"), ERR_NONE);
            }
        }
        world_free(&world);
    }
    assert_true(failures > 100);
}

static enum err make_room(void)
{
    struct log_header header = {.session_id = TEST_SESSION,
                                .room_code = "library",
                                .seats = 3,
                                .created_at_ms = TEST_T0,
                                .host_user = "kim"};
    struct room *room = room_new(&header, NULL);
    room_free(room);
    return room ? ERR_NONE : ERR_NO_MEMORY;
}

static void without_memory_there_is_no_room(void **state)
{
    (void)state;
    assert_true(every_allocation_fails(make_room) > 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_happens_the_rules_hold_and_the_log_gives_the_same_room),
        cmocka_unit_test(random_debates_see_every_type_of_event),
        cmocka_unit_test(without_memory_a_step_changes_nothing),
        cmocka_unit_test(without_memory_there_is_no_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

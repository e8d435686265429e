#include "room/room_testing.h"

static void the_countdown_begins_when_all_seats_are_filled_and_connected(void **state)
{
    (void)state;
    struct world world;
    world_new(&world);
    init(&world, "kim");
    init(&world, "lee");
    assert_events(&world, "join p2");
    world.now_ms += 700;
    init(&world, "park");
    assert_events(&world, "join p3, countdown");
    assert_own(&world, EVENT_JOIN);
    const struct event *countdown = event_of(&world, EVENT_COUNTDOWN);
    assert_int_equal(countdown->countdown.duration_ms, 3000);
    assert_int_equal(countdown->countdown.start_at_ms, countdown->ts_ms + 3000);
    assert_int_equal(room_phase(world.room), PHASE_COUNTDOWN);
    assert_true(view_of(&world).has_start_at);
    assert_int_equal(view_of(&world).start_at_ms, TEST_T0 + 700 + 3000);
    world_free(&world);
}

static void the_countdown_needs_the_seated_to_be_connected(void **state)
{
    (void)state;
    struct world world;
    world_new(&world);
    init(&world, "kim");
    init(&world, "lee");
    disconnect(&world, 1);
    init(&world, "park");
    assert_events(&world, "join p3");
    init(&world, "kim");
    assert_events(&world, "connected p1, countdown");
    world_free(&world);
}

static void the_countdowns_length_is_settable(void **state)
{
    (void)state;
    struct world world;
    struct room_config config = room_config_default();
    config.countdown_ms = 1500;
    world_new_with(&world, 2, NULL, &config);
    init(&world, "kim");
    init(&world, "lee");
    assert_int_equal(event_of(&world, EVENT_COUNTDOWN)->countdown.duration_ms, 1500);
    assert_int_equal(event_of(&world, EVENT_COUNTDOWN)->countdown.start_at_ms, TEST_T0 + 1500);
    world_free(&world);
}

static void start_comes_at_start_at_and_never_before(void **state)
{
    (void)state;
    struct world world;
    world_new(&world);
    init(&world, "kim");
    init(&world, "lee");
    init(&world, "park");
    assert_int_equal(room_next_deadline_ms(world.room), TEST_T0 + 3000);
    world.now_ms = TEST_T0 + 2999;
    tick(&world);
    assert_events(&world, "");
    world.now_ms = TEST_T0 + 3002;
    tick(&world);
    assert_events(&world, "start");
    const struct event *start = event_of(&world, EVENT_START);
    assert_int_equal(start->start.start_at_ms, TEST_T0 + 3000);
    assert_int_equal(start->ts_ms, TEST_T0 + 3002);
    assert_int_equal(start->actor, 0);
    assert_int_equal(room_phase(world.room), PHASE_LIVE);
    assert_int_equal(view_of(&world).start_at_ms, TEST_T0 + 3000);
    world_free(&world);
}

static void somebody_leaving_cancels_the_countdown(void **state)
{
    (void)state;
    struct world world;
    world_new(&world);
    init(&world, "kim");
    init(&world, "lee");
    init(&world, "park");
    say(&world, 3, COMMAND_LEAVE);
    assert_events(&world, "leave p3, countdown_cancelled");
    assert_string_equal(event_of(&world, EVENT_COUNTDOWN_CANCELLED)->countdown_cancelled.reason,
                        "left");
    assert_int_equal(room_phase(world.room), PHASE_LOBBY);
    assert_false(view_of(&world).has_start_at);
    world.now_ms += 5000;
    tick(&world);
    assert_events(&world, "");
    world_free(&world);
}

static void somebody_lost_cancels_the_countdown_and_their_return_begins_it_anew(void **state)
{
    (void)state;
    struct world world;
    world_new(&world);
    init(&world, "kim");
    init(&world, "lee");
    init(&world, "park");
    world.now_ms += 1000;
    disconnect(&world, 2);
    assert_events(&world, "disconnected p2, countdown_cancelled");
    assert_string_equal(event_of(&world, EVENT_COUNTDOWN_CANCELLED)->countdown_cancelled.reason,
                        "disconnected");
    world.now_ms += 1000;
    init(&world, "lee");
    assert_events(&world, "connected p2, countdown");
    assert_int_equal(view_of(&world).start_at_ms, TEST_T0 + 5000);
    world_free(&world);
}

static void who_asked_for_it_is_waited_for_until_ready(void **state)
{
    (void)state;
    struct world world;
    world_new(&world);
    init_waiting(&world, "kim");
    init(&world, "lee");
    init_waiting(&world, "park");
    assert_events(&world, "join p3");
    say(&world, 1, COMMAND_READY);
    assert_nothing_to_write(&world);
    world.now_ms += 100;
    say(&world, 3, COMMAND_READY);
    assert_events(&world, "countdown");
    assert_int_equal(world.effects.seq, 0);
    assert_int_equal(view_of(&world).start_at_ms, TEST_T0 + 3100);
    world_free(&world);
}

static void the_wait_lasts_15_s_from_that_init(void **state)
{
    (void)state;
    struct world world;
    world_new(&world);
    init_waiting(&world, "kim");
    world.now_ms += 4000;
    init_waiting(&world, "lee");
    world.now_ms += 4000;
    init(&world, "park");
    assert_int_equal(room_next_deadline_ms(world.room), TEST_T0 + 4000 + 15000);
    world.now_ms = TEST_T0 + 18999;
    tick(&world);
    assert_events(&world, "");
    world.now_ms = TEST_T0 + 19000;
    tick(&world);
    assert_events(&world, "countdown");
    world_free(&world);
}

static void a_new_init_without_await_voice_is_not_waited_for(void **state)
{
    (void)state;
    struct world world;
    world_new(&world);
    init_waiting(&world, "kim");
    init(&world, "lee");
    init(&world, "park");
    assert_events(&world, "join p3");
    init(&world, "kim");
    assert_events(&world, "countdown");
    world_free(&world);
}

static void who_left_is_not_waited_for(void **state)
{
    (void)state;
    struct world world;
    world_new(&world);
    init(&world, "kim");
    init(&world, "lee");
    init_waiting(&world, "park");
    say(&world, 3, COMMAND_LEAVE);
    init(&world, "choi");
    assert_events(&world, "join p4, countdown");
    world_free(&world);
}

static void ready_is_for_the_lobby(void **state)
{
    (void)state;
    struct world world;
    world_new(&world);
    init(&world, "kim");
    init(&world, "lee");
    say(&world, 2, COMMAND_READY);
    assert_nothing_to_write(&world);
    init(&world, "park");
    say(&world, 2, COMMAND_READY);
    assert_refused(&world, ERR_WRONG_PHASE, REASON_ONLY_LOBBY);
    tick_when_due(&world);
    say(&world, 2, COMMAND_READY);
    assert_refused(&world, ERR_WRONG_PHASE, REASON_ONLY_LOBBY);
    world_free(&world);
}

static void the_start_is_reported_once_with_how_late_it_was(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    struct command report = {.type = COMMAND_REPORT_START,
                             .report_start = {.at_ms = (double)(TEST_T0 + 3000) + 0.0625,
                                              .has_error = true,
                                              .error_ms = 1.25}};
    message(&world, 2, &report);
    assert_events(&world, "start_reported p2");
    assert_own(&world, EVENT_START_REPORTED);
    const struct event *event = event_of(&world, EVENT_START_REPORTED);
    assert_true(event->start_reported.late_ms == 0.063);
    assert_true(event->start_reported.has_error);
    assert_true(event->start_reported.error_ms == 1.25);
    message(&world, 2, &report);
    assert_refused(&world, ERR_WRONG_PHASE, REASON_REPORTED_TWICE);
    say(&world, 2, COMMAND_LEAVE);
    init(&world, "lee");
    message(&world, 2, &report);
    assert_refused(&world, ERR_WRONG_PHASE, REASON_REPORTED_TWICE);
    world_free(&world);
}

static void a_start_is_not_reported_before_there_was_one(void **state)
{
    (void)state;
    struct world world;
    world_new(&world);
    init(&world, "kim");
    struct command report = {.type = COMMAND_REPORT_START,
                             .report_start = {.at_ms = (double)TEST_T0}};
    message(&world, 1, &report);
    assert_refused(&world, ERR_WRONG_PHASE, REASON_NOT_LIVE);
    report.report_start.has_error = true;
    report.report_start.error_ms = -1;
    message(&world, 1, &report);
    assert_refused(&world, ERR_BAD_REQUEST, REASON_FIELD_RANGE);
    assert_string_equal(world.effects.why.field, "error_ms");
    report.report_start.at_ms = -1;
    message(&world, 1, &report);
    assert_refused(&world, ERR_BAD_REQUEST, REASON_FIELD_RANGE);
    assert_string_equal(world.effects.why.field, "at");
    world_free(&world);
}

static void a_start_before_start_at_is_reported_as_negative(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    message(&world, 1,
            &(struct command){.type = COMMAND_REPORT_START,
                              .report_start = {.at_ms = (double)(TEST_T0 + 2990)}});
    assert_true(event_of(&world, EVENT_START_REPORTED)->start_reported.late_ms == -10);
    assert_false(event_of(&world, EVENT_START_REPORTED)->start_reported.has_error);
    world_free(&world);
}

static void a_debate_that_is_live_is_not_counted_down_again(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    disconnect(&world, 2);
    assert_events(&world, "disconnected p2");
    init(&world, "lee");
    assert_events(&world, "connected p2");
    say(&world, 3, COMMAND_LEAVE);
    init(&world, "choi");
    assert_events(&world, "join p4");
    assert_int_equal(room_phase(world.room), PHASE_LIVE);
    world_free(&world);
}

static void a_cancelled_countdown_begins_anew_with_who_takes_the_seat(void **state)
{
    (void)state;
    struct world world;
    world_new(&world);
    init(&world, "kim");
    init(&world, "lee");
    init(&world, "park");
    world.now_ms += 2000;
    say(&world, 3, COMMAND_LEAVE);
    world.now_ms += 500;
    init(&world, "choi");
    assert_events(&world, "join p4, countdown");
    assert_int_equal(view_of(&world).start_at_ms, TEST_T0 + 5500);
    world.now_ms = TEST_T0 + 3000;
    tick(&world);
    assert_events(&world, "");
    world_free(&world);
}

static void who_is_lost_while_waited_for_is_waited_for_from_the_next_init(void **state)
{
    (void)state;
    struct world world;
    world_new(&world);
    init_waiting(&world, "kim");
    init(&world, "lee");
    init(&world, "park");
    disconnect(&world, 1);
    world.now_ms += 10000;
    init_waiting(&world, "kim");
    assert_events(&world, "connected p1");
    assert_int_equal(room_next_deadline_ms(world.room), TEST_T0 + 25000);
    tick_when_due(&world);
    assert_events(&world, "countdown");
    world_free(&world);
}

static void ready_holds_through_a_cancelled_countdown(void **state)
{
    (void)state;
    struct world world;
    world_new(&world);
    init_waiting(&world, "kim");
    init(&world, "lee");
    init(&world, "park");
    say(&world, 1, COMMAND_READY);
    assert_events(&world, "countdown");
    disconnect(&world, 2);
    init(&world, "lee");
    assert_events(&world, "connected p2, countdown");
    world_free(&world);
}

static void a_restart_forgets_await_voice(void **state)
{
    (void)state;
    struct world world;
    struct room *again;
    struct replay_result result;
    world_new(&world);
    init_waiting(&world, "kim");
    assert_int_equal(replay_log(world.log.data, world.log.len, NULL, NULL, NULL, &again, &result),
                     ERR_NONE);
    room_free(world.room);
    world.room = again;
    step(&world, &(struct room_command){.ask = ROOM_RESTART});
    assert_events(&world, "disconnected p1");
    init(&world, "lee");
    init(&world, "park");
    init(&world, "kim");
    assert_events(&world, "connected p1, countdown");
    world_free(&world);
}

static void the_role_host_takes_over_within_a_countdown_that_goes_on(void **state)
{
    (void)state;
    struct world world;
    world_new(&world);
    init(&world, "kim");
    init(&world, "lee");
    init(&world, "park");
    init_as(&world, "lee", ROLE_HOST, "", false);
    assert_events(&world, "host_changed p2");
    assert_int_equal(room_phase(world.room), PHASE_COUNTDOWN);
    assert_int_equal(view_of(&world).start_at_ms, TEST_T0 + 3000);
    world_free(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_countdown_begins_when_all_seats_are_filled_and_connected),
        cmocka_unit_test(the_countdown_needs_the_seated_to_be_connected),
        cmocka_unit_test(the_countdowns_length_is_settable),
        cmocka_unit_test(start_comes_at_start_at_and_never_before),
        cmocka_unit_test(somebody_leaving_cancels_the_countdown),
        cmocka_unit_test(somebody_lost_cancels_the_countdown_and_their_return_begins_it_anew),
        cmocka_unit_test(who_asked_for_it_is_waited_for_until_ready),
        cmocka_unit_test(the_wait_lasts_15_s_from_that_init),
        cmocka_unit_test(a_new_init_without_await_voice_is_not_waited_for),
        cmocka_unit_test(who_left_is_not_waited_for),
        cmocka_unit_test(ready_is_for_the_lobby),
        cmocka_unit_test(the_start_is_reported_once_with_how_late_it_was),
        cmocka_unit_test(a_start_is_not_reported_before_there_was_one),
        cmocka_unit_test(a_start_before_start_at_is_reported_as_negative),
        cmocka_unit_test(a_debate_that_is_live_is_not_counted_down_again),
        cmocka_unit_test(a_cancelled_countdown_begins_anew_with_who_takes_the_seat),
        cmocka_unit_test(who_is_lost_while_waited_for_is_waited_for_from_the_next_init),
        cmocka_unit_test(ready_holds_through_a_cancelled_countdown),
        cmocka_unit_test(a_restart_forgets_await_voice),
        cmocka_unit_test(the_role_host_takes_over_within_a_countdown_that_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

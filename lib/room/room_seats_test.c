#include "room/room_testing.h"

static void seats_are_numbered_in_the_order_of_first_seating(void **state)
{
    (void)state;
    struct world world;
    world_new(&world);
    assert_int_equal(init(&world, "lee"), ERR_NONE);
    assert_int_equal(world.effects.participant, 1);
    assert_events(&world, "join p1");
    assert_own(&world, EVENT_JOIN);
    assert_int_equal(event_of(&world, EVENT_JOIN)->seq, 1);
    assert_int_equal(event_of(&world, EVENT_JOIN)->actor, 1);
    assert_string_equal(event_of(&world, EVENT_JOIN)->join.user, "lee");
    assert_int_equal(init(&world, "kim"), ERR_NONE);
    assert_int_equal(world.effects.participant, 2);
    assert_int_equal(room_participant_of(world.room, "kim"), 2);
    assert_int_equal(room_participant_of(world.room, "nobody"), 0);
    world_free(&world);
}

static void the_nickname_is_the_messages_then_the_tokens_then_the_user(void **state)
{
    (void)state;
    struct world world;
    world_new(&world);
    init_as(&world, "u-1", ROLE_DEBATER, "Kim", false);
    assert_string_equal(event_of(&world, EVENT_JOIN)->join.nickname, "Kim");
    struct token token = token_of("u-2", ROLE_DEBATER);
    snprintf(token.name, sizeof(token.name), "Lee");
    step(&world, &(struct room_command){.ask = ROOM_INIT, .token = &token});
    assert_string_equal(event_of(&world, EVENT_JOIN)->join.nickname, "Lee");
    init(&world, "u-3");
    assert_string_equal(event_of(&world, EVENT_JOIN)->join.nickname, "u-3");
    world_free(&world);
}

static void a_long_user_is_cut_to_64_characters_for_a_nickname(void **state)
{
    (void)state;
    struct world world;
    world_new(&world);
    char user[128 * 3 + 1] = "", nickname[64 * 3 + 1] = "";
    for (int i = 0; i < 128; i++)
        strcat(user, "\xed\x95\x9c");
    for (int i = 0; i < 64; i++)
        strcat(nickname, "\xed\x95\x9c");
    init(&world, user);
    assert_string_equal(event_of(&world, EVENT_JOIN)->join.nickname, nickname);
    assert_string_equal(event_of(&world, EVENT_JOIN)->join.user, user);
    world_free(&world);
}

static void all_seats_taken_by_others_is_room_full(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    assert_false(room_has_seat_for(world.room, "choi"));
    init(&world, "choi");
    assert_refused(&world, ERR_ROOM_FULL, REASON_NONE);
    assert_true(room_has_seat_for(world.room, "lee"));
    world_free(&world);
}

static void the_seat_stays_when_the_socket_is_lost(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    disconnect(&world, 2);
    assert_events(&world, "disconnected p2");
    assert_int_equal(event_of(&world, EVENT_DISCONNECTED)->actor, 0);
    assert_true(room_is_seated(world.room, 2));
    assert_false(view_of(&world).participants[1].connected);
    init(&world, "choi");
    assert_refused(&world, ERR_ROOM_FULL, REASON_NONE);
    init(&world, "lee");
    assert_int_equal(world.effects.participant, 2);
    assert_events(&world, "connected p2");
    assert_own(&world, EVENT_CONNECTED);
    assert_true(view_of(&world).participants[1].connected);
    world_free(&world);
}

static void a_lost_socket_keeps_microphone_and_recording_as_they_were(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    message(&world, 2,
            &(struct command){.type = COMMAND_VOICE_STATUS_UPDATE,
                              .voice_status = {.is_mic_on = true, .has_speaking = false}});
    consent(&world, 2, true);
    say(&world, 2, COMMAND_START_RECORDING);
    disconnect(&world, 2);
    struct session_view view = view_of(&world);
    assert_true(view.participants[1].is_mic_on);
    assert_true(view.participants[1].is_recording);
    world_free(&world);
}

static void the_same_user_connecting_twice_makes_no_event(void **state)
{
    (void)state;
    struct world world;
    world_new(&world);
    init(&world, "lee");
    init(&world, "lee");
    assert_nothing_to_write(&world);
    assert_int_equal(world.effects.participant, 1);
    world_free(&world);
}

static void who_leaves_and_returns_gets_the_same_participant_id_and_the_new_nickname(void **state)
{
    (void)state;
    struct world world;
    world_new(&world);
    init(&world, "kim");
    init_as(&world, "lee", ROLE_DEBATER, "Lee", false);
    say(&world, 2, COMMAND_LEAVE);
    assert_events(&world, "leave p2");
    assert_own(&world, EVENT_LEAVE);
    assert_false(room_is_seated(world.room, 2));
    init(&world, "park");
    assert_int_equal(world.effects.participant, 3);
    init_as(&world, "lee", ROLE_DEBATER, "Lee the Second", false);
    assert_int_equal(event_of(&world, EVENT_JOIN)->participant, 2);
    assert_string_equal(room_nickname(world.room, 2), "Lee the Second");
    world_free(&world);
}

static void connecting_again_keeps_the_nickname_of_the_join(void **state)
{
    (void)state;
    struct world world;
    world_new(&world);
    init_as(&world, "kim", ROLE_DEBATER, "Kim", false);
    disconnect(&world, 1);
    init_as(&world, "kim", ROLE_DEBATER, "Somebody else", false);
    assert_events(&world, "connected p1");
    assert_string_equal(room_nickname(world.room, 1), "Kim");
    world_free(&world);
}

static void a_leavers_seat_may_be_taken_by_another(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    say(&world, 3, COMMAND_LEAVE);
    assert_true(room_has_seat_for(world.room, "choi"));
    assert_int_equal(init(&world, "choi"), ERR_NONE);
    assert_int_equal(world.effects.participant, 4);
    init(&world, "park");
    assert_refused(&world, ERR_ROOM_FULL, REASON_NONE);
    world_free(&world);
}

static void leaving_resets_microphone_speaking_and_consent(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    message(&world, 2,
            &(struct command){
                .type = COMMAND_VOICE_STATUS_UPDATE,
                .voice_status = {.is_mic_on = true, .has_speaking = true, .is_speaking = true}});
    consent(&world, 2, true);
    say(&world, 2, COMMAND_LEAVE);
    init(&world, "lee");
    struct session_view view = view_of(&world);
    assert_false(view.participants[1].is_mic_on);
    assert_false(view.participants[1].is_speaking);
    say(&world, 2, COMMAND_START_RECORDING);
    assert_refused(&world, ERR_NO_CONSENT, REASON_NONE);
    world_free(&world);
}

static void somebody_without_a_seat_is_forbidden_everything(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    say(&world, 2, COMMAND_LEAVE);
    say(&world, 2, COMMAND_READY);
    assert_refused(&world, ERR_FORBIDDEN, REASON_NOT_SEATED);
    say(&world, 9, COMMAND_LEAVE);
    assert_refused(&world, ERR_FORBIDDEN, REASON_NOT_SEATED);
    world_free(&world);
}

static void a_second_init_is_wrong_phase(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    say(&world, 2, COMMAND_INIT);
    assert_refused(&world, ERR_WRONG_PHASE, REASON_INIT_TWICE);
    world_free(&world);
}

static void when_no_seat_is_taken_any_more_the_session_is_empty(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    say(&world, 1, COMMAND_LEAVE);
    say(&world, 2, COMMAND_LEAVE);
    consent(&world, 3, true);
    say(&world, 3, COMMAND_START_RECORDING);
    say(&world, 3, COMMAND_LEAVE);
    assert_events(&world, "recording_stopped p3, leave p3, session_ended");
    assert_own(&world, EVENT_LEAVE);
    assert_int_equal(event_of(&world, EVENT_SESSION_ENDED)->session_ended.reason, END_EMPTY);
    assert_int_equal(event_of(&world, EVENT_SESSION_ENDED)->actor, 0);
    assert_int_equal(room_phase(world.room), PHASE_ENDED);
    world_free(&world);
}

static void nobody_connected_for_10_minutes_ends_the_session(void **state)
{
    (void)state;
    struct world world;
    world_new(&world);
    init(&world, "kim");
    init(&world, "lee");
    world.now_ms += 5000;
    disconnect(&world, 1);
    world.now_ms += 5000;
    disconnect(&world, 2);
    int64_t gone_ms = world.now_ms;
    assert_int_equal(room_next_deadline_ms(world.room), gone_ms + 600000);
    world.now_ms = gone_ms + 599999;
    tick(&world);
    assert_events(&world, "");
    world.now_ms = gone_ms + 600000;
    tick(&world);
    assert_events(&world, "session_ended");
    assert_int_equal(event_of(&world, EVENT_SESSION_ENDED)->session_ended.reason, END_EMPTY);
    assert_int_equal(room_ended_at_ms(world.room), gone_ms + 600000);
    world_free(&world);
}

static void a_room_that_nobody_enters_ends_10_minutes_after_it_was_made(void **state)
{
    (void)state;
    struct world world;
    world_new(&world);
    assert_int_equal(room_next_deadline_ms(world.room), TEST_T0 + 600000);
    tick_when_due(&world);
    assert_events(&world, "session_ended");
    assert_int_equal(room_next_deadline_ms(world.room), INT64_MAX);
    world_free(&world);
}

static void how_long_an_empty_room_lives_is_settable(void **state)
{
    (void)state;
    struct world world;
    struct room_config config = room_config_default();
    config.empty_ms = 1500;
    world_new_with(&world, 2, NULL, &config);
    assert_int_equal(room_next_deadline_ms(world.room), TEST_T0 + 1500);
    world_free(&world);
}

static void after_the_end_everything_is_refused_as_ended(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    say(&world, 1, COMMAND_END_SESSION);
    say(&world, 1, COMMAND_NEXT_PAGE);
    assert_refused(&world, ERR_ENDED, REASON_NONE);
    say(&world, 9, COMMAND_LEAVE);
    assert_refused(&world, ERR_ENDED, REASON_NONE);
    init(&world, "kim");
    assert_refused(&world, ERR_ENDED, REASON_NONE);
    disconnect(&world, 1);
    assert_nothing_to_write(&world);
    step(&world, &(struct room_command){.ask = ROOM_RESTART});
    assert_nothing_to_write(&world);
    assert_false(view_of(&world).participants[0].connected);
    world_free(&world);
}

static void a_restart_disconnects_everybody_and_cancels_the_countdown(void **state)
{
    (void)state;
    struct world world;
    world_new(&world);
    init(&world, "kim");
    init(&world, "lee");
    init(&world, "park");
    step(&world, &(struct room_command){.ask = ROOM_RESTART});
    assert_int_equal(world.effects.seq, 0);
    assert_events(&world, "disconnected p1, disconnected p2, disconnected p3, countdown_cancelled");
    assert_string_equal(event_of(&world, EVENT_COUNTDOWN_CANCELLED)->countdown_cancelled.reason,
                        "restart");
    assert_int_equal(room_phase(world.room), PHASE_LOBBY);
    step(&world, &(struct room_command){.ask = ROOM_RESTART});
    assert_events(&world, "");
    world_free(&world);
}

static void ts_never_goes_back(void **state)
{
    (void)state;
    struct world world;
    world_new(&world);
    world.now_ms = TEST_T0 + 1000;
    init(&world, "kim");
    world.now_ms = TEST_T0 + 10;
    init(&world, "lee");
    assert_int_equal(event_of(&world, EVENT_JOIN)->ts_ms, TEST_T0 + 1000);
    world_free(&world);
}

static void a_room_takes_64_people_in_all(void **state)
{
    (void)state;
    struct world world;
    world_new(&world);
    init(&world, "kim");
    char user[16];
    for (unsigned i = 2; i <= LIMIT_PARTICIPANTS; i++) {
        snprintf(user, sizeof(user), "u%u", i);
        assert_int_equal(init(&world, user), ERR_NONE);
        say(&world, i, COMMAND_LEAVE);
    }
    assert_false(room_has_seat_for(world.room, "one more"));
    init(&world, "one more");
    assert_refused(&world, ERR_ROOM_FULL, REASON_NONE);
    assert_int_equal(init(&world, user), ERR_NONE);
    world_free(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seats_are_numbered_in_the_order_of_first_seating),
        cmocka_unit_test(the_nickname_is_the_messages_then_the_tokens_then_the_user),
        cmocka_unit_test(a_long_user_is_cut_to_64_characters_for_a_nickname),
        cmocka_unit_test(all_seats_taken_by_others_is_room_full),
        cmocka_unit_test(the_seat_stays_when_the_socket_is_lost),
        cmocka_unit_test(a_lost_socket_keeps_microphone_and_recording_as_they_were),
        cmocka_unit_test(the_same_user_connecting_twice_makes_no_event),
        cmocka_unit_test(who_leaves_and_returns_gets_the_same_participant_id_and_the_new_nickname),
        cmocka_unit_test(connecting_again_keeps_the_nickname_of_the_join),
        cmocka_unit_test(a_leavers_seat_may_be_taken_by_another),
        cmocka_unit_test(leaving_resets_microphone_speaking_and_consent),
        cmocka_unit_test(somebody_without_a_seat_is_forbidden_everything),
        cmocka_unit_test(a_second_init_is_wrong_phase),
        cmocka_unit_test(when_no_seat_is_taken_any_more_the_session_is_empty),
        cmocka_unit_test(nobody_connected_for_10_minutes_ends_the_session),
        cmocka_unit_test(a_room_that_nobody_enters_ends_10_minutes_after_it_was_made),
        cmocka_unit_test(how_long_an_empty_room_lives_is_settable),
        cmocka_unit_test(after_the_end_everything_is_refused_as_ended),
        cmocka_unit_test(a_restart_disconnects_everybody_and_cancels_the_countdown),
        cmocka_unit_test(ts_never_goes_back),
        cmocka_unit_test(a_room_takes_64_people_in_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

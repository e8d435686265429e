#include "room/room_testing.h"

static void the_creator_is_host_by_sitting_down(void **state)
{
    (void)state;
    struct world world;
    world_new(&world);
    init(&world, "lee");
    assert_int_equal(view_of(&world).host, 0);
    init(&world, "kim");
    assert_events(&world, "join p2");
    assert_int_equal(room_host(world.room), 2);
    world_free(&world);
}

static void the_role_host_takes_over_on_init(void **state)
{
    (void)state;
    struct world world;
    world_new(&world);
    init(&world, "kim");
    init_as(&world, "lee", ROLE_HOST, "", false);
    assert_events(&world, "join p2, host_changed p2");
    assert_own(&world, EVENT_JOIN);
    assert_int_equal(event_of(&world, EVENT_HOST_CHANGED)->actor, 2);
    assert_int_equal(room_host(world.room), 2);
    disconnect(&world, 2);
    init_as(&world, "lee", ROLE_HOST, "", false);
    assert_events(&world, "connected p2");
    init_as(&world, "kim", ROLE_HOST, "", false);
    assert_events(&world, "host_changed p1");
    assert_own(&world, EVENT_HOST_CHANGED);
    world_free(&world);
}

static void the_creator_with_the_role_host_needs_no_event(void **state)
{
    (void)state;
    struct world world;
    world_new(&world);
    init_as(&world, "kim", ROLE_HOST, "", false);
    assert_events(&world, "join p1");
    assert_int_equal(room_host(world.room), 1);
    world_free(&world);
}

static void after_a_takeover_the_creator_is_like_anybody(void **state)
{
    (void)state;
    struct world world;
    world_new(&world);
    init_as(&world, "lee", ROLE_HOST, "", false);
    assert_events(&world, "join p1, host_changed p1");
    init(&world, "kim");
    assert_events(&world, "join p2");
    assert_int_equal(room_host(world.room), 1);
    end_as(&world, "kim", ROLE_DEBATER);
    assert_refused(&world, ERR_FORBIDDEN, REASON_NOT_HOST);
    world_free(&world);
}

static void a_leaving_host_is_followed_by_the_longest_seated_connected(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    say(&world, 2, COMMAND_LEAVE);
    init(&world, "lee");
    say(&world, 1, COMMAND_LEAVE);
    assert_events(&world, "leave p1, host_changed p3");
    assert_own(&world, EVENT_LEAVE);
    assert_int_equal(event_of(&world, EVENT_HOST_CHANGED)->actor, 0);
    world_free(&world);
}

static void only_the_connected_can_become_host(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    disconnect(&world, 2);
    say(&world, 1, COMMAND_LEAVE);
    assert_events(&world, "leave p1, host_changed p3");
    world_free(&world);
}

static void a_leaving_host_in_the_countdown_cancels_it_first(void **state)
{
    (void)state;
    struct world world;
    world_new(&world);
    init(&world, "kim");
    init(&world, "lee");
    init(&world, "park");
    say(&world, 1, COMMAND_LEAVE);
    assert_events(&world, "leave p1, countdown_cancelled, host_changed p2");
    world_free(&world);
}

static void with_nobody_connected_the_next_who_connects_becomes_host(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    disconnect(&world, 2);
    disconnect(&world, 3);
    say(&world, 1, COMMAND_LEAVE);
    assert_events(&world, "leave p1");
    assert_int_equal(view_of(&world).host, 0);
    init(&world, "park");
    assert_events(&world, "connected p3, host_changed p3");
    assert_own(&world, EVENT_CONNECTED);
    world_free(&world);
}

static void who_joins_a_room_without_anybody_connected_becomes_host_too(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    disconnect(&world, 2);
    disconnect(&world, 3);
    say(&world, 1, COMMAND_LEAVE);
    init(&world, "kim");
    assert_events(&world, "join p1, host_changed p1");
    world_free(&world);
}

static void a_host_who_returns_after_leaving_is_like_anybody(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    say(&world, 1, COMMAND_LEAVE);
    init(&world, "kim");
    assert_events(&world, "join p1");
    assert_int_equal(room_host(world.room), 2);
    world_free(&world);
}

static void a_host_gone_for_30_s_is_followed_by_the_longest_seated(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    world.now_ms += 500;
    disconnect(&world, 1);
    int64_t gone_ms = world.now_ms;
    assert_int_equal(room_next_deadline_ms(world.room), gone_ms + 30000);
    world.now_ms = gone_ms + 29999;
    tick(&world);
    assert_events(&world, "");
    world.now_ms = gone_ms + 30000;
    tick(&world);
    assert_events(&world, "host_changed p2");
    init(&world, "kim");
    assert_events(&world, "connected p1");
    assert_int_equal(room_host(world.room), 2);
    world_free(&world);
}

static void a_host_who_is_back_within_30_s_stays_host(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    disconnect(&world, 1);
    world.now_ms += 29999;
    init(&world, "kim");
    assert_events(&world, "connected p1");
    world.now_ms += 60000;
    tick(&world);
    assert_events(&world, "");
    assert_int_equal(room_host(world.room), 1);
    world_free(&world);
}

static void how_long_a_host_may_be_gone_is_settable_and_counts_in_the_lobby_too(void **state)
{
    (void)state;
    struct world world;
    struct room_config config = room_config_default();
    config.host_gone_ms = 700;
    world_new_with(&world, 3, NULL, &config);
    init(&world, "kim");
    init(&world, "lee");
    disconnect(&world, 1);
    assert_int_equal(room_next_deadline_ms(world.room), TEST_T0 + 700);
    tick_when_due(&world);
    assert_events(&world, "host_changed p2");
    world_free(&world);
}

static void a_host_gone_for_30_s_from_an_empty_room_is_followed_by_who_connects(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    for (unsigned i = 1; i <= 3; i++)
        disconnect(&world, i);
    assert_int_equal(room_next_deadline_ms(world.room), world.now_ms + 600000);
    world.now_ms += 40000;
    tick(&world);
    assert_events(&world, "");
    init(&world, "park");
    assert_events(&world, "connected p3, host_changed p3");
    world_free(&world);
}

static void a_host_who_is_the_first_back_in_an_empty_room_stays_host(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    for (unsigned i = 1; i <= 3; i++)
        disconnect(&world, i);
    world.now_ms += 40000;
    init(&world, "kim");
    assert_events(&world, "connected p1");
    assert_int_equal(room_host(world.room), 1);
    world_free(&world);
}

static void a_creator_who_never_came_is_replaced_30_s_after_the_start(void **state)
{
    (void)state;
    struct world world;
    world_new(&world);
    init(&world, "lee");
    init(&world, "park");
    world.now_ms += 200000;
    tick(&world);
    assert_events(&world, "");
    init(&world, "choi");
    tick_when_due(&world);
    assert_events(&world, "start");
    int64_t started_ms = world.now_ms;
    assert_int_equal(room_next_deadline_ms(world.room), started_ms + 30000);
    world.now_ms = started_ms + 29999;
    tick(&world);
    assert_events(&world, "");
    world.now_ms++;
    tick(&world);
    assert_events(&world, "host_changed p1");
    world_free(&world);
}

static void a_creator_who_comes_within_30_s_of_the_start_is_host(void **state)
{
    (void)state;
    struct world world;
    world_new(&world);
    init(&world, "lee");
    init(&world, "park");
    init(&world, "choi");
    tick_when_due(&world);
    say(&world, 3, COMMAND_LEAVE);
    init(&world, "kim");
    assert_events(&world, "join p4");
    assert_int_equal(room_host(world.room), 4);
    world_free(&world);
}

static void a_host_who_is_gone_is_followed_by_the_longest_seated_connected(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    say(&world, 2, COMMAND_LEAVE);
    init(&world, "lee");
    disconnect(&world, 1);
    world.now_ms += 30000;
    tick(&world);
    /* p2 sits since a moment ago, p3 from the beginning. */
    assert_events(&world, "host_changed p3");
    world_free(&world);
}

static void a_host_lost_by_a_restart_is_gone_from_then(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    world.now_ms += 100000;
    step(&world, &(struct room_command){.ask = ROOM_RESTART});
    init(&world, "lee");
    assert_events(&world, "connected p2");
    assert_int_equal(room_host(world.room), 1);
    assert_int_equal(room_next_deadline_ms(world.room), world.now_ms + 30000);
    tick_when_due(&world);
    assert_events(&world, "host_changed p2");
    world_free(&world);
}

static void the_role_host_who_is_back_after_being_followed_takes_over_again(void **state)
{
    (void)state;
    struct world world;
    world_new(&world);
    init_as(&world, "kim", ROLE_HOST, "", false);
    init(&world, "lee");
    disconnect(&world, 1);
    tick_when_due(&world);
    assert_events(&world, "host_changed p2");
    init_as(&world, "kim", ROLE_HOST, "", false);
    assert_events(&world, "connected p1, host_changed p1");
    assert_own(&world, EVENT_CONNECTED);
    world_free(&world);
}

static void a_role_host_without_a_seat_left_does_not_take_over(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    init_as(&world, "choi", ROLE_HOST, "", false);
    assert_refused(&world, ERR_ROOM_FULL, REASON_NONE);
    assert_int_equal(room_host(world.room), 1);
    world_free(&world);
}

static void a_creator_who_left_before_anybody_else_was_connected_is_not_host_again(void **state)
{
    (void)state;
    struct world world;
    world_new(&world);
    init(&world, "lee");
    init(&world, "kim");
    disconnect(&world, 1);
    say(&world, 2, COMMAND_LEAVE);
    assert_events(&world, "leave p2");
    assert_int_equal(room_host(world.room), 0);
    init(&world, "lee");
    assert_events(&world, "connected p1, host_changed p1");
    init(&world, "kim");
    assert_events(&world, "join p2");
    assert_int_equal(room_host(world.room), 1);
    world_free(&world);
}

static void a_leaving_host_is_followed_though_the_creator_never_came(void **state)
{
    (void)state;
    struct world world;
    world_new(&world);
    init_as(&world, "lee", ROLE_HOST, "", false);
    init(&world, "park");
    say(&world, 1, COMMAND_LEAVE);
    assert_events(&world, "leave p1, host_changed p2");
    world_free(&world);
}

static void without_a_host_only_the_creator_to_come_may_end_over_http(void **state)
{
    (void)state;
    struct world world;
    world_new(&world);
    init(&world, "lee");
    end_as(&world, "lee", ROLE_DEBATER);
    assert_refused(&world, ERR_FORBIDDEN, REASON_NOT_HOST);
    end_as(&world, "choi", ROLE_HOST);
    assert_refused(&world, ERR_FORBIDDEN, REASON_NOT_HOST);
    init(&world, "kim");
    disconnect(&world, 1);
    say(&world, 2, COMMAND_LEAVE);
    end_as(&world, "kim", ROLE_DEBATER);
    assert_refused(&world, ERR_FORBIDDEN, REASON_NOT_HOST);
    world_free(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_creator_is_host_by_sitting_down),
        cmocka_unit_test(the_role_host_takes_over_on_init),
        cmocka_unit_test(the_creator_with_the_role_host_needs_no_event),
        cmocka_unit_test(after_a_takeover_the_creator_is_like_anybody),
        cmocka_unit_test(a_leaving_host_is_followed_by_the_longest_seated_connected),
        cmocka_unit_test(only_the_connected_can_become_host),
        cmocka_unit_test(a_leaving_host_in_the_countdown_cancels_it_first),
        cmocka_unit_test(with_nobody_connected_the_next_who_connects_becomes_host),
        cmocka_unit_test(who_joins_a_room_without_anybody_connected_becomes_host_too),
        cmocka_unit_test(a_host_who_returns_after_leaving_is_like_anybody),
        cmocka_unit_test(a_host_gone_for_30_s_is_followed_by_the_longest_seated),
        cmocka_unit_test(a_host_who_is_back_within_30_s_stays_host),
        cmocka_unit_test(how_long_a_host_may_be_gone_is_settable_and_counts_in_the_lobby_too),
        cmocka_unit_test(a_host_gone_for_30_s_from_an_empty_room_is_followed_by_who_connects),
        cmocka_unit_test(a_host_who_is_the_first_back_in_an_empty_room_stays_host),
        cmocka_unit_test(a_creator_who_never_came_is_replaced_30_s_after_the_start),
        cmocka_unit_test(a_creator_who_comes_within_30_s_of_the_start_is_host),
        cmocka_unit_test(a_host_who_is_gone_is_followed_by_the_longest_seated_connected),
        cmocka_unit_test(a_host_lost_by_a_restart_is_gone_from_then),
        cmocka_unit_test(the_role_host_who_is_back_after_being_followed_takes_over_again),
        cmocka_unit_test(a_role_host_without_a_seat_left_does_not_take_over),
        cmocka_unit_test(a_creator_who_left_before_anybody_else_was_connected_is_not_host_again),
        cmocka_unit_test(a_leaving_host_is_followed_though_the_creator_never_came),
        cmocka_unit_test(without_a_host_only_the_creator_to_come_may_end_over_http),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

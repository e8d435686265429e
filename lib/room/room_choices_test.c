#include "room/room_testing.h"

static void choices_are_revealed_when_every_seated_participant_has_chosen(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    go_to(&world, 1, PAGE_ALL);
    choose(&world, 2, 0, "yes");
    assert_events(&world, "choice_submitted p2");
    assert_own(&world, EVENT_CHOICE_SUBMITTED);
    assert_int_equal(event_of(&world, EVENT_CHOICE_SUBMITTED)->choice_submitted.page, PAGE_ALL);
    assert_string_equal(event_of(&world, EVENT_CHOICE_SUBMITTED)->choice_submitted.choice, "yes");
    assert_false(room_choice_is_public(world.room, event_of(&world, EVENT_CHOICE_SUBMITTED)));
    choose(&world, 1, PAGE_ALL, "no");
    disconnect(&world, 3);
    init(&world, "park");
    struct event_choice shown[LIMIT_PARTICIPANTS];
    assert_int_equal(room_revealed_choices(world.room, PAGE_ALL, shown), 0);
    choose(&world, 3, 0, "yes");
    assert_events(&world, "choice_submitted p3, choices_revealed");
    assert_own(&world, EVENT_CHOICE_SUBMITTED);
    const struct event *revealed = event_of(&world, EVENT_CHOICES_REVEALED);
    assert_false(room_choice_is_public(world.room, revealed));
    assert_int_equal(revealed->actor, 0);
    assert_int_equal(revealed->choices_revealed.page, PAGE_ALL);
    assert_int_equal(revealed->choices_revealed.count, 3);
    const char *expected[] = {"no", "yes", "yes"};
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(revealed->choices_revealed.choices[i].participant, i + 1);
        assert_string_equal(revealed->choices_revealed.choices[i].choice, expected[i]);
    }
    assert_int_equal(room_revealed_choices(world.room, PAGE_ALL, shown), 3);
    assert_true(room_page_is_revealed(world.room, PAGE_ALL));
    world_free(&world);
}

static void the_seated_count_connected_or_not(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    go_to(&world, 1, PAGE_ALL);
    disconnect(&world, 3);
    choose(&world, 1, 0, "yes");
    choose(&world, 2, 0, "yes");
    assert_events(&world, "choice_submitted p2");
    world_free(&world);
}

static void choices_are_revealed_before_the_page_is_left(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    go_to(&world, 1, PAGE_ALL);
    choose(&world, 3, 0, "no");
    say(&world, 1, COMMAND_NEXT_PAGE);
    assert_events(&world, "choices_revealed, next_page");
    assert_own(&world, EVENT_NEXT_PAGE);
    go_to(&world, 1, PAGE_GATED);
    choose(&world, 3, 0, "no");
    go_to(&world, 1, PAGE_TALK);
    assert_events(&world, "choices_revealed, next_page");
    world_free(&world);
}

static void nothing_is_revealed_where_nobody_chose(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    go_to(&world, 1, PAGE_ALL);
    say(&world, 1, COMMAND_NEXT_PAGE);
    assert_events(&world, "next_page");
    world_free(&world);
}

static void choices_are_revealed_once(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    go_to(&world, 1, PAGE_ALL);
    for (unsigned i = 1; i <= 3; i++)
        choose(&world, i, 0, "yes");
    say(&world, 1, COMMAND_NEXT_PAGE);
    assert_events(&world, "next_page");
    world_free(&world);
}

static void a_choice_may_be_changed_until_it_is_revealed(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    go_to(&world, 1, PAGE_ALL);
    choose(&world, 2, 0, "yes");
    choose(&world, 2, 0, "no");
    assert_events(&world, "choice_submitted p2");
    choose(&world, 2, 0, "no");
    assert_nothing_to_write(&world);
    say(&world, 1, COMMAND_NEXT_PAGE);
    assert_string_equal(
        event_of(&world, EVENT_CHOICES_REVEALED)->choices_revealed.choices[0].choice, "no");
    choose(&world, 2, PAGE_ALL, "yes");
    assert_refused(&world, ERR_ALREADY_REVEALED, REASON_NONE);
    go_to(&world, 1, PAGE_ALL);
    choose(&world, 3, 0, "yes");
    assert_refused(&world, ERR_ALREADY_REVEALED, REASON_NONE);
    world_free(&world);
}

static void a_page_left_without_choices_is_closed_until_it_stands_again(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    go_to(&world, 1, PAGE_ALL);
    go_to(&world, 1, PAGE_NOW);
    choose(&world, 2, PAGE_ALL, "yes");
    assert_refused(&world, ERR_ALREADY_REVEALED, REASON_NONE);
    go_to(&world, 1, PAGE_ALL);
    choose(&world, 2, PAGE_ALL, "yes");
    assert_events(&world, "choice_submitted p2");
    world_free(&world);
}

static void reveal_now_shows_at_once_and_cannot_be_changed(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    go_to(&world, 1, PAGE_NOW);
    choose(&world, 2, 0, "yes");
    assert_events(&world, "choice_submitted p2");
    assert_true(room_choice_is_public(world.room, event_of(&world, EVENT_CHOICE_SUBMITTED)));
    choose(&world, 2, 0, "no");
    assert_refused(&world, ERR_ALREADY_REVEALED, REASON_NONE);
    choose(&world, 2, 0, "yes");
    assert_refused(&world, ERR_ALREADY_REVEALED, REASON_NONE);
    struct event_choice shown[LIMIT_PARTICIPANTS];
    assert_int_equal(room_revealed_choices(world.room, PAGE_NOW, shown), 1);
    choose(&world, 1, 0, "yes");
    choose(&world, 3, 0, "yes");
    assert_events(&world, "choice_submitted p3");
    say(&world, 1, COMMAND_NEXT_PAGE);
    assert_events(&world, "next_page");
    world_free(&world);
}

static void reveal_never_is_never_revealed_and_always_changeable(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    go_to(&world, 1, PAGE_NEVER);
    for (unsigned i = 1; i <= 3; i++) {
        choose(&world, i, 0, "yes");
        assert_int_equal(world.effects.event_count, 1);
        assert_false(room_choice_is_public(world.room, &world.effects.events[0]));
    }
    go_to(&world, 1, PAGE_TALK);
    assert_events(&world, "next_page");
    choose(&world, 2, PAGE_NEVER, "no");
    assert_events(&world, "choice_submitted p2");
    struct event_choice shown[LIMIT_PARTICIPANTS];
    assert_int_equal(room_revealed_choices(world.room, PAGE_NEVER, shown), 0);
    assert_false(room_page_is_revealed(world.room, PAGE_NEVER));
    world_free(&world);
}

static void choosing_for_a_page_not_yet_reached_is_wrong_phase(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    choose(&world, 2, PAGE_ALL, "yes");
    assert_refused(&world, ERR_WRONG_PHASE, REASON_PAGE_NOT_REACHED);
    world_free(&world);
}

static void choosing_before_the_start_is_wrong_phase(void **state)
{
    (void)state;
    struct world world;
    world_new(&world);
    init(&world, "kim");
    choose(&world, 1, 99, "nothing");
    assert_refused(&world, ERR_WRONG_PHASE, REASON_NOT_LIVE);
    world_free(&world);
}

static void choosing_what_there_is_not_is_no_such_page_and_no_such_choice(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    choose(&world, 2, PAGE_LAST + 1, "yes");
    assert_refused(&world, ERR_NO_SUCH_PAGE, REASON_NONE);
    choose(&world, 2, PAGE_TALK, "yes");
    assert_refused(&world, ERR_NO_SUCH_CHOICE, REASON_NONE);
    go_to(&world, 1, PAGE_ALL);
    choose(&world, 2, 0, "perhaps");
    assert_refused(&world, ERR_NO_SUCH_CHOICE, REASON_NONE);
    world_free(&world);
}

static void a_leave_that_completes_the_choices_reveals_them(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    go_to(&world, 1, PAGE_ALL);
    choose(&world, 1, 0, "yes");
    choose(&world, 2, 0, "no");
    say(&world, 3, COMMAND_LEAVE);
    assert_events(&world, "leave p3, choices_revealed");
    assert_own(&world, EVENT_LEAVE);
    world_free(&world);
}

static void choices_of_those_who_left_are_revealed_too(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    go_to(&world, 1, PAGE_ALL);
    choose(&world, 3, 0, "no");
    say(&world, 3, COMMAND_LEAVE);
    choose(&world, 1, 0, "yes");
    choose(&world, 2, 0, "yes");
    assert_events(&world, "choice_submitted p2, choices_revealed");
    assert_int_equal(event_of(&world, EVENT_CHOICES_REVEALED)->choices_revealed.count, 3);
    world_free(&world);
}

static void the_end_reveals_the_current_pages_choices_first(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    go_to(&world, 1, PAGE_ALL);
    choose(&world, 2, 0, "yes");
    say(&world, 1, COMMAND_END_SESSION);
    assert_events(&world, "choices_revealed, session_ended");
    assert_own(&world, EVENT_SESSION_ENDED);
    world_free(&world);
}

static enum err choose_over_http(struct world *world, const char *user, unsigned page,
                                 const char *choice)
{
    struct token token = token_of(user, ROLE_DEBATER);
    struct command body = choice_of(page, choice);
    return step(world,
                &(struct room_command){.ask = ROOM_CHOICE, .token = &token, .message = &body});
}

static void choosing_over_http_is_for_the_seated_connected_or_not(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    go_to(&world, 1, PAGE_ALL);
    disconnect(&world, 2);
    choose_over_http(&world, "lee", PAGE_ALL, "yes");
    assert_events(&world, "choice_submitted p2");
    assert_own(&world, EVENT_CHOICE_SUBMITTED);
    assert_int_equal(event_of(&world, EVENT_CHOICE_SUBMITTED)->actor, 2);
    choose_over_http(&world, "choi", PAGE_ALL, "yes");
    assert_refused(&world, ERR_FORBIDDEN, REASON_NOT_SEATED);
    say(&world, 3, COMMAND_LEAVE);
    choose_over_http(&world, "park", PAGE_ALL, "yes");
    assert_refused(&world, ERR_FORBIDDEN, REASON_NOT_SEATED);
    choose_over_http(&world, "kim", PAGE_ALL, "perhaps");
    assert_refused(&world, ERR_NO_SUCH_CHOICE, REASON_NONE);
    say(&world, 1, COMMAND_END_SESSION);
    choose_over_http(&world, "lee", PAGE_ALL, "yes");
    assert_refused(&world, ERR_ENDED, REASON_NONE);
    world_free(&world);
}

static void a_page_that_was_passed_over_is_not_reached(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    go_to(&world, 1, PAGE_GATED);
    choose(&world, 2, PAGE_ALL, "yes");
    assert_refused(&world, ERR_WRONG_PHASE, REASON_PAGE_NOT_REACHED);
    choose(&world, 2, PAGE_NOW, "yes");
    assert_refused(&world, ERR_WRONG_PHASE, REASON_PAGE_NOT_REACHED);
    go_to(&world, 1, PAGE_NOW);
    go_to(&world, 1, PAGE_TALK);
    choose(&world, 2, PAGE_NOW, "yes");
    assert_events(&world, "choice_submitted p2");
    world_free(&world);
}

static void a_leaving_host_who_was_the_last_to_choose_reveals_then_is_followed(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    go_to(&world, 1, PAGE_ALL);
    choose(&world, 2, 0, "yes");
    choose(&world, 3, 0, "no");
    say(&world, 1, COMMAND_LEAVE);
    assert_events(&world, "leave p1, choices_revealed, host_changed p2");
    assert_int_equal(event_of(&world, EVENT_CHOICES_REVEALED)->actor, 0);
    world_free(&world);
}

static void a_leave_reveals_nothing_where_nobody_chose_or_somebody_has_yet_to(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    go_to(&world, 1, PAGE_ALL);
    say(&world, 3, COMMAND_LEAVE);
    assert_events(&world, "leave p3");
    init(&world, "park");
    choose(&world, 1, 0, "yes");
    say(&world, 3, COMMAND_LEAVE);
    assert_events(&world, "leave p3");
    world_free(&world);
}

static void the_last_ones_leave_reveals_before_the_end(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    go_to(&world, 1, PAGE_ALL);
    choose(&world, 1, 0, "yes");
    disconnect(&world, 2);
    disconnect(&world, 3);
    say(&world, 1, COMMAND_LEAVE);
    assert_events(&world, "leave p1");
    init(&world, "lee");
    say(&world, 2, COMMAND_LEAVE);
    init(&world, "park");
    say(&world, 3, COMMAND_LEAVE);
    assert_events(&world, "leave p3, choices_revealed, session_ended");
    world_free(&world);
}

static void who_returns_to_the_seat_has_chosen_already(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    go_to(&world, 1, PAGE_ALL);
    choose(&world, 3, 0, "no");
    say(&world, 3, COMMAND_LEAVE);
    init(&world, "park");
    choose(&world, 3, 0, "no");
    assert_nothing_to_write(&world);
    choose(&world, 1, 0, "yes");
    choose(&world, 2, 0, "yes");
    assert_events(&world, "choice_submitted p2, choices_revealed");
    world_free(&world);
}

static void the_newly_seated_must_choose_too(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    go_to(&world, 1, PAGE_ALL);
    say(&world, 3, COMMAND_LEAVE);
    choose(&world, 1, 0, "yes");
    init(&world, "choi");
    choose(&world, 2, 0, "yes");
    assert_events(&world, "choice_submitted p2");
    choose(&world, 4, 0, "no");
    assert_events(&world, "choice_submitted p4, choices_revealed");
    world_free(&world);
}

static void an_unchanged_choice_over_http_is_not_written_again(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    go_to(&world, 1, PAGE_ALL);
    choose_over_http(&world, "lee", PAGE_ALL, "yes");
    choose_over_http(&world, "lee", PAGE_ALL, "yes");
    assert_nothing_to_write(&world);
    choose_over_http(&world, "lee", PAGE_LAST + 1, "yes");
    assert_refused(&world, ERR_NO_SUCH_PAGE, REASON_NONE);
    choose_over_http(&world, "lee", PAGE_LAST, "yes");
    assert_refused(&world, ERR_WRONG_PHASE, REASON_PAGE_NOT_REACHED);
    world_free(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(choices_are_revealed_when_every_seated_participant_has_chosen),
        cmocka_unit_test(the_seated_count_connected_or_not),
        cmocka_unit_test(choices_are_revealed_before_the_page_is_left),
        cmocka_unit_test(nothing_is_revealed_where_nobody_chose),
        cmocka_unit_test(choices_are_revealed_once),
        cmocka_unit_test(a_choice_may_be_changed_until_it_is_revealed),
        cmocka_unit_test(a_page_left_without_choices_is_closed_until_it_stands_again),
        cmocka_unit_test(reveal_now_shows_at_once_and_cannot_be_changed),
        cmocka_unit_test(reveal_never_is_never_revealed_and_always_changeable),
        cmocka_unit_test(choosing_for_a_page_not_yet_reached_is_wrong_phase),
        cmocka_unit_test(choosing_before_the_start_is_wrong_phase),
        cmocka_unit_test(choosing_what_there_is_not_is_no_such_page_and_no_such_choice),
        cmocka_unit_test(a_leave_that_completes_the_choices_reveals_them),
        cmocka_unit_test(choices_of_those_who_left_are_revealed_too),
        cmocka_unit_test(the_end_reveals_the_current_pages_choices_first),
        cmocka_unit_test(choosing_over_http_is_for_the_seated_connected_or_not),
        cmocka_unit_test(a_page_that_was_passed_over_is_not_reached),
        cmocka_unit_test(a_leaving_host_who_was_the_last_to_choose_reveals_then_is_followed),
        cmocka_unit_test(a_leave_reveals_nothing_where_nobody_chose_or_somebody_has_yet_to),
        cmocka_unit_test(the_last_ones_leave_reveals_before_the_end),
        cmocka_unit_test(who_returns_to_the_seat_has_chosen_already),
        cmocka_unit_test(the_newly_seated_must_choose_too),
        cmocka_unit_test(an_unchanged_choice_over_http_is_not_written_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

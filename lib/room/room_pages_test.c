#include "room/room_testing.h"

static void the_page_is_1_in_the_lobby(void **state)
{
    (void)state;
    struct world world;
    world_new(&world);
    assert_int_equal(view_of(&world).page, 1);
    assert_int_equal(view_of(&world).phase, PHASE_LOBBY);
    world_free(&world);
}

static void a_session_without_an_agenda_has_one_page_without_choices(void **state)
{
    (void)state;
    struct world world;
    world_new_with(&world, 2, NULL, NULL);
    init(&world, "kim");
    init(&world, "lee");
    tick_when_due(&world);
    assert_int_equal(room_agenda(world.room)->page_count, 1);
    choose(&world, 1, 0, "yes");
    assert_refused(&world, ERR_NO_SUCH_CHOICE, REASON_NONE);
    say(&world, 1, COMMAND_NEXT_PAGE);
    assert_events(&world, "session_ended");
    assert_own(&world, EVENT_SESSION_ENDED);
    assert_int_equal(event_of(&world, EVENT_SESSION_ENDED)->session_ended.reason, END_AGENDA);
    assert_int_equal(event_of(&world, EVENT_SESSION_ENDED)->actor, 1);
    world_free(&world);
}

static void the_host_turns_the_page_for_everybody(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    say(&world, 1, COMMAND_NEXT_PAGE);
    assert_events(&world, "next_page");
    assert_own(&world, EVENT_NEXT_PAGE);
    assert_int_equal(event_of(&world, EVENT_NEXT_PAGE)->actor, 1);
    assert_int_equal(event_of(&world, EVENT_NEXT_PAGE)->next_page.page, 2);
    assert_int_equal(view_of(&world).page, 2);
    world_free(&world);
}

static void turning_pages_is_forbidden_to_others(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    say(&world, 2, COMMAND_NEXT_PAGE);
    assert_refused(&world, ERR_FORBIDDEN, REASON_NOT_HOST);
    go_to(&world, 3, 2);
    assert_refused(&world, ERR_FORBIDDEN, REASON_NOT_HOST);
    go_to(&world, 3, 99);
    assert_refused(&world, ERR_FORBIDDEN, REASON_NOT_HOST);
    world_free(&world);
}

static void an_operator_may_turn_pages(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    struct command next = {.type = COMMAND_NEXT_PAGE};
    step(&world, &(struct room_command){
                     .ask = ROOM_MESSAGE, .participant = 3, .is_operator = true, .message = &next});
    assert_events(&world, "next_page");
    assert_int_equal(event_of(&world, EVENT_NEXT_PAGE)->actor, 3);
    world_free(&world);
}

static void turning_pages_before_the_start_is_wrong_phase_but_first_of_all_forbidden(void **state)
{
    (void)state;
    struct world world;
    world_new(&world);
    init(&world, "kim");
    init(&world, "lee");
    say(&world, 1, COMMAND_NEXT_PAGE);
    assert_refused(&world, ERR_WRONG_PHASE, REASON_NOT_LIVE);
    go_to(&world, 1, 99);
    assert_refused(&world, ERR_WRONG_PHASE, REASON_NOT_LIVE);
    say(&world, 2, COMMAND_NEXT_PAGE);
    assert_refused(&world, ERR_FORBIDDEN, REASON_NOT_HOST);
    world_free(&world);
}

static void going_to_a_page_that_there_is_not_is_no_such_page(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    go_to(&world, 1, PAGE_LAST + 1);
    assert_refused(&world, ERR_NO_SUCH_PAGE, REASON_NONE);
    go_to(&world, 1, 0);
    assert_refused(&world, ERR_NO_SUCH_PAGE, REASON_NONE);
    go_to(&world, 1, UINT32_MAX);
    assert_refused(&world, ERR_NO_SUCH_PAGE, REASON_NONE);
    world_free(&world);
}

static void going_to_a_page_is_next_page_forwards_and_backwards(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    go_to(&world, 1, PAGE_NEVER);
    assert_int_equal(event_of(&world, EVENT_NEXT_PAGE)->next_page.page, PAGE_NEVER);
    assert_own(&world, EVENT_NEXT_PAGE);
    go_to(&world, 1, PAGE_TALK);
    assert_int_equal(event_of(&world, EVENT_NEXT_PAGE)->next_page.page, PAGE_TALK);
    assert_int_equal(view_of(&world).page, PAGE_TALK);
    world_free(&world);
}

static void going_to_the_page_that_stands_writes_nothing(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    go_to(&world, 1, PAGE_TALK);
    assert_nothing_to_write(&world);
    world_free(&world);
}

static void next_page_waits_at_the_gate_until_all_have_chosen(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    go_to(&world, 1, PAGE_GATED);
    say(&world, 1, COMMAND_NEXT_PAGE);
    assert_refused(&world, ERR_WRONG_PHASE, REASON_GATE);
    choose(&world, 1, 0, "yes");
    choose(&world, 2, 0, "yes");
    say(&world, 1, COMMAND_NEXT_PAGE);
    assert_refused(&world, ERR_WRONG_PHASE, REASON_GATE);
    choose(&world, 3, 0, "no");
    say(&world, 1, COMMAND_NEXT_PAGE);
    assert_events(&world, "next_page");
    world_free(&world);
}

static void goto_page_ignores_the_gate(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    go_to(&world, 1, PAGE_GATED);
    go_to(&world, 1, PAGE_TIMED);
    assert_events(&world, "next_page");
    world_free(&world);
}

static void a_gate_without_choices_holds_nobody(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    go_to(&world, 1, PAGE_TIMED);
    say(&world, 1, COMMAND_NEXT_PAGE);
    assert_events(&world, "next_page");
    world_free(&world);
}

static void a_page_whose_time_is_over_turns_by_itself(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    world.now_ms += 100;
    go_to(&world, 1, PAGE_TIMED);
    int64_t turned_ms = world.now_ms;
    assert_int_equal(room_next_deadline_ms(world.room), turned_ms + 60000);
    world.now_ms = turned_ms + 59999;
    tick(&world);
    assert_events(&world, "");
    world.now_ms = turned_ms + 60000;
    tick(&world);
    assert_events(&world, "next_page");
    assert_int_equal(event_of(&world, EVENT_NEXT_PAGE)->actor, 0);
    assert_int_equal(view_of(&world).page, PAGE_LAST);
    world_free(&world);
}

static void the_last_pages_end_ends_the_session(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    go_to(&world, 1, PAGE_LAST);
    choose(&world, 2, 0, "yes");
    consent(&world, 3, true);
    say(&world, 3, COMMAND_START_RECORDING);
    tick_when_due(&world);
    assert_events(&world, "choices_revealed, recording_stopped p3, session_ended");
    const struct event *end = event_of(&world, EVENT_SESSION_ENDED);
    assert_int_equal(end->session_ended.reason, END_AGENDA);
    assert_int_equal(end->actor, 0);
    assert_int_equal(event_of(&world, EVENT_RECORDING_STOPPED)->actor, 0);
    world_free(&world);
}

static void next_page_on_the_last_page_ends_the_session(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    go_to(&world, 1, PAGE_LAST);
    choose(&world, 1, 0, "no");
    say(&world, 1, COMMAND_NEXT_PAGE);
    assert_events(&world, "choices_revealed, session_ended");
    assert_own(&world, EVENT_SESSION_ENDED);
    assert_int_equal(event_of(&world, EVENT_SESSION_ENDED)->session_ended.reason, END_AGENDA);
    world_free(&world);
}

static void the_first_pages_time_runs_from_start_at(void **state)
{
    (void)state;
    struct world world;
    struct agenda *agenda = test_agenda();
    struct agenda timed = {.refs = 1,
                           .title = agenda->title,
                           .page_count = 2,
                           .pages = agenda->pages + PAGE_TIMED - 1};
    world_new_with(&world, 2, &timed, NULL);
    init(&world, "kim");
    init(&world, "lee");
    world.now_ms = TEST_T0 + 3040;
    tick(&world);
    assert_int_equal(room_next_deadline_ms(world.room), TEST_T0 + 3000 + 60000);
    world_free(&world);
}

static void one_tick_turns_one_page_and_the_next_ones_time_runs_from_then(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    go_to(&world, 1, PAGE_TIMED);
    world.now_ms += 500000;
    tick(&world);
    assert_events(&world, "next_page");
    assert_int_equal(room_next_deadline_ms(world.room), world.now_ms + 30000);
    world_free(&world);
}

static void the_host_ends_the_session_in_any_phase(void **state)
{
    (void)state;
    struct world world;
    world_new(&world);
    init(&world, "kim");
    init(&world, "lee");
    say(&world, 2, COMMAND_END_SESSION);
    assert_refused(&world, ERR_FORBIDDEN, REASON_NOT_HOST);
    say(&world, 1, COMMAND_END_SESSION);
    assert_events(&world, "session_ended");
    assert_own(&world, EVENT_SESSION_ENDED);
    assert_int_equal(event_of(&world, EVENT_SESSION_ENDED)->session_ended.reason, END_HOST);
    assert_int_equal(event_of(&world, EVENT_SESSION_ENDED)->actor, 1);
    world_free(&world);
}

static void the_end_in_a_countdown_leaves_no_start_at(void **state)
{
    (void)state;
    struct world world;
    world_new(&world);
    init(&world, "kim");
    init(&world, "lee");
    init(&world, "park");
    say(&world, 1, COMMAND_END_SESSION);
    assert_events(&world, "session_ended");
    assert_false(view_of(&world).has_start_at);
    world_free(&world);
}

static void ending_over_http_is_for_the_host_and_operators(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    end_as(&world, "lee", ROLE_DEBATER);
    assert_refused(&world, ERR_FORBIDDEN, REASON_NOT_HOST);
    end_as(&world, "nobody", ROLE_HOST);
    assert_refused(&world, ERR_FORBIDDEN, REASON_NOT_HOST);
    end_as(&world, "nobody", ROLE_OPERATOR);
    assert_events(&world, "session_ended");
    assert_own(&world, EVENT_SESSION_ENDED);
    assert_int_equal(event_of(&world, EVENT_SESSION_ENDED)->actor, 0);
    assert_int_equal(event_of(&world, EVENT_SESSION_ENDED)->session_ended.reason, END_HOST);
    end_as(&world, "kim", ROLE_DEBATER);
    assert_refused(&world, ERR_ENDED, REASON_NONE);
    end_as(&world, "lee", ROLE_DEBATER);
    assert_refused(&world, ERR_FORBIDDEN, REASON_NOT_HOST);
    world_free(&world);
}

static void whoever_made_the_room_may_end_it_before_sitting_down(void **state)
{
    (void)state;
    struct world world;
    world_new(&world);
    init(&world, "lee");
    end_as(&world, "kim", ROLE_DEBATER);
    assert_events(&world, "session_ended");
    assert_int_equal(event_of(&world, EVENT_SESSION_ENDED)->actor, 0);
    world_free(&world);
}

static void a_gate_whose_choices_are_revealed_holds_nobody(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    go_to(&world, 1, PAGE_GATED);
    for (unsigned i = 1; i <= 3; i++)
        choose(&world, i, 0, "yes");
    /* Who comes now can't choose any more. */
    say(&world, 3, COMMAND_LEAVE);
    init(&world, "choi");
    choose(&world, 4, 0, "yes");
    assert_refused(&world, ERR_ALREADY_REVEALED, REASON_NONE);
    say(&world, 1, COMMAND_NEXT_PAGE);
    assert_events(&world, "next_page");
    world_free(&world);
}

static void a_gate_holds_again_on_a_page_that_was_left_without_choices(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    go_to(&world, 1, PAGE_GATED);
    go_to(&world, 1, PAGE_TALK);
    go_to(&world, 1, PAGE_GATED);
    say(&world, 1, COMMAND_NEXT_PAGE);
    assert_refused(&world, ERR_WRONG_PHASE, REASON_GATE);
    choose(&world, 2, 0, "yes");
    go_to(&world, 1, PAGE_TALK);
    assert_events(&world, "choices_revealed, next_page");
    go_to(&world, 1, PAGE_GATED);
    say(&world, 1, COMMAND_NEXT_PAGE);
    assert_events(&world, "next_page");
    world_free(&world);
}

static void a_leave_opens_the_gate_when_all_others_have_chosen(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    go_to(&world, 1, PAGE_GATED);
    choose(&world, 1, 0, "yes");
    choose(&world, 2, 0, "yes");
    disconnect(&world, 3);
    say(&world, 1, COMMAND_NEXT_PAGE);
    assert_refused(&world, ERR_WRONG_PHASE, REASON_GATE);
    init(&world, "park");
    say(&world, 3, COMMAND_LEAVE);
    say(&world, 1, COMMAND_NEXT_PAGE);
    assert_events(&world, "next_page");
    world_free(&world);
}

static void the_gate_is_said_only_to_the_host(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    go_to(&world, 1, PAGE_GATED);
    say(&world, 2, COMMAND_NEXT_PAGE);
    assert_refused(&world, ERR_FORBIDDEN, REASON_NOT_HOST);
    world_free(&world);
}

static void a_pages_time_begins_anew_when_it_is_returned_to(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    go_to(&world, 1, PAGE_TIMED);
    world.now_ms += 50000;
    go_to(&world, 1, PAGE_TIMED);
    assert_nothing_to_write(&world);
    assert_int_equal(room_next_deadline_ms(world.room), world.now_ms + 10000);
    go_to(&world, 1, PAGE_TALK);
    assert_int_equal(room_next_deadline_ms(world.room), INT64_MAX);
    go_to(&world, 1, PAGE_TIMED);
    assert_int_equal(room_next_deadline_ms(world.room), world.now_ms + 60000);
    world_free(&world);
}

static void a_page_turns_though_nobody_is_connected(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    go_to(&world, 1, PAGE_TIMED);
    for (unsigned i = 1; i <= 3; i++)
        disconnect(&world, i);
    tick_when_due(&world);
    assert_events(&world, "next_page");
    tick_when_due(&world);
    assert_events(&world, "session_ended");
    assert_int_equal(event_of(&world, EVENT_SESSION_ENDED)->session_ended.reason, END_AGENDA);
    world_free(&world);
}

/* A server that was down for longer than a page lasts turns it once, when it is up again. */
static void a_page_that_ran_out_while_the_server_was_down_turns_once(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    go_to(&world, 1, PAGE_TIMED);
    world.now_ms += 500000;
    step(&world, &(struct room_command){.ask = ROOM_RESTART});
    assert_events(&world, "disconnected p1, disconnected p2, disconnected p3");
    assert_true(room_next_deadline_ms(world.room) <= world.now_ms);
    tick(&world);
    assert_events(&world, "next_page");
    assert_int_equal(room_next_deadline_ms(world.room), world.now_ms + 30000);
    world_free(&world);
}

static void an_operator_may_end_the_session_over_the_socket(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    struct command end = {.type = COMMAND_END_SESSION};
    step(&world, &(struct room_command){
                     .ask = ROOM_MESSAGE, .participant = 2, .is_operator = true, .message = &end});
    assert_events(&world, "session_ended");
    assert_int_equal(event_of(&world, EVENT_SESSION_ENDED)->session_ended.reason, END_HOST);
    assert_own(&world, EVENT_SESSION_ENDED);
    world_free(&world);
}

static void a_pages_time_ignores_the_gate(void **state)
{
    (void)state;
    struct world world;
    struct choice choices[] = {{(char *)"yes", (char *)"Yes"}};
    struct page pages[] = {{.title = (char *)"A",
                            .time_ms = 5000,
                            .gate = GATE_ALL,
                            .choice_count = 1,
                            .choices = choices},
                           {.title = (char *)"B"}};
    struct agenda agenda = {.refs = 1, .title = (char *)"", .page_count = 2, .pages = pages};
    world_new_with(&world, 2, &agenda, NULL);
    init(&world, "kim");
    init(&world, "lee");
    tick_when_due(&world);
    choose(&world, 2, 0, "yes");
    say(&world, 1, COMMAND_NEXT_PAGE);
    assert_refused(&world, ERR_WRONG_PHASE, REASON_GATE);
    tick_when_due(&world);
    assert_events(&world, "choices_revealed, next_page");
    assert_int_equal(world.now_ms, TEST_T0 + 3000 + 5000);
    world_free(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_page_is_1_in_the_lobby),
        cmocka_unit_test(a_session_without_an_agenda_has_one_page_without_choices),
        cmocka_unit_test(the_host_turns_the_page_for_everybody),
        cmocka_unit_test(turning_pages_is_forbidden_to_others),
        cmocka_unit_test(an_operator_may_turn_pages),
        cmocka_unit_test(turning_pages_before_the_start_is_wrong_phase_but_first_of_all_forbidden),
        cmocka_unit_test(going_to_a_page_that_there_is_not_is_no_such_page),
        cmocka_unit_test(going_to_a_page_is_next_page_forwards_and_backwards),
        cmocka_unit_test(going_to_the_page_that_stands_writes_nothing),
        cmocka_unit_test(next_page_waits_at_the_gate_until_all_have_chosen),
        cmocka_unit_test(goto_page_ignores_the_gate),
        cmocka_unit_test(a_gate_without_choices_holds_nobody),
        cmocka_unit_test(a_page_whose_time_is_over_turns_by_itself),
        cmocka_unit_test(the_last_pages_end_ends_the_session),
        cmocka_unit_test(next_page_on_the_last_page_ends_the_session),
        cmocka_unit_test(the_first_pages_time_runs_from_start_at),
        cmocka_unit_test(one_tick_turns_one_page_and_the_next_ones_time_runs_from_then),
        cmocka_unit_test(the_host_ends_the_session_in_any_phase),
        cmocka_unit_test(the_end_in_a_countdown_leaves_no_start_at),
        cmocka_unit_test(ending_over_http_is_for_the_host_and_operators),
        cmocka_unit_test(whoever_made_the_room_may_end_it_before_sitting_down),
        cmocka_unit_test(a_gate_whose_choices_are_revealed_holds_nobody),
        cmocka_unit_test(a_gate_holds_again_on_a_page_that_was_left_without_choices),
        cmocka_unit_test(a_leave_opens_the_gate_when_all_others_have_chosen),
        cmocka_unit_test(the_gate_is_said_only_to_the_host),
        cmocka_unit_test(a_pages_time_begins_anew_when_it_is_returned_to),
        cmocka_unit_test(a_page_turns_though_nobody_is_connected),
        cmocka_unit_test(a_page_that_ran_out_while_the_server_was_down_turns_once),
        cmocka_unit_test(an_operator_may_end_the_session_over_the_socket),
        cmocka_unit_test(a_pages_time_ignores_the_gate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

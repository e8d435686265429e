/* A log may come from anywhere: what cannot follow is refused, and changes nothing. */
#include "room/room_testing.h"

static struct event next(const struct world *world, struct event event)
{
    event.seq = room_seq(world->room) + 1;
    event.ts_ms = world->now_ms;
    return event;
}

static void assert_corrupt_as_is(struct world *world, struct event event)
{
    struct session_view before = view_of(world), after;
    assert_int_equal(room_apply(world->room, &event), ERR_CORRUPT);
    after = view_of(world);
    assert_int_equal(after.seq, before.seq);
    assert_int_equal(after.phase, before.phase);
    assert_int_equal(after.page, before.page);
    assert_int_equal(after.host, before.host);
    assert_same_participants(&before, &after);
}

static void assert_corrupt(struct world *world, struct event event)
{
    assert_corrupt_as_is(world, next(world, event));
}

static void seq_without_gaps_and_ts_never_back(void **state)
{
    (void)state;
    struct world world;
    world_new(&world);
    world.now_ms += 100;
    init(&world, "kim");
    struct event leave = next(&world, (struct event){.type = EVENT_LEAVE, .participant = 1});
    struct event wrong = leave;
    wrong.seq++;
    assert_corrupt_as_is(&world, wrong);
    wrong.seq = leave.seq - 1;
    assert_corrupt_as_is(&world, wrong);
    wrong = leave;
    wrong.ts_ms = world.now_ms - 1;
    assert_corrupt_as_is(&world, wrong);
    wrong.ts_ms = INT64_MAX;
    assert_corrupt_as_is(&world, wrong);
    wrong = leave;
    wrong.actor = 2;
    assert_corrupt_as_is(&world, wrong);
    wrong.participant = 2;
    assert_corrupt_as_is(&world, wrong);
    wrong = next(&world, (struct event){.type = EVENT_JOIN, .actor = 3, .participant = 2});
    wrong.join.nickname = wrong.join.user = "lee";
    assert_corrupt_as_is(&world, wrong);
    assert_int_equal(room_apply(world.room, &leave), ERR_NONE);
    room_free(world.room);
    buf_release(&world.log);
}

static struct event join(unsigned participant, const char *user, const char *nickname)
{
    return (struct event){.type = EVENT_JOIN,
                          .participant = participant,
                          .join = {.nickname = nickname, .user = user}};
}

static void a_join_takes_a_free_seat_under_the_next_number_or_the_old_one(void **state)
{
    (void)state;
    struct world world;
    world_new(&world);
    init(&world, "kim");
    init(&world, "lee");
    assert_corrupt(&world, join(1, "kim", "Kim"));
    assert_corrupt(&world, join(2, "park", "Park"));
    assert_corrupt(&world, join(4, "park", "Park"));
    assert_corrupt(&world, join(0, "park", "Park"));
    assert_corrupt(&world, join(3, NULL, "Park"));
    assert_corrupt(&world, join(3, "", "Park"));
    assert_corrupt(&world, join(3, "park", NULL));
    assert_corrupt(&world, join(3, "park", ""));
    say(&world, 2, COMMAND_LEAVE);
    assert_corrupt(&world, join(3, "lee", "Lee"));
    init(&world, "park");
    init(&world, "lee");
    assert_corrupt(&world, join(4, "choi", "Choi"));
    world_free(&world);
}

static void only_the_seated_come_go_and_speak(void **state)
{
    (void)state;
    struct world world;
    world_new(&world);
    init_as(&world, "kim", ROLE_DEBATER, "Kim", false);
    static const enum event_type types[] = {EVENT_LEAVE, EVENT_CONNECTED, EVENT_DISCONNECTED,
                                            EVENT_HOST_CHANGED, EVENT_CONSENT};
    for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
        assert_corrupt(&world, (struct event){.type = types[i], .participant = 2});
        assert_corrupt(&world, (struct event){.type = types[i], .participant = 0});
    }
    struct event status = {.type = EVENT_VOICE_STATUS, .participant = 1};
    assert_corrupt(&world, status);
    status.voice_status.nickname = "Somebody else";
    assert_corrupt(&world, status);
    assert_corrupt(&world, (struct event){.type = EVENT_CONNECTED, .participant = 1});
    assert_corrupt(&world, (struct event){.type = EVENT_HOST_CHANGED, .participant = 1});
    disconnect(&world, 1);
    assert_corrupt(&world, (struct event){.type = EVENT_DISCONNECTED, .participant = 1});
    world_free(&world);
}

static void only_the_connected_become_host(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    disconnect(&world, 2);
    assert_corrupt(&world, (struct event){.type = EVENT_HOST_CHANGED, .participant = 2});
    world_free(&world);
}

static void a_start_follows_its_countdown(void **state)
{
    (void)state;
    struct world world;
    world_new(&world);
    struct event countdown = {.type = EVENT_COUNTDOWN,
                              .countdown = {3, .start_at_ms = TEST_T0 + 3000}};
    struct event start = {.type = EVENT_START, .start = {.start_at_ms = TEST_T0 + 3000}};
    init(&world, "kim");
    assert_corrupt(&world, countdown);
    assert_corrupt(&world, start);
    assert_corrupt(
        &world, (struct event){.type = EVENT_COUNTDOWN_CANCELLED, .countdown_cancelled = {"left"}});
    init(&world, "lee");
    init(&world, "park");
    assert_int_equal(room_phase(world.room), PHASE_COUNTDOWN);
    assert_corrupt(&world, countdown);
    assert_corrupt(&world, start);
    world.now_ms = TEST_T0 + 3000;
    start.start.start_at_ms++;
    assert_corrupt(&world, start);
    world_free(&world);
}

static void a_countdown_does_not_end_in_the_past(void **state)
{
    (void)state;
    struct world world;
    world_new(&world);
    init(&world, "kim");
    init(&world, "lee");
    init_waiting(&world, "park");
    struct event countdown = {.type = EVENT_COUNTDOWN,
                              .countdown = {3, .start_at_ms = TEST_T0 - 1}};
    assert_corrupt(&world, countdown);
    countdown.countdown.start_at_ms = INT64_MAX;
    assert_corrupt(&world, countdown);
    world_free(&world);
}

static void nobody_starts_while_somebody_is_gone(void **state)
{
    (void)state;
    struct world world;
    world_new(&world);
    init(&world, "kim");
    init(&world, "lee");
    init(&world, "park");
    world.now_ms = TEST_T0 + 3000;
    struct event gone = next(&world, (struct event){.type = EVENT_DISCONNECTED, .participant = 2});
    assert_int_equal(room_apply(world.room, &gone), ERR_NONE);
    assert_corrupt(&world,
                   (struct event){.type = EVENT_START, .start = {.start_at_ms = TEST_T0 + 3000}});
    room_free(world.room);
    buf_release(&world.log);
}

static void what_belongs_to_the_live_phase_does_not_come_before_it(void **state)
{
    (void)state;
    struct world world;
    world_new(&world);
    init(&world, "kim");
    consent(&world, 1, true);
    assert_corrupt(&world, (struct event){.type = EVENT_START_REPORTED, .participant = 1});
    assert_corrupt(&world, (struct event){.type = EVENT_NEXT_PAGE, .next_page = {2}});
    assert_corrupt(&world,
                   (struct event){.type = EVENT_RECORDING_STARTED,
                                  .participant = 1,
                                  .recording = {.recording_id = "r_1", .path = "recordings/1"}});
    assert_corrupt(&world, (struct event){.type = EVENT_CHOICE_SUBMITTED,
                                          .participant = 1,
                                          .choice_submitted = {PAGE_TALK, "yes"}});
    world_free(&world);
}

static struct event started(const char *id, const char *path)
{
    return (struct event){.type = EVENT_RECORDING_STARTED,
                          .participant = 2,
                          .recording = {.recording_id = id, .path = path, .started_at_ms = 5}};
}

static void a_recording_needs_consent_an_id_of_its_own_and_a_path_that_stays_inside(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    assert_corrupt(&world, started("r_1", "recordings/1.opus"));
    consent(&world, 2, true);
    assert_corrupt(&world, started("r_1", "/etc/passwd"));
    assert_corrupt(&world, started("r_1", "recordings/../../x"));
    assert_corrupt(&world, started("r_1", ""));
    assert_corrupt(&world, started("r_1", NULL));
    static const char *const foreign[] = {"a b", "a~", "a@", "a[", "a`", "a{", "a:", "a\\b", "a\n"};
    for (size_t i = 0; i < sizeof(foreign) / sizeof(*foreign); i++)
        assert_corrupt(&world, started("r_1", foreign[i]));
    assert_corrupt(&world, started("", "recordings/1.opus"));
    assert_corrupt(&world, started("r/1", "recordings/1.opus"));
    assert_corrupt(&world, started(NULL, "recordings/1.opus"));
    say(&world, 2, COMMAND_START_RECORDING);
    assert_corrupt(&world, started("r_2", "recordings/2.opus"));
    say(&world, 2, COMMAND_STOP_RECORDING);
    assert_corrupt(&world, started("r_AbCdEfGhIjKlMnOpQrStUv_1", "recordings/2.opus"));
    world_free(&world);
}

static void a_recording_stops_as_what_it_started_and_lasts_from_start_to_end(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    consent(&world, 2, true);
    say(&world, 2, COMMAND_START_RECORDING);
    struct recording_view running = room_recording(world.room, 0);
    struct event stop = {.type = EVENT_RECORDING_STOPPED,
                         .participant = 2,
                         .recording = {.recording_id = running.recording_id,
                                       .path = running.path,
                                       .ended_at_ms = running.started_at_ms + 10,
                                       .duration_ms = 10}};
    struct event wrong = stop;
    wrong.recording.recording_id = "r_other";
    assert_corrupt(&world, wrong);
    wrong = stop;
    wrong.recording.path = "recordings/other";
    assert_corrupt(&world, wrong);
    wrong = stop;
    wrong.recording.duration_ms = 11;
    assert_corrupt(&world, wrong);
    wrong = stop;
    wrong.recording.ended_at_ms = running.started_at_ms - 1;
    wrong.recording.duration_ms = -1;
    assert_corrupt(&world, wrong);
    wrong = stop;
    wrong.participant = 1;
    assert_corrupt(&world, wrong);
    assert_corrupt(&world, (struct event){.type = EVENT_LEAVE, .participant = 2});
    assert_corrupt(&world, (struct event){.type = EVENT_SESSION_ENDED});
    world_free(&world);
}

static void an_upload_is_of_a_stopped_recording_by_whom_it_is_of(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    consent(&world, 2, true);
    say(&world, 2, COMMAND_START_RECORDING);
    struct recording_view recording = room_recording(world.room, 0);
    static const char good[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    static const char bad[] = "0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef";
    struct event upload = {
        .type = EVENT_RECORDING_UPLOADED,
        .participant = 2,
        .recording = {.recording_id = recording.recording_id, .bytes = 1, .sha256 = good}};
    assert_corrupt(&world, upload);
    say(&world, 2, COMMAND_STOP_RECORDING);
    struct event wrong = upload;
    wrong.participant = 1;
    assert_corrupt(&world, wrong);
    wrong = upload;
    wrong.recording.sha256 = bad;
    assert_corrupt(&world, wrong);
    wrong.recording.sha256 = "";
    assert_corrupt(&world, wrong);
    wrong = upload;
    wrong.recording.recording_id = "r_other";
    assert_corrupt(&world, wrong);
    world_free(&world);
}

static struct event chosen(unsigned page, const char *choice)
{
    return (struct event){
        .type = EVENT_CHOICE_SUBMITTED, .participant = 2, .choice_submitted = {page, choice}};
}

static void a_choice_is_one_of_an_open_pages(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    go_to(&world, 1, PAGE_ALL);
    assert_corrupt(&world, chosen(PAGE_ALL, "perhaps"));
    assert_corrupt(&world, chosen(PAGE_ALL, NULL));
    assert_corrupt(&world, chosen(PAGE_NOW, "yes"));
    assert_corrupt(&world, chosen(0, "yes"));
    assert_corrupt(&world, chosen(UINT32_MAX, "yes"));
    choose(&world, 2, 0, "yes");
    say(&world, 1, COMMAND_NEXT_PAGE);
    assert_corrupt(&world, chosen(PAGE_ALL, "no"));
    world_free(&world);
}

static void what_is_revealed_is_what_was_chosen_and_before_the_page_is_left(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    go_to(&world, 1, PAGE_ALL);
    struct event_choice said[2] = {{2, "yes"}, {3, "no"}};
    struct event reveal = {.type = EVENT_CHOICES_REVEALED, .choices_revealed = {PAGE_ALL, 0, said}};
    assert_corrupt(&world, reveal);
    reveal.choices_revealed.page = PAGE_LAST + 1;
    assert_corrupt(&world, reveal);
    reveal.choices_revealed.page = PAGE_ALL;
    choose(&world, 2, 0, "yes");
    assert_corrupt(&world, reveal);
    reveal.choices_revealed.count = 2;
    assert_corrupt(&world, reveal);
    reveal.choices_revealed.count = 1;
    said[0].choice = "no";
    assert_corrupt(&world, reveal);
    said[0] = (struct event_choice){1, "yes"};
    assert_corrupt(&world, reveal);
    assert_corrupt(&world, (struct event){.type = EVENT_NEXT_PAGE, .next_page = {PAGE_NOW}});
    assert_corrupt(&world, (struct event){.type = EVENT_SESSION_ENDED});
    said[0] = (struct event_choice){2, "yes"};
    reveal = next(&world, reveal);
    assert_int_equal(room_apply(world.room, &reveal), ERR_NONE);
    assert_corrupt(&world, reveal);
    room_free(world.room);
    buf_release(&world.log);
}

static void a_page_is_turned_to_another_one_that_there_is(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    static const unsigned pages[] = {0, PAGE_TALK, PAGE_LAST + 1, UINT32_MAX};
    for (size_t i = 0; i < sizeof(pages) / sizeof(*pages); i++)
        assert_corrupt(&world, (struct event){.type = EVENT_NEXT_PAGE, .next_page = {pages[i]}});
    world_free(&world);
}

static void after_the_end_there_are_uploads_and_the_report_alone(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    say(&world, 1, COMMAND_END_SESSION);
    for (int type = 0; type < EVENT_TYPE_COUNT; type++) {
        struct event event = {.type = (enum event_type)type, .participant = 1};
        if (type != EVENT_ANALYSIS_READY && type != EVENT_RECORDING_UPLOADED &&
            type != EVENT_FORGOTTEN)
            assert_corrupt(&world, event);
    }
    assert_corrupt(&world, (struct event){.type = EVENT_ANALYSIS_READY});
    assert_corrupt(&world, (struct event){.type = EVENT_TYPE_COUNT});
    world_free(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seq_without_gaps_and_ts_never_back),
        cmocka_unit_test(a_join_takes_a_free_seat_under_the_next_number_or_the_old_one),
        cmocka_unit_test(only_the_seated_come_go_and_speak),
        cmocka_unit_test(only_the_connected_become_host),
        cmocka_unit_test(a_start_follows_its_countdown),
        cmocka_unit_test(a_countdown_does_not_end_in_the_past),
        cmocka_unit_test(nobody_starts_while_somebody_is_gone),
        cmocka_unit_test(what_belongs_to_the_live_phase_does_not_come_before_it),
        cmocka_unit_test(a_recording_needs_consent_an_id_of_its_own_and_a_path_that_stays_inside),
        cmocka_unit_test(a_recording_stops_as_what_it_started_and_lasts_from_start_to_end),
        cmocka_unit_test(an_upload_is_of_a_stopped_recording_by_whom_it_is_of),
        cmocka_unit_test(a_choice_is_one_of_an_open_pages),
        cmocka_unit_test(what_is_revealed_is_what_was_chosen_and_before_the_page_is_left),
        cmocka_unit_test(a_page_is_turned_to_another_one_that_there_is),
        cmocka_unit_test(after_the_end_there_are_uploads_and_the_report_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

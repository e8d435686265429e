#include "room/room_testing.h"

#define SHA256 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static enum err record(struct world *world, unsigned participant, enum command_type type,
                       int64_t at_ms)
{
    return message(world, participant,
                   &(struct command){.type = type, .recording = {.has_at = true, .at_ms = at_ms}});
}

static enum err uploaded(struct world *world, const char *recording_id)
{
    return step(world, &(struct room_command){.ask = ROOM_UPLOADED,
                                              .recording_id = recording_id,
                                              .bytes = 4711,
                                              .sha256 = SHA256});
}

static void a_recording_has_an_id_a_path_a_start_an_end_and_a_duration(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    consent(&world, 2, true);
    assert_events(&world, "consent p2");
    assert_own(&world, EVENT_CONSENT);
    say(&world, 2, COMMAND_START_RECORDING);
    assert_events(&world, "recording_started p2");
    assert_own(&world, EVENT_RECORDING_STARTED);
    const struct event *started = event_of(&world, EVENT_RECORDING_STARTED);
    assert_string_equal(started->recording.recording_id, "r_AbCdEfGhIjKlMnOpQrStUv_1");
    assert_string_equal(started->recording.path, "recordings/" TEST_SESSION "/p2-1.opus");
    assert_int_equal(started->recording.started_at_ms, world.now_ms);
    assert_true(view_of(&world).participants[1].is_recording);
    world.now_ms += 1234;
    say(&world, 2, COMMAND_STOP_RECORDING);
    assert_events(&world, "recording_stopped p2");
    assert_own(&world, EVENT_RECORDING_STOPPED);
    const struct event *stopped = event_of(&world, EVENT_RECORDING_STOPPED);
    assert_string_equal(stopped->recording.recording_id, "r_AbCdEfGhIjKlMnOpQrStUv_1");
    assert_string_equal(stopped->recording.path, "recordings/" TEST_SESSION "/p2-1.opus");
    assert_int_equal(stopped->recording.ended_at_ms, world.now_ms);
    assert_int_equal(stopped->recording.duration_ms, 1234);
    assert_false(view_of(&world).participants[1].is_recording);
    world_free(&world);
}

static void recordings_are_numbered_in_the_session_and_files_by_participant(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    consent(&world, 1, true);
    consent(&world, 3, true);
    say(&world, 1, COMMAND_START_RECORDING);
    say(&world, 3, COMMAND_START_RECORDING);
    say(&world, 3, COMMAND_STOP_RECORDING);
    say(&world, 3, COMMAND_START_RECORDING);
    const struct event *started = event_of(&world, EVENT_RECORDING_STARTED);
    assert_string_equal(started->recording.recording_id, "r_AbCdEfGhIjKlMnOpQrStUv_3");
    assert_string_equal(started->recording.path, "recordings/" TEST_SESSION "/p3-2.opus");
    assert_int_equal(room_recording_count(world.room), 3);
    world_free(&world);
}

static void the_client_says_when_it_started_and_ended(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    consent(&world, 2, true);
    record(&world, 2, COMMAND_START_RECORDING, TEST_T0 + 3010);
    assert_int_equal(event_of(&world, EVENT_RECORDING_STARTED)->recording.started_at_ms,
                     TEST_T0 + 3010);
    record(&world, 2, COMMAND_STOP_RECORDING, TEST_T0 + 9010);
    assert_int_equal(event_of(&world, EVENT_RECORDING_STOPPED)->recording.duration_ms, 6000);
    world_free(&world);
}

static void an_end_before_the_start_is_bad_request(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    consent(&world, 2, true);
    record(&world, 2, COMMAND_START_RECORDING, TEST_T0 + 9000);
    record(&world, 2, COMMAND_STOP_RECORDING, TEST_T0 + 8999);
    assert_refused(&world, ERR_BAD_REQUEST, REASON_FIELD_RANGE);
    assert_string_equal(world.effects.why.field, "ended_at_ms");
    record(&world, 2, COMMAND_STOP_RECORDING, -1);
    assert_refused(&world, ERR_BAD_REQUEST, REASON_FIELD_RANGE);
    record(&world, 2, COMMAND_STOP_RECORDING, TEST_T0 + 9000);
    assert_int_equal(event_of(&world, EVENT_RECORDING_STOPPED)->recording.duration_ms, 0);
    world_free(&world);
}

static void recording_without_consent_is_no_consent(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    say(&world, 2, COMMAND_START_RECORDING);
    assert_refused(&world, ERR_NO_CONSENT, REASON_NONE);
    world_free(&world);
}

static void recording_before_the_start_is_wrong_phase_consent_or_not(void **state)
{
    (void)state;
    struct world world;
    world_new(&world);
    init(&world, "kim");
    say(&world, 1, COMMAND_START_RECORDING);
    assert_refused(&world, ERR_WRONG_PHASE, REASON_NOT_LIVE);
    consent(&world, 1, true);
    say(&world, 1, COMMAND_START_RECORDING);
    assert_refused(&world, ERR_WRONG_PHASE, REASON_NOT_LIVE);
    world_free(&world);
}

static void recording_where_it_is_off_is_forbidden_but_first_of_all_bad_request(void **state)
{
    (void)state;
    struct world world;
    struct room_config config = room_config_default();
    config.record = RECORD_OFF;
    world_new_with(&world, 2, NULL, &config);
    init(&world, "kim");
    say(&world, 1, COMMAND_START_RECORDING);
    assert_refused(&world, ERR_FORBIDDEN, REASON_RECORDING_OFF);
    record(&world, 1, COMMAND_START_RECORDING, -5);
    assert_refused(&world, ERR_BAD_REQUEST, REASON_FIELD_RANGE);
    assert_string_equal(world.effects.why.field, "started_at_ms");
    world_free(&world);
}

static void recording_twice_is_already_recording(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    consent(&world, 2, true);
    say(&world, 2, COMMAND_START_RECORDING);
    say(&world, 2, COMMAND_START_RECORDING);
    assert_refused(&world, ERR_ALREADY_RECORDING, REASON_NONE);
    world_free(&world);
}

static void stopping_what_does_not_run_is_not_recording_in_any_phase(void **state)
{
    (void)state;
    struct world world;
    world_new(&world);
    init(&world, "kim");
    say(&world, 1, COMMAND_STOP_RECORDING);
    assert_refused(&world, ERR_NOT_RECORDING, REASON_NONE);
    world_free(&world);
    world_live(&world);
    say(&world, 2, COMMAND_STOP_RECORDING);
    assert_refused(&world, ERR_NOT_RECORDING, REASON_NONE);
    world_free(&world);
}

static void consent_may_be_given_at_any_time_and_an_unchanged_one_is_not_written(void **state)
{
    (void)state;
    struct world world;
    world_new(&world);
    init(&world, "kim");
    consent(&world, 1, false);
    assert_nothing_to_write(&world);
    consent(&world, 1, true);
    assert_events(&world, "consent p1");
    assert_true(event_of(&world, EVENT_CONSENT)->consent.recording);
    consent(&world, 1, true);
    assert_nothing_to_write(&world);
    world_free(&world);
}

static void taking_consent_back_stops_a_running_recording(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    consent(&world, 2, true);
    say(&world, 2, COMMAND_START_RECORDING);
    world.now_ms += 10;
    consent(&world, 2, false);
    assert_events(&world, "consent p2, recording_stopped p2");
    assert_own(&world, EVENT_CONSENT);
    say(&world, 2, COMMAND_START_RECORDING);
    assert_refused(&world, ERR_NO_CONSENT, REASON_NONE);
    world_free(&world);
}

static void leaving_stops_the_recording_first(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    consent(&world, 2, true);
    say(&world, 2, COMMAND_START_RECORDING);
    say(&world, 2, COMMAND_LEAVE);
    assert_events(&world, "recording_stopped p2, leave p2");
    assert_own(&world, EVENT_LEAVE);
    world_free(&world);
}

static void the_end_stops_each_running_recording_before_it(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    for (unsigned i = 1; i <= 3; i++) {
        consent(&world, i, true);
        say(&world, i, COMMAND_START_RECORDING);
    }
    say(&world, 2, COMMAND_STOP_RECORDING);
    disconnect(&world, 3);
    say(&world, 1, COMMAND_END_SESSION);
    assert_events(&world, "recording_stopped p1, recording_stopped p3, session_ended");
    world_free(&world);
}

static void an_upload_is_written_once_the_recording_has_stopped(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    consent(&world, 2, true);
    say(&world, 2, COMMAND_START_RECORDING);
    struct recording_view view;
    assert_true(room_recording_find(world.room, "r_AbCdEfGhIjKlMnOpQrStUv_1", &view));
    assert_false(view.ended);
    char id[LIMIT_RECORDING_ID + 1];
    snprintf(id, sizeof(id), "%s", view.recording_id);
    uploaded(&world, id);
    assert_refused(&world, ERR_CONFLICT, REASON_STILL_RECORDING);
    uploaded(&world, "r_nothing_1");
    assert_refused(&world, ERR_NOT_FOUND, REASON_NO_RECORDING);
    assert_false(room_recording_find(world.room, "r_nothing_1", &view));
    say(&world, 1, COMMAND_END_SESSION);
    uploaded(&world, id);
    assert_events(&world, "recording_uploaded p2");
    assert_own(&world, EVENT_RECORDING_UPLOADED);
    assert_true(room_recording_find(world.room, id, &view));
    assert_true(view.uploaded);
    assert_int_equal(view.bytes, 4711);
    assert_string_equal(view.sha256, SHA256);
    uploaded(&world, id);
    assert_refused(&world, ERR_CONFLICT, REASON_UPLOADED_ALREADY);
    world_free(&world);
}

static void the_report_may_come_after_the_end(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    say(&world, 1, COMMAND_END_SESSION);
    assert_null(view_of(&world).report);
    step(&world, &(struct room_command){.ask = ROOM_ANALYSIS_READY,
                                        .report = "/api/sessions/" TEST_SESSION "/report"});
    assert_events(&world, "analysis_ready");
    assert_own(&world, EVENT_ANALYSIS_READY);
    assert_string_equal(view_of(&world).report, "/api/sessions/" TEST_SESSION "/report");
    world_free(&world);
}

static void forget(struct world *world, const char *user, enum role role)
{
    const struct token token = token_of(user, role);
    step(world, &(struct room_command){
                    .ask = ROOM_FORGET, .token = &token, .recordings = 3, .bytes = 4711});
}

static void what_is_forgotten_stays_so_and_nothing_comes_after(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    consent(&world, 2, true);
    say(&world, 2, COMMAND_START_RECORDING);
    forget(&world, "kim", ROLE_DEBATER);
    assert_refused(&world, ERR_WRONG_PHASE, REASON_NOT_ENDED);
    say(&world, 1, COMMAND_END_SESSION);
    forget(&world, "lee", ROLE_DEBATER);
    assert_refused(&world, ERR_FORBIDDEN, REASON_NOT_HOST);
    step(&world, &(struct room_command){.ask = ROOM_ANALYSIS_READY, .report = "/report"});
    forget(&world, "stranger", ROLE_OPERATOR);
    assert_events(&world, "forgotten");
    assert_own(&world, EVENT_FORGOTTEN);
    assert_true(room_is_forgotten(world.room));
    assert_null(view_of(&world).report);
    uploaded(&world, "r_AbCdEfGhIjKlMnOpQrStUv_1");
    assert_refused(&world, ERR_ENDED, REASON_FORGOTTEN);
    step(&world, &(struct room_command){.ask = ROOM_ANALYSIS_READY, .report = "/report"});
    assert_refused(&world, ERR_ENDED, REASON_FORGOTTEN);
    forget(&world, "stranger", ROLE_OPERATOR);
    assert_refused(&world, ERR_ENDED, REASON_FORGOTTEN);
    world_free(&world);
}

static void a_session_takes_256_recordings(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    consent(&world, 2, true);
    for (int i = 0; i < LIMIT_RECORDINGS; i++) {
        assert_int_equal(say(&world, 2, COMMAND_START_RECORDING), ERR_NONE);
        assert_int_equal(say(&world, 2, COMMAND_STOP_RECORDING), ERR_NONE);
    }
    say(&world, 2, COMMAND_START_RECORDING);
    assert_refused(&world, ERR_RATE_LIMITED, REASON_NONE);
    world_free(&world);
}

static enum err status(struct world *world, bool mic, bool has_speaking, bool speaking)
{
    return message(world, 2,
                   &(struct command){.type = COMMAND_VOICE_STATUS_UPDATE,
                                     .voice_status = {mic, has_speaking, speaking}});
}

static void voice_status_tells_everybody_and_a_missing_is_speaking_leaves_it_as_it_was(void **state)
{
    (void)state;
    struct world world;
    world_new(&world);
    init(&world, "kim");
    init_as(&world, "lee", ROLE_DEBATER, "Lee", false);
    status(&world, true, true, true);
    assert_events(&world, "voice_status p2");
    assert_own(&world, EVENT_VOICE_STATUS);
    const struct event *event = event_of(&world, EVENT_VOICE_STATUS);
    assert_string_equal(event->voice_status.nickname, "Lee");
    assert_true(event->voice_status.is_mic_on && event->voice_status.is_speaking);
    status(&world, true, false, false);
    assert_nothing_to_write(&world);
    status(&world, false, false, false);
    event = event_of(&world, EVENT_VOICE_STATUS);
    assert_true(!event->voice_status.is_mic_on && event->voice_status.is_speaking);
    assert_true(view_of(&world).participants[1].is_speaking);
    world_free(&world);
}

static void taking_consent_back_without_a_recording_is_one_event(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    consent(&world, 2, true);
    consent(&world, 2, false);
    assert_events(&world, "consent p2");
    assert_own(&world, EVENT_CONSENT);
    assert_false(event_of(&world, EVENT_CONSENT)->consent.recording);
    world_free(&world);
}

static void only_ones_own_recording_is_stopped(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    consent(&world, 2, true);
    consent(&world, 3, true);
    say(&world, 2, COMMAND_START_RECORDING);
    say(&world, 3, COMMAND_STOP_RECORDING);
    assert_refused(&world, ERR_NOT_RECORDING, REASON_NONE);
    consent(&world, 3, false);
    assert_events(&world, "consent p3");
    assert_true(view_of(&world).participants[1].is_recording);
    world_free(&world);
}

static void an_empty_sessions_end_stops_recordings_first(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    consent(&world, 2, true);
    say(&world, 2, COMMAND_START_RECORDING);
    for (unsigned i = 1; i <= 3; i++)
        disconnect(&world, i);
    tick_when_due(&world);
    assert_events(&world, "recording_stopped p2, session_ended");
    assert_int_equal(event_of(&world, EVENT_SESSION_ENDED)->session_ended.reason, END_EMPTY);
    assert_int_equal(event_of(&world, EVENT_RECORDING_STOPPED)->recording.ended_at_ms,
                     world.now_ms);
    world_free(&world);
}

static void a_start_in_the_future_is_stopped_by_the_server_with_no_duration(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    consent(&world, 2, true);
    record(&world, 2, COMMAND_START_RECORDING, world.now_ms + 60000);
    say(&world, 2, COMMAND_LEAVE);
    assert_events(&world, "recording_stopped p2, leave p2");
    assert_int_equal(event_of(&world, EVENT_RECORDING_STOPPED)->recording.duration_ms, 0);
    world_free(&world);
}

static void an_upload_may_come_while_the_debate_is_live_and_from_who_left(void **state)
{
    (void)state;
    struct world world;
    world_live(&world);
    consent(&world, 2, true);
    say(&world, 2, COMMAND_START_RECORDING);
    say(&world, 2, COMMAND_LEAVE);
    uploaded(&world, room_recording(world.room, 0).recording_id);
    assert_events(&world, "recording_uploaded p2");
    assert_int_equal(event_of(&world, EVENT_RECORDING_UPLOADED)->actor, 0);
    world_free(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_recording_has_an_id_a_path_a_start_an_end_and_a_duration),
        cmocka_unit_test(recordings_are_numbered_in_the_session_and_files_by_participant),
        cmocka_unit_test(the_client_says_when_it_started_and_ended),
        cmocka_unit_test(an_end_before_the_start_is_bad_request),
        cmocka_unit_test(recording_without_consent_is_no_consent),
        cmocka_unit_test(recording_before_the_start_is_wrong_phase_consent_or_not),
        cmocka_unit_test(recording_where_it_is_off_is_forbidden_but_first_of_all_bad_request),
        cmocka_unit_test(recording_twice_is_already_recording),
        cmocka_unit_test(stopping_what_does_not_run_is_not_recording_in_any_phase),
        cmocka_unit_test(consent_may_be_given_at_any_time_and_an_unchanged_one_is_not_written),
        cmocka_unit_test(taking_consent_back_stops_a_running_recording),
        cmocka_unit_test(leaving_stops_the_recording_first),
        cmocka_unit_test(the_end_stops_each_running_recording_before_it),
        cmocka_unit_test(an_upload_is_written_once_the_recording_has_stopped),
        cmocka_unit_test(the_report_may_come_after_the_end),
        cmocka_unit_test(what_is_forgotten_stays_so_and_nothing_comes_after),
        cmocka_unit_test(a_session_takes_256_recordings),
        cmocka_unit_test(
            voice_status_tells_everybody_and_a_missing_is_speaking_leaves_it_as_it_was),
        cmocka_unit_test(taking_consent_back_without_a_recording_is_one_event),
        cmocka_unit_test(only_ones_own_recording_is_stopped),
        cmocka_unit_test(an_empty_sessions_end_stops_recordings_first),
        cmocka_unit_test(a_start_in_the_future_is_stopped_by_the_server_with_no_duration),
        cmocka_unit_test(an_upload_may_come_while_the_debate_is_live_and_from_who_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

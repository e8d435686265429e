/* Consent and recordings (protocol, section 5). The last test starts servers with other rules. */
#include "server/debate_testing.h"

static const char *const by_hand[] = {"--record", "manual", "--countdown", "0.2", NULL};
static const char *const no_record[] = {"--record", "off", NULL};
static const char *const by_itself[] = {"--record", "auto", NULL};

static struct debate asked, told, ended, left, off;

static int recordings_begin(void **state)
{
    (void)state;
    struct debate *all[] = {&asked, &told, &ended, &left, &off};
    server_start(by_hand);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        debate_begin(all[i], text("recordings-%zu", i), 2, 2, NULL);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        debate_live(all[i]);
    return 0;
}

static void consents(struct debate *debate, int who)
{
    acked_(debate->seat[who], "consent", "{\"recording\":true}");
    want_(all_heard_(debate, "consent"), "data.participant_id", text("p%d", who + 1));
}

static void a_recording_needs_a_live_session_and_consent(void **state)
{
    (void)state;
    struct debate lobby;
    debate_begin(&lobby, "recordings-lobby", 3, 1, NULL);
    want(lobby.welcome[0], "data.record", "manual");
    refused(lobby.seat[0], "start_recording", "{}", "wrong_phase");
    refused(lobby.seat[0], "stop_recording", "{}", "not_recording");
    acked(lobby.seat[0], "consent", "{\"recording\":true}");
    refused(lobby.seat[0], "start_recording", "{}", "wrong_phase");
    refused(lobby.seat[0], "start_recording", "{\"started_at_ms\":\"x\"}", "bad_request");
    refused(asked.seat[0], "start_recording", "{}", "no_consent");
    refused(asked.seat[0], "stop_recording", "{}", "not_recording");
    refused(asked.seat[0], "start_recording", "{\"started_at_ms\":\"x\"}", "bad_request");
    acked(asked.seat[0], "consent", "{\"recording\":true}");
    acked(asked.seat[0], "consent", "{\"recording\":false}");
    refused(asked.seat[0], "start_recording", "{}", "no_consent");
}

static void a_recording_is_told_from_start_to_end(void **state)
{
    (void)state;
    struct socket *one = told.seat[0];
    consents(&told, 0);
    refused(told.seat[1], "start_recording", "{}", "no_consent"); /* each for themselves */
    int64_t before = wall_ms();
    const struct json *ack = acked(one, "start_recording", "{}");
    const struct json *start = all_heard(&told, "recording_started");
    want_types(start, "sssn", "data.participant_id data.recording_id data.path data.started_at");
    want(start, "data.participant_id", "p1");
    want(start, "actor", "p1");
    want(ack, "data.seq", shown(start, "seq"));
    assert_true(number(start, "data.started_at") >= (double)before);
    assert_true(number(start, "data.started_at") <= (double)wall_ms());
    refused(one, "start_recording", "{}", "already_recording");
    const struct json *session = session_seen(&told);
    want(session, "recordings.0.recording_id", shown(start, "data.recording_id"));
    want(session, "recordings.0.participant_id", "p1");
    want(session, "recordings.0.path", shown(start, "data.path"));
    want(session, "recordings.0.started_at", shown(start, "data.started_at"));
    want(session, "recordings.0.ended_at", "(absent)");
    want(session, "recordings.0.sha256", "(absent)");
    struct socket *watcher = voice_open(told.session, token_with_role("w", "observer"));
    const struct json *welcome = init(watcher, "{}");
    want(welcome, "data.participants.0.is_recording", "true");
    want(welcome, "data.participants.1.is_recording", "false");
    pass_time(50);
    refused(one, "stop_recording", "{\"ended_at_ms\":[]}", "bad_request");
    acked(one, "stop_recording", "{}");
    const struct json *stop = all_heard(&told, "recording_stopped");
    want_types(stop, "sssnn",
               "data.participant_id data.recording_id data.path data.ended_at data.duration");
    want(stop, "data.recording_id", shown(start, "data.recording_id"));
    want(stop, "data.path", shown(start, "data.path"));
    double ms = number(stop, "data.ended_at") - number(start, "data.started_at");
    assert_true(ms >= 50 && ms < 5000);
    assert_true(fabs(number(stop, "data.duration") - ms / 1000) < 1e-6); /* in seconds */
    session = session_seen(&told);
    want(session, "recordings.0.ended_at", shown(stop, "data.ended_at"));
    want(session, "recordings.0.duration", shown(stop, "data.duration"));
    refused(one, "stop_recording", "{}", "not_recording");
}

static void the_client_may_say_when_it_began_and_ended(void **state)
{
    (void)state;
    struct socket *one = told.seat[0];
    long began = (long)wall_ms() - 150;
    acked(one, "start_recording", text("{\"started_at_ms\":%ld}", began));
    const struct json *start = all_heard(&told, "recording_started");
    want(start, "data.started_at", text("%ld", began));
    acked(one, "stop_recording", text("{\"ended_at_ms\":%ld}", began + 125));
    const struct json *stop = all_heard(&told, "recording_stopped");
    want(stop, "data.ended_at", text("%ld", began + 125));
    want(stop, "data.duration", "0.125");
    const struct json *session = session_seen(&told);
    want(session, "recordings.1.recording_id", shown(start, "data.recording_id"));
    assert_string_not_equal(shown(session, "recordings.0.recording_id"),
                            shown(session, "recordings.1.recording_id"));
    assert_string_not_equal(shown(session, "recordings.0.path"),
                            shown(session, "recordings.1.path"));
}

static void consent_taken_back_stops_the_recording(void **state)
{
    (void)state;
    consents(&asked, 0);
    acked(asked.seat[0], "start_recording", "{}");
    heard_at_last(asked.seat[1], "recording_started");
    acked(asked.seat[0], "consent", "{\"recording\":false}");
    want(heard_at_last(asked.seat[0], "recording_stopped"), "data.participant_id", "p1");
    refused(asked.seat[0], "stop_recording", "{}", "not_recording");
    refused(asked.seat[0], "start_recording", "{}", "no_consent");
    want(log_last(log_whole(asked.session), "consent"), "data.recording", "false");
}

static void leave_stops_the_recording(void **state)
{
    (void)state;
    consents(&left, 1);
    acked(left.seat[1], "start_recording", "{}");
    all_heard(&left, "recording_started");
    acked(left.seat[1], "leave", "{}");
    want_close(left.seat[1], 1000);
    catch_up(left.seat[0]);
    struct answer log = log_whole(left.session);
    want(log_last(log, "recording_stopped"), "data.participant_id", "p2");
    want(log_last(log, "leave"), "data.participant_id", "p2");
}

static void the_end_stops_each_recording_before_it(void **state)
{
    (void)state;
    consents(&ended, 0);
    consents(&ended, 1);
    for (int i = 0; i < 2; i++) {
        acked(ended.seat[i], "start_recording", "{}");
        all_heard(&ended, "recording_started");
    }
    acked(ended.seat[0], "end_session", "{}");
    const struct json *first = all_heard(&ended, "recording_stopped");
    const struct json *second = all_heard(&ended, "recording_stopped");
    assert_string_not_equal(shown(first, "data.participant_id"),
                            shown(second, "data.participant_id"));
    want(all_heard(&ended, "session_ended"), "data.reason", "host");
    want_types(session_seen(&ended), "nn", "recordings.0.duration recordings.1.duration");
}

static void where_nothing_is_recorded_it_is_forbidden(void **state)
{
    (void)state;
    struct debate lobby;
    consents(&off, 0);
    server_kill();
    server_start(no_record);
    debate_begin(&lobby, "recordings-off", 3, 1, NULL);
    want(lobby.welcome[0], "data.record", "off");
    refused(lobby.seat[0], "start_recording", "{}", "forbidden"); /* before wrong_phase */
    refused(lobby.seat[0], "start_recording", "{\"started_at_ms\":{}}", "bad_request");
    struct socket *one = voice_open(off.session, token("u1"));
    want(sit(one, "u1"), "data.phase", "live");
    refused(one, "start_recording", "{}", "forbidden");
    acked(one, "consent", "{\"recording\":false}");
    refused(one, "start_recording", "{}", "forbidden"); /* before no_consent */
    server_kill();
    server_start(by_itself);
    one = voice_open(off.session, token("u1"));
    want(sit(one, "u1"), "data.record", "auto");
    refused(one, "start_recording", "{}", "no_consent");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_recording_needs_a_live_session_and_consent),
        cmocka_unit_test(a_recording_is_told_from_start_to_end),
        cmocka_unit_test(the_client_may_say_when_it_began_and_ended),
        cmocka_unit_test(consent_taken_back_stops_the_recording),
        cmocka_unit_test(leave_stops_the_recording),
        cmocka_unit_test(the_end_stops_each_recording_before_it),
        cmocka_unit_test(where_nothing_is_recorded_it_is_forbidden),
    };
    return cmocka_run_group_tests(tests, recordings_begin, group_end);
}

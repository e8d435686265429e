/* Countdown and start (protocol, sections 1, 5 and 10). What takes time runs side by side: the
 * rooms of the first tests are made before. */
#include "server/debate_testing.h"

enum { ROOMS = 24, COUNTDOWN_MS = 3000 };
static struct debate rooms[ROOMS];

static int start_begin(void **state)
{
    group_begin(state);
    for (int i = 0; i < ROOMS; i++)
        debate_begin(&rooms[i], text("start-%d", i), 2 + i % 3, 2 + i % 3, NULL);
    return 0;
}

static void a_countdown_comes_when_the_last_seat_is_taken(void **state)
{
    (void)state;
    struct debate debate;
    debate_begin(&debate, "counts", 3, 2, NULL);
    quiet(debate.seat[0]);
    want(session_seen(&debate), "phase", "lobby");
    debate.seat[2] = voice_open(debate.session, token("u3"));
    quiet(debate.seat[0]); /* open, and without init not in */
    sit(debate.seat[2], "u3");
    heard(debate.seat[0], "join");
    heard(debate.seat[1], "join");
    const struct json *countdown = all_heard(&debate, "countdown");
    want_types(countdown, "nnnn", "seq ts data.seconds data.start_at");
    want(countdown, "actor", "(absent)");
    want(countdown, "data.seconds", "3");
    assert_true(number(countdown, "data.start_at") == number(countdown, "ts") + COUNTDOWN_MS);
    want(session_seen(&debate), "phase", "countdown");
    struct socket *watcher = voice_open(debate.session, token_with_role("w", "observer"));
    const struct json *welcome = init(watcher, "{}");
    want(welcome, "data.phase", "countdown");
    want(welcome, "data.start_at", shown(countdown, "data.start_at"));
    refused(debate.seat[0], "ready", "{}", "wrong_phase");
    refused(debate.seat[0], "next_page", "{}", "wrong_phase");
}

static void start_never_comes_before_start_at_and_to_all(void **state)
{
    (void)state;
    int64_t latest = 0;
    for (int i = 0; i < ROOMS; i++) {
        int64_t start_at = 0;
        for (int who = 0; who < rooms[i].seats; who++) {
            struct socket *socket = rooms[i].seat[who];
            const struct json *countdown = heard(socket, "countdown");
            start_at = (int64_t)number(countdown, "data.start_at");
            const struct message *start = heard_message(socket, "start");
            if (start->at_us < start_at * 1000)
                fail_msg("%ld us too early", (long)(start_at * 1000 - start->at_us));
            want(start->json, "data.start_at", shown(countdown, "data.start_at"));
            want(start->json, "actor", "(absent)");
            assert_true(number(start->json, "ts") >= (double)start_at);
            if (start->at_us - start_at * 1000 > latest)
                latest = start->at_us - start_at * 1000;
        }
    }
    print_message("the latest was %ld us late\n", (long)latest);
    assert_true(latest < 500 * 1000);
    want(session_seen(&rooms[0]), "phase", "live");
    want(session_seen(&rooms[0]), "page", "1");
    for (int i = 0; i < ROOMS; i++)
        quiet(rooms[i].seat[0]);
}

static void a_start_is_reported_once_and_only_live(void **state)
{
    (void)state;
    struct debate *debate = &rooms[0];
    struct socket *one = debate->seat[0], *two = debate->seat[1];
    struct socket *watcher = voice_open(debate->session, token_with_role("w", "observer"));
    long start_at = (long)number(init(watcher, "{}"), "data.start_at");
    refused(one, "report_start", "{}", "bad_request");
    refused(one, "report_start", "{\"at\":1,\"error_ms\":\"x\"}", "bad_request");
    acked(one, "report_start", text("{\"at\":%ld.5,\"error_ms\":0.25}", start_at + 2));
    const struct json *report = all_heard(debate, "start_reported");
    want_types(report, "snn", "data.participant_id data.late_ms data.error_ms");
    want(report, "data.participant_id", "p1");
    assert_true(number(report, "data.late_ms") == 2.5);
    assert_true(number(report, "data.error_ms") == 0.25);
    refused(one, "report_start", text("{\"at\":%ld}", start_at), "wrong_phase");
    acked(two, "report_start", text("{\"at\":%ld}", start_at - 3));
    report = all_heard(debate, "start_reported");
    want(report, "data.late_ms", "-3");
    want(report, "data.error_ms", "(absent)");
    quiet(one);
}

static void who_goes_while_live_stops_nothing(void **state)
{
    (void)state;
    struct debate *debate = &rooms[1];
    socket_cut(debate->seat[1]);
    want(heard(debate->seat[0], "disconnected"), "data.participant_id", "p2");
    want(session_seen(debate), "phase", "live");
    debate->seat[1] = voice_open(debate->session, token("u2"));
    const struct json *welcome = sit(debate->seat[1], "u2");
    want(welcome, "data.phase", "live");
    want_types(welcome, "n", "data.start_at");
    heard(debate->seat[0], "connected");
    acked(debate->seat[1], "leave", "{}");
    heard(debate->seat[0], "leave");
    quiet(debate->seat[0]);
    want(session_seen(debate), "phase", "live");
    refused(debate->seat[0], "ready", "{}", "wrong_phase");
}

static void a_countdown_is_cancelled_and_begins_anew(void **state)
{
    (void)state;
    struct debate gone, left;
    debate_begin(&gone, "cancelled-gone", 2, 2, NULL);
    debate_begin(&left, "cancelled-left", 2, 2, NULL);
    heard(gone.seat[0], "countdown");
    const struct json *first = heard(left.seat[0], "countdown");
    socket_cut(gone.seat[1]);
    acked(left.seat[1], "leave", "{}");
    const struct json *cancelled = heard_at_last(gone.seat[0], "countdown_cancelled");
    want_types(cancelled, "s", "data.reason");
    heard_at_last(left.seat[0], "countdown_cancelled");
    want(session_seen(&gone), "phase", "lobby");
    want(session_seen(&left), "phase", "lobby");
    /* Nothing starts at the time that was announced. */
    pass_time(COUNTDOWN_MS + 200);
    forget(gone.seat[0]);
    forget(left.seat[0]);
    quiet(gone.seat[0]);
    quiet(left.seat[0]);
    sit(voice_open(gone.session, token("u2")), "u2");
    sit(voice_open(left.session, token("u3")), "u3");
    heard(gone.seat[0], "connected");
    heard(left.seat[0], "join");
    heard(gone.seat[0], "countdown");
    const struct json *again = heard(left.seat[0], "countdown");
    assert_true(number(again, "data.start_at") == number(again, "ts") + COUNTDOWN_MS);
    assert_true(number(again, "data.start_at") > number(first, "data.start_at"));
    const struct message *start = heard_message(left.seat[0], "start");
    assert_true((double)start->at_us >= number(again, "data.start_at") * 1000);
    heard(gone.seat[0], "start");
}

static void a_return_in_the_countdown_counts_three_seconds_again(void **state)
{
    (void)state;
    struct debate debate;
    debate_begin(&debate, "returns-counting", 2, 2, NULL);
    heard(debate.seat[0], "countdown");
    pass_time(1000);
    socket_cut(debate.seat[1]);
    heard_at_last(debate.seat[0], "countdown_cancelled");
    sit(voice_open(debate.session, token("u2")), "u2");
    const struct json *again = heard_at_last(debate.seat[0], "countdown");
    assert_true(number(again, "data.start_at") == number(again, "ts") + COUNTDOWN_MS);
    const struct message *start = heard_message(debate.seat[0], "start");
    assert_true((double)start->at_us >= number(again, "data.start_at") * 1000);
}

static struct socket *waiting_for_voice(const char *session, const char *user)
{
    struct socket *socket = voice_open(session, token(user));
    init(socket, "{\"await_voice\":true}");
    heard(socket, "join");
    return socket;
}

static void those_who_asked_are_waited_for_until_ready(void **state)
{
    (void)state;
    const char *session = room_made("awaits", 3, NULL, token("u1"));
    struct socket *one = waiting_for_voice(session, "u1");
    struct socket *two = waiting_for_voice(session, "u2");
    struct socket *three = seated(session, "u3");
    heard(one, "join");
    heard(one, "join");
    quiet(one);
    pass_time(500);
    quiet(one);
    want(acked(two, "ready", "{}"), "data.seq", "(absent)");
    quiet(one);
    acked(three, "ready", "{}"); /* asked for nothing: says nothing new */
    quiet(one);
    want(acked(one, "ready", "{}"), "data.seq", "(absent)");
    heard(one, "countdown");
    heard(three, "countdown");
}

static void ready_before_the_last_one_comes_counts(void **state)
{
    (void)state;
    const char *session = room_made("ready-early", 2, NULL, token("u1"));
    struct socket *one = waiting_for_voice(session, "u1");
    acked(one, "ready", "{}");
    quiet(one);
    seated(session, "u2");
    heard(one, "join");
    heard(one, "countdown");
}

static void who_asked_and_is_gone_holds_nobody_up_once_back(void **state)
{
    (void)state;
    const char *session = room_made("awaits-gone", 2, NULL, token("u1"));
    struct socket *one = waiting_for_voice(session, "u1");
    struct socket *two = waiting_for_voice(session, "u2");
    acked(one, "ready", "{}");
    heard(one, "join");
    socket_cut(two);
    heard(one, "disconnected");
    quiet(one);
    /* Comes back without asking to be waited for. */
    sit(voice_open(session, token("u2")), "u2");
    heard(one, "connected");
    heard(one, "countdown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_countdown_comes_when_the_last_seat_is_taken),
        cmocka_unit_test(start_never_comes_before_start_at_and_to_all),
        cmocka_unit_test(a_start_is_reported_once_and_only_live),
        cmocka_unit_test(who_goes_while_live_stops_nothing),
        cmocka_unit_test(a_countdown_is_cancelled_and_begins_anew),
        cmocka_unit_test(a_return_in_the_countdown_counts_three_seconds_again),
        cmocka_unit_test(those_who_asked_are_waited_for_until_ready),
        cmocka_unit_test(ready_before_the_last_one_comes_counts),
        cmocka_unit_test(who_asked_and_is_gone_holds_nobody_up_once_back),
    };
    return cmocka_run_group_tests(tests, start_begin, group_end);
}

/* The server killed, ended and started again (protocol, sections 3, 4, 5 and 8). */
#include "base/str.h"
#include "server/debate_testing.h"

static const char *const quick[] = {"--countdown", "0.2", NULL};

#define CHOICES "\"choices\":[{\"id\":\"yes\",\"label\":\"Y\"},{\"id\":\"no\",\"label\":\"N\"}]"
static const char agenda[] = "{\"title\":\"T\",\"pages\":[{\"title\":\"One\"," CHOICES
                             "},{\"title\":\"Two\"," CHOICES "},{\"title\":\"Three\"}]}";

static int restart_begin(void **state)
{
    (void)state;
    server_start(quick);
    return 0;
}

/* Without a warning, and up again on the same port at once. */
static void kill_and_start(const char *const *extra)
{
    int port = server.port;
    server_kill();
    server_start_at(port, extra);
    assert_int_equal(server.port, port);
    for (struct socket *socket = all_sockets; socket; socket = socket->next)
        socket_cut(socket);
}

static void a_session_goes_on_after_kill_9(void **state)
{
    (void)state;
    struct debate debate;
    debate_begin(&debate, "goes-on", 3, 3, agenda);
    debate_live(&debate);
    for (int i = 0; i < 3; i++)
        acked(debate.seat[i], "submit_choice", i ? "{\"choice\":\"no\"}" : "{\"choice\":\"yes\"}");
    heard_at_last(debate.seat[0], "choices_revealed");
    acked(debate.seat[0], "next_page", "{}");
    acked(debate.seat[1], "submit_choice", "{\"choice\":\"yes\"}");
    acked(debate.seat[0], "voice_status_update", "{\"is_mic_on\":true}");
    heard_at_last(debate.seat[0], "voice_status");
    int64_t last = debate.seat[0]->seq;
    struct answer before = log_whole(debate.session);
    struct answer room = get("/api/rooms/goes-on", token("u1"));
    kill_and_start(quick);
    struct answer after = log_whole(debate.session);
    assert_int_equal(strncmp(before.body, after.body, before.body_len), 0);
    const char *where = after.body + before.body_len;
    for (int i = 1; i <= 3; i++) {
        const struct json *line = log_next(&where);
        want(line, "type", "disconnected");
        want(line, "seq", text("%ld", (long)last + i));
        want(line, "actor", "(absent)");
    }
    assert_null(log_next(&where));
    struct answer again = get("/api/rooms/goes-on", token("u1"));
    want(again.json, "session_id", shown(room.json, "session_id"));
    const struct json *session = session_seen(&debate);
    want(session, "phase", "live");
    want(session, "page", "2");
    want(session, "host", "p1");
    want(session, "choices.1.p1", "yes");
    want(session, "choices.2", "(absent)");
    want(session, "participants.0.is_mic_on", "true");
    want(session, "participants.2.connected", "false");
    /* Seats stay: strangers stay out, and who returns hears what was missed. */
    want_refusal(socket_refused(voice_path(debate.session), token("u4")), 409, "room_full");
    debate.seat[1] = voice_open(debate.session, token("u2"));
    const struct json *welcome = init(debate.seat[1], text("{\"last_seq\":%ld}", (long)last));
    want(welcome, "data.participant_id", "p2");
    want(welcome, "data.phase", "live");
    want(welcome, "data.seq", text("%ld", (long)last + 3));
    for (int i = 0; i < 3; i++)
        heard(debate.seat[1], "disconnected");
    want(heard(debate.seat[1], "connected"), "data.participant_id", "p2");
    debate.seat[0] = voice_open(debate.session, token("u1"));
    sit(debate.seat[0], "u1");
    acked(debate.seat[0], "goto_page", "{\"page\":3}");
    want(heard(debate.seat[0], "choices_revealed"), "data.choices", "{\"p2\":\"yes\"}");
    want(heard(debate.seat[0], "next_page"), "data.page", "3");
}

static const char *digest_of(struct answer log, uint64_t seq)
{
    static char digest[DIGEST_SIZE];
    const char *line = log.body;
    for (uint64_t i = 0; i < seq; i++) /* the header comes first */
        line = strchr(line, '\n') + 1;
    digest_text(line, strcspn(line, "\n"), digest);
    return digest;
}

/* What a power cut takes, others may have heard; then other events stand in its place. */
static void who_heard_what_was_lost_hears_everything_again(void **state)
{
    (void)state;
    struct debate debate;
    debate_begin(&debate, "lost", 3, 2, NULL);
    acked(debate.seat[0], "voice_status_update", "{\"is_mic_on\":true}");
    heard_at_last(debate.seat[0], "voice_status");
    int64_t last = debate.seat[0]->seq;
    char known[DIGEST_SIZE];
    snprintf(known, sizeof known, "%s", digest_of(log_whole(debate.session), (uint64_t)last));
    kill_and_start(quick);
    debate.seat[0] = voice_open(debate.session, token("u1"));
    const struct json *welcome =
        init(debate.seat[0], text("{\"last_seq\":%ld,\"last_digest\":\"%s\"}", (long)last, known));
    want(welcome, "data.reset", "(absent)");
    for (int i = 0; i < 2; i++)
        heard(debate.seat[0], "disconnected");
    debate.seat[1] = voice_open(debate.session, token("u2"));
    known[0] = known[0] == '0' ? '1' : '0';
    welcome =
        init(debate.seat[1], text("{\"last_seq\":%ld,\"last_digest\":\"%s\"}", (long)last, known));
    want(welcome, "data.reset", "true");
    want(heard(debate.seat[1], "join"), "seq", "1");
}

static void a_restart_cancels_the_countdown(void **state)
{
    (void)state;
    static const char *const slow_count[] = {"--countdown", "2", NULL};
    struct debate debate;
    kill_and_start(slow_count);
    debate_begin(&debate, "counted", 2, 2, NULL);
    heard(debate.seat[0], "countdown");
    int64_t last = debate.seat[0]->seq;
    kill_and_start(slow_count);
    want(session_seen(&debate), "phase", "lobby");
    struct answer log = log_whole(debate.session);
    want_types(log_last(log, "countdown_cancelled"), "s", "data.reason");
    assert_int_equal(log_count(log, "disconnected"), 2);
    debate.seat[0] = voice_open(debate.session, token("u1"));
    init(debate.seat[0], text("{\"last_seq\":%ld}", (long)last));
    heard_at_last(debate.seat[0], "connected");
    pass_time(2200); /* what was announced does not come */
    quiet(debate.seat[0]);
    debate.seat[1] = voice_open(debate.session, token("u2"));
    init(debate.seat[1], "{}");
    heard(debate.seat[0], "connected");
    const struct json *countdown = heard(debate.seat[0], "countdown");
    assert_true(number(countdown, "data.start_at") == number(countdown, "ts") + 2000);
}

static void waiting_for_voice_is_not_kept(void **state)
{
    (void)state;
    const char *session = room_made("awaits", 2, NULL, token("u1"));
    struct socket *one = voice_open(session, token("u1"));
    init(one, "{\"await_voice\":true}");
    seated(session, "u2");
    kill_and_start(quick);
    one = seated(session, "u1");
    seated(session, "u2");
    heard(one, "connected");
    heard(one, "countdown");
}

static void time_goes_on_while_nobody_is_there(void **state)
{
    (void)state;
    struct debate debate;
    debate_begin(&debate, "timed", 2, 2,
                 "{\"title\":\"T\",\"pages\":[{\"title\":\"One\",\"seconds\":1.5},{\"title\":"
                 "\"Two\"}]}");
    debate_live(&debate);
    kill_and_start(quick);
    for (int64_t end = clock_ms() + PATIENCE_MS; clock_ms() < end; pass_time(50))
        if (strcmp(shown(session_seen(&debate), "page"), "2") == 0)
            break;
    const struct json *turn = log_last(log_whole(debate.session), "next_page");
    double took = number(turn, "ts") - (double)debate.start_at;
    if (took < 1500 || took > 3000)
        fail_msg("turned after %g ms", took);
}

static void a_running_recording_is_still_running(void **state)
{
    (void)state;
    struct debate debate;
    debate_begin(&debate, "recorded", 2, 2, NULL);
    debate_live(&debate);
    acked(debate.seat[0], "consent", "{\"recording\":true}");
    acked(debate.seat[0], "start_recording", "{}");
    const struct json *start = heard_at_last(debate.seat[0], "recording_started");
    kill_and_start(quick);
    struct socket *one = voice_open(debate.session, token("u1"));
    const struct json *welcome = init(one, "{}");
    want(welcome, "data.participants.0.is_recording", "true");
    acked(one, "stop_recording", "{}");
    want(heard_at_last(one, "recording_stopped"), "data.recording_id",
         shown(start, "data.recording_id"));
}

static void what_has_ended_stays_ended_and_a_guest_a_guest(void **state)
{
    (void)state;
    const char *session = room_made("over", 2, NULL, token("u1"));
    struct answer guest = post("/api/rooms/over/guests", NULL, "{\"nickname\":\"Kim\"}");
    const char *key = shown(want_status(guest, 201).json, "token");
    sit(voice_open(session, key), "Kim");
    seated(session, "u1");
    want_status(post(text("/api/sessions/%s/end", session), token("u1"), "{}"), 200);
    kill_and_start(quick);
    want(want_status(get("/api/rooms/over", key), 200).json, "phase", "ended");
    want_refusal(socket_refused(voice_path(session), key), 410, "ended");
    want_refusal(socket_refused(signaling_path("over"), key), 410, "ended");
    assert_int_equal(log_count(log_whole(session), "disconnected"), 0);
    assert_string_not_equal(room_made("over", 2, NULL, token("u1")), session);
}

/* What was heard, and what was acked, stands in the log. */
static void want_in_log(struct socket *socket, struct answer log)
{
    const char *where = log.body;
    struct message *message;
    const struct json *line = log_next(&where);
    while ((message = take(socket, false, NULL))) {
        const char *seq = shown(message->json, "seq");
        if (strcmp(seq, "(absent)") == 0)
            continue;
        while (line && strcmp(shown(line, "seq"), seq) != 0)
            line = log_next(&where);
        if (!line)
            fail_msg("heard, and not in the log: %s", message->text);
        want(line, "type", shown(message->json, "type"));
        want(line, "ts", shown(message->json, "ts"));
    }
    double last = 0;
    for (where = log.body; (line = log_next(&where));)
        last = is_there(line, "seq") ? number(line, "seq") : 0;
    while ((message = take(socket, true, NULL)))
        if (is_there(message->json, "data.seq"))
            assert_true(number(message->json, "data.seq") <= last);
}

static void what_was_heard_or_acked_survives_kill_9(void **state)
{
    (void)state;
    const char *session = room_made("survives", 3, NULL, token("u1"));
    for (int round = 0; round < 8; round++) {
        struct socket *one = voice_open(session, token("u1"));
        struct socket *two = voice_open(session, token("u2"));
        init(one, "{}");
        init(two, "{}");
        pass_time(20);
        for (int i = 0; i < 90; i++)
            send_text(i % 2 ? one : two,
                      "{\"type\":\"voice_status_update\",\"id\":%d,\"data\":{\"is_mic_on\":%s}}", i,
                      (i / 2 + round) % 2 ? "true" : "false");
        pass_time(round * 2);
        kill(server.pid, SIGKILL);
        pass_time(50); /* what was on its way */
        print_message("heard up to %ld and %ld\n", (long)one->seq, (long)two->seq);
        kill_and_start(quick);
        struct answer log = log_whole(session);
        want_in_log(one, log);
        want_in_log(two, log);
    }
}

static void sigterm_closes_with_1001_and_exits_0(void **state)
{
    (void)state;
    struct debate debate;
    int port = server.port;
    debate_begin(&debate, "terminated", 3, 2, NULL);
    struct socket *signaling = socket_open(signaling_path(debate.code), token("u1"));
    struct socket *without_init = voice_open(debate.session, token("u3"));
    int64_t asked_ms = clock_ms();
    kill(server.pid, SIGTERM);
    want_close(debate.seat[0], 1001);
    want_close(debate.seat[1], 1001);
    want_close(signaling, 1001);
    want_close(without_init, 1001);
    for (int i = 0; i < 50; i++)
        socket_pump(5); /* sees the end of each connection */
    int status = server_wait(5500);
    print_message("ended after %ld ms\n", (long)(clock_ms() - asked_ms));
    assert_true(status >= 0 && WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    server_start_at(port, quick);
    assert_int_equal(server.port, port);
    want(session_seen(&debate), "phase", "lobby");
    want(session_seen(&debate), "participants.1.connected", "false");
    want(sit(voice_open(debate.session, token("u2")), "u2"), "data.participant_id", "p2");
}

static void while_it_ends_everything_is_503(void **state)
{
    (void)state;
    struct debate debate;
    kill_and_start(quick);
    int port = server.port;
    debate_begin(&debate, "drained", 3, 2, NULL);
    /* One does not answer the close, one does not even read. */
    debate.seat[0]->keeps_open = true;
    struct socket *deaf = socket_open_with(signaling_path(debate.code),
                                           text("Authorization: Bearer %s\r\n", token("u1")), true);
    deaf->is_deaf = true;
    int64_t asked_ms = clock_ms();
    kill(server.pid, SIGTERM);
    want_close(debate.seat[1], 1001);
    want_refusal(get("/healthz", NULL), 503, "unavailable");
    want_refusal(get("/api/rooms/drained", token("u1")), 503, "unavailable");
    want_refusal(get("/api/rooms/drained", NULL), 503, "unavailable"); /* before 401 */
    want_refusal(get("/no/such/route", NULL), 503, "unavailable");     /* before 404 */
    want_refusal(post("/api/rooms", token("u1"), "{}"), 503, "unavailable");
    want_refusal(socket_refused(voice_path(debate.session), token("u2")), 503, "unavailable");
    want_refusal(socket_refused(signaling_path("drained"), NULL), 503, "unavailable");
    int status = server_wait(5500);
    int64_t took = clock_ms() - asked_ms;
    print_message("ended after %ld ms\n", (long)took);
    assert_true(took < 5500);
    assert_true(status >= 0 && WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    server_start_at(port, quick);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_session_goes_on_after_kill_9),
        cmocka_unit_test(who_heard_what_was_lost_hears_everything_again),
        cmocka_unit_test(a_restart_cancels_the_countdown),
        cmocka_unit_test(waiting_for_voice_is_not_kept),
        cmocka_unit_test(time_goes_on_while_nobody_is_there),
        cmocka_unit_test(a_running_recording_is_still_running),
        cmocka_unit_test(what_has_ended_stays_ended_and_a_guest_a_guest),
        cmocka_unit_test(what_was_heard_or_acked_survives_kill_9),
        cmocka_unit_test(sigterm_closes_with_1001_and_exits_0),
        cmocka_unit_test(while_it_ends_everything_is_503),
    };
    return cmocka_run_group_tests(tests, restart_begin, group_end);
}

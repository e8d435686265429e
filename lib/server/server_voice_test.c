/* The voice socket: init, welcome, events, answers (protocol, sections 4 and 5). */
#include "server/debate_testing.h"

static struct debate live;

static int voice_begin(void **state)
{
    group_begin(state);
    debate_begin(&live, "voice-live", 2, 2, NULL);
    debate_live(&live);
    return 0;
}

static void welcome_tells_the_whole_session(void **state)
{
    (void)state;
    const char *agenda = "{\"title\":\"T\",\"more\":1,\"pages\":[{\"title\":\"P\",\"id\":\"one\","
                         "\"text\":\"\xed\x95\x9c\",\"seconds\":120,\"choices\":[{\"id\":\"a\","
                         "\"label\":\"A\"}],\"reveal\":\"never\",\"gate\":\"all\"}]}";
    const char *session = room_made("welcome", 3, agenda, token("u1"));
    int64_t before = wall_ms();
    const struct json *first = sit(voice_open(session, token("u1")), "Kim");
    want_types(first, "sssssnnnnaoas",
               "data.session_id data.room_code data.participant_id data.host data.phase data.page "
               "data.seats data.seq data.ts data.participants data.agenda data.ice_servers "
               "data.record");
    want(first, "data.session_id", session);
    want(first, "data.room_code", "welcome");
    want(first, "data.participant_id", "p1");
    want(first, "data.host", "p1");
    want(first, "data.phase", "lobby");
    want(first, "data.page", "1");
    want(first, "data.seats", "3");
    want(first, "data.seq", "0");
    want(first, "data.start_at", "(absent)");
    want(first, "data.reset", "(absent)");
    want_types(first, "ssbbbb",
               "data.participants.0.participant_id data.participants.0.nickname "
               "data.participants.0.connected data.participants.0.is_mic_on "
               "data.participants.0.is_speaking data.participants.0.is_recording");
    want(first, "data.participants.0.participant_id", "p1");
    want(first, "data.participants.0.nickname", "Kim");
    want(first, "data.participants.0.connected", "true");
    want(first, "data.participants.0.is_recording", "false");
    want(first, "data.participants.1", "(absent)");
    want(first, "data.agenda.title", "T");
    want(first, "data.agenda.pages.0.text", "\xed\x95\x9c");
    want(first, "data.agenda.pages.0.seconds", "120");
    want(first, "data.agenda.pages.0.choices.0.label", "A");
    want(first, "data.agenda.pages.0.reveal", "never");
    want(first, "data.agenda.pages.0.gate", "all");
    assert_true(number(first, "data.ts") >= before && number(first, "data.ts") <= wall_ms());
    const char *record = shown(first, "data.record");
    assert_true(strcmp(record, "auto") == 0 || strcmp(record, "manual") == 0 ||
                strcmp(record, "off") == 0);
    const struct json *second = sit(voice_open(session, token("u2")), "Lee");
    want(second, "data.participant_id", "p2");
    want(second, "data.seq", "1");
    want(second, "data.participants.1.nickname", "Lee");
    want(second, "data.participants.1.connected", "true");
}

static void each_join_is_heard_by_all_in_order(void **state)
{
    (void)state;
    const char *session = room_made("joins", 4, NULL, token("u1"));
    struct socket *first = voice_open(session, token("u1")), *second, *third;
    init(first, "{\"nickname\":\"Kim\"}");
    const struct json *join = heard(first, "join");
    want_types(join, "nnsso", "seq ts data.participant_id data.nickname data");
    want(join, "seq", "1");
    want(join, "data.participant_id", "p1");
    want(join, "data.nickname", "Kim");
    want(join, "data.user", "(absent)");
    second = voice_open(session, token("u2"));
    init(second, "{\"nickname\":\"Lee\"}");
    want(heard(second, "join"), "", shown(heard(first, "join"), ""));
    third = voice_open(session, token("u3"));
    init(third, "{\"nickname\":\"Park\"}");
    join = heard(third, "join");
    want(join, "data.participant_id", "p3");
    want(join, "seq", "3");
    want(join, "data.user", "(absent)");
    want(heard(first, "join"), "", shown(join, ""));
    want(heard(second, "join"), "", shown(join, ""));
    quiet(first);
    quiet(second);
    quiet(third);
    want(log_last(log_whole(session), "join"), "data.user", "u3");
}

static void who_returns_is_connected_again_in_the_same_seat(void **state)
{
    (void)state;
    struct debate debate;
    debate_begin(&debate, "returns", 3, 2, NULL);
    send_close(debate.seat[1], 1000);
    const struct json *gone = heard(debate.seat[0], "disconnected");
    want(gone, "data.participant_id", "p2");
    want(session_seen(&debate), "participants.1.connected", "false");
    want_close(debate.seat[1], 1000);
    debate.seat[1] = voice_open(debate.session, token("u2"));
    const struct json *welcome = init(debate.seat[1], "{\"nickname\":\"Lee again\"}");
    want(welcome, "data.participant_id", "p2");
    want(welcome, "data.seq", shown(gone, "seq"));
    want(welcome, "data.participants.1.connected", "true");
    want(heard(debate.seat[1], "connected"), "data.participant_id", "p2");
    want(heard(debate.seat[0], "connected"), "data.participant_id", "p2");
    socket_cut(debate.seat[1]);
    want(heard(debate.seat[0], "disconnected"), "data.participant_id", "p2");
    quiet(debate.seat[0]);
}

static void before_init_everything_is_wrong_phase(void **state)
{
    (void)state;
    const char *session = room_made("before-init", 3, NULL, token("u1"));
    struct socket *socket = voice_open(session, token("u1"));
    refused(socket, "consent", "{\"recording\":true}", "wrong_phase");
    refused(socket, "ready", "{}", "wrong_phase");
    refused(socket, "voice_status_update", "{\"is_mic_on\":true}", "wrong_phase");
    refused(socket, "leave", "{}", "wrong_phase");
    refused(socket, "consent", "{\"recording\":7}", "bad_request");
    sit(socket, "Kim");
    refused(socket, "init", "{}", "wrong_phase");
    refused(socket, "init", "{\"nickname\":\"Other\"}", "wrong_phase");
    refused(socket, "init", "{\"nickname\":7}", "bad_request");
    quiet(socket);
}

static void init_checks_its_fields_and_may_be_tried_again(void **state)
{
    (void)state;
    const char *session = room_made("init-fields", 3, NULL, token("u1"));
    struct socket *socket = voice_open(session, token("u1"));
    refused(socket, "init", "{\"nickname\":7}", "bad_request");
    refused(socket, "init", "{\"nickname\":\"\"}", "bad_request");
    refused(socket, "init", text("{\"nickname\":\"%s\"}", many('k', 65)), "bad_request");
    refused(socket, "init", "{\"nickname\":\"a\\u0000b\"}", "bad_request");
    refused(socket, "init", "{\"last_seq\":\"1\"}", "bad_request");
    refused(socket, "init", "{\"last_seq\":-1}", "bad_request");
    refused(socket, "init", "{\"last_seq\":1.5}", "bad_request");
    want(log_last(log_whole(session), "join"), "", "(absent)");
    struct socket *again = voice_open(session, token("u1"));
    refused(again, "init", "{\"await_voice\":1}", "bad_request");
    send_text(again,
              "{\"type\":\"init\",\"id\":7,\"x\":[{}],\"data\":{\"nickname\":\"%s\",\"y\":1}}",
              repeat("\xed\x95\x9c", 64));
    want(heard(again, "welcome"), "id", "7");
    heard(again, "join");
    quiet(again);
}

/* The next answer is of this type and carries the id, byte for byte. */
static void want_answer_with(struct socket *socket, const char *type, const char *id)
{
    struct message *message = wait_message(socket, true, NULL, PATIENCE_MS);
    assert_non_null(message);
    want(message->json, "type", type);
    if (!strstr(message->text, text("\"id\":%s", id)))
        fail_msg("id %s in %s", id, message->text);
}

static void an_answer_carries_the_id_a_string_or_an_integer(void **state)
{
    (void)state;
    struct socket *one = live.seat[0];
    static const char *const ids[] = {"\"a b\"",         "0", "-7", "\"\"", "9007199254740991",
                                      "\"\xed\x95\x9c\""};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        send_text(one, "{\"type\":\"voice_status_update\",\"id\":%s,\"data\":{\"is_mic_on\":%s}}",
                  ids[i], i % 2 ? "false" : "true");
        want_answer_with(one, "ack", ids[i]);
        send_text(one, "{\"type\":\"no_such_type\",\"id\":%s,\"data\":{}}", ids[i]);
        want_answer_with(one, "error", ids[i]);
        send_text(one, "{\"type\":\"ping\",\"id\":%s,\"data\":{\"t0\":1}}", ids[i]);
        want_answer_with(one, "pong", ids[i]);
    }
    catch_up(live.seat[1]);
    forget(one);
    forget(live.seat[1]);
}

static void an_id_of_another_kind_is_bad_request(void **state)
{
    (void)state;
    static const char *const bad[] = {"true", "1.5", "{}", "[1]", "\"a\\u0000\""};
    struct socket *one = live.seat[0];
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        send_text(one, "{\"type\":\"ping\",\"id\":%s,\"data\":{\"t0\":1}}", bad[i]);
        want(want_error(one, NULL, "bad_request"), "id", "(absent)");
    }
    send_text(one, "{\"type\":\"ping\",\"id\":\"%s\",\"data\":{\"t0\":1}}", many('i', 65));
    want_error(one, NULL, "bad_request");
    send_text(one, "{\"type\":\"ping\",\"id\":\"%s\",\"data\":{\"t0\":1}}", many('i', 64));
    want(want_answer(one, "pong", NULL), "id", many('i', 64));
    quiet(one);
}

static void without_an_id_there_is_no_ack(void **state)
{
    (void)state;
    send_text(live.seat[0], "{\"type\":\"consent\",\"data\":{\"recording\":true}}");
    want(all_heard(&live, "consent"), "data.participant_id", "p1");
    send_text(live.seat[0], "{\"type\":\"consent\",\"data\":{\"recording\":true}}");
    quiet(live.seat[0]);
    quiet(live.seat[1]);
    send_text(live.seat[1], "{\"type\":\"end_session\",\"data\":{}}");
    want(want_error(live.seat[1], NULL, "forbidden"), "id", "(absent)");
}

static void an_ack_has_the_seq_of_the_event_or_none_when_nothing_changed(void **state)
{
    (void)state;
    struct socket *two = live.seat[1];
    const struct json *ack = acked(two, "consent", "{\"recording\":true}");
    const struct json *event = all_heard(&live, "consent");
    want(ack, "data.seq", shown(event, "seq"));
    want_types(event, "nnssb", "seq ts actor data.participant_id data.recording");
    want(event, "actor", "p2");
    want(event, "data.recording", "true");
    want(acked(two, "consent", "{\"recording\":true}"), "data.seq", "(absent)");
    ack = acked(two, "consent", "{\"recording\":false}");
    want(ack, "data.seq", shown(all_heard(&live, "consent"), "seq"));
    refused(two, "consent", "{}", "bad_request");
    refused(two, "consent", "{\"recording\":\"true\"}", "bad_request");
    quiet(two);
}

static void voice_status_is_heard_by_all(void **state)
{
    (void)state;
    struct debate debate;
    debate_begin(&debate, "status", 3, 2, NULL);
    struct socket *one = debate.seat[0];
    acked(one, "voice_status_update", "{\"is_mic_on\":true,\"is_speaking\":true}");
    const struct json *status = all_heard(&debate, "voice_status");
    want_types(status, "ssbb", "data.participant_id data.nickname data.is_mic_on data.is_speaking");
    want(status, "actor", "p1");
    want(status, "data.participant_id", "p1");
    want(status, "data.nickname", "u1");
    want(status, "data.is_mic_on", "true");
    want(status, "data.is_speaking", "true");
    /* A missing is_speaking leaves it as it was. */
    acked(one, "voice_status_update", "{\"is_mic_on\":false}");
    status = all_heard(&debate, "voice_status");
    want(status, "data.is_mic_on", "false");
    want(status, "data.is_speaking", "true");
    want(acked(one, "voice_status_update", "{\"is_mic_on\":false}"), "data.seq", "(absent)");
    want(session_seen(&debate), "participants.0.is_speaking", "true");
    want(session_seen(&debate), "participants.0.is_mic_on", "false");
    refused(one, "voice_status_update", "{}", "bad_request");
    refused(one, "voice_status_update", "{\"is_mic_on\":1}", "bad_request");
    refused(one, "voice_status_update", "{\"is_mic_on\":true,\"is_speaking\":\"x\"}",
            "bad_request");
    quiet(one);
    quiet(debate.seat[1]);
    const struct json *welcome = sit(voice_open(debate.session, token("u3")), "u3");
    want(welcome, "data.participants.0.is_speaking", "true");
    want(welcome, "data.participants.0.is_mic_on", "false");
}

static void pong_has_four_timestamps_in_ms(void **state)
{
    (void)state;
    struct socket *one = live.seat[0];
    double before = (double)wall_us() / 1000.0;
    send_text(one, "{\"type\":\"ping\",\"id\":1,\"data\":{\"t0\":1763872345678.25}}");
    const struct json *pong = want_answer(one, "pong", "1");
    double after = (double)wall_us() / 1000.0;
    want_types(pong, "nnn", "data.t0 data.t1 data.t2");
    want(pong, "seq", "(absent)");
    assert_true(number(pong, "data.t0") == 1763872345678.25);
    assert_true(number(pong, "data.t1") <= number(pong, "data.t2"));
    assert_true(number(pong, "data.t1") >= floor(before));
    assert_true(number(pong, "data.t2") <= after + 1);
    send_text(one, "{\"type\":\"ping\",\"data\":{\"t0\":0}}");
    want(want_answer(one, "pong", NULL), "id", "(absent)");
    refused(one, "ping", "{}", "bad_request");
    refused(one, "ping", "{\"t0\":\"1\"}", "bad_request");
}

static void errors_come_in_their_order_and_close_nothing(void **state)
{
    (void)state;
    struct debate debate;
    debate_begin(&debate, "errors", 3, 2, NULL);
    struct socket *host = debate.seat[0], *other = debate.seat[1];
    refused(other, "goto_page", "{\"page\":\"x\"}", "bad_request");
    refused(other, "goto_page", "{}", "bad_request");
    refused(other, "goto_page", "{\"page\":1}", "forbidden");
    refused(other, "next_page", "{}", "forbidden");
    refused(other, "end_session", "{}", "forbidden");
    refused(host, "next_page", "{}", "wrong_phase");
    refused(host, "goto_page", "{\"page\":1}", "wrong_phase");
    refused(host, "goto_page", "{\"page\":null}", "bad_request");
    refused(host, "submit_choice", "{\"choice\":\"a\"}", "wrong_phase");
    refused(host, "submit_choice", "{}", "bad_request");
    refused(host, "submit_choice", "{\"choice\":7}", "bad_request");
    refused(host, "report_start", text("{\"at\":%ld}", (long)wall_ms()), "wrong_phase");
    refused(host, "report_start", "{\"at\":\"x\"}", "bad_request");
    refused(host, "stop_recording", "{}", "not_recording");
    refused(host, "no_such_type", "{}", "unknown_type");
    refused(host, "welcome", "{}", "unknown_type");
    refused(host, "offer", "{\"sdp\":\"v=0\"}", "unknown_type");
    for (int i = 0; i < 20; i++)
        refused(host, "", "{}", "unknown_type");
    acked(host, "ready", "{}");
    quiet(host);
    quiet(other);
}

static void errors_speak_the_language_that_was_asked_for(void **state)
{
    (void)state;
    static const struct {
        const char *asked;
        bool is_korean;
    } rows[] = {{"Accept-Language: ko\r\n", true},
                {"Accept-Language: ko-KR,ko;q=0.9,en;q=0.5\r\n", true},
                {"Accept-Language: en\r\n", false},
                {"Accept-Language: de\r\n", false},
                {"", false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *headers =
            text("Authorization: Bearer %s\r\n%s", token("watcher"), rows[i].asked);
        const char *session = room_made(text("language-%zu", i), 3, NULL, token("u1"));
        struct socket *socket = socket_open_with(voice_path(session), headers, false);
        const struct json *error = refused(socket, "ready", "{}", "wrong_phase");
        assert_int_equal(strpbrk(shown(error, "data.message"), "\xea\xeb\xec\xed") != NULL,
                         rows[i].is_korean);
        sit(socket, "Kim");
        error = refused(socket, "next_page", "{}", "forbidden");
        assert_int_equal(strpbrk(shown(error, "data.message"), "\xea\xeb\xec\xed") != NULL,
                         rows[i].is_korean);
    }
}

static void nobody_elses_room_hears_anything(void **state)
{
    (void)state;
    struct debate one, other;
    debate_begin(&one, "room-one", 4, 3, NULL);
    debate_begin(&other, "room-other", 4, 3, NULL);
    acked(one.seat[0], "voice_status_update", "{\"is_mic_on\":true}");
    acked(one.seat[1], "consent", "{\"recording\":true}");
    acked(one.seat[2], "leave", "{}");
    for (int i = 0; i < 3; i++)
        quiet(other.seat[i]);
    want(session_seen(&other), "participants.0.is_mic_on", "false");
    acked(one.seat[0], "end_session", "{}");
    want_close(one.seat[0], 1000);
    for (int i = 0; i < 3; i++)
        quiet(other.seat[i]);
    want(session_seen(&other), "phase", "lobby");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(welcome_tells_the_whole_session),
        cmocka_unit_test(each_join_is_heard_by_all_in_order),
        cmocka_unit_test(who_returns_is_connected_again_in_the_same_seat),
        cmocka_unit_test(before_init_everything_is_wrong_phase),
        cmocka_unit_test(init_checks_its_fields_and_may_be_tried_again),
        cmocka_unit_test(an_answer_carries_the_id_a_string_or_an_integer),
        cmocka_unit_test(an_id_of_another_kind_is_bad_request),
        cmocka_unit_test(without_an_id_there_is_no_ack),
        cmocka_unit_test(an_ack_has_the_seq_of_the_event_or_none_when_nothing_changed),
        cmocka_unit_test(voice_status_is_heard_by_all),
        cmocka_unit_test(pong_has_four_timestamps_in_ms),
        cmocka_unit_test(errors_come_in_their_order_and_close_nothing),
        cmocka_unit_test(errors_speak_the_language_that_was_asked_for),
        cmocka_unit_test(nobody_elses_room_hears_anything),
    };
    return cmocka_run_group_tests(tests, voice_begin, group_end);
}

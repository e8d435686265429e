/* The signaling socket (protocol, sections 4 and 6). */
#include "server/debate_testing.h"

/* A room of four with three people seated, and the signaling sockets of the first `count`. */
struct band {
    struct debate debate;
    struct socket *peer[3];
};

static struct socket *signaling_open(const struct debate *debate, const char *user)
{
    return socket_open(signaling_path(debate->code), token(user));
}

static void band_begin(struct band *band, int count)
{
    static int bands;
    *band = (struct band){0};
    debate_begin_(&band->debate, text("band-%d", bands++), 4, 3, NULL);
    for (int i = 0; i < count; i++) {
        band->peer[i] = signaling_open(&band->debate, user_of(i));
        heard_(band->peer[i], "peers", PATIENCE_MS);
        for (int before = 0; before < i; before++)
            heard_(band->peer[before], "peer_joined", PATIENCE_MS);
    }
}

static void the_newcomer_gets_peers_and_the_others_hear_of_it(void **state)
{
    (void)state;
    struct band band;
    band_begin(&band, 0);
    struct socket *one = signaling_open(&band.debate, "u1");
    const struct json *peers = heard(one, "peers");
    want(peers, "data.self", "p1");
    want(peers, "data.peers", "[]");
    struct socket *two = signaling_open(&band.debate, "u2");
    peers = heard(two, "peers");
    want(peers, "data.self", "p2");
    want(peers, "data.peers.0.participant_id", "p1");
    want(peers, "data.peers.0.nickname", "u1");
    want(peers, "data.peers.1", "(absent)");
    const struct json *joined = heard(one, "peer_joined");
    want_types(joined, "ss", "data.participant_id data.nickname");
    want(joined, "data.participant_id", "p2");
    want(joined, "data.nickname", "u2");
    want(joined, "seq", "(absent)");
    struct socket *three = signaling_open(&band.debate, "u3");
    peers = heard(three, "peers");
    assert_int_equal(json_count(at(peers, "data.peers")), 2);
    want(heard(one, "peer_joined"), "data.participant_id", "p3");
    want(heard(two, "peer_joined"), "data.participant_id", "p3");
    socket_cut(two);
    want(heard(one, "peer_left"), "data.participant_id", "p2");
    want(heard(three, "peer_left"), "data.participant_id", "p2");
    send_close(three, 1000);
    want(heard(one, "peer_left"), "data.participant_id", "p3");
    quiet(one);
    quiet(band.debate.seat[0]); /* the voice socket hears nothing of it */
}

static void only_the_seated_get_in(void **state)
{
    (void)state;
    struct band band;
    band_begin(&band, 1);
    const char *path = signaling_path(band.debate.code);
    want_refusal(socket_refused(path, token("stranger")), 403, "forbidden");
    want_refusal(socket_refused(path, token_with_role("w", "observer")), 403, "forbidden");
    want_refusal(socket_refused(path, token_with_role("o", "operator")), 403, "forbidden");
    acked(band.debate.seat[2], "leave", "{}");
    want_refusal(socket_refused(path, token("u3")), 403, "forbidden");
    /* Seated is seated, with the voice socket open or not. */
    socket_cut(band.debate.seat[1]);
    heard_at_last(band.debate.seat[0], "disconnected");
    signaling_open(&band.debate, "u2");
    want(heard(band.peer[0], "peer_joined"), "data.participant_id", "p2");
}

static void a_message_goes_to_its_addressee_alone_with_the_sender_added(void **state)
{
    (void)state;
    static const char *const types[] = {"offer", "answer", "candidate", "bye"};
    struct band band;
    band_begin(&band, 3);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        send_text(band.peer[0],
                  "{\"type\":\"%s\",\"to\":\"p2\",\"data\":{\"sdp\":\"v=0\",\"candidate\":\"\","
                  "\"n\":%zu}}",
                  types[i], i);
        const struct json *got = heard(band.peer[1], types[i]);
        want(got, "from", "p1");
        want(got, "to", "p2");
        want(got, "data.n", text("%zu", i));
    }
    quiet(band.peer[0]);
    quiet(band.peer[1]);
    quiet(band.peer[2]);
    for (int i = 0; i < 3; i++)
        quiet(band.debate.seat[i]);
}

static void without_an_addressee_it_goes_to_all_others_in_the_room(void **state)
{
    (void)state;
    struct band band, other;
    band_begin(&band, 3);
    band_begin(&other, 3);
    send_text(band.peer[1], "{\"type\":\"bye\",\"data\":{}}");
    want(heard(band.peer[0], "bye"), "from", "p2");
    const struct json *bye = heard(band.peer[2], "bye");
    want(bye, "from", "p2");
    want(bye, "to", "(absent)");
    quiet(band.peer[1]);
    for (int i = 0; i < 3; i++)
        quiet(other.peer[i]);
}

static void what_is_relayed_is_unchanged_to_the_byte(void **state)
{
    (void)state;
    static const struct {
        const char *type, *data;
    } rows[] = {
        {"offer",
         "{\"sdp\":\"v=0\\r\\no=- 46117317 2 IN IP4 127.0.0.1\\r\\n\",\"type\":\"offer\"}"},
        {"answer", "{ \"sdp\" : \"v=0\" ,\t\"x\":[ ] }"},
        {"candidate", "{ \"candidate\" : \"candidate:1 1 udp 2113937151 192.0.2.1 5000 typ host\""
                      " ,\t\"sdpMid\":\"0\", \"sdpMLineIndex\": 0 }"},
        {"candidate", "{\"candidate\":\"\"}"},
        {"candidate", "{\"candidate\":\"\",\"sdpMid\":null,\"sdpMLineIndex\":null,"
                      "\"usernameFragment\":null}"},
        {"offer", "{\"sdp\":\"\",\"z\":1,\"a\":1e3,\"m\":-0.10,\"e\":1E-400,"
                  "\"big\":123456789012345678901234567890}"},
        {"answer", "{\"u\":\"\\u0041\\ud55c\\ud83d\\ude00\\/\",\"k\":\"\xed\x95\x9c\",\"t\":true,"
                   "\"sdp\":\"v=0\",\"f\":false,\"n\":null,\"l\":[[],{},[1,2]]}"},
        {"bye", "{\"from\":\"p3\",\"to\":\"p3\",\"type\":\"bye\"}"},
        {"bye", "{\"twice\":1,\"twice\":2}"},
        {"bye", "{}"},
    };
    struct band band;
    band_begin(&band, 3);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *type = rows[i].type, *data = rows[i].data;
        send_text(band.peer[0], "{\"type\":\"%s\",\"to\":\"p2\",\"data\":%s}", type, data);
        const struct message *got = heard_message(band.peer[1], type);
        want(got->json, "from", "p1");
        if (!strstr(got->text, data))
            fail_msg("%s became %s", data, got->text);
        send_text(band.peer[0], "{\"data\":%s,\"type\":\"%s\"}", data, type);
        got = heard_message(band.peer[2], type);
        if (!strstr(got->text, data))
            fail_msg("%s became %s", data, got->text);
        heard(band.peer[1], type);
    }
}

/* Every field of every message is checked before it goes to anybody. */
static void what_is_no_signal_is_bad_request_and_not_relayed(void **state)
{
    (void)state;
    static const char *const signals[] = {
        "{\"type\":\"candidate\",\"data\":{\"candidate\":null}}",
        "{\"type\":\"candidate\",\"data\":null}",
        "{\"type\":\"offer\",\"data\":{}}",
        "{\"type\":\"answer\",\"data\":{\"sdp\":{\"type\":\"answer\",\"sdp\":\"v=0\"}}}",
    };
    struct band band;
    band_begin(&band, 2);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        send_text(band.peer[0], "%s", signals[i]);
        want_error(band.peer[0], NULL, "bad_request");
    }
    send_text(band.peer[0], "{\"type\":\"bye\"}");
    heard(band.peer[1], "bye");
    quiet(band.peer[1]);
}

static void further_fields_are_relayed_and_a_from_is_dropped(void **state)
{
    (void)state;
    struct band band;
    band_begin(&band, 2);
    send_text(band.peer[0], "{\"x\":[1, 2],\"from\":\"p3\",\"type\":\"offer\",\"to\":\"p2\","
                            "\"id\":7,\"data\":{\"sdp\":\"v=0\"},\"y\":\"z\"}");
    const struct message *got = heard_message(band.peer[1], "offer");
    want(got->json, "from", "p1");
    want(got->json, "x.1", "2");
    want(got->json, "y", "z");
    want(got->json, "data.sdp", "v=0");
    assert_null(strstr(got->text, "p3"));
    char *first = strstr(got->text, "\"from\"");
    assert_non_null(first);
    assert_null(strstr(first + 1, "\"from\""));
    send_text(band.peer[0], "{\"type\":\"bye\",\"from\":{\"from\":1},\"from\":\"p3\"}");
    got = heard_message(band.peer[1], "bye");
    want(got->json, "from", "p1");
    assert_null(strstr(got->text, "p3"));
}

static void to_nobody_is_not_found(void **state)
{
    (void)state;
    static const char *const nobody[] = {"p3", "p4", "p99", "kim", "", "u2"};
    struct band band;
    band_begin(&band, 2); /* p3 is seated, without a signaling socket */
    for (size_t i = 0; i < sizeof nobody / sizeof *nobody; i++) {
        send_text(band.peer[0], "{\"type\":\"offer\",\"to\":\"%s\",\"data\":{\"sdp\":\"v=0\"}}",
                  nobody[i]);
        want_error(band.peer[0], NULL, "not_found");
    }
    quiet(band.peer[0]);
    quiet(band.peer[1]);
}

static void what_is_no_signal_gets_an_error(void **state)
{
    (void)state;
    struct band band;
    band_begin(&band, 2);
    struct socket *one = band.peer[0];
    static const char *const types[] = {"init",        "hello",     "ping",  "next_page", "peers",
                                        "peer_joined", "peer_left", "error", "ack",       ""};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        send_text(one, "{\"type\":\"%s\",\"data\":{}}", types[i]);
        want_error(one, NULL, "unknown_type");
    }
    send_text(one, "{\"type\":\"offer\",\"to\":7,\"data\":{}}");
    want_error(one, NULL, "bad_request");
    for (int i = 0; i < 9; i++) {
        send_text(one, i % 2 ? "{\"to\":\"p2\"}" : "[]");
        want_error(one, NULL, "bad_message");
    }
    quiet(one);
    quiet(band.peer[1]);
    send_frame(one, 0x80 | OP_BINARY, "{}", 2);
    want_close(one, 1008);
    want(heard(band.peer[1], "peer_left"), "data.participant_id", "p1");
}

static void a_second_socket_replaces_the_first_with_4001(void **state)
{
    (void)state;
    struct band band;
    band_begin(&band, 3);
    struct socket *older = band.peer[1];
    older->keeps_open = true;
    struct socket *newer = signaling_open(&band.debate, "u2");
    const struct json *peers = heard(newer, "peers");
    want(peers, "data.self", "p2");
    assert_int_equal(json_count(at(peers, "data.peers")), 2);
    send_text(older, "{\"type\":\"bye\",\"data\":{}}"); /* ignored from now on */
    want_close(older, 4001);
    for (int i = 0; i < 3; i += 2) {
        want(heard(band.peer[i], "peer_left"), "data.participant_id", "p2");
        want(heard(band.peer[i], "peer_joined"), "data.participant_id", "p2");
        quiet(band.peer[i]);
    }
    socket_cut(older); /* its late end unseats nobody */
    pass_time(100);
    quiet(band.peer[0]);
    send_text(band.peer[0], "{\"type\":\"offer\",\"to\":\"p2\",\"data\":{\"sdp\":\"v=0\"}}");
    want(heard(newer, "offer"), "from", "p1");
    quiet(newer);
}

static void leave_closes_signaling_with_1000(void **state)
{
    (void)state;
    struct band band;
    band_begin(&band, 3);
    acked(band.debate.seat[1], "leave", "{}");
    want_close(band.peer[1], 1000);
    want(heard(band.peer[0], "peer_left"), "data.participant_id", "p2");
    want(heard(band.peer[2], "peer_left"), "data.participant_id", "p2");
    quiet(band.peer[0]);
}

static void a_lost_voice_socket_leaves_signaling_alone(void **state)
{
    (void)state;
    struct band band;
    band_begin(&band, 2);
    socket_cut(band.debate.seat[1]);
    heard(band.debate.seat[0], "disconnected");
    quiet(band.peer[0]);
    send_text(band.peer[1], "{\"type\":\"offer\",\"to\":\"p1\",\"data\":{\"sdp\":\"v=0\"}}");
    want(heard(band.peer[0], "offer"), "from", "p2");
}

static void the_end_closes_signaling_with_1000(void **state)
{
    (void)state;
    struct band band;
    band_begin(&band, 2);
    acked(band.debate.seat[0], "end_session", "{}");
    want_close(band.peer[0], 1000);
    want_close(band.peer[1], 1000);
    want_refusal(socket_refused(signaling_path(band.debate.code), token("u1")), 410, "ended");
}

static void signaling_speaks_the_language_that_was_asked_for(void **state)
{
    (void)state;
    struct band band;
    band_begin(&band, 0);
    const char *headers = text("Authorization: Bearer %s\r\nAccept-Language: ko\r\n", token("u1"));
    struct socket *one = socket_open_with(signaling_path(band.debate.code), headers, false);
    heard(one, "peers");
    send_text(one, "{\"type\":\"offer\",\"to\":\"p9\",\"data\":{\"sdp\":\"v=0\"}}");
    const struct json *error = want_error(one, NULL, "not_found");
    assert_non_null(strpbrk(shown(error, "data.message"), "\xea\xeb\xec\xed"));
}

static void the_token_may_stand_before_or_after_the_room_code(void **state)
{
    (void)state;
    struct band band;
    band_begin(&band, 0);
    const char *key = token("u1"), *code = band.debate.code;
    heard(socket_open_with(text("/ws/signaling?room_code=%s&token=%s", code, key), "", false),
          "peers");
    heard(socket_open_with(text("/ws/signaling?token=%s&room_code=%s", key, code), "", false),
          "peers");
    heard(socket_open_with(text("/ws/signaling?x=1&token=%%22%s%%22&room_code=%s", key, code), "",
                           false),
          "peers");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_newcomer_gets_peers_and_the_others_hear_of_it),
        cmocka_unit_test(only_the_seated_get_in),
        cmocka_unit_test(a_message_goes_to_its_addressee_alone_with_the_sender_added),
        cmocka_unit_test(without_an_addressee_it_goes_to_all_others_in_the_room),
        cmocka_unit_test(what_is_relayed_is_unchanged_to_the_byte),
        cmocka_unit_test(what_is_no_signal_is_bad_request_and_not_relayed),
        cmocka_unit_test(further_fields_are_relayed_and_a_from_is_dropped),
        cmocka_unit_test(to_nobody_is_not_found),
        cmocka_unit_test(what_is_no_signal_gets_an_error),
        cmocka_unit_test(a_second_socket_replaces_the_first_with_4001),
        cmocka_unit_test(leave_closes_signaling_with_1000),
        cmocka_unit_test(a_lost_voice_socket_leaves_signaling_alone),
        cmocka_unit_test(the_end_closes_signaling_with_1000),
        cmocka_unit_test(signaling_speaks_the_language_that_was_asked_for),
        cmocka_unit_test(the_token_may_stand_before_or_after_the_room_code),
    };
    return cmocka_run_group_tests(tests, group_begin, group_end);
}

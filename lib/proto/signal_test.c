#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "proto/message.h"
#include "proto/proto_testing.h"

static struct signal head;
static struct problem why;

static enum err relay(const char *text, struct buf *out)
{
    memset(&head, 0xaa, sizeof head);
    why = (struct problem){.code = ERR_NONE};
    enum err e = signal_relay(text, strlen(text), 2, &head, out, &why);
    assert_int_equal(e, why.code);
    return e;
}

static void assert_relayed(const char *text, const char *expected)
{
    struct buf out;
    buf_init(&out, 2 * LIMIT_SIGNALING_MESSAGE);
    assert_int_equal(relay(text, &out), ERR_NONE);
    assert_string_equal(out.data, expected);
    assert_int_equal(out.len, strlen(expected));
    buf_release(&out);
}

static void assert_refused(const char *text, enum err code, enum reason reason, const char *field)
{
    struct buf out;
    buf_init(&out, 1000);
    assert_int_equal(relay(text, &out), code);
    assert_problem(&why, code, reason, field);
    assert_int_equal(out.len, 0);
    buf_release(&out);
}

static void a_message_is_relayed_unchanged_but_for_its_sender(void **state)
{
    (void)state;
    assert_relayed(
        "{\"type\":\"offer\",\"to\":\"p1\",\"data\":{\"sdp\":\"v=0\\r\\n\"}}",
        "{\"from\":\"p2\",\"type\":\"offer\",\"to\":\"p1\",\"data\":{\"sdp\":\"v=0\\r\\n\"}}");
    assert_int_equal(head.type, SIGNAL_OFFER);
    assert_int_equal(head.to, 1);
    assert_false(head.to_is_unknown);
    assert_int_equal(head.id.kind, COMMAND_ID_NONE);
    /* White space, escapes and numbers stay as the client wrote them. */
    assert_relayed(
        "\n{ \"data\" : {\"candidate\":\"\\u0061\\/b\",\"sdpMLineIndex\":0.0e0 },\t\"type\""
        ":\"candidate\" } ",
        "\n{\"from\":\"p2\", \"data\" : {\"candidate\":\"\\u0061\\/b\",\"sdpMLineIndex\":0.0e0"
        " },\t\"type\":\"candidate\" } ");
}

static void every_type_is_relayed(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 1000);
    assert_int_equal(relay("{\"type\":\"offer\",\"data\":{\"sdp\":\"\"}}", &out), ERR_NONE);
    assert_int_equal(head.type, SIGNAL_OFFER);
    assert_int_equal(relay("{\"type\":\"answer\",\"data\":{\"sdp\":\"\"}}", &out), ERR_NONE);
    assert_int_equal(head.type, SIGNAL_ANSWER);
    assert_int_equal(relay("{\"type\":\"candidate\",\"data\":{\"candidate\":\"\"}}", &out),
                     ERR_NONE);
    assert_int_equal(head.type, SIGNAL_CANDIDATE);
    assert_int_equal(relay("{\"type\":\"bye\"}", &out), ERR_NONE);
    assert_int_equal(head.type, SIGNAL_BYE);
    buf_release(&out);
}

static void without_to_it_is_for_all_others(void **state)
{
    (void)state;
    assert_relayed("{\"type\":\"bye\",\"data\":{}}",
                   "{\"from\":\"p2\",\"type\":\"bye\",\"data\":{}}");
    assert_int_equal(head.to, 0);
    assert_false(head.to_is_unknown);
}

static void a_to_that_is_no_participant_id_is_unknown(void **state)
{
    (void)state;
    static const char *const names[] = {"", "p0", "p", "1", "P1", "p1 ", "p01", "kim", "p99999"};
    char text[128];
    struct buf out;
    buf_init(&out, 10000);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(text, sizeof text, "{\"type\":\"bye\",\"to\":\"%s\"}", names[i]);
        assert_int_equal(relay(text, &out), ERR_NONE);
        assert_true(head.to_is_unknown);
        assert_int_equal(head.to, 0);
    }
    assert_int_equal(relay("{\"type\":\"bye\",\"to\":\"p12\"}", &out), ERR_NONE);
    assert_int_equal(head.to, 12);
    buf_release(&out);
}

static void further_fields_are_relayed(void **state)
{
    (void)state;
    assert_relayed(
        "{\"id\":\"x\",\"v\":1e400,\"type\":\"offer\",\"data\":{\"sdp\":\"\",\"restart\":"
        "[true,{}]}}",
        "{\"from\":\"p2\",\"id\":\"x\",\"v\":1e400,\"type\":\"offer\",\"data\":{\"sdp\":\"\","
        "\"restart\":[true,{}]}}");
    assert_string_equal(head.id.string, "x");
}

static void a_from_of_the_clients_is_dropped(void **state)
{
    (void)state;
    assert_relayed("{\"from\":\"p1\",\"type\":\"bye\"}", "{\"from\":\"p2\",\"type\":\"bye\"}");
    assert_relayed("{\"type\":\"bye\",\"from\":\"p1\"}", "{\"from\":\"p2\",\"type\":\"bye\"}");
    assert_relayed("{\"type\":\"bye\",\"from\":[\"}\",{\"from\":1}],\"from\":null,\"to\":\"p3\"}",
                   "{\"from\":\"p2\",\"type\":\"bye\",\"to\":\"p3\"}");
    assert_relayed("{\"type\":\"bye\",\"fr\\u006fm\":\"p1\"}",
                   "{\"from\":\"p2\",\"type\":\"bye\"}");
    /* Further in it is the client's own business. */
    assert_relayed("{\"type\":\"bye\",\"data\":{\"from\":\"p1\"},\"From\":1}",
                   "{\"from\":\"p2\",\"type\":\"bye\",\"data\":{\"from\":\"p1\"},\"From\":1}");
}

static void what_stands_beside_a_dropped_from_is_unchanged(void **state)
{
    (void)state;
    assert_relayed(
        " { \"from\" : \"p1\" , \"n\" : 12345678901234567890 ,\"s\":\"\\u0061\\\"}\",\"type\""
        ":\"offer\", \"data\":{ \"sdp\" : \"v=0\\\\\" } } ",
        "{\"from\":\"p2\",\"n\" : 12345678901234567890,\"s\":\"\\u0061\\\"}\",\"type\":\"offer\""
        ",\"data\":{ \"sdp\" : \"v=0\\\\\" }}");
}

static void what_is_no_json_object_with_a_type_is_bad_message(void **state)
{
    (void)state;
    assert_refused("[]", ERR_BAD_MESSAGE, REASON_NOT_AN_OBJECT, "");
    assert_refused("{", ERR_BAD_MESSAGE, REASON_NOT_JSON, "");
    assert_refused("{}", ERR_BAD_MESSAGE, REASON_NO_TYPE, "");
    assert_refused("{\"type\":5}", ERR_BAD_MESSAGE, REASON_NO_TYPE, "");
}

static void another_type_is_unknown_type(void **state)
{
    (void)state;
    assert_refused("{\"type\":\"ping\"}", ERR_UNKNOWN_TYPE, REASON_NONE, "");
    assert_refused("{\"type\":\"peers\",\"to\":5}", ERR_UNKNOWN_TYPE, REASON_NONE, "");
    assert_refused("{\"id\":\"a\",\"type\":\"Offer\"}", ERR_UNKNOWN_TYPE, REASON_NONE, "");
    assert_string_equal(head.id.string, "a");
}

static void a_field_of_the_wrong_type_is_bad_request(void **state)
{
    (void)state;
    static const struct {
        const char *text, *field;
        enum reason reason;
    } bad[] = {
        {"{\"type\":\"bye\",\"to\":1}", "to", REASON_FIELD_TYPE},
        {"{\"type\":\"bye\",\"to\":null}", "to", REASON_FIELD_TYPE},
        {"{\"type\":\"bye\",\"data\":[]}", "data", REASON_FIELD_TYPE},
        {"{\"type\":\"bye\",\"id\":[]}", "id", REASON_FIELD_TYPE},
        {"{\"type\":\"offer\"}", "sdp", REASON_FIELD_MISSING},
        {"{\"type\":\"offer\",\"data\":{}}", "sdp", REASON_FIELD_MISSING},
        {"{\"type\":\"answer\",\"data\":{\"sdp\":{}}}", "sdp", REASON_FIELD_TYPE},
        {"{\"type\":\"candidate\",\"data\":{}}", "candidate", REASON_FIELD_MISSING},
        {"{\"type\":\"candidate\",\"data\":{\"candidate\":1}}", "candidate", REASON_FIELD_TYPE},
        {"{\"type\":\"candidate\",\"data\":{\"candidate\":\"\",\"sdpMid\":0}}", "sdpMid",
         REASON_FIELD_TYPE},
        {"{\"type\":\"candidate\",\"data\":{\"candidate\":\"\",\"sdpMLineIndex\":\"0\"}}",
         "sdpMLineIndex", REASON_FIELD_TYPE},
        {"{\"type\":\"candidate\",\"data\":{\"candidate\":\"\",\"sdpMLineIndex\":-1}}",
         "sdpMLineIndex", REASON_FIELD_RANGE},
        {"{\"type\":\"candidate\",\"data\":{\"candidate\":\"\",\"sdpMLineIndex\":65536}}",
         "sdpMLineIndex", REASON_FIELD_RANGE},
        {"{\"type\":\"bye\",\"x\":\"" NUL_ESCAPE "\"}", "x", REASON_FIELD_NUL},
        {"{\"type\":\"offer\",\"data\":{\"sdp\":\"" NUL_ESCAPE "\"}}", "data.sdp",
         REASON_FIELD_NUL}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_refused(bad[i].text, ERR_BAD_REQUEST, bad[i].reason, bad[i].field);
}

/* RTCIceCandidateInit has null for both by default (WebRTC, section 4.8.1). */
static void a_candidate_may_leave_its_place_open(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 1000);
    assert_int_equal(relay("{\"type\":\"candidate\",\"data\":{\"candidate\":\"\",\"sdpMid\":null,"
                           "\"sdpMLineIndex\":null}}",
                           &out),
                     ERR_NONE);
    buf_release(&out);
}

static void a_message_of_64_kib_is_relayed(void **state)
{
    (void)state;
    static char text[LIMIT_SIGNALING_MESSAGE + 1], expected[LIMIT_SIGNALING_MESSAGE + 32];
    const char *first = "{\"type\":\"offer\",\"data\":{\"sdp\":\"", *last = "\"}}";
    memset(text, 'x', LIMIT_SIGNALING_MESSAGE);
    memcpy(text, first, strlen(first));
    memcpy(text + LIMIT_SIGNALING_MESSAGE - strlen(last), last, strlen(last));
    snprintf(expected, sizeof expected, "{\"from\":\"p2\",%s", text + 1);
    assert_relayed(text, expected);
}

static void what_does_not_fit_leaves_the_buffer_as_it_was(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{\"type\":\"offer\",\"data\":{\"sdp\":\"0123456789012345678901234567890123456789\"}}",
        "{\"from\":1,\"type\":\"offer\",\"data\":{\"sdp\":\"01234567890123456789012345678901234\"}"
        "}"};
    for (size_t i = 0; i < 2; i++) {
        struct buf out;
        buf_init(&out, 50);
        assert_int_equal(buf_append_str(&out, "before"), ERR_NONE);
        assert_int_equal(relay(texts[i], &out), ERR_FULL);
        assert_string_equal(out.data, "before");
        assert_int_equal(out.len, 6);
        buf_release(&out);
    }
}

static void peers_are_told_as_the_protocol_writes_it(void **state)
{
    (void)state;
    struct buf out;
    const struct signal_peer peers[] = {{1, "Kim"}, {3, "Pa\"rk"}};
    buf_init(&out, 1000);
    assert_int_equal(peers_print(2, peers, 2, &out), ERR_NONE);
    assert_string_equal(
        out.data,
        "{\"type\":\"peers\",\"data\":{\"self\":\"p2\",\"peers\":[{\"participant_id\":\"p1\","
        "\"nickname\":\"Kim\"},{\"participant_id\":\"p3\",\"nickname\":\"Pa\\\"rk\"}]}}");
    buf_clear(&out);
    assert_int_equal(peers_print(1, NULL, 0, &out), ERR_NONE);
    assert_string_equal(out.data, "{\"type\":\"peers\",\"data\":{\"self\":\"p1\",\"peers\":[]}}");
    buf_clear(&out);
    assert_int_equal(peer_joined_print(&peers[0], &out), ERR_NONE);
    assert_string_equal(out.data, "{\"type\":\"peer_joined\",\"data\":{\"participant_id\":\"p1\","
                                  "\"nickname\":\"Kim\"}}");
    buf_clear(&out);
    assert_int_equal(peer_left_print(3, &out), ERR_NONE);
    assert_string_equal(out.data, "{\"type\":\"peer_left\",\"data\":{\"participant_id\":\"p3\"}}");
    buf_release(&out);
}

static void a_client_writes_signals_as_the_protocol_does(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 1000);
    assert_int_equal(offer_print(SIGNAL_OFFER, 1, "v=0\r\n", &out), ERR_NONE);
    assert_string_equal(out.data,
                        "{\"type\":\"offer\",\"to\":\"p1\",\"data\":{\"sdp\":\"v=0\\r\\n\"}}");
    buf_clear(&out);
    assert_int_equal(offer_print(SIGNAL_ANSWER, 0, "", &out), ERR_NONE);
    assert_string_equal(out.data, "{\"type\":\"answer\",\"data\":{\"sdp\":\"\"}}");
    buf_clear(&out);
    assert_int_equal(candidate_print(3, "candidate:1", "0", 0, &out), ERR_NONE);
    assert_string_equal(out.data, "{\"type\":\"candidate\",\"to\":\"p3\",\"data\":{\"candidate\":"
                                  "\"candidate:1\",\"sdpMid\":\"0\",\"sdpMLineIndex\":0}}");
    buf_clear(&out);
    assert_int_equal(candidate_print(3, "", NULL, -1, &out), ERR_NONE);
    assert_string_equal(out.data,
                        "{\"type\":\"candidate\",\"to\":\"p3\",\"data\":{\"candidate\":\"\"}}");
    buf_release(&out);
}

static enum err relay_both_ways(void)
{
    struct buf out;
    buf_init(&out, 1000);
    enum err e = relay("{\"type\":\"offer\",\"data\":{\"sdp\":\"v=0\"}}", &out);
    size_t len = out.len;
    if (!e)
        e = relay("{\"type\":\"offer\",\"from\":7,\"data\":{\"sdp\":\"v=0\"}}", &out);
    if (e)
        assert_int_equal(out.len, len);
    buf_release(&out);
    return e;
}

/* Alone, so that the buffer itself grows there. */
static enum err relay_with_from(void)
{
    struct buf out;
    buf_init(&out, 1000);
    enum err e = relay("{\"type\":\"offer\",\"from\":7,\"data\":{\"sdp\":\"v=0\"}}", &out);
    buf_release(&out);
    return e;
}

static enum err print_all(void)
{
    const struct signal_peer peers[] = {{1, "Kim"}, {3, "Park"}};
    struct buf out;
    buf_init(&out, 4000);
    enum err e = peers_print(2, peers, 2, &out);
    if (!e)
        e = peer_joined_print(peers, &out);
    if (!e)
        e = peer_left_print(1, &out);
    if (!e)
        e = offer_print(SIGNAL_OFFER, 1, "v=0", &out);
    if (!e)
        e = candidate_print(1, "c", "0", 0, &out);
    buf_release(&out);
    return e;
}

static void a_lack_of_memory_is_told(void **state)
{
    (void)state;
    every_allocation_fails_in_turn(relay_both_ways);
    every_allocation_fails_in_turn(relay_with_from);
    every_allocation_fails_in_turn(print_all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_is_relayed_unchanged_but_for_its_sender),
        cmocka_unit_test(every_type_is_relayed),
        cmocka_unit_test(without_to_it_is_for_all_others),
        cmocka_unit_test(a_to_that_is_no_participant_id_is_unknown),
        cmocka_unit_test(further_fields_are_relayed),
        cmocka_unit_test(a_from_of_the_clients_is_dropped),
        cmocka_unit_test(what_stands_beside_a_dropped_from_is_unchanged),
        cmocka_unit_test(what_is_no_json_object_with_a_type_is_bad_message),
        cmocka_unit_test(another_type_is_unknown_type),
        cmocka_unit_test(a_field_of_the_wrong_type_is_bad_request),
        cmocka_unit_test(a_candidate_may_leave_its_place_open),
        cmocka_unit_test(a_message_of_64_kib_is_relayed),
        cmocka_unit_test(what_does_not_fit_leaves_the_buffer_as_it_was),
        cmocka_unit_test(peers_are_told_as_the_protocol_writes_it),
        cmocka_unit_test(a_client_writes_signals_as_the_protocol_does),
        cmocka_unit_test(a_lack_of_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

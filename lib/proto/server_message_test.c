#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "proto/message.h"
#include "proto/proto_testing.h"
#include "proto/view.h"

static struct server_message got;

static enum err parse(const char *text)
{
    return server_message_parse(text, strlen(text), &got);
}

static void must_parse(const char *text, enum server_message_type type)
{
    assert_int_equal(parse(text), ERR_NONE);
    assert_int_equal(got.type, type);
}

static void assert_no_message(const char *text)
{
    assert_int_equal(parse(text), ERR_BAD_MESSAGE);
    assert_null(got.json);
}

static struct command_id string_id(const char *id)
{
    struct command_id out = {.kind = COMMAND_ID_STRING};
    snprintf(out.string, sizeof out.string, "%s", id);
    return out;
}

static void an_ack_has_the_id_at_the_top_and_seq_where_something_was_written(void **state)
{
    (void)state;
    struct buf out;
    struct command_id id = string_id("a\"b");
    buf_init(&out, 1000);
    assert_int_equal(ack_print(&id, 17, &out), ERR_NONE);
    assert_string_equal(out.data, "{\"type\":\"ack\",\"id\":\"a\\\"b\",\"data\":{\"seq\":17}}");
    must_parse(out.data, SERVER_ACK);
    assert_string_equal(got.id.string, "a\"b");
    assert_int_equal(got.ack.seq, 17);
    server_message_release(&got);
    buf_clear(&out);
    id = (struct command_id){.kind = COMMAND_ID_INTEGER, .integer = -3};
    assert_int_equal(ack_print(&id, 0, &out), ERR_NONE);
    assert_string_equal(out.data, "{\"type\":\"ack\",\"id\":-3,\"data\":{}}");
    must_parse(out.data, SERVER_ACK);
    assert_int_equal(got.id.integer, -3);
    assert_int_equal(got.ack.seq, 0);
    server_message_release(&got);
    buf_release(&out);
}

static void an_error_has_a_code_a_message_and_the_id_if_there_was_one(void **state)
{
    (void)state;
    struct buf out;
    struct problem why;
    struct command_id id = string_id("7");
    buf_init(&out, 1000);
    (void)problem_set(&why, ERR_FORBIDDEN, REASON_NOT_HOST, NULL);
    assert_int_equal(error_print(&id, &why, LANG_EN, &out), ERR_NONE);
    assert_string_equal(out.data,
                        "{\"type\":\"error\",\"id\":\"7\",\"data\":{\"code\":\"forbidden\","
                        "\"message\":\"Only the host may do this.\"}}");
    must_parse(out.data, SERVER_ERROR);
    assert_int_equal(got.error.code, ERR_FORBIDDEN);
    assert_string_equal(got.error.code_name, "forbidden");
    assert_string_equal(got.error.message, "Only the host may do this.");
    server_message_release(&got);
    buf_clear(&out);
    id.kind = COMMAND_ID_NONE;
    assert_int_equal(error_print(&id, &why, LANG_KO, &out), ERR_NONE);
    assert_null(strstr(out.data, "\"id\""));
    assert_null(strstr(out.data, "Only"));
    buf_clear(&out);
    assert_int_equal(error_body_print(&why, LANG_EN, &out), ERR_NONE);
    assert_string_equal(out.data, "{\"error\":{\"code\":\"forbidden\",\"message\":"
                                  "\"Only the host may do this.\"}}");
    buf_release(&out);
}

/* A name that a client made up comes back within a sentence. */
static void a_message_is_json_whatever_the_fields_name(void **state)
{
    (void)state;
    struct buf out;
    struct problem why;
    buf_init(&out, 2000);
    (void)problem_set(&why, ERR_BAD_REQUEST, REASON_FIELD_NUL, "a\"}\n\\");
    assert_int_equal(error_print(NULL, &why, LANG_EN, &out), ERR_NONE);
    must_parse(out.data, SERVER_ERROR);
    assert_non_null(strstr(got.error.message, "a\"}\n\\"));
    server_message_release(&got);
    buf_release(&out);
}

static void a_code_of_a_later_version_keeps_its_name(void **state)
{
    (void)state;
    must_parse("{\"type\":\"error\",\"data\":{\"code\":\"too_loud\"}}", SERVER_ERROR);
    assert_int_equal(got.error.code, ERR_INTERNAL);
    assert_string_equal(got.error.code_name, "too_loud");
    assert_string_equal(got.error.message, "");
    server_message_release(&got);
}

static void a_pong_gives_t0_back_as_it_came_with_t1_and_t2(void **state)
{
    (void)state;
    struct buf out;
    struct command_id id = {.kind = COMMAND_ID_INTEGER, .integer = 5};
    buf_init(&out, 1000);
    assert_int_equal(pong_print(&id, 12.34567, 1763872345678.25, 1763872345678.5, &out), ERR_NONE);
    assert_string_equal(out.data, "{\"type\":\"pong\",\"id\":5,\"data\":{\"t0\":12.34567,"
                                  "\"t1\":1763872345678.25,\"t2\":1763872345678.5}}");
    must_parse(out.data, SERVER_PONG);
    assert_true(got.pong.t0 == 12.34567);
    assert_true(got.pong.t1 == 1763872345678.25);
    assert_true(got.pong.t2 == 1763872345678.5);
    server_message_release(&got);
    assert_no_message("{\"type\":\"pong\",\"data\":{\"t0\":1,\"t1\":2}}");
    assert_no_message("{\"type\":\"pong\",\"data\":{\"t1\":1,\"t2\":2}}");
    buf_release(&out);
}

static const char welcome_full[] =
    "{\"type\":\"welcome\",\"id\":\"i\",\"data\":{\"session_id\":\"s_0123456789012345678901\","
    "\"room_code\":\"library\",\"participant_id\":\"p2\",\"host\":\"p1\",\"phase\":\"live\","
    "\"page\":2,\"seats\":3,\"seq\":41,\"ts\":1763872345678,\"start_at\":1763872340000,"
    "\"reset\":true,\"participants\":[{\"participant_id\":\"p1\",\"nickname\":\"Kim\","
    "\"connected\":true,\"is_mic_on\":true,\"is_speaking\":false,\"is_recording\":true},"
    "{\"participant_id\":\"p2\",\"nickname\":\"Lee\",\"connected\":false,\"is_mic_on\":false,"
    "\"is_speaking\":true,\"is_recording\":false}],"
    "\"agenda\":{\"title\":\"T\",\"pages\":[{\"title\":\"P\"}]},"
    "\"ice_servers\":[{\"urls\":[\"stun:a\",\"turn:b\"],\"username\":\"u\",\"credential\":\"c\"}],"
    "\"record\":\"auto\"}}";

/* What is printed into `out` for the session that welcome_full speaks of. */
static enum err print_welcome(struct agenda *agenda, struct buf *out)
{
    struct session_view session = {.session_id = "s_0123456789012345678901",
                                   .room_code = "library",
                                   .phase = PHASE_LIVE,
                                   .page = 2,
                                   .host = 1,
                                   .seats = 3,
                                   .seq = 41,
                                   .has_start_at = true,
                                   .start_at_ms = INT64_C(1763872340000),
                                   .agenda = agenda,
                                   .participant_count = 2,
                                   .participants = {{1, "Kim", true, true, false, true},
                                                    {2, "Lee", false, false, true, false}}};
    struct welcome_view welcome = {
        .participant = 2,
        .now_ms = INT64_C(1763872345678),
        .reset = true,
        .record = RECORD_AUTO,
        .ice_server_count = 1,
        .ice_servers = {
            {.urls = {"stun:a", "turn:b"}, .url_count = 2, .username = "u", .credential = "c"}}};
    struct command_id id = string_id("i");
    return welcome_print(&id, &session, &welcome, out);
}

static void welcome_is_written_as_the_protocol_does(void **state)
{
    (void)state;
    const char *text = "{\"title\":\"T\",\"pages\":[{\"title\":\"P\"}]}";
    struct agenda *agenda;
    struct buf out;
    buf_init(&out, 4000);
    assert_int_equal(agenda_parse(text, strlen(text), &agenda, NULL), ERR_NONE);
    assert_int_equal(print_welcome(agenda, &out), ERR_NONE);
    assert_string_equal(out.data, welcome_full);
    agenda_unref(agenda);
    buf_release(&out);
}

static void
an_observers_welcome_has_null_for_participant_id_and_no_start_at_in_the_lobby(void **state)
{
    (void)state;
    struct agenda *agenda = agenda_new_default();
    struct session_view session = {.session_id = "s_0123456789012345678901",
                                   .room_code = "r",
                                   .page = 1,
                                   .seats = 2,
                                   .agenda = agenda};
    struct welcome_view welcome = {.now_ms = 5, .record = RECORD_OFF};
    struct buf out;
    buf_init(&out, 4000);
    assert_int_equal(welcome_print(NULL, &session, &welcome, &out), ERR_NONE);
    assert_string_equal(
        out.data,
        "{\"type\":\"welcome\",\"data\":{\"session_id\":\"s_0123456789012345678901\","
        "\"room_code\":\"r\",\"participant_id\":null,\"host\":null,\"phase\":\"lobby\",\"page\":1,"
        "\"seats\":2,\"seq\":0,\"ts\":5,\"participants\":[],\"agenda\":{\"title\":\"\",\"pages\":"
        "[{\"title\":\"\"}]},\"ice_servers\":[],\"record\":\"off\"}}");
    must_parse(out.data, SERVER_WELCOME);
    assert_int_equal(got.welcome.participant, 0);
    assert_int_equal(got.welcome.host, 0);
    assert_false(got.welcome.has_start_at);
    assert_false(got.welcome.reset);
    assert_string_equal(got.welcome.record, "off");
    server_message_release(&got);
    agenda_unref(agenda);
    buf_release(&out);
}

static void a_client_reads_all_of_welcome(void **state)
{
    (void)state;
    must_parse(welcome_full, SERVER_WELCOME);
    assert_string_equal(got.id.string, "i");
    assert_string_equal(got.welcome.session_id, "s_0123456789012345678901");
    assert_string_equal(got.welcome.room_code, "library");
    assert_string_equal(got.welcome.phase, "live");
    assert_string_equal(got.welcome.record, "auto");
    assert_int_equal(got.welcome.participant, 2);
    assert_int_equal(got.welcome.host, 1);
    assert_int_equal(got.welcome.page, 2);
    assert_int_equal(got.welcome.seats, 3);
    assert_int_equal(got.welcome.seq, 41);
    assert_int_equal(got.welcome.ts_ms, INT64_C(1763872345678));
    assert_true(got.welcome.has_start_at);
    assert_int_equal(got.welcome.start_at_ms, INT64_C(1763872340000));
    assert_true(got.welcome.reset);
    assert_int_equal(got.welcome.participant_count, 2);
    const struct server_participant *lee = &got.welcome.participants[1];
    assert_int_equal(lee->participant, 2);
    assert_string_equal(lee->nickname, "Lee");
    assert_false(lee->connected);
    assert_false(lee->is_mic_on);
    assert_true(lee->is_speaking);
    assert_false(lee->is_recording);
    assert_true(got.welcome.participants[0].is_recording);
    assert_string_equal(got.welcome.agenda->pages[0].title, "P");
    assert_int_equal(got.welcome.ice_server_count, 1);
    assert_int_equal(got.welcome.ice_servers[0].url_count, 2);
    assert_string_equal(got.welcome.ice_servers[0].urls[1], "turn:b");
    assert_string_equal(got.welcome.ice_servers[0].username, "u");
    assert_string_equal(got.welcome.ice_servers[0].credential, "c");
    server_message_release(&got);
}

/* welcome_full with `from` replaced by `to`. */
static void assert_welcome_without(const char *from, const char *to)
{
    char text[2 * sizeof welcome_full];
    const char *at = strstr(welcome_full, from);
    assert_non_null(at);
    snprintf(text, sizeof text, "%.*s%s%s", (int)(at - welcome_full), welcome_full, to,
             at + strlen(from));
    assert_no_message(text);
}

static void a_welcome_that_lacks_what_is_required_is_no_message(void **state)
{
    (void)state;
    assert_welcome_without("\"session_id\"", "\"x\"");
    assert_welcome_without("\"room_code\"", "\"x\"");
    assert_welcome_without("\"phase\"", "\"x\"");
    assert_welcome_without("\"page\"", "\"x\"");
    assert_welcome_without("\"seats\"", "\"x\"");
    assert_welcome_without("\"seq\"", "\"x\"");
    assert_welcome_without("\"ts\"", "\"x\"");
    assert_welcome_without("\"participants\"", "\"x\"");
    assert_welcome_without("\"agenda\"", "\"x\"");
    assert_welcome_without("\"p2\"", "2");
    assert_welcome_without("\"host\":\"p1\"", "\"host\":\"kim\"");
    assert_welcome_without("\"nickname\"", "\"x\"");
    assert_welcome_without("41", "-1");
    assert_welcome_without("[\"stun:a\",\"turn:b\"]", "7");
}

static void one_url_may_stand_without_its_list(void **state)
{
    (void)state;
    must_parse(
        "{\"type\":\"welcome\",\"data\":{\"session_id\":\"s\",\"room_code\":\"r\","
        "\"participant_id\":null,\"host\":null,\"phase\":\"lobby\",\"page\":1,\"seats\":2,"
        "\"seq\":0,\"ts\":5,\"participants\":[],\"agenda\":{\"title\":\"\",\"pages\":"
        "[{\"title\":\"\"}]},\"ice_servers\":[{\"urls\":\"stun:a\"}],\"record\":\"manual\"}}",
        SERVER_WELCOME);
    assert_int_equal(got.welcome.ice_servers[0].url_count, 1);
    assert_string_equal(got.welcome.ice_servers[0].urls[0], "stun:a");
    server_message_release(&got);
}

static void an_event_is_read_where_it_stands(void **state)
{
    (void)state;
    must_parse("{\"type\":\"next_page\",\"seq\":17,\"ts\":1763872345678,\"actor\":\"p1\","
               "\"data\":{\"page\":2}}",
               SERVER_EVENT);
    assert_int_equal(got.event.event.type, EVENT_NEXT_PAGE);
    assert_int_equal(got.event.event.seq, 17);
    assert_int_equal(got.event.event.actor, 1);
    assert_int_equal(got.event.event.next_page.page, 2);
    server_message_release(&got);
    assert_no_message("{\"type\":\"next_page\",\"ts\":1763872345678,\"data\":{\"page\":2}}");
}

static void peers_and_who_comes_and_goes_are_read(void **state)
{
    (void)state;
    must_parse(
        "{\"type\":\"peers\",\"data\":{\"self\":\"p2\",\"peers\":[{\"participant_id\":\"p1\","
        "\"nickname\":\"Kim\"}]}}",
        SERVER_PEERS);
    assert_int_equal(got.peers.self, 2);
    assert_int_equal(got.peers.count, 1);
    assert_int_equal(got.peers.peers[0].participant, 1);
    assert_string_equal(got.peers.peers[0].nickname, "Kim");
    server_message_release(&got);
    must_parse(
        "{\"type\":\"peer_joined\",\"data\":{\"participant_id\":\"p3\",\"nickname\":\"Lee\"}}",
        SERVER_PEER_JOINED);
    assert_int_equal(got.peer.participant, 3);
    assert_string_equal(got.peer.nickname, "Lee");
    server_message_release(&got);
    must_parse("{\"type\":\"peer_left\",\"data\":{\"participant_id\":\"p3\"}}", SERVER_PEER_LEFT);
    assert_int_equal(got.peer.participant, 3);
    server_message_release(&got);
    assert_no_message("{\"type\":\"peer_left\",\"data\":{}}");
    assert_no_message("{\"type\":\"peers\",\"data\":{\"self\":\"p2\"}}");
    assert_no_message("{\"type\":\"peers\",\"data\":{\"self\":\"p2\",\"peers\":[{}]}}");
}

static void signals_are_read_with_whom_they_come_from(void **state)
{
    (void)state;
    must_parse("{\"type\":\"offer\",\"to\":\"p1\",\"from\":\"p2\",\"data\":{\"sdp\":\"v=0\"}}",
               SERVER_SIGNAL);
    assert_int_equal(got.signal.type, SIGNAL_OFFER);
    assert_int_equal(got.signal.from, 2);
    assert_string_equal(got.signal.sdp, "v=0");
    server_message_release(&got);
    must_parse("{\"type\":\"candidate\",\"from\":\"p2\",\"data\":{\"candidate\":\"candidate:1\","
               "\"sdpMid\":\"0\",\"sdpMLineIndex\":0}}",
               SERVER_SIGNAL);
    assert_string_equal(got.signal.candidate, "candidate:1");
    assert_string_equal(got.signal.sdp_mid, "0");
    assert_int_equal(got.signal.sdp_mline_index, 0);
    server_message_release(&got);
    must_parse(
        "{\"type\":\"candidate\",\"from\":\"p2\",\"data\":{\"candidate\":\"\",\"sdpMid\":null,"
        "\"sdpMLineIndex\":null}}",
        SERVER_SIGNAL);
    assert_null(got.signal.sdp_mid);
    assert_int_equal(got.signal.sdp_mline_index, -1);
    server_message_release(&got);
    must_parse("{\"type\":\"bye\",\"from\":\"p3\"}", SERVER_SIGNAL);
    assert_int_equal(got.signal.type, SIGNAL_BYE);
    server_message_release(&got);
    assert_no_message("{\"type\":\"offer\",\"data\":{\"sdp\":\"v=0\"}}");
    assert_no_message("{\"type\":\"offer\",\"from\":\"p2\",\"data\":{}}");
    assert_no_message("{\"type\":\"candidate\",\"from\":\"p2\",\"data\":{\"sdpMid\":\"0\"}}");
}

static void a_type_of_a_later_version_is_unknown_and_no_error(void **state)
{
    (void)state;
    must_parse("{\"type\":\"applause\",\"data\":[1]}", SERVER_UNKNOWN);
    server_message_release(&got);
}

static void unknown_fields_are_ignored(void **state)
{
    (void)state;
    must_parse("{\"v\":2,\"type\":\"ack\",\"data\":{\"seq\":1,\"x\":{}},\"id\":\"a\"}", SERVER_ACK);
    assert_int_equal(got.ack.seq, 1);
    server_message_release(&got);
}

static void what_is_no_object_with_a_type_is_no_message(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        "[]",
                                        "{",
                                        "{}",
                                        "{\"type\":1}",
                                        "1",
                                        "{\"type\":\"ack\",\"data\":{\"seq\":\"1\"}}",
                                        "{\"type\":\"error\",\"data\":{}}",
                                        "{\"type\":\"ack\",\"x\":\"" NUL_ESCAPE "\"}"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_no_message(texts[i]);
}

/* More than there are seats must not be written beyond the end. */
static void more_than_8_participants_are_cut(void **state)
{
    (void)state;
    struct buf text;
    buf_init(&text, 10000);
    assert_int_equal(buf_append_str(&text, "{\"type\":\"peers\",\"data\":{\"peers\":["), ERR_NONE);
    for (int i = 1; i <= 20; i++)
        assert_int_equal(buf_printf(&text, "%s{\"participant_id\":\"p%d\"}", i == 1 ? "" : ",", i),
                         ERR_NONE);
    assert_int_equal(buf_append_str(&text, "]}}"), ERR_NONE);
    must_parse(text.data, SERVER_PEERS);
    assert_int_equal(got.peers.count, LIMIT_SEATS_MAX);
    server_message_release(&got);
    buf_release(&text);
}

static enum err parse_welcome(void)
{
    enum err e = parse(welcome_full);
    server_message_release(&got);
    return e;
}

static struct agenda *to_print;

static enum err print_all(void)
{
    struct problem why;
    struct buf out;
    buf_init(&out, 4000);
    (void)problem_set(&why, ERR_BAD_REQUEST, REASON_FIELD_TYPE, "page");
    enum err e = print_welcome(to_print, &out);
    if (!e)
        e = ack_print(NULL, 1, &out);
    if (!e)
        e = error_print(NULL, &why, LANG_KO, &out);
    if (!e)
        e = error_body_print(&why, LANG_KO, &out);
    if (!e)
        e = pong_print(NULL, 1, 2, 3, &out);
    buf_release(&out);
    return e;
}

static void a_lack_of_memory_is_told(void **state)
{
    (void)state;
    every_allocation_fails_in_turn(parse_welcome);
    to_print = agenda_new_default();
    every_allocation_fails_in_turn(print_all);
    agenda_unref(to_print);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_ack_has_the_id_at_the_top_and_seq_where_something_was_written),
        cmocka_unit_test(an_error_has_a_code_a_message_and_the_id_if_there_was_one),
        cmocka_unit_test(a_message_is_json_whatever_the_fields_name),
        cmocka_unit_test(a_code_of_a_later_version_keeps_its_name),
        cmocka_unit_test(a_pong_gives_t0_back_as_it_came_with_t1_and_t2),
        cmocka_unit_test(welcome_is_written_as_the_protocol_does),
        cmocka_unit_test(
            an_observers_welcome_has_null_for_participant_id_and_no_start_at_in_the_lobby),
        cmocka_unit_test(a_client_reads_all_of_welcome),
        cmocka_unit_test(a_welcome_that_lacks_what_is_required_is_no_message),
        cmocka_unit_test(one_url_may_stand_without_its_list),
        cmocka_unit_test(an_event_is_read_where_it_stands),
        cmocka_unit_test(peers_and_who_comes_and_goes_are_read),
        cmocka_unit_test(signals_are_read_with_whom_they_come_from),
        cmocka_unit_test(a_type_of_a_later_version_is_unknown_and_no_error),
        cmocka_unit_test(unknown_fields_are_ignored),
        cmocka_unit_test(what_is_no_object_with_a_type_is_no_message),
        cmocka_unit_test(more_than_8_participants_are_cut),
        cmocka_unit_test(a_lack_of_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "proto/message.h"
#include "proto/proto_testing.h"

static struct command command;
static struct problem why;

static enum err parse(const char *text)
{
    memset(&command, 0xaa, sizeof command);
    why = (struct problem){.code = ERR_NONE};
    enum err e = command_parse(text, strlen(text), &command, &why);
    assert_int_equal(e, why.code);
    return e;
}

/* {"type":"<type>","data":<data>} */
static enum err parse_data(const char *type, const char *data)
{
    char text[2048];
    snprintf(text, sizeof text, "{\"type\":\"%s\",\"data\":%s}", type, data);
    return parse(text);
}

static void assert_refused(const char *type, const char *data, enum reason reason,
                           const char *field)
{
    assert_int_equal(parse_data(type, data), ERR_BAD_REQUEST);
    assert_problem(&why, ERR_BAD_REQUEST, reason, field);
}

static void what_is_no_json_object_is_bad_message(void **state)
{
    (void)state;
    static const char *const texts[] = {"",         "ping", "{",        "[]",     "1",
                                        "\"ping\"", "null", "{} extra", "{'a':1}"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_int_equal(parse(texts[i]), ERR_BAD_MESSAGE);
}

static void an_object_without_a_string_type_is_bad_message(void **state)
{
    (void)state;
    static const char *const texts[] = {"{}", "{\"type\":1}", "{\"type\":null,\"data\":{}}",
                                        "{\"Type\":\"ping\"}", "{\"type\":[\"ping\"]}"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_int_equal(parse(texts[i]), ERR_BAD_MESSAGE);
        assert_problem(&why, ERR_BAD_MESSAGE, REASON_NO_TYPE, "");
    }
}

static void a_type_that_is_not_listed_is_unknown_type(void **state)
{
    (void)state;
    static const char *const types[] = {"",      "Ping", "ping ", "welcome",         "join",
                                        "offer", "pong", "error", "next_page\\u0000"};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        assert_int_equal(parse_data(types[i], "{}"), ERR_UNKNOWN_TYPE);
}

static void unknown_type_goes_before_bad_request(void **state)
{
    (void)state;
    assert_int_equal(parse("{\"type\":\"dance\",\"id\":{},\"data\":[]}"), ERR_UNKNOWN_TYPE);
    assert_int_equal(parse("{\"type\":\"dance\",\"x\":\"" NUL_ESCAPE "\"}"), ERR_UNKNOWN_TYPE);
}

static void every_type_is_known_by_its_name(void **state)
{
    (void)state;
    static const struct {
        const char *name, *data;
        enum command_type type;
    } types[] = {{"init", "{}", COMMAND_INIT},
                 {"ready", "{}", COMMAND_READY},
                 {"consent", "{\"recording\":true}", COMMAND_CONSENT},
                 {"report_start", "{\"at\":1}", COMMAND_REPORT_START},
                 {"voice_status_update", "{\"is_mic_on\":true}", COMMAND_VOICE_STATUS_UPDATE},
                 {"start_recording", "{}", COMMAND_START_RECORDING},
                 {"stop_recording", "{}", COMMAND_STOP_RECORDING},
                 {"submit_choice", "{\"choice\":\"a\"}", COMMAND_SUBMIT_CHOICE},
                 {"next_page", "{}", COMMAND_NEXT_PAGE},
                 {"goto_page", "{\"page\":1}", COMMAND_GOTO_PAGE},
                 {"end_session", "{}", COMMAND_END_SESSION},
                 {"leave", "{}", COMMAND_LEAVE},
                 {"ping", "{\"t0\":1}", COMMAND_PING}};
    assert_int_equal(sizeof types / sizeof *types, COMMAND_TYPE_COUNT);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        assert_int_equal(parse_data(types[i].name, types[i].data), ERR_NONE);
        assert_int_equal(command.type, types[i].type);
        assert_int_equal(command.id.kind, COMMAND_ID_NONE);
        assert_string_equal(command_type_name(types[i].type), types[i].name);
    }
}

static void data_may_be_missing_where_nothing_in_it_is_required(void **state)
{
    (void)state;
    assert_int_equal(parse("{\"type\":\"init\"}"), ERR_NONE);
    assert_int_equal(parse("{\"type\":\"leave\"}"), ERR_NONE);
    assert_int_equal(parse("{\"type\":\"ping\"}"), ERR_BAD_REQUEST);
    assert_problem(&why, ERR_BAD_REQUEST, REASON_FIELD_MISSING, "t0");
    assert_refused("leave", "[]", REASON_FIELD_TYPE, "data");
    assert_refused("leave", "null", REASON_FIELD_TYPE, "data");
    assert_refused("leave", "\"\"", REASON_FIELD_TYPE, "data");
}

static void unknown_fields_are_ignored(void **state)
{
    (void)state;
    assert_int_equal(parse("{\"v\":9,\"type\":\"next_page\",\"data\":{\"page\":\"no\",\"x\":[{}]},"
                           "\"seq\":null}"),
                     ERR_NONE);
}

static void an_id_is_a_string_of_at_most_64_bytes(void **state)
{
    (void)state;
    assert_int_equal(parse("{\"type\":\"leave\",\"id\":\"" NAME_64 "\"}"), ERR_NONE);
    assert_int_equal(command.id.kind, COMMAND_ID_STRING);
    assert_string_equal(command.id.string, NAME_64);
    assert_int_equal(parse("{\"type\":\"leave\",\"id\":\"\"}"), ERR_NONE);
    assert_int_equal(command.id.kind, COMMAND_ID_STRING);
    assert_int_equal(parse("{\"type\":\"leave\",\"id\":\"" NAME_64 "x\"}"), ERR_BAD_REQUEST);
    assert_problem(&why, ERR_BAD_REQUEST, REASON_FIELD_LENGTH, "id");
    assert_int_equal(command.id.kind, COMMAND_ID_NONE);
    /* 22 characters of three bytes */
    char text[256] = "{\"type\":\"leave\",\"id\":\"";
    for (int i = 0; i < 22; i++)
        strcat(text, "\xed\x95\x9c");
    strcat(text, "\"}");
    assert_int_equal(parse(text), ERR_BAD_REQUEST);
}

static void assert_integer_id(const char *id, int64_t expected)
{
    char text[256], printed[64];
    struct buf out;
    snprintf(text, sizeof text, "{\"x\":{\"id\":1},\"id\":%s,\"type\":\"leave\"}", id);
    assert_int_equal(parse(text), ERR_NONE);
    assert_int_equal(command.id.kind, COMMAND_ID_INTEGER);
    assert_true(command.id.integer == expected);
    buf_init(&out, 1000);
    assert_int_equal(ack_print(&command.id, 0, &out), ERR_NONE);
    snprintf(printed, sizeof printed, "\"id\":%lld,", (long long)expected);
    assert_non_null(strstr(out.data, printed));
    buf_release(&out);
}

static void an_id_is_an_integer_that_comes_back_the_same_up_to_64_bits(void **state)
{
    (void)state;
    assert_integer_id("0", 0);
    assert_integer_id("-7", -7);
    assert_integer_id("2.0", 2);
    assert_integer_id("1e3", 1000);
    assert_integer_id("9007199254740991", INT64_C(9007199254740991));
    assert_integer_id("9007199254740993", INT64_C(9007199254740993));
    assert_integer_id("-9007199254740993", -INT64_C(9007199254740993));
    assert_integer_id("1763872345678901234", INT64_C(1763872345678901234));
    assert_integer_id("9223372036854775807", INT64_MAX);
    assert_integer_id("-9223372036854775808", INT64_MIN);
    assert_int_equal(
        parse("{\"type\":\"leave\",\"id\":1,\"\\u0069d\":1763872345678901234,\"data\":{}}"),
        ERR_NONE);
    assert_true(command.id.integer == INT64_C(1763872345678901234));
}

static void what_is_no_id_is_bad_request(void **state)
{
    (void)state;
    static const struct {
        const char *id;
        enum reason reason;
    } ids[] = {{"1.5", REASON_FIELD_TYPE},   {"true", REASON_FIELD_TYPE},
               {"null", REASON_FIELD_TYPE},  {"{}", REASON_FIELD_TYPE},
               {"[1]", REASON_FIELD_TYPE},   {"9223372036854775808", REASON_FIELD_RANGE},
               {"1e30", REASON_FIELD_RANGE}, {"\"a" NUL_ESCAPE "\"", REASON_FIELD_NUL}};
    char text[128];
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        snprintf(text, sizeof text, "{\"type\":\"leave\",\"id\":%s}", ids[i].id);
        assert_int_equal(parse(text), ERR_BAD_REQUEST);
        assert_problem(&why, ERR_BAD_REQUEST, ids[i].reason, "id");
        assert_int_equal(command.id.kind, COMMAND_ID_NONE);
    }
}

static void an_error_has_the_id_of_its_message(void **state)
{
    (void)state;
    assert_int_equal(parse("{\"id\":\"a\"}"), ERR_BAD_MESSAGE);
    assert_string_equal(command.id.string, "a");
    assert_int_equal(parse("{\"id\":\"b\",\"type\":\"dance\"}"), ERR_UNKNOWN_TYPE);
    assert_string_equal(command.id.string, "b");
    assert_int_equal(parse("{\"id\":3,\"type\":\"ping\",\"data\":{}}"), ERR_BAD_REQUEST);
    assert_int_equal(command.id.integer, 3);
    assert_int_equal(parse("{\"id\":4,\"type\":\"leave\",\"data\":{\"x\":\"" NUL_ESCAPE "\"}}"),
                     ERR_BAD_REQUEST);
    assert_int_equal(command.id.integer, 4);
}

static void no_string_holds_a_nul(void **state)
{
    (void)state;
    assert_refused("init", "{\"nickname\":\"a" NUL_ESCAPE "\"}", REASON_FIELD_NUL, "data.nickname");
    assert_refused("submit_choice", "{\"choice\":\"" NUL_ESCAPE "\"}", REASON_FIELD_NUL,
                   "data.choice");
    assert_refused("leave", "{\"unknown\":[\"" NUL_ESCAPE "\"]}", REASON_FIELD_NUL,
                   "data.unknown[0]");
}

static void init_has_a_nickname_of_1_to_64_characters(void **state)
{
    (void)state;
    assert_int_equal(parse_data("init", "{}"), ERR_NONE);
    assert_string_equal(command.init.nickname, "");
    assert_false(command.init.has_last_seq);
    assert_false(command.init.await_voice);
    char data[512] = "{\"nickname\":\"";
    for (int i = 0; i < 64; i++)
        strcat(data, "\xed\x95\x9c");
    strcat(data, "\"}");
    assert_int_equal(parse_data("init", data), ERR_NONE);
    assert_int_equal(strlen(command.init.nickname), 64 * 3);
    assert_int_equal(parse_data("init", "{\"nickname\":\"K\"}"), ERR_NONE);
    assert_string_equal(command.init.nickname, "K");
    assert_refused("init", "{\"nickname\":\"" NAME_64 "x\"}", REASON_FIELD_LENGTH, "nickname");
    assert_refused("init", "{\"nickname\":\"\"}", REASON_FIELD_LENGTH, "nickname");
    assert_refused("init", "{\"nickname\":7}", REASON_FIELD_TYPE, "nickname");
    assert_refused("init", "{\"nickname\":null}", REASON_FIELD_TYPE, "nickname");
}

static void init_has_a_last_seq_and_await_voice(void **state)
{
    (void)state;
    assert_int_equal(parse_data("init", "{\"last_seq\":0,\"await_voice\":true}"), ERR_NONE);
    assert_true(command.init.has_last_seq);
    assert_int_equal(command.init.last_seq, 0);
    assert_true(command.init.await_voice);
    assert_int_equal(parse_data("init", "{\"last_seq\":17,\"await_voice\":false}"), ERR_NONE);
    assert_int_equal(command.init.last_seq, 17);
    assert_string_equal(command.init.last_digest, "");
    assert_false(command.init.await_voice);
    /* Any that is beyond the log's end is answered with all there is. */
    assert_int_equal(parse_data("init", "{\"last_seq\":1e0}"), ERR_NONE);
    assert_int_equal(command.init.last_seq, 1);
    assert_int_equal(parse_data("init", "{\"last_seq\":9007199254740993}"), ERR_NONE);
    assert_int_equal(command.init.last_seq, LIMIT_INTEGER);
    assert_int_equal(parse_data("init", "{\"last_seq\":1e300}"), ERR_NONE);
    assert_int_equal(command.init.last_seq, LIMIT_INTEGER);
    assert_refused("init", "{\"last_seq\":-1}", REASON_FIELD_RANGE, "last_seq");
    assert_refused("init", "{\"last_seq\":1.5}", REASON_FIELD_TYPE, "last_seq");
    assert_refused("init", "{\"last_seq\":\"1\"}", REASON_FIELD_TYPE, "last_seq");
    assert_int_equal(parse_data("init", "{\"last_seq\":3,\"last_digest\":\"0123456789abcdef\"}"),
                     ERR_NONE);
    assert_string_equal(command.init.last_digest, "0123456789abcdef");
    assert_refused("init", "{\"last_digest\":\"0123456789abcde\"}", REASON_FIELD_LENGTH,
                   "last_digest");
    assert_refused("init", "{\"last_digest\":7}", REASON_FIELD_TYPE, "last_digest");
    assert_refused("init", "{\"await_voice\":1}", REASON_FIELD_TYPE, "await_voice");
}

static void consent_says_recording_with_a_bool(void **state)
{
    (void)state;
    assert_int_equal(parse_data("consent", "{\"recording\":false}"), ERR_NONE);
    assert_false(command.consent.recording);
    assert_int_equal(parse_data("consent", "{\"recording\":true}"), ERR_NONE);
    assert_true(command.consent.recording);
    assert_refused("consent", "{}", REASON_FIELD_MISSING, "recording");
    assert_refused("consent", "{\"recording\":1}", REASON_FIELD_TYPE, "recording");
    assert_refused("consent", "{\"recording\":\"true\"}", REASON_FIELD_TYPE, "recording");
}

static void report_start_has_at_and_maybe_error_ms(void **state)
{
    (void)state;
    assert_int_equal(parse_data("report_start", "{\"at\":1763872345678.5}"), ERR_NONE);
    assert_true(command.report_start.at_ms == 1763872345678.5);
    assert_false(command.report_start.has_error);
    assert_int_equal(parse_data("report_start", "{\"at\":1,\"error_ms\":0.25}"), ERR_NONE);
    assert_true(command.report_start.has_error);
    assert_true(command.report_start.error_ms == 0.25);
    assert_refused("report_start", "{}", REASON_FIELD_MISSING, "at");
    assert_refused("report_start", "{\"at\":\"1\"}", REASON_FIELD_TYPE, "at");
    assert_refused("report_start", "{\"at\":-1}", REASON_FIELD_RANGE, "at");
    assert_int_equal(parse_data("report_start", "{\"at\":9007199254740991}"), ERR_NONE);
    assert_refused("report_start", "{\"at\":9007199254740992}", REASON_FIELD_RANGE, "at");
    assert_refused("report_start", "{\"at\":1e999}", REASON_FIELD_RANGE, "at");
    assert_refused("report_start", "{\"at\":1,\"error_ms\":-1}", REASON_FIELD_RANGE, "error_ms");
    assert_refused("report_start", "{\"at\":1,\"error_ms\":null}", REASON_FIELD_TYPE, "error_ms");
}

static void voice_status_update_has_is_mic_on_and_maybe_is_speaking(void **state)
{
    (void)state;
    assert_int_equal(parse_data("voice_status_update", "{\"is_mic_on\":true}"), ERR_NONE);
    assert_true(command.voice_status.is_mic_on);
    assert_false(command.voice_status.has_speaking);
    assert_int_equal(
        parse_data("voice_status_update", "{\"is_mic_on\":false,\"is_speaking\":true}"), ERR_NONE);
    assert_false(command.voice_status.is_mic_on);
    assert_true(command.voice_status.has_speaking);
    assert_true(command.voice_status.is_speaking);
    assert_refused("voice_status_update", "{\"is_speaking\":true}", REASON_FIELD_MISSING,
                   "is_mic_on");
    assert_refused("voice_status_update", "{\"is_mic_on\":0}", REASON_FIELD_TYPE, "is_mic_on");
    assert_refused("voice_status_update", "{\"is_mic_on\":true,\"is_speaking\":\"no\"}",
                   REASON_FIELD_TYPE, "is_speaking");
}

static void recording_may_say_when_in_whole_milliseconds(void **state)
{
    (void)state;
    static const struct {
        const char *type, *field;
    } cases[] = {{"start_recording", "started_at_ms"}, {"stop_recording", "ended_at_ms"}};
    char data[64];
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(parse_data(cases[i].type, "{}"), ERR_NONE);
        assert_false(command.recording.has_at);
        snprintf(data, sizeof data, "{\"%s\":1763872345678}", cases[i].field);
        assert_int_equal(parse_data(cases[i].type, data), ERR_NONE);
        assert_true(command.recording.has_at);
        assert_int_equal(command.recording.at_ms, INT64_C(1763872345678));
        snprintf(data, sizeof data, "{\"%s\":1.5}", cases[i].field);
        assert_refused(cases[i].type, data, REASON_FIELD_TYPE, cases[i].field);
        snprintf(data, sizeof data, "{\"%s\":-1}", cases[i].field);
        assert_refused(cases[i].type, data, REASON_FIELD_RANGE, cases[i].field);
        snprintf(data, sizeof data, "{\"%s\":\"now\"}", cases[i].field);
        assert_refused(cases[i].type, data, REASON_FIELD_TYPE, cases[i].field);
    }
}

static void submit_choice_has_a_choice_and_maybe_a_page(void **state)
{
    (void)state;
    assert_int_equal(parse_data("submit_choice", "{\"choice\":\"agree\"}"), ERR_NONE);
    assert_int_equal(command.submit_choice.page, 0);
    assert_string_equal(command.submit_choice.choice, "agree");
    assert_int_equal(parse_data("submit_choice", "{\"page\":64,\"choice\":\"a\"}"), ERR_NONE);
    assert_int_equal(command.submit_choice.page, 64);
    assert_refused("submit_choice", "{}", REASON_FIELD_MISSING, "choice");
    assert_refused("submit_choice", "{\"choice\":1}", REASON_FIELD_TYPE, "choice");
    assert_refused("submit_choice", "{\"choice\":\"a\",\"page\":\"1\"}", REASON_FIELD_TYPE, "page");
    assert_refused("submit_choice", "{\"choice\":\"a\",\"page\":1.5}", REASON_FIELD_TYPE, "page");
    assert_refused("submit_choice", "{\"choice\":\"a\",\"page\":null}", REASON_FIELD_TYPE, "page");
}

/* Which choices there are the room knows; no id is as long as this. */
static void a_choice_that_is_too_long_is_none_of_a_pages(void **state)
{
    (void)state;
    assert_int_equal(parse_data("submit_choice", "{\"choice\":\"" NAME_64 "\"}"), ERR_NONE);
    assert_string_equal(command.submit_choice.choice, NAME_64);
    assert_int_equal(parse_data("submit_choice", "{\"choice\":\"" NAME_64 "x\"}"), ERR_NONE);
    assert_string_equal(command.submit_choice.choice, "");
}

/* Which pages there are the room knows: any whole number is a number of a page. */
static void a_page_that_cannot_be_is_left_to_the_room(void **state)
{
    (void)state;
    static const char *const pages[] = {"0", "-1", "4294967296", "4294967297", "1e20", "-1e20"};
    char data[64];
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        snprintf(data, sizeof data, "{\"page\":%s,\"choice\":\"a\"}", pages[i]);
        assert_int_equal(parse_data("goto_page", data), ERR_NONE);
        assert_true(command.goto_page.page > LIMIT_PAGES);
        assert_int_equal(parse_data("submit_choice", data), ERR_NONE);
        assert_true(command.submit_choice.page > LIMIT_PAGES);
    }
}

static void goto_page_has_a_page(void **state)
{
    (void)state;
    assert_int_equal(parse_data("goto_page", "{\"page\":2}"), ERR_NONE);
    assert_int_equal(command.goto_page.page, 2);
    assert_refused("goto_page", "{}", REASON_FIELD_MISSING, "page");
    assert_refused("goto_page", "{\"page\":\"2\"}", REASON_FIELD_TYPE, "page");
    assert_refused("goto_page", "{\"page\":2.5}", REASON_FIELD_TYPE, "page");
    assert_refused("goto_page", "{\"page\":true}", REASON_FIELD_TYPE, "page");
}

static void ping_has_a_number_t0(void **state)
{
    (void)state;
    assert_int_equal(parse_data("ping", "{\"t0\":1763872345678.125}"), ERR_NONE);
    assert_true(command.ping.t0 == 1763872345678.125);
    assert_int_equal(parse_data("ping", "{\"t0\":-0.5}"), ERR_NONE);
    assert_true(command.ping.t0 == -0.5);
    assert_refused("ping", "{\"t0\":\"1\"}", REASON_FIELD_TYPE, "t0");
    assert_refused("ping", "{\"t0\":1e999}", REASON_FIELD_RANGE, "t0");
}

static void the_body_of_a_choice_over_http_is_submit_choices_data(void **state)
{
    (void)state;
    const char *body = "{\"page\":2,\"choice\":\"agree\",\"x\":1}";
    assert_int_equal(choice_body_parse(body, strlen(body), &command, &why), ERR_NONE);
    assert_int_equal(command.type, COMMAND_SUBMIT_CHOICE);
    assert_int_equal(command.submit_choice.page, 2);
    assert_string_equal(command.submit_choice.choice, "agree");
    static const struct {
        const char *body;
        enum reason reason;
        const char *field;
    } bad[] = {{"", REASON_NOT_JSON, ""},
               {"{", REASON_NOT_JSON, ""},
               {"[]", REASON_NOT_AN_OBJECT, ""},
               {"{\"page\":\"2\",\"choice\":\"a\"}", REASON_FIELD_TYPE, "page"},
               {"{\"page\":2}", REASON_FIELD_MISSING, "choice"},
               {"{\"page\":2,\"choice\":7}", REASON_FIELD_TYPE, "choice"},
               {"{\"page\":2,\"choice\":\"" NUL_ESCAPE "\"}", REASON_FIELD_NUL, "choice"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(choice_body_parse(bad[i].body, strlen(bad[i].body), &command, &why),
                         ERR_BAD_REQUEST);
        assert_problem(&why, ERR_BAD_REQUEST, bad[i].reason, bad[i].field);
    }
}

/* As a client writes them: what stands in the protocol's table, and nothing that was not given. */
static const char *const written[] = {
    "{\"type\":\"init\",\"data\":{}}",
    ("{\"type\":\"init\",\"id\":\"i\",\"data\":{\"nickname\":\"Kim\",\"last_seq\":3,"
     "\"last_digest\":\"0123456789abcdef\",\"await_voice\":true}}"),
    "{\"type\":\"ready\",\"id\":-4,\"data\":{}}",
    "{\"type\":\"consent\",\"data\":{\"recording\":true}}",
    "{\"type\":\"report_start\",\"data\":{\"at\":1763872345678.25}}",
    "{\"type\":\"report_start\",\"data\":{\"at\":5,\"error_ms\":1.5}}",
    "{\"type\":\"voice_status_update\",\"data\":{\"is_mic_on\":false}}",
    "{\"type\":\"voice_status_update\",\"data\":{\"is_mic_on\":true,\"is_speaking\":false}}",
    "{\"type\":\"start_recording\",\"data\":{}}",
    "{\"type\":\"start_recording\",\"data\":{\"started_at_ms\":1763872345678}}",
    "{\"type\":\"stop_recording\",\"data\":{\"ended_at_ms\":1763872345679}}",
    "{\"type\":\"submit_choice\",\"data\":{\"choice\":\"agree\"}}",
    "{\"type\":\"submit_choice\",\"data\":{\"page\":2,\"choice\":\"agree\"}}",
    "{\"type\":\"next_page\",\"data\":{}}",
    "{\"type\":\"goto_page\",\"data\":{\"page\":3}}",
    "{\"type\":\"end_session\",\"data\":{}}",
    "{\"type\":\"leave\",\"data\":{}}",
    "{\"type\":\"ping\",\"id\":1,\"data\":{\"t0\":1763872345678.125}}"};

static void what_a_client_writes_is_what_the_server_reads(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 1000);
    for (size_t i = 0; i < sizeof written / sizeof *written; i++) {
        assert_int_equal(parse(written[i]), ERR_NONE);
        buf_clear(&out);
        assert_int_equal(command_print(&command, &out), ERR_NONE);
        assert_string_equal(out.data, written[i]);
    }
    buf_release(&out);
}

static enum err parse_all(void)
{
    enum err e = ERR_NONE;
    for (size_t i = 0; !e && i < sizeof written / sizeof *written; i++)
        e = parse(written[i]);
    return e ? e : parse("{\"type\":\"leave\",\"id\":9007199254740993}");
}

static enum err parse_nul(void)
{
    enum err e = parse("{\"type\":\"leave\",\"x\":\"" NUL_ESCAPE "\"}");
    return e == ERR_BAD_REQUEST ? ERR_NONE : e;
}

static enum err parse_choice_body(void)
{
    static const char body[] = "{\"page\":2,\"choice\":\"agree\"}";
    return choice_body_parse(body, sizeof body - 1, &command, NULL);
}

static enum err print_one(void)
{
    struct command c = {.type = COMMAND_GOTO_PAGE, .goto_page = {7}};
    struct buf out;
    buf_init(&out, 1000);
    enum err e = command_print(&c, &out);
    buf_release(&out);
    return e;
}

static void a_lack_of_memory_is_told(void **state)
{
    (void)state;
    every_allocation_fails_in_turn(parse_all);
    every_allocation_fails_in_turn(parse_nul);
    every_allocation_fails_in_turn(parse_choice_body);
    every_allocation_fails_in_turn(print_one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_json_object_is_bad_message),
        cmocka_unit_test(an_object_without_a_string_type_is_bad_message),
        cmocka_unit_test(a_type_that_is_not_listed_is_unknown_type),
        cmocka_unit_test(unknown_type_goes_before_bad_request),
        cmocka_unit_test(every_type_is_known_by_its_name),
        cmocka_unit_test(data_may_be_missing_where_nothing_in_it_is_required),
        cmocka_unit_test(unknown_fields_are_ignored),
        cmocka_unit_test(an_id_is_a_string_of_at_most_64_bytes),
        cmocka_unit_test(an_id_is_an_integer_that_comes_back_the_same_up_to_64_bits),
        cmocka_unit_test(what_is_no_id_is_bad_request),
        cmocka_unit_test(an_error_has_the_id_of_its_message),
        cmocka_unit_test(no_string_holds_a_nul),
        cmocka_unit_test(init_has_a_nickname_of_1_to_64_characters),
        cmocka_unit_test(init_has_a_last_seq_and_await_voice),
        cmocka_unit_test(consent_says_recording_with_a_bool),
        cmocka_unit_test(report_start_has_at_and_maybe_error_ms),
        cmocka_unit_test(voice_status_update_has_is_mic_on_and_maybe_is_speaking),
        cmocka_unit_test(recording_may_say_when_in_whole_milliseconds),
        cmocka_unit_test(submit_choice_has_a_choice_and_maybe_a_page),
        cmocka_unit_test(a_choice_that_is_too_long_is_none_of_a_pages),
        cmocka_unit_test(a_page_that_cannot_be_is_left_to_the_room),
        cmocka_unit_test(goto_page_has_a_page),
        cmocka_unit_test(ping_has_a_number_t0),
        cmocka_unit_test(the_body_of_a_choice_over_http_is_submit_choices_data),
        cmocka_unit_test(what_a_client_writes_is_what_the_server_reads),
        cmocka_unit_test(a_lack_of_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

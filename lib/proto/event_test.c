#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "proto/agenda.h"
#include "proto/event.h"
#include "proto/proto_testing.h"

#define TS  "\"ts\":1763872345678"
#define SHA NAME_64

/* Every event as it stands in a log: keys in the protocol's order. */
static const char *const lines[] = {
    "{\"type\":\"join\",\"seq\":1," TS ",\"actor\":\"p1\",\"data\":{\"participant_id\":\"p1\","
    "\"nickname\":\"\xea\xb9\x80\",\"user\":\"kim\"}}",
    "{\"type\":\"leave\",\"seq\":2," TS ",\"actor\":\"p1\",\"data\":{\"participant_id\":\"p1\"}}",
    "{\"type\":\"connected\",\"seq\":3," TS ",\"actor\":\"p64\",\"data\":{\"participant_id\":"
    "\"p64\"}}",
    "{\"type\":\"disconnected\",\"seq\":4," TS ",\"data\":{\"participant_id\":\"p2\"}}",
    "{\"type\":\"host_changed\",\"seq\":5," TS ",\"data\":{\"participant_id\":\"p3\"}}",
    "{\"type\":\"consent\",\"seq\":6," TS ",\"actor\":\"p1\",\"data\":{\"participant_id\":\"p1\","
    "\"recording\":true}}",
    "{\"type\":\"countdown\",\"seq\":7," TS ",\"data\":{\"seconds\":3,\"start_at\":1763872348678}}",
    "{\"type\":\"countdown_cancelled\",\"seq\":8," TS ",\"data\":{\"reason\":\"left\"}}",
    "{\"type\":\"start\",\"seq\":9," TS ",\"data\":{\"start_at\":1763872348678}}",
    "{\"type\":\"start_reported\",\"seq\":10," TS ",\"actor\":\"p1\",\"data\":{\"participant_id\":"
    "\"p1\",\"late_ms\":-2.25,\"error_ms\":0.5}}",
    "{\"type\":\"start_reported\",\"seq\":11," TS ",\"actor\":\"p1\",\"data\":{\"participant_id\":"
    "\"p1\",\"late_ms\":4}}",
    "{\"type\":\"voice_status\",\"seq\":12," TS ",\"actor\":\"p1\",\"data\":{\"participant_id\":"
    "\"p1\",\"nickname\":\"Kim\",\"is_mic_on\":true,\"is_speaking\":false}}",
    "{\"type\":\"recording_started\",\"seq\":13," TS ",\"actor\":\"p1\",\"data\":{"
    "\"participant_id\":\"p1\",\"recording_id\":\"r_1\",\"path\":\"recordings/a.opus\","
    "\"started_at\":1763872345000}}",
    "{\"type\":\"recording_stopped\",\"seq\":14," TS ",\"data\":{\"participant_id\":\"p1\","
    "\"recording_id\":\"r_1\",\"path\":\"recordings/a.opus\",\"ended_at\":1763872346250,"
    "\"duration\":1.25}}",
    "{\"type\":\"recording_uploaded\",\"seq\":15," TS ",\"data\":{\"participant_id\":\"p1\","
    "\"recording_id\":\"r_1\",\"bytes\":12345,\"sha256\":\"" SHA "\"}}",
    "{\"type\":\"choice_submitted\",\"seq\":16," TS ",\"actor\":\"p2\",\"data\":{"
    "\"participant_id\":\"p2\",\"page\":64,\"choice\":\"agree\"}}",
    "{\"type\":\"choice_submitted\",\"seq\":17," TS ",\"actor\":\"p2\",\"data\":{"
    "\"participant_id\":\"p2\",\"page\":2}}",
    "{\"type\":\"choices_revealed\",\"seq\":18," TS ",\"data\":{\"page\":2,\"choices\":{"
    "\"p1\":\"agree\",\"p10\":\"no\"}}}",
    "{\"type\":\"next_page\",\"seq\":17,\"ts\":1763872345678,\"actor\":\"p1\",\"data\":{\"page\":2}"
    "}",
    "{\"type\":\"session_ended\",\"seq\":19," TS ",\"data\":{\"reason\":\"agenda\"}}",
    "{\"type\":\"session_ended\",\"seq\":20," TS
    ",\"actor\":\"p1\",\"data\":{\"reason\":\"host\"}}",
    "{\"type\":\"session_ended\",\"seq\":21," TS ",\"data\":{\"reason\":\"empty\"}}",
    "{\"type\":\"analysis_ready\",\"seq\":22," TS
    ",\"data\":{\"report\":\"/api/sessions/s_0/report\"}}",
    "{\"type\":\"forgotten\",\"seq\":22," TS
    ",\"actor\":\"p1\",\"data\":{\"recordings\":3,\"bytes\":5000000000}}",
    /* As it is sent: without what the log alone holds. */
    "{\"type\":\"join\",\"seq\":23," TS ",\"actor\":\"p1\",\"data\":{\"participant_id\":\"p1\","
    "\"nickname\":\"Kim\"}}"};
enum { LINES = sizeof lines / sizeof *lines };

static enum err parse(const char *text, struct event_doc *doc)
{
    return event_parse(text, strlen(text), doc);
}

static void assert_corrupt(const char *text)
{
    struct event_doc doc;
    assert_int_equal(parse(text, &doc), ERR_CORRUPT);
    assert_null(doc.json);
}

/* An event of this type with this data. */
static void assert_data_corrupt(const char *type, const char *data)
{
    char text[1024];
    snprintf(text, sizeof text, "{\"type\":\"%s\",\"seq\":1," TS ",\"data\":%s}", type, data);
    assert_corrupt(text);
}

static void every_event_is_written_the_way_it_is_read(void **state)
{
    (void)state;
    bool seen[EVENT_TYPE_COUNT] = {false};
    struct event_doc doc;
    struct buf out;
    buf_init(&out, 10000);
    for (int i = 0; i < LINES; i++) {
        assert_int_equal(parse(lines[i], &doc), ERR_NONE);
        seen[doc.event.type] = true;
        buf_clear(&out);
        assert_int_equal(event_print(&doc.event, &out), ERR_NONE);
        assert_string_equal(out.data, lines[i]);
        event_doc_release(&doc);
    }
    for (int type = 0; type < EVENT_TYPE_COUNT; type++)
        assert_true(seen[type]);
    buf_release(&out);
}

static void the_fields_of_an_event_are_read_into_its_struct(void **state)
{
    (void)state;
    struct event_doc doc;
    assert_int_equal(parse(lines[0], &doc), ERR_NONE);
    assert_int_equal(doc.event.type, EVENT_JOIN);
    assert_int_equal(doc.event.seq, 1);
    assert_int_equal(doc.event.ts_ms, INT64_C(1763872345678));
    assert_int_equal(doc.event.actor, 1);
    assert_int_equal(doc.event.participant, 1);
    assert_string_equal(doc.event.join.user, "kim");
    event_doc_release(&doc);
    assert_int_equal(parse(lines[13], &doc), ERR_NONE);
    assert_int_equal(doc.event.actor, 0);
    assert_int_equal(doc.event.recording.duration_ms, 1250);
    assert_int_equal(doc.event.recording.ended_at_ms, INT64_C(1763872346250));
    event_doc_release(&doc);
    assert_int_equal(parse(lines[17], &doc), ERR_NONE);
    assert_int_equal(doc.event.choices_revealed.count, 2);
    assert_int_equal(doc.event.choices_revealed.choices[1].participant, 10);
    assert_string_equal(doc.event.choices_revealed.choices[1].choice, "no");
    event_doc_release(&doc);
}

static void actor_is_absent_when_the_server_acts(void **state)
{
    (void)state;
    struct event event = {.type = EVENT_NEXT_PAGE, .seq = 1, .ts_ms = 2, .next_page = {3}};
    struct buf out;
    buf_init(&out, 1000);
    assert_int_equal(event_print(&event, &out), ERR_NONE);
    assert_string_equal(out.data,
                        "{\"type\":\"next_page\",\"seq\":1,\"ts\":2,\"data\":{\"page\":3}}");
    buf_release(&out);
}

static void durations_are_seconds_with_three_decimals_at_most(void **state)
{
    (void)state;
    static const struct {
        int64_t ms;
        const char *seconds;
    } cases[] = {
        {0, "0}"}, {1, "0.001}"}, {1000, "1}"}, {61500, "61.5}"}, {86400123, "86400.123}"}};
    struct buf out;
    buf_init(&out, 1000);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct event event = {
            .type = EVENT_RECORDING_STOPPED,
            .seq = 1,
            .participant = 1,
            .recording = {.recording_id = "r", .path = "p", .duration_ms = cases[i].ms}};
        struct event_doc doc;
        buf_clear(&out);
        assert_int_equal(event_print(&event, &out), ERR_NONE);
        assert_non_null(strstr(out.data, cases[i].seconds));
        assert_int_equal(parse(out.data, &doc), ERR_NONE);
        assert_int_equal(doc.event.recording.duration_ms, cases[i].ms);
        event_doc_release(&doc);
    }
    struct event countdown = {.type = EVENT_COUNTDOWN, .seq = 1, .countdown = {200, 5}};
    buf_clear(&out);
    assert_int_equal(event_print(&countdown, &out), ERR_NONE);
    assert_non_null(strstr(out.data, "{\"seconds\":0.2,\"start_at\":5}"));
    buf_release(&out);
}

static void user_and_an_unrevealed_choice_stand_in_the_log_alone(void **state)
{
    (void)state;
    struct event join = {
        .type = EVENT_JOIN, .seq = 1, .participant = 1, .join = {"Kim", "kim@example"}};
    struct event choice = {
        .type = EVENT_CHOICE_SUBMITTED, .seq = 2, .participant = 1, .choice_submitted = {2, "no"}};
    assert_true(event_is_private(&join, false));
    assert_true(event_is_private(&choice, false));
    assert_false(event_is_private(&choice, true));
    struct event sent = event_public(&join, true);
    assert_null(sent.join.user);
    assert_string_equal(sent.join.nickname, "Kim");
    assert_false(event_is_private(&sent, false));
    sent = event_public(&choice, false);
    assert_null(sent.choice_submitted.choice);
    assert_int_equal(sent.choice_submitted.page, 2);
    assert_false(event_is_private(&sent, false));
    sent = event_public(&choice, true);
    assert_string_equal(sent.choice_submitted.choice, "no");
    struct event page = {.type = EVENT_NEXT_PAGE, .seq = 3, .next_page = {2}};
    assert_false(event_is_private(&page, false));
}

static void what_is_no_event_is_corrupt(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "x",
        "{}",
        "[]",
        "{\"type\":\"next_page\"}",
        "{\"type\":\"welcome\",\"seq\":1," TS ",\"data\":{}}",
        "{\"type\":7,\"seq\":1," TS ",\"data\":{\"page\":1}}",
        "{\"type\":\"next_page\",\"seq\":0," TS ",\"data\":{\"page\":1}}",
        "{\"type\":\"next_page\",\"seq\":-1," TS ",\"data\":{\"page\":1}}",
        "{\"type\":\"next_page\",\"seq\":1.5," TS ",\"data\":{\"page\":1}}",
        "{\"type\":\"next_page\",\"seq\":\"1\"," TS ",\"data\":{\"page\":1}}",
        "{\"type\":\"next_page\",\"seq\":9007199254740992," TS ",\"data\":{\"page\":1}}",
        "{\"type\":\"next_page\",\"seq\":1,\"data\":{\"page\":1}}",
        "{\"type\":\"next_page\",\"seq\":1,\"ts\":-1,\"data\":{\"page\":1}}",
        "{\"type\":\"next_page\",\"seq\":1," TS "}",
        "{\"type\":\"next_page\",\"seq\":1," TS ",\"data\":[]}",
        "{\"type\":\"next_page\",\"seq\":1," TS ",\"actor\":null,\"data\":{\"page\":1}}",
        "{\"type\":\"next_page\",\"seq\":1," TS ",\"actor\":\"kim\",\"data\":{\"page\":1}}",
        "{\"type\":\"next_page\",\"seq\":1," TS ",\"actor\":\"p65\",\"data\":{\"page\":1}}",
        "{\"type\":\"next_page\",\"seq\":1," TS ",\"data\":{\"page\":1}}}",
        "{\"type\":\"next_page\",\"seq\":1," TS ",\"data\":{\"page\":1,\"x\":\"" NUL_ESCAPE "\"}}"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_corrupt(texts[i]);
}

static void data_that_is_not_the_types_is_corrupt(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"join", "{\"participant_id\":\"p1\"}"},
        {"join", "{\"nickname\":\"a\",\"user\":\"u\"}"},
        {"join", "{\"participant_id\":\"p1\",\"nickname\":\"a\",\"user\":1}"},
        {"leave", "{}"},
        {"leave", "{\"participant_id\":1}"},
        {"leave", "{\"participant_id\":\"p0\"}"},
        {"connected", "{\"participant_id\":\"p65\"}"},
        {"consent", "{\"participant_id\":\"p1\"}"},
        {"consent", "{\"participant_id\":\"p1\",\"recording\":1}"},
        {"countdown", "{\"seconds\":3}"},
        {"countdown", "{\"seconds\":-1,\"start_at\":1}"},
        {"countdown", "{\"seconds\":\"3\",\"start_at\":1}"},
        {"countdown_cancelled", "{}"},
        {"start", "{\"start_at\":\"1\"}"},
        {"start_reported", "{\"participant_id\":\"p1\"}"},
        {"start_reported", "{\"participant_id\":\"p1\",\"late_ms\":1e999}"},
        {"start_reported", "{\"participant_id\":\"p1\",\"late_ms\":1,\"error_ms\":\"1\"}"},
        {"voice_status", "{\"participant_id\":\"p1\",\"nickname\":\"a\",\"is_mic_on\":true}"},
        {"recording_started", "{\"participant_id\":\"p1\",\"recording_id\":\"r\",\"path\":\"p\"}"},
        {"recording_stopped", "{\"participant_id\":\"p1\",\"recording_id\":\"r\",\"path\":\"p\","
                              "\"ended_at\":1,\"duration\":-1}"},
        {"recording_uploaded",
         "{\"participant_id\":\"p1\",\"recording_id\":\"r\",\"bytes\":-1,\"sha256\":\"\"}"},
        {"choice_submitted", "{\"participant_id\":\"p1\",\"page\":0}"},
        {"choice_submitted", "{\"participant_id\":\"p1\",\"page\":65}"},
        {"choice_submitted", "{\"participant_id\":\"p1\",\"page\":1,\"choice\":null}"},
        {"choices_revealed", "{\"page\":1}"},
        {"choices_revealed", "{\"page\":1,\"choices\":{\"kim\":\"a\"}}"},
        {"choices_revealed", "{\"page\":1,\"choices\":{\"p1\":1}}"},
        {"choices_revealed", "{\"page\":1,\"choices\":{\"p2\":\"a\",\"p1\":\"a\"}}"},
        {"choices_revealed", "{\"page\":1,\"choices\":{\"p1\":\"a\",\"p1\":\"a\"}}"},
        {"choices_revealed", "{\"page\":1,\"choices\":{\"p65\":\"a\"}}"},
        {"next_page", "{\"page\":\"2\"}"},
        {"session_ended", "{\"reason\":\"bored\"}"},
        {"session_ended", "{}"},
        {"analysis_ready", "{}"},
        {"forgotten", "{\"recordings\":-1,\"bytes\":0}"},
        {"forgotten", "{\"recordings\":1}"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_data_corrupt(cases[i][0], cases[i][1]);
}

/* A client of this version still reads what a later one adds. */
static void unknown_fields_are_ignored(void **state)
{
    (void)state;
    struct event_doc doc;
    assert_int_equal(parse("{\"v\":2,\"type\":\"next_page\",\"seq\":1," TS
                           ",\"data\":{\"page\":2,\"x\":[1]}}",
                           &doc),
                     ERR_NONE);
    assert_int_equal(doc.event.next_page.page, 2);
    event_doc_release(&doc);
}

static const char header_line[] =
    "{\"log\":\"debate\",\"version\":1,\"session_id\":\"s_0123456789012345678901\","
    "\"room_code\":\"library\",\"seats\":3,\"agenda\":{\"title\":\"T\",\"pages\":[{\"title\":\"P\"}"
    "]},"
    "\"created_at\":1763872345678,\"host_user\":\"kim\"}";

static void the_logs_first_line_is_written_as_the_protocol_does(void **state)
{
    (void)state;
    struct log_header_doc doc;
    struct buf out;
    buf_init(&out, 1000);
    assert_int_equal(log_header_parse(header_line, sizeof header_line - 1, &doc), ERR_NONE);
    assert_string_equal(doc.header.session_id, "s_0123456789012345678901");
    assert_string_equal(doc.header.room_code, "library");
    assert_int_equal(doc.header.seats, 3);
    assert_int_equal(doc.header.agenda->page_count, 1);
    assert_int_equal(doc.header.created_at_ms, INT64_C(1763872345678));
    assert_string_equal(doc.header.host_user, "kim");
    assert_int_equal(log_header_print(&doc.header, &out), ERR_NONE);
    assert_string_equal(out.data, header_line);
    log_header_doc_release(&doc);
    buf_release(&out);
}

static void another_first_line_is_corrupt(void **state)
{
    (void)state;
    static const char *const changes[][2] = {{"\"debate\"", "\"other\""},
                                             {"\"log\"", "\"x\""},
                                             {"\"version\":1", "\"version\":2"},
                                             {"\"version\"", "\"x\""},
                                             {"s_0123456789012345678901", "s_012345678901"},
                                             {"library", "the library"},
                                             {"\"seats\":3", "\"seats\":1"},
                                             {"\"seats\":3", "\"seats\":9"},
                                             {"\"seats\":3", "\"seats\":\"3\""},
                                             {"\"agenda\":{", "\"x\":{"},
                                             {"[{\"title\":\"P\"}]", "[]"},
                                             {"1763872345678", "null"},
                                             {"\"host_user\"", "\"x\""},
                                             {"\"kim\"", "\"k" NUL_ESCAPE "\""},
                                             {"\"kim\"}", "\"kim\""}};
    char text[2 * sizeof header_line];
    struct log_header_doc doc;
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        const char *at = strstr(header_line, changes[i][0]);
        assert_non_null(at);
        snprintf(text, sizeof text, "%.*s%s%s", (int)(at - header_line), header_line, changes[i][1],
                 at + strlen(changes[i][0]));
        assert_int_equal(log_header_parse(text, strlen(text), &doc), ERR_CORRUPT);
        assert_null(doc.json);
        assert_null(doc.agenda);
    }
}

/* Characters that take the most bytes in a text of a request, and the most pages and choices. */
static void a_log_line_holds_the_largest_agenda_of_a_request(void **state)
{
    (void)state;
    struct buf text, out;
    struct agenda *agenda;
    buf_init(&text, LIMIT_HTTP_BODY);
    assert_int_equal(
        buf_append_str(&text, "{\"title\":\"\",\"pages\":[{\"title\":\"\",\"text\":\""), ERR_NONE);
    while (text.len + 6 < LIMIT_HTTP_BODY - 5)
        assert_int_equal(buf_append_str(&text, "\\u0001"), ERR_NONE);
    assert_int_equal(buf_append_str(&text, "\"}]}"), ERR_NONE);
    assert_int_equal(agenda_parse(text.data, text.len, &agenda, NULL), ERR_NONE);
    struct log_header header = {.session_id = "s_0123456789012345678901",
                                .room_code = "r",
                                .seats = 2,
                                .agenda = agenda,
                                .host_user = "u"};
    buf_init(&out, LIMIT_LOG_LINE);
    assert_int_equal(log_header_print(&header, &out), ERR_NONE);
    agenda_unref(agenda);
    buf_release(&out);
    buf_release(&text);
}

static enum err parse_all(void)
{
    enum err e = ERR_NONE;
    for (int i = 0; !e && i < LINES; i++) {
        struct event_doc doc;
        e = parse(lines[i], &doc);
        event_doc_release(&doc);
    }
    return e;
}

static enum err print_some(void)
{
    const struct event_choice choices[] = {{1, "a"}, {2, "b"}};
    struct event event = {
        .type = EVENT_CHOICES_REVEALED, .seq = 1, .choices_revealed = {1, 2, choices}};
    struct buf out;
    buf_init(&out, 1000);
    enum err e = event_print(&event, &out);
    buf_release(&out);
    return e;
}

static enum err header_both_ways(void)
{
    struct log_header_doc doc;
    struct buf out;
    buf_init(&out, 1000);
    enum err e = log_header_parse(header_line, sizeof header_line - 1, &doc);
    if (!e)
        e = log_header_print(&doc.header, &out);
    log_header_doc_release(&doc);
    buf_release(&out);
    return e;
}

static void a_lack_of_memory_is_told_and_never_taken_for_damage(void **state)
{
    (void)state;
    every_allocation_fails_in_turn(parse_all);
    every_allocation_fails_in_turn(print_some);
    every_allocation_fails_in_turn(header_both_ways);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_event_is_written_the_way_it_is_read),
        cmocka_unit_test(the_fields_of_an_event_are_read_into_its_struct),
        cmocka_unit_test(actor_is_absent_when_the_server_acts),
        cmocka_unit_test(durations_are_seconds_with_three_decimals_at_most),
        cmocka_unit_test(user_and_an_unrevealed_choice_stand_in_the_log_alone),
        cmocka_unit_test(what_is_no_event_is_corrupt),
        cmocka_unit_test(data_that_is_not_the_types_is_corrupt),
        cmocka_unit_test(unknown_fields_are_ignored),
        cmocka_unit_test(the_logs_first_line_is_written_as_the_protocol_does),
        cmocka_unit_test(another_first_line_is_corrupt),
        cmocka_unit_test(a_log_line_holds_the_largest_agenda_of_a_request),
        cmocka_unit_test(a_lack_of_memory_is_told_and_never_taken_for_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

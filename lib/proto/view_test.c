#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "proto/proto_testing.h"
#include "proto/view.h"

#define PEOPLE                                                                                     \
    "\"participants\":[{\"participant_id\":\"p1\",\"nickname\":\"Kim\",\"connected\":true,"        \
    "\"is_mic_on\":true,\"is_speaking\":true,\"is_recording\":false},{\"participant_id\":\"p3\","  \
    "\"nickname\":\"Lee\",\"connected\":false,\"is_mic_on\":false,\"is_speaking\":false,"          \
    "\"is_recording\":true}]"

static const char agenda_text[] = "{\"title\":\"T\",\"pages\":[{\"title\":\"P\"}]}";

static struct session_view session_of(const struct agenda *agenda)
{
    return (struct session_view){.session_id = "s_0123456789012345678901",
                                 .room_code = "library",
                                 .phase = PHASE_LIVE,
                                 .page = 2,
                                 .host = 3,
                                 .seats = 3,
                                 .seq = 9,
                                 .has_start_at = true,
                                 .start_at_ms = 1000,
                                 .agenda = agenda,
                                 .participant_count = 2,
                                 .participants = {{1, "Kim", true, true, true, false},
                                                  {3, "Lee", false, false, false, true}}};
}

static struct agenda *must_parse_agenda(void)
{
    struct agenda *agenda;
    assert_int_equal(agenda_parse(agenda_text, sizeof agenda_text - 1, &agenda, NULL), ERR_NONE);
    return agenda;
}

static void phases_and_record_policies_have_the_protocols_names(void **state)
{
    (void)state;
    assert_string_equal(phase_name(PHASE_LOBBY), "lobby");
    assert_string_equal(phase_name(PHASE_COUNTDOWN), "countdown");
    assert_string_equal(phase_name(PHASE_LIVE), "live");
    assert_string_equal(phase_name(PHASE_ENDED), "ended");
    assert_string_equal(record_policy_name(RECORD_AUTO), "auto");
    assert_string_equal(record_policy_name(RECORD_MANUAL), "manual");
    assert_string_equal(record_policy_name(RECORD_OFF), "off");
}

static void the_room_object_has_the_protocols_seven_fields(void **state)
{
    (void)state;
    struct agenda *agenda = must_parse_agenda();
    struct session_view session = session_of(agenda);
    struct buf out;
    buf_init(&out, 4000);
    assert_int_equal(room_object_print(&session, &out), ERR_NONE);
    assert_string_equal(out.data,
                        "{\"code\":\"library\",\"session_id\":\"s_0123456789012345678901\","
                        "\"phase\":\"live\",\"seats\":3,\"host\":\"p3\"," PEOPLE ",\"page\":2}");
    buf_clear(&out);
    session.host = 0;
    session.participant_count = 0;
    assert_int_equal(room_object_print(&session, &out), ERR_NONE);
    assert_non_null(strstr(out.data, "\"host\":null,\"participants\":[],"));
    agenda_unref(agenda);
    buf_release(&out);
}

static void the_session_object_has_recordings_choices_and_the_report(void **state)
{
    (void)state;
    struct agenda *agenda = must_parse_agenda();
    struct session_view session = session_of(agenda);
    const struct recording_view recordings[] = {
        {.participant = 1, .recording_id = "r_1", .path = "a", .started_at_ms = 5},
        {.participant = 3,
         .recording_id = "r_2",
         .path = "b",
         .started_at_ms = 5,
         .ended = true,
         .ended_at_ms = 1255,
         .duration_ms = 1250},
        {.participant = 3,
         .recording_id = "r_3",
         .path = "c",
         .started_at_ms = 5,
         .ended = true,
         .uploaded = true,
         .ended_at_ms = 1005,
         .duration_ms = 1000,
         .bytes = 77,
         .sha256 = NAME_64}};
    const struct event_choice chosen[] = {{1, "agree"}, {3, "no"}};
    /* A page of which nothing is revealed is left out. */
    const struct page_choices_view pages[] = {{1, chosen, 2}, {2, NULL, 0}, {12, chosen, 1}};
    struct buf out;
    buf_init(&out, 4000);
    session.report = "/api/sessions/s_0/report";
    assert_int_equal(session_object_print(&session, recordings, 3, pages, 3, &out), ERR_NONE);
    static const char *const parts[] = {
        "\"phase\":\"live\"",
        "\"seats\":3",
        "\"host\":\"p3\"",
        "\"page\":2",
        PEOPLE,
        "\"recordings\":[{\"participant_id\":\"p1\",\"recording_id\":\"r_1\",\"path\":\"a\","
        "\"started_at\":5},"
        "{\"participant_id\":\"p3\",\"recording_id\":\"r_2\",\"path\":\"b\",\"started_at\":5,"
        "\"ended_at\":1255,\"duration\":1.25},"
        "{\"participant_id\":\"p3\",\"recording_id\":\"r_3\",\"path\":\"c\",\"started_at\":5,"
        "\"ended_at\":1005,\"duration\":1,\"bytes\":77,\"sha256\":\"" NAME_64 "\"}]",
        "\"choices\":{\"1\":{\"p1\":\"agree\",\"p3\":\"no\"},\"12\":{\"p1\":\"agree\"}}",
        "\"report\":\"/api/sessions/s_0/report\"}"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (!strstr(out.data, parts[i]))
            fail_msg("%s lacks %s", out.data, parts[i]);
    }
    buf_clear(&out);
    session.report = NULL;
    assert_int_equal(session_object_print(&session, NULL, 0, NULL, 0, &out), ERR_NONE);
    assert_non_null(strstr(out.data, "\"recordings\":[],\"choices\":{},"));
    assert_non_null(strstr(out.data, "\"report\":null}"));
    agenda_unref(agenda);
    buf_release(&out);
}

static struct create_room_request request;
static struct problem why;

static enum err create(const char *text)
{
    why = (struct problem){.code = ERR_NONE};
    enum err e = create_room_parse(text, strlen(text), &request, &why);
    assert_int_equal(e, why.code);
    if (e)
        assert_null(request.agenda);
    return e;
}

static void a_room_may_be_asked_for_with_nothing_said(void **state)
{
    (void)state;
    assert_int_equal(create("{}"), ERR_NONE);
    assert_string_equal(request.code, "");
    assert_int_equal(request.seats, 3);
    assert_false(request.has_seats);
    assert_null(request.agenda);
}

static void a_rooms_code_seats_and_agenda_are_read(void **state)
{
    (void)state;
    assert_int_equal(create("{\"code\":\"" NAME_64 "\",\"seats\":8,\"agenda\":{\"title\":\"T\","
                            "\"pages\":[{\"title\":\"P\"}]},\"x\":1}"),
                     ERR_NONE);
    assert_string_equal(request.code, NAME_64);
    assert_int_equal(request.seats, 8);
    assert_true(request.has_seats);
    assert_int_equal(request.agenda->page_count, 1);
    agenda_unref(request.agenda);
    assert_int_equal(create("{\"seats\":2}"), ERR_NONE);
    assert_int_equal(request.seats, 2);
}

/* What is wrong with a body that asks for a room, and whether a room that there is already may
 * still be given for it. */
static void assert_refused(const char *text, enum reason reason, const char *field, bool reusable)
{
    assert_int_equal(create(text), ERR_BAD_REQUEST);
    assert_problem(&why, ERR_BAD_REQUEST, reason, field);
    assert_int_equal(create_room_types_are_right(&why), reusable);
}

static void a_body_that_is_not_valid_is_bad_request_with_the_field(void **state)
{
    (void)state;
    assert_refused("", REASON_NOT_JSON, "", false);
    assert_refused("[]", REASON_NOT_AN_OBJECT, "", false);
    assert_refused("{\"code\":7}", REASON_FIELD_TYPE, "code", false);
    assert_refused("{\"code\":null}", REASON_FIELD_TYPE, "code", false);
    assert_refused("{\"code\":\"\"}", REASON_FIELD_VALUE, "code", false);
    assert_refused("{\"code\":\"a b\"}", REASON_FIELD_VALUE, "code", false);
    assert_refused("{\"code\":\"" NAME_64 "x\"}", REASON_FIELD_VALUE, "code", false);
    assert_refused("{\"code\":\"a" NUL_ESCAPE "\"}", REASON_FIELD_NUL, "code", false);
    assert_refused("{\"seats\":\"3\"}", REASON_FIELD_TYPE, "seats", false);
    assert_refused("{\"seats\":2.5}", REASON_FIELD_TYPE, "seats", false);
    assert_refused("{\"agenda\":null}", REASON_FIELD_TYPE, "agenda", false);
    assert_refused("{\"agenda\":\"none\"}", REASON_FIELD_TYPE, "agenda", false);
}

static void a_room_has_2_to_8_seats(void **state)
{
    (void)state;
    assert_refused("{\"seats\":1}", REASON_FIELD_RANGE, "seats", true);
    assert_refused("{\"seats\":9}", REASON_FIELD_RANGE, "seats", true);
    assert_refused("{\"seats\":-3}", REASON_FIELD_RANGE, "seats", true);
    assert_refused("{\"seats\":1e99}", REASON_FIELD_RANGE, "seats", true);
}

static void
for_a_room_that_there_is_seats_and_agenda_are_checked_for_their_types_alone(void **state)
{
    (void)state;
    assert_refused("{\"agenda\":{}}", REASON_FIELD_MISSING, "agenda.title", true);
    assert_refused("{\"agenda\":{\"title\":\"\",\"pages\":[]}}", REASON_FIELD_LENGTH,
                   "agenda.pages", true);
    assert_refused("{\"code\":\"room\",\"agenda\":{\"title\":\"\",\"pages\":[{\"title\":\"\","
                   "\"seconds\":0}]}}",
                   REASON_FIELD_RANGE, "agenda.pages[0].seconds", true);
    assert_string_equal(request.code, "room");
    assert_refused("{\"agenda\":{\"title\":\"\",\"pages\":[{\"title\":\"\",\"reveal\":\"soon\"}]}}",
                   REASON_FIELD_VALUE, "agenda.pages[0].reveal", true);
    assert_refused("{\"agenda\":{\"title\":\"\",\"pages\":[{\"title\":\"\",\"choices\":["
                   "{\"id\":\"a\",\"label\":\"\"},{\"id\":\"a\",\"label\":\"\"}]}]}}",
                   REASON_FIELD_DUPLICATE, "agenda.pages[0].choices[1].id", true);
}

/* The wrong type may stand behind what a room that there is forgives. */
static void a_wrong_type_goes_before_a_wrong_value(void **state)
{
    (void)state;
    assert_refused("{\"seats\":99,\"agenda\":{\"title\":7,\"pages\":[]}}", REASON_FIELD_TYPE,
                   "agenda.title", false);
    assert_refused("{\"agenda\":{\"pages\":[{\"seconds\":-1},{\"title\":\"\",\"gate\":1}]}}",
                   REASON_FIELD_TYPE, "agenda.pages[1].gate", false);
    assert_refused("{\"agenda\":{\"pages\":[{\"choices\":[{\"label\":1}]}]}}", REASON_FIELD_TYPE,
                   "agenda.pages[0].choices[0].label", false);
    assert_refused("{\"seats\":99,\"agenda\":{}}", REASON_FIELD_RANGE, "seats", true);
}

/* As many as fit into a body: comparing all with all would take seconds. */
static void far_too_many_choices_are_refused_at_once(void **state)
{
    (void)state;
    struct buf text;
    buf_init(&text, LIMIT_HTTP_BODY);
    assert_int_equal(
        buf_append_str(&text,
                       "{\"agenda\":{\"title\":\"\",\"pages\":[{\"title\":\"\",\"choices\":["),
        ERR_NONE);
    for (int i = 0; text.len + 40 < LIMIT_HTTP_BODY; i++)
        assert_int_equal(buf_printf(&text, "%s{\"id\":\"%x\",\"label\":\"\"}", i ? "," : "", i),
                         ERR_NONE);
    assert_int_equal(buf_append_str(&text, "]}]}}"), ERR_NONE);
    assert_refused(text.data, REASON_FIELD_LENGTH, "agenda.pages[0].choices", true);
    buf_release(&text);
}

static void a_guest_has_a_nickname_of_1_to_64_characters(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        enum reason reason;
        const char *field;
    } bad[] = {{"", REASON_NOT_JSON, ""},
               {"\"Kim\"", REASON_NOT_AN_OBJECT, ""},
               {"{}", REASON_FIELD_MISSING, "nickname"},
               {"{\"nickname\":\"\"}", REASON_FIELD_LENGTH, "nickname"},
               {"{\"nickname\":\"" NAME_64 "x\"}", REASON_FIELD_LENGTH, "nickname"},
               {"{\"nickname\":5}", REASON_FIELD_TYPE, "nickname"},
               {"{\"nickname\":\"" NUL_ESCAPE "\"}", REASON_FIELD_NUL, "nickname"}};
    char nickname[LIMIT_NICKNAME_CHARS * 4 + 1];
    const char *body = "{\"nickname\":\"" NAME_64 "\"}";
    assert_int_equal(guest_parse(body, strlen(body), nickname, NULL), ERR_NONE);
    assert_string_equal(nickname, NAME_64);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(guest_parse(bad[i].body, strlen(bad[i].body), nickname, &why),
                         ERR_BAD_REQUEST);
        assert_problem(&why, ERR_BAD_REQUEST, bad[i].reason, bad[i].field);
    }
}

static void the_small_answers_are_written_as_the_protocol_does(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 1000);
    assert_int_equal(guest_print("a.b.c", "g_1", &out), ERR_NONE);
    assert_string_equal(out.data, "{\"token\":\"a.b.c\",\"guest_id\":\"g_1\"}");
    buf_clear(&out);
    assert_int_equal(health_print("ok", "1.0", &out), ERR_NONE);
    assert_string_equal(out.data, "{\"status\":\"ok\",\"version\":\"1.0\"}");
    buf_clear(&out);
    assert_int_equal(seq_object_print(7, &out), ERR_NONE);
    assert_string_equal(out.data, "{\"seq\":7}");
    buf_clear(&out);
    assert_int_equal(seq_object_print(0, &out), ERR_NONE);
    assert_string_equal(out.data, "{}");
    buf_release(&out);
}

static enum err create_full(void)
{
    enum err e = create("{\"code\":\"room\",\"seats\":3,\"agenda\":{\"title\":\"T\",\"pages\":["
                        "{\"id\":\"i\",\"title\":\"P\",\"text\":\"x\",\"choices\":[{\"id\":\"a\","
                        "\"label\":\"A\"}]}]}}");
    agenda_unref(request.agenda);
    return e;
}

static enum err guest_both_ways(void)
{
    char nickname[LIMIT_NICKNAME_CHARS * 4 + 1];
    struct buf out;
    buf_init(&out, 1000);
    enum err e = guest_parse("{\"nickname\":\"Kim\"}", 18, nickname, NULL);
    if (!e)
        e = guest_print("a.b.c", "g_1", &out);
    buf_release(&out);
    return e;
}

static struct agenda *to_print;

static enum err print_objects(void)
{
    const struct event_choice chosen[] = {{1, "agree"}};
    const struct page_choices_view pages[] = {{1, chosen, 1}};
    const struct recording_view recordings[] = {
        {.participant = 1, .recording_id = "r", .path = "a"}};
    struct session_view session = session_of(to_print);
    struct buf out;
    buf_init(&out, 8000);
    enum err e = session_object_print(&session, recordings, 1, pages, 1, &out);
    if (!e)
        e = room_object_print(&session, &out);
    if (!e)
        e = health_print("ok", "1.0", &out);
    if (!e)
        e = seq_object_print(7, &out);
    buf_release(&out);
    return e;
}

static void a_lack_of_memory_is_told(void **state)
{
    (void)state;
    every_allocation_fails_in_turn(create_full);
    every_allocation_fails_in_turn(guest_both_ways);
    to_print = must_parse_agenda();
    every_allocation_fails_in_turn(print_objects);
    agenda_unref(to_print);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(phases_and_record_policies_have_the_protocols_names),
        cmocka_unit_test(the_room_object_has_the_protocols_seven_fields),
        cmocka_unit_test(the_session_object_has_recordings_choices_and_the_report),
        cmocka_unit_test(a_room_may_be_asked_for_with_nothing_said),
        cmocka_unit_test(a_rooms_code_seats_and_agenda_are_read),
        cmocka_unit_test(a_body_that_is_not_valid_is_bad_request_with_the_field),
        cmocka_unit_test(a_room_has_2_to_8_seats),
        cmocka_unit_test(
            for_a_room_that_there_is_seats_and_agenda_are_checked_for_their_types_alone),
        cmocka_unit_test(a_wrong_type_goes_before_a_wrong_value),
        cmocka_unit_test(far_too_many_choices_are_refused_at_once),
        cmocka_unit_test(a_guest_has_a_nickname_of_1_to_64_characters),
        cmocka_unit_test(the_small_answers_are_written_as_the_protocol_does),
        cmocka_unit_test(a_lack_of_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

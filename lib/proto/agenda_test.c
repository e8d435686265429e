#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "proto/agenda.h"
#include "proto/limits.h"
#include "proto/proto_testing.h"

static const char full[] =
    "{\"title\":\"Library on Sunday\",\"pages\":["
    "{\"id\":\"open\",\"title\":\"Opening\",\"text\":\"Say \\\"hello\\\"\",\"seconds\":1.5,"
    "\"choices\":[{\"id\":\"agree\",\"label\":\"\xec\xb0\xac\xec\x84\xb1\"},"
    "{\"id\":\"no\",\"label\":\"No\"}],"
    "\"reveal\":\"now\",\"gate\":\"all\"},{\"title\":\"End\",\"reveal\":\"never\"}]}";

static void assert_refused(const char *text, enum reason reason, const char *field)
{
    struct agenda *agenda;
    struct problem why;
    assert_int_equal(agenda_parse(text, strlen(text), &agenda, &why), ERR_BAD_REQUEST);
    assert_null(agenda);
    assert_problem(&why, ERR_BAD_REQUEST, reason, field);
}

/* An agenda whose one page has these further fields. */
static void assert_page_refused(const char *fields, enum reason reason, const char *field)
{
    char text[4096];
    snprintf(text, sizeof text, "{\"title\":\"t\",\"pages\":[{\"title\":\"p\",%s}]}", fields);
    assert_refused(text, reason, field);
}

static void all_fields_are_read(void **state)
{
    (void)state;
    struct agenda *agenda;
    assert_int_equal(agenda_parse(full, sizeof full - 1, &agenda, NULL), ERR_NONE);
    assert_string_equal(agenda->title, "Library on Sunday");
    assert_int_equal(agenda->page_count, 2);
    const struct page *page = agenda_page(agenda, 1);
    assert_string_equal(page->id, "open");
    assert_string_equal(page->title, "Opening");
    assert_string_equal(page->text, "Say \"hello\"");
    assert_int_equal(page->time_ms, 1500);
    assert_int_equal(page->reveal, REVEAL_NOW);
    assert_int_equal(page->gate, GATE_ALL);
    assert_int_equal(page->choice_count, 2);
    assert_string_equal(page->choices[0].label, "\xec\xb0\xac\xec\x84\xb1");
    assert_int_equal(page_choice_index(page, "no"), 1);
    assert_int_equal(page_choice_index(page, "maybe"), -1);
    assert_int_equal(agenda_page(agenda, 2)->reveal, REVEAL_NEVER);
    assert_null(agenda_page(agenda, 0));
    assert_null(agenda_page(agenda, 3));
    agenda_unref(agenda);
}

static void reveal_is_all_and_gate_is_none_by_default(void **state)
{
    (void)state;
    const char *text = "{\"title\":\"\",\"pages\":[{\"title\":\"\"}]}";
    struct agenda *agenda;
    assert_int_equal(agenda_parse(text, strlen(text), &agenda, NULL), ERR_NONE);
    const struct page *page = agenda_page(agenda, 1);
    assert_int_equal(page->reveal, REVEAL_ALL);
    assert_int_equal(page->gate, GATE_NONE);
    assert_int_equal(page->time_ms, 0);
    assert_int_equal(page->choice_count, 0);
    assert_null(page->id);
    assert_null(page->text);
    agenda_unref(agenda);
}

static void the_canonical_form_gives_itself_back(void **state)
{
    (void)state;
    struct agenda *agenda;
    struct buf out;
    buf_init(&out, LIMIT_LOG_LINE);
    assert_int_equal(agenda_parse(full, sizeof full - 1, &agenda, NULL), ERR_NONE);
    assert_int_equal(agenda_print(agenda, &out), ERR_NONE);
    assert_string_equal(out.data, full);
    agenda_unref(agenda);
    buf_release(&out);
}

static void unknown_fields_are_ignored(void **state)
{
    (void)state;
    const char *text =
        "{\"x\":{},\"title\":\"t\",\"pages\":[{\"title\":\"p\",\"y\":[1],\"choices\":"
        "[{\"id\":\"a\",\"label\":\"A\",\"z\":null}]}]}";
    struct agenda *agenda;
    struct buf out;
    buf_init(&out, 1000);
    assert_int_equal(agenda_parse(text, strlen(text), &agenda, NULL), ERR_NONE);
    assert_int_equal(agenda_print(agenda, &out), ERR_NONE);
    assert_string_equal(out.data, "{\"title\":\"t\",\"pages\":[{\"title\":\"p\",\"choices\":"
                                  "[{\"id\":\"a\",\"label\":\"A\"}]}]}");
    agenda_unref(agenda);
    buf_release(&out);
}

static void a_refusal_names_the_path_of_the_field(void **state)
{
    (void)state;
    assert_refused("[]", REASON_FIELD_TYPE, "agenda");
    assert_refused("{", REASON_NOT_JSON, "agenda");
    assert_refused("{\"pages\":[]}", REASON_FIELD_MISSING, "agenda.title");
    assert_refused("{\"title\":1,\"pages\":[]}", REASON_FIELD_TYPE, "agenda.title");
    assert_refused("{\"title\":\"t\"}", REASON_FIELD_MISSING, "agenda.pages");
    assert_refused("{\"title\":\"t\",\"pages\":{}}", REASON_FIELD_TYPE, "agenda.pages");
    assert_refused("{\"title\":\"t\",\"pages\":[1]}", REASON_FIELD_TYPE, "agenda.pages[0]");
    assert_refused("{\"title\":\"t\",\"pages\":[{\"title\":\"\"},{}]}", REASON_FIELD_MISSING,
                   "agenda.pages[1].title");
    assert_page_refused("\"id\":1", REASON_FIELD_TYPE, "agenda.pages[0].id");
    assert_page_refused("\"text\":null", REASON_FIELD_TYPE, "agenda.pages[0].text");
    assert_page_refused("\"choices\":{}", REASON_FIELD_TYPE, "agenda.pages[0].choices");
    assert_page_refused("\"choices\":[\"a\"]", REASON_FIELD_TYPE, "agenda.pages[0].choices[0]");
    assert_page_refused("\"choices\":[{\"id\":\"a\"}]", REASON_FIELD_MISSING,
                        "agenda.pages[0].choices[0].label");
    assert_page_refused("\"choices\":[{\"id\":2,\"label\":\"\"}]", REASON_FIELD_TYPE,
                        "agenda.pages[0].choices[0].id");
}

static void seconds_are_a_number_above_0(void **state)
{
    (void)state;
    assert_page_refused("\"seconds\":0", REASON_FIELD_RANGE, "agenda.pages[0].seconds");
    assert_page_refused("\"seconds\":-1", REASON_FIELD_RANGE, "agenda.pages[0].seconds");
    assert_page_refused("\"seconds\":1e999", REASON_FIELD_RANGE, "agenda.pages[0].seconds");
    assert_page_refused("\"seconds\":\"5\"", REASON_FIELD_TYPE, "agenda.pages[0].seconds");
}

static void the_smallest_time_is_still_a_time(void **state)
{
    (void)state;
    const char *text = "{\"title\":\"\",\"pages\":[{\"title\":\"\",\"seconds\":1e-9}]}";
    struct agenda *agenda;
    assert_int_equal(agenda_parse(text, strlen(text), &agenda, NULL), ERR_NONE);
    assert_int_equal(agenda_page(agenda, 1)->time_ms, 1);
    agenda_unref(agenda);
}

static void reveal_and_gate_are_what_the_protocol_names(void **state)
{
    (void)state;
    assert_page_refused("\"reveal\":\"All\"", REASON_FIELD_VALUE, "agenda.pages[0].reveal");
    assert_page_refused("\"reveal\":true", REASON_FIELD_TYPE, "agenda.pages[0].reveal");
    assert_page_refused("\"gate\":\"now\"", REASON_FIELD_VALUE, "agenda.pages[0].gate");
}

static void the_choices_of_a_page_have_ids_of_their_own(void **state)
{
    (void)state;
    assert_page_refused("\"choices\":[{\"id\":\"a\",\"label\":\"\"},{\"id\":\"a\",\"label\":\"\"}]",
                        REASON_FIELD_DUPLICATE, "agenda.pages[0].choices[1].id");
    assert_page_refused("\"choices\":[{\"id\":\"\",\"label\":\"\"}]", REASON_FIELD_LENGTH,
                        "agenda.pages[0].choices[0].id");
    assert_page_refused("\"choices\":[{\"id\":\"" NAME_64 "x\",\"label\":\"\"}]",
                        REASON_FIELD_LENGTH, "agenda.pages[0].choices[0].id");
}

static void no_string_holds_a_nul(void **state)
{
    (void)state;
    assert_refused("{\"title\":\"a" NUL_ESCAPE "b\",\"pages\":[]}", REASON_FIELD_NUL,
                   "agenda.title");
    assert_page_refused("\"text\":\"" NUL_ESCAPE "\"", REASON_FIELD_NUL, "agenda.pages[0].text");
}

/* An agenda of so many pages, each with so many choices. */
static enum err parse_sized(int pages, int choices, struct problem *why)
{
    struct buf text;
    struct agenda *agenda;
    buf_init(&text, 1000000);
    assert_int_equal(buf_append_str(&text, "{\"title\":\"\",\"pages\":["), ERR_NONE);
    for (int i = 0; i < pages; i++) {
        buf_printf(&text, "%s{\"title\":\"\",\"choices\":[", i ? "," : "");
        for (int j = 0; j < choices; j++)
            buf_printf(&text, "%s{\"id\":\"%d\",\"label\":\"\"}", j ? "," : "", j);
        buf_append_str(&text, "]}");
    }
    assert_int_equal(buf_append_str(&text, "]}"), ERR_NONE);
    assert_false(text.failed);
    enum err e = agenda_parse(text.data, text.len, &agenda, why);
    agenda_unref(agenda);
    buf_release(&text);
    return e;
}

static void an_agenda_has_1_to_64_pages_of_up_to_16_choices(void **state)
{
    (void)state;
    struct problem why;
    assert_int_equal(parse_sized(64, 16, &why), ERR_NONE);
    assert_int_equal(parse_sized(65, 1, &why), ERR_BAD_REQUEST);
    assert_problem(&why, ERR_BAD_REQUEST, REASON_FIELD_LENGTH, "agenda.pages");
    assert_int_equal(parse_sized(0, 0, &why), ERR_BAD_REQUEST);
    assert_problem(&why, ERR_BAD_REQUEST, REASON_FIELD_LENGTH, "agenda.pages");
    assert_int_equal(parse_sized(2, 17, &why), ERR_BAD_REQUEST);
    assert_problem(&why, ERR_BAD_REQUEST, REASON_FIELD_LENGTH, "agenda.pages[0].choices");
}

static void without_an_agenda_there_is_one_page_without_choices(void **state)
{
    (void)state;
    struct agenda *agenda = agenda_new_default();
    assert_int_equal(agenda->page_count, 1);
    assert_int_equal(agenda_page(agenda, 1)->choice_count, 0);
    assert_int_equal(agenda_page(agenda, 1)->time_ms, 0);
    assert_ptr_equal(agenda_ref(agenda), agenda);
    agenda_unref(agenda);
    assert_int_equal(agenda->page_count, 1);
    agenda_unref(agenda);
    agenda_unref(NULL);
}

static enum err parse_full(void)
{
    struct agenda *agenda;
    enum err e = agenda_parse(full, sizeof full - 1, &agenda, NULL);
    assert_true(e ? !agenda : agenda != NULL);
    agenda_unref(agenda);
    return e;
}

static enum err make_default(void)
{
    struct agenda *agenda = agenda_new_default();
    enum err e = agenda ? ERR_NONE : ERR_NO_MEMORY;
    agenda_unref(agenda);
    return e;
}

static struct agenda *to_print;

static enum err print_full(void)
{
    struct buf out;
    buf_init(&out, 10000);
    enum err e = agenda_print(to_print, &out);
    assert_int_equal(e ? 0 : sizeof full - 1, out.len);
    buf_release(&out);
    return e;
}

static void a_lack_of_memory_is_told(void **state)
{
    (void)state;
    every_allocation_fails_in_turn(parse_full);
    every_allocation_fails_in_turn(make_default);
    assert_int_equal(agenda_parse(full, sizeof full - 1, &to_print, NULL), ERR_NONE);
    every_allocation_fails_in_turn(print_full);
    agenda_unref(to_print);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_fields_are_read),
        cmocka_unit_test(reveal_is_all_and_gate_is_none_by_default),
        cmocka_unit_test(the_canonical_form_gives_itself_back),
        cmocka_unit_test(unknown_fields_are_ignored),
        cmocka_unit_test(a_refusal_names_the_path_of_the_field),
        cmocka_unit_test(seconds_are_a_number_above_0),
        cmocka_unit_test(the_smallest_time_is_still_a_time),
        cmocka_unit_test(reveal_and_gate_are_what_the_protocol_names),
        cmocka_unit_test(the_choices_of_a_page_have_ids_of_their_own),
        cmocka_unit_test(no_string_holds_a_nul),
        cmocka_unit_test(an_agenda_has_1_to_64_pages_of_up_to_16_choices),
        cmocka_unit_test(without_an_agenda_there_is_one_page_without_choices),
        cmocka_unit_test(a_lack_of_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

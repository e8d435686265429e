#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"
#include "proto/proto_testing.h"

static enum err parse(const char *text, enum reason *reason)
{
    struct json_doc doc;
    struct problem why = {.reason = REASON_NONE};
    enum err e = json_parse(text, strlen(text), &doc, &why);
    *reason = why.reason;
    json_doc_release(&doc);
    return e;
}

static void what_rfc_8259_allows_is_read(void **state)
{
    (void)state;
    static const char *const texts[] = {"{}",
                                        " {\"a\" : [ ] }\r\n\t",
                                        "[0,-0,1.5,-2e3,1E+2,0.1e-7]",
                                        "\"\\u00e9\\n\\/\\\\\"",
                                        "\"\\ud83d\\ude00\"",
                                        "\"\xed\x95\x9c\xea\xb8\x80 long enough for eight bytes\"",
                                        "null",
                                        "{\"a\":true,\"b\":false,\"c\":null}",
                                        "\"\\\\u0000 is no escape\"",
                                        "\"\x7f\""};
    enum reason reason;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_int_equal(parse(texts[i], &reason), ERR_NONE);
}

static void what_rfc_8259_forbids_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        " ",
                                        "{",
                                        "}",
                                        "[",
                                        "{\"a\":1",
                                        "{\"a\":1}}",
                                        "{} {}",
                                        "{} x",
                                        "{\"a\":01}",
                                        "[1.]",
                                        "[.5]",
                                        "[+1]",
                                        "[-]",
                                        "[1e]",
                                        "[1e+]",
                                        "[--1]",
                                        "[0x10]",
                                        "[1.5.2]",
                                        "[NaN]",
                                        "[Infinity]",
                                        "[1,]",
                                        "{\"a\":1,}",
                                        "{a:1}",
                                        "{'a':1}",
                                        "[\"a]",
                                        "[\"\\\"]",
                                        "[\"\\x\"]",
                                        "[\"\\u12\"]",
                                        "[\"\\uzzzz\"]",
                                        "[\"\\u12g4\"]",
                                        "[\"\ttab\"]",
                                        "[\"line\nfeed\"]",
                                        "[1]\f",
                                        "\v[1]",
                                        "[tru]",
                                        "[truefalse]",
                                        "\xef\xbb\xbf{}",
                                        "[1 2]",
                                        "{\"a\" 1}",
                                        "[\"long enough for eight bytes\x01\"]"};
    enum reason reason;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_int_equal(parse(texts[i], &reason), ERR_BAD_MESSAGE);
        assert_int_equal(reason, REASON_NOT_JSON);
    }
}

static void what_a_string_may_not_hold_is_found_wherever_it_stands(void **state)
{
    (void)state;
    enum reason reason;
    char text[28];
    for (size_t at = 1; at + 1 < sizeof text - 1; at++) {
        memset(text, 'x', sizeof text - 1);
        text[0] = text[sizeof text - 2] = '"';
        text[sizeof text - 1] = '\0';
        assert_int_equal(parse(text, &reason), ERR_NONE);
        for (const char *bad = "\x1f\"\\\xff"; *bad; bad++) {
            text[at] = *bad;
            assert_int_equal(parse(text, &reason), ERR_BAD_MESSAGE);
        }
    }
}

static void lone_surrogates_are_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"\"\\ud800\"", "\"\\udc00\"", "\"\\ud800x\"",
                                        "\"\\ud800\\u0041\"", "\"\\udc00\\ud800\""};
    enum reason reason;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_int_equal(parse(texts[i], &reason), ERR_BAD_MESSAGE);
}

static void bad_utf8_is_told_from_bad_json(void **state)
{
    (void)state;
    static const char *const texts[] = {"\"\xff\"", "\"\xc0\x80\"",         "\"\xed\xa0\x80\"",
                                        "\xff{}",   "{\"a\":\"\xed\x95\"}", "\"cut \xed\x95"};
    enum reason reason;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_int_equal(parse(texts[i], &reason), ERR_BAD_MESSAGE);
        assert_int_equal(reason, REASON_NOT_UTF8);
    }
}

static void a_raw_nul_ends_nothing_early(void **state)
{
    (void)state;
    struct json_doc doc;
    assert_int_equal(json_parse("{}\0", 3, &doc, NULL), ERR_BAD_MESSAGE);
    assert_int_equal(json_parse("[\"a\0b\"]", 7, &doc, NULL), ERR_BAD_MESSAGE);
    assert_int_equal(json_parse("{}x", 2, &doc, NULL), ERR_NONE);
    json_doc_release(&doc);
}

static void nesting_is_bounded(void **state)
{
    (void)state;
    char text[2 * JSON_NESTING + 3];
    enum reason reason;
    memset(text, '[', JSON_NESTING);
    memset(text + JSON_NESTING, ']', JSON_NESTING);
    text[2 * JSON_NESTING] = '\0';
    assert_int_equal(parse(text, &reason), ERR_NONE);
    memset(text, '[', JSON_NESTING + 1);
    memset(text + JSON_NESTING + 1, ']', JSON_NESTING + 1);
    text[2 * JSON_NESTING + 2] = '\0';
    assert_int_equal(parse(text, &reason), ERR_BAD_MESSAGE);
}

static void a_nul_is_found_wherever_it_stands(void **state)
{
    (void)state;
    static const struct {
        const char *text, *path;
    } cases[] = {{"{\"a\":\"x" NUL_ESCAPE "\"}", "a"},
                 {"{\"a\":[1,{\"b\":\"" NUL_ESCAPE "\"}]}", "a[1].b"},
                 {"{\"a\":{\"" NUL_ESCAPE "\":1}}", "a"},
                 {"[\"\\\\" NUL_ESCAPE "\"]", "[0]"}};
    struct json_doc doc;
    struct problem why;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(json_parse(cases[i].text, strlen(cases[i].text), &doc, NULL), ERR_NONE);
        assert_int_equal(json_refuse_nul(&doc, &why), ERR_BAD_REQUEST);
        assert_problem(&why, ERR_BAD_REQUEST, REASON_FIELD_NUL, cases[i].path);
        json_doc_release(&doc);
    }
    assert_int_equal(json_parse("\"\\\\u0000\"", 9, &doc, NULL), ERR_NONE);
    assert_int_equal(json_refuse_nul(&doc, &why), ERR_NONE);
    json_doc_release(&doc);
}

static void the_last_of_two_equal_names_counts(void **state)
{
    (void)state;
    struct json_doc doc;
    const char *text = "{\"a\":1,\"b\":0,\"a\":2}";
    assert_int_equal(json_parse(text, strlen(text), &doc, NULL), ERR_NONE);
    assert_true(json_find(doc.root, "a")->valuedouble == 2);
    assert_null(json_find(doc.root, "A"));
    json_doc_release(&doc);
}

static void a_document_may_be_larger_than_the_block(void **state)
{
    (void)state;
    struct buf text;
    struct json_doc doc;
    buf_init(&text, 1000000);
    assert_int_equal(buf_append_str(&text, "{\"list\":["), ERR_NONE);
    for (int i = 0; i < 5000; i++)
        assert_int_equal(buf_printf(&text, "\"entry %d\",", i), ERR_NONE);
    assert_int_equal(buf_append_str(&text, "\"\"]}"), ERR_NONE);
    for (int round = 0; round < 2; round++) {
        json_brief_begin();
        assert_int_equal(json_parse(text.data, text.len, &doc, NULL), ERR_NONE);
        char *printed = cJSON_PrintUnformatted(doc.root);
        assert_string_equal(printed, text.data);
        cJSON_free(printed);
        json_brief_end(doc.root);
    }
    buf_release(&text);
}

static enum err read_something(void)
{
    static const char text[] = "{\"a\":[1,\"two\",{\"b\":\"" NUL_ESCAPE "\"}],\"c\":null}";
    struct json_doc doc;
    struct problem why = {.code = ERR_NONE};
    enum err e = json_parse(text, sizeof text - 1, &doc, &why);
    if (e)
        assert_int_equal(why.code, e);
    json_doc_release(&doc);
    return e;
}

static void no_memory_is_told_from_bad_json(void **state)
{
    (void)state;
    every_allocation_fails_in_turn(read_something);
}

static void a_name_that_is_too_long_is_cut_between_characters(void **state)
{
    (void)state;
    char text[200] = "{\"x";
    struct json_doc doc;
    struct problem why;
    for (int i = 0; i < 40; i++)
        strcat(text, "\xc3\xa9");
    strcat(text, "\":\"" NUL_ESCAPE "\"}");
    assert_int_equal(json_parse(text, strlen(text), &doc, NULL), ERR_NONE);
    assert_int_equal(json_refuse_nul(&doc, &why), ERR_BAD_REQUEST);
    assert_int_equal(strlen(why.field), 63);
    assert_true(utf8_valid(why.field, strlen(why.field)));
    json_doc_release(&doc);
    /* An odd number of bytes remains for characters of two. */
    memmove(text + 2, text + 3, strlen(text + 3) + 1);
    assert_int_equal(json_parse(text, strlen(text), &doc, NULL), ERR_NONE);
    assert_int_equal(json_refuse_nul(&doc, &why), ERR_BAD_REQUEST);
    assert_int_equal(strlen(why.field), 62);
    assert_true(utf8_valid(why.field, strlen(why.field)));
    json_doc_release(&doc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_rfc_8259_allows_is_read),
        cmocka_unit_test(what_rfc_8259_forbids_is_refused),
        cmocka_unit_test(what_a_string_may_not_hold_is_found_wherever_it_stands),
        cmocka_unit_test(lone_surrogates_are_refused),
        cmocka_unit_test(bad_utf8_is_told_from_bad_json),
        cmocka_unit_test(a_raw_nul_ends_nothing_early),
        cmocka_unit_test(nesting_is_bounded),
        cmocka_unit_test(a_nul_is_found_wherever_it_stands),
        cmocka_unit_test(the_last_of_two_equal_names_counts),
        cmocka_unit_test(a_document_may_be_larger_than_the_block),
        cmocka_unit_test(no_memory_is_told_from_bad_json),
        cmocka_unit_test(a_name_that_is_too_long_is_cut_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

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

static void print_number(double value, bool rounded, const char *expected)
{
    struct buf out;
    buf_init(&out, 1000);
    json_brief_begin();
    cJSON *root = json_new_object();
    if (rounded)
        json_put_rounded(root, "n", value);
    else
        json_put_number(root, "n", value);
    assert_int_equal(json_print(root, &out), ERR_NONE);
    json_brief_end(root);
    out.data[out.len - 1] = '\0';
    assert_string_equal(out.data + strlen("{\"n\":"), expected);
    buf_release(&out);
}

static void numbers_come_back_as_they_were_sent(void **state)
{
    (void)state;
    print_number(1763872345678.125, false, "1763872345678.125");
    /* Neighbours: at this size a double knows 1/4096 at best. */
    print_number(1763872345678.1, false, "1763872345678.1");
    print_number(1763872345678.1003, false, "1763872345678.1003");
    print_number(0.1, false, "0.1");
    print_number(-3, false, "-3");
    print_number(9007199254740991, false, "9007199254740991");
    print_number(1e300, false, "1e+300");
    print_number(0.1 + 0.2, false, "0.30000000000000004");
}

static void rounded_numbers_have_at_most_three_decimals(void **state)
{
    (void)state;
    print_number(1763872345678.123291015625, true, "1763872345678.123");
    print_number(0.0005001, true, "0.001");
    print_number(-0.0001, true, "0");
    print_number(-1.5, true, "-1.5");
    print_number(1000, true, "1000");
    print_number(9007199254740992, true, "9007199254740992");
}

static void a_rounded_number_that_is_read_prints_the_same(void **state)
{
    (void)state;
    /* 1.01 apart, and both signs in turn. */
    double sign = 1;
    for (double size = 1e-5; size < 1e15; size *= 1.01) {
        char first[64], again[64];
        double value = sign * size, rounded = 0;
        sign = -sign;
        for (int round = 0; round < 2; round++) {
            struct buf out;
            buf_init(&out, 100);
            json_brief_begin();
            cJSON *root = json_new_object();
            json_put_rounded(root, "n", round == 0 ? value : rounded);
            assert_int_equal(json_print(root, &out), ERR_NONE);
            json_brief_end(root);
            strcpy(round == 0 ? first : again, out.data);
            rounded = strtod(out.data + strlen("{\"n\":"), NULL);
            buf_release(&out);
        }
        assert_string_equal(first, again);
    }
}

static void what_is_too_large_for_the_buffer_leaves_it_as_it_was(void **state)
{
    (void)state;
    struct buf out;
    char text[600];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    buf_init(&out, 300);
    assert_int_equal(buf_append_str(&out, "before"), ERR_NONE);
    json_brief_begin();
    cJSON *root = json_new_object();
    json_put_string(root, "text", text);
    assert_int_equal(json_print(root, &out), ERR_FULL);
    json_brief_end(root);
    assert_true(out.failed);
    assert_string_equal(out.data, "before");
    buf_release(&out);
}

/* Larger than the thread's block, and than the first guess at its printed size. */
static void a_document_may_be_larger_than_the_block(void **state)
{
    (void)state;
    struct buf out, text;
    struct json_doc doc;
    buf_init(&text, 1000000);
    buf_init(&out, 1000000);
    assert_int_equal(buf_append_str(&text, "{\"list\":["), ERR_NONE);
    for (int i = 0; i < 5000; i++)
        assert_int_equal(buf_printf(&text, "\"entry %d\",", i), ERR_NONE);
    assert_int_equal(buf_append_str(&text, "\"\"]}"), ERR_NONE);
    for (int round = 0; round < 2; round++) {
        json_brief_begin();
        assert_int_equal(json_parse(text.data, text.len, &doc, NULL), ERR_NONE);
        buf_clear(&out);
        assert_int_equal(json_print(doc.root, &out), ERR_NONE);
        json_brief_end(doc.root);
        assert_string_equal(out.data, text.data);
    }
    buf_release(&out);
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

/* There may be memory for the text again, but a member is missing. */
static void a_tree_that_lacks_a_part_is_not_printed(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 1000);
    assert_int_equal(buf_reserve(&out, 900), ERR_NONE);
    json_brief_limit(0);
    json_brief_begin();
    cJSON *root = json_new_object();
    json_put_bool(root, "first", true);
    mem_fail_after(0);
    json_put_bool(root, "second", true);
    mem_fail_after(-1);
    assert_int_equal(json_print(root, &out), ERR_NO_MEMORY);
    assert_int_equal(out.len, 0);
    json_brief_end(root);
    json_brief_limit(SIZE_MAX);
    buf_release(&out);
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
        cmocka_unit_test(numbers_come_back_as_they_were_sent),
        cmocka_unit_test(rounded_numbers_have_at_most_three_decimals),
        cmocka_unit_test(a_rounded_number_that_is_read_prints_the_same),
        cmocka_unit_test(what_is_too_large_for_the_buffer_leaves_it_as_it_was),
        cmocka_unit_test(a_document_may_be_larger_than_the_block),
        cmocka_unit_test(no_memory_is_told_from_bad_json),
        cmocka_unit_test(a_name_that_is_too_long_is_cut_between_characters),
        cmocka_unit_test(a_tree_that_lacks_a_part_is_not_printed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

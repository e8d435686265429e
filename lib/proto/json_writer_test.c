#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "proto/json_writer.h"
#include "proto/proto_testing.h"

static void write_members(struct json_writer *json, const char *text)
{
    json_write_string(json, "text", text);
    json_write_string(json, "none", NULL);
    json_write_object(json, "inner");
    json_write_bool(json, "yes", true);
    json_write_integer(json, "n", -12);
    json_write_object(json, "empty");
    json_write_object_end(json);
    json_write_object_end(json);
    json_write_array(json, "list");
    json_write_number(json, NULL, 1.0 / 3);
    json_write_number(json, NULL, NAN);
    json_write_raw(json, NULL, "{\"a\":[1]}");
    json_write_object(json, NULL);
    json_write_participant(json, "who", 7);
    json_write_object_end(json);
    json_write_array(json, NULL);
    json_write_array_end(json);
    json_write_array_end(json);
    json_write_participant(json, "nobody", 0);
}

static enum err write_example(struct buf *out, const char *text)
{
    struct json_writer json;
    json_write_begin(&json, out);
    write_members(&json, text);
    return json_write_end(&json);
}

static void values_stand_in_order_with_commas_between_them(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 1000);
    assert_int_equal(buf_append_str(&out, "before "), ERR_NONE);
    assert_int_equal(write_example(&out, "plain"), ERR_NONE);
    assert_string_equal(out.data,
                        "before {\"text\":\"plain\",\"none\":null,"
                        "\"inner\":{\"yes\":true,\"n\":-12,\"empty\":{}},"
                        "\"list\":[0.333,null,{\"a\":[1]},{\"who\":\"p7\"},[]],\"nobody\":null}");
    assert_int_equal(out.len, strlen(out.data));
    buf_release(&out);
}

static void an_indented_document_has_a_line_for_each_member(void **state)
{
    (void)state;
    struct buf out;
    struct json_writer json;
    buf_init(&out, 1000);
    json_write_begin_indented(&json, &out);
    write_members(&json, "plain");
    assert_int_equal(json_write_end(&json), ERR_NONE);
    assert_string_equal(out.data, "{\n\t\"text\": \"plain\",\n\t\"none\": null,\n\t\"inner\": {\n"
                                  "\t\t\"yes\": true,\n\t\t\"n\": -12,\n\t\t\"empty\": {}\n\t},\n"
                                  "\t\"list\": [0.333,null,{\"a\":[1]},{\n\t\t\"who\": \"p7\"\n\t},"
                                  "[]],\n\t\"nobody\": null\n}");
    buf_release(&out);
}

static void what_is_still_open_ends_with_the_document(void **state)
{
    (void)state;
    struct buf out;
    struct json_writer json;
    buf_init(&out, 1000);
    json_write_begin(&json, &out);
    json_write_object(&json, "a");
    json_write_object(&json, "b");
    assert_int_equal(json_write_end(&json), ERR_NONE);
    assert_string_equal(out.data, "{\"a\":{\"b\":{}}}");
    buf_release(&out);
}

static void a_buffer_may_be_emptied_between_items_that_have_their_own_lines(void **state)
{
    (void)state;
    struct buf out, all;
    struct json_writer json;
    buf_init(&out, 20);
    buf_init(&all, 1000);
    json_write_begin(&json, &out);
    json_write_array(&json, "list");
    for (int i = 1; i <= 3; i++) {
        json_write_line(&json);
        json_write_integer(&json, NULL, i);
        assert_int_equal(buf_append(&all, out.data, out.len), ERR_NONE);
        buf_clear(&out);
    }
    json_write_array_end(&json);
    assert_int_equal(json_write_end(&json), ERR_NONE);
    assert_int_equal(buf_append(&all, out.data, out.len), ERR_NONE);
    assert_string_equal(all.data, "{\"list\":[\n1,\n2,\n3]}");
    buf_release(&all);
    buf_release(&out);
}

/* So that a log looks the same whoever wrote it. */
static void every_character_is_written_as_cjson_writes_it(void **state)
{
    (void)state;
    char text[] = "a?b \xed\x95\x9c\xea\xb8\x80";
    for (int c = 1; c < 0x80; c++) {
        struct buf out;
        text[1] = (char)c;
        buf_init(&out, 1000);
        assert_int_equal(write_example(&out, text), ERR_NONE);
        cJSON *read = cJSON_Parse(out.data);
        assert_non_null(read);
        assert_string_equal(cJSON_GetObjectItem(read, "text")->valuestring, text);
        char *again = cJSON_PrintUnformatted(read);
        assert_string_equal(out.data, again);
        cJSON_free(again);
        cJSON_Delete(read);
        buf_release(&out);
    }
}

static void text_that_is_missing_or_not_utf8_is_written_empty(void **state)
{
    (void)state;
    struct buf out;
    struct json_writer json;
    buf_init(&out, 1000);
    json_write_begin(&json, &out);
    json_write_text(&json, "korean", "\xed\x95\x9c");
    json_write_text(&json, "cut", "\xed\x95");
    json_write_text(&json, "none", NULL);
    assert_int_equal(json_write_end(&json), ERR_NONE);
    assert_string_equal(out.data, "{\"korean\":\"\xed\x95\x9c\",\"cut\":\"\",\"none\":\"\"}");
    buf_release(&out);
}

/* As it is written for `value`. */
static void number_text(double value, bool is_exact, char text[64])
{
    struct buf out;
    struct json_writer json;
    buf_init(&out, 1000);
    json_write_begin(&json, &out);
    if (is_exact)
        json_write_exact(&json, "n", value);
    else
        json_write_number(&json, "n", value);
    assert_int_equal(json_write_end(&json), ERR_NONE);
    assert_int_equal(sscanf(out.data, "{\"n\":%63[^}]}", text), 1);
    buf_release(&out);
}

static void assert_number(double value, bool is_exact, const char *expected)
{
    char text[64];
    number_text(value, is_exact, text);
    assert_string_equal(text, expected);
}

static void exact_numbers_come_back_as_they_were_sent(void **state)
{
    (void)state;
    assert_number(1763872345678.125, true, "1763872345678.125");
    /* Neighbours: at this size a double knows 1/4096 at best. */
    assert_number(1763872345678.1, true, "1763872345678.1");
    assert_number(1763872345678.1003, true, "1763872345678.1003");
    assert_number(0.1, true, "0.1");
    assert_number(-3, true, "-3");
    assert_number(9007199254740991, true, "9007199254740991");
    assert_number(1e300, true, "1e+300");
    assert_number(0.1 + 0.2, true, "0.30000000000000004");
    assert_number(INFINITY, true, "null");
}

static void numbers_have_at_most_three_decimals(void **state)
{
    (void)state;
    assert_number(1763872345678.123291015625, false, "1763872345678.123");
    assert_number(0.0005001, false, "0.001");
    assert_number(0.9999, false, "1");
    assert_number(-0.0001, false, "0");
    assert_number(-0.0, false, "0");
    assert_number(-1.5, false, "-1.5");
    assert_number(1000, false, "1000");
    assert_number(9007199254740992, false, "9007199254740992");
    assert_number(-INFINITY, false, "null");
}

static void a_number_that_is_read_is_written_the_same(void **state)
{
    (void)state;
    /* 1.01 apart, and both signs in turn. */
    double sign = 1;
    for (double size = 1e-5; size < 1e15; size *= 1.01) {
        char first[64], again[64];
        number_text(sign * size, false, first);
        number_text(strtod(first, NULL), false, again);
        assert_string_equal(first, again);
        sign = -sign;
    }
}

static void what_does_not_fit_leaves_the_buffer_as_it_was(void **state)
{
    (void)state;
    static const char *const texts[] = {"plain", "to be \"escaped\""};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct buf out;
        size_t len_max = 0, len = 0;
        for (enum err e = ERR_FULL; e; len_max++) {
            buf_init(&out, len_max);
            bool has_begun = buf_append_str(&out, "x") == ERR_NONE;
            e = write_example(&out, texts[i]);
            if (e) {
                assert_int_equal(e, ERR_FULL);
                assert_true(out.failed);
                assert_int_equal(out.len, has_begun);
                assert_true(!has_begun || strcmp(out.data, "x") == 0);
            }
            len = out.len;
            buf_release(&out);
        }
        assert_int_equal(len_max, len + 1); /* not a byte more than it takes */
    }
}

static enum err write_escaped(void)
{
    struct buf out;
    buf_init(&out, 1000);
    enum err e = write_example(&out, "to be \"escaped\"");
    assert_true(e ? out.len == 0 : out.len > 80);
    buf_release(&out);
    return e;
}

static void no_memory_is_told(void **state)
{
    (void)state;
    every_allocation_fails(write_escaped);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_stand_in_order_with_commas_between_them),
        cmocka_unit_test(an_indented_document_has_a_line_for_each_member),
        cmocka_unit_test(what_is_still_open_ends_with_the_document),
        cmocka_unit_test(a_buffer_may_be_emptied_between_items_that_have_their_own_lines),
        cmocka_unit_test(every_character_is_written_as_cjson_writes_it),
        cmocka_unit_test(text_that_is_missing_or_not_utf8_is_written_empty),
        cmocka_unit_test(exact_numbers_come_back_as_they_were_sent),
        cmocka_unit_test(numbers_have_at_most_three_decimals),
        cmocka_unit_test(a_number_that_is_read_is_written_the_same),
        cmocka_unit_test(what_does_not_fit_leaves_the_buffer_as_it_was),
        cmocka_unit_test(no_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/json_reader.h"
#include "proto/proto_testing.h"

static struct json *must_read(const char *text)
{
    struct json *document = NULL;
    assert_int_equal(json_read(text, strlen(text), &document), ERR_NONE);
    return document;
}

static void what_is_not_there_or_of_another_type_is_the_fallback(void **state)
{
    (void)state;
    struct json *document = must_read("{\"a\":{\"s\":\"x\",\"n\":2.5,\"b\":true,\"l\":[7,8]}} \n");
    const struct json *a = json_member(document, "a");
    assert_string_equal(json_string(a, "s"), "x");
    assert_true(json_number(a, "n", 0) == 2.5);
    assert_true(json_bool(a, "b", false));
    assert_int_equal(json_count(json_member(a, "l")), 2);
    assert_null(json_item(json_member(a, "l"), 2));
    assert_null(json_string(a, "n"));
    assert_true(json_number(a, "s", -1) == -1);
    assert_false(json_bool(a, "n", false));
    assert_null(json_string(json_member(document, "none"), "s"));
    assert_null(json_member(json_item(a, 0), "x"));
    assert_int_equal(json_count(a), 0);
    json_free(document);
}

static void an_item_is_found_by_a_string_in_it(void **state)
{
    (void)state;
    struct json *document =
        must_read("[{\"id\":1},7,{\"id\":\"b\",\"n\":1},{\"id\":\"b\",\"n\":2}]");
    assert_true(json_number(json_item_with(document, "id", "b"), "n", 0) == 1);
    assert_null(json_item_with(document, "id", "c"));
    assert_null(json_item_with(document, "id", NULL));
    assert_null(json_item_with(NULL, "id", "b"));
    json_free(document);
}

static void only_one_whole_value_is_read(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "{", "{} {}", "nul", "{\"a\":\"\xff\"}", "[1,]"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct json *document = NULL;
        assert_int_equal(json_read(bad[i], strlen(bad[i]), &document), ERR_BAD_REQUEST);
        assert_null(document);
    }
}

static void a_value_is_printed_as_a_person_would_write_it(void **state)
{
    (void)state;
    static const char *const cases[][2] = {{"{\"v\":\"a b\"}", "a b"},
                                           {"{\"v\":2.5}", "2.5"},
                                           {"{\"v\":true}", "true"},
                                           {"{\"v\":null}", "null"},
                                           {"{\"v\":[1,{\"a\":\"b\"}]}", "[1,{\"a\":\"b\"}]"},
                                           {"{}", ""}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf out;
        struct json *document = must_read(cases[i][0]);
        buf_init(&out, 100);
        assert_int_equal(buf_append_str(&out, ""), ERR_NONE);
        assert_int_equal(json_value_print(json_member(document, "v"), &out), ERR_NONE);
        assert_string_equal(out.data, cases[i][1]);
        json_free(document);
        buf_release(&out);
    }
}

static enum err read_and_print(void)
{
    static const char text[] = "{\"a\":[1,\"two\",{\"b\":\"three\"}]}";
    struct json *document;
    struct buf out;
    buf_init(&out, 1000);
    enum err e = json_read(text, sizeof text - 1, &document);
    if (!e)
        e = json_value_print(document, &out);
    json_free(document);
    buf_release(&out);
    return e;
}

static void a_lack_of_memory_is_told_and_is_not_bad_json(void **state)
{
    (void)state;
    every_allocation_fails_in_turn(read_and_print);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_there_or_of_another_type_is_the_fallback),
        cmocka_unit_test(an_item_is_found_by_a_string_in_it),
        cmocka_unit_test(only_one_whole_value_is_read),
        cmocka_unit_test(a_value_is_printed_as_a_person_would_write_it),
        cmocka_unit_test(a_lack_of_memory_is_told_and_is_not_bad_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "proto/json_reader.h"
#include "proto/json_writer.h"
#include "proto/proto_testing.h"

static struct json *example(void)
{
    struct json *document = json_document();
    json_write_string(document, "text", "말 \"quoted\"\n");
    json_write_string(document, "none", NULL);
    json_write_bool(document, "yes", true);
    json_write_integer(document, "at", INT64_C(-9007199254740991));
    struct json *list = json_write_array(document, "list");
    json_write_number(list, NULL, 1.23456);
    json_write_number(list, NULL, NAN);
    json_write_raw(list, NULL, "{\"a\":[1]}");
    json_write_object(list, NULL);
    return document;
}

static void a_document_is_written_in_the_order_of_its_making(void **state)
{
    (void)state;
    struct buf text;
    buf_init(&text, 1000);
    assert_int_equal(json_write(example(), false, &text), ERR_NONE);
    assert_string_equal(text.data,
                        "{\"text\":\"말 \\\"quoted\\\"\\n\",\"none\":null,\"yes\":true,"
                        "\"at\":-9007199254740991,\"list\":[1.235,null,{\"a\":[1]},{}]}");
    buf_release(&text);
}

static void an_indented_document_reads_back_the_same(void **state)
{
    (void)state;
    struct buf text;
    struct json *document;
    buf_init(&text, 1000);
    assert_int_equal(json_write(example(), true, &text), ERR_NONE);
    assert_non_null(strchr(text.data, '\n'));
    assert_int_equal(json_read(text.data, text.len, &document), ERR_NONE);
    assert_string_equal(json_string(document, "text"), "말 \"quoted\"\n");
    const struct json *item = json_first(json_member(document, "list"));
    for (int i = 0; i < 3; i++)
        item = json_next(item);
    assert_non_null(item);
    assert_null(json_first(item));
    assert_null(json_next(item));
    assert_null(json_text(item));
    json_free(document);
    buf_release(&text);
}

static void what_does_not_fit_leaves_the_buffer_as_it_was(void **state)
{
    (void)state;
    struct buf text;
    buf_init(&text, 20);
    assert_int_equal(buf_append_str(&text, "before"), ERR_NONE);
    assert_int_equal(json_write(example(), false, &text), ERR_FULL);
    assert_string_equal(text.data, "before");
    buf_release(&text);
}

static void parts_of_a_document_that_could_not_be_made_are_told_at_the_end(void **state)
{
    (void)state;
    struct buf text;
    buf_init(&text, 1000);
    struct json *list = json_write_array(NULL, "list");
    assert_null(list);
    json_write_string(list, NULL, "x");
    json_write_object(list, NULL);
    assert_int_equal(json_write(NULL, false, &text), ERR_NO_MEMORY);
    buf_release(&text);
}

static enum err write_example(void)
{
    struct buf text;
    buf_init(&text, 1000);
    enum err e = json_write(example(), true, &text);
    buf_release(&text);
    return e;
}

static void every_allocation_that_fails_is_told(void **state)
{
    (void)state;
    every_allocation_fails(write_example);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_document_is_written_in_the_order_of_its_making),
        cmocka_unit_test(an_indented_document_reads_back_the_same),
        cmocka_unit_test(what_does_not_fit_leaves_the_buffer_as_it_was),
        cmocka_unit_test(parts_of_a_document_that_could_not_be_made_are_told_at_the_end),
        cmocka_unit_test(every_allocation_that_fails_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

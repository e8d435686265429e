#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/json_line.h"
#include "proto/proto_testing.h"

static enum err write_line(struct buf *out, const char *text)
{
    struct json_line line;
    json_line_begin(&line, out);
    json_line_string(&line, "text", text);
    json_line_open(&line, "inner");
    json_line_bool(&line, "yes", true);
    json_line_integer(&line, "n", -12);
    json_line_open(&line, "empty");
    json_line_close(&line);
    json_line_close(&line);
    json_line_rounded(&line, "third", 1.0 / 3);
    json_line_participant(&line, "who", 7);
    return json_line_end(&line);
}

static void members_stand_in_order_with_commas_between_them(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 1000);
    assert_int_equal(buf_append_str(&out, "before "), ERR_NONE);
    assert_int_equal(write_line(&out, "plain"), ERR_NONE);
    assert_string_equal(out.data, "before {\"text\":\"plain\",\"inner\":{\"yes\":true,\"n\":-12,"
                                  "\"empty\":{}},\"third\":0.333,\"who\":\"p7\"}");
    assert_int_equal(out.len, strlen(out.data));
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
        assert_int_equal(write_line(&out, text), ERR_NONE);
        cJSON *read = cJSON_Parse(out.data);
        assert_non_null(read);
        assert_string_equal(cJSON_GetObjectItem(read, "text")->valuestring, text);
        char *again = cJSON_PrintUnformatted(read);
        assert_non_null(strstr(again, "\"third\":0.333"));
        assert_string_equal(out.data, again);
        cJSON_free(again);
        cJSON_Delete(read);
        buf_release(&out);
    }
}

static void what_does_not_fit_leaves_the_buffer_as_it_was(void **state)
{
    (void)state;
    static const char *const texts[] = {"plain", "to be \"escaped\""};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct buf out;
        size_t len_max = 0;
        for (enum err e = ERR_FULL; e; len_max++) {
            buf_init(&out, len_max);
            bool has_begun = buf_append_str(&out, "x") == ERR_NONE;
            e = write_line(&out, texts[i]);
            if (e) {
                assert_int_equal(e, ERR_FULL);
                assert_true(out.failed);
                assert_int_equal(out.len, has_begun);
                assert_true(!has_begun || strcmp(out.data, "x") == 0);
            }
            buf_release(&out);
        }
        assert_true(len_max > 80);
    }
}

static enum err write_escaped(void)
{
    struct buf out;
    buf_init(&out, 1000);
    enum err e = write_line(&out, "to be \"escaped\"");
    assert_true(e ? out.len == 0 : out.len > 80);
    buf_release(&out);
    return e;
}

static void no_memory_is_told(void **state)
{
    (void)state;
    every_allocation_fails_in_turn(write_escaped);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_stand_in_order_with_commas_between_them),
        cmocka_unit_test(every_character_is_written_as_cjson_writes_it),
        cmocka_unit_test(what_does_not_fit_leaves_the_buffer_as_it_was),
        cmocka_unit_test(no_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

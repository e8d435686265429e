#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "analysis/transcript.h"
#include "base/mem_testing.h"

static const struct word words[] = {{1000.5, 1200, "돈이"}, {1200, 2000.125, "\"없다\"."}};
static const struct turn turns[] = {
    {.participant = 2,
     .page = 3,
     .piece = 7,
     .from_ms = 1000.5,
     .to_ms = 2000.125,
     .text = "돈이 \"없다\".",
     .words = words,
     .word_count = 2},
    {.participant = 64, .page = 1, .piece = 8, .from_ms = -5, .to_ms = 3, .text = "x"},
};
static const struct transcript transcript = {.engine = "e",
                                             .model = "m",
                                             .draft = true,
                                             .note = "p1: crashed",
                                             .turns = turns,
                                             .turn_count = 2,
                                             .dropped = 4,
                                             .failed = 5};
static struct buf text;

static void a_transcript_is_read_as_it_was_written(void **state)
{
    (void)state;
    struct transcript_set *set;
    struct buf again;
    buf_init(&again, 1 << 20);
    assert_int_equal(transcript_from_json(text.data, text.len, &set), ERR_NONE);
    const struct transcript *read = transcript_of(set);
    assert_int_equal(read->turn_count, 2);
    assert_true(read->draft);
    assert_null(read->language);
    assert_null(read->missing);
    assert_string_equal(read->note, "p1: crashed");
    assert_int_equal(read->dropped, 4);
    assert_int_equal(read->failed, 5);
    assert_int_equal(read->turns[1].participant, 64);
    assert_true(read->turns[1].from_ms == -5);
    assert_int_equal(read->turns[0].word_count, 2);
    assert_true(read->turns[0].words[1].to_ms == 2000.125);
    assert_string_equal(read->turns[0].words[1].text, "\"없다\".");
    assert_int_equal(transcript_json(read, &again), ERR_NONE);
    assert_string_equal(again.data, text.data);
    transcript_free(set);
    buf_release(&again);
}

static void what_is_no_transcript_is_refused(void **state)
{
    (void)state;
    struct transcript_set *set;
    static const char *const wrong[] = {
        "{}",
        "[]",
        "{\"engine\":\"e\",\"model\":\"m\",\"dropped\":0,\"failed\":-1,\"turns\":[]}",
        "{\"engine\":\"e\",\"model\":\"m\",\"dropped\":0,\"failed\":0,\"turns\":[{}]}",
        "{\"engine\":\"e\",\"model\":\"m\",\"dropped\":0,\"failed\":0,\"turns\":[{\"participant\":"
        "\"p1\",\"page\":1,\"piece\":0,\"from_ms\":2,\"to_ms\":1,\"text\":\"x\"}]}",
        "{\"engine\":\"e\",\"model\":\"m\",\"dropped\":0,\"failed\":0,\"turns\":[{\"participant\":"
        "\"p1\",\"page\":1,\"piece\":0,\"from_ms\":0,\"to_ms\":1,\"text\":\"x\",\"words\":[7]}]}",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(transcript_from_json(wrong[i], strlen(wrong[i]), &set), ERR_CORRUPT);
    for (size_t len = 0; len < text.len - 2; len++)
        assert_int_equal(transcript_from_json(text.data, len, &set), ERR_CORRUPT);
}

static enum err read_once(void)
{
    struct transcript_set *set;
    enum err e = transcript_from_json(text.data, text.len, &set);
    if (!e)
        transcript_free(set);
    return e;
}

static void every_failed_allocation_is_told(void **state)
{
    (void)state;
    every_allocation_fails(read_once);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_transcript_is_read_as_it_was_written),
        cmocka_unit_test(what_is_no_transcript_is_refused),
        cmocka_unit_test(every_failed_allocation_is_told),
    };
    buf_init(&text, 1 << 20);
    if (transcript_json(&transcript, &text) != ERR_NONE)
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    buf_release(&text);
    return failed;
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem_testing.h"

#include "analysis/measures_testing.h"
#include "analysis/pieces.h"

static struct buf text, again;

static int set_up(void **state)
{
    (void)state;
    buf_init(&text, 1 << 20);
    buf_init(&again, 1 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    buf_release(&text);
    buf_release(&again);
    return 0;
}

static uint32_t seed = 1;

static unsigned up_to(unsigned most)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 8) % (most + 1);
}

/* A debate as no three people hold it. */
static struct measures_set *take_random(size_t *count)
{
    struct said said[200];
    *count = up_to(200);
    double free_s[3] = {0};
    for (size_t i = 0; i < *count; i++) {
        unsigned who = up_to(2);
        double from_s = free_s[who] + up_to(4000) / 1000.0;
        said[i] = (struct said){who + 1, from_s, from_s + 0.1 + up_to(9000) / 1000.0};
        free_s[who] = said[i].to_s;
    }
    return take(2000, said, *count);
}

static void whatever_is_said_the_sums_agree(void **state)
{
    (void)state;
    for (int round = 0; round < 300; round++) {
        size_t count;
        struct measures_set *set = take_random(&count);
        const struct measures *measures = measures_of(set);
        double talk_ms = 0, pieces_ms = 0, pages_ms = 0, shares = 0;
        size_t turns = 0, page_turns = 0, interrupted = 0, was_interrupted = 0, kinds = 0;
        for (size_t i = 0; i < count; i++)
            pieces_ms += session.pieces[i].to_ms - session.pieces[i].from_ms;
        for (unsigned p = 0; p < 3; p++) {
            const struct person_measures *person = &measures->people[p];
            talk_ms += person->talk_ms;
            turns += person->turns;
            interrupted += person->interrupted;
            was_interrupted += person->was_interrupted;
            for (size_t page = 0; page < 2; page++) {
                pages_ms += person->page_talk_ms[page];
                page_turns += person->page_turns[page];
            }
            assert_true(person->pause_ms >= 0);
        }
        for (unsigned p = 0; p < 3 && talk_ms > 0; p++)
            shares += measures->people[p].talk_ms / talk_ms;
        for (size_t i = 0; i < measures->overlap_count; i++) {
            const struct overlap *overlap = &measures->overlaps[i];
            assert_true(overlap->by != overlap->of && overlap->from_ms < overlap->to_ms);
            assert_true(i == 0 || overlap->from_ms >= (overlap - 1)->from_ms);
            kinds += overlap->kind == OVERLAP_INTERRUPTION;
        }
        ASSERT_MS(talk_ms, pieces_ms);
        ASSERT_MS(pages_ms, pieces_ms);
        assert_true(count == 0 || fabs(shares - 1) < 1e-9);
        assert_int_equal(turns, page_turns);
        assert_true(turns <= count);
        assert_int_equal(interrupted, kinds);
        assert_int_equal(was_interrupted, kinds);
        assert_true(measures->silence_ms >= 0 && measures->overlap_ms >= 0);
        assert_true(measures->silence_ms + talk_ms >= 2000000 - 0.001);
        if (count) {
            assert_true(measures->balance >= 0 && measures->balance <= 1);
            assert_true(measures->gini >= 0 && measures->gini <= 2.0 / 3 + 1e-9);
        }
        measures_free(set);
    }
}

static void measures_are_read_as_they_were_written(void **state)
{
    (void)state;
    for (int round = 0; round < 20; round++) {
        size_t count;
        struct measures_set *set = take_random(&count), *copy;
        buf_clear(&text);
        buf_clear(&again);
        assert_int_equal(measures_json(measures_of(set), 2, &text), ERR_NONE);
        assert_int_equal(measures_from_json(text.data, text.len, &copy), ERR_NONE);
        assert_int_equal(measures_json(measures_of(copy), 2, &again), ERR_NONE);
        assert_string_equal(text.data, again.data);
        const struct measures *a = measures_of(set), *b = measures_of(copy);
        assert_overlaps(b, a->overlaps, a->overlap_count);
        for (unsigned p = 0; p < 3; p++) {
            ASSERT_MS(b->people[p].talk_ms, a->people[p].talk_ms);
            ASSERT_MS(b->people[p].page_talk_ms[1], a->people[p].page_talk_ms[1]);
            ASSERT_MS(b->choices[1].talk_ms[p], a->choices[1].talk_ms[p]);
            assert_int_equal(b->people[p].turns, a->people[p].turns);
            assert_int_equal(b->people[p].attempted, a->people[p].attempted);
            assert_true(b->people[p].heard);
        }
        assert_int_equal(b->choices[1].piece_count, a->choices[1].piece_count);
        measures_free(set);
        measures_free(copy);
    }
}

static void what_is_no_number_is_null_and_comes_back(void **state)
{
    (void)state;
    struct measures_set *set = take(10, NULL, 0), *copy;
    buf_clear(&text);
    assert_int_equal(measures_json(measures_of(set), 2, &text), ERR_NONE);
    assert_non_null(strstr(text.data, "\"balance\": null"));
    assert_int_equal(measures_from_json(text.data, text.len, &copy), ERR_NONE);
    assert_true(isnan(measures_of(copy)->gini));
    assert_true(isnan(person_of(copy, 2)->latency_ms_median));
    measures_free(set);
    measures_free(copy);
}

static void pieces_are_read_as_they_were_written(void **state)
{
    (void)state;
    const struct piece array[] = {{1, 0, 1000, 2500.125, -20.5}, {8, 300, 1000, 2000, -61}};
    const struct pieces pieces = {array, 2, 7};
    struct pieces_set *copy;
    buf_clear(&text);
    assert_int_equal(pieces_json(&pieces, &text), ERR_NONE);
    assert_int_equal(pieces_from_json(text.data, text.len, &copy), ERR_NONE);
    const struct pieces *got = pieces_of(copy);
    assert_int_equal(got->count, 2);
    assert_int_equal(got->bled, 7);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(got->pieces[i].participant, array[i].participant);
        assert_int_equal(got->pieces[i].track, array[i].track);
        ASSERT_MS(got->pieces[i].from_ms, array[i].from_ms);
        ASSERT_MS(got->pieces[i].to_ms, array[i].to_ms);
        ASSERT_MS(got->pieces[i].level_db, array[i].level_db);
    }
    pieces_free(copy);
}

static void other_documents_are_refused(void **state)
{
    (void)state;
#define PIECE(who, track, from, to)                                                                \
    "{\"participant\":\"" who "\",\"track\":" track ",\"from_ms\":" from ",\"to_ms\":" to          \
    ",\"level_db\":-20}"
    static const char *const pieces[] = {
        "",
        "[]",
        "{}",
        "{\"bled\":0}",
        "{\"bled\":-1,\"pieces\":[]}",
        "{\"bled\":0,\"pieces\":[7]}",
        "{\"bled\":0,\"pieces\":[" PIECE("x", "0", "1", "2") "]}",
        "{\"bled\":0,\"pieces\":[" PIECE("p65", "0", "1", "2") "]}",
        "{\"bled\":0,\"pieces\":[" PIECE("p1", "-1", "1", "2") "]}",
        "{\"bled\":0,\"pieces\":[" PIECE("p1", "0", "2", "2") "]}",
        "{\"bled\":0,\"pieces\":[" PIECE("p1", "0", "null", "2") "]}",
        "{\"bled\":0,\"pieces\":[" PIECE("p1", "0", "5", "9") "," PIECE("p2", "0", "4", "6") "]}",
    };
    struct pieces_set *set;
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++)
        assert_int_equal(pieces_from_json(pieces[i], strlen(pieces[i]), &set), ERR_CORRUPT);

    struct measures_set *measures = TAKE(10, {1, 1, 3}, {2, 2, 5}), *copy;
    buf_clear(&text);
    assert_int_equal(measures_json(measures_of(measures), 2, &text), ERR_NONE);
    measures_free(measures);
    /* Any value of another type, and every cut. */
    static const char *const names[] = {"silence_ms",  "people", "overlaps",
                                        "choices",     "kind",   "by",
                                        "first_piece", "turns",  "participant"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char *at = strstr(text.data, names[i]);
        assert_non_null(at);
        char first = *at;
        *at = 'X';
        assert_int_equal(measures_from_json(text.data, text.len, &copy), ERR_CORRUPT);
        *at = first;
    }
    for (size_t len = 0; len + 1 < text.len; len += 7)
        assert_int_equal(measures_from_json(text.data, len, &copy), ERR_CORRUPT);
}

static void pieces_of_nobody_are_refused(void **state)
{
    (void)state;
    struct measures_set *set;
    session.pieces[0] = (struct piece){.participant = 4, .from_ms = 0, .to_ms = 1};
    assert_int_equal(try_to_take(10, 1, &set), ERR_CORRUPT);
    session.pieces[0].participant = 0;
    assert_int_equal(try_to_take(10, 1, &set), ERR_CORRUPT);
    session.pieces[0].participant = 1;
    session.pieces[1] = (struct piece){.participant = 1, .from_ms = -1, .to_ms = 1};
    assert_int_equal(try_to_take(10, 2, &set), ERR_CORRUPT);
}

static enum err take_and_pass_on(void)
{
    struct measures_set *set = NULL, *copy = NULL;
    buf_release(&text);
    enum err e = try_to_take(30, 3, &set);
    if (!e)
        e = measures_json(measures_of(set), 2, &text);
    if (!e)
        e = measures_from_json(text.data, text.len, &copy);
    measures_free(set);
    measures_free(copy);
    return e;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    measures_free(TAKE(30, {1, 1, 5}, {2, 4, 9}, {3, 10, 12}));
    every_allocation_fails(take_and_pass_on);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_is_said_the_sums_agree),
        cmocka_unit_test(measures_are_read_as_they_were_written),
        cmocka_unit_test(what_is_no_number_is_null_and_comes_back),
        cmocka_unit_test(pieces_are_read_as_they_were_written),
        cmocka_unit_test(other_documents_are_refused),
        cmocka_unit_test(pieces_of_nobody_are_refused),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests_name("measures_json", tests, set_up, tear_down);
}

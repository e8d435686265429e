#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem_testing.h"

#include "analysis/measures_testing.h"

static void talk_turns_and_pauses_add_up(void **state)
{
    (void)state;
    struct measures_set *set = TAKE(30, {1, 2, 5}, /* a pause of 1.5 s */
                                    {1, 6.5, 8},   /* a gap of 0.4 s */
                                    {2, 8.4, 12},  /* a lapse of 2.5 s */
                                    {2, 14.5, 16}, {1, 17, 18}, {2, 18.2, 18.7},
                                    {1, 19.2, 20}); /* answered in between: no pause */
    const struct person_measures *kim = person_of(set, 1), *lee = person_of(set, 2);
    ASSERT_MS(kim->talk_ms, 3000 + 1500 + 1000 + 800);
    assert_int_equal(kim->turns, 3);
    ASSERT_MS(kim->pause_ms, 1500);
    ASSERT_MS(kim->turn_ms_median, 1000); /* of 6000, 1000 and 800 */
    ASSERT_MS(lee->talk_ms, 3600 + 1500 + 500);
    assert_int_equal(lee->turns, 3);
    ASSERT_MS(lee->pause_ms, 0);
    ASSERT_MS(kim->latency_ms_median, 750); /* of 1000 and 500 */
    ASSERT_MS(lee->latency_ms_median, 300); /* of 400 and 200: a lapse is no answer */
    ASSERT_MS(measures_of(set)->silence_ms, 30000 - 6300 - 5600);
    ASSERT_MS(measures_of(set)->overlap_ms, 0);
    assert_int_equal(measures_of(set)->overlap_count, 0);
    measures_free(set);
}

static void who_stops_first_makes_an_interruption_or_an_attempt(void **state)
{
    (void)state;
    struct measures_set *set = TAKE(60, {1, 2, 10}, {2, 8, 14},  /* Kim stops */
                                    {1, 20, 30}, {3, 23, 25},    /* Park does */
                                    {2, 40, 45}, {1, 44.7, 50}); /* Lee was ending */
    ASSERT_OVERLAPS(set, {OVERLAP_INTERRUPTION, 2, 1, 8000, 10000},
                    {OVERLAP_ATTEMPT, 3, 1, 23000, 25000}, {OVERLAP_HANDOVER, 1, 2, 44700, 45000});
    assert_int_equal(person_of(set, 2)->interrupted, 1);
    assert_int_equal(person_of(set, 1)->was_interrupted, 1);
    assert_int_equal(person_of(set, 3)->attempted, 1);
    assert_int_equal(person_of(set, 1)->interrupted + person_of(set, 1)->attempted, 0);
    ASSERT_MS(person_of(set, 1)->latency_ms_median, (20000 - 14000 - 300) / 2.0);
    ASSERT_MS(measures_of(set)->overlap_ms, 2000 + 2000 + 300);
    measures_free(set);
}

static void a_speaker_who_goes_on_after_a_breath_was_not_interrupted(void **state)
{
    (void)state;
    struct measures_set *set = TAKE(20, {1, 2, 6}, {2, 5, 7.2}, {1, 6.6, 10});
    ASSERT_OVERLAPS(set, {OVERLAP_ATTEMPT, 2, 1, 5000, 6000});
    assert_int_equal(person_of(set, 1)->turns, 1);
    measures_free(set);
}

static void a_short_word_while_the_other_goes_on_is_no_turn(void **state)
{
    (void)state;
    struct measures_set *set = TAKE(30, {1, 2, 5}, {2, 4, 4.6}, /* mhm */
                                    {1, 5.8, 9},                /* still one turn */
                                    {2, 8.5, 9.4}, /* short, but the other does not go on */
                                    {1, 12, 16}, {2, 13, 14}); /* a second: no short word */
    ASSERT_OVERLAPS(set, {OVERLAP_BACKCHANNEL, 2, 1, 4000, 4600},
                    {OVERLAP_INTERRUPTION, 2, 1, 8500, 9000},
                    {OVERLAP_ATTEMPT, 2, 1, 13000, 14000});
    assert_int_equal(person_of(set, 1)->turns, 2);
    assert_int_equal(person_of(set, 2)->turns, 2);
    ASSERT_MS(person_of(set, 1)->pause_ms, 800);
    ASSERT_MS(person_of(set, 2)->talk_ms, 600 + 900 + 1000);
    measures_free(set);
}

static void of_two_who_begin_at_once_nobody_comes_in(void **state)
{
    (void)state;
    struct measures_set *set =
        TAKE(30, {1, 2, 6}, {2, 2, 7}, {3, 12.19, 20}, {1, 12, 15}, {2, 22, 27}, {1, 22.2, 26});
    ASSERT_OVERLAPS(set, {OVERLAP_TOGETHER, 2, 1, 2000, 6000},
                    {OVERLAP_TOGETHER, 3, 1, 12190, 15000}, {OVERLAP_ATTEMPT, 1, 2, 22200, 26000});
    measures_free(set);
}

static void of_several_who_speak_the_last_is_come_in_on(void **state)
{
    (void)state;
    struct measures_set *set = TAKE(30, {1, 2, 12}, {2, 5, 9}, {3, 7, 15});
    ASSERT_OVERLAPS(set, {OVERLAP_ATTEMPT, 2, 1, 5000, 9000},
                    {OVERLAP_INTERRUPTION, 3, 2, 7000, 9000});
    ASSERT_MS(measures_of(set)->overlap_ms, 7000);
    measures_free(set);
}

static void pieces_that_touch_are_one(void **state)
{
    (void)state;
    struct measures_set *set = TAKE(100, {1, 2, 28}, {1, 28, 57}, {2, 56, 70}, {1, 57, 60});
    assert_int_equal(person_of(set, 1)->turns, 1);
    ASSERT_OVERLAPS(set, {OVERLAP_INTERRUPTION, 2, 1, 56000, 60000});
    measures_free(set);
}

static void talk_belongs_to_the_page_that_was_open(void **state)
{
    (void)state;
    /* Page 1 to 10 s, page 2 to 20 s, page 1 again. */
    struct measures_set *set = TAKE(30, {1, 4, 8}, {2, 9, 13}, {1, 18, 25}, {2, 26, 27});
    ASSERT_MS(person_of(set, 1)->page_talk_ms[0], 4000 + 5000);
    ASSERT_MS(person_of(set, 1)->page_talk_ms[1], 2000);
    ASSERT_MS(person_of(set, 2)->page_talk_ms[0], 1000 + 1000);
    ASSERT_MS(person_of(set, 2)->page_talk_ms[1], 3000);
    assert_int_equal(person_of(set, 1)->page_turns[0], 1);
    assert_int_equal(person_of(set, 1)->page_turns[1], 1);
    assert_int_equal(person_of(set, 2)->page_turns[0], 2);
    measures_free(set);
}

static void equal_shares_balance(void **state)
{
    (void)state;
    struct measures_set *set = TAKE(30, {1, 1, 5}, {2, 6, 10}, {3, 11, 15});
    assert_true(fabs(measures_of(set)->balance - 1) < 1e-9);
    assert_true(fabs(measures_of(set)->gini) < 1e-9);
    measures_free(set);

    set = TAKE(30, {2, 1, 25});
    assert_true(fabs(measures_of(set)->balance) < 1e-9);
    assert_true(fabs(measures_of(set)->gini - 2.0 / 3) < 1e-9);
    measures_free(set);

    /* Shares of 1/2, 1/4, 1/4: 1.5 bits of log2(3); and by the definition of Gini, over all pairs,
     * 4 times 1/4 over 2 n = 6. */
    set = TAKE(30, {1, 1, 9}, {2, 10, 14}, {3, 15, 19});
    assert_true(fabs(measures_of(set)->balance - 1.5 / log2(3)) < 1e-9);
    assert_true(fabs(measures_of(set)->gini - 1.0 / 6) < 1e-9);
    measures_free(set);

    set = take(30, NULL, 0);
    assert_true(isnan(measures_of(set)->balance) && isnan(measures_of(set)->gini));
    ASSERT_MS(measures_of(set)->silence_ms, 30000);
    measures_free(set);
}

static void who_was_not_recorded_has_no_share(void **state)
{
    (void)state;
    session.tracks[2].path = NULL;
    struct measures_set *set = TAKE(30, {1, 1, 5}, {2, 6, 10});
    session.tracks[2].path = "track";
    assert_false(person_of(set, 3)->heard);
    assert_true(person_of(set, 1)->heard);
    assert_true(fabs(measures_of(set)->balance - 1) < 1e-9);
    assert_true(fabs(measures_of(set)->gini) < 1e-9);
    assert_true(isnan(person_of(set, 3)->latency_ms_median));
    measures_free(set);
}

static void a_choice_has_the_minute_before_it(void **state)
{
    (void)state;
    /* Chosen at 20 s, and changed at 100 s. */
    struct measures_set *set = TAKE(120, {1, 2, 10}, {2, 11, 16}, {1, 19, 30}, {3, 35, 50},
                                    {2, 38, 39}, {1, 95, 110}, {2, 104, 106});
    const struct choice_words *words = measures_of(set)->choices;
    assert_int_equal(measures_of(set)->choice_count, 2);
    ASSERT_MS(words[0].talk_ms[0], 8000 + 1000);
    ASSERT_MS(words[0].talk_ms[1], 5000);
    assert_int_equal(words[0].first_piece, 0);
    assert_int_equal(words[0].piece_count, 3);
    ASSERT_MS(words[1].talk_ms[0], 5000);
    ASSERT_MS(words[1].talk_ms[1], 0); /* all of it before 40 s */
    ASSERT_MS(words[1].talk_ms[2], 10000);
    assert_int_equal(words[1].choice, 1);
    assert_int_equal(words[1].first_piece, 3);
    assert_int_equal(words[1].piece_count, 3);
    measures_free(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(talk_turns_and_pauses_add_up),
        cmocka_unit_test(who_stops_first_makes_an_interruption_or_an_attempt),
        cmocka_unit_test(a_speaker_who_goes_on_after_a_breath_was_not_interrupted),
        cmocka_unit_test(a_short_word_while_the_other_goes_on_is_no_turn),
        cmocka_unit_test(of_two_who_begin_at_once_nobody_comes_in),
        cmocka_unit_test(of_several_who_speak_the_last_is_come_in_on),
        cmocka_unit_test(pieces_that_touch_are_one),
        cmocka_unit_test(talk_belongs_to_the_page_that_was_open),
        cmocka_unit_test(equal_shares_balance),
        cmocka_unit_test(who_was_not_recorded_has_no_share),
        cmocka_unit_test(a_choice_has_the_minute_before_it),
    };
    return cmocka_run_group_tests_name("measures", tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"

#include "analysis/measures_testing.h"
#include "analysis/pieces_testing.h"

#define ASSERT_NEAR(got_ms, wanted_ms) assert_true(fabs((got_ms) - (wanted_ms)) <= 50)

static void assert_overlap(const struct measures *measures, size_t index, enum overlap_kind kind,
                           unsigned by, unsigned of, double from_s, double to_s)
{
    const struct overlap *overlap = &measures->overlaps[index];
    assert_true(index < measures->overlap_count);
    assert_int_equal(overlap->kind, kind);
    assert_int_equal(overlap->by, by);
    assert_int_equal(overlap->of, of);
    ASSERT_NEAR(overlap->from_ms, 1000 * from_s);
    ASSERT_NEAR(overlap->to_ms, 1000 * to_s);
}

static void put_debate(void)
{
    stage_begin(3, 75);
    for (size_t i = 0; i < 3; i++)
        stage_put_noise(i, 0, 75, -62);
    stage_put_speech(0, "kim-1", 2, 6, 0); /* Kim, with a pause of 0.9 s */
    stage_put_speech(0, "kim-1", 8.9, 4, 0);
    stage_put_speech(1, "lee-1", 10, 0.5, 0);     /* Lee: mhm */
    stage_put_speech(1, "lee-1", 13.4, 6.6, 0);   /* answers 0.5 s later */
    stage_put_speech(2, "park-1", 18.2, 5.8, 0);  /* Park comes in on Lee, who stops */
    stage_put_speech(0, "kim-2", 20.5, 1.5, 0);   /* Kim tries to on Park, and does not */
    stage_put_speech(1, "lee-2", 23.75, 8.25, 0); /* Lee takes over 0.25 s early */
    stage_put_speech(2, "reader-1", 62, 3, 0);
}

static void a_debate_is_measured_from_its_sound(void **state)
{
    (void)state;
    put_debate();
    stage_bleed(1, 0, 140, -20); /* Kim listens to Lee by loudspeaker */
    struct pieces_set *pieces = stage_cut();
    assert_true(pieces_of(pieces)->count < 512);
    memcpy(session.pieces, pieces_of(pieces)->pieces,
           pieces_of(pieces)->count * sizeof session.pieces[0]);
    struct measures_set *set;
    assert_int_equal(try_to_take(75, pieces_of(pieces)->count, &set), ERR_NONE);
    pieces_free(pieces);

    const struct measures *measures = measures_of(set);
    const struct person_measures *kim = person_of(set, 1), *lee = person_of(set, 2),
                                 *park = person_of(set, 3);
    ASSERT_NEAR(kim->talk_ms, 6000 + 4000 + 1500);
    ASSERT_NEAR(lee->talk_ms, 500 + 6600 + 8250);
    ASSERT_NEAR(park->talk_ms, 5800 + 3000);
    assert_int_equal(kim->turns, 2);
    assert_int_equal(lee->turns, 2);
    assert_int_equal(park->turns, 2);
    ASSERT_NEAR(kim->pause_ms, 900);
    ASSERT_NEAR(lee->pause_ms, 0);
    ASSERT_NEAR(kim->turn_ms_median, (10900 + 1500) / 2.0);
    ASSERT_NEAR(lee->latency_ms_median, (500 - 250) / 2.0);
    ASSERT_NEAR(park->latency_ms_median, 30000);
    ASSERT_NEAR(kim->page_talk_ms[1], 2900);
    ASSERT_NEAR(lee->page_talk_ms[1], 500 + 6600);
    assert_int_equal(lee->interrupted + kim->interrupted, 0);
    assert_int_equal(park->interrupted, 1);
    assert_int_equal(lee->was_interrupted, 1);
    assert_int_equal(kim->attempted, 1);

    assert_int_equal(measures->overlap_count, 4);
    assert_overlap(measures, 0, OVERLAP_BACKCHANNEL, 2, 1, 10, 10.5);
    assert_overlap(measures, 1, OVERLAP_INTERRUPTION, 3, 2, 18.2, 20);
    assert_overlap(measures, 2, OVERLAP_ATTEMPT, 1, 3, 20.5, 22);
    assert_overlap(measures, 3, OVERLAP_HANDOVER, 2, 3, 23.75, 24);
    ASSERT_NEAR(measures->overlap_ms, 500 + 1800 + 1500 + 250);
    ASSERT_NEAR(measures->silence_ms, 75000 - (11500 + 15350 + 8800) + 4050);
    ASSERT_NEAR(measures->choices[0].talk_ms[1], 500 + 6600); /* of the minute before 20 s */
    ASSERT_NEAR(measures->choices[0].talk_ms[2], 1800);
    measures_free(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_debate_is_measured_from_its_sound),
    };
    int failed = cmocka_run_group_tests_name("measures_sound", tests, NULL, NULL);
    stage_end();
    return failed;
}

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "media/recording.h"

enum { POINTS = 1800 }; /* an hour */

/* How far the clock of the nth checkpoint is from what the samples say, in microseconds. */
typedef double error_fn(size_t n);

static double jitter(size_t n)
{
    return (double)(n * 7919 % 41) * 100; /* 0 to 4 ms, 2 in the middle */
}

/* 20 ms were lost, too little to be a gap. */
static double lost_frame(size_t n)
{
    return n < POINTS / 2 ? 0 : 20000;
}

static double wild(size_t n)
{
    return (double)(n * 7919 % 997) * 40;
}

static struct timeline make(error_fn *error)
{
    struct timeline timeline = {.recording_id = mem_strdup("r_1"), .rate_hz = 48000};
    timeline.checkpoints = mem_alloc(POINTS * sizeof *timeline.checkpoints);
    assert_non_null(timeline.recording_id);
    assert_non_null(timeline.checkpoints);
    timeline.checkpoint_count = POINTS;
    for (size_t n = 0; n < POINTS; n++)
        timeline.checkpoints[n] = (struct timeline_checkpoint){
            .sample = n * 96000, .clock_us = (int64_t)(n * 2000000) + llround(error(n))};
    return timeline;
}

static double ahead_us(const struct timeline_checkpoint *point)
{
    return (double)point->clock_us - (double)point->sample / 0.048;
}

static void jitter_is_taken_out(void **state)
{
    (void)state;
    struct timeline timeline = make(jitter);
    assert_int_equal(timeline_smooth(&timeline), ERR_NONE);
    for (size_t n = 0; n < POINTS; n++)
        assert_true(fabs(ahead_us(&timeline.checkpoints[n]) - 2000) < 1500);
    timeline_release(&timeline);
}

static void what_jumps_keeps_its_edge(void **state)
{
    (void)state;
    struct timeline timeline = make(lost_frame);
    assert_int_equal(timeline_smooth(&timeline), ERR_NONE);
    for (size_t n = 0; n < POINTS; n++)
        assert_true(fabs(ahead_us(&timeline.checkpoints[n]) - lost_frame(n)) < 1);
    timeline_thin(&timeline, 1000);
    assert_int_equal(timeline.checkpoint_count, 4); /* the ends, and both sides of the edge */
    timeline_release(&timeline);
}

static void whatever_it_says_it_fits(void **state)
{
    (void)state;
    struct timeline timeline = make(wild), again;
    struct buf text;
    buf_init(&text, TIMELINE_COMPACT_MAX);
    assert_int_equal(timeline_compact(&timeline, &text), ERR_NONE);
    assert_true(text.len <= TIMELINE_COMPACT_MAX);
    assert_int_equal(timeline_parse(text.data, &again), ERR_NONE);
    assert_int_equal(again.checkpoint_count, timeline.checkpoint_count);
    assert_true(again.checkpoint_count >= 2);
    assert_int_equal(again.checkpoints[again.checkpoint_count - 1].sample, (POINTS - 1) * 96000);
    timeline_release(&again);
    timeline_release(&timeline);
    buf_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jitter_is_taken_out),
        cmocka_unit_test(what_jumps_keeps_its_edge),
        cmocka_unit_test(whatever_it_says_it_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

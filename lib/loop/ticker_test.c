#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "loop/ticker.h"

struct ticks {
    struct ticker *ticker;
    int count, want;
    int64_t first_us, period_us, last_due_us;
    bool was_early, was_off_grid;
};

static void on_tick(void *context, int64_t due_us)
{
    struct ticks *ticks = context;
    ticks->was_early |= monotonic_us() < due_us;
    if (ticks->period_us)
        ticks->was_off_grid |= (due_us - ticks->first_us) % ticks->period_us != 0;
    else
        ticks->was_off_grid |= due_us != ticks->first_us;
    ticks->last_due_us = due_us;
    if (++ticks->count == ticks->want)
        ticker_stop(ticks->ticker);
}

static void run_ticks(struct ticks *ticks)
{
    uv_loop_t loop;
    uv_loop_init(&loop);
    assert_int_equal(ticker_new(&loop, on_tick, ticks, &ticks->ticker), ERR_NONE);
    assert_int_equal(ticker_set(ticks->ticker, ticks->first_us, ticks->period_us), ERR_NONE);
    uv_run(&loop, UV_RUN_DEFAULT);
    ticker_free(ticks->ticker);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
}

static void ticks_come_on_their_grid_and_never_early(void **state)
{
    (void)state;
    struct ticks ticks = {.want = 20, .first_us = monotonic_us() + 500, .period_us = 700};
    run_ticks(&ticks);
    assert_int_equal(ticks.count, 20);
    assert_false(ticks.was_early);
    assert_false(ticks.was_off_grid);
}

static void a_single_tick_comes_once_and_at_once_when_it_is_past(void **state)
{
    (void)state;
    struct ticks ticks = {.want = 1, .first_us = monotonic_us() - 5000000};
    run_ticks(&ticks);
    assert_int_equal(ticks.count, 1);
    assert_false(ticks.was_off_grid);
    struct ticks later = {.want = 1, .first_us = monotonic_us() + 3333};
    run_ticks(&later);
    assert_int_equal(later.count, 1);
    assert_false(later.was_early);
}

static void missed_ticks_are_made_up_for_but_not_without_end(void **state)
{
    (void)state;
    struct ticks ticks = {.want = 4, .first_us = monotonic_us() - 3000, .period_us = 1000};
    int64_t first_us = ticks.first_us;
    run_ticks(&ticks);
    assert_int_equal(ticks.last_due_us, first_us + 3000);
    struct ticks late = {.want = 1, .first_us = monotonic_us() - 60000000, .period_us = 1000};
    run_ticks(&late);
    assert_true(late.last_due_us > late.first_us + 59000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ticks_come_on_their_grid_and_never_early),
        cmocka_unit_test(a_single_tick_comes_once_and_at_once_when_it_is_past),
        cmocka_unit_test(missed_ticks_are_made_up_for_but_not_without_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

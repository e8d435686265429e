#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "session/clock_sync.h"
#include "session/rejoin.h"

static void a_client_returns_as_the_close_code_says(void **state)
{
    (void)state;
    static const struct {
        int code;
        bool returns;
    } table[] = {
        {1000, false}, {1001, true},  {1006, true}, {1007, false}, {1008, false},
        {1009, false}, {4001, false}, {4002, true}, {4003, true},  {4999, false},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        assert_int_equal(rejoin_after_close(table[i].code), table[i].returns);
}

static void a_refusal_is_final_and_a_failure_is_not(void **state)
{
    (void)state;
    static const int final[] = {400, 401, 403, 404, 409, 410, 413};
    static const int passing[] = {0, 429, 500, 502, 503};
    for (size_t i = 0; i < sizeof final / sizeof *final; i++)
        assert_false(rejoin_after_status(final[i]));
    for (size_t i = 0; i < sizeof passing / sizeof *passing; i++)
        assert_true(rejoin_after_status(passing[i]));
}

static void backoff_doubles_to_its_cap_and_jitters_by_half(void **state)
{
    (void)state;
    struct backoff low = {.first_ms = 100, .max_ms = 500}, high = low;
    static const double whole_ms[] = {100, 200, 400, 500, 500};
    for (size_t i = 0; i < sizeof whole_ms / sizeof *whole_ms; i++) {
        assert_true(backoff_next_ms(&low, 0) == whole_ms[i] / 2);
        assert_true(backoff_next_ms(&high, 1) == whole_ms[i]);
    }
    for (int i = 0; i < 5000; i++)
        assert_true(backoff_next_ms(&low, 1) == 500);
    backoff_reset(&low);
    assert_true(backoff_next_ms(&low, 1) == 100);
    double random = backoff_random();
    assert_true(random >= 0 && random <= 1);
}

static void the_offset_is_exact_when_both_ways_take_equally_long(void **state)
{
    (void)state;
    struct clock_sync clock;
    double offset_ms, error_ms;
    clock_sync_init(&clock);
    assert_false(clock_sync_get(&clock, &offset_ms, &error_ms));
    /* The server is 1000 ahead; 3 there, 2 inside, 3 back. */
    assert_true(clock_sync_add(&clock, 50, 1053, 1055, 58));
    assert_true(clock_sync_get(&clock, &offset_ms, &error_ms));
    assert_true(offset_ms == 1000);
    assert_true(error_ms == 3);
}

static void the_sample_with_the_shortest_round_trip_of_the_last_eight_counts(void **state)
{
    (void)state;
    struct clock_sync clock;
    double offset_ms, error_ms;
    clock_sync_init(&clock);
    /* A round trip of 2 ms first, then ones of 10 and more. */
    assert_true(clock_sync_add(&clock, 0, 501, 501, 2));
    for (int i = 0; i < CLOCK_SYNC_SAMPLES - 1; i++) {
        assert_true(clock_sync_add(&clock, 0, 700, 700, 10 + i));
        assert_true(clock_sync_get(&clock, &offset_ms, &error_ms));
        assert_true(offset_ms == 500);
    }
    /* The eighth after it pushes it out: now the 10 ms one is best. */
    assert_true(clock_sync_add(&clock, 0, 700, 700, 30));
    assert_true(clock_sync_get(&clock, &offset_ms, &error_ms));
    assert_true(offset_ms == 695);
    assert_true(error_ms == 5);
}

static void a_sample_that_cannot_be_is_left_out(void **state)
{
    (void)state;
    struct clock_sync clock;
    double offset_ms, error_ms;
    clock_sync_init(&clock);
    assert_false(clock_sync_add(&clock, 10, 20, 20, 9));  /* came before it left */
    assert_false(clock_sync_add(&clock, 10, 20, 40, 15)); /* longer inside than away */
    assert_false(clock_sync_add(&clock, 10, 20, 19, 15)); /* the server's clock went back */
    assert_false(clock_sync_add(&clock, 10, 0.0 / 0.0, 19, 15));
    assert_false(clock_sync_get(&clock, &offset_ms, &error_ms));
}

static void after_a_reconnection_old_samples_stay_until_a_new_one_comes(void **state)
{
    (void)state;
    struct clock_sync clock;
    double offset_ms, error_ms;
    clock_sync_init(&clock);
    assert_true(clock_sync_add(&clock, 0, 501, 501, 2));
    clock_sync_renew(&clock);
    assert_true(clock_sync_get(&clock, &offset_ms, &error_ms));
    assert_true(offset_ms == 500);
    assert_true(clock_sync_add(&clock, 0, 910, 910, 20));
    assert_true(clock_sync_get(&clock, &offset_ms, &error_ms));
    assert_true(offset_ms == 900);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_client_returns_as_the_close_code_says),
        cmocka_unit_test(a_refusal_is_final_and_a_failure_is_not),
        cmocka_unit_test(backoff_doubles_to_its_cap_and_jitters_by_half),
        cmocka_unit_test(the_offset_is_exact_when_both_ways_take_equally_long),
        cmocka_unit_test(the_sample_with_the_shortest_round_trip_of_the_last_eight_counts),
        cmocka_unit_test(a_sample_that_cannot_be_is_left_out),
        cmocka_unit_test(after_a_reconnection_old_samples_stay_until_a_new_one_comes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

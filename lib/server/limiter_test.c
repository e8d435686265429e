/* What is counted of an address. */
#include "server/limiter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "proto/limits.h"

#define S_US INT64_C(1000000)

static void requests_have_a_rate_and_bursts(void **state)
{
    struct limiter limiter = {.rate_per_s = 2, .burst = 5};
    (void)state;
    for (int i = 0; i < 5; i++)
        assert_true(limiter_take(&limiter, "192.0.2.1", 0));
    assert_false(limiter_take(&limiter, "192.0.2.1", 0));
    assert_true(limiter_take(&limiter, "192.0.2.2", 0));
    assert_true(limiter_take(&limiter, "192.0.2.1", S_US));
    assert_true(limiter_take(&limiter, "192.0.2.1", S_US));
    assert_false(limiter_take(&limiter, "192.0.2.1", S_US));
    limiter_release(&limiter);
}

static void a_rate_of_nothing_is_no_limit(void **state)
{
    struct limiter limiter = {0};
    (void)state;
    for (int i = 0; i < 1000; i++)
        assert_true(limiter_take(&limiter, "192.0.2.1", 0));
    limiter_release(&limiter);
}

static void failures_are_forgiven_one_by_one(void **state)
{
    struct limiter limiter = {0};
    int64_t one_us = LIMIT_BAD_TOKEN_MS * INT64_C(1000);
    (void)state;
    for (int i = 0; i < LIMIT_BAD_TOKENS; i++) {
        assert_true(limiter_may_fail(&limiter, "192.0.2.1", 0));
        limiter_failed(&limiter, "192.0.2.1", 0);
    }
    assert_false(limiter_may_fail(&limiter, "192.0.2.1", 0));
    assert_true(limiter_may_fail(&limiter, "192.0.2.2", 0));
    assert_false(limiter_may_fail(&limiter, "192.0.2.1", one_us / 2));
    assert_true(limiter_may_fail(&limiter, "192.0.2.1", one_us + 1000));
    limiter_failed(&limiter, "192.0.2.1", one_us + 1000);
    assert_false(limiter_may_fail(&limiter, "192.0.2.1", one_us + 1000));
    limiter_release(&limiter);
}

static void an_ipv6_network_of_64_bits_is_one_address(void **state)
{
    struct limiter limiter = {0};
    (void)state;
    struct limiter_entry *one = limiter_enter(&limiter, "2001:db8:1:2::1", 0);
    assert_ptr_equal(limiter_enter(&limiter, "2001:db8:1:2:ffff::7", 0), one);
    assert_int_equal(limiter_connections(&limiter, "2001:db8:1:2:3:4:5:6"), 2);
    assert_int_equal(limiter_connections(&limiter, "2001:db8:1:3::1"), 0);
    /* Mapped ones are IPv4 addresses. */
    struct limiter_entry *mapped = limiter_enter(&limiter, "::ffff:192.0.2.1", 0);
    assert_ptr_not_equal(limiter_enter(&limiter, "::ffff:192.0.2.2", 0), mapped);
    limiter_release(&limiter);
}

static void who_has_a_connection_is_not_forgotten(void **state)
{
    struct limiter limiter = {0};
    char address[LIMITER_ADDRESS_SIZE];
    (void)state;
    struct limiter_entry *there = limiter_enter(&limiter, "192.0.2.1", 0);
    struct limiter_entry *gone = limiter_enter(&limiter, "192.0.2.2", 0);
    limiter_leave(gone);
    limiter_failed(&limiter, "192.0.2.2", 0);
    for (int i = 0; i < 2 * LIMIT_ADDRESSES; i++) {
        snprintf(address, sizeof address, "10.0.%d.%d", i / 256, i % 256);
        limiter_leave(limiter_enter(&limiter, address, 0));
    }
    assert_int_equal(limiter_connections(&limiter, "192.0.2.1"), 1);
    assert_ptr_equal(limiter_enter(&limiter, "192.0.2.1", 0), there);
    assert_true(HASH_COUNT(limiter.entries) <= LIMIT_ADDRESSES);
    limiter_release(&limiter);
}

static void with_more_connections_than_places_it_grows(void **state)
{
    struct limiter limiter = {0};
    char address[LIMITER_ADDRESS_SIZE];
    (void)state;
    for (int i = 0; i < LIMIT_ADDRESSES + 100; i++) {
        snprintf(address, sizeof address, "10.%d.%d.%d", i / 65536, i / 256 % 256, i % 256);
        assert_non_null(limiter_enter(&limiter, address, 0));
    }
    assert_int_equal(HASH_COUNT(limiter.entries), LIMIT_ADDRESSES + 100);
    limiter_release(&limiter);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_have_a_rate_and_bursts),
        cmocka_unit_test(a_rate_of_nothing_is_no_limit),
        cmocka_unit_test(failures_are_forgiven_one_by_one),
        cmocka_unit_test(an_ipv6_network_of_64_bits_is_one_address),
        cmocka_unit_test(who_has_a_connection_is_not_forgotten),
        cmocka_unit_test(with_more_connections_than_places_it_grows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

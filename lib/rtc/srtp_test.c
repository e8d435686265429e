#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "rtc/rtp.h"
#include "rtc/srtp.h"

static const enum srtp_suite suites[] = {SRTP_SUITE_GCM_128, SRTP_SUITE_CM_SHA1_80};
enum { SUITES = sizeof suites / sizeof *suites };

/* Two sides that have the same keys crosswise. */
static void open_both(enum srtp_suite suite, struct srtp_pair **a, struct srtp_pair **b)
{
    struct srtp_keys keys = {.suite = suite}, crossed = {.suite = suite};

    for (size_t i = 0; i < sizeof keys.local; i++) {
        keys.local[i] = crossed.remote[i] = (uint8_t)(i + 1);
        keys.remote[i] = crossed.local[i] = (uint8_t)(200 - i);
    }
    *a = srtp_pair_new(&keys);
    *b = srtp_pair_new(&crossed);
    assert_non_null(*a);
    assert_non_null(*b);
}

static size_t packet(uint8_t *out, size_t size, uint16_t seq)
{
    const struct rtp_packet plain = {.seq = seq,
                                     .timestamp = seq * 960u,
                                     .ssrc = 0x12345678,
                                     .payload = (const uint8_t *)"what was said",
                                     .payload_len = 13};
    return rtp_build(out, size, 111, &plain);
}

static void what_one_side_seals_the_other_opens_and_nobody_reads_between(void **state)
{
    (void)state;
    for (size_t s = 0; s < SUITES; s++) {
        struct srtp_pair *a, *b;
        open_both(suites[s], &a, &b);
        for (uint16_t seq = 65530; seq != 6; seq++) { /* over the wrap of the numbers */
            uint64_t aligned[32];
            uint8_t *data = (uint8_t *)aligned, plain[64];
            size_t len = packet(data, sizeof aligned, seq), plain_len = len;
            memcpy(plain, data, len);
            assert_true(srtp_seal_rtp(a, data, &len));
            assert_true(len > plain_len && len <= plain_len + SRTP_TRAILER_MAX);
            assert_null(memmem(data, len, "was", 3));
            assert_true(srtp_open_rtp(b, data, &len));
            assert_int_equal(len, plain_len);
            assert_memory_equal(data, plain, len);
        }
        srtp_pair_free(a);
        srtp_pair_free(b);
    }
}

static void a_packet_is_opened_once_and_any_change_of_it_never(void **state)
{
    (void)state;
    for (size_t s = 0; s < SUITES; s++) {
        struct srtp_pair *a, *b;
        open_both(suites[s], &a, &b);
        uint64_t sealed[32], copy[32];
        size_t sealed_len = packet((uint8_t *)sealed, sizeof sealed, 1), len;
        assert_true(srtp_seal_rtp(a, (uint8_t *)sealed, &sealed_len));
        for (size_t at = 0; at < sealed_len; at++) {
            memcpy(copy, sealed, sizeof copy);
            ((uint8_t *)copy)[at] ^= 0x10;
            len = sealed_len;
            assert_false(srtp_open_rtp(b, (uint8_t *)copy, &len));
        }
        for (len = 0; len < sealed_len; len++) {
            size_t cut = len;
            memcpy(copy, sealed, sizeof copy);
            assert_false(srtp_open_rtp(b, (uint8_t *)copy, &cut));
        }
        for (int times = 0; times < 2; times++) {
            memcpy(copy, sealed, sizeof copy);
            len = sealed_len;
            assert_int_equal(srtp_open_rtp(b, (uint8_t *)copy, &len), times == 0);
        }
        /* Nor does the sender take it for the other side's. */
        memcpy(copy, sealed, sizeof copy);
        len = sealed_len;
        assert_false(srtp_open_rtp(a, (uint8_t *)copy, &len));
        srtp_pair_free(a);
        srtp_pair_free(b);
    }
}

static void reports_are_sealed_as_well(void **state)
{
    (void)state;
    const struct rtcp_report report = {.ssrc = 7, .cname = "somebody", .is_sender = true};
    for (size_t s = 0; s < SUITES; s++) {
        struct srtp_pair *a, *b;
        open_both(suites[s], &a, &b);
        uint64_t aligned[32], again[32];
        uint8_t *data = (uint8_t *)aligned;
        size_t plain_len = rtcp_build(data, RTCP_REPORT_LEN, &report), len = plain_len;
        assert_true(len > 0);
        assert_true(srtp_seal_rtcp(a, data, &len));
        assert_true(len <= plain_len + SRTP_TRAILER_MAX);
        assert_null(memmem(data, len, "somebody", 8));
        memcpy(again, aligned, sizeof again);
        size_t again_len = len;
        assert_true(srtp_open_rtcp(b, data, &len));
        assert_int_equal(len, plain_len);
        assert_false(srtp_open_rtcp(b, (uint8_t *)again, &again_len));
        srtp_pair_free(a);
        srtp_pair_free(b);
    }
}

static void the_suites_have_the_names_and_salts_of_their_rfcs(void **state)
{
    (void)state;
    assert_string_equal(srtp_suite_name(SRTP_SUITE_GCM_128), "AEAD_AES_128_GCM");
    assert_string_equal(srtp_suite_name(SRTP_SUITE_CM_SHA1_80), "AES128_CM_SHA1_80");
    assert_int_equal(srtp_salt_len(SRTP_SUITE_GCM_128), 12);
    assert_int_equal(srtp_salt_len(SRTP_SUITE_CM_SHA1_80), 14);
}

static void without_memory_there_is_no_session(void **state)
{
    (void)state;
    const struct srtp_keys keys = {.suite = SRTP_SUITE_GCM_128};
    mem_fail_after(0);
    assert_null(srtp_pair_new(&keys));
    mem_fail_after(-1);
    srtp_pair_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_one_side_seals_the_other_opens_and_nobody_reads_between),
        cmocka_unit_test(a_packet_is_opened_once_and_any_change_of_it_never),
        cmocka_unit_test(reports_are_sealed_as_well),
        cmocka_unit_test(the_suites_have_the_names_and_salts_of_their_rfcs),
        cmocka_unit_test(without_memory_there_is_no_session),
    };
    return cmocka_run_group_tests_name("srtp", tests, NULL, NULL);
}

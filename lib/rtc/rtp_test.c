#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "rtc/rtp.h"

static void the_first_bytes_tell_dtls_rtp_and_rtcp_apart(void **state)
{
    (void)state;
    assert_int_equal(packet_kind((const uint8_t[]){0, 1}, 2), PACKET_OTHER);
    assert_int_equal(packet_kind((const uint8_t[]){19, 0}, 2), PACKET_OTHER);
    assert_int_equal(packet_kind((const uint8_t[]){20, 0}, 2), PACKET_DTLS);
    assert_int_equal(packet_kind((const uint8_t[]){63, 0}, 2), PACKET_DTLS);
    assert_int_equal(packet_kind((const uint8_t[]){64, 0}, 2), PACKET_OTHER);
    assert_int_equal(packet_kind((const uint8_t[]){127, 0}, 2), PACKET_OTHER);
    assert_int_equal(packet_kind((const uint8_t[]){128, 111}, 2), PACKET_RTP);
    assert_int_equal(packet_kind((const uint8_t[]){128, 0x80 | 63}, 2), PACKET_RTP);
    assert_int_equal(packet_kind((const uint8_t[]){128, 192}, 2), PACKET_RTCP);
    assert_int_equal(packet_kind((const uint8_t[]){191, 223}, 2), PACKET_RTCP);
    assert_int_equal(packet_kind((const uint8_t[]){191, 224}, 2), PACKET_RTP);
    assert_int_equal(packet_kind((const uint8_t[]){192, 200}, 2), PACKET_OTHER);
    assert_int_equal(packet_kind((const uint8_t[]){128}, 1), PACKET_OTHER);
}

static void a_packet_is_written_as_rfc_3550_draws_it(void **state)
{
    (void)state;
    const struct rtp_packet packet = {.seq = 0x1234,
                                      .timestamp = 0x01020304,
                                      .ssrc = 0xa0b0c0d0,
                                      .marker = true,
                                      .payload = (const uint8_t *)"op",
                                      .payload_len = 2};
    const uint8_t expected[] = {0x80, 0xef, 0x12, 0x34, 1,    2,   3,
                                4,    0xa0, 0xb0, 0xc0, 0xd0, 'o', 'p'};
    uint8_t out[14];

    assert_int_equal(rtp_build(out, sizeof out, 111, &packet), sizeof expected);
    assert_memory_equal(out, expected, sizeof expected);
    assert_int_equal(rtp_build(out, 13, 111, &packet), 0);
}

static void csrcs_extension_and_padding_are_not_payload(void **state)
{
    (void)state;
    const uint8_t bytes[] = {
        0xb2, 0x60, 0xff, 0xff, 0,    0,    0, 9, 0, 0, 0, 7, /* P, X, two CSRCs, PT 96 */
        1,    1,    1,    1,    2,    2,    2, 2,             /* CSRCs */
        0xbe, 0xde, 0,    1,    0x10, 0xaa, 0, 0,             /* one word of extension */
        'a',  'b',  'c',  0,    0,    3,                      /* three bytes of padding */
    };
    struct rtp_packet packet;
    uint8_t payload_type;

    assert_true(rtp_parse(bytes, sizeof bytes, &packet, &payload_type));
    assert_int_equal(payload_type, 96);
    assert_false(packet.marker);
    assert_int_equal(packet.seq, 0xffff);
    assert_int_equal(packet.timestamp, 9);
    assert_int_equal(packet.ssrc, 7);
    assert_int_equal(packet.payload_len, 3);
    assert_memory_equal(packet.payload, "abc", 3);
}

static void lengths_that_do_not_add_up_are_refused(void **state)
{
    (void)state;
    struct rtp_packet packet;
    uint8_t payload_type;
    uint8_t bytes[16] = {0x80, 111};

    assert_true(rtp_parse(bytes, 12, &packet, &payload_type));
    assert_int_equal(packet.payload_len, 0);
    assert_false(rtp_parse(bytes, 11, &packet, &payload_type));
    bytes[0] = 0x40; /* version 1 */
    assert_false(rtp_parse(bytes, 16, &packet, &payload_type));
    bytes[0] = 0x82; /* two CSRCs need 20 bytes */
    assert_false(rtp_parse(bytes, 16, &packet, &payload_type));
    bytes[0] = 0x90; /* extension: a word beyond the end */
    bytes[15] = 1;
    assert_false(rtp_parse(bytes, 16, &packet, &payload_type));
    assert_false(rtp_parse(bytes, 15, &packet, &payload_type));
    bytes[0] = 0xa0; /* padding: more than there is, or none */
    bytes[15] = 5;
    assert_false(rtp_parse(bytes, 16, &packet, &payload_type));
    bytes[15] = 0;
    assert_false(rtp_parse(bytes, 16, &packet, &payload_type));
    bytes[15] = 4;
    assert_true(rtp_parse(bytes, 16, &packet, &payload_type));
    assert_int_equal(packet.payload_len, 0);
}

/* Arrives at the pace of its timestamp unless `late_us`. */
static void arrives(struct rtp_source *source, uint32_t ssrc, uint32_t number, int64_t late_us)
{
    const struct rtp_packet packet = {.seq = (uint16_t)number,
                                      .timestamp = number * 960,
                                      .ssrc = ssrc,
                                      .received_us = 1000000 + number * 20000ll + late_us};
    rtp_source_packet(source, &packet);
}

static void lost_packets_are_counted_across_the_wrap(void **state)
{
    (void)state;
    struct rtp_source source = {0};
    struct rtcp_block block;

    for (uint32_t i = 65530; i < 65550; i++)
        if (i % 4)
            arrives(&source, 1, i, 0);
    /* 65530 to 65549 without 65532, 65536, 65540, 65544, 65548 */
    assert_int_equal(rtp_source_lost(&source), 5);
    rtp_source_block(&source, 0, &block);
    assert_int_equal(block.ssrc, 1);
    assert_int_equal(block.seq_extended, 65549);
    assert_int_equal(block.lost, 5);
    assert_int_equal(block.fraction, 64); /* 5 of 20, of 256 */
    assert_int_equal(block.lsr, 0);

    arrives(&source, 1, 65550, 0);
    rtp_source_block(&source, 0, &block);
    assert_int_equal(block.fraction, 0);
    assert_int_equal(block.lost, 5);
}

static void a_late_packet_is_not_lost(void **state)
{
    (void)state;
    struct rtp_source source = {0};

    arrives(&source, 1, 10, 0);
    arrives(&source, 1, 12, 0);
    assert_int_equal(rtp_source_lost(&source), 1);
    arrives(&source, 1, 11, 0);
    assert_int_equal(rtp_source_lost(&source), 0);
}

static void one_stray_number_changes_nothing_and_two_start_anew(void **state)
{
    (void)state;
    struct rtp_source source = {0};

    arrives(&source, 1, 10, 0);
    arrives(&source, 1, 11, 0);
    arrives(&source, 1, 30000, 0);
    assert_int_equal(rtp_source_lost(&source), 0);
    arrives(&source, 1, 12, 0);
    assert_int_equal(rtp_source_lost(&source), 0);
    assert_int_equal(source.seq_max, 12);
    arrives(&source, 1, 40000, 0);
    arrives(&source, 1, 40001, 0);
    assert_int_equal(source.seq_max, 40001);
    assert_int_equal(rtp_source_lost(&source), 0);
}

static void another_ssrc_starts_the_statistics_anew(void **state)
{
    (void)state;
    struct rtp_source source = {0};

    arrives(&source, 1, 10, 0);
    arrives(&source, 1, 20, 5000);
    assert_int_equal(rtp_source_lost(&source), 9);
    assert_true(rtp_source_jitter_ms(&source) > 0);
    arrives(&source, 2, 500, 0);
    assert_int_equal(rtp_source_lost(&source), 0);
    assert_int_equal(source.ssrc, 2);
    assert_true(rtp_source_jitter_ms(&source) == 0);
}

static void jitter_is_a_sixteenth_of_each_difference(void **state)
{
    (void)state;
    struct rtp_source source = {0};

    arrives(&source, 1, 1, 0);
    arrives(&source, 1, 2, 0);
    assert_true(rtp_source_jitter_ms(&source) == 0);
    arrives(&source, 1, 3, 16000); /* D = 16 ms: J = 1 ms */
    assert_true(fabs(rtp_source_jitter_ms(&source) - 1) < 0.001);
    arrives(&source, 1, 4, 16000); /* D = 0: J = 1 - 1/16 */
    assert_true(fabs(rtp_source_jitter_ms(&source) - 0.9375) < 0.001);
    arrives(&source, 1, 5, 0); /* D = -16 ms: J = 0.9375 + (16 - 0.9375) / 16 */
    assert_true(fabs(rtp_source_jitter_ms(&source) - 1.87890625) < 0.001);
}

static void a_block_says_how_long_ago_the_report_came(void **state)
{
    (void)state;
    struct rtp_source source = {0};
    struct rtcp_block block;

    arrives(&source, 1, 1, 0);
    rtp_source_report(&source, 2, 0x1111222233334444, 1000000); /* of somebody else */
    rtp_source_block(&source, 2000000, &block);
    assert_int_equal(block.lsr, 0);
    rtp_source_report(&source, 1, 0x1111222233334444, 1000000);
    rtp_source_block(&source, 3500000, &block);
    assert_int_equal(block.lsr, 0x22223333);
    assert_int_equal(block.dlsr, 163840); /* 2.5 s in 1/65536 s */
}

static const uint8_t sender_report[] = {
    0x81, 200, 0,    12,                                          /* SR, one block, 13 words */
    0,    0,   0,    1,                                           /* SSRC */
    0xb7, 5,   0,    0,    0x20, 0,    0,    0,                   /* NTP */
    0,    0,   0x3,  0xc0, 0,    0,    0,    5,    0, 0, 1,    0, /* RTP time 960, 5 packets, 256
                                                                     octets */
    0,    0,   0,    2,    0x40, 0xff, 0xff, 0xff, /* about 2: a quarter lost, -1 in all */
    0,    1,   0,    2,    0,    0,    0,    48,   5, 0, 0x20, 0, /* 65538, jitter 48, LSR */
    0,    1,   0x80, 0,                                           /* DLSR 1.5 s */
    0x81, 202, 0,    3,    0,    0,    0,    1,    1, 4, 'k',  'i', 'm', '1', 0, 0,
};

static void a_compound_report_is_written_as_rfc_3550_draws_it(void **state)
{
    (void)state;
    const struct rtcp_report report = {
        .ssrc = 1,
        .cname = "kim1",
        .is_sender = true,
        .ntp = 0xb705000020000000,
        .timestamp = 960,
        .packets = 5,
        .octets = 256,
        .has_block = true,
        .block = {.ssrc = 2,
                  .fraction = 64,
                  .lost = -1,
                  .seq_extended = 65538,
                  .jitter = 48,
                  .lsr = 0x05002000,
                  .dlsr = 98304},
    };
    uint8_t out[RTCP_REPORT_LEN];

    assert_int_equal(rtcp_build(out, sizeof out, &report), sizeof sender_report);
    assert_memory_equal(out, sender_report, sizeof sender_report);
    assert_int_equal(rtcp_build(out, sizeof sender_report - 1, &report), 0);
}

static void the_longest_report_fits(void **state)
{
    (void)state;
    const struct rtcp_report report = {
        .cname = "0123456789abcdef0123456789abcdefXYZ", .is_sender = true, .has_block = true};
    uint8_t out[RTCP_REPORT_LEN];
    struct rtcp_news news;

    assert_int_equal(rtcp_build(out, sizeof out, &report), RTCP_REPORT_LEN);
    assert_true(rtcp_parse(out, sizeof out, 0, &news));
}

static void a_report_about_us_is_understood(void **state)
{
    (void)state;
    struct rtcp_news news;

    assert_true(rtcp_parse(sender_report, sizeof sender_report, 2, &news));
    assert_true(news.has_report);
    assert_int_equal(news.ssrc, 1);
    assert_true(news.ntp == 0xb705000020000000);
    assert_true(news.has_block);
    assert_int_equal(news.block.fraction, 64);
    assert_int_equal(news.block.lost, -1);
    assert_int_equal(news.block.seq_extended, 65538);
    assert_int_equal(news.block.lsr, 0x05002000);
    assert_int_equal(news.block.dlsr, 98304);

    assert_true(rtcp_parse(sender_report, sizeof sender_report, 3, &news));
    assert_false(news.has_block);
}

static void reports_cut_short_or_with_too_many_blocks_are_refused(void **state)
{
    (void)state;
    struct rtcp_news news;
    uint8_t bytes[sizeof sender_report];

    memcpy(bytes, sender_report, sizeof bytes);
    for (size_t len = 0; len < sizeof bytes; len++)
        if (len != 52) /* there the first packet ends */
            assert_false(rtcp_parse(bytes, len, 2, &news));
    bytes[0] = 0x82;
    assert_false(rtcp_parse(bytes, sizeof bytes, 2, &news));
    bytes[0] = 0x41;
    assert_false(rtcp_parse(bytes, sizeof bytes, 2, &news));
}

static void the_round_trip_is_now_minus_report_minus_delay(void **state)
{
    (void)state;
    /* RFC 3550, figure 2: it is b710:8000, the report is of b705:2000, the delay was 5.25 s. */
    const struct rtcp_block block = {.lsr = 0xb7052000, .dlsr = 0x00054000};
    assert_true(fabs(rtcp_round_trip_ms(&block, 0x0000b71080000000) - 6125) < 0.001);
    assert_true(rtcp_round_trip_ms(&(struct rtcp_block){.dlsr = 1}, 99) < 0);
    assert_true(rtcp_round_trip_ms(&(struct rtcp_block){.lsr = 5, .dlsr = 9}, 10 << 16) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_bytes_tell_dtls_rtp_and_rtcp_apart),
        cmocka_unit_test(a_packet_is_written_as_rfc_3550_draws_it),
        cmocka_unit_test(csrcs_extension_and_padding_are_not_payload),
        cmocka_unit_test(lengths_that_do_not_add_up_are_refused),
        cmocka_unit_test(lost_packets_are_counted_across_the_wrap),
        cmocka_unit_test(a_late_packet_is_not_lost),
        cmocka_unit_test(one_stray_number_changes_nothing_and_two_start_anew),
        cmocka_unit_test(another_ssrc_starts_the_statistics_anew),
        cmocka_unit_test(jitter_is_a_sixteenth_of_each_difference),
        cmocka_unit_test(a_block_says_how_long_ago_the_report_came),
        cmocka_unit_test(a_compound_report_is_written_as_rfc_3550_draws_it),
        cmocka_unit_test(the_longest_report_fits),
        cmocka_unit_test(a_report_about_us_is_understood),
        cmocka_unit_test(reports_cut_short_or_with_too_many_blocks_are_refused),
        cmocka_unit_test(the_round_trip_is_now_minus_report_minus_delay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

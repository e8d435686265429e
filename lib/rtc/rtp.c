#include "rtc/rtp.h"

#include <string.h>

/* RFC 3550, appendix A.1 */
enum { SEQ_MOD = 1 << 16, DROPOUT_MAX = 3000, MISORDER_MAX = 100 };

/* RFC 3550, section 12.1 */
enum { RTCP_SR = 200, RTCP_RR = 201, RTCP_SDES = 202, SDES_CNAME = 1 };

enum { RTCP_HEADER_LEN = 4, RTCP_SENDER_LEN = 20, RTCP_BLOCK_LEN = 24 };

static uint16_t read16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t read32(const uint8_t *p)
{
    return (uint32_t)read16(p) << 16 | read16(p + 2);
}

static uint8_t *write16(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
    return p + 2;
}

static uint8_t *write32(uint8_t *p, uint32_t v)
{
    return write16(write16(p, (uint16_t)(v >> 16)), (uint16_t)v);
}

enum packet_kind packet_kind(const uint8_t *data, size_t len)
{
    if (len < 2)
        return PACKET_OTHER;
    if (data[0] >= 20 && data[0] <= 63)
        return PACKET_DTLS;
    if (data[0] < 128 || data[0] > 191)
        return PACKET_OTHER;
    return data[1] >= 192 && data[1] <= 223 ? PACKET_RTCP : PACKET_RTP;
}

bool rtp_parse(const uint8_t *data, size_t len, struct rtp_packet *out, uint8_t *payload_type)
{
    if (len < RTP_HEADER_LEN || data[0] >> 6 != 2)
        return false;
    size_t at = RTP_HEADER_LEN + 4u * (data[0] & 0x0f);
    if (data[0] & 0x10) {
        if (len < at + 4)
            return false;
        at += 4 + 4u * read16(data + at + 2);
    }
    if (at > len)
        return false;
    size_t padding = 0;
    if (data[0] & 0x20) {
        padding = data[len - 1];
        if (!padding || padding > len - at)
            return false;
    }
    *payload_type = data[1] & 0x7f;
    out->marker = data[1] >> 7;
    out->seq = read16(data + 2);
    out->timestamp = read32(data + 4);
    out->ssrc = read32(data + 8);
    out->payload = data + at;
    out->payload_len = len - at - padding;
    return true;
}

size_t rtp_build(uint8_t *out, size_t size, uint8_t payload_type, const struct rtp_packet *packet)
{
    if (size < RTP_HEADER_LEN || size - RTP_HEADER_LEN < packet->payload_len)
        return 0;
    out[0] = 2 << 6;
    out[1] = (uint8_t)((packet->marker ? 0x80 : 0) | (payload_type & 0x7f));
    uint8_t *p = write16(out + 2, packet->seq);
    p = write32(p, packet->timestamp);
    p = write32(p, packet->ssrc);
    if (packet->payload_len)
        memcpy(p, packet->payload, packet->payload_len);
    return RTP_HEADER_LEN + packet->payload_len;
}

/* The sequence numbers start here; jitter and reports stay. */
static void source_start_seq(struct rtp_source *source, uint16_t seq)
{
    source->seq_base = seq;
    source->seq_max = seq;
    source->seq_bad = SEQ_MOD + 1; /* no number is equal to it */
    source->cycles = 0;
    source->received = 0;
    source->expected_before = 0;
    source->received_before = 0;
}

/* False: a stray that counts for nothing. */
static bool source_take_seq(struct rtp_source *source, uint16_t seq)
{
    uint16_t ahead = (uint16_t)(seq - source->seq_max);

    if (ahead < DROPOUT_MAX) {
        if (seq < source->seq_max)
            source->cycles += SEQ_MOD;
        source->seq_max = seq;
    } else if (ahead <= SEQ_MOD - MISORDER_MAX) {
        if (seq != source->seq_bad) {
            source->seq_bad = (seq + 1) & (SEQ_MOD - 1);
            return false;
        }
        source_start_seq(source, seq);
    }
    source->received++;
    return true;
}

static uint32_t media_time(int64_t us)
{
    return (uint32_t)((uint64_t)us * (RTP_CLOCK_HZ / 1000) / 1000);
}

void rtp_source_packet(struct rtp_source *source, const struct rtp_packet *packet)
{
    uint32_t transit = media_time(packet->received_us) - packet->timestamp;

    if (!source->known || source->ssrc != packet->ssrc) {
        *source = (struct rtp_source){.known = true, .ssrc = packet->ssrc, .transit = transit};
        source_start_seq(source, packet->seq);
        source->received = 1;
        return;
    }
    if (!source_take_seq(source, packet->seq))
        return;
    double difference = (int32_t)(transit - source->transit);
    source->transit = transit;
    source->jitter += ((difference < 0 ? -difference : difference) - source->jitter) / 16;
}

void rtp_source_report(struct rtp_source *source, uint32_t ssrc, uint64_t ntp, int64_t now_us)
{
    if (!source->known || source->ssrc != ssrc)
        return;
    source->report_ntp_mid = (uint32_t)(ntp >> 16);
    source->report_us = now_us;
}

static uint32_t source_expected(const struct rtp_source *source)
{
    return source->cycles + source->seq_max - source->seq_base + 1;
}

static int64_t source_lost(const struct rtp_source *source)
{
    return source->known ? (int64_t)source_expected(source) - source->received : 0;
}

uint32_t rtp_source_lost(const struct rtp_source *source)
{
    int64_t lost = source_lost(source);
    return lost < 0 ? 0 : (uint32_t)lost;
}

double rtp_source_jitter_ms(const struct rtp_source *source)
{
    return source->jitter * 1000 / RTP_CLOCK_HZ;
}

void rtp_source_block(struct rtp_source *source, int64_t now_us, struct rtcp_block *out)
{
    uint32_t expected = source_expected(source);
    uint32_t expected_now = expected - source->expected_before;
    int64_t lost_now = (int64_t)expected_now - (source->received - source->received_before);
    int64_t lost = source_lost(source);

    source->expected_before = expected;
    source->received_before = source->received;
    *out = (struct rtcp_block){.ssrc = source->ssrc,
                               .seq_extended = source->cycles + source->seq_max,
                               .jitter = (uint32_t)source->jitter};
    if (expected_now && lost_now > 0) {
        int64_t fraction = lost_now * 256 / expected_now;
        out->fraction = (uint8_t)(fraction > 255 ? 255 : fraction);
    }
    if (lost > 0x7fffff)
        lost = 0x7fffff;
    if (lost < -0x800000)
        lost = -0x800000;
    out->lost = (int32_t)lost;
    if (source->report_ntp_mid) {
        out->lsr = source->report_ntp_mid;
        out->dlsr = (uint32_t)((now_us - source->report_us) * 65536 / 1000000);
    }
}

/* Length in words less one (RFC 3550, section 6.4.1). */
static uint8_t *write_rtcp_header(uint8_t *p, unsigned count, unsigned type, size_t len)
{
    p[0] = (uint8_t)(2 << 6 | count);
    p[1] = (uint8_t)type;
    return write16(p + 2, (uint16_t)(len / 4 - 1));
}

static uint8_t *write_block(uint8_t *p, const struct rtcp_block *block)
{
    p = write32(p, block->ssrc);
    p = write32(p, (uint32_t)block->fraction << 24 | ((uint32_t)block->lost & 0xffffff));
    p = write32(p, block->seq_extended);
    p = write32(p, block->jitter);
    p = write32(p, block->lsr);
    return write32(p, block->dlsr);
}

size_t rtcp_build(uint8_t *out, size_t size, const struct rtcp_report *report)
{
    size_t cname_len = strnlen(report->cname, RTP_CNAME_MAX);
    /* SSRC, type, length, text and at least one NUL, in whole words (RFC 3550, section 6.5) */
    size_t sdes_len = RTCP_HEADER_LEN + ((4 + 2 + cname_len + 1 + 3) & ~(size_t)3);
    size_t report_len = RTCP_HEADER_LEN + 4 + (report->is_sender ? RTCP_SENDER_LEN : 0) +
                        (report->has_block ? RTCP_BLOCK_LEN : 0);
    if (size < report_len + sdes_len)
        return 0;

    uint8_t *p = write_rtcp_header(out, report->has_block ? 1 : 0,
                                   report->is_sender ? RTCP_SR : RTCP_RR, report_len);
    p = write32(p, report->ssrc);
    if (report->is_sender) {
        p = write32(p, (uint32_t)(report->ntp >> 32));
        p = write32(p, (uint32_t)report->ntp);
        p = write32(p, report->timestamp);
        p = write32(p, report->packets);
        p = write32(p, report->octets);
    }
    if (report->has_block)
        p = write_block(p, &report->block);

    memset(p, 0, sdes_len);
    p = write_rtcp_header(p, 1, RTCP_SDES, sdes_len);
    p = write32(p, report->ssrc);
    p[0] = SDES_CNAME;
    p[1] = (uint8_t)cname_len;
    memcpy(p + 2, report->cname, cname_len);
    return report_len + sdes_len;
}

static void read_block(const uint8_t *p, struct rtcp_block *out)
{
    uint32_t lost = read32(p + 4);

    out->ssrc = read32(p);
    out->fraction = (uint8_t)(lost >> 24);
    lost &= 0xffffff;
    out->lost = lost & 0x800000 ? (int32_t)lost - 0x1000000 : (int32_t)lost;
    out->seq_extended = read32(p + 8);
    out->jitter = read32(p + 12);
    out->lsr = read32(p + 16);
    out->dlsr = read32(p + 20);
}

/* One SR or RR, whole; false when its blocks don't fit into it. */
static bool read_report(const uint8_t *p, size_t len, uint32_t ssrc_own, struct rtcp_news *out)
{
    bool is_sender = p[1] == RTCP_SR;
    unsigned blocks = p[0] & 0x1f;
    size_t at = RTCP_HEADER_LEN + 4 + (is_sender ? RTCP_SENDER_LEN : 0);

    if (len < at + (size_t)blocks * RTCP_BLOCK_LEN)
        return false;
    if (is_sender) {
        out->has_report = true;
        out->ssrc = read32(p + 4);
        out->ntp = (uint64_t)read32(p + 8) << 32 | read32(p + 12);
    }
    for (unsigned i = 0; i < blocks; i++, at += RTCP_BLOCK_LEN) {
        if (read32(p + at) != ssrc_own)
            continue;
        out->has_block = true;
        read_block(p + at, &out->block);
    }
    return true;
}

bool rtcp_parse(const uint8_t *data, size_t len, uint32_t ssrc_own, struct rtcp_news *out)
{
    *out = (struct rtcp_news){0};
    if (len < RTCP_HEADER_LEN)
        return false;
    for (size_t at = 0; at < len;) {
        const uint8_t *p = data + at;
        if (len - at < RTCP_HEADER_LEN || p[0] >> 6 != 2)
            return false;
        size_t packet_len = 4u * (read16(p + 2) + 1u);
        if (packet_len > len - at)
            return false;
        if ((p[1] == RTCP_SR || p[1] == RTCP_RR) && !read_report(p, packet_len, ssrc_own, out))
            return false;
        at += packet_len;
    }
    return true;
}

double rtcp_round_trip_ms(const struct rtcp_block *block, uint64_t ntp_now)
{
    if (!block->lsr)
        return -1;
    int32_t trip = (int32_t)((uint32_t)(ntp_now >> 16) - block->lsr - block->dlsr);
    /* The other side rounds; on a short path the difference may fall below 0. */
    return trip < 0 ? 0 : trip * 1000.0 / 65536;
}

#include "base/fuzz_testing.h"
#include "rtc/rtp.h"

enum { SSRC_OWN = 0x01020304 };

static void take_rtp(const uint8_t *data, size_t len, struct rtp_source *source, int64_t now_us)
{
    struct rtp_packet packet = {.received_us = now_us}, again = {0};
    uint8_t type, type_again, out[512];
    struct rtcp_block block;
    if (!rtp_parse(data, len, &packet, &type))
        return;
    fuzz_holds(packet.payload >= data + RTP_HEADER_LEN && packet.payload <= data + len &&
               packet.payload_len <= (size_t)(data + len - packet.payload));
    size_t built = rtp_build(out, sizeof out, type, &packet);
    fuzz_holds(built == RTP_HEADER_LEN + packet.payload_len);
    fuzz_holds(rtp_parse(out, built, &again, &type_again) && type_again == type &&
               again.seq == packet.seq && again.timestamp == packet.timestamp &&
               again.ssrc == packet.ssrc && again.marker == packet.marker &&
               again.payload_len == packet.payload_len &&
               memcmp(again.payload, packet.payload, packet.payload_len) == 0);
    rtp_source_packet(source, &packet);
    rtp_source_block(source, now_us, &block);
    fuzz_holds(block.ssrc == packet.ssrc && block.lost >= -0x800000 && block.lost <= 0x7fffff);
    fuzz_holds(rtp_source_jitter_ms(source) >= 0);
    (void)rtp_source_lost(source);
}

static void take_rtcp(const uint8_t *data, size_t len, struct rtp_source *source, int64_t now_us)
{
    struct rtcp_news news, again;
    uint8_t out[RTCP_REPORT_LEN];
    if (!rtcp_parse(data, len, SSRC_OWN, &news))
        return;
    if (news.has_report)
        rtp_source_report(source, news.ssrc, news.ntp, now_us);
    struct rtcp_report report = {.ssrc = news.ssrc,
                                 .cname = "cname",
                                 .is_sender = news.has_report,
                                 .ntp = news.ntp,
                                 .has_block = news.has_block,
                                 .block = news.block};
    size_t built = rtcp_build(out, sizeof out, &report);
    fuzz_holds(built > 0 && rtcp_parse(out, built, SSRC_OWN, &again));
    fuzz_holds(again.has_report == news.has_report && again.has_block == news.has_block &&
               again.ntp == news.ntp && memcmp(&again.block, &news.block, sizeof news.block) == 0);
    fuzz_holds(!news.has_block || rtcp_round_trip_ms(&news.block, news.ntp) >= -1);
}

/* A row of datagrams, each behind a byte with its length. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rtp_source source = {0};
    for (int64_t now_us = 0; size > 1; now_us += 20000) {
        size_t len = data[0] < size - 1 ? data[0] : size - 1;
        uint8_t *datagram = malloc(len ? len : 1);
        fuzz_holds(datagram);
        memcpy(datagram, data + 1, len);
        enum packet_kind kind = packet_kind(datagram, len);
        if (kind == PACKET_RTP)
            take_rtp(datagram, len, &source, now_us);
        if (kind == PACKET_RTCP)
            take_rtcp(datagram, len, &source, now_us);
        free(datagram);
        data += 1 + len;
        size -= 1 + len;
    }
    return 0;
}

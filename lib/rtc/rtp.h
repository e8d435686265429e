/* RTP and RTCP (RFC 3550): packets in and out, and what can be counted from them. Pure; any thread.
 *
 * Arrival times are CLOCK_MONOTONIC in microseconds, media time is the 48 kHz of Opus (RFC 7587),
 * NTP times are RFC 3550's 32.32 fixed point. The caller owns everything; a parsed packet points
 * into the bytes that it was read from. */
#ifndef DEBATE_RTC_RTP_H
#define DEBATE_RTC_RTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "rtc/peer.h"

#define RTP_CLOCK_HZ    48000 /* RFC 7587, section 4.1 */
#define RTP_HEADER_LEN  12    /* bytes (RFC 3550, section 5.1) */
#define RTCP_REPORT_LEN 96 /* bytes: SR with one block, SDES with a CNAME of 32; see rtcp_build */
#define RTP_CNAME_MAX   32 /* characters */

/* Who sent this datagram, by its first byte (RFC 7983, section 7); RTCP by its second (RFC 5761,
 * section 4). */
enum packet_kind { PACKET_OTHER, PACKET_DTLS, PACKET_RTP, PACKET_RTCP };
enum packet_kind packet_kind(const uint8_t *data, size_t len);

/* Reads one RTP packet, past CSRCs, header extension and padding; received_us is left alone. False
 * when its lengths don't add up. */
bool rtp_parse(const uint8_t *data, size_t len, struct rtp_packet *out, uint8_t *payload_type);

/* Writes header and payload; returns the length, 0 when `size` is too small. */
size_t rtp_build(uint8_t *out, size_t size, uint8_t payload_type, const struct rtp_packet *packet);

/* What one receiver knows of one source (RFC 3550, appendix A.1, A.3 and A.8). */
struct rtp_source {
    bool known;
    uint32_t ssrc;
    uint16_t seq_max;
    uint32_t cycles; /* wraps of the sequence number, times 65536 */
    uint32_t seq_base;
    uint32_t seq_bad; /* the one after a jump; one that follows it makes the jump real */
    uint32_t received;
    uint32_t expected_before, received_before; /* at the last report */
    uint32_t transit;
    double jitter;           /* in timestamp units */
    uint32_t report_ntp_mid; /* the middle of the last SR's NTP time; 0: none yet */
    int64_t report_us;       /* when that came */
};

/* Counts a packet. Another SSRC than before starts everything anew. */
void rtp_source_packet(struct rtp_source *source, const struct rtp_packet *packet);
/* Notes that a sender report came. */
void rtp_source_report(struct rtp_source *source, uint32_t ssrc, uint64_t ntp, int64_t now_us);
/* Expected minus received, never below 0. */
uint32_t rtp_source_lost(const struct rtp_source *source);
double rtp_source_jitter_ms(const struct rtp_source *source);

/* A report block (RFC 3550, section 6.4.1). */
struct rtcp_block {
    uint32_t ssrc;    /* whom it is about */
    uint8_t fraction; /* lost since the last report, of 256 */
    int32_t lost;     /* in all; 24 bits */
    uint32_t seq_extended;
    uint32_t jitter;
    uint32_t lsr;  /* the middle of the last SR's NTP time, 0: none */
    uint32_t dlsr; /* since then, in 1/65536 s */
};

/* Fills a block about `source`; the share of lost packets then counts from here. */
void rtp_source_block(struct rtp_source *source, int64_t now_us, struct rtcp_block *out);

/* A compound packet: SR when something was sent, else RR; one block or none; SDES with CNAME. */
struct rtcp_report {
    uint32_t ssrc;
    const char *cname; /* at most RTP_CNAME_MAX characters */
    bool is_sender;
    uint64_t ntp;
    uint32_t timestamp; /* the RTP time of that moment */
    uint32_t packets, octets;
    bool has_block;
    struct rtcp_block block;
};

/* Returns the length, at most RTCP_REPORT_LEN; 0 when `size` is too small. */
size_t rtcp_build(uint8_t *out, size_t size, const struct rtcp_report *report);

/* What we want to know of a compound packet. */
struct rtcp_news {
    bool has_report; /* an SR */
    uint32_t ssrc;   /* its sender */
    uint64_t ntp;
    bool has_block; /* one about `ssrc_own` */
    struct rtcp_block block;
};

/* False when the lengths or versions don't add up: then nothing of it counts. */
bool rtcp_parse(const uint8_t *data, size_t len, uint32_t ssrc_own, struct rtcp_news *out);

/* Round trip from a block about us (RFC 3550, section 6.4.1); negative when it holds none. */
double rtcp_round_trip_ms(const struct rtcp_block *block, uint64_t ntp_now);

#endif

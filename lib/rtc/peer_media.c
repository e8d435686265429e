#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/rand.h"
#include "rtc/peer_inner.h"

/* Between the Unix epoch and that of NTP (RFC 3550, section 4), seconds. */
#define NTP_OFFSET_S 2208988800ull

static uint64_t ntp_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return ((uint64_t)now.tv_sec + NTP_OFFSET_S) << 32 |
           ((uint64_t)now.tv_nsec << 32) / 1000000000u;
}

static void on_dtls_send(void *context, const uint8_t *data, size_t len)
{
    struct peer *peer = context;

    /* What is lost here is sent again by the timer. */
    if (peer->ice)
        ice_send(peer->ice, data, len);
}

static void dtls_is_up(struct peer *peer)
{
    struct srtp_keys keys;

    if (!dtls_srtp_keys(peer->dtls, &keys)) {
        peer_set_state(peer, PEER_FAILED, "no SRTP suite in common");
        return;
    }
    peer->srtp = srtp_pair_new(&keys);
    peer->suite = keys.suite;
    explicit_bzero(&keys, sizeof keys);
    if (!peer->srtp) {
        peer_set_state(peer, PEER_FAILED, "SRTP could not begin");
        return;
    }
    peer->dtls_up = true;
    peer->heard_us = rtc_now_us();
    peer->report_us = peer->heard_us + PEER_TICK_US;
    peer_update_state(peer, "");
}

/* Looks at what a call of DTLS has brought. */
static void follow_dtls(struct peer *peer, enum dtls_status status)
{
    switch (status) {
    case DTLS_HANDSHAKE:
        break;
    case DTLS_UP:
        if (!peer->dtls_up)
            dtls_is_up(peer);
        break;
    case DTLS_CLOSED:
        peer_set_state(peer, PEER_CLOSED, "the other side has hung up");
        return;
    case DTLS_FAILED:
        peer_set_state(peer, PEER_FAILED, dtls_why(peer->dtls));
        return;
    }
    int64_t left_us = dtls_timeout_us(peer->dtls);
    rtc_timer_set(peer->dtls_timer, left_us < 0 ? -1 : rtc_now_us() + left_us);
}

void peer_media_on_dtls_time(void *user)
{
    struct peer *peer = user;

    if (peer->dtls && !peer_is_over(peer))
        follow_dtls(peer, dtls_retransmit(peer->dtls));
}

void peer_media_start(struct peer *peer)
{
    if (peer->dtls || !peer->negotiated || !peer->ice_up || peer_is_over(peer))
        return;
    peer->dtls =
        dtls_new(peer->identity, peer->active, peer->fingerprint_remote, on_dtls_send, peer);
    if (!peer->dtls) {
        peer_set_state(peer, PEER_FAILED, "DTLS could not begin");
        return;
    }
    follow_dtls(peer, dtls_start(peer->dtls));
    for (size_t i = 0; i < peer->early_dtls_count && !peer_is_over(peer); i++)
        follow_dtls(peer,
                    dtls_input(peer->dtls, peer->early_dtls[i].data, peer->early_dtls[i].len));
    mem_free(peer->early_dtls);
    peer->early_dtls = NULL;
    peer->early_dtls_count = 0;
}

void peer_media_reset(struct peer *peer)
{
    rtc_timer_set(peer->dtls_timer, -1);
    dtls_free(peer->dtls);
    srtp_pair_free(peer->srtp);
    peer->dtls = NULL;
    peer->srtp = NULL;
    peer->dtls_up = false;
    peer->silent = false;
    peer->has_heard = false;
    peer->source = (struct rtp_source){0};
    peer->early_dtls_count = 0;
}

/* It may come before the answer that says which role is ours, and before we can send. */
static void keep_early(struct peer *peer, const uint8_t *data, size_t len)
{
    if (peer->early_dtls_count == PEER_EARLY_DTLS_MAX || len > PEER_PACKET_SIZE)
        return;
    if (!peer->early_dtls)
        peer->early_dtls = mem_alloc(PEER_EARLY_DTLS_MAX * sizeof *peer->early_dtls);
    if (!peer->early_dtls)
        return;
    struct peer_datagram *kept = &peer->early_dtls[peer->early_dtls_count++];
    kept->len = len;
    memcpy(kept->data, data, len);
}

/* Something authentic came. */
static void heard(struct peer *peer, int64_t now_us)
{
    peer->heard_us = now_us;
    if (!peer->silent)
        return;
    peer->silent = false;
    peer_update_state(peer, "the other side is heard again");
}

static void take_rtp(struct peer *peer, uint8_t *data, size_t len)
{
    struct rtp_packet packet;
    uint8_t type;

    if (!srtp_open_rtp(peer->srtp, data, &len) || !rtp_parse(data, len, &packet, &type))
        return;
    packet.received_us = rtc_now_us();
    heard(peer, packet.received_us);
    peer->rtp_heard_us = packet.received_us;
    if (type != peer->type_in && type != peer->type_in_other)
        return;
    peer->has_heard = true;
    peer->packets_received++;
    peer->bytes_received += packet.payload_len;
    rtp_source_packet(&peer->source, &packet);
    if (peer->handler.on_rtp)
        peer->handler.on_rtp(peer->handler.context, &packet);
}

static void take_rtcp(struct peer *peer, uint8_t *data, size_t len)
{
    struct rtcp_news news;
    int64_t now_us = rtc_now_us();

    if (!srtp_open_rtcp(peer->srtp, data, &len) || !rtcp_parse(data, len, peer->ssrc, &news))
        return;
    heard(peer, now_us);
    if (news.has_report)
        rtp_source_report(&peer->source, news.ssrc, news.ntp, now_us);
    if (!news.has_block)
        return;
    double trip_ms = rtcp_round_trip_ms(&news.block, ntp_now());
    if (trip_ms >= 0)
        peer->round_trip_ms = trip_ms;
    peer->remote_loss = news.block.fraction / 256.0;
}

void peer_media_input(struct peer *peer, const uint8_t *data, size_t len)
{
    enum packet_kind kind = packet_kind(data, len);

    if (kind == PACKET_DTLS) {
        if (peer->dtls)
            follow_dtls(peer, dtls_input(peer->dtls, data, len));
        else
            keep_early(peer, data, len);
        return;
    }
    if (!peer->srtp || len > PEER_PACKET_SIZE)
        return;
    uint8_t *copy = (uint8_t *)peer->packet;
    memcpy(copy, data, len);
    if (kind == PACKET_RTP)
        take_rtp(peer, copy, len);
    else if (kind == PACKET_RTCP)
        take_rtcp(peer, copy, len);
}

void peer_send(struct peer *peer, const uint8_t *payload, size_t len, uint32_t timestamp,
               bool marker)
{
    uint64_t aligned[PEER_PACKET_SIZE / 8 + 1];
    uint8_t *out = (uint8_t *)aligned;

    if (!peer->srtp || !peer->ice || peer_is_over(peer) || peer->direction_remote == SDP_SENDONLY ||
        peer->direction_remote == SDP_INACTIVE)
        return;
    const struct rtp_packet packet = {.seq = peer->seq,
                                      .timestamp = timestamp + peer->timestamp_offset,
                                      .ssrc = peer->ssrc,
                                      .marker = marker,
                                      .payload = payload,
                                      .payload_len = len};
    size_t packet_len =
        rtp_build(out, PEER_PACKET_SIZE - SRTP_TRAILER_MAX, peer->type_out, &packet);
    if (!packet_len || !srtp_seal_rtp(peer->srtp, out, &packet_len))
        return;
    peer->seq++; /* also when it cannot be sent: no packet is sealed twice */
    peer->has_sent = true;
    peer->sent_us = rtc_now_us();
    peer->timestamp_last = packet.timestamp;
    if (!ice_send(peer->ice, out, packet_len))
        return;
    peer->packets_sent++;
    peer->bytes_sent += len;
    peer->octets_sent += (uint32_t)len;
}

static void send_report(struct peer *peer, int64_t now_us)
{
    uint64_t aligned[(RTCP_REPORT_LEN + SRTP_TRAILER_MAX) / 8 + 1];
    uint8_t *out = (uint8_t *)aligned;
    int64_t since_us = now_us - peer->sent_us;
    struct rtcp_report report = {
        .ssrc = peer->ssrc,
        .cname = peer->cname,
        .is_sender = peer->has_sent,
        .ntp = ntp_now(),
        .timestamp = peer->timestamp_last + (uint32_t)(since_us * (RTP_CLOCK_HZ / 1000) / 1000),
        .packets = (uint32_t)peer->packets_sent,
        .octets = peer->octets_sent,
        .has_block = peer->source.known,
    };

    if (report.has_block)
        rtp_source_block(&peer->source, now_us, &report.block);
    size_t len = rtcp_build(out, RTCP_REPORT_LEN, &report);
    if (len && srtp_seal_rtcp(peer->srtp, out, &len))
        ice_send(peer->ice, out, len);
}

/* RFC 3550, section 6.2 wants 5 s at least, but allows less where bandwidth does (section 6.2,
 * "reduced minimum"); 1 to 3 s here, so that losses show while they matter. */
static int64_t report_interval_us(void)
{
    uint16_t share;

    rand_bytes(&share, sizeof share);
    return PEER_SECOND_US + 2 * PEER_SECOND_US * share / UINT16_MAX;
}

/* How long nothing may be heard: of a stream that flowed until it stopped, shorter. */
static int64_t silence_max_us(const struct peer *peer)
{
    bool flowed = peer->heard_us - peer->rtp_heard_us < PEER_STREAM_GAP_US;
    return flowed && peer->silence_us > PEER_STREAM_SILENCE_US ? PEER_STREAM_SILENCE_US
                                                               : peer->silence_us;
}

void peer_media_tick(struct peer *peer, int64_t now_us)
{
    if (!peer->srtp || !peer->ice || peer_is_over(peer))
        return;
    if (now_us >= peer->report_us) {
        peer->report_us = now_us + report_interval_us();
        send_report(peer, now_us);
    }
    /* libnice may believe in a path that carries nothing. */
    if (peer->state == PEER_CONNECTED && peer->has_heard &&
        now_us - peer->heard_us > silence_max_us(peer)) {
        peer->silent = true;
        peer_update_state(peer, "nothing was heard for a while");
    }
}

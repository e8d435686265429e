#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/rand.h"
#include "base/str.h"
#include "rtc/peer_inner.h"

static const char *const state_names[] = {
    [PEER_NEW] = "new",
    [PEER_CONNECTING] = "connecting",
    [PEER_CONNECTED] = "connected",
    [PEER_DISCONNECTED] = "disconnected",
    [PEER_FAILED] = "failed",
    [PEER_CLOSED] = "closed",
};

const char *peer_state_name(enum peer_state state)
{
    return state_names[state];
}

static bool may_follow(enum peer_state from, enum peer_state to)
{
    switch (from) {
    case PEER_NEW:
        return to == PEER_CONNECTING || to == PEER_FAILED;
    case PEER_CONNECTING:
        return to == PEER_CONNECTED || to == PEER_FAILED || to == PEER_CLOSED;
    case PEER_CONNECTED:
        return to == PEER_DISCONNECTED || to == PEER_FAILED || to == PEER_CLOSED;
    case PEER_DISCONNECTED:
        return to == PEER_CONNECTED || to == PEER_FAILED || to == PEER_CLOSED;
    case PEER_FAILED:
    case PEER_CLOSED:
        return false;
    }
    return false;
}

bool peer_is_over(const struct peer *peer)
{
    return peer->state == PEER_FAILED || peer->state == PEER_CLOSED;
}

void peer_set_state(struct peer *peer, enum peer_state state, const char *why)
{
    int64_t now_us = rtc_now_us();

    if (peer->state == state || peer_is_over(peer))
        return;
    assert(may_follow(peer->state, state));
    log_debug("peer %s: %s to %s: %s", peer->cname, state_names[peer->state], state_names[state],
              why);
    peer->state = state;
    if (state == PEER_CONNECTED) {
        if (peer->connect_us < 0)
            peer->connect_us = now_us - peer->started_us;
        peer->down_us = -1;
    }
    if (state == PEER_DISCONNECTED) {
        peer->down_us = now_us;
        peer->restart_us = peer->offerer ? now_us : now_us + PEER_TAKE_OVER_US;
        rtc_timer_set(peer->tick_timer, 0);
    }
    peer_tell(peer, EVENT_STATE, state, why);
    if (peer_is_over(peer)) {
        rtc_timer_set(peer->dtls_timer, -1);
        peer_path_retire_all(peer);
    }
}

void peer_update_state(struct peer *peer, const char *why)
{
    bool up = peer->ice_up && peer->dtls_up && !peer->silent;

    if (up && (peer->state == PEER_CONNECTING || peer->state == PEER_DISCONNECTED))
        peer_set_state(peer, PEER_CONNECTED, why);
    if (!up && peer->state == PEER_CONNECTED)
        peer_set_state(peer, PEER_DISCONNECTED, why);
}

void peer_tell(struct peer *peer, int kind, enum peer_state state, const char *text)
{
    size_t len = strlen(text);
    struct peer_event *event = mem_alloc(sizeof *event + len + 1);

    if (!event) {
        log_error("no memory for what a peer has to say");
        if (kind != EVENT_STATE)
            peer_set_state(peer, PEER_FAILED, "no memory");
        return;
    }
    event->next = NULL;
    event->kind = kind;
    event->state = state;
    memcpy(event->text, text, len + 1);
    *peer->events_end = event;
    peer->events_end = &event->next;
    rtc_timer_set(peer->tell_timer, 0);
}

static void tell_one(struct peer *peer, const struct peer_event *event)
{
    const struct peer_handler *h = &peer->handler;

    switch (event->kind) {
    case EVENT_OFFER:
    case EVENT_ANSWER:
        if (h->on_description)
            h->on_description(h->context, event->kind == EVENT_OFFER, event->text);
        break;
    case EVENT_CANDIDATE:
        if (h->on_candidate)
            h->on_candidate(h->context, event->text, peer->mid,
                            peer->layout ? (int)peer->layout->audio : 0);
        break;
    case EVENT_STATE:
        if (h->on_state)
            h->on_state(h->context, event->state, event->text);
        break;
    }
}

static void on_tell(void *user)
{
    struct peer *peer = user;

    while (peer->events) {
        struct peer_event *event = peer->events;
        peer->events = event->next;
        if (!peer->events)
            peer->events_end = &peer->events;
        tell_one(peer, event);
        mem_free(event);
    }
}

static void on_tick(void *user)
{
    struct peer *peer = user;
    int64_t now_us = rtc_now_us();

    rtc_timer_set(peer->tick_timer, now_us + PEER_TICK_US);
    peer_path_tick(peer, now_us);
    peer_media_tick(peer, now_us);
}

static void choose_numbers(struct peer *peer)
{
    uint8_t name[RTP_CNAME_MAX / 4];

    rand_bytes(&peer->session_id, sizeof peer->session_id);
    peer->session_id >>= 2; /* RFC 8829, section 5.2.1: 62 bits */
    rand_bytes(&peer->ssrc, sizeof peer->ssrc);
    rand_bytes(&peer->timestamp_offset, sizeof peer->timestamp_offset);
    rand_bytes(&peer->seq, sizeof peer->seq);
    peer->seq &= 0x7fff; /* RFC 3711, section 3.3.1: no wrap while the first ones may be lost */
    rand_bytes(name, sizeof name);
    hex_encode(name, sizeof name, peer->cname);
}

struct peer *peer_new(void *context, struct dtls_identity *identity, const struct ice_config *ice,
                      const struct peer_handler *handler)
{
    struct peer *peer = mem_zalloc(sizeof *peer);
    if (!peer)
        return NULL;
    peer->context = context;
    peer->identity = identity;
    peer->config = *ice;
    peer->handler = *handler;
    peer->events_end = &peer->events;
    peer->silence_us = PEER_SILENCE_US;
    peer->reconnect_us = PEER_RECONNECT_US;
    peer->connect_us = -1;
    peer->down_us = -1;
    peer->restart_us = -1;
    peer->round_trip_ms = -1;
    peer->type_out = peer->type_in = peer->type_in_other = 111; /* as browsers number Opus */
    str_copy(peer->mid, sizeof peer->mid, "0");
    choose_numbers(peer);
    dtls_identity_fingerprint(identity, peer->fingerprint_local);
    peer->tell_timer = rtc_timer_new(context, on_tell, peer);
    peer->tick_timer = rtc_timer_new(context, on_tick, peer);
    peer->dtls_timer = rtc_timer_new(context, peer_media_on_dtls_time, peer);
    if (peer->tell_timer && peer->tick_timer && peer->dtls_timer)
        return peer;
    peer_free(peer);
    return NULL;
}

void peer_free(struct peer *peer)
{
    if (!peer)
        return;
    if (peer->dtls && !peer_is_over(peer))
        dtls_close(peer->dtls);
    peer_path_free(peer);
    dtls_free(peer->dtls);
    srtp_pair_free(peer->srtp);
    rtc_timer_free(peer->tell_timer);
    rtc_timer_free(peer->tick_timer);
    rtc_timer_free(peer->dtls_timer);
    while (peer->events) {
        struct peer_event *event = peer->events;
        peer->events = event->next;
        mem_free(event);
    }
    mem_free(peer->layout);
    mem_free(peer->early);
    mem_free(peer->early_dtls);
    mem_free(peer);
}

void peer_stats(const struct peer *peer, struct peer_stats *out)
{
    struct ice_pair pair;

    *out = (struct peer_stats){
        .state = peer->state,
        .connect_us = peer->connect_us,
        .round_trip_ms = peer->round_trip_ms,
        .jitter_ms = rtp_source_jitter_ms(&peer->source),
        .packets_sent = peer->packets_sent,
        .packets_received = peer->packets_received,
        .bytes_sent = peer->bytes_sent,
        .bytes_received = peer->bytes_received,
        .packets_lost = rtp_source_lost(&peer->source),
        .remote_loss = peer->remote_loss,
    };
    if (peer->ice && ice_pair(peer->ice, &pair)) {
        out->relayed = pair.relayed;
        str_copy(out->local_candidate, sizeof out->local_candidate, pair.local);
        str_copy(out->remote_candidate, sizeof out->remote_candidate, pair.remote);
    }
    if (peer->srtp) {
        str_copy(out->dtls_suite, sizeof out->dtls_suite, dtls_suite_name(peer->dtls));
        str_copy(out->srtp_suite, sizeof out->srtp_suite, srtp_suite_name(peer->suite));
    }
    fingerprint_print(peer->fingerprint_local, out->local_fingerprint);
    if (peer->has_fingerprint_remote)
        fingerprint_print(peer->fingerprint_remote, out->remote_fingerprint);
}

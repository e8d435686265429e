#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "rtc/peer_inner.h"

struct ice *peer_path_newest(struct peer *peer)
{
    return peer->pending ? peer->pending : peer->ice;
}

/* Keeps a session until nothing can be under way to it any more. */
static void retire(struct peer *peer, struct ice *ice, int64_t after_us)
{
    if (!ice)
        return;
    if (peer->retired_count == PEER_RETIRED_MAX) {
        ice_free(peer->retired[0].ice);
        peer->retired_count--;
        memmove(peer->retired, peer->retired + 1, peer->retired_count * sizeof *peer->retired);
    }
    peer->retired[peer->retired_count].ice = ice;
    peer->retired[peer->retired_count].free_us = rtc_now_us() + after_us;
    peer->retired_count++;
    if (!after_us)
        rtc_timer_set(peer->tick_timer, 0);
}

static void free_retired(struct peer *peer, int64_t now_us)
{
    size_t kept = 0;

    for (size_t i = 0; i < peer->retired_count; i++) {
        if (peer->retired[i].free_us <= now_us)
            ice_free(peer->retired[i].ice);
        else
            peer->retired[kept++] = peer->retired[i];
    }
    peer->retired_count = kept;
}

void peer_path_drop_pending(struct peer *peer)
{
    retire(peer, peer->pending, 0);
    peer->pending = NULL;
}

void peer_path_retire_ice(struct peer *peer)
{
    retire(peer, peer->ice, 0);
    peer->ice = NULL;
    peer->ice_up = false;
}

void peer_path_retire_all(struct peer *peer)
{
    peer_path_drop_pending(peer);
    peer_path_retire_ice(peer);
}

void peer_path_free(struct peer *peer)
{
    free_retired(peer, INT64_MAX);
    ice_free(peer->pending);
    ice_free(peer->ice);
    peer->pending = NULL;
    peer->ice = NULL;
}

static void tell_candidate(struct peer *peer, const struct ice_candidate *candidate)
{
    struct buf text;

    buf_init(&text, 2048);
    ice_candidate_print(&text, candidate);
    if (!text.failed)
        peer_tell(peer, EVENT_CANDIDATE, peer->state, text.data);
    buf_release(&text);
}

static void on_candidate(void *context, struct ice *ice, const struct ice_candidate *candidate)
{
    struct peer *peer = context;

    if (ice != peer_path_newest(peer) || peer->local_count == PEER_LOCAL_CANDIDATES_MAX)
        return;
    peer->local[peer->local_count++] = *candidate;
    if (peer->described)
        tell_candidate(peer, candidate);
}

static void on_gathered(void *context, struct ice *ice)
{
    struct peer *peer = context;

    if (ice != peer_path_newest(peer))
        return;
    peer->gathered = true;
    if (peer->described)
        peer_tell(peer, EVENT_CANDIDATE, peer->state, "");
}

static void on_connected(void *context, struct ice *ice)
{
    struct peer *peer = context;

    if (peer_is_over(peer) || (ice != peer->pending && ice != peer->ice))
        return;
    if (ice == peer->pending) {
        retire(peer, peer->ice, PEER_RETIREMENT_US);
        peer->ice = peer->pending;
        peer->pending = NULL;
        peer->silent = false;
        peer->heard_us = rtc_now_us();
    }
    peer->ice_up = true;
    peer_media_start(peer);
    peer_update_state(peer, "the path is back");
}

static void on_failed(void *context, struct ice *ice)
{
    struct peer *peer = context;

    if (peer_is_over(peer))
        return;
    if (ice == peer->pending) {
        peer->pending_failed = true;
        return;
    }
    if (ice != peer->ice)
        return;
    peer->ice_up = false;
    peer_update_state(peer, "nothing reaches the other side any more");
}

static void on_data(void *context, struct ice *ice, const uint8_t *data, size_t len)
{
    struct peer *peer = context;

    (void)ice;
    if (!peer_is_over(peer))
        peer_media_input(peer, data, len);
}

enum err peer_path_start(struct peer *peer, bool controlling)
{
    const struct ice_handler handler = {.context = peer,
                                        .on_candidate = on_candidate,
                                        .on_gathered = on_gathered,
                                        .on_connected = on_connected,
                                        .on_failed = on_failed,
                                        .on_data = on_data};

    peer_path_drop_pending(peer);
    peer->pending = ice_new(peer->context, &peer->config, &handler, controlling);
    if (!peer->pending)
        return ERR_NO_MEMORY;
    peer->pending_failed = false;
    peer->described = false;
    peer->gathered = false;
    peer->local_count = 0;
    enum err e = ice_gather(peer->pending);
    if (e != ERR_NONE)
        peer_path_drop_pending(peer);
    return e;
}

enum err peer_path_remote(struct peer *peer, const struct sdp *remote)
{
    struct ice *ice = peer_path_newest(peer);
    enum err e = ice_remote_credentials(ice, remote->ufrag, remote->pwd);

    if (e != ERR_NONE)
        return e;
    str_copy(peer->ufrag_remote, sizeof peer->ufrag_remote, remote->ufrag);
    for (size_t i = 0; i < remote->candidate_count; i++)
        ice_remote_candidate(ice, &remote->candidates[i]);
    for (size_t i = 0; i < peer->early_count; i++) {
        const struct ice_candidate *early = &peer->early[i];
        if (!early->ufrag[0] || !strcmp(early->ufrag, remote->ufrag))
            ice_remote_candidate(ice, early);
    }
    mem_free(peer->early);
    peer->early = NULL;
    peer->early_count = 0;
    return ERR_NONE;
}

static enum err keep_early(struct peer *peer, const struct ice_candidate *candidate)
{
    if (peer->early_count == PEER_EARLY_CANDIDATES_MAX)
        return ERR_FULL;
    if (!peer->early)
        peer->early = mem_alloc(PEER_EARLY_CANDIDATES_MAX * sizeof *peer->early);
    if (!peer->early)
        return ERR_NO_MEMORY;
    peer->early[peer->early_count++] = *candidate;
    return ERR_NONE;
}

/* RFC 8838, section 9: a candidate belongs to the session of its ufrag; without one, to the
 * description that came last, or comes next when ours is still out. */
enum err peer_remote_candidate(struct peer *peer, const char *candidate)
{
    struct ice_candidate parsed;

    if (!candidate[0] || peer_is_over(peer))
        return ERR_NONE;
    enum err e = ice_candidate_parse(candidate, &parsed);
    if (e != ERR_NONE)
        return e;
    bool known = !strcmp(parsed.ufrag, peer->ufrag_remote);
    struct ice *ice = peer_path_newest(peer);
    if (!peer->negotiated || !ice || (parsed.ufrag[0] && !known) ||
        (!parsed.ufrag[0] && peer->offer_out))
        return keep_early(peer, &parsed);
    /* Known, but our offer is out: it is for the session in use. */
    if (peer->offer_out)
        ice = peer->ice;
    if (ice)
        ice_remote_candidate(ice, &parsed);
    return ERR_NONE;
}

static int64_t restart_every_us(const struct peer *peer)
{
    int64_t trips_us = (int64_t)(PEER_RESTART_TRIPS * 1000 * peer->round_trip_ms);
    return peer->round_trip_ms < 0 || trips_us > PEER_RESTART_MAX_US - PEER_RESTART_US
               ? PEER_RESTART_MAX_US
               : PEER_RESTART_US + trips_us;
}

/* Whoever offered offers again, in the same words when they were not answered, in new ones when
 * they did not help. */
static void restart(struct peer *peer, int64_t now_us)
{
    bool under_way = peer->pending && !peer->offer_out && !peer->pending_failed;
    int64_t every_us = restart_every_us(peer);

    peer->restart_us = now_us + every_us;
    if (under_way && now_us - peer->negotiated_us < every_us)
        return;
    if (peer_offer(peer) != ERR_NONE)
        log_warning("an ICE restart could not begin");
}

static void connecting_tick(struct peer *peer, int64_t now_us)
{
    if (!peer->negotiated) {
        if (now_us - peer->started_us > PEER_ANSWER_US)
            peer_set_state(peer, PEER_FAILED, "the offer was not answered");
    } else if (now_us - peer->started_us > PEER_ANSWER_US ||
               now_us - peer->negotiated_us > PEER_CONNECT_US) {
        peer_set_state(peer, PEER_FAILED, peer->ice_up ? "DTLS got no answer" : "no path works");
    } else if (peer->pending_failed && peer->offerer && !peer->offer_out &&
               now_us >= peer->restart_us) {
        restart(peer, now_us);
    }
}

void peer_path_tick(struct peer *peer, int64_t now_us)
{
    free_retired(peer, now_us);
    if (peer->state == PEER_CONNECTING)
        connecting_tick(peer, now_us);
    if (peer->state != PEER_DISCONNECTED)
        return;
    if (now_us - peer->down_us > peer->reconnect_us)
        peer_set_state(peer, PEER_FAILED, "the connection could not be brought back");
    else if (now_us >= peer->restart_us)
        restart(peer, now_us);
}

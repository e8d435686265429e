#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "rtc/peer_inner.h"

/* RFC 3264, section 6.1 */
static enum sdp_direction answer_direction(enum sdp_direction offered)
{
    switch (offered) {
    case SDP_SENDRECV:
        return SDP_SENDRECV;
    case SDP_SENDONLY:
        return SDP_RECVONLY;
    case SDP_RECVONLY:
        return SDP_SENDONLY;
    case SDP_INACTIVE:
        return SDP_INACTIVE;
    }
    return SDP_INACTIVE;
}

/* Describes the newest session to the other side. */
static void describe(struct peer *peer, bool is_offer)
{
    const struct ice *ice = peer_path_newest(peer);
    const struct sdp_local local = {
        .offer = peer->layout,
        .session_id = peer->session_id,
        .version = ++peer->version,
        .mid = peer->mid,
        .ufrag = ice_ufrag(ice),
        .pwd = ice_pwd(ice),
        .fingerprint = peer->fingerprint_local,
        .setup = is_offer       ? SDP_SETUP_ACTPASS
                 : peer->active ? SDP_SETUP_ACTIVE
                                : SDP_SETUP_PASSIVE,
        .direction = is_offer ? SDP_SENDRECV : answer_direction(peer->direction_remote),
        .payload_type = is_offer ? peer->type_in : peer->type_out,
        .ssrc = peer->ssrc,
        .cname = peer->cname,
        .candidates = peer->local,
        .candidate_count = peer->local_count,
        .end_of_candidates = peer->gathered,
    };
    struct buf text;

    buf_init(&text, SDP_LEN_MAX);
    sdp_print(&text, &local);
    peer->described = true;
    if (text.failed) {
        peer_set_state(peer, PEER_FAILED, "no memory for a description");
    } else {
        peer_tell(peer, is_offer ? EVENT_OFFER : EVENT_ANSWER, peer->state, text.data);
        if (peer->gathered)
            peer_tell(peer, EVENT_CANDIDATE, peer->state, "");
    }
    buf_release(&text);
}

/* The connection begins now, if it has not before. */
static void begin(struct peer *peer)
{
    if (peer->state != PEER_NEW)
        return;
    peer->started_us = rtc_now_us();
    peer_set_state(peer, PEER_CONNECTING, "");
    rtc_timer_set(peer->tick_timer, peer->started_us + PEER_TICK_US);
}

enum err peer_offer(struct peer *peer)
{
    if (peer_is_over(peer))
        return ERR_WRONG_PHASE;
    if (!peer->offer_out) {
        begin(peer);
        enum err e = peer_path_start(peer, true);
        if (e != ERR_NONE)
            return e;
        peer->offer_out = true;
    }
    describe(peer, true);
    return ERR_NONE;
}

static enum err refuse(enum err e, char *why, size_t why_size, const char *text)
{
    snprintf(why, why_size, "%s", text);
    return e;
}

static bool same_certificate(const struct peer *peer, const struct sdp *remote)
{
    return peer->has_fingerprint_remote &&
           !memcmp(peer->fingerprint_remote, remote->fingerprint, SHA256_SIZE);
}

/* RFC 8842, section 5: an association that goes on keeps its roles. */
static bool choose_role(struct peer *peer, const struct sdp *remote, bool is_offer)
{
    if (peer->negotiated && same_certificate(peer, remote))
        return true;
    switch (remote->setup) {
    case SDP_SETUP_ACTPASS:
        peer->active = true;
        return is_offer; /* an answer must choose */
    case SDP_SETUP_PASSIVE:
        peer->active = true;
        return true;
    case SDP_SETUP_ACTIVE:
    case SDP_SETUP_NONE: /* RFC 4145, section 4: active */
        peer->active = false;
        return true;
    }
    return false;
}

/* What both kinds of description bring. */
static void take_remote(struct peer *peer, const struct sdp *remote)
{
    if (peer->negotiated && !same_certificate(peer, remote)) {
        /* Somebody else now, or the same one anew: nothing of the old association counts. */
        peer_media_reset(peer);
        peer_path_retire_ice(peer);
        peer_update_state(peer, "the other side begins anew");
    }
    peer->has_fingerprint_remote = true;
    memcpy(peer->fingerprint_remote, remote->fingerprint, SHA256_SIZE);
    peer->direction_remote = remote->direction;
    peer->type_out = remote->payload_type;
    peer->negotiated = true;
    peer->negotiated_us = rtc_now_us();
}

/* On success `remote` is the peer's. */
static enum err take_offer(struct peer *peer, struct sdp *remote, bool yields, char *why,
                           size_t why_size)
{
    if (peer->offer_out && !yields)
        return refuse(ERR_CONFLICT, why, why_size, "an offer of ours is out");
    if (!choose_role(peer, remote, true))
        return refuse(ERR_BAD_REQUEST, why, why_size, "a=setup makes no sense in an offer");
    if (peer->offer_out)
        peer_path_drop_pending(peer);
    peer->offer_out = false;
    begin(peer);
    bool goes_on = same_certificate(peer, remote) && peer_path_newest(peer) &&
                   !strcmp(remote->ufrag, peer->ufrag_remote);
    take_remote(peer, remote);
    peer->offerer = false;
    peer->type_in = peer->type_in_other = remote->payload_type;
    str_copy(peer->mid, sizeof peer->mid, remote->sections[remote->audio].mid);
    mem_free(peer->layout);
    peer->layout = remote;
    enum err e = goes_on ? ERR_NONE : peer_path_start(peer, false);
    if (e == ERR_NONE)
        e = peer_path_remote(peer, remote);
    if (e != ERR_NONE) {
        peer_set_state(peer, PEER_FAILED, "ICE could not begin");
        return ERR_NONE;
    }
    describe(peer, false);
    peer_media_start(peer);
    return ERR_NONE;
}

static enum err take_answer(struct peer *peer, const struct sdp *remote, char *why, size_t why_size)
{
    if (!peer->offer_out)
        return refuse(ERR_BAD_REQUEST, why, why_size, "an answer without an offer");
    if (!choose_role(peer, remote, false))
        return refuse(ERR_BAD_REQUEST, why, why_size, "a=setup makes no sense in an answer");
    take_remote(peer, remote);
    peer->offer_out = false;
    peer->offerer = true;
    peer->type_in_other = remote->payload_type;
    if (peer_path_remote(peer, remote) != ERR_NONE)
        peer_set_state(peer, PEER_FAILED, "ICE could not begin");
    else
        peer_media_start(peer);
    return ERR_NONE;
}

enum err peer_remote_description(struct peer *peer, bool is_offer, const char *sdp, bool yields,
                                 char *why, size_t why_size)
{
    if (why_size)
        why[0] = '\0';
    if (peer_is_over(peer))
        return refuse(ERR_WRONG_PHASE, why, why_size, "the connection is over");
    struct sdp *remote = mem_alloc(sizeof *remote);
    if (!remote)
        return refuse(ERR_NO_MEMORY, why, why_size, "no memory");
    enum err e = sdp_parse(sdp, remote, why, why_size);
    if (e == ERR_NONE && !remote->has_fingerprint) {
        e = refuse(ERR_BAD_REQUEST, why, why_size, "no SHA-256 fingerprint");
        if (!peer->dtls_up)
            peer_set_state(peer, PEER_FAILED, "no SHA-256 fingerprint");
    }
    if (e == ERR_NONE && !is_offer)
        e = take_answer(peer, remote, why, why_size);
    else if (e == ERR_NONE)
        e = take_offer(peer, remote, yields, why, why_size);
    if (peer->layout != remote)
        mem_free(remote);
    return e;
}

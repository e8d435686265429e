/* What is not simulated: sound, peer connections, uploads. Peers here tell each other of
 * themselves as real ones do, through the signaling of the sessions, and then count as connected.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "loop/ticker.h"
#include "rtc/peer.h"
#include "session/glib_uv.h"
#include "session/tus.h"
#include "sim/world.h"

/* ---- libnice's loop ---- */

enum err glib_uv_new(uv_loop_t *loop, struct glib_uv **out)
{
    *out = (struct glib_uv *)loop;
    return ERR_NONE;
}

void *glib_uv_context(struct glib_uv *glib)
{
    return glib;
}

void glib_uv_changed(struct glib_uv *glib)
{
    (void)glib;
}

void glib_uv_free(struct glib_uv *glib)
{
    (void)glib;
}

/* ---- peers ---- */

struct dtls_identity {
    char nothing;
};

struct peer {
    struct peer_handler handler;
    uint64_t number;
    struct happening says;
    bool says_offer, says_answer, is_connected, has_told, has_offered;
};

struct dtls_identity *dtls_identity_new(void)
{
    return mem_zalloc(sizeof(struct dtls_identity));
}

void dtls_identity_free(struct dtls_identity *identity)
{
    mem_free(identity);
}

static void say(void *context)
{
    struct peer *peer = context;
    char sdp[64];
    snprintf(sdp, sizeof sdp, "v=0\r\no=- %llu 1 IN IP4 0.0.0.0\r\n",
             (unsigned long long)peer->number);
    if (peer->says_offer || peer->says_answer) {
        bool is_offer = peer->says_offer;
        peer->says_offer = peer->says_answer = false;
        peer->handler.on_description(peer->handler.context, is_offer, sdp);
    }
    if (peer->is_connected && !peer->has_told) {
        peer->has_told = true;
        peer->handler.on_state(peer->handler.context, PEER_CONNECTED, "");
    }
}

struct peer *peer_new(void *context, struct dtls_identity *identity, const struct ice_config *ice,
                      const struct peer_handler *handler)
{
    struct peer *peer = mem_zalloc(sizeof *peer);
    (void)identity;
    (void)ice;
    if (!peer)
        return NULL;
    peer->handler = *handler;
    peer->number = chance_bits() >> 32;
    happening_init(&peer->says, ((uv_loop_t *)context)->data, say, peer);
    return peer;
}

void peer_free(struct peer *peer)
{
    if (peer)
        happening_cancel(&peer->says);
    mem_free(peer);
}

static void speak_soon(struct peer *peer)
{
    happening_set(&peer->says, world.now_us + chance_between(1000, 20000));
}

enum err peer_offer(struct peer *peer)
{
    peer->says_offer = peer->has_offered = true;
    speak_soon(peer);
    return ERR_NONE;
}

enum err peer_remote_description(struct peer *peer, bool is_offer, const char *sdp, bool yields,
                                 char *why, size_t why_size)
{
    (void)sdp;
    (void)why;
    (void)why_size;
    if (is_offer && peer->has_offered && !yields)
        return ERR_CONFLICT;
    peer->has_offered = peer->says_offer = false;
    peer->says_answer = is_offer;
    peer->is_connected = true;
    speak_soon(peer);
    return ERR_NONE;
}

enum err peer_remote_candidate(struct peer *peer, const char *candidate)
{
    (void)peer;
    (void)candidate;
    return ERR_NONE;
}

void peer_send(struct peer *peer, const uint8_t *payload, size_t len, uint32_t timestamp,
               bool marker)
{
    (void)peer;
    (void)payload;
    (void)len;
    (void)timestamp;
    (void)marker;
}

void peer_stats(const struct peer *peer, struct peer_stats *out)
{
    *out = (struct peer_stats){.state = peer->is_connected ? PEER_CONNECTED : PEER_NEW};
}

/* ---- the precise timer ---- */

struct ticker {
    ticker_fn *on_tick;
    void *context;
    int64_t due_us;
    struct happening tick;
};

int64_t monotonic_us(void)
{
    return world.now_us + (world.node ? world.node->monotonic_offset_us : 0);
}

static void on_tick(void *context)
{
    struct ticker *ticker = context;
    ticker->on_tick(ticker->context, ticker->due_us);
}

enum err ticker_new(uv_loop_t *loop, ticker_fn *on_tick_of, void *context, struct ticker **out)
{
    struct ticker *ticker = mem_zalloc(sizeof *ticker);
    if (!ticker)
        return ERR_NO_MEMORY;
    ticker->on_tick = on_tick_of;
    ticker->context = context;
    happening_init(&ticker->tick, loop->data, on_tick, ticker);
    *out = ticker;
    return ERR_NONE;
}

/* Sessions set it for one tick. */
enum err ticker_set(struct ticker *ticker, int64_t first_us, int64_t period_us)
{
    (void)period_us;
    ticker->due_us = first_us;
    happening_set(&ticker->tick, first_us - ticker->tick.node->monotonic_offset_us);
    return ERR_NONE;
}

void ticker_stop(struct ticker *ticker)
{
    happening_cancel(&ticker->tick);
}

void ticker_free(struct ticker *ticker)
{
    if (ticker)
        happening_cancel(&ticker->tick);
    mem_free(ticker);
}

/* ---- uploads: nobody uploads here ---- */

enum err tus_upload(const struct tus_request *request, struct tus_result *result)
{
    (void)request;
    (void)result;
    return ERR_UNREACHABLE;
}

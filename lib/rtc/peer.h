/* One WebRTC peer connection with one audio section (RFC 8829): SDP, ICE, DTLS-SRTP, RTP.
 *
 * All functions are called, and all handlers are called back, on the thread that runs the
 * GMainContext given at birth. Nothing is called back from inside a call of the owner's; a handler
 * may call any function here but peer_free. Strings passed to handlers live until they return. */
#ifndef DEBATE_RTC_PEER_H
#define DEBATE_RTC_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct peer;
struct dtls_identity; /* a P-256 key and its self-signed certificate; one a process is enough */

enum peer_state {
    PEER_NEW,
    PEER_CONNECTING,
    PEER_CONNECTED,    /* ICE and DTLS are up, the fingerprint is right: sound may flow */
    PEER_DISCONNECTED, /* no consent or no RTP for a while; ICE is being restarted */
    PEER_FAILED,       /* given up, or the fingerprint is wrong */
    PEER_CLOSED        /* the other side said goodbye */
};
const char *peer_state_name(enum peer_state state);

struct rtp_packet {
    uint16_t seq;
    uint32_t timestamp; /* 48 kHz */
    uint32_t ssrc;
    bool marker;
    const uint8_t *payload;
    size_t payload_len;
    int64_t received_us; /* CLOCK_MONOTONIC */
};

struct peer_stats {
    enum peer_state state;
    int64_t connect_us;   /* from peer_offer or the remote offer to CONNECTED; -1 before */
    double round_trip_ms; /* from RTCP; negative: not known yet */
    double jitter_ms;     /* RFC 3550, section 6.4.1 */
    uint64_t packets_sent, packets_received, bytes_sent, bytes_received;
    uint64_t packets_lost; /* of those expected from the other side */
    double remote_loss;    /* share of ours that the other side says it lost, 0 to 1 */
    bool relayed;
    char local_candidate[64], remote_candidate[64]; /* "127.0.0.1:4711 host" */
    char dtls_suite[64], srtp_suite[32];            /* by IANA's names; "" before there are keys */
    char local_fingerprint[96], remote_fingerprint[96]; /* "AB:CD:…", SHA-256 */
};

struct peer_handler {
    void *context;
    /* An offer or answer to be sent to the other side. */
    void (*on_description)(void *context, bool is_offer, const char *sdp);
    /* A candidate to be sent ("candidate:…"); "" ends them. */
    void (*on_candidate)(void *context, const char *candidate, const char *sdp_mid,
                         int sdp_mline_index);
    void (*on_state)(void *context, enum peer_state state, const char *why);
    void (*on_rtp)(void *context, const struct rtp_packet *packet);
};

struct ice_config {
    bool loopback; /* gather 127.0.0.1 as well */
    struct {
        char host[256];
        uint16_t port;
        bool is_turn, tcp;
        char username[256], credential[256];
    } servers[4];
    size_t server_count;
};

struct dtls_identity *dtls_identity_new(void); /* NULL: no memory, or OpenSSL said no */
void dtls_identity_free(struct dtls_identity *identity);

/* `context` is a GMainContext. NULL without memory. The identity must outlive the peer. */
struct peer *peer_new(void *context, struct dtls_identity *identity, const struct ice_config *ice,
                      const struct peer_handler *handler);
/* Sends close_notify when connected. NULL is allowed. */
void peer_free(struct peer *peer);

/* Makes an offer; it comes through on_description. On a connected peer: an ICE restart. */
enum err peer_offer(struct peer *peer) MUST_CHECK;
/* Takes the other side's offer (an answer comes through on_description) or answer. On glare
 * (an offer while ours is out) the caller decides: `yields` rolls ours back (RFC 8829, section
 * 4.1.10.2), else ERR_CONFLICT. ERR_BAD_REQUEST: not an SDP that we can use; `why` says what. */
enum err peer_remote_description(struct peer *peer, bool is_offer, const char *sdp, bool yields,
                                 char *why, size_t why_size) MUST_CHECK;
/* ERR_BAD_REQUEST for nonsense; tcp, .local and IPv6 link-local ones are skipped without error. */
enum err peer_remote_candidate(struct peer *peer, const char *candidate) MUST_CHECK;

/* Sends one Opus frame. Dropped silently before CONNECTED. */
void peer_send(struct peer *peer, const uint8_t *payload, size_t len, uint32_t timestamp,
               bool marker);
void peer_stats(const struct peer *peer, struct peer_stats *out);

#endif

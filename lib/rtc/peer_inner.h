/* What the files of one peer share: peer.c (life, states, what the owner hears), peer_negotiate.c
 * (descriptions), peer_path.c (ICE sessions and their restarts), peer_media.c (DTLS, RTP, RTCP). */
#ifndef DEBATE_RTC_PEER_INNER_H
#define DEBATE_RTC_PEER_INNER_H

#include "rtc/dtls.h"
#include "rtc/ice.h"
#include "rtc/peer.h"
#include "rtc/rtc_timer.h"
#include "rtc/rtp.h"
#include "rtc/sdp.h"
#include "rtc/srtp.h"

enum {
    PEER_LOCAL_CANDIDATES_MAX = 32, /* 8 addresses, each with its reflexive and relayed ones */
    PEER_EARLY_CANDIDATES_MAX = SDP_CANDIDATES_MAX,
    PEER_EARLY_DTLS_MAX = 16, /* two flights of four datagrams, sent twice */
    PEER_PACKET_SIZE = 1500,  /* bytes of a datagram that may hold media */
    PEER_RETIRED_MAX = 4
};

/* Microseconds */
#define PEER_SECOND_US    1000000ll
#define PEER_TICK_US      (PEER_SECOND_US / 2)
#define PEER_ANSWER_US    (60 * PEER_SECOND_US) /* a person may be asked for the microphone first */
#define PEER_CONNECT_US   (30 * PEER_SECOND_US)
#define PEER_RECONNECT_US (30 * PEER_SECOND_US)
/* From one attempt to the next: the checks of one are sent for 2 s, and what they wait for takes
 * four round trips: a TURN server's allocation, the description, a check. */
#define PEER_RESTART_US     (5 * PEER_SECOND_US / 2)
#define PEER_RESTART_MAX_US (8 * PEER_SECOND_US) /* also where the round trip is not known */
#define PEER_RESTART_TRIPS  4
#define PEER_TAKE_OVER_US   (5 * PEER_SECOND_US) /* then the one who answered restarts as well */
#define PEER_SILENCE_US     (8 * PEER_SECOND_US) /* browsers report every 7.5 s at the latest */
/* A stream that was flowing has packets every 20 ms; with DTX every 400 ms (RFC 6716 leaves the
 * time open; libopus takes that). When it was only switched off, a restart does no harm. */
#define PEER_STREAM_GAP_US     (PEER_SECOND_US / 2)
#define PEER_STREAM_SILENCE_US (5 * PEER_SECOND_US / 2)
/* What is under way on the old path still counts. */
#define PEER_RETIREMENT_US (2 * PEER_SECOND_US)

/* Something that the owner will hear in the next turn of the loop. */
struct peer_event {
    struct peer_event *next;
    enum { EVENT_OFFER, EVENT_ANSWER, EVENT_CANDIDATE, EVENT_STATE } kind;
    enum peer_state state;
    char text[]; /* the description, the candidate, or why */
};

struct peer_datagram {
    size_t len;
    uint8_t data[PEER_PACKET_SIZE];
};

struct peer {
    void *context;
    struct dtls_identity *identity;
    struct ice_config config;
    struct peer_handler handler;
    enum peer_state state;
    int64_t silence_us, reconnect_us; /* PEER_SILENCE_US and PEER_RECONNECT_US, but for tests */
    struct rtc_timer *tell_timer, *tick_timer, *dtls_timer;
    struct peer_event *events, **events_end;

    /* Descriptions */
    uint64_t session_id;
    unsigned version;
    bool offer_out; /* ours, not answered yet */
    bool offerer;   /* ours was the last that was answered */
    bool negotiated;
    struct sdp *layout; /* the other side's last offer, whose sections we must keep; or NULL */
    char mid[SDP_MID_SIZE];
    uint8_t type_out, type_in, type_in_other; /* payload types of Opus */
    enum sdp_direction direction_remote;
    bool has_fingerprint_remote;
    uint8_t fingerprint_local[SHA256_SIZE], fingerprint_remote[SHA256_SIZE];
    bool active; /* our DTLS role */
    char ufrag_remote[ICE_UFRAG_SIZE];
    char cname[RTP_CNAME_MAX + 1];

    /* Paths */
    struct ice *ice;     /* the one that is used */
    struct ice *pending; /* the one that shall replace it */
    bool ice_up, pending_failed;
    bool described; /* the newest session's description is out: further candidates follow it */
    bool gathered;
    struct ice_candidate local[PEER_LOCAL_CANDIDATES_MAX];
    size_t local_count;
    struct ice_candidate *early; /* remote ones that came before their description */
    size_t early_count;
    struct {
        struct ice *ice;
        int64_t free_us;
    } retired[PEER_RETIRED_MAX];
    size_t retired_count;
    int64_t started_us, negotiated_us, connect_us;
    int64_t down_us, restart_us; /* since when it is down; when to try next; -1: it is not */

    /* DTLS and media */
    struct dtls *dtls;
    bool dtls_up;
    struct peer_datagram *early_dtls;
    size_t early_dtls_count;
    struct srtp_pair *srtp;
    enum srtp_suite suite;
    uint32_t ssrc, timestamp_offset;
    uint16_t seq;
    uint32_t octets_sent, timestamp_last;
    int64_t sent_us, heard_us, report_us; /* last RTP out, last anything in, next RTCP out */
    int64_t rtp_heard_us;                 /* last RTP in */
    bool has_sent, has_heard, silent;
    struct rtp_source source;
    double round_trip_ms, remote_loss;
    uint64_t packets_sent, packets_received, bytes_sent, bytes_received;
    uint64_t packet[PEER_PACKET_SIZE / 8 + 1]; /* aligned, as SRTP wants it */
};

/* peer.c */

/* The one place where the state changes. */
void peer_set_state(struct peer *peer, enum peer_state state, const char *why);
/* CONNECTED or DISCONNECTED, as paths, DTLS and sound say. */
void peer_update_state(struct peer *peer, const char *why);
bool peer_is_over(const struct peer *peer);
/* For the owner, in order. Without memory the peer fails. */
void peer_tell(struct peer *peer, int kind, enum peer_state state, const char *text);

/* peer_path.c */

/* Begins a session beside the one in use, and looks for candidates. */
enum err peer_path_start(struct peer *peer, bool controlling) MUST_CHECK;
/* The session that the next remote candidates are for; NULL: none. */
struct ice *peer_path_newest(struct peer *peer);
/* Gives the newest session its other side, and the candidates that waited for it. */
enum err peer_path_remote(struct peer *peer, const struct sdp *remote) MUST_CHECK;
void peer_path_drop_pending(struct peer *peer);
/* Lets the session in use go, or all, soon: callable from their handlers. */
void peer_path_retire_ice(struct peer *peer);
void peer_path_retire_all(struct peer *peer);
/* What time has brought: restarts, giving up, old sessions' ends. */
void peer_path_tick(struct peer *peer, int64_t now_us);
/* Frees at once. */
void peer_path_free(struct peer *peer);

/* peer_media.c */

/* The path is up and the other side described: DTLS may begin or go on. */
void peer_media_start(struct peer *peer);
/* Ends the association; the next one may be with another certificate. */
void peer_media_reset(struct peer *peer);
void peer_media_input(struct peer *peer, const uint8_t *data, size_t len);
void peer_media_tick(struct peer *peer, int64_t now_us);
void peer_media_on_dtls_time(void *user);

#endif

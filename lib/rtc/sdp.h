/* Session descriptions (RFC 8866) and ICE candidates (RFC 8839) as browsers write them (RFC 8829),
 * as far as one Opus audio section over one transport needs them. Pure; any thread.
 *
 * The caller owns every struct; nothing points into the text that was parsed. */
#ifndef DEBATE_RTC_SDP_H
#define DEBATE_RTC_SDP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/hash.h"

#define SDP_LEN_MAX        65536 /* bytes: a signaling message holds no more (protocol, section 4) */
#define SDP_SECTIONS_MAX   32    /* a page with many tracks; we use one and refuse the others */
#define SDP_CANDIDATES_MAX 64
#define SDP_MID_SIZE       64
#define ICE_UFRAG_SIZE     257 /* bytes with NUL: 4 to 256 characters (RFC 8839, section 5.4) */
#define ICE_PWD_SIZE       257 /* bytes with NUL: 22 to 256 characters */
#define FINGERPRINT_SIZE   96  /* bytes: "AB:CD:…" of 32 bytes and the NUL */

/* One line `candidate:…` (RFC 8839, section 5.1). */
struct ice_candidate {
    char foundation[33]; /* 1 to 32 characters */
    unsigned component;  /* 1 is RTP, and with rtcp-mux all there is */
    bool udp;
    uint32_t priority;
    char address[256]; /* an IP literal or a name */
    uint16_t port;
    enum { ICE_HOST, ICE_SRFLX, ICE_PRFLX, ICE_RELAY } type;
    char related_address[256]; /* empty: none */
    uint16_t related_port;
    char ufrag[ICE_UFRAG_SIZE]; /* empty: not said (RFC 8838, section 9 gives it its meaning) */
};

enum sdp_setup { SDP_SETUP_NONE, SDP_SETUP_ACTPASS, SDP_SETUP_ACTIVE, SDP_SETUP_PASSIVE };
enum sdp_direction { SDP_SENDRECV, SDP_SENDONLY, SDP_RECVONLY, SDP_INACTIVE };

struct sdp_section {
    char kind[16];   /* "audio", "video", "application" */
    char proto[32];  /* "UDP/TLS/RTP/SAVPF" */
    char format[32]; /* the first of the m= line */
    char mid[SDP_MID_SIZE];
    uint16_t port;
    bool bundle_only;
};

/* A remote description, reduced to what we use of it. */
struct sdp {
    struct sdp_section sections[SDP_SECTIONS_MAX];
    size_t section_count;
    size_t audio; /* which of the sections the rest is about */
    bool bundled; /* that section is in a BUNDLE group (RFC 9143) */
    char ufrag[ICE_UFRAG_SIZE], pwd[ICE_PWD_SIZE];
    bool has_fingerprint; /* a SHA-256 one (RFC 8122); others are passed over */
    uint8_t fingerprint[SHA256_SIZE];
    enum sdp_setup setup; /* RFC 8842 */
    enum sdp_direction direction;
    uint8_t payload_type; /* of Opus (RFC 7587) */
    struct ice_candidate candidates[SDP_CANDIDATES_MAX];
    size_t candidate_count; /* those beyond the bound are left out */
    bool end_of_candidates;
};

/* Reads a description. ERR_BAD_REQUEST when it is none, or has no audio section with Opus, rtcp-mux
 * and ICE credentials; `why` then says what is missing, in a few words. A missing fingerprint is
 * not an error here: has_fingerprint says so. */
enum err sdp_parse(const char *text, struct sdp *out, char *why, size_t why_size) MUST_CHECK;

/* What a description of ours says. */
struct sdp_local {
    const struct sdp *offer; /* the one to be answered; NULL: this is an offer */
    uint64_t session_id;
    unsigned version;
    const char *mid; /* of an offer; an answer keeps the offer's */
    const char *ufrag, *pwd;
    const uint8_t *fingerprint;
    enum sdp_setup setup;
    enum sdp_direction direction;
    uint8_t payload_type;
    uint32_t ssrc;
    const char *cname;
    const struct ice_candidate *candidates;
    size_t candidate_count;
    bool end_of_candidates;
};

/* Appends the description to `out`; a failure shows in out->failed. */
void sdp_print(struct buf *out, const struct sdp_local *local);

/* Reads "candidate:…", with or without "a=" before it. ERR_BAD_REQUEST when it is none. */
enum err ice_candidate_parse(const char *text, struct ice_candidate *out) MUST_CHECK;

/* Appends "candidate:…" without a line end. */
void ice_candidate_print(struct buf *out, const struct ice_candidate *candidate);

/* "host", "srflx", "prflx", "relay". Static. */
const char *ice_candidate_type_name(const struct ice_candidate *candidate);

/* "AB:CD:…"; `out` holds FINGERPRINT_SIZE bytes. */
void fingerprint_print(const uint8_t fingerprint[SHA256_SIZE], char *out);

#endif

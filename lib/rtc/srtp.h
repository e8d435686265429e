/* Both directions of one SRTP session (RFC 3711, RFC 7714), with keys from DTLS (RFC 5764). One
 * thread at a time. Replayed packets are refused. */
#ifndef DEBATE_RTC_SRTP_H
#define DEBATE_RTC_SRTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* The numbers are those of RFC 5764, section 4.1.2 and RFC 7714, section 14.2. */
enum srtp_suite { SRTP_SUITE_CM_SHA1_80 = 1, SRTP_SUITE_GCM_128 = 7 };

#define SRTP_KEY_LEN      16 /* bytes */
#define SRTP_SALT_LEN_MAX 14 /* bytes; see srtp_salt_len */
#define SRTP_TRAILER_MAX  32 /* bytes that sealing adds at most: RTCP's index and a GCM tag */

struct srtp_keys {
    enum srtp_suite suite;
    uint8_t local[SRTP_KEY_LEN + SRTP_SALT_LEN_MAX]; /* key, then salt: what we send with */
    uint8_t remote[SRTP_KEY_LEN + SRTP_SALT_LEN_MAX];
};

size_t srtp_salt_len(enum srtp_suite suite);
const char *srtp_suite_name(enum srtp_suite suite);

struct srtp_pair;

/* NULL when there is no memory, or the library does not know the suite. */
struct srtp_pair *srtp_pair_new(const struct srtp_keys *keys);
void srtp_pair_free(struct srtp_pair *pair);

/* In place, on 4-byte aligned bytes. Sealing needs SRTP_TRAILER_MAX bytes behind `len`. False:
 * forged, replayed, or broken; the bytes are then worthless. */
bool srtp_seal_rtp(struct srtp_pair *pair, uint8_t *data, size_t *len);
bool srtp_open_rtp(struct srtp_pair *pair, uint8_t *data, size_t *len);
bool srtp_seal_rtcp(struct srtp_pair *pair, uint8_t *data, size_t *len);
bool srtp_open_rtcp(struct srtp_pair *pair, uint8_t *data, size_t *len);

#endif

/* One DTLS association (RFC 6347) that yields SRTP keys (RFC 5764) from a peer whose certificate
 * has the expected fingerprint; any other ends in DTLS_FAILED before there are keys.
 *
 * One thread at a time. The handler is called from inside the calls here. */
#ifndef DEBATE_RTC_DTLS_H
#define DEBATE_RTC_DTLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rtc/peer.h"
#include "rtc/sdp.h"
#include "rtc/srtp.h"

/* Bytes of a datagram of ours, so that it passes any path that carries WebRTC. */
#define DTLS_MTU 1200

enum dtls_status {
    DTLS_HANDSHAKE,
    DTLS_UP,
    DTLS_CLOSED, /* close_notify came */
    DTLS_FAILED  /* dtls_why says why */
};

struct dtls;

void dtls_identity_fingerprint(const struct dtls_identity *identity, uint8_t out[SHA256_SIZE]);

/* `on_send` takes one datagram. NULL without memory. The identity must outlive it. */
struct dtls *dtls_new(struct dtls_identity *identity, bool active,
                      const uint8_t fingerprint[SHA256_SIZE],
                      void (*on_send)(void *context, const uint8_t *data, size_t len),
                      void *context);
/* Sends nothing. */
void dtls_free(struct dtls *dtls);

/* Sends the first flight when active. */
enum dtls_status dtls_start(struct dtls *dtls);
/* Takes one datagram. */
enum dtls_status dtls_input(struct dtls *dtls, const uint8_t *data, size_t len);
/* Sends again what got no answer; to be called when dtls_timeout_us has passed. */
enum dtls_status dtls_retransmit(struct dtls *dtls);
/* Until then, in microseconds from now; negative: nothing to wait for. */
int64_t dtls_timeout_us(struct dtls *dtls);
/* Sends close_notify, if there is an association. */
void dtls_close(struct dtls *dtls);

/* The cipher suite by its name in IANA's registry, static; "" until one is agreed on. */
const char *dtls_suite_name(const struct dtls *dtls);
/* Static text or of this association; "" unless it failed. */
const char *dtls_why(const struct dtls *dtls);
/* When up: the keys, ours and theirs. False when no suite was agreed on. */
bool dtls_srtp_keys(struct dtls *dtls, struct srtp_keys *out);

#endif

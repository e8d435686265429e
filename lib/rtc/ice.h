/* One ICE session (RFC 8445) of one component, over one pair of credentials. An ICE restart is a
 * new session beside the old one: it finds new addresses after a change of network, and the old
 * one carries the sound until the new one is connected.
 *
 * On the thread of the GMainContext. Handlers may be called from inside any call here. ice_free
 * must not be called from one of the session's own handlers. */
#ifndef DEBATE_RTC_ICE_H
#define DEBATE_RTC_ICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "rtc/peer.h"
#include "rtc/sdp.h"

struct ice;

struct ice_handler {
    void *context;
    /* A local candidate; lives until the handler returns. */
    void (*on_candidate)(void *context, struct ice *ice, const struct ice_candidate *candidate);
    void (*on_gathered)(void *context, struct ice *ice);
    /* A pair works: sending is possible. Said again whenever it comes back. */
    void (*on_connected)(void *context, struct ice *ice);
    /* No pair works, or the other side's consent has run out (RFC 7675). */
    void (*on_failed)(void *context, struct ice *ice);
    /* Whatever came that is not STUN; not aligned. */
    void (*on_data)(void *context, struct ice *ice, const uint8_t *data, size_t len);
};

/* NULL without memory. `config` must outlive it. */
struct ice *ice_new(void *context, const struct ice_config *config,
                    const struct ice_handler *handler, bool controlling);
void ice_free(struct ice *ice);

/* As long as the session lives. */
const char *ice_ufrag(const struct ice *ice);
const char *ice_pwd(const struct ice *ice);

/* Starts looking for candidates; those of this machine come before it returns. */
enum err ice_gather(struct ice *ice) MUST_CHECK;
enum err ice_remote_credentials(struct ice *ice, const char *ufrag, const char *pwd) MUST_CHECK;
/* After the credentials. One whose address is no IP literal, or which is not for us, is skipped. */
void ice_remote_candidate(struct ice *ice, const struct ice_candidate *candidate);

/* False when there is no way to send it, or no room in the socket. */
bool ice_send(struct ice *ice, const uint8_t *data, size_t len);

/* The pair in use, "127.0.0.1:4711 host"; false when there is none. */
struct ice_pair {
    char local[64], remote[64];
    bool relayed;
};
bool ice_pair(const struct ice *ice, struct ice_pair *out);

#endif

/* The STUN and TURN servers that `welcome` names, with logins that a TURN server proves without
 * knowing anybody (draft-uberti-behave-turn-rest-00; coturn's use-auth-secret). Any thread. */
#ifndef DEBATE_SERVER_ICE_SERVERS_H
#define DEBATE_SERVER_ICE_SERVERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/message.h"
#include "server/server.h"

enum {
    ICE_HOST_MAX = 255, /* bytes: a name of the DNS (RFC 1035, section 2.3.4) */
    ICE_URL_SIZE = 5 + ICE_HOST_MAX + 2 + 6 + 14 + 1, /* turn:[…]:65535?transport=udp */
    ICE_SERVERS_MAX = 2,

    /* A login opens new relays for so long. A network that changes at the end of a long debate
     * needs one more, and has no other login than that of its `welcome`; half a day is longer than
     * people talk, and less than the day that the draft's section 2.2 recommends. */
    ICE_LOGIN_S = 12 * 3600
};

/* One participant's; "EXPIRY:SESSION-pN" and a base64 of HMAC-SHA1. */
struct ice_login {
    char username[128], credential[32];
};

/* `scheme` is "stun" or "turn"; `text` is HOST, HOST:PORT or such a URL (RFC 7064 and 7065, section
 * 3.1), an IPv6 address in brackets. False when it is none: the scheme that goes over TLS isn't. */
bool ice_url_make(const char *scheme, const char *text, char out[ICE_URL_SIZE]);

/* Fills in what this participant gets, and says how many; `out` borrows from the configuration and
 * `login`. An observer (0) has no voice, and gets none. */
size_t ice_servers_list(const struct server_config *config, const char *session_id,
                        unsigned participant, int64_t now_ms, struct ice_login *login,
                        struct ice_server out[ICE_SERVERS_MAX]);

#endif

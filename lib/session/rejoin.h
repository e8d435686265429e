/* Whether and when a client comes back after its connection ended (protocol, sections 2 and 4).
 * Pure; any thread. */
#ifndef DEBATE_SESSION_REJOIN_H
#define DEBATE_SESSION_REJOIN_H

#include <stdbool.h>

enum {
    WS_CLOSE_NORMAL = 1000,     /* protocol, section 4 */
    WS_CLOSE_GOING_AWAY = 1001, /* protocol, section 4 */
    WS_CLOSE_UNCLEAN = 1006,  /* RFC 6455, section 7.4.1: no close frame came; never on the wire */
    WS_CLOSE_REPLACED = 4001, /* protocol, section 4 */
    WS_CLOSE_TOO_SLOW = 4002, /* protocol, section 4 */
    WS_CLOSE_NO_INIT = 4003   /* protocol, section 4 */
};

/* Whether to come back after this close code. */
bool rejoin_after_close(int close_code);

/* Whether to try again after an HTTP request, or the opening of a WebSocket, was answered with this
 * status; 0: nobody answered. */
bool rejoin_after_status(int http_status);

/* Exponential backoff with jitter: each delay lies between half and the whole of first_ms * 2^n,
 * at most max_ms. */
struct backoff {
    double first_ms, max_ms;
    unsigned tries;
};
/* `random` from 0 to 1. Milliseconds; counts the try. */
double backoff_next_ms(struct backoff *backoff, double random);
void backoff_reset(struct backoff *backoff);
/* A random number for backoff_next_ms, from the kernel. */
double backoff_random(void);

#endif

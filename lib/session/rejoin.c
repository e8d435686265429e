#include "session/rejoin.h"

#include <stdint.h>

#include "base/rand.h"

bool rejoin_after_close(int close_code)
{
    switch (close_code) {
    case WS_CLOSE_GOING_AWAY:
    case WS_CLOSE_TOO_SLOW:
    case WS_CLOSE_NO_INIT:
    case 1005: /* RFC 6455, section 7.1.5: a close frame without a code, from something between */
    case WS_CLOSE_UNCLEAN:
    case 1011: /* RFC 6455, section 7.4.1: the server met something unexpected */
    case 1012: /* IANA's registry: service restart */
    case 1013: /* IANA's registry: try again later */
    case 1014: /* IANA's registry: bad gateway */
        return true;
    default:
        return false;
    }
}

bool rejoin_after_status(int http_status)
{
    return http_status == 0 || http_status == 429 || http_status >= 500;
}

double backoff_next_ms(struct backoff *backoff, double random)
{
    double delay_ms = backoff->first_ms;
    for (unsigned i = 0; i < backoff->tries && delay_ms < backoff->max_ms; i++)
        delay_ms *= 2;
    if (delay_ms > backoff->max_ms)
        delay_ms = backoff->max_ms;
    backoff->tries++;
    return delay_ms * (0.5 + random / 2);
}

void backoff_reset(struct backoff *backoff)
{
    backoff->tries = 0;
}

double backoff_random(void)
{
    uint32_t bits;
    rand_bytes(&bits, sizeof bits);
    return bits / 4294967295.0;
}

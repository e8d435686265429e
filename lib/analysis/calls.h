/* A run of calls to one service: several at once, each until it is answered. What is asked and what
 * an answer is worth is the user's; when to ask again is decided here. One thread at a time;
 * blocks.
 *
 *   - no answer, 408, 425, 429, 5xx: again, after a delay that doubles from `first_delay_ms` to a
 *     minute, with jitter, or after `Retry-After`. 429 holds back every call until then, and it,
 * 503 and silence halve how many are under way.
 *   - a call that is met by 500 or silence 5 times, or by answers that are no use 3 times, while
 *     the service answers others, is given up: the run goes on. After 3 such in a row it ends.
 *   - no usable answer for longer than the patience ends the run: ERR_UNREACHABLE.
 *   - a certificate that cannot be trusted ends the run: ERR_UNTRUSTED; nothing was sent.
 *   - redirects, 401, 403 and every other 4xx that the user knows no other way around end it at
 *     once: ERR_REFUSED. */
#ifndef DEBATE_ANALYSIS_CALLS_H
#define DEBATE_ANALYSIS_CALLS_H

#include <stddef.h>

#include "analysis/service.h"
#include "base/buf.h"
#include "base/err.h"

enum call_next {
    CALL_DONE,
    CALL_OTHERWISE, /* ask again at once: the user will ask in another way */
    CALL_AGAIN,     /* the answer is no use; it may be one the next time */
    CALL_GIVE_UP,   /* this call alone, at once */
    CALL_STOP,      /* the whole run: the service refuses */
};

enum { CALL_TYPE_SIZE = 128, CALL_BODY_MAX = 32 * 1024 * 1024 };

struct calls {
    const struct service *service;
    const char *path; /* "/audio/transcriptions" */
    size_t count;
    /* Appends what to send for a call; nothing when its answer is known already. */
    enum err (*ask)(void *context, size_t index, struct buf *body, char type[CALL_TYPE_SIZE]);
    /* An answer with a status of 2xx or 4xx (but 401, 403, 408, 425 and 429). `text` ends with a
     * NUL. Errors end the run. */
    enum err (*take)(void *context, size_t index, int status, const char *text, size_t len,
                     enum call_next *next);
    void (*give_up)(void *context, size_t index, const char *why); /* one line */
    void *context;
};

/* Makes the calls in order, as far as several at once have one. Errors as above with one line in
 * `why`, or what `ask` and `take` said (then `why` is theirs); ERR_NO_MEMORY. */
enum err calls_run(const struct calls *calls, char *why, size_t why_size) MUST_CHECK;

#endif

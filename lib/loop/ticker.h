/* A timer on the monotonic clock that is precise to some tens of microseconds (timerfd; libuv's own
 * timers count whole milliseconds), on a libuv loop. The loop's thread only. */
#ifndef DEBATE_LOOP_TICKER_H
#define DEBATE_LOOP_TICKER_H

#include <stdint.h>
#include <uv.h>

#include "base/err.h"

struct ticker;

/* `due_us`: when this tick was due, CLOCK_MONOTONIC; never called before that. Ticks that were
 * missed are called one after the other; after half a second's worth they are skipped. */
typedef void ticker_fn(void *context, int64_t due_us);

enum err ticker_new(uv_loop_t *loop, ticker_fn *on_tick, void *context,
                    struct ticker **out) MUST_CHECK;
/* First at first_us, then every period_us; period 0: once. Replaces what was set before. */
enum err ticker_set(struct ticker *ticker, int64_t first_us, int64_t period_us) MUST_CHECK;
void ticker_stop(struct ticker *ticker);
/* Frees it in the loop's next turn; not called back any more. NULL is allowed. */
void ticker_free(struct ticker *ticker);

int64_t monotonic_us(void); /* CLOCK_MONOTONIC */

#endif

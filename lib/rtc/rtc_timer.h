/* Timers and turns of a GMainContext, for those who must not know GLib.
 *
 * Call on the thread that runs the context, passed as `void *`. Times are CLOCK_MONOTONIC in
 * microseconds. A timer belongs to who made it; after rtc_timer_free it never fires. */
#ifndef DEBATE_RTC_RTC_TIMER_H
#define DEBATE_RTC_RTC_TIMER_H

#include <stdbool.h>
#include <stdint.h>

struct rtc_timer;

/* Disarmed at first. `on_time` may set it again or free it. NULL without memory. */
struct rtc_timer *rtc_timer_new(void *context, void (*on_time)(void *user), void *user);
void rtc_timer_free(struct rtc_timer *timer);

/* Fires once, at `at_us` or as soon as it has passed; negative: never. */
void rtc_timer_set(struct rtc_timer *timer, int64_t at_us);

int64_t rtc_now_us(void);

/* A context of one's own, for peers and tests. */
void *rtc_loop_new(void);
void rtc_loop_free(void *context);
/* Runs what is due; `wait`: until something is. */
void rtc_loop_turn(void *context, bool wait);

#endif

/* The server's clock, as a client knows it (protocol, section 5, "The clock"; RFC 5905, section 8:
 * NTP's four timestamps). Pure: time comes in. One thread at a time. */
#ifndef DEBATE_SESSION_CLOCK_SYNC_H
#define DEBATE_SESSION_CLOCK_SYNC_H

#include <stdbool.h>
#include <stddef.h>

enum { CLOCK_SYNC_SAMPLES = 8 }; /* protocol, section 5: the last eight pings */

struct clock_sync {
    struct {
        double offset_ms, round_trip_ms;
    } samples[CLOCK_SYNC_SAMPLES];
    size_t count, next;
    bool is_stale;
};

void clock_sync_init(struct clock_sync *clock);

/* One exchange, in milliseconds: t0 and t3 are this side's monotonic clock when the ping left and
 * the pong came; t1 and t2 are the server's clock. False for one that cannot be (a negative round
 * trip): it is left out. */
bool clock_sync_add(struct clock_sync *clock, double t0_ms, double t1_ms, double t2_ms,
                    double t3_ms);

/* The server may be another one from here on: the next sample replaces all earlier ones. */
void clock_sync_renew(struct clock_sync *clock);

/* The offset (server minus monotonic) of the sample with the shortest round trip, and how far it
 * can be off (half of that round trip). False without a sample. */
bool clock_sync_get(const struct clock_sync *clock, double *offset_ms, double *error_ms);

#endif

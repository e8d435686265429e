#include "session/clock_sync.h"

void clock_sync_init(struct clock_sync *clock)
{
    *clock = (struct clock_sync){.count = 0};
}

bool clock_sync_add(struct clock_sync *clock, double t0_ms, double t1_ms, double t2_ms,
                    double t3_ms)
{
    double round_trip_ms = (t3_ms - t0_ms) - (t2_ms - t1_ms);
    /* Written so that a NaN is refused too. */
    if (!(round_trip_ms >= 0) || !(t2_ms >= t1_ms))
        return false;
    if (clock->is_stale)
        clock_sync_init(clock);
    clock->samples[clock->next].offset_ms = ((t1_ms - t0_ms) + (t2_ms - t3_ms)) / 2;
    clock->samples[clock->next].round_trip_ms = round_trip_ms;
    clock->next = (clock->next + 1) % CLOCK_SYNC_SAMPLES;
    if (clock->count < CLOCK_SYNC_SAMPLES)
        clock->count++;
    return true;
}

void clock_sync_renew(struct clock_sync *clock)
{
    clock->is_stale = true;
}

bool clock_sync_get(const struct clock_sync *clock, double *offset_ms, double *error_ms)
{
    if (clock->count == 0)
        return false;
    size_t best = 0;
    for (size_t i = 1; i < clock->count; i++) {
        if (clock->samples[i].round_trip_ms < clock->samples[best].round_trip_ms)
            best = i;
    }
    *offset_ms = clock->samples[best].offset_ms;
    *error_ms = clock->samples[best].round_trip_ms / 2;
    return true;
}

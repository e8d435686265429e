/* Sound against the clock, and how late one sound is against another: what tests of devices share.
 */
#ifndef DEBATE_SOUND_TRACK_TESTING_H
#define DEBATE_SOUND_TRACK_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "media/media.h"

enum {
    /* For the correlation: the mean of so many samples is one, 4 kHz. */
    DECIMATION = 12,
    RATE_HZ = MEDIA_RATE_HZ / DECIMATION,
    FRAME = MEDIA_FRAME_SAMPLES / DECIMATION,
    TRACK_SECONDS = 60,
    TRACK = TRACK_SECONDS * RATE_HZ,
    DELAY_MAX_MS = 1000,
    SPEECH_MS = 1500, /* that are compared */
};

/* Sound against the clock, from the beginning of the test. */
struct track {
    float samples[TRACK];
    int64_t begun_us;
};

static inline void track_put(struct track *track, const int16_t pcm[MEDIA_FRAME_SAMPLES],
                             int64_t at_us)
{
    int64_t at = (at_us - track->begun_us) * RATE_HZ / 1000000;
    for (int i = 0; i < FRAME; i++) {
        int sum = 0;
        for (int k = 0; k < DECIMATION; k++)
            sum += pcm[i * DECIMATION + k];
        if (at + i >= 0 && at + i < TRACK)
            track->samples[at + i] = (float)sum / DECIMATION;
    }
}

/* How much later `heard` has the `span_ms` that `said` had from `from_us` on, ms; `*likeness`: 1 is
 * the same. */
static inline double delay_ms(const struct track *said, const struct track *heard, int64_t from_us,
                              int span_ms, double *likeness)
{
    enum { LAGS = DELAY_MAX_MS * RATE_HZ / 1000 };
    int span = span_ms * RATE_HZ / 1000;
    int64_t from = (from_us - said->begun_us) * RATE_HZ / 1000000;
    int best = 0;
    *likeness = 0;
    assert_true(from >= 0 && from + span + LAGS < TRACK);
    for (int lag = 0; lag < LAGS; lag++) {
        double both = 0, a = 1, b = 1;
        for (int i = 0; i < span; i++) {
            double x = said->samples[from + i], y = heard->samples[from + i + lag];
            both += x * y;
            a += x * x;
            b += y * y;
        }
        double like = both / sqrt(a * b);
        if (like > *likeness) {
            *likeness = like;
            best = lag;
        }
    }
    return best * 1e3 / RATE_HZ;
}

#endif

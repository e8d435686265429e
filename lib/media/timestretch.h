/* Speech made a little longer or shorter without changing its pitch: one pitch period is repeated
 * or left out, and the seam is cross-faded where the wave is most like itself (WSOLA's idea:
 * Verhelst and Roelands, ICASSP 1993). Pure; any thread. Counts are samples at 48 kHz. */
#ifndef DEBATE_MEDIA_TIMESTRETCH_H
#define DEBATE_MEDIA_TIMESTRETCH_H

#include <stddef.h>
#include <stdint.h>

enum {
    TIMESTRETCH_PERIOD_MIN = 120, /* 2.5 ms, 400 Hz: the highest voices */
    TIMESTRETCH_PERIOD_MAX = 720, /* 15 ms, 67 Hz: the lowest */
    TIMESTRETCH_OVERLAP = 240,    /* 5 ms of cross-fade */
};

/* The period from `min` to `max` after which the start of `pcm` is most like itself; 0 when `count`
 * leaves no room for `min` and the overlap. `similarity`: the normalised correlation there, -1 to
 * 1; 1 when it is so quiet that no seam is heard. */
size_t timestretch_period(const int16_t *pcm, size_t count, size_t min, size_t max,
                          double *similarity);

/* Leaves out `period` samples near the start: returns count - period. */
size_t timestretch_shorten(int16_t *pcm, size_t count, size_t period);

/* Repeats the first `period` samples: returns count + period. `pcm` has room for that. */
size_t timestretch_lengthen(int16_t *pcm, size_t count, size_t period);

#endif

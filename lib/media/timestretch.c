#include "media/timestretch.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum {
    COARSE = 4,      /* the first search looks at every fourth sample and lag */
    QUIET_RMS = 100, /* about -50 dBFS */
};

/* Normalised correlation of the first `overlap` samples with those `lag` later. */
static double similarity_at(const int16_t *pcm, size_t lag, size_t step)
{
    double product = 0, energy_a = 1, energy_b = 1;
    for (size_t i = 0; i < TIMESTRETCH_OVERLAP; i += step) {
        double a = pcm[i], b = pcm[i + lag];
        product += a * b;
        energy_a += a * a;
        energy_b += b * b;
    }
    return product / sqrt(energy_a * energy_b);
}

static double rms(const int16_t *pcm, size_t count)
{
    double energy = 0;
    for (size_t i = 0; i < count; i++)
        energy += (double)pcm[i] * pcm[i];
    return sqrt(energy / (double)count);
}

size_t timestretch_period(const int16_t *pcm, size_t count, size_t min, size_t max,
                          double *similarity)
{
    *similarity = -1;
    assert(min > 0);
    if (count < min + TIMESTRETCH_OVERLAP || max < min)
        return 0;
    if (max > count - TIMESTRETCH_OVERLAP)
        max = count - TIMESTRETCH_OVERLAP;
    if (rms(pcm, max + TIMESTRETCH_OVERLAP) < QUIET_RMS) {
        *similarity = 1;
        return max;
    }
    size_t coarse = min;
    double best = -2;
    for (size_t lag = min; lag <= max; lag += COARSE) {
        double now = similarity_at(pcm, lag, COARSE);
        if (now > best) {
            best = now;
            coarse = lag;
        }
    }
    size_t from = coarse > min + COARSE ? coarse - COARSE : min;
    size_t to = coarse + COARSE < max ? coarse + COARSE : max;
    size_t period = coarse;
    for (size_t lag = from; lag <= to; lag++) {
        double now = similarity_at(pcm, lag, 1);
        if (now > *similarity) {
            *similarity = now;
            period = lag;
        }
    }
    return period;
}

/* `from` fades out while `to` fades in. Linear: the two are alike, so their powers don't add. */
static void cross_fade(int16_t *out, const int16_t *from, const int16_t *to)
{
    for (int i = 0; i < TIMESTRETCH_OVERLAP; i++)
        out[i] = (int16_t)((from[i] * (TIMESTRETCH_OVERLAP - i) + to[i] * i) / TIMESTRETCH_OVERLAP);
}

size_t timestretch_shorten(int16_t *pcm, size_t count, size_t period)
{
    assert(count >= period + TIMESTRETCH_OVERLAP);
    cross_fade(pcm, pcm, pcm + period);
    size_t after = count - period - TIMESTRETCH_OVERLAP;
    memmove(pcm + TIMESTRETCH_OVERLAP, pcm + TIMESTRETCH_OVERLAP + period, after * sizeof *pcm);
    return count - period;
}

size_t timestretch_lengthen(int16_t *pcm, size_t count, size_t period)
{
    assert(count >= period + TIMESTRETCH_OVERLAP);
    int16_t seam[TIMESTRETCH_OVERLAP];
    cross_fade(seam, pcm + period, pcm);
    memmove(pcm + period, pcm, count * sizeof *pcm);
    memcpy(pcm + period, seam, sizeof seam);
    return count + period;
}

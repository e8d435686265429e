#include "analysis/levels.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

enum { RATE_HZ = LEVEL_FRAME_SAMPLES * 1000 / LEVEL_FRAME_MS };

static const float EDGES_HZ[LEVEL_BANDS + 1] = {150, 600, 1400, 3000, 7000};

/* Band-pass filters of second order with 0 dB in the middle (R. Bristow-Johnson, Cookbook formulae
 * for audio equalizer biquad filter coefficients, BPF). */
void level_meter_init(struct level_meter *meter)
{
    memset(meter, 0, sizeof *meter);
    for (size_t b = 0; b < LEVEL_BANDS; b++) {
        double middle_hz = sqrt((double)EDGES_HZ[b] * EDGES_HZ[b + 1]);
        double w = 2 * M_PI * middle_hz / RATE_HZ;
        double alpha = sin(w) * (EDGES_HZ[b + 1] - EDGES_HZ[b]) / middle_hz / 2;
        meter->b0[b] = (float)(alpha / (1 + alpha));
        meter->a1[b] = (float)(-2 * cos(w) / (1 + alpha));
        meter->a2[b] = (float)((1 - alpha) / (1 + alpha));
    }
}

struct level level_meter_feed(struct level_meter *meter, const int16_t pcm[LEVEL_FRAME_SAMPLES])
{
    const float scale = 1.0f / 32768;
    float power = 0, bands[LEVEL_BANDS] = {0};
    for (size_t i = 0; i < LEVEL_FRAME_SAMPLES; i++) {
        float in = scale * (float)pcm[i];
        power += in * in;
        for (size_t b = 0; b < LEVEL_BANDS; b++) {
            float scaled = meter->b0[b] * in;
            float out = scaled + meter->z1[b];
            meter->z1[b] = meter->z2[b] - meter->a1[b] * out;
            meter->z2[b] = -scaled - meter->a2[b] * out;
            bands[b] += out * out;
        }
    }
    struct level level = {.power = power / LEVEL_FRAME_SAMPLES};
    for (size_t b = 0; b < LEVEL_BANDS; b++) {
        level.bands[b] = bands[b] / LEVEL_FRAME_SAMPLES;
        /* What rings on below any sound is kept from becoming denormal, which is slow. */
        if (fabsf(meter->z1[b]) + fabsf(meter->z2[b]) < 1e-15f)
            meter->z1[b] = meter->z2[b] = 0;
    }
    return level;
}

float level_db(float power)
{
    return power > 1e-10f ? 10 * log10f(power) : -100;
}

#include "media/mix.h"

#include <math.h>
#include <stddef.h>

/* From -1.5 dBFS on a tanh bends what is left below full scale; its slope is 1 where it begins. */
static const float KNEE = 27571.0f; /* 32767 * 10^(-1.5/20) */
static const float FULL_SCALE = 32767.0f;

void mix_add(int32_t sum[MEDIA_FRAME_SAMPLES], const int16_t pcm[MEDIA_FRAME_SAMPLES])
{
    for (size_t i = 0; i < MEDIA_FRAME_SAMPLES; i++)
        sum[i] += pcm[i];
}

static int16_t saturate(int32_t sample)
{
    float magnitude = fabsf((float)sample);
    if (magnitude <= KNEE)
        return (int16_t)sample;
    float room = FULL_SCALE - KNEE;
    float bent = KNEE + room * tanhf((magnitude - KNEE) / room);
    return (int16_t)(sample < 0 ? -bent : bent);
}

void mix_finish(const int32_t sum[MEDIA_FRAME_SAMPLES], int16_t out[MEDIA_FRAME_SAMPLES])
{
    for (size_t i = 0; i < MEDIA_FRAME_SAMPLES; i++)
        out[i] = saturate(sum[i]);
}

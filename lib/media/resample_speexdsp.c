#include "media/resample.h"

#include <string.h>

#include <speex/speex_resampler.h>

#include "base/mem.h"
#include "media/media.h"

enum { CHUNK_SAMPLES = 4096, TAIL_SAMPLES = 512 };

/* Feeds `in` whole; returns how much of `out` is filled. */
static size_t feed(SpeexResamplerState *state, const int16_t *in, size_t samples, int16_t *out,
                   size_t filled, size_t out_max)
{
    while (samples > 0 && filled < out_max) {
        size_t chunk = samples < CHUNK_SAMPLES ? samples : CHUNK_SAMPLES;
        size_t room = out_max - filled;
        spx_uint32_t used = (spx_uint32_t)chunk;
        spx_uint32_t made = (spx_uint32_t)(room < 65536 ? room : 65536);
        speex_resampler_process_int(state, 0, in, &used, out + filled, &made);
        if (used == 0 && made == 0)
            break;
        in += used;
        samples -= used;
        filled += made;
    }
    return filled;
}

enum err resample_to_48k(const int16_t *pcm, size_t samples, uint32_t rate_hz, int16_t **out,
                         size_t *out_samples)
{
    size_t wanted = (size_t)((uint64_t)samples * MEDIA_RATE_HZ / rate_hz);
    int16_t *made = mem_zalloc((wanted + 1) * sizeof *made);
    if (!made)
        return ERR_NO_MEMORY;
    if (rate_hz == MEDIA_RATE_HZ) {
        memcpy(made, pcm, samples * sizeof *pcm);
    } else {
        SpeexResamplerState *state =
            speex_resampler_init(1, rate_hz, MEDIA_RATE_HZ, SPEEX_RESAMPLER_QUALITY_DESKTOP, NULL);
        if (!state) {
            mem_free(made);
            return ERR_NO_MEMORY;
        }
        speex_resampler_skip_zeros(state);
        size_t filled = feed(state, pcm, samples, made, 0, wanted);
        static const int16_t tail[TAIL_SAMPLES];
        feed(state, tail, TAIL_SAMPLES, made, filled, wanted);
        speex_resampler_destroy(state);
    }
    *out = made;
    *out_samples = wanted;
    return ERR_NONE;
}

struct resampler {
    SpeexResamplerState *state;
};

struct resampler *resampler_new(uint32_t in_hz, uint32_t out_hz)
{
    struct resampler *resampler = mem_zalloc(sizeof *resampler);
    if (!resampler)
        return NULL;
    resampler->state =
        speex_resampler_init(1, in_hz, out_hz, SPEEX_RESAMPLER_QUALITY_DESKTOP, NULL);
    if (!resampler->state) {
        mem_free(resampler);
        return NULL;
    }
    speex_resampler_skip_zeros(resampler->state);
    return resampler;
}

void resampler_free(struct resampler *resampler)
{
    if (!resampler)
        return;
    speex_resampler_destroy(resampler->state);
    mem_free(resampler);
}

size_t resampler_run(struct resampler *resampler, const int16_t *in, size_t *in_samples,
                     int16_t *out, size_t out_max)
{
    spx_uint32_t used = (spx_uint32_t)*in_samples, made = (spx_uint32_t)out_max;
    speex_resampler_process_int(resampler->state, 0, in, &used, out, &made);
    *in_samples = used;
    return made;
}

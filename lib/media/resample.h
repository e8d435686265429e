/* From one rate to another, mono. Pure; a resampler is one thread's at a time. */
#ifndef DEBATE_MEDIA_RESAMPLE_H
#define DEBATE_MEDIA_RESAMPLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* `*out` is the caller's to mem_free, also for no samples. The filter's delay is taken out: the nth
 * second stays the nth. */
enum err resample_to_48k(const int16_t *pcm, size_t samples, uint32_t rate_hz, int16_t **out,
                         size_t *out_samples) MUST_CHECK;

/* The same for sound that never ends, piece by piece. */
struct resampler;
struct resampler *resampler_new(uint32_t in_hz, uint32_t out_hz); /* NULL without memory */
void resampler_free(struct resampler *resampler);                 /* NULL is allowed */
/* Takes of `in` what there is room for in `out`: `*in_samples` becomes how many it took. Returns
 * how many it made. Does not allocate. */
size_t resampler_run(struct resampler *resampler, const int16_t *in, size_t *in_samples,
                     int16_t *out, size_t out_max);

#endif

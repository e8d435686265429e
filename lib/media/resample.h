/* From any rate to 48 kHz, mono. Pure; any thread. */
#ifndef DEBATE_MEDIA_RESAMPLE_H
#define DEBATE_MEDIA_RESAMPLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* `*out` is the caller's to mem_free, also for no samples. The filter's delay is taken out: the nth
 * second stays the nth. */
enum err resample_to_48k(const int16_t *pcm, size_t samples, uint32_t rate_hz, int16_t **out,
                         size_t *out_samples) MUST_CHECK;

#endif

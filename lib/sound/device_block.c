/* What the device's callback does. */
#include <string.h>

#include "sound/device.h"

enum { MONO_SAMPLES = 512 };

void device_shared_init(struct device_shared *shared)
{
    memset(shared, 0, sizeof *shared);
    ring_init(&shared->ring);
    atomic_init(&shared->samples_left, UINT32_MAX);
}

static void see_block(struct device_shared *shared, size_t frames)
{
    if (frames > atomic_load_explicit(&shared->block_samples, memory_order_relaxed))
        atomic_store_explicit(&shared->block_samples, (uint32_t)frames, memory_order_relaxed);
}

void device_take(struct device_shared *shared, const int16_t *pcm, size_t frames, int channels,
                 int64_t now_us)
{
    see_block(shared, frames);
    uint64_t samples = shared->samples_taken + frames;
    atomic_store_explicit(&shared->zero_us,
                          now_us - (int64_t)(samples * 1000000 / (uint64_t)shared->rate_hz),
                          memory_order_relaxed);
    for (size_t done = 0; done < frames;) {
        int16_t mono[MONO_SAMPLES];
        size_t count = frames - done < MONO_SAMPLES ? frames - done : MONO_SAMPLES;
        for (size_t i = 0; i < count; i++) {
            const int16_t *frame = pcm + (done + i) * (size_t)channels;
            mono[i] = channels == 1 ? frame[0] : (int16_t)((frame[0] + frame[1]) / 2);
        }
        size_t kept = ring_write(&shared->ring, mono, count);
        shared->samples_taken += kept;
        atomic_fetch_add_explicit(&shared->samples_missed, count - kept, memory_order_relaxed);
        done += count;
    }
}

/* The next sample of a gap. */
static int16_t fade(struct device_shared *shared)
{
    if (shared->fade_left == 0)
        return 0;
    shared->fade_left--;
    return (int16_t)(shared->last * shared->fade_left / DEVICE_FADE_SAMPLES);
}

void device_give(struct device_shared *shared, int16_t *pcm, size_t frames, int channels)
{
    see_block(shared, frames);
    bool has_begun = atomic_load_explicit(&shared->ring.written, memory_order_acquire) != 0;
    size_t missed = 0;
    for (size_t done = 0; done < frames;) {
        int16_t mono[MONO_SAMPLES];
        size_t count = frames - done < MONO_SAMPLES ? frames - done : MONO_SAMPLES;
        size_t got = ring_read(&shared->ring, mono, count);
        if (got > 0) {
            shared->last = mono[got - 1];
            shared->fade_left = DEVICE_FADE_SAMPLES;
        }
        missed += count - got;
        for (size_t i = 0; i < count; i++) {
            int16_t sample = i < got ? mono[i] : fade(shared);
            for (int c = 0; c < channels; c++)
                pcm[(done + i) * (size_t)channels + (size_t)c] = sample;
        }
        done += count;
    }
    if (!has_begun)
        return;
    uint32_t left = (uint32_t)ring_level(&shared->ring);
    if (left < atomic_load_explicit(&shared->samples_left, memory_order_relaxed))
        atomic_store_explicit(&shared->samples_left, left, memory_order_relaxed);
    atomic_fetch_add_explicit(&shared->samples_missed, missed, memory_order_relaxed);
}

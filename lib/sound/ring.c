#include "sound/ring.h"

#include <string.h>

_Static_assert((RING_SAMPLES & (RING_SAMPLES - 1)) == 0, "the counters wrap");
_Static_assert(ATOMIC_INT_LOCK_FREE == 2, "a callback may not lock");

void ring_init(struct ring *ring)
{
    atomic_init(&ring->written, 0);
    atomic_init(&ring->read, 0);
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t ring_write(struct ring *ring, const int16_t *pcm, size_t samples)
{
    uint32_t written = atomic_load_explicit(&ring->written, memory_order_relaxed);
    uint32_t read = atomic_load_explicit(&ring->read, memory_order_acquire);
    size_t count = least(samples, RING_SAMPLES - (written - read));
    size_t at = written % RING_SAMPLES;
    size_t first = least(count, RING_SAMPLES - at);
    memcpy(ring->samples + at, pcm, first * sizeof *pcm);
    memcpy(ring->samples, pcm + first, (count - first) * sizeof *pcm);
    atomic_store_explicit(&ring->written, written + (uint32_t)count, memory_order_release);
    return count;
}

size_t ring_read(struct ring *ring, int16_t *pcm, size_t samples)
{
    uint32_t read = atomic_load_explicit(&ring->read, memory_order_relaxed);
    uint32_t written = atomic_load_explicit(&ring->written, memory_order_acquire);
    size_t count = least(samples, written - read);
    size_t at = read % RING_SAMPLES;
    size_t first = least(count, RING_SAMPLES - at);
    if (pcm) {
        memcpy(pcm, ring->samples + at, first * sizeof *pcm);
        memcpy(pcm + first, ring->samples, (count - first) * sizeof *pcm);
    }
    atomic_store_explicit(&ring->read, read + (uint32_t)count, memory_order_release);
    return count;
}

size_t ring_level(const struct ring *ring)
{
    uint32_t read = atomic_load_explicit(&ring->read, memory_order_acquire);
    uint32_t written = atomic_load_explicit(&ring->written, memory_order_acquire);
    return written - read;
}

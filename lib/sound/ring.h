/* A queue of samples between two threads, or two processes that share its memory: one writes, one
 * reads, nobody waits. No locks, no allocation; the holder owns the struct. */
#ifndef DEBATE_SOUND_RING_H
#define DEBATE_SOUND_RING_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/* A power of two: 0.68 s at 48 kHz, 0.17 s at 192 kHz. A loop that is held up for longer loses
 * sound. */
enum { RING_SAMPLES = 32768 };

struct ring {
    _Atomic uint32_t written, read; /* counted since birth, wrapping */
    int16_t samples[RING_SAMPLES];
};

void ring_init(struct ring *ring); /* before either side begins */

/* The writer's: how many of these were taken; the rest found no room. */
size_t ring_write(struct ring *ring, const int16_t *pcm, size_t samples);
/* The reader's: how many were there to be had. `pcm` NULL: throws them away. */
size_t ring_read(struct ring *ring, int16_t *pcm, size_t samples);
/* Either's. The writer may find it lower, the reader higher by the time it acts. */
size_t ring_level(const struct ring *ring);

#endif

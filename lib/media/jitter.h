/* The jitter buffer of one sender: takes packets as they come, gives a frame every 20 ms. Adaptive
 * in both directions, with FEC, concealment, and stretching or shortening of speech so that delay
 * returns after a burst. Pure: time comes in. One thread at a time. */
#ifndef DEBATE_MEDIA_JITTER_H
#define DEBATE_MEDIA_JITTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "media/media.h"

struct jitter;

struct jitter_stats {
    uint64_t frames_played, frames_concealed, frames_recovered; /* recovered: by FEC */
    uint64_t packets_late, packets_duplicate;
    uint64_t samples_stretched, samples_dropped; /* added and taken to move the delay */
    double delay_ms; /* how long the sample played last had waited here */
    double delay_target_ms;
};

struct jitter *jitter_new(void); /* NULL without memory */
void jitter_free(struct jitter *jitter);

/* A packet of 20 ms. seq and timestamp as in RTP, wrap and all. */
void jitter_put(struct jitter *jitter, uint16_t seq, uint32_t timestamp, const uint8_t *payload,
                size_t len, int64_t received_us);
/* The next 20 ms to be heard; silence before the first packet. True when there was sound. */
bool jitter_get(struct jitter *jitter, int64_t now_us, int16_t pcm[MEDIA_FRAME_SAMPLES]);
void jitter_stats(const struct jitter *jitter, struct jitter_stats *out);

#endif

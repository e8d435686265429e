/* The jitter buffer of one sender: takes packets as they come, gives a frame every 20 ms. Adaptive
 * in both directions, with FEC, concealment, and stretching or shortening of speech so that delay
 * returns after a burst. Pure: time comes in. One thread at a time.
 *
 * The target is the lateness that 95 % of the last 8 s kept to (delay.h), in microseconds; where
 * the next packet must be there by then is found against the moments at which frames are fetched,
 * so the delay is what the jitter needs plus less than a frame of phase. A packet that is not there
 * when it is wanted is waited for under concealment; when one after it comes first, it was lost.
 * Above 2 % loss the target takes one frame more, so that the FEC of the next packet is there in
 * time. */
#ifndef DEBATE_MEDIA_JITTER_H
#define DEBATE_MEDIA_JITTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "media/media.h"

enum { JITTER_PACKETS_MAX = 64 }; /* 1.28 s; the oldest goes when one more comes */

struct jitter;

struct jitter_stats {
    uint64_t frames_played;    /* that held a packet's sound; concealed and recovered count aside */
    uint64_t frames_concealed; /* nothing was known */
    uint64_t frames_recovered; /* by FEC */
    uint64_t packets_late, packets_duplicate;
    uint64_t packets_bad;     /* not Opus, too long, or of a timestamp from nowhere */
    uint64_t packets_dropped; /* too old to be worth hearing, or no room */
    uint64_t resyncs;         /* the sender began again with other timestamps */
    uint64_t samples_stretched, samples_dropped; /* added and taken to move the delay */
    double delay_ms;        /* how long the sample played last had waited here */
    double delay_target_ms; /* beyond the earliest packet's */
};

struct jitter *jitter_new(void); /* NULL without memory */
void jitter_free(struct jitter *jitter);

/* A packet, usually of 20 ms. seq and timestamp as in RTP, wrap and all (RFC 3550 section 5.1). A
 * timestamp more than 1 s off, or one that goes back, is believed when the packet after it agrees.
 */
void jitter_put(struct jitter *jitter, uint16_t seq, uint32_t timestamp, const uint8_t *payload,
                size_t len, int64_t received_us);
/* The next 20 ms to be heard; silence before the first packet and long after the last. True when
 * there was sound. Call it once for each 20 ms; a call that is late is made up for by the next. */
bool jitter_get(struct jitter *jitter, int64_t now_us, int16_t pcm[MEDIA_FRAME_SAMPLES]);
void jitter_stats(const struct jitter *jitter, struct jitter_stats *out);

#endif

/* One's own voice without the echo of the loudspeaker, without noise, at an even level: for people
 * who wear no headphones. One thread at a time, and not a device's callback: WebRTC's processing
 * locks.
 *
 * Nobody need tell the delay between loudspeaker and microphone (found within 5 s up to 400 ms),
 * nor have the two clocks agree: frames go in as the devices take and give them, up to three of
 * playout ahead of capture. Cleaning delays the voice by 14 ms. With echo, birth takes a tenth of a
 * second. WebRTC allocates by C++'s new: without memory there the process ends. */
#ifndef DEBATE_MEDIA_VOICE_CLEANER_H
#define DEBATE_MEDIA_VOICE_CLEANER_H

#include <stdbool.h>
#include <stdint.h>

#include "media/media.h"

#ifdef __cplusplus
extern "C" {
#endif

struct voice_cleaner;

struct voice_cleaner_config {
    bool echo;  /* take out what voice_cleaner_playout was told */
    bool noise; /* take out steady noise */
    bool gain;  /* bring quiet voices up, digitally */
};

struct voice_cleaner *voice_cleaner_new(const struct voice_cleaner_config *config); /* NULL: none */
void voice_cleaner_free(struct voice_cleaner *cleaner); /* NULL is allowed */

/* 20 ms that go to the loudspeaker now. */
void voice_cleaner_playout(struct voice_cleaner *cleaner, const int16_t pcm[MEDIA_FRAME_SAMPLES]);
/* 20 ms from the microphone, cleaned in place. */
void voice_cleaner_capture(struct voice_cleaner *cleaner, int16_t pcm[MEDIA_FRAME_SAMPLES]);

#ifdef __cplusplus
}
#endif

#endif

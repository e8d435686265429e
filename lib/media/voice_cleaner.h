/* One's own voice without the echo of the loudspeaker, without noise, at an even level: for people
 * who wear no headphones. One thread at a time; no allocation after birth.
 *
 * The two clocks of capture and playback may differ; frames go in as the devices take and give
 * them. */
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
/* 20 ms from the microphone, cleaned in place. `delay_ms`: from voice_cleaner_playout to the
 * loudspeaker and from the microphone to here, as far as the devices tell; 0: not known. */
void voice_cleaner_capture(struct voice_cleaner *cleaner, int16_t pcm[MEDIA_FRAME_SAMPLES],
                           int delay_ms);

#ifdef __cplusplus
}
#endif

#endif

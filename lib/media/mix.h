/* Adding voices together, and telling whether somebody speaks. Pure. */
#ifndef DEBATE_MEDIA_MIX_H
#define DEBATE_MEDIA_MIX_H

#include <stdbool.h>
#include <stdint.h>

#include "media/media.h"

/* sum += pcm. */
void mix_add(int32_t sum[MEDIA_FRAME_SAMPLES], const int16_t pcm[MEDIA_FRAME_SAMPLES]);
/* Saturates softly above -1.5 dBFS so that three voices at once do not crackle. */
void mix_finish(const int32_t sum[MEDIA_FRAME_SAMPLES], int16_t out[MEDIA_FRAME_SAMPLES]);

/* Speech detection with hysteresis: speaking after 60 ms of speech, silent after 400 ms without. */
struct speech_detector;
struct speech_detector *speech_detector_new(void);
void speech_detector_free(struct speech_detector *detector);
/* True while somebody speaks. */
bool speech_detector_feed(struct speech_detector *detector, const int16_t pcm[MEDIA_FRAME_SAMPLES]);

#endif

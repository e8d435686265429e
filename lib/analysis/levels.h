/* How loud a track is, in four bands of the voice's range, every 10 ms: all that telling speech
 * from silence, and one's own voice from another's, needs to know of its sound. Pure; one thread at
 * a time; the caller holds the struct.
 *
 * Powers are mean squares of full scale: 1 is 0 dBFS of a square wave, and a sine's loudest 0.5. */
#ifndef DEBATE_ANALYSIS_LEVELS_H
#define DEBATE_ANALYSIS_LEVELS_H

#include <stdint.h>

enum {
    LEVEL_FRAME_MS = 10,
    LEVEL_FRAME_SAMPLES = 160, /* at 16 kHz: the voice's range, at a third of the cost */
    LEVEL_BANDS = 4,
};

struct level {
    float power;              /* of everything below 8 kHz */
    float bands[LEVEL_BANDS]; /* 150 to 600, 600 to 1400, 1400 to 3000, 3000 to 7000 Hz */
};

struct level_meter {
    float b0[LEVEL_BANDS], a1[LEVEL_BANDS], a2[LEVEL_BANDS];
    float z1[LEVEL_BANDS], z2[LEVEL_BANDS];
};

void level_meter_init(struct level_meter *meter);
struct level level_meter_feed(struct level_meter *meter, const int16_t pcm[LEVEL_FRAME_SAMPLES]);

/* dB of a power, not below -100. */
float level_db(float power);

#endif

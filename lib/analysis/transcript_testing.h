/* Tracks that tests hold in memory, in the place of track.h's files, and debates around them.
 * cmocka's headers come first. */
#ifndef DEBATE_ANALYSIS_TRANSCRIPT_TESTING_H
#define DEBATE_ANALYSIS_TRANSCRIPT_TESTING_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/track.h"
#include "analysis/transcript.h"

/* By the track's `recording`: sound that begins at session time 0. */
struct test_sound {
    const int16_t *pcm;
    size_t samples;
};
extern struct test_sound test_sounds[8];

struct track_reader {
    const struct test_sound *sound;
};

int64_t track_coarse_sample(double at_ms)
{
    return llround(at_ms * TRACK_COARSE_SAMPLES_MS);
}

enum err track_open_coarse(const struct track *track, struct track_reader **out)
{
    if (!test_sounds[track->recording].pcm)
        return ERR_NOT_FOUND;
    *out = malloc(sizeof **out);
    (*out)->sound = &test_sounds[track->recording];
    return ERR_NONE;
}

/* 16 kHz from 48. */
enum err track_read(struct track_reader *reader, double from_ms, double to_ms, int16_t *pcm)
{
    const struct test_sound *sound = reader->sound;
    for (int64_t at = track_coarse_sample(from_ms); at < track_coarse_sample(to_ms); at++) {
        int sum = 0;
        for (int64_t i = 3 * at; i < 3 * at + 3; i++)
            sum += i < 0 || (size_t)i >= sound->samples ? 0 : sound->pcm[i];
        *pcm++ = (int16_t)(sum / 3);
    }
    return ERR_NONE;
}

enum err track_restart(struct track_reader *reader)
{
    (void)reader;
    return ERR_NONE;
}

void track_close(struct track_reader *reader)
{
    free(reader);
}

#endif

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

int64_t track_sample(double at_ms)
{
    return llround(at_ms * TRACK_SAMPLES_MS);
}

enum err track_open(const struct track *track, struct track_reader **out)
{
    if (!test_sounds[track->recording].pcm)
        return ERR_NOT_FOUND;
    *out = malloc(sizeof **out);
    (*out)->sound = &test_sounds[track->recording];
    return ERR_NONE;
}

enum err track_read(struct track_reader *reader, double from_ms, double to_ms, int16_t *pcm)
{
    for (int64_t at = track_sample(from_ms); at < track_sample(to_ms); at++)
        *pcm++ = at < 0 || (size_t)at >= reader->sound->samples ? 0 : reader->sound->pcm[at];
    return ERR_NONE;
}

void track_close(struct track_reader *reader)
{
    free(reader);
}

#endif

/* Sound whose truth is known, and tracks of it in memory: it takes the place of track.h's reader.
 * cmocka's headers come first. */
#ifndef DEBATE_ANALYSIS_PIECES_TESTING_H
#define DEBATE_ANALYSIS_PIECES_TESTING_H

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/pieces.h"
#include "analysis/track.h"
#include "media/sound_file.h"

enum { STAGE_TRACKS = 8, STAGE_S_MAX = 90, STAGE_RATE = 48000, STAGE_SPEECH = STAGE_RATE / 100 };

/* The tracks that the fake reader reads: full scale is 1. */
static struct stage {
    size_t count;
    double length_s;
    float *sound[STAGE_TRACKS];
    struct track tracks[STAGE_TRACKS];
    struct track_point points[STAGE_TRACKS];
    uint32_t random;
    size_t open; /* readers */
    bool fails;
} stage;

static inline void stage_begin(size_t tracks, double length_s)
{
    assert_true(tracks <= STAGE_TRACKS && length_s <= STAGE_S_MAX);
    for (size_t i = 0; i < STAGE_TRACKS; i++)
        free(stage.sound[i]);
    stage = (struct stage){.count = tracks, .length_s = length_s, .random = 1};
    for (size_t i = 0; i < tracks; i++) {
        stage.sound[i] = calloc((size_t)(length_s * STAGE_RATE), sizeof(float));
        assert_non_null(stage.sound[i]);
        stage.tracks[i] = (struct track){.participant = (unsigned)i + 1,
                                         .recording = i,
                                         .path = "track",
                                         .samples = (uint64_t)(length_s * STAGE_RATE),
                                         .points = &stage.points[i],
                                         .point_count = 1};
    }
}

static inline void stage_end(void)
{
    stage_begin(0, 0);
}

static inline float stage_noise(void)
{
    stage.random = stage.random * 1664525 + 1013904223;
    return (float)(int32_t)stage.random / 2147483648.0f;
}

static inline float stage_factor(double db)
{
    return (float)pow(10, db / 20);
}

/* White, of this RMS. */
static inline void stage_put_noise(size_t track, double from_s, double to_s, double db)
{
    for (size_t i = (size_t)(from_s * STAGE_RATE); i < (size_t)(to_s * STAGE_RATE); i++)
        stage.sound[track][i] += stage_factor(db) * sqrtf(3) * stage_noise();
}

static inline double stage_power(const int16_t *pcm)
{
    double sum = 0;
    for (size_t i = 0; i < STAGE_SPEECH; i++)
        sum += (double)pcm[i] * pcm[i];
    return sum;
}

/* Puts `length_s` of a voice there (a file of testdata/speech again and again), less its pauses:
 * the 10 ms that are less than a hundredth as loud as its loudest. So it begins and ends where it
 * is told to, and its truth needs no ear. -12 dBFS at its peaks, plus `db`. */
static inline void stage_put_speech(size_t track, const char *voice, double at_s, double length_s,
                                    double db)
{
    char path[64];
    snprintf(path, sizeof path, "testdata/speech/%s.opus", voice);
    int16_t *pcm;
    size_t samples;
    assert_int_equal(sound_file_read(path, &pcm, &samples), ERR_NONE);
    double loudest = 0;
    for (size_t i = 0; i + STAGE_SPEECH <= samples; i += STAGE_SPEECH)
        loudest = fmax(loudest, stage_power(pcm + i));
    float *out = stage.sound[track] + (size_t)(at_s * STAGE_RATE);
    size_t left = (size_t)(length_s * STAGE_RATE);
    for (size_t i = 0; left > 0; i = i + 2 * STAGE_SPEECH <= samples ? i + STAGE_SPEECH : 0) {
        if (stage_power(pcm + i) < loudest / 100)
            continue;
        size_t count = left < STAGE_SPEECH ? left : STAGE_SPEECH;
        for (size_t k = 0; k < count; k++)
            *out++ += stage_factor(db - 9) * (float)pcm[i + k] / 32768;
        left -= count;
    }
    mem_free(pcm);
}

/* What a loudspeaker in the room of `to` makes of a track: late, quieter, duller, with an echo from
 * a wall and a reverberation time of 0.4 s. */
static inline void stage_bleed(size_t from, size_t to, double delay_ms, double db)
{
    enum { WALL = 700, ROOM = 1500 };
    size_t samples = (size_t)(stage.length_s * STAGE_RATE);
    size_t delay = (size_t)(delay_ms * STAGE_RATE / 1000);
    const float *in = stage.sound[from];
    float dull = 0, room[ROOM] = {0};
    for (size_t i = delay + WALL; i < samples; i++) {
        float heard = in[i - delay] + 0.4f * in[i - delay - WALL] - 0.6f * room[i % ROOM];
        room[i % ROOM] = heard;
        dull += 0.4f * (heard - dull);
        stage.sound[to][i] += stage_factor(db) * dull;
    }
}

double track_from_ms(const struct track *track)
{
    return track->points[0].at_ms;
}

double track_to_ms(const struct track *track)
{
    return track->points[0].at_ms + (double)track->samples * 1000 / STAGE_RATE;
}

struct track_reader {
    const struct track *track;
};

enum err track_open_coarse(const struct track *track, struct track_reader **out)
{
    *out = mem_alloc(sizeof **out);
    if (!*out)
        return ERR_NO_MEMORY;
    **out = (struct track_reader){track};
    stage.open++;
    return ERR_NONE;
}

static inline float stage_heard(const struct track *track, size_t at)
{
    size_t end = (size_t)(fmin(track_to_ms(track) / 1000, stage.length_s) * STAGE_RATE);
    bool is_in = (double)at >= track_from_ms(track) * STAGE_RATE / 1000 && at < end;
    return is_in ? stage.sound[track->recording][at] * 32768 : 0;
}

/* Session time is the stage's: a track that begins late has nothing before. */
enum err track_read(struct track_reader *reader, double from_ms, double to_ms, int16_t *pcm)
{
    enum { THIRD = TRACK_SAMPLES_MS / TRACK_COARSE_SAMPLES_MS };
    size_t from = (size_t)(from_ms * STAGE_RATE / 1000), to = (size_t)(to_ms * STAGE_RATE / 1000);
    errno = EIO;
    if (stage.fails)
        return ERR_IO;
    for (size_t i = from; i < to; i += THIRD) {
        float sum = 0;
        for (size_t k = 0; k < THIRD; k++)
            sum += stage_heard(reader->track, i + k);
        float at = sum / THIRD;
        *pcm++ = (int16_t)lrintf(at > 32767 ? 32767 : at < -32768 ? -32768 : at);
    }
    return ERR_NONE;
}

void track_close(struct track_reader *reader)
{
    stage.open -= reader != NULL;
    mem_free(reader);
}

static inline struct pieces_set *stage_cut(void)
{
    struct debate debate = {.started = true};
    struct pieces_set *set = NULL;
    char why[128] = "";
    if (pieces_cut(&debate, stage.tracks, stage.count, NULL, NULL, &set, why, sizeof why))
        fail_msg("%s", why);
    assert_int_equal(stage.open, 0);
    return set;
}

/* Fails unless these are the pieces, all of them, to 50 ms. */
struct stage_piece {
    unsigned participant;
    double from_s, to_s;
};

static inline void assert_pieces(const struct pieces *got, const struct stage_piece *wanted,
                                 size_t count)
{
    bool differs = got->count != count;
    for (size_t i = 0; i < got->count && !differs; i++)
        differs = got->pieces[i].participant != wanted[i].participant ||
                  fabs(got->pieces[i].from_ms - 1000 * wanted[i].from_s) > 50 ||
                  fabs(got->pieces[i].to_ms - 1000 * wanted[i].to_s) > 50;
    for (size_t i = 0; i < got->count && differs; i++)
        print_error("got p%u %.2f to %.2f s\n", got->pieces[i].participant,
                    got->pieces[i].from_ms / 1000, got->pieces[i].to_ms / 1000);
    assert_int_equal(got->count, count);
    assert_false(differs);
}

#define ASSERT_PIECES(set, ...)                                                                    \
    do {                                                                                           \
        const struct stage_piece wanted_[] = {__VA_ARGS__};                                        \
        assert_pieces(pieces_of(set), wanted_, sizeof wanted_ / sizeof wanted_[0]);                \
    } while (0)

#endif

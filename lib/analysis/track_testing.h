/* For the tests of what is made of recordings: a debate with tracks that real recording code wrote,
 * in no time, from capture whose clock drifts, stops and is read with jitter. cmocka's headers come
 * first. */
#ifndef DEBATE_ANALYSIS_TRACK_TESTING_H
#define DEBATE_ANALYSIS_TRACK_TESTING_H

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/track.h"
#include "media/recording.h"

#define TRACK_SESSION "s_AbCdEfGhIjKlMnOpQrStUv"
enum { PIP_SAMPLES = 480, PIP_LEVEL = 12000 };
static const int64_t track_start_at_ms = INT64_C(1763872345000);

/* Session time at which capture was missed; whole frames. */
struct missed {
    double from_ms, to_ms;
};

/* How one participant's recorder goes. The monotonic clock of its machine runs `clock_ppm` fast
 * against the session's, the sound card's `card_ppm` against the monotonic one. */
struct recorder {
    double start_ms, end_ms; /* session time of the first and the last sample */
    double card_ppm, clock_ppm;
    double jitter_ms; /* frames are stamped up to this late */
    const double *pips_ms;
    size_t pip_count; /* at these session times a pip sounds */
    const struct missed *missed;
    size_t missed_count;
    bool is_cut_off; /* nobody ends it */
};

/* A pip: 10 ms that rise and fall. Its middle is its instant. */
static inline double pip_at(double from_middle_ms)
{
    static const double half_ms = PIP_SAMPLES / 2.0 / TRACK_SAMPLES_MS;
    if (fabs(from_middle_ms) >= half_ms)
        return 0;
    return PIP_LEVEL * sin(2 * M_PI * 1.1 * from_middle_ms + 0.7) *
           (1 + cos(M_PI * from_middle_ms / half_ms)) / 2;
}

static inline double noise(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(*state >> 33) / (double)(UINT64_C(1) << 31);
}

/* Which of the recorder's frames begins at that session time is no matter of chance: its card's
 * samples are `ms` of session time apart. */
static inline void capture(const struct recorder *recorder, struct recording *recording,
                           int64_t began_us)
{
    double rate = 1 + recorder->clock_ppm / 1e6; /* monotonic ms a session ms */
    double sample_ms = 1 / (TRACK_SAMPLES_MS * (1 + recorder->card_ppm / 1e6) * rate);
    uint64_t state = 1;
    size_t pip = 0, missed = 0;
    for (uint64_t frame = 0;; frame++) {
        double at_ms = recorder->start_ms + (double)frame * MEDIA_FRAME_SAMPLES * sample_ms;
        double to_ms = at_ms + MEDIA_FRAME_SAMPLES * sample_ms;
        int16_t pcm[MEDIA_FRAME_SAMPLES] = {0};
        if (to_ms > recorder->end_ms)
            break;
        while (missed < recorder->missed_count && at_ms >= recorder->missed[missed].to_ms)
            missed++;
        if (missed < recorder->missed_count && at_ms >= recorder->missed[missed].from_ms)
            continue;
        while (pip < recorder->pip_count && recorder->pips_ms[pip] < at_ms - 10)
            pip++;
        if (pip < recorder->pip_count && recorder->pips_ms[pip] < to_ms + 10) {
            for (size_t i = 0; i < MEDIA_FRAME_SAMPLES; i++)
                pcm[i] =
                    (int16_t)lround(pip_at(at_ms + (double)i * sample_ms - recorder->pips_ms[pip]));
        }
        double clock_ms = (at_ms - recorder->start_ms) * rate;
        double late_ms = frame ? recorder->jitter_ms * noise(&state) : 0;
        int64_t captured_us = began_us + llround((clock_ms + late_ms) * 1000);
        assert_int_equal(recording_write(recording, pcm, captured_us), ERR_NONE);
        assert_int_equal(recording_session_clock(recording, captured_us,
                                                 (double)track_start_at_ms + recorder->start_ms +
                                                     (clock_ms + late_ms) / rate),
                         ERR_NONE);
    }
}

/* Writes `path` and its timeline. */
static inline void record(const struct recorder *recorder, const char *path,
                          const char *recording_id, struct recording_summary *summary)
{
    const int64_t began_us = 777000000;
    struct recording *recording = NULL;
    assert_int_equal(recording_start(path, recording_id,
                                     llround((double)track_start_at_ms + recorder->start_ms),
                                     began_us, &recording),
                     ERR_NONE);
    capture(recorder, recording, began_us);
    assert_int_equal(recording_stop(recording, summary), ERR_NONE);
}

/* How far from `at_ms` the track's pip is: the best match within `search_ms`. */
static inline double pip_off_ms(struct track_reader *reader, double at_ms, double search_ms)
{
    double from_ms = at_ms - search_ms - 10, to_ms = at_ms + search_ms + 10;
    size_t count = (size_t)(track_sample(to_ms) - track_sample(from_ms));
    int16_t *pcm = malloc(count * sizeof *pcm);
    assert_non_null(pcm);
    assert_int_equal(track_read(reader, from_ms, to_ms, pcm), ERR_NONE);
    double pip[PIP_SAMPLES];
    for (size_t i = 0; i < PIP_SAMPLES; i++)
        pip[i] = pip_at(((double)i - PIP_SAMPLES / 2.0) / TRACK_SAMPLES_MS);
    double best = -1, best_off_ms = NAN,
           first_ms = (double)track_sample(from_ms) / TRACK_SAMPLES_MS;
    for (size_t lag = 0; lag + PIP_SAMPLES < count; lag++) {
        double sum = 0;
        for (size_t i = 0; i < PIP_SAMPLES; i++)
            sum += pcm[lag + i] * pip[i];
        if (sum > best) {
            best = sum;
            best_off_ms = first_ms + (double)(lag + PIP_SAMPLES / 2) / TRACK_SAMPLES_MS - at_ms;
        }
    }
    free(pcm);
    /* What is found sounds at least half as loud as it was. */
    double whole = PIP_LEVEL * (double)PIP_LEVEL * PIP_SAMPLES * 3 / 16;
    return best > whole / 4 ? best_off_ms : NAN;
}

#endif

/* A participant's own voice on disk: Ogg Opus as it is captured, and a timeline that proves it
 * complete (samples counted against the monotonic clock, gaps, drift).
 *
 * `NAME.opus` grows page by page, at most a second behind; `NAME.timeline.json` is rewritten beside
 * it (to a temporary name, then renamed) every few seconds and at the end. One thread at a time;
 * blocks on the disk, so not from an audio callback. */
#ifndef DEBATE_MEDIA_RECORDING_H
#define DEBATE_MEDIA_RECORDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "media/media.h"

struct recording;

struct recording_summary {
    uint64_t samples;     /* in the file */
    uint64_t gap_samples; /* of these, silence put in for capture that was missed */
    size_t gaps;
    double drift_ppm; /* capture clock against the monotonic one; 0 when under 10 s */
    int64_t duration_ms;
    bool complete; /* samples agree with the clock to 40 ms at the end */
};

/* Starts a file. `started_at_ms`: the session's clock at the first sample. ERR_IO with errno. */
enum err recording_start(const char *path, const char *recording_id, int64_t started_at_ms,
                         int64_t started_us, struct recording **out) MUST_CHECK;
/* 20 ms whose first sample was captured at captured_us (CLOCK_MONOTONIC). A gap of more than two
 * frames since the last becomes silence and a line in the timeline. */
enum err recording_write(struct recording *recording, const int16_t pcm[MEDIA_FRAME_SAMPLES],
                         int64_t captured_us) MUST_CHECK;
/* Ends the file properly; frees the recording in any case. */
enum err recording_stop(struct recording *recording, struct recording_summary *summary) MUST_CHECK;

#endif

/* A participant's own voice on disk: Ogg Opus as it is captured, and a timeline that proves it
 * complete (samples counted against the monotonic clock, gaps, drift).
 *
 * `NAME.opus` grows page by page; what is on disk is at most a second behind and always readable up
 * to there, whenever the process dies (in the first half second it holds headers alone, which no
 * reader takes). Beside it `NAME.timeline` grows line by line, appended as things happen and never
 * rewritten. Both are created 0600 and must not exist before. One thread at a time; blocks on the
 * disk, so not from an audio callback.
 *
 * The timeline is text, one line a fact, a key and values separated by single spaces:
 *
 *     debate-timeline 1
 *     recording_id r_abc
 *     started_at_ms 1763872345678    the session's clock at the first sample
 *     rate 48000                     samples a second in the file
 *     at SAMPLE CLOCK_US             sample number SAMPLE (from 0) was captured CLOCK_US after the
 *                                    first one, by the monotonic clock; every 2 s
 *     session CLOCK_US AT_US         the session's clock, microseconds since the Unix epoch, as it
 * was known CLOCK_US after the first sample; every 10 s gap SAMPLE LENGTH              LENGTH
 * samples of silence stand at SAMPLE for capture that was missed end SAMPLES DURATION_MS DRIFT_PPM
 * COMPLETE the file's length; the clock's; capture's clock against the monotonic one, above 0 when
 * it runs fast; yes or no
 *
 * Without an `end` line the recording was cut off; a last line without its newline does not count.
 * Unknown keys are skipped. */
#ifndef DEBATE_MEDIA_RECORDING_H
#define DEBATE_MEDIA_RECORDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "media/media.h"

struct recording;

struct recording_summary {
    uint64_t samples;     /* in the file */
    uint64_t gap_samples; /* of these, silence put in for capture that was missed */
    size_t gaps;
    double drift_ppm; /* capture clock against the monotonic one; 0 when under 10 s */
    int64_t duration_ms;
    bool complete; /* samples agree with the clock to 40 ms at the end, drift allowed for */
};

/* Starts NAME.opus (`path`) and NAME.timeline; a path without `.opus` gets `.timeline` behind it.
 * `started_at_ms`: the session's clock at the first sample; `started_us`: CLOCK_MONOTONIC then.
 * ERR_IO with errno, EEXIST when one of the files is there already: nothing is left behind.
 * ERR_BAD_REQUEST: an id that is empty or has a space or a control character, or a path too long.
 */
enum err recording_start(const char *path, const char *recording_id, int64_t started_at_ms,
                         int64_t started_us, struct recording **out) MUST_CHECK;
/* 20 ms whose first sample was captured at captured_us (CLOCK_MONOTONIC). A gap of more than two
 * frames since the last becomes silence and a line in the timeline. After an error every further
 * write fails with the same, and the file stays readable. */
enum err recording_write(struct recording *recording, const int16_t pcm[MEDIA_FRAME_SAMPLES],
                         int64_t captured_us) MUST_CHECK;
/* What the session's clock is known to say at clock_us (CLOCK_MONOTONIC): a line in the timeline
 * when the last is 10 s old. What both clocks drift apart is seen in these. */
enum err recording_session_clock(struct recording *recording, int64_t clock_us,
                                 double at_ms) MUST_CHECK;
/* Ends the file properly; frees the recording in any case. `summary` may be NULL. */
enum err recording_stop(struct recording *recording, struct recording_summary *summary) MUST_CHECK;

/* How long a recording on disk is, also one that was cut off: then up to the last page that stands
 * there, without drift, and not complete. ERR_IO with errno, ERR_CORRUPT. */
enum err recording_measure(const char *path, struct recording_summary *out) MUST_CHECK;

struct timeline_gap {
    uint64_t sample, length;
};

struct timeline_checkpoint {
    uint64_t sample;
    int64_t clock_us;
};

struct timeline_reading {
    int64_t clock_us, at_us;
};

/* What a timeline says, in the order in which it says it. Held by the caller; what it points to is
 * freed by timeline_release. */
struct timeline {
    char *recording_id;
    int64_t started_at_ms;
    uint32_t rate_hz;
    struct timeline_checkpoint *checkpoints;
    size_t checkpoint_count;
    struct timeline_reading *readings; /* `session` */
    size_t reading_count;
    struct timeline_gap *gaps;
    size_t gap_count;
    bool ended; /* there was an `end`; only then the summary holds */
    struct recording_summary summary;
};

/* Where the timeline of a recording lies: NAME.opus, .ogg or .webm has NAME.timeline, anything else
 * gets .timeline behind it. False: too long. */
bool timeline_beside(const char *path, char *out, size_t size);
/* ERR_IO with errno; ERR_CORRUPT when it is not a timeline; ERR_TOO_LARGE above 16 MiB. On an error
 * there is nothing to release. */
enum err timeline_read(const char *path, struct timeline *out) MUST_CHECK;
/* From its text, which is cut to pieces. ERR_CORRUPT, ERR_NO_MEMORY. */
enum err timeline_parse(char *text, struct timeline *out) MUST_CHECK;
void timeline_release(struct timeline *timeline);

enum {
    TIMELINE_COMPACT_MAX = 1200, /* bytes: what is sent along with a recording, in a header */
    TIMELINE_COMPACT_GAPS = 16
};
/* Takes the jitter of capture out of checkpoints that are a few seconds apart: each moves to the
 * straight line through those around it. What jumps, or has a gap between, keeps its edge. */
enum err timeline_smooth(struct timeline *timeline) MUST_CHECK;
/* Drops the checkpoints that lie within `tolerance_us` of the straight line between those around
 * them. They must ascend. */
void timeline_thin(struct timeline *timeline, int64_t tolerance_us);
/* Appends a timeline that says the same in a few lines, at most TIMELINE_COMPACT_MAX bytes:
 * smoothed; thinned to 1 ms, or to whatever fits; what is known of the session's clock as two
 * readings on the straight line through all; the first gaps alone. Changes `timeline` to that.
 * ERR_NO_MEMORY, ERR_FULL. */
enum err timeline_compact(struct timeline *timeline, struct buf *out) MUST_CHECK;

#endif

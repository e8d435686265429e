/* Where the sound is: each recording found on disk and placed on session time, and read from there.
 *
 * A recording is placed by the timeline that came with it (media/recording.h): where its first
 * sample lies on the session's clock, and how its own clock went against that. A timeline is
 * somebody else's word: one that contradicts itself, the file or the log by more than 2 s is not
 * believed, and the recording placed as one without: its first sample at the log's `started_at`,
 * all others at 48 kHz.
 *
 * Nothing here holds more of a recording than a block: the length of a debate costs some 100 bytes
 * a second of WebM, and nothing for Ogg. Blocks on the disk. A `tracks` never changes and may be
 * used by any thread; a reader by one at a time. */
#ifndef DEBATE_ANALYSIS_TRACK_H
#define DEBATE_ANALYSIS_TRACK_H

#include <stddef.h>
#include <stdint.h>

#include "analysis/analysis.h"
#include "base/buf.h"
#include "base/err.h"

struct tracks;

/* One track for each of the debate's recordings, in their order: tracks_all()[i].recording is i. A
 * recording that is not there, or is no sound that can be read, has `missing` and no `path`.
 *
 * `dir` is the server's data directory, or a folder that somebody put together: a recording is
 * looked for as `dir/PATH` of the log, as `dir/NAME`, as `dir/RECORDING_ID` with .opus, .ogg or
 * .webm, and beside a `*.timeline` in `dir` that names it. The debate is needed no more afterwards.
 * ERR_IO with errno when `dir` cannot be read, ERR_NO_MEMORY. */
enum err tracks_place(const struct debate *debate, const char *dir, struct tracks **out) MUST_CHECK;
const struct track *tracks_all(const struct tracks *tracks, size_t *count);
void tracks_free(struct tracks *tracks); /* NULL is allowed */

/* As a document; paths are written relative to the `dir` that they were found in, which is given
 * again to read them. ERR_CORRUPT when it is not such a document; it may come from an older
 * program, not from a stranger. */
enum err tracks_json(const struct tracks *tracks, struct buf *out) MUST_CHECK;
enum err tracks_from_json(const char *text, size_t len, const char *dir,
                          struct tracks **out) MUST_CHECK;

/* The session time of the first sample, and of the one behind the last; both 0 without sound. */
double track_from_ms(const struct track *track);
double track_to_ms(const struct track *track);

enum {
    TRACK_SAMPLES_MS = 48,        /* what track_read gives: samples a millisecond */
    TRACK_COARSE_SAMPLES_MS = 16, /* the same of one that was opened as coarse */
};
/* Which sample on session time lies at `at_ms`; sample 0 at 0. */
int64_t track_sample(double at_ms);
int64_t track_coarse_sample(double at_ms);

struct track_reader;

/* The track must outlive the reader. ERR_NOT_FOUND when it has no sound, ERR_IO with errno,
 * ERR_CORRUPT, ERR_NO_MEMORY. */
enum err track_open(const struct track *track, struct track_reader **out) MUST_CHECK;
/* For machines that listen: at 16 kHz, and between samples the nearest is taken. Costs half. */
enum err track_open_coarse(const struct track *track, struct track_reader **out) MUST_CHECK;
/* Sound of session time: 48 kHz, mono, silence where there is none; writes exactly
 * track_sample(to_ms) - track_sample(from_ms) samples (coarse: track_coarse_sample's), so that
 * stretches that meet fit together without a seam. Reading on from where the last call ended
 * decodes each sample once; anything else seeks, and decodes at most 0.2 s more than was asked.
 * What is damaged in the file is silence. ERR_IO with errno, ERR_NO_MEMORY. */
enum err track_read(struct track_reader *reader, double from_ms, double to_ms,
                    int16_t *pcm) MUST_CHECK;
/* As if it had just been opened, so that the same is read as then, to the bit. Of what a browser
 * recorded, opening goes through the whole file; this does not. After an error it can only be
 * closed. Errors as track_open. */
enum err track_restart(struct track_reader *reader) MUST_CHECK;
void track_close(struct track_reader *reader); /* NULL is allowed */

#endif

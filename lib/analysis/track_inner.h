/* What the files of track.h share. */
#ifndef DEBATE_ANALYSIS_TRACK_INNER_H
#define DEBATE_ANALYSIS_TRACK_INNER_H

#include "analysis/track.h"

/* Each track owns what it points to. */
struct tracks {
    struct track *tracks;
    size_t count;
    char *dir;
};

/* With `count` empty tracks; NULL without memory. */
struct tracks *tracks_new(const char *dir, size_t count);

/* The sample of the file at a session time; the track has points. */
double track_sample_at(const struct track *track, double at_ms);

/* How many of the samples from `at_ms` on, 48 to the millisecond, lie on one straight line, and the
 * file's samples that pass in each. At least 1. */
size_t track_run(const struct track *track, double at_ms, size_t count, double *step);

/* The path of the recording's file in `dir`, the caller's to mem_free; NULL when there is none.
 * ERR_NO_MEMORY, ERR_IO with errno: `dir` cannot be read. */
enum err track_find(const char *dir, const struct debate_recording *recording,
                    char **path) MUST_CHECK;
/* Whether the file's SHA-256 is another than `sha256`, lower-case hex. ERR_IO with errno,
 * ERR_NO_MEMORY. */
enum err track_is_altered(const char *path, const char *sha256, bool *altered) MUST_CHECK;

#endif

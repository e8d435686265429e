/* From how far speech stands out, frame by frame, to stretches of speech (talkspurts). Inner part
 * of cutter.h. Pure; one thread at a time; the holder keeps the struct.
 *
 * Frames that stand out by SPURT_LOW_DB and follow one another are a run; a run with a frame that
 * stands out by SPURT_HIGH_DB is speech. Runs with less than SPURT_CLOSURE between them belong
 * together, together they must have SPURT_LEAST frames, and such stretches become one where the gap
 * is shorter than SPURT_GAP. So a stretch is known only some frames after its end: no more than
 * SPURT_LATE. */
#ifndef DEBATE_ANALYSIS_SPURT_H
#define DEBATE_ANALYSIS_SPURT_H

#include <stdbool.h>
#include <stdint.h>

#include "analysis/levels.h"
#include "analysis/pieces.h"

#define SPURT_HIGH_DB 9.0f
#define SPURT_LOW_DB  5.0f

enum {
    SPURT_CLOSURE = 150 / LEVEL_FRAME_MS, /* of a stop consonant, before its release */
    SPURT_LEAST = 100 / LEVEL_FRAME_MS,   /* shorter are clicks, taps, knocks */
    SPURT_GAP = PIECE_GAP_MS / LEVEL_FRAME_MS,
    SPURT_RUN = 1000 / LEVEL_FRAME_MS, /* a run is handed on, or given up, after this */
    SPURT_LATE = SPURT_GAP + SPURT_LEAST * (SPURT_CLOSURE + 1) + SPURT_RUN,
};

/* Frames are numbered from the start of the debate. */
struct spurt {
    int64_t from, to;
};

struct spurts {
    bool in_run, run_is_high;
    int64_t run_from;
    struct spurt stretch; /* runs that belong together; empty: there are none */
    int64_t heard;        /* frames of its runs */
    struct spurt open;    /* may still grow; empty: there is none */
    struct spurt closed;  /* waits to be taken */
};

/* How far frame `at` stands out. Frames come in order, without gaps. True: `*out` is a spurt that
 * nothing will be added to any more. */
bool spurts_feed(struct spurts *spurts, int64_t at, float stands_out_db, struct spurt *out);
/* Nothing follows what was fed before `at` any more: called until it is false, it gives what is
 * left. */
bool spurts_finish(struct spurts *spurts, int64_t at, struct spurt *out);

#endif

/* Cuts the sound of several people, given second by second, into pieces of speech. Inner part of
 * pieces.h. Pure; one thread at a time.
 *
 * A lane is one person's sound. Speech stands out of the noise around it: in four bands, each
 * against the quietest tenth of the three seconds before and after. Noise that is as steady as that
 * of a fan is none, even where it sets in. A lane in which another's voice is heard, late, quieter
 * and coloured as a loudspeaker in the room makes it, has that taken out first (bleed.h). All of it
 * looks CUTTER_AHEAD ahead, and nothing is kept for longer than the longest piece. */
#ifndef DEBATE_ANALYSIS_CUTTER_H
#define DEBATE_ANALYSIS_CUTTER_H

#include <stddef.h>
#include <stdint.h>

#include "analysis/analysis.h"
#include "analysis/levels.h"
#include "base/err.h"

enum {
    CUTTER_BLOCK = 1000 / LEVEL_FRAME_MS, /* frames */
    CUTTER_BLOCK_SAMPLES = CUTTER_BLOCK * LEVEL_FRAME_SAMPLES,
    CUTTER_AHEAD = 20 * CUTTER_BLOCK,
};

struct cutter;

/* One lane for each of these, ascending. NULL without memory. */
struct cutter *cutter_new(const unsigned *participants, size_t lanes);
void cutter_free(struct cutter *cutter); /* NULL is allowed */

/* What a lane has in the coming block: the frames from `from` to before `to`, of this track. `pcm`
 * is the whole block's, at 16 kHz. What is not given is no sound at all. */
void cutter_hear(struct cutter *cutter, size_t lane, size_t track, const int16_t *pcm, size_t from,
                 size_t to);
/* The block is complete for all lanes. ERR_NO_MEMORY. */
enum err cutter_next(struct cutter *cutter) MUST_CHECK;
/* Nothing more comes. The pieces are in order and live as long as the cutter. ERR_NO_MEMORY. */
enum err cutter_finish(struct cutter *cutter, struct pieces *out) MUST_CHECK;

#endif

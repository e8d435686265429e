/* What of one lane's sound came out of a loudspeaker and is another lane's voice. Inner part of
 * cutter.h. Pure; one thread at a time.
 *
 * Whoever hears others by loudspeaker has their voices on the own track: later by the way from
 * mouth to ear, quieter, and coloured. For each ordered pair of lanes the levels of four bands are
 * correlated at every delay that is possible, over each second in which the one spoke and the other
 * was not silent, but not as loud. Bleed follows the voice that it came from almost exactly; two
 * people who speak at once do not follow one another. Where it is found, what the voice must have
 * left of itself is taken out of each frame, and only what stands out of that is one's own. */
#ifndef DEBATE_ANALYSIS_BLEED_H
#define DEBATE_ANALYSIS_BLEED_H

#include "analysis/cutter_inner.h"

struct bleed *bleed_new(size_t lanes); /* NULL without memory */
void bleed_free(struct bleed *bleed);  /* NULL is allowed */

/* Learns from the block at frame `at`; the one behind it has been measured too. */
void bleed_learn(struct cutter *cutter, int64_t at);
/* The powers of the lane's frame `at` without others' voices; frames come in order. */
void bleed_take_out(struct cutter *cutter, size_t lane, int64_t at, float own[LEVEL_BANDS]);

#endif

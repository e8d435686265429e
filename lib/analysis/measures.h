/* What can be measured of a debate from its log and from who spoke when, without any model. Pure;
 * any thread.
 *
 * The definitions, which debate-measures(7) explains (H: Heldner & Edlund, Pauses, gaps and
 * overlaps in conversations, J. Phonetics 38, 2010; S: Sacks, Schegloff & Jefferson, A simplest
 * systematics for the organization of turn-taking, Language 50, 1974; L: Levinson & Torreira,
 * Timing in turn-taking, Frontiers in Psychology 6, 2015):
 *
 * - Talk is what the pieces cover.
 * - A turn is one person's talk, joined over silences of up to MEASURE_LAPSE_MS in which nobody
 * else begins a turn (H: a pause is a silence within a speaker; S: a longer one is a lapse, after
 * which anybody may begin). It belongs to the page that it begins on.
 * - A pause is a silence inside a turn; a gap, one between the turns of two people (H).
 * - A backchannel is talk of less than MEASURE_BACKCHANNEL_MS, all of it while another speaks who
 *   goes on. It is talk, but no turn, and ends nobody's.
 * - An overlap begins when somebody begins a turn, or a backchannel, while another is speaking in a
 *   turn (of several, the one whose turn began last), and ends when either of them falls silent. If
 *   the other's turn had begun less than MEASURE_TOGETHER_MS before: TOGETHER. If the other's turn
 *   ends first: HANDOVER when it ends less than MEASURE_HANDOVER_MS later, else INTERRUPTION. If
 * the one who came in ends first: BACKCHANNEL or ATTEMPT.
 * - Latency is from the end of another's turn, the last that anybody spoke, to the beginning of
 * one's own: positive over a gap, negative in a handover (H: between-speaker interval).
 * - Balance is Shannon's entropy of the shares of talk over its maximum (Pielou's evenness); Gini,
 *   half the relative mean difference. */
#ifndef DEBATE_ANALYSIS_MEASURES_H
#define DEBATE_ANALYSIS_MEASURES_H

#include "analysis/analysis.h"
#include "base/buf.h"
#include "base/err.h"

enum {
    MEASURE_LAPSE_MS = 2000,       /* ours */
    MEASURE_BACKCHANNEL_MS = 1000, /* ours: "mhm", "yes, right"; longer ones want the floor */
    MEASURE_TOGETHER_MS = 200,     /* H: the shortest reaction to another's speech */
    MEASURE_HANDOVER_MS = 500,     /* L: three in four overlaps of everyday talk are below 380 ms */
    MEASURE_CHOICE_MS = 60000,     /* the minute before a choice */
};

struct measures_set; /* owns what measures_of shows */

const struct measures *measures_of(const struct measures_set *set);
void measures_free(struct measures_set *set); /* NULL is allowed */

/* The tracks say who was heard at all. ERR_NO_MEMORY; ERR_CORRUPT when a piece is of nobody in the
 * debate, or pieces are out of order. */
enum err measures_take(const struct debate *debate, const struct track *tracks, size_t track_count,
                       const struct pieces *pieces, struct measures_set **out) MUST_CHECK;

/* Appends one object; what is not a number is null. ERR_FULL, ERR_NO_MEMORY. */
enum err measures_json(const struct measures *measures, size_t page_count,
                       struct buf *out) MUST_CHECK;
/* What measures_json wrote; further fields are ignored. ERR_CORRUPT when it is something else,
 * ERR_NO_MEMORY. */
enum err measures_from_json(const char *text, size_t len, struct measures_set **out) MUST_CHECK;

/* "backchannel", "interruption", "attempt", "handover", "together"; static. */
const char *overlap_kind_name(enum overlap_kind kind);

#endif

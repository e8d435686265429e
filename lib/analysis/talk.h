/* Turns, and who talks over whom, by the definitions of measures.h. Inner part of it. Pure. */
#ifndef DEBATE_ANALYSIS_TALK_H
#define DEBATE_ANALYSIS_TALK_H

#include "analysis/analysis.h"
#include "base/err.h"

enum { TALK_NO_TURN = -1 };

/* Talk without a pause: pieces that touch are one. In order of time. */
struct talk_unit {
    unsigned who;
    double from_ms, to_ms;
    long turn; /* TALK_NO_TURN: a backchannel */
};

struct talk_turn {
    unsigned who;
    double from_ms, to_ms;
    double talk_ms;
    size_t first_unit;
    bool has_latency;
    double latency_ms;
};

struct talk {
    struct talk_unit *units;
    size_t unit_count;
    struct talk_turn *turns; /* by beginning */
    size_t turn_count;
    struct overlap *overlaps;
    size_t overlap_count;
    size_t *by_person; /* indices of units, by person and time */
    size_t person_first[LIMIT_PARTICIPANTS + 2];
};

/* `talk_release` in any case. ERR_NO_MEMORY. The pieces are in order. */
enum err talk_make(struct talk *talk, const struct pieces *pieces) MUST_CHECK;
void talk_release(struct talk *talk);

#endif

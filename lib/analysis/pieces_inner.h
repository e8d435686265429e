/* What pieces.c and pieces_json.c share. */
#ifndef DEBATE_ANALYSIS_PIECES_INNER_H
#define DEBATE_ANALYSIS_PIECES_INNER_H

#include "analysis/pieces.h"

struct pieces_set {
    struct pieces shown;
    struct piece *pieces;
};

#endif

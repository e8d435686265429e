/* What measures.c and measures_json.c share. */
#ifndef DEBATE_ANALYSIS_MEASURES_INNER_H
#define DEBATE_ANALYSIS_MEASURES_INNER_H

#include "analysis/measures.h"

struct measures_set {
    struct measures measures;
};

/* Room for so many, zeroed. ERR_NO_MEMORY. */
enum err measures_people_new(struct measures *measures, size_t people, size_t pages) MUST_CHECK;

#endif

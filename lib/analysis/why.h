/* Why something is missing. The documents hold a note of it: a code, and the parts of its sentence,
 * each on a line; before them may stand whose it is ("p2"). A report says it in its reader's
 * language. Pure; any thread. */
#ifndef DEBATE_ANALYSIS_WHY_H
#define DEBATE_ANALYSIS_WHY_H

#include <stddef.h>

#include "proto/problem.h"

enum { WHY_SIZE = 1024 };

/* Each with the parts that its sentence holds: {1}, {2}, {3}. */
enum why {
    WHY_NOT_ARRIVED,
    WHY_GONE,
    WHY_NO_OPUS,
    WHY_NO_SOUND,
    WHY_LANGUAGE_UNKNOWN,
    WHY_ENGLISH_ALONE,  /* which language it is */
    WHY_NO_RECOGNISER,  /* its path */
    WHY_DOES_NOT_START, /* its path; the system's word */
    WHY_CRASHED,        /* the signal */
    WHY_NO_ACOUSTIC_MODEL,
    WHY_ENDED, /* its status */
    WHY_HUNG,  /* s */
    WHY_SAID_NONSENSE,
    WHY_PIECE_UNREADABLE,
    WHY_PIECE_UNANSWERED, /* the service; what it said */
    WHY_NO_MODEL,
    WHY_NO_TRANSCRIPT,
    WHY_NOBODY_SPOKE,
    WHY_PART_UNANSWERED, /* the service; "1/3"; what it said */
    WHYS
};

/* The note, cut to `size`; parts that its sentence does not hold are NULL. */
void why_note(char *out, size_t size, enum why why, const char *first, const char *second,
              const char *third);
/* The sentence of a note, one line for people; any other text as it is. */
void why_say(const char *note, enum lang lang, char *out, size_t size);

#endif

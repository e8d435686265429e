/* Why something is missing, one line for people. The documents hold it in English, as whoever found
 * it wrote it down; a report in another language finds the sentence again in the same table. Pure;
 * any thread. */
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
    WHY_NO_WORDS,
    WHY_ENDED, /* its status */
    WHY_HUNG,  /* s */
    WHY_SAID_NONSENSE,
    WHY_PIECE_UNREADABLE,
    WHY_PIECE_UNANSWERED, /* the service; what it said */
    WHY_NO_MODEL,
    WHY_NO_TRANSCRIPT,
    WHY_NOBODY_SPOKE,
    WHY_PART_UNANSWERED, /* the service; "1/3"; what it said */
    WHY_OF,              /* the participant's number; another of these */
    WHYS
};

/* The sentence in English, cut to `size`; parts that it does not hold are NULL. */
void why_say(char *out, size_t size, enum why why, const char *first, const char *second,
             const char *third);
/* What why_say made, in this language; any other text as it is. */
void why_translate(const char *text, enum lang lang, char *out, size_t size);

#endif

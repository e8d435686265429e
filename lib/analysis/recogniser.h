/* The embedded recogniser: English speech into words without any service. It is a program of its
 * own, debate-recogniser, whose crash or hang costs one track. One thread at a time; blocks. */
#ifndef DEBATE_ANALYSIS_RECOGNISER_H
#define DEBATE_ANALYSIS_RECOGNISER_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

#define RECOGNISER_ENGINE "pocketsphinx"
#define RECOGNISER_MODEL  "en-us"

struct recogniser;

/* Starts the program; what it hears in one track must not change another's words, so each has its
 * own. ERR_UNAVAILABLE with one line in `why`, ERR_NO_MEMORY. */
enum err recogniser_start(const char *program, struct recogniser **out, char *why,
                          size_t why_size) MUST_CHECK;
/* Ends the program, however it is; NULL is allowed. */
void recogniser_end(struct recogniser *recogniser);

/* Puts samples (16 bit mono at STT_RATE_HZ) into words: appends an answer in the form of
 * stt.h's. ERR_UNAVAILABLE with one line in `why` when it crashed, or took longer than
 * `patience_ms` and was ended; it is of no more use then. ERR_NO_MEMORY. */
enum err recogniser_hear(struct recogniser *recogniser, const void *pcm16, size_t bytes,
                         double patience_ms, struct buf *answer, char *why,
                         size_t why_size) MUST_CHECK;

#endif

/* What a language model finds in a transcript: positions, arguments, and where agreement moved. One
 * thread at a time; blocks on the disk and the network.
 *
 * The model is not believed. A finding names a turn and quotes it, and is struck out and counted
 * unless the quotation stands in that turn word for word: the same characters in the same order,
 * where any run of white space counts as one space, and not from or to the inside of a word (of
 * ASCII letters and digits; scripts without spaces know no such place). Words that the same person
 * said in another turn are cited from there. Who said it, and on which page, is taken from the turn
 * and never from the model.
 *
 * Answers are kept as transcript.h keeps them. */
#ifndef DEBATE_ANALYSIS_FINDINGS_H
#define DEBATE_ANALYSIS_FINDINGS_H

#include <stddef.h>

#include "analysis/analysis.h"
#include "analysis/service.h"
#include "analysis/space.h"
#include "base/buf.h"
#include "base/err.h"

struct findings_request {
    const struct debate *debate;
    const struct transcript *transcript;
    const struct service *service; /* NULL: none, and so there are no findings */
    const char *prompts; /* folder with prompt.txt and schema.json: PREFIX/share/debate/prompts */
    const char *chat;    /* folder of the answers; made where it is missing */
    struct space *space; /* for the answers; NULL: any */
    void (*progress)(void *context, const char *step, double done, double of); /* NULL: none */
    void *context;
};

struct findings_set; /* owns findings */

/* ERR_NONE also when there are none, which says why in `missing`. Errors as transcript_make's;
 * ERR_IO and ERR_CORRUPT with a line when the prompts cannot be used. */
enum err findings_make(const struct findings_request *request, struct findings_set **out, char *why,
                       size_t why_size) MUST_CHECK;
const struct findings *findings_of(const struct findings_set *set);
void findings_free(struct findings_set *set); /* NULL is allowed */

/* As a document. ERR_CORRUPT when it is not such a document. */
enum err findings_json(const struct findings *findings, struct buf *out) MUST_CHECK;
enum err findings_from_json(const char *text, size_t len, struct findings_set **out) MUST_CHECK;

#endif

/* What was said: each piece of speech put into words, by a service (stt.h) or by the embedded
 * recogniser (recogniser.h). One thread at a time; blocks on the disk, the network and the
 * recogniser.
 *
 * Each answer is kept in a file of its own the moment it came, under a name that follows from the
 * sound and from what was asked: what was answered once is never asked again, whatever ends the
 * run. Only the sound of the pieces under way is in memory. */
#ifndef DEBATE_ANALYSIS_TRANSCRIPT_H
#define DEBATE_ANALYSIS_TRANSCRIPT_H

#include <stddef.h>

#include "analysis/analysis.h"
#include "analysis/service.h"
#include "analysis/space.h"
#include "base/buf.h"
#include "base/err.h"

struct transcript_request {
    const struct debate *debate;
    const struct track *tracks; /* as the pieces name them */
    size_t track_count;
    const struct pieces *pieces;
    const struct service *service; /* NULL: the embedded recogniser */
    const char *recogniser;        /* path of the program debate-recogniser */
    const char *language;          /* ISO 639-1; NULL: the service finds out for each piece */
    const char *answers;           /* folder of the answers; made where it is missing */
    struct space *space;           /* for the answers; NULL: any */
    double recogniser_patience_ms; /* for one piece; 0: a minute and 20 times its length */
    void (*progress)(void *context, const char *step, double done, double of); /* NULL: none */
    void *context;
};

struct transcript_set; /* owns a transcript */

/* ERR_NONE also when there is none, which says why in `missing`: no service and a language that the
 * recogniser does not know, or no recogniser. Pieces that could not be put into words are counted
 * (`failed`) and `note` says what happened: made again, only they are asked for.
 *
 * With one line in `why`, and nothing lost of what was answered before: ERR_BAD_REQUEST (the
 * service's address or key is none), ERR_NO_SPACE, ERR_REFUSED (the service takes neither the key
 * nor the model nor the request), ERR_UNREACHABLE (no answer for longer than the patience), ERR_IO,
 * ERR_NO_MEMORY.
 */
enum err transcript_make(const struct transcript_request *request, struct transcript_set **out,
                         char *why, size_t why_size) MUST_CHECK;
const struct transcript *transcript_of(const struct transcript_set *set);
void transcript_free(struct transcript_set *set); /* NULL is allowed */

/* As a document. ERR_CORRUPT when it is not such a document. */
enum err transcript_json(const struct transcript *transcript, struct buf *out) MUST_CHECK;
enum err transcript_from_json(const char *text, size_t len, struct transcript_set **out) MUST_CHECK;

#endif

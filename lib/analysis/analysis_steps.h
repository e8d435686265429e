/* The steps from a debate's log and recordings to what a report is made of, each kept on disk: a
 * run that was killed goes on where it stopped, and what fits what it was made from is not made
 * again.
 *
 * The work folder, which one run at a time holds, has tracks.json, pieces.json, measures.json,
 * transcript.json, findings.json (document.h), and the answers of services in `answers` and `chat`.
 * One thread at a time; blocks for as long as it takes. */
#ifndef DEBATE_ANALYSIS_ANALYSIS_STEPS_H
#define DEBATE_ANALYSIS_ANALYSIS_STEPS_H

#include <stdbool.h>
#include <stddef.h>

#include "analysis/report.h"
#include "analysis/service.h"
#include "analysis/space.h"
#include "base/err.h"

struct analysis_request {
    const char *log; /* the session's log, whole */
    size_t log_len;
    const char *recordings;    /* the folder that tracks_place looks in */
    const char *folder;        /* the work folder; made where it is missing */
    const struct service *stt; /* NULL: the embedded recogniser */
    const struct service *llm; /* NULL: no findings */
    const char *language;      /* of the debate, ISO 639-1; NULL: the service finds out */
    const char *recogniser;    /* the program; see transcript.h */
    const char *prompts;       /* see findings.h */
    /* What is made is for those who took part: choices that were never revealed are left out. */
    bool only_revealed;
    /* Whether the session was forgotten since the log was read; asked once the folder is there and
     * held. NULL: it cannot be. */
    bool (*is_forgotten)(void *context);
    struct space *space; /* for all that is kept; NULL: any */
    void (*progress)(void *context, const char *step, double done, double of); /* NULL: none */
    void (*stepped)(void *context, const char *step, bool made); /* it stands; NULL: nobody asks */
    void *context;
};

struct analysis; /* owns everything that its report points to */

/* Makes what is missing. With one line in `why`: ERR_CORRUPT (the log, a recording), ERR_IO,
 * ERR_NO_SPACE, ERR_NO_MEMORY, ERR_ENDED (forgotten: no folder is left), and what transcript_make
 * and findings_make say. Whatever was made before stays on disk. While another run holds the
 * folder, it waits. */
enum err analysis_run(const struct analysis_request *request, struct analysis **out, char *why,
                      size_t why_size) MUST_CHECK;
/* Takes what stands on disk, whatever it was made with, and makes nothing; of the request the first
 * four are used. ERR_NOT_FOUND: there are no measures yet. Transcript and findings may be missing.
 */
enum err analysis_read(const struct analysis_request *request, struct analysis **out, char *why,
                       size_t why_size) MUST_CHECK;
/* `lang` follows from the transcript's language, English unless known; no audio. */
struct report analysis_report(const struct analysis *analysis);
void analysis_free(struct analysis *analysis); /* NULL is allowed */

#endif

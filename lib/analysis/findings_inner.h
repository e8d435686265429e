/* Findings in the making: inner part of findings.h. */
#ifndef DEBATE_ANALYSIS_FINDINGS_INNER_H
#define DEBATE_ANALYSIS_FINDINGS_INNER_H

#include "analysis/findings.h"
#include "proto/json_reader.h"

struct findings_set {
    struct findings findings;
    struct finding *list;  /* when it was made it owns its texts */
    struct json *document; /* when it was read: what all texts lie in */
    size_t room;
    char *model, *summary, *missing, *note; /* when it was made */
};

/* Turns that are shown to the model at once. */
struct findings_part {
    size_t first, count;
};

/* Cuts a transcript: whole where it fits, otherwise by page, and what is too long for that by
 * size. `*out` is the caller's to mem_free. ERR_NO_MEMORY. */
enum err findings_cut(const struct transcript *transcript, struct findings_part **out,
                      size_t *count) MUST_CHECK;
/* Appends what the model is shown of a part: the debate and its people, pages and choices, and the
 * turns. */
enum err findings_show(const struct findings_request *request, const struct findings_part *part,
                       struct buf *out) MUST_CHECK;

/* Takes an answer of the model: {summary, findings}. What does not stand in the transcript is
 * struck. `*summary` is the caller's to mem_free. ERR_CORRUPT when it is no such object; then
 * nothing was taken. */
enum err findings_take(struct findings_set *set, const struct transcript *transcript,
                       const struct json *answer, char **summary) MUST_CHECK;

extern const char *const findings_kinds[]; /* names, by enum finding_kind, ended by NULL */

#endif

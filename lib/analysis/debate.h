/* What a session's log says of its debate, with all times on session time: what the steps from
 * voices to a report are told of people, pages, choices and recordings. Pure; any thread.
 *
 * A debate_log owns everything that is reached through the debate. */
#ifndef DEBATE_ANALYSIS_DEBATE_H
#define DEBATE_ANALYSIS_DEBATE_H

#include <stddef.h>

#include "analysis/analysis.h"
#include "base/err.h"

struct debate_log;

/* From the whole text of a log, the operator's or the host's; in the host's a choice that was never
 * revealed is NULL. ERR_CORRUPT, with one line in `why` ("line 7: not an event"); ERR_NO_MEMORY. */
enum err debate_read(const char *log_text, size_t len, struct debate_log **out, char *why,
                     size_t why_size) MUST_CHECK;
/* Takes out which choices were made on pages that never revealed them, as if it were the host's. */
void debate_hide_unrevealed(struct debate_log *log);
const struct debate *debate_of(const struct debate_log *log);
void debate_log_free(struct debate_log *log); /* NULL is allowed */

#endif

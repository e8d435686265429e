/* Whether words stand in a text: inner part of findings.h, which says what word for word means.
 * Pure; any thread. */
#ifndef DEBATE_ANALYSIS_QUOTATION_H
#define DEBATE_ANALYSIS_QUOTATION_H

#include <stdbool.h>

/* Makes one space of every run of white space and takes it from the ends, in place. */
void quotation_trim(char *text);

/* Both have been trimmed. An empty quotation stands nowhere. */
bool quotation_stands(const char *text, const char *quotation);

#endif

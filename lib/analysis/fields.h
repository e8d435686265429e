/* What the documents of the analysis have in common, each way. Pure; any thread. */
#ifndef DEBATE_ANALYSIS_FIELDS_H
#define DEBATE_ANALYSIS_FIELDS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct json;

/* A document of ours, the caller's to json_free: what is no JSON is ERR_CORRUPT; ERR_NO_MEMORY. On
 * an error `*document` is NULL. */
enum err fields_read(const char *text, size_t len, struct json **document) MUST_CHECK;

/* A whole number from 0, below 1e9. False, and `*out` as it was: there is none. */
bool field_count(const struct json *object, const char *name, size_t *out) MUST_CHECK;

/* A participant's number, as "p1"; 0: there is none. */
unsigned field_participant(const struct json *object, const char *name);

#endif

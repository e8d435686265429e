/* An agenda within a larger JSON document; inside proto alone. */
#ifndef DEBATE_PROTO_AGENDA_JSON_H
#define DEBATE_PROTO_AGENDA_JSON_H

#include "proto/agenda.h"
#include "proto/json.h"

/* From a parsed value that stands at `path`. ERR_BAD_REQUEST, ERR_NO_MEMORY. `soft` as in struct
 * json_at; if it was noted, `*out` is NULL. */
enum err agenda_from_json(const cJSON *value, const char *path, struct agenda **out,
                          struct problem *why, struct problem *soft) MUST_CHECK;

#endif

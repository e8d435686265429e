/* An event within what else is parsed; inside proto alone. */
#ifndef DEBATE_PROTO_EVENT_JSON_H
#define DEBATE_PROTO_EVENT_JSON_H

#include "proto/event.h"
#include "proto/json.h"

/* Whether there is an event type of this name. */
bool event_type_from_name(const char *name, enum event_type *out);

/* Reads an event whose strings stay in `root`. ERR_BAD_REQUEST when it is none; `out->json` is left
 * alone. */
enum err event_from_json(const cJSON *root, struct event_doc *out, struct problem *why) MUST_CHECK;

#endif

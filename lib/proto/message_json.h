/* What the messages of both sockets have in common; inside proto alone. */
#ifndef DEBATE_PROTO_MESSAGE_JSON_H
#define DEBATE_PROTO_MESSAGE_JSON_H

#include "proto/json.h"
#include "proto/message.h"

/* A message of a client, taken apart as far as all have in common. Within a brief. */
struct envelope {
    struct json_doc doc; /* for json_brief_end, whatever came of it */
    struct command_id id;
    struct problem id_problem; /* code ERR_NONE when the id is fine */
    const char *type;
};

/* ERR_BAD_MESSAGE when it has no type; the id is read nevertheless. */
enum err envelope_open(const char *text, size_t len, struct envelope *out,
                       struct problem *why) MUST_CHECK;

/* What comes after the type was found to be known: the id, NULs, and `data` ({} when it is
 * missing). ERR_BAD_REQUEST. */
enum err envelope_check(const struct envelope *envelope, const cJSON **data,
                        struct problem *why) MUST_CHECK;

/* "id" of a message; ERR_BAD_REQUEST when it is neither a short string nor an integer. */
enum err command_id_read(const cJSON *root, struct command_id *out, struct problem *why);

bool signal_type_from_name(const char *name, enum signal_type *out);

#endif

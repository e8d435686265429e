#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "proto/message_json.h"

enum err command_id_read(const cJSON *root, struct command_id *out, struct problem *why)
{
    const cJSON *id = json_find(root, "id");
    out->kind = COMMAND_ID_NONE;
    if (!id)
        return ERR_NONE;
    if (cJSON_IsString(id)) {
        if (!str_copy(out->string, sizeof out->string, id->valuestring))
            return problem_set(why, ERR_BAD_REQUEST, REASON_FIELD_LENGTH, "id");
        out->kind = COMMAND_ID_STRING;
        return ERR_NONE;
    }
    if (!cJSON_IsNumber(id) || id->valuedouble != floor(id->valuedouble))
        return problem_set(why, ERR_BAD_REQUEST, REASON_FIELD_TYPE, "id");
    /* A larger one can't be sent back as it came: not from a double. */
    if (fabs(id->valuedouble) > LIMIT_INTEGER)
        return problem_set(why, ERR_BAD_REQUEST, REASON_FIELD_RANGE, "id");
    out->kind = COMMAND_ID_INTEGER;
    out->integer = (int64_t)id->valuedouble;
    return ERR_NONE;
}

/* An integer beyond what a double tells apart is read from the text. False when it is not written
 * as one, or is longer than 64 bits. */
static bool read_long_id(const char *text, const cJSON *root, int64_t *out)
{
    const char *at = strchr(text, '{'), *digits = NULL;
    const cJSON *member;
    struct json_span span;
    cJSON_ArrayForEach(member, root)
    {
        /* The last of several counts, as in json_find. */
        if (json_next_span(&at, &span) && strcmp(member->string, "id") == 0)
            digits = span.value;
    }
    if (!digits)
        return false;
    char *end;
    errno = 0;
    *out = strtoll(digits, &end, 10);
    return errno == 0 && !strchr(".eE", *end);
}

enum err envelope_open(const char *text, size_t len, struct envelope *out, struct problem *why)
{
    out->id.kind = COMMAND_ID_NONE;
    out->id_problem.code = ERR_NONE;
    out->type = NULL;
    enum err e = json_parse(text, len, &out->doc, why);
    if (e)
        return e;
    if (!cJSON_IsObject(out->doc.root))
        return problem_set(why, ERR_BAD_MESSAGE, REASON_NOT_AN_OBJECT, NULL);
    (void)command_id_read(out->doc.root, &out->id, &out->id_problem);
    if (out->id_problem.code && out->id_problem.reason == REASON_FIELD_RANGE &&
        read_long_id(text, out->doc.root, &out->id.integer)) {
        out->id.kind = COMMAND_ID_INTEGER;
        out->id_problem.code = ERR_NONE;
    }
    /* An id with a NUL can't be sent back. */
    if (out->doc.has_nul && out->id.kind == COMMAND_ID_STRING) {
        const struct json_doc id = {.root = (cJSON *)json_find(out->doc.root, "id"),
                                    .has_nul = true};
        if (json_refuse_nul(&id, NULL)) {
            out->id.kind = COMMAND_ID_NONE;
            (void)problem_set(&out->id_problem, ERR_BAD_REQUEST, REASON_FIELD_NUL, "id");
        }
    }
    const cJSON *type = json_find(out->doc.root, "type");
    if (!cJSON_IsString(type))
        return problem_set(why, ERR_BAD_MESSAGE, REASON_NO_TYPE, NULL);
    out->type = type->valuestring;
    return ERR_NONE;
}

enum err envelope_check(const struct envelope *envelope, const cJSON **data, struct problem *why)
{
    const struct json_at at = {.object = envelope->doc.root, .path = "", .why = why};
    *data = NULL;
    if (envelope->id_problem.code) {
        if (why)
            *why = envelope->id_problem;
        return ERR_BAD_REQUEST;
    }
    enum err e = json_refuse_nul(&envelope->doc, why);
    if (!e)
        e = json_get_object(&at, "data", JSON_OPTIONAL, data);
    return e;
}

void message_begin(struct json_writer *json, struct buf *out, const char *type,
                   const struct command_id *id)
{
    json_write_begin(json, out);
    json_write_string(json, "type", type);
    if (id && id->kind == COMMAND_ID_STRING)
        json_write_string(json, "id", id->string);
    if (id && id->kind == COMMAND_ID_INTEGER)
        json_write_integer(json, "id", id->integer);
}

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "proto/json.h"

const cJSON *json_find(const cJSON *object, const char *name)
{
    const cJSON *found = NULL, *member;
    if (!cJSON_IsObject(object))
        return NULL;
    cJSON_ArrayForEach(member, object)
    {
        if (strcmp(member->string, name) == 0)
            found = member;
    }
    return found;
}

void json_path(char out[JSON_PATH_SIZE], const char *path, const char *name)
{
    size_t len = strlen(path);
    if (len > JSON_PATH_SIZE - 1)
        len = JSON_PATH_SIZE - 1;
    memcpy(out, path, len);
    if (len > 0 && len < JSON_PATH_SIZE - 1)
        out[len++] = '.';
    size_t more = strlen(name);
    if (more > JSON_PATH_SIZE - 1 - len)
        more = JSON_PATH_SIZE - 1 - len;
    /* A name that is cut must not be cut within a character. */
    while (more > 0 && name[more] && (name[more] & 0xc0) == 0x80)
        more--;
    memcpy(out + len, name, more);
    out[len + more] = '\0';
}

void json_path_index(char out[JSON_PATH_SIZE], const char *path, size_t index)
{
    char item[24];
    size_t len = strlen(path);
    size_t more = (size_t)snprintf(item, sizeof item, "[%zu]", index);
    memcpy(out, path, len + 1);
    if (len + more < JSON_PATH_SIZE)
        memcpy(out + len, item, more + 1);
}

enum err json_refuse(const struct json_at *at, const char *name, enum reason reason)
{
    char path[JSON_PATH_SIZE];
    json_path(path, at->path, name);
    if (!at->soft || reason == REASON_FIELD_TYPE)
        return problem_set(at->why, ERR_BAD_REQUEST, reason, path);
    if (!at->soft->code)
        (void)problem_set(at->soft, ERR_BAD_REQUEST, reason, path);
    return ERR_NONE;
}

/* The member `*out`, or NULL with ERR_NONE when there is none to be read. */
static enum err get(const struct json_at *at, const char *name, enum json_need need, int types,
                    const cJSON **out)
{
    *out = json_find(at->object, name);
    if (!*out)
        return need == JSON_OPTIONAL ? ERR_NONE : json_refuse(at, name, REASON_FIELD_MISSING);
    if (!((*out)->type & types)) {
        *out = NULL;
        return json_refuse(at, name, REASON_FIELD_TYPE);
    }
    return ERR_NONE;
}

enum err json_get_string(const struct json_at *at, const char *name, enum json_need need,
                         const char **out)
{
    const cJSON *value;
    enum err e = get(at, name, need, cJSON_String, &value);
    if (value)
        *out = value->valuestring;
    return e;
}

enum err json_get_text(const struct json_at *at, const char *name, enum json_need need,
                       size_t chars_min, size_t chars_max, char *out)
{
    const char *text = NULL;
    enum err e = json_get_string(at, name, need, &text);
    if (!text)
        return e;
    size_t chars = utf8_length(text);
    if (chars < chars_min || chars > chars_max)
        return json_refuse(at, name, REASON_FIELD_LENGTH);
    memcpy(out, text, strlen(text) + 1);
    return ERR_NONE;
}

enum err json_get_bool(const struct json_at *at, const char *name, enum json_need need, bool *has,
                       bool *out)
{
    const cJSON *value;
    enum err e = get(at, name, need, cJSON_True | cJSON_False, &value);
    if (value)
        *out = cJSON_IsTrue(value);
    if (has)
        *has = value != NULL;
    return e;
}

enum err json_get_number(const struct json_at *at, const char *name, enum json_need need,
                         double min, double max, bool *has, double *out)
{
    const cJSON *value;
    enum err e = get(at, name, need, cJSON_Number, &value);
    if (has)
        *has = false;
    if (!value)
        return e;
    /* 1e999 is JSON, but no number that we have: infinity is beyond any maximum. */
    if (!(value->valuedouble >= min && value->valuedouble <= max))
        return json_refuse(at, name, REASON_FIELD_RANGE);
    if (has)
        *has = true;
    *out = value->valuedouble;
    return ERR_NONE;
}

enum err json_get_integer(const struct json_at *at, const char *name, enum json_need need,
                          int64_t min, int64_t max, bool *has, int64_t *out)
{
    const cJSON *value;
    enum err e = get(at, name, need, cJSON_Number, &value);
    if (has)
        *has = false;
    if (!value)
        return e;
    double number = value->valuedouble;
    if (isfinite(number) && number != floor(number))
        return json_refuse(at, name, REASON_FIELD_TYPE);
    if (!(number >= (double)min && number <= (double)max))
        return json_refuse(at, name, REASON_FIELD_RANGE);
    if (has)
        *has = true;
    *out = (int64_t)number;
    return ERR_NONE;
}

enum err json_get_array(const struct json_at *at, const char *name, enum json_need need,
                        const cJSON **out)
{
    const cJSON *value;
    enum err e = get(at, name, need, cJSON_Array, &value);
    if (value)
        *out = value;
    return e;
}

enum err json_get_object(const struct json_at *at, const char *name, enum json_need need,
                         const cJSON **out)
{
    const cJSON *value;
    enum err e = get(at, name, need, cJSON_Object, &value);
    if (value)
        *out = value;
    return e;
}

#include "proto/json_reader.h"

#include <cjson/cJSON.h>
#include <string.h>

#include "base/str.h"
#include "proto/json_memory.h"

/* A struct json is a cJSON under a name that others may see. */
static const cJSON *inner(const struct json *value)
{
    return (const cJSON *)value;
}

enum err json_read(const char *text, size_t len, struct json **out)
{
    const char *end = NULL;
    *out = NULL;
    if (!utf8_valid(text, len))
        return ERR_BAD_REQUEST;
    json_memory_forget_failure();
    cJSON *document = cJSON_ParseWithLengthOpts(text, len, &end, false);
    if (!document)
        return json_memory_failed() ? ERR_NO_MEMORY : ERR_BAD_REQUEST;
    while (end < text + len && strchr(" \t\r\n", *end) && *end)
        end++;
    if (end < text + len) {
        cJSON_Delete(document);
        return ERR_BAD_REQUEST;
    }
    *out = (struct json *)document;
    return ERR_NONE;
}

void json_free(struct json *document)
{
    cJSON_Delete((cJSON *)document);
}

const struct json *json_member(const struct json *object, const char *name)
{
    if (!cJSON_IsObject(inner(object)))
        return NULL;
    return (const struct json *)cJSON_GetObjectItemCaseSensitive(inner(object), name);
}

size_t json_count(const struct json *array)
{
    return cJSON_IsArray(inner(array)) ? (size_t)cJSON_GetArraySize(inner(array)) : 0;
}

const struct json *json_item(const struct json *array, size_t index)
{
    if (index >= json_count(array))
        return NULL;
    return (const struct json *)cJSON_GetArrayItem(inner(array), (int)index);
}

const struct json *json_first(const struct json *array)
{
    bool has_items = cJSON_IsArray(inner(array)) || cJSON_IsObject(inner(array));
    return has_items ? (const struct json *)inner(array)->child : NULL;
}

const struct json *json_next(const struct json *item)
{
    return item ? (const struct json *)inner(item)->next : NULL;
}

const struct json *json_item_with(const struct json *array, const char *name, const char *value)
{
    for (const struct json *item = json_first(array); item && value; item = json_next(item)) {
        const char *found = json_string(item, name);
        if (found && strcmp(found, value) == 0)
            return item;
    }
    return NULL;
}

const char *json_text(const struct json *value)
{
    return cJSON_GetStringValue(inner(value));
}

const char *json_string(const struct json *object, const char *name)
{
    const cJSON *value = inner(json_member(object, name));
    return cJSON_IsString(value) ? value->valuestring : NULL;
}

double json_number(const struct json *object, const char *name, double fallback)
{
    const cJSON *value = inner(json_member(object, name));
    return cJSON_IsNumber(value) ? value->valuedouble : fallback;
}

bool json_bool(const struct json *object, const char *name, bool fallback)
{
    const cJSON *value = inner(json_member(object, name));
    return cJSON_IsBool(value) ? (bool)cJSON_IsTrue(value) : fallback;
}

enum err json_value_print(const struct json *value, struct buf *out)
{
    if (cJSON_IsString(inner(value)))
        return buf_append_str(out, inner(value)->valuestring);
    char *text = value ? cJSON_PrintUnformatted(inner(value)) : NULL;
    if (!text)
        return value ? ERR_NO_MEMORY : ERR_NONE;
    enum err e = buf_append_str(out, text);
    cJSON_free(text);
    return e;
}

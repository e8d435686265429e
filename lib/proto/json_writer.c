#include "proto/json_writer.h"

#include <math.h>
#include <stdio.h>

#include "proto/json.h"
#include "proto/json_memory.h"

/* A struct json is a cJSON under a name that others may see. */
static cJSON *inner(struct json *value)
{
    return (cJSON *)value;
}

struct json *json_document(void)
{
    json_memory_forget_failure();
    return (struct json *)cJSON_CreateObject();
}

static struct json *put(struct json *parent, const char *name, cJSON *value)
{
    bool done = name ? cJSON_AddItemToObjectCS(inner(parent), name, value)
                     : cJSON_AddItemToArray(inner(parent), value);
    if (done)
        return (struct json *)value;
    cJSON_Delete(value);
    return NULL;
}

struct json *json_write_object(struct json *parent, const char *name)
{
    return put(parent, name, cJSON_CreateObject());
}

struct json *json_write_array(struct json *parent, const char *name)
{
    return put(parent, name, cJSON_CreateArray());
}

void json_write_string(struct json *parent, const char *name, const char *value)
{
    put(parent, name, value ? cJSON_CreateString(value) : cJSON_CreateNull());
}

void json_write_bool(struct json *parent, const char *name, bool value)
{
    put(parent, name, cJSON_CreateBool(value));
}

void json_write_integer(struct json *parent, const char *name, int64_t value)
{
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)value);
    json_write_raw(parent, name, text);
}

void json_write_number(struct json *parent, const char *name, double value)
{
    char text[JSON_NUMBER_SIZE];
    if (isfinite(value))
        json_write_raw(parent, name, json_rounded_text(text, value));
    else
        put(parent, name, cJSON_CreateNull());
}

void json_write_raw(struct json *parent, const char *name, const char *json)
{
    put(parent, name, cJSON_CreateRaw(json));
}

enum err json_write(struct json *document, bool indented, struct buf *out)
{
    char *text = NULL;
    enum err e = ERR_NO_MEMORY;
    if (document && !json_memory_failed())
        text = indented ? cJSON_Print(inner(document)) : cJSON_PrintUnformatted(inner(document));
    if (text)
        e = buf_append_str(out, text);
    cJSON_free(text);
    cJSON_Delete(inner(document));
    return e;
}

#include "analysis/chat.h"

#include <string.h>

#include "proto/json_writer.h"

bool chat_other_way(const struct chat_way *refused, const char *answer, struct chat_way *next)
{
    *next = *refused;
    if (strstr(answer, "temperature") && !refused->own_temperature)
        next->own_temperature = true;
    else if (refused->form == CHAT_SCHEMA)
        next->form = CHAT_OBJECT;
    else if (refused->form == CHAT_OBJECT)
        next->form = CHAT_PLAIN;
    else
        return false;
    return true;
}

static void write_message(struct json_writer *json, const char *role, const char *content)
{
    json_write_object(json, NULL);
    json_write_string(json, "role", role);
    json_write_string(json, "content", content);
    json_write_object_end(json);
}

static void write_form(struct json_writer *json, const struct chat_question *question,
                       const struct chat_way *way)
{
    if (way->form == CHAT_PLAIN)
        return;
    json_write_object(json, "response_format");
    json_write_string(json, "type", way->form == CHAT_OBJECT ? "json_object" : "json_schema");
    if (way->form == CHAT_SCHEMA) {
        json_write_object(json, "json_schema");
        json_write_string(json, "name", "findings");
        json_write_bool(json, "strict", true);
        json_write_raw(json, "schema", question->schema);
        json_write_object_end(json);
    }
    json_write_object_end(json);
}

/* Without the service's help the model has to be told the schema. */
static enum err system_text(const struct chat_question *question, const struct chat_way *way,
                            struct buf *out)
{
    enum err e = buf_append_str(out, question->system);
    if (!e && way->form != CHAT_SCHEMA)
        e = buf_printf(out, "\nThe JSON schema:\n%s", question->schema);
    return e;
}

enum err chat_body(const struct chat_question *question, const struct chat_way *way,
                   struct buf *body)
{
    struct buf system;
    buf_init(&system, 1024 * 1024);
    enum err e = system_text(question, way, &system);
    if (!e) {
        struct json_writer json;
        json_write_begin(&json, body);
        json_write_string(&json, "model", question->model);
        json_write_array(&json, "messages");
        write_message(&json, "system", system.data);
        write_message(&json, "user", question->user);
        json_write_array_end(&json);
        if (!way->own_temperature)
            json_write_integer(&json, "temperature", 0);
        write_form(&json, question, way);
        e = json_write_end(&json);
    }
    buf_release(&system);
    return e;
}

enum err chat_read(const char *answer, size_t len, struct json **out)
{
    struct json *json = NULL;
    enum err e = json_read(answer, len, &json);
    if (e)
        return e == ERR_NO_MEMORY ? e : ERR_CORRUPT;
    const struct json *choice = json_item(json_member(json, "choices"), 0);
    const char *content = json_string(json_member(choice, "message"), "content");
    const char *thought = content ? strstr(content, "</think>") : NULL;
    const char *from = content ? strchr(thought ? thought : content, '{') : NULL;
    const char *to = from ? strrchr(from, '}') : NULL;
    e = to ? json_read(from, (size_t)(to - from) + 1, out) : ERR_CORRUPT;
    json_free(json);
    return e && e != ERR_NO_MEMORY ? ERR_CORRUPT : e;
}

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

static void write_message(struct json *messages, const char *role, const char *content)
{
    struct json *message = json_write_object(messages, NULL);
    json_write_string(message, "role", role);
    json_write_string(message, "content", content);
}

static void write_form(struct json *document, const struct chat_question *question,
                       const struct chat_way *way)
{
    if (way->form == CHAT_PLAIN)
        return;
    struct json *format = json_write_object(document, "response_format");
    if (way->form == CHAT_OBJECT) {
        json_write_string(format, "type", "json_object");
        return;
    }
    json_write_string(format, "type", "json_schema");
    struct json *named = json_write_object(format, "json_schema");
    json_write_string(named, "name", "findings");
    json_write_bool(named, "strict", true);
    json_write_raw(named, "schema", question->schema);
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
        struct json *document = json_document();
        json_write_string(document, "model", question->model);
        struct json *messages = json_write_array(document, "messages");
        write_message(messages, "system", system.data);
        write_message(messages, "user", question->user);
        if (!way->own_temperature)
            json_write_integer(document, "temperature", 0);
        write_form(document, question, way);
        e = json_write(document, false, body);
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

#include "proto/json_line.h"

#include <string.h>

#include "base/str.h"
#include "proto/json.h"

/* `value` is JSON, or with `quotes` the text of a string that needs no escapes. */
static void put(struct json_line *line, const char *name, const char *value, size_t value_len,
                bool quotes)
{
    struct buf *out = line->out;
    size_t name_len = strlen(name);
    size_t len = line->needs_comma + 1 + name_len + 2 + 2 * quotes + value_len;
    if (!line->error)
        line->error = buf_reserve(out, len);
    if (line->error)
        return;
    char *at = out->data + out->len;
    if (line->needs_comma)
        *at++ = ',';
    *at++ = '"';
    memcpy(at, name, name_len);
    at += name_len;
    *at++ = '"';
    *at++ = ':';
    if (quotes)
        *at++ = '"';
    memcpy(at, value, value_len);
    at += value_len;
    if (quotes)
        *at++ = '"';
    *at = '\0';
    out->len += len;
    line->needs_comma = true;
}

static void append(struct json_line *line, const char *text)
{
    if (!line->error)
        line->error = buf_append_str(line->out, text);
}

void json_line_begin(struct json_line *line, struct buf *out)
{
    *line = (struct json_line){.out = out, .len_before = out->len};
    append(line, "{");
}

enum err json_line_end(struct json_line *line)
{
    struct buf *out = line->out;
    append(line, "}");
    if (line->error) {
        out->len = line->len_before;
        out->failed = true;
        if (out->data)
            out->data[out->len] = '\0';
    }
    return line->error;
}

/* RFC 8259, section 7. Its length if it needs none. */
static bool needs_escapes(const char *text, size_t *len)
{
    const char *at = text;
    while ((unsigned char)*at >= 0x20 && *at != '"' && *at != '\\')
        at++;
    *len = (size_t)(at - text);
    return *at != '\0';
}

static void put_escaped(struct json_line *line, const char *name, const char *value)
{
    put(line, name, "", 0, false);
    if (line->error)
        return;
    json_brief_begin();
    cJSON *string = cJSON_CreateStringReference(value);
    line->error = json_print(string, line->out);
    json_brief_end(string);
}

void json_line_string(struct json_line *line, const char *name, const char *value)
{
    size_t len;
    if (needs_escapes(value, &len))
        put_escaped(line, name, value);
    else
        put(line, name, value, len, true);
}

void json_line_bool(struct json_line *line, const char *name, bool value)
{
    if (value)
        put(line, name, "true", 4, false);
    else
        put(line, name, "false", 5, false);
}

void json_line_integer(struct json_line *line, const char *name, int64_t value)
{
    char text[1 + STR_DIGITS_SIZE];
    char *at = str_digits(value < 0 ? -(uint64_t)value : (uint64_t)value, text + 1);
    if (value < 0)
        *--at = '-';
    put(line, name, at, strlen(at), false);
}

void json_line_rounded(struct json_line *line, const char *name, double value)
{
    char text[JSON_NUMBER_SIZE];
    const char *rounded = json_rounded_text(text, value);
    put(line, name, rounded, strlen(rounded), false);
}

void json_line_participant(struct json_line *line, const char *name, unsigned participant)
{
    char text[PARTICIPANT_SIZE];
    participant_text(participant, text);
    put(line, name, text, strlen(text), true);
}

void json_line_open(struct json_line *line, const char *name)
{
    put(line, name, "{", 1, false);
    line->needs_comma = false;
}

void json_line_close(struct json_line *line)
{
    append(line, "}");
    line->needs_comma = true;
}

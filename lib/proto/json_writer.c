#include "proto/json_writer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

static void append(struct json_writer *json, const char *text, size_t len)
{
    if (!json->error)
        json->error = buf_append(json->out, text, len);
}

static void new_line(struct json_writer *json)
{
    append(json, "\n", 1);
    for (unsigned i = 0; json->indented && i < json->depth; i++)
        append(json, "\t", 1);
}

void json_write_line(struct json_writer *json)
{
    if (json->needs_comma)
        append(json, ",", 1);
    new_line(json);
    json->needs_comma = false;
}

/* `value` is JSON, or with `quotes` the text of a string that needs no escapes. */
static void put(struct json_writer *json, const char *name, const char *value, size_t value_len,
                bool quotes)
{
    struct buf *out = json->out;
    if (json->indented && name)
        json_write_line(json);
    size_t name_len = name ? strlen(name) : 0, name_marks = name ? 3 + json->indented : 0;
    size_t len = json->needs_comma + name_len + name_marks + 2 * quotes + value_len;
    if (!json->error)
        json->error = buf_reserve(out, len);
    if (json->error)
        return;
    char *at = out->data + out->len;
    if (json->needs_comma)
        *at++ = ',';
    if (name) {
        *at++ = '"';
        memcpy(at, name, name_len);
        at += name_len;
        *at++ = '"';
        *at++ = ':';
        if (json->indented)
            *at++ = ' ';
    }
    if (quotes)
        *at++ = '"';
    memcpy(at, value, value_len);
    at += value_len;
    if (quotes)
        *at++ = '"';
    *at = '\0';
    out->len += len;
    json->needs_comma = true;
}

static void begin(struct json_writer *json, const char *name, const char *bracket)
{
    put(json, name, bracket, 1, false);
    json->needs_comma = false;
}

static void end(struct json_writer *json, const char *bracket)
{
    append(json, bracket, 1);
    json->needs_comma = true;
}

void json_write_begin(struct json_writer *json, struct buf *out)
{
    *json = (struct json_writer){.out = out, .len_before = out->len};
    json_write_object(json, NULL);
}

void json_write_begin_indented(struct json_writer *json, struct buf *out)
{
    json_write_begin(json, out);
    json->indented = true;
}

enum err json_write_end(struct json_writer *json)
{
    struct buf *out = json->out;
    while (json->depth > 0)
        json_write_object_end(json);
    if (json->error) {
        out->len = json->len_before;
        out->failed = true;
        if (out->data)
            out->data[out->len] = '\0';
    }
    return json->error;
}

void json_write_object(struct json_writer *json, const char *name)
{
    begin(json, name, "{");
    json->depth++;
}

void json_write_object_end(struct json_writer *json)
{
    json->depth--;
    if (json->indented && json->needs_comma)
        new_line(json);
    end(json, "}");
}

void json_write_array(struct json_writer *json, const char *name)
{
    begin(json, name, "[");
}

void json_write_array_end(struct json_writer *json)
{
    end(json, "]");
}

/* How much of a text stands in a string as it is (RFC 8259, section 7). */
static size_t plain_len(const char *text)
{
    const char *at = text;
    while ((unsigned char)*at >= 0x20 && *at != '"' && *at != '\\')
        at++;
    return (size_t)(at - text);
}

static void append_escape(struct json_writer *json, unsigned char c)
{
    static const char letters[] = {['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f',
                                   ['\r'] = 'r', ['"'] = '"',  ['\\'] = '\\'};
    char text[sizeof "\\u0000"] = {'\\', letters[c]};
    if (!text[1])
        snprintf(text, sizeof text, "\\u%04x", c);
    append(json, text, strlen(text));
}

void json_write_string(struct json_writer *json, const char *name, const char *value)
{
    if (!value) {
        json_write_raw(json, name, "null");
        return;
    }
    size_t len = plain_len(value);
    if (!value[len]) {
        put(json, name, value, len, true);
        return;
    }
    put(json, name, "\"", 1, false);
    for (const char *at = value;; at += len + 1, len = plain_len(at)) {
        append(json, at, len);
        if (!at[len])
            break;
        append_escape(json, (unsigned char)at[len]);
    }
    append(json, "\"", 1);
}

void json_write_text(struct json_writer *json, const char *name, const char *value)
{
    json_write_string(json, name, value && utf8_valid(value, strlen(value)) ? value : "");
}

void json_write_bool(struct json_writer *json, const char *name, bool value)
{
    json_write_raw(json, name, value ? "true" : "false");
}

/* The digits' end is at `text` + STR_DIGITS_SIZE. */
static char *signed_digits(uint64_t digits, bool is_negative, char text[1 + STR_DIGITS_SIZE])
{
    char *at = str_digits(digits, text + 1);
    if (is_negative)
        *--at = '-';
    return at;
}

void json_write_integer(struct json_writer *json, const char *name, int64_t value)
{
    char text[1 + STR_DIGITS_SIZE];
    uint64_t size = value < 0 ? -(uint64_t)value : (uint64_t)value;
    json_write_raw(json, name, signed_digits(size, value < 0, text));
}

void json_write_number(struct json_writer *json, const char *name, double value)
{
    /* From here on doubles are too far apart to have more than 3 decimals. */
    const double coarse = 0x1p43;
    double size = fabs(value);
    if (!(size < coarse)) {
        json_write_exact(json, name, value);
        return;
    }
    uint64_t whole = (uint64_t)size;
    unsigned rest = (unsigned)lround((size - (double)whole) * 1000);
    if (rest == 1000) {
        whole++;
        rest = 0;
    }
    char text[1 + STR_DIGITS_SIZE + 4], *end = text + STR_DIGITS_SIZE; /* a point, 3 decimals */
    char *at = signed_digits(whole, value < 0 && (whole > 0 || rest > 0), text);
    if (rest > 0)
        *end++ = '.';
    for (; rest > 0; rest = rest * 10 % 1000)
        *end++ = (char)('0' + rest / 100);
    *end = '\0';
    json_write_raw(json, name, at);
}

void json_write_exact(struct json_writer *json, const char *name, double value)
{
    char text[32] = "null";
    for (int digits = 15; isfinite(value) && digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    /* printf writes the decimal point of the locale. */
    char *comma = strchr(text, ',');
    if (comma)
        *comma = '.';
    json_write_raw(json, name, text);
}

void json_write_participant(struct json_writer *json, const char *name, unsigned participant)
{
    char text[PARTICIPANT_SIZE];
    json_write_string(json, name, participant ? participant_text(participant, text) : NULL);
}

void json_write_raw(struct json_writer *json, const char *name, const char *value)
{
    put(json, name, value, strlen(value), false);
}

#include "proto/json.h"

#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "proto/json_memory.h"

/* What a NUL is shown as until it is refused: U+FFFE, as an escape and as UTF-8. */
static const char nul_escape[] = "\\ufffe";
static const char nul_utf8[] = "\xef\xbf\xbe";

struct look {
    const char *at, *end;
    bool has_nul, has_high;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool look_digits(struct look *look)
{
    const char *first = look->at;
    while (look->at < look->end && is_digit(*look->at))
        look->at++;
    return look->at > first;
}

/* RFC 8259, section 6. */
static bool look_number(struct look *look)
{
    if (*look->at == '-')
        look->at++;
    const char *first = look->at;
    if (!look_digits(look) || (*first == '0' && look->at - first > 1))
        return false;
    if (look->at < look->end && *look->at == '.') {
        look->at++;
        if (!look_digits(look))
            return false;
    }
    if (look->at < look->end && (*look->at == 'e' || *look->at == 'E')) {
        look->at++;
        if (look->at < look->end && (*look->at == '+' || *look->at == '-'))
            look->at++;
        if (!look_digits(look))
            return false;
    }
    return look->at == look->end || !strchr("+-.eE", *look->at);
}

/* Behind the backslash. cJSON judges surrogates and the one-letter escapes. */
static bool look_escape(struct look *look)
{
    if (look->at == look->end)
        return false;
    if (*look->at++ != 'u')
        return true;
    if (look->end - look->at < 4)
        return false;
    for (int i = 0; i < 4; i++) {
        if (!is_digit(look->at[i]) && !(look->at[i] && strchr("abcdefABCDEF", look->at[i])))
            return false;
    }
    look->has_nul |= memcmp(look->at, "0000", 4) == 0;
    look->at += 4;
    return true;
}

/* Whether any of these eight bytes is a quote, a backslash, a control character or not ASCII. */
static bool has_special(uint64_t eight)
{
    const uint64_t ones = 0x0101010101010101u, highs = 0x8080808080808080u;
    uint64_t quote = eight ^ ones * '"', backslash = eight ^ ones * '\\';
    return ((eight | (eight - ones * 0x20) | (quote - ones) | (backslash - ones)) & highs) != 0;
}

/* Where the next of those is, or the end. */
static const char *skip_plain(const char *at, const char *end)
{
    static const bool is_special[256] = {
        [0x00 ... 0x1f] = true, ['"'] = true, ['\\'] = true, [0x80 ... 0xff] = true};
    uint64_t eight;
    while (end - at >= 8 && (memcpy(&eight, at, 8), !has_special(eight)))
        at += 8;
    while (at < end && !is_special[(unsigned char)*at])
        at++;
    return at;
}

/* Behind the opening quote (RFC 8259, section 7). */
static bool look_string(struct look *look)
{
    while (look->at < look->end) {
        look->at = skip_plain(look->at, look->end);
        if (look->at == look->end)
            return false;
        unsigned char c = (unsigned char)*look->at++;
        if (c == '"')
            return true;
        if (c < 0x20 || (c == '\\' && !look_escape(look)))
            return false;
        look->has_high |= c >= 0x80;
    }
    return false;
}

/* Looks for what cJSON would let pass though RFC 8259 doesn't. */
static bool look_over(struct look *look)
{
    unsigned depth = 0;
    while (look->at < look->end) {
        char c = *look->at;
        if (c == '"') {
            look->at++;
            if (!look_string(look))
                return false;
        } else if (c == '-' || is_digit(c)) {
            if (!look_number(look))
                return false;
        } else {
            look->at++;
            if ((c == '{' || c == '[') && ++depth > JSON_NESTING)
                return false;
            if ((c == '}' || c == ']') && depth-- == 0)
                return false;
            if ((unsigned char)c < 0x20 && c != '\t' && c != '\n' && c != '\r')
                return false;
            if ((unsigned char)c >= 0x80)
                return false;
        }
    }
    return true;
}

/* A copy in which each escaped NUL is U+FFFE. The escape may follow a backslash that is itself
 * escaped, and is then none. */
static char *without_nul(const char *text, size_t len)
{
    char *copy = mem_strndup(text, len);
    for (size_t i = 0; copy && i + 1 < len; i++) {
        if (copy[i] != '\\')
            continue;
        if (len - i >= 6 && memcmp(copy + i, "\\u0000", 6) == 0)
            memcpy(copy + i, nul_escape, 6);
        i++;
    }
    return copy;
}

enum err json_parse(const char *text, size_t len, struct json_doc *out, struct problem *why)
{
    struct look look = {.at = text, .end = text + len};
    *out = (struct json_doc){0};
    bool fine = look_over(&look);
    /* Outside of strings only ASCII has passed, inside all of it was seen, unless it was cut short.
     */
    if ((!fine || look.has_high) && !utf8_valid(text, len))
        return problem_set(why, ERR_BAD_MESSAGE, REASON_NOT_UTF8, "");
    if (!fine)
        return problem_set(why, ERR_BAD_MESSAGE, REASON_NOT_JSON, "");

    char *copy = NULL;
    if (look.has_nul) {
        copy = without_nul(text, len);
        if (!copy)
            return problem_set(why, ERR_NO_MEMORY, REASON_NONE, NULL);
        text = copy;
    }
    const char *end = NULL;
    json_memory_forget_failure();
    out->root = len ? cJSON_ParseWithLengthOpts(text, len, &end, false) : NULL;
    out->has_nul = look.has_nul;
    enum err e = ERR_NONE;
    while (out->root && end < text + len && strchr(" \t\r\n", *end))
        end++;
    if (!out->root && json_memory_failed()) {
        e = problem_set(why, ERR_NO_MEMORY, REASON_NONE, NULL);
    } else if (!out->root || end < text + len) {
        json_doc_release(out);
        e = problem_set(why, ERR_BAD_MESSAGE, REASON_NOT_JSON, "");
    }
    mem_free(copy);
    return e;
}

void json_doc_release(struct json_doc *doc)
{
    cJSON_Delete(doc->root);
    *doc = (struct json_doc){0};
}

/* The path of the first NUL in or below `value`; false when there is none. */
static bool find_nul(const cJSON *value, const char *path, char found[JSON_PATH_SIZE])
{
    if (cJSON_IsString(value) && strstr(value->valuestring, nul_utf8)) {
        json_path(found, "", path);
        return true;
    }
    size_t index = 0;
    const cJSON *child;
    cJSON_ArrayForEach(child, value)
    {
        char below[JSON_PATH_SIZE];
        if (cJSON_IsArray(value)) {
            json_path_index(below, path, index++);
        } else if (strstr(child->string, nul_utf8)) {
            json_path(found, "", path);
            return true;
        } else {
            json_path(below, path, child->string);
        }
        if (find_nul(child, below, found))
            return true;
    }
    return false;
}

enum err json_refuse_nul(const struct json_doc *doc, struct problem *why)
{
    char path[JSON_PATH_SIZE] = "";
    if (!doc->has_nul || !find_nul(doc->root, "", path))
        return ERR_NONE;
    return problem_set(why, ERR_BAD_REQUEST, REASON_FIELD_NUL, path);
}

enum err json_parse_body(const char *text, size_t len, struct json_doc *out, struct problem *why)
{
    struct problem message;
    enum err e = json_parse(text, len, out, &message);
    if (e)
        return problem_set(why, e == ERR_BAD_MESSAGE ? ERR_BAD_REQUEST : e, message.reason, NULL);
    if (!cJSON_IsObject(out->root))
        return problem_set(why, ERR_BAD_REQUEST, REASON_NOT_AN_OBJECT, NULL);
    return json_refuse_nul(out, why);
}

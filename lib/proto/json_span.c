#include <string.h>

#include "proto/json.h"

/* From a string's opening quote to behind its closing one. */
static const char *behind_string(const char *at)
{
    for (at++; *at != '"'; at++)
        at += *at == '\\';
    return at + 1;
}

/* From a value's first character to behind its last. */
static const char *behind_value(const char *at)
{
    unsigned depth = 0;
    for (;;) {
        if (*at == '"') {
            at = behind_string(at);
        } else if (*at == '{' || *at == '[') {
            depth++;
            at++;
        } else if (*at == '}' || *at == ']') {
            depth--;
            at++;
        } else {
            at++;
        }
        if (depth == 0 && strchr(",]} \t\r\n", *at))
            return at;
    }
}

bool json_next_span(const char **at, struct json_span *out)
{
    const char *s = *at + strcspn(*at, "\"}");
    if (*s == '}')
        return false;
    out->name = s;
    s = behind_string(s);
    s += strspn(s, " \t\r\n");
    s++;
    out->value = s + strspn(s, " \t\r\n");
    out->end = behind_value(out->value);
    *at = out->end;
    return true;
}

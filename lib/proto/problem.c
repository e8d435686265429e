#include "proto/problem.h"

#include <ctype.h>
#include <limits.h>
#include <string.h>
#include <strings.h>

#include "proto/problem_text.h"

enum err problem_set(struct problem *why, enum err code, enum reason reason, const char *field)
{
    if (!why)
        return code;
    why->code = code;
    why->reason = reason;
    if (!field)
        field = "";
    size_t len = strnlen(field, sizeof why->field - 1);
    /* A name that is cut must not be cut within a character. */
    while (len > 0 && field[len] && ((unsigned char)field[len] & 0xc0) == 0x80)
        len--;
    memmove(why->field, field, len);
    why->field[len] = '\0';
    return code;
}

enum err problem_print(const struct problem *why, enum lang lang, struct buf *out)
{
    const char *sentence = reason_sentence(why->reason, lang);
    const char *hole = strstr(sentence, "{}");
    if (why->reason == REASON_NONE || (hole && !why->field[0]))
        return buf_append_str(out, code_sentence(why->code, lang));
    if (!hole)
        return buf_append_str(out, sentence);
    return buf_printf(out, "%.*s%s%s", (int)(hole - sentence), sentence, why->field, hole + 2);
}

/* How much a language is wanted: thousandths, and which came first. -1: not mentioned. */
struct wish {
    int weight;
    int order;
};

/* "0.8" to 800 (RFC 9110, section 12.4.2); -1 when it is no weight. `end` is behind it. */
static int parse_weight(const char *text, const char *end)
{
    if (text == end || (*text != '0' && *text != '1'))
        return -1;
    int weight = (*text++ - '0') * 1000;
    if (text == end)
        return weight;
    if (*text++ != '.' || end - text > 3)
        return -1;
    for (int unit = 100; text < end; unit /= 10, text++) {
        if (!isdigit((unsigned char)*text))
            return -1;
        weight += (*text - '0') * unit;
    }
    return weight <= 1000 ? weight : -1;
}

/* The weight behind a range's name, 1000 when there is none; -1 when it can't be read. */
static int weight_of(const char *text, const char *end)
{
    while (text < end && strchr(" \t", *text))
        text++;
    if (text == end)
        return 1000;
    if (*text++ != ';')
        return -1;
    while (text < end && strchr(" \t", *text))
        text++;
    if (end - text < 2 || tolower((unsigned char)*text) != 'q' || text[1] != '=')
        return -1;
    while (end > text && strchr(" \t", end[-1]))
        end--;
    return parse_weight(text + 2, end);
}

static void note(struct wish *wish, int weight, int order)
{
    if (weight > wish->weight)
        *wish = (struct wish){weight, order};
}

enum lang lang_from_accept_language(const char *value)
{
    struct wish ko = {-1, INT_MAX}, en = {-1, INT_MAX}, any = {-1, INT_MAX};
    int order = 0;
    while (value && *value) {
        const char *start = value + strspn(value, " \t,");
        const char *end = start + strcspn(start, ",");
        size_t name = strcspn(start, " \t;,");
        size_t primary = strcspn(start, "- \t;,");
        int weight = weight_of(start + name, end);
        order++;
        if (primary == 2 && strncasecmp(start, "ko", 2) == 0)
            note(&ko, weight, order);
        else if (primary == 2 && strncasecmp(start, "en", 2) == 0)
            note(&en, weight, order);
        else if (name == 1 && *start == '*')
            note(&any, weight, order);
        value = end;
    }
    /* "*" stands for what is not mentioned; of both it means the default. */
    if (ko.weight < 0 && en.weight >= 0)
        ko = any;
    else if (en.weight < 0)
        en = any;
    if (ko.weight <= 0 || ko.weight < en.weight)
        return LANG_EN;
    return ko.weight > en.weight || ko.order < en.order ? LANG_KO : LANG_EN;
}

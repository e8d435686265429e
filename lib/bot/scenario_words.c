#include "bot/scenario_words.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

enum err parser_fail(struct parser *parser, const char *format, ...)
{
    va_list args;
    int len =
        snprintf(parser->why, parser->why_size, "%s:%d: ", parser->scenario->path, parser->line);
    if (len < 0 || (size_t)len >= parser->why_size)
        return ERR_BAD_REQUEST;
    va_start(args, format);
    vsnprintf(parser->why + len, parser->why_size - (size_t)len, format, args);
    va_end(args);
    return ERR_BAD_REQUEST;
}

enum err parser_expected(struct parser *parser, const char *what)
{
    const char *found = parser_peek(parser);
    if (!found)
        return parser_fail(parser, "expected %s, found the end of the line", what);
    return parser_fail(parser, "expected %s, found \"%s\"", what, found);
}

char *parser_keep(struct parser *parser, const char *text, size_t len)
{
    struct string_list *string = mem_alloc(sizeof *string + len + 1);
    if (!string)
        return NULL;
    memcpy(string->text, text, len);
    string->text[len] = '\0';
    string->next = parser->strings;
    parser->strings = string;
    return string->text;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Where a word ends: at a blank, or before "+2.5" in "start+2.5". */
static size_t word_length(const char *text, size_t len)
{
    size_t at = 0;
    while (at < len && !is_blank(text[at])) {
        if (at > 0 && text[at] == '+' && at + 1 < len && text[at + 1] >= '0' && text[at + 1] <= '9')
            break;
        at++;
    }
    return at;
}

enum err parser_split(struct parser *parser, const char *text, size_t len)
{
    parser->word_count = parser->at = 0;
    parser->rest = "";
    for (size_t at = 0; at < len;) {
        if (is_blank(text[at])) {
            at++;
            continue;
        }
        if (text[at] == '#')
            break;
        if (parser->word_count == SCENARIO_WORDS_MAX)
            return parser_fail(parser, "a line has at most %d words", SCENARIO_WORDS_MAX);
        bool is_quoted = text[at] == '"';
        const char *word = text + at + is_quoted;
        size_t left = len - at - is_quoted;
        const char *end = is_quoted ? memchr(word, '"', left) : word + word_length(word, left);
        if (!end)
            return parser_fail(parser, "expected a closing quote");
        char *kept = parser_keep(parser, word, (size_t)(end - word));
        if (!kept)
            return ERR_NO_MEMORY;
        parser->words[parser->word_count++] = kept;
        at = (size_t)(end - text) + is_quoted;
    }
    return ERR_NONE;
}

const char *parser_peek(const struct parser *parser)
{
    return parser->at < parser->word_count ? parser->words[parser->at] : NULL;
}

const char *parser_next(struct parser *parser)
{
    return parser->at < parser->word_count ? parser->words[parser->at++] : NULL;
}

bool parser_take(struct parser *parser, const char *word)
{
    const char *next = parser_peek(parser);
    if (!next || strcmp(next, word) != 0)
        return false;
    parser->at++;
    return true;
}

bool parser_seconds(const char *word, int64_t *out_ms)
{
    enum { DAY_S = 24 * 3600 };
    int64_t ms = 0, unit = 1000;
    bool has_digit = false, in_fraction = false;
    for (; word && *word; word++) {
        if (*word == '.' && !in_fraction) {
            in_fraction = true;
            continue;
        }
        if (*word < '0' || *word > '9' || ms > DAY_S * 1000LL)
            return false;
        has_digit = true;
        if (in_fraction)
            ms += (*word - '0') * (unit /= 10);
        else
            ms = ms * 10 + (*word - '0') * 1000;
    }
    *out_ms = ms;
    return has_digit && ms <= DAY_S * 1000LL;
}

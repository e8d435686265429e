/* The words of a scenario's line. Inside the parser alone. */
#ifndef DEBATE_BOT_SCENARIO_WORDS_H
#define DEBATE_BOT_SCENARIO_WORDS_H

#include "bot/scenario.h"

/* All strings of a scenario, freed together. */
struct string_list {
    struct string_list *next;
    char text[];
};

struct parser {
    struct scenario *scenario;
    struct string_list *strings;
    int line;
    size_t word_count, at;
    char *words[SCENARIO_WORDS_MAX]; /* of the line in hand, owned by strings */
    const char *rest;                /* of the line from its second word on */
    char speech[SCENARIO_PATH_MAX];
    char *why;
    size_t why_size;
    struct moment moment; /* of the line above */
    bool has_moment;
};

/* Fills `why` with "path:line: …" and returns ERR_BAD_REQUEST. */
enum err parser_fail(struct parser *parser, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The same, in the form `expected X, found "Y"`. */
enum err parser_expected(struct parser *parser, const char *what);

char *parser_keep(struct parser *parser, const char *text, size_t len); /* NULL without memory */
/* Cuts a line into words; quotes hold one together, a hash begins a comment. */
enum err parser_split(struct parser *parser, const char *text, size_t len) MUST_CHECK;
const char *parser_peek(const struct parser *parser); /* NULL at the end */
const char *parser_next(struct parser *parser);
bool parser_take(struct parser *parser, const char *word); /* takes the next word if it is this */
/* "2", "0.25": to milliseconds; at most a day. */
bool parser_seconds(const char *word, int64_t *out_ms);

/* scenario_line.c */
enum err parser_line(struct parser *parser) MUST_CHECK;

#endif

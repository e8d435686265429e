/* The lines of a scenario that do or expect something. */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "bot/scenario_words.h"

/* What stands after a verb. */
enum operand { OPERAND_NONE, OPERAND_SOUND, OPERAND_CHOICE, OPERAND_PAGE };

static const struct {
    const char *name;
    bool of_server;
    enum operand operand;
} verbs[VERB_COUNT] = {
    [VERB_SAYS] = {"says", false, OPERAND_SOUND},
    [VERB_CHOOSES] = {"chooses", false, OPERAND_CHOICE},
    [VERB_NEXT_PAGE] = {"next-page", false, OPERAND_NONE},
    [VERB_GOTO_PAGE] = {"goto-page", false, OPERAND_PAGE},
    [VERB_ENDS] = {"ends", false, OPERAND_NONE},
    [VERB_MUTES] = {"mutes", false, OPERAND_NONE},
    [VERB_UNMUTES] = {"unmutes", false, OPERAND_NONE},
    [VERB_DROPS] = {"drops", false, OPERAND_NONE},
    [VERB_RETURNS] = {"returns", false, OPERAND_NONE},
    [VERB_LEAVES] = {"leaves", false, OPERAND_NONE},
    [VERB_JOINS] = {"joins", false, OPERAND_NONE},
    [VERB_CONNECTS_TWICE] = {"connects-twice", false, OPERAND_NONE},
    [VERB_CONSENTS] = {"consents", false, OPERAND_NONE},
    [VERB_WITHDRAWS] = {"withdraws", false, OPERAND_NONE},
    [VERB_RECORDS] = {"records", false, OPERAND_NONE},
    [VERB_STOPS_RECORDING] = {"stops-recording", false, OPERAND_NONE},
    [VERB_KILLED] = {"killed", true, OPERAND_NONE},
    [VERB_STOPPED] = {"stopped", true, OPERAND_NONE},
    [VERB_RESTARTED] = {"restarted", true, OPERAND_NONE},
};

const char *verb_name(enum verb verb)
{
    return verbs[verb].name;
}

static enum err parse_event(struct parser *parser, const char *what, enum event_type *out)
{
    const char *word = parser_peek(parser);
    for (int i = 0; word && i < EVENT_TYPE_COUNT; i++) {
        if (strcmp(event_type_name((enum event_type)i), word) == 0) {
            *out = (enum event_type)i;
            parser_next(parser);
            return ERR_NONE;
        }
    }
    return parser_expected(parser, what);
}

static enum err parse_page(struct parser *parser, unsigned *out)
{
    uint64_t page;
    const char *word = parser_peek(parser);
    if (!word || !str_to_u64(word, 1000000, &page) || page == 0)
        return parser_expected(parser, "a page's number");
    parser_next(parser);
    *out = (unsigned)page;
    return ERR_NONE;
}

static enum err parse_role(struct parser *parser, int *out)
{
    const char *word = parser_peek(parser);
    *out = word ? scenario_role(parser->scenario, word) : WHO_NOBODY;
    if (*out == WHO_NOBODY)
        return parser_expected(parser, "a role of the cast");
    parser_next(parser);
    return ERR_NONE;
}

static enum err parse_moment(struct parser *parser, struct moment *out)
{
    enum err e = ERR_NONE;
    *out = (struct moment){.of = WHO_NOBODY};
    if (parser_take(parser, "begin")) {
        out->kind = MOMENT_BEGIN;
    } else if (parser_take(parser, "start")) {
        out->kind = MOMENT_START;
    } else if (parser_take(parser, "page")) {
        out->kind = MOMENT_PAGE;
        e = parse_page(parser, &out->page);
    } else if (parser_take(parser, "end")) {
        out->kind = MOMENT_EVENT;
        out->event = EVENT_SESSION_ENDED;
    } else {
        out->kind = MOMENT_EVENT;
        e = parse_event(parser, "\"begin\", \"start\", \"page\", \"end\" or an event's name",
                        &out->event);
        if (!e && parser_take(parser, "of"))
            e = parse_role(parser, &out->of);
    }
    const char *plus = parser_peek(parser);
    if (e || !plus || plus[0] != '+')
        return e;
    if (!parser_seconds(plus + 1, &out->plus_ms))
        return parser_expected(parser, "\"+\" and a number of seconds");
    parser_next(parser);
    return ERR_NONE;
}

static enum err parse_sound(struct parser *parser, struct scenario_line *line)
{
    char path[SCENARIO_PATH_MAX];
    const char *word = parser_peek(parser);
    if (!word || !*word)
        return parser_expected(parser, "the name of a sound");
    /* A bare name is one of the folder `speech`; anything else a path beside the scenario. */
    bool is_path = strchr(word, '/') || strchr(word, '.');
    const char *slash = strrchr(parser->scenario->path, '/');
    int folder_len = slash && word[0] != '/' ? (int)(slash - parser->scenario->path + 1) : 0;
    if (!is_path && !parser->speech[0])
        return parser_fail(parser, "expected \"speech FOLDER\" above, where \"%s\" is", word);
    int len = is_path
                  ? snprintf(path, sizeof path, "%.*s%s", folder_len, parser->scenario->path, word)
                  : snprintf(path, sizeof path, "%s/%s.opus", parser->speech, word);
    if (len < 0 || (size_t)len >= sizeof path)
        return parser_fail(parser, "the path is too long");
    parser_next(parser);
    line->word = parser_keep(parser, path, (size_t)len);
    return line->word ? ERR_NONE : ERR_NO_MEMORY;
}

static enum err parse_choice(struct parser *parser, struct scenario_line *line)
{
    const char *word = parser_peek(parser);
    if (!word || !*word || strlen(word) > LIMIT_CHOICE_ID)
        return parser_expected(parser, "a choice's id");
    line->word = parser_next(parser);
    return parser_take(parser, "page") ? parse_page(parser, &line->page) : ERR_NONE;
}

static enum err parse_deed(struct parser *parser, struct scenario_line *line)
{
    bool of_server = line->who == WHO_SERVER;
    int verb = 0;
    while (verb < VERB_COUNT &&
           (verbs[verb].of_server != of_server || !parser_take(parser, verbs[verb].name)))
        verb++;
    if (verb == VERB_COUNT)
        return parser_expected(parser, of_server ? "\"killed\", \"stopped\" or \"restarted\""
                                                 : "what to do (says, chooses, next-page, …)");
    line->verb = (enum verb)verb;
    switch (verbs[verb].operand) {
    case OPERAND_NONE:
        return ERR_NONE;
    case OPERAND_SOUND:
        return parse_sound(parser, line);
    case OPERAND_CHOICE:
        return parse_choice(parser, line);
    case OPERAND_PAGE:
        return parse_page(parser, &line->page);
    }
    return ERR_INTERNAL;
}

/* ---- expectations ---- */

static enum err parse_matches(struct parser *parser, struct scenario_line *line)
{
    for (const char *word; (word = parser_peek(parser)) && strcmp(word, "within") != 0;) {
        const char *equals = strchr(word, '=');
        if (!equals || equals == word)
            return parser_expected(parser, "KEY=VALUE, \"within\" or the end of the line");
        if (line->match_count == SCENARIO_MATCHES_MAX)
            return parser_fail(parser, "at most %d KEY=VALUE", SCENARIO_MATCHES_MAX);
        struct match *match = &line->matches[line->match_count++];
        match->key = parser_keep(parser, word, (size_t)(equals - word));
        match->value = equals + 1;
        if (!match->key)
            return ERR_NO_MEMORY;
        match->key_role = scenario_role(parser->scenario, match->key);
        match->value_role = scenario_role(parser->scenario, match->value);
        parser_next(parser);
    }
    return ERR_NONE;
}

static enum err parse_refused(struct parser *parser, struct scenario_line *line)
{
    const char *word = parser_peek(parser);
    int type = 0;
    while (word && type < COMMAND_TYPE_COUNT &&
           strcmp(command_type_name((enum command_type)type), word) != 0)
        type++;
    if (!word || type == COMMAND_TYPE_COUNT)
        return parser_expected(parser, "a command's name");
    parser_next(parser);
    line->refused = (enum command_type)type;
    word = parser_peek(parser);
    if (!word || (err_from_code(word) == ERR_INTERNAL && strcmp(word, "internal") != 0))
        return parser_expected(parser, "an error's code");
    line->code = parser_next(parser);
    return ERR_NONE;
}

static enum err parse_closed(struct parser *parser, struct scenario_line *line)
{
    uint64_t code;
    const char *word = parser_peek(parser);
    if (!word || !str_to_u64(word, 4999, &code) || code < 1000)
        return parser_expected(parser, "a close code from 1000 to 4999");
    parser_next(parser);
    line->close_code = (int)code;
    return ERR_NONE;
}

static bool take_either(struct parser *parser, const char *one, const char *many)
{
    return parser_take(parser, one) || parser_take(parser, many);
}

static enum err parse_claim(struct parser *parser, struct scenario_line *line)
{
    if (take_either(parser, "sees", "see")) {
        line->claim = CLAIM_SEES;
        enum err e = parse_event(parser, "an event's name", &line->event);
        return e ? e : parse_matches(parser, line);
    }
    if (parser_take(parser, "refused")) {
        line->claim = CLAIM_REFUSED;
        return parse_refused(parser, line);
    }
    if (parser_take(parser, "closed")) {
        line->claim = CLAIM_CLOSED;
        return parse_closed(parser, line);
    }
    if (take_either(parser, "hears", "hear")) {
        line->claim = CLAIM_HEARS;
        return parse_role(parser, &line->heard);
    }
    if (take_either(parser, "uploads", "upload")) {
        line->claim = CLAIM_UPLOADS;
        return ERR_NONE;
    }
    return parser_expected(parser, "\"sees\", \"refused\", \"closed\", \"hears\" or \"uploads\"");
}

static enum err parse_expectation(struct parser *parser, struct scenario_line *line)
{
    line->is_expectation = true;
    line->is_negated = parser_take(parser, "no");
    line->within_ms = -1;
    if (parser_take(parser, "all")) {
        line->who = WHO_ALL;
    } else {
        enum err e = parse_role(parser, &line->who);
        if (e)
            return e;
    }
    enum err e = parse_claim(parser, line);
    if (e || !parser_take(parser, "within"))
        return e;
    if (!parser_seconds(parser_peek(parser), &line->within_ms))
        return parser_expected(parser, "a number of seconds");
    parser_next(parser);
    return ERR_NONE;
}

static enum err parse_who(struct parser *parser, struct scenario_line *line)
{
    if (parser_take(parser, "all"))
        line->who = WHO_ALL;
    else if (parser_take(parser, "server"))
        line->who = WHO_SERVER;
    else if (parser_peek(parser) &&
             scenario_role(parser->scenario, parser_peek(parser)) != WHO_NOBODY)
        return parse_role(parser, &line->who);
    else
        return parser_expected(parser, "a role of the cast, \"all\", \"server\", \"expect\", or a "
                                       "line of the head");
    return ERR_NONE;
}

enum err parser_line(struct parser *parser)
{
    struct scenario *scenario = parser->scenario;
    enum err e = ERR_NONE;
    if (scenario->line_count == SCENARIO_LINES_MAX)
        return parser_fail(parser, "at most %d lines", SCENARIO_LINES_MAX);
    struct scenario_line *line = &scenario->lines[scenario->line_count];
    *line = (struct scenario_line){.number = parser->line, .heard = WHO_NOBODY};
    if (take_either(parser, "at", "after")) {
        e = parse_moment(parser, &parser->moment);
        parser->has_moment = true;
    }
    if (e)
        return e;
    if (parser_take(parser, "expect"))
        e = parse_expectation(parser, line);
    else
        e = parse_who(parser, line);
    if (!e && !line->is_expectation)
        e = parse_deed(parser, line);
    if (!e && parser_peek(parser))
        e = parser_expected(parser, "the end of the line");
    if (!e && !parser->has_moment)
        e = parser_fail(parser, "expected \"at MOMENT\": there is no line above to take it from");
    if (e)
        return e;
    line->moment = parser->moment;
    scenario->line_count++;
    return ERR_NONE;
}

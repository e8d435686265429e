#include "bot/scenario.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "bot/scenario_words.h"
#include "proto/agenda.h"

enum { SCENARIO_LIMIT_MS = 120000 }; /* of a run, when the file names none */

int scenario_role(const struct scenario *scenario, const char *name)
{
    for (size_t i = 0; i < scenario->role_count; i++) {
        if (strcmp(scenario->roles[i].name, name) == 0)
            return (int)i;
    }
    return WHO_NOBODY;
}

/* ---- the head of a scenario ---- */

/* The file that a word means: relative to the scenario. NULL without memory, or when too long. */
static char *resolve(struct parser *parser, const char *word)
{
    char path[SCENARIO_PATH_MAX];
    const char *slash = strrchr(parser->scenario->path, '/');
    int folder_len = slash && word[0] != '/' ? (int)(slash - parser->scenario->path + 1) : 0;
    int len = snprintf(path, sizeof path, "%.*s%s", folder_len, parser->scenario->path, word);
    if (len < 0 || (size_t)len >= sizeof path)
        return NULL;
    return parser_keep(parser, path, (size_t)len);
}

static enum err end_of_line(struct parser *parser)
{
    return parser_peek(parser) ? parser_expected(parser, "the end of the line") : ERR_NONE;
}

static enum err parse_path(struct parser *parser, const char *what, const char **out)
{
    const char *word = parser_peek(parser);
    if (!word || !*word)
        return parser_expected(parser, what);
    *out = resolve(parser, word);
    if (!*out)
        return parser_fail(parser, "the path is too long");
    parser_next(parser);
    return end_of_line(parser);
}

static enum err parse_title(struct parser *parser)
{
    if (!parser->rest[0])
        return parser_expected(parser, "the title");
    parser->scenario->title = parser_keep(parser, parser->rest, strlen(parser->rest));
    return parser->scenario->title ? ERR_NONE : ERR_NO_MEMORY;
}

static enum err parse_agenda(struct parser *parser)
{
    parser->scenario->agenda_line = parser->line;
    return parse_path(parser, "the path of an agenda", &parser->scenario->agenda_path);
}

static enum err parse_speech(struct parser *parser)
{
    const char *path = NULL;
    enum err e = parse_path(parser, "the path of a folder", &path);
    if (!e && !str_copy(parser->speech, sizeof parser->speech, path))
        e = parser_fail(parser, "the path is too long");
    return e;
}

static enum err parse_seats(struct parser *parser)
{
    uint64_t seats;
    const char *word = parser_peek(parser);
    if (!word || !str_to_u64(word, LIMIT_SEATS_MAX, &seats) || seats < LIMIT_SEATS_MIN)
        return parser_expected(parser, "a number of seats from 2 to 8");
    parser_next(parser);
    parser->scenario->seats = (int)seats;
    return end_of_line(parser);
}

static enum err parse_limit(struct parser *parser)
{
    if (!parser_seconds(parser_peek(parser), &parser->scenario->limit_ms) ||
        parser->scenario->limit_ms == 0)
        return parser_expected(parser, "a number of seconds above 0");
    parser_next(parser);
    return end_of_line(parser);
}

static enum err parse_server(struct parser *parser)
{
    for (const char *word; (word = parser_next(parser));) {
        if (parser->scenario->server_word_count == SCENARIO_SERVER_WORDS)
            return parser_fail(parser, "a server has at most %d words", SCENARIO_SERVER_WORDS);
        parser->scenario->server_words[parser->scenario->server_word_count++] = word;
    }
    return ERR_NONE;
}

static bool is_role_name(const char *name)
{
    size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-");
    return len > 0 && len <= SCENARIO_NAME_MAX && !name[len] && strcmp(name, "all") != 0 &&
           strcmp(name, "server") != 0 && strcmp(name, "expect") != 0 && strcmp(name, "at") != 0 &&
           strcmp(name, "after") != 0 && strcmp(name, "no") != 0;
}

static enum err check_role(struct parser *parser, const struct scenario_role *role)
{
    for (size_t i = 0; i < parser->scenario->role_count; i++) {
        const struct scenario_role *other = &parser->scenario->roles[i];
        if (strcmp(other->name, role->name) == 0)
            return parser_fail(parser, "%s is cast already", role->name);
        if (strcmp(other->nickname, role->nickname) == 0)
            return parser_fail(parser, "%s has this nickname already", other->name);
        if (other->is_host && role->is_host)
            return parser_fail(parser, "%s is the host already", other->name);
    }
    return ERR_NONE;
}

static enum err parse_cast(struct parser *parser)
{
    struct scenario *scenario = parser->scenario;
    if (scenario->role_count == LIMIT_SEATS_MAX)
        return parser_fail(parser, "at most %d can take part", LIMIT_SEATS_MAX);
    const char *name = parser_peek(parser);
    if (!name || !is_role_name(name))
        return parser_expected(parser, "a role's name (a-z 0-9 _ -)");
    struct scenario_role role = {.name = parser_next(parser)};
    role.nickname = parser_peek(parser);
    if (!role.nickname || !*role.nickname || utf8_length(role.nickname) > LIMIT_NICKNAME_CHARS)
        return parser_expected(parser, "a nickname of 1 to 64 characters");
    parser_next(parser);
    while (parser_peek(parser)) {
        if (parser_take(parser, "host"))
            role.is_host = true;
        else if (parser_take(parser, "consents"))
            role.consents = true;
        else if (parser_take(parser, "later"))
            role.is_later = true;
        else
            return parser_expected(parser,
                                   "\"host\", \"consents\", \"later\" or the end of the line");
    }
    enum err e = check_role(parser, &role);
    if (!e)
        scenario->roles[scenario->role_count++] = role;
    return e;
}

static const struct {
    const char *word;
    enum err (*parse)(struct parser *parser);
} heads[] = {
    {"title", parse_title}, {"agenda", parse_agenda}, {"speech", parse_speech},
    {"seats", parse_seats}, {"limit", parse_limit},   {"server", parse_server},
    {"cast", parse_cast},
};

/* `server` opens a line of the head and is also somebody who does something. */
static bool is_deed_of_server(const struct parser *parser)
{
    const char *verb = parser->word_count == 2 ? parser->words[1] : "";
    return strcmp(parser->words[0], "server") == 0 &&
           (strcmp(verb, "killed") == 0 || strcmp(verb, "stopped") == 0 ||
            strcmp(verb, "restarted") == 0);
}

static enum err parse_line(struct parser *parser)
{
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        if (is_deed_of_server(parser) || !parser_take(parser, heads[i].word))
            continue;
        if (parser->scenario->line_count > 0)
            return parser_fail(parser, "\"%s\" stands before the first line that does something",
                               heads[i].word);
        return heads[i].parse(parser);
    }
    if (parser->scenario->role_count == 0)
        return parser_expected(parser, "\"cast\" before anything is done");
    return parser_line(parser);
}

/* The text of a line from its first, or second, word to the comment. */
static enum err keep_texts(struct parser *parser, const char *text, size_t len, const char **whole)
{
    size_t end = 0;
    bool is_quoted = false;
    for (; end < len && (is_quoted || text[end] != '#'); end++)
        is_quoted ^= text[end] == '"';
    while (end > 0 && strchr(" \t\r", text[end - 1]))
        end--;
    size_t at = 0;
    while (at < end && strchr(" \t", text[at]))
        at++;
    char *kept = parser_keep(parser, text + at, end - at);
    if (!kept)
        return ERR_NO_MEMORY;
    *whole = kept;
    parser->rest = kept + strcspn(kept, " \t");
    parser->rest += strspn(parser->rest, " \t");
    return ERR_NONE;
}

static enum err parse_text(struct parser *parser, const char *text, size_t len)
{
    const char *end = text + len;
    for (parser->line = 1; text < end; parser->line++) {
        const char *stop = memchr(text, '\n', (size_t)(end - text));
        size_t line_len = (size_t)((stop ? stop : end) - text);
        if (!utf8_valid(text, line_len) || memchr(text, '\0', line_len))
            return parser_fail(parser, "expected UTF-8 text");
        size_t before = parser->scenario->line_count;
        const char *whole = "";
        enum err e = parser_split(parser, text, line_len);
        if (!e)
            e = keep_texts(parser, text, line_len, &whole);
        if (!e && parser->word_count > 0)
            e = parse_line(parser);
        if (e)
            return e;
        if (parser->scenario->line_count > before)
            parser->scenario->lines[before].text = whole;
        text = stop ? stop + 1 : end;
    }
    if (parser->scenario->role_count < 2)
        return parser_fail(parser, "expected at least two lines with \"cast\"");
    return ERR_NONE;
}

static struct scenario *scenario_new(const char *path)
{
    struct scenario *scenario = mem_zalloc(sizeof *scenario);
    if (!scenario)
        return NULL;
    scenario->path = mem_strdup(path);
    scenario->lines = mem_zalloc(SCENARIO_LINES_MAX * sizeof *scenario->lines);
    scenario->limit_ms = SCENARIO_LIMIT_MS;
    const char *slash = scenario->path ? strrchr(scenario->path, '/') : NULL;
    scenario->title = slash ? slash + 1 : scenario->path;
    if (!scenario->path || !scenario->lines) {
        scenario_free(scenario);
        return NULL;
    }
    return scenario;
}

enum err scenario_parse(const char *path, const char *text, size_t len, struct scenario **out,
                        char *why, size_t why_size)
{
    struct parser parser = {.why = why, .why_size = why_size, .rest = ""};
    snprintf(why, why_size, "%s: no memory", path);
    parser.scenario = scenario_new(path);
    if (!parser.scenario)
        return ERR_NO_MEMORY;
    enum err e = parse_text(&parser, text, len);
    parser.scenario->strings = parser.strings;
    if (e) {
        scenario_free(parser.scenario);
        return e;
    }
    if (!parser.scenario->seats)
        parser.scenario->seats = (int)parser.scenario->role_count;
    *out = parser.scenario;
    return ERR_NONE;
}

void scenario_free(struct scenario *scenario)
{
    if (!scenario)
        return;
    for (struct string_list *next, *string = scenario->strings; string; string = next) {
        next = string->next;
        mem_free(string);
    }
    mem_free(scenario->agenda);
    mem_free(scenario->lines);
    mem_free(scenario->path);
    mem_free(scenario);
}

/* ---- files ---- */

static enum err read_file(const char *path, size_t len_max, char **text, size_t *len)
{
    FILE *file = fopen(path, "re");
    *text = NULL;
    if (!file)
        return ERR_IO;
    char *data = mem_alloc(len_max + 1);
    *len = data ? fread(data, 1, len_max + 1, file) : 0;
    enum err e = !data ? ERR_NO_MEMORY : ferror(file) ? ERR_IO : ERR_NONE;
    if (!e && *len > len_max)
        e = ERR_TOO_LARGE;
    fclose(file);
    if (e) {
        mem_free(data);
        return e;
    }
    data[*len] = '\0';
    char *small = mem_realloc(data, *len + 1);
    *text = small ? small : data;
    return ERR_NONE;
}

static enum err say_file(enum err e, const char *path, char *why, size_t why_size)
{
    snprintf(why, why_size, "%s: %s", path,
             e == ERR_IO          ? strerror(errno)
             : e == ERR_TOO_LARGE ? "too large"
                                  : "no memory");
    return e;
}

/* A moment that cannot come. */
static enum err check_pages(const struct scenario *scenario, size_t page_count, char *why,
                            size_t why_size)
{
    for (size_t i = 0; i < scenario->line_count; i++) {
        const struct scenario_line *line = &scenario->lines[i];
        if (line->moment.kind != MOMENT_PAGE || line->moment.page <= page_count)
            continue;
        snprintf(why, why_size, "%s:%d: expected a page from 1 to %zu, found %u", scenario->path,
                 line->number, page_count, line->moment.page);
        return ERR_BAD_REQUEST;
    }
    return ERR_NONE;
}

static enum err read_agenda(struct scenario *scenario, char *why, size_t why_size)
{
    size_t len;
    struct agenda *agenda;
    struct problem problem;
    char place[2 * SCENARIO_PATH_MAX];
    enum err e = read_file(scenario->agenda_path, LIMIT_HTTP_BODY, &scenario->agenda, &len);
    snprintf(place, sizeof place, "%s:%d: %s", scenario->path, scenario->agenda_line,
             scenario->agenda_path);
    if (e)
        return say_file(e, place, why, why_size);
    e = agenda_parse(scenario->agenda, len, &agenda, &problem);
    if (!e) {
        e = check_pages(scenario, agenda->page_count, why, why_size);
        agenda_unref(agenda);
        return e;
    }
    struct buf text;
    buf_init(&text, 1000);
    if (problem_print(&problem, LANG_EN, &text))
        buf_clear(&text);
    snprintf(why, why_size, "%s: %s", place, text.data ? text.data : "no agenda");
    buf_release(&text);
    return e;
}

enum err scenario_read(const char *path, struct scenario **out, char *why, size_t why_size)
{
    char *text;
    size_t len;
    struct scenario *scenario = NULL;
    enum err e = read_file(path, SCENARIO_BYTES_MAX, &text, &len);
    if (e)
        return say_file(e, path, why, why_size);
    e = scenario_parse(path, text, len, &scenario, why, why_size);
    mem_free(text);
    if (!e && scenario->agenda_path)
        e = read_agenda(scenario, why, why_size);
    if (e) {
        scenario_free(scenario);
        return e;
    }
    *out = scenario;
    return ERR_NONE;
}

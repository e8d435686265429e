#include "terminal/orders.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "proto/json_reader.h"
#include "terminal/words_intl.h"

static const struct order_help helps[] = {
    {"/choose", "CHOICE", N_("choose on the open page; its number or name alone does the same")},
    {"/mute", "[on|off]", N_("mute the microphone, or open it again")},
    {"/talk", "[key|open]", N_("push-to-talk (hold the space bar), or an open microphone")},
    {"/page", "[N]", N_("show the page again; the host turns to page N")},
    {"/next", NULL, N_("the host turns to the next page; after the last one the debate ends")},
    {"/who", NULL, N_("who is here")},
    {"/stats", "[NAME]", N_("how good the connections are")},
    {"/devices", NULL, N_("microphones and loudspeakers of this machine")},
    {"/record", "[on|off]", N_("agree to be recorded, or take it back")},
    {"/end", NULL, N_("the host ends the debate for everybody")},
    {"/leave", NULL, N_("give the seat up and go")},
    {"/help", NULL, N_("show this")},
};

const struct order_help *order_help_at(size_t index)
{
    return index < sizeof helps / sizeof *helps ? &helps[index] : NULL;
}

__attribute__((format(printf, 2, 3))) static enum err refuse(char why[ORDER_WHY_SIZE],
                                                             const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vsnprintf(why, ORDER_WHY_SIZE, format, list);
    va_end(list);
    return ERR_BAD_REQUEST;
}

/* ---- choices ---- */

static void list_choices(const struct page *page, char *out, size_t out_size)
{
    size_t len = 0;
    for (size_t i = 0; i < page->choice_count && len < out_size; i++)
        len += (size_t)snprintf(out + len, out_size - len, "%s%zu %s", i ? ", " : "", i + 1,
                                page->choices[i].label);
}

static int find_choice(const struct page *page, const char *word)
{
    uint64_t number;
    int index = page_choice_index(page, word);
    if (index >= 0)
        return index;
    for (size_t i = 0; i < page->choice_count; i++) {
        if (strcasecmp(page->choices[i].label, word) == 0 ||
            strcasecmp(page->choices[i].id, word) == 0)
            return (int)i;
    }
    if (str_to_u64(word, page->choice_count, &number) && number > 0)
        return (int)number - 1;
    return -1;
}

static enum err choose(const char *word, const struct page *page, struct order *out,
                       char why[ORDER_WHY_SIZE])
{
    char names[ORDER_WHY_SIZE / 2];
    if (!page || page->choice_count == 0)
        return refuse(why, "%s", _("There is nothing to choose on this page."));
    list_choices(page, names, sizeof names);
    if (!word[0])
        return refuse(why, _("Choose what? There are: %s"), names);
    int index = find_choice(page, word);
    if (index < 0)
        return refuse(why, _("\"%.60s\" is no choice of this page. There are: %s"), word, names);
    out->type = ORDER_COMMAND;
    out->command.type = COMMAND_SUBMIT_CHOICE;
    /* A choice's id is at most LIMIT_CHOICE_ID bytes: the agenda was checked. */
    str_copy(out->command.submit_choice.choice, sizeof out->command.submit_choice.choice,
             page->choices[index].id);
    return ERR_NONE;
}

/* ---- words ---- */

struct words {
    const char *word, *rest; /* "/page", "2" */
    const struct page *page;
};

static enum err take_on_off(const struct words *words, const char *on, const char *off,
                            struct order *out, char why[ORDER_WHY_SIZE])
{
    out->has_on = words->rest[0] != '\0';
    out->is_on = strcmp(words->rest, on) == 0;
    if (out->has_on && !out->is_on && strcmp(words->rest, off) != 0)
        return refuse(why, _("%s takes \"%s\" or \"%s\", not \"%.40s\"."), words->word, on, off,
                      words->rest);
    return ERR_NONE;
}

static enum err take_record(const struct words *words, struct order *out, char why[ORDER_WHY_SIZE])
{
    enum err e = take_on_off(words, "on", "off", out, why);
    out->type = ORDER_COMMAND;
    out->command.type = COMMAND_CONSENT;
    out->command.consent.recording = !out->has_on || out->is_on;
    return e;
}

static enum err take_page(const struct words *words, struct order *out, char why[ORDER_WHY_SIZE])
{
    uint64_t number;
    out->type = ORDER_SHOW;
    if (!words->rest[0])
        return ERR_NONE;
    if (!str_to_u64(words->rest, LIMIT_PAGES, &number) || number == 0)
        return refuse(why, _("/page takes the number of a page, not \"%.40s\"."), words->rest);
    out->type = ORDER_COMMAND;
    out->command.type = COMMAND_GOTO_PAGE;
    out->command.goto_page.page = (unsigned)number;
    return ERR_NONE;
}

static enum err take_plain(const struct words *words, struct order *out, char why[ORDER_WHY_SIZE])
{
    static const struct {
        const char *word;
        enum order_type type;
        enum command_type command;
    } plain[] = {
        {"/next", ORDER_COMMAND, COMMAND_NEXT_PAGE},
        {"/leave", ORDER_COMMAND, COMMAND_LEAVE},
        {"/who", ORDER_WHO, COMMAND_TYPE_COUNT},
        {"/stats", ORDER_STATS, COMMAND_TYPE_COUNT},
        {"/end", ORDER_END, COMMAND_END_SESSION},
        {"/devices", ORDER_DEVICES, COMMAND_TYPE_COUNT},
        {"/help", ORDER_HELP, COMMAND_TYPE_COUNT},
    };
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        if (strcmp(words->word, plain[i].word) != 0)
            continue;
        out->type = plain[i].type;
        out->command.type = plain[i].command;
        if (!str_copy(out->name, sizeof out->name, words->rest))
            return refuse(why, "%s", _("That line is too long."));
        return ERR_NONE;
    }
    return refuse(why, _("There is no \"%.40s\"; /help shows what there is."), words->word);
}

static enum err take_words(const struct words *words, struct order *out, char why[ORDER_WHY_SIZE])
{
    if (strcmp(words->word, "/choose") == 0)
        return choose(words->rest, words->page, out, why);
    if (strcmp(words->word, "/page") == 0)
        return take_page(words, out, why);
    if (strcmp(words->word, "/record") == 0)
        return take_record(words, out, why);
    if (strcmp(words->word, "/mute") == 0) {
        out->type = ORDER_MUTE;
        return take_on_off(words, "on", "off", out, why);
    }
    if (strcmp(words->word, "/talk") == 0) {
        out->type = ORDER_TALK;
        return take_on_off(words, "key", "open", out, why);
    }
    return take_plain(words, out, why);
}

static const char *skip_space(const char *s)
{
    while (isspace((unsigned char)*s))
        s++;
    return s;
}

enum err order_parse(const char *line, const struct page *page, struct order *out,
                     char why[ORDER_WHY_SIZE])
{
    char text[1024];
    *out = (struct order){.type = ORDER_NOTHING};
    if (!str_copy(text, sizeof text, skip_space(line)))
        return refuse(why, "%s", _("That line is too long."));
    for (size_t len = strlen(text); len > 0 && isspace((unsigned char)text[len - 1]);)
        text[--len] = '\0';
    if (!text[0])
        return ERR_NONE;
    if (text[0] != '/') {
        if (page && page->choice_count > 0)
            return choose(text, page, out, why);
        return refuse(why, "%s", _("Commands begin with a slash; /help shows them."));
    }
    char *rest = text + strcspn(text, " \t");
    if (*rest)
        *rest++ = '\0';
    struct words words = {.word = text, .rest = skip_space(rest), .page = page};
    return take_words(&words, out, why);
}

/* ---- scripts ---- */

/* What the client itself says, and when. */
static bool is_clients_own(enum command_type type)
{
    return type == COMMAND_INIT || type == COMMAND_READY || type == COMMAND_REPORT_START ||
           type == COMMAND_PING;
}

static enum err explain(const struct problem *problem, char why[ORDER_WHY_SIZE])
{
    struct buf text;
    buf_init(&text, ORDER_WHY_SIZE - 1);
    enum lang lang = lang_from_accept_language(words_language());
    bool ok = problem_print(problem, lang, &text) == ERR_NONE;
    snprintf(why, ORDER_WHY_SIZE, "%s", ok && text.data ? text.data : err_code(problem->code));
    buf_release(&text);
    return problem->code;
}

enum err order_parse_script(const char *line, const struct page *page, struct order *out,
                            char why[ORDER_WHY_SIZE])
{
    struct problem problem;
    *out = (struct order){.type = ORDER_NOTHING};
    line = skip_space(line);
    if (line[0] != '{') {
        enum err wrong = order_parse(line, page, out, why);
        /* Nobody can be asked whether they are sure. */
        if (out->type == ORDER_END)
            out->type = ORDER_COMMAND;
        return wrong;
    }
    if (!utf8_valid(line, strlen(line)))
        return explain(&(struct problem){.code = ERR_BAD_MESSAGE, .reason = REASON_NOT_UTF8}, why);
    if (command_parse(line, strlen(line), &out->command, &problem))
        return explain(&problem, why);
    if (is_clients_own(out->command.type))
        return refuse(why, _("The client says \"%s\" by itself."),
                      command_type_name(out->command.type));
    out->type = ORDER_COMMAND;
    if (out->command.type == COMMAND_VOICE_STATUS_UPDATE) {
        out->type = ORDER_MUTE;
        out->has_on = true;
        out->is_on = !out->command.voice_status.is_mic_on;
    }
    return ERR_NONE;
}

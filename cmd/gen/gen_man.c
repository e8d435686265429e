#include <ctype.h>
#include <string.h>

#include "args.h"
#include "gen.h"

/* The day of the last change to what the manual says; a page that told the day on which it was made
 * would differ from day to day. */
#define MANUAL_DATE "November 25, 2026"

enum section {
    SECTION_SYNOPSIS,
    SECTION_DESCRIPTION,
    SECTION_SUBCOMMANDS,
    SECTION_OPTIONS,
    SECTION_ENVIRONMENT,
    SECTION_FILES,
    SECTION_EXIT_STATUS,
    SECTION_EXAMPLES,
    SECTION_SEE_ALSO,
    SECTION_COUNT
};

static const char *const titles[SECTION_COUNT] = {"SYNOPSIS",    "DESCRIPTION", "SUBCOMMANDS",
                                                  "OPTIONS",     "ENVIRONMENT", "FILES",
                                                  "EXIT STATUS", "EXAMPLES",    "SEE ALSO"};

/* A page in the making. */
struct page {
    const struct cmd *cmd; /* NULL: debate itself */
    FILE *out;
    const char *more[SECTION_COUNT]; /* what is said beyond the table; NULL: nothing */
};

/* ---- what is said beyond the table ---- */

static enum section find_section(const char *title)
{
    enum section at = SECTION_SYNOPSIS;
    while (at < SECTION_COUNT && strcmp(titles[at], title) != 0)
        at++;
    return at;
}

/* Cuts `text` at its .Sh lines. */
static bool take_more(struct page *page, char *text)
{
    enum section at = SECTION_COUNT;
    for (char *line = text; line && *line;) {
        char *stop = strchr(line, '\n'), *next = stop ? stop + 1 : NULL;
        if (strncmp(line, ".Sh ", 4) == 0) {
            if (stop)
                *stop = '\0';
            at = find_section(line + 4);
            if (at == SECTION_COUNT) {
                fprintf(stderr, "gen: %s.1.in: %s: no such section\n",
                        page->cmd ? page->cmd->name : "debate", line + 4);
                return false;
            }
            page->more[at] = next;
            *line = '\0';
        }
        line = next;
    }
    return true;
}

static void put_more(const struct page *page, enum section section)
{
    if (page->more[section])
        fputs(page->more[section], page->out);
}

/* ---- the synopsis ---- */

/* `create [CODE]` as macros: words in lower case stand as they are, others for something. */
static void put_form(const struct page *page, const char *form, size_t len)
{
    bool has_options = false;
    fprintf(page->out, ".Nm debate %s\n", page->cmd->name);
    while (len) {
        size_t word = strcspn(form, " ");
        word = word < len ? word : len;
        bool is_optional = form[0] == '[', is_literal = islower((unsigned char)form[0]);
        if (!is_literal && !has_options)
            fputs(".Op Ar option ...\n", page->out);
        has_options = has_options || !is_literal;
        int core = (int)(is_optional ? word - 2 : word);
        bool is_many = core > 3 && memcmp(form + is_optional + core - 3, "...", 3) == 0;
        fprintf(page->out, ".%s%s %.*s%s\n", is_optional ? "Op " : "", is_literal ? "Cm" : "Ar",
                is_many ? core - 3 : core, form + is_optional, is_many ? " ..." : "");
        form += word;
        len -= word;
        size_t space = strspn(form, " ");
        space = space < len ? space : len;
        form += space;
        len -= space;
    }
    if (!has_options)
        fputs(".Op Ar option ...\n", page->out);
}

static void put_synopsis(const struct page *page)
{
    static const char between[] = " | ";
    if (page->more[SECTION_SYNOPSIS]) {
        put_more(page, SECTION_SYNOPSIS);
        return;
    }
    if (!page->cmd) {
        fputs(".Nm debate\n.Ar subcommand\n.Op Ar option ...\n.Op Ar operand ...\n"
              ".Nm debate\n.Fl h | -help | -version\n",
              page->out);
        return;
    }
    for (const char *form = page->cmd->operands ? page->cmd->operands : ""; form;) {
        const char *stop = strstr(form, between);
        put_form(page, form, stop ? (size_t)(stop - form) : strlen(form));
        form = stop ? stop + strlen(between) : NULL;
    }
}

/* ---- options ---- */

static void put_option(const struct page *page, const struct option *option)
{
    FILE *out = page->out;
    fputs(".It Fl ", out);
    if (option->letter)
        fprintf(out, "%c , ", option->letter);
    fprintf(out, "-%s", option->name);
    if (option->argument && option->optional_argument)
        fprintf(out, " Ns Op = Ns Ar %s", option->argument);
    else if (option->argument)
        fprintf(out, " Ar %s", option->argument);
    fputc('\n', out);
    gen_mdoc_text(page->cmd, option->help, out);
    if (option->fallback)
        fprintf(out, "Default: %s\n", option->fallback);
    if (option->variable)
        fprintf(out, "Variable:\n.Ev %s\n", option->variable);
}

static void put_options(const struct page *page)
{
    fputs(".Bl -tag -width Ds\n", page->out);
    for (const struct option *o = page->cmd ? page->cmd->options : NULL; o && o->name; o++)
        put_option(page, o);
    for (const struct option *o = page->cmd ? help_common : help_overview; o->name; o++)
        put_option(page, o);
    fputs(".El\n", page->out);
    put_more(page, SECTION_OPTIONS);
}

/* ---- the environment ---- */

static const struct option *find_variable(const struct cmd *cmd, const char *variable)
{
    for (const struct option *o = cmd->options; o && o->name; o++) {
        if (o->variable && strcmp(o->variable, variable) == 0)
            return o;
    }
    return NULL;
}

/* Which subcommands hear it, at the first of them. */
static void put_shared_variable(const struct page *page, const struct cmd *const *first,
                                const struct option *option)
{
    for (const struct cmd *const *cmd = cmd_table; cmd < first; cmd++) {
        if (find_variable(*cmd, option->variable))
            return;
    }
    fprintf(page->out, ".It Ev %s\nGives\n.Fl -%s\nof\n", option->variable, option->name);
    for (const struct cmd *const *cmd = first; *cmd;) {
        const struct cmd *const *next = cmd + 1;
        while (*next && !find_variable(*next, option->variable))
            next++;
        fprintf(page->out, ".Cm %s %s\n", (*cmd)->name, *next ? "," : ".");
        cmd = next;
    }
}

static void put_environment(const struct page *page)
{
    fputs(".Bl -tag -width Ds\n", page->out);
    for (const struct option *o = page->cmd ? page->cmd->options : NULL; o && o->name; o++) {
        if (o->variable)
            fprintf(page->out, ".It Ev %s\nGives\n.Fl -%s .\n", o->variable, o->name);
    }
    for (const struct cmd *const *cmd = page->cmd ? NULL : cmd_table; cmd && *cmd; cmd++) {
        for (const struct option *o = (*cmd)->options; o && o->name; o++) {
            if (o->variable)
                put_shared_variable(page, cmd, o);
        }
    }
    put_more(page, SECTION_ENVIRONMENT);
    fputs(".El\n", page->out);
}

static bool has_environment(const struct page *page)
{
    for (const struct option *o = page->cmd ? page->cmd->options : NULL; o && o->name; o++) {
        if (o->variable)
            return true;
    }
    return !page->cmd || page->more[SECTION_ENVIRONMENT];
}

/* ---- the rest ---- */

static void put_subcommands(const struct page *page)
{
    fputs(".Bl -tag -width Ds\n", page->out);
    for (const struct cmd *const *cmd = cmd_table; *cmd; cmd++)
        fprintf(page->out, ".It Cm %s\n%s;\n.Xr debate-%s 1\n", (*cmd)->name, (*cmd)->summary,
                (*cmd)->name);
    fputs(".El\n", page->out);
    put_more(page, SECTION_SUBCOMMANDS);
}

static void put_examples(const struct page *page)
{
    for (const char *const *e = page->cmd ? page->cmd->examples : NULL; e && e[0] && e[1]; e += 2) {
        char text[512];
        snprintf(text, sizeof text, "%s", e[1]);
        text[strlen(text) - 1] = ':';
        if (e > page->cmd->examples)
            fputs(".Pp\n", page->out);
        gen_mdoc_text(page->cmd, text, page->out);
        fprintf(page->out, ".Dl %s\n", e[0]);
    }
    put_more(page, SECTION_EXAMPLES);
}

/* The subcommand that follows `name` in the alphabet; NULL: none. */
static const char *name_after(const char *name)
{
    const char *least = NULL;
    for (const struct cmd *const *cmd = cmd_table; *cmd; cmd++) {
        if (strcmp((*cmd)->name, name) > 0 && (!least || strcmp((*cmd)->name, least) < 0))
            least = (*cmd)->name;
    }
    return least;
}

static void put_section(const struct page *page, enum section section)
{
    switch (section) {
    case SECTION_SYNOPSIS:
        put_synopsis(page);
        break;
    case SECTION_DESCRIPTION:
        if (page->cmd)
            gen_mdoc_text(page->cmd, page->cmd->description, page->out);
        put_more(page, section);
        break;
    case SECTION_SUBCOMMANDS:
        put_subcommands(page);
        break;
    case SECTION_OPTIONS:
        put_options(page);
        break;
    case SECTION_ENVIRONMENT:
        put_environment(page);
        break;
    case SECTION_EXAMPLES:
        put_examples(page);
        break;
    case SECTION_EXIT_STATUS:
        fputs(page->more[section] ? page->more[section] : "As in\n.Xr debate 1 .\n", page->out);
        break;
    case SECTION_SEE_ALSO:
        for (const char *name = page->cmd ? NULL : name_after(""); name; name = name_after(name))
            fprintf(page->out, ".Xr debate-%s 1 ,\n", name);
        fputs(page->more[section] ? page->more[section] : ".Xr debate 1\n", page->out);
        break;
    case SECTION_FILES:
        put_more(page, section);
        break;
    case SECTION_COUNT:
        break;
    }
}

/* There is something to say. */
static bool has_section(const struct page *page, enum section section)
{
    if (section == SECTION_SUBCOMMANDS)
        return !page->cmd;
    if (section == SECTION_ENVIRONMENT)
        return has_environment(page);
    if (section == SECTION_FILES)
        return page->more[section] != NULL;
    return section != SECTION_EXAMPLES || page->more[section] || (page->cmd && page->cmd->examples);
}

bool gen_page(const struct cmd *cmd, char *more, FILE *out)
{
    struct page page = {.cmd = cmd, .out = out};
    char title[64];
    if (!take_more(&page, more))
        return false;
    snprintf(title, sizeof title, "debate%s%s", cmd ? "-" : "", cmd ? cmd->name : "");
    fprintf(out, ".\\\" Made by `make gen` from the table of options and man/%s.1.in.\n", title);
    fprintf(out, ".Dd " MANUAL_DATE "\n.Dt ");
    for (const char *c = title; *c; c++)
        fputc(toupper((unsigned char)*c), out);
    fprintf(out, " 1\n.Os\n.Sh NAME\n.Nm %s\n.Nd %s\n", title,
            cmd ? cmd->summary : "hold spoken debates over WebRTC");
    for (enum section section = SECTION_SYNOPSIS; section < SECTION_COUNT; section++) {
        if (!has_section(&page, section))
            continue;
        fprintf(out, ".Sh %s\n", titles[section]);
        put_section(&page, section);
    }
    return true;
}

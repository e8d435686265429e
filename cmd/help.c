#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "base/str.h"

enum {
    COLUMNS_DEFAULT = 80,
    COLUMNS_MIN = 40, /* less leaves no room behind the indentation */
    COLUMNS_MAX = 500,
    INDENT_OPTION = 2,
    INDENT_TEXT = 8
};

const struct option help_common[] = {
    {.name = "help", .letter = 'h', .help = "Print this."},
    {.name = "version", .help = "Print the version."},
    {0},
};

const struct option help_overview[] = {
    {.name = "help", .letter = 'h', .help = "Print this, or a subcommand's help."},
    {.name = "version", .help = "Print the version."},
    {0},
};

/* A paragraph in the making: words come one by one, lines are broken before the last column. */
struct wrap {
    FILE *out;
    size_t columns, indent, column;
};

static size_t columns_wanted(void)
{
    const char *given = getenv("COLUMNS");
    uint64_t columns;
    if (!given || !str_to_u64(given, COLUMNS_MAX, &columns))
        return COLUMNS_DEFAULT;
    return columns < COLUMNS_MIN ? COLUMNS_MIN : (size_t)columns;
}

static void new_line(struct wrap *wrap)
{
    if (wrap->column)
        fputc('\n', wrap->out);
    wrap->column = 0;
}

static void put_word(struct wrap *wrap, const char *word, size_t len)
{
    size_t width = 0;
    for (size_t i = 0; i < len; i++)
        width += (word[i] & 0xc0) != 0x80;
    if (wrap->column && wrap->column + 1 + width > wrap->columns)
        new_line(wrap);
    if (wrap->column) {
        fputc(' ', wrap->out);
        wrap->column++;
    } else {
        fprintf(wrap->out, "%*s", (int)wrap->indent, "");
        wrap->column = wrap->indent;
    }
    fwrite(word, 1, len, wrap->out);
    wrap->column += width;
}

/* Words; an empty line in the text begins a paragraph. */
static void put_text(struct wrap *wrap, const char *text)
{
    while (*text) {
        size_t space = strspn(text, " \n");
        bool is_paragraph = memchr(text, '\n', space) != NULL && space > 1;
        text += space;
        if (is_paragraph && *text) {
            new_line(wrap);
            fputc('\n', wrap->out);
        }
        size_t len = strcspn(text, " \n");
        if (len)
            put_word(wrap, text, len);
        text += len;
    }
}

static void put_paragraph(struct wrap *wrap, size_t indent, const char *text)
{
    wrap->indent = indent;
    put_text(wrap, text);
    new_line(wrap);
}

static void put_option_names(FILE *out, const struct option *option)
{
    fprintf(out, "%*s", INDENT_OPTION, "");
    if (option->letter)
        fprintf(out, "-%c, ", option->letter);
    fprintf(out, "--%s", option->name);
    if (option->argument && option->optional_argument)
        fprintf(out, "[=%s]", option->argument);
    else if (option->argument)
        fprintf(out, " %s", option->argument);
    fputc('\n', out);
}

static void put_option(struct wrap *wrap, const struct option *option)
{
    put_option_names(wrap->out, option);
    wrap->indent = INDENT_TEXT;
    put_text(wrap, option->help);
    if (option->fallback) {
        put_text(wrap, "Default:");
        put_text(wrap, option->fallback);
    }
    if (option->variable) {
        put_text(wrap, "Variable:");
        put_text(wrap, option->variable);
    }
    new_line(wrap);
}

static void put_usage(struct wrap *wrap, const struct cmd *cmd)
{
    put_text(wrap, "Usage: debate");
    wrap->indent = INDENT_TEXT;
    put_text(wrap, cmd->name);
    if (cmd->options)
        put_text(wrap, "[OPTION]...");
    if (cmd->operands)
        put_text(wrap, cmd->operands);
    new_line(wrap);
    fputc('\n', wrap->out);
}

void help_print(const struct cmd *cmd, FILE *out)
{
    struct wrap wrap = {.out = out, .columns = columns_wanted()};
    put_usage(&wrap, cmd);
    put_paragraph(&wrap, 0, cmd->description);
    fprintf(out, "\nOptions:\n");
    for (const struct option *o = cmd->options; o && o->name; o++)
        put_option(&wrap, o);
    for (const struct option *o = help_common; o->name; o++)
        put_option(&wrap, o);
    for (const char *const *e = cmd->examples; e && e[0] && e[1]; e += 2) {
        fprintf(out, "%s%*s%s\n", e == cmd->examples ? "\nExamples:\n" : "", INDENT_OPTION, "",
                e[0]);
        put_paragraph(&wrap, INDENT_TEXT, e[1]);
    }
}

void help_print_overview(FILE *out)
{
    struct wrap wrap = {.out = out, .columns = columns_wanted()};
    fprintf(out, "Usage: debate SUBCOMMAND [OPTION]...\n\n");
    put_paragraph(&wrap, 0, "A toolkit for spoken debates over WebRTC.");
    fprintf(out, "\nSubcommands:\n");
    for (const struct cmd *const *cmd = cmd_table; *cmd; cmd++) {
        fprintf(out, "%*s%-8s ", INDENT_OPTION, "", (*cmd)->name);
        wrap.column = 0;
        wrap.indent = 0;
        put_paragraph(&wrap, 0, (*cmd)->summary);
    }
    fprintf(out, "\nOptions:\n");
    for (const struct option *o = help_overview; o->name; o++)
        put_option(&wrap, o);
    fputc('\n', out);
    put_paragraph(&wrap, 0,
                  "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 no server answered, 4 the server "
                  "refused, 5 what may be written to the disk is used up.");
}

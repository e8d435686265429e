#include <ctype.h>
#include <string.h>

#include "gen.h"

enum { MDOC_COLUMNS = 100 /* of the source */ };

static const char capitals[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ_";

/* A text on its way. */
struct mdoc {
    FILE *out;
    const struct cmd *cmd;
    size_t column;
};

static void new_line(struct mdoc *mdoc)
{
    if (mdoc->column)
        fputc('\n', mdoc->out);
    mdoc->column = 0;
}

static void put_plain(struct mdoc *mdoc, const char *word, size_t len)
{
    if (mdoc->column && mdoc->column + 1 + len > MDOC_COLUMNS)
        new_line(mdoc);
    if (mdoc->column) {
        fputc(' ', mdoc->out);
        mdoc->column++;
    } else if (word[0] == '.' || word[0] == '\'') {
        fputs("\\&", mdoc->out);
    }
    for (size_t i = 0; i < len; i++) {
        if (word[i] == '\\')
            fputs("\\e", mdoc->out);
        else
            fputc(word[i], mdoc->out);
    }
    mdoc->column += len;
    if (len && strchr(".!?", word[len - 1]))
        new_line(mdoc);
}

/* `.Fl -server .`: the macro on a line of its own, with the punctuation around it. */
static void put_macro(struct mdoc *mdoc, const char *macro, const char *text, int len,
                      bool is_in_parentheses, const char *punctuation, size_t punctuation_len)
{
    new_line(mdoc);
    fprintf(mdoc->out, ".%s %s%.*s", macro, is_in_parentheses ? "( " : "", len, text);
    for (size_t i = 0; i < punctuation_len; i++)
        fprintf(mdoc->out, " %c", punctuation[i]);
    fputc('\n', mdoc->out);
}

/* ---- what a word is ---- */

/* `word` is one of those in `text`, without brackets and dots. */
static bool is_word_of(const char *text, const char *word, size_t len)
{
    static const char around[] = " []|.=";
    while (text && *text) {
        size_t n = strcspn(text, around);
        if (n == len && memcmp(text, word, len) == 0)
            return true;
        text += n;
        text += strspn(text, around);
    }
    return false;
}

static bool is_operand(const struct cmd *cmd, const char *word, size_t len)
{
    if (!cmd || !isupper((unsigned char)word[0]))
        return false;
    if (is_word_of(cmd->operands, word, len))
        return true;
    for (const struct option *o = cmd->options; o && o->name; o++) {
        if (is_word_of(o->argument, word, len))
            return true;
    }
    return false;
}

/* `DIR/secret`, `kim.opus`; no URL. */
static bool is_path(const char *word, size_t len)
{
    for (size_t i = 1; i + 1 < len; i++) {
        if (word[i] == ':')
            return false;
        if (word[i] == '/' || (word[i] == '.' && islower((unsigned char)word[i + 1])))
            return true;
    }
    return false;
}

/* `debate-log(5)`: how many bytes; 0: something else. */
static size_t page_len(const char *word)
{
    size_t name = strspn(word, "abcdefghijklmnopqrstuvwxyz-");
    bool is_page = name && word[name] == '(' && isdigit((unsigned char)word[name + 1]) &&
                   word[name + 2] == ')';
    return is_page ? name + 3 : 0;
}

/* The macro for the word of `len` bytes; NULL: none. */
static const char *macro_of(const struct mdoc *mdoc, const char *word, size_t len)
{
    if (len > 2 && memcmp(word, "--", 2) == 0 && strspn(word, "abcdefghijklmnopqrstuvwxyz-") == len)
        return "Fl";
    if (len > 7 && memcmp(word, "DEBATE_", 7) == 0 && strspn(word, capitals) == len)
        return "Ev";
    if (is_path(word, len))
        return "Pa";
    if (mdoc->cmd && gen_has_literals(mdoc->cmd) && islower((unsigned char)word[0]) &&
        is_word_of(mdoc->cmd->operands, word, len))
        return "Cm";
    return is_operand(mdoc->cmd, word, len) ? "Ar" : NULL;
}

/* ---- words ---- */

static size_t put_quoted(struct mdoc *mdoc, const char *text)
{
    const char *close = strchr(text + 1, '`');
    int len = close ? (int)(close - text - 1) : (int)strlen(text + 1);
    size_t punctuation = close ? strspn(close + 1, ".,;:)") : 0;
    put_macro(mdoc, "Ql", text + 1, len, false, close ? close + 1 : "", punctuation);
    return (size_t)len + (close ? 2 : 1) + punctuation;
}

static void put_word(struct mdoc *mdoc, const char *word, size_t len)
{
    size_t page = page_len(word);
    if (page) {
        char name[64];
        snprintf(name, sizeof name, "%.*s %c", (int)page - 3, word, word[page - 2]);
        put_macro(mdoc, "Xr", name, (int)strlen(name), false, word + page, len - page);
        return;
    }
    bool is_in_parentheses = word[0] == '(';
    const char *core = word + is_in_parentheses;
    size_t core_len = len - is_in_parentheses;
    while (core_len && strchr(".,;:)", core[core_len - 1]))
        core_len--;
    const char *macro = core_len ? macro_of(mdoc, core, core_len) : NULL;
    bool is_flag = macro && strcmp(macro, "Fl") == 0;
    if (macro)
        put_macro(mdoc, macro, core + is_flag, (int)core_len - is_flag, is_in_parentheses,
                  core + core_len, len - is_in_parentheses - core_len);
    else
        put_plain(mdoc, word, len);
}

void gen_mdoc_text(const struct cmd *cmd, const char *text, FILE *out)
{
    struct mdoc mdoc = {.out = out, .cmd = cmd};
    while (*text) {
        size_t space = strspn(text, " \n");
        bool is_paragraph = space > 1 && memchr(text, '\n', space) != NULL;
        text += space;
        if (is_paragraph && *text) {
            new_line(&mdoc);
            fputs(".Pp\n", out);
        }
        if (*text == '`') {
            text += put_quoted(&mdoc, text);
            continue;
        }
        size_t len = strcspn(text, " \n");
        if (len)
            put_word(&mdoc, text, len);
        text += len;
    }
    new_line(&mdoc);
}

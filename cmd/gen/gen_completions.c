#include <string.h>

#include "args.h"
#include "gen.h"

#define MADE_BY "made by `make gen` from the table of options.\n"

/* ---- of the table ---- */

/* Calls `put` for each option of the subcommand, also those that all have. */
static void each_option(const struct cmd *cmd,
                        void (*put)(const struct cmd *cmd, const struct option *option, FILE *out),
                        FILE *out)
{
    for (const struct option *o = cmd->options; o && o->name; o++)
        put(cmd, o, out);
    for (const struct option *o = help_common; o->name; o++)
        put(cmd, o, out);
}

/* "auto|manual|off" with spaces between. */
static void put_words(const char *words, FILE *out)
{
    for (; *words; words++)
        fputc(*words == '|' ? ' ' : *words, out);
}

static void put_literals(const struct cmd *cmd, FILE *out)
{
    for (const char *form = cmd->operands; form;) {
        fprintf(out, "%s%.*s", form == cmd->operands ? "" : " ", (int)strcspn(form, " "), form);
        form = strstr(form, " | ");
        form = form ? form + 3 : NULL;
    }
}

static bool takes_files(const struct cmd *cmd)
{
    return cmd->operands && !gen_has_literals(cmd) && gen_value_of(cmd->operands) == GEN_VALUE_FILE;
}

/* For within single quotes; a backslash before what the shell would take for its own. */
static void put_quoted(const char *text, size_t len, const char *special, FILE *out)
{
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '\'') {
            fputs("’", out);
            continue;
        }
        if (strchr(special, text[i]))
            fputc('\\', out);
        fputc(text[i], out);
    }
}

/* The beginning of a help: to the first full stop, semicolon or parenthesis. */
static void put_brief(const char *help, const char *special, FILE *out)
{
    static const char *const stops[] = {". ", "; ", " ("};
    size_t len = strlen(help) - 1;
    for (size_t i = 0; i < sizeof stops / sizeof *stops; i++) {
        const char *stop = strstr(help, stops[i]);
        if (stop && (size_t)(stop - help) < len)
            len = (size_t)(stop - help);
    }
    put_quoted(help, len, special, out);
}

/* ---- bash ---- */

static void put_bash_option(const struct cmd *cmd, const struct option *option, FILE *out)
{
    (void)cmd;
    fprintf(out, "--%s ", option->name);
    if (option->letter)
        fprintf(out, "-%c ", option->letter);
}

/* What follows `--record` or `--record=`; a value that may be left out stands behind = alone. */
static void put_bash_value(const struct cmd *cmd, const struct option *option, FILE *out)
{
    static const char *const kinds[] = {
        [GEN_VALUE_ANY] = "none", [GEN_VALUE_FILE] = "file", [GEN_VALUE_FOLDER] = "directory"};
    (void)cmd;
    if (!option->argument)
        return;
    enum gen_value value = gen_value_of(option->argument);
    fputs("            ", out);
    if (option->letter && !option->optional_argument)
        fprintf(out, "-%c | ", option->letter);
    if (!option->optional_argument)
        fprintf(out, "--%s | ", option->name);
    fprintf(out, "--%s=) options= ", option->name);
    if (value == GEN_VALUE_WORDS) {
        fputs("kind=words words='", out);
        put_words(option->argument, out);
        fputs("' ;;\n", out);
    } else {
        fprintf(out, "kind=%s ;;\n", kinds[value]);
    }
}

static void put_bash_cmd(const struct cmd *cmd, FILE *out)
{
    fprintf(out, "        %s)\n            options='", cmd->name);
    each_option(cmd, put_bash_option, out);
    fputc('\'', out);
    if (gen_has_literals(cmd)) {
        fputs("\n            ((COMP_CWORD > 2)) || kind=words words='", out);
        put_literals(cmd, out);
        fputc('\'', out);
    } else if (takes_files(cmd)) {
        fputs(" kind=file", out);
    }
    fputs("\n            case $previous$equals in\n", out);
    each_option(cmd, put_bash_value, out);
    fputs("            esac\n            ;;\n", out);
}

void gen_bash(FILE *out)
{
    fputs("# Completes debate in bash; " MADE_BY "_debate() {\n"
          "    local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}\n"
          "    local equals= options= kind=none words=\n"
          "    # --name=value comes as three words.\n"
          "    if [[ $word == = ]]; then\n"
          "        word= equals==\n"
          "    elif [[ $previous == = ]]; then\n"
          "        previous=${COMP_WORDS[COMP_CWORD - 2]} equals==\n"
          "    fi\n"
          "    if ((COMP_CWORD == 1)); then\n"
          "        options='",
          out);
    for (const struct option *o = help_overview; o->name; o++)
        put_bash_option(NULL, o, out);
    fputs("' kind=words words='", out);
    for (const struct cmd *const *cmd = cmd_table; *cmd; cmd++)
        fprintf(out, "%s%s", cmd == cmd_table ? "" : " ", (*cmd)->name);
    fputs("'\n    else\n        case ${COMP_WORDS[1]} in\n", out);
    for (const struct cmd *const *cmd = cmd_table; *cmd; cmd++)
        put_bash_cmd(*cmd, out);
    fputs("        esac\n"
          "    fi\n"
          "    [[ ! $options || $word != -* ]] || kind=words words=$options\n"
          "    COMPREPLY=()\n"
          "    case $kind in\n"
          "    words) mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\") ;;\n"
          "    file | directory)\n"
          "        compopt -o filenames 2>/dev/null\n"
          "        mapfile -t COMPREPLY < <(compgen -A \"$kind\" -- \"$word\")\n"
          "        ;;\n"
          "    esac\n"
          "}\n"
          "complete -F _debate debate\n",
          out);
}

/* ---- zsh ---- */

static void put_zsh_value(const struct option *option, FILE *out)
{
    fputs(option->optional_argument ? "::" : ":", out);
    put_quoted(option->argument, strlen(option->argument), ":[]", out);
    fputc(':', out);
    switch (gen_value_of(option->argument)) {
    case GEN_VALUE_ANY:
        break;
    case GEN_VALUE_WORDS:
        fputc('(', out);
        put_words(option->argument, out);
        fputc(')', out);
        break;
    case GEN_VALUE_FILE:
        fputs("_files", out);
        break;
    case GEN_VALUE_FOLDER:
        fputs("_files -/", out);
        break;
    }
}

static void put_zsh_option(const struct cmd *cmd, const struct option *option, FILE *out)
{
    const char *equals = !option->argument ? "" : option->optional_argument ? "=-" : "=";
    const char *plus = !option->argument ? "" : option->optional_argument ? "-" : "+";
    (void)cmd;
    if (option->letter)
        fprintf(out, " \\\n            '(-%c --%s)'{-%c%s,--%s%s}'[", option->letter, option->name,
                option->letter, plus, option->name, equals);
    else
        fprintf(out, " \\\n            '--%s%s[", option->name, equals);
    put_brief(option->help, ":[]", out);
    fputc(']', out);
    if (option->argument)
        put_zsh_value(option, out);
    fputc('\'', out);
}

static void put_zsh_cmd(const struct cmd *cmd, FILE *out)
{
    fprintf(out, "    %s)\n        _arguments -s -S", cmd->name);
    each_option(cmd, put_zsh_option, out);
    if (gen_has_literals(cmd)) {
        fputs(" \\\n            '1:what:(", out);
        put_literals(cmd, out);
        fputs(")' '*: :'", out);
    } else if (cmd->operands) {
        fprintf(out, " \\\n            '*:%s:%s'", cmd->operands, takes_files(cmd) ? "_files" : "");
    }
    fputs("\n        ;;\n", out);
}

void gen_zsh(FILE *out)
{
    fputs("#compdef debate\n"
          "# Completes debate in zsh; " MADE_BY "\n"
          "local -a subcommands\n"
          "if ((CURRENT == 2)); then\n"
          "    subcommands=(\n",
          out);
    for (const struct cmd *const *cmd = cmd_table; *cmd; cmd++) {
        fprintf(out, "        '%s:", (*cmd)->name);
        put_quoted((*cmd)->summary, strlen((*cmd)->summary), "", out);
        fputs("'\n", out);
    }
    fputs("    )\n"
          "    if [[ $words[2] == -* ]]; then\n"
          "        _arguments",
          out);
    for (const struct option *o = help_overview; o->name; o++)
        put_zsh_option(NULL, o, out);
    fputs("\n    else\n"
          "        _describe subcommand subcommands\n"
          "    fi\n"
          "    return\n"
          "fi\n"
          "shift words\n"
          "((CURRENT--))\n"
          "case $words[1] in\n",
          out);
    for (const struct cmd *const *cmd = cmd_table; *cmd; cmd++)
        put_zsh_cmd(*cmd, out);
    fputs("esac\n", out);
}

/* ---- fish ---- */

static void put_fish_option(const struct cmd *cmd, const struct option *option, FILE *out)
{
    fprintf(out, "complete -c debate -n '__debate_is %s' -l %s", cmd ? cmd->name : "\"\"",
            option->name);
    if (option->letter)
        fprintf(out, " -s %c", option->letter);
    if (option->argument) {
        enum gen_value value = gen_value_of(option->argument);
        bool is_path = value == GEN_VALUE_FILE || value == GEN_VALUE_FOLDER;
        if (!option->optional_argument)
            fputs(is_path ? " -r" : " -x", out);
        if (value == GEN_VALUE_FILE)
            fputs(" -F", out);
        if (value == GEN_VALUE_FOLDER)
            fputs(" -f -a '(__fish_complete_directories)'", out);
        if (value == GEN_VALUE_WORDS) {
            fputs(" -a '", out);
            put_words(option->argument, out);
            fputc('\'', out);
        }
    }
    fputs(" -d '", out);
    put_brief(option->help, "\\", out);
    fputs("'\n", out);
}

static void put_fish_cmd(const struct cmd *cmd, FILE *out)
{
    fprintf(out, "\ncomplete -c debate -n '__debate_is \"\"' -a %s -d '", cmd->name);
    put_quoted(cmd->summary, strlen(cmd->summary), "\\", out);
    fputs("'\n", out);
    each_option(cmd, put_fish_option, out);
    if (gen_has_literals(cmd)) {
        fprintf(out, "complete -c debate -n '__debate_is %s 2' -a '", cmd->name);
        put_literals(cmd, out);
        fputs("'\n", out);
    } else if (takes_files(cmd)) {
        fprintf(out, "complete -c debate -n '__debate_is %s' -F\n", cmd->name);
    }
}

void gen_fish(FILE *out)
{
    fputs("# Completes debate in fish; " MADE_BY "\n"
          "# The subcommand is this one (none yet: an empty word), and as many words stand before\n"
          "# the cursor as are told.\n"
          "function __debate_is\n"
          "    set -l words (commandline -opc)\n"
          "    test \"$words[2]\" = \"$argv[1]\"; or return\n"
          "    test -z \"$argv[2]\"; or test (count $words) -eq \"$argv[2]\"\n"
          "end\n\n"
          "complete -c debate -f\n",
          out);
    for (const struct option *o = help_overview; o->name; o++)
        put_fish_option(NULL, o, out);
    for (const struct cmd *const *cmd = cmd_table; *cmd; cmd++)
        put_fish_cmd(*cmd, out);
}

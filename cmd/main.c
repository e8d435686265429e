#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "args.h"
#include "server/server.h"

static const struct cmd *find_command(const char *name)
{
    for (const struct cmd *const *cmd = cmd_table; *cmd; cmd++) {
        if (strcmp((*cmd)->name, name) == 0)
            return *cmd;
    }
    return NULL;
}

__attribute__((format(printf, 2, 3))) static enum exit_code fail(enum exit_code code,
                                                                 const char *format, ...)
{
    va_list list;
    va_start(list, format);
    args_say("debate", format, list);
    va_end(list);
    return code;
}

static enum exit_code unknown(const char *word)
{
    const char *names[ARGS_COMMANDS_MAX + 1];
    size_t count = 0;
    if (word[0] == '-')
        return fail(EXIT_CODE_USAGE, "%s: there is no such option; see debate --help", word);
    for (; cmd_table[count] && count < ARGS_COMMANDS_MAX; count++)
        names[count] = cmd_table[count]->name;
    names[count] = NULL;
    const char *near = suggest(word, names);
    if (near)
        return fail(EXIT_CODE_USAGE, "%s: there is no such subcommand; did you mean %s?", word,
                    near);
    return fail(EXIT_CODE_USAGE, "%s: there is no such subcommand; see debate --help", word);
}

static enum exit_code dispatch(int argc, char **argv)
{
    if (argc < 2)
        return fail(EXIT_CODE_USAGE, "which subcommand? See debate --help");
    const struct cmd *cmd = find_command(argv[1]);
    if (cmd)
        return args_run(cmd, argc - 2, argv + 2);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        help_print_overview(stdout);
    else if (strcmp(argv[1], "--version") == 0)
        printf("debate %s\n", DEBATE_VERSION);
    else
        return unknown(argv[1]);
    return EXIT_CODE_DONE;
}

int main(int argc, char **argv)
{
    enum exit_code code = dispatch(argc, argv);
    /* A full disk shows here at the latest, and what was asked for is then not there. */
    if ((fflush(stdout) != 0 || ferror(stdout)) && code == EXIT_CODE_DONE)
        return fail(EXIT_CODE_FAILED, "cannot write the output: %s", strerror(errno));
    return code;
}

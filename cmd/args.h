/* Reading a command line by a subcommand's descriptor, and printing help from the same. What the
 * subcommands themselves use of it stands in cmd.h. Main thread only.
 *
 * Strings are borrowed from argv, the environment, the config file's text and the descriptor. */
#ifndef DEBATE_ARGS_H
#define DEBATE_ARGS_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/buf.h"
#include "cmd.h"

enum {
    ARGS_OPTIONS_MAX = 32, /* of one subcommand */
    ARGS_COMMANDS_MAX = 32,
    ARGS_CONFIG_MAX = 64 * 1024 /* bytes of a config file: more is another file */
};

/* What the command line asks for. */
enum args_wish { WISH_RUN, WISH_HELP, WISH_VERSION };

struct args {
    const struct cmd *cmd;
    const char *values[ARGS_OPTIONS_MAX]; /* by the option's place; NULL: not given */
    bool is_variable[ARGS_OPTIONS_MAX];   /* the value is its variable's */
    int standing_line[ARGS_OPTIONS_MAX];  /* where the config has the value; 0: it is not its */
    struct buf config;                    /* its text */
    const char **operands;
    int operand_count;
    enum args_wish wish;
};

/* `argv` holds the words after the subcommand's name. EXIT_CODE_USAGE with a line on standard error
 * when they are wrong; EXIT_CODE_FAILED without memory. args_release in any case. */
enum exit_code args_parse(struct args *args, const struct cmd *cmd, int argc, char *const *argv);
void args_release(struct args *args);

/* The option with this name; NULL: none. */
const struct option *args_find(const struct option *options, const char *name, size_t len);

/* Parses, then prints the help or the version, or runs the subcommand. */
enum exit_code args_run(const struct cmd *cmd, int argc, char *const *argv);

/* `program: text` as one line on standard error, whatever stands in the text: what would move the
 * cursor or begin a line becomes a question mark, and a token is hidden: people paste links that
 * hold one, and show others what went wrong. */
void args_say(const char *program, const char *format, va_list list)
    __attribute__((format(printf, 2, 0)));

/* The options of every subcommand, and those of debate itself; ended by one without a name. */
extern const struct option help_common[], help_overview[];

/* Wrapped to COLUMNS, or 80. */
void help_print(const struct cmd *cmd, FILE *out);
void help_print_overview(FILE *out);

/* The name that is meant by a misspelt `word`, of `names` that end with NULL; NULL: none is near.
 */
const char *suggest(const char *word, const char *const *names);

#endif

/* A subcommand is one file that exports one descriptor; cmd_table.c lists them. The descriptor
 * makes the parser, --help, the man page and the completions. Main thread only. */
#ifndef DEBATE_CMD_H
#define DEBATE_CMD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Exit codes that scripts can rely on. */
enum exit_code {
    EXIT_CODE_DONE = 0,
    EXIT_CODE_FAILED = 1,
    EXIT_CODE_USAGE = 2,
    EXIT_CODE_UNREACHABLE = 3, /* no server answered */
    EXIT_CODE_REFUSED = 4,     /* the server said no */
    EXIT_CODE_NO_SPACE = 5     /* what may be written is used up */
};

struct option {
    const char *name;     /* "listen": long form */
    char letter;          /* short form, or 0 */
    const char *argument; /* "ADDR:PORT"; NULL: a flag without a value */
    const char *help;     /* one or two sentences */
    const char *fallback; /* the value when it is not given; NULL: none */
    const char *variable; /* the environment variable that gives it, "DEBATE_SERVER"; NULL: none */
    bool optional_argument; /* `--guests` and `--guests=rooms` */
};

/* Of every subcommand that asks a server. */
#define OPTION_SERVER                                                                              \
    {                                                                                              \
        .name = "server", .letter = 's', .argument = "URL", .help = "The server.",                 \
        .fallback = "http://127.0.0.1:8080", .variable = "DEBATE_SERVER"                           \
    }

struct args;

struct cmd {
    const char *name;
    const char *summary;  /* one line, without a full stop */
    const char *operands; /* "ROOM CHOICE"; NULL: none */
    int operands_min, operands_max;
    const char *description;      /* paragraphs, separated by an empty line */
    const struct option *options; /* ended by one without a name; NULL: only --help */
    const char *const
        *examples; /* "command line\0what it does" pairs flattened: line, text, …, NULL */
    enum exit_code (*run)(const struct args *args);
};

/* The value from the command line, a variable, the config file or the fallback, whichever has one
 * first; NULL: none. A flag's is "" when given. */
const char *args_get(const struct args *args, const char *name);
bool args_given(const struct args *args, const char *name); /* by any of them but the fallback */
/* On the command line or by variable: it is meant for this run. What the config file says for all
 * gives way where the two don't go together. */
bool args_asked(const struct args *args, const char *name);
int args_operand_count(const struct args *args);
const char *args_operand(const struct args *args, int index); /* NULL beyond the end */

/* One line on standard error, "debate serve: …", and EXIT_CODE_USAGE: wrong usage. */
enum exit_code args_usage_error(const struct args *args, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The same for anything that went wrong later; returns `code`. */
enum exit_code args_error(const struct args *args, enum exit_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* A number within bounds, or a usage error that names the option and the bounds (false). */
bool args_number(const struct args *args, const char *name, int64_t min, int64_t max, int64_t *out);
/* The same for bytes: a whole number, maybe with K, M, G or T behind it, 1024 times each;
 * less than 2^63. */
bool args_bytes(const struct args *args, const char *name, uint64_t *out);
/* The same for a number that may have a fraction. */
bool args_decimal(const struct args *args, const char *name, double min, double max, double *out);
/* The same for seconds, which may have a fraction; bounds and result in milliseconds. */
bool args_seconds(const struct args *args, const char *name, int64_t min_ms, int64_t max_ms,
                  int64_t *out_ms);

/* The commands in the order that `debate --help` shows; ended by NULL. */
extern const struct cmd *const cmd_table[];

#endif

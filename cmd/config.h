/* The config file, $XDG_CONFIG_HOME/debate/config: options that are given once for all. Lines
 * `name = value` for every subcommand that has the option, and sections `[subcommand]` with lines
 * for one (debate-config(5)). Main thread; blocks. */
#ifndef DEBATE_CONFIG_H
#define DEBATE_CONFIG_H

#include "args.h"

/* Gives the options that neither the command line nor a variable gave; their values point into
 * args->config. No file: nothing. EXIT_CODE_USAGE for a line that is wrong, also one that is not
 * for this subcommand; EXIT_CODE_FAILED when the file cannot be read. Each with a line on standard
 * error. */
enum exit_code config_take(struct args *args);

#endif

/* Makes the manual pages and the completions from the table of subcommands, for `make gen`; no part
 * of debate itself. Main thread only. */
#ifndef DEBATE_GEN_H
#define DEBATE_GEN_H

#include <stdio.h>

#include "cmd.h"

/* The manual's page of a subcommand, or of debate itself (NULL), in mdoc. `more` is what the page
 * says beyond the table, mdoc as well: sections that begin with .Sh. Those that the table makes too
 * get it at their end; of SYNOPSIS, EXIT STATUS and SEE ALSO it stands instead. It is cut into
 * sections in place. False, with a line on standard error, when it holds a section that is not
 * known. */
bool gen_page(const struct cmd *cmd, char *more, FILE *out);

/* `text` in mdoc: an empty line begins a paragraph, a sentence a line; options, variables, pages of
 * the manual, operands of `cmd` (may be NULL) and words in backquotes are marked as such. */
void gen_mdoc_text(const struct cmd *cmd, const char *text, FILE *out);

/* What can stand for a value. Words: "auto|manual|off". A DEVICE may be a sound file. */
enum gen_value { GEN_VALUE_ANY, GEN_VALUE_WORDS, GEN_VALUE_FILE, GEN_VALUE_FOLDER };
enum gen_value gen_value_of(const char *argument);

/* Operands of which the first stands as it is: "create [CODE] | list". */
bool gen_has_literals(const struct cmd *cmd);

void gen_bash(FILE *out);
void gen_zsh(FILE *out);
void gen_fish(FILE *out);

#endif

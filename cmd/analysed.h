/* What `debate analyze`, `debate report` and `debate forget` share: where a debate's log,
 * recordings and analysis are. Main thread; blocks on the disk. */
#ifndef DEBATE_ANALYSED_H
#define DEBATE_ANALYSED_H

#include <limits.h>
#include <stdbool.h>

#include "analysis/analysis_steps.h"
#include "base/buf.h"
#include "cmd.h"

/* Of a session in the data directory of a server (`--data`, which the subcommand must have in its
 * table), or of a folder with a log and recordings. */
struct analysed {
    const char *data, *session_id; /* NULL: a folder */
    struct buf log;
    char recordings[PATH_MAX]; /* as analysis_request has it */
    char folder[PATH_MAX];     /* of the analysis */
    bool is_of_server;         /* `recordings` is a server's data directory */
};

#define OPTION_DATA                                                                                \
    {                                                                                              \
        .name = "data", .argument = "DIR", .help = "The data directory of the server.",            \
        .fallback = "debate-data", .variable = "DEBATE_DATA"                                       \
    }

/* Finds what the operand means and reads the log. With a line on standard error: EXIT_CODE_USAGE
 * (neither a session's id nor a folder), EXIT_CODE_FAILED. analysed_release in any case. */
enum exit_code analysed_find(struct analysed *analysed, const struct args *args,
                             const char *operand);
void analysed_release(struct analysed *analysed);
/* EXIT_CODE_FAILED, with a line, when this process is root's and the server of this data directory
 * another user's: files of root's there would be closed to it. */
enum exit_code analysed_own(const struct args *args, const char *data);
/* To be called before the analysis is written to: the folder that it lies in is made. With a line
 * on standard error: EXIT_CODE_FAILED, also as analysed_own does. */
enum exit_code analysed_prepare(const struct analysed *analysed, const struct args *args);

/* Whether the session has been forgotten since. */
bool analysed_is_forgotten(const struct analysed *analysed);

/* What of a request follows from where the debate is. */
struct analysis_request analysed_request(const struct analysed *analysed);

/* The exit code of an error of the analysis, with its line. */
enum exit_code analysed_failed(const struct args *args, enum err e, const char *why);

#endif

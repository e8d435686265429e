/* Files and values that come from outside, read with bounds. Main thread; blocks. */
#ifndef DEBATE_INPUT_H
#define DEBATE_INPUT_H

#include "base/buf.h"
#include "cmd.h"
#include "proto/agenda.h"

enum {
    INPUT_AGENDA_MAX = 256 * 1024, /* bytes; what a request may hold (protocol, section 10) */
    INPUT_SECRET_MAX = 64 * 1024   /* bytes; a key file of any kind */
};

/* Reads a whole file, "-" being standard input, behind what `out` holds; `out`'s own bound is the
 * file's. EXIT_CODE_FAILED with a line on standard error, EXIT_CODE_USAGE when it is too long. */
enum exit_code input_read(const struct args *args, const char *path, struct buf *out);

/* The agenda in a file; the caller's to unref. A line on standard error when it is none. */
enum exit_code input_agenda(const struct args *args, const char *path, struct agenda **out);

/* The secret in a file, without one newline at its end. EXIT_CODE_USAGE when it is too short. */
enum exit_code input_secret_file(const struct args *args, const char *path, struct buf *out);

/* The secret that --secret-file or DEBATE_SECRET gives, without one newline at its end. `found` is
 * false when neither is there. EXIT_CODE_USAGE when it is too short or too long. */
enum exit_code input_secret(const struct args *args, struct buf *out, bool *found);

/* The secret in DATA/secret, which a server on loopback keeps for itself. `make`: where there is
 * none, a random one is put there, 0600, and the directory is made. */
enum exit_code input_data_secret(const struct args *args, const char *data, bool make,
                                 struct buf *out);

#endif

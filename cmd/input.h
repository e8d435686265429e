/* Files and values that come from outside, read with bounds. Main thread; blocks. */
#ifndef DEBATE_INPUT_H
#define DEBATE_INPUT_H

#include "base/buf.h"
#include "cmd.h"
#include "proto/agenda.h"
#include "proto/token.h"

enum {
    INPUT_AGENDA_MAX = 256 * 1024, /* bytes; what a request may hold (protocol, section 10) */
    INPUT_SECRET_MAX = 64 * 1024   /* bytes; a key file of any kind */
};

/* Reads a whole file, "-" being standard input, behind what `out` holds; `out`'s own bound is the
 * file's. EXIT_CODE_FAILED with a line on standard error, EXIT_CODE_USAGE when it is too long. */
enum exit_code input_read(const struct args *args, const char *path, struct buf *out);

/* The agenda in a file; the caller's to unref. A line on standard error when it is none. */
enum exit_code input_agenda(const struct args *args, const char *path, struct agenda **out);

/* What somebody else's program keeps secret, without one newline at the end of the file.
 * EXIT_CODE_USAGE when it is too short. */
enum exit_code input_secret_file(const struct args *args, const char *path, struct buf *out);

/* The secrets that tokens are signed with, one a line, the one that signs first. They point into
 * `text`, which the caller releases. */
struct input_secrets {
    struct buf text;
    struct secrets secrets;
};

void input_secrets_init(struct input_secrets *out);
void input_secrets_release(struct input_secrets *secrets);

/* Those that --secret-file or DEBATE_SECRET gives. `found` is false when neither is there.
 * EXIT_CODE_USAGE when one is too short, or there are too many. */
enum exit_code input_secrets(const struct args *args, struct input_secrets *out, bool *found);

/* Those in DATA/secret, which a server on loopback keeps for itself. `make`: where there is none,
 * a random one is put there, 0600, and the directory is made. */
enum exit_code input_data_secrets(const struct args *args, const char *data, bool make,
                                  struct input_secrets *out);

#endif

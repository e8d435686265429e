/* What the two ways of `debate upload` share: files that are named (upload.c), and whatever is
 * pending in a folder (upload_pending.c). Main thread; blocks. */
#ifndef DEBATE_UPLOAD_H
#define DEBATE_UPLOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "cmd.h"
#include "session/tus.h"

/* For tus_request: shows on standard error how far it is; `context` is not used. */
bool upload_show_progress(void *context, uint64_t sent, uint64_t total);
/* Takes it away again. */
void upload_end_progress(void);

/* The line of a recording that has arrived; with --json, a JSON line. */
void upload_print(const struct args *args, const char *path, const char *recording_id,
                  const struct tus_result *result);

/* Sends each FILE to the service that --to names. */
enum exit_code upload_to(const struct args *args);

/* Sends what is pending in the operand's folder, or in the default one. */
enum exit_code upload_pending(const struct args *args);

#endif

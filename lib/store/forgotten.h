/* Removing what was said in a session from a data directory: its recordings and its analysis. They
 * are first moved out of reach, which is quick, to the folder `forgotten`; what is there is removed
 * for good, also by the next start. Blocks on the disk; any thread, one call a directory at a time.
 */
#ifndef DEBATE_STORE_FORGOTTEN_H
#define DEBATE_STORE_FORGOTTEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct forgotten {
    unsigned recordings; /* files */
    uint64_t bytes;      /* of them */
    bool analysis;       /* a transcript or a report, or the beginnings of one */
};

/* Moves what there is of this session. ERR_IO with errno: something is still in its place. */
enum err forgotten_move(const char *dir, const char *session_id, struct forgotten *out) MUST_CHECK;
/* Removes everything that was moved. ERR_IO with errno. */
enum err forgotten_remove(const char *dir) MUST_CHECK;

#endif

/* Removing what was said in a session from a data directory: its recordings and its analysis. They
 * are first moved out of reach, which is quick, to the folder `forgotten`; what is there is removed
 * for good, also by the next start. Blocks on the disk; any thread, one call a directory at a time.
 *
 * An analysis that runs meanwhile finds no folder to write to. One that had read the log and had
 * not made its folder yet makes it now: so both are called again once the log says what was
 * forgotten, for after making the folder an analysis looks there (`is_forgotten` of
 * analysis_steps.h). */
#ifndef DEBATE_STORE_FORGOTTEN_H
#define DEBATE_STORE_FORGOTTEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct forgotten {
    unsigned recordings; /* files */
    uint64_t bytes;      /* of them */
    bool analysis;       /* a transcript or a report, or the beginnings of one */
    bool moved;          /* there was a folder, be it empty */
    uint64_t analysis_bytes;
};

/* Moves what there is of this session. ERR_IO with errno: something is still in its place. */
enum err forgotten_move(const char *dir, const char *session_id, struct forgotten *out) MUST_CHECK;
/* Removes everything that was moved. ERR_IO with errno. */
enum err forgotten_remove(const char *dir) MUST_CHECK;

#endif

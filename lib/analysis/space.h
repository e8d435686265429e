/* What one run may still write to the disk. Whoever writes takes from it first. One thread. */
#ifndef DEBATE_ANALYSIS_SPACE_H
#define DEBATE_ANALYSIS_SPACE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct space {
    uint64_t left_bytes;
};

/* ERR_NO_SPACE, and nothing is taken, when it is more than there is. NULL has no end. */
static inline MUST_CHECK enum err space_take(struct space *space, size_t bytes)
{
    if (space && bytes > space->left_bytes)
        return ERR_NO_SPACE;
    if (space)
        space->left_bytes -= bytes;
    return ERR_NONE;
}

#endif

/* Answers that were paid for, each in a file of its own the moment it came: inner part of
 * transcript.h and findings.h. One thread at a time for a folder; blocks on the disk. */
#ifndef DEBATE_ANALYSIS_ANSWERS_H
#define DEBATE_ANALYSIS_ANSWERS_H

#include <stddef.h>

#include "analysis/space.h"
#include "base/buf.h"
#include "base/err.h"

enum { ANSWER_NAME_SIZE = 65, ANSWER_MAX = 4 * 1024 * 1024 };

/* What an answer belongs to: a digest over all that was asked. */
struct answer_part {
    const void *data; /* NULL counts as empty */
    size_t len;
};
enum err answer_name(const struct answer_part *parts, size_t count,
                     char out[ANSWER_NAME_SIZE]) MUST_CHECK;

/* Makes the folder (0700) where it is missing. ERR_IO with errno. */
enum err answers_open(const char *folder) MUST_CHECK;

/* Appends the answer as it came. ERR_NOT_FOUND, also when the file is no longer what was written;
 * ERR_IO with errno, ERR_NO_MEMORY. */
enum err answer_find(const char *folder, const char *name, struct buf *out) MUST_CHECK;

/* Writes DIR/NAME.json whole, 0600 and synced: {"engine", "model", "answer"}. `answer` is JSON that
 * was read and found good. ERR_NO_SPACE; ERR_IO with errno, ERR_NO_MEMORY. */
enum err answer_keep(const char *folder, const char *name, const char *engine, const char *model,
                     const char *answer, struct space *space) MUST_CHECK;

#endif

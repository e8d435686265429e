/* A session's log for another process than the one that keeps the data directory: it takes no lock
 * and writes nothing, so a server may go on meanwhile. Any thread; blocks on the disk. */
#ifndef DEBATE_STORE_STORE_READER_H
#define DEBATE_STORE_STORE_READER_H

#include "base/buf.h"
#include "base/err.h"

/* Appends the whole log, as an operator gets it, of a session that has ended. With one line in
 * `why`: ERR_NOT_FOUND (no data directory, no such session), ERR_WRONG_PHASE (it has not ended),
 * ERR_REFUSED, ERR_CORRUPT, ERR_IO, ERR_FULL, ERR_NO_MEMORY. */
enum err store_read_log(const char *dir, const char *session_id, struct buf *out, char *why,
                        size_t why_size) MUST_CHECK;

#endif

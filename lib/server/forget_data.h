/* Forgetting what was said in a session while no server runs: the same as POST
 * /api/sessions/{id}/forget. Any thread; blocks on the disk. */
#ifndef DEBATE_SERVER_FORGET_DATA_H
#define DEBATE_SERVER_FORGET_DATA_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "store/forgotten.h"

/* `*seq` is that of the event in its log. On an error `why` is a line: ERR_REFUSED (a server has
 * the directory), ERR_NOT_FOUND, ERR_WRONG_PHASE, ERR_ENDED (forgotten before), ERR_IO,
 * ERR_CORRUPT, ERR_NO_MEMORY. */
enum err forget_data(const char *dir, const char *session_id, uint64_t *seq,
                     struct forgotten *removed, char *why, size_t why_size) MUST_CHECK;

#endif

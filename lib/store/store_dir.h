/* The data directory: made, locked against a second process, and synced. */
#ifndef DEBATE_STORE_STORE_DIR_H
#define DEBATE_STORE_STORE_DIR_H

#include <stddef.h>

#include "base/err.h"

/* Makes `dir` (0700) where it is missing and takes its lock, `DIR/lock`, which holds this process's
 * id. The kernel lets go of it when the process ends in whatever way. ERR_REFUSED: another process
 * has it; ERR_IO with errno. `why` as in store_open. */
enum err store_dir_lock(const char *dir, int *fd, char *why, size_t why_size) MUST_CHECK;
void store_dir_unlock(int fd); /* -1 is allowed */

/* The path of a file in it, which is made (0600) where it is missing. */
enum err store_dir_file(const char *dir, const char *name, char *path, size_t path_size, char *why,
                        size_t why_size) MUST_CHECK;

/* fsyncs the directory: the names in it survive a power cut. */
enum err store_dir_sync(const char *dir, char *why, size_t why_size) MUST_CHECK;

#endif

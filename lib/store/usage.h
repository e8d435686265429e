/* What a folder takes of the disk. Any thread. */
#ifndef DEBATE_STORE_USAGE_H
#define DEBATE_STORE_USAGE_H

#include <stdint.h>

#include "base/err.h"

/* The bytes of the files in the folder `name` of `parent_fd` (as openat takes both), in the folders
 * in it and in those in them; links are not followed. 0 when there is no such folder. ERR_IO with
 * errno. */
enum err usage_count(int parent_fd, const char *name, uint64_t *bytes) MUST_CHECK;

#endif

/* Brings a file's bytes to the disk once more. The store's thread. */
#ifndef DEBATE_STORE_STORE_REWRITE_H
#define DEBATE_STORE_STORE_REWRITE_H

#include <stddef.h>

#include "base/err.h"

/* Writes every byte of the file again where it stands, and fsyncs. After an fsync that failed the
 * kernel still shows what it has dropped, and further fsyncs succeed without it; only what is
 * written again is brought to the disk. No file: nothing to do. ERR_IO with errno, ERR_NO_MEMORY;
 * `why` as in store_open. */
enum err store_rewrite(const char *path, char *why, size_t why_size) MUST_CHECK;

#endif

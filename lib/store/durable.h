/* What makes a change of files survive a power cut. Any thread; blocks on the disk. */
#ifndef DEBATE_STORE_DURABLE_H
#define DEBATE_STORE_DURABLE_H

#include <stddef.h>

#include "base/err.h"

/* Writes it all where the file stands, and fsyncs. ERR_IO with errno. */
enum err durable_write(int fd, const void *data, size_t len) MUST_CHECK;

/* fsyncs a folder, after something in it was made, renamed or removed. ERR_IO with errno. */
enum err durable_folder(const char *path) MUST_CHECK;

#endif

/* Writing Ogg Opus to a file descriptor, a page at least every half second: inner part of
 * recording.h. One thread at a time; blocks on the disk. */
#ifndef DEBATE_MEDIA_OGG_H
#define DEBATE_MEDIA_OGG_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct ogg_writer;

struct ogg_tag {
    const char *name, *value;
};

/* Writes the headers. What is written has this rate: up to 16 kHz it is coded as the voice alone,
 * in less than half the time. `fd` stays the caller's, and must outlive the writer. ERR_IO with
 * errno, ERR_NO_MEMORY. */
enum err ogg_open(int fd, uint32_t rate_hz, const struct ogg_tag *tags, size_t tag_count,
                  struct ogg_writer **out) MUST_CHECK;
/* ERR_IO with errno; from then on nothing more is written. */
enum err ogg_write(struct ogg_writer *ogg, const int16_t *pcm, size_t samples) MUST_CHECK;
/* Writes the end; frees in any case. */
enum err ogg_close(struct ogg_writer *ogg) MUST_CHECK;

#endif

/* Whether bytes are the beginning of a recording that is taken: Ogg Opus or WebM Opus (protocol,
 * section 7). Pure; any thread. Takes any bytes and looks at no more than CONTENT_CHECK_BYTES. */
#ifndef DEBATE_STORE_CONTENT_CHECK_H
#define DEBATE_STORE_CONTENT_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An Ogg page is at most 65,307 bytes (RFC 3533 section 6); a WebM that has told no track after as
 * much is none that a browser made. */
enum { CONTENT_CHECK_BYTES = 64 * 1024 };

enum content {
    CONTENT_UNDECIDED, /* fits so far, more bytes will tell */
    CONTENT_OGG_OPUS,
    CONTENT_WEBM_OPUS,
    CONTENT_OTHER
};

/* The first `len` bytes of a file, which has no more of them when `is_complete`: then the answer is
 * never CONTENT_UNDECIDED. */
enum content content_check(const uint8_t *prefix, size_t len, bool is_complete);

#endif

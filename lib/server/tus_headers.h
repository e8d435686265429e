/* What the headers of an upload say (tus 1.0.0, creation and checksum). Pure; any thread. */
#ifndef DEBATE_SERVER_TUS_HEADERS_H
#define DEBATE_SERVER_TUS_HEADERS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "crypto/hash.h"

/* The value of a key in Upload-Metadata, "key base64,key base64": UTF-8, with a NUL behind.
 * ERR_NOT_FOUND; ERR_BAD_REQUEST when it is no text or does not fit. */
enum err tus_metadata(const char *metadata, const char *key, char *out, size_t out_size) MUST_CHECK;

/* Upload-Checksum, "sha256 BASE64" or "sha1 BASE64". ERR_BAD_REQUEST for anything else. */
enum err tus_checksum(const char *text, enum hash_kind *kind,
                      uint8_t digest[SHA256_SIZE]) MUST_CHECK;

#endif

/* Digests and HMAC, by OpenSSL's libcrypto. Any thread. */
#ifndef DEBATE_CRYPTO_HASH_H
#define DEBATE_CRYPTO_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum {
    SHA1_SIZE = 20,
    SHA256_SIZE = 32,
    SHA256_TEXT_SIZE = 2 * SHA256_SIZE + 1 /* in lower-case hex */
};
enum hash_kind { HASH_SHA1, HASH_SHA256 };

/* A digest in the making; opaque, on the heap. */
struct hash;
struct hash *hash_new(enum hash_kind kind); /* NULL without memory */
void hash_free(struct hash *hash);          /* NULL is allowed */
enum err hash_update(struct hash *hash, const void *data, size_t len) MUST_CHECK;
/* Writes 20 or 32 bytes and starts anew. */
enum err hash_final(struct hash *hash, uint8_t *out) MUST_CHECK;

enum err hmac_sha256(const uint8_t *key, size_t key_len, const void *data, size_t len,
                     uint8_t out[SHA256_SIZE]) MUST_CHECK;
enum err hmac_sha1(const uint8_t *key, size_t key_len, const void *data, size_t len,
                   uint8_t out[SHA1_SIZE]) MUST_CHECK;

/* RFC 8018, section 5.2: `len` bytes that take `iterations` times two blocks of SHA-256 to find. */
enum err pbkdf2_sha256(const char *password, size_t password_len, const char *salt, int iterations,
                       uint8_t *out, size_t len) MUST_CHECK;

/* Compares in a time that does not depend on where they differ. */
bool equal_in_constant_time(const void *a, const void *b, size_t len);

#endif

#include "crypto/hash.h"

#include <limits.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/mem.h"

struct hash {
    EVP_MD_CTX *context;
    const EVP_MD *kind;
};

struct hash *hash_new(enum hash_kind kind)
{
    struct hash *hash = mem_zalloc(sizeof *hash);
    if (!hash)
        return NULL;
    hash->kind = kind == HASH_SHA1 ? EVP_sha1() : EVP_sha256();
    hash->context = EVP_MD_CTX_new();
    if (!hash->context || !EVP_DigestInit_ex(hash->context, hash->kind, NULL)) {
        hash_free(hash);
        return NULL;
    }
    return hash;
}

void hash_free(struct hash *hash)
{
    if (!hash)
        return;
    EVP_MD_CTX_free(hash->context);
    mem_free(hash);
}

enum err hash_update(struct hash *hash, const void *data, size_t len)
{
    return EVP_DigestUpdate(hash->context, data, len) ? ERR_NONE : ERR_INTERNAL;
}

enum err hash_final(struct hash *hash, uint8_t *out)
{
    if (!EVP_DigestFinal_ex(hash->context, out, NULL))
        return ERR_INTERNAL;
    return EVP_DigestInit_ex(hash->context, hash->kind, NULL) ? ERR_NONE : ERR_INTERNAL;
}

static enum err hmac(const EVP_MD *kind, const uint8_t *key, size_t key_len, const void *data,
                     size_t len, uint8_t *out)
{
    /* HMAC() takes a NULL key for "the one from before". */
    if (!key_len)
        key = (const uint8_t *)"";
    if (key_len > INT_MAX || !HMAC(kind, key, (int)key_len, data, len, out, NULL))
        return ERR_INTERNAL;
    return ERR_NONE;
}

enum err hmac_sha256(const uint8_t *key, size_t key_len, const void *data, size_t len,
                     uint8_t out[SHA256_SIZE])
{
    return hmac(EVP_sha256(), key, key_len, data, len, out);
}

enum err hmac_sha1(const uint8_t *key, size_t key_len, const void *data, size_t len,
                   uint8_t out[SHA1_SIZE])
{
    return hmac(EVP_sha1(), key, key_len, data, len, out);
}

enum err pbkdf2_sha256(const char *password, size_t password_len, const char *salt, int iterations,
                       uint8_t *out, size_t len)
{
    if (password_len > INT_MAX || len > INT_MAX ||
        !PKCS5_PBKDF2_HMAC(password, (int)password_len, (const uint8_t *)salt, (int)strlen(salt),
                           iterations, EVP_sha256(), (int)len, out))
        return ERR_INTERNAL;
    return ERR_NONE;
}

bool equal_in_constant_time(const void *a, const void *b, size_t len)
{
    return CRYPTO_memcmp(a, b, len) == 0;
}

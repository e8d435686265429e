#include "server/tus_headers.h"

#include <stdbool.h>
#include <string.h>

#include "base/str.h"

enum err tus_metadata(const char *metadata, const char *key, char *out, size_t out_size)
{
    size_t key_len = strlen(key);
    for (const char *at = metadata; *at; at += strcspn(at, ","), at += *at == ',') {
        size_t decoded;
        at += strspn(at, " ");
        if (strncmp(at, key, key_len) != 0 || at[key_len] != ' ')
            continue;
        const char *value = at + key_len + 1;
        size_t len = strcspn(value, ",");
        while (len && value[len - 1] == ' ')
            len--;
        enum err e = base64_decode(value, len, (uint8_t *)out, out_size - 1, &decoded);
        if (e || memchr(out, '\0', decoded) || !utf8_valid(out, decoded))
            return ERR_BAD_REQUEST;
        out[decoded] = '\0';
        return ERR_NONE;
    }
    return ERR_NOT_FOUND;
}

enum err tus_checksum(const char *text, enum hash_kind *kind, uint8_t digest[SHA256_SIZE])
{
    size_t len;
    bool is_sha256 = strncmp(text, "sha256 ", 7) == 0;
    if (!is_sha256 && strncmp(text, "sha1 ", 5) != 0)
        return ERR_BAD_REQUEST;
    const char *value = strchr(text, ' ') + 1;
    *kind = is_sha256 ? HASH_SHA256 : HASH_SHA1;
    if (base64_decode(value, strlen(value), digest, SHA256_SIZE, &len) ||
        len != (is_sha256 ? SHA256_SIZE : SHA1_SIZE))
        return ERR_BAD_REQUEST;
    return ERR_NONE;
}

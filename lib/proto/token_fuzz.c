#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "crypto/hash.h"
#include "proto/token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The input as a token, and as the claims of one that is signed: what is taken then can be signed
 * anew and is taken with the same user. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct secret secret = {(const uint8_t *)"0123456789abcdef0123456789abcdef", 32};
    char text[LIMIT_TOKEN * 2] = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.";
    uint8_t mac[SHA256_SIZE];
    struct token token, again;
    struct problem why;
    if (!token_verify((const char *)data, size, secret, 0, &token, &why))
        abort();
    if (size > LIMIT_TOKEN)
        return 0;
    base64url_encode(data, size, text + strlen(text));
    if (hmac_sha256(secret.bytes, secret.len, text, strlen(text), mac))
        abort();
    strcat(text, ".");
    base64url_encode(mac, sizeof mac, text + strlen(text));
    if (token_verify(text, strlen(text), secret, 0, &token, &why) == ERR_NONE) {
        struct buf out;
        buf_init(&out, LIMIT_TOKEN);
        /* A fraction of a second is cut off; then it may be over. */
        if (token_sign(&token, secret, &out) ||
            (token.expires_s > 0 && token_verify(out.data, out.len, secret, 0, &again, NULL)) ||
            (token.expires_s > 0 && strcmp(token.user, again.user) != 0))
            abort();
        buf_release(&out);
    }
    return 0;
}

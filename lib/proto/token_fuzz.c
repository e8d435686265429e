#include "base/fuzz_testing.h"
#include "base/str.h"
#include "crypto/hash.h"
#include "proto/token.h"

static const struct secret secret = {(const uint8_t *)"0123456789abcdef0123456789abcdef", 32};

/* What is taken can be signed anew and is taken with the same user. */
static void check(const char *text, size_t len)
{
    struct token token, again;
    struct problem why;
    struct buf out;
    enum err e = token_verify(text, len, secret, 0, &token, &why);
    fuzz_holds(why.code == e || !e);
    if (e)
        return;
    buf_init(&out, LIMIT_TOKEN);
    fuzz_holds(token_sign(&token, secret, &out) == ERR_NONE);
    /* A fraction of a second is cut off; then it may be over. */
    if (token.expires_s > 0)
        fuzz_holds(token_verify(out.data, out.len, secret, 0, &again, NULL) == ERR_NONE &&
                   strcmp(token.user, again.user) == 0);
    buf_release(&out);
}

/* The input as a token, and as the claims of one that is signed. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[LIMIT_TOKEN * 2] = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.";
    uint8_t mac[SHA256_SIZE];
    check((const char *)data, size);
    if (size > LIMIT_TOKEN)
        return 0;
    base64url_encode(data, size, text + strlen(text));
    fuzz_holds(hmac_sha256(secret.bytes, secret.len, text, strlen(text), mac) == ERR_NONE);
    strcat(text, ".");
    base64url_encode(mac, sizeof mac, text + strlen(text));
    check(text, strlen(text));
    return 0;
}

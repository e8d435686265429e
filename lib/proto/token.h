/* Tokens: JWT, HS256 (RFC 7519, RFC 7515, RFC 7518 section 3.2; protocol, section 2). Pure but for
 * the HMAC, which is OpenSSL's (crypto/). Any thread. Tokens and secrets are never logged. */
#ifndef DEBATE_PROTO_TOKEN_H
#define DEBATE_PROTO_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "proto/limits.h"
#include "proto/problem.h"

enum role { ROLE_DEBATER, ROLE_HOST, ROLE_OBSERVER, ROLE_OPERATOR };
const char *role_name(enum role role);
/* False when there is no such role. */
bool role_from_name(const char *name, enum role *out);

struct token {
    char user[LIMIT_USER_CHARS * 4 + 1];     /* sub */
    char name[LIMIT_NICKNAME_CHARS * 4 + 1]; /* empty: not given */
    char room[LIMIT_ROOM_CODE + 1];          /* empty: any room */
    enum role role;
    int64_t expires_s; /* exp, seconds since the Unix epoch */
};

struct secret {
    const uint8_t *bytes;
    size_t len;
};

/* Several, so that a new one can come into use while tokens of the old one are still out: the first
 * signs, each verifies. */
struct secrets {
    struct secret list[LIMIT_SECRETS];
    size_t count;
};

/* Verifies signature (in constant time), alg, exp, nbf and the claims' types. `now_ms`: no leeway.
 * ERR_BAD_TOKEN with the reason in `why`, ERR_NO_MEMORY. */
enum err token_verify(const char *text, size_t len, struct secret secret, int64_t now_ms,
                      struct token *out, struct problem *why) MUST_CHECK;
/* The same with whichever of the secrets it was signed with. `why` is there. */
enum err token_verify_any(const char *text, size_t len, const struct secrets *secrets,
                          int64_t now_ms, struct token *out, struct problem *why) MUST_CHECK;

/* Appends a signed token. */
enum err token_sign(const struct token *token, struct secret secret, struct buf *out) MUST_CHECK;

#endif

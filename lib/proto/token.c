#include "proto/token.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "crypto/hash.h"
#include "proto/json.h"
#include "proto/json_writer.h"

static const char *const role_names[] = {[ROLE_DEBATER] = "debater",
                                         [ROLE_HOST] = "host",
                                         [ROLE_OBSERVER] = "observer",
                                         [ROLE_OPERATOR] = "operator"};

/* {"alg":"HS256","typ":"JWT"} (RFC 7515, section 3) */
static const char signed_header[] = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9";

/* A JWT in its three parts (RFC 7515, section 7.1). */
struct parts {
    const char *header, *claims, *signature;
    size_t header_len, claims_len, signature_len;
};

const char *role_name(enum role role)
{
    assert(role <= ROLE_OPERATOR);
    return role_names[role];
}

bool role_from_name(const char *name, enum role *out)
{
    for (int role = ROLE_DEBATER; role <= ROLE_OPERATOR; role++) {
        if (strcmp(role_names[role], name) == 0) {
            *out = (enum role)role;
            return true;
        }
    }
    return false;
}

static enum err bad(struct problem *why, enum reason reason)
{
    return problem_set(why, ERR_BAD_TOKEN, reason, NULL);
}

static bool split(const char *text, size_t len, struct parts *out)
{
    const char *end = text + len;
    const char *first = memchr(text, '.', len);
    const char *second = first ? memchr(first + 1, '.', (size_t)(end - first - 1)) : NULL;
    if (!second || memchr(second + 1, '.', (size_t)(end - second - 1)))
        return false;
    *out = (struct parts){.header = text,
                          .header_len = (size_t)(first - text),
                          .claims = first + 1,
                          .claims_len = (size_t)(second - first - 1),
                          .signature = second + 1,
                          .signature_len = (size_t)(end - second - 1)};
    return true;
}

/* A part that is the base64url of a JSON object. The caller began a brief. */
static enum err read_part(const char *text, size_t len, struct json_doc *doc, struct problem *why)
{
    uint8_t bytes[LIMIT_TOKEN * 3 / 4];
    size_t bytes_len;
    *doc = (struct json_doc){0};
    if (base64url_decode(text, len, bytes, sizeof bytes, &bytes_len))
        return bad(why, REASON_TOKEN_MALFORMED);
    enum err e = json_parse((const char *)bytes, bytes_len, doc, NULL);
    if (e == ERR_NO_MEMORY)
        return problem_set(why, e, REASON_NONE, NULL);
    if (e || doc->has_nul || !cJSON_IsObject(doc->root))
        return bad(why, REASON_TOKEN_MALFORMED);
    return ERR_NONE;
}

/* `alg` is HS256 and nothing that must be understood is asked for (RFC 7515, sections 4.1.1 and
 * 4.1.11). */
static enum err check_header(const struct parts *parts, struct problem *why)
{
    struct json_doc doc;
    const char *alg = NULL;
    if (parts->header_len == sizeof signed_header - 1 &&
        memcmp(parts->header, signed_header, sizeof signed_header - 1) == 0)
        return ERR_NONE;
    json_brief_begin();
    enum err e = read_part(parts->header, parts->header_len, &doc, why);
    struct json_at at = {.object = doc.root, .path = ""};
    if (!e && json_get_string(&at, "alg", JSON_REQUIRED, &alg))
        e = bad(why, REASON_TOKEN_MALFORMED);
    else if (!e && strcmp(alg, "HS256") != 0)
        e = bad(why, REASON_TOKEN_ALGORITHM);
    else if (!e && json_find(doc.root, "crit"))
        e = bad(why, REASON_TOKEN_MALFORMED);
    json_brief_end(doc.root);
    return e;
}

static enum err check_signature(const struct parts *parts, struct secret secret,
                                struct problem *why)
{
    uint8_t given[SHA256_SIZE], right[SHA256_SIZE];
    size_t given_len;
    if (base64url_decode(parts->signature, parts->signature_len, given, sizeof given, &given_len))
        return bad(why, REASON_TOKEN_MALFORMED);
    size_t signed_len = parts->header_len + 1 + parts->claims_len;
    enum err e = hmac_sha256(secret.bytes, secret.len, parts->header, signed_len, right);
    if (e)
        return problem_set(why, e, REASON_NONE, NULL);
    if (given_len != sizeof right || !equal_in_constant_time(given, right, sizeof right))
        return bad(why, REASON_TOKEN_SIGNATURE);
    return ERR_NONE;
}

/* NumericDate: seconds, maybe with a fraction (RFC 7519, section 2). No leeway. */
static enum err check_times(const struct json_at *at, int64_t now_ms, struct token *out,
                            struct problem *why)
{
    double exp = 0, nbf = 0, now_s = (double)now_ms / 1000;
    bool has_nbf;
    if (json_get_number(at, "exp", JSON_REQUIRED, -DBL_MAX, DBL_MAX, NULL, &exp) ||
        json_get_number(at, "nbf", JSON_OPTIONAL, -DBL_MAX, DBL_MAX, &has_nbf, &nbf))
        return bad(why, REASON_TOKEN_MALFORMED);
    if (now_s >= exp)
        return bad(why, REASON_TOKEN_EXPIRED);
    if (has_nbf && now_s < nbf)
        return bad(why, REASON_TOKEN_NOT_YET);
    out->expires_s = (int64_t)fmin(floor(exp), LIMIT_INTEGER);
    return ERR_NONE;
}

static enum err read_claims(const struct parts *parts, int64_t now_ms, struct token *out,
                            struct problem *why)
{
    struct json_doc doc;
    const char *room = NULL, *role = NULL;
    json_brief_begin();
    enum err e = read_part(parts->claims, parts->claims_len, &doc, why);
    struct json_at at = {.object = doc.root, .path = ""};
    if (!e && (json_get_text(&at, "sub", JSON_REQUIRED, 1, LIMIT_USER_CHARS, out->user) ||
               json_get_text(&at, "name", JSON_OPTIONAL, 1, LIMIT_NICKNAME_CHARS, out->name) ||
               json_get_string(&at, "room", JSON_OPTIONAL, &room) ||
               json_get_string(&at, "role", JSON_OPTIONAL, &role) ||
               (room && !room_code_valid(room)) || (role && !role_from_name(role, &out->role))))
        e = bad(why, REASON_TOKEN_MALFORMED);
    if (!e && room)
        str_copy(out->room, sizeof out->room, room);
    if (!e)
        e = check_times(&at, now_ms, out, why);
    json_brief_end(doc.root);
    return e;
}

enum err token_verify(const char *text, size_t len, struct secret secret, int64_t now_ms,
                      struct token *out, struct problem *why)
{
    struct parts parts;
    out->user[0] = out->name[0] = out->room[0] = '\0';
    out->role = ROLE_DEBATER;
    out->expires_s = 0;
    if (len == 0)
        return bad(why, REASON_TOKEN_MISSING);
    if (len > LIMIT_TOKEN || !split(text, len, &parts))
        return bad(why, REASON_TOKEN_MALFORMED);
    enum err e = check_header(&parts, why);
    if (!e)
        e = check_signature(&parts, secret, why);
    if (!e)
        e = read_claims(&parts, now_ms, out, why);
    return e;
}

enum err token_verify_any(const char *text, size_t len, const struct secrets *secrets,
                          int64_t now_ms, struct token *out, struct problem *why)
{
    enum err e = bad(why, REASON_TOKEN_SIGNATURE);
    for (size_t i = 0; i < secrets->count; i++) {
        e = token_verify(text, len, secrets->list[i], now_ms, out, why);
        if (e != ERR_BAD_TOKEN || why->reason != REASON_TOKEN_SIGNATURE)
            break;
    }
    return e;
}

static enum err print_claims(const struct token *token, struct buf *out)
{
    struct json_writer json;
    json_write_begin(&json, out);
    json_write_string(&json, "sub", token->user);
    json_write_integer(&json, "exp", token->expires_s);
    if (token->name[0])
        json_write_string(&json, "name", token->name);
    if (token->room[0])
        json_write_string(&json, "room", token->room);
    if (token->role != ROLE_DEBATER)
        json_write_string(&json, "role", role_name(token->role));
    return json_write_end(&json);
}

enum err token_sign(const struct token *token, struct secret secret, struct buf *out)
{
    struct buf claims;
    uint8_t signature[SHA256_SIZE];
    char text[LIMIT_TOKEN + 1];
    size_t at = sizeof signed_header - 1;
    buf_init(&claims, LIMIT_TOKEN / 2);
    enum err e = print_claims(token, &claims);
    if (e)
        goto out;
    memcpy(text, signed_header, at);
    text[at++] = '.';
    base64url_encode((const uint8_t *)claims.data, claims.len, text + at);
    at += base64url_size(claims.len) - 1;
    e = hmac_sha256(secret.bytes, secret.len, text, at, signature);
    if (e)
        goto out;
    text[at++] = '.';
    base64url_encode(signature, sizeof signature, text + at);
    e = buf_append_str(out, text);
out:
    buf_release(&claims);
    return e;
}

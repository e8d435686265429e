#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/str.h"
#include "crypto/hash.h"
#include "proto/proto_testing.h"
#include "proto/token.h"

#define EXP_S   INT64_C(1763872345)
#define EXP_MS  (EXP_S * 1000)
#define HS256   "{\"alg\":\"HS256\",\"typ\":\"JWT\"}"
#define NAME_8  "abcdefgh"
#define HANGEUL "\xed\x95\x9c"

static const struct secret secret = {(const uint8_t *)"0123456789abcdef0123456789abcdef", 32};

/* {"sub":"kim","exp":1763872345,"name":"Kim","room":"library","role":"host","iss":"somebody"},
 * signed by `openssl dgst -sha256 -hmac` with the secret above. */
static const char fixed[] =
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
    "eyJzdWIiOiJraW0iLCJleHAiOjE3NjM4NzIzNDUsIm5hbWUiOiJLaW0iLCJyb29tIjoibGlicmFyeSIs"
    "InJvbGUiOiJob3N0IiwiaXNzIjoic29tZWJvZHkifQ.WPf50WsrsgIbSPgPjWcNp1kqNalbuqv-4gCy7F4-PAU";

static void sign(const char *header, const char *claims, char out[LIMIT_TOKEN * 2])
{
    uint8_t mac[SHA256_SIZE];
    base64url_encode((const uint8_t *)header, strlen(header), out);
    strcat(out, ".");
    base64url_encode((const uint8_t *)claims, strlen(claims), out + strlen(out));
    assert_int_equal(hmac_sha256(secret.bytes, secret.len, out, strlen(out), mac), ERR_NONE);
    strcat(out, ".");
    base64url_encode(mac, sizeof mac, out + strlen(out));
}

static enum err verify(const char *text, struct token *out, struct problem *why)
{
    return token_verify(text, strlen(text), secret, EXP_MS - 1, out, why);
}

static enum err verify_parts(const char *header, const char *claims, struct token *out,
                             struct problem *why)
{
    char text[LIMIT_TOKEN * 2];
    sign(header, claims, text);
    return verify(text, out, why);
}

/* `claims` stand behind a good sub and exp. */
static void assert_claims(const char *claims, enum reason reason)
{
    char text[2048];
    struct token token;
    struct problem why = {.reason = REASON_NONE};
    snprintf(text, sizeof text, "{\"sub\":\"kim\",\"exp\":1763872345%s}", claims);
    enum err e = verify_parts(HS256, text, &token, &why);
    assert_int_equal(e, reason ? ERR_BAD_TOKEN : ERR_NONE);
    assert_int_equal(why.reason, reason);
    assert_int_equal(reason ? why.code : ERR_BAD_TOKEN, ERR_BAD_TOKEN);
}

static void assert_bad(const char *header, const char *claims, enum reason reason)
{
    struct token token;
    struct problem why;
    assert_int_equal(verify_parts(header, claims, &token, &why), ERR_BAD_TOKEN);
    assert_problem(&why, ERR_BAD_TOKEN, reason, "");
}

static void a_token_that_openssl_signed_is_taken_claim_by_claim(void **state)
{
    (void)state;
    struct token token;
    assert_int_equal(verify(fixed, &token, NULL), ERR_NONE);
    assert_string_equal(token.user, "kim");
    assert_string_equal(token.name, "Kim");
    assert_string_equal(token.room, "library");
    assert_int_equal(token.role, ROLE_HOST);
    assert_int_equal(token.expires_s, EXP_S);
}

/* RFC 7515, appendix A.1: typ first and line breaks in the header. It has no sub, which is said
 * only after the signature was found right. */
static void the_example_of_rfc_7515_has_the_right_signature(void **state)
{
    (void)state;
    static const uint8_t key[] = {3,   35,  53,  75,  43,  15,  165, 188, 131, 126, 6,   101, 119,
                                  123, 166, 143, 90,  179, 40,  230, 240, 84,  201, 40,  169, 15,
                                  132, 178, 210, 80,  46,  191, 211, 251, 90,  146, 210, 6,   71,
                                  239, 150, 138, 180, 195, 119, 98,  61,  34,  61,  46,  33,  114,
                                  5,   46,  79,  8,   192, 205, 154, 245, 103, 208, 128, 163};
    char text[] = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
                  "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19"
                  "yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    struct secret rfc = {key, sizeof key};
    struct token token;
    struct problem why;
    assert_int_equal(token_verify(text, sizeof text - 1, rfc, 0, &token, &why), ERR_BAD_TOKEN);
    assert_problem(&why, ERR_BAD_TOKEN, REASON_TOKEN_MALFORMED, "");
    text[sizeof text - 3] = 'A';
    assert_int_equal(token_verify(text, sizeof text - 1, rfc, 0, &token, &why), ERR_BAD_TOKEN);
    assert_problem(&why, ERR_BAD_TOKEN, REASON_TOKEN_SIGNATURE, "");
}

static void no_token_is_said_to_be_missing(void **state)
{
    (void)state;
    struct token token;
    struct problem why;
    assert_int_equal(token_verify("", 0, secret, 0, &token, &why), ERR_BAD_TOKEN);
    assert_problem(&why, ERR_BAD_TOKEN, REASON_TOKEN_MISSING, "");
}

static void what_is_not_three_parts_of_base64url_is_malformed(void **state)
{
    (void)state;
    static const char *const texts[] = {"x", ".", "..", "a.b", "...", "!.!.!", "e30.e30.", "\"\""};
    struct token token;
    struct problem why;
    char text[sizeof fixed + 8];
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_int_equal(verify(texts[i], &token, &why), ERR_BAD_TOKEN);
        assert_problem(&why, ERR_BAD_TOKEN, REASON_TOKEN_MALFORMED, "");
    }
    /* A fourth part; padding, which RFC 7515 section 2 leaves out; quotes, which whoever takes it
     * from a query strips; a space. */
    static const char *const around[][2] = {{"", ".e30"}, {"", "="}, {"\"", "\""}, {"", " "}};
    for (size_t i = 0; i < sizeof around / sizeof *around; i++) {
        snprintf(text, sizeof text, "%s%s%s", around[i][0], fixed, around[i][1]);
        assert_int_equal(verify(text, &token, &why), ERR_BAD_TOKEN);
    }
    assert_bad("[]", "{\"sub\":\"kim\",\"exp\":1763872345}", REASON_TOKEN_MALFORMED);
    assert_bad("{", "{\"sub\":\"kim\",\"exp\":1763872345}", REASON_TOKEN_MALFORMED);
    assert_bad(HS256, "[1]", REASON_TOKEN_MALFORMED);
    assert_bad(HS256, "no json", REASON_TOKEN_MALFORMED);
    assert_bad(HS256, "{\"sub\":\"\xff\",\"exp\":1763872345}", REASON_TOKEN_MALFORMED);
}

static void any_change_breaks_the_signature(void **state)
{
    (void)state;
    struct token token;
    struct problem why;
    char text[sizeof fixed];
    for (size_t i = 0; i < sizeof fixed - 1; i++) {
        memcpy(text, fixed, sizeof text);
        text[i] = text[i] == 'A' ? 'B' : 'A';
        assert_int_equal(verify(text, &token, &why), ERR_BAD_TOKEN);
    }
    struct secret other = {(const uint8_t *)"0123456789abcdef0123456789abcdeF", 32};
    assert_int_equal(token_verify(fixed, sizeof fixed - 1, other, EXP_MS - 1, &token, &why),
                     ERR_BAD_TOKEN);
    assert_problem(&why, ERR_BAD_TOKEN, REASON_TOKEN_SIGNATURE, "");
    /* A part of the right one is not enough. */
    assert_int_equal(token_verify(fixed, sizeof fixed - 5, secret, EXP_MS - 1, &token, &why),
                     ERR_BAD_TOKEN);
}

static void an_alg_other_than_hs256_is_bad_token(void **state)
{
    (void)state;
    static const char *const algs[] = {"none", "None", "HS512", "RS256", "hs256", "HS256 ", ""};
    const char *claims = "{\"sub\":\"kim\",\"exp\":1763872345}";
    char header[64];
    for (size_t i = 0; i < sizeof algs / sizeof *algs; i++) {
        snprintf(header, sizeof header, "{\"alg\":\"%s\"}", algs[i]);
        assert_bad(header, claims, REASON_TOKEN_ALGORITHM);
    }
    /* As long as the header that every library writes for HS256. */
    assert_bad("{\"alg\":\"HS512\",\"typ\":\"JWT\"}", claims, REASON_TOKEN_ALGORITHM);
    assert_bad("{\"typ\":\"JWT\"}", claims, REASON_TOKEN_MALFORMED);
    assert_bad("{\"alg\":256}", claims, REASON_TOKEN_MALFORMED);
    assert_bad("{\"alg\":\"HS256\",\"alg\":\"none\"}", claims, REASON_TOKEN_ALGORITHM);
    /* {"alg":"none"} with its empty signature (RFC 7519, section 6.1). */
    struct token token;
    assert_int_equal(
        verify("eyJhbGciOiJub25lIn0.eyJzdWIiOiJraW0iLCJleHAiOjE3NjM4NzIzNDV9.", &token, NULL),
        ERR_BAD_TOKEN);
}

static void typ_and_other_header_fields_are_ignored(void **state)
{
    (void)state;
    static const char *const headers[] = {"{\"alg\":\"HS256\"}",
                                          "{\"typ\":\"jwt\",\"alg\":\"HS256\"}",
                                          "{ \"alg\" : \"HS256\", \"typ\" : 7, \"kid\" : \"1\" }"};
    struct token token;
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        assert_int_equal(
            verify_parts(headers[i], "{\"sub\":\"kim\",\"exp\":1763872345}", &token, NULL),
            ERR_NONE);
}

/* RFC 7515, section 4.1.11. */
static void a_header_that_must_be_understood_is_not(void **state)
{
    (void)state;
    assert_bad("{\"alg\":\"HS256\",\"crit\":[\"x\"],\"x\":1}",
               "{\"sub\":\"kim\",\"exp\":1763872345}", REASON_TOKEN_MALFORMED);
}

/* RFC 7519, section 4.1.4: not "on or after" it. */
static void exp_is_required_and_has_no_leeway(void **state)
{
    (void)state;
    struct token token;
    struct problem why;
    size_t len = sizeof fixed - 1;
    assert_int_equal(token_verify(fixed, len, secret, EXP_MS - 1, &token, &why), ERR_NONE);
    assert_int_equal(token_verify(fixed, len, secret, EXP_MS, &token, &why), ERR_BAD_TOKEN);
    assert_problem(&why, ERR_BAD_TOKEN, REASON_TOKEN_EXPIRED, "");
    assert_bad(HS256, "{\"sub\":\"kim\"}", REASON_TOKEN_MALFORMED);
    assert_bad(HS256, "{\"sub\":\"kim\",\"exp\":\"1763872345\"}", REASON_TOKEN_MALFORMED);
    assert_bad(HS256, "{\"sub\":\"kim\",\"exp\":null}", REASON_TOKEN_MALFORMED);
    assert_bad(HS256, "{\"sub\":\"kim\",\"exp\":-1}", REASON_TOKEN_EXPIRED);
    /* now is 1763872344.999 */
    assert_bad(HS256, "{\"sub\":\"kim\",\"exp\":1763872344.9989}", REASON_TOKEN_EXPIRED);
    assert_int_equal(verify_parts(HS256, "{\"sub\":\"kim\",\"exp\":1763872344.9995}", &token, &why),
                     ERR_NONE);
    assert_int_equal(verify_parts(HS256, "{\"sub\":\"kim\",\"exp\":1e300}", &token, &why),
                     ERR_NONE);
}

static void before_nbf_a_token_is_not_yet_valid(void **state)
{
    (void)state;
    assert_claims(",\"nbf\":1763872344", REASON_NONE);
    assert_claims(",\"nbf\":1763872344.999", REASON_NONE);
    assert_claims(",\"nbf\":1763872345", REASON_TOKEN_NOT_YET);
    assert_claims(",\"nbf\":\"soon\"", REASON_TOKEN_MALFORMED);
}

static void sub_is_required_and_has_1_to_128_characters(void **state)
{
    (void)state;
    char claims[1024] = "{\"exp\":1763872345,\"sub\":\"";
    struct token token;
    size_t head = strlen(claims);
    assert_bad(HS256, "{\"exp\":1763872345}", REASON_TOKEN_MALFORMED);
    assert_bad(HS256, "{\"exp\":1763872345,\"sub\":\"\"}", REASON_TOKEN_MALFORMED);
    assert_bad(HS256, "{\"exp\":1763872345,\"sub\":7}", REASON_TOKEN_MALFORMED);
    assert_bad(HS256, "{\"exp\":1763872345,\"sub\":\"a" NUL_ESCAPE "b\"}", REASON_TOKEN_MALFORMED);
    for (int i = 0; i < 128; i++)
        strcat(claims, HANGEUL);
    strcat(claims, "\"}");
    assert_int_equal(verify_parts(HS256, claims, &token, NULL), ERR_NONE);
    assert_int_equal(strlen(token.user), 128 * 3);
    memmove(claims + head + 1, claims + head, strlen(claims + head) + 1);
    claims[head] = 'x';
    assert_bad(HS256, claims, REASON_TOKEN_MALFORMED);
}

static void name_is_a_nickname_and_room_is_a_room_code(void **state)
{
    (void)state;
    assert_claims(",\"name\":\"" NAME_64 "\"", REASON_NONE);
    assert_claims(",\"name\":\"" NAME_64 "x\"", REASON_TOKEN_MALFORMED);
    assert_claims(",\"name\":7", REASON_TOKEN_MALFORMED);
    assert_claims(",\"room\":\"" NAME_64 "\"", REASON_NONE);
    assert_claims(",\"room\":\"" NAME_64 "x\"", REASON_TOKEN_MALFORMED);
    assert_claims(",\"room\":\"a b\"", REASON_TOKEN_MALFORMED);
    assert_claims(",\"room\":\"\"", REASON_TOKEN_MALFORMED);
    assert_claims(",\"room\":[\"a\"]", REASON_TOKEN_MALFORMED);
}

static void the_role_is_debater_unless_it_is_another_of_the_four(void **state)
{
    (void)state;
    static const char *const names[] = {"debater", "host", "observer", "operator"};
    char claims[128];
    struct token token;
    for (enum role role = ROLE_DEBATER; role <= ROLE_OPERATOR; role++) {
        snprintf(claims, sizeof claims, "{\"sub\":\"kim\",\"exp\":1763872345,\"role\":\"%s\"}",
                 names[role]);
        assert_int_equal(verify_parts(HS256, claims, &token, NULL), ERR_NONE);
        assert_int_equal(token.role, role);
        assert_string_equal(role_name(role), names[role]);
    }
    assert_int_equal(verify_parts(HS256, "{\"sub\":\"kim\",\"exp\":1763872345}", &token, NULL),
                     ERR_NONE);
    assert_int_equal(token.role, ROLE_DEBATER);
    assert_claims(",\"role\":\"admin\"", REASON_TOKEN_MALFORMED);
    assert_claims(",\"role\":\"Host\"", REASON_TOKEN_MALFORMED);
    assert_claims(",\"role\":\"\"", REASON_TOKEN_MALFORMED);
    assert_claims(",\"role\":1", REASON_TOKEN_MALFORMED);
}

static void other_claims_are_ignored(void **state)
{
    (void)state;
    assert_claims(",\"aud\":[\"x\"],\"iat\":9e9,\"jti\":null,\"seat\":{\"row\":1}", REASON_NONE);
}

static void a_token_has_at_most_4096_bytes(void **state)
{
    (void)state;
    char claims[4096], text[LIMIT_TOKEN * 2];
    struct token token;
    struct problem why;
    const char *head = "{\"sub\":\"kim\",\"exp\":1763872345,\"x\":\"";
    /* 36 of header, 43 of signature, two dots: 4015 characters remain, 3011 bytes. */
    for (size_t room = 3011; room <= 3012; room++) {
        size_t fill = room - strlen(head) - 2;
        memcpy(claims, head, strlen(head));
        memset(claims + strlen(head), 'x', fill);
        strcpy(claims + strlen(head) + fill, "\"}");
        sign(HS256, claims, text);
        assert_int_equal(verify(text, &token, &why),
                         strlen(text) <= LIMIT_TOKEN ? ERR_NONE : ERR_BAD_TOKEN);
    }
    assert_true(strlen(text) > LIMIT_TOKEN);
    assert_problem(&why, ERR_BAD_TOKEN, REASON_TOKEN_MALFORMED, "");
}

static void what_is_signed_verifies_even_with_the_longest_claims(void **state)
{
    (void)state;
    struct token token = {.role = ROLE_OBSERVER, .expires_s = EXP_S}, again;
    struct buf out;
    /* Control characters take six bytes each as JSON. */
    memset(token.user, 1, LIMIT_USER_CHARS);
    memset(token.name, 2, LIMIT_NICKNAME_CHARS);
    memset(token.room, 'r', LIMIT_ROOM_CODE);
    buf_init(&out, LIMIT_TOKEN);
    assert_int_equal(token_sign(&token, secret, &out), ERR_NONE);
    assert_int_equal(verify(out.data, &again, NULL), ERR_NONE);
    assert_string_equal(again.user, token.user);
    assert_string_equal(again.name, token.name);
    assert_string_equal(again.room, token.room);
    assert_int_equal(again.role, ROLE_OBSERVER);
    assert_int_equal(again.expires_s, EXP_S);
    buf_release(&out);
}

/* What was made by hand above has the same bytes; only iss is nothing that is signed here. */
static void a_signed_token_has_sub_and_exp_and_what_else_was_given(void **state)
{
    (void)state;
    struct token token = {.user = "g_1", .expires_s = EXP_S};
    struct buf out;
    char expected[LIMIT_TOKEN * 2];
    buf_init(&out, LIMIT_TOKEN);
    assert_int_equal(token_sign(&token, secret, &out), ERR_NONE);
    sign(HS256, "{\"sub\":\"g_1\",\"exp\":1763872345}", expected);
    assert_string_equal(out.data, expected);
    buf_release(&out);
}

static enum err verify_fixed(void)
{
    struct token token;
    struct problem why = {.code = ERR_NONE};
    enum err e = verify(fixed, &token, &why);
    assert_int_equal(why.code, e);
    return e;
}

static enum err verify_other_header(void)
{
    struct token token;
    struct problem why = {.code = ERR_NONE};
    enum err e =
        verify_parts("{\"alg\":\"HS256\"}", "{\"sub\":\"kim\",\"exp\":1763872345}", &token, &why);
    assert_int_equal(why.code, e);
    return e;
}

static enum err sign_one(void)
{
    struct token token = {.user = "kim", .expires_s = EXP_S};
    struct buf out;
    buf_init(&out, LIMIT_TOKEN);
    enum err e = token_sign(&token, secret, &out);
    buf_release(&out);
    return e;
}

static void a_lack_of_memory_is_told(void **state)
{
    (void)state;
    every_allocation_fails_in_turn(verify_fixed);
    every_allocation_fails_in_turn(verify_other_header);
    every_allocation_fails_in_turn(sign_one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_that_openssl_signed_is_taken_claim_by_claim),
        cmocka_unit_test(the_example_of_rfc_7515_has_the_right_signature),
        cmocka_unit_test(no_token_is_said_to_be_missing),
        cmocka_unit_test(what_is_not_three_parts_of_base64url_is_malformed),
        cmocka_unit_test(any_change_breaks_the_signature),
        cmocka_unit_test(an_alg_other_than_hs256_is_bad_token),
        cmocka_unit_test(typ_and_other_header_fields_are_ignored),
        cmocka_unit_test(a_header_that_must_be_understood_is_not),
        cmocka_unit_test(exp_is_required_and_has_no_leeway),
        cmocka_unit_test(before_nbf_a_token_is_not_yet_valid),
        cmocka_unit_test(sub_is_required_and_has_1_to_128_characters),
        cmocka_unit_test(name_is_a_nickname_and_room_is_a_room_code),
        cmocka_unit_test(the_role_is_debater_unless_it_is_another_of_the_four),
        cmocka_unit_test(other_claims_are_ignored),
        cmocka_unit_test(a_token_has_at_most_4096_bytes),
        cmocka_unit_test(what_is_signed_verifies_even_with_the_longest_claims),
        cmocka_unit_test(a_signed_token_has_sub_and_exp_and_what_else_was_given),
        cmocka_unit_test(a_lack_of_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

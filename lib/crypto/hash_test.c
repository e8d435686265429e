#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/str.h"
#include "crypto/hash.h"

static void assert_hex(const uint8_t *bytes, size_t len, const char *hex)
{
    char text[SHA256_TEXT_SIZE];
    hex_encode(bytes, len, text);
    assert_string_equal(text, hex);
}

/* FIPS 180-4's "abc", in two pieces; then the same object again. */
static void digests_are_those_of_fips_180_4(void **state)
{
    (void)state;
    uint8_t out[SHA256_SIZE];
    struct hash *hash = hash_new(HASH_SHA256);
    for (int round = 0; round < 2; round++) {
        assert_int_equal(hash_update(hash, "a", 1), ERR_NONE);
        assert_int_equal(hash_update(hash, "bc", 2), ERR_NONE);
        assert_int_equal(hash_final(hash, out), ERR_NONE);
        assert_hex(out, 32, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
    hash_free(hash);
    hash = hash_new(HASH_SHA1);
    assert_int_equal(hash_update(hash, "abc", 3), ERR_NONE);
    assert_int_equal(hash_final(hash, out), ERR_NONE);
    assert_hex(out, 20, "a9993e364706816aba3e25717850c26c9cd0d89d");
    hash_free(hash);
    hash_free(NULL);
}

/* RFC 4231, test case 2; RFC 2202, test case 2. */
static void hmacs_are_those_of_the_rfcs(void **state)
{
    (void)state;
    uint8_t out[SHA256_SIZE];
    const char *key = "Jefe", *data = "what do ya want for nothing?";
    assert_int_equal(hmac_sha256((const uint8_t *)key, 4, data, strlen(data), out), ERR_NONE);
    assert_hex(out, 32, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    assert_int_equal(hmac_sha1((const uint8_t *)key, 4, data, strlen(data), out), ERR_NONE);
    assert_hex(out, 20, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
}

/* RFC 7914, section 11, the first of them cut short. */
static void keys_from_passwords_are_those_of_the_rfc(void **state)
{
    (void)state;
    uint8_t out[SHA256_SIZE];
    assert_int_equal(pbkdf2_sha256("passwd", 6, "salt", 1, out, 9), ERR_NONE);
    assert_hex(out, 9, "55ac046e56e3089fec");
    assert_int_equal(pbkdf2_sha256("Password", 8, "NaCl", 80000, out, 32), ERR_NONE);
    assert_hex(out, 32, "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56");
}

static void an_empty_key_is_a_key(void **state)
{
    (void)state;
    uint8_t out[SHA256_SIZE];
    assert_int_equal(hmac_sha256(NULL, 0, "", 0, out), ERR_NONE);
    assert_hex(out, 32, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

static void comparing_sees_every_byte(void **state)
{
    (void)state;
    assert_true(equal_in_constant_time("debate", "debate", 6));
    assert_false(equal_in_constant_time("debate", "debatf", 6));
    assert_false(equal_in_constant_time("debate", "Debate", 6));
}

static void without_memory_there_is_no_hash(void **state)
{
    (void)state;
    mem_fail_after(0);
    struct hash *hash = hash_new(HASH_SHA256);
    mem_fail_after(-1);
    assert_null(hash);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digests_are_those_of_fips_180_4),
        cmocka_unit_test(hmacs_are_those_of_the_rfcs),
        cmocka_unit_test(keys_from_passwords_are_those_of_the_rfc),
        cmocka_unit_test(an_empty_key_is_a_key),
        cmocka_unit_test(comparing_sees_every_byte),
        cmocka_unit_test(without_memory_there_is_no_hash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

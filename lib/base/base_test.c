#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/rand.h"
#include "base/str.h"

static void utf8_refuses_what_rfc_3629_forbids(void **state)
{
    (void)state;
    assert_true(utf8_valid("\xed\x95\x9c\xea\xb8\x80 \xf0\x9f\x98\x80", 11));
    assert_false(utf8_valid("\xc0\x80", 2));         /* overlong */
    assert_false(utf8_valid("\xed\xa0\x80", 3));     /* surrogate */
    assert_false(utf8_valid("\xf4\x90\x80\x80", 4)); /* above U+10FFFF */
    assert_false(utf8_valid("\xed\x95", 2));         /* cut */
    assert_false(utf8_valid("\x80", 1));
    assert_int_equal(utf8_length("\xed\x95\x9c\xea\xb8\x80!"), 3);
}

static void names_and_ids_keep_to_their_alphabets(void **state)
{
    (void)state;
    assert_true(room_code_valid("Library-on_Sunday7"));
    assert_false(room_code_valid(""));
    assert_false(room_code_valid("two words"));
    assert_false(
        room_code_valid("0123456789012345678901234567890123456789012345678901234567890123x"));
    assert_true(session_id_valid("s_0123456789012345678901"));
    assert_false(session_id_valid("s_012345678901234567890"));
    assert_false(session_id_valid("signaling"));
    assert_int_equal(participant_number("p12"), 12);
    assert_int_equal(participant_number("p0"), 0);
    assert_int_equal(participant_number("p01"), 0);
    assert_int_equal(participant_number("p65536"), 0);
}

static void base64url_is_its_own_inverse(void **state)
{
    (void)state;
    uint8_t data[50], back[50];
    char text[80];
    size_t len;
    for (size_t n = 0; n <= sizeof data; n++) {
        rand_bytes(data, n);
        base64url_encode(data, n, text);
        assert_int_equal(strlen(text) + 1, base64url_size(n));
        assert_int_equal(base64url_decode(text, strlen(text), back, sizeof back, &len), ERR_NONE);
        assert_int_equal(len, n);
        assert_memory_equal(data, back, n);
    }
    assert_int_equal(base64url_decode("AB=", 3, back, sizeof back, &len), ERR_BAD_REQUEST);
    assert_int_equal(base64url_decode("AB", 2, back, sizeof back, &len), ERR_BAD_REQUEST);
    assert_int_equal(base64url_decode("A", 1, back, sizeof back, &len), ERR_BAD_REQUEST);
    assert_int_equal(base64_decode("Zm9vYg==", 8, back, sizeof back, &len), ERR_NONE);
    assert_memory_equal(back, "foob", len);
}

static void a_buffer_stops_at_its_cap_and_keeps_what_it_has(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 300);
    assert_int_equal(buf_printf(&b, "%0299d", 7), ERR_NONE);
    assert_int_equal(buf_append_str(&b, "ab"), ERR_FULL);
    assert_true(b.failed);
    assert_int_equal(b.len, 299);
    assert_null(buf_take(&b));
    buf_clear(&b);
    assert_int_equal(buf_append_str(&b, "abc"), ERR_NONE);
    buf_consume(&b, 1);
    assert_string_equal(b.data, "bc");
    buf_release(&b);
}

static void a_buffer_without_memory_says_so(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 300);
    mem_fail_after(0);
    assert_int_equal(buf_append_str(&b, "abc"), ERR_NO_MEMORY);
    mem_fail_after(-1);
    assert_int_equal(b.len, 0);
    buf_release(&b);
}

static void whole_numbers_are_read_to_their_maximum(void **state)
{
    (void)state;
    uint64_t n;
    assert_true(str_to_u64("65535", 65535, &n));
    assert_int_equal(n, 65535);
    assert_false(str_to_u64("65536", 65535, &n));
    assert_false(str_to_u64("", 9, &n));
    assert_false(str_to_u64("-1", 9, &n));
    assert_true(str_to_u64("18446744073709551615", UINT64_MAX, &n));
    assert_false(str_to_u64("18446744073709551616", UINT64_MAX, &n));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utf8_refuses_what_rfc_3629_forbids),
        cmocka_unit_test(names_and_ids_keep_to_their_alphabets),
        cmocka_unit_test(base64url_is_its_own_inverse),
        cmocka_unit_test(a_buffer_stops_at_its_cap_and_keeps_what_it_has),
        cmocka_unit_test(a_buffer_without_memory_says_so),
        cmocka_unit_test(whole_numbers_are_read_to_their_maximum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

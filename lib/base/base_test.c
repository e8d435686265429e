#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/mem_testing.h"
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

static void utf8_is_judged_wherever_it_stands(void **state)
{
    (void)state;
    char text[33];
    for (size_t at = 0; at + 2 <= sizeof text - 1; at++) {
        memset(text, 'x', sizeof text - 1);
        memcpy(text + at, "\xc3\xa9", 2);
        assert_true(utf8_valid(text, sizeof text - 1));
        assert_false(utf8_valid(text, at + 1)); /* cut */
        text[at] = 'x';
        assert_false(utf8_valid(text, sizeof text - 1));
    }
}

static void numbers_are_written_in_decimal(void **state)
{
    (void)state;
    char digits[STR_DIGITS_SIZE], id[PARTICIPANT_SIZE];
    assert_string_equal(str_digits(0, digits), "0");
    assert_string_equal(str_digits(10203, digits), "10203");
    assert_string_equal(str_digits(UINT64_MAX, digits), "18446744073709551615");
    assert_string_equal(participant_text(12, id), "p12");
    assert_string_equal(participant_text(UINT32_MAX, id), "p4294967295");
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

static enum err fill_buffers(void)
{
    struct buf b, taken;
    buf_init(&b, 10000);
    buf_init(&taken, 1000);
    char *copy = mem_strdup("a"), *part = mem_strndup("abc", 2), *whole = NULL;
    enum err e = copy && part ? buf_append(&b, "abc", 3) : ERR_NO_MEMORY;
    for (int i = 0; !e && i < 300; i++)
        e = buf_printf(&b, "%d,", i);
    if (!e)
        e = buf_reserve(&b, 5000);
    if (!e)
        e = buf_append_str(&taken, "whole");
    if (!e) {
        whole = buf_take(&taken);
        assert_string_equal(whole, "whole");
    }
    assert_true(e || !b.failed);
    mem_free(whole);
    mem_free(part);
    mem_free(copy);
    buf_release(&taken);
    buf_release(&b);
    return e;
}

static void every_allocation_of_a_buffer_may_fail(void **state)
{
    (void)state;
    assert_true(every_allocation_fails(fill_buffers) > 4);
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

/* RFC 4648, section 10; and bytes whose digits are the two that base64url has others for. */
static void base64_is_that_of_rfc_4648(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {{"", ""},
                                           {"f", "Zg=="},
                                           {"fo", "Zm8="},
                                           {"foo", "Zm9v"},
                                           {"foob", "Zm9vYg=="},
                                           {"fooba", "Zm9vYmE="},
                                           {"foobar", "Zm9vYmFy"},
                                           {"\xfb\xff", "+/8="}};
    char text[16];
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        base64_encode(pairs[i][0], strlen(pairs[i][0]), text);
        assert_string_equal(text, pairs[i][1]);
    }
}

static void base64_needs_its_padding_and_zero_bits_behind_the_last_byte(void **state)
{
    (void)state;
    uint8_t back[8];
    size_t len;
    static const char *const bad[] = {"Zg", "Zg=", "Zh==", "Z===", "====", "Zm9v=", "Z g=", "Zm-v"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(base64_decode(bad[i], strlen(bad[i]), back, sizeof back, &len),
                         ERR_BAD_REQUEST);
    assert_int_equal(base64_decode("Zm8=", 4, back, sizeof back, &len), ERR_NONE);
    assert_int_equal(len, 2);
    assert_int_equal(base64_decode("", 0, back, sizeof back, &len), ERR_NONE);
    assert_int_equal(len, 0);
    assert_int_equal(base64_decode("Zm9vYmFy", 8, back, 5, &len), ERR_FULL);
}

static void hex_is_lower_case(void **state)
{
    (void)state;
    char text[9];
    hex_encode((const uint8_t *)"\x00\x7f\xab\xff", 4, text);
    assert_string_equal(text, "007fabff");
}

/* The vectors of RFC 9923, appendix C. */
static void digests_are_fnv_1a(void **state)
{
    (void)state;
    char digest[DIGEST_SIZE];
    digest_text("", 0, digest);
    assert_string_equal(digest, "cbf29ce484222325");
    digest_text("a", 1, digest);
    assert_string_equal(digest, "af63dc4c8601ec8c");
    digest_text("foobar", 6, digest);
    assert_string_equal(digest, "85944171f73967e8");
}

static void what_does_not_fit_is_not_copied_in_part(void **state)
{
    (void)state;
    char out[4] = "old";
    assert_true(str_copy(out, sizeof out, "abc"));
    assert_string_equal(out, "abc");
    assert_false(str_copy(out, sizeof out, "abcd"));
    assert_string_equal(out, "");
}

static void ids_are_22_url_safe_characters_and_never_the_same(void **state)
{
    (void)state;
    char a[26], b[26];
    rand_id("s_", a);
    rand_id("s_", b);
    assert_int_equal(strlen(a), 24);
    assert_true(session_id_valid(a));
    assert_string_not_equal(a, b);
}

static void a_buffer_takes_to_the_last_byte_of_its_cap(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 3);
    assert_null(buf_take(&b));
    assert_int_equal(buf_append(&b, "abc", 3), ERR_NONE);
    assert_int_equal(buf_append(&b, "", 0), ERR_NONE);
    assert_false(b.failed);
    assert_int_equal(buf_reserve(&b, SIZE_MAX), ERR_FULL);
    buf_clear(&b);
    assert_int_equal(buf_append(&b, "abc", 3), ERR_NONE);
    char *taken = buf_take(&b);
    assert_string_equal(taken, "abc");
    assert_int_equal(b.len, 0);
    mem_free(taken);
    buf_consume(&b, 5);
    buf_release(&b);
}

static void the_nth_allocation_fails_and_every_one_after_it(void **state)
{
    (void)state;
    mem_fail_after(1);
    char *first = mem_strdup("a");
    void *second = mem_alloc(1), *third = mem_zalloc(1);
    char *grown = mem_realloc(NULL, 10);
    mem_fail_after(-1);
    assert_non_null(first);
    assert_null(second);
    assert_null(third);
    assert_null(grown);
    mem_free(first);
    mem_free(NULL);
}

/* What the function writes to standard error, in `out`. */
static void log_into(char *out, size_t size, enum log_level level_max)
{
    int ends[2], before = dup(STDERR_FILENO);
    assert_int_equal(pipe(ends), 0);
    dup2(ends[1], STDERR_FILENO);
    log_set_level(level_max);
    log_error("%s", "room\n\x1b[31mkim\x7f");
    log_error("/r/sunday?token=%s", "eyJhbGciOiJIUzI1NiJ9.e30.c2ln\n");
    log_debug("no more than this");
    log_set_level(LOG_LEVEL_WARNING);
    dup2(before, STDERR_FILENO);
    close(before);
    close(ends[1]);
    ssize_t len = read(ends[0], out, size - 1);
    close(ends[0]);
    out[len > 0 ? len : 0] = '\0';
}

static void a_log_line_is_one_line_and_no_terminal_code(void **state)
{
    (void)state;
    char out[200];
    log_into(out, sizeof out, LOG_LEVEL_WARNING);
    assert_string_equal(out, "debate: error: room??[31mkim?\n"
                             "debate: error: /r/sunday?token=[hidden]?\n");
}

static void tokens_are_hidden_wherever_they_stand(void **state)
{
    (void)state;
    static const struct {
        const char *before, *after;
    } cases[] = {
        {"", ""},
        {"nothing to hide", "nothing to hide"},
        {"eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl", "[hidden]"},
        {"\"eyJhbGciOiJIUzI1NiJ9.e30.c2ln\": 401", "\"[hidden]\": 401"},
        {"?token=eyJhbGciOiJIUzI1NiJ9.e30.c2ln&x=1", "?token=[hidden]&x=1"},
        {"%22eyJhbGciOiJIUzI1NiJ9.e30.c2ln%22", "%22[hidden]%22"},
        {"eyJhbGciOiJIUzI1NiJ9.e30.c2ln eyJhbGciOiJIUzI1NiJ9.e3", "[hidden] [hidden]"},
        {"xeyJhbGciOiJIUzI1NiJ9.e30.c2ln", "x[hidden]"},
        {"eyJhbGciOiJIUzI1NiJ", "eyJhbGciOiJIUzI1NiJ"}, /* not a whole header */
        {"eyJ", "eyJ"},
        {"eyJ eyJ. eyJhbGciOiJIUzI1NiJ9", "eyJ eyJ. [hidden]"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[100];
        assert_true(str_copy(text, sizeof text, cases[i].before));
        str_hide_tokens(text);
        assert_string_equal(text, cases[i].after);
    }
}

static void every_code_of_the_protocol_is_found_by_its_name(void **state)
{
    (void)state;
    for (int e = ERR_BAD_MESSAGE; e <= ERR_INTERNAL; e++)
        assert_int_equal(err_from_code(err_code((enum err)e)), e);
    assert_int_equal(err_from_code("no such code"), ERR_INTERNAL);
    assert_int_equal(err_from_code("ok"), ERR_INTERNAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utf8_refuses_what_rfc_3629_forbids),
        cmocka_unit_test(utf8_is_judged_wherever_it_stands),
        cmocka_unit_test(numbers_are_written_in_decimal),
        cmocka_unit_test(names_and_ids_keep_to_their_alphabets),
        cmocka_unit_test(base64url_is_its_own_inverse),
        cmocka_unit_test(a_buffer_stops_at_its_cap_and_keeps_what_it_has),
        cmocka_unit_test(a_buffer_without_memory_says_so),
        cmocka_unit_test(every_allocation_of_a_buffer_may_fail),
        cmocka_unit_test(whole_numbers_are_read_to_their_maximum),
        cmocka_unit_test(tokens_are_hidden_wherever_they_stand),
        cmocka_unit_test(base64_is_that_of_rfc_4648),
        cmocka_unit_test(base64_needs_its_padding_and_zero_bits_behind_the_last_byte),
        cmocka_unit_test(hex_is_lower_case),
        cmocka_unit_test(digests_are_fnv_1a),
        cmocka_unit_test(what_does_not_fit_is_not_copied_in_part),
        cmocka_unit_test(ids_are_22_url_safe_characters_and_never_the_same),
        cmocka_unit_test(a_buffer_takes_to_the_last_byte_of_its_cap),
        cmocka_unit_test(the_nth_allocation_fails_and_every_one_after_it),
        cmocka_unit_test(a_log_line_is_one_line_and_no_terminal_code),
        cmocka_unit_test(every_code_of_the_protocol_is_found_by_its_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

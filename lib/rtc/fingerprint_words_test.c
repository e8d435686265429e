#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "rtc/fingerprint_words.h"

static const char up[] = "00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:"
                         "10:11:12:13:14:15:16:17:18:19:1A:1B:1C:1D:1E:1F";
static const char down[] = "FF:FE:FD:FC:FB:FA:F9:F8:F7:F6:F5:F4:F3:F2:F1:F0:"
                           "EF:EE:ED:EC:EB:EA:E9:E8:E7:E6:E5:E4:E3:E2:E1:E0";

/* By Python's hashlib.pbkdf2_hmac and the words of debate-security(7). */
static void both_sides_see_the_words_of_the_manual(void **state)
{
    (void)state;
    char words[FINGERPRINT_WORDS_SIZE];
    assert_int_equal(fingerprint_words(up, down, words), ERR_NONE);
    assert_string_equal(words, "ludo suno sila gisi dina linu mala gini");
    assert_int_equal(fingerprint_words(down, up, words), ERR_NONE);
    assert_string_equal(words, "ludo suno sila gisi dina linu mala gini");
}

static void another_certificate_has_other_words(void **state)
{
    (void)state;
    char words[FINGERPRINT_WORDS_SIZE], other[sizeof up];
    strcpy(other, up);
    other[sizeof other - 2] = 'E';
    assert_int_equal(fingerprint_words(other, down, words), ERR_NONE);
    assert_int_equal(strlen(words), FINGERPRINT_WORDS_SIZE - 1);
    assert_string_not_equal(words, "ludo suno sila gisi dina linu mala gini");
}

static void what_is_no_fingerprint_has_no_words(void **state)
{
    (void)state;
    char words[FINGERPRINT_WORDS_SIZE];
    assert_int_equal(fingerprint_words(up, "", words), ERR_BAD_REQUEST);
    assert_string_equal(words, "");
    assert_int_equal(fingerprint_words("A", up, words), ERR_BAD_REQUEST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_sides_see_the_words_of_the_manual),
        cmocka_unit_test(another_certificate_has_other_words),
        cmocka_unit_test(what_is_no_fingerprint_has_no_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

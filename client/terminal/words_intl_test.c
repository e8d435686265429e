/* The words in Korean and English, from the catalogues of this build. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "terminal/words_intl.h"

/* From the folder of this program to that of debate. */
static char build[4096];

static int no_locale(void **state)
{
    (void)state;
    static const char *const variables[] = {"LC_ALL", "LC_MESSAGES", "LC_CTYPE", "LANG",
                                            "LANGUAGE"};
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++)
        unsetenv(variables[i]);
    return 0;
}

static void expect_language(const char *variable, const char *value, const char *language)
{
    if (variable)
        setenv(variable, value, 1);
    words_init_in(build);
    assert_string_equal(words_language(), language);
}

static void korean_is_spoken_whether_its_locale_is_generated_or_not(void **state)
{
    (void)state;
    expect_language("LANG", "ko_KR.UTF-8", "ko");
}

static void the_most_particular_variable_counts(void **state)
{
    (void)state;
    expect_language("LANG", "fr_FR.UTF-8", "en");
    no_locale(NULL);
    expect_language("LC_MESSAGES", "ko_KR.UTF-8", "ko");
    no_locale(NULL);
    setenv("LANG", "fr_FR.UTF-8", 1);
    expect_language("LC_ALL", "ko", "ko");
}

static void who_chose_a_list_of_languages_keeps_it(void **state)
{
    (void)state;
    setenv("LANGUAGE", "en", 1);
    expect_language("LANG", "ko_KR.UTF-8", "en");
}

static void english_is_spoken_without_a_locale_or_catalogue(void **state)
{
    (void)state;
    expect_language(NULL, NULL, "en");
    expect_language("LANG", "C", "en");
    expect_language("LANG", "fr_FR.UTF-8", "en");
    expect_language("LANG", "no such/locale", "en");
}

static void no_catalogue_at_all_is_no_error(void **state)
{
    (void)state;
    setenv("LANG", "ko_KR.UTF-8", 1);
    words_init_in("/dev/null");
    assert_string_equal(words_language(), "en");
}

static void numbers_are_written_as_in_c_and_characters_read_as_utf_8(void **state)
{
    (void)state;
    char text[16];
    expect_language("LANG", "de_DE.UTF-8", "en");
    snprintf(text, sizeof text, "%.1f", 0.5);
    assert_string_equal(text, "0.5");
    assert_int_equal(mblen("\xed\x95\x9c", 3), 3);
    no_locale(NULL);
    expect_language(NULL, NULL, "en");
    assert_int_equal(mblen("\xed\x95\x9c", 3), 3);
}

int main(int argc, char **argv)
{
    (void)argc;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(korean_is_spoken_whether_its_locale_is_generated_or_not, no_locale),
        cmocka_unit_test_setup(the_most_particular_variable_counts, no_locale),
        cmocka_unit_test_setup(who_chose_a_list_of_languages_keeps_it, no_locale),
        cmocka_unit_test_setup(english_is_spoken_without_a_locale_or_catalogue, no_locale),
        cmocka_unit_test_setup(no_catalogue_at_all_is_no_error, no_locale),
        cmocka_unit_test_setup(numbers_are_written_as_in_c_and_characters_read_as_utf_8, no_locale),
    };
    snprintf(build, sizeof build, "%.*s/../..", (int)(strrchr(argv[0], '/') - argv[0]), argv[0]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

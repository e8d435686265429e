/* Why something is missing: every sentence is found again in the reader's language. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "analysis/why.h"

static const char *korean(const char *text)
{
    static char out[WHY_SIZE];
    why_translate(text, LANG_KO, out, sizeof out);
    return out;
}

static void every_sentence_is_found_again_with_its_parts(void **state)
{
    char text[WHY_SIZE];
    (void)state;
    for (int why = 0; why < WHY_OF; why++) {
        why_say(text, sizeof text, (enum why)why, "/a (b): c", "1/3", "500: {oops}");
        const char *found = korean(text);
        if (strcmp(found, text) == 0)
            fail_msg("not translated: %s", text);
        if (strstr(text, "/a (b): c") && !strstr(found, "/a (b): c"))
            fail_msg("a part is lost: %s", found);
        if (strstr(text, "500: {oops}") && !strstr(found, "500: {oops}"))
            fail_msg("a part is lost: %s", found);
        assert_null(strstr(found, "{1}"));
        assert_null(strstr(found, " the "));
    }
}

static void whose_piece_it_was_stays_before_the_reason(void **state)
{
    char inner[WHY_SIZE], text[WHY_SIZE];
    (void)state;
    why_say(inner, sizeof inner, WHY_CRASHED, "Aborted", NULL, NULL);
    why_say(text, sizeof text, WHY_OF, "2", inner, NULL);
    assert_string_equal(text, "p2: the recogniser crashed (Aborted)");
    assert_string_equal(korean(text), "p2: 인식기가 비정상 종료했습니다(Aborted)");
}

static void what_is_no_sentence_of_ours_stays_as_it_is(void **state)
{
    static const char *const texts[] = {"", "Input/output error", "p2", "the recogniser crashed (",
                                        "it has no sound, they say"};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_string_equal(korean(texts[i]), texts[i]);
}

static void in_english_nothing_changes(void **state)
{
    char out[WHY_SIZE];
    (void)state;
    why_translate("it has no sound", LANG_EN, out, sizeof out);
    assert_string_equal(out, "it has no sound");
}

static void what_is_too_long_is_cut(void **state)
{
    char out[8];
    (void)state;
    why_say(out, sizeof out, WHY_CRASHED, "Aborted", NULL, NULL);
    assert_string_equal(out, "the rec");
    why_translate("something else", LANG_KO, out, sizeof out);
    assert_string_equal(out, "somethi");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_sentence_is_found_again_with_its_parts),
        cmocka_unit_test(whose_piece_it_was_stays_before_the_reason),
        cmocka_unit_test(what_is_no_sentence_of_ours_stays_as_it_is),
        cmocka_unit_test(in_english_nothing_changes),
        cmocka_unit_test(what_is_too_long_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

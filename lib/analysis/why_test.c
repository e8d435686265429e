/* Why something is missing: a note that is said in every language. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "analysis/why.h"

static const char *said(const char *note, enum lang lang)
{
    static char out[WHY_SIZE];
    why_say(note, lang, out, sizeof out);
    return out;
}

static void every_note_is_said_in_every_language_with_all_its_parts(void **state)
{
    static const char *const parts[] = {"/a (b): c", "1/3 {2}", "500: {oops}"};
    char note[WHY_SIZE], english[WHY_SIZE];
    size_t with_parts = 0;
    (void)state;
    for (int why = 0; why < WHYS; why++) {
        size_t count = 0;
        why_note(note, sizeof note, (enum why)why, "{1}", "{2}", "{3}");
        while (count < 3 && strchr(said(note, LANG_EN), (int)('1' + count)))
            count++;
        why_note(note, sizeof note, (enum why)why, count > 0 ? parts[0] : NULL,
                 count > 1 ? parts[1] : NULL, count > 2 ? parts[2] : NULL);
        strcpy(english, said(note, LANG_EN));
        assert_string_not_equal(english, note);
        assert_string_not_equal(english, said(note, LANG_KO));
        for (size_t i = 0; i < count; i++) {
            assert_non_null(strstr(english, parts[i]));
            assert_non_null(strstr(said(note, LANG_KO), parts[i]));
        }
        with_parts += count > 0;
    }
    assert_true(with_parts > 3);
}

static void whose_piece_it_was_stands_before_the_reason(void **state)
{
    static const char note[] = "p2\ndoes_not_start\n/a\nno memory";
    (void)state;
    assert_string_equal(said(note, LANG_EN), "p2: the recogniser /a does not start: no memory");
    assert_string_equal(said(note, LANG_KO), "p2: 인식기 /a이(가) 시작되지 않습니다: no memory");
}

static void what_is_no_note_stays_as_it_is(void **state)
{
    static const char *const texts[] = {"", "Input/output error", "p2", "crashed (", "gone too"};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_string_equal(said(texts[i], LANG_KO), texts[i]);
}

static void a_note_that_lacks_its_parts_is_said_without_them(void **state)
{
    (void)state;
    assert_string_equal(said("crashed", LANG_EN), "the recogniser crashed ()");
    assert_string_equal(said("gone\nfor ever", LANG_EN), "it arrived, but is not there any more");
}

static void what_is_too_long_is_cut(void **state)
{
    char out[8];
    (void)state;
    why_say("p2\ncrashed", LANG_EN, out, sizeof out);
    assert_string_equal(out, "p2: the");
    why_note(out, sizeof out, WHY_CRASHED, "Aborted", NULL, NULL);
    assert_string_equal(out, "crashed");
    why_say("crashed\nAborted", LANG_EN, out, sizeof out);
    assert_string_equal(out, "the rec");
    why_say("something else", LANG_KO, out, sizeof out);
    assert_string_equal(out, "somethi");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_note_is_said_in_every_language_with_all_its_parts),
        cmocka_unit_test(whose_piece_it_was_stands_before_the_reason),
        cmocka_unit_test(what_is_no_note_stays_as_it_is),
        cmocka_unit_test(a_note_that_lacks_its_parts_is_said_without_them),
        cmocka_unit_test(what_is_too_long_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

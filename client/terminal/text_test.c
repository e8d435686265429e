#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "terminal/text_unistring.h"

#define FAMILY  "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7"
#define KOREA   "\xf0\x9f\x87\xb0\xf0\x9f\x87\xb7"
#define THUMB   "\xf0\x9f\x91\x8d\xf0\x9f\x8f\xbd"
#define HEART   "\xe2\x9d\xa4\xef\xb8\x8f"
#define E_ACUTE "e\xcc\x81"
/* U+1112 U+1161 U+11AB: one syllable of three letters */
#define HAN_LETTERS "\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab"

static int columns(const char *text)
{
    return text_columns(text, strlen(text));
}

static void hangul_and_emoji_take_two_columns_marks_none(void **state)
{
    (void)state;
    assert_int_equal(columns(""), 0);
    assert_int_equal(columns("plain"), 5);
    assert_int_equal(columns("한국어"), 6);
    assert_int_equal(columns(HAN_LETTERS), 2);
    assert_int_equal(columns(E_ACUTE "x"), 2);
    assert_int_equal(columns("\xf0\x9f\x8e\x89"), 2);
    assert_int_equal(columns(FAMILY), 2);
    assert_int_equal(columns(KOREA KOREA), 4);
    assert_int_equal(columns(THUMB), 2);
    assert_int_equal(columns(HEART), 2);
}

static void a_cluster_is_one_step_in_both_directions(void **state)
{
    (void)state;
    static const char *const clusters[] = {"a",   FAMILY, "한",        E_ACUTE, KOREA,
                                           KOREA, THUMB,  HAN_LETTERS, "\x1b",  "z"};
    char text[256] = "";
    size_t at = 0;
    for (size_t i = 0; i < sizeof clusters / sizeof *clusters; i++)
        strcat(text, clusters[i]);
    size_t len = strlen(text);
    for (size_t i = 0; i < sizeof clusters / sizeof *clusters; i++) {
        size_t end = at + strlen(clusters[i]);
        assert_int_equal(text_cluster_end(text, len, at), end);
        assert_int_equal(text_cluster_start(text, len, end), at);
        at = end;
    }
    assert_int_equal(text_cluster_end(text, len, len), len);
    assert_int_equal(text_cluster_start(text, len, 0), 0);
}

static void what_is_no_utf8_is_a_cluster_a_byte(void **state)
{
    (void)state;
    assert_int_equal(text_cluster_end("\xff\xfe", 2, 0), 1);
    assert_int_equal(text_cluster_end("\xed\x95", 2, 0), 1);
    assert_int_equal(text_cluster_end("a\xed\x95", 3, 0), 1);
}

static void clean(const char *text, bool keep_lines, const char *wanted)
{
    struct buf out;
    buf_init(&out, 1000);
    text_clean(&out, text, strlen(text), keep_lines);
    assert_string_equal(out.len ? out.data : "", wanted);
    buf_release(&out);
}

static void control_characters_become_signs(void **state)
{
    (void)state;
    clean("a\x1b[2Jb\x07\x7f", false, "a\xe2\x90\x9b[2Jb\xe2\x90\x87\xe2\x90\xa1");
    clean("csi \xc2\x9b"
          "2J",
          false,
          "csi \xef\xbf\xbd"
          "2J");
    clean("\x9b"
          "2J \xed\x95",
          false,
          "\xef\xbf\xbd"
          "2J \xef\xbf\xbd\xef\xbf\xbd");
    clean("\xe2\x80\xae"
          "drow",
          false,
          "\xef\xbf\xbd"
          "drow");
    clean("tab\there", false, "tab here");
    clean("한국어 " FAMILY, false, "한국어 " FAMILY);
}

static void line_ends_are_kept_or_spaces(void **state)
{
    (void)state;
    clean("one\r\ntwo\nthree\rfour\xe2\x80\xa8"
          "five",
          true, "one\ntwo\nthree\nfour\nfive");
    clean("one\r\ntwo\nthree", false, "one two three");
}

static void clip(const char *text, int to, const char *wanted)
{
    struct buf out;
    buf_init(&out, 1000);
    text_clip(&out, text, strlen(text), to);
    assert_string_equal(out.len ? out.data : "", wanted);
    buf_release(&out);
}

static void what_is_cut_ends_with_an_ellipsis_and_whole_clusters(void **state)
{
    (void)state;
    clip("agree", 5, "agree");
    clip("agree", 4, "agr…");
    clip("한국어", 6, "한국어");
    clip("한국어", 5, "한국…");
    clip("한국어", 4, "한…");
    clip(FAMILY "x", 2, "…");
    clip("agree", 1, "…");
    clip("agree", 0, "");
}

static void add_line(void *context, const char *line, size_t len)
{
    struct buf *lines = context;
    buf_append(lines, line, len);
    buf_append_str(lines, "/");
}

static void wrap(const char *text, int to, int hang, const char *wanted)
{
    struct buf lines;
    buf_init(&lines, 100000);
    text_wrap(text, strlen(text), to, hang, add_line, &lines);
    assert_string_equal(lines.data, wanted);
    buf_release(&lines);
}

static void lines_end_between_words(void **state)
{
    (void)state;
    wrap("", 10, 0, "/");
    wrap("the library opens", 11, 0, "the library/opens/");
    wrap("the library opens", 10, 0, "the/library/opens/");
    wrap("one\n\n  two three", 7, 0, "one//  two/three/");
    wrap("a        b", 3, 0, "a/b/");
}

static void korean_lines_end_between_words_too(void **state)
{
    (void)state;
    wrap("도서관은 일요일에도 문을", 14, 0, "도서관은/일요일에도/문을/");
    wrap("도서관은 일요일에도 문을", 19, 0, "도서관은 일요일에도/문을/");
    wrap("2020년에 x", 7, 0, "2020년/에 x/");
    wrap("가 2020년에", 9, 0, "가/2020년에/");
}

static void a_word_wider_than_the_window_is_cut(void **state)
{
    (void)state;
    wrap("a incomprehensible b", 8, 0, "a/incompre/hensible/b/");
    wrap("일요일에도", 5, 0, "일요/일에/도/");
    wrap("한국", 1, 0, "한/국/");
    wrap("abcdefgh", 5, 2, "abcde/fgh/");
    wrap("abcdefghij", 5, 2, "abcde/fgh/ij/");
    wrap("xx abcdefgh", 5, 3, "xx/ab/cd/ef/gh/");
}

static void lines_under_a_label_are_shorter(void **state)
{
    (void)state;
    wrap("1. open it on Sundays\nor not", 13, 3, "1. open it on/Sundays/or not/");
    wrap("1. open it on Sundays", 12, 3, "1. open it/on/Sundays/");
}

struct widths {
    int columns, hang;
    int lines;
    struct buf words;
};

static void check_line(void *context, const char *line, size_t len)
{
    struct widths *widths = context;
    int room = widths->columns - (widths->lines++ ? widths->hang : 0);
    int width = text_columns(line, len);
    assert_true(width <= room || text_cluster_end(line, len, 0) == len);
    for (size_t i = 0; i < len; i++)
        if (line[i] != ' ')
            buf_append(&widths->words, line + i, 1);
}

static void no_width_makes_a_line_too_wide_or_loses_a_letter(void **state)
{
    (void)state;
    static const char text[] = "\"도서관은 일요일에도\" (2020년부터) https://example.org/a-b/c?d=e "
                               "incomprehensibilities " FAMILY KOREA FAMILY " " THUMB
                               "네, 아니요: naïve cafe\xcc\x81 日本語も、書ける。 end";
    struct buf wanted;
    buf_init(&wanted, 1000);
    for (const char *c = text; *c; c++)
        if (*c != ' ')
            buf_append(&wanted, c, 1);
    for (int to = 1; to < 120; to++)
        for (int hang = 0; hang <= to / 3; hang++) {
            struct widths widths = {.columns = to, .hang = hang};
            buf_init(&widths.words, 1000);
            text_wrap(text, strlen(text), to, hang, check_line, &widths);
            assert_string_equal(widths.words.data, wanted.data);
            buf_release(&widths.words);
        }
    buf_release(&wanted);
}

static void a_paragraph_over_the_limit_is_wrapped_in_pieces(void **state)
{
    (void)state;
    static char text[3 * TEXT_PARAGRAPH_MAX + 1];
    for (size_t i = 0; i + 3 < sizeof text; i += 3)
        memcpy(text + i, "한", 3);
    struct widths widths = {.columns = 9};
    buf_init(&widths.words, sizeof text);
    text_wrap(text, strlen(text), 9, 0, check_line, &widths);
    assert_string_equal(widths.words.data, text);
    buf_release(&widths.words);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hangul_and_emoji_take_two_columns_marks_none),
        cmocka_unit_test(a_cluster_is_one_step_in_both_directions),
        cmocka_unit_test(what_is_no_utf8_is_a_cluster_a_byte),
        cmocka_unit_test(control_characters_become_signs),
        cmocka_unit_test(line_ends_are_kept_or_spaces),
        cmocka_unit_test(what_is_cut_ends_with_an_ellipsis_and_whole_clusters),
        cmocka_unit_test(lines_end_between_words),
        cmocka_unit_test(korean_lines_end_between_words_too),
        cmocka_unit_test(a_word_wider_than_the_window_is_cut),
        cmocka_unit_test(lines_under_a_label_are_shorter),
        cmocka_unit_test(no_width_makes_a_line_too_wide_or_loses_a_letter),
        cmocka_unit_test(a_paragraph_over_the_limit_is_wrapped_in_pieces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/str.h"
#include "terminal/painter.h"
#include "terminal/vt_testing.h"

#define FAMILY "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7"

/* A painter and the terminal that it paints. */
struct rig {
    struct painter painter;
    struct vt vt;
};

static struct rig rig;

static void show(void)
{
    painter_draw_foot(&rig.painter);
    assert_false(rig.painter.out.failed);
    if (rig.painter.out.len)
        assert_true(utf8_valid(rig.painter.out.data, rig.painter.out.len));
    vt_feed(&rig.vt, rig.painter.out.len ? rig.painter.out.data : "", rig.painter.out.len);
    buf_clear(&rig.painter.out);
}

static void resize(int columns, int rows)
{
    int x = rig.vt.x, y = rig.vt.y;
    rig.vt.columns = columns;
    rig.vt.rows = rows;
    rig.vt.x = x < columns ? x : columns - 1;
    rig.vt.y = y < rows ? y : rows - 1;
    painter_resize(&rig.painter, columns, rows);
    painter_repaint(&rig.painter);
    show();
}

static void type(const char *line, size_t point)
{
    painter_set_line(&rig.painter, line, strlen(line), point);
}

static void status(const char *a, const char *b, const char *c)
{
    const char *const parts[] = {a, b, c};
    painter_set_status(&rig.painter, parts, 3);
}

static int set_up_as(bool is_dumb, bool has_colour)
{
    painter_init(&rig.painter, is_dumb, has_colour);
    painter_resize(&rig.painter, 30, 8);
    vt_init(&rig.vt, 30, 8);
    painter_set_prompt(&rig.painter, "> ");
    return 0;
}

static int set_up(void **state)
{
    (void)state;
    return set_up_as(false, false);
}

static int set_up_dumb(void **state)
{
    (void)state;
    return set_up_as(true, true);
}

static int set_up_colour(void **state)
{
    (void)state;
    return set_up_as(false, true);
}

static int tear_down(void **state)
{
    (void)state;
    painter_release(&rig.painter);
    return 0;
}

static void cursor_is(int x, int y)
{
    assert_int_equal(rig.vt.x, x);
    assert_int_equal(rig.vt.y, y);
}

static void a_line_that_arrives_leaves_what_is_typed_whole(void **state)
{
    (void)state;
    status("1:00", "", NULL);
    type("half a 한", 7);
    show();
    assert_string_equal(vt_text(&rig.vt), "1:00/> half a 한/");
    cursor_is(9, 1);
    painter_say(&rig.painter, TONE_EVENT, "", "Kim came in and sat down at the table");
    painter_say(&rig.painter, TONE_ERROR, "", "no microphone");
    show();
    assert_string_equal(vt_text(&rig.vt), "* Kim came in and sat down at/  the table/"
                                          "!! no microphone/1:00/> half a 한/");
    cursor_is(9, 4);
}

static void the_foot_stays_when_the_window_is_full(void **state)
{
    (void)state;
    char text[20];
    status("1:00", "REC", "good");
    painter_set_choices(&rig.painter, "1 agree  2 disagree");
    for (int i = 1; i <= 30; i++) {
        snprintf(text, sizeof text, "line %d", i);
        painter_say(&rig.painter, TONE_PLAIN, "", text);
        if (i % 3 == 0)
            show();
    }
    assert_string_equal(vt_text(&rig.vt), "line 26/line 27/line 28/line 29/line 30/"
                                          "1 agree  2 disagree/1:00 | REC | good/>/");
    assert_int_equal(rig.vt.scrolled, 30 + 3 - 8);
    painter_set_choices(&rig.painter, "");
    show();
    assert_string_equal(vt_row(&rig.vt, 5), "1:00 | REC | good");
    cursor_is(2, 6);
}

static void a_status_that_moves_touches_its_row_alone(void **state)
{
    (void)state;
    status("1:00", "", "");
    type("abc", 1);
    show();
    status("0:59", "", "");
    painter_draw_foot(&rig.painter);
    assert_null(strstr(rig.painter.out.data, "abc"));
    show();
    assert_string_equal(vt_text(&rig.vt), "0:59/> abc/");
    cursor_is(3, 1);
    show();
    painter_draw_foot(&rig.painter);
    assert_int_equal(rig.painter.out.len, 0);
}

static void what_is_typed_at_the_end_is_only_added(void **state)
{
    (void)state;
    type("ab", 2);
    show();
    type("abc한", 6);
    painter_draw_foot(&rig.painter);
    assert_null(strchr(rig.painter.out.data, '\r'));
    show();
    assert_string_equal(vt_text(&rig.vt), "> abc한/");
    cursor_is(7, 0);
    type("abc", 3);
    show();
    assert_string_equal(vt_text(&rig.vt), "> abc/");
    cursor_is(5, 0);
}

static void parts_that_do_not_fit_are_left_out_from_the_end(void **state)
{
    (void)state;
    status("02:15", "김민수 speaks", "REC");
    show();
    assert_string_equal(vt_row(&rig.vt, 0), "02:15 | 김민수 speaks | REC");
    resize(27, 8);
    assert_string_equal(vt_row(&rig.vt, 0), "02:15 | 김민수 speaks");
    resize(21, 8);
    assert_string_equal(vt_row(&rig.vt, 0), "02:15");
    resize(5, 8);
    assert_string_equal(vt_row(&rig.vt, 0), "02:…");
}

static void a_status_without_a_row_can_be_said(void **state)
{
    (void)state;
    status("02:15", "Kim", "REC");
    resize(12, 2);
    painter_say_status(&rig.painter);
    show();
    resize(40, 8);
    assert_string_equal(vt_text(&rig.vt), "02:15 | Kim | REC/02:15 | Kim | REC/>/");
}

static void a_status_is_said_only_when_its_row_is_too_narrow(void **state)
{
    (void)state;
    status("02:15", "Kim", "REC");
    painter_say_status(&rig.painter);
    show();
    assert_string_equal(vt_text(&rig.vt), "02:15 | Kim | REC/>/");
    resize(17, 8);
    painter_say_status(&rig.painter);
    show();
    assert_string_equal(vt_text(&rig.vt), "02:15 | Kim | REC/02:15 | Kim/>/");
}

static void a_question_is_whole_where_it_leaves_room_for_a_short_answer(void **state)
{
    (void)state;
    painter_set_prompt(&rig.painter, "End it for everybody? [y/n] ");
    resize(44, 8);
    type("yes", 3);
    show();
    assert_string_equal(vt_text(&rig.vt), "End it for everybody? [y/n] yes/");
}

static void a_resized_window_wraps_the_entries_anew(void **state)
{
    (void)state;
    painter_say(&rig.painter, TONE_TITLE, "", "Page 2");
    painter_say(&rig.painter, TONE_PLAIN, "", "도서관은 일요일에도 열어야 한다");
    painter_say(&rig.painter, TONE_PLAIN, "1. ", "agree with all of it");
    status("1:00", "", "");
    show();
    resize(15, 10);
    assert_string_equal(vt_text(&rig.vt), "== Page 2/도서관은/일요일에도/열어야 한다/"
                                          "1. agree with/   all of it/1:00/>/");
    resize(15, 5);
    assert_string_equal(vt_text(&rig.vt), "열어야 한다/1. agree with/   all of it/1:00/>/");
    resize(40, 10);
    assert_string_equal(vt_text(&rig.vt), "== Page 2/도서관은 일요일에도 열어야 한다/"
                                          "1. agree with all of it/1:00/>/");
}

static void ten_columns_are_enough(void **state)
{
    (void)state;
    painter_say(&rig.painter, TONE_EVENT, "", "김민수 came");
    status("1:00", "REC", "");
    painter_set_choices(&rig.painter, "1 agree  2 disagree");
    type("한국어로 말하기", strlen("한국어로 말하기"));
    resize(10, 8);
    assert_string_equal(vt_text(&rig.vt), "* 김민수/  came/1 agree …/1:00/> <하기/");
    cursor_is(7, 4);
    type("한국어로 말하기", 0);
    show();
    assert_string_equal(vt_row(&rig.vt, 4), "> 한국>");
    cursor_is(2, 4);
    type("한국어로 말하기", strlen("한국어"));
    show();
    assert_non_null(strstr(vt_row(&rig.vt, 4), "> <어로 >"));
}

static void a_foot_never_fills_a_low_window(void **state)
{
    (void)state;
    status("1:00", "", "");
    painter_set_choices(&rig.painter, "1 agree");
    painter_say(&rig.painter, TONE_PLAIN, "", "a");
    painter_say(&rig.painter, TONE_PLAIN, "", "b");
    resize(20, 4);
    assert_string_equal(vt_text(&rig.vt), "a/b/1:00/>/");
    resize(20, 2);
    assert_string_equal(vt_text(&rig.vt), "b/>/");
    resize(20, 1);
    assert_string_equal(vt_text(&rig.vt), ">/");
}

/* The cursor stands in what it points at, whatever the width. */
static void the_cursor_is_always_seen(void **state)
{
    (void)state;
    static const char line[] = "a한" FAMILY "b글 cde 일요일 " FAMILY "z";
    size_t len = strlen(line);
    for (int columns = 1; columns < 40; columns++) {
        resize(columns, 4);
        for (size_t round = 0; round < 2; round++)
            for (size_t at = 0; at <= len; at = text_cluster_end(line, len, at) + (at == len)) {
                size_t point = round ? len - at : at;
                if ((line[point] & 0xc0) == 0x80)
                    continue;
                type(line, point);
                show();
                size_t end = text_cluster_end(line, len, point);
                assert_in_range(rig.vt.x, 0, columns - 1);
                assert_int_equal(rig.vt.y, 0);
                if (columns >= 12 && point < len)
                    assert_memory_equal(rig.vt.cells[0][rig.vt.x], line + point, end - point);
            }
    }
}

static void no_control_character_of_others_reaches_the_terminal(void **state)
{
    (void)state;
    painter_say(&rig.painter, TONE_PLAIN, "\x1b[31m: ",
                "a\x1b]0;x\x07\rb\xc2\x9b"
                "2Jc");
    status("\x1b[2J", "\n", "");
    painter_set_choices(&rig.painter, "\x1b"
                                      "c");
    painter_set_prompt(&rig.painter, "\x1b>");
    type("\x1b"
         "Zx",
         1);
    show();
    assert_string_equal(vt_text(&rig.vt), "␛[31m: a␛]0;x␇/       b\xef\xbf\xbd"
                                          "2Jc/␛c/"
                                          "␛[2J |/␛>␛Zx/");
    cursor_is(3, 4);
}

static void colour_is_there_only_when_wanted_and_signs_always(void **state)
{
    (void)state;
    bool has_colour = rig.painter.has_colour;
    status("1:00", "", "");
    painter_say(&rig.painter, TONE_GOOD, "", "recorded");
    painter_say(&rig.painter, TONE_WARNING, "", "the line is bad");
    show();
    assert_string_equal(vt_text(&rig.vt), "+ recorded/! the line is bad/1:00/>/");
    assert_int_equal(rig.vt.colours > 0, has_colour);
}

static void a_terminal_of_another_mind_about_widths_is_not_torn(void **state)
{
    (void)state;
    rig.vt.wide_by = 2;
    painter_say(&rig.painter, TONE_PLAIN, "", "above");
    status("한국어 한국어 한국어 한국어", "", "");
    type("한국어 한국어 한국어 한국x", strlen("한국어 한국어 한국어"));
    show();
    for (int i = 0; i < 4; i++) {
        status(i % 2 ? "한국어 한국어 한국어 한국어" : "국한어 한국어 한국어 한국어", "", "");
        type("한국어 한국어 한국어 한국x", strlen("한국어"));
        show();
        assert_string_equal(vt_row(&rig.vt, 0), "above");
        cursor_is(2 + 3 * 4, 2);
    }
}

static void a_dumb_terminal_gets_lines_and_the_prompt_alone(void **state)
{
    (void)state;
    status("1:00", "REC", "");
    painter_set_choices(&rig.painter, "1 agree");
    painter_say(&rig.painter, TONE_EVENT, "", "Kim came");
    type("half a 한글", 13);
    painter_draw_foot(&rig.painter);
    assert_null(strchr(rig.painter.out.data, '\x1b'));
    show();
    assert_string_equal(vt_text(&rig.vt), "* Kim came/> half a 한글/");
    type("half한글", 4);
    painter_draw_foot(&rig.painter);
    assert_null(strchr(rig.painter.out.data, '\x1b'));
    show();
    assert_string_equal(vt_text(&rig.vt), "* Kim came/> half한글/");
    cursor_is(6, 1);
    painter_say(&rig.painter, TONE_EVENT, "", "Lee");
    painter_draw_foot(&rig.painter);
    assert_null(strchr(rig.painter.out.data, '\x1b'));
    show();
    assert_string_equal(vt_text(&rig.vt), "* Kim came/* Lee/> half한글/");
    cursor_is(6, 2);
}

static void an_endless_entry_is_cut_and_says_so(void **state)
{
    (void)state;
    static char text[3 * PAINTER_ENTRY_BYTES_MAX];
    memset(text, 'x', sizeof text - 1);
    painter_say(&rig.painter, TONE_PLAIN, "", text);
    show();
    assert_non_null(strstr(vt_text(&rig.vt), "…/>/"));
    assert_true(rig.vt.scrolled < PAINTER_ENTRY_BYTES_MAX / 30 + 2);
}

static void without_memory_less_is_shown_and_nothing_falls(void **state)
{
    static const char *const parts[] = {"1:00", "more than one row can show"};
    bool has_all = false;
    for (long succeed = 0; !has_all && succeed < 1000; succeed++) {
        tear_down(state);
        mem_fail_after(succeed);
        set_up(state);
        painter_set_status(&rig.painter, parts, 2);
        painter_set_choices(&rig.painter, "1 agree");
        type("도서관", 3);
        painter_say(&rig.painter, TONE_EVENT, "Kim: ", "here\nand there");
        painter_draw_foot(&rig.painter);
        painter_say_status(&rig.painter);
        painter_repaint(&rig.painter);
        mem_fail_after(-1);
        has_all =
            !rig.painter.out.failed && rig.painter.out.len > 0 && rig.painter.entries_count == 2;
    }
    assert_true(has_all);
}

static unsigned long random_state = 1;
static unsigned below(unsigned n)
{
    random_state = random_state * 6364136223846793005UL + 1442695040888963407UL;
    return (unsigned)(random_state >> 33) % n;
}

static void do_something(void)
{
    static const char *const words[] = {"",
                                        "a",
                                        "한국어",
                                        FAMILY " e\xcc\x81",
                                        "two words of it",
                                        "도서관은 일요일에도\n열어야 한다"};
    const char *word = words[below(6)];
    char line[100] = "";
    switch (below(6)) {
    case 0:
        painter_say(&rig.painter, (enum tone)below(TONE_COUNT), words[below(5)], word);
        break;
    case 1:
        status(words[below(5)], word, words[below(5)]);
        break;
    case 2:
        painter_set_choices(&rig.painter, words[below(5)]);
        break;
    default:
        for (unsigned i = below(4); i > 0; i--)
            strcat(line, words[below(5)]);
        type(line, below(2) ? strlen(line) : text_cluster_end(line, strlen(line), 0));
    }
}

/* However it came to be, the window shows what one painted anew shows. */
static void every_way_to_a_state_shows_the_same(void **state)
{
    (void)state;
    static struct vt anew;
    static char wanted[VT_ROWS_MAX * (VT_COLUMNS_MAX * VT_CELL_BYTES + 2)];
    for (int i = 0; i < 3000; i++) {
        if (below(40) == 0)
            resize(1 + (int)below(50), 1 + (int)below(12));
        for (unsigned n = below(4); n > 0; n--)
            do_something();
        show();
        int rows = rig.painter.shown_rows;
        static char shown[PAINTER_FOOT_MAX][VT_COLUMNS_MAX * VT_CELL_BYTES];
        for (int y = 0; y < rows; y++)
            strcpy(shown[y], vt_row(&rig.vt, rig.vt.y - rows + 1 + y));
        strcpy(wanted, vt_text(&rig.vt));
        bool is_full = rig.vt.y == rig.vt.rows - 1;
        painter_repaint(&rig.painter);
        vt_init(&anew, rig.vt.columns, rig.vt.rows);
        vt_feed(&anew, rig.painter.out.data, rig.painter.out.len);
        for (int y = 0; y < rows; y++)
            assert_string_equal(vt_row(&anew, anew.y - rows + 1 + y), shown[y]);
        assert_int_equal(anew.x, rig.vt.x);
        if (anew.columns > 1) /* no wide letter fits in one */
            assert_int_equal(anew.scrolled, 0);
        if (is_full && anew.y == anew.rows - 1)
            assert_string_equal(vt_text(&anew), wanted);
        show();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define WITH(test, how) cmocka_unit_test_setup_teardown(test, how, tear_down)
        WITH(a_line_that_arrives_leaves_what_is_typed_whole, set_up),
        WITH(the_foot_stays_when_the_window_is_full, set_up),
        WITH(a_status_that_moves_touches_its_row_alone, set_up),
        WITH(what_is_typed_at_the_end_is_only_added, set_up),
        WITH(parts_that_do_not_fit_are_left_out_from_the_end, set_up),
        WITH(a_status_without_a_row_can_be_said, set_up),
        WITH(a_status_is_said_only_when_its_row_is_too_narrow, set_up),
        WITH(a_question_is_whole_where_it_leaves_room_for_a_short_answer, set_up),
        WITH(a_resized_window_wraps_the_entries_anew, set_up),
        WITH(ten_columns_are_enough, set_up),
        WITH(a_foot_never_fills_a_low_window, set_up),
        WITH(the_cursor_is_always_seen, set_up),
        WITH(no_control_character_of_others_reaches_the_terminal, set_up),
        WITH(colour_is_there_only_when_wanted_and_signs_always, set_up),
        WITH(colour_is_there_only_when_wanted_and_signs_always, set_up_colour),
        WITH(a_terminal_of_another_mind_about_widths_is_not_torn, set_up),
        WITH(a_dumb_terminal_gets_lines_and_the_prompt_alone, set_up_dumb),
        WITH(an_endless_entry_is_cut_and_says_so, set_up),
        WITH(without_memory_less_is_shown_and_nothing_falls, set_up),
        WITH(every_way_to_a_state_shows_the_same, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

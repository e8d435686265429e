#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "terminal/prompt_readline.h"

#define FAMILY      "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7"
#define LEFT        "\x1b[D"
#define UP          "\x1b[A"
#define PASTE(text) "\x1b[200~" text "\x1b[201~"

/* What the handlers were told, each with a ';'. */
static struct buf told;
static bool closes_on_line;

static void tell(const char *what, const char *text)
{
    buf_printf(&told, "%s%s;", what, text);
}

static void on_line(void *context, const char *line)
{
    (void)context;
    tell("line:", line);
    if (closes_on_line)
        prompt_close();
}

static void on_end(void *context)
{
    tell(context, "end");
}

static void on_talk_key(void *context)
{
    tell(context, "talk");
}

static void on_toggle_key(void *context)
{
    tell(context, "toggle");
}

static void on_redraw_key(void *context)
{
    tell(context, "redraw");
}

static void on_bell(void *context)
{
    tell(context, "bell");
}

static void on_complete(void *context, const char *line, size_t word_start,
                        struct screen_candidates *candidates)
{
    static const char *const words[] = {"/mute",  "/next",  "/name", "Kim", "Kimberly",
                                        "김민수", "김민지", "Lee",   "Lee"};
    (void)context;
    (void)line;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (words[i][0] != '/' || word_start == 0)
            screen_candidates_add(candidates, words[i]);
}

static void on_candidates(void *context, const char *words)
{
    (void)context;
    tell("words:", words);
}

static int set_up(void **state)
{
    static char nobody[] = "";
    const struct prompt_handler handler = {
        .context = nobody,
        .on_line = on_line,
        .on_end = on_end,
        .on_talk_key = on_talk_key,
        .on_toggle_key = on_toggle_key,
        .on_redraw_key = on_redraw_key,
        .on_bell = on_bell,
        .on_complete = on_complete,
        .on_candidates = on_candidates,
    };
    (void)state;
    closes_on_line = false;
    buf_init(&told, 100000);
    buf_append_str(&told, "");
    return prompt_open(&handler);
}

static int tear_down(void **state)
{
    (void)state;
    prompt_close();
    buf_release(&told);
    return 0;
}

static void feed(const char *bytes)
{
    prompt_feed(bytes, strlen(bytes));
}

/* The line, with '|' where the cursor is. */
static void line_is(const char *wanted)
{
    char shown[1000];
    size_t len, point;
    const char *line = prompt_line(&len, &point);
    snprintf(shown, sizeof shown, "%.*s|%.*s", (int)point, line, (int)(len - point), line + point);
    assert_string_equal(shown, wanted);
}

static void told_is(const char *wanted)
{
    assert_string_equal(told.data, wanted);
    buf_clear(&told);
    buf_append_str(&told, "");
}

static void keys_edit_whole_letters_of_any_script(void **state)
{
    (void)state;
    feed("a한국" FAMILY "e\xcc\x81");
    line_is("a한국" FAMILY "e\xcc\x81|");
    feed(LEFT LEFT);
    line_is("a한국|" FAMILY "e\xcc\x81");
    feed("\x7f");
    line_is("a한|" FAMILY "e\xcc\x81");
    feed("\x1b[3~");
    line_is("a한|e\xcc\x81");
    feed("\x05\x7f\x7f");
    line_is("a|");
    feed("\x7f\x7f\x7f");
    line_is("|");
}

static void a_letter_may_come_in_pieces(void **state)
{
    (void)state;
    prompt_feed("\xed", 1);
    line_is("|");
    prompt_feed("\x95", 1);
    line_is("|");
    prompt_feed("\x9c\xed\x95", 3);
    line_is("한|");
    prompt_feed("\x9c", 1);
    line_is("한한|");
    prompt_feed("\x1b", 1);
    prompt_feed("[", 1);
    prompt_feed("D", 1);
    line_is("한|한");
}

static void what_is_no_utf8_is_dropped(void **state)
{
    (void)state;
    prompt_feed("a\xff\xc0\x80\xed\xa0\x80\xf5\x9c"
                "b",
                10);
    line_is("ab|");
    told_is("");
}

static void enter_hands_the_line_over_and_empties_it(void **state)
{
    (void)state;
    feed("/mute\r\r한\nx");
    told_is("line:/mute;line:;line:한;");
    line_is("x|");
}

static void history_goes_back_without_repeating(void **state)
{
    (void)state;
    feed("first\rsecond\rsecond\r\r" UP);
    line_is("second|");
    feed(UP);
    line_is("first|");
    feed("\x15\r\x12"
         "irs");
    line_is("f|irst");
    assert_non_null(prompt_message());
    feed("\r");
    assert_null(prompt_message());
    told_is("line:first;line:second;line:second;line:;line:;line:first;");
}

static void tab_fills_in_the_only_word(void **state)
{
    (void)state;
    feed("/m\t");
    line_is("/mute |");
    feed("\x15"
         "hi le\t");
    line_is("hi Lee |");
    feed("\x15"
         "/m x" LEFT LEFT "\t");
    line_is("/mute |x");
}

static void tab_fills_in_what_words_have_in_common_and_shows_them(void **state)
{
    (void)state;
    feed("/n\t");
    line_is("/n|");
    told_is("words:/next  /name;");
    feed("\x15"
         "to k\t");
    line_is("to Kim|");
    told_is("words:Kim  Kimberly;");
    feed("\x15"
         "김\t");
    line_is("김민|");
    told_is("words:김민수  김민지;");
}

static void tab_without_a_word_rings(void **state)
{
    (void)state;
    feed("say /m\t");
    line_is("say /m|");
    told_is("bell;");
}

static void a_paste_is_one_piece_and_sends_nothing(void **state)
{
    (void)state;
    feed("ab" LEFT PASTE("one\r\ntwo\tx\x1b[A") "!");
    line_is("aone two x\xe2\x90\x9b[A!|b");
    told_is("");
    feed("\x1f");
    line_is("a|b");
}

static void a_paste_may_come_in_pieces(void **state)
{
    (void)state;
    static const char paste[] = PASTE("한 \x1b[20 x") "y";
    for (size_t i = 0; i < sizeof paste - 1; i++)
        prompt_feed(paste + i, 1);
    line_is("한 \xe2\x90\x9b[20 xy|");
}

static void a_paste_without_measure_is_cut(void **state)
{
    (void)state;
    static char much[10 * PROMPT_PASTE_MAX];
    size_t len, point;
    memset(much, 'x', sizeof much);
    feed("\x1b[200~");
    for (int i = 0; i < 10; i++)
        prompt_feed(much, sizeof much);
    feed("\x1b[201~");
    prompt_line(&len, &point);
    assert_int_equal(len, PROMPT_PASTE_MAX);
}

static void space_on_an_empty_line_talks_when_it_should(void **state)
{
    (void)state;
    feed(" ");
    line_is(" |");
    feed("\x15");
    prompt_set_talk_key(true);
    feed("   ");
    told_is("talk;talk;talk;");
    feed("a b");
    line_is("a b|");
    feed("\x15\x14 ");
    told_is("toggle;talk;");
    line_is("|");
    prompt_set_talk_key(false);
    feed(" ");
    told_is("");
}

static void the_end_is_told_on_an_empty_line_alone(void **state)
{
    (void)state;
    feed("ab\x01\x04");
    line_is("|b");
    told_is("");
    feed("\x05\x7f"
         "\x0c");
    told_is("redraw;");
    feed("\x04");
    told_is("end;");
    feed("still here\r");
    told_is("line:still here;");
}

static void nothing_is_told_once_it_is_closed(void **state)
{
    (void)state;
    closes_on_line = true;
    feed("one\rtwo\r");
    told_is("line:one;");
    feed("three\r");
    told_is("");
}

static void one_opened_anew_begins_anew(void **state)
{
    feed("ab\x12"
         "cd\xed");
    tear_down(state);
    set_up(state);
    line_is("|");
    assert_null(prompt_message());
    feed("한");
    line_is("한|");
    feed("\x1b[200~x");
    tear_down(state);
    set_up(state);
    feed("/m\t");
    line_is("/mute |");
}

static void there_is_one_at_a_time(void **state)
{
    (void)state;
    const struct prompt_handler none = {0};
    assert_int_equal(prompt_open(&none), ERR_REFUSED);
}

/* The last test: readline stays in vi's mode. */
static void arrows_move_for_whoever_types_as_in_vi(void **state)
{
    (void)state;
    feed("\x1b\n"); /* vi-editing-mode */
    feed("한 two" LEFT LEFT "x");
    line_is("한 tx|wo");
    feed("\x1b");
    feed("0x");
    line_is("| txwo");
}

int main(void)
{
    /* The keys of whoever runs this are theirs. */
    setenv("INPUTRC", "/dev/null", 1);
    const struct CMUnitTest tests[] = {
#define WITH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
        WITH(keys_edit_whole_letters_of_any_script),
        WITH(a_letter_may_come_in_pieces),
        WITH(what_is_no_utf8_is_dropped),
        WITH(enter_hands_the_line_over_and_empties_it),
        WITH(history_goes_back_without_repeating),
        WITH(tab_fills_in_the_only_word),
        WITH(tab_fills_in_what_words_have_in_common_and_shows_them),
        WITH(tab_without_a_word_rings),
        WITH(a_paste_is_one_piece_and_sends_nothing),
        WITH(a_paste_may_come_in_pieces),
        WITH(a_paste_without_measure_is_cut),
        WITH(space_on_an_empty_line_talks_when_it_should),
        WITH(the_end_is_told_on_an_empty_line_alone),
        WITH(nothing_is_told_once_it_is_closed),
        WITH(one_opened_anew_begins_anew),
        WITH(there_is_one_at_a_time),
        WITH(arrows_move_for_whoever_types_as_in_vi),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/stat.h>

#include "analysis/speech_testing.h"
#include "analysis/words_testing.h"

static double wrong_percent(const struct transcript *transcript, size_t track)
{
    char heard[TEXT_SIZE] = "";
    for (size_t i = 0; i < transcript->turn_count; i++) {
        if (transcript->turns[i].participant == track + 1) {
            strncat(heard, transcript->turns[i].text, sizeof heard - strlen(heard) - 2);
            strcat(heard, " ");
        }
    }
    double wrong = words_wrong_percent(said[track], heard);
    print_message("note: p%zu: %.0f %% of the words wrong: %s\n", track + 1, wrong, heard);
    return wrong;
}

static void words_lie_in_their_pieces_in_order(const struct transcript *transcript)
{
    for (size_t i = 0; i < transcript->turn_count; i++) {
        const struct turn *turn = &transcript->turns[i];
        assert_true(turn->word_count > 0);
        for (size_t w = 0; w < turn->word_count; w++) {
            double from_ms = w ? turn->words[w - 1].from_ms : turn->from_ms;
            assert_true(turn->words[w].from_ms >= from_ms);
            assert_true(turn->words[w].to_ms >= turn->words[w].from_ms);
            assert_true(turn->words[w].to_ms <= turn->to_ms);
        }
    }
}

static void two_voices_of_flite_are_understood_on_their_own_tracks(void **state)
{
    (void)state;
    static const char *const names[][2] = {
        {"kim-1", "lee-1"}, {"kim-2", "lee-2"}, {"kim-3", "lee-3"}};
    struct transcript_set *set;
    for (size_t i = 0; i < 3; i++) {
        add_speech(0, names[i][0]);
        add_speech(1, names[i][1]);
    }
    assert_int_equal(transcript_make(&request, &set, why, sizeof why), ERR_NONE);
    const struct transcript *transcript = transcript_of(set);
    assert_int_equal(transcript->turn_count, 6);
    assert_true(transcript->draft);
    assert_string_equal(transcript->engine, "pocketsphinx");
    assert_string_equal(transcript->model, "en-us");
    assert_true(wrong_percent(transcript, 0) < 20);
    assert_true(wrong_percent(transcript, 1) < 20);
    words_lie_in_their_pieces_in_order(transcript);
    transcript_free(set);
    /* What was heard once is not heard again: this one cannot hear. */
    request.recogniser = "/bin/false";
    assert_int_equal(transcript_make(&request, &set, why, sizeof why), ERR_NONE);
    assert_int_equal(transcript_of(set)->turn_count, 6);
    assert_int_equal(transcript_of(set)->failed, 0);
    transcript_free(set);
}

static void people_who_read_are_mostly_understood(void **state)
{
    (void)state;
    static const char *const names[] = {"reader-1", "reader-3", "reader-4", "reader-5"};
    struct transcript_set *set;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        add_speech(0, names[i]);
    assert_int_equal(transcript_make(&request, &set, why, sizeof why), ERR_NONE);
    assert_true(wrong_percent(transcript_of(set), 0) < 40);
    transcript_free(set);
}

static void silence_has_no_words(void **state)
{
    (void)state;
    struct transcript_set *set;
    add_speech(0, "reader-6");
    pieces[0].from_ms = 0;
    pieces[0].to_ms = 600;
    assert_int_equal(transcript_make(&request, &set, why, sizeof why), ERR_NONE);
    assert_int_equal(transcript_of(set)->turn_count, 0);
    assert_int_equal(transcript_of(set)->failed, 0);
    assert_null(transcript_of(set)->missing);
    transcript_free(set);
}

static char script[64];

static void write_script(const char *text)
{
    snprintf(script, sizeof script, "%s/recogniser", folder);
    FILE *file = fopen(script, "w");
    assert_non_null(file);
    fprintf(file, "#!/bin/sh\n%s\n", text);
    fclose(file);
    assert_int_equal(chmod(script, S_IRWXU), 0);
    request.recogniser = script;
}

/* What it is asked is read first, so that it fails in the middle of the work. */
static void a_recogniser_that_crashes_costs_one_track(void **state)
{
    (void)state;
    char text[PATH_MAX + 256];
    struct transcript_set *set;
    add_speech(0, "kim-2");
    add_speech(1, "lee-2");
    add_speech(0, "kim-3");
    snprintf(text, sizeof text,
             "[ -e %s/once ] && exec %s\n: >%s/once\nhead -c 100000 >/dev/null\nkill -SEGV $$",
             folder, recogniser, folder);
    write_script(text);
    assert_int_equal(transcript_make(&request, &set, why, sizeof why), ERR_NONE);
    const struct transcript *transcript = transcript_of(set);
    assert_int_equal(transcript->turn_count, 1);
    assert_int_equal(transcript->turns[0].participant, 2);
    assert_int_equal(transcript->turns[0].piece, 1);
    assert_int_equal(transcript->failed, 2);
    assert_int_equal(strncmp(transcript->note, "p1\ncrashed\n", 11), 0);
    transcript_free(set);
}

static void a_recogniser_that_hangs_is_ended(void **state)
{
    (void)state;
    struct transcript_set *set;
    add_speech(0, "kim-2");
    write_script("exec sleep 600");
    request.recogniser_patience_ms = 100;
    assert_int_equal(transcript_make(&request, &set, why, sizeof why), ERR_NONE);
    assert_int_equal(strncmp(transcript_of(set)->missing, "p1\nhung\n", 8), 0);
    assert_int_equal(transcript_of(set)->failed, 1);
    transcript_free(set);
    write_script("head -c 100000 >/dev/null; exec yes 2>/dev/null");
    request.recogniser_patience_ms = 5000;
    assert_int_equal(transcript_make(&request, &set, why, sizeof why), ERR_NONE);
    assert_non_null(transcript_of(set)->missing);
    transcript_free(set);
}

static void other_languages_are_not_put_into_english_words(void **state)
{
    (void)state;
    static const struct {
        const char *language, *missing;
    } cases[] = {{"ko", "english_alone\nko"},
                 {NULL, "language_unknown"},
                 {"eng", "english_alone\neng"},
                 {"e", "english_alone\ne"}};
    struct transcript_set *set;
    add_speech(0, "kim-2");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        request.language = cases[i].language;
        assert_int_equal(transcript_make(&request, &set, why, sizeof why), ERR_NONE);
        assert_int_equal(transcript_of(set)->turn_count, 0);
        assert_string_equal(transcript_of(set)->missing, cases[i].missing);
        transcript_free(set);
    }
    request.language = "en";
    request.recogniser = "/nowhere/debate-recogniser";
    assert_int_equal(transcript_make(&request, &set, why, sizeof why), ERR_NONE);
    assert_string_equal(transcript_of(set)->missing, "no_recogniser\n/nowhere/debate-recogniser");
    transcript_free(set);
}

#define rule(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        rule(two_voices_of_flite_are_understood_on_their_own_tracks),
        rule(people_who_read_are_mostly_understood),
        rule(silence_has_no_words),
        rule(a_recogniser_that_crashes_costs_one_track),
        rule(a_recogniser_that_hangs_is_ended),
        rule(other_languages_are_not_put_into_english_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

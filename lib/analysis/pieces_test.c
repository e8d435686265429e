#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem_testing.h"

#include "analysis/pieces_testing.h"

static const char *const VOICES[] = {"kim-1",    "lee-1",    "park-1",   "reader-1",
                                     "reader-3", "reader-5", "reader-6", "lee-3"};
enum { VOICE_COUNT = sizeof VOICES / sizeof VOICES[0] };

static void speech_is_found_where_it_is(void **state)
{
    (void)state;
    /* dBFS: a bot, a good room, a poor one. */
    static const double noises_db[] = {-120, -70, -50};
    for (size_t voice = 0; voice < VOICE_COUNT; voice++)
        for (size_t noise = 0; noise < 3; noise++) {
            stage_begin(1, 16);
            stage_put_noise(0, 0, 16, noises_db[noise]);
            stage_put_speech(0, VOICES[voice], 1.234, 0.4, 0);
            stage_put_speech(0, VOICES[voice], 3, 4.321, 0);
            stage_put_speech(0, VOICES[voice], 9.005, 5.5, 0);
            struct pieces_set *set = stage_cut();
            ASSERT_PIECES(set, {1, 1.234, 1.634}, {1, 3, 7.321}, {1, 9.005, 14.505});
            pieces_free(set);
        }
}

static void the_level_is_that_of_the_speech(void **state)
{
    (void)state;
    stage_begin(1, 12);
    stage_put_noise(0, 0, 12, -75);
    stage_put_speech(0, "kim-1", 2, 3, 0);
    stage_put_speech(0, "kim-1", 7, 3, -20);
    struct pieces_set *set = stage_cut();
    ASSERT_PIECES(set, {1, 2, 5}, {1, 7, 10});
    const struct piece *pieces = pieces_of(set)->pieces;
    assert_true(fabs(pieces[0].level_db - pieces[1].level_db - 20) < 0.5);
    double sum = 0;
    for (size_t i = 2 * STAGE_RATE; i < 5 * STAGE_RATE; i++)
        sum += stage.sound[0][i] * stage.sound[0][i];
    /* Sound above 8 kHz is not counted. */
    assert_true(fabs(pieces[0].level_db - 10 * log10(sum / (3 * STAGE_RATE))) < 1);
    pieces_free(set);
}

static void gaps_below_half_a_second_are_closed(void **state)
{
    (void)state;
    stage_begin(1, 14);
    stage_put_noise(0, 0, 14, -65);
    stage_put_speech(0, "park-1", 1, 2, 0);
    stage_put_speech(0, "park-1", 3.42, 2, 0);
    stage_put_speech(0, "park-1", 6, 2, 0); /* 0.58 s behind */
    stage_put_speech(0, "park-1", 8.2, 1, 0);
    struct pieces_set *set = stage_cut();
    ASSERT_PIECES(set, {1, 1, 5.42}, {1, 6, 9.2});
    pieces_free(set);
}

static void who_says_nothing_has_no_pieces(void **state)
{
    (void)state;
    stage_begin(6, 30);
    stage_put_noise(1, 0, 30, -40);
    stage_put_noise(2, 0, 30, -65);
    stage_put_noise(2, 9.5, 30, -35); /* a fan that sets in */
    stage_put_noise(3, 0, 30, -70);
    for (double at_s = 1; at_s < 29; at_s += 0.61) /* taps on a table */
        stage_put_noise(3, at_s, at_s + 0.03, -25);
    for (size_t i = 0; i < 30 * STAGE_RATE; i++) { /* hum, and a tone */
        stage.sound[4][i] = 0.05f * sinf(2 * (float)M_PI * 50 * (float)i / STAGE_RATE) +
                            0.02f * sinf(2 * (float)M_PI * 150 * (float)i / STAGE_RATE);
        if (i > 10 * STAGE_RATE && i < 15 * STAGE_RATE)
            stage.sound[5][i] = 0.1f * sinf(2 * (float)M_PI * 1000 * (float)i / STAGE_RATE);
    }
    struct pieces_set *set = stage_cut();
    assert_pieces(pieces_of(set), NULL, 0);
    assert_int_equal(pieces_of(set)->bled, 0);
    pieces_free(set);
}

static void noise_that_changes_moves_no_edges(void **state)
{
    (void)state;
    stage_begin(1, 30);
    stage_put_noise(0, 4, 30, -62); /* the microphone is muted before */
    stage_put_speech(0, "lee-1", 5, 3, 0);
    stage_put_noise(0, 15, 30, -48);
    stage_put_speech(0, "lee-1", 22, 3, 0);
    struct pieces_set *set = stage_cut();
    ASSERT_PIECES(set, {1, 5, 8}, {1, 22, 25});
    pieces_free(set);
}

static void what_is_too_long_is_cut_where_it_is_quietest(void **state)
{
    (void)state;
    stage_begin(1, 80);
    stage_put_noise(0, 0, 80, -60);
    stage_put_speech(0, "reader-3", 2, 22.3, 0);
    stage_put_speech(0, "reader-3", 24.6, 24.7, 0); /* behind 0.3 s of breath */
    stage_put_speech(0, "reader-3", 49.4, 20, 0);   /* 0.1 s */
    struct pieces_set *set = stage_cut();
    const struct pieces *pieces = pieces_of(set);
    assert_int_equal(pieces->count, 3);
    assert_true(pieces->pieces[0].to_ms > 24300 && pieces->pieces[0].to_ms < 24600);
    assert_true(fabs(pieces->pieces[1].to_ms - 49350) <= 50);
    assert_true(fabs(pieces->pieces[0].from_ms - 2000) <= 50);
    assert_true(fabs(pieces->pieces[2].to_ms - 69400) <= 50);
    for (size_t i = 0; i < 3; i++) {
        assert_true(pieces->pieces[i].to_ms - pieces->pieces[i].from_ms <= PIECE_MAX_MS);
        if (i > 0)
            assert_true(pieces->pieces[i].from_ms == pieces->pieces[i - 1].to_ms);
    }
    pieces_free(set);
}

static void eight_people_are_told_apart(void **state)
{
    (void)state;
    stage_begin(8, 50);
    for (size_t i = 0; i < 8; i++) {
        stage_put_noise(i, 0, 50, -65);
        stage_put_speech(i, VOICES[i], 1 + 2.7 * (double)i, 2, 0);
        stage_put_speech(i, VOICES[i], 45 - 2.5 * (double)i, 3, -6); /* half a second at once */
    }
    struct pieces_set *set = stage_cut();
    struct stage_piece wanted[16];
    for (unsigned i = 0; i < 8; i++) {
        wanted[i] = (struct stage_piece){i + 1, 1 + 2.7 * i, 3 + 2.7 * i};
        wanted[8 + i] = (struct stage_piece){8 - i, 45 - 2.5 * (7 - i), 48 - 2.5 * (7 - i)};
    }
    assert_pieces(pieces_of(set), wanted, 16);
    pieces_free(set);
}

static void a_track_is_placed_and_ends_what_is_said_on_it(void **state)
{
    (void)state;
    stage_begin(3, 30);
    stage.tracks[1].participant = 1; /* begins to record again, in the middle of a word */
    stage.points[0].at_ms = 1503.7;
    stage.tracks[0].samples = (uint64_t)(7.5 * STAGE_RATE);
    stage.points[1].at_ms = 9100.2;
    stage.tracks[1].samples = (uint64_t)(20 * STAGE_RATE);
    stage.tracks[2].path = NULL;
    stage.tracks[2].missing = "never came";
    for (size_t i = 0; i < 3; i++)
        stage_put_speech(i, "kim-2", 1, 12, 0);
    struct pieces_set *set = stage_cut();
    ASSERT_PIECES(set, {1, 1.504, 9.004}, {1, 9.1, 13});
    assert_int_equal(pieces_of(set)->pieces[0].track, 0);
    assert_int_equal(pieces_of(set)->pieces[1].track, 1);
    pieces_free(set);
}

static void nothing_is_heard_after_the_end(void **state)
{
    (void)state;
    stage_begin(1, 20);
    stage_put_speech(0, "lee-2", 2, 4, 0);
    stage_put_speech(0, "lee-2", 8, 10, 0);
    struct debate debate = {.started = true, .ended = true, .end_ms = 12500};
    struct pieces_set *set;
    char why[64];
    assert_int_equal(pieces_cut(&debate, stage.tracks, 1, NULL, NULL, &set, why, sizeof why), 0);
    ASSERT_PIECES(set, {1, 2, 6}, {1, 8, 12.5});
    pieces_free(set);
}

static void a_track_that_cannot_be_read_is_said(void **state)
{
    (void)state;
    stage_begin(2, 5);
    stage.fails = true;
    struct debate debate = {0};
    struct pieces_set *set;
    char why[64] = "";
    assert_int_equal(pieces_cut(&debate, stage.tracks, 2, NULL, NULL, &set, why, sizeof why),
                     ERR_IO);
    assert_string_equal(why, "track: Input/output error");
    assert_int_equal(stage.open, 0);
}

static void note_progress(void *context, const char *step, double done, double of)
{
    double *last = context;
    assert_string_equal(step, "pieces");
    assert_true(done >= *last && done <= of && of == 35000);
    *last = done;
}

static void progress_goes_from_start_to_end(void **state)
{
    (void)state;
    stage_begin(1, 35);
    struct debate debate = {0};
    struct pieces_set *set;
    char why[64];
    double last = 0;
    assert_int_equal(pieces_cut(&debate, stage.tracks, 1, note_progress, &last, &set, why, 64), 0);
    assert_true(last == 35000);
    pieces_free(set);
}

static void without_tracks_there_are_no_pieces(void **state)
{
    (void)state;
    stage_begin(0, 0);
    struct pieces_set *set = stage_cut();
    assert_int_equal(pieces_of(set)->count, 0);
    pieces_free(set);
}

static enum err cut_a_little(void)
{
    struct debate debate = {0};
    struct pieces_set *set = NULL;
    char why[64];
    enum err e = pieces_cut(&debate, stage.tracks, 2, NULL, NULL, &set, why, sizeof why);
    if (e == ERR_NO_MEMORY)
        assert_string_equal(why + strlen(why) - strlen("out of memory"), "out of memory");
    pieces_free(set);
    return e;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    stage_begin(2, 5);
    stage_put_speech(0, "kim-1", 1, 2, 0);
    every_allocation_fails(cut_a_little);
    assert_int_equal(stage.open, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(speech_is_found_where_it_is),
        cmocka_unit_test(the_level_is_that_of_the_speech),
        cmocka_unit_test(gaps_below_half_a_second_are_closed),
        cmocka_unit_test(who_says_nothing_has_no_pieces),
        cmocka_unit_test(noise_that_changes_moves_no_edges),
        cmocka_unit_test(what_is_too_long_is_cut_where_it_is_quietest),
        cmocka_unit_test(eight_people_are_told_apart),
        cmocka_unit_test(a_track_is_placed_and_ends_what_is_said_on_it),
        cmocka_unit_test(nothing_is_heard_after_the_end),
        cmocka_unit_test(a_track_that_cannot_be_read_is_said),
        cmocka_unit_test(progress_goes_from_start_to_end),
        cmocka_unit_test(without_tracks_there_are_no_pieces),
        cmocka_unit_test(every_allocation_may_fail),
    };
    int failed = cmocka_run_group_tests_name("pieces", tests, NULL, NULL);
    stage_end();
    return failed;
}

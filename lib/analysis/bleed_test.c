#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"

#include "analysis/pieces_testing.h"

static void begin_room(size_t tracks, double length_s)
{
    stage_begin(tracks, length_s);
    for (size_t i = 0; i < tracks; i++)
        stage_put_noise(i, 0, length_s, -65);
}

static void a_neighbours_voice_adds_no_turn(void **state)
{
    (void)state;
    /* In one room, on a machine nearby, far away. */
    static const double delays_ms[] = {5, 40, 120, 205, 300};
    for (size_t i = 0; i < sizeof delays_ms / sizeof delays_ms[0]; i++) {
        begin_room(3, 30);
        stage_put_speech(1, "lee-1", 2, 3, 0);
        stage_put_speech(2, "park-1", 6, 4, 0);
        stage_put_speech(1, "lee-2", 12, 3, 0);
        stage_put_speech(2, "reader-1", 16, 3, 0);
        stage_bleed(1, 0, delays_ms[i], -20);
        stage_bleed(2, 0, delays_ms[i] + 25, -20);
        struct pieces_set *set = stage_cut();
        ASSERT_PIECES(set, {2, 2, 5}, {3, 6, 10}, {2, 12, 15}, {3, 16, 19});
        assert_int_equal(pieces_of(set)->bled, 4);
        pieces_free(set);
    }
}

static void one_sentence_in_the_whole_debate_is_enough(void **state)
{
    (void)state;
    begin_room(2, 12);
    stage_put_speech(1, "kim-3", 3, 3, 0);
    stage_bleed(1, 0, 150, -20);
    struct pieces_set *set = stage_cut();
    ASSERT_PIECES(set, {2, 3, 6});
    assert_int_equal(pieces_of(set)->bled, 1);
    pieces_free(set);
}

static void both_may_have_loudspeakers(void **state)
{
    (void)state;
    begin_room(2, 40);
    for (int i = 0; i < 3; i++) {
        stage_put_speech(0, "kim-1", 2 + 10 * i, 3, 0);
        stage_put_speech(1, "lee-1", 7 + 10 * i, 3, -6);
    }
    stage_bleed(0, 1, 180, -20);
    stage_bleed(1, 0, 180, -20); /* and a whisper of the echo's echo */
    struct pieces_set *set = stage_cut();
    ASSERT_PIECES(set, {1, 2, 5}, {2, 7, 10}, {1, 12, 15}, {2, 17, 20}, {1, 22, 25}, {2, 27, 30});
    assert_int_equal(pieces_of(set)->bled, 6);
    pieces_free(set);
}

static void a_turn_begins_where_it_does_behind_a_voice_that_bled(void **state)
{
    (void)state;
    begin_room(2, 40);
    for (int i = 0; i < 3; i++) {
        stage_put_speech(1, "lee-1", 2 + 10 * i, 4, 0);
        stage_put_speech(0, "kim-1", 6.5 + 10 * i, 2, 0);
    }
    stage_put_speech(0, "kim-1", 33, 3, 0);
    stage_put_speech(1, "lee-1", 35.2, 2, 0); /* and over it */
    stage_bleed(1, 0, 150, -20);
    struct pieces_set *set = stage_cut();
    ASSERT_PIECES(set, {2, 2, 6}, {1, 6.5, 8.5}, {2, 12, 16}, {1, 16.5, 18.5}, {2, 22, 26},
                  {1, 26.5, 28.5}, {1, 33, 36}, {2, 35.2, 37.2});
    pieces_free(set);
}

static void two_who_speak_at_once_are_both_kept(void **state)
{
    (void)state;
    begin_room(2, 40);
    for (int i = 0; i < 3; i++) {
        stage_put_speech(0, "reader-3", 2 + 12 * i, 8, 0);
        stage_put_speech(1, "lee-2", 4 + 12 * i, 4, 0);
    }
    struct pieces_set *set = stage_cut();
    ASSERT_PIECES(set, {1, 2, 10}, {2, 4, 8}, {1, 14, 22}, {2, 16, 20}, {1, 26, 34}, {2, 28, 32});
    assert_int_equal(pieces_of(set)->bled, 0);
    pieces_free(set);
}

static void who_speaks_quietly_over_a_loud_voice_is_kept(void **state)
{
    (void)state;
    begin_room(2, 40);
    for (int i = 0; i < 3; i++) {
        stage_put_speech(0, "reader-3", 2 + 12 * i, 8, 0);
        stage_put_speech(1, "lee-2", 4 + 12 * i, 4, -24);
    }
    struct pieces_set *set = stage_cut();
    ASSERT_PIECES(set, {1, 2, 10}, {2, 4, 8}, {1, 14, 22}, {2, 16, 20}, {1, 26, 34}, {2, 28, 32});
    assert_int_equal(pieces_of(set)->bled, 0);
    pieces_free(set);
}

static void who_speaks_over_a_voice_that_bleeds_is_kept(void **state)
{
    (void)state;
    begin_room(2, 60);
    for (int i = 0; i < 4; i++)
        stage_put_speech(1, "park-1", 2 + 14 * i, 8, 0);
    stage_bleed(1, 0, 200, -20);
    for (int i = 0; i < 4; i++)
        stage_put_speech(0, "kim-2", 5 + 14 * i, 3, 0);
    struct pieces_set *set = stage_cut();
    ASSERT_PIECES(set, {2, 2, 10}, {1, 5, 8}, {2, 16, 24}, {1, 19, 22}, {2, 30, 38}, {1, 33, 36},
                  {2, 44, 52}, {1, 47, 50});
    pieces_free(set);
}

static void the_same_sound_on_both_tracks_is_nobodys_bleed(void **state)
{
    (void)state;
    begin_room(2, 20);
    stage_put_speech(0, "reader-3", 2, 8, 0);
    stage_put_speech(1, "reader-3", 2, 8, 0);
    struct pieces_set *set = stage_cut();
    ASSERT_PIECES(set, {1, 2, 10}, {2, 2, 10});
    pieces_free(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_neighbours_voice_adds_no_turn),
        cmocka_unit_test(one_sentence_in_the_whole_debate_is_enough),
        cmocka_unit_test(both_may_have_loudspeakers),
        cmocka_unit_test(a_turn_begins_where_it_does_behind_a_voice_that_bled),
        cmocka_unit_test(two_who_speak_at_once_are_both_kept),
        cmocka_unit_test(who_speaks_quietly_over_a_loud_voice_is_kept),
        cmocka_unit_test(who_speaks_over_a_voice_that_bleeds_is_kept),
        cmocka_unit_test(the_same_sound_on_both_tracks_is_nobodys_bleed),
    };
    int failed = cmocka_run_group_tests_name("bleed", tests, NULL, NULL);
    stage_end();
    return failed;
}

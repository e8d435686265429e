#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>

#include "analysis/track_ogg_testing.h"
#include "analysis/track_testing.h"
#include "base/folder_testing.h"

/* An hour, with a pip each minute, and three times capture that was missed. */
enum { HOUR_MS = 3600 * 1000, PIPS = 59 };

static char folder[64];
static double pips_ms[PIPS];
static const struct missed missed[] = {{100500, 102700}, {1203900, 1206000}, {2500100, 2500900}};

static int make_folder(void **state)
{
    (void)state;
    for (size_t i = 0; i < PIPS; i++)
        pips_ms[i] = (double)(i + 1) * 60000 + 123.4567;
    strcpy(folder, "/tmp/track-drift-test-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    return folder_remove(folder);
}

static void assert_aligned(const struct track *track)
{
    struct track_reader *reader;
    double worst = 0;
    assert_int_equal(track_open(track, &reader), ERR_NONE);
    for (size_t i = 0; i < PIPS; i++) {
        double off_ms = pip_off_ms(reader, pips_ms[i], 20);
        if (!(fabs(off_ms) <= 5))
            fail_msg("p%u: the pip at %.0f s is %.3f ms off", track->participant, pips_ms[i] / 1000,
                     off_ms);
        worst = fmax(worst, fabs(off_ms));
    }
    print_message("p%u: %+.1f ppm, %zu points, at most %.2f ms off\n", track->participant,
                  track->drift_ppm, track->point_count, worst);
    track_close(reader);
}

static void assert_all_aligned(const struct debate *debate, const struct recorder *recorders)
{
    struct tracks *tracks;
    size_t count;
    assert_int_equal(tracks_place(debate, folder, &tracks), ERR_NONE);
    const struct track *track = tracks_all(tracks, &count);
    assert_int_equal(count, 2);
    for (size_t i = 0; i < count; i++) {
        double ppm = recorders[i].card_ppm + recorders[i].clock_ppm;
        assert_null(track[i].missing);
        assert_true(track[i].has_timeline && track[i].complete);
        assert_int_equal(track[i].gap_count, 3);
        if (!(fabs(track[i].drift_ppm - ppm) < 1))
            fail_msg("p%u: %.2f ppm, not %.2f", track[i].participant, track[i].drift_ppm, ppm);
        assert_aligned(&track[i]);
    }
    tracks_free(tracks);
}

static void compact(size_t number)
{
    char path[128];
    struct timeline timeline;
    struct buf text;
    snprintf(path, sizeof path, "%s/p%zu-1.timeline", folder, number);
    buf_init(&text, TIMELINE_COMPACT_MAX);
    assert_int_equal(timeline_read(path, &timeline), ERR_NONE);
    assert_int_equal(timeline_compact(&timeline, &text), ERR_NONE);
    timeline_release(&timeline);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text.data, 1, text.len, file), text.len);
    assert_int_equal(fclose(file), 0);
    print_message("p%zu: %zu bytes of timeline\n", number, text.len);
    buf_release(&text);
}

/* What the one says of the card and the other of the machine's clock adds up. */
static void clocks_that_drift_stay_within_5_ms_for_an_hour(void **state)
{
    (void)state;
    const struct recorder recorders[] = {
        {.start_ms = 41.5, .end_ms = HOUR_MS, .card_ppm = 100, .jitter_ms = 4},
        {.start_ms = 7.25,
         .end_ms = HOUR_MS - 300,
         .card_ppm = -100,
         .clock_ppm = 40,
         .jitter_ms = 4},
    };
    struct debate_recording recordings[] = {
        {.participant = 1, .recording_id = "r_1", .path = "recordings/" TRACK_SESSION "/p1-1.opus"},
        {.participant = 2, .recording_id = "r_2", .path = "recordings/" TRACK_SESSION "/p2-1.opus"},
    };
    for (size_t i = 0; i < 2; i++) {
        char path[128];
        struct recording_summary summary;
        struct recorder recorder = recorders[i];
        recorder.pips_ms = pips_ms;
        recorder.pip_count = PIPS;
        recorder.missed = missed;
        recorder.missed_count = 3;
        snprintf(path, sizeof path, "%s/p%zu-1.opus", folder, i + 1);
        record(&recorder, path, recordings[i].recording_id, &summary);
        assert_int_equal(summary.gaps, 3);
        recordings[i].from_ms = llround(recorder.start_ms);
        recordings[i].to_ms = llround(recorder.end_ms);
    }
    struct debate debate = {.start_at_ms = track_start_at_ms,
                            .started = true,
                            .recordings = recordings,
                            .recording_count = 2};
    assert_all_aligned(&debate, recorders);
    for (size_t i = 0; i < 2; i++) /* as they are sent along with an upload */
        compact(i + 1);
    assert_all_aligned(&debate, recorders);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clocks_that_drift_stay_within_5_ms_for_an_hour),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}

#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "analysis/track_inner.h"
#include "analysis/track_testing.h"
#include "base/folder_testing.h"
#include "media/webm_testing.h"

#define NAME "p1-1"

static char folder[64];
static struct debate_recording recording;
static struct debate debate;

static int make_folder(void **state)
{
    (void)state;
    recording = (struct debate_recording){.participant = 1,
                                          .recording_id = "r_1",
                                          .path = "recordings/" TRACK_SESSION "/" NAME ".opus",
                                          .from_ms = 250,
                                          .to_ms = 12250};
    debate = (struct debate){.start_at_ms = track_start_at_ms,
                             .started = true,
                             .end_ms = 13000,
                             .recordings = &recording,
                             .recording_count = 1};
    strcpy(folder, "/tmp/track-test-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    return folder_remove(folder);
}

static const char *in_folder(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void write_text(const char *name, const char *text)
{
    FILE *file = fopen(in_folder(name), "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static const struct track *place(struct tracks **tracks)
{
    size_t count;
    assert_int_equal(tracks_place(&debate, folder, tracks), ERR_NONE);
    const struct track *track = tracks_all(*tracks, &count);
    assert_int_equal(count, 1);
    assert_int_equal(track->recording, 0);
    return track;
}

static double off_ms(const struct track *track, double pip_ms)
{
    struct track_reader *reader;
    assert_int_equal(track_open(track, &reader), ERR_NONE);
    double off = pip_off_ms(reader, pip_ms, 40);
    track_close(reader);
    return off;
}

static const double pips_ms[] = {1000.3, 6000.8, 11000.1};
static const struct recorder good = {
    .start_ms = 250, .end_ms = 12250, .pips_ms = pips_ms, .pip_count = 3};

static void assert_placed(const struct track *track, double within_ms)
{
    for (size_t i = 0; i < 3; i++) {
        double off = off_ms(track, pips_ms[i]);
        if (!(fabs(off) <= within_ms))
            fail_msg("the pip at %.0f ms is %.3f ms off", pips_ms[i], off);
    }
}

static void without_a_timeline_the_log_places_it(void **state)
{
    (void)state;
    struct tracks *tracks;
    record(&good, in_folder(NAME ".opus"), "r_1", NULL);
    unlink(in_folder(NAME ".timeline"));
    const struct track *track = place(&tracks);
    assert_false(track->has_timeline);
    assert_false(track->complete);
    assert_placed(track, 1);
    assert_true(fabs(track_from_ms(track) - 250) < 1e-6);
    assert_true(fabs(track_to_ms(track) - 12250) < 1e-6);
    tracks_free(tracks);
}

static void a_recording_that_was_cut_off_is_placed_up_to_there(void **state)
{
    (void)state;
    struct tracks *tracks;
    record(&good, in_folder(NAME ".opus"), "r_1", NULL);
    struct timeline timeline;
    struct stat status;
    assert_int_equal(timeline_read(in_folder(NAME ".timeline"), &timeline), ERR_NONE);
    assert_true(timeline.checkpoint_count > 3);
    timeline_release(&timeline);
    /* The last line is `end`, the last third of the sound has not been written. */
    assert_int_equal(stat(in_folder(NAME ".timeline"), &status), 0);
    assert_int_equal(truncate(in_folder(NAME ".timeline"), status.st_size - 3), 0);
    assert_int_equal(stat(in_folder(NAME ".opus"), &status), 0);
    assert_int_equal(truncate(in_folder(NAME ".opus"), status.st_size * 2 / 3), 0);
    const struct track *track = place(&tracks);
    assert_true(track->has_timeline);
    assert_false(track->complete);
    assert_true(track->samples < 11 * 48000 && track->samples > 4 * 48000);
    assert_true(fabs(off_ms(track, pips_ms[0])) < 1);
    assert_true(isnan(off_ms(track, pips_ms[2])));
    tracks_free(tracks);
}

/* The log's digest is of another file; of this one, as it was recorded, it would do. */
static void a_file_that_is_not_what_was_uploaded_proves_nothing(void **state)
{
    (void)state;
    struct tracks *tracks;
    bool altered = false;
    record(&good, in_folder(NAME ".opus"), "r_1", NULL);
    recording.uploaded = true;
    recording.sha256 =
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"; /* of nothing */
    const struct track *track = place(&tracks);
    assert_true(track->altered);
    assert_false(track->complete);
    assert_placed(track, 1);
    tracks_free(tracks);
    write_text("empty", "");
    assert_int_equal(track_is_altered(in_folder("empty"), recording.sha256, &altered), ERR_NONE);
    assert_false(altered);
    recording.uploaded = false;
    track = place(&tracks);
    assert_false(track->altered);
    assert_true(track->complete);
    tracks_free(tracks);
}

#define HEAD "debate-timeline 1\nrecording_id r_1\nstarted_at_ms 1763872345250\nrate 48000\n"

static void a_timeline_that_cannot_be_is_not_believed(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        HEAD, /* without a checkpoint, Ogg has no clock */
        HEAD "at 0 0\nat 96000 -2000000\n",
        HEAD "at 96000 2000000\nat 0 0\n",
        HEAD "at 0 0\nat 0 2000000\n",
        HEAD "at 0 0\nat 96000 0\n",
        HEAD "at 0 0\nat 18446744073709551615 9223372036854775807\n",
        HEAD "at 0 -9223372036854775807\nat 96000 2000000\n",
        HEAD "at 0 0\nat 96000 4000000\n",
        HEAD "at 0 0\nat 96000 1900000\n",
        HEAD "at 0 0\nat 96000 2000000\nsession 0 1763872345250000\nsession 70000000 0\n",
        HEAD "at 0 0\nsession -9223372036854775807 9223372036854775807\n",
        "debate-timeline 1\nrecording_id r_2\nstarted_at_ms 1763872345250\nrate 48000\nat 0 0\n",
        "debate-timeline 1\nrecording_id r_1\nstarted_at_ms 1763872348250\nrate 48000\nat 0 0\n",
        ("debate-timeline 1\nrecording_id r_1\nstarted_at_ms -9223372036854775807\nrate 48000\n"
         "at 0 0\n"),
        "debate-timeline 1\nrecording_id r_1\nstarted_at_ms 1763872345250\nrate 1\nat 0 0\n",
        "no timeline",
        "",
    };
    record(&good, in_folder(NAME ".opus"), "r_1", NULL);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct tracks *tracks;
        write_text(NAME ".timeline", wrong[i]);
        const struct track *track = place(&tracks);
        if (track->has_timeline)
            fail_msg("believed: %s", wrong[i]);
        assert_placed(track, 1);
        tracks_free(tracks);
    }
}

static void gaps_that_cannot_be_are_left_out(void **state)
{
    (void)state;
    struct tracks *tracks;
    record(&good, in_folder(NAME ".opus"), "r_1", NULL);
    write_text(NAME ".timeline", HEAD "at 0 0\nat 480000 10000000\ngap 48000 4800\n"
                                      "gap 5 18446744073709551615\n"
                                      "gap 18446744073709551615 18446744073709551615\n");
    const struct track *track = place(&tracks);
    assert_true(track->has_timeline);
    assert_int_equal(track->gap_count, 1);
    assert_true(fabs(track->gaps[0].from_ms - 1250) < 1e-6);
    assert_true(fabs(track->gaps[0].to_ms - 1350) < 1e-6);
    tracks_free(tracks);
}

/* A line that runs at twice the speed for a moment is no clock, but does no harm. */
static void a_clock_that_leaps_is_followed_within_its_bounds(void **state)
{
    (void)state;
    struct tracks *tracks;
    record(&good, in_folder(NAME ".opus"), "r_1", NULL);
    write_text(NAME ".timeline", HEAD "at 0 0\nat 240000 5000000\nat 242400 5000001\n"
                                      "at 480000 9950001\n");
    const struct track *track = place(&tracks);
    struct track_reader *reader;
    static int16_t pcm[20 * 48000];
    assert_true(track->has_timeline);
    assert_int_equal(track_open(track, &reader), ERR_NONE);
    assert_int_equal(track_read(reader, -3000, 17000, pcm), ERR_NONE);
    track_close(reader);
    tracks_free(tracks);
}

/* A browser whose card runs 100 ppm fast, with a hole of 3 s; blocks are stamped with jitter. */
static void webm_is_placed_by_its_own_timestamps(void **state)
{
    (void)state;
    enum { MINUTES = 10 };
    const double start_ms = 250, frame_ms = 20 / (1 + 100e-6), hole_ms = 200000;
    double pip_ms[MINUTES];
    struct webm_writer writer;
    uint64_t seed = 7;
    webm_start(&writer, in_folder(NAME ".opus"));
    for (size_t i = 0; i < MINUTES; i++)
        pip_ms[i] = start_ms + 30000.5 + (double)i * 60000;
    for (int frame = 0; frame < MINUTES * 60 * 50; frame++) {
        double at_ms = frame * frame_ms;
        int16_t pcm[MEDIA_FRAME_SAMPLES] = {0};
        if (at_ms > hole_ms && at_ms < hole_ms + 3000)
            continue;
        for (size_t i = 0; i < MINUTES; i++) {
            for (size_t j = 0; fabs(start_ms + at_ms - pip_ms[i]) < 40 && j < MEDIA_FRAME_SAMPLES;
                 j++)
                pcm[j] += (int16_t)lround(pip_at(
                    start_ms + at_ms + (double)j * frame_ms / MEDIA_FRAME_SAMPLES - pip_ms[i]));
        }
        webm_frame(&writer, (int64_t)(at_ms + 8 * noise(&seed)), pcm);
    }
    webm_end(&writer);
    struct tracks *tracks;
    recording.to_ms = 600250;
    const struct track *track = place(&tracks);
    assert_false(track->has_timeline);
    assert_int_equal(track->gap_count, 1);
    assert_true(fabs(track->gaps[0].to_ms - track->gaps[0].from_ms - 3000) < 25);
    assert_true(fabs(track->drift_ppm - 100) < 10);
    for (size_t i = 0; i < MINUTES; i++) {
        double off = off_ms(track, pip_ms[i]);
        if (!(fabs(off) <= 5))
            fail_msg("the pip at %.0f ms is %.3f ms off", pip_ms[i], off);
    }
    tracks_free(tracks);
}

static void the_sessions_clock_is_followed_where_readings_say_so(void **state)
{
    (void)state;
    struct tracks *tracks;
    record(&good, in_folder(NAME ".opus"), "r_1", NULL);
    /* Two minutes on the one clock are 12 ms more on the other: 100 ppm. */
    write_text(NAME ".timeline", HEAD "at 0 0\nat 480000 10000000\nsession 0 1763872345251000\n"
                                      "session 120000000 1763872465263000\n");
    const struct track *track = place(&tracks);
    assert_true(track->has_timeline);
    assert_true(fabs(track_from_ms(track) - 251) < 0.01);
    assert_true(fabs(track_to_ms(track) - 251 - 12000 * 1.0001) < 0.01);
    tracks_free(tracks);
}

static void any_name_will_do_that_a_timeline_stands_beside(void **state)
{
    (void)state;
    struct tracks *tracks;
    record(&good, in_folder("kim at home.opus"), "r_1", NULL);
    record(&good, in_folder("other.opus"), "r_2", NULL);
    const struct track *track = place(&tracks);
    assert_string_equal(track->path, in_folder("kim at home.opus"));
    assert_true(track->complete);
    tracks_free(tracks);
}

static void what_has_no_sound_says_why(void **state)
{
    (void)state;
    struct tracks *tracks;
    struct track_reader *reader;
    const struct track *track = place(&tracks);
    assert_null(track->path);
    assert_string_equal(track->missing, "not_arrived");
    assert_int_equal(track_open(track, &reader), ERR_NOT_FOUND);
    tracks_free(tracks);
    write_text(NAME ".opus", "OggS, or so it says");
    track = place(&tracks);
    assert_null(track->path);
    assert_string_equal(track->missing, "no_opus");
    tracks_free(tracks);
    assert_int_equal(tracks_place(&debate, in_folder("none"), &tracks), ERR_IO);
    assert_int_equal(errno, ENOENT);
}

static void stretches_that_meet_fit_together(void **state)
{
    (void)state;
    static int16_t whole[14 * 48000], part[14 * 48000];
    struct recorder recorder = good;
    struct tracks *tracks;
    struct track_reader *reader;
    recorder.card_ppm = -80;
    record(&recorder, in_folder(NAME ".opus"), "r_1", NULL);
    const struct track *track = place(&tracks);
    assert_int_equal(track_open(track, &reader), ERR_NONE);
    assert_int_equal(track_read(reader, -500, 13500, whole), ERR_NONE);
    for (double at_ms = -500; at_ms < 13500; at_ms += 33.7) {
        double to_ms = fmin(at_ms + 33.7, 13500);
        assert_int_equal(
            track_read(reader, at_ms, to_ms, part + track_sample(at_ms) - track_sample(-500)),
            ERR_NONE);
    }
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
        assert_true(abs(whole[i] - part[i]) <= 1);
    track_close(reader);
    tracks_free(tracks);
}

/* How far, in samples of 48 kHz, the coarse sound is before the fine one. */
static int coarse_lag(const int16_t *coarse, const int16_t *fine, size_t count)
{
    enum { AROUND = 48, TIMES = TRACK_SAMPLES_MS / TRACK_COARSE_SAMPLES_MS };
    double best = 0;
    int best_lag = INT_MAX;
    for (int lag = -AROUND; lag <= AROUND; lag++) {
        double sum = 0;
        for (size_t i = AROUND; i < count - AROUND; i++)
            sum += (double)coarse[i] * fine[(int)(TIMES * i) + lag];
        if (sum > best) {
            best = sum;
            best_lag = lag;
        }
    }
    return best_lag;
}

static void what_is_read_coarsely_is_at_the_same_place(void **state)
{
    (void)state;
    enum { SECONDS = 12, SECOND = 1000 * TRACK_COARSE_SAMPLES_MS, NEAR = TRACK_SAMPLES_MS / 8 };
    static int16_t coarse[SECONDS * SECOND], fine[SECONDS * 1000 * TRACK_SAMPLES_MS];
    struct recorder recorder = good;
    struct tracks *tracks;
    struct track_reader *reader;
    recorder.card_ppm = 150;
    record(&recorder, in_folder(NAME ".opus"), "r_1", NULL);
    const struct track *track = place(&tracks);
    assert_int_equal(track_open(track, &reader), ERR_NONE);
    assert_int_equal(track_read(reader, 0, SECONDS * 1000, fine), ERR_NONE);
    track_close(reader);
    assert_int_equal(track_open_coarse(track, &reader), ERR_NONE);
    for (size_t i = 0; i < SECONDS; i++)
        assert_int_equal(
            track_read(reader, (double)i * 1000, (double)i * 1000 + 1000, coarse + i * SECOND),
            ERR_NONE);
    track_close(reader);
    for (size_t i = 0; i < SECONDS; i += 5) { /* each with a pip */
        int lag = coarse_lag(coarse + i * SECOND, fine + i * 1000 * TRACK_SAMPLES_MS, 2 * SECOND);
        assert_in_range(lag + NEAR, 0, 2 * NEAR);
    }
    tracks_free(tracks);
}

/* The clips of a file, forwards and then backwards: near, far and in the same packet. */
static void assert_restarts(const char *path)
{
    enum { CLIPS = 12, CLIP = 300 * TRACK_COARSE_SAMPLES_MS };
    static const struct track_point start;
    const struct track track = {
        .path = path, .samples = 4 * 48000, .points = &start, .point_count = 1};
    struct track_reader *fresh, *kept;
    assert_int_equal(track_open_coarse(&track, &kept), ERR_NONE);
    for (size_t i = 0; i < 2 * CLIPS; i++) {
        int16_t once[CLIP], again[CLIP];
        double from_ms = 310.0 * (double)(i < CLIPS ? i : 2 * CLIPS - 1 - i);
        assert_int_equal(track_open_coarse(&track, &fresh), ERR_NONE);
        assert_int_equal(track_read(fresh, from_ms, from_ms + 300, once), ERR_NONE);
        track_close(fresh);
        assert_int_equal(track_restart(kept), ERR_NONE);
        assert_int_equal(track_read(kept, from_ms, from_ms + 300, again), ERR_NONE);
        assert_memory_equal(once, again, sizeof once);
    }
    track_close(kept);
}

static void what_is_restarted_reads_as_if_it_had_just_been_opened(void **state)
{
    (void)state;
    assert_restarts("testdata/speech/kim-1.webm");
    assert_restarts("testdata/speech/kim-1.opus");
}

static void a_document_gives_the_same_tracks(void **state)
{
    (void)state;
    struct tracks *tracks, *again;
    struct buf text, twice;
    record(&good, in_folder(NAME ".opus"), "r_1", NULL);
    const struct track *track = place(&tracks);
    buf_init(&text, 1 << 20);
    buf_init(&twice, 1 << 20);
    assert_int_equal(tracks_json(tracks, &text), ERR_NONE);
    assert_null(strstr(text.data, folder));
    assert_int_equal(tracks_from_json(text.data, text.len, folder, &again), ERR_NONE);
    assert_int_equal(tracks_json(again, &twice), ERR_NONE);
    assert_string_equal(text.data, twice.data);
    size_t count;
    assert_string_equal(tracks_all(again, &count)->path, track->path);
    assert_placed(tracks_all(again, &count), 1);
    tracks_free(again);
    tracks_free(tracks);
    assert_int_equal(tracks_from_json("{\"tracks\":[{}]}", 15, folder, &again), ERR_CORRUPT);
    assert_int_equal(tracks_from_json("{}", 2, folder, &again), ERR_CORRUPT);
    buf_release(&twice);
    buf_release(&text);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(without_a_timeline_the_log_places_it),
        IN_FOLDER(a_recording_that_was_cut_off_is_placed_up_to_there),
        IN_FOLDER(a_file_that_is_not_what_was_uploaded_proves_nothing),
        IN_FOLDER(a_timeline_that_cannot_be_is_not_believed),
        IN_FOLDER(gaps_that_cannot_be_are_left_out),
        IN_FOLDER(a_clock_that_leaps_is_followed_within_its_bounds),
        IN_FOLDER(webm_is_placed_by_its_own_timestamps),
        IN_FOLDER(the_sessions_clock_is_followed_where_readings_say_so),
        IN_FOLDER(any_name_will_do_that_a_timeline_stands_beside),
        IN_FOLDER(what_has_no_sound_says_why),
        IN_FOLDER(stretches_that_meet_fit_together),
        IN_FOLDER(what_is_read_coarsely_is_at_the_same_place),
        IN_FOLDER(what_is_restarted_reads_as_if_it_had_just_been_opened),
        IN_FOLDER(a_document_gives_the_same_tracks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

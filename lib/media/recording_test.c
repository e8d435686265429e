#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "media/recording.h"
#include "media/sound_file.h"

enum { FRAME_US = 20000, SECOND_FRAMES = 50 };

static char folder[64], opus_path[128], timeline_path[128];
static int16_t *voice; /* of a reader, again and again */
static size_t voice_frames;

static int make_folder(void **state)
{
    (void)state;
    size_t samples;
    strcpy(folder, "/tmp/recording-test-XXXXXX");
    if (!mkdtemp(folder) || sound_file_read("testdata/speech/reader-4.opus", &voice, &samples))
        return -1;
    voice_frames = samples / MEDIA_FRAME_SAMPLES;
    snprintf(opus_path, sizeof opus_path, "%s/kim.opus", folder);
    snprintf(timeline_path, sizeof timeline_path, "%s/kim.timeline", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    mem_free(voice);
    return rmdir(folder);
}

static int remove_files(void **state)
{
    (void)state;
    unlink(opus_path);
    unlink(timeline_path);
    return 0;
}

static const int64_t began_us = 5000000000; /* of a clock that began long before */

static struct recording *start(void)
{
    struct recording *recording = NULL;
    assert_int_equal(recording_start(opus_path, "r_abc", 1763872345678, began_us, &recording),
                     ERR_NONE);
    return recording;
}

static const int16_t *spoken(size_t frame)
{
    return voice + frame % voice_frames * MEDIA_FRAME_SAMPLES;
}

/* Writes frames from the nth on as a clock without fault would have captured them. */
static void write_frames(struct recording *recording, size_t from, size_t count)
{
    for (size_t n = from; n < from + count; n++)
        assert_int_equal(recording_write(recording, spoken(n), began_us + (int64_t)n * FRAME_US),
                         ERR_NONE);
}

static void read_back(int16_t **pcm, size_t *samples, struct timeline *timeline)
{
    assert_int_equal(sound_file_read(opus_path, pcm, samples), ERR_NONE);
    assert_int_equal(timeline_read(timeline_path, timeline), ERR_NONE);
}

static double energy(const int16_t *pcm, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)pcm[i] * pcm[i];
    return sum / (double)count;
}

/* How alike two stretches are in loudness, 10 ms at a time: 1 is alike. */
static double likeness(const int16_t *a, const int16_t *b, size_t samples)
{
    double ab = 0, aa = 0, bb = 0, mean_a = 0, mean_b = 0;
    size_t hops = samples / 480;
    for (size_t i = 0; i < hops; i++) {
        mean_a += sqrt(energy(a + 480 * i, 480)) / (double)hops;
        mean_b += sqrt(energy(b + 480 * i, 480)) / (double)hops;
    }
    for (size_t i = 0; i < hops; i++) {
        double x = sqrt(energy(a + 480 * i, 480)) - mean_a;
        double y = sqrt(energy(b + 480 * i, 480)) - mean_b;
        ab += x * y;
        aa += x * x;
        bb += y * y;
    }
    return ab / sqrt(aa * bb + 1e-9);
}

static void what_was_said_is_in_the_file_sample_for_sample(void **state)
{
    (void)state;
    struct recording *recording = start();
    struct recording_summary summary;
    size_t frames = 10 * SECOND_FRAMES;
    write_frames(recording, 0, frames);
    assert_int_equal(recording_stop(recording, &summary), ERR_NONE);
    struct recording_summary measured;
    assert_int_equal(recording_measure(opus_path, &measured), ERR_NONE);
    assert_int_equal(measured.samples, summary.samples);
    assert_int_equal(measured.duration_ms, summary.duration_ms);
    assert_true(measured.complete);
    assert_int_equal(summary.samples, frames * MEDIA_FRAME_SAMPLES);
    assert_int_equal(summary.duration_ms, 10000);
    assert_int_equal(summary.gaps, 0);
    assert_true(summary.complete);
    assert_true(fabs(summary.drift_ppm) < 0.5);

    struct timeline timeline;
    int16_t *pcm;
    size_t samples;
    read_back(&pcm, &samples, &timeline);
    assert_int_equal(samples, summary.samples);
    size_t alike = 4 * MEDIA_RATE_HZ;
    assert_true(likeness(pcm, voice, alike) > 0.95);
    assert_true(likeness(pcm + 2400, voice, alike) < likeness(pcm, voice, alike) - 0.1);
    assert_string_equal(timeline.recording_id, "r_abc");
    assert_int_equal(timeline.started_at_ms, 1763872345678);
    assert_int_equal(timeline.rate_hz, MEDIA_RATE_HZ);
    assert_int_equal(timeline.checkpoint_count, 5);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(timeline.checkpoints[i].sample, i * 2 * MEDIA_RATE_HZ);
        assert_int_equal(timeline.checkpoints[i].clock_us, i * 2000000);
    }
    assert_true(timeline.ended && timeline.summary.complete);
    assert_int_equal(timeline.summary.samples, summary.samples);
    mem_free(pcm);
    timeline_release(&timeline);

    struct stat stat_buf;
    assert_int_equal(stat(opus_path, &stat_buf), 0);
    assert_int_equal(stat_buf.st_mode & 0777, 0600);
    assert_int_equal(stat(timeline_path, &stat_buf), 0);
    assert_int_equal(stat_buf.st_mode & 0777, 0600);
}

static void a_gap_becomes_silence_of_its_length_and_a_line(void **state)
{
    (void)state;
    struct recording *recording = start();
    struct recording_summary summary;
    write_frames(recording, 0, 75);
    write_frames(recording, 75 + 60, 75); /* 1.2 s were missed */
    assert_int_equal(recording_stop(recording, &summary), ERR_NONE);
    assert_int_equal(summary.gaps, 1);
    assert_int_equal(summary.gap_samples, 60 * MEDIA_FRAME_SAMPLES);
    assert_int_equal(summary.samples, 210 * MEDIA_FRAME_SAMPLES);
    assert_int_equal(summary.duration_ms, 4200);
    assert_true(summary.complete);

    struct timeline timeline;
    int16_t *pcm;
    size_t samples;
    read_back(&pcm, &samples, &timeline);
    assert_int_equal(samples, summary.samples);
    assert_int_equal(timeline.gap_count, 1);
    assert_int_equal(timeline.gaps[0].sample, 75 * MEDIA_FRAME_SAMPLES);
    assert_int_equal(timeline.gaps[0].length, 60 * MEDIA_FRAME_SAMPLES);
    /* The codec rings on for some ms. */
    const int16_t *silence = pcm + (75 + 3) * MEDIA_FRAME_SAMPLES;
    assert_true(energy(silence, (60 - 4) * MEDIA_FRAME_SAMPLES) < 20);
    /* What was said after it is where it belongs. */
    assert_true(likeness(pcm + (135 + 5) * MEDIA_FRAME_SAMPLES, spoken(135 + 5),
                         (size_t)60 * MEDIA_FRAME_SAMPLES) > 0.9);
    mem_free(pcm);
    timeline_release(&timeline);
}

static void frames_that_are_stamped_unevenly_are_no_gap(void **state)
{
    (void)state;
    struct recording *recording = start();
    struct recording_summary summary;
    srand(3);
    for (int n = 0; n < 60 * SECOND_FRAMES; n++) {
        int64_t late_us = rand() % 4000 + (n % 500 == 77 ? 35000 : 0);
        assert_int_equal(recording_write(recording, spoken((size_t)n),
                                         began_us + (int64_t)n * FRAME_US + late_us),
                         ERR_NONE);
    }
    assert_int_equal(recording_stop(recording, &summary), ERR_NONE);
    assert_int_equal(summary.gaps, 0);
    assert_int_equal(summary.samples, 60 * MEDIA_RATE_HZ);
    assert_true(summary.complete);
    assert_true(fabs(summary.drift_ppm) < 10);
}

static void drift_is_stated_and_is_no_gap(void **state)
{
    (void)state;
    const int drifts_ppm[] = {-300, -50, 50, 300};
    for (size_t i = 0; i < sizeof drifts_ppm / sizeof *drifts_ppm; i++) {
        struct recording *recording = start();
        struct recording_summary summary;
        srand(4);
        for (int n = 0; n < 120 * SECOND_FRAMES; n++) {
            /* A capture clock that runs fast gives its frames early. */
            double at_us = n * (double)FRAME_US / (1 + drifts_ppm[i] / 1e6) + rand() % 2000;
            assert_int_equal(
                recording_write(recording, spoken((size_t)n), began_us + (int64_t)at_us), ERR_NONE);
        }
        assert_int_equal(recording_stop(recording, &summary), ERR_NONE);
        assert_int_equal(summary.gaps, 0);
        assert_true(fabs(summary.drift_ppm - drifts_ppm[i]) < 3);
        assert_true(summary.complete);
        struct timeline timeline;
        assert_int_equal(timeline_read(timeline_path, &timeline), ERR_NONE);
        assert_true(fabs(timeline.summary.drift_ppm - summary.drift_ppm) < 0.06);
        timeline_release(&timeline);
        remove_files(NULL);
    }
}

static void a_gap_of_hours_is_a_wrong_clock(void **state)
{
    (void)state;
    struct recording *recording = start();
    write_frames(recording, 0, 50);
    assert_int_equal(recording_write(recording, spoken(0), began_us + 7200ll * 1000000),
                     ERR_BAD_REQUEST);
    write_frames(recording, 50, 50);
    struct recording_summary summary;
    assert_int_equal(recording_stop(recording, &summary), ERR_NONE);
    assert_true(summary.complete);
    assert_int_equal(summary.samples, 100 * MEDIA_FRAME_SAMPLES);
}

/* ---- accidents ---- */

/* Another process records, says after every frame how many there are, and is killed at one. */
static void record_until_killed(size_t frames)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct recording *recording;
        if (recording_start(opus_path, "r_abc", 1, began_us, &recording))
            _exit(1);
        for (int64_t n = 0;; n++)
            if (recording_write(recording, spoken((size_t)n), began_us + n * FRAME_US) ||
                write(ends[1], "", 1) != 1)
                _exit(1);
    }
    close(ends[1]);
    for (size_t n = 0; n < frames; n++) {
        char byte;
        assert_int_equal(read(ends[0], &byte, 1), 1);
    }
    assert_int_equal(kill(child, SIGKILL), 0);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    close(ends[0]);
}

static void killed_in_the_middle_it_has_lost_a_second_at_most(void **state)
{
    (void)state;
    const size_t kills[] = {30, 55, 160, 333, 1000};
    for (size_t i = 0; i < sizeof kills / sizeof *kills; i++) {
        record_until_killed(kills[i]);
        struct timeline timeline;
        int16_t *pcm;
        size_t samples;
        read_back(&pcm, &samples, &timeline);
        assert_true(samples + MEDIA_RATE_HZ >= kills[i] * MEDIA_FRAME_SAMPLES);
        if (samples >= 2 * MEDIA_RATE_HZ)
            assert_true(likeness(pcm, voice, 2 * MEDIA_RATE_HZ) > 0.95);
        assert_false(timeline.ended);
        struct recording_summary measured;
        assert_int_equal(recording_measure(opus_path, &measured), ERR_NONE);
        assert_int_equal(measured.samples, samples);
        assert_int_equal(measured.duration_ms, samples * 1000 / MEDIA_RATE_HZ);
        assert_false(measured.complete);
        assert_true(timeline.checkpoint_count >= (kills[i] - 1) / (2 * SECOND_FRAMES) + 1);
        mem_free(pcm);
        timeline_release(&timeline);
        remove_files(NULL);
    }
}

static void put(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void says(const char *path, const char *text)
{
    char found[64] = "";
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t len = fread(found, 1, sizeof found - 1, file);
    fclose(file);
    assert_int_equal(len, strlen(text));
    assert_string_equal(found, text);
}

static void a_file_that_is_there_is_refused_and_left_alone(void **state)
{
    (void)state;
    const char *const paths[] = {opus_path, timeline_path};
    for (int i = 0; i < 2; i++) {
        struct recording *recording;
        put(paths[i], "somebody's");
        errno = 0;
        assert_int_equal(recording_start(opus_path, "r_abc", 0, 0, &recording), ERR_IO);
        assert_int_equal(errno, EEXIST);
        says(paths[i], "somebody's");
        assert_int_equal(access(paths[!i], F_OK), -1);
        unlink(paths[i]);
    }
}

static void a_bad_id_or_folder_is_refused(void **state)
{
    (void)state;
    struct recording *recording;
    const char *const ids[] = {"", "a b", "a\nend 1", "\x7f"};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        assert_int_equal(recording_start(opus_path, ids[i], 0, 0, &recording), ERR_BAD_REQUEST);
    assert_int_equal(access(opus_path, F_OK), -1);
    assert_int_equal(recording_start("/nonexistent/x.opus", "r", 0, 0, &recording), ERR_IO);
    assert_int_equal(errno, ENOENT);
}

/* In another process, whose files may not grow beyond `bytes`. Its exit status says what was
 * wrong; 0: all as it should be. */
static int record_on_a_full_disk(rlim_t bytes)
{
    const struct rlimit limit = {bytes, bytes};
    struct recording *recording;
    struct recording_summary summary;
    enum err e = ERR_NONE;

    signal(SIGXFSZ, SIG_IGN);
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
        return 1;
    if (recording_start(opus_path, "r_abc", 1, began_us, &recording))
        return 2;
    for (int64_t n = 0; n < 3000 && !e; n++)
        e = recording_write(recording, spoken((size_t)n), began_us + n * FRAME_US);
    if (e != ERR_IO || errno != EFBIG)
        return 3;
    errno = 0;
    if (recording_write(recording, voice, began_us + 3000 * FRAME_US) != ERR_IO || errno != EFBIG)
        return 4;
    errno = 0;
    if (recording_stop(recording, &summary) != ERR_IO || errno != EFBIG)
        return 5;
    return summary.complete ? 6 : 0;
}

static void on_a_full_disk_it_says_so_and_what_is_there_is_readable(void **state)
{
    (void)state;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(record_on_a_full_disk(60000));
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    struct timeline timeline;
    int16_t *pcm;
    size_t samples;
    read_back(&pcm, &samples, &timeline);
    assert_true(samples > 10 * MEDIA_RATE_HZ); /* 60,000 bytes at some 4,000 a second */
    assert_true(likeness(pcm, voice, 4 * MEDIA_RATE_HZ) > 0.95);
    assert_false(timeline.ended && timeline.summary.complete);
    mem_free(pcm);
    timeline_release(&timeline);
}

/* A disk without a byte left. */
static void where_nothing_can_be_written_nothing_starts(void **state)
{
    (void)state;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const struct rlimit limit = {0, 0};
        struct recording *recording;
        signal(SIGXFSZ, SIG_IGN);
        if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
            _exit(1);
        if (recording_start(opus_path, "r_abc", 1, 0, &recording) != ERR_IO || errno != EFBIG)
            _exit(2);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_int_equal(access(opus_path, F_OK), -1);
    assert_int_equal(access(timeline_path, F_OK), -1);
}

static void a_recording_of_nothing_or_little_is_a_file(void **state)
{
    (void)state;
    for (size_t frames = 0; frames < 4; frames++) {
        struct recording_summary summary;
        struct recording *recording = start();
        write_frames(recording, 0, frames);
        assert_int_equal(recording_stop(recording, &summary), ERR_NONE);
        assert_int_equal(summary.samples, frames * MEDIA_FRAME_SAMPLES);
        assert_int_equal(summary.duration_ms, frames * MEDIA_FRAME_MS);
        assert_true(summary.complete);
        struct timeline timeline;
        int16_t *pcm;
        size_t samples;
        read_back(&pcm, &samples, &timeline);
        assert_int_equal(samples, summary.samples);
        assert_true(timeline.ended);
        mem_free(pcm);
        timeline_release(&timeline);
        remove_files(NULL);
    }
}

int main(void)
{
#define FILE_TEST(name) cmocka_unit_test_teardown(name, remove_files)
    const struct CMUnitTest tests[] = {
        FILE_TEST(what_was_said_is_in_the_file_sample_for_sample),
        FILE_TEST(a_gap_becomes_silence_of_its_length_and_a_line),
        FILE_TEST(frames_that_are_stamped_unevenly_are_no_gap),
        FILE_TEST(drift_is_stated_and_is_no_gap),
        FILE_TEST(a_gap_of_hours_is_a_wrong_clock),
        FILE_TEST(killed_in_the_middle_it_has_lost_a_second_at_most),
        FILE_TEST(a_file_that_is_there_is_refused_and_left_alone),
        FILE_TEST(a_bad_id_or_folder_is_refused),
        FILE_TEST(on_a_full_disk_it_says_so_and_what_is_there_is_readable),
        FILE_TEST(where_nothing_can_be_written_nothing_starts),
        FILE_TEST(a_recording_of_nothing_or_little_is_a_file),
    };
    return cmocka_run_group_tests_name("recording", tests, make_folder, remove_folder);
}

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/mem_testing.h"
#include "media/sound_file.h"
#include "media/sound_reader.h"
#include "media/webm_testing.h"

static const char speech_ogg[] = "testdata/speech/kim-1.opus";
static const char speech_webm[] = "testdata/speech/kim-1.webm"; /* the same, by Chromium */
static char made[32];

static int make_file(void **state)
{
    (void)state;
    strcpy(made, "/tmp/sound-reader-XXXXXX");
    int fd = mkstemp(made);
    return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(made);
}

static struct sound_reader *open_at(const char *path, enum sound_rate rate)
{
    struct sound_reader *reader = NULL;
    assert_int_equal(sound_reader_open(path, rate, &reader), ERR_NONE);
    return reader;
}

static struct sound_reader *open_reader(const char *path)
{
    return open_at(path, SOUND_48_KHZ);
}

/* All of it, in steps of an odd length. */
static int16_t *read_all_at(const char *path, enum sound_rate rate, size_t *count)
{
    struct sound_reader *reader = open_at(path, rate);
    *count = (size_t)sound_reader_samples(reader) / rate;
    int16_t *pcm = malloc((*count + 1) * sizeof *pcm);
    assert_non_null(pcm);
    for (size_t at = 0; at < *count; at += 777)
        assert_int_equal(
            sound_reader_read(reader, at, pcm + at, *count - at < 777 ? *count - at : 777),
            ERR_NONE);
    sound_reader_close(reader);
    return pcm;
}

static int16_t *read_all(const char *path, size_t *count)
{
    return read_all_at(path, SOUND_48_KHZ, count);
}

/* How alike they are, from -1 to 1. */
static double likeness(const int16_t *a, const int16_t *b, size_t count)
{
    double ab = 0, aa = 1, bb = 1;
    for (size_t i = 0; i < count; i++) {
        ab += (double)a[i] * b[i];
        aa += (double)a[i] * a[i];
        bb += (double)b[i] * b[i];
    }
    return ab / sqrt(aa * bb);
}

static void ogg_is_read_as_all_at_once(void **state)
{
    (void)state;
    size_t count, whole_count;
    int16_t *pcm = read_all(speech_ogg, &count), *whole;
    assert_int_equal(sound_file_read(speech_ogg, &whole, &whole_count), ERR_NONE);
    assert_int_equal(count, whole_count);
    assert_true(likeness(pcm, whole, count) > 0.9999); /* but for dither */
    mem_free(whole);
    free(pcm);
}

static void a_browsers_webm_holds_what_it_was_given(void **state)
{
    (void)state;
    size_t count, given_count, stretches;
    int16_t *pcm = read_all(speech_webm, &count), *given = read_all(speech_ogg, &given_count);
    struct sound_reader *reader = open_reader(speech_webm);
    const struct sound_stretch *stretch = sound_reader_stretches(reader, &stretches);
    assert_int_equal(stretches, 1);
    assert_true(fabs((stretch->to_ms - stretch->from_ms) * 48 -
                     (double)(stretch->to_sample - stretch->from_sample)) < 1);
    double best = 0;
    const size_t second = 48000; /* the third one, which begins some 0.3 s later here */
    assert_true(count > 4 * second && given_count > 3 * second);
    for (size_t late = 0; late < second / 2; late += 4)
        best = fmax(best, likeness(pcm + 2 * second + late, given + 2 * second, second / 2));
    assert_true(best > 0.9);
    sound_reader_close(reader);
    free(given);
    free(pcm);
}

static void assert_seekable(const char *path, enum sound_rate rate)
{
    size_t count;
    int16_t *pcm = read_all_at(path, rate, &count), part[4800];
    struct sound_reader *reader = open_at(path, rate);
    for (size_t at = count - 4800; at > 20000; at -= 19999) { /* backwards: each time a jump */
        assert_int_equal(sound_reader_read(reader, at, part, 4800), ERR_NONE);
        assert_true(likeness(part, pcm + at, 4800) > 0.95);
    }
    assert_int_equal(sound_reader_read(reader, 0, part, 4800), ERR_NONE);
    assert_memory_equal(part, pcm, sizeof part);
    sound_reader_close(reader);
    free(pcm);
}

static void a_jump_finds_the_same_sound(void **state)
{
    (void)state;
    assert_seekable(speech_ogg, SOUND_48_KHZ);
    assert_seekable(speech_ogg, SOUND_16_KHZ);
    assert_seekable(speech_webm, SOUND_48_KHZ);
    assert_seekable(speech_webm, SOUND_16_KHZ);
}

/* libopus's way to 48 kHz is some 0.05 ms longer. */
static void assert_a_third(const char *path)
{
    enum { AROUND = 48, NEAR = 5 };
    size_t count, fine_count;
    int16_t *fine = read_all_at(path, SOUND_48_KHZ, &fine_count);
    int16_t *coarse = read_all_at(path, SOUND_16_KHZ, &count);
    assert_int_equal(count, fine_count / 3);
    int16_t *third = calloc(count, sizeof *third);
    double best = 0;
    int best_lag = 0;
    assert_non_null(third);
    for (int lag = -AROUND; lag <= AROUND; lag++) {
        for (size_t i = AROUND; i < count - AROUND; i++)
            third[i] = fine[(int)(3 * i) + lag];
        double alike = likeness(third + AROUND, coarse + AROUND, count - (size_t)2 * AROUND);
        if (alike > best) {
            best = alike;
            best_lag = lag;
        }
    }
    assert_true(best > 0.98);
    assert_in_range(best_lag + NEAR, 0, 2 * NEAR);
    free(third);
    free(coarse);
    free(fine);
}

static void at_a_third_of_the_rate_the_same_is_at_the_same_place(void **state)
{
    (void)state;
    assert_a_third(speech_ogg);
    assert_a_third(speech_webm);
}

static void behind_the_end_is_silence(void **state)
{
    (void)state;
    struct sound_reader *reader = open_reader(speech_webm);
    int16_t pcm[960];
    memset(pcm, 1, sizeof pcm);
    assert_int_equal(sound_reader_read(reader, UINT64_C(1) << 40, pcm, 960), ERR_NONE);
    for (size_t i = 0; i < 960; i++)
        assert_int_equal(pcm[i], 0);
    sound_reader_close(reader);
}

/* A tone of 20 ms frames, each stamped with when it was captured. */
static void write_tone(struct webm_writer *writer, int64_t at_ms)
{
    int16_t pcm[MEDIA_FRAME_SAMPLES];
    for (size_t i = 0; i < MEDIA_FRAME_SAMPLES; i++)
        pcm[i] = (int16_t)(8000 * sin(2 * M_PI * 0.01 * (double)i));
    webm_frame(writer, at_ms, pcm);
}

static double level(struct sound_reader *reader, uint64_t at)
{
    int16_t pcm[960];
    double sum = 0;
    assert_int_equal(sound_reader_read(reader, at, pcm, 960), ERR_NONE);
    for (size_t i = 0; i < 960; i++)
        sum += (double)pcm[i] * pcm[i];
    return sqrt(sum / 960);
}

static void what_was_not_captured_is_silence_of_its_length(void **state)
{
    (void)state;
    struct webm_writer writer;
    size_t count;
    webm_start(&writer, made);
    for (int i = 0; i < 200; i++)
        write_tone(&writer, 5000 + i * 20 + (i >= 100 ? 700 : 0) + i % 3);
    webm_end(&writer);
    struct sound_reader *reader = open_reader(made);
    const struct sound_stretch *stretches = sound_reader_stretches(reader, &count);
    assert_int_equal(count, 2);
    assert_int_equal(stretches[0].to_sample, 100 * 960);
    double hole_ms = (double)(stretches[1].from_sample - stretches[0].to_sample) / 48;
    assert_true(fabs(hole_ms - 700) < 4);
    assert_true(fabs(stretches[1].from_ms - stretches[0].to_ms - 700) < 4);
    assert_true(level(reader, 99 * 960) > 3000);
    assert_true(level(reader, 110 * 960) == 0);
    assert_true(level(reader, stretches[1].from_sample + 960) > 3000);
    sound_reader_close(reader);
}

static void a_cut_off_file_is_read_up_to_there(void **state)
{
    (void)state;
    static uint8_t bytes[20000];
    FILE *file = fopen(speech_webm, "rb");
    assert_non_null(file);
    size_t len = fread(bytes, 1, sizeof bytes, file), count;
    fclose(file);
    uint64_t longest = 0;
    for (size_t cut = 0; cut < len; cut += 61) {
        struct sound_reader *reader;
        file = fopen(made, "wb");
        assert_int_equal(fwrite(bytes, 1, cut, file), cut);
        fclose(file);
        enum err e = sound_reader_open(made, SOUND_48_KHZ, &reader);
        assert_int_equal(e, cut < 161 ? ERR_CORRUPT : ERR_NONE); /* where its first cluster is */
        if (e)
            continue;
        sound_reader_close(reader);
        int16_t *pcm = read_all(made, &count);
        free(pcm);
        assert_true(count >= longest);
        longest = count;
    }
    assert_true(longest > 4 * 48000);
}

static void a_timestamp_of_years_ahead_ends_the_file(void **state)
{
    (void)state;
    struct webm_writer writer;
    webm_start(&writer, made);
    for (int i = 0; i < 10; i++)
        write_tone(&writer, i * 20);
    for (int i = 0; i < 10; i++)
        write_tone(&writer, INT64_C(1) << (40 + i));
    webm_end(&writer);
    struct sound_reader *reader = open_reader(made);
    assert_true(sound_reader_samples(reader) <= SOUND_SAMPLES_MAX);
    assert_true(level(reader, 960) > 3000);
    assert_true(level(reader, SOUND_SAMPLES_MAX - 960) == 0);
    sound_reader_close(reader);
}

static void what_is_no_recording_is_refused(void **state)
{
    (void)state;
    struct sound_reader *reader;
    assert_int_equal(sound_reader_open("testdata/speech/kim-1.txt", SOUND_48_KHZ, &reader),
                     ERR_CORRUPT);
    assert_int_equal(sound_reader_open("testdata/speech", SOUND_48_KHZ, &reader), ERR_IO);
    assert_int_equal(errno, EISDIR);
    assert_int_equal(sound_reader_open("testdata/speech/none.opus", SOUND_48_KHZ, &reader), ERR_IO);
    assert_int_equal(errno, ENOENT);
}

static enum err read_once(void)
{
    struct sound_reader *reader;
    int16_t pcm[960];
    enum err e = sound_reader_open(speech_webm, SOUND_48_KHZ, &reader);
    if (e)
        return e;
    e = sound_reader_read(reader, 48000, pcm, 960);
    sound_reader_close(reader);
    return e;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    every_allocation_fails(read_once);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ogg_is_read_as_all_at_once),
        cmocka_unit_test(a_browsers_webm_holds_what_it_was_given),
        cmocka_unit_test(a_jump_finds_the_same_sound),
        cmocka_unit_test(at_a_third_of_the_rate_the_same_is_at_the_same_place),
        cmocka_unit_test(behind_the_end_is_silence),
        cmocka_unit_test(what_was_not_captured_is_silence_of_its_length),
        cmocka_unit_test(a_cut_off_file_is_read_up_to_there),
        cmocka_unit_test(a_timestamp_of_years_ahead_ends_the_file),
        cmocka_unit_test(what_is_no_recording_is_refused),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}

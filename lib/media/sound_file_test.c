#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "media/sound_file.h"

static char folder[64];

static const char *in_folder(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static int make_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/sound-file-test-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

static void put_file(const char *name, const void *data, size_t len)
{
    FILE *file = fopen(in_folder(name), "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, len, file), len);
    fclose(file);
}

static enum err try_to_read(const char *path)
{
    int16_t *pcm = NULL;
    size_t samples = 0;
    errno = 0;
    enum err e = sound_file_read(path, &pcm, &samples);
    int saved = errno;
    if (e)
        assert_null(pcm);
    mem_free(pcm);
    errno = saved;
    return e;
}

static void what_is_no_sound_file_is_refused_and_said_why(void **state)
{
    (void)state;
    assert_int_equal(try_to_read("/nonexistent/x.opus"), ERR_IO);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(try_to_read(folder), ERR_IO);
    assert_int_equal(errno, EISDIR);
    assert_int_equal(mkfifo(in_folder("pipe"), 0600), 0);
    assert_int_equal(try_to_read(in_folder("pipe")), ERR_IO);
    unlink(in_folder("pipe"));
    const char *const contents[] = {
        "",
        "Og",
        "hello, this is text\n",
        "OggS",
        "OggS but then nothing that an Ogg page has",
        "RIFF",
        "RIFF1234WAVE",
        "RIFF1234AVI LIST",
    };
    for (size_t i = 0; i < sizeof contents / sizeof *contents; i++) {
        put_file("bad", contents[i], strlen(contents[i]));
        assert_int_equal(try_to_read(in_folder("bad")), ERR_CORRUPT);
    }
    unlink(in_folder("bad"));
}

static size_t load(const char *path, uint8_t *data, size_t size)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t len = fread(data, 1, size, file);
    fclose(file);
    return len;
}

static void a_cut_off_opus_file_is_read_as_far_as_it_goes_or_refused(void **state)
{
    (void)state;
    static uint8_t data[65536];
    size_t len = load("testdata/speech/kim-1.opus", data, sizeof data), whole = 0, before = 0;
    int16_t *pcm = NULL;
    assert_int_equal(sound_file_read("testdata/speech/kim-1.opus", &pcm, &whole), ERR_NONE);
    mem_free(pcm);
    for (size_t cut = 0; cut < len; cut += 211) {
        put_file("cut", data, cut);
        size_t samples = 0;
        pcm = NULL;
        enum err e = sound_file_read(in_folder("cut"), &pcm, &samples);
        assert_true(e == ERR_NONE || e == ERR_CORRUPT);
        assert_true(samples >= before && samples <= whole);
        before = samples;
        mem_free(pcm);
    }
    assert_true(before > whole / 2);
    unlink(in_folder("cut"));
}

static void any_damaged_byte_is_survived(void **state)
{
    (void)state;
    static uint8_t data[65536];
    size_t len = load("testdata/speech/reader-6.opus", data, sizeof data);
    for (size_t at = 0; at < len; at += at < 300 ? 1 : 97) {
        data[at] ^= 0x5a;
        put_file("hurt", data, len);
        enum err e = try_to_read(in_folder("hurt"));
        assert_true(e == ERR_NONE || e == ERR_CORRUPT);
        data[at] ^= 0x5a;
    }
    unlink(in_folder("hurt"));
}

static void what_is_written_as_wav_is_read_back(void **state)
{
    (void)state;
    int16_t pcm[3001];
    for (int i = 0; i < 3001; i++)
        pcm[i] = (int16_t)(i * 21 - 30000);
    struct wav_writer *wav;
    assert_int_equal(wav_open(in_folder("x.wav"), &wav), ERR_NONE);
    assert_int_equal(wav_write(wav, pcm, 1000), ERR_NONE);
    assert_int_equal(wav_write(wav, pcm + 1000, 2001), ERR_NONE);
    assert_int_equal(wav_close(wav), ERR_NONE);
    int16_t *back;
    size_t samples;
    assert_int_equal(sound_file_read(in_folder("x.wav"), &back, &samples), ERR_NONE);
    assert_int_equal(samples, 3001);
    assert_memory_equal(back, pcm, sizeof pcm);
    mem_free(back);
    unlink(in_folder("x.wav"));
    assert_int_equal(wav_open("/nonexistent/x.wav", &wav), ERR_IO);
    assert_int_equal(errno, ENOENT);
}

static void put_le(uint8_t *p, uint32_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        p[i] = (uint8_t)(value >> 8 * i);
}

/* One second of a 440 Hz tone, each channel the same. */
static size_t tone_wav(uint8_t *out, uint32_t rate_hz, uint32_t channels, uint32_t bits)
{
    uint32_t size = rate_hz * channels * 2;
    memcpy(out, "RIFF\0\0\0\0WAVELIST\3\0\0\0abc\0fmt ", 28);
    put_le(out + 28, 16, 4);
    put_le(out + 32, 1, 2);
    put_le(out + 34, channels, 2);
    put_le(out + 36, rate_hz, 4);
    put_le(out + 40, rate_hz * channels * 2, 4);
    put_le(out + 44, channels * 2, 2);
    put_le(out + 46, bits, 2);
    memcpy(out + 48, "data", 4);
    put_le(out + 52, size, 4);
    for (uint32_t i = 0; i < rate_hz; i++)
        for (uint32_t c = 0; c < channels; c++)
            put_le(out + 56 + (i * channels + c) * 2,
                   (uint16_t)(int16_t)(10000 * sin(2 * M_PI * 440 * i / rate_hz)), 2);
    return 56 + size;
}

static void wav_of_any_rate_and_several_channels_becomes_48_khz_mono(void **state)
{
    (void)state;
    static uint8_t data[400000];
    const uint32_t rates_hz[] = {8000, 16000, 22050, 44100, 48000, 96000};
    for (size_t i = 0; i < sizeof rates_hz / sizeof *rates_hz; i++) {
        put_file("tone.wav", data, tone_wav(data, rates_hz[i], i % 2 + 1, 16));
        int16_t *pcm;
        size_t samples;
        assert_int_equal(sound_file_read(in_folder("tone.wav"), &pcm, &samples), ERR_NONE);
        assert_int_equal(samples, MEDIA_RATE_HZ);
        for (size_t n = 1000; n < MEDIA_RATE_HZ - 1000; n++) {
            int expected = (int)(10000 * sin(2 * M_PI * 440 * (double)n / MEDIA_RATE_HZ));
            assert_true(abs(pcm[n] - expected) < 150);
        }
        mem_free(pcm);
    }
    unlink(in_folder("tone.wav"));
}

static void wav_that_is_not_16_bit_pcm_is_refused_and_a_short_one_read(void **state)
{
    (void)state;
    static uint8_t data[400000];
    size_t len = tone_wav(data, 16000, 1, 24);
    put_file("bad.wav", data, len);
    assert_int_equal(try_to_read(in_folder("bad.wav")), ERR_CORRUPT);
    len = tone_wav(data, 7999, 1, 16);
    put_file("bad.wav", data, len);
    assert_int_equal(try_to_read(in_folder("bad.wav")), ERR_CORRUPT);
    len = tone_wav(data, 16000, 0, 16);
    put_file("bad.wav", data, len);
    assert_int_equal(try_to_read(in_folder("bad.wav")), ERR_CORRUPT);
    len = tone_wav(data, 16000, 1, 16);
    put_le(data + 52, 0x7fffffff, 4);
    put_file("bad.wav", data, len);
    assert_int_equal(try_to_read(in_folder("bad.wav")), ERR_TOO_LARGE);
    len = tone_wav(data, 16000, 1, 16);
    put_file("bad.wav", data, len - 16000);
    int16_t *pcm;
    size_t samples;
    assert_int_equal(sound_file_read(in_folder("bad.wav"), &pcm, &samples), ERR_NONE);
    assert_int_equal(samples, MEDIA_RATE_HZ / 2);
    mem_free(pcm);
    unlink(in_folder("bad.wav"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_sound_file_is_refused_and_said_why),
        cmocka_unit_test(a_cut_off_opus_file_is_read_as_far_as_it_goes_or_refused),
        cmocka_unit_test(any_damaged_byte_is_survived),
        cmocka_unit_test(what_is_written_as_wav_is_read_back),
        cmocka_unit_test(wav_of_any_rate_and_several_channels_becomes_48_khz_mono),
        cmocka_unit_test(wav_that_is_not_16_bit_pcm_is_refused_and_a_short_one_read),
    };
    return cmocka_run_group_tests_name("sound_file", tests, make_folder, remove_folder);
}

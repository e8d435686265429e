#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/mem.h"
#include "media/mix.h"
#include "media/sound_file.h"

static uint64_t random_state;

static double noise(void)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (double)(random_state >> 33) / (double)(1u << 30) - 1;
}

struct verdict {
    int speech, speech_heard;   /* frames */
    int silence, silence_heard; /* heard: taken for speech */
};

/* A file between 3 s before and 2 s after of nothing, all in white noise. Loud frames must be taken
 * for speech; 600 ms after the last of them nothing must. */
static struct verdict listen(const char *path, double noise_rms)
{
    int16_t *pcm = NULL;
    size_t samples = 0;
    assert_int_equal(sound_file_read(path, &pcm, &samples), ERR_NONE);
    struct speech_detector *detector = speech_detector_new();
    struct verdict verdict = {0};
    long frames = (long)(samples / MEDIA_FRAME_SAMPLES), last = -1000;
    for (long f = -150; f < frames + 100; f++) {
        int16_t frame[MEDIA_FRAME_SAMPLES];
        double energy = 0;
        for (long i = 0; i < MEDIA_FRAME_SAMPLES; i++) {
            double said = f >= 0 && f < frames ? pcm[f * MEDIA_FRAME_SAMPLES + i] : 0;
            energy += said * said;
            said += noise_rms * sqrt(3) * noise();
            frame[i] = (int16_t)(said > 32767 ? 32767 : said < -32768 ? -32768 : said);
        }
        bool speaking = speech_detector_feed(detector, frame);
        if (sqrt(energy / MEDIA_FRAME_SAMPLES) > 600) {
            last = f;
            verdict.speech++;
            verdict.speech_heard += speaking;
        } else if (f - last > 30) {
            verdict.silence++;
            verdict.silence_heard += speaking;
        }
    }
    speech_detector_free(detector);
    mem_free(pcm);
    return verdict;
}

static void speech_is_found_and_silence_is_not_in_quiet_and_in_noise(void **state)
{
    (void)state;
    const char *const files[] = {"kim-1", "lee-2", "park-1", "reader-1", "reader-4", "reader-5"};
    const double noises[] = {0, 30, 100, 300}; /* none, -61, -50, -41 dBFS */
    struct verdict all = {0};
    for (size_t n = 0; n < sizeof noises / sizeof *noises; n++) {
        for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
            char path[64];
            snprintf(path, sizeof path, "testdata/speech/%s.opus", files[i]);
            struct verdict one = listen(path, noises[n]);
            assert_true(one.speech_heard > one.speech * 0.95);
            all.speech += one.speech;
            all.speech_heard += one.speech_heard;
            all.silence += one.silence;
            all.silence_heard += one.silence_heard;
        }
    }
    print_message("speech found: %d of %d frames; nothing taken for speech: %d of %d\n",
                  all.speech_heard, all.speech, all.silence_heard, all.silence);
    assert_true(all.speech_heard > all.speech * 0.97);
    assert_true(all.silence_heard < all.silence * 0.1);
}

static void steady_noise_and_hum_are_not_speech(void **state)
{
    (void)state;
    for (int kind = 0; kind < 3; kind++) {
        struct speech_detector *detector = speech_detector_new();
        int speaking = 0;
        for (int f = 0; f < 1500; f++) {
            int16_t frame[MEDIA_FRAME_SAMPLES];
            for (int i = 0; i < MEDIA_FRAME_SAMPLES; i++) {
                double t = (f * MEDIA_FRAME_SAMPLES + i) / (double)MEDIA_RATE_HZ;
                double hum = 300 * sin(2 * M_PI * 50 * t) + 100 * sin(2 * M_PI * 150 * t);
                frame[i] = (int16_t)(kind == 0 ? 0 : kind == 1 ? 500 * noise() : hum);
            }
            speaking += speech_detector_feed(detector, frame);
        }
        assert_int_equal(speaking, 0);
        speech_detector_free(detector);
    }
}

static void speaking_begins_after_60_ms_and_ends_after_400_ms(void **state)
{
    (void)state;
    int16_t *pcm = NULL;
    size_t samples = 0;
    assert_int_equal(sound_file_read("testdata/speech/reader-4.opus", &pcm, &samples), ERR_NONE);
    const int16_t silence[MEDIA_FRAME_SAMPLES] = {0};
    struct speech_detector *detector = speech_detector_new();
    for (int f = 0; f < 100; f++)
        assert_false(speech_detector_feed(detector, silence));
    const int16_t *loud = pcm + 100 * MEDIA_FRAME_SAMPLES; /* in the middle of a word */
    assert_false(speech_detector_feed(detector, loud));
    assert_false(speech_detector_feed(detector, loud + MEDIA_FRAME_SAMPLES));
    int frames = 2;
    while (!speech_detector_feed(detector, loud + frames * MEDIA_FRAME_SAMPLES))
        frames++;
    assert_in_range(frames, 2, 6);
    frames = 0;
    while (speech_detector_feed(detector, silence))
        frames++;
    assert_int_equal(frames, 400 / MEDIA_FRAME_MS - 1);
    speech_detector_free(detector);
    mem_free(pcm);
}

/* A fan that goes on after silence: taken for speech at most until it has been steady for a while.
 */
static void noise_that_sets_in_is_taken_for_speech_for_two_seconds_at_most(void **state)
{
    (void)state;
    struct speech_detector *detector = speech_detector_new();
    for (int f = 0; f < 500; f++) {
        int16_t frame[MEDIA_FRAME_SAMPLES];
        for (int i = 0; i < MEDIA_FRAME_SAMPLES; i++)
            frame[i] = f < 200 ? 0 : (int16_t)(500 * noise());
        bool speaking = speech_detector_feed(detector, frame);
        if (f < 200 || f >= 300)
            assert_false(speaking);
    }
    speech_detector_free(detector);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(speech_is_found_and_silence_is_not_in_quiet_and_in_noise),
        cmocka_unit_test(steady_noise_and_hum_are_not_speech),
        cmocka_unit_test(noise_that_sets_in_is_taken_for_speech_for_two_seconds_at_most),
        cmocka_unit_test(speaking_begins_after_60_ms_and_ends_after_400_ms),
    };
    return cmocka_run_group_tests_name("speech", tests, NULL, NULL);
}

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "media/codec.h"
#include "media/sound_decoder.h"
#include "media/sound_file.h"

/* Half a second of speech, a second and a half of nothing, three times. */
enum { FRAMES = 300, PERIOD = 100, SPEECH = 25, SAMPLES = FRAMES * MEDIA_FRAME_SAMPLES };

static uint8_t packets[FRAMES][MEDIA_PACKET_MAX];
static size_t lens[FRAMES];
static int16_t plain[SAMPLES]; /* by a decoder that decodes each packet */

static int encode(void **state)
{
    (void)state;
    static const int16_t nothing[MEDIA_FRAME_SAMPLES];
    int16_t *voice;
    size_t samples;
    if (sound_file_read("testdata/speech/reader-4.opus", &voice, &samples) || samples < SAMPLES)
        return -1;
    struct encoder *encoder = encoder_new();
    struct decoder *decoder = decoder_new();
    for (size_t i = 0; i < FRAMES; i++) {
        const int16_t *pcm = i % PERIOD < SPEECH ? voice + i * MEDIA_FRAME_SAMPLES : nothing;
        lens[i] = encoder_encode(encoder, pcm, packets[i]);
        decoder_decode(decoder, packets[i], lens[i], plain + i * MEDIA_FRAME_SAMPLES,
                       MEDIA_FRAME_SAMPLES);
    }
    encoder_free(encoder);
    decoder_free(decoder);
    mem_free(voice);
    return 0;
}

static void decode(struct sound_decoder *decoder, size_t frame, float pcm[MEDIA_FRAME_SAMPLES])
{
    assert_int_equal(
        sound_decoder_decode(decoder, packets[frame], lens[frame], pcm, MEDIA_FRAME_SAMPLES),
        MEDIA_FRAME_SAMPLES);
}

static void what_is_left_out_is_nothing_and_what_follows_sounds_the_same(void **state)
{
    (void)state;
    struct sound_decoder *decoder = sound_decoder_new(MEDIA_RATE_HZ);
    float pcm[MEDIA_FRAME_SAMPLES];
    assert_non_null(decoder);
    for (size_t i = 0; i < FRAMES; i++) {
        decode(decoder, i, pcm);
        for (size_t k = 0; k < MEDIA_FRAME_SAMPLES; k++) {
            double off = 32768 * (double)pcm[k] - plain[i * MEDIA_FRAME_SAMPLES + k];
            if (!(fabs(off) <= 2))
                fail_msg("frame %zu is %.1f off", i, off);
        }
    }
    sound_decoder_free(decoder);
}

static bool is_nothing(const float pcm[MEDIA_FRAME_SAMPLES])
{
    for (size_t i = 0; i < MEDIA_FRAME_SAMPLES; i++)
        if (pcm[i] != 0)
            return false;
    return true;
}

/* What was decoded is never so exactly nothing. */
static void silence_that_goes_on_is_not_decoded_again(void **state)
{
    (void)state;
    struct sound_decoder *decoder = sound_decoder_new(MEDIA_RATE_HZ);
    float pcm[MEDIA_FRAME_SAMPLES];
    size_t left_out = 0;
    assert_non_null(decoder);
    for (size_t i = 0; i < FRAMES; i++) {
        decode(decoder, i, pcm);
        bool is_left_out = is_nothing(pcm);
        assert_false(is_left_out && i % PERIOD < SPEECH);
        left_out += is_left_out;
    }
    assert_true(left_out >= FRAMES / 2);
    sound_decoder_free(decoder);
}

static void a_known_silence_after_speech_is_decoded(void **state)
{
    (void)state;
    struct sound_decoder *decoder = sound_decoder_new(MEDIA_RATE_HZ);
    float pcm[MEDIA_FRAME_SAMPLES];
    assert_non_null(decoder);
    for (size_t i = 0; i < PERIOD; i++)
        decode(decoder, i, pcm);
    assert_true(is_nothing(pcm));
    for (size_t i = 0; i < SPEECH; i++)
        decode(decoder, i, pcm);
    decode(decoder, PERIOD - 1, pcm); /* with the voice still in the decoder */
    assert_false(is_nothing(pcm));
    sound_decoder_free(decoder);
}

static void a_decoder_that_is_reset_knows_no_silence(void **state)
{
    (void)state;
    struct sound_decoder *decoder = sound_decoder_new(MEDIA_RATE_HZ), *fresh;
    float pcm[MEDIA_FRAME_SAMPLES], first[MEDIA_FRAME_SAMPLES];
    assert_non_null(decoder);
    for (size_t i = 0; i < PERIOD; i++)
        decode(decoder, i, pcm);
    sound_decoder_reset(decoder);
    decode(decoder, PERIOD - 1, pcm);
    fresh = sound_decoder_new(MEDIA_RATE_HZ);
    assert_non_null(fresh);
    decode(fresh, PERIOD - 1, first);
    assert_memory_equal(pcm, first, sizeof pcm);
    sound_decoder_free(fresh);
    sound_decoder_free(decoder);
}

/* Speech and pauses of a second and a half, as loud as `gain` says, in the noise of a room. */
static void for_machines(double gain, int noise, struct sound_decoder *decoder)
{
    enum {
        RATE_HZ = 16000,
        HALF = RATE_HZ / 100,
        LONG = 20
    }; /* LONG: packets of a pause, and more */
    int16_t *voice, pcm[MEDIA_FRAME_SAMPLES];
    uint8_t packet[MEDIA_PACKET_MAX];
    float out[2 * HALF];
    size_t samples, paused = 0, left_out = 0;
    uint32_t random = 1;
    struct encoder *encoder = encoder_new();
    assert_int_equal(sound_file_read("testdata/speech/reader-4.opus", &voice, &samples), ERR_NONE);
    assert_true(samples >= SAMPLES);
    for (size_t i = 0; i < FRAMES; i++) {
        bool is_speech = i % PERIOD < SPEECH;
        double energy = 0, heard = 0;
        for (size_t k = 0; k < MEDIA_FRAME_SAMPLES; k++) {
            double sample = is_speech ? gain * voice[i * MEDIA_FRAME_SAMPLES + k] : 0;
            random = random * 1664525 + 1013904223; /* Numerical Recipes' */
            energy += sample * sample;
            pcm[k] = (int16_t)(sample + (int)(random >> 16) % (2 * noise + 1) - noise);
        }
        size_t len = encoder_encode(encoder, pcm, packet);
        assert_int_equal(sound_decoder_decode(decoder, packet, len, out, 2 * HALF), 2 * HALF);
        for (size_t k = 0; k < 2 * HALF; k++)
            heard += (double)out[k] * out[k];
        /* -40 dBFS for who speaks as loud as the reader: what is quieter is the reader's own room.
         */
        double level = sqrt(energy / MEDIA_FRAME_SAMPLES) / 32768;
        if (level > 0.01 * gain && heard == 0)
            fail_msg("gain %g: speech of frame %zu, %g, is left out", gain, i, level);
        paused += i % PERIOD >= SPEECH + LONG;
        left_out += i % PERIOD >= SPEECH + LONG && heard == 0;
    }
    if (left_out * 10 < paused * 8)
        fail_msg("gain %g: of %zu packets of pauses %zu are left out", gain, paused, left_out);
    encoder_free(encoder);
    mem_free(voice);
}

static void machines_are_given_what_is_said_and_no_noise_of_pauses(void **state)
{
    (void)state;
    static const double gains[] = {1, 0.2, 0.04};
    struct sound_decoder *decoder = sound_decoder_new(16000);
    assert_non_null(decoder);
    for (size_t i = 0; i < sizeof gains / sizeof *gains; i++) {
        for_machines(gains[i], 25, decoder);
        sound_decoder_reset(decoder);
    }
    sound_decoder_free(decoder);
}

static void what_is_no_opus_is_nothing(void **state)
{
    (void)state;
    static const uint8_t bad[] = {0x7b, 0xff, 0xff}; /* code 3 with 63 frames: RFC 6716, R5 */
    struct sound_decoder *decoder = sound_decoder_new(MEDIA_RATE_HZ);
    float pcm[MEDIA_FRAME_SAMPLES];
    assert_non_null(decoder);
    assert_int_equal(sound_decoder_decode(decoder, bad, sizeof bad, pcm, MEDIA_FRAME_SAMPLES), 0);
    assert_int_equal(sound_decoder_decode(decoder, bad, 0, pcm, MEDIA_FRAME_SAMPLES), 0);
    decode(decoder, 0, pcm);
    sound_decoder_free(decoder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_left_out_is_nothing_and_what_follows_sounds_the_same),
        cmocka_unit_test(silence_that_goes_on_is_not_decoded_again),
        cmocka_unit_test(a_known_silence_after_speech_is_decoded),
        cmocka_unit_test(a_decoder_that_is_reset_knows_no_silence),
        cmocka_unit_test(machines_are_given_what_is_said_and_no_noise_of_pauses),
        cmocka_unit_test(what_is_no_opus_is_nothing),
    };
    return cmocka_run_group_tests(tests, encode, NULL);
}

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
#include "media/sound_file.h"

enum { FRAMES = 150, SAMPLES = FRAMES * MEDIA_FRAME_SAMPLES };

static int16_t *voice;
static uint8_t packets[FRAMES][MEDIA_PACKET_MAX];
static size_t lens[FRAMES];

static int encode_voice(void **state)
{
    (void)state;
    size_t samples;
    if (sound_file_read("testdata/speech/reader-4.opus", &voice, &samples) || samples < SAMPLES)
        return -1;
    struct encoder *encoder = encoder_new();
    for (size_t i = 0; i < FRAMES; i++)
        lens[i] = encoder_encode(encoder, voice + i * MEDIA_FRAME_SAMPLES, packets[i]);
    encoder_free(encoder);
    return 0;
}

static int free_voice(void **state)
{
    (void)state;
    mem_free(voice);
    return 0;
}

static double correlation(const int16_t *a, const int16_t *b, size_t count)
{
    double ab = 0, aa = 1, bb = 1;
    for (size_t i = 0; i < count; i++) {
        ab += (double)a[i] * b[i];
        aa += (double)a[i] * a[i];
        bb += (double)b[i] * b[i];
    }
    return ab / sqrt(aa * bb);
}

static void what_was_said_is_heard_after_6_5_ms_of_lookahead(void **state)
{
    (void)state;
    static int16_t heard[SAMPLES];
    struct decoder *decoder = decoder_new();
    size_t bytes = 0;
    for (size_t i = 0; i < FRAMES; i++) {
        bytes += lens[i];
        assert_int_equal(codec_packet_samples(packets[i], lens[i]), MEDIA_FRAME_SAMPLES);
        assert_int_equal(decoder_decode(decoder, packets[i], lens[i],
                                        heard + i * MEDIA_FRAME_SAMPLES, MEDIA_FRAME_SAMPLES),
                         MEDIA_FRAME_SAMPLES);
    }
    /* SILK is no waveform codec, and its high-pass advances low voices by some samples. */
    size_t nearest = 0;
    for (size_t lag = 0; lag < 2 * CODEC_LOOKAHEAD_SAMPLES; lag++)
        if (correlation(voice, heard + lag, SAMPLES - 2 * CODEC_LOOKAHEAD_SAMPLES) >
            correlation(voice, heard + nearest, SAMPLES - 2 * CODEC_LOOKAHEAD_SAMPLES))
            nearest = lag;
    assert_in_range(nearest, CODEC_LOOKAHEAD_SAMPLES - 16, CODEC_LOOKAHEAD_SAMPLES);
    assert_true(correlation(voice, heard + nearest, SAMPLES - nearest) > 0.8);
    assert_true(correlation(voice, heard, SAMPLES) < 0.5);
    assert_in_range(bytes * 8 * 50 / FRAMES, 24000, 40000);
    decoder_free(decoder);
}

/* Loses every tenth frame; the sum over the lost ones of the difference from the whole decoding. */
static double error_with_losses(bool fec)
{
    struct decoder *whole = decoder_new(), *lossy = decoder_new();
    int16_t good[MEDIA_FRAME_SAMPLES], made[MEDIA_FRAME_SAMPLES];
    double error = 0;
    for (size_t i = 0; i + 1 < FRAMES; i++) {
        decoder_decode(whole, packets[i], lens[i], good, MEDIA_FRAME_SAMPLES);
        if (i % 10 != 5) {
            decoder_decode(lossy, packets[i], lens[i], made, MEDIA_FRAME_SAMPLES);
            continue;
        }
        if (fec)
            decoder_recover(lossy, packets[i + 1], lens[i + 1], made);
        else
            decoder_conceal(lossy, made);
        for (size_t k = 0; k < MEDIA_FRAME_SAMPLES; k++)
            error += (double)(good[k] - made[k]) * (good[k] - made[k]);
    }
    decoder_free(whole);
    decoder_free(lossy);
    return error;
}

static void fec_comes_nearer_to_the_lost_frame_than_concealment(void **state)
{
    (void)state;
    size_t with_fec = 0;
    for (size_t i = 0; i < FRAMES; i++)
        with_fec += codec_packet_has_fec(packets[i], lens[i]);
    assert_true(with_fec > FRAMES / 2);
    assert_true(error_with_losses(true) < error_with_losses(false) / 2);
}

static void a_packet_that_is_not_opus_is_concealed(void **state)
{
    (void)state;
    struct decoder *decoder = decoder_new();
    int16_t pcm[MEDIA_FRAME_SAMPLES];
    const uint8_t junk[] = {0xff};
    assert_int_equal(codec_packet_samples(junk, 1), 0);
    assert_int_equal(codec_packet_samples(junk, 0), 0);
    assert_false(codec_packet_has_fec(junk, 1));
    assert_false(codec_packet_has_fec(junk, 0));
    memset(pcm, 0x55, sizeof pcm);
    assert_int_equal(decoder_decode(decoder, junk, 1, pcm, MEDIA_FRAME_SAMPLES),
                     MEDIA_FRAME_SAMPLES);
    for (size_t i = 0; i < MEDIA_FRAME_SAMPLES; i++)
        assert_int_equal(pcm[i], 0);
    decoder_free(decoder);
}

static void packets_of_other_lengths_are_decoded_whole(void **state)
{
    (void)state;
    /* RFC 6716 section 3.2.5: code 3, three frames of 20 ms with their lengths (VBR). */
    uint8_t packet[3 * MEDIA_PACKET_MAX];
    size_t len = 0;
    packet[len++] = packets[40][0] | 3;
    packet[len++] = 0x80 | 3;
    for (size_t i = 40; i < 42; i++) {
        size_t size = lens[i] - 1;
        if (size >= 252) {
            size_t first = 252 + (size & 3);
            packet[len++] = (uint8_t)first;
            packet[len++] = (uint8_t)((size - first) / 4);
        } else {
            packet[len++] = (uint8_t)size;
        }
    }
    for (size_t i = 40; i < 43; i++) {
        assert_int_equal(packets[i][0], packets[40][0]);
        memcpy(packet + len, packets[i] + 1, lens[i] - 1);
        len += lens[i] - 1;
    }
    assert_int_equal(codec_packet_samples(packet, len), 3 * MEDIA_FRAME_SAMPLES);
    static int16_t together[CODEC_PACKET_SAMPLES_MAX], apart[3 * MEDIA_FRAME_SAMPLES];
    struct decoder *one = decoder_new(), *three = decoder_new();
    assert_int_equal(decoder_decode(one, packet, len, together, CODEC_PACKET_SAMPLES_MAX),
                     3 * MEDIA_FRAME_SAMPLES);
    for (size_t i = 0; i < 3; i++)
        decoder_decode(three, packets[40 + i], lens[40 + i], apart + i * MEDIA_FRAME_SAMPLES,
                       MEDIA_FRAME_SAMPLES);
    assert_memory_equal(together, apart, sizeof apart);
    decoder_free(one);
    decoder_free(three);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_said_is_heard_after_6_5_ms_of_lookahead),
        cmocka_unit_test(fec_comes_nearer_to_the_lost_frame_than_concealment),
        cmocka_unit_test(a_packet_that_is_not_opus_is_concealed),
        cmocka_unit_test(packets_of_other_lengths_are_decoded_whole),
    };
    return cmocka_run_group_tests_name("codec", tests, encode_voice, free_voice);
}

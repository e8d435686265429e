#include "media/codec.h"

#include <assert.h>
#include <string.h>

#include <opus/opus.h>

#include "base/mem.h"

enum { BITRATE_BPS = 32000, EXPECTED_LOSS_PERCENT = 10, CHANNELS = 1 };

/* libopus works in memory that is allocated here, so that a test can make it fail. */
struct encoder {
    OpusEncoder *opus;
};

struct decoder {
    OpusDecoder *opus;
};

struct encoder *encoder_new(void)
{
    struct encoder *encoder = mem_zalloc(sizeof *encoder);
    if (!encoder)
        return NULL;
    encoder->opus = mem_alloc((size_t)opus_encoder_get_size(CHANNELS));
    if (!encoder->opus || opus_encoder_init(encoder->opus, MEDIA_RATE_HZ, CHANNELS,
                                            OPUS_APPLICATION_VOIP) != OPUS_OK) {
        encoder_free(encoder);
        return NULL;
    }
    opus_encoder_ctl(encoder->opus, OPUS_SET_BITRATE(BITRATE_BPS));
    opus_encoder_ctl(encoder->opus, OPUS_SET_SIGNAL(OPUS_SIGNAL_VOICE));
    opus_encoder_ctl(encoder->opus, OPUS_SET_INBAND_FEC(1));
    opus_encoder_ctl(encoder->opus, OPUS_SET_PACKET_LOSS_PERC(EXPECTED_LOSS_PERCENT));
    return encoder;
}

void encoder_free(struct encoder *encoder)
{
    if (!encoder)
        return;
    mem_free(encoder->opus);
    mem_free(encoder);
}

size_t encoder_encode(struct encoder *encoder, const int16_t pcm[MEDIA_FRAME_SAMPLES], uint8_t *out)
{
    bool is_silent = media_is_silent(pcm, MEDIA_FRAME_SAMPLES);
    opus_encoder_ctl(encoder->opus,
                     OPUS_SET_COMPLEXITY(is_silent ? MEDIA_COMPLEXITY_SILENT : MEDIA_COMPLEXITY));
    opus_int32 len =
        opus_encode(encoder->opus, pcm, MEDIA_FRAME_SAMPLES, out, (opus_int32)MEDIA_PACKET_MAX);
    return len > 0 ? (size_t)len : 0;
}

size_t codec_packet_samples(const uint8_t *packet, size_t len)
{
    if (len == 0 || len > INT32_MAX)
        return 0;
    const unsigned char *frames[48]; /* RFC 6716 section 3.2.5: at most 48 of 2.5 ms */
    opus_int16 sizes[48];
    int count = opus_packet_parse(packet, (opus_int32)len, NULL, frames, sizes, NULL);
    if (count <= 0)
        return 0;
    size_t samples =
        (size_t)count * (size_t)opus_packet_get_samples_per_frame(packet, MEDIA_RATE_HZ);
    return samples <= CODEC_PACKET_SAMPLES_MAX ? samples : 0;
}

bool codec_packet_has_fec(const uint8_t *packet, size_t len)
{
    if (len == 0 || len > INT32_MAX)
        return false;
    /* RFC 6716 section 3.1: configurations from 16 on are CELT alone, which has no LBRR. */
    if (packet[0] >> 3 >= 16)
        return false;
    const unsigned char *frames[48];
    opus_int16 sizes[48];
    int count = opus_packet_parse(packet, (opus_int32)len, NULL, frames, sizes, NULL);
    if (count <= 0 || sizes[0] == 0)
        return false;
    /* RFC 6716 section 4.2.3: a VAD bit for each 20 ms of SILK, then the LBRR bit. */
    int frame_samples = opus_packet_get_samples_per_frame(packet, MEDIA_RATE_HZ);
    int vad_bits = frame_samples <= MEDIA_FRAME_SAMPLES ? 1 : frame_samples / MEDIA_FRAME_SAMPLES;
    return frames[0][0] >> (7 - vad_bits) & 1;
}

struct decoder *decoder_new(void)
{
    struct decoder *decoder = mem_zalloc(sizeof *decoder);
    if (!decoder)
        return NULL;
    decoder->opus = mem_alloc((size_t)opus_decoder_get_size(CHANNELS));
    if (!decoder->opus || opus_decoder_init(decoder->opus, MEDIA_RATE_HZ, CHANNELS) != OPUS_OK) {
        decoder_free(decoder);
        return NULL;
    }
    return decoder;
}

void decoder_free(struct decoder *decoder)
{
    if (!decoder)
        return;
    mem_free(decoder->opus);
    mem_free(decoder);
}

void decoder_conceal(struct decoder *decoder, int16_t pcm[MEDIA_FRAME_SAMPLES])
{
    int samples = opus_decode(decoder->opus, NULL, 0, pcm, MEDIA_FRAME_SAMPLES, 0);
    if (samples != MEDIA_FRAME_SAMPLES)
        memset(pcm, 0, MEDIA_FRAME_SAMPLES * sizeof *pcm);
}

size_t decoder_decode(struct decoder *decoder, const uint8_t *packet, size_t len, int16_t *pcm,
                      size_t samples_max)
{
    assert(samples_max >= MEDIA_FRAME_SAMPLES && samples_max <= INT32_MAX);
    /* libopus takes no data for a lost packet; here it is a broken one. */
    if (codec_packet_samples(packet, len) > 0) {
        int samples = opus_decode(decoder->opus, packet, (opus_int32)len, pcm, (int)samples_max, 0);
        if (samples > 0)
            return (size_t)samples;
    }
    decoder_conceal(decoder, pcm);
    return MEDIA_FRAME_SAMPLES;
}

void decoder_recover(struct decoder *decoder, const uint8_t *next, size_t len,
                     int16_t pcm[MEDIA_FRAME_SAMPLES])
{
    int samples = -1;
    if (codec_packet_has_fec(next, len))
        samples = opus_decode(decoder->opus, next, (opus_int32)len, pcm, MEDIA_FRAME_SAMPLES, 1);
    if (samples != MEDIA_FRAME_SAMPLES)
        decoder_conceal(decoder, pcm);
}

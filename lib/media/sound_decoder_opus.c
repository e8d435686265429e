#include "media/sound_decoder.h"

#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include <opus/opus.h>

#include "base/mem.h"
#include "media/media.h"

enum {
    CHANNELS = 1,
    /* libopus numbers SILK's frames with two bits, so a silence is four packets that come round. */
    KNOWN = 4,
    KNOWN_SIZE = 64, /* bytes; those of our recorder have 34 */
    /* Packets until what the decoder keeps of the sound before has died away. */
    SETTLED = 2 * KNOWN,
    PAUSE_MS = 200, /* from then on a pause is not decoded for machines */
};

/* SILK makes steps of one at 16 bit out of nothing; it is -90 dBFS. */
static const float NOTHING = 1.5f / 32768;

struct known {
    size_t len, samples;
    uint8_t packet[KNOWN_SIZE];
};

struct sound_decoder {
    OpusDecoder *opus;
    unsigned rate_hz;
    unsigned pause;  /* samples without a voice in a row, up to PAUSE_MS */
    float clipped;   /* libopus's memory of what it bent back */
    unsigned silent; /* packets in a row that held nothing, up to SETTLED */
    unsigned next;
    struct known known[KNOWN]; /* the last of these */
};

struct sound_decoder *sound_decoder_new(unsigned rate_hz)
{
    struct sound_decoder *decoder = mem_zalloc(sizeof *decoder);
    if (!decoder)
        return NULL;
    decoder->rate_hz = rate_hz;
    decoder->opus = mem_alloc((size_t)opus_decoder_get_size(CHANNELS));
    if (!decoder->opus ||
        opus_decoder_init(decoder->opus, (opus_int32)rate_hz, CHANNELS) != OPUS_OK) {
        sound_decoder_free(decoder);
        return NULL;
    }
    return decoder;
}

void sound_decoder_free(struct sound_decoder *decoder)
{
    if (!decoder)
        return;
    mem_free(decoder->opus);
    mem_free(decoder);
}

void sound_decoder_reset(struct sound_decoder *decoder)
{
    opus_decoder_ctl(decoder->opus, OPUS_RESET_STATE);
    decoder->clipped = 0;
    decoder->silent = 0;
    decoder->pause = 0;
}

/* How many samples of nothing the packet is known to be; 0: it is not known. */
static size_t known_silence(const struct sound_decoder *decoder, const uint8_t *packet, size_t len)
{
    if (decoder->silent < SETTLED)
        return 0;
    for (size_t i = 0; i < KNOWN; i++)
        if (decoder->known[i].len == len && memcmp(decoder->known[i].packet, packet, len) == 0)
            return decoder->known[i].samples;
    return 0;
}

static bool is_nothing(const float *pcm, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!(fabsf(pcm[i]) < NOTHING))
            return false;
    return true;
}

static void learn(struct sound_decoder *decoder, const uint8_t *packet, size_t len,
                  const float *pcm, size_t samples)
{
    if (len > KNOWN_SIZE || !is_nothing(pcm, samples)) {
        decoder->silent = 0;
        return;
    }
    decoder->silent += decoder->silent < SETTLED;
    struct known *known = &decoder->known[decoder->next++ % KNOWN];
    known->len = len;
    known->samples = samples;
    memcpy(known->packet, packet, len);
}

/* Whether its encoder found nobody speaking in it: the first bit of SILK's part (RFC 6716, section
 * 4.2.3), which the range coder leaves at the top of a byte. For one mono frame of at most 20 ms
 * (section 3.1); of other packets nothing is said. */
static bool has_no_voice(const uint8_t *packet, size_t len)
{
    unsigned configuration = packet[0] >> 3;
    bool is_short = configuration >= 12 || configuration % 4 <= 1;
    return len >= 2 && configuration < 16 && is_short && (packet[0] & 7) == 0 &&
           (packet[1] & 0x80) == 0;
}

/* How many samples of a pause this packet is, of one that has lasted so long that nothing of speech
 * is left out; 0: it must be decoded. Where a voice begins, some milliseconds may be blurred. */
static size_t pause_of(struct sound_decoder *decoder, const uint8_t *packet, size_t len)
{
    int samples = opus_packet_get_nb_samples(packet, (opus_int32)len, (opus_int32)decoder->rate_hz);
    if (samples <= 0 || !has_no_voice(packet, len)) {
        decoder->pause = 0;
        return 0;
    }
    if (decoder->pause >= PAUSE_MS * decoder->rate_hz / 1000)
        return (size_t)samples;
    decoder->pause += (unsigned)samples;
    return 0;
}

size_t sound_decoder_decode(struct sound_decoder *decoder, const uint8_t *packet, size_t len,
                            float *pcm, size_t samples_max)
{
    if (len == 0 || len > INT_MAX)
        return 0;
    bool is_heard = decoder->rate_hz == MEDIA_RATE_HZ;
    size_t silence =
        is_heard ? known_silence(decoder, packet, len) : pause_of(decoder, packet, len);
    if (silence && silence <= samples_max) {
        memset(pcm, 0, silence * sizeof *pcm);
        return silence;
    }
    int got = opus_decode_float(decoder->opus, packet, (opus_int32)len, pcm, (int)samples_max, 0);
    size_t samples = got > 0 ? (size_t)got : 0;
    if (is_heard) {
        opus_pcm_soft_clip(pcm, (int)samples, CHANNELS, &decoder->clipped);
        learn(decoder, packet, len, pcm, samples);
    }
    return samples;
}

/* Opus, one frame at a time: 20 ms, 48 kHz mono, in-band FEC (RFC 6716, RFC 7587). One thread at a
 * time for each encoder and decoder. What is sent is always 20 ms; what comes may have any length
 * that Opus allows. */
#ifndef DEBATE_MEDIA_CODEC_H
#define DEBATE_MEDIA_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "media/media.h"

enum {
    CODEC_PACKET_SAMPLES_MAX = 5760, /* RFC 6716 section 2.1.4: a packet holds at most 120 ms */
    CODEC_LOOKAHEAD_SAMPLES = 312,   /* 6.5 ms: what comes out of the decoder is this much later */
};

struct encoder;
struct decoder;

struct encoder *encoder_new(void); /* 32 kbit/s, FEC for 10 % loss. NULL: no memory */
void encoder_free(struct encoder *encoder);
/* `out` holds MEDIA_PACKET_MAX bytes; returns how many were used. 0 on an error. */
size_t encoder_encode(struct encoder *encoder, const int16_t pcm[MEDIA_FRAME_SAMPLES],
                      uint8_t *out);

/* How many samples (48 kHz) a packet holds; 0 when it is not Opus. */
size_t codec_packet_samples(const uint8_t *packet, size_t len);
/* The packet brings the frame before it along (LBRR, RFC 6716 section 4.2.5). */
bool codec_packet_has_fec(const uint8_t *packet, size_t len);

struct decoder *decoder_new(void); /* NULL: no memory */
void decoder_free(struct decoder *decoder);
/* Writes what the packet holds, at most `samples_max`, and returns the number of samples. A packet
 * that cannot be decoded is concealed: MEDIA_FRAME_SAMPLES. `samples_max` is at least that. */
size_t decoder_decode(struct decoder *decoder, const uint8_t *packet, size_t len, int16_t *pcm,
                      size_t samples_max);
/* The frame before `next`, from its FEC; concealed where it has none. */
void decoder_recover(struct decoder *decoder, const uint8_t *next, size_t len,
                     int16_t pcm[MEDIA_FRAME_SAMPLES]);
/* A frame that nothing is known of. */
void decoder_conceal(struct decoder *decoder, int16_t pcm[MEDIA_FRAME_SAMPLES]);

#endif

/* Opus, one frame at a time: 20 ms, 48 kHz mono, in-band FEC (RFC 6716, RFC 7587). One thread at a
 * time for each encoder and decoder. */
#ifndef DEBATE_MEDIA_CODEC_H
#define DEBATE_MEDIA_CODEC_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "media/media.h"

struct encoder;
struct decoder;

struct encoder *encoder_new(void); /* 32 kbit/s, complexity 5, FEC for 10 % loss. NULL: no memory */
void encoder_free(struct encoder *encoder);
/* `out` holds MEDIA_PACKET_MAX bytes; returns how many were used. 0 on an error. */
size_t encoder_encode(struct encoder *encoder, const int16_t pcm[MEDIA_FRAME_SAMPLES],
                      uint8_t *out);

struct decoder *decoder_new(void);
void decoder_free(struct decoder *decoder);
/* Always fills a frame: a packet that cannot be decoded is concealed. */
void decoder_decode(struct decoder *decoder, const uint8_t *packet, size_t len,
                    int16_t pcm[MEDIA_FRAME_SAMPLES]);
/* The frame before `next`, from its FEC. */
void decoder_recover(struct decoder *decoder, const uint8_t *next, size_t len,
                     int16_t pcm[MEDIA_FRAME_SAMPLES]);
/* A frame that nothing is known of. */
void decoder_conceal(struct decoder *decoder, int16_t pcm[MEDIA_FRAME_SAMPLES]);

#endif

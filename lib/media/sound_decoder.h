/* Decodes the packets of a recording: what comes out is mono, and 1 is full scale. Inner part of
 * sound_reader.h. One thread at a time.
 *
 * Most of a debate's tracks is silence, of which an encoder makes the same few packets again and
 * again. Such a packet, met again within that silence, is not decoded again. Below 48 kHz, which is
 * for machines that look for speech, no pause is decoded beyond its beginning: what the encoder
 * says has no voice is nothing. */
#ifndef DEBATE_MEDIA_SOUND_DECODER_H
#define DEBATE_MEDIA_SOUND_DECODER_H

#include <stddef.h>
#include <stdint.h>

struct sound_decoder;

/* At 48 kHz, or one of Opus's lower rates. NULL: no memory. */
struct sound_decoder *sound_decoder_new(unsigned rate_hz);
void sound_decoder_free(struct sound_decoder *decoder);  /* NULL is allowed */
void sound_decoder_reset(struct sound_decoder *decoder); /* as if new */
/* Writes what the packet holds, at most `samples_max`, and returns the number of samples: 0 when it
 * cannot be decoded. At 48 kHz, which people hear, what is beyond full scale is bent back. */
size_t sound_decoder_decode(struct sound_decoder *decoder, const uint8_t *packet, size_t len,
                            float *pcm, size_t samples_max);

#endif

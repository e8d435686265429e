/* What WAV (RIFF, 16 bit PCM) is made of; whole files are sound_file.h's. One thread at a time. */
#ifndef DEBATE_MEDIA_WAV_H
#define DEBATE_MEDIA_WAV_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"

/* Reads a file opened at its beginning as 48 kHz mono; several channels are averaged. As
 * sound_file_read; a file that ends before its header says gives what is there. */
enum err wav_read(FILE *file, int16_t **pcm, size_t *samples) MUST_CHECK;

enum { WAV_HEADER_SIZE = 44 };
/* What stands before so many samples of mono. */
void wav_header(uint8_t out[WAV_HEADER_SIZE], uint32_t rate_hz, uint64_t samples);

#endif

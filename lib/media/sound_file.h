/* Sound files in and out: Ogg Opus by opusfile, WAV (16 bit PCM) for what tests listen to. One
 * thread at a time. */
#ifndef DEBATE_MEDIA_SOUND_FILE_H
#define DEBATE_MEDIA_SOUND_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "media/media.h"

/* Reads a whole Ogg Opus or WAV file as 48 kHz mono. `*pcm` is the caller's to mem_free. ERR_IO
 * (errno), ERR_CORRUPT when it is neither, ERR_TOO_LARGE beyond an hour. */
enum err sound_file_read(const char *path, int16_t **pcm, size_t *samples) MUST_CHECK;

/* The length of an Ogg Opus file at 48 kHz, without decoding it. ERR_IO, ERR_CORRUPT. */
enum err sound_file_length(const char *path, uint64_t *samples) MUST_CHECK;

struct wav_writer;
enum err wav_open(const char *path, struct wav_writer **out) MUST_CHECK;
enum err wav_write(struct wav_writer *wav, const int16_t *pcm, size_t samples) MUST_CHECK;
enum err wav_close(struct wav_writer *wav) MUST_CHECK; /* frees in any case */

#endif

/* Reading a recording piece by piece, from wherever one likes: Ogg Opus and WebM with Opus, as 48
 * or 16 kHz mono. However long it is, a block of it is held, and of WebM an index of 40 bytes a
 * second. One thread at a time; blocks on the disk. */
#ifndef DEBATE_MEDIA_SOUND_READER_H
#define DEBATE_MEDIA_SOUND_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "media/media.h"

/* A day. What lies behind it in a file is not read, whatever its timestamps say. */
#define SOUND_SAMPLES_MAX (UINT64_C(24) * 3600 * MEDIA_RATE_HZ)

struct sound_reader;

/* What comes out counts each sample of a number of the file's 48000 a second. Below 8 kHz there is
 * all that tells speech from silence, and decoding that alone is faster. */
enum sound_rate { SOUND_48_KHZ = 1, SOUND_16_KHZ = 3 };

/* What a file says itself of when its samples were captured: a stretch without a hole, and the
 * milliseconds from the first timestamp. */
struct sound_stretch {
    uint64_t from_sample, to_sample;
    double from_ms, to_ms;
};

/* What a file is by its first bytes, whatever its name says: "audio/ogg" or "audio/webm"; NULL when
 * it is neither. */
const char *sound_media_type(const void *first, size_t len);

/* ERR_IO with errno; ERR_CORRUPT when it is neither, or has more than two channels. */
enum err sound_reader_open(const char *path, enum sound_rate rate,
                           struct sound_reader **out) MUST_CHECK;
/* As if it had just been opened: what is read next does not depend on what was read before. False
 * when it cannot be known to be so, and it has to be opened again. */
bool sound_reader_restart(struct sound_reader *reader);
void sound_reader_close(struct sound_reader *reader); /* NULL is allowed */
/* How many there are at 48 kHz, as stretches count them too. */
uint64_t sound_reader_samples(const struct sound_reader *reader);
/* WebM has timestamps: its stretches in order, which live as long as the reader. Ogg counts samples
 * alone: none. */
const struct sound_stretch *sound_reader_stretches(const struct sound_reader *reader,
                                                   size_t *count);
/* `count` samples from `sample` on, both at the reader's rate; holes, damage and what lies behind
 * the end are silence. Reading on decodes each sample once; a jump back, or by more than 0.2 s,
 * seeks. ERR_IO with errno. */
enum err sound_reader_read(struct sound_reader *reader, uint64_t sample, int16_t *pcm,
                           size_t count) MUST_CHECK;

#endif

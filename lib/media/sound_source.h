/* What sound_reader.c asks of a kind of file: inner part of sound_reader.h. */
#ifndef DEBATE_MEDIA_SOUND_SOURCE_H
#define DEBATE_MEDIA_SOUND_SOURCE_H

#include <stdbool.h>

#include "media/codec.h"
#include "media/sound_reader.h"

enum { SOUND_CHUNK_MAX = CODEC_PACKET_SAMPLES_MAX };

struct sound_source {
    uint64_t samples; /* as those of the stretches: at 48 kHz, whatever it is read at */
    const struct sound_stretch *stretches;
    size_t stretch_count;
    bool restarts; /* sought to 0, it is as if it had just been opened */
    /* The next samples, mono, at most SOUND_CHUNK_MAX, and where they belong; 0 at the end. */
    enum err (*read)(struct sound_source *source, int16_t *pcm, uint64_t *at, size_t *count);
    /* So that what is read next begins at `sample` or before, the decoder warmed up. */
    enum err (*seek)(struct sound_source *source, uint64_t sample);
    void (*free)(struct sound_source *source);
};

/* `fd` is theirs once they succeed. As sound_reader_open. What is read counts at the rate. */
enum err sound_source_ogg(int fd, enum sound_rate rate, struct sound_source **out) MUST_CHECK;
enum err sound_source_webm(int fd, enum sound_rate rate, struct sound_source **out) MUST_CHECK;

/* Not by lrintf, which is a call: this is a third of what reading costs besides decoding. */
static inline int16_t sound_to_16(float value)
{
    const float least = INT16_MIN, most = INT16_MAX;
    value *= 32768;
    value = value < least ? least : value > most ? most : value;
    return (int16_t)((int)(value - least + 0.5f) + INT16_MIN);
}

#endif

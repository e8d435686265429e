/* What sound_reader.c asks of a kind of file: inner part of sound_reader.h. */
#ifndef DEBATE_MEDIA_SOUND_SOURCE_H
#define DEBATE_MEDIA_SOUND_SOURCE_H

#include "media/codec.h"
#include "media/sound_reader.h"

enum { SOUND_CHUNK_MAX = CODEC_PACKET_SAMPLES_MAX };

struct sound_source {
    uint64_t samples;
    const struct sound_stretch *stretches;
    size_t stretch_count;
    /* The next samples, mono, at most SOUND_CHUNK_MAX, and where they belong; 0 at the end. */
    enum err (*read)(struct sound_source *source, int16_t *pcm, uint64_t *at, size_t *count);
    /* So that what is read next begins at `sample` or before, the decoder warmed up. */
    enum err (*seek)(struct sound_source *source, uint64_t sample);
    void (*free)(struct sound_source *source);
};

/* `fd` is theirs once they succeed. As sound_reader_open. */
enum err sound_source_ogg(int fd, struct sound_source **out) MUST_CHECK;
enum err sound_source_webm(int fd, struct sound_source **out) MUST_CHECK;

#endif

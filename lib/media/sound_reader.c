#include "media/sound_reader.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "media/regular_file.h"
#include "media/sound_source.h"

enum { JUMP_SAMPLES = MEDIA_RATE_HZ / 5 }; /* decoding on is cheaper than a seek */

struct sound_reader {
    struct sound_source *source;
    enum sound_rate rate;
    bool is_at_end;
    uint64_t at; /* of the chunk */
    size_t count;
    int16_t chunk[SOUND_CHUNK_MAX];
};

/* RFC 3533, section 6; RFC 8794, section 11.2.1. */
static const char ogg_type[] = "audio/ogg", webm_type[] = "audio/webm";
enum { MAGIC_SIZE = 4 };

const char *sound_media_type(const void *first, size_t len)
{
    if (len < MAGIC_SIZE)
        return NULL;
    if (memcmp(first, "OggS", MAGIC_SIZE) == 0)
        return ogg_type;
    return memcmp(first, "\x1a\x45\xdf\xa3", MAGIC_SIZE) == 0 ? webm_type : NULL;
}

static enum err open_source(int fd, enum sound_rate rate, struct sound_source **out)
{
    uint8_t magic[MAGIC_SIZE] = "";
    if (pread(fd, magic, sizeof magic, 0) < 0)
        return ERR_IO;
    const char *type = sound_media_type(magic, sizeof magic);
    if (!type)
        return ERR_CORRUPT;
    return type == ogg_type ? sound_source_ogg(fd, rate, out) : sound_source_webm(fd, rate, out);
}

enum err sound_reader_open(const char *path, enum sound_rate rate, struct sound_reader **out)
{
    int fd = regular_file_open(path);
    if (fd < 0)
        return ERR_IO;
    struct sound_reader *reader = mem_zalloc(sizeof *reader);
    enum err e = reader ? open_source(fd, rate, &reader->source) : ERR_NO_MEMORY;
    if (e) {
        int saved = errno;
        mem_free(reader);
        close(fd);
        errno = saved;
        return e;
    }
    reader->rate = rate;
    *out = reader;
    return ERR_NONE;
}

bool sound_reader_restart(struct sound_reader *reader)
{
    if (!reader->source->restarts || reader->source->seek(reader->source, 0))
        return false;
    reader->at = 0;
    reader->count = 0;
    reader->is_at_end = false;
    return true;
}

void sound_reader_close(struct sound_reader *reader)
{
    if (!reader)
        return;
    reader->source->free(reader->source);
    mem_free(reader);
}

uint64_t sound_reader_samples(const struct sound_reader *reader)
{
    uint64_t samples = reader->source->samples;
    return samples < SOUND_SAMPLES_MAX ? samples : SOUND_SAMPLES_MAX;
}

const struct sound_stretch *sound_reader_stretches(const struct sound_reader *reader, size_t *count)
{
    *count = reader->source->stretch_count;
    return reader->source->stretches;
}

static enum err next_chunk(struct sound_reader *reader)
{
    uint64_t behind = reader->at + reader->count;
    enum err e = reader->source->read(reader->source, reader->chunk, &reader->at, &reader->count);
    reader->is_at_end = e || reader->count == 0;
    if (reader->is_at_end) {
        reader->at = behind;
        reader->count = 0;
    }
    return e;
}

static enum err find(struct sound_reader *reader, uint64_t sample)
{
    uint64_t behind = reader->at + reader->count;
    if (sample >= reader->at &&
        (reader->is_at_end || sample <= behind + JUMP_SAMPLES / reader->rate))
        return ERR_NONE;
    reader->at = sample;
    reader->count = 0;
    reader->is_at_end = false;
    enum err e = reader->source->seek(reader->source, sample);
    if (e == ERR_CORRUPT) { /* nothing can be found behind the damage */
        reader->is_at_end = true;
        return ERR_NONE;
    }
    return e;
}

enum err sound_reader_read(struct sound_reader *reader, uint64_t sample, int16_t *pcm, size_t count)
{
    uint64_t samples = sound_reader_samples(reader) / reader->rate, end = sample + count;
    enum err e = sample < samples ? find(reader, sample) : ERR_NONE;
    while (!e && sample < end) {
        size_t left = (size_t)(end - sample);
        uint64_t behind = reader->at + reader->count;
        if (sample >= samples || (reader->is_at_end && sample >= behind)) {
            memset(pcm, 0, left * sizeof *pcm);
            break;
        }
        if (sample >= behind) {
            e = next_chunk(reader);
            continue;
        }
        size_t step = (size_t)(sample < reader->at ? reader->at - sample : behind - sample);
        if (step > left)
            step = left;
        if (sample < reader->at)
            memset(pcm, 0, step * sizeof *pcm);
        else
            memcpy(pcm, reader->chunk + (sample - reader->at), step * sizeof *pcm);
        pcm += step;
        sample += step;
    }
    return e;
}

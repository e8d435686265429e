#include "media/sound_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <opus/opusfile.h>

#include "base/mem.h"
#include "media/regular_file.h"
#include "media/wav.h"

enum { SAMPLES_MAX = MEDIA_RATE_HZ * 3600, READ_SAMPLES = 5760 };

static enum err from_opusfile(int code)
{
    if (code == OP_EFAULT)
        return ERR_NO_MEMORY;
    return code == OP_EREAD ? ERR_IO : ERR_CORRUPT;
}

/* Mono: of stereo the mean, of more what opusfile makes of them as stereo. */
static enum err read_samples(OggOpusFile *opus, int16_t **pcm, size_t *samples)
{
    size_t room = 0, count = 0;
    int16_t *all = NULL;
    enum err e = ERR_NONE;
    for (;;) {
        int16_t pair[2 * READ_SAMPLES];
        int got = op_read_stereo(opus, pair, 2 * READ_SAMPLES);
        if (got == OP_HOLE)
            continue;
        if (got < 0)
            e = from_opusfile(got);
        if (got <= 0)
            break;
        if (count + (size_t)got > SAMPLES_MAX) {
            e = ERR_TOO_LARGE;
            break;
        }
        if (count + (size_t)got > room) {
            room = 2 * room + READ_SAMPLES;
            int16_t *more = mem_realloc(all, room * sizeof *all);
            if (!more) {
                e = ERR_NO_MEMORY;
                break;
            }
            all = more;
        }
        for (int i = 0; i < got; i++)
            all[count++] = (int16_t)((pair[2 * i] + pair[2 * i + 1]) / 2);
    }
    if (!e && !all && !(all = mem_alloc(1)))
        e = ERR_NO_MEMORY;
    if (e) {
        mem_free(all);
        return e;
    }
    *pcm = all;
    *samples = count;
    return ERR_NONE;
}

static enum err read_opus(const char *path, int16_t **pcm, size_t *samples)
{
    int code;
    OggOpusFile *opus = op_open_file(path, &code);
    if (!opus)
        return from_opusfile(code);
    enum err e = read_samples(opus, pcm, samples);
    op_free(opus);
    return e;
}

enum err sound_file_read(const char *path, int16_t **pcm, size_t *samples)
{
    int fd = regular_file_open(path);
    FILE *file = fd >= 0 ? fdopen(fd, "rb") : NULL;
    if (!file) {
        if (fd >= 0)
            close(fd);
        return ERR_IO;
    }
    char magic[4] = "";
    enum err e = ERR_CORRUPT;
    size_t len = fread(magic, 1, sizeof magic, file);
    rewind(file);
    if (len == sizeof magic && memcmp(magic, "OggS", 4) == 0)
        e = read_opus(path, pcm, samples);
    else if (len == sizeof magic && memcmp(magic, "RIFF", 4) == 0)
        e = wav_read(file, pcm, samples);
    int saved = errno;
    fclose(file);
    errno = saved;
    return e;
}

enum err sound_file_length(const char *path, uint64_t *samples)
{
    int code;
    OggOpusFile *opus = op_open_file(path, &code);
    if (!opus)
        return from_opusfile(code);
    ogg_int64_t total = op_pcm_total(opus, -1);
    op_free(opus);
    if (total < 0)
        return from_opusfile((int)total);
    *samples = (uint64_t)total;
    return ERR_NONE;
}

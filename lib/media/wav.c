#include "media/wav.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "media/media.h"
#include "media/resample.h"
#include "media/sound_file.h"

enum {
    FORMAT_PCM = 1,
    FORMAT_EXTENSIBLE = 0xfffe,
    RATE_MIN_HZ = 8000,
    RATE_MAX_HZ = 192000,
    CHANNELS_MAX = 8,
    SECONDS_MAX = 3600,
};

static uint32_t get_le(const uint8_t *p, int bytes)
{
    uint32_t value = 0;
    for (int i = bytes - 1; i >= 0; i--)
        value = value << 8 | p[i];
    return value;
}

static void put_le(uint8_t *p, uint32_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        p[i] = (uint8_t)(value >> 8 * i);
}

struct wav_format {
    uint32_t channels, rate_hz;
    uint32_t data_size;
};

static enum err read_format(FILE *file, uint32_t size, struct wav_format *format)
{
    uint8_t fields[40] = {0};
    if (size < 16 || size > sizeof fields || fread(fields, 1, size, file) != size)
        return ERR_CORRUPT;
    uint32_t tag = get_le(fields, 2);
    if (tag == FORMAT_EXTENSIBLE && size >= 26)
        tag = get_le(fields + 24, 2);
    format->channels = get_le(fields + 2, 2);
    format->rate_hz = get_le(fields + 4, 4);
    if (tag != FORMAT_PCM || get_le(fields + 14, 2) != 16 || format->channels == 0 ||
        format->channels > CHANNELS_MAX || format->rate_hz < RATE_MIN_HZ ||
        format->rate_hz > RATE_MAX_HZ)
        return ERR_CORRUPT;
    return ERR_NONE;
}

/* Leaves the file at the first sample. */
static enum err read_header(FILE *file, struct wav_format *format)
{
    uint8_t head[12];
    if (fread(head, 1, sizeof head, file) != sizeof head || memcmp(head, "RIFF", 4) != 0 ||
        memcmp(head + 8, "WAVE", 4) != 0)
        return ERR_CORRUPT;
    for (;;) {
        uint8_t chunk[8];
        if (fread(chunk, 1, sizeof chunk, file) != sizeof chunk)
            return ERR_CORRUPT;
        uint32_t size = get_le(chunk + 4, 4);
        if (memcmp(chunk, "data", 4) == 0) {
            format->data_size = size;
            return format->channels ? ERR_NONE : ERR_CORRUPT;
        }
        if (memcmp(chunk, "fmt ", 4) == 0) {
            enum err e = read_format(file, size, format);
            if (e)
                return e;
            size = 0;
        }
        if (fseek(file, (long)size + (size & 1), SEEK_CUR) != 0)
            return ERR_CORRUPT;
    }
}

/* What the file holds behind its header, which may promise more. */
static enum err bytes_left(FILE *file, size_t *out)
{
    struct stat stat;
    long at = ftell(file);
    if (at < 0 || fstat(fileno(file), &stat) != 0)
        return ERR_IO;
    *out = stat.st_size > at ? (size_t)(stat.st_size - at) : 0;
    return ERR_NONE;
}

/* `frames` is how many are wanted; leaves how many there were. */
static void read_mono(FILE *file, uint32_t channels, int16_t *mono, size_t *frames)
{
    uint8_t frame[2 * CHANNELS_MAX];
    size_t done = 0;
    while (done < *frames && fread(frame, 2 * channels, 1, file) == 1) {
        int32_t sum = 0;
        for (uint32_t c = 0; c < channels; c++)
            sum += (int16_t)get_le(frame + 2 * c, 2);
        mono[done++] = (int16_t)(sum / (int32_t)channels);
    }
    *frames = done;
}

enum err wav_read(FILE *file, int16_t **pcm, size_t *samples)
{
    struct wav_format format = {0};
    enum err e = read_header(file, &format);
    if (e)
        return e;
    size_t frames = format.data_size / (2 * format.channels), there;
    if (frames > (size_t)format.rate_hz * SECONDS_MAX)
        return ERR_TOO_LARGE;
    e = bytes_left(file, &there);
    if (e)
        return e;
    if (frames > there / (2 * format.channels))
        frames = there / (2 * format.channels);
    int16_t *mono = mem_alloc((frames + 1) * sizeof *mono);
    if (!mono)
        return ERR_NO_MEMORY;
    read_mono(file, format.channels, mono, &frames);
    e = ferror(file) ? ERR_IO : resample_to_48k(mono, frames, format.rate_hz, pcm, samples);
    mem_free(mono);
    return e;
}

void wav_header(uint8_t out[WAV_HEADER_SIZE], uint32_t rate_hz, uint64_t samples)
{
    const uint32_t size_max = UINT32_MAX - WAV_HEADER_SIZE;
    uint32_t size = samples * 2 > size_max ? size_max : (uint32_t)samples * 2;
    memcpy(out, "RIFF", 4);
    put_le(out + 4, size + WAV_HEADER_SIZE - 8, 4);
    memcpy(out + 8, "WAVEfmt ", 8);
    put_le(out + 16, 16, 4);
    put_le(out + 20, FORMAT_PCM, 2);
    put_le(out + 22, 1, 2);
    put_le(out + 24, rate_hz, 4);
    put_le(out + 28, rate_hz * 2, 4);
    put_le(out + 32, 2, 2);
    put_le(out + 34, 16, 2);
    memcpy(out + 36, "data", 4);
    put_le(out + 40, size, 4);
}

struct wav_writer {
    FILE *file;
    uint64_t samples;
};

static enum err write_header(struct wav_writer *wav)
{
    uint8_t header[WAV_HEADER_SIZE];
    wav_header(header, MEDIA_RATE_HZ, wav->samples);
    return fwrite(header, sizeof header, 1, wav->file) == 1 ? ERR_NONE : ERR_IO;
}

enum err wav_open(const char *path, struct wav_writer **out)
{
    struct wav_writer *wav = mem_zalloc(sizeof *wav);
    if (!wav)
        return ERR_NO_MEMORY;
    wav->file = fopen(path, "wbe");
    if (!wav->file || write_header(wav) != ERR_NONE) {
        int saved = errno;
        if (wav->file)
            fclose(wav->file);
        mem_free(wav);
        errno = saved;
        return ERR_IO;
    }
    *out = wav;
    return ERR_NONE;
}

enum err wav_write(struct wav_writer *wav, const int16_t *pcm, size_t samples)
{
    uint8_t bytes[2 * MEDIA_FRAME_SAMPLES];
    for (size_t at = 0; at < samples;) {
        size_t count = samples - at < MEDIA_FRAME_SAMPLES ? samples - at : MEDIA_FRAME_SAMPLES;
        for (size_t i = 0; i < count; i++)
            put_le(bytes + 2 * i, (uint16_t)pcm[at + i], 2);
        if (fwrite(bytes, 2, count, wav->file) != count)
            return ERR_IO;
        at += count;
        wav->samples += count;
    }
    return ERR_NONE;
}

enum err wav_close(struct wav_writer *wav)
{
    enum err e = ERR_IO;
    if (fseek(wav->file, 0, SEEK_SET) == 0)
        e = write_header(wav);
    if (fclose(wav->file) != 0)
        e = ERR_IO;
    mem_free(wav);
    return e;
}

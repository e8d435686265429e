#include <math.h>
#include <string.h>

#include "analysis/track_inner.h"
#include "base/mem.h"
#include "media/sound_reader.h"

enum {
    BLOCK = 4800,
    BEFORE = 1, /* samples that the curve takes around the two that it goes between */
    BEHIND = 2,
    WINDOW = BLOCK + BEFORE + BEHIND + 2,
};

struct track_reader {
    const struct track *track;
    struct sound_reader *sound;
    enum sound_rate rate;
    int64_t at; /* the file's sample at the window's beginning; may be before the first */
    size_t count;
    int16_t window[WINDOW];
};

static enum err open_at(const struct track *track, enum sound_rate rate, struct track_reader **out)
{
    if (!track->path || !track->point_count)
        return ERR_NOT_FOUND;
    struct track_reader *reader = mem_zalloc(sizeof *reader);
    if (!reader)
        return ERR_NO_MEMORY;
    enum err e = sound_reader_open(track->path, rate, &reader->sound);
    if (e) {
        mem_free(reader);
        return e;
    }
    reader->track = track;
    reader->rate = rate;
    *out = reader;
    return ERR_NONE;
}

enum err track_open(const struct track *track, struct track_reader **out)
{
    return open_at(track, SOUND_48_KHZ, out);
}

enum err track_open_coarse(const struct track *track, struct track_reader **out)
{
    return open_at(track, SOUND_16_KHZ, out);
}

enum err track_restart(struct track_reader *reader)
{
    reader->at = 0;
    reader->count = 0;
    if (sound_reader_restart(reader->sound))
        return ERR_NONE;
    sound_reader_close(reader->sound);
    reader->sound = NULL;
    return sound_reader_open(reader->track->path, reader->rate, &reader->sound);
}

void track_close(struct track_reader *reader)
{
    if (!reader)
        return;
    sound_reader_close(reader->sound);
    mem_free(reader);
}

/* The file's samples from `from` on into the window; what it holds of them already stays. */
static enum err fill(struct track_reader *reader, int64_t from, size_t count)
{
    size_t kept = 0;
    if (from >= reader->at && from < reader->at + (int64_t)reader->count) {
        size_t skipped = (size_t)(from - reader->at);
        kept = reader->count - skipped;
        memmove(reader->window, reader->window + skipped, kept * sizeof *reader->window);
    }
    reader->at = from;
    reader->count = kept;
    while (reader->count < count && from + (int64_t)reader->count < 0)
        reader->window[reader->count++] = 0;
    if (reader->count >= count)
        return ERR_NONE;
    enum err e = sound_reader_read(reader->sound, (uint64_t)(from + (int64_t)reader->count),
                                   reader->window + reader->count, count - reader->count);
    reader->count = e ? 0 : count;
    return e;
}

/* The value at `part` of the way from x[1] to x[2], on the cubic curve through all four whose slope
 * in the middle two is that between their neighbours (Catmull and Rom). */
static int16_t between(const int16_t x[4], float part)
{
    float a = x[0], b = x[1], c = x[2], d = x[3];
    float value =
        b +
        0.5f * part * (c - a + part * (2 * a - 5 * b + 4 * c - d + part * (3 * (b - c) + d - a)));
    value = value < INT16_MIN ? INT16_MIN : value > INT16_MAX ? INT16_MAX : value;
    return (int16_t)lrintf(value);
}

/* At most BLOCK samples on one line of the map: from the file's `sample` on, `step` each. */
static enum err read_line(struct track_reader *reader, double sample, double step, int16_t *pcm,
                          size_t count)
{
    double last = sample + step * (double)(count - 1), whole = floor(sample);
    if (last < 0 || sample * reader->rate >= (double)reader->track->samples) {
        memset(pcm, 0, count * sizeof *pcm);
        return ERR_NONE;
    }
    size_t span = (size_t)(floor(last) - whole) + 1;
    enum err e = fill(reader, (int64_t)whole - BEFORE, BEFORE + span + BEHIND);
    if (e)
        return e;
    double part = sample - whole;
    if (reader->rate != SOUND_48_KHZ) {
        const int16_t *nearest = reader->window + BEFORE;
        for (size_t i = 0; i < count; i++)
            pcm[i] = nearest[(size_t)(part + step * (double)i + 0.5)];
        return ERR_NONE;
    }
    for (size_t i = 0; i < count; i++) {
        double at = part + step * (double)i;
        size_t index = (size_t)at;
        if (index > span - 1)
            index = span - 1;
        pcm[i] = between(reader->window + index, (float)(at - (double)index));
    }
    return ERR_NONE;
}

enum err track_read(struct track_reader *reader, double from_ms, double to_ms, int16_t *pcm)
{
    int rate = reader->rate;
    int64_t (*sample_of)(double) = rate == SOUND_48_KHZ ? track_sample : track_coarse_sample;
    int64_t at = sample_of(from_ms), end = sample_of(to_ms);
    enum err e = ERR_NONE;
    while (at < end && !e) {
        double at_ms = (double)at * rate / TRACK_SAMPLES_MS, step;
        size_t count = end - at < BLOCK ? (size_t)(end - at) : BLOCK;
        size_t run = track_run(reader->track, at_ms, count * (size_t)rate, &step);
        count = (run + (size_t)rate - 1) / (size_t)rate;
        if (count * step > BLOCK) /* a line that no clock runs along: a window at a time */
            count = step < BLOCK ? (size_t)(BLOCK / step) : 1;
        e = read_line(reader, track_sample_at(reader->track, at_ms) / rate, step, pcm, count);
        pcm += count;
        at += (int64_t)count;
    }
    return e;
}

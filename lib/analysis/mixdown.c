#include "analysis/mixdown.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "media/mix.h"
#include "media/ogg.h"
#include "media/sound_file.h"

enum { PART_MAX_MS = 10000, PROGRESS_BLOCKS = 500, OUTPUTS_MAX = LIMIT_PARTICIPANTS + 1 };

/* One file that is being written, under a temporary name until it is whole. */
struct output {
    unsigned participant; /* 0: all */
    char path[PATH_MAX], part[PATH_MAX];
    struct wav_writer *wav;
    struct ogg_writer *ogg;
    int fd; /* Ogg's */
    int32_t sum[MEDIA_FRAME_SAMPLES];
};

struct mixdown {
    const struct mixdown_request *request;
    const struct track *tracks;
    size_t track_count;
    struct track_reader **readers; /* NULL for those without sound */
    struct output *outputs;
    size_t output_count;
    char *why;
    size_t why_size;
};

static enum err fail(struct mixdown *mixdown, enum err e, const char *what)
{
    snprintf(mixdown->why, mixdown->why_size, "%s: %s", what,
             e == ERR_IO ? strerror(errno) : err_code(e));
    return e;
}

/* ---- files ---- */

static bool ends_with(const char *path, const char *suffix)
{
    size_t len = strlen(path), suffix_len = strlen(suffix);
    return len > suffix_len && strcasecmp(path + len - suffix_len, suffix) == 0;
}

static bool is_ogg(const char *path)
{
    return ends_with(path, ".opus") || ends_with(path, ".ogg");
}

bool mixdown_takes(const char *path)
{
    return is_ogg(path) || ends_with(path, ".wav");
}

static enum err start_output(struct mixdown *mixdown, struct output *output)
{
    output->fd = -1;
    mixdown->output_count++;
    int len = snprintf(output->part, sizeof output->part, "%s.part", output->path);
    if (len < 0 || (size_t)len >= sizeof output->part) {
        errno = ENAMETOOLONG;
        return fail(mixdown, ERR_IO, "the mix");
    }
    enum err e = ERR_IO;
    if (!is_ogg(output->path)) {
        e = wav_open(output->part, &output->wav);
    } else {
        output->fd = open(output->part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
        if (output->fd >= 0)
            e = ogg_open(output->fd, MEDIA_RATE_HZ, NULL, 0, &output->ogg);
    }
    return e ? fail(mixdown, e, output->path) : ERR_NONE;
}

/* What may stand in a file's name anywhere: a nickname is anybody's word. */
static void name_output(const struct mixdown *mixdown, const struct debate_person *person,
                        struct output *output)
{
    char name[LIMIT_NICKNAME_CHARS * 4 + 1];
    snprintf(name, sizeof name, "%s", person->nickname);
    for (char *at = name; *at; at++) {
        if ((unsigned char)*at < ' ' || strchr("/\\:*?\"<>|\x7f", *at))
            *at = '_';
    }
    if (snprintf(output->path, sizeof output->path, "%s/p%u-%s.wav", mixdown->request->folder,
                 person->participant, name) >= (int)sizeof output->path)
        output->path[0] = '\0';
    output->participant = person->participant;
}

static bool has_sound(const struct mixdown *mixdown, unsigned participant)
{
    for (size_t i = 0; i < mixdown->track_count; i++) {
        if (mixdown->readers[i] && mixdown->tracks[i].participant == participant)
            return true;
    }
    return false;
}

static enum err start_outputs(struct mixdown *mixdown)
{
    const struct mixdown_request *request = mixdown->request;
    enum err e = ERR_NONE;
    if (request->mix) {
        struct output *output = &mixdown->outputs[0];
        snprintf(output->path, sizeof output->path, "%s", request->mix);
        e = start_output(mixdown, output);
    }
    if (!e && request->folder && mkdir(request->folder, 0777) != 0 && errno != EEXIST)
        e = fail(mixdown, ERR_IO, request->folder);
    for (size_t i = 0; request->folder && !e && i < request->debate->people_count; i++) {
        const struct debate_person *person = &request->debate->people[i];
        if (!has_sound(mixdown, person->participant))
            continue;
        struct output *output = &mixdown->outputs[mixdown->output_count];
        name_output(mixdown, person, output);
        e = start_output(mixdown, output);
    }
    return e;
}

static enum err close_output(struct output *output)
{
    enum err e = ERR_NONE;
    if (output->wav)
        e = wav_close(output->wav);
    if (output->ogg)
        e = ogg_close(output->ogg);
    if (output->fd >= 0 && close(output->fd) != 0 && !e)
        e = ERR_IO;
    return e;
}

/* All under their names, or none. */
static enum err end_outputs(struct mixdown *mixdown, enum err e)
{
    for (size_t i = 0; i < mixdown->output_count; i++) {
        enum err closed = close_output(&mixdown->outputs[i]);
        if (closed && !e)
            e = fail(mixdown, closed, mixdown->outputs[i].path);
    }
    for (size_t i = 0; i < mixdown->output_count; i++) {
        const struct output *output = &mixdown->outputs[i];
        if (!e && rename(output->part, output->path) != 0)
            e = fail(mixdown, ERR_IO, output->path);
        if (e)
            unlink(output->part);
    }
    return e;
}

/* ---- sound ---- */

static enum err open_readers(struct mixdown *mixdown)
{
    size_t open = 0;
    for (size_t i = 0; i < mixdown->track_count; i++) {
        enum err e = track_open(&mixdown->tracks[i], &mixdown->readers[i]);
        if (e && e != ERR_NOT_FOUND)
            return fail(mixdown, e, mixdown->tracks[i].path);
        open += e == ERR_NONE;
    }
    if (open > 0)
        return ERR_NONE;
    snprintf(mixdown->why, mixdown->why_size, "there is no sound of this debate");
    return ERR_NOT_FOUND;
}

static double end_of(const struct mixdown *mixdown)
{
    double end_ms = (double)mixdown->request->debate->end_ms, last_ms = end_ms;
    for (size_t i = 0; i < mixdown->track_count; i++) {
        if (mixdown->readers[i])
            last_ms = fmax(last_ms, track_to_ms(&mixdown->tracks[i]));
    }
    return fmin(last_ms, end_ms + PART_MAX_MS);
}

static enum err mix_block(struct mixdown *mixdown, double from_ms)
{
    int16_t pcm[MEDIA_FRAME_SAMPLES];
    for (size_t i = 0; i < mixdown->output_count; i++)
        memset(mixdown->outputs[i].sum, 0, sizeof mixdown->outputs[i].sum);
    for (size_t t = 0; t < mixdown->track_count; t++) {
        const struct track *track = &mixdown->tracks[t];
        if (!mixdown->readers[t] || from_ms + MEDIA_FRAME_MS < track_from_ms(track) ||
            from_ms > track_to_ms(track))
            continue;
        enum err e = track_read(mixdown->readers[t], from_ms, from_ms + MEDIA_FRAME_MS, pcm);
        if (e)
            return fail(mixdown, e, track->path);
        for (size_t i = 0; i < mixdown->output_count; i++) {
            struct output *output = &mixdown->outputs[i];
            if (!output->participant || output->participant == track->participant)
                mix_add(output->sum, pcm);
        }
    }
    for (size_t i = 0; i < mixdown->output_count; i++) {
        struct output *output = &mixdown->outputs[i];
        mix_finish(output->sum, pcm);
        enum err e = output->wav ? wav_write(output->wav, pcm, MEDIA_FRAME_SAMPLES)
                                 : ogg_write(output->ogg, pcm, MEDIA_FRAME_SAMPLES);
        if (e)
            return fail(mixdown, e, output->path);
    }
    return ERR_NONE;
}

static enum err mix_all(struct mixdown *mixdown)
{
    const struct mixdown_request *request = mixdown->request;
    double end_ms = end_of(mixdown);
    enum err e = ERR_NONE;
    for (long block = 0; !e && (double)block * MEDIA_FRAME_MS < end_ms; block++) {
        if (request->progress && block % PROGRESS_BLOCKS == 0)
            request->progress(request->context, "mix", (double)block * MEDIA_FRAME_MS, end_ms);
        e = mix_block(mixdown, (double)block * MEDIA_FRAME_MS);
    }
    if (!e && request->progress)
        request->progress(request->context, "mix", end_ms, end_ms);
    return e;
}

enum err mixdown_write(const struct mixdown_request *request, char *why, size_t why_size)
{
    struct mixdown mixdown = {.request = request, .why = why, .why_size = why_size};
    mixdown.tracks = tracks_all(request->tracks, &mixdown.track_count);
    mixdown.readers = mem_zalloc((mixdown.track_count + 1) * sizeof *mixdown.readers);
    mixdown.outputs = mem_zalloc(OUTPUTS_MAX * sizeof *mixdown.outputs);
    enum err e = ERR_NO_MEMORY;
    if (!mixdown.readers || !mixdown.outputs) {
        snprintf(why, why_size, "%s", err_code(e));
        goto out;
    }
    e = open_readers(&mixdown);
    if (!e)
        e = start_outputs(&mixdown);
    if (!e)
        e = mix_all(&mixdown);
    e = end_outputs(&mixdown, e);
out:
    for (size_t i = 0; mixdown.readers && i < mixdown.track_count; i++)
        track_close(mixdown.readers[i]);
    mem_free(mixdown.readers);
    mem_free(mixdown.outputs);
    return e;
}

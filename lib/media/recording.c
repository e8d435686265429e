#include "media/recording.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "media/fit.h"
#include "media/ogg.h"
#include "media/sound_file.h"

enum {
    FRAME_US = MEDIA_FRAME_MS * 1000,
    GAP_US = 2 * FRAME_US,
    /* Longer silence is no missed capture but a wrong clock. */
    GAP_MAX_US = 600 * 1000000,
    CHECKPOINT_US = 2000000,
    READING_US = 10000000,
    DRIFT_MIN_US = 10000000,
    COMPLETE_US = 40000,
    RECORDING_ID_MAX = 128, /* bytes */
};

/* The capture clock is followed this slowly, so that neither its drift (some 100 ppm) nor a frame
 * that was stamped late looks like a gap. */
static const double FOLLOW = 1.0 / 500;

struct recording {
    struct ogg_writer *ogg;
    int opus_fd, timeline_fd;
    enum err failed;
    int failed_errno;
    int64_t started_us, last_us; /* last_us: of the frame written last */
    int64_t checkpoint_us;       /* when the next is due */
    int64_t reading_us;          /* the same */
    double behind_us;            /* the clock's lead over the samples, followed */
    struct fit fit;              /* of the samples' lead over the clock, in seconds */
    struct recording_summary summary;
};

static int64_t samples_to_us(uint64_t samples)
{
    return (int64_t)(samples * 125 / 6);
}

/* One line, in one write, so that a crash leaves whole lines. */
__attribute__((format(printf, 2, 3))) static enum err note(int fd, const char *format, ...)
{
    char line[512];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    assert(len > 0 && (size_t)len < sizeof line);
    for (int at = 0; at < len;) {
        ssize_t written = write(fd, line + at, (size_t)(len - at));
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return ERR_IO;
        at += (int)written;
    }
    return ERR_NONE;
}

static bool id_is_fit(const char *id)
{
    size_t len = strlen(id);
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)id[i] <= ' ' || id[i] == 0x7f)
            return false;
    return len > 0 && len <= RECORDING_ID_MAX;
}

static int create(const char *path)
{
    return open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_APPEND, S_IRUSR | S_IWUSR);
}

static enum err begin(struct recording *recording, const char *id, int64_t started_at_ms)
{
    char started_at[32];
    snprintf(started_at, sizeof started_at, "%" PRId64, started_at_ms);
    const struct ogg_tag tags[] = {
        {"TITLE", id},
        {"RECORDING_ID", id},
        {"STARTED_AT_MS", started_at},
    };
    enum err e = ogg_open(recording->opus_fd, MEDIA_RATE_HZ, tags, sizeof tags / sizeof *tags,
                          &recording->ogg);
    if (e)
        return e;
    return note(recording->timeline_fd,
                "debate-timeline 1\nrecording_id %s\nstarted_at_ms %s\nrate %d\n", id, started_at,
                MEDIA_RATE_HZ);
}

static void release(struct recording *recording)
{
    int saved = errno;
    if (recording->opus_fd >= 0)
        close(recording->opus_fd);
    if (recording->timeline_fd >= 0)
        close(recording->timeline_fd);
    mem_free(recording);
    errno = saved;
}

enum err recording_start(const char *path, const char *recording_id, int64_t started_at_ms,
                         int64_t started_us, struct recording **out)
{
    char beside[PATH_MAX];
    if (!id_is_fit(recording_id) || !timeline_beside(path, beside, sizeof beside))
        return ERR_BAD_REQUEST;
    struct recording *recording = mem_zalloc(sizeof *recording);
    if (!recording)
        return ERR_NO_MEMORY;
    recording->started_us = recording->checkpoint_us = recording->reading_us = started_us;
    recording->last_us = started_us - FRAME_US;
    enum err e = ERR_IO;
    recording->timeline_fd = -1;
    recording->opus_fd = create(path);
    if (recording->opus_fd >= 0)
        recording->timeline_fd = create(beside);
    if (recording->timeline_fd >= 0)
        e = begin(recording, recording_id, started_at_ms);
    if (!e) {
        *out = recording;
        return ERR_NONE;
    }
    int saved = errno;
    enum err closed = recording->ogg ? ogg_close(recording->ogg) : ERR_NONE;
    (void)closed; /* the file goes away, and the first error is the one to tell */
    if (recording->timeline_fd >= 0)
        unlink(beside);
    if (recording->opus_fd >= 0)
        unlink(path);
    errno = saved;
    release(recording);
    return e;
}

static enum err fail(struct recording *recording, enum err e)
{
    recording->failed = e;
    recording->failed_errno = errno;
    return e;
}

static enum err write_gap(struct recording *recording, int64_t gap_us)
{
    static const int16_t silence[MEDIA_FRAME_SAMPLES];
    uint64_t length = (uint64_t)gap_us * 6 / 125;
    enum err e = note(recording->timeline_fd, "gap %" PRIu64 " %" PRIu64 "\n",
                      recording->summary.samples, length);
    for (uint64_t left = length; left > 0 && !e;) {
        size_t chunk = left < MEDIA_FRAME_SAMPLES ? (size_t)left : MEDIA_FRAME_SAMPLES;
        e = ogg_write(recording->ogg, silence, chunk);
        left -= chunk;
    }
    if (e)
        return e;
    fit_jump(&recording->fit);
    recording->summary.samples += length;
    recording->summary.gap_samples += length;
    recording->summary.gaps++;
    return ERR_NONE;
}

enum err recording_write(struct recording *recording, const int16_t pcm[MEDIA_FRAME_SAMPLES],
                         int64_t captured_us)
{
    if (recording->failed) {
        errno = recording->failed_errno;
        return recording->failed;
    }
    int64_t clock_us = captured_us - recording->started_us;
    double behind_us = (double)(clock_us - samples_to_us(recording->summary.samples));
    double late_us = behind_us - recording->behind_us;
    if (late_us > GAP_MAX_US)
        return ERR_BAD_REQUEST;
    enum err e = ERR_NONE;
    if (late_us > GAP_US)
        e = write_gap(recording, (int64_t)late_us);
    else
        recording->behind_us += FOLLOW * late_us;
    if (!e && captured_us >= recording->checkpoint_us) {
        e = note(recording->timeline_fd, "at %" PRIu64 " %" PRId64 "\n", recording->summary.samples,
                 clock_us);
        recording->checkpoint_us = captured_us + CHECKPOINT_US;
    }
    if (!e)
        e = ogg_write(recording->ogg, pcm, MEDIA_FRAME_SAMPLES);
    if (e)
        return fail(recording, e);
    double clock = (double)clock_us / 1e6;
    fit_add(&recording->fit, clock, (double)recording->summary.samples / MEDIA_RATE_HZ - clock);
    recording->summary.samples += MEDIA_FRAME_SAMPLES;
    recording->last_us = captured_us;
    return ERR_NONE;
}

enum err recording_session_clock(struct recording *recording, int64_t clock_us, double at_ms)
{
    if (recording->failed || clock_us < recording->reading_us)
        return recording->failed;
    recording->reading_us = clock_us + READING_US;
    enum err e = note(recording->timeline_fd, "session %" PRId64 " %" PRId64 "\n",
                      clock_us - recording->started_us, (int64_t)llround(at_ms * 1000));
    return e ? fail(recording, e) : ERR_NONE;
}

static void sum_up(struct recording *recording)
{
    struct recording_summary *summary = &recording->summary;
    int64_t clock_us = recording->last_us + FRAME_US - recording->started_us;
    summary->duration_ms = (clock_us + 500) / 1000;
    summary->drift_ppm = 0;
    if (clock_us >= DRIFT_MIN_US)
        summary->drift_ppm = fit_slope(&recording->fit, 0) * 1e6;
    double expected_us = (double)clock_us * (1 + summary->drift_ppm / 1e6);
    double off_us = (double)samples_to_us(summary->samples) - expected_us;
    summary->complete = !recording->failed && fabs(off_us) <= COMPLETE_US;
}

enum err recording_stop(struct recording *recording, struct recording_summary *summary)
{
    sum_up(recording);
    enum err e = recording->failed;
    int saved = recording->failed_errno;
    enum err closed = ogg_close(recording->ogg);
    const struct recording_summary *s = &recording->summary;
    if (!e && !closed)
        closed = note(recording->timeline_fd, "end %" PRIu64 " %" PRId64 " %.1f %s\n", s->samples,
                      s->duration_ms, s->drift_ppm, s->complete ? "yes" : "no");
    if (!closed && (fsync(recording->opus_fd) != 0 || fsync(recording->timeline_fd) != 0))
        closed = ERR_IO;
    if (!e) {
        e = closed;
        saved = errno;
    }
    if (e)
        recording->summary.complete = false;
    if (summary)
        *summary = recording->summary;
    release(recording);
    errno = saved;
    return e;
}

enum err recording_measure(const char *path, struct recording_summary *out)
{
    char beside[PATH_MAX];
    struct timeline timeline;
    if (!timeline_beside(path, beside, sizeof beside))
        return ERR_BAD_REQUEST;
    enum err e = timeline_read(beside, &timeline);
    if (e)
        return e;
    *out = timeline.summary;
    if (!timeline.ended) {
        out->complete = false;
        e = sound_file_length(path, &out->samples);
        out->duration_ms = samples_to_us(out->samples) / 1000;
    }
    timeline_release(&timeline);
    return e;
}

#include "analysis/track.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analysis/track_inner.h"
#include "analysis/why.h"
#include "base/log.h"
#include "base/mem.h"
#include "media/fit.h"
#include "media/recording.h"
#include "media/sound_reader.h"

enum {
    POINTS_MAX = 20000, /* a day with a checkpoint every 4 s; thinned, a few dozen */
    THIN_US = 500,      /* what a line of the map may be off */
    JUMP_US = 50000,    /* what two checkpoints may differ beside drift: a gap's rounding */
    LENGTH_SAMPLES = 40 * TRACK_SAMPLES_MS, /* as recording.h: complete to 40 ms */
    DRIFT_MS_MIN = 10000                    /* drift is told of nothing shorter */
};

static const double SAMPLES_MS = TRACK_SAMPLES_MS;
/* A crystal keeps within 1e-4; an hour of a debate's clocks within this. */
static const double DRIFT_MAX = 1e-3;
/* A timeline that is this far from the log's start is another recording's. */
static const double START_MS_MAX = 2000;
/* Two points closer than this tell nothing of a clock. */
static const double POINT_MS_MIN = 0.01;

/* ---- tracks ---- */

struct tracks *tracks_new(const char *dir, size_t count)
{
    struct tracks *tracks = mem_zalloc(sizeof *tracks);
    if (!tracks)
        return NULL;
    tracks->dir = mem_strdup(dir);
    tracks->tracks = mem_zalloc((count + 1) * sizeof *tracks->tracks);
    if (!tracks->dir || !tracks->tracks) {
        tracks_free(tracks);
        return NULL;
    }
    tracks->count = count;
    return tracks;
}

void tracks_free(struct tracks *tracks)
{
    if (!tracks)
        return;
    for (size_t i = 0; i < tracks->count; i++) {
        mem_free((char *)tracks->tracks[i].path);
        mem_free((char *)tracks->tracks[i].missing);
        mem_free((struct track_point *)tracks->tracks[i].points);
        mem_free((struct track_gap *)tracks->tracks[i].gaps);
    }
    mem_free(tracks->tracks);
    mem_free(tracks->dir);
    mem_free(tracks);
}

const struct track *tracks_all(const struct tracks *tracks, size_t *count)
{
    *count = tracks->count;
    return tracks->tracks;
}

/* ---- the map between samples and time ---- */

/* The index of the line on which a sample (or a time) lies: from that point to the next. */
static size_t line_of(const struct track *track, double value, bool is_sample)
{
    size_t low = 0, high = track->point_count > 1 ? track->point_count - 1 : 1;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        const struct track_point *point = &track->points[middle];
        if ((is_sample ? (double)point->sample : point->at_ms) <= value)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static double step_of(const struct track *track, size_t line)
{
    if (line + 1 >= track->point_count)
        return SAMPLES_MS;
    const struct track_point *from = &track->points[line], *to = from + 1;
    return (double)(to->sample - from->sample) / (to->at_ms - from->at_ms);
}

/* Session time of a sample of the file; the track has points. */
static double at_ms_of(const struct track *track, double sample)
{
    size_t line = line_of(track, sample, true);
    const struct track_point *from = &track->points[line];
    return from->at_ms + (sample - (double)from->sample) / step_of(track, line);
}

double track_sample_at(const struct track *track, double at_ms)
{
    size_t line = line_of(track, at_ms, false);
    const struct track_point *from = &track->points[line];
    return (double)from->sample + (at_ms - from->at_ms) * step_of(track, line);
}

size_t track_run(const struct track *track, double at_ms, size_t count, double *step)
{
    size_t line = line_of(track, at_ms, false);
    *step = step_of(track, line) / SAMPLES_MS;
    if (line + 2 >= track->point_count)
        return count;
    double left = (track->points[line + 1].at_ms - at_ms) * SAMPLES_MS;
    return left >= (double)count ? count : left < 1 ? 1 : (size_t)ceil(left);
}

double track_from_ms(const struct track *track)
{
    return track->point_count ? at_ms_of(track, 0) : 0;
}

double track_to_ms(const struct track *track)
{
    return track->point_count ? at_ms_of(track, (double)track->samples) : 0;
}

int64_t track_sample(double at_ms)
{
    return llround(at_ms * SAMPLES_MS);
}

int64_t track_coarse_sample(double at_ms)
{
    return llround(at_ms * TRACK_COARSE_SAMPLES_MS);
}

/* ---- placing ---- */

/* What one recording is placed by. */
struct placing {
    const struct debate *debate;
    const struct debate_recording *recording;
    struct track *track;
    struct track_point *points;
    const struct sound_stretch *stretches; /* WebM's */
    size_t stretch_count;
    double start_ms, rate; /* session time = start_ms + rate * the recorder's clock in ms */
};

/* Its clock on the session's: through the readings when they are worth it. False: the log does not
 * bear it out. */
static bool take_clock(struct placing *placing, const struct timeline *timeline)
{
    int64_t zero_ms = placing->debate->start_at_ms;
    struct fit fit = {0};
    double span_ms = 0;
    placing->start_ms = (double)timeline->started_at_ms - (double)zero_ms;
    placing->rate = 1;
    for (size_t i = 0; i < timeline->reading_count; i++) {
        double clock_ms = (double)timeline->readings[i].clock_us / 1000;
        double at_ms = (double)timeline->readings[i].at_us / 1000 - (double)zero_ms;
        fit_add(&fit, clock_ms, at_ms - clock_ms);
        span_ms = fmax(span_ms, clock_ms);
    }
    if (fit.count > 0) {
        /* Readings are off by some ms: in less than a minute that would be taken for drift. */
        double slope = span_ms >= 60000 ? fit_slope(&fit, 0) : 0;
        if (fabs(slope) > DRIFT_MAX)
            return false;
        placing->rate = 1 + slope;
        placing->start_ms = fit_at(&fit, 0, slope);
    }
    return fabs(placing->start_ms - (double)placing->recording->from_ms) <= START_MS_MAX;
}

static double session_ms(const struct placing *placing, double clock_ms)
{
    return placing->start_ms + placing->rate * clock_ms;
}

/* Each two as far apart on the one clock as on the other, and all ascending. */
static bool checkpoints_agree(const struct timeline *timeline)
{
    const struct timeline_checkpoint *points = timeline->checkpoints;
    const uint64_t clock_max_us = SOUND_SAMPLES_MAX / MEDIA_RATE_HZ * 1000000;
    for (size_t i = 0; i < timeline->checkpoint_count; i++) {
        if (points[i].sample > SOUND_SAMPLES_MAX || points[i].clock_us < -JUMP_US ||
            points[i].clock_us > (int64_t)clock_max_us)
            return false;
        if (i == 0)
            continue;
        if (points[i].sample <= points[i - 1].sample ||
            points[i].clock_us <= points[i - 1].clock_us)
            return false;
        double samples_us = (double)(points[i].sample - points[i - 1].sample) * 1000 / SAMPLES_MS;
        double clock_us = (double)(points[i].clock_us - points[i - 1].clock_us);
        if (fabs(samples_us - clock_us) > JUMP_US + DRIFT_MAX * clock_us)
            return false;
    }
    return timeline->checkpoint_count > 0;
}

static enum err put_points(struct placing *placing, size_t count)
{
    placing->points = mem_alloc(count * sizeof *placing->points);
    placing->track->points = placing->points;
    return placing->points ? ERR_NONE : ERR_NO_MEMORY;
}

/* A line that would run backwards, or faster than any clock, is left out. */
static void add_point(struct placing *placing, uint64_t sample, double at_ms)
{
    size_t count = placing->track->point_count;
    const struct track_point *last = count ? &placing->points[count - 1] : NULL;
    if (last && (sample <= last->sample || at_ms - last->at_ms < POINT_MS_MIN))
        return;
    placing->points[count] = (struct track_point){.sample = sample, .at_ms = at_ms};
    placing->track->point_count++;
}

/* By what the file's own timestamps say of the recorder's clock. */
static enum err place_stretches(struct placing *placing)
{
    struct track_gap *gaps = mem_alloc((placing->stretch_count + 1) * sizeof *gaps);
    enum err e = gaps ? put_points(placing, 2 * placing->stretch_count + 1) : ERR_NO_MEMORY;
    placing->track->gaps = gaps;
    for (size_t i = 0; i < placing->stretch_count && !e; i++) {
        const struct sound_stretch *stretch = &placing->stretches[i];
        if (i > 0)
            gaps[placing->track->gap_count++] =
                (struct track_gap){.from_ms = session_ms(placing, stretch[-1].to_ms),
                                   .to_ms = session_ms(placing, stretch->from_ms)};
        add_point(placing, stretch->from_sample, session_ms(placing, stretch->from_ms));
        add_point(placing, stretch->to_sample, session_ms(placing, stretch->to_ms));
    }
    return e;
}

static enum err place_checkpoints(struct placing *placing, struct timeline *timeline)
{
    enum err e = timeline_smooth(timeline);
    if (e)
        return e;
    timeline_thin(timeline, THIN_US);
    if (timeline->checkpoint_count > POINTS_MAX)
        timeline->checkpoint_count = POINTS_MAX;
    e = put_points(placing, timeline->checkpoint_count);
    for (size_t i = 0; i < timeline->checkpoint_count && !e; i++)
        add_point(placing, timeline->checkpoints[i].sample,
                  session_ms(placing, (double)timeline->checkpoints[i].clock_us / 1000));
    return e;
}

static enum err place_gaps(struct placing *placing, const struct timeline *timeline)
{
    struct track *track = placing->track;
    struct track_gap *gaps = mem_alloc((timeline->gap_count + 1) * sizeof *gaps);
    track->gaps = gaps;
    if (!gaps)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < timeline->gap_count; i++) {
        const struct timeline_gap *gap = &timeline->gaps[i];
        if (gap->sample < track->samples && gap->length <= track->samples - gap->sample)
            gaps[track->gap_count++] =
                (struct track_gap){.from_ms = at_ms_of(track, (double)gap->sample),
                                   .to_ms = at_ms_of(track, (double)(gap->sample + gap->length))};
    }
    return ERR_NONE;
}

/* What the recorder itself found is told apart from gaps; what the points say is not. */
static double drift_of(const struct placing *placing, const struct timeline *timeline)
{
    const struct track *track = placing->track;
    if (track->point_count < 2 ||
        track->points[track->point_count - 1].at_ms - track->points[0].at_ms < DRIFT_MS_MIN)
        return 0;
    if (timeline && timeline->ended && !placing->stretch_count)
        return timeline->summary.drift_ppm + (1 / placing->rate - 1) * 1e6;
    size_t line = 0; /* the longest */
    for (size_t i = 0; i + 1 < track->point_count; i++) {
        if (track->points[i + 1].sample - track->points[i].sample >
            track->points[line + 1].sample - track->points[line].sample)
            line = i;
    }
    return (step_of(track, line) / SAMPLES_MS - 1) * 1e6;
}

/* By the log: from its start on, and up to its end where that is no further off than a clock can
 * drift; otherwise something is missing somewhere. */
static enum err place_by_log(struct placing *placing)
{
    const struct debate_recording *recording = placing->recording;
    const struct track *track = placing->track;
    placing->start_ms = (double)recording->from_ms;
    placing->rate = 1;
    enum err e = placing->stretch_count ? place_stretches(placing) : put_points(placing, 2);
    if (e || placing->stretch_count) {
        placing->track->drift_ppm = drift_of(placing, NULL);
        return e;
    }
    double length_ms = (double)track->samples / SAMPLES_MS;
    double logged_ms = (double)recording->to_ms - (double)recording->from_ms;
    add_point(placing, 0, placing->start_ms);
    if (track->samples && fabs(logged_ms - length_ms) <= DRIFT_MAX * length_ms)
        add_point(placing, track->samples, placing->start_ms + logged_ms);
    placing->track->drift_ppm = drift_of(placing, NULL);
    return ERR_NONE;
}

static enum err place_by_timeline(struct placing *placing, struct timeline *timeline, bool *placed)
{
    struct track *track = placing->track;
    *placed = timeline->rate_hz == MEDIA_RATE_HZ &&
              strcmp(timeline->recording_id, placing->recording->recording_id) == 0 &&
              take_clock(placing, timeline) &&
              (placing->stretch_count || checkpoints_agree(timeline));
    if (!*placed)
        return ERR_NONE;
    enum err e =
        placing->stretch_count ? place_stretches(placing) : place_checkpoints(placing, timeline);
    if (!e && !placing->stretch_count)
        e = place_gaps(placing, timeline);
    track->has_timeline = true;
    double off = fabs((double)track->samples - (double)timeline->summary.samples);
    track->drift_ppm = drift_of(placing, timeline);
    track->complete = timeline->ended && timeline->summary.complete && off <= LENGTH_SAMPLES;
    return e;
}

static enum err place(struct placing *placing)
{
    char beside[PATH_MAX];
    struct timeline timeline;
    bool placed = false;
    enum err e = timeline_beside(placing->track->path, beside, sizeof beside)
                     ? timeline_read(beside, &timeline)
                     : ERR_TOO_LARGE;
    if (e == ERR_NO_MEMORY)
        return e;
    if (!e) {
        e = place_by_timeline(placing, &timeline, &placed);
        timeline_release(&timeline);
        if (e)
            return e;
        if (!placed)
            log_warning("%s does not fit its recording: placed by the log instead", beside);
    } else if (e != ERR_IO || errno != ENOENT) {
        log_warning("%s cannot be read: placed by the log instead", beside);
    }
    return placed ? ERR_NONE : place_by_log(placing);
}

static enum err miss(struct track *track, const char *why)
{
    mem_free((char *)track->path);
    track->path = NULL;
    track->missing = mem_strdup(why);
    return track->missing ? ERR_NONE : ERR_NO_MEMORY;
}

static enum err miss_for(struct track *track, enum why why)
{
    char line[WHY_SIZE];
    why_note(line, sizeof line, why, NULL, NULL, NULL);
    return miss(track, line);
}

static enum err place_one(const struct debate *debate, size_t index, const char *dir,
                          struct track *track)
{
    struct placing placing = {
        .debate = debate, .recording = &debate->recordings[index], .track = track};
    struct sound_reader *reader;
    char *path = NULL;
    track->participant = placing.recording->participant;
    track->recording = index;
    enum err e = track_find(dir, placing.recording, &path);
    track->path = path;
    if (e)
        return e;
    if (!path)
        return miss_for(track, placing.recording->uploaded ? WHY_GONE : WHY_NOT_ARRIVED);
    e = sound_reader_open(path, SOUND_48_KHZ, &reader);
    if (e)
        return e == ERR_NO_MEMORY ? e
               : e == ERR_IO      ? miss(track, strerror(errno))
                                  : miss_for(track, WHY_NO_OPUS);
    track->samples = sound_reader_samples(reader);
    placing.stretches = sound_reader_stretches(reader, &placing.stretch_count);
    e = track->samples ? place(&placing) : miss_for(track, WHY_NO_SOUND);
    sound_reader_close(reader);
    if (!e && track->path && placing.recording->uploaded)
        e = track_is_altered(track->path, placing.recording->sha256, &track->altered);
    track->complete &= !track->altered;
    return e;
}

enum err tracks_place(const struct debate *debate, const char *dir, struct tracks **out)
{
    struct tracks *tracks = tracks_new(dir, debate->recording_count);
    enum err e = tracks ? ERR_NONE : ERR_NO_MEMORY;
    for (size_t i = 0; i < debate->recording_count && !e; i++)
        e = place_one(debate, i, dir, &tracks->tracks[i]);
    if (e) {
        int saved = errno;
        tracks_free(tracks);
        errno = saved;
        return e;
    }
    *out = tracks;
    return ERR_NONE;
}

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "media/fit.h"
#include "media/recording.h"

enum {
    AROUND_US = 20 * 1000000, /* smoothed over so much on either side */
    AROUND_MIN = 5,           /* fewer points make no better line */
    JUMP_US = 10000,          /* more is no jitter: frames were lost */
    TOLERANCE_US = 1000,
    TOLERANCE_US_MAX = 1 << 30, /* by then first and last alone are left */
};

/* How far the clock is ahead of the samples, which is what changes little. */
static double ahead_us(const struct timeline_checkpoint *point)
{
    return (double)point->clock_us - (double)point->sample * 1e6 / MEDIA_RATE_HZ;
}

/* Whether capture went on without a break from one checkpoint to the next. `*gap`: the first gap
 * that is not before `from`. */
static bool goes_on(const struct timeline *timeline, const struct timeline_checkpoint *from,
                    size_t *gap)
{
    while (*gap < timeline->gap_count && timeline->gaps[*gap].sample < from->sample)
        ++*gap;
    return from[1].sample > from->sample && from[1].clock_us > from->clock_us &&
           fabs(ahead_us(from + 1) - ahead_us(from)) <= JUMP_US &&
           (*gap == timeline->gap_count || timeline->gaps[*gap].sample >= from[1].sample);
}

static void smooth_stretch(const struct timeline_checkpoint *from, size_t count,
                           struct timeline_checkpoint *out)
{
    size_t low = 0, high = 0;
    for (size_t i = 0; i < count; i++) {
        struct fit fit = {0};
        while (from[i].clock_us - from[low].clock_us > AROUND_US)
            low++;
        while (high < count && from[high].clock_us - from[i].clock_us <= AROUND_US)
            high++;
        out[i] = from[i];
        if (high - low < AROUND_MIN)
            continue;
        for (size_t j = low; j < high; j++)
            fit_add(&fit, (double)(from[j].sample - from[low].sample), ahead_us(&from[j]));
        double x = (double)(from[i].sample - from[low].sample);
        out[i].clock_us += llround(fit_at(&fit, x, fit_slope(&fit, 0)) - ahead_us(&from[i]));
    }
}

enum err timeline_smooth(struct timeline *timeline)
{
    size_t count = timeline->checkpoint_count, gap = 0;
    struct timeline_checkpoint *smooth = mem_alloc((count + 1) * sizeof *smooth);
    if (!smooth)
        return ERR_NO_MEMORY;
    for (size_t from = 0, to; from < count; from = to) {
        to = from + 1;
        while (to < count && goes_on(timeline, &timeline->checkpoints[to - 1], &gap))
            to++;
        smooth_stretch(&timeline->checkpoints[from], to - from, &smooth[from]);
    }
    mem_free(timeline->checkpoints);
    timeline->checkpoints = smooth;
    return ERR_NONE;
}

/* From each point that stays, the cone of lines that pass all points behind it closely enough; the
 * last point within the cone stays. */
void timeline_thin(struct timeline *timeline, int64_t tolerance_us)
{
    struct timeline_checkpoint *points = timeline->checkpoints;
    size_t kept = 1;
    double low = -INFINITY, high = INFINITY, tolerance = (double)tolerance_us;
    if (timeline->checkpoint_count < 3)
        return;
    struct timeline_checkpoint from = points[0], last = points[0];
    for (size_t i = 1; i < timeline->checkpoint_count; i++) {
        struct timeline_checkpoint point = points[i];
        if (point.sample <= last.sample)
            continue;
        double run = (double)(point.sample - from.sample);
        double rise = ahead_us(&point) - ahead_us(&from);
        if (rise / run < low || rise / run > high) {
            points[kept++] = from = last;
            low = -INFINITY;
            high = INFINITY;
            run = (double)(point.sample - from.sample);
            rise = ahead_us(&point) - ahead_us(&from);
        }
        low = fmax(low, (rise - tolerance) / run);
        high = fmin(high, (rise + tolerance) / run);
        last = point;
    }
    if (last.sample > from.sample)
        points[kept++] = last;
    timeline->checkpoint_count = kept;
}

/* Differences from the first reading, so that a double holds the microseconds. */
static void thin_readings(struct timeline *timeline)
{
    struct timeline_reading *readings = timeline->readings;
    size_t count = timeline->reading_count;
    if (count < 3)
        return;
    struct timeline_reading first = readings[0], *last = &readings[count - 1];
    struct fit fit = {0};
    for (size_t i = 0; i < count; i++) {
        double clock = (double)(readings[i].clock_us - first.clock_us);
        fit_add(&fit, clock, (double)(readings[i].at_us - first.at_us) - clock);
    }
    double slope = fit_slope(&fit, 0), span = (double)(last->clock_us - first.clock_us);
    readings[0].at_us = first.at_us + llround(fit_at(&fit, 0, slope));
    readings[1].clock_us = last->clock_us;
    readings[1].at_us = first.at_us + llround(span + fit_at(&fit, span, slope));
    timeline->reading_count = 2;
}

static enum err print(const struct timeline *timeline, struct buf *out)
{
    const struct recording_summary *s = &timeline->summary;
    enum err e = buf_printf(
        out, "debate-timeline 1\nrecording_id %s\nstarted_at_ms %" PRId64 "\nrate %" PRIu32 "\n",
        timeline->recording_id, timeline->started_at_ms, timeline->rate_hz);
    for (size_t i = 0; i < timeline->checkpoint_count && !e; i++)
        e = buf_printf(out, "at %" PRIu64 " %" PRId64 "\n", timeline->checkpoints[i].sample,
                       timeline->checkpoints[i].clock_us);
    for (size_t i = 0; i < timeline->reading_count && !e; i++)
        e = buf_printf(out, "session %" PRId64 " %" PRId64 "\n", timeline->readings[i].clock_us,
                       timeline->readings[i].at_us);
    for (size_t i = 0; i < timeline->gap_count && !e; i++)
        e = buf_printf(out, "gap %" PRIu64 " %" PRIu64 "\n", timeline->gaps[i].sample,
                       timeline->gaps[i].length);
    if (!e && timeline->ended)
        e = buf_printf(out, "end %" PRIu64 " %" PRId64 " %.1f %s\n", s->samples, s->duration_ms,
                       s->drift_ppm, s->complete ? "yes" : "no");
    return e;
}

enum err timeline_compact(struct timeline *timeline, struct buf *out)
{
    struct buf text;
    enum err e = timeline_smooth(timeline);
    if (e)
        return e;
    thin_readings(timeline);
    if (timeline->gap_count > TIMELINE_COMPACT_GAPS)
        timeline->gap_count = TIMELINE_COMPACT_GAPS;
    buf_init(&text, TIMELINE_COMPACT_MAX);
    e = ERR_FULL;
    for (int64_t tolerance_us = TOLERANCE_US; e == ERR_FULL && tolerance_us < TOLERANCE_US_MAX;
         tolerance_us *= 2) {
        buf_clear(&text);
        timeline_thin(timeline, tolerance_us);
        e = print(timeline, &text);
    }
    if (!e)
        e = buf_append(out, text.data, text.len);
    buf_release(&text);
    return e;
}

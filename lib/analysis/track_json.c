#include <stdio.h>
#include <string.h>

#include "analysis/fields.h"
#include "analysis/track_inner.h"
#include "base/mem.h"
#include "proto/json_reader.h"
#include "proto/json_writer.h"

static void write_track(struct json_writer *json, const struct track *track, const char *dir)
{
    size_t dir_len = strlen(dir);
    const char *path = track->path;
    if (path && strncmp(path, dir, dir_len) == 0 && path[dir_len] == '/')
        path += dir_len + 1;
    json_write_object(json, NULL);
    json_write_integer(json, "participant", track->participant);
    json_write_integer(json, "recording", (int64_t)track->recording);
    json_write_string(json, "file", path);
    json_write_string(json, "missing", track->missing);
    json_write_integer(json, "samples", (int64_t)track->samples);
    json_write_number(json, "drift_ppm", track->drift_ppm);
    json_write_bool(json, "has_timeline", track->has_timeline);
    json_write_bool(json, "altered", track->altered);
    json_write_bool(json, "complete", track->complete);
    json_write_array(json, "points");
    for (size_t i = 0; i < track->point_count; i++) {
        json_write_object(json, NULL);
        json_write_integer(json, "sample", (int64_t)track->points[i].sample);
        json_write_number(json, "at_ms", track->points[i].at_ms);
        json_write_object_end(json);
    }
    json_write_array_end(json);
    json_write_array(json, "gaps");
    for (size_t i = 0; i < track->gap_count; i++) {
        json_write_object(json, NULL);
        json_write_number(json, "from_ms", track->gaps[i].from_ms);
        json_write_number(json, "to_ms", track->gaps[i].to_ms);
        json_write_object_end(json);
    }
    json_write_array_end(json);
    json_write_object_end(json);
}

enum err tracks_json(const struct tracks *tracks, struct buf *out)
{
    struct json_writer json;
    json_write_begin_indented(&json, out);
    json_write_array(&json, "tracks");
    for (size_t i = 0; i < tracks->count; i++)
        write_track(&json, &tracks->tracks[i], tracks->dir);
    json_write_array_end(&json);
    return json_write_end(&json);
}

/* ---- reading ---- */

static enum err read_text(const struct json *object, const char *name, const char **out)
{
    const char *text = json_string(object, name);
    if (!text)
        return ERR_NONE;
    *out = mem_strdup(text);
    return *out ? ERR_NONE : ERR_NO_MEMORY;
}

static enum err read_path(const struct json *object, const char *dir, const char **out)
{
    const char *file = json_string(object, "file");
    if (!file)
        return ERR_NONE;
    size_t size = strlen(dir) + 1 + strlen(file) + 1;
    char *path = mem_alloc(size);
    if (!path)
        return ERR_NO_MEMORY;
    if (file[0] == '/')
        memcpy(path, file, strlen(file) + 1);
    else
        snprintf(path, size, "%s/%s", dir, file);
    *out = path;
    return ERR_NONE;
}

static enum err read_points(const struct json *array, struct track *track)
{
    struct track_point *points = mem_alloc((json_count(array) + 1) * sizeof *points);
    track->points = points;
    if (!points)
        return ERR_NO_MEMORY;
    for (const struct json *item = json_first(array); item; item = json_next(item)) {
        double sample = json_number(item, "sample", -1), at_ms = json_number(item, "at_ms", 0);
        if (!(sample >= 0 && sample < 1e15))
            return ERR_CORRUPT;
        struct track_point point = {.sample = (uint64_t)sample, .at_ms = at_ms};
        const struct track_point *last = &points[track->point_count - 1];
        if (track->point_count && (point.sample <= last->sample || !(at_ms > last->at_ms)))
            return ERR_CORRUPT;
        points[track->point_count++] = point;
    }
    return ERR_NONE;
}

static enum err read_gaps(const struct json *array, struct track *track)
{
    struct track_gap *gaps = mem_alloc((json_count(array) + 1) * sizeof *gaps);
    track->gaps = gaps;
    if (!gaps)
        return ERR_NO_MEMORY;
    for (const struct json *item = json_first(array); item; item = json_next(item))
        gaps[track->gap_count++] = (struct track_gap){.from_ms = json_number(item, "from_ms", 0),
                                                      .to_ms = json_number(item, "to_ms", 0)};
    return ERR_NONE;
}

static enum err read_track(const struct json *object, const char *dir, size_t index,
                           struct track *track)
{
    double participant = json_number(object, "participant", 0);
    double samples = json_number(object, "samples", -1);
    if (!(participant >= 1 && participant <= LIMIT_PARTICIPANTS) ||
        !(samples >= 0 && samples < 1e15) || json_number(object, "recording", -1) != (double)index)
        return ERR_CORRUPT;
    track->participant = (unsigned)participant;
    track->recording = index;
    track->samples = (uint64_t)samples;
    track->drift_ppm = json_number(object, "drift_ppm", 0);
    track->has_timeline = json_bool(object, "has_timeline", false);
    track->altered = json_bool(object, "altered", false);
    track->complete = json_bool(object, "complete", false);
    enum err e = read_path(object, dir, &track->path);
    if (!e)
        e = read_text(object, "missing", &track->missing);
    if (!e)
        e = read_points(json_member(object, "points"), track);
    if (!e)
        e = read_gaps(json_member(object, "gaps"), track);
    if (!e && (!track->path == !track->missing || !track->path == (track->point_count > 0)))
        e = ERR_CORRUPT;
    return e;
}

enum err tracks_from_json(const char *text, size_t len, const char *dir, struct tracks **out)
{
    struct json *document;
    enum err e = fields_read(text, len, &document);
    if (e)
        return e;
    const struct json *array = json_member(document, "tracks");
    struct tracks *tracks = tracks_new(dir, json_count(array));
    size_t index = 0;
    e = !tracks ? ERR_NO_MEMORY : array ? ERR_NONE : ERR_CORRUPT;
    for (const struct json *item = json_first(array); item && !e; item = json_next(item), index++)
        e = read_track(item, dir, index, &tracks->tracks[index]);
    json_free(document);
    if (e) {
        tracks_free(tracks);
        return e;
    }
    *out = tracks;
    return ERR_NONE;
}

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "media/recording.h"
#include "media/regular_file.h"

enum { FILE_BYTES_MAX = 16 << 20, WORDS_MAX = 5 };

/* Cuts `line` at single spaces; returns how many words, WORDS_MAX + 1 when there are more. */
static size_t split(char *line, char *words[WORDS_MAX])
{
    size_t count = 0;
    for (char *rest = line; rest; count++) {
        if (count == WORDS_MAX)
            return WORDS_MAX + 1;
        words[count] = strsep(&rest, " ");
    }
    return count;
}

static bool to_signed(const char *word, int64_t *out)
{
    bool negative = *word == '-';
    uint64_t magnitude;
    if (!str_to_u64(word + negative, INT64_MAX, &magnitude))
        return false;
    *out = negative ? -(int64_t)magnitude : (int64_t)magnitude;
    return true;
}

/* Room for one more of `size` bytes; the array doubles. */
static enum err grow(void **array, size_t count, size_t size)
{
    if (count & (count - 1) || (count > 0 && count < 8))
        return ERR_NONE;
    void *more = mem_realloc(*array, (count ? 2 * count : 8) * size);
    if (!more)
        return ERR_NO_MEMORY;
    *array = more;
    return ERR_NONE;
}

bool timeline_beside(const char *path, char *out, size_t size)
{
    static const char *const suffixes[] = {".opus", ".ogg", ".webm"};
    size_t len = strlen(path);
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        size_t end = strlen(suffixes[i]);
        if (len > end && strcmp(path + len - end, suffixes[i]) == 0) {
            len -= end;
            break;
        }
    }
    int made = snprintf(out, size, "%.*s.timeline", (int)len, path);
    return made > 0 && (size_t)made < size;
}

static enum err take_checkpoint(struct timeline *timeline, char **words)
{
    struct timeline_checkpoint point;
    if (!str_to_u64(words[1], UINT64_MAX, &point.sample) || !to_signed(words[2], &point.clock_us))
        return ERR_CORRUPT;
    void *array = timeline->checkpoints;
    enum err e = grow(&array, timeline->checkpoint_count, sizeof point);
    if (e)
        return e;
    timeline->checkpoints = array;
    timeline->checkpoints[timeline->checkpoint_count++] = point;
    return ERR_NONE;
}

static enum err take_reading(struct timeline *timeline, char **words)
{
    struct timeline_reading reading;
    if (!to_signed(words[1], &reading.clock_us) || !to_signed(words[2], &reading.at_us))
        return ERR_CORRUPT;
    void *array = timeline->readings;
    enum err e = grow(&array, timeline->reading_count, sizeof reading);
    if (e)
        return e;
    timeline->readings = array;
    timeline->readings[timeline->reading_count++] = reading;
    return ERR_NONE;
}

static enum err take_gap(struct timeline *timeline, char **words)
{
    struct timeline_gap gap;
    if (!str_to_u64(words[1], UINT64_MAX, &gap.sample) ||
        !str_to_u64(words[2], UINT64_MAX, &gap.length))
        return ERR_CORRUPT;
    void *array = timeline->gaps;
    enum err e = grow(&array, timeline->gap_count, sizeof gap);
    if (e)
        return e;
    timeline->gaps = array;
    timeline->gaps[timeline->gap_count++] = gap;
    timeline->summary.gap_samples += gap.length;
    timeline->summary.gaps++;
    return ERR_NONE;
}

static enum err take_end(struct timeline *timeline, char **words)
{
    struct recording_summary *summary = &timeline->summary;
    char *end;
    summary->drift_ppm = strtod(words[3], &end);
    summary->complete = strcmp(words[4], "yes") == 0;
    if (end == words[3] || *end || !isfinite(summary->drift_ppm) ||
        !str_to_u64(words[1], UINT64_MAX, &summary->samples) ||
        !to_signed(words[2], &summary->duration_ms) ||
        (!summary->complete && strcmp(words[4], "no") != 0))
        return ERR_CORRUPT;
    timeline->ended = true;
    return ERR_NONE;
}

static enum err take_line(struct timeline *timeline, char *line)
{
    char *words[WORDS_MAX];
    size_t count = split(line, words);
    if (strcmp(words[0], "recording_id") == 0 && count == 2) {
        if (timeline->recording_id)
            return ERR_CORRUPT;
        timeline->recording_id = mem_strdup(words[1]);
        return timeline->recording_id ? ERR_NONE : ERR_NO_MEMORY;
    }
    if (strcmp(words[0], "started_at_ms") == 0 && count == 2)
        return to_signed(words[1], &timeline->started_at_ms) ? ERR_NONE : ERR_CORRUPT;
    if (strcmp(words[0], "rate") == 0 && count == 2) {
        uint64_t rate_hz;
        if (!str_to_u64(words[1], UINT32_MAX, &rate_hz))
            return ERR_CORRUPT;
        timeline->rate_hz = (uint32_t)rate_hz;
        return ERR_NONE;
    }
    if (strcmp(words[0], "at") == 0 && count == 3)
        return take_checkpoint(timeline, words);
    if (strcmp(words[0], "session") == 0 && count == 3)
        return take_reading(timeline, words);
    if (strcmp(words[0], "gap") == 0 && count == 3)
        return take_gap(timeline, words);
    if (strcmp(words[0], "end") == 0 && count == 5)
        return take_end(timeline, words);
    return ERR_NONE;
}

static enum err take_lines(struct timeline *timeline, char *text)
{
    static const char first[] = "debate-timeline 1\n";
    if (strncmp(text, first, strlen(first)) != 0)
        return ERR_CORRUPT;
    char *rest = text + strlen(first);
    for (char *newline; (newline = strchr(rest, '\n')); rest = newline + 1) {
        *newline = '\0';
        enum err e = take_line(timeline, rest);
        if (e)
            return e;
    }
    return timeline->recording_id && timeline->rate_hz ? ERR_NONE : ERR_CORRUPT;
}

enum err timeline_parse(char *text, struct timeline *out)
{
    memset(out, 0, sizeof *out);
    enum err e = take_lines(out, text);
    if (e)
        timeline_release(out);
    return e;
}

static enum err read_text(const char *path, char **text)
{
    int fd = regular_file_open(path);
    FILE *file = fd >= 0 ? fdopen(fd, "rb") : NULL;
    if (!file) {
        if (fd >= 0)
            close(fd);
        return ERR_IO;
    }
    struct stat stat;
    enum err e = ERR_IO;
    char *bytes = NULL;
    if (fstat(fileno(file), &stat) != 0)
        goto out;
    if (stat.st_size > FILE_BYTES_MAX) {
        e = ERR_TOO_LARGE;
        goto out;
    }
    bytes = mem_alloc((size_t)stat.st_size + 1);
    if (!bytes) {
        e = ERR_NO_MEMORY;
        goto out;
    }
    size_t len = fread(bytes, 1, (size_t)stat.st_size, file);
    if (ferror(file))
        goto out;
    bytes[len] = '\0';
    *text = bytes;
    bytes = NULL;
    e = ERR_NONE;
out:;
    int saved = errno;
    mem_free(bytes);
    fclose(file);
    errno = saved;
    return e;
}

enum err timeline_read(const char *path, struct timeline *out)
{
    char *text = NULL;
    enum err e = read_text(path, &text);
    if (e)
        return e;
    e = timeline_parse(text, out);
    mem_free(text);
    return e;
}

void timeline_release(struct timeline *timeline)
{
    mem_free(timeline->recording_id);
    mem_free(timeline->checkpoints);
    mem_free(timeline->readings);
    mem_free(timeline->gaps);
    memset(timeline, 0, sizeof *timeline);
}

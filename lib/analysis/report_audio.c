/* Recordings in the page, and the links by which they are heard. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "analysis/report_out.h"
#include "base/str.h"
#include "media/sound_reader.h"

enum {
    CHUNK = 3 * 2048,    /* a multiple of three: base64 needs no padding within */
    PAD_BEFORE_MS = 100, /* speech detection cuts close */
    PAD_AFTER_MS = 200
};

static bool can_be_heard(const struct report *report, size_t track)
{
    return report->audio != REPORT_AUDIO_NONE && track < report->track_count &&
           report->tracks[track].path && !report->tracks[track].missing;
}

unsigned report_colour(unsigned participant)
{
    return (participant - 1) % 8 + 1; /* as many as the style has */
}

void report_sound(struct out *out, size_t track, double from_ms, double to_ms)
{
    if (!can_be_heard(out->report, track))
        return;
    const struct track *heard = &out->report->tracks[track];
    out_format(out, " data-r=\"%zu\" data-b=\"%.2f\" data-e=\"%.2f\"", track,
               report_track_s(heard, from_ms - PAD_BEFORE_MS),
               report_track_s(heard, to_ms + PAD_AFTER_MS));
}

/* ---- the recordings themselves ---- */

static void put_base64(struct out *out, FILE *file, const unsigned char *first, size_t first_len)
{
    unsigned char bytes[CHUNK];
    char text[CHUNK / 3 * 4 + 1];
    size_t len = first_len;
    memcpy(bytes, first, first_len);
    while (!out->failed) {
        len += fread(bytes + len, 1, sizeof bytes - len, file);
        base64_encode(bytes, len, text);
        out_raw(out, text);
        if (len < sizeof bytes)
            break;
        len = 0;
    }
    if (ferror(file) && !out->failed)
        out->failed = ERR_IO;
}

static void embed(struct out *out, const struct track *track)
{
    unsigned char first[4];
    FILE *file = fopen(track->path, "rbe");
    if (!file) {
        if (!out->failed)
            out->failed = ERR_IO;
        return;
    }
    size_t len = fread(first, 1, sizeof first, file);
    const char *type = sound_media_type(first, len);
    out_format(out, "data:%s;base64,", type ? type : "audio/ogg");
    put_base64(out, file, first, len);
    int error = errno;
    fclose(file);
    errno = error;
}

/* RFC 3986: whatever is not unreserved is escaped. */
static void put_url_segment(struct out *out, const char *name)
{
    for (; *name; name++) {
        unsigned char c = (unsigned char)*name;
        bool is_plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                        (c >= 'A' && c <= 'Z') || strchr("-._~", c);
        out_format(out, is_plain ? "%c" : "%%%02X", c);
    }
}

static void name_beside(struct out *out, const struct track *track)
{
    const char *slash = strrchr(track->path, '/');
    out_text(out, out->report->audio_folder);
    put_url_segment(out, slash ? slash + 1 : track->path);
}

void report_audio(struct out *out, size_t track)
{
    const struct report *report = out->report;
    if (!can_be_heard(report, track))
        return;
    out_format(out, "<audio id=\"r%zu\" controls preload=\"none\" src=\"", track);
    if (report->audio == REPORT_AUDIO_EMBED)
        embed(out, &report->tracks[track]);
    else
        name_beside(out, &report->tracks[track]);
    out_raw(out, "\"></audio>");
}

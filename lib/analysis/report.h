/* What came of a debate, for people to read and for programs to take: one self-contained page, or
 * text, or data. Any thread; one report at a time a thread.
 *
 * Nicknames, agendas, what was said and what a model wrote are others' text: each format writes
 * them so that they stay text. The same report gives the same bytes, always. The caller owns
 * everything that a report points to, and the sink. */
#ifndef DEBATE_ANALYSIS_REPORT_H
#define DEBATE_ANALYSIS_REPORT_H

#include <stddef.h>

#include "analysis/analysis.h"
#include "base/err.h"
#include "proto/problem.h"

enum report_format {
    REPORT_HTML,
    REPORT_MARKDOWN,
    REPORT_JSON,
    REPORT_VTT,
    REPORT_SRT,
    REPORT_CSV,
    REPORT_FORMATS
};

/* Of the page: where its recordings are. */
enum report_audio {
    REPORT_AUDIO_EMBED,  /* in it, as data: URLs */
    REPORT_AUDIO_BESIDE, /* files that it names */
    REPORT_AUDIO_NONE    /* nothing can be heard */
};

/* Everything is there but transcript and findings, which may be NULL: nobody made them. */
struct report {
    const struct debate *debate;
    const struct track *tracks;
    size_t track_count;
    const struct pieces *pieces;
    const struct measures *measures;
    const struct transcript *transcript;
    const struct findings *findings;
    enum lang lang; /* of the report's own words */
    enum report_audio audio;
    /* REPORT_AUDIO_BESIDE: the URL of the folder that holds the recordings, relative to the page,
     * "recordings/"; their names follow. */
    const char *audio_folder;
};

/* Takes the next bytes; an error ends the writing and is returned. */
typedef enum err report_sink_fn(void *context, const char *data, size_t len);

/* Writes the whole. The sink's error; ERR_NO_MEMORY; ERR_IO with errno when a recording that is to
 * be embedded cannot be read. */
enum err report_write(const struct report *report, enum report_format format, report_sink_fn *sink,
                      void *context) MUST_CHECK;

/* "html", "md", "json", "vtt", "srt", "csv"; static. */
const char *report_format_name(enum report_format format);

/* Where in its file, in seconds, a track is heard at `at_ms` of session time; within the file. */
double report_track_s(const struct track *track, double at_ms);

#endif

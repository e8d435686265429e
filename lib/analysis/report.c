#include "analysis/report.h"

#include <string.h>

#include "analysis/report_out.h"
#include "base/mem.h"

enum { RATE = 48000, MINUTE_MS = 60 * 1000 };

static const struct {
    const char *name;
    void (*write)(struct out *out);
    enum out_escape escape;
} formats[REPORT_FORMATS] = {
    [REPORT_HTML] = {"html", report_html, OUT_HTML},
    [REPORT_MARKDOWN] = {"md", report_markdown, OUT_MARKDOWN},
    [REPORT_JSON] = {"json", report_json, OUT_PLAIN},
    [REPORT_VTT] = {"vtt", report_vtt, OUT_CUE},
    [REPORT_SRT] = {"srt", report_srt, OUT_CUE},
    [REPORT_CSV] = {"csv", report_csv, OUT_PLAIN},
};

const char *report_format_name(enum report_format format)
{
    return formats[format].name;
}

enum err report_write(const struct report *report, enum report_format format, report_sink_fn *sink,
                      void *context)
{
    struct out *out = mem_alloc(sizeof *out);
    if (!out)
        return ERR_NO_MEMORY;
    out_init(out, report, sink, context);
    out->escape = formats[format].escape;
    formats[format].write(out);
    enum err e = out_end(out);
    mem_free(out);
    return e;
}

/* The first stretch whose end is not before `at_ms`, or the last one: it goes on. */
static double sample_at(const struct track *track, double at_ms)
{
    const struct track_point *points = track->points;
    size_t to = 1;
    if (track->point_count == 0)
        return at_ms * (RATE / 1000);
    if (track->point_count == 1)
        return (double)points[0].sample + (at_ms - points[0].at_ms) * (RATE / 1000);
    while (to + 1 < track->point_count && points[to].at_ms < at_ms)
        to++;
    double from_ms = points[to - 1].at_ms, length_ms = points[to].at_ms - from_ms;
    double samples = (double)points[to].sample - (double)points[to - 1].sample;
    double part = length_ms > 0 ? (at_ms - from_ms) / length_ms : 0;
    return (double)points[to - 1].sample + part * samples;
}

double report_track_s(const struct track *track, double at_ms)
{
    double s = sample_at(track, at_ms) / RATE, end_s = (double)track->samples / RATE;
    return s < 0 ? 0 : s > end_s ? end_s : s;
}

bool report_turn_before(const struct turn *turn, const struct debate_choice *choice)
{
    return turn->from_ms < (double)choice->at_ms && turn->to_ms > (double)choice->at_ms - MINUTE_MS;
}

size_t report_said_by(const struct turn *turn, double at_ms)
{
    const char *at = turn->text;
    for (size_t i = 0; i < turn->word_count; i++) {
        const char *found = strstr(at, turn->words[i].text);
        if (!found)
            break;
        if (turn->words[i].from_ms >= at_ms)
            return (size_t)(found - turn->text);
        at = found + strlen(turn->words[i].text);
    }
    return strlen(turn->text);
}

/* ---- what is missing ---- */

static void missing_count(struct out *out, report_missing_fn *put, enum report_word word,
                          size_t count)
{
    char text[OUT_NUMBER_SIZE];
    if (count)
        put(out, word, out_count(count, text), NULL, NULL);
}

/* What the file is short of, if it is more than a cut costs at most (design: the last second), or
 * than clocks that drift explain. */
static double rest_ms(const struct debate_recording *recording, const struct track *track)
{
    enum { CUT_MS = 1000, DRIFT_PPM_MAX = 1000 };
    double length_ms = (double)(recording->to_ms - recording->from_ms);
    double short_ms = length_ms - (double)track->samples / (RATE / 1000);
    return short_ms > CUT_MS + length_ms * DRIFT_PPM_MAX / 1e6 ? short_ms : 0;
}

static void missing_sound(struct out *out, report_missing_fn *put)
{
    const struct report *report = out->report;
    const struct debate *debate = report->debate;
    char name[OUT_NUMBER_SIZE], length[OUT_NUMBER_SIZE], why[WHY_SIZE];
    for (size_t i = 0; i < debate->recording_count; i++) {
        const struct debate_recording *recording = &debate->recordings[i];
        const struct track *track = report_track_of(report, i);
        if (!track || track->missing)
            put(out, WORD_MISSING_RECORDING, out_name(report, recording->participant, name),
                recording->recording_id,
                out_why(out, track ? track->missing : NULL, WORD_NEVER_CAME, why));
        if (track && track->altered)
            put(out, WORD_MISSING_ALTERED, out_name(report, recording->participant, name), NULL,
                NULL);
        double short_ms = track && !track->missing ? rest_ms(recording, track) : 0;
        if (short_ms > 0)
            put(out, WORD_MISSING_REST, out_length(out, short_ms, length),
                out_name(report, recording->participant, name), NULL);
        double gaps_ms = track && !track->missing ? report_gaps_ms(track) : 0;
        if (gaps_ms > 0)
            put(out, WORD_MISSING_GAPS, out_length(out, gaps_ms, length),
                out_name(report, recording->participant, name), NULL);
    }
    if (debate->recording_count == 0)
        put(out, WORD_NO_RECORDINGS, NULL, NULL, NULL);
}

static void missing_words(struct out *out, report_missing_fn *put)
{
    const struct report *report = out->report;
    char why[WHY_SIZE];
    const struct transcript *transcript = report->transcript;
    const struct findings *findings = report->findings;
    if (!transcript || transcript->missing)
        put(out, WORD_MISSING_TRANSCRIPT,
            out_why(out, transcript ? transcript->missing : NULL, WORD_NOT_MADE, why), NULL, NULL);
    if (transcript && transcript->draft && !transcript->missing)
        put(out, WORD_DRAFT, NULL, NULL, NULL);
    if (transcript && transcript->note)
        put(out, WORD_MISSING_TRANSCRIPT, out_why(out, transcript->note, WORD_NOT_MADE, why), NULL,
            NULL);
    if (findings && findings->note)
        put(out, WORD_MISSING_FINDINGS, out_why(out, findings->note, WORD_NOT_MADE, why), NULL,
            NULL);
    missing_count(out, put, WORD_MISSING_FAILED, transcript ? transcript->failed : 0);
    missing_count(out, put, WORD_MISSING_DROPPED, transcript ? transcript->dropped : 0);
    missing_count(out, put, WORD_MISSING_BLED, report->pieces->bled);
    if (!findings || findings->missing)
        put(out, WORD_MISSING_FINDINGS,
            out_why(out, findings ? findings->missing : NULL, WORD_NOT_MADE, why), NULL, NULL);
    missing_count(out, put, WORD_MISSING_STRUCK, findings ? findings->struck : 0);
}

static bool has_recording(const struct debate *debate, unsigned participant)
{
    for (size_t i = 0; i < debate->recording_count; i++) {
        if (debate->recordings[i].participant == participant)
            return true;
    }
    return false;
}

static bool was_away_throughout(const struct debate *debate, unsigned participant)
{
    for (size_t i = 0; i < debate->absence_count; i++) {
        const struct debate_absence *absence = &debate->absences[i];
        if (absence->participant == participant && absence->from_ms == 0 &&
            absence->to_ms == debate->end_ms)
            return true;
    }
    return false;
}

/* Whose voice is not there, or not all the time, though nothing went wrong. */
static void missing_people(struct out *out, report_missing_fn *put)
{
    const struct debate *debate = out->report->debate;
    char name[OUT_NUMBER_SIZE], from[OUT_NUMBER_SIZE], to[OUT_NUMBER_SIZE];
    for (size_t i = 0; i < debate->people_count; i++) {
        const struct debate_person *person = &debate->people[i];
        const char *who = out_name(out->report, person->participant, name);
        if (!has_recording(debate, person->participant) &&
            !was_away_throughout(debate, person->participant))
            put(out, person->agreed ? WORD_MISSING_THOUGH_AGREED : WORD_MISSING_CONSENT, who, NULL,
                NULL);
        if (person->withdrew)
            put(out, WORD_MISSING_WITHDRAWN, who, out_clock((double)person->withdrew_ms, from),
                NULL);
    }
    for (size_t i = 0; i < debate->absence_count; i++) {
        const struct debate_absence *absence = &debate->absences[i];
        put(out, WORD_MISSING_AWAY, out_name(out->report, absence->participant, name),
            out_clock((double)absence->from_ms, from), out_clock((double)absence->to_ms, to));
    }
}

void report_missing(struct out *out, report_missing_fn *put)
{
    const struct debate *debate = out->report->debate;
    char name[OUT_NUMBER_SIZE];
    if (!debate->started)
        put(out, WORD_NOT_STARTED, NULL, NULL, NULL);
    if (!debate->ended)
        put(out, WORD_NOT_ENDED, NULL, NULL, NULL);
    for (size_t i = 0; debate->started && i < debate->people_count; i++) {
        if (!debate->people[i].reported_start)
            put(out, WORD_MISSING_START, out_name(out->report, debate->people[i].participant, name),
                NULL, NULL);
    }
    if (debate->started)
        missing_people(out, put);
    missing_sound(out, put);
    missing_words(out, put);
}

const struct track *report_track_of(const struct report *report, size_t recording)
{
    for (size_t i = 0; i < report->track_count; i++) {
        if (report->tracks[i].recording == recording)
            return &report->tracks[i];
    }
    return NULL;
}

double report_recorded_ms(const struct report *report, unsigned participant)
{
    double sum_ms = 0;
    for (size_t i = 0; i < report->track_count; i++) {
        const struct track *track = &report->tracks[i];
        if (track->participant == participant && !track->missing)
            sum_ms += (double)track->samples / (RATE / 1000) - report_gaps_ms(track);
    }
    return sum_ms;
}

bool report_anybody_heard(const struct measures *measures)
{
    for (size_t i = 0; i < measures->people_count; i++) {
        if (measures->people[i].heard)
            return true;
    }
    return false;
}

void report_together(struct out *out)
{
    const struct measures *measures = out->report->measures;
    char first[OUT_NUMBER_SIZE], second[OUT_NUMBER_SIZE];
    if (!report_anybody_heard(measures)) {
        out_say(out, WORD_NOTHING_KNOWN);
        return;
    }
    out_say2(out, WORD_BALANCE_LINE, out_number(measures->balance, 2, first),
             out_number(measures->gini, 2, second));
    out_raw(out, " ");
    out_say2(out, WORD_SILENCE_LINE, out_length(out, measures->silence_ms, first),
             out_length(out, measures->overlap_ms, second));
}

double report_gaps_ms(const struct track *track)
{
    double sum_ms = 0;
    for (size_t i = 0; i < track->gap_count; i++)
        sum_ms += track->gaps[i].to_ms - track->gaps[i].from_ms;
    return sum_ms;
}

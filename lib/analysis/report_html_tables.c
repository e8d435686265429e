/* The page's figures, the proof of its recordings, and what is missing. */
#include <math.h>
#include <stdio.h>

#include "analysis/report_out.h"

static void begin_section(struct out *out, enum report_word title)
{
    out_raw(out, "<section>\n<h2>");
    out_say(out, title);
    out_raw(out, "</h2>\n");
}

static void put_headings(struct out *out, const enum report_word *words, size_t count)
{
    out_raw(out, "<div class=\"scroll\" tabindex=\"0\"><table>\n<thead><tr>");
    for (size_t i = 0; i < count; i++) {
        out_raw(out, i ? "<th scope=\"col\">" : "<th scope=\"col\" class=\"first\">");
        out_say(out, words[i]);
        out_raw(out, "</th>");
    }
    out_raw(out, "</tr></thead>\n<tbody>\n");
}

static void end_table(struct out *out)
{
    out_raw(out, "</tbody></table></div>\n");
}

/* A row's beginning: whom it is about. */
static void begin_row(struct out *out, unsigned participant)
{
    char text[OUT_NUMBER_SIZE];
    out_format(out, "<tr><th scope=\"row\"><i class=\"c%u\"></i>", report_colour(participant));
    out_text(out, out_name(out->report, participant, text));
    out_raw(out, "</th>");
}

static void put_cell(struct out *out, const char *value)
{
    out_format(out, "<td>%s</td>", value);
}

/* ---- figures ---- */

static void put_shares(struct out *out)
{
    const struct measures *measures = out->report->measures;
    char text[OUT_NUMBER_SIZE];
    out_raw(out, "<div class=\"shares\">\n");
    for (size_t i = 0; i < measures->people_count; i++) {
        double share = out_share(measures, i);
        if (!measures->people[i].heard)
            continue;
        out_raw(out, "<span class=\"name\">");
        out_text(out, out_name(out->report, (unsigned)i + 1, text));
        out_format(out,
                   "</span><svg viewBox=\"0 0 100 10\" preserveAspectRatio=\"none\" "
                   "aria-hidden=\"true\"><rect class=\"lane\" width=\"100\" height=\"10\"/>"
                   "<rect class=\"c%u\" width=\"%.2f\" height=\"10\"/></svg><span>%.1f %%</span>\n",
                   report_colour((unsigned)i + 1), 100 * share, 100 * share);
    }
    out_raw(out, "</div>\n");
}

/* Of whom there is no sound nothing is known. */
static void put_unheard(struct out *out, size_t columns)
{
    out_format(out, "<td colspan=\"%zu\" class=\"bad\">", columns);
    out_say(out, WORD_UNHEARD);
    out_raw(out, "</td></tr>\n");
}

static void put_people(struct out *out)
{
    static const enum report_word headings[] = {
        WORD_NAME,        WORD_RECORDED,    WORD_TALK,           WORD_SHARE,
        WORD_TURNS,       WORD_TURN_MEDIAN, WORD_PAUSES,         WORD_LATENCY,
        WORD_INTERRUPTED, WORD_ATTEMPTED,   WORD_WAS_INTERRUPTED};
    const struct measures *measures = out->report->measures;
    char text[OUT_NUMBER_SIZE];
    put_headings(out, headings, sizeof headings / sizeof *headings);
    for (size_t i = 0; i < measures->people_count; i++) {
        const struct person_measures *person = &measures->people[i];
        begin_row(out, (unsigned)i + 1);
        if (!person->heard) {
            put_unheard(out, sizeof headings / sizeof *headings - 1);
            continue;
        }
        put_cell(out, out_length(out, report_recorded_ms(out->report, (unsigned)i + 1), text));
        put_cell(out, out_length(out, person->talk_ms, text));
        out_format(out, "<td>%.1f %%</td>", 100 * out_share(measures, i));
        put_cell(out, out_count(person->turns, text));
        put_cell(out, out_length(out, person->turns ? person->turn_ms_median : NAN, text));
        put_cell(out, out_length(out, person->pause_ms, text));
        put_cell(out, out_length(out, person->latency_ms_median, text));
        put_cell(out, out_count(person->interrupted, text));
        put_cell(out, out_count(person->attempted, text));
        put_cell(out, out_count(person->was_interrupted, text));
        out_raw(out, "</tr>\n");
    }
    end_table(out);
}

static void put_pages(struct out *out)
{
    const struct measures *measures = out->report->measures;
    const struct agenda *agenda = out->report->debate->agenda;
    char number[16], text[OUT_NUMBER_SIZE];
    if (agenda->page_count < 2)
        return;
    out_raw(out, "<h3>");
    out_say(out, WORD_BY_PAGE);
    out_raw(out, "</h3>\n<div class=\"scroll\" tabindex=\"0\"><table>\n<thead><tr><th "
                 "scope=\"col\" class=\"first\">");
    out_say(out, WORD_NAME);
    out_raw(out, "</th>");
    for (size_t page = 1; page <= agenda->page_count; page++) {
        snprintf(number, sizeof number, "%zu", page);
        out_raw(out, "<th scope=\"col\">");
        out_say1(out, WORD_PAGE, number);
        out_raw(out, "</th>");
    }
    out_raw(out, "</tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < measures->people_count; i++) {
        begin_row(out, (unsigned)i + 1);
        if (!measures->people[i].heard) {
            put_unheard(out, agenda->page_count);
            continue;
        }
        for (size_t page = 0; page < agenda->page_count; page++)
            put_cell(out, out_length(out, measures->people[i].page_talk_ms[page], text));
        out_raw(out, "</tr>\n");
    }
    end_table(out);
}

void report_html_figures(struct out *out)
{
    begin_section(out, WORD_SHARES);
    put_shares(out);
    put_people(out);
    put_pages(out);
    out_raw(out, "<p>");
    report_together(out);
    out_raw(out, "</p>\n<p class=\"quiet\">");
    out_say(out, WORD_DEFINITIONS);
    out_raw(out, "</p>\n</section>\n");
}

/* ---- the proof ---- */

static void put_start(struct out *out)
{
    static const enum report_word headings[] = {WORD_NAME, WORD_LATE, WORD_CLOCK_ERROR};
    const struct debate *debate = out->report->debate;
    double first_ms = INFINITY, last_ms = -INFINITY;
    out_raw(out, "<h3>");
    out_say(out, WORD_START);
    out_raw(out, "</h3>\n<p class=\"quiet\">");
    out_say(out, WORD_START_HELP);
    out_raw(out, "</p>\n");
    put_headings(out, headings, sizeof headings / sizeof *headings);
    for (size_t i = 0; i < debate->people_count; i++) {
        const struct debate_person *person = &debate->people[i];
        begin_row(out, (unsigned)i + 1);
        if (person->reported_start) {
            first_ms = fmin(first_ms, person->late_ms);
            last_ms = fmax(last_ms, person->late_ms);
            out_format(out, "<td>%.1f ms</td>", person->late_ms);
        } else {
            out_raw(out, "<td>");
            out_say(out, WORD_NOT_REPORTED);
            out_raw(out, "</td>");
        }
        if (person->reported_start && person->has_error)
            out_format(out, "<td>± %.1f ms</td></tr>\n", person->error_ms);
        else
            out_raw(out, "<td>–</td></tr>\n");
    }
    end_table(out);
    if (last_ms < first_ms)
        return;
    char skew[OUT_NUMBER_SIZE];
    snprintf(skew, sizeof skew, "%.1f ms", last_ms - first_ms);
    out_raw(out, "<p>");
    out_say1(out, WORD_SKEW, skew);
    out_raw(out, "</p>\n");
}

static void put_gaps(struct out *out, const struct track *track)
{
    char count[OUT_NUMBER_SIZE], length[OUT_NUMBER_SIZE];
    if (track->gap_count == 0)
        out_say(out, WORD_NONE);
    else
        out_say2(out, WORD_GAPS_VALUE, out_count(track->gap_count, count),
                 out_length(out, report_gaps_ms(track), length));
}

/* What the sound itself shows; dashes where there is none. */
static void put_sound(struct out *out, const struct track *track)
{
    char text[OUT_NUMBER_SIZE], why[WHY_SIZE];
    if (!track || track->missing) {
        out_raw(out, "<td>–</td><td>–</td><td>–</td><td>–</td><td class=\"bad\">");
        out_text(out, out_why(out, track ? track->missing : NULL, WORD_NEVER_CAME, why));
        out_raw(out, "</td>");
        return;
    }
    put_cell(out, out_count(track->samples, text));
    put_cell(out, out_length(out, (double)track->samples / 48, text));
    out_raw(out, "<td>");
    put_gaps(out, track);
    out_raw(out, "</td>");
    if (track->has_timeline)
        out_format(out, "<td>%+.1f ppm</td>", track->drift_ppm);
    else
        out_raw(out, "<td>–</td>");
    bool is_bad = track->altered || (track->has_timeline && !track->complete);
    out_raw(out, is_bad ? "<td class=\"bad\">" : "<td>");
    out_say(out, is_bad ? WORD_NO : track->has_timeline ? WORD_YES : WORD_UNPROVEN);
    out_raw(out, "</td>");
}

static void put_recording(struct out *out, size_t index)
{
    enum { COLUMNS = 7 };
    const struct debate_recording *recording = &out->report->debate->recordings[index];
    const struct track *track = report_track_of(out->report, index);
    char text[OUT_NUMBER_SIZE];
    begin_row(out, recording->participant);
    put_cell(out, out_clock((double)recording->from_ms, text));
    put_sound(out, track);
    out_format(out, "</tr>\n<tr class=\"more\"><td colspan=\"%d\">", (int)COLUMNS);
    if (track)
        report_audio(out, (size_t)(track - out->report->tracks));
    out_raw(out, "<span class=\"code\">");
    out_text(out, recording->path ? recording->path : recording->recording_id);
    if (recording->uploaded) {
        out_format(out, "<br>%s ", out_count(recording->bytes, text));
        out_say(out, WORD_BYTES);
        out_raw(out, ", sha256 ");
        out_text(out, recording->sha256 ? recording->sha256 : "–");
        if (track && track->altered) {
            out_raw(out, "<br><b class=\"bad\">");
            out_say(out, WORD_ALTERED);
            out_raw(out, "</b>");
        }
    }
    out_raw(out, "</span></td></tr>\n");
}

void report_html_proof(struct out *out)
{
    static const enum report_word headings[] = {WORD_NAME, WORD_FROM,  WORD_SAMPLES, WORD_LENGTH,
                                                WORD_GAPS, WORD_DRIFT, WORD_COMPLETE};
    const struct debate *debate = out->report->debate;
    begin_section(out, WORD_PROOF);
    if (debate->started)
        put_start(out);
    out_raw(out, "<h3>");
    out_say(out, WORD_RECORDINGS);
    out_raw(out, "</h3>\n");
    if (debate->recording_count == 0) {
        out_raw(out, "<p>");
        out_say(out, WORD_NO_RECORDINGS);
        out_raw(out, "</p>\n");
    } else {
        put_headings(out, headings, sizeof headings / sizeof *headings);
        for (size_t i = 0; i < debate->recording_count; i++)
            put_recording(out, i);
        end_table(out);
    }
    out_raw(out, "</section>\n");
}

/* ---- what is missing ---- */

static void put_missing(struct out *out, enum report_word word, const char *first,
                        const char *second, const char *third)
{
    out_raw(out, "<li>");
    out_say3(out, word, first, second, third);
    out_raw(out, "</li>\n");
}

void report_html_missing(struct out *out)
{
    begin_section(out, WORD_MISSING);
    out_raw(out, "<ul>\n");
    report_missing(out, put_missing);
    if (out->report->audio == REPORT_AUDIO_NONE)
        put_missing(out, WORD_MISSING_AUDIO, NULL, NULL, NULL);
    out_raw(out, "</ul>\n</section>\n");
}

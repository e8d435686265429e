/* The report as Markdown, and its transcript as subtitles and as a table. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analysis/report_out.h"

/* ---- Markdown ---- */

static void heading(struct out *out, enum report_word word)
{
    out_raw(out, "\n## ");
    out_say(out, word);
    out_raw(out, "\n\n");
}

static void put_title(struct out *out)
{
    const struct debate *debate = out->report->debate;
    char text[OUT_NUMBER_SIZE];
    out_raw(out, "# ");
    if (debate->agenda->title && debate->agenda->title[0])
        out_text(out, debate->agenda->title);
    else
        out_say1(out, WORD_ROOM, debate->room_code);
    out_raw(out, "\n\n");
    out_say1(out, WORD_ROOM, debate->room_code);
    out_raw(out, ", ");
    out_say1(out, WORD_SESSION, debate->session_id);
    out_format(out, ", %s\n", out_length(out, (double)debate->end_ms, text));
}

static void put_row(struct out *out, size_t index)
{
    const struct person_measures *person = &out->report->measures->people[index];
    char text[OUT_NUMBER_SIZE];
    out_raw(out, "| ");
    out_text(out, out_name(out->report, (unsigned)index + 1, text));
    if (!person->heard) {
        out_raw(out, " | ");
        out_say(out, WORD_UNHEARD);
        out_raw(out, " |  |  |  |  |  |  |  |  |\n");
        return;
    }
    out_format(out, " | %s",
               out_length(out, report_recorded_ms(out->report, (unsigned)index + 1), text));
    out_format(out, " | %s", out_length(out, person->talk_ms, text));
    out_format(out, " | %.1f %%", 100 * out_share(out->report->measures, index));
    out_format(out, " | %zu", person->turns);
    out_format(out, " | %s", out_length(out, person->pause_ms, text));
    out_format(out, " | %s", out_length(out, person->latency_ms_median, text));
    out_format(out, " | %zu | %zu | %zu |\n", person->interrupted, person->attempted,
               person->was_interrupted);
}

static void put_figures(struct out *out)
{
    static const enum report_word headings[] = {
        WORD_NAME,   WORD_RECORDED, WORD_TALK,        WORD_SHARE,     WORD_TURNS,
        WORD_PAUSES, WORD_LATENCY,  WORD_INTERRUPTED, WORD_ATTEMPTED, WORD_WAS_INTERRUPTED};
    const struct measures *measures = out->report->measures;
    heading(out, WORD_SHARES);
    for (size_t i = 0; i < sizeof headings / sizeof *headings; i++) {
        out_raw(out, "| ");
        out_say(out, headings[i]);
        out_raw(out, " ");
    }
    out_raw(out, "|\n| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n");
    for (size_t i = 0; i < measures->people_count; i++)
        put_row(out, i);
    out_raw(out, "\n");
    report_together(out);
    out_raw(out, "\n");
}

static void put_choices(struct out *out)
{
    const struct debate *debate = out->report->debate;
    char text[OUT_NUMBER_SIZE];
    heading(out, WORD_CHOICES);
    for (size_t i = 0; i < debate->choice_count; i++) {
        out_format(out, "%zu. %s ", i + 1, out_clock((double)debate->choices[i].at_ms, text));
        report_choice_line(out, &debate->choices[i]);
        out_raw(out, "\n");
    }
    if (debate->choice_count == 0) {
        out_say(out, WORD_NO_CHOICES);
        out_raw(out, "\n");
    }
}

static void put_findings(struct out *out)
{
    static const enum report_word kinds[] = {[FINDING_POSITION] = WORD_POSITIONS,
                                             [FINDING_ARGUMENT] = WORD_ARGUMENTS,
                                             [FINDING_MOVEMENT] = WORD_MOVEMENTS};
    const struct findings *findings = out->report->findings;
    char text[OUT_NUMBER_SIZE];
    if (!findings || findings->missing)
        return;
    heading(out, WORD_FINDINGS);
    if (findings->summary) {
        out_text(out, findings->summary);
        out_raw(out, "\n\n");
    }
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->findings[i];
        out_raw(out, "- ");
        out_say(out, kinds[finding->kind]);
        if (finding->kind == FINDING_ARGUMENT) {
            out_raw(out, " (");
            out_say(out, finding->is_against ? WORD_AGAINST : WORD_FOR);
            out_raw(out, ")");
        }
        out_raw(out, ", **");
        out_text(out, out_name(out->report, finding->participant, text));
        out_raw(out, "**: ");
        out_text(out, finding->text);
        out_raw(out, "\n  > ");
        out_text(out, finding->quotation);
        out_raw(out, "\n");
    }
}

static void put_transcript(struct out *out)
{
    const struct transcript *transcript = out->report->transcript;
    char text[OUT_NUMBER_SIZE], why[WHY_SIZE];
    heading(out, WORD_TRANSCRIPT);
    if (!transcript || transcript->missing) {
        out_say1(out, WORD_NO_TRANSCRIPT,
                 out_why(out, transcript ? transcript->missing : NULL, WORD_NOT_MADE, why));
        out_raw(out, "\n");
        return;
    }
    if (transcript->draft) {
        out_say(out, WORD_DRAFT);
        out_raw(out, "\n\n");
    }
    for (size_t i = 0; i < transcript->turn_count; i++) {
        const struct turn *turn = &transcript->turns[i];
        out_format(out, "- %s **", out_clock(turn->from_ms, text));
        out_text(out, out_name(out->report, turn->participant, text));
        out_raw(out, "**: ");
        out_text(out, turn->text);
        out_raw(out, "\n");
    }
}

static void put_missing(struct out *out, enum report_word word, const char *first,
                        const char *second, const char *third)
{
    out_raw(out, "- ");
    out_say3(out, word, first, second, third);
    out_raw(out, "\n");
}

void report_markdown(struct out *out)
{
    put_title(out);
    put_findings(out);
    put_figures(out);
    put_choices(out);
    put_transcript(out);
    heading(out, WORD_MISSING);
    report_missing(out, put_missing);
}

/* ---- subtitles ---- */

/* Cues begin at the session's start: what was said before it has no time there. */
static void cue_times(struct out *out, const struct turn *turn, char point)
{
    const double ends[] = {turn->from_ms, turn->to_ms};
    for (int i = 0; i < 2; i++) {
        long long ms = llround(ends[i] > 0 ? ends[i] : 0);
        out_format(out, "%s%02lld:%02lld:%02lld%c%03lld", i ? " --> " : "", ms / 3600000,
                   ms / 60000 % 60, ms / 1000 % 60, point, ms % 1000);
    }
    out_raw(out, "\n");
}

static size_t turn_count(const struct report *report)
{
    const struct transcript *transcript = report->transcript;
    return transcript && !transcript->missing ? transcript->turn_count : 0;
}

void report_vtt(struct out *out)
{
    char text[OUT_NUMBER_SIZE];
    out_raw(out, "WEBVTT\n");
    if (turn_count(out->report) && out->report->transcript->draft) {
        out_raw(out, "\nNOTE ");
        out_say(out, WORD_DRAFT);
        out_raw(out, "\n");
    }
    for (size_t i = 0; i < turn_count(out->report); i++) {
        const struct turn *turn = &out->report->transcript->turns[i];
        out_format(out, "\nt%zu\n", i + 1);
        cue_times(out, turn, '.');
        out_raw(out, "<v ");
        out_text(out, out_name(out->report, turn->participant, text));
        out_raw(out, ">");
        out_text(out, turn->text);
        out_raw(out, "\n");
    }
}

void report_srt(struct out *out)
{
    char text[OUT_NUMBER_SIZE];
    for (size_t i = 0; i < turn_count(out->report); i++) {
        const struct turn *turn = &out->report->transcript->turns[i];
        out_format(out, "%s%zu\n", i ? "\n" : "", i + 1);
        cue_times(out, turn, ',');
        out_text(out, out_name(out->report, turn->participant, text));
        out_raw(out, ": ");
        out_text(out, turn->text);
        out_raw(out, "\n");
    }
}

/* ---- CSV ---- */

/* RFC 4180. What a spreadsheet would take for a formula gets an apostrophe before it. */
static void put_field(struct out *out, const char *text)
{
    out_raw(out, "\"");
    if (text[0] && strchr("=+-@\t\r", text[0]))
        out_raw(out, "'");
    for (; *text; text++)
        out_bytes(out, *text == '"' ? "\"\"" : text, *text == '"' ? 2 : 1);
    out_raw(out, "\"");
}

void report_csv(struct out *out)
{
    char text[OUT_NUMBER_SIZE];
    out_raw(out, "turn,from_s,to_s,participant,nickname,page,text\r\n");
    for (size_t i = 0; i < turn_count(out->report); i++) {
        const struct turn *turn = &out->report->transcript->turns[i];
        out_format(out, "%zu,%.3f,%.3f,p%u,", i + 1, turn->from_ms / 1000, turn->to_ms / 1000,
                   turn->participant);
        put_field(out, out_name(out->report, turn->participant, text));
        out_format(out, ",%u,", turn->page);
        put_field(out, turn->text);
        out_raw(out, "\r\n");
    }
}

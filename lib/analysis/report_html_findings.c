/* The page's choices with what was being said before them, and what a language model found. */
#include "analysis/report_out.h"

/* ---- choices ---- */

static void put_minute_talk(struct out *out, size_t choice)
{
    const struct measures *measures = out->report->measures;
    char text[OUT_NUMBER_SIZE];
    const char *between = "";
    if (choice >= measures->choice_count)
        return;
    for (size_t i = 0; i < measures->people_count && i < LIMIT_PARTICIPANTS; i++) {
        double talk_ms = measures->choices[choice].talk_ms[i];
        if (talk_ms < 1)
            continue;
        out_raw(out, between);
        out_text(out, out_name(out->report, (unsigned)i + 1, text));
        out_format(out, " %s", out_length(out, talk_ms, text));
        between = " · ";
    }
    if (!between[0])
        out_say(out, WORD_MINUTE_SILENT);
}

/* When it was said, linked, and by whom. */
static void turn_link(struct out *out, size_t index)
{
    const struct turn *turn = &out->report->transcript->turns[index];
    char text[OUT_NUMBER_SIZE];
    out_format(out, "<a class=\"when\" href=\"#t%zu\"", index + 1);
    report_turn_sound(out, turn);
    out_format(out, ">%s</a> <b>", out_clock(turn->from_ms, text));
    out_text(out, out_name(out->report, turn->participant, text));
    out_raw(out, "</b> ");
}

/* What is said after a choice did not move it. */
static void put_said_before(struct out *out, size_t index, double at_ms)
{
    const struct turn *turn = &out->report->transcript->turns[index];
    size_t len = report_said_by(turn, at_ms);
    out_raw(out, "<li>");
    turn_link(out, index);
    out_part(out, turn->text, len);
    if (turn->text[len]) {
        out_raw(out, "…");
    } else if (turn->to_ms > at_ms && turn->word_count == 0) {
        out_raw(out, " <span class=\"quiet\">");
        out_say(out, WORD_ENDED_AFTER);
        out_raw(out, "</span>");
    }
    out_raw(out, "</li>\n");
}

static void put_choice(struct out *out, size_t index)
{
    const struct report *report = out->report;
    const struct debate_choice *choice = &report->debate->choices[index];
    const struct transcript *transcript = report->transcript;
    char text[OUT_NUMBER_SIZE], page[OUT_NUMBER_SIZE];
    out_count(choice->page, page);
    out_format(out, "<li id=\"c%zu\"><p><span class=\"diamond\">%zu</span> <b>", index + 1,
               index + 1);
    report_choice_line(out, choice);
    out_format(out, "</b> <span class=\"quiet\">%s · ", out_clock((double)choice->at_ms, text));
    out_say1(out, WORD_PAGE, page);
    out_raw(out, "</span></p>\n<p class=\"quiet\">");
    put_minute_talk(out, index);
    out_raw(out, "</p>\n<ul>\n");
    for (size_t i = 0; transcript && !transcript->missing && i < transcript->turn_count; i++) {
        if (report_turn_before(&transcript->turns[i], choice))
            put_said_before(out, i, (double)choice->at_ms);
    }
    out_raw(out, "</ul></li>\n");
}

void report_html_choices(struct out *out)
{
    const struct debate *debate = out->report->debate;
    out_raw(out, "<section>\n<h2>");
    out_say(out, WORD_CHOICES);
    out_raw(out, "</h2>\n<p class=\"quiet\">");
    out_say(out, debate->choice_count ? WORD_CHOICES_HELP : WORD_NO_CHOICES);
    out_raw(out, "</p>\n<ol class=\"choices\">\n");
    for (size_t i = 0; i < debate->choice_count; i++)
        put_choice(out, i);
    out_raw(out, "</ol>\n</section>\n");
}

/* ---- findings ---- */

static void put_finding(struct out *out, const struct finding *finding)
{
    const struct transcript *transcript = out->report->transcript;
    char text[OUT_NUMBER_SIZE], page[OUT_NUMBER_SIZE];
    out_raw(out, "<li><p>");
    if (finding->kind == FINDING_ARGUMENT) {
        out_raw(out,
                finding->is_against ? "<span class=\"mark against\">" : "<span class=\"mark\">");
        out_say(out, finding->is_against ? WORD_AGAINST : WORD_FOR);
        out_raw(out, "</span> ");
    }
    out_raw(out, "<b>");
    out_text(out, out_name(out->report, finding->participant, text));
    out_raw(out, "</b> ");
    out_text(out, finding->text);
    out_raw(out, " <span class=\"quiet\">");
    out_count(finding->page, page);
    out_say1(out, WORD_PAGE, page);
    out_raw(out, "</span></p><blockquote>“");
    out_text(out, finding->quotation);
    out_raw(out, "” <cite>");
    if (transcript && finding->turn < transcript->turn_count)
        turn_link(out, finding->turn);
    out_raw(out, "</cite></blockquote></li>\n");
}

static void put_kind(struct out *out, enum finding_kind kind, enum report_word title)
{
    const struct findings *findings = out->report->findings;
    bool has_any = false;
    for (size_t i = 0; i < findings->count; i++) {
        if (findings->findings[i].kind != kind)
            continue;
        if (!has_any) {
            out_raw(out, "<h3>");
            out_say(out, title);
            out_raw(out, "</h3>\n<ul class=\"findings\">\n");
        }
        has_any = true;
        put_finding(out, &findings->findings[i]);
    }
    if (has_any)
        out_raw(out, "</ul>\n");
}

void report_html_findings(struct out *out)
{
    const struct findings *findings = out->report->findings;
    char text[OUT_NUMBER_SIZE];
    if (!findings || findings->missing)
        return; /* the last section says why */
    out_raw(out, "<section>\n<h2>");
    out_say(out, WORD_FINDINGS);
    out_raw(out, "</h2>\n<p class=\"quiet\">");
    out_say1(out, WORD_FINDINGS_BY, findings->model ? findings->model : "–");
    if (findings->struck) {
        out_raw(out, " ");
        out_say1(out, WORD_STRUCK, out_count(findings->struck, text));
    }
    out_raw(out, "</p>\n");
    if (findings->summary) {
        out_raw(out, "<h3>");
        out_say(out, WORD_SUMMARY);
        out_raw(out, "</h3>\n<p>");
        out_text(out, findings->summary);
        out_raw(out, "</p>\n");
    }
    put_kind(out, FINDING_POSITION, WORD_POSITIONS);
    put_kind(out, FINDING_ARGUMENT, WORD_ARGUMENTS);
    put_kind(out, FINDING_MOVEMENT, WORD_MOVEMENTS);
    out_raw(out, "</section>\n");
}

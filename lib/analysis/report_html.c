/* The page: what stands around its parts, the first look, and the transcript. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "analysis/report_out.h"
#include "base/str.h"
#include "crypto/hash.h"

/* ---- the head ---- */

/* CSP 3, section 2.3.1: only this very script and style count, whatever else finds its way in. */
static void put_hash(struct out *out, const char *text)
{
    uint8_t digest[SHA256_SIZE];
    char encoded[SHA256_SIZE * 2];
    struct hash *hash = hash_new(HASH_SHA256);
    enum err e = hash ? hash_update(hash, text, strlen(text)) : ERR_NO_MEMORY;
    if (!e)
        e = hash_final(hash, digest);
    hash_free(hash);
    if (e && !out->failed)
        out->failed = e;
    if (e)
        return;
    base64_encode(digest, sizeof digest, encoded);
    out_format(out, "'sha256-%s'", encoded);
}

static void put_title(struct out *out)
{
    const struct debate *debate = out->report->debate;
    if (debate->agenda->title && debate->agenda->title[0])
        out_text(out, debate->agenda->title);
    else
        out_say1(out, WORD_ROOM, debate->room_code);
}

static void put_head(struct out *out)
{
    bool beside = out->report->audio == REPORT_AUDIO_BESIDE;
    out_raw(out, "<!DOCTYPE html>\n<html lang=\"");
    out_say(out, WORD_LANGUAGE);
    out_raw(out, "\">\n<head>\n<meta charset=\"utf-8\">\n"
                 "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                 "base-uri 'none'; form-action 'none'; style-src ");
    put_hash(out, report_style);
    out_raw(out, "; script-src ");
    put_hash(out, report_script);
    out_format(out, "; media-src data:%s\">\n", beside ? " file: 'self'" : "");
    out_raw(out, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                 "<meta name=\"color-scheme\" content=\"light dark\">\n"
                 "<meta name=\"referrer\" content=\"no-referrer\">\n<title>");
    put_title(out);
    out_raw(out, " – ");
    out_say(out, WORD_TITLE);
    out_raw(out, "</title>\n<style>");
    out_raw(out, report_style);
    out_raw(out, "</style>\n</head>\n");
}

/* ---- the first look ---- */

static void put_when(struct out *out)
{
    char machine[32] = "", people[32] = "";
    time_t start_s = (time_t)(out->report->debate->start_at_ms / 1000);
    struct tm utc;
    if (gmtime_r(&start_s, &utc)) {
        strftime(machine, sizeof machine, "%Y-%m-%dT%H:%M:%SZ", &utc);
        strftime(people, sizeof people, "%Y-%m-%d %H:%M UTC", &utc);
    }
    out_format(out, "<time datetime=\"%s\">%s</time>", machine, people);
}

static void put_card(struct out *out, enum report_word word, const char *value)
{
    out_raw(out, "<div><dt>");
    out_say(out, word);
    out_format(out, "</dt><dd>%s</dd></div>\n", value);
}

static void put_glance(struct out *out)
{
    const struct report *report = out->report;
    const struct debate *debate = report->debate;
    char text[OUT_NUMBER_SIZE];
    size_t cuts = 0, turns = 0;
    for (size_t i = 0; i < report->measures->overlap_count; i++)
        cuts += report->measures->overlaps[i].kind == OVERLAP_INTERRUPTION;
    for (size_t i = 0; i < report->measures->people_count; i++)
        turns += report->measures->people[i].turns;
    out_raw(out, "<dl class=\"cards\">\n");
    put_card(out, WORD_LENGTH, out_length(out, (double)debate->end_ms, text));
    put_card(out, WORD_PEOPLE, out_count(debate->people_count, text));
    put_card(out, WORD_PAGES, out_count(debate->agenda->page_count, text));
    put_card(out, WORD_TURNS, out_count(turns, text));
    put_card(out, WORD_INTERRUPTIONS, out_count(cuts, text));
    put_card(out, WORD_CHOICES, out_count(debate->choice_count, text));
    out_raw(out, "</dl>\n");
}

static void put_header(struct out *out)
{
    const struct report *report = out->report;
    const struct debate *debate = report->debate;
    char room[OUT_NUMBER_SIZE];
    out_raw(out, "<header>\n<p class=\"kind\">");
    out_say(out, WORD_TITLE);
    out_raw(out, "</p>\n<h1>");
    put_title(out);
    out_raw(out, "</h1>\n<p class=\"people\">");
    for (size_t i = 0; i < debate->people_count; i++) {
        out_format(out, "<span class=\"who\"><i class=\"c%u\"></i>",
                   report_colour((unsigned)i + 1));
        out_text(out, out_name(report, (unsigned)i + 1, room));
        out_raw(out, "</span> ");
    }
    out_raw(out, "</p>\n<p class=\"quiet\">");
    put_when(out);
    out_raw(out, " · ");
    out_say1(out, WORD_ROOM, debate->room_code);
    out_raw(out, " · <span class=\"code\">");
    out_text(out, debate->session_id);
    out_raw(out, "</span></p>\n");
    if (report->transcript && report->transcript->draft && !report->transcript->missing) {
        out_raw(out, "<p class=\"warn\">");
        out_say(out, WORD_DRAFT);
        out_raw(out, "</p>\n");
    }
    put_glance(out);
    out_raw(out, "</header>\n");
}

/* ---- the transcript ---- */

void report_choice_line(struct out *out, const struct debate_choice *choice)
{
    const struct report *report = out->report;
    char text[OUT_NUMBER_SIZE];
    const char *name = out_name(report, choice->participant, text);
    const char *chosen = out_choice(report, choice->page, choice->choice);
    const char *before = out_choice(report, choice->page, choice->before);
    if (!chosen)
        out_say1(out, WORD_CHOSE_HIDDEN, name);
    else if (before)
        out_say3(out, WORD_CHANGED, name, before, chosen);
    else
        out_say2(out, WORD_CHOSE, name, chosen);
}

void report_piece_link(struct out *out, size_t piece)
{
    const struct transcript *transcript = out->report->transcript;
    const struct piece *about = &out->report->pieces->pieces[piece];
    size_t turn = 0;
    while (transcript && turn < transcript->turn_count && transcript->turns[turn].piece != piece)
        turn++;
    if (transcript && turn < transcript->turn_count)
        out_format(out, "<a href=\"#t%zu\"", turn + 1);
    else
        out_raw(out, "<a href=\"#transcript\"");
    report_sound(out, about->track, about->from_ms, about->to_ms);
    out_raw(out, ">");
}

void report_turn_sound(struct out *out, const struct turn *turn)
{
    const struct pieces *pieces = out->report->pieces;
    if (turn->piece < pieces->count)
        report_sound(out, pieces->pieces[turn->piece].track, turn->from_ms, turn->to_ms);
}

bool report_is_cut(const struct overlap *overlap)
{
    return overlap->kind == OVERLAP_INTERRUPTION || overlap->kind == OVERLAP_ATTEMPT;
}

static void put_cuts(struct out *out, const struct turn *turn)
{
    const struct measures *measures = out->report->measures;
    char name[OUT_NUMBER_SIZE];
    for (size_t i = 0; i < measures->overlap_count; i++) {
        const struct overlap *overlap = &measures->overlaps[i];
        if (!report_is_cut(overlap) || overlap->by != turn->participant ||
            overlap->from_ms < turn->from_ms - 1 || overlap->from_ms >= turn->to_ms)
            continue;
        out_raw(out, " <span class=\"cuts\">");
        out_say1(out, overlap->kind == OVERLAP_INTERRUPTION ? WORD_INTERRUPTS : WORD_ATTEMPTS,
                 out_name(out->report, overlap->of, name));
        out_raw(out, "</span>");
    }
}

static void put_turn(struct out *out, size_t index)
{
    const struct turn *turn = &out->report->transcript->turns[index];
    char text[OUT_NUMBER_SIZE];
    out_format(out, "<li id=\"t%zu\" class=\"turn c%u\"><a class=\"when\" href=\"#t%zu\"",
               index + 1, report_colour(turn->participant), index + 1);
    report_turn_sound(out, turn);
    out_format(out, ">%s</a> <b>", out_clock(turn->from_ms, text));
    out_text(out, out_name(out->report, turn->participant, text));
    out_raw(out, "</b>");
    put_cuts(out, turn);
    out_raw(out, "<p>");
    out_text(out, turn->text);
    out_raw(out, "</p></li>\n");
}

static void put_page_line(struct out *out, const struct debate_page *page)
{
    const struct page *about = agenda_page(out->report->debate->agenda, page->page);
    char number[16], text[OUT_NUMBER_SIZE];
    snprintf(number, sizeof number, "%u", page->page);
    out_format(out, "<li class=\"page\"><span class=\"when\">%s</span> <h3>",
               out_clock((double)page->from_ms, text));
    out_say1(out, WORD_PAGE, number);
    if (about && about->title && about->title[0]) {
        out_raw(out, ": ");
        out_text(out, about->title);
    }
    out_raw(out, "</h3>");
    if (about && about->text) {
        out_raw(out, "<p>");
        out_text(out, about->text);
        out_raw(out, "</p>");
    }
    out_raw(out, "</li>\n");
}

static void put_choice(struct out *out, size_t index)
{
    const struct debate_choice *choice = &out->report->debate->choices[index];
    char text[OUT_NUMBER_SIZE];
    out_format(out,
               "<li class=\"choice\"><span class=\"when\">%s</span> <a href=\"#c%zu\">◆ %zu</a> ",
               out_clock((double)choice->at_ms, text), index + 1, index + 1);
    report_choice_line(out, choice);
    out_raw(out, "</li>\n");
}

/* Pages, choices and turns as they came; what was at the same time in this order. */
static void put_story(struct out *out)
{
    const struct debate *debate = out->report->debate;
    const struct transcript *transcript = out->report->transcript;
    size_t turn_count = transcript && !transcript->missing ? transcript->turn_count : 0;
    size_t page = 0, choice = 0, turn = 0;
    out_raw(out, "<ol class=\"story\">\n");
    while (page < debate->page_count || choice < debate->choice_count || turn < turn_count) {
        double page_ms = page < debate->page_count ? (double)debate->pages[page].from_ms : 1e18;
        double choice_ms =
            choice < debate->choice_count ? (double)debate->choices[choice].at_ms : 1e18;
        double turn_ms = turn < turn_count ? transcript->turns[turn].from_ms : 1e18;
        if (page_ms <= choice_ms && page_ms <= turn_ms)
            put_page_line(out, &debate->pages[page++]);
        else if (choice_ms <= turn_ms)
            put_choice(out, choice++);
        else
            put_turn(out, turn++);
    }
    out_raw(out, "</ol>\n");
}

static void put_transcript(struct out *out)
{
    const struct transcript *transcript = out->report->transcript;
    char why[WHY_SIZE];
    out_raw(out, "<section id=\"transcript\">\n<h2>");
    out_say(out, WORD_TRANSCRIPT);
    if (transcript && !transcript->missing && transcript->draft) {
        out_raw(out, " <span class=\"mark\">");
        out_say(out, WORD_DRAFT_SHORT);
        out_raw(out, "</span>");
    }
    out_raw(out, "</h2>\n<p class=\"quiet\">");
    if (!transcript || transcript->missing)
        out_say1(out, WORD_NO_TRANSCRIPT,
                 out_why(out, transcript ? transcript->missing : NULL, WORD_NOT_MADE, why));
    else if (transcript->model && transcript->language)
        out_say3(out, WORD_ENGINE, transcript->engine, transcript->model, transcript->language);
    else if (transcript->engine)
        out_say1(out, WORD_ENGINE_ONLY, transcript->engine);
    out_raw(out, "</p>\n");
    put_story(out);
    out_raw(out, "</section>\n");
}

static void put_timeline(struct out *out)
{
    const struct report *report = out->report;
    out_raw(out, "<section class=\"timeline\">\n<h2 id=\"timeline\">");
    out_say(out, WORD_TIMELINE);
    out_raw(out, "</h2>\n");
    report_svg(out);
    out_raw(out, "<p class=\"quiet\">");
    out_say(out, report->pieces->count                    ? WORD_TIMELINE_HELP
                 : report_anybody_heard(report->measures) ? WORD_NOBODY_SPOKE
                                                          : WORD_NOTHING_KNOWN);
    if (report->audio != REPORT_AUDIO_NONE && report->pieces->count) {
        out_raw(out, " <span class=\"screen\">");
        out_say(out, WORD_PICK);
        out_raw(out, "</span>");
    }
    out_raw(out, "</p>\n</section>\n");
}

void report_html(struct out *out)
{
    put_head(out);
    out_raw(out, "<body>\n<main>\n");
    put_header(out);
    report_html_findings(out);
    out_raw(out, "<div class=\"beside\">\n");
    put_timeline(out);
    put_transcript(out);
    out_raw(out, "</div>\n");
    report_html_figures(out);
    report_html_choices(out);
    report_html_proof(out);
    report_html_missing(out);
    out_raw(out, "</main>\n<footer class=\"quiet\">");
    out_say(out, WORD_MADE_BY);
    out_raw(out, "</footer>\n<script>");
    out_raw(out, report_script);
    out_raw(out, "</script>\n</body>\n</html>\n");
}

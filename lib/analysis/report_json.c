/* The report for programs: everything that the page says, and no words of its own. */
#include <math.h>
#include <stdio.h>

#include "analysis/fields.h"
#include "analysis/report_out.h"
#include "proto/json_writer.h"

/* Long arrays go out item by item, so that a debate's length costs no memory here. */
enum { ITEM_MAX = 16 * 1024 * 1024 };

static void put_item(struct out *out, bool is_first, struct json *item)
{
    struct buf text;
    buf_init(&text, ITEM_MAX);
    enum err e = json_write(item, false, &text);
    if (e && !out->failed)
        out->failed = e;
    out_raw(out, is_first ? "\n  " : ",\n  ");
    if (!e)
        out_bytes(out, text.data, text.len);
    buf_release(&text);
}

static void put_span(struct json *item, double from_ms, double to_ms)
{
    json_write_number(item, "from_ms", from_ms);
    json_write_number(item, "to_ms", to_ms);
}

/* ---- the debate ---- */

static void put_session(struct out *out)
{
    const struct debate *debate = out->report->debate;
    struct json *item = json_document();
    struct buf agenda;
    buf_init(&agenda, ITEM_MAX);
    json_write_string(item, "session_id", debate->session_id);
    json_write_string(item, "room_code", debate->room_code);
    json_write_integer(item, "start_at_ms", debate->start_at_ms);
    json_write_integer(item, "end_ms", debate->end_ms);
    json_write_bool(item, "started", debate->started);
    json_write_bool(item, "ended", debate->ended);
    if (!agenda_print(debate->agenda, &agenda))
        json_write_raw(item, "agenda", agenda.data);
    else
        out->failed = ERR_NO_MEMORY;
    out_raw(out, "{\"report\":\"debate\",\"version\":1,\"session\":");
    struct buf text;
    buf_init(&text, ITEM_MAX);
    enum err e = json_write(item, false, &text);
    if (!e)
        out_bytes(out, text.data, text.len);
    else if (!out->failed)
        out->failed = e;
    buf_release(&text);
    buf_release(&agenda);
}

static void put_person_measures(struct json *item, const struct report *report, size_t index)
{
    const struct person_measures *person = &report->measures->people[index];
    struct json *pages = json_write_array(item, "page_talk_ms");
    for (size_t i = 0; i < report->debate->agenda->page_count; i++)
        json_write_number(pages, NULL, person->page_talk_ms[i]);
    json_write_bool(item, "heard", person->heard);
    json_write_number(item, "talk_ms", person->talk_ms);
    json_write_number(item, "share", out_share(report->measures, index));
    json_write_integer(item, "turns", (int64_t)person->turns);
    json_write_number(item, "pause_ms", person->pause_ms);
    json_write_number(item, "turn_ms_median", person->turn_ms_median);
    json_write_number(item, "latency_ms_median", person->latency_ms_median);
    json_write_integer(item, "interrupted", (int64_t)person->interrupted);
    json_write_integer(item, "attempted", (int64_t)person->attempted);
    json_write_integer(item, "was_interrupted", (int64_t)person->was_interrupted);
}

static void put_people(struct out *out)
{
    const struct report *report = out->report;
    out_raw(out, ",\n\"participants\":[");
    for (size_t i = 0; i < report->debate->people_count; i++) {
        const struct debate_person *person = &report->debate->people[i];
        struct json *item = json_document();
        field_write_participant(item, "participant_id", (unsigned)i + 1);
        json_write_string(item, "nickname", person->nickname);
        json_write_number(item, "late_ms", person->reported_start ? person->late_ms : NAN);
        json_write_number(item, "error_ms", person->has_error ? person->error_ms : NAN);
        if (i < report->measures->people_count)
            put_person_measures(item, report, i);
        put_item(out, i == 0, item);
    }
    out_raw(out, "]");
}

static void put_pages(struct out *out)
{
    const struct debate *debate = out->report->debate;
    out_raw(out, ",\n\"pages\":[");
    for (size_t i = 0; i < debate->page_count; i++) {
        struct json *item = json_document();
        json_write_integer(item, "page", debate->pages[i].page);
        json_write_integer(item, "from_ms", debate->pages[i].from_ms);
        json_write_integer(item, "to_ms", debate->pages[i].to_ms);
        put_item(out, i == 0, item);
    }
    out_raw(out, "]");
}

static void put_choices(struct out *out)
{
    const struct report *report = out->report;
    const struct debate *debate = report->debate;
    out_raw(out, ",\n\"choices\":[");
    for (size_t i = 0; i < debate->choice_count; i++) {
        const struct debate_choice *choice = &debate->choices[i];
        const struct transcript *transcript = report->transcript;
        struct json *item = json_document();
        json_write_integer(item, "at_ms", choice->at_ms);
        field_write_participant(item, "participant_id", choice->participant);
        json_write_integer(item, "page", choice->page);
        json_write_string(item, "choice", choice->choice);
        json_write_string(item, "before", choice->before);
        struct json *turns = json_write_array(item, "turns_in_the_minute_before");
        for (size_t j = 0; transcript && j < transcript->turn_count; j++) {
            if (report_turn_before(&transcript->turns[j], choice))
                json_write_integer(turns, NULL, (int64_t)j + 1);
        }
        put_item(out, i == 0, item);
    }
    out_raw(out, "]");
}

static void put_recordings(struct out *out)
{
    const struct debate *debate = out->report->debate;
    out_raw(out, ",\n\"recordings\":[");
    for (size_t i = 0; i < debate->recording_count; i++) {
        const struct debate_recording *recording = &debate->recordings[i];
        const struct track *track = report_track_of(out->report, i);
        struct json *item = json_document();
        field_write_participant(item, "participant_id", recording->participant);
        json_write_string(item, "recording_id", recording->recording_id);
        json_write_string(item, "path", recording->path);
        json_write_string(item, "sha256", recording->sha256);
        json_write_string(item, "missing", track ? track->missing : "it never came");
        if (recording->uploaded)
            json_write_integer(item, "bytes", (int64_t)recording->bytes);
        if (track && !track->missing) {
            json_write_integer(item, "samples", (int64_t)track->samples);
            json_write_integer(item, "gaps", (int64_t)track->gap_count);
            json_write_number(item, "gaps_ms", report_gaps_ms(track));
            json_write_number(item, "drift_ppm", track->drift_ppm);
            json_write_bool(item, "has_timeline", track->has_timeline);
            json_write_bool(item, "altered", track->altered);
            json_write_bool(item, "complete", track->complete);
        }
        put_item(out, i == 0, item);
    }
    out_raw(out, "]");
}

/* ---- what was said ---- */

static void put_overlaps(struct out *out)
{
    static const char *const kinds[] = {[OVERLAP_BACKCHANNEL] = "backchannel",
                                        [OVERLAP_INTERRUPTION] = "interruption",
                                        [OVERLAP_ATTEMPT] = "attempt",
                                        [OVERLAP_HANDOVER] = "handover",
                                        [OVERLAP_TOGETHER] = "together"};
    const struct measures *measures = out->report->measures;
    char text[OUT_NUMBER_SIZE];
    out_format(out, ",\n\"silence_ms\":%.3f", measures->silence_ms);
    out_format(out, ",\"overlap_ms\":%.3f", measures->overlap_ms);
    out_format(out, ",\"balance\":%s",
               isfinite(measures->balance) ? out_number(measures->balance, 4, text) : "null");
    out_format(out, ",\"gini\":%s",
               isfinite(measures->gini) ? out_number(measures->gini, 4, text) : "null");
    out_raw(out, ",\n\"overlaps\":[");
    for (size_t i = 0; i < measures->overlap_count; i++) {
        struct json *item = json_document();
        json_write_string(item, "kind", kinds[measures->overlaps[i].kind]);
        field_write_participant(item, "by", measures->overlaps[i].by);
        field_write_participant(item, "of", measures->overlaps[i].of);
        put_span(item, measures->overlaps[i].from_ms, measures->overlaps[i].to_ms);
        put_item(out, i == 0, item);
    }
    out_raw(out, "],\n\"speech\":[");
    for (size_t i = 0; i < out->report->pieces->count; i++) {
        const struct piece *piece = &out->report->pieces->pieces[i];
        struct json *item = json_document();
        field_write_participant(item, "participant_id", piece->participant);
        put_span(item, piece->from_ms, piece->to_ms);
        put_item(out, i == 0, item);
    }
    out_raw(out, "]");
}

static void put_turn(struct out *out, size_t index)
{
    const struct turn *turn = &out->report->transcript->turns[index];
    struct json *item = json_document();
    json_write_integer(item, "turn", (int64_t)index + 1);
    field_write_participant(item, "participant_id", turn->participant);
    json_write_integer(item, "page", turn->page);
    put_span(item, turn->from_ms, turn->to_ms);
    json_write_string(item, "text", turn->text);
    struct json *words = turn->word_count ? json_write_array(item, "words") : NULL;
    for (size_t i = 0; i < turn->word_count; i++) {
        struct json *word = json_write_object(words, NULL);
        put_span(word, turn->words[i].from_ms, turn->words[i].to_ms);
        json_write_string(word, "text", turn->words[i].text);
    }
    put_item(out, index == 0, item);
}

/* A document's members before an array that is written item by item: `,"NAME":{…,"ITEMS":[`. */
static void begin_part(struct out *out, const char *name, struct json *about, const char *items)
{
    struct buf text;
    buf_init(&text, ITEM_MAX);
    enum err e = json_write(about, false, &text);
    if (e && !out->failed)
        out->failed = e;
    out_format(out, ",\n\"%s\":", name);
    if (!e)
        out_bytes(out, text.data, text.len - 1);
    out_format(out, ",\"%s\":[", items);
    buf_release(&text);
}

static void put_transcript(struct out *out)
{
    const struct transcript *transcript = out->report->transcript;
    struct json *about = json_document();
    json_write_string(about, "engine", transcript ? transcript->engine : NULL);
    json_write_string(about, "model", transcript ? transcript->model : NULL);
    json_write_string(about, "language", transcript ? transcript->language : NULL);
    json_write_bool(about, "draft", transcript && transcript->draft);
    json_write_string(about, "missing", transcript ? transcript->missing : "it was not made");
    json_write_string(about, "note", transcript ? transcript->note : NULL);
    json_write_integer(about, "dropped", transcript ? (int64_t)transcript->dropped : 0);
    json_write_integer(about, "failed", transcript ? (int64_t)transcript->failed : 0);
    begin_part(out, "transcript", about, "turns");
    for (size_t i = 0; transcript && i < transcript->turn_count; i++)
        put_turn(out, i);
    out_raw(out, "]}");
}

static void put_findings(struct out *out)
{
    static const char *const kinds[] = {[FINDING_POSITION] = "position",
                                        [FINDING_ARGUMENT] = "argument",
                                        [FINDING_MOVEMENT] = "movement"};
    const struct findings *findings = out->report->findings;
    struct json *about = json_document();
    json_write_string(about, "model", findings ? findings->model : NULL);
    json_write_string(about, "summary", findings ? findings->summary : NULL);
    json_write_string(about, "missing", findings ? findings->missing : "it was not made");
    json_write_string(about, "note", findings ? findings->note : NULL);
    json_write_integer(about, "struck", findings ? (int64_t)findings->struck : 0);
    begin_part(out, "analysis", about, "findings");
    for (size_t i = 0; findings && i < findings->count; i++) {
        const struct finding *finding = &findings->findings[i];
        struct json *item = json_document();
        json_write_string(item, "kind", kinds[finding->kind]);
        field_write_participant(item, "participant_id", finding->participant);
        json_write_integer(item, "page", finding->page);
        if (finding->kind == FINDING_ARGUMENT)
            json_write_bool(item, "against", finding->is_against);
        json_write_string(item, "text", finding->text);
        json_write_string(item, "quotation", finding->quotation);
        json_write_integer(item, "turn", (int64_t)finding->turn + 1);
        put_item(out, i == 0, item);
    }
    out_raw(out, "]}");
}

void report_json(struct out *out)
{
    put_session(out);
    put_people(out);
    put_pages(out);
    put_choices(out);
    put_recordings(out);
    put_overlaps(out);
    put_transcript(out);
    put_findings(out);
    out_raw(out, "}\n");
}

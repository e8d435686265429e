/* The report for programs: everything that the page says, and no words of its own. */
#include <math.h>

#include "analysis/findings_inner.h"
#include "analysis/measures.h"
#include "analysis/report_out.h"
#include "proto/json_writer.h"

/* More than any item: what is written goes out item by item, so that a debate's length costs no
 * memory here. */
enum { ITEM_MAX = 16 * 1024 * 1024 };

static void hand_on(struct out *out, struct json_writer *json)
{
    struct buf *text = json->out;
    if (!json->error)
        out_bytes(out, text->data, text->len);
    buf_clear(text);
}

/* An item of an array has a line of its own. */
static void begin_item(struct json_writer *json)
{
    json_write_line(json);
    json_write_object(json, NULL);
}

static void end_item(struct out *out, struct json_writer *json)
{
    json_write_object_end(json);
    hand_on(out, json);
}

static void write_span(struct json_writer *json, double from_ms, double to_ms)
{
    json_write_number(json, "from_ms", from_ms);
    json_write_number(json, "to_ms", to_ms);
}

/* In English, whatever the report's language is; null: nothing is missing. */
static void write_why(struct json_writer *json, const char *name, const char *note)
{
    char why[WHY_SIZE];
    if (note)
        why_say(note, LANG_EN, why, sizeof why);
    json_write_string(json, name, note ? why : NULL);
}

/* ---- the debate ---- */

static void write_session(struct json_writer *json, const struct debate *debate)
{
    json_write_object(json, "session");
    json_write_string(json, "session_id", debate->session_id);
    json_write_string(json, "room_code", debate->room_code);
    json_write_integer(json, "start_at_ms", debate->start_at_ms);
    json_write_integer(json, "end_ms", debate->end_ms);
    json_write_bool(json, "started", debate->started);
    json_write_bool(json, "ended", debate->ended);
    agenda_write(json, debate->agenda);
    json_write_object_end(json);
}

static void write_presence(struct json_writer *json, const struct debate *debate,
                           const struct debate_person *person)
{
    json_write_bool(json, "agreed", person->agreed);
    json_write_number(json, "withdrew_ms", person->withdrew ? (double)person->withdrew_ms : NAN);
    json_write_array(json, "away");
    for (size_t i = 0; i < debate->absence_count; i++) {
        const struct debate_absence *absence = &debate->absences[i];
        if (absence->participant != person->participant)
            continue;
        json_write_object(json, NULL);
        write_span(json, (double)absence->from_ms, (double)absence->to_ms);
        json_write_object_end(json);
    }
    json_write_array_end(json);
}

static void write_person_measures(struct json_writer *json, const struct report *report,
                                  size_t index)
{
    const struct person_measures *person = &report->measures->people[index];
    json_write_array(json, "page_talk_ms");
    for (size_t i = 0; i < report->debate->agenda->page_count; i++)
        json_write_number(json, NULL, person->page_talk_ms[i]);
    json_write_array_end(json);
    json_write_bool(json, "heard", person->heard);
    json_write_number(json, "talk_ms", person->talk_ms);
    json_write_number(json, "share", out_share(report->measures, index));
    json_write_integer(json, "turns", (int64_t)person->turns);
    json_write_number(json, "pause_ms", person->pause_ms);
    json_write_number(json, "turn_ms_median", person->turn_ms_median);
    json_write_number(json, "latency_ms_median", person->latency_ms_median);
    json_write_integer(json, "interrupted", (int64_t)person->interrupted);
    json_write_integer(json, "attempted", (int64_t)person->attempted);
    json_write_integer(json, "was_interrupted", (int64_t)person->was_interrupted);
}

static void write_people(struct out *out, struct json_writer *json)
{
    const struct report *report = out->report;
    json_write_array(json, "participants");
    for (size_t i = 0; i < report->debate->people_count; i++) {
        const struct debate_person *person = &report->debate->people[i];
        begin_item(json);
        json_write_participant(json, "participant_id", (unsigned)i + 1);
        json_write_string(json, "nickname", person->nickname);
        json_write_number(json, "late_ms", person->reported_start ? person->late_ms : NAN);
        json_write_number(json, "error_ms", person->has_error ? person->error_ms : NAN);
        write_presence(json, report->debate, person);
        json_write_number(json, "recorded_ms", report_recorded_ms(report, (unsigned)i + 1));
        if (i < report->measures->people_count)
            write_person_measures(json, report, i);
        end_item(out, json);
    }
    json_write_array_end(json);
}

static void write_pages(struct out *out, struct json_writer *json)
{
    const struct debate *debate = out->report->debate;
    json_write_array(json, "pages");
    for (size_t i = 0; i < debate->page_count; i++) {
        begin_item(json);
        json_write_integer(json, "page", debate->pages[i].page);
        json_write_integer(json, "from_ms", debate->pages[i].from_ms);
        json_write_integer(json, "to_ms", debate->pages[i].to_ms);
        end_item(out, json);
    }
    json_write_array_end(json);
}

/* Of those who can have been heard. */
static void write_minute_talk(struct json_writer *json, const struct measures *measures,
                              size_t choice)
{
    json_write_array(json, "talk_in_the_minute_before");
    for (size_t i = 0; choice < measures->choice_count && i < measures->people_count; i++) {
        if (!measures->people[i].heard)
            continue;
        json_write_object(json, NULL);
        json_write_participant(json, "participant_id", (unsigned)i + 1);
        json_write_number(json, "talk_ms", measures->choices[choice].talk_ms[i]);
        json_write_object_end(json);
    }
    json_write_array_end(json);
}

static void write_choices(struct out *out, struct json_writer *json)
{
    const struct report *report = out->report;
    const struct debate *debate = report->debate;
    json_write_array(json, "choices");
    for (size_t i = 0; i < debate->choice_count; i++) {
        const struct debate_choice *choice = &debate->choices[i];
        const struct transcript *transcript = report->transcript;
        begin_item(json);
        json_write_integer(json, "at_ms", choice->at_ms);
        json_write_participant(json, "participant_id", choice->participant);
        json_write_integer(json, "page", choice->page);
        json_write_string(json, "choice", choice->choice);
        json_write_string(json, "before", choice->before);
        json_write_array(json, "turns_in_the_minute_before");
        for (size_t j = 0; transcript && j < transcript->turn_count; j++) {
            if (report_turn_before(&transcript->turns[j], choice))
                json_write_integer(json, NULL, (int64_t)j + 1);
        }
        json_write_array_end(json);
        write_minute_talk(json, report->measures, i);
        end_item(out, json);
    }
    json_write_array_end(json);
}

static void write_recordings(struct out *out, struct json_writer *json)
{
    const struct debate *debate = out->report->debate;
    json_write_array(json, "recordings");
    for (size_t i = 0; i < debate->recording_count; i++) {
        const struct debate_recording *recording = &debate->recordings[i];
        const struct track *track = report_track_of(out->report, i);
        begin_item(json);
        json_write_participant(json, "participant_id", recording->participant);
        json_write_string(json, "recording_id", recording->recording_id);
        json_write_string(json, "path", recording->path);
        write_span(json, (double)recording->from_ms, (double)recording->to_ms);
        json_write_string(json, "sha256", recording->sha256);
        write_why(json, "missing", track ? track->missing : "it never came");
        if (recording->uploaded)
            json_write_integer(json, "bytes", (int64_t)recording->bytes);
        if (track && !track->missing) {
            json_write_integer(json, "samples", (int64_t)track->samples);
            json_write_integer(json, "gaps", (int64_t)track->gap_count);
            json_write_number(json, "gaps_ms", report_gaps_ms(track));
            json_write_number(json, "drift_ppm", track->drift_ppm);
            json_write_bool(json, "has_timeline", track->has_timeline);
            json_write_bool(json, "altered", track->altered);
            json_write_bool(json, "complete", track->complete);
        }
        end_item(out, json);
    }
    json_write_array_end(json);
}

/* ---- what was said ---- */

static void write_overlaps(struct out *out, struct json_writer *json)
{
    const struct measures *measures = out->report->measures;
    bool any = report_anybody_heard(measures);
    json_write_number(json, "silence_ms", any ? measures->silence_ms : NAN);
    json_write_number(json, "overlap_ms", any ? measures->overlap_ms : NAN);
    json_write_number(json, "balance", measures->balance);
    json_write_number(json, "gini", measures->gini);
    json_write_array(json, "overlaps");
    for (size_t i = 0; i < measures->overlap_count; i++) {
        begin_item(json);
        json_write_string(json, "kind", overlap_kind_name(measures->overlaps[i].kind));
        json_write_participant(json, "by", measures->overlaps[i].by);
        json_write_participant(json, "of", measures->overlaps[i].of);
        write_span(json, measures->overlaps[i].from_ms, measures->overlaps[i].to_ms);
        end_item(out, json);
    }
    json_write_array_end(json);
    json_write_array(json, "speech");
    for (size_t i = 0; i < out->report->pieces->count; i++) {
        const struct piece *piece = &out->report->pieces->pieces[i];
        begin_item(json);
        json_write_participant(json, "participant_id", piece->participant);
        write_span(json, piece->from_ms, piece->to_ms);
        end_item(out, json);
    }
    json_write_array_end(json);
}

static void write_words(struct json_writer *json, const struct turn *turn)
{
    json_write_array(json, "words");
    for (size_t i = 0; i < turn->word_count; i++) {
        json_write_object(json, NULL);
        write_span(json, turn->words[i].from_ms, turn->words[i].to_ms);
        json_write_string(json, "text", turn->words[i].text);
        json_write_object_end(json);
    }
    json_write_array_end(json);
}

static void write_turn(struct out *out, struct json_writer *json, size_t index)
{
    const struct turn *turn = &out->report->transcript->turns[index];
    begin_item(json);
    json_write_integer(json, "turn", (int64_t)index + 1);
    json_write_participant(json, "participant_id", turn->participant);
    json_write_integer(json, "page", turn->page);
    write_span(json, turn->from_ms, turn->to_ms);
    json_write_string(json, "text", turn->text);
    if (turn->word_count > 0)
        write_words(json, turn);
    end_item(out, json);
}

static void write_transcript(struct out *out, struct json_writer *json)
{
    const struct transcript *transcript = out->report->transcript;
    json_write_object(json, "transcript");
    json_write_string(json, "engine", transcript ? transcript->engine : NULL);
    json_write_string(json, "model", transcript ? transcript->model : NULL);
    json_write_string(json, "language", transcript ? transcript->language : NULL);
    json_write_bool(json, "draft", transcript && transcript->draft);
    write_why(json, "missing", transcript ? transcript->missing : "it was not made");
    write_why(json, "note", transcript ? transcript->note : NULL);
    json_write_integer(json, "dropped", transcript ? (int64_t)transcript->dropped : 0);
    json_write_integer(json, "failed", transcript ? (int64_t)transcript->failed : 0);
    json_write_array(json, "turns");
    for (size_t i = 0; transcript && i < transcript->turn_count; i++)
        write_turn(out, json, i);
    json_write_array_end(json);
    json_write_object_end(json);
}

static void write_findings(struct out *out, struct json_writer *json)
{
    const struct findings *findings = out->report->findings;
    json_write_object(json, "analysis");
    json_write_string(json, "model", findings ? findings->model : NULL);
    json_write_string(json, "summary", findings ? findings->summary : NULL);
    write_why(json, "missing", findings ? findings->missing : "it was not made");
    write_why(json, "note", findings ? findings->note : NULL);
    json_write_integer(json, "struck", findings ? (int64_t)findings->struck : 0);
    json_write_array(json, "findings");
    for (size_t i = 0; findings && i < findings->count; i++) {
        const struct finding *finding = &findings->findings[i];
        begin_item(json);
        json_write_string(json, "kind", findings_kinds[finding->kind]);
        json_write_participant(json, "participant_id", finding->participant);
        json_write_integer(json, "page", finding->page);
        if (finding->kind == FINDING_ARGUMENT)
            json_write_bool(json, "against", finding->is_against);
        json_write_string(json, "text", finding->text);
        json_write_string(json, "quotation", finding->quotation);
        json_write_integer(json, "turn", (int64_t)finding->turn + 1);
        end_item(out, json);
    }
    json_write_array_end(json);
    json_write_object_end(json);
}

void report_json(struct out *out)
{
    struct buf text;
    struct json_writer json;
    buf_init(&text, ITEM_MAX);
    json_write_begin(&json, &text);
    json_write_string(&json, "report", "debate");
    json_write_integer(&json, "version", 1);
    write_session(&json, out->report->debate);
    write_people(out, &json);
    write_pages(out, &json);
    write_choices(out, &json);
    write_recordings(out, &json);
    write_overlaps(out, &json);
    write_transcript(out, &json);
    write_findings(out, &json);
    enum err e = json_write_end(&json);
    if (!e)
        out_bytes(out, text.data, text.len);
    else if (!out->failed)
        out->failed = e;
    out_raw(out, "\n");
    buf_release(&text);
}

/* Debates made up for tests of reports: any number of people, any length, with hostile names and
 * words among them. */
#ifndef DEBATE_ANALYSIS_REPORT_TESTING_H
#define DEBATE_ANALYSIS_REPORT_TESTING_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/report.h"
#include "base/buf.h"

enum { SAMPLE_PEOPLE = 8, SAMPLE_TURNS = 4096, SAMPLE_CHOICES = 32 };

struct sample {
    struct debate debate;
    struct debate_person people[SAMPLE_PEOPLE];
    struct debate_page pages[3];
    struct debate_choice choices[SAMPLE_CHOICES];
    struct debate_recording recordings[SAMPLE_PEOPLE];
    struct track tracks[SAMPLE_PEOPLE];
    struct track_point points[2];
    struct track_gap gap;
    struct pieces pieces;
    struct piece piece[SAMPLE_TURNS];
    struct transcript transcript;
    struct turn turns[SAMPLE_TURNS];
    struct measures measures;
    struct person_measures person[SAMPLE_PEOPLE];
    double page_talk_ms[SAMPLE_PEOPLE][3];
    size_t page_turns[SAMPLE_PEOPLE][3];
    struct overlap overlaps[SAMPLE_TURNS];
    struct choice_words words[SAMPLE_CHOICES];
    struct findings findings;
    struct finding finding[3];
    struct report report;
};

static const char *const sample_names[SAMPLE_PEOPLE] = {
    "Kim", "<script>alert(1)</script>", "\"박지민\" & Söhne", "Lee", "Choi", "Jung", "Han", "p8'"};

static const char *const sample_sentences[] = {
    "I would argue that the evidence points the other way, if one reads the whole report.",
    "그 점에는 동의하지만, 비용을 누가 부담하는지가 더 중요한 문제라고 생각합니다.",
    "</p><script>alert('said')</script> is what somebody said --> & meant it.",
    "Yes.",
    "=1+1 is two, [as everybody](javascript:alert(1)) knows.",
};

static inline void sample_agenda(struct sample *sample, size_t page_count)
{
    static struct choice choices[] = {{(char *)"agree", (char *)"찬성한다 <b>"},
                                      {(char *)"disagree", (char *)"Disagree"}};
    static struct page pages[3] = {
        {.title = (char *)"Opening & <i>claims</i>", .choice_count = 2, .choices = choices},
        {.title = (char *)"반론과 재반론",
         .text = (char *)"서로의 주장을 따져 봅시다.",
         .choice_count = 2,
         .choices = choices},
        {.title = (char *)"Closing", .choice_count = 2, .choices = choices}};
    static struct agenda agenda = {
        .refs = 1, .title = (char *)"공공 교통은 무료여야 하는가?", .pages = pages};
    agenda.page_count = page_count;
    sample->debate.agenda = &agenda;
    sample->debate.pages = sample->pages;
    sample->debate.page_count = page_count;
    for (size_t i = 0; i < page_count; i++)
        sample->pages[i] = (struct debate_page){
            .page = (unsigned)i + 1,
            .from_ms = sample->debate.end_ms * (int64_t)i / (int64_t)page_count,
            .to_ms = sample->debate.end_ms * (int64_t)(i + 1) / (int64_t)page_count};
}

static inline void sample_person(struct sample *sample, size_t i)
{
    sample->people[i] = (struct debate_person){.participant = (unsigned)i + 1,
                                               .nickname = sample_names[i],
                                               .reported_start = i != 3,
                                               .late_ms = 1.25 * (double)i,
                                               .has_error = true,
                                               .error_ms = 2.5};
    sample->recordings[i] = (struct debate_recording){
        .participant = (unsigned)i + 1,
        .recording_id = "r_sample_1",
        .path = "recordings/s_sample/p1-1.opus",
        .to_ms = sample->debate.end_ms,
        .uploaded = i != 1,
        .bytes = 1234567,
        .sha256 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"};
    sample->tracks[i] = (struct track){.participant = (unsigned)i + 1,
                                       .recording = i,
                                       .missing = i == 1 ? "it never came: gone <home>" : NULL,
                                       .samples = (uint64_t)sample->debate.end_ms * 48,
                                       .points = sample->points,
                                       .point_count = 2,
                                       .gaps = &sample->gap,
                                       .gap_count = i == 0,
                                       .drift_ppm = 12.5,
                                       .has_timeline = i != 2,
                                       .altered = i == 2,
                                       .complete = i != 0};
    sample->person[i].heard = i != 1;
    sample->person[i].page_talk_ms = sample->page_talk_ms[i];
    sample->person[i].page_turns = sample->page_turns[i];
    sample->person[i].latency_ms_median = i ? 640 : NAN;
}

/* Everybody in turn, 2 to 9 s each, now and then into another's. */
static inline void sample_talk(struct sample *sample, size_t turns)
{
    double at_ms = 500, step_ms = (double)sample->debate.end_ms / (double)(turns + 1);
    unsigned random = 1;
    for (size_t i = 0; i < turns; i++, at_ms += step_ms) {
        random = random * 1103515245u + 12345u;
        size_t who = (random >> 16) % sample->debate.people_count;
        double to_ms = at_ms + step_ms * (0.5 + (double)(random >> 20 & 7) / 10);
        unsigned page = 1 + (unsigned)(at_ms * (double)sample->debate.page_count /
                                       (double)sample->debate.end_ms);
        sample->piece[i] = (struct piece){(unsigned)who + 1, who, at_ms, to_ms, -24};
        sample->turns[i] = (struct turn){.participant = (unsigned)who + 1,
                                         .page = page,
                                         .piece = i,
                                         .from_ms = at_ms,
                                         .to_ms = to_ms,
                                         .text = sample_sentences[i % 5]};
        sample->person[who].talk_ms += to_ms - at_ms;
        sample->person[who].turns++;
        sample->person[who].turn_ms_median = 4200;
        sample->page_talk_ms[who][page - 1] += to_ms - at_ms;
        if (i % 9 == 4)
            sample->overlaps[sample->measures.overlap_count++] = (struct overlap){
                i % 2 ? OVERLAP_INTERRUPTION : OVERLAP_ATTEMPT, (unsigned)who + 1,
                (unsigned)((who + 1) % sample->debate.people_count) + 1, at_ms, at_ms + 800};
    }
    sample->pieces.count = sample->transcript.turn_count = turns;
}

static inline void sample_choose(struct sample *sample, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t who = i % sample->debate.people_count;
        sample->choices[i] = (struct debate_choice){
            .at_ms = sample->debate.end_ms * (int64_t)(i + 1) / (int64_t)(count + 1),
            .participant = (unsigned)who + 1,
            .page = 1,
            .choice = i == 1  ? NULL
                      : i % 2 ? "disagree"
                              : "agree",
            .before = i >= sample->debate.people_count && i != 1 ? "disagree" : NULL};
        sample->words[i] = (struct choice_words){.choice = i, .talk_ms = {12345, 2000}};
    }
    sample->debate.choice_count = sample->measures.choice_count = count;
}

/* The caller's to free; `minutes` long. */
static inline struct sample *sample_new(size_t people, double minutes, size_t turns, size_t choices)
{
    struct sample *sample = calloc(1, sizeof *sample);
    if (!sample)
        abort();
    sample->debate = (struct debate){.session_id = "s_0123456789abcdefghijkl",
                                     .room_code = "sunday",
                                     .start_at_ms = 1763872345678,
                                     .started = true,
                                     .end_ms = (int64_t)(minutes * 60000),
                                     .ended = true,
                                     .people = sample->people,
                                     .people_count = people,
                                     .choices = sample->choices,
                                     .recordings = sample->recordings,
                                     .recording_count = people};
    sample->points[1] =
        (struct track_point){(uint64_t)sample->debate.end_ms * 48, (double)sample->debate.end_ms};
    sample->gap = (struct track_gap){1000, 1230};
    sample_agenda(sample, 3);
    for (size_t i = 0; i < people; i++)
        sample_person(sample, i);
    sample->pieces.pieces = sample->piece;
    sample->pieces.bled = 3;
    sample->transcript = (struct transcript){.engine = "pocketsphinx",
                                             .model = "en-us",
                                             .language = "en",
                                             .draft = true,
                                             .turns = sample->turns,
                                             .dropped = 2};
    sample->measures = (struct measures){.people = sample->person,
                                         .people_count = people,
                                         .overlaps = sample->overlaps,
                                         .choices = sample->words,
                                         .silence_ms = 61234,
                                         .overlap_ms = 4321,
                                         .balance = 0.913,
                                         .gini = 0.21};
    sample_talk(sample, turns);
    sample_choose(sample, choices);
    for (size_t i = 0; i < 3; i++)
        sample->finding[i] = (struct finding){.kind = (enum finding_kind)i,
                                              .participant = 1,
                                              .page = 1,
                                              .is_against = true,
                                              .text = "Costs <matter> more than principle.",
                                              .quotation = sample_sentences[1],
                                              .turn = 1};
    sample->findings = (struct findings){.model = "gpt-test",
                                         .summary = "They moved closer & agreed on <little>.",
                                         .findings = sample->finding,
                                         .count = turns > 1 ? 3 : 0,
                                         .struck = 2};
    sample->report = (struct report){.debate = &sample->debate,
                                     .tracks = sample->tracks,
                                     .track_count = people,
                                     .pieces = &sample->pieces,
                                     .measures = &sample->measures,
                                     .transcript = &sample->transcript,
                                     .findings = &sample->findings,
                                     .audio = REPORT_AUDIO_NONE};
    return sample;
}

static inline enum err sample_sink(void *context, const char *data, size_t len)
{
    return buf_append(context, data, len);
}

/* The report as a string, the caller's to free. */
static inline char *sample_write(const struct sample *sample, enum report_format format)
{
    struct buf text;
    buf_init(&text, 64 * 1024 * 1024);
    if (report_write(&sample->report, format, sample_sink, &text))
        abort();
    return buf_take(&text);
}

#endif

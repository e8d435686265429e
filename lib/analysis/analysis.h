/* What the steps from voices to a report hand to each other. Types alone; each is filled by one
 * file and only read by the others:
 *
 *     log ──▶ debate.h ─┐
 *     recordings ──▶ track.h ──▶ pieces.h ──▶ transcript.h ──▶ findings.h ─┐
 *                       └──────────┴──▶ measures.h ────────────────────────┴──▶ report.h
 *
 * Every time here that is called `_ms` alone is session time: milliseconds since `start_at`, the
 * instant at which all began, as a double where sound is placed (a sample lasts 0.02 ms) and as an
 * integer where the log speaks; it is negative before the start. Participants are called by their
 * number (1 for "p1"), pages from 1, and everything else by its index in the array that holds it.
 * Each array is in order of time, and by participant's number where the time is the same. */
#ifndef DEBATE_ANALYSIS_ANALYSIS_H
#define DEBATE_ANALYSIS_ANALYSIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/agenda.h"
#include "proto/event.h"
#include "proto/limits.h"

/* ---- what the log says (debate.h) ---- */

struct debate_person {
    unsigned participant;
    const char *nickname;
    bool reported_start; /* `start_reported` came */
    double late_ms;
    bool has_error;
    double error_ms;
    bool agreed;   /* to be recorded, at any time */
    bool withdrew; /* took that back during the debate, last at `withdrew_ms` */
    int64_t withdrew_ms;
};

/* A stretch of the debate in which somebody had no seat: not there yet, gone, or gone for a while.
 */
struct debate_absence {
    unsigned participant;
    int64_t from_ms, to_ms;
};

/* A stretch of time on one page; a page that was left and seen again has several. */
struct debate_page {
    unsigned page;
    int64_t from_ms, to_ms;
};

struct debate_choice {
    int64_t at_ms;
    unsigned participant, page;
    const char *choice; /* its id; NULL when the log at hand does not say (never revealed) */
    const char *before; /* the choice that it changed; NULL for a first one */
};

struct debate_recording {
    unsigned participant;
    const char *recording_id;
    const char *path;       /* "recordings/SESSION/NAME" */
    int64_t from_ms, to_ms; /* by the log */
    bool uploaded;
    uint64_t bytes;     /* when uploaded */
    const char *sha256; /* when uploaded */
};

struct debate {
    const char *session_id, *room_code;
    const struct agenda *agenda;
    int64_t start_at_ms; /* ms since the Unix epoch: the zero of session time */
    bool started;        /* otherwise nothing was said, and zero is the log's first event */
    int64_t end_ms;      /* session time of `session_ended`, or of the last event */
    bool ended;
    const struct debate_person *people; /* by number, without gaps: people[0] is p1 */
    size_t people_count;
    const struct debate_absence *absences;
    size_t absence_count;
    const struct debate_page *pages;
    size_t page_count;
    const struct debate_choice *choices;
    size_t choice_count;
    const struct debate_recording *recordings;
    size_t recording_count;
};

/* ---- where the sound is (track.h) ---- */

struct track_point { /* sample `sample` of the file is heard at `at_ms` */
    uint64_t sample;
    double at_ms;
};

struct track_gap { /* silence that stands for capture that was missed */
    double from_ms, to_ms;
};

/* One recording, placed. Its file is read in pieces, never whole. */
struct track {
    unsigned participant;
    size_t recording;    /* index in the debate's recordings */
    const char *path;    /* of the file, ready to be opened; NULL: it did not come */
    const char *missing; /* why there is no sound, one line for people; NULL: there is */
    uint64_t samples;    /* at 48 kHz, mono */
    const struct track_point *points; /* straight lines between them; the first and last go on */
    size_t point_count;
    const struct track_gap *gaps;
    size_t gap_count;
    double drift_ppm;  /* its clock against the session's; above 0: it runs fast */
    bool has_timeline; /* otherwise placed by the log's start and end */
    bool altered;      /* its bytes are not those whose digest the log has */
    bool complete;     /* as its timeline says and its samples agree */
};

/* ---- who spoke when (pieces.h) ---- */

/* One stretch of one person's speech: what is sent to be transcribed, and what is measured. */
struct piece {
    unsigned participant;
    size_t track;
    double from_ms, to_ms; /* of the speech itself, without padding */
    double level_db;       /* of full scale (dBFS, RMS over the speech) */
};

struct pieces {
    const struct piece *pieces;
    size_t count;
    size_t bled; /* stretches that were left out: another's voice from a loudspeaker */
};

/* ---- what was said (transcript.h) ---- */

struct word {
    double from_ms, to_ms;
    const char *text;
};

/* What one person said in one piece. */
struct turn {
    unsigned participant, page;
    size_t piece;
    double from_ms, to_ms;
    const char *text;         /* never empty */
    const struct word *words; /* may be none: not every engine tells them */
    size_t word_count;
};

struct transcript {
    const char *engine, *model; /* "whisper.cpp", "ggml-base"; names as asked for or answered */
    const char *language;       /* ISO 639-1; NULL: nobody named it */
    bool draft;                 /* by the embedded recogniser */
    const char *missing;        /* why there is no transcript, one line; NULL: there is one */
    const char *note;           /* what went wrong on the way, one line; NULL: nothing did */
    const struct turn *turns;
    size_t turn_count;
    size_t dropped; /* pieces whose words were taken for inventions */
    size_t failed;  /* pieces that no answer came for; made again, only they are asked for */
};

/* ---- what can be measured without a model (measures.h) ---- */

/* The definitions and their sources stand in measures.h and debate-measures(7). */
enum overlap_kind {
    OVERLAP_BACKCHANNEL,  /* a short word while the other goes on */
    OVERLAP_INTERRUPTION, /* the other stops: successful */
    OVERLAP_ATTEMPT,      /* the one who came in stops first */
    OVERLAP_HANDOVER,     /* came in as the other was ending: how turns change hands */
    OVERLAP_TOGETHER,     /* both began at once: neither came in on the other */
};

struct overlap {
    enum overlap_kind kind;
    unsigned by, of; /* who came in, who was speaking */
    double from_ms, to_ms;
};

struct person_measures {
    bool heard; /* there is sound of theirs; otherwise nothing is known, and no share counted */
    double talk_ms;
    size_t turns;
    double pause_ms; /* silence inside own turns */
    double turn_ms_median;
    double latency_ms_median; /* from another's end to own beginning; NaN: never answered */
    size_t interrupted, was_interrupted, attempted;
    double *page_talk_ms; /* by page - 1, as many as the agenda has */
    size_t *page_turns;
};

/* A choice and what was being said in the minute before it was made or changed. */
struct choice_words {
    size_t choice;                      /* index in the debate's choices */
    double talk_ms[LIMIT_PARTICIPANTS]; /* by number - 1, in that minute */
    /* From the first piece that reaches into that minute to the last that begins in it. A short one
     * between that was over before is among them. */
    size_t first_piece, piece_count;
};

struct measures {
    struct person_measures *people; /* as the debate's */
    size_t people_count;
    struct overlap *overlaps;
    size_t overlap_count;
    struct choice_words *choices; /* as the debate's */
    size_t choice_count;
    double silence_ms; /* nobody spoke, between start and end */
    double overlap_ms; /* two or more spoke */
    /* Over the shares of talk of those who were heard; NaN when fewer than two were, or none spoke.
     */
    double balance; /* 1: all spoke alike; 0: one alone. Entropy over its maximum */
    double gini;    /* 0: all alike; (n - 1) / n: one alone of n */
};

/* ---- what a language model found (findings.h) ---- */

enum finding_kind { FINDING_POSITION, FINDING_ARGUMENT, FINDING_MOVEMENT };

struct finding {
    enum finding_kind kind;
    unsigned participant, page;
    bool is_against; /* of an argument */
    const char *text;
    const char *quotation; /* stands in the turn word for word */
    size_t turn;           /* index in the transcript's turns */
};

struct findings {
    const char *model;
    const char *summary; /* of the whole; may be NULL */
    const char *missing; /* why there are none, one line; NULL: there are */
    const char *note;    /* what went wrong on the way, one line; NULL: nothing did */
    const struct finding *findings;
    size_t count;
    size_t struck; /* findings whose quotation is not in the transcript */
};

#endif

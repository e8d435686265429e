/* How the formats write: bytes gathered and given to the sink, texts of others made harmless, words
 * in the reader's language. For report*.c alone.
 *
 * After the first failure everything is dropped, so that it is checked once, by out_end. */
#ifndef DEBATE_ANALYSIS_REPORT_OUT_H
#define DEBATE_ANALYSIS_REPORT_OUT_H

#include "analysis/report.h"
#include "analysis/report_words.h"
#include "analysis/why.h"

/* How others' text is made harmless. */
enum out_escape {
    OUT_PLAIN,
    OUT_HTML,     /* text and attribute values in double quotes */
    OUT_MARKDOWN, /* no markup, no HTML, one line */
    OUT_CUE       /* WebVTT's and SubRip's cue text, one line */
};

struct out {
    report_sink_fn *sink;
    void *context;
    enum err failed;
    const struct report *report;
    enum out_escape escape; /* of this format */
    size_t len;
    char data[16 * 1024];
};

void out_init(struct out *out, const struct report *report, report_sink_fn *sink, void *context);
/* Gives the sink what is left; the first failure. */
enum err out_end(struct out *out) MUST_CHECK;

void out_bytes(struct out *out, const char *data, size_t len);
/* What this program itself wrote. */
void out_raw(struct out *out, const char *text);
void out_format(struct out *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Others' text, by the format's rules. */
void out_text(struct out *out, const char *text);
/* The same of its first bytes. */
void out_part(struct out *out, const char *text, size_t len);
/* A word or sentence of the report; {1}, {2} and {3} are replaced by others' text. */
void out_say(struct out *out, enum report_word word);
void out_say1(struct out *out, enum report_word word, const char *first);
void out_say2(struct out *out, enum report_word word, const char *first, const char *second);
void out_say3(struct out *out, enum report_word word, const char *first, const char *second,
              const char *third);

/* ---- numbers and names as people read them ---- */

enum { OUT_NUMBER_SIZE = LIMIT_NICKNAME_CHARS * 4 + 16 }; /* of a name, too */

/* "1:02:03" or "2:03"; before the start "-0:05". */
const char *out_clock(double ms, char text[OUT_NUMBER_SIZE]);
/* "12.3 s", "4 min 5 s": a length of time, in the report's language. */
const char *out_length(const struct out *out, double ms, char text[OUT_NUMBER_SIZE]);
/* With so many decimals; "–" for what is no number. */
const char *out_number(double value, int decimals, char text[OUT_NUMBER_SIZE]);
/* "1,234,567". */
const char *out_count(uint64_t value, char text[OUT_NUMBER_SIZE]);

/* Why something is missing, in the report's language; NULL: this word. */
const char *out_why(const struct out *out, const char *why, enum report_word word,
                    char text[WHY_SIZE]);
/* "Kim", "Kim (p3)" where there are several, or "p3" for who is not known. */
const char *out_name(const struct report *report, unsigned participant, char text[OUT_NUMBER_SIZE]);
/* The choice's label, or its id. */
const char *out_choice(const struct report *report, unsigned page, const char *choice);
/* 0 to 1; 0 when nobody spoke. */
double out_share(const struct measures *measures, size_t person);

/* ---- what the files of the formats offer each other ---- */

void report_html(struct out *out);
void report_html_figures(struct out *out);
void report_html_proof(struct out *out);
void report_html_findings(struct out *out);
void report_html_choices(struct out *out);
void report_html_missing(struct out *out);
void report_svg(struct out *out);
/* The player of a track; nothing when it cannot be heard. */
void report_audio(struct out *out, size_t track);
/* The attributes of a link by which the script lets this be heard. */
void report_sound(struct out *out, size_t track, double from_ms, double to_ms);
/* The beginning of a link to what was said in a piece. */
void report_piece_link(struct out *out, size_t piece);
void report_turn_sound(struct out *out, const struct turn *turn);
/* "Kim changed from “yes” to “no”". */
void report_choice_line(struct out *out, const struct debate_choice *choice);
/* Whether somebody came in on another, whoever stopped then. */
bool report_is_cut(const struct overlap *overlap);
/* A participant's colour in the style, from 1. */
unsigned report_colour(unsigned participant);
void report_markdown(struct out *out);
void report_json(struct out *out);
void report_vtt(struct out *out);
void report_srt(struct out *out);
void report_csv(struct out *out);

/* What the report lacks and why, a sentence each, in order, as out_say3 takes them. */
typedef void report_missing_fn(struct out *out, enum report_word word, const char *first,
                               const char *second, const char *third);
void report_missing(struct out *out, report_missing_fn *put);

/* Whether a turn reaches into the minute before a choice. */
bool report_turn_before(const struct turn *turn, const struct debate_choice *choice);
/* How many bytes of a turn's text had been said by then, as its words tell; otherwise all. */
size_t report_said_by(const struct turn *turn, double at_ms);
/* The track of a recording; NULL: it was never placed. */
const struct track *report_track_of(const struct report *report, size_t recording);
double report_gaps_ms(const struct track *track);
/* How much of a participant's voice there is, gaps left out. */
double report_recorded_ms(const struct report *report, unsigned participant);
/* How even the talk was, and how long nobody spoke. */
void report_together(struct out *out);
/* Otherwise nobody knows how long it was silent. */
bool report_anybody_heard(const struct measures *measures);

extern const char report_style[], report_script[];

#endif

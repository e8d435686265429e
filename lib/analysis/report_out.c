#include "analysis/report_out.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { FORMATTED_MAX = 512, MINUTE_MS = 60 * 1000, HOUR_MS = 60 * MINUTE_MS };

/* ---- bytes ---- */

void out_init(struct out *out, const struct report *report, report_sink_fn *sink, void *context)
{
    out->sink = sink;
    out->context = context;
    out->failed = ERR_NONE;
    out->report = report;
    out->escape = OUT_PLAIN;
    out->len = 0;
}

static void flush(struct out *out)
{
    if (!out->failed && out->len)
        out->failed = out->sink(out->context, out->data, out->len);
    out->len = 0;
}

enum err out_end(struct out *out)
{
    flush(out);
    return out->failed;
}

void out_bytes(struct out *out, const char *data, size_t len)
{
    while (len) {
        size_t room = sizeof out->data - out->len, part = len < room ? len : room;
        memcpy(out->data + out->len, data, part);
        out->len += part;
        data += part;
        len -= part;
        if (out->len == sizeof out->data)
            flush(out);
    }
}

void out_raw(struct out *out, const char *text)
{
    out_bytes(out, text, strlen(text));
}

void out_format(struct out *out, const char *format, ...)
{
    char text[FORMATTED_MAX];
    va_list list;
    va_start(list, format);
    int len = vsnprintf(text, sizeof text, format, list);
    va_end(list);
    if (len > 0)
        out_bytes(out, text, (size_t)len < sizeof text ? (size_t)len : sizeof text - 1);
}

/* ---- others' text ---- */

static const char *html_of(unsigned char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        /* What HTML does not allow even as a reference; a line's end is a space anywhere. */
        return c < 0x20 && c != '\n' && c != '\t' ? "\xef\xbf\xbd" : NULL;
    }
}

/* CommonMark lets any punctuation of ASCII be escaped; HTML in it stays text as references. */
static const char *markdown_of(unsigned char c, char room[3])
{
    if (c < 0x20)
        return " ";
    if (c == '&' || c == '<' || c == '>')
        return html_of(c);
    if (!strchr("\\`*_{}[]()#+-!|~:=\"'", c))
        return NULL;
    room[0] = '\\';
    room[1] = (char)c;
    room[2] = '\0';
    return room;
}

/* WebVTT, section 4.2.2: & and < begin something; "-->" may not stand in a cue. SubRip has no rules
 * of its own, and its players read these. */
static const char *cue_of(unsigned char c)
{
    return c < 0x20 ? " " : strchr("&<>", c) ? html_of(c) : NULL;
}

/* Whether it may hold something that is written from right to left, or turns what follows it round
 * (UAX #9): by the first bytes of U+0590 to 08FF, of the forms at U+FB1D and above, of the scripts
 * at U+10800 and U+1E800, and of the marks at U+200E and above. */
static bool may_turn(const char *text, size_t len)
{
    for (size_t i = 0; i + 1 < len; i++) {
        unsigned char c = (unsigned char)text[i], next = (unsigned char)text[i + 1];
        if ((c >= 0xd6 && c <= 0xdf) || (c == 0xe0 && next < 0xa4) || (c == 0xef && next >= 0xac) ||
            (c == 0xf0 && (next == 0x90 || next == 0x9e)))
            return true;
        if (c == 0xe2 && i + 2 < len && (next == 0x80 || next == 0x81)) {
            unsigned char last = (unsigned char)text[i + 2];
            if ((next == 0x80 &&
                 (last == 0x8e || last == 0x8f || (last >= 0xaa && last <= 0xae))) ||
                (next == 0x81 && last >= 0xa6 && last <= 0xa9))
                return true;
        }
    }
    return false;
}

static void escape(struct out *out, const char *text, size_t len)
{
    char room[3];
    for (const char *end = text + len; text < end; text++) {
        unsigned char c = (unsigned char)*text;
        const char *instead = NULL;
        switch (out->escape) {
        case OUT_PLAIN:
            break;
        case OUT_HTML:
            instead = html_of(c);
            break;
        case OUT_MARKDOWN:
            instead = markdown_of(c, room);
            break;
        case OUT_CUE:
            instead = cue_of(c);
            break;
        }
        if (instead)
            out_raw(out, instead);
        else
            out_bytes(out, text, 1);
    }
}

/* On the page, what runs from right to left stands between isolates, so that the numbers and words
 * beside it keep their places. */
void out_part(struct out *out, const char *text, size_t len)
{
    bool is_isolated = out->escape == OUT_HTML && may_turn(text, len);
    if (is_isolated)
        out_raw(out, "\xe2\x81\xa8"); /* U+2068, first strong isolate */
    escape(out, text, len);
    if (is_isolated)
        out_raw(out, "\xe2\x81\xa9"); /* U+2069, pop directional isolate */
}

void out_text(struct out *out, const char *text)
{
    out_part(out, text, strlen(text));
}

void out_say3(struct out *out, enum report_word word, const char *first, const char *second,
              const char *third)
{
    const char *const values[] = {first, second, third};
    const char *text = report_word_text(word, out->report->lang), *hole;
    for (; (hole = strchr(text, '{')); text = hole + 3) {
        out_bytes(out, text, (size_t)(hole - text));
        if (values[hole[1] - '1'])
            out_text(out, values[hole[1] - '1']);
    }
    out_raw(out, text);
}

void out_say2(struct out *out, enum report_word word, const char *first, const char *second)
{
    out_say3(out, word, first, second, NULL);
}

void out_say1(struct out *out, enum report_word word, const char *first)
{
    out_say3(out, word, first, NULL, NULL);
}

void out_say(struct out *out, enum report_word word)
{
    out_say3(out, word, NULL, NULL, NULL);
}

/* ---- numbers ---- */

const char *out_clock(double ms, char text[OUT_NUMBER_SIZE])
{
    int64_t s = (int64_t)floor(fabs(ms) / 1000);
    const char *sign = ms <= -1000 ? "-" : "";
    if (s >= 3600)
        snprintf(text, OUT_NUMBER_SIZE, "%s%" PRId64 ":%02d:%02d", sign, s / 3600,
                 (int)(s / 60 % 60), (int)(s % 60));
    else
        snprintf(text, OUT_NUMBER_SIZE, "%s%d:%02d", sign, (int)(s / 60), (int)(s % 60));
    return text;
}

/* A template with numbers alone in its places. */
static void fill(const char *template, const char *first, const char *second,
                 char text[OUT_NUMBER_SIZE])
{
    size_t len = 0;
    for (; *template && len + 1 < OUT_NUMBER_SIZE; template ++) {
        if (*template != '{') {
            text[len++] = *template;
            continue;
        }
        const char *value = template[1] == '1' ? first : second;
        for (; *value && len + 1 < OUT_NUMBER_SIZE; value++)
            text[len++] = *value;
        template += 2;
    }
    text[len] = '\0';
}

const char *out_length(const struct out *out, double ms, char text[OUT_NUMBER_SIZE])
{
    char first[24], second[24] = "";
    enum report_word word = WORD_SECONDS;
    if (!isfinite(ms))
        return out_number(ms, 0, text);
    if (fabs(ms) < MINUTE_MS - 50) {
        snprintf(first, sizeof first, "%.*f", fabs(ms) < 995 ? 2 : 1, ms / 1000);
    } else {
        int64_t s = llround(ms / 1000);
        bool is_long = s >= HOUR_MS / 1000;
        word = is_long ? WORD_HOURS : WORD_MINUTES;
        snprintf(first, sizeof first, "%" PRId64, s / (is_long ? 3600 : 60));
        snprintf(second, sizeof second, "%d", (int)(is_long ? s / 60 % 60 : s % 60));
    }
    fill(report_word_text(word, out->report->lang), first, second, text);
    return text;
}

const char *out_number(double value, int decimals, char text[OUT_NUMBER_SIZE])
{
    if (isfinite(value))
        snprintf(text, OUT_NUMBER_SIZE, "%.*f", decimals, value);
    else
        snprintf(text, OUT_NUMBER_SIZE, "–");
    return text;
}

const char *out_count(uint64_t value, char text[OUT_NUMBER_SIZE])
{
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%" PRIu64, value), at = 0;
    for (int i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0)
            text[at++] = ',';
        text[at++] = digits[i];
    }
    text[at] = '\0';
    return text;
}

/* ---- names ---- */

static bool has_namesake(const struct debate *debate, unsigned participant)
{
    const char *name = debate->people[participant - 1].nickname;
    for (size_t i = 0; i < debate->people_count; i++) {
        if (i != participant - 1 && debate->people[i].nickname &&
            strcmp(debate->people[i].nickname, name) == 0)
            return true;
    }
    return false;
}

const char *out_why(const struct out *out, const char *why, enum report_word word,
                    char text[WHY_SIZE])
{
    if (!why)
        return report_word_text(word, out->report->lang);
    why_say(why, out->report->lang, text, WHY_SIZE);
    return text;
}

const char *out_name(const struct report *report, unsigned participant, char text[OUT_NUMBER_SIZE])
{
    const struct debate *debate = report->debate;
    const char *name = participant >= 1 && participant <= debate->people_count
                           ? debate->people[participant - 1].nickname
                           : NULL;
    if (name && !has_namesake(debate, participant))
        return name;
    if (name)
        snprintf(text, OUT_NUMBER_SIZE, "%.*s (p%u)", LIMIT_NICKNAME_CHARS * 4, name, participant);
    else
        snprintf(text, OUT_NUMBER_SIZE, "p%u", participant);
    return text;
}

const char *out_choice(const struct report *report, unsigned page, const char *choice)
{
    const struct page *about = agenda_page(report->debate->agenda, page);
    int index = about && choice ? page_choice_index(about, choice) : -1;
    return index < 0 ? choice : about->choices[index].label;
}

double out_share(const struct measures *measures, size_t person)
{
    double all_ms = 0;
    for (size_t i = 0; i < measures->people_count; i++)
        all_ms += measures->people[i].talk_ms;
    return all_ms > 0 ? measures->people[person].talk_ms / all_ms : 0;
}

#include <string.h>
#include <unigbrk.h>
#include <unilbrk.h>
#include <unistr.h>
#include <uniwidth.h>

#include "text_unistring.h"

enum { CLUSTER_BYTES_MAX = 256 }; /* a family of four with skin tones has 41 */

#define ENCODING "UTF-8"
#define ELLIPSIS "\xe2\x80\xa6"

static const uint8_t *bytes(const char *text)
{
    return (const uint8_t *)text;
}

/* The code point at `text`, and its length. What is no UTF-8 is one byte of U+FFFD. */
static ucs4_t point_at(const char *text, size_t len, size_t *size)
{
    ucs4_t point;
    int n = u8_mbtoucr(&point, bytes(text), len);
    *size = n > 0 ? (size_t)n : 1;
    return n > 0 ? point : 0xfffd;
}

/* Embeddings, overrides and isolates (UAX #9): they would turn the rest of the row around. */
static bool turns_direction(ucs4_t point)
{
    return (point >= 0x202a && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069);
}

static void put(struct buf *out, ucs4_t point)
{
    uint8_t encoded[6];
    int n = u8_uctomb(encoded, point, sizeof encoded);
    if (n > 0)
        buf_append(out, encoded, (size_t)n);
}

void text_clean(struct buf *out, const char *text, size_t len, bool keep_lines)
{
    for (size_t at = 0, size; at < len; at += size) {
        ucs4_t point = point_at(text + at, len - at, &size);
        if (point == '\r' && at + 1 < len && text[at + 1] == '\n')
            continue;
        if (point == '\n' || point == '\r' || point == 0x2028 || point == 0x2029)
            put(out, keep_lines ? '\n' : ' ');
        else if (point == '\t')
            put(out, ' ');
        else if (point < 0x20)
            put(out, 0x2400 + point);
        else if (point == 0x7f)
            put(out, 0x2421);
        else if ((point >= 0x80 && point < 0xa0) || turns_direction(point))
            put(out, 0xfffd);
        else if (point != 0xad && point != 0xfeff) /* not seen, and terminals disagree on them */
            put(out, point);
    }
}

/* Most letters: neither joins what follows nor what stands before it (UAX #29, GB999). */
static bool stands_alone(ucs4_t point)
{
    int property = point < 0x80 ? GBP_OTHER : uc_graphemeclusterbreak_property(point);
    return property == GBP_OTHER || property == GBP_LV || property == GBP_LVT;
}

size_t text_cluster_end(const char *text, size_t len, size_t at)
{
    char breaks[CLUSTER_BYTES_MAX];
    if (at >= len)
        return len;
    size_t size, size_after;
    ucs4_t first = point_at(text + at, len - at, &size);
    if (stands_alone(first) &&
        (at + size == len ||
         stands_alone(point_at(text + at + size, len - at - size, &size_after))))
        return at + size;
    size_t end = len - at < sizeof breaks ? len - at : sizeof breaks;
    if (u8_check(bytes(text) + at, end)) {
        /* Up to what is no UTF-8, or what the limit cuts. */
        end = (size_t)(u8_check(bytes(text) + at, end) - (bytes(text) + at));
        if (end == 0)
            return at + 1;
    }
    u8_grapheme_breaks(bytes(text) + at, end, breaks);
    for (size_t i = size; i < end; i++)
        if (breaks[i])
            return at + i;
    return at + end;
}

size_t text_cluster_start(const char *text, size_t len, size_t at)
{
    size_t start = 0;
    for (size_t end = 0; end < at;) {
        start = end;
        end = text_cluster_end(text, len, start);
    }
    return start;
}

static int cluster_columns(const char *text, size_t len)
{
    size_t size;
    ucs4_t first = point_at(text, len, &size);
    int columns = uc_width(first, ENCODING);
    bool is_flag = first >= 0x1f1e6 && first <= 0x1f1ff && len > size;
    /* U+FE0F asks for the picture, which is wide. */
    if (is_flag || (len > size && memmem(text + size, len - size, "\xef\xb8\x8f", 3)))
        return 2;
    return columns > 0 ? columns : 0;
}

int text_columns(const char *text, size_t len)
{
    int columns = 0;
    for (size_t at = 0, end; at < len; at = end) {
        end = text_cluster_end(text, len, at);
        columns += cluster_columns(text + at, end - at);
    }
    return columns;
}

size_t text_fit(const char *text, size_t len, int columns)
{
    size_t at = 0;
    while (at < len) {
        size_t end = text_cluster_end(text, len, at);
        columns -= cluster_columns(text + at, end - at);
        if (columns < 0)
            break;
        at = end;
    }
    return at;
}

void text_clip(struct buf *out, const char *text, size_t len, int columns)
{
    size_t fitting = text_fit(text, len, columns);
    if (fitting == len) {
        buf_append(out, text, len);
    } else if (columns > 0) {
        buf_append(out, text, text_fit(text, len, columns - 1));
        buf_append_str(out, ELLIPSIS);
    }
}

static bool is_hangul(ucs4_t point)
{
    return (point >= 0xac00 && point <= 0xd7a3) || (point >= 0x1100 && point <= 0x11ff) ||
           (point >= 0x3130 && point <= 0x318f);
}

static bool is_word(ucs4_t point)
{
    return is_hangul(point) || (point >= '0' && point <= '9') || (point >= 'A' && point <= 'Z') ||
           (point >= 'a' && point <= 'z');
}

/* UAX #14 lets a line end after any Hangul syllable; Korean is written with spaces, and read more
 * easily when a line ends there (UAX #14, section 8.2, the second style). */
static void keep_korean_words(const char *text, size_t len, char *breaks)
{
    ucs4_t before = 0;
    for (size_t at = 0, size; at < len; at += size) {
        ucs4_t point = point_at(text + at, len - at, &size);
        if (breaks[at] == UC_BREAK_POSSIBLE && is_word(before) && is_word(point) &&
            (is_hangul(before) || is_hangul(point)))
            breaks[at] = UC_BREAK_PROHIBITED;
        before = point;
    }
}

static void give_line(const char *text, size_t start, size_t end, text_on_line *on_line,
                      void *context)
{
    while (end > start && text[end - 1] == ' ')
        end--;
    on_line(context, text + start, end - start);
}

/* One paragraph of at most TEXT_PARAGRAPH_MAX bytes, without '\n'. `columns` is of its first line,
 * `columns_after` of the ones after it. */
static void wrap_paragraph(const char *text, size_t len, int columns, int columns_after,
                           text_on_line *on_line, void *context)
{
    char breaks[TEXT_PARAGRAPH_MAX];
    size_t start = 0, last_break = 0;
    int width = 0, width_at_break = 0;
    if (len)
        u8_possible_linebreaks(bytes(text), len, ENCODING, breaks);
    keep_korean_words(text, len, breaks);
    for (size_t at = 0, end; at < len; at = end) {
        end = text_cluster_end(text, len, at);
        int wide = cluster_columns(text + at, end - at);
        if (at > start && breaks[at] == UC_BREAK_POSSIBLE) {
            last_break = at;
            width_at_break = width;
        }
        /* Spaces may hang over: they are given to no line. With a mark on it, it is no space. */
        bool is_space = text[at] == ' ' && end - at == 1;
        if (width + wide > columns && at > start && !is_space) {
            size_t cut = last_break > start ? last_break : at;
            give_line(text, start, cut, on_line, context);
            width -= last_break > start ? width_at_break : width;
            start = cut;
            columns = columns_after;
            if (width + wide > columns && start < at) { /* the word fits in no line */
                end = start;
                width = 0;
                last_break = start;
                continue;
            }
        }
        width += wide;
    }
    give_line(text, start, len, on_line, context);
}

void text_wrap(const char *text, size_t len, int columns, int hang, text_on_line *on_line,
               void *context)
{
    size_t at = 0;
    int first = columns;
    do {
        const char *line_end = memchr(text + at, '\n', len - at);
        size_t end = line_end ? (size_t)(line_end - text) : len;
        bool is_whole = end - at <= TEXT_PARAGRAPH_MAX;
        if (!is_whole) {
            end = at + TEXT_PARAGRAPH_MAX;
            while ((text[end] & 0xc0) == 0x80)
                end--;
        }
        wrap_paragraph(text + at, end - at, first, columns - hang, on_line, context);
        first = columns - hang;
        at = end + (is_whole && line_end);
        if (is_whole && !line_end)
            break;
    } while (at <= len);
}

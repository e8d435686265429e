/* How text stands in a terminal: its columns, where a line may be broken, what of it may be shown
 * at all. Pure; any thread. Knows grapheme clusters (UAX #29), the width of East Asian letters
 * (UAX #11) and line breaks (UAX #14), through libunistring.
 *
 * "Clean" text has been through text_clean: valid UTF-8 without control characters. */
#ifndef DEBATE_TERMINAL_TEXT_UNISTRING_H
#define DEBATE_TERMINAL_TEXT_UNISTRING_H

#include <stddef.h>

#include "base/buf.h"

/* Appends `text` as it may be shown: control characters become their pictures (ESC: U+241B), what
 * is no UTF-8 and what turns the direction of writing U+FFFD, tabs and line ends a space; with
 * `keep_lines` a line end stays '\n'. */
void text_clean(struct buf *out, const char *text, size_t len, bool keep_lines);

/* Columns of a clean text without line ends. An emoji of several parts counts once, as 2. */
int text_columns(const char *text, size_t len);

/* The byte where the cluster that holds byte `at` ends, and where the one before `at` begins. Any
 * text; `at` <= len. */
size_t text_cluster_end(const char *text, size_t len, size_t at);
size_t text_cluster_start(const char *text, size_t len, size_t at);

/* Bytes of the longest beginning of whole clusters that fits in `columns`. Clean text. */
size_t text_fit(const char *text, size_t len, int columns);

/* Appends a clean text, cut to `columns` with an ellipsis at its end where it is too long. */
void text_clip(struct buf *out, const char *text, size_t len, int columns);

/* Gives the lines of a clean text in order, none with more than `columns` (the ones after the first
 * `hang` less) unless one cluster alone is wider. Lines end at '\n' and else between words, Korean
 * ones too; a word is cut only when it fits in no line. Spaces at a break are given to no line.
 * Paragraphs have at most TEXT_PARAGRAPH_MAX bytes; what is longer is wrapped in pieces. */
enum { TEXT_PARAGRAPH_MAX = 4096 };
typedef void text_on_line(void *context, const char *line, size_t len);
void text_wrap(const char *text, size_t len, int columns, int hang, text_on_line *on_line,
               void *context);

#endif

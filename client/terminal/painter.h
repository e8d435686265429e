/* What the screen writes, and what stands on it: the entries that scrolled by, the rows at the
 * foot, and the bytes that bring a terminal from what it shows to what it should show. Pure; one
 * thread at a time. The holder sends `out` to the terminal and consumes what was sent.
 *
 * The cursor always stands in the last row of the foot. Of a terminal's sequences (ECMA-48, DEC) it
 * uses CUU, CUP, EL, ED, SGR, DECSC, DECRC and DECAWM; on a dumb one carriage return alone. Widths
 * are ours to guess and the terminal's to decide: the foot is drawn without autowrap and the cursor
 * put by DECRC, so that a terminal of another mind tears nothing. */
#ifndef DEBATE_TERMINAL_PAINTER_H
#define DEBATE_TERMINAL_PAINTER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "screen.h"

enum {
    PAINTER_ENTRIES_MAX = 300, /* fill the highest of windows when it is resized */
    PAINTER_ENTRY_BYTES_MAX =
        16 * 1024,                /* the protocol's message; the rest is cut with an ellipsis */
    PAINTER_PARTS_MAX = 12,       /* of the status */
    PAINTER_ROW_BYTES_MAX = 4096, /* of the prompt, choices and status */
    PAINTER_OUT_BYTES_MAX = 256 * 1024, /* for a terminal that does not read */
    PAINTER_FOOT_MAX = 3                /* rows */
};

struct painter_entry; /* label and text are one clean string; inside painter.c */

/* One row of the foot. */
struct painter_row {
    struct buf before, after; /* of the cursor; `after` only in the last row */
};

struct painter {
    struct buf out;
    int columns, rows;
    bool is_dumb, has_colour;
    struct painter_entry *entries[PAINTER_ENTRIES_MAX]; /* a ring */
    size_t entries_first, entries_count;
    struct buf choices, prompt, parts[PAINTER_PARTS_MAX];
    size_t parts_count;
    struct buf line;    /* clean */
    size_t line_point;  /* byte of the cursor in it */
    size_t line_scroll; /* first byte shown */
    struct painter_row shown[PAINTER_FOOT_MAX];
    int shown_rows; /* 0: no foot on the terminal */
};

void painter_init(struct painter *painter, bool is_dumb, bool has_colour);
void painter_release(struct painter *painter);

/* The window is so large now; what it shows is unknown until painter_repaint. */
void painter_resize(struct painter *painter, int columns, int rows);
/* One entry, kept for repainting and written at once; painter_draw_foot has to follow. */
void painter_say(struct painter *painter, enum tone tone, const char *label, const char *text);
void painter_set_status(struct painter *painter, const char *const *parts, size_t count);
/* As an entry, unless the whole of it stands in its row. */
void painter_say_status(struct painter *painter);
void painter_set_choices(struct painter *painter, const char *text);
void painter_set_prompt(struct painter *painter, const char *prompt);
/* What is being typed; `point` is the cursor's byte. */
void painter_set_line(struct painter *painter, const char *line, size_t len, size_t point);

void painter_draw_foot(struct painter *painter); /* writes what changed in it, or nothing */
void painter_erase_foot(struct painter *painter);
/* Everything anew, from the top of the window: the end of the entries and the foot. On a dumb
 * terminal the prompt alone. */
void painter_repaint(struct painter *painter);

#endif

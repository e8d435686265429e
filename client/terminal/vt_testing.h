/* A terminal for tests: the few sequences that the painter may use, on a grid of cells; anything
 * else fails the test. Widths are text_columns', and `wide_by` more for what is not ASCII: a
 * terminal of another mind. Tests only; the holder owns the struct. */
#ifndef DEBATE_TERMINAL_VT_TESTING_H
#define DEBATE_TERMINAL_VT_TESTING_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "terminal/text_unistring.h"

enum { VT_COLUMNS_MAX = 200, VT_ROWS_MAX = 60, VT_CELL_BYTES = 48 };

struct vt {
    int columns, rows, wide_by;
    int x, y, saved_x, saved_y;
    bool has_autowrap, wraps_next; /* the cursor waits behind the last column */
    long scrolled, colours;        /* rows that left at the top; SGR that was not a reset */
    char cells[VT_ROWS_MAX][VT_COLUMNS_MAX][VT_CELL_BYTES]; /* "" behind a wide one */
};

static inline void vt_clear(struct vt *vt, int y, int from)
{
    for (int x = from; x < vt->columns; x++)
        strcpy(vt->cells[y][x], " ");
}

static inline void vt_init(struct vt *vt, int columns, int rows)
{
    memset(vt, 0, sizeof *vt);
    vt->columns = columns;
    vt->rows = rows;
    vt->has_autowrap = true;
    for (int y = 0; y < rows; y++)
        vt_clear(vt, y, 0);
}

static inline void vt_line_feed(struct vt *vt)
{
    if (vt->y < vt->rows - 1) {
        vt->y++;
        return;
    }
    memmove(vt->cells[0], vt->cells[1], sizeof vt->cells[0] * (size_t)(vt->rows - 1));
    vt_clear(vt, vt->rows - 1, 0);
    vt->scrolled++;
}

static inline void vt_put(struct vt *vt, const char *text, size_t len)
{
    int wide = text_columns(text, len) + ((unsigned char)*text < 0x80 ? 0 : vt->wide_by);
    assert_true(len < VT_CELL_BYTES);
    assert_true((unsigned char)*text >= 0x20 && *text != 0x7f);
    if (vt->has_autowrap && (vt->wraps_next || vt->x + wide > vt->columns)) {
        vt->x = 0;
        vt_line_feed(vt);
    }
    vt->wraps_next = false;
    if (vt->x + wide > vt->columns)
        vt->x = vt->columns > wide ? vt->columns - wide : 0;
    for (int i = 0; i < wide && vt->x + i < vt->columns; i++)
        vt->cells[vt->y][vt->x + i][0] = '\0';
    memcpy(vt->cells[vt->y][vt->x], text, len);
    vt->cells[vt->y][vt->x][len] = '\0';
    vt->x += wide;
    if (vt->x >= vt->columns) {
        vt->x = vt->columns - 1;
        vt->wraps_next = true;
    }
}

static inline void vt_erase_below(struct vt *vt)
{
    vt_clear(vt, vt->y, vt->x);
    for (int y = vt->y + 1; y < vt->rows; y++)
        vt_clear(vt, y, 0);
}

/* What follows ESC; the bytes it took. */
static inline size_t vt_escape(struct vt *vt, const char *text)
{
    char *end;
    if (*text == '7' || *text == '8') {
        if (*text == '7')
            vt->saved_x = vt->x, vt->saved_y = vt->y;
        else
            vt->x = vt->saved_x, vt->y = vt->saved_y;
        vt->wraps_next = false;
        return 1;
    }
    assert_int_equal(*text, '[');
    bool is_private = text[1] == '?';
    long n = strtol(text + 1 + is_private, &end, 10);
    if (is_private) {
        assert_true((n == 7 || n == 2004) && (*end == 'h' || *end == 'l'));
        if (n == 7)
            vt->has_autowrap = *end == 'h';
    } else if (*end == 'm') {
        vt->colours += n != 0;
    } else {
        vt->wraps_next = false;
        if (*end == 'A')
            vt->y = vt->y > n ? vt->y - (int)n : 0;
        else if (*end == 'H')
            vt->x = vt->y = 0;
        else if (*end == 'K')
            vt_clear(vt, vt->y, vt->x);
        else if (*end == 'J')
            vt_erase_below(vt);
        else
            fail_msg("not a sequence for the painter: ESC %.8s", text);
    }
    return (size_t)(end + 1 - text);
}

/* NUL-terminated; sequences are whole. */
static inline void vt_feed(struct vt *vt, const char *text, size_t len)
{
    for (size_t at = 0; at < len;) {
        if (text[at] == '\x1b') {
            at += 1 + vt_escape(vt, text + at + 1);
        } else if (text[at] == '\r') {
            vt->x = 0;
            vt->wraps_next = false;
            at++;
        } else if (text[at] == '\n') {
            vt_line_feed(vt);
            at++;
        } else if (text[at] == '\a') {
            at++;
        } else {
            size_t end = text_cluster_end(text, len, at);
            vt_put(vt, text + at, end - at);
            at = end;
        }
    }
}

/* A row without the spaces at its end; lives until the next call. */
static inline const char *vt_row(const struct vt *vt, int y)
{
    static char row[VT_COLUMNS_MAX * VT_CELL_BYTES];
    row[0] = '\0';
    for (int x = 0; x < vt->columns; x++)
        strcat(row, vt->cells[y][x]);
    size_t len = strlen(row);
    while (len && row[len - 1] == ' ')
        row[--len] = '\0';
    return row;
}

/* The rows from the top down to the last that holds something, '/' after each. */
static inline const char *vt_text(const struct vt *vt)
{
    static char text[VT_ROWS_MAX * (VT_COLUMNS_MAX * VT_CELL_BYTES + 2)];
    int last = vt->rows - 1;
    while (last > vt->y && !*vt_row(vt, last))
        last--;
    text[0] = '\0';
    for (int y = 0; y <= last; y++) {
        strcat(text, vt_row(vt, y));
        strcat(text, "/");
    }
    return text;
}

#endif

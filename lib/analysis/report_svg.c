/* The timeline: rows of equal length, as music is written, with a lane for each person. Each is a
 * drawing of its own, so that on paper none is cut in two. */
#include <math.h>
#include <stdio.h>

#include "analysis/report_out.h"

/* Units of the drawing, near a pixel each. */
enum {
    WIDTH = 760,
    LEFT = 104, /* where names stand */
    RIGHT = 8,
    SPAN = WIDTH - LEFT - RIGHT,
    HEAD = 30, /* of a row: pages and times */
    LANE = 22,
    BAR = 14,
    FOOT = 12,
    NAME_CHARS = 10, /* of a name, at most: what fits before LEFT */
    ROWS = 8         /* unless the rows are at their longest */
};

struct sheet {
    double from_ms, row_ms, tick_ms;
    size_t rows;
    double height; /* of a row */
};

static struct sheet sheet_of(const struct debate *debate)
{
    static const struct {
        double row_s, tick_s;
    } steps[] = {{10, 1},   {20, 2},   {30, 5},    {60, 10},    {120, 20},   {180, 30},
                 {300, 60}, {600, 60}, {900, 180}, {1200, 120}, {1800, 300}, {3600, 600}};
    double end_ms = debate->end_ms > 1 ? (double)debate->end_ms : 1;
    size_t step = 0;
    while (step + 1 < sizeof steps / sizeof *steps && end_ms > ROWS * steps[step].row_s * 1000)
        step++;
    struct sheet sheet = {.row_ms = steps[step].row_s * 1000, .tick_ms = steps[step].tick_s * 1000};
    /* Debates by timed pages end just after a full row: that is drawn at its end. */
    sheet.rows = (size_t)fmax(1, ceil(end_ms / sheet.row_ms - 0.01));
    sheet.height = HEAD + LANE * (double)debate->people_count + FOOT;
    return sheet;
}

static double x_of(const struct sheet *sheet, size_t row, double at_ms)
{
    double part = (at_ms - (double)row * sheet->row_ms) / sheet->row_ms;
    return LEFT + SPAN * (part < 0 ? 0 : part > 1 ? 1 : part);
}

static double lane_of(unsigned participant)
{
    return HEAD + LANE * (double)(participant - 1);
}

static bool reaches(const struct sheet *sheet, size_t row, double from_ms, double to_ms)
{
    return to_ms >= (double)row * sheet->row_ms &&
           (row + 1 == sheet->rows || from_ms < (double)(row + 1) * sheet->row_ms);
}

/* ---- the ground ---- */

/* A name cut to its lane's room, at a character. */
static void put_name(struct out *out, const char *name)
{
    char part[NAME_CHARS * 4 + 1];
    size_t len = 0, width = 0;
    for (; name[len] && len + 4 < sizeof part; len++) {
        unsigned char c = (unsigned char)name[len];
        if ((c & 0xc0) != 0x80) {
            width += c >= 0xe1 ? 2 : 1; /* most of these are as wide as two letters */
            if (width > NAME_CHARS)
                break;
        }
        part[len] = name[len];
    }
    while (name[len] && len && ((unsigned char)name[len] & 0xc0) == 0x80)
        len--;
    part[len] = '\0';
    out_text(out, part);
    if (name[len])
        out_raw(out, "…");
}

static void draw_lanes(struct out *out, const struct sheet *sheet, size_t row)
{
    const struct debate *debate = out->report->debate;
    char text[OUT_NUMBER_SIZE];
    double end = x_of(sheet, row, (double)debate->end_ms);
    for (size_t i = 0; i < debate->people_count; i++) {
        double y = lane_of((unsigned)i + 1);
        out_format(out, "<rect class=\"lane\" x=\"%d\" y=\"%.0f\" width=\"%.1f\" height=\"%d\"/>",
                   LEFT, y + 1, end - LEFT, LANE - 2);
        out_format(out, "<text class=\"name\" x=\"%d\" y=\"%.0f\">", LEFT - 14, y + 15);
        put_name(out, out_name(out->report, (unsigned)i + 1, text));
        out_raw(out, "</text>\n");
    }
}

/* Over the lanes: where somebody was not there. */
static void draw_absences(struct out *out, const struct sheet *sheet, size_t row)
{
    const struct debate *debate = out->report->debate;
    char name[OUT_NUMBER_SIZE], from[OUT_NUMBER_SIZE], to[OUT_NUMBER_SIZE];
    for (size_t i = 0; i < debate->absence_count; i++) {
        const struct debate_absence *absence = &debate->absences[i];
        double from_ms = (double)absence->from_ms, to_ms = (double)absence->to_ms;
        if (!reaches(sheet, row, from_ms, to_ms) || absence->participant < 1)
            continue;
        double x = x_of(sheet, row, from_ms);
        out_format(out,
                   "<rect class=\"away\" x=\"%.1f\" y=\"%.0f\" width=\"%.1f\" "
                   "height=\"%d\"><title>",
                   x, lane_of(absence->participant), x_of(sheet, row, to_ms) - x, LANE);
        out_say3(out, WORD_MISSING_AWAY, out_name(out->report, absence->participant, name),
                 out_clock(from_ms, from), out_clock(to_ms, to));
        out_raw(out, "</title></rect>\n");
    }
}

static void draw_times(struct out *out, const struct sheet *sheet, size_t row)
{
    const struct debate *debate = out->report->debate;
    double from_ms = (double)row * sheet->row_ms, bottom = sheet->height - FOOT;
    char text[OUT_NUMBER_SIZE];
    for (double at_ms = from_ms; at_ms < from_ms + sheet->row_ms && at_ms <= (double)debate->end_ms;
         at_ms += sheet->tick_ms) {
        double x = x_of(sheet, row, at_ms);
        out_format(out, "<path class=\"tick\" d=\"M%.1f %dV%.0f\"/>", x, HEAD - 4, bottom);
        out_format(out, "<text class=\"time\" x=\"%.1f\" y=\"%d\">%s</text>\n", x, HEAD - 6,
                   out_clock(at_ms, text));
    }
}

static void draw_pages(struct out *out, const struct sheet *sheet, size_t row)
{
    const struct debate *debate = out->report->debate;
    char number[OUT_NUMBER_SIZE];
    for (size_t i = 0; debate->agenda->page_count > 1 && i < debate->page_count; i++) {
        const struct debate_page *page = &debate->pages[i];
        double from_ms = (double)page->from_ms, at_ms = (double)row * sheet->row_ms;
        if (!reaches(sheet, row, from_ms, (double)page->to_ms))
            continue;
        double x = x_of(sheet, row, from_ms);
        if (from_ms >= at_ms)
            out_format(out, "<path class=\"turnover\" d=\"M%.1f 2V%.0f\"/>", x,
                       sheet->height - FOOT);
        if (x_of(sheet, row, (double)page->to_ms) - x < 14)
            continue; /* no room for its number */
        snprintf(number, sizeof number, "%u", page->page);
        out_format(out, "<text class=\"page\" x=\"%.1f\" y=\"12\">", x + 3);
        out_say1(out, WORD_PAGE, number);
        out_raw(out, "</text>\n");
    }
}

/* ---- what happened ---- */

static void draw_pieces(struct out *out, const struct sheet *sheet, size_t row)
{
    const struct pieces *pieces = out->report->pieces;
    char name[OUT_NUMBER_SIZE], from[OUT_NUMBER_SIZE], to[OUT_NUMBER_SIZE];
    for (size_t i = 0; i < pieces->count; i++) {
        const struct piece *piece = &pieces->pieces[i];
        if (!reaches(sheet, row, piece->from_ms, piece->to_ms) || piece->to_ms < 0 ||
            piece->participant < 1 || piece->participant > out->report->debate->people_count)
            continue;
        double x = x_of(sheet, row, piece->from_ms), width = x_of(sheet, row, piece->to_ms) - x;
        report_piece_link(out, i);
        out_format(out,
                   "<rect class=\"c%u\" x=\"%.1f\" y=\"%.0f\" width=\"%.1f\" height=\"%d\"><title>",
                   report_colour(piece->participant), x,
                   lane_of(piece->participant) + (LANE - BAR) / 2.0, width < 1 ? 1 : width, BAR);
        out_text(out, out_name(out->report, piece->participant, name));
        out_format(out, " %s–%s</title></rect></a>\n", out_clock(piece->from_ms, from),
                   out_clock(piece->to_ms, to));
    }
}

static void draw_overlaps(struct out *out, const struct sheet *sheet, size_t row)
{
    const struct measures *measures = out->report->measures;
    char name[OUT_NUMBER_SIZE];
    for (size_t i = 0; i < measures->overlap_count; i++) {
        const struct overlap *overlap = &measures->overlaps[i];
        if (!report_is_cut(overlap) || overlap->by < 1 ||
            !reaches(sheet, row, overlap->from_ms, overlap->from_ms))
            continue;
        double x = x_of(sheet, row, overlap->from_ms), y = lane_of(overlap->by);
        out_format(out, "<path class=\"%s\" d=\"M%.1f %.0fl-4 -6h8z\"><title>",
                   overlap->kind == OVERLAP_INTERRUPTION ? "cut" : "cut vain", x, y + 7);
        out_say1(out, overlap->kind == OVERLAP_INTERRUPTION ? WORD_INTERRUPTS : WORD_ATTEMPTS,
                 out_name(out->report, overlap->of, name));
        out_raw(out, "</title></path>\n");
    }
}

static void draw_choices(struct out *out, const struct sheet *sheet, size_t row)
{
    const struct debate *debate = out->report->debate;
    for (size_t i = 0; i < debate->choice_count; i++) {
        const struct debate_choice *choice = &debate->choices[i];
        double at_ms = (double)choice->at_ms;
        if (!reaches(sheet, row, at_ms, at_ms) || choice->participant < 1)
            continue;
        double x = x_of(sheet, row, at_ms), y = lane_of(choice->participant) + LANE / 2;
        out_format(out,
                   "<a href=\"#c%zu\"><path class=\"choice\" d=\"M%.1f %.0fl11 11l-11 11l-11 "
                   "-11z\"><title>",
                   i + 1, x, y - 11);
        report_choice_line(out, choice);
        out_format(out,
                   "</title></path><text class=\"number\" x=\"%.1f\" y=\"%.0f\">%zu</text></a>\n",
                   x, y + 4, i + 1);
    }
}

void report_svg(struct out *out)
{
    const struct debate *debate = out->report->debate;
    struct sheet sheet = sheet_of(debate);
    out_raw(out,
            "<div class=\"scroll\" role=\"group\" aria-labelledby=\"timeline\" tabindex=\"0\">\n");
    for (size_t row = 0; row < sheet.rows; row++) {
        out_format(out, "<svg viewBox=\"0 0 %d %.0f\" role=\"group\">\n", WIDTH, sheet.height);
        draw_lanes(out, &sheet, row);
        draw_absences(out, &sheet, row);
        draw_times(out, &sheet, row);
        draw_pages(out, &sheet, row);
        draw_pieces(out, &sheet, row);
        draw_overlaps(out, &sheet, row);
        draw_choices(out, &sheet, row);
        out_raw(out, "</svg>\n");
    }
    out_raw(out, "</div>\n");
}

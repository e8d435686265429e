#include <string.h>

#include "base/mem.h"
#include "painter.h"
#include "text_unistring.h"

enum {
    ROWS_FOR_STATUS = 3, /* below, the foot would take all of the window */
    ROWS_FOR_CHOICES = 5,
    COLUMNS_FOR_LINE = 16, /* that a prompt leaves, or half of the window where that is less */
    HANG_PART = 3,        /* a label takes at most this part of the width from the lines under it */
    MARKS_COLUMNS_MIN = 6 /* narrower, "<" and ">" would take what they point to */
};

struct painter_entry {
    enum tone tone;
    int label_columns;
    size_t len;
    char text[];
};

struct tone_look {
    const char *sign;
    const char *colour; /* SGR */
};

static const struct tone_look looks[TONE_COUNT] = {
    [TONE_PLAIN] = {"", ""},
    [TONE_EVENT] = {"* ", "\x1b[36m"},
    [TONE_GOOD] = {"+ ", "\x1b[32m"},
    [TONE_WARNING] = {"! ", "\x1b[33m"},
    [TONE_ERROR] = {"!! ", "\x1b[31m"},
    [TONE_TITLE] = {"== ", "\x1b[1m"},
};

void painter_init(struct painter *painter, bool is_dumb, bool has_colour)
{
    *painter = (struct painter){
        .columns = 80, .rows = 24, .is_dumb = is_dumb, .has_colour = has_colour && !is_dumb};
    buf_init(&painter->out, PAINTER_OUT_BYTES_MAX);
    buf_init(&painter->choices, PAINTER_ROW_BYTES_MAX);
    buf_init(&painter->prompt, PAINTER_ROW_BYTES_MAX);
    buf_init(&painter->line, 4 * PAINTER_ROW_BYTES_MAX);
    for (size_t i = 0; i < PAINTER_PARTS_MAX; i++)
        buf_init(&painter->parts[i], PAINTER_ROW_BYTES_MAX);
    for (size_t i = 0; i < PAINTER_FOOT_MAX; i++) {
        buf_init(&painter->shown[i].before, PAINTER_ROW_BYTES_MAX);
        buf_init(&painter->shown[i].after, PAINTER_ROW_BYTES_MAX);
    }
}

void painter_release(struct painter *painter)
{
    for (size_t i = 0; i < PAINTER_ENTRIES_MAX; i++)
        mem_free(painter->entries[i]);
    for (size_t i = 0; i < PAINTER_FOOT_MAX; i++) {
        buf_release(&painter->shown[i].before);
        buf_release(&painter->shown[i].after);
    }
    for (size_t i = 0; i < PAINTER_PARTS_MAX; i++)
        buf_release(&painter->parts[i]);
    buf_release(&painter->line);
    buf_release(&painter->prompt);
    buf_release(&painter->choices);
    buf_release(&painter->out);
}

void painter_resize(struct painter *painter, int columns, int rows)
{
    painter->columns = columns > 0 ? columns : 80; /* a serial line does not know */
    painter->rows = rows > 0 ? rows : 24;
    painter->line_scroll = 0;
}

static const char *text_of(const struct buf *buf)
{
    return buf->len ? buf->data : "";
}

static void set_clean(struct buf *buf, const char *text, size_t len)
{
    buf_clear(buf);
    text_clean(buf, text, len, false);
}

/* ---- entries ---- */

struct writing {
    struct painter *painter;
    const struct painter_entry *entry;
    int hang;
    long lines, skip; /* given so far; how many of them not to write */
    bool is_counting, is_over_old;
};

static void write_line(void *context, const char *line, size_t len)
{
    struct writing *writing = context;
    struct painter *painter = writing->painter;
    struct buf *out = &painter->out;
    const char *colour = painter->has_colour ? looks[writing->entry->tone].colour : "";
    long number = writing->lines++;
    if (writing->is_counting || number < writing->skip)
        return;
    if (writing->is_over_old)
        buf_append_str(out, "\x1b[K");
    if (number > 0)
        for (int i = 0; i < writing->hang && len; i++)
            buf_append_str(out, " ");
    if (*colour)
        buf_append_str(out, colour);
    buf_append(out, line, len);
    if (*colour)
        buf_append_str(out, "\x1b[0m");
    buf_append_str(out, "\r\n");
}

static void write_entry(struct writing *writing, const struct painter_entry *entry)
{
    int columns = writing->painter->columns;
    int hang_max = columns / HANG_PART;
    writing->entry = entry;
    writing->hang = entry->label_columns <= hang_max ? entry->label_columns : hang_max / 2;
    writing->lines = 0;
    text_wrap(entry->text, entry->len, columns, writing->hang, write_line, writing);
}

static struct painter_entry *entry_new(enum tone tone, const char *label, const char *text)
{
    size_t len = strlen(text), label_len;
    bool is_cut = len > PAINTER_ENTRY_BYTES_MAX;
    struct painter_entry *entry = NULL;
    struct buf clean;
    /* A control character becomes three bytes. */
    buf_init(&clean, 4 * PAINTER_ENTRY_BYTES_MAX);
    buf_append_str(&clean, looks[tone].sign);
    text_clean(&clean, label, strlen(label), false);
    label_len = clean.len;
    while (len && text[len - 1] == '\n')
        len--;
    if (is_cut) {
        len = PAINTER_ENTRY_BYTES_MAX;
        while (len && ((unsigned char)text[len] & 0xc0) == 0x80)
            len--;
    }
    text_clean(&clean, text, len, true);
    if (is_cut)
        buf_append_str(&clean, "\xe2\x80\xa6");
    if (!clean.failed)
        entry = mem_alloc(sizeof *entry + clean.len);
    if (entry) {
        entry->tone = tone;
        entry->label_columns = text_columns(text_of(&clean), label_len);
        entry->len = clean.len;
        memcpy(entry->text, text_of(&clean), clean.len);
    }
    buf_release(&clean);
    return entry;
}

void painter_say(struct painter *painter, enum tone tone, const char *label, const char *text)
{
    struct painter_entry *entry = entry_new(tone, label, text);
    if (!entry)
        return; /* without memory a line is lost, not the debate */
    size_t place = (painter->entries_first + painter->entries_count) % PAINTER_ENTRIES_MAX;
    if (painter->entries_count == PAINTER_ENTRIES_MAX) {
        mem_free(painter->entries[place]);
        painter->entries_first = (painter->entries_first + 1) % PAINTER_ENTRIES_MAX;
    } else {
        painter->entries_count++;
    }
    painter->entries[place] = entry;
    painter_erase_foot(painter);
    write_entry(&(struct writing){.painter = painter}, entry);
}

/* ---- the foot ---- */

static bool has_status_row(const struct painter *painter)
{
    return !painter->is_dumb && painter->rows >= ROWS_FOR_STATUS && painter->parts_count;
}

void painter_set_status(struct painter *painter, const char *const *parts, size_t count)
{
    painter->parts_count = 0;
    for (size_t i = 0; i < count && painter->parts_count < PAINTER_PARTS_MAX; i++)
        if (parts[i] && *parts[i])
            set_clean(&painter->parts[painter->parts_count++], parts[i], strlen(parts[i]));
}

static void join_parts(const struct painter *painter, struct buf *out, int columns)
{
    int width = 0;
    for (size_t i = 0; i < painter->parts_count; i++) {
        const struct buf *part = &painter->parts[i];
        width += text_columns(text_of(part), part->len) + (i ? 3 : 0);
        if (i && width > columns)
            break;
        buf_append_str(out, i ? " | " : "");
        text_clip(out, text_of(part), part->len, columns);
    }
}

void painter_say_status(struct painter *painter)
{
    struct buf all;
    buf_init(&all, PAINTER_ENTRY_BYTES_MAX);
    join_parts(painter, &all, PAINTER_ENTRY_BYTES_MAX);
    if (!has_status_row(painter) || text_columns(text_of(&all), all.len) > painter->columns - 1)
        painter_say(painter, TONE_PLAIN, "", text_of(&all));
    buf_release(&all);
}

void painter_set_choices(struct painter *painter, const char *text)
{
    set_clean(&painter->choices, text, strlen(text));
}

void painter_set_prompt(struct painter *painter, const char *prompt)
{
    set_clean(&painter->prompt, prompt, strlen(prompt));
}

void painter_set_line(struct painter *painter, const char *line, size_t len, size_t point)
{
    set_clean(&painter->line, line, point);
    painter->line_point = painter->line.len;
    text_clean(&painter->line, line + point, len - point, false);
}

/* Moves the part of the line that is shown so that the cursor is in it, two thirds of the room
 * before it. */
static void scroll_to_point(struct painter *painter, int room)
{
    const char *line = text_of(&painter->line);
    size_t point = painter->line_point, start = painter->line_scroll;
    if (start > 0 && start < painter->line.len) /* the line may be another one now */
        start = text_cluster_start(line, painter->line.len, start + 1);
    size_t seen = text_cluster_end(line, painter->line.len, point); /* with what is under it */
    bool is_left = start > 0 && point <= start;
    if (start > painter->line.len || is_left || text_columns(line + start, seen - start) > room) {
        int back = (room + 1) * 2 / 3,
            room_before = room - text_columns(line + point, seen - point);
        if (back > room_before)
            back = room_before;
        start = point;
        while (start > 0) {
            size_t before = text_cluster_start(line, painter->line.len, start);
            if (text_columns(line + before, point - before) > back)
                break;
            start = before;
        }
    }
    painter->line_scroll = start;
}

static void prompt_row(struct painter *painter, struct painter_row *row)
{
    const struct buf *line = &painter->line;
    const char *text = text_of(line);
    size_t prompt_at = row->before.len;
    int most = painter->columns / 2 > painter->columns - COLUMNS_FOR_LINE
                   ? painter->columns / 2
                   : painter->columns - COLUMNS_FOR_LINE;
    text_clip(&row->before, text_of(&painter->prompt), painter->prompt.len, most);
    /* One column is the cursor's when it stands at the end. */
    int room = painter->columns - 1 -
               text_columns(text_of(&row->before) + prompt_at, row->before.len - prompt_at);
    size_t start = 0, end = line->len;
    bool has_marks = false;
    if (text_columns(text, line->len) > room) {
        has_marks = room >= MARKS_COLUMNS_MIN;
        if (has_marks)
            room -= 2;
        scroll_to_point(painter, room > 0 ? room : 1);
        start = painter->line_scroll;
        end = start + text_fit(text + start, line->len - start, room);
        if (end < painter->line_point)
            end = painter->line_point;
    } else {
        painter->line_scroll = 0;
    }
    if (has_marks)
        buf_append_str(&row->before, start > 0 ? "<" : "");
    buf_append(&row->before, text + start, painter->line_point - start);
    buf_append(&row->after, text + painter->line_point, end - painter->line_point);
    if (has_marks && end < line->len)
        buf_append_str(&row->after, ">");
}

static int build_rows(struct painter *painter, struct painter_row rows[PAINTER_FOOT_MAX])
{
    int n = 0, columns = painter->columns - 1;
    for (int i = 0; i < PAINTER_FOOT_MAX; i++) {
        buf_init(&rows[i].before, 4 * PAINTER_ROW_BYTES_MAX);
        buf_init(&rows[i].after, 4 * PAINTER_ROW_BYTES_MAX);
    }
    if (!painter->is_dumb && painter->rows >= ROWS_FOR_CHOICES && painter->choices.len)
        text_clip(&rows[n++].before, text_of(&painter->choices), painter->choices.len, columns);
    if (has_status_row(painter)) {
        buf_append_str(&rows[n].before, painter->has_colour ? "\x1b[7m" : "");
        join_parts(painter, &rows[n].before, columns);
        buf_append_str(&rows[n].before, painter->has_colour ? "\x1b[0m" : "");
        n++;
    }
    prompt_row(painter, &rows[n++]);
    return n;
}

static bool same(const struct buf *a, const struct buf *b)
{
    return a->len == b->len && memcmp(text_of(a), text_of(b), a->len) == 0;
}

/* From column 0 of a row that is empty to the right; leaves the cursor where it belongs. */
static void draw_last_row(struct painter *painter, const struct painter_row *row)
{
    struct buf *out = &painter->out;
    buf_append(out, text_of(&row->before), row->before.len);
    if (!row->after.len)
        return;
    buf_append_str(out, "\x1b"
                        "7");
    buf_append(out, text_of(&row->after), row->after.len);
    buf_append_str(out, "\x1b"
                        "8");
}

static int row_columns(const struct painter_row *row)
{
    return text_columns(text_of(&row->before), row->before.len) +
           text_columns(text_of(&row->after), row->after.len);
}

static void blank(struct buf *out, int columns)
{
    while (columns-- > 0)
        buf_append_str(out, " ");
}

/* The only row of a dumb terminal, over the old one. */
static void draw_dumb_row(struct painter *painter, const struct painter_row *row)
{
    struct buf *out = &painter->out;
    int more = painter->shown_rows ? row_columns(&painter->shown[0]) - row_columns(row) : 0;
    buf_append_str(out, "\r");
    buf_append(out, text_of(&row->before), row->before.len);
    buf_append(out, text_of(&row->after), row->after.len);
    blank(out, more);
    if (row->after.len || more > 0) {
        buf_append_str(out, "\r");
        buf_append(out, text_of(&row->before), row->before.len);
    }
}

static void draw_changes(struct painter *painter, const struct painter_row *rows, int n)
{
    struct buf *out = &painter->out;
    for (int i = 0; i < n - 1; i++)
        if (!same(&rows[i].before, &painter->shown[i].before)) {
            buf_printf(out,
                       "\x1b"
                       "7\x1b[%dA\r\x1b[?7l\x1b[K",
                       n - 1 - i);
            buf_append(out, text_of(&rows[i].before), rows[i].before.len);
            buf_append_str(out, "\x1b[?7h\x1b"
                                "8");
        }
    const struct painter_row *row = &rows[n - 1], *old = &painter->shown[n - 1];
    if (same(&row->before, &old->before) && same(&row->after, &old->after))
        return;
    /* What is typed at the end is only added: a screen reader then reads that alone. */
    bool is_more = !row->after.len && !old->after.len && row->before.len > old->before.len &&
                   memcmp(row->before.data, text_of(&old->before), old->before.len) == 0;
    if (is_more) {
        buf_append_str(out, painter->is_dumb ? "" : "\x1b[?7l");
        buf_append(out, row->before.data + old->before.len, row->before.len - old->before.len);
        buf_append_str(out, painter->is_dumb ? "" : "\x1b[?7h");
    } else if (painter->is_dumb) {
        draw_dumb_row(painter, row);
    } else {
        buf_append_str(out, "\r\x1b[?7l\x1b[K");
        draw_last_row(painter, row);
        buf_append_str(out, "\x1b[?7h");
    }
}

static void draw_all(struct painter *painter, const struct painter_row *rows, int n)
{
    struct buf *out = &painter->out;
    if (painter->is_dumb) {
        draw_dumb_row(painter, &rows[0]);
        return;
    }
    buf_append_str(out, "\x1b[?7l");
    for (int i = 0; i < n - 1; i++) {
        buf_append_str(out, "\x1b[K");
        buf_append(out, text_of(&rows[i].before), rows[i].before.len);
        buf_append_str(out, "\r\n");
    }
    buf_append_str(out, "\x1b[J");
    draw_last_row(painter, &rows[n - 1]);
    buf_append_str(out, "\x1b[?7h");
}

void painter_draw_foot(struct painter *painter)
{
    struct painter_row rows[PAINTER_FOOT_MAX];
    int n = build_rows(painter, rows);
    if (painter->shown_rows == n) {
        draw_changes(painter, rows, n);
    } else {
        painter_erase_foot(painter);
        draw_all(painter, rows, n);
    }
    for (int i = 0; i < PAINTER_FOOT_MAX; i++) {
        buf_release(&painter->shown[i].before);
        buf_release(&painter->shown[i].after);
        painter->shown[i] = rows[i];
    }
    painter->shown_rows = n;
}

void painter_erase_foot(struct painter *painter)
{
    struct buf *out = &painter->out;
    if (painter->shown_rows == 0)
        return;
    buf_append_str(out, "\r");
    if (painter->is_dumb) {
        blank(out, row_columns(&painter->shown[0]));
        buf_append_str(out, "\r");
    } else {
        if (painter->shown_rows > 1)
            buf_printf(out, "\x1b[%dA", painter->shown_rows - 1);
        buf_append_str(out, "\x1b[J");
    }
    painter->shown_rows = 0;
}

void painter_repaint(struct painter *painter)
{
    struct painter_row rows[PAINTER_FOOT_MAX];
    struct writing writing = {.painter = painter, .is_counting = true};
    long room = painter->rows - build_rows(painter, rows);
    for (int i = 0; i < PAINTER_FOOT_MAX; i++) {
        buf_release(&rows[i].before);
        buf_release(&rows[i].after);
    }
    if (painter->is_dumb) {
        painter_erase_foot(painter);
        painter_draw_foot(painter);
        return;
    }
    size_t first = painter->entries_count;
    while (first > 0 && room > 0) {
        first--;
        write_entry(&writing,
                    painter->entries[(painter->entries_first + first) % PAINTER_ENTRIES_MAX]);
        room -= writing.lines;
    }
    writing = (struct writing){.painter = painter, .is_over_old = true};
    writing.skip = room < 0 ? -room : 0; /* of the first alone */
    buf_append_str(&painter->out, "\x1b[0m\x1b[H");
    for (size_t i = first; i < painter->entries_count; i++) {
        write_entry(&writing, painter->entries[(painter->entries_first + i) % PAINTER_ENTRIES_MAX]);
        writing.skip = 0;
    }
    painter->shown_rows = 0;
    painter_draw_foot(painter);
}

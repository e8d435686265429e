#include "bot/bot_report.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "proto/json_reader.h"

enum { REPORT_LINES_MAX = 4096 };

struct report {
    struct json *lines[REPORT_LINES_MAX];
    size_t count;
};

static void report_release(struct report *report)
{
    for (size_t i = 0; i < report->count; i++)
        json_free(report->lines[i]);
}

static enum err report_parse(const char *text, size_t len, struct report *report)
{
    for (const char *end = text + len; text < end && report->count < REPORT_LINES_MAX;) {
        const char *stop = memchr(text, '\n', (size_t)(end - text));
        size_t line_len = (size_t)((stop ? stop : end) - text);
        if (line_len > 0 && json_read(text, line_len, &report->lines[report->count++]))
            return ERR_CORRUPT;
        text = stop ? stop + 1 : end;
    }
    return ERR_NONE;
}

static const char *text_of(const struct json *line, const char *key)
{
    const char *text = json_string(line, key);
    return text ? text : "";
}

/* The next line of this kind behind *index; NULL: no more. */
static const struct json *next_of(const struct report *report, const char *kind, size_t *index)
{
    while (*index < report->count) {
        const struct json *line = report->lines[(*index)++];
        if (strcmp(text_of(line, "kind"), kind) == 0)
            return line;
    }
    return NULL;
}

static const char *nickname_of(const struct report *report, const char *role)
{
    size_t index = 0;
    const struct json *cast = json_member(next_of(report, "debate", &index), "cast");
    const char *nickname = json_string(cast, role);
    return nickname ? nickname : role;
}

/* A name in a column of this width: printf counts bytes, people count characters. */
static void print_name(struct buf *out, const char *name, int width)
{
    int pad = width - (int)utf8_length(name);
    buf_printf(out, "%s%*s", name, pad > 0 ? pad : 0, "");
}

static void print_starts(const struct report *report, struct buf *out)
{
    double first_ms = 0, last_ms = 0;
    size_t index = 0, started = 0;
    buf_append_str(out,
                   "\nWho          started after the common instant   clock known to   talked\n");
    for (const struct json *line; (line = next_of(report, "role", &index));) {
        print_name(out, text_of(line, "nickname"), 13);
        if (!json_bool(line, "started", false)) {
            buf_append_str(out, "never started\n");
            continue;
        }
        double late_ms = json_number(line, "late_ms", 0),
               error_ms = json_number(line, "error_ms", 0);
        buf_printf(out, "%27.3f ms   %11.3f ms   %4.1f s\n", late_ms, error_ms,
                   json_number(line, "talk_ms", 0) / 1000);
        first_ms = started == 0 || late_ms < first_ms ? late_ms : first_ms;
        last_ms = started == 0 || late_ms > last_ms ? late_ms : last_ms;
        started++;
    }
    if (started > 1)
        buf_printf(out, "Skew between the first and the last: %.3f ms\n", last_ms - first_ms);
}

static void print_pairs(const struct report *report, struct buf *out)
{
    size_t index = 0;
    const struct json *line = next_of(report, "pair", &index);
    if (!line)
        return;
    buf_append_str(out, "\nWho hears whom            connected in   lost   concealed   round trip"
                        "   mouth to ear\n");
    for (; line; line = next_of(report, "pair", &index)) {
        double connect_ms = json_number(line, "connect_ms", -1);
        double round_trip_ms = json_number(line, "round_trip_ms", -1);
        double received = json_number(line, "received", 0), lost = json_number(line, "lost", 0);
        print_name(out, nickname_of(report, text_of(line, "role")), 11);
        buf_append_str(out, " < ");
        print_name(out, nickname_of(report, text_of(line, "other")), 11);
        if (connect_ms < 0)
            buf_append_str(out, "          never");
        else
            buf_printf(out, "%10.0f ms", connect_ms);
        buf_printf(out, "%6.1f %%", received + lost > 0 ? 100 * lost / (received + lost) : 0.0);
        buf_printf(out, "%8.0f ms", 20 * json_number(line, "concealed", 0));
        if (round_trip_ms < 0)
            buf_append_str(out, "      unknown");
        else
            buf_printf(out, "%10.2f ms", round_trip_ms);
        buf_printf(out, "%12.0f ms\n", json_number(line, "delay_ms", 0));
    }
}

/* What the other of a pair reports of it; NULL: that one is not in the report. */
static const struct json *other_side(const struct report *report, const struct json *pair)
{
    size_t index = 0;
    for (const struct json *line; (line = next_of(report, "pair", &index));) {
        if (strcmp(text_of(line, "role"), text_of(pair, "other")) == 0 &&
            strcmp(text_of(line, "other"), text_of(pair, "role")) == 0)
            return line;
    }
    return NULL;
}

static const char *verdict(const struct json *pair, const struct json *other)
{
    bool agree =
        strcmp(text_of(pair, "fingerprint_words"), text_of(other, "fingerprint_words")) == 0;
    return agree ? "  (both sides)" : "  THEY DIFFER";
}

/* Each pair once. */
static void print_words(const struct report *report, struct buf *out)
{
    size_t index = 0;
    bool any = false;
    for (const struct json *line; (line = next_of(report, "pair", &index));) {
        const struct json *other = other_side(report, line);
        const char *words = text_of(line, "fingerprint_words");
        if (!words[0] || (other && strcmp(text_of(line, "role"), text_of(line, "other")) > 0))
            continue;
        if (!any)
            buf_append_str(out, "\nFingerprint words\n");
        any = true;
        buf_append_str(out, "  ");
        print_name(out, nickname_of(report, text_of(line, "role")), 11);
        buf_append_str(out, " - ");
        print_name(out, nickname_of(report, text_of(line, "other")), 11);
        buf_printf(out, " %s%s\n", words, other ? verdict(line, other) : "");
    }
}

/* Whether an earlier line says the same: each role reports what it saw. */
static bool is_repeated(const struct report *report, size_t index)
{
    const struct json *line = report->lines[index];
    for (size_t i = 0; i < index; i++) {
        const struct json *other = report->lines[i];
        if (strcmp(text_of(other, "kind"), "choice") == 0 &&
            json_number(other, "page", 0) == json_number(line, "page", 0) &&
            strcmp(text_of(other, "role"), text_of(line, "role")) == 0)
            return true;
    }
    return false;
}

static void print_choices(const struct report *report, struct buf *out)
{
    double page = 0;
    size_t index = 0;
    bool any = false;
    for (const struct json *line; (line = next_of(report, "choice", &index));) {
        if (is_repeated(report, index - 1))
            continue;
        if (!any)
            buf_append_str(out, "\nChoices");
        any = true;
        if (json_number(line, "page", 0) != page) {
            page = json_number(line, "page", 0);
            buf_printf(out, "\n  page %.0f:", page);
        } else {
            buf_append_str(out, ",");
        }
        buf_printf(out, " %s %s", nickname_of(report, text_of(line, "role")),
                   text_of(line, "choice"));
    }
    if (any)
        buf_append_str(out, "\n");
}

static void print_recordings(const struct report *report, struct buf *out)
{
    size_t index = 0;
    const struct json *line = next_of(report, "recording", &index);
    if (line)
        buf_append_str(out, "\nRecordings\n");
    for (; line; line = next_of(report, "recording", &index)) {
        buf_append_str(out, "  ");
        print_name(out, nickname_of(report, text_of(line, "role")), 11);
        const char *path = text_of(line, "path");
        buf_printf(out, "%6.1f s  %.0f gaps  ", json_number(line, "seconds", 0),
                   json_number(line, "gaps", 0));
        buf_append_str(out, json_bool(line, "uploaded", false) ? "uploaded" : "not uploaded");
        if (path[0])
            buf_printf(out, "%s  %s", json_bool(line, "uploaded", false) ? "    " : "", path);
        buf_append_str(out, "\n");
    }
    index = 0;
    line = next_of(report, "log", &index);
    if (line)
        buf_printf(out, "Log\n  %s\n", text_of(line, "path"));
}

enum err bot_report_print(const char *lines, size_t len, struct buf *out)
{
    struct report *report = mem_zalloc(sizeof *report);
    if (!report)
        return ERR_NO_MEMORY;
    enum err e = report_parse(lines, len, report);
    if (!e) {
        size_t index = 0;
        const struct json *debate = next_of(report, "debate", &index);
        buf_printf(out, "%s (room %s)\n", text_of(debate, "title"), text_of(debate, "room"));
        print_starts(report, out);
        print_pairs(report, out);
        print_words(report, out);
        print_choices(report, out);
        print_recordings(report, out);
        e = out->failed ? ERR_FULL : ERR_NONE;
    }
    report_release(report);
    mem_free(report);
    return e;
}

/* ---- a folder of reports ---- */

static int is_report(const struct dirent *entry)
{
    static const char end[] = ".report.jsonl";
    size_t len = strlen(entry->d_name);
    return len > sizeof end - 1 && strcmp(entry->d_name + len - (sizeof end - 1), end) == 0;
}

static enum err append_file(const char *path, struct buf *out)
{
    char part[4096];
    FILE *file = fopen(path, "re");
    enum err e = file ? ERR_NONE : ERR_IO;
    while (!e && !feof(file)) {
        size_t len = fread(part, 1, sizeof part, file);
        e = ferror(file) ? ERR_IO : buf_append(out, part, len);
    }
    if (file)
        fclose(file);
    return e;
}

enum err bot_report_read(const char *folder, struct buf *out)
{
    struct dirent **entries = NULL;
    char path[1024];
    enum err e = ERR_NONE;
    int count = scandir(folder, &entries, is_report, alphasort);
    if (count < 0)
        return ERR_IO;
    for (int i = 0; i < count; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        if (!e)
            e = append_file(path, out);
        free(entries[i]);
    }
    free(entries);
    return !e && count == 0 ? ERR_NOT_FOUND : e;
}

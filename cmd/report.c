#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analysed.h"
#include "analysis/document.h"
#include "terminal/words_intl.h"

enum { REPORT_WHY_SIZE = 512 };

/* Where the report goes. */
struct writing {
    const struct args *args;
    const char *output; /* NULL: standard output */
    enum report_format format;
    char sound[PATH_MAX]; /* the folder of recordings beside the page */
};

/* ---- options ---- */

static enum exit_code take_format(struct writing *writing)
{
    const char *text = args_get(writing->args, "format");
    for (int format = 0; format < REPORT_FORMATS; format++) {
        if (strcmp(report_format_name((enum report_format)format), text) == 0) {
            writing->format = (enum report_format)format;
            return EXIT_CODE_DONE;
        }
    }
    return args_usage_error(writing->args, "--format %s: it takes html, md, json, vtt, srt or csv",
                            text);
}

static enum exit_code take_audio(const struct writing *writing, struct report *report)
{
    static const char *const names[] = {[REPORT_AUDIO_EMBED] = "embed",
                                        [REPORT_AUDIO_BESIDE] = "beside",
                                        [REPORT_AUDIO_NONE] = "none"};
    const char *text = args_get(writing->args, "audio");
    int audio = REPORT_AUDIO_EMBED;
    while (audio <= REPORT_AUDIO_NONE && strcmp(names[audio], text) != 0)
        audio++;
    if (audio > REPORT_AUDIO_NONE)
        return args_usage_error(writing->args, "--audio %s: it takes embed, beside or none", text);
    if (audio == REPORT_AUDIO_BESIDE && !writing->output)
        return args_usage_error(writing->args, "--audio beside: beside what? Give --output FILE");
    report->audio = (enum report_audio)audio;
    return EXIT_CODE_DONE;
}

/* The words are those of the debate, as far as they are known, else of who asks. */
static enum exit_code take_words(const struct writing *writing, struct report *report)
{
    const char *text = args_get(writing->args, "language");
    const struct transcript *transcript = report->transcript;
    if (!text && transcript && transcript->language)
        return EXIT_CODE_DONE;
    if (text && strcmp(text, "ko") != 0 && strcmp(text, "en") != 0)
        return args_usage_error(writing->args, "--language %s: reports are written in en and ko",
                                text);
    words_init();
    report->lang = strcmp(text ? text : words_language(), "ko") == 0 ? LANG_KO : LANG_EN;
    return EXIT_CODE_DONE;
}

/* ---- recordings beside the page ---- */

static bool copy(const char *from, const char *to)
{
    char bytes[64 * 1024];
    FILE *in = fopen(from, "rbe"), *out = in ? fopen(to, "wbe") : NULL;
    bool ok = out != NULL;
    for (size_t got; ok && (got = fread(bytes, 1, sizeof bytes, in)) > 0;)
        ok = fwrite(bytes, 1, got, out) == got;
    ok = ok && !ferror(in);
    if (in)
        fclose(in);
    if (out && fclose(out) != 0)
        ok = false;
    return ok;
}

static enum exit_code put_beside(struct writing *writing, struct report *report, char *folder,
                                 size_t folder_size)
{
    const char *dot = strrchr(writing->output, '.'), *slash = strrchr(writing->output, '/');
    int stem = (int)(dot && (!slash || dot > slash) ? (size_t)(dot - writing->output)
                                                    : strlen(writing->output));
    char to[PATH_MAX];
    snprintf(writing->sound, sizeof writing->sound, "%.*s_files", stem, writing->output);
    slash = strrchr(writing->sound, '/');
    snprintf(folder, folder_size, "%s/", slash ? slash + 1 : writing->sound);
    report->audio_folder = folder;
    if (mkdir(writing->sound, 0700) != 0 && errno != EEXIST)
        return args_error(writing->args, EXIT_CODE_FAILED, "%s: %s", writing->sound,
                          strerror(errno));
    for (size_t i = 0; i < report->track_count; i++) {
        const char *from = report->tracks[i].path, *name = from ? strrchr(from, '/') : NULL;
        if (!from || report->tracks[i].missing)
            continue;
        int len = snprintf(to, sizeof to, "%s/%s", writing->sound, name ? name + 1 : from);
        if (len >= PATH_MAX || !copy(from, to))
            return args_error(writing->args, EXIT_CODE_FAILED, "%s: %s", to, strerror(errno));
    }
    return EXIT_CODE_DONE;
}

/* ---- writing ---- */

static enum err to_stdout(void *context, const char *data, size_t len)
{
    (void)context;
    return fwrite(data, 1, len, stdout) == len ? ERR_NONE : ERR_IO;
}

static enum err to_file(const struct writing *writing, const struct report *report)
{
    char above[PATH_MAX], name[PATH_MAX];
    struct document_file *file;
    snprintf(above, sizeof above, "%s", writing->output);
    snprintf(name, sizeof name, "%s", writing->output);
    enum err e = document_begin(dirname(above), basename(name), NULL, &file);
    if (e)
        return e;
    e = report_write(report, writing->format, document_add, file);
    enum err ended = document_end(file, !e);
    return e ? e : ended;
}

static enum exit_code write_report(struct writing *writing, struct report *report)
{
    char folder[PATH_MAX + 16];
    enum exit_code code = take_audio(writing, report);
    if (!code)
        code = take_words(writing, report);
    if (writing->format != REPORT_HTML)
        report->audio = REPORT_AUDIO_NONE;
    if (!code && report->audio == REPORT_AUDIO_BESIDE)
        code = put_beside(writing, report, folder, sizeof folder);
    if (code)
        return code;
    enum err e = writing->output ? to_file(writing, report)
                                 : report_write(report, writing->format, to_stdout, NULL);
    if (e)
        return args_error(writing->args, EXIT_CODE_FAILED, "%s: %s",
                          writing->output ? writing->output : "the report",
                          e == ERR_IO ? strerror(errno) : err_code(e));
    return EXIT_CODE_DONE;
}

static enum exit_code run(const struct args *args)
{
    struct writing writing = {.args = args, .output = args_get(args, "output")};
    struct analysed where;
    struct analysis *analysis = NULL;
    char why[REPORT_WHY_SIZE] = "";
    enum exit_code code = take_format(&writing);
    if (code)
        return code;
    code = analysed_find(&where, args, args_operand(args, 0));
    if (!code) {
        struct analysis_request request = analysed_request(&where);
        enum err e = analysis_read(&request, &analysis, why, sizeof why);
        if (e)
            code = analysed_failed(args, e, why);
    }
    if (!code) {
        struct report report = analysis_report(analysis);
        code = write_report(&writing, &report);
    }
    analysis_free(analysis);
    analysed_release(&where);
    return code;
}

static const struct option options[] = {
    {.name = "audio",
     .argument = "embed|beside|none",
     .help = "Of the page: its recordings are in it, or copied into a folder FILE_files beside it, "
             "or left out.",
     .fallback = "embed"},
    OPTION_DATA,
    {.name = "format",
     .argument = "html|md|json|vtt|srt|csv",
     .help = "A page, Markdown, JSON with everything that is known, subtitles, or a table of who "
             "said what when.",
     .fallback = "html"},
    {.name = "language",
     .argument = "en|ko",
     .help = "Of the report's own words. Without it, that of the debate, or of whoever runs this."},
    {.name = "output",
     .letter = 'o',
     .argument = "FILE",
     .help = "Where it is written. Without it, on standard output."},
    {0},
};

static const char *const examples[] = {
    "debate report $SESSION --output report.html",
    "The page, with the recordings in it.",
    "debate report sunday/ --format vtt >sunday.vtt",
    "Subtitles of a debate in a folder.",
    NULL,
};

const struct cmd cmd_report = {
    .name = "report",
    .summary = "write what debate analyze has found",
    .operands = "SESSION|DIR",
    .operands_min = 1,
    .operands_max = 1,
    .description =
        "Writes the report of a debate that debate analyze has been through, from what it kept on "
        "disk; nothing is analysed and no service is asked. The page is one file that needs no "
        "network: the timeline of who spoke when, the transcript, the figures, choices with what "
        "was being said before them, the proof of each recording, and what is missing and why. A "
        "turn that is clicked is heard. It prints well.",
    .options = options,
    .examples = examples,
    .run = run,
};

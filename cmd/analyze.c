#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "analysed.h"
#include "analysis/document.h"
#include "print.h"
#include "services.h"

enum {
    ANALYZE_SHOW_MS = 200, /* between two looks at the progress */
    ANALYZE_BAR = 30,      /* characters */
    ANALYZE_WHY_SIZE = 512,
    ANALYZE_EMBED_MAX = 192 * 1024 * 1024 /* bytes of recordings: browsers choke on larger pages */
};

/* A run, and what tells of it. */
struct analyzing {
    const struct args *args;
    struct analysed where;
    struct services services;
    struct space space, *limit; /* NULL: there is none */
    bool is_terminal;
    int64_t shown_ms;
};

/* ---- telling ---- */

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

static void on_progress(void *context, const char *step, double done, double of)
{
    struct analyzing *analyzing = context;
    int64_t at_ms = now_ms();
    double part = of > 0 ? done / of : 1;
    if (at_ms - analyzing->shown_ms < ANALYZE_SHOW_MS)
        return;
    analyzing->shown_ms = at_ms;
    if (!analyzing->is_terminal) {
        printf("{\"step\":\"%s\",\"done\":%.0f,\"of\":%.0f}\n", step, done, of);
        fflush(stdout);
        return;
    }
    int full = part >= 1 ? ANALYZE_BAR : part <= 0 ? 0 : (int)(part * ANALYZE_BAR);
    printf("\r%-10s [", step);
    for (int i = 0; i < ANALYZE_BAR; i++)
        putchar(i < full ? '#' : ' ');
    printf("] %3.0f %%", 100 * (part > 1 ? 1 : part));
    fflush(stdout);
}

static void end_bar(const struct analyzing *analyzing)
{
    if (analyzing->is_terminal)
        fputs("\r\033[K", stdout);
}

static void on_stepped(void *context, const char *step, bool made)
{
    struct analyzing *analyzing = context;
    end_bar(analyzing);
    if (analyzing->is_terminal)
        printf("%-10s %s\n", step, made ? "made" : "was there already");
    else
        printf("{\"step\":\"%s\",\"made\":%s}\n", step, made ? "true" : "false");
    fflush(stdout);
    analyzing->shown_ms = 0;
}

static bool is_forgotten(void *context)
{
    const struct analyzing *analyzing = context;
    return analysed_is_forgotten(&analyzing->where);
}

/* ---- the report ---- */

static enum err write_format(const struct analyzing *analyzing, struct report *report,
                             enum report_format format)
{
    char name[32];
    struct document_file *file;
    snprintf(name, sizeof name, "report.%s", report_format_name(format));
    enum err e = document_begin(analyzing->where.folder, name, analyzing->limit, &file);
    if (e)
        return e;
    e = report_write(report, format, document_add, file);
    enum err ended = document_end(file, !e);
    return e ? e : ended;
}

/* In every format, since the server can only hand out what is there; the page comes last. */
static enum err write_formats(const struct analyzing *analyzing, struct report *report)
{
    enum report_audio audio = report->audio;
    enum err e = ERR_NONE;
    for (int format = REPORT_FORMATS - 1; !e && format >= 0; format--) {
        report->audio = format == REPORT_HTML ? audio : REPORT_AUDIO_NONE;
        e = write_format(analyzing, report, (enum report_format)format);
    }
    return e;
}

static enum exit_code write_report(struct analyzing *analyzing, const struct analysis *analysis)
{
    const char *folder = analyzing->where.folder;
    const char *language = args_get(analyzing->args, "language");
    struct report report = analysis_report(analysis);
    uint64_t bytes = 0;
    if (language)
        report.lang = strcmp(language, "ko") == 0 ? LANG_KO : LANG_EN;
    for (size_t i = 0; i < report.debate->recording_count; i++)
        bytes += report.debate->recordings[i].bytes;
    report.audio = bytes <= ANALYZE_EMBED_MAX ? REPORT_AUDIO_EMBED : REPORT_AUDIO_NONE;
    enum err e = write_formats(analyzing, &report);
    if (e && is_forgotten(analyzing))
        return args_error(analyzing->args, EXIT_CODE_FAILED, "session %s was forgotten",
                          analyzing->where.session_id);
    if (e == ERR_NO_SPACE)
        return args_error(analyzing->args, EXIT_CODE_NO_SPACE,
                          "%s: report: what may be written is used up", folder);
    if (e)
        return args_error(analyzing->args, EXIT_CODE_FAILED, "%s: report: %s", folder,
                          e == ERR_IO ? strerror(errno) : err_code(e));
    if (!analyzing->is_terminal)
        printf("{\"step\":\"report\",\"made\":true}\n");
    else {
        print_safely(stdout, folder);
        printf("/report.html\n");
    }
    return EXIT_CODE_DONE;
}

static enum exit_code analyze(struct analyzing *analyzing)
{
    struct analysis_request request = analysed_request(&analyzing->where);
    struct analysis *analysis = NULL;
    char why[ANALYZE_WHY_SIZE] = "";
    services_request(&analyzing->services, analyzing->args, &request);
    request.is_forgotten = is_forgotten;
    request.only_revealed = analyzing->where.is_of_server;
    request.space = analyzing->limit;
    request.progress = on_progress;
    request.stepped = on_stepped;
    request.context = analyzing;
    enum err e = analysis_run(&request, &analysis, why, sizeof why);
    if (e) {
        end_bar(analyzing);
        fflush(stdout);
        return analysed_failed(analyzing->args, e, why);
    }
    enum exit_code code = write_report(analyzing, analysis);
    analysis_free(analysis);
    return code;
}

static enum exit_code take_space(struct analyzing *analyzing)
{
    if (!args_get(analyzing->args, "space"))
        return EXIT_CODE_DONE;
    analyzing->limit = &analyzing->space;
    return args_bytes(analyzing->args, "space", &analyzing->space.left_bytes) ? EXIT_CODE_DONE
                                                                              : EXIT_CODE_USAGE;
}

static enum exit_code run(const struct args *args)
{
    struct analyzing analyzing = {.args = args, .is_terminal = isatty(STDOUT_FILENO) == 1};
    buf_init(&analyzing.where.log, 0);
    enum exit_code code = services_take(&analyzing.services, args);
    if (!code)
        code = take_space(&analyzing);
    if (!code)
        code = analysed_find(&analyzing.where, args, args_operand(args, 0));
    if (!code)
        code = analysed_prepare(&analyzing.where, args);
    if (!code)
        code = analyze(&analyzing);
    analysed_release(&analyzing.where);
    services_release(&analyzing.services);
    return code;
}

static const struct option options[] = {
    OPTION_DATA,
    OPTION_LANGUAGE,
    OPTIONS_LLM,
    OPTION_PROMPTS,
    {.name = "space",
     .argument = "BYTES",
     .help = "What this run may write, such as 500M. When it is used up, the run ends; with more, "
             "the next one goes on. A server with --quota says so."},
    OPTIONS_STT,
    {0},
};

static const char *const examples[] = {
    "debate analyze $SESSION --language en",
    "A draft, by the embedded recogniser, of a session on this machine's server.",
    "debate analyze sunday/ --language en",
    "The same for a folder that holds log.jsonl and the recordings.",
    NULL,
};

const struct cmd cmd_analyze = {
    .name = "analyze",
    .summary = "make a transcript, figures and a report of a debate",
    .operands = "SESSION|DIR",
    .operands_min = 1,
    .operands_max = 1,
    .description =
        "Places the recordings on the session's clock, cuts them into speech, measures who spoke "
        "when, has the speech transcribed, has a language model look through the transcript, and "
        "writes a report. SESSION is one of a server on this machine, which may be running; DIR "
        "is a folder with the log, as log.jsonl or the only NAME.jsonl, and the recordings.\n\n"
        "Each step is kept on disk. The same command again goes on where it was stopped, and asks "
        "services for nothing twice. On a terminal a bar shows how far it is; otherwise a JSON "
        "line says so.\n\n"
        "Without --stt, the embedded recogniser makes a draft, of English alone: --language en. "
        "Without --llm the report has no findings. Both may be any service that speaks OpenAI's "
        "protocol.",
    .options = options,
    .examples = examples,
    .run = run,
};

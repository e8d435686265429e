#include "analysis/analysis_steps.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analysis/debate.h"
#include "analysis/document.h"
#include "analysis/findings.h"
#include "analysis/measures.h"
#include "analysis/pieces.h"
#include "analysis/track.h"
#include "analysis/transcript.h"
#include "base/mem.h"

enum analysis_step {
    STEP_TRACKS,
    STEP_PIECES,
    STEP_MEASURES,
    STEP_TRANSCRIPT,
    STEP_FINDINGS,
    STEPS
};

struct analysis {
    const struct analysis_request *request; /* during the run */
    int lock;
    struct debate_log *log;
    const struct debate *debate;
    struct tracks *tracks;
    struct pieces_set *pieces;
    struct measures_set *measures;
    struct transcript_set *transcript;
    struct findings_set *findings;
    struct document_from digests[STEPS]; /* of the documents */
    char answers[PATH_MAX], chat[PATH_MAX];
    char *why;
    size_t why_size;
};

/* ---- what each step does ---- */

static const struct track *tracks_of(const struct analysis *run, size_t *count)
{
    *count = 0;
    return run->tracks ? tracks_all(run->tracks, count) : NULL;
}

static enum err make_tracks(struct analysis *run)
{
    enum err e = tracks_place(run->debate, run->request->recordings, &run->tracks);
    if (e == ERR_IO)
        snprintf(run->why, run->why_size, "%s: %s", run->request->recordings, strerror(errno));
    return e;
}

static enum err print_tracks(const struct analysis *run, struct buf *out)
{
    return tracks_json(run->tracks, out);
}

static enum err read_tracks(struct analysis *run, const char *text, size_t len)
{
    return tracks_from_json(text, len, run->request->recordings, &run->tracks);
}

static enum err make_pieces(struct analysis *run)
{
    size_t count;
    const struct track *tracks = tracks_of(run, &count);
    return pieces_cut(run->debate, tracks, count, run->request->progress, run->request->context,
                      &run->pieces, run->why, run->why_size);
}

static enum err print_pieces(const struct analysis *run, struct buf *out)
{
    return pieces_json(pieces_of(run->pieces), out);
}

static enum err read_pieces(struct analysis *run, const char *text, size_t len)
{
    return pieces_from_json(text, len, &run->pieces);
}

static enum err make_measures(struct analysis *run)
{
    size_t count;
    const struct track *tracks = tracks_of(run, &count);
    return measures_take(run->debate, tracks, count, pieces_of(run->pieces), &run->measures);
}

static enum err print_measures(const struct analysis *run, struct buf *out)
{
    return measures_json(measures_of(run->measures), run->debate->agenda->page_count, out);
}

static enum err read_measures(struct analysis *run, const char *text, size_t len)
{
    return measures_from_json(text, len, &run->measures);
}

static enum err make_transcript(struct analysis *run)
{
    const struct analysis_request *request = run->request;
    struct transcript_request asked = {.debate = run->debate,
                                       .pieces = pieces_of(run->pieces),
                                       .service = request->stt,
                                       .recogniser = request->recogniser,
                                       .language = request->language,
                                       .answers = run->answers,
                                       .space = request->space,
                                       .progress = request->progress,
                                       .context = request->context};
    asked.tracks = tracks_of(run, &asked.track_count);
    return transcript_make(&asked, &run->transcript, run->why, run->why_size);
}

static enum err print_transcript(const struct analysis *run, struct buf *out)
{
    return transcript_json(transcript_of(run->transcript), out);
}

static enum err read_transcript(struct analysis *run, const char *text, size_t len)
{
    return transcript_from_json(text, len, &run->transcript);
}

static enum err make_findings(struct analysis *run)
{
    const struct analysis_request *request = run->request;
    const struct findings_request asked = {.debate = run->debate,
                                           .transcript = transcript_of(run->transcript),
                                           .service = request->llm,
                                           .prompts = request->prompts,
                                           .chat = run->chat,
                                           .space = request->space,
                                           .progress = request->progress,
                                           .context = request->context};
    return findings_make(&asked, &run->findings, run->why, run->why_size);
}

static enum err print_findings(const struct analysis *run, struct buf *out)
{
    return findings_json(findings_of(run->findings), out);
}

static enum err read_findings(struct analysis *run, const char *text, size_t len)
{
    return findings_from_json(text, len, &run->findings);
}

static const struct {
    const char *name;
    enum err (*make)(struct analysis *run);
    enum err (*print)(const struct analysis *run, struct buf *out);
    enum err (*read)(struct analysis *run, const char *text, size_t len);
} steps[STEPS] = {
    [STEP_TRACKS] = {"tracks", make_tracks, print_tracks, read_tracks},
    [STEP_PIECES] = {"pieces", make_pieces, print_pieces, read_pieces},
    [STEP_MEASURES] = {"measures", make_measures, print_measures, read_measures},
    [STEP_TRANSCRIPT] = {"transcript", make_transcript, print_transcript, read_transcript},
    [STEP_FINDINGS] = {"findings", make_findings, print_findings, read_findings},
};

/* A step whose work may go better the next time: it is tried again then, and pays only for what it
 * has no answer to. */
static bool is_final(const struct analysis *run, enum analysis_step step)
{
    const struct transcript *transcript =
        step == STEP_TRANSCRIPT ? transcript_of(run->transcript) : NULL;
    const struct findings *findings = step == STEP_FINDINGS ? findings_of(run->findings) : NULL;
    return !(transcript && (transcript->missing || transcript->failed)) &&
           !(findings && (findings->missing || findings->note));
}

static void drop(struct analysis *run, enum analysis_step step)
{
    switch (step) {
    case STEP_TRACKS:
        tracks_free(run->tracks);
        run->tracks = NULL;
        break;
    case STEP_PIECES:
        pieces_free(run->pieces);
        run->pieces = NULL;
        break;
    case STEP_MEASURES:
        measures_free(run->measures);
        run->measures = NULL;
        break;
    case STEP_TRANSCRIPT:
        transcript_free(run->transcript);
        run->transcript = NULL;
        break;
    case STEP_FINDINGS:
        findings_free(run->findings);
        run->findings = NULL;
        break;
    case STEPS:
        break;
    }
}

/* ---- what each is made from ---- */

static bool is_sound(const char *name)
{
    static const char *const endings[] = {".opus", ".ogg", ".webm", ".timeline"};
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && i < sizeof endings / sizeof *endings; i++) {
        if (strcmp(dot, endings[i]) == 0)
            return true;
    }
    return false;
}

static int wanted(const struct dirent *entry)
{
    return is_sound(entry->d_name);
}

/* Which recordings lie there, how long they are and since when. */
static void add_listing(struct document_from *from, const char *folder)
{
    struct dirent **names = NULL;
    int count = scandir(folder, &names, wanted, alphasort);
    for (int i = 0; i < count; i++) {
        char line[PATH_MAX + NAME_MAX + 64];
        struct stat about = {0};
        snprintf(line, PATH_MAX + NAME_MAX, "%s/%s", folder, names[i]->d_name);
        (void)stat(line, &about);
        int len = snprintf(line, sizeof line, "%s %lld %lld.%09ld", names[i]->d_name,
                           (long long)about.st_size, (long long)about.st_mtim.tv_sec,
                           about.st_mtim.tv_nsec);
        document_from_add(from, line, (size_t)len);
        free(names[i]);
    }
    free(names);
}

/* The log but for what is written into it when the report stands. */
static void add_log(struct document_from *from, const char *log, size_t len)
{
    static const char ready[] = "{\"type\":\"analysis_ready\"";
    const char *end = log + len;
    while (log < end) {
        const char *newline = memchr(log, '\n', (size_t)(end - log));
        const char *next = newline ? newline + 1 : end;
        if ((size_t)(next - log) < strlen(ready) || memcmp(log, ready, strlen(ready)) != 0)
            document_from_add(from, log, (size_t)(next - log));
        log = next;
    }
}

static void add_service(struct document_from *from, const struct service *service)
{
    document_from_word(from, service ? service->base : NULL);
    document_from_word(from, service ? service->model : NULL);
}

static void add_prompts(struct document_from *from, const char *folder)
{
    static const char *const names[] = {"prompt.txt", "schema.json"};
    char path[PATH_MAX], text[16 * 1024];
    for (size_t i = 0; folder && i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        FILE *file = fopen(path, "re");
        for (size_t got; file && (got = fread(text, 1, sizeof text, file)) > 0;)
            document_from_add(from, text, got);
        if (file)
            fclose(file);
    }
}

static struct document_from made_from(const struct analysis *run, enum analysis_step step)
{
    const struct analysis_request *request = run->request;
    struct document_from from = {{0}};
    char folder[PATH_MAX];
    add_log(&from, request->log, request->log_len);
    if (step == STEP_TRACKS) {
        snprintf(folder, sizeof folder, "%s/recordings/%s", request->recordings,
                 run->debate->session_id);
        add_listing(&from, request->recordings);
        add_listing(&from, folder);
        return from;
    }
    document_from_word(&from, run->digests[STEP_TRACKS].digest);
    if (step == STEP_PIECES)
        return from;
    document_from_word(&from, run->digests[STEP_PIECES].digest);
    if (step == STEP_MEASURES)
        return from;
    if (step == STEP_TRANSCRIPT) {
        document_from_word(&from, request->language);
        add_service(&from, request->stt);
        return from;
    }
    document_from_word(&from, run->digests[STEP_TRANSCRIPT].digest);
    add_service(&from, request->llm);
    add_prompts(&from, request->llm ? request->prompts : NULL);
    return from;
}

/* ---- running ---- */

static enum err complain(struct analysis *run, enum err e, const char *step)
{
    if (run->why[0])
        return e;
    if (e == ERR_NO_MEMORY)
        snprintf(run->why, run->why_size, "no memory left");
    else if (e == ERR_NO_SPACE)
        snprintf(run->why, run->why_size, "%s: %s: what may be written is used up",
                 run->request->folder, step);
    else if (e == ERR_IO)
        snprintf(run->why, run->why_size, "%s: %s: %s", run->request->folder, step,
                 strerror(errno));
    else
        snprintf(run->why, run->why_size, "%s: %s: %s", run->request->folder, step, err_code(e));
    return e;
}

/* The document that is there: true when it has been taken. */
static bool take(struct analysis *run, enum analysis_step step, const char *from, bool any,
                 struct buf *text)
{
    char had[DIGEST_SIZE];
    if (document_read(run->request->folder, steps[step].name, had, text) ||
        (!any && strcmp(had, from) != 0) || steps[step].read(run, text->data, text->len))
        return false;
    if (any || is_final(run, step))
        return true;
    drop(run, step);
    return false;
}

static enum err make(struct analysis *run, enum analysis_step step, const char *from,
                     struct buf *text)
{
    buf_clear(text);
    enum err e = steps[step].make(run);
    if (!e)
        e = steps[step].print(run, text);
    if (!e)
        e = document_write(run->request->folder, steps[step].name, from, text->data, text->len,
                           run->request->space);
    return e;
}

static enum err run_step(struct analysis *run, enum analysis_step step)
{
    const struct analysis_request *request = run->request;
    struct document_from from = made_from(run, step);
    struct buf text;
    buf_init(&text, DOCUMENT_MAX);
    bool is_made = !take(run, step, from.digest, false, &text);
    enum err e = is_made ? make(run, step, from.digest, &text) : ERR_NONE;
    if (!e)
        document_from_add(&run->digests[step], text.data, text.len);
    buf_release(&text);
    if (e)
        return complain(run, e, steps[step].name);
    if (request->stepped)
        request->stepped(request->context, steps[step].name, is_made);
    return ERR_NONE;
}

static enum err lock(struct analysis *run)
{
    char path[PATH_MAX];
    const char *folder = run->request->folder;
    enum err e = document_folder(folder);
    if (e)
        return complain(run, e, "folder");
    snprintf(path, sizeof path, "%s/lock", folder);
    run->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (run->lock < 0)
        return complain(run, ERR_IO, "lock");
    if (flock(run->lock, LOCK_EX | LOCK_NB) == 0)
        return ERR_NONE;
    /* Another run is at work: what it makes need not be made again. */
    if (errno == EWOULDBLOCK && run->request->progress)
        run->request->progress(run->request->context, "waiting", 0, 1);
    int failed;
    do
        failed = flock(run->lock, LOCK_EX);
    while (failed && errno == EINTR);
    return failed ? complain(run, ERR_IO, "lock") : ERR_NONE;
}

/* A folder that is made after its session was forgotten must not stay (store/forgotten.h). */
static enum err check_forgotten(struct analysis *run)
{
    const struct analysis_request *request = run->request;
    char path[PATH_MAX];
    if (!request->is_forgotten || !request->is_forgotten(request->context))
        return ERR_NONE;
    snprintf(path, sizeof path, "%s/lock", request->folder);
    unlink(path);
    rmdir(request->folder);
    snprintf(run->why, run->why_size, "session %s was forgotten", run->debate->session_id);
    return ERR_ENDED;
}

static enum err begin(const struct analysis_request *request, struct analysis **out, char *why,
                      size_t why_size)
{
    struct analysis *run = mem_zalloc(sizeof *run);
    if (!run) {
        snprintf(why, why_size, "no memory left");
        return ERR_NO_MEMORY;
    }
    *out = run;
    run->request = request;
    run->lock = -1;
    run->why = why;
    run->why_size = why_size;
    why[0] = '\0';
    snprintf(run->answers, sizeof run->answers, "%s/answers", request->folder);
    snprintf(run->chat, sizeof run->chat, "%s/chat", request->folder);
    enum err e = debate_read(request->log, request->log_len, &run->log, why, why_size);
    if (e)
        return complain(run, e, "log");
    if (request->only_revealed)
        debate_hide_unrevealed(run->log);
    run->debate = debate_of(run->log);
    return ERR_NONE;
}

static enum err finish(struct analysis *run, enum err e, struct analysis **out)
{
    if (e) {
        int error = errno;
        analysis_free(run);
        errno = error;
        return e;
    }
    run->request = NULL;
    *out = run;
    return ERR_NONE;
}

enum err analysis_run(const struct analysis_request *request, struct analysis **out, char *why,
                      size_t why_size)
{
    struct analysis *run = NULL;
    enum err e = begin(request, &run, why, why_size);
    if (!e)
        e = lock(run);
    if (!e)
        e = check_forgotten(run);
    for (int step = 0; !e && step < STEPS; step++)
        e = run_step(run, (enum analysis_step)step);
    if (e == ERR_IO && check_forgotten(run)) /* that is why the folder is gone */
        e = ERR_ENDED;
    return finish(run, e, out);
}

enum err analysis_read(const struct analysis_request *request, struct analysis **out, char *why,
                       size_t why_size)
{
    struct analysis *run = NULL;
    enum err e = begin(request, &run, why, why_size);
    for (int step = 0; !e && step < STEPS; step++) {
        struct buf text;
        buf_init(&text, DOCUMENT_MAX);
        bool is_there = take(run, (enum analysis_step)step, NULL, true, &text);
        buf_release(&text);
        if (is_there || step > STEP_MEASURES)
            continue;
        snprintf(why, why_size, "%s: not analysed yet: debate analyze does that", request->folder);
        e = ERR_NOT_FOUND;
    }
    return finish(run, e, out);
}

struct report analysis_report(const struct analysis *analysis)
{
    struct report report = {.debate = analysis->debate, .audio = REPORT_AUDIO_NONE};
    report.tracks = tracks_of(analysis, &report.track_count);
    report.pieces = pieces_of(analysis->pieces);
    report.measures = measures_of(analysis->measures);
    report.transcript = analysis->transcript ? transcript_of(analysis->transcript) : NULL;
    report.findings = analysis->findings ? findings_of(analysis->findings) : NULL;
    const char *language = report.transcript ? report.transcript->language : NULL;
    report.lang = language && strcmp(language, "ko") == 0 ? LANG_KO : LANG_EN;
    return report;
}

void analysis_free(struct analysis *analysis)
{
    if (!analysis)
        return;
    for (int step = 0; step < STEPS; step++)
        drop(analysis, (enum analysis_step)step);
    debate_log_free(analysis->log);
    if (analysis->lock >= 0)
        close(analysis->lock);
    mem_free(analysis);
}

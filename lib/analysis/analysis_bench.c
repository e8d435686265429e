/* How fast a debate is analysed, but for recognisers and models, and in how much memory:
 * analysis_bench [MINUTES...]. Three people who talk in turn are recorded, in no time; then each
 * step is run on one core. Each line is a process of its own, so that its memory is its own too. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* What a test's helper takes from cmocka. */
#define assert_true(fact)           ((fact) ? (void)0 : abort())
#define assert_non_null(pointer)    assert_true((pointer) != NULL)
#define assert_int_equal(got, want) assert_true((got) == (want))

#include "analysis/debate.h"
#include "analysis/measures.h"
#include "analysis/pieces.h"
#include "analysis/report.h"
#include "analysis/track.h"
#include "base/folder_testing.h"
#include "base/mem.h"
#include "media/recording.h"
#include "media/sound_file.h"
#include "media/webm_testing.h"

enum { PEOPLE = 3, TURN_MS = 8000, WHY_SIZE = 256, TIMES_LEAST = 200 };
#define PAD_MS 200.0 /* as the transcript has around its pieces */
static const int64_t start_ms = 1763872345000;
static const char session[] = "s_AbCdEfGhIjKlMnOpQrStUv";
static const char *const voices[PEOPLE] = {
    "testdata/speech/kim-1.opus", "testdata/speech/lee-1.opus", "testdata/speech/reader-1.opus"};

/* What there is between one's turns, and who recorded it. */
enum kind { MUTED, NOISE, BROWSER, KINDS };
static const char *const kind_names[KINDS] = {"muted", "noise", "browser"};

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now); /* others may be at work on this machine */
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void must(enum err e, const char *what)
{
    if (!e)
        return;
    fprintf(stderr, "analysis_bench: %s: %s\n", what, err_code(e));
    exit(1);
}

/* ---- recording ---- */

struct voice {
    int16_t *pcm;
    size_t samples, next;
    uint32_t random;
};

/* One speaks while the others are silent, 8 s each; in a room with noise at -62 dBFS. */
static void speak(struct voice *voice, int person, enum kind kind, int64_t at_ms,
                  int16_t pcm[MEDIA_FRAME_SAMPLES])
{
    memset(pcm, 0, MEDIA_FRAME_SAMPLES * sizeof *pcm);
    if (at_ms / TURN_MS % PEOPLE == person && voice->next + MEDIA_FRAME_SAMPLES <= voice->samples) {
        memcpy(pcm, voice->pcm + voice->next, MEDIA_FRAME_SAMPLES * sizeof *pcm);
        voice->next += MEDIA_FRAME_SAMPLES;
    }
    if (at_ms % TURN_MS == 0)
        voice->next = 0;
    for (size_t i = 0; i < MEDIA_FRAME_SAMPLES && kind != MUTED; i++) {
        voice->random = voice->random * 1664525 + 1013904223;
        pcm[i] = (int16_t)(pcm[i] / 2 + (int16_t)(voice->random >> 16) / 720);
    }
}

static void record_ogg(const char *path, int person, enum kind kind, int64_t length_ms,
                       struct voice *voice)
{
    struct recording *recording = NULL;
    int16_t pcm[MEDIA_FRAME_SAMPLES];
    char id[32];
    snprintf(id, sizeof id, "r_AbCdEfGhIjKlMnOpQrStUv_%d", person + 1);
    must(recording_start(path, id, start_ms, 0, &recording), path);
    for (int64_t at_ms = 0; at_ms < length_ms; at_ms += MEDIA_FRAME_MS) {
        speak(voice, person, kind, at_ms, pcm);
        must(recording_write(recording, pcm, at_ms * 1000), path);
    }
    must(recording_stop(recording, NULL), path);
}

static void record_webm(const char *path, int person, int64_t length_ms, struct voice *voice)
{
    struct webm_writer writer;
    int16_t pcm[MEDIA_FRAME_SAMPLES];
    webm_start(&writer, path);
    for (int64_t at_ms = 0; at_ms < length_ms; at_ms += MEDIA_FRAME_MS) {
        speak(voice, person, BROWSER, at_ms, pcm);
        webm_frame(&writer, at_ms, pcm);
    }
    webm_end(&writer);
}

static void record(const char *folder, enum kind kind, int64_t length_ms)
{
    for (int person = 0; person < PEOPLE; person++) {
        struct voice voice = {.random = (uint32_t)person + 1};
        char path[64];
        snprintf(path, sizeof path, "%s/p%d-%d.opus", folder, person + 1, person + 1);
        must(sound_file_read(voices[person], &voice.pcm, &voice.samples), voices[person]);
        if (kind == BROWSER)
            record_webm(path, person, length_ms, &voice);
        else
            record_ogg(path, person, kind, length_ms, &voice);
        mem_free(voice.pcm);
    }
}

/* ---- the log ---- */

static void add_event(struct buf *log, int64_t ts_ms, const char *type, unsigned actor,
                      const char *data)
{
    static unsigned seq;
    char who[32] = "";
    if (actor)
        snprintf(who, sizeof who, "\"actor\":\"p%u\",", actor);
    (void)buf_printf(log, "{\"type\":\"%s\",\"seq\":%u,\"ts\":%" PRId64 ",%s\"data\":{%s}}\n", type,
                     ++seq, ts_ms, who, data);
}

static void add_people(struct buf *log)
{
    char data[256];
    for (unsigned i = 1; i <= PEOPLE; i++) {
        snprintf(data, sizeof data,
                 "\"participant_id\":\"p%u\",\"nickname\":\"u%u\",\"user\":\"u%u\"", i, i, i);
        add_event(log, start_ms - 5000, "join", i, data);
        snprintf(data, sizeof data, "\"participant_id\":\"p%u\",\"recording\":true", i);
        add_event(log, start_ms - 5000, "consent", i, data);
    }
}

static void write_log(struct buf *log, int64_t length_ms)
{
    char data[512];
    (void)buf_printf(log,
                     "{\"log\":\"debate\",\"version\":1,\"session_id\":\"%s\","
                     "\"room_code\":\"bench\",\"seats\":3,\"agenda\":{\"title\":\"\",\"pages\":"
                     "[{\"title\":\"\"}]},\"created_at\":%" PRId64 ",\"host_user\":\"u1\"}\n",
                     session, start_ms - 6000);
    add_people(log);
    snprintf(data, sizeof data, "\"seconds\":3,\"start_at\":%" PRId64, start_ms);
    add_event(log, start_ms - 3000, "countdown", 0, data);
    snprintf(data, sizeof data, "\"start_at\":%" PRId64, start_ms);
    add_event(log, start_ms, "start", 0, data);
    for (unsigned i = 1; i <= PEOPLE; i++) {
        snprintf(data, sizeof data,
                 "\"participant_id\":\"p%u\",\"recording_id\":\"r_AbCdEfGhIjKlMnOpQrStUv_%u\","
                 "\"path\":\"recordings/%s/p%u-%u.opus\",\"started_at\":%" PRId64,
                 i, i, session, i, i, start_ms);
        add_event(log, start_ms, "recording_started", i, data);
    }
    for (unsigned i = 1; i <= PEOPLE; i++) {
        snprintf(data, sizeof data,
                 "\"participant_id\":\"p%u\",\"recording_id\":\"r_AbCdEfGhIjKlMnOpQrStUv_%u\","
                 "\"path\":\"recordings/%s/p%u-%u.opus\",\"ended_at\":%" PRId64
                 ",\"duration\":%" PRId64,
                 i, i, session, i, i, start_ms + length_ms, length_ms / 1000);
        add_event(log, start_ms + length_ms, "recording_stopped", 0, data);
    }
    add_event(log, start_ms + length_ms, "session_ended", 1, "\"reason\":\"host\"");
}

/* ---- the steps ---- */

static enum err count_bytes(void *context, const char *data, size_t len)
{
    (void)data;
    *(size_t *)context += len;
    return ERR_NONE;
}

static void told(double *since_s, double length_ms)
{
    printf(" %8.2f", (now_s() - *since_s) * 1000 / (length_ms / 60000));
    *since_s = now_s();
}

/* Each piece as the recogniser is given it. */
static void read_clips(const struct track *tracks, const struct pieces *pieces)
{
    struct track_reader *readers[PEOPLE] = {NULL};
    for (size_t i = 0; i < pieces->count; i++) {
        const struct piece *piece = &pieces->pieces[i];
        struct track_reader **reader = &readers[piece->track];
        double from_ms = piece->from_ms - PAD_MS, to_ms = piece->to_ms + PAD_MS;
        size_t samples = (size_t)(track_coarse_sample(to_ms) - track_coarse_sample(from_ms));
        int16_t *pcm = mem_alloc((samples + 1) * sizeof *pcm);
        must(pcm ? ERR_NONE : ERR_NO_MEMORY, "a piece");
        must(*reader ? track_restart(*reader) : track_open_coarse(&tracks[piece->track], reader),
             "a piece");
        must(track_read(*reader, from_ms, to_ms, pcm), "a piece");
        mem_free(pcm);
    }
    for (size_t i = 0; i < PEOPLE; i++)
        track_close(readers[i]);
}

static double analyse(const struct debate *debate, const char *folder)
{
    char why[WHY_SIZE] = "";
    struct tracks *tracks = NULL;
    struct pieces_set *pieces = NULL;
    struct measures_set *measures = NULL;
    size_t count, bytes = 0;
    double length_ms = (double)debate->end_ms, began_s = now_s(), at_s = began_s;
    must(tracks_place(debate, folder, &tracks), "tracks");
    const struct track *all = tracks_all(tracks, &count);
    told(&at_s, length_ms);
    must(pieces_cut(debate, all, count, NULL, NULL, &pieces, why, sizeof why), why);
    told(&at_s, length_ms);
    read_clips(all, pieces_of(pieces));
    told(&at_s, length_ms);
    must(measures_take(debate, all, count, pieces_of(pieces), &measures), "measures");
    told(&at_s, length_ms);
    const struct report report = {.debate = debate,
                                  .tracks = all,
                                  .track_count = count,
                                  .pieces = pieces_of(pieces),
                                  .measures = measures_of(measures)};
    must(report_write(&report, REPORT_HTML, count_bytes, &bytes), "report");
    told(&at_s, length_ms);
    double took_s = now_s() - began_s;
    measures_free(measures);
    pieces_free(pieces);
    tracks_free(tracks);
    return length_ms / 1000 / took_s;
}

/* False when it is too slow. */
static bool measure(const char *folder, enum kind kind, int64_t length_ms)
{
    struct debate_log *debate = NULL;
    char why[WHY_SIZE] = "";
    struct rusage usage;
    struct buf log;
    buf_init(&log, 1 << 20);
    write_log(&log, length_ms);
    must(debate_read(log.data, log.len, &debate, why, sizeof why), why);
    printf("%-8s %7.0f", kind_names[kind], (double)length_ms / 60000);
    double times = analyse(debate_of(debate), folder);
    getrusage(RUSAGE_SELF, &usage);
    printf(" %8.0f %8ld\n", times, usage.ru_maxrss);
    debate_log_free(debate);
    buf_release(&log);
    return times >= TIMES_LEAST;
}

/* Recorded by a child, and measured by another: what the one allocated must not count. */
static bool measure_apart(enum kind kind, int64_t length_ms)
{
    char folder[] = "/tmp/analysis-bench-XXXXXX";
    bool all_well = mkdtemp(folder) != NULL;
    for (int step = 0; step < 2 && all_well; step++) {
        int status = 1;
        fflush(stdout);
        pid_t pid = fork();
        if (pid == 0) {
            bool is_well = true;
            if (step == 0)
                record(folder, kind, length_ms);
            else
                is_well = measure(folder, kind, length_ms);
            exit(is_well ? 0 : 1);
        }
        all_well = pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
    }
    return folder_remove(folder) == 0 && all_well;
}

int main(int argc, char **argv)
{
    static const int64_t usual_min[] = {2, 10};
    size_t count = argc > 1 ? (size_t)argc - 1 : sizeof usual_min / sizeof *usual_min;
    bool all_well = true;
    printf("ms of one core for a minute of three people, how many times real time all of it is,\n"
           "and the most memory in KiB\n%-8s %7s %8s %8s %8s %8s %8s %8s %8s\n",
           "silence", "minutes", "tracks", "pieces", "clips", "measures", "report", "times", "KiB");
    for (int kind = 0; kind < KINDS; kind++)
        for (size_t i = 0; i < count; i++)
            all_well &= measure_apart(kind, (argc > 1 ? atol(argv[i + 1]) : usual_min[i]) * 60000);
    return all_well ? 0 : 1;
}

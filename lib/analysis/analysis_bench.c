/* How fast a debate is analysed, but for words and models: analysis_bench [MINUTES]. Three people
 * who talk in turn are recorded, in no time; then each step is run on one core. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "analysis/debate.h"
#include "analysis/measures.h"
#include "analysis/pieces.h"
#include "analysis/report.h"
#include "analysis/track.h"
#include "base/folder_testing.h"
#include "base/mem.h"
#include "media/recording.h"
#include "media/sound_file.h"

enum { PEOPLE = 3, TURN_MS = 8000, WHY_SIZE = 256 };
static const int64_t start_ms = 1763872345000;
static const char session[] = "s_AbCdEfGhIjKlMnOpQrStUv";
static const char *const voices[PEOPLE] = {
    "testdata/speech/kim-1.opus", "testdata/speech/lee-1.opus", "testdata/speech/reader-1.opus"};

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

static long memory_kib(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

/* One speaks while the others are silent, 8 s each. */
static void record(const char *path, int person, int64_t length_ms)
{
    struct recording *recording = NULL;
    int16_t pcm[MEDIA_FRAME_SAMPLES], *voice = NULL;
    size_t samples = 0, next = 0;
    char id[32];
    snprintf(id, sizeof id, "r_AbCdEfGhIjKlMnOpQrStUv_%d", person + 1);
    must(sound_file_read(voices[person], &voice, &samples), voices[person]);
    must(recording_start(path, id, start_ms, 0, &recording), path);
    for (int64_t at_ms = 0; at_ms < length_ms; at_ms += MEDIA_FRAME_MS) {
        memset(pcm, 0, sizeof pcm);
        if (at_ms / TURN_MS % PEOPLE == person && next + MEDIA_FRAME_SAMPLES <= samples) {
            memcpy(pcm, voice + next, sizeof pcm);
            next += MEDIA_FRAME_SAMPLES;
        }
        if (at_ms % TURN_MS == 0)
            next = 0;
        must(recording_write(recording, pcm, at_ms * 1000), path);
    }
    must(recording_stop(recording, NULL), path);
    mem_free(voice);
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

static void told(const char *step, double *since_s, double length_ms)
{
    double took_s = now_s() - *since_s;
    printf("  %-10s %7.2f s  %6.0f times real time\n", step, took_s, length_ms / 1000 / took_s);
    *since_s = now_s();
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
    told("tracks", &at_s, length_ms);
    must(pieces_cut(debate, all, count, NULL, NULL, &pieces, why, sizeof why), why);
    told("pieces", &at_s, length_ms);
    must(measures_take(debate, all, count, pieces_of(pieces), &measures), "measures");
    told("measures", &at_s, length_ms);
    const struct report report = {.debate = debate,
                                  .tracks = all,
                                  .track_count = count,
                                  .pieces = pieces_of(pieces),
                                  .measures = measures_of(measures)};
    must(report_write(&report, REPORT_HTML, count_bytes, &bytes), "report");
    told("report", &at_s, length_ms);
    double took_s = now_s() - began_s;
    printf("  %zu pieces of speech\n", pieces_of(pieces)->count);
    measures_free(measures);
    pieces_free(pieces);
    tracks_free(tracks);
    return length_ms / 1000 / took_s;
}

int main(int argc, char **argv)
{
    int64_t length_ms = (argc > 1 ? atol(argv[1]) : 10) * 60000;
    char folder[] = "/tmp/analysis-bench-XXXXXX", path[64], why[WHY_SIZE] = "";
    struct debate_log *debate = NULL;
    struct buf log;
    buf_init(&log, 1 << 20);
    if (!mkdtemp(folder))
        return 1;
    for (int i = 0; i < PEOPLE; i++) {
        snprintf(path, sizeof path, "%s/p%d-%d.opus", folder, i + 1, i + 1);
        record(path, i, length_ms);
    }
    write_log(&log, length_ms);
    must(debate_read(log.data, log.len, &debate, why, sizeof why), why);
    long before_kib = memory_kib();
    double speed = analyse(debate_of(debate), folder);
    printf("%d people, %.0f min: %.0f times real time on one core, %ld KiB at most, %ld before\n",
           PEOPLE, (double)length_ms / 60000, speed, memory_kib(), before_kib);
    debate_log_free(debate);
    buf_release(&log);
    return folder_remove(folder) || speed < 200;
}

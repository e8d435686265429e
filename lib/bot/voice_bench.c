/* What a voice costs and how late it is: people who are processes of their own, `debate bot`s, with
 * a server of their own, over real WebRTC on loopback.
 *
 *   voice_bench voice   two of them: from a click's entry to its exit, without device buffers
 *   voice_bench bot     three who speak, then click: also CPU and memory while live, and connecting
 *
 * Without a word both. What goes wrong ends the program. */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/folder_testing.h"
#include "base/mem.h"
#include "media/sound_file.h"

enum {
    PEOPLE_MAX = 3,
    PATH_SIZE = 128,
    START_WAIT_MS = 30000,
    LOOK_MS = 20,
    SPEECH_S = 25, /* how long CPU time is counted, all of it speech of one or the other */
    CLICKS = 20,   /* few: a bot holds them in memory, which is measured */
    /* Not a whole number of frames: clicks fall everywhere in them. */
    CLICK_EVERY_SAMPLES = 487 * MEDIA_RATE_HZ / 1000,
    CLICK_SAMPLES = 4 * MEDIA_RATE_HZ / 1000,
    CLICK_PERIOD_SAMPLES = 24, /* 2 kHz: what every voice codec lets through */
    CLICK_PEAK = 20000,
    HEARD_PEAK = CLICK_PEAK / 5, /* from here on it counts as heard, and as said */
    APART_SAMPLES = MEDIA_RATE_HZ / 4,
    LATE_SAMPLES_MAX = MEDIA_RATE_HZ * 4 / 10,
    DELAYS_MAX = PEOPLE_MAX * CLICKS,
};

static const char *const names[PEOPLE_MAX] = {"kim", "lee", "park"};

struct person {
    pid_t pid;
    double cpu_percent, rss_mb, anonymous_mb;
};

struct debate {
    char folder[PATH_SIZE];
    char url[PATH_SIZE];
    pid_t server;
    size_t count;
    double speech_s; /* before the clicks */
    struct person people[PEOPLE_MAX];
};

static void __attribute__((format(printf, 1, 2), noreturn)) give_up(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "voice_bench: ");
    vfprintf(stderr, format, args);
    fprintf(stderr, "\n");
    va_end(args);
    exit(1); /* the others die with their parent */
}

static void report(const char *who, const char *what, double value, const char *unit, double target)
{
    printf("  %-5s %-34s %7.1f %s", who, what, value, unit);
    if (target > 0)
        printf(" (target: under %g)%s", target, value < target ? "" : "  MISSED");
    printf("\n");
}

/* ---- the debate ---- */

static void in_folder(const struct debate *debate, const char *name, char path[2 * PATH_SIZE])
{
    snprintf(path, 2 * PATH_SIZE, "%s/%s", debate->folder, name);
}

static FILE *create(const struct debate *debate, const char *name)
{
    char path[2 * PATH_SIZE];
    in_folder(debate, name, path);
    FILE *file = fopen(path, "wxe");
    if (!file)
        give_up("%s: %s", path, strerror(errno));
    return file;
}

static void write_clicks(const struct debate *debate)
{
    static int16_t pcm[CLICKS * CLICK_EVERY_SAMPLES];
    char path[2 * PATH_SIZE];
    struct wav_writer *wav;
    for (int n = 0; n < CLICKS; n++) {
        for (int i = 0; i < CLICK_SAMPLES; i++) {
            int phase = i % CLICK_PERIOD_SAMPLES;
            pcm[n * CLICK_EVERY_SAMPLES + i] =
                phase < CLICK_PERIOD_SAMPLES / 2 ? CLICK_PEAK : -CLICK_PEAK;
        }
    }
    in_folder(debate, "clicks.wav", path);
    if (wav_open(path, &wav) || wav_write(wav, pcm, sizeof pcm / sizeof *pcm) || wav_close(wav))
        give_up("%s: cannot be written", path);
}

/* They speak one after the other, all the time, and then all click. */
static void write_scenario(const struct debate *debate)
{
    FILE *file = create(debate, "bench.debate");
    char here[PATH_SIZE];
    if (!getcwd(here, sizeof here))
        give_up("the working directory: %s", strerror(errno));
    fprintf(file, "title bench\nspeech %s/testdata/speech\nlimit 120\n", here);
    for (size_t i = 0; i < debate->count; i++)
        fprintf(file, "cast %s \"%s\" %sconsents\n", names[i], names[i], i == 0 ? "host " : "");
    size_t turn = 0;
    for (double at = 0.2; at + 4 < debate->speech_s; at += 4, turn++)
        fprintf(file, "at start+%.1f %s says %s-%zu\n", at, names[turn % debate->count],
                names[turn % debate->count], 1 + turn / debate->count % 3);
    double clicks_s = (double)CLICKS * CLICK_EVERY_SAMPLES / MEDIA_RATE_HZ;
    fprintf(file, "at start+%.1f all says ./clicks.wav\n", debate->speech_s);
    fprintf(file, "at start+%.1f kim ends\n", debate->speech_s + clicks_s + 1);
    if (fclose(file))
        give_up("the scenario cannot be written");
}

static pid_t start(const struct debate *debate, const char *name, int out, const char *const *words)
{
    char log[PATH_SIZE];
    snprintf(log, sizeof log, "%s.log", name);
    FILE *file = create(debate, log);
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(out >= 0 ? out : fileno(file), STDOUT_FILENO);
        dup2(fileno(file), STDERR_FILENO);
        execv(words[0], (char *const *)words);
        _exit(127);
    }
    if (pid < 0)
        give_up("fork: %s", strerror(errno));
    fclose(file);
    return pid;
}

static void start_server(struct debate *debate, const char *program)
{
    char data[2 * PATH_SIZE], said[256] = "";
    int ends[2];
    in_folder(debate, "data", data);
    const char *words[] = {program, "serve", "--listen", "127.0.0.1:0", "--data", data, NULL};
    if (pipe(ends))
        give_up("pipe: %s", strerror(errno));
    debate->server = start(debate, "server", ends[1], words);
    close(ends[1]);
    FILE *out = fdopen(ends[0], "r");
    if (!out || !fgets(said, sizeof said, out) ||
        sscanf(said, "listening on %127s", debate->url) != 1)
        give_up("debate serve says: %s", said);
    fclose(out);
}

static void open_debate(struct debate *debate, size_t count, double speech_s)
{
    char scenario[2 * PATH_SIZE];
    const char *program = getenv("DEBATE_BIN"), *base = getenv("TMPDIR");
    *debate = (struct debate){.count = count, .speech_s = speech_s};
    if (!program)
        give_up("DEBATE_BIN must name the program");
    snprintf(debate->folder, sizeof debate->folder, "%.60s/debate-voice-XXXXXX",
             base ? base : "/tmp");
    if (!mkdtemp(debate->folder))
        give_up("%s: %s", debate->folder, strerror(errno));
    write_clicks(debate);
    write_scenario(debate);
    start_server(debate, program);
    in_folder(debate, "bench.debate", scenario);
    for (size_t i = 0; i < count; i++) {
        const char *words[] = {program,     "bot",      scenario,       "--as",
                               names[i],    "--room",   "bench",        "--server",
                               debate->url, "--output", debate->folder, NULL};
        debate->people[i].pid = start(debate, names[i], -1, words);
    }
}

static void await_end(struct debate *debate)
{
    for (size_t i = 0; i < debate->count; i++) {
        int status = -1;
        if (waitpid(debate->people[i].pid, &status, 0) < 0 || status != 0)
            give_up("%s came to no good end: see %s/%s.log", names[i], debate->folder, names[i]);
    }
    kill(debate->server, SIGTERM);
    waitpid(debate->server, NULL, 0);
}

/* ---- what it costs ---- */

static void pause_ms(long ms)
{
    struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&time, NULL);
}

static void await_start(const struct debate *debate)
{
    for (size_t i = 0; i < debate->count; i++) {
        char name[PATH_SIZE], path[2 * PATH_SIZE];
        snprintf(name, sizeof name, "%s-said.wav", names[i]);
        in_folder(debate, name, path);
        for (int waited_ms = 0; access(path, F_OK); waited_ms += LOOK_MS) {
            if (waited_ms > START_WAIT_MS)
                give_up("%s did not start: see %s/%s.log", names[i], debate->folder, names[i]);
            pause_ms(LOOK_MS);
        }
    }
}

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static FILE *open_proc(pid_t pid, const char *name)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    FILE *file = fopen(path, "re");
    if (!file)
        give_up("a bot is gone");
    return file;
}

/* utime and stime of all its threads, seconds: proc(5). */
static double cpu_s(pid_t pid)
{
    char line[1024] = "";
    unsigned long user = 0, system = 0;
    FILE *file = open_proc(pid, "stat");
    const char *after = fgets(line, sizeof line, file) ? strrchr(line, ')') : NULL;
    if (!after || sscanf(after + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
                         &system) != 2)
        give_up("a bot is gone");
    fclose(file);
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

/* The most that it ever had in memory, and what of it is its own alone. */
static void read_memory(struct person *person)
{
    char line[256];
    unsigned long kib;
    FILE *file = open_proc(person->pid, "status");
    while (fgets(line, sizeof line, file)) {
        if (sscanf(line, "VmHWM: %lu", &kib) == 1)
            person->rss_mb = (double)kib * 1024 / 1e6;
        if (sscanf(line, "RssAnon: %lu", &kib) == 1)
            person->anonymous_mb = (double)kib * 1024 / 1e6;
    }
    fclose(file);
}

static void measure_cost(struct debate *debate)
{
    double before_s[PEOPLE_MAX];
    await_start(debate);
    double began_s = now_s();
    for (size_t i = 0; i < debate->count; i++)
        before_s[i] = cpu_s(debate->people[i].pid);
    pause_ms(SPEECH_S * 1000);
    double took_s = now_s() - began_s;
    for (size_t i = 0; i < debate->count; i++) {
        struct person *person = &debate->people[i];
        person->cpu_percent = 100 * (cpu_s(person->pid) - before_s[i]) / took_s;
        read_memory(person);
    }
}

/* The slowest of the connections that this one reports. */
static double connect_ms(const struct debate *debate, size_t who)
{
    char name[PATH_SIZE], path[2 * PATH_SIZE], line[4096];
    double slowest = 0;
    snprintf(name, sizeof name, "%s.report.jsonl", names[who]);
    in_folder(debate, name, path);
    FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof line, file)) {
        const char *at = strstr(line, "\"connect_ms\":");
        double ms = at ? strtod(at + strlen("\"connect_ms\":"), NULL) : 0;
        if (at && (ms < 0 || ms > slowest))
            slowest = ms;
    }
    if (!file || slowest <= 0)
        give_up("%s: no connection in it", path);
    fclose(file);
    return slowest;
}

/* ---- how late it is ---- */

struct sound {
    int16_t *pcm;
    size_t samples;
};

/* WAV files of a bot begin at the common start. */
static struct sound read_track(const struct debate *debate, const char *name)
{
    char path[2 * PATH_SIZE];
    struct sound sound;
    in_folder(debate, name, path);
    if (sound_file_read(path, &sound.pcm, &sound.samples))
        give_up("%s: cannot be read", path);
    return sound;
}

/* The first sample from `at` on, before `end`, that is loud; `end`: none. */
static size_t find_click(const struct sound *sound, size_t at, size_t end)
{
    while (at < end && at < sound->samples && abs(sound->pcm[at]) < HEARD_PEAK)
        at++;
    return at < end && at < sound->samples ? at : end;
}

static size_t measure_delays(const struct debate *debate, size_t speaker, size_t listener,
                             double *delays_ms)
{
    char name[PATH_SIZE];
    size_t count = 0, clicks = 0;
    snprintf(name, sizeof name, "%s-said.wav", names[speaker]);
    struct sound said = read_track(debate, name);
    snprintf(name, sizeof name, "%s-heard-%s.wav", names[listener], names[speaker]);
    struct sound heard = read_track(debate, name);
    size_t at = (size_t)((debate->speech_s - 0.05) * MEDIA_RATE_HZ);
    while ((at = find_click(&said, at, said.samples)) < said.samples) {
        size_t end = at + LATE_SAMPLES_MAX, there = find_click(&heard, at, end);
        clicks++;
        if (there < end && count < CLICKS)
            delays_ms[count++] = (double)(there - at) * 1000 / MEDIA_RATE_HZ;
        at += APART_SAMPLES;
    }
    mem_free(said.pcm);
    mem_free(heard.pcm);
    if (clicks != CLICKS || count < CLICKS * 9 / 10)
        give_up("of %d clicks %s said %zu, and %s heard %zu: see %s", CLICKS, names[speaker],
                clicks, names[listener], count, debate->folder);
    return count;
}

static int ascending(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return left < right ? -1 : left > right;
}

static void report_delays(const struct debate *debate)
{
    for (size_t listener = 0; listener < debate->count; listener++) {
        double delays_ms[DELAYS_MAX];
        size_t count = 0;
        for (size_t speaker = 0; speaker < debate->count; speaker++)
            if (speaker != listener)
                count += measure_delays(debate, speaker, listener, delays_ms + count);
        qsort(delays_ms, count, sizeof *delays_ms, ascending);
        report(names[listener], "mouth to ear, median", delays_ms[count / 2], "ms", 60);
        report(names[listener], "mouth to ear, 95th percentile", delays_ms[count * 95 / 100], "ms",
               0);
    }
}

static void bench_voice(void)
{
    struct debate debate;
    printf("two, %d clicks each way:\n", CLICKS);
    open_debate(&debate, 2, 1);
    await_end(&debate);
    report_delays(&debate);
    folder_remove(debate.folder);
}

static void bench_bot(void)
{
    struct debate debate;
    printf("bots in a call of three, recording, %d s of speech, then clicks:\n", SPEECH_S);
    open_debate(&debate, 3, SPEECH_S + 1);
    measure_cost(&debate);
    await_end(&debate);
    for (size_t i = 0; i < debate.count; i++) {
        const struct person *person = &debate.people[i];
        report(names[i], "CPU", person->cpu_percent, "% of a core", 5);
        report(names[i], "resident", person->rss_mb, "MB", 30);
        report(names[i], "of it its own (anonymous)", person->anonymous_mb, "MB", 0);
        report(names[i], "createOffer to connected, slowest", connect_ms(&debate, i), "ms", 150);
    }
    report_delays(&debate);
    folder_remove(debate.folder);
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc < 2 || strcmp(argv[1], "voice") == 0)
        bench_voice();
    if (argc < 2 || strcmp(argv[1], "bot") == 0)
        bench_bot();
    return 0;
}

/* Two people with real devices: what is said into the one's microphone comes out of the other's
 * loudspeaker. PortAudio through ALSA's pulse plugin, null sinks of a PulseAudio that is begun
 * here, a server and two `debate join` processes. The world speaks into "mic" and listens at
 * "speaker-heard"; Kim has the microphone, Lee the loudspeaker. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "loop/ticker.h"
#include "media/sound_file.h"
#include "sound/sound.h"
#include "sound/track_testing.h"
#include "terminal/lines_uv.h"

enum { GIVE_UP_MS = 60000, SPEECHES = 5, PIECE_MS = 250, PIECES = SPEECH_MS / PIECE_MS };

/* A program that says lines of JSON. */
struct process {
    struct talk *talk;
    uv_process_t process;
    struct lines_in *lines;
    bool runs, is_live, hears_other, has_device;
};

struct talk {
    uv_loop_t loop;
    uv_timer_t give_up;
    char dir[64], url[128];
    int16_t *speech;
    size_t speech_samples, speech_at;
    int64_t speech_us, said_us;
    struct sound *world;
    int world_opened;
    struct track said, heard;
    struct process server, kim, lee;
    bool gave_up;
};

/* ---- processes ---- */

static void on_exit_of(uv_process_t *handle, int64_t status, int signal_number)
{
    struct process *process = handle->data;
    (void)status;
    (void)signal_number;
    process->runs = false;
    uv_close((uv_handle_t *)handle, NULL);
}

static void on_line(void *context, const char *line)
{
    struct process *process = context;
    if (!line)
        return;
    if (strncmp(line, "listening on ", 13) == 0)
        snprintf(process->talk->url, sizeof process->talk->url, "%s", line + 13);
    if (strstr(line, "\"type\":\"live\""))
        process->is_live = true;
    if (strstr(line, "\"type\":\"peer\"") && strstr(line, "\"connected\""))
        process->hears_other = true;
    if (strstr(line, "\"type\":\"sound\"") && strstr(line, "\"opened\""))
        process->has_device = true;
}

static void run(struct talk *talk, struct process *process, const char *const *words)
{
    int ends[2];
    assert_int_equal(uv_pipe(ends, 0, 0), 0);
    uv_stdio_container_t stdio[3] = {{.flags = UV_IGNORE},
                                     {.flags = UV_INHERIT_FD, .data.fd = ends[1]},
                                     {.flags = UV_INHERIT_FD, .data.fd = 2}};
    uv_process_options_t options = {.file = words[0],
                                    .args = (char **)words,
                                    /* execvp changes none */ .exit_cb = on_exit_of,
                                    .stdio = stdio,
                                    .stdio_count = 3};
    process->talk = talk;
    assert_int_equal(uv_spawn(&talk->loop, &process->process, &options), 0);
    process->process.data = process;
    process->runs = true;
    uv_fs_t close_request;
    uv_fs_close(&talk->loop, &close_request, ends[1], NULL);
    uv_fs_req_cleanup(&close_request);
    assert_int_equal(lines_in_new(&talk->loop, ends[0], on_line, process, &process->lines),
                     ERR_NONE);
    lines_in_start(process->lines);
}

static void join(struct talk *talk, struct process *process, const char *name, const char *input,
                 const char *output)
{
    const char *words[] = {getenv("DEBATE_BIN"),
                           "join",
                           "library",
                           "--name",
                           name,
                           "--input",
                           input,
                           "--output",
                           output,
                           "--server",
                           talk->url,
                           "--seats",
                           "2",
                           "--echo-cancel",
                           "off",
                           "--record",
                           "no",
                           "--json",
                           NULL};
    run(talk, process, words);
}

/* ---- the world ---- */

static void world_hears(void *context, const int16_t *pcm, int64_t captured_us)
{
    struct talk *talk = context;
    track_put(&talk->heard, pcm, captured_us);
}

static void world_speaks(void *context, int64_t now_us, int16_t *pcm)
{
    struct talk *talk = context;
    if (talk->speech_at == 0)
        talk->said_us = now_us;
    for (int i = 0; i < MEDIA_FRAME_SAMPLES && talk->speech_at < talk->speech_samples; i++)
        pcm[i] = talk->speech[talk->speech_at++];
    track_put(&talk->said, pcm, talk->said_us);
    talk->said_us += MEDIA_FRAME_MS * 1000;
}

static void world_news(void *context, enum sound_side side, enum sound_news news, const char *text)
{
    struct talk *talk = context;
    (void)side;
    (void)text;
    talk->world_opened += news == SOUND_OPENED;
}

/* ---- waiting ---- */

typedef bool condition_fn(const struct talk *talk);

static void on_give_up(uv_timer_t *timer)
{
    struct talk *talk = timer->data;
    talk->gave_up = true;
}

static void wait_for(struct talk *talk, condition_fn *holds)
{
    uv_update_time(&talk->loop);
    uv_timer_start(&talk->give_up, on_give_up, GIVE_UP_MS, 0);
    while (!holds(talk) && !talk->gave_up)
        uv_run(&talk->loop, UV_RUN_ONCE);
    uv_timer_stop(&talk->give_up);
    assert_false(talk->gave_up);
}

static bool server_listens(const struct talk *talk)
{
    return talk->url[0] != '\0';
}

static bool all_talk(const struct talk *talk)
{
    return talk->world_opened == 2 && talk->kim.is_live && talk->lee.is_live &&
           talk->kim.hears_other && talk->lee.hears_other && talk->kim.has_device &&
           talk->lee.has_device;
}

static bool second_is_over(const struct talk *talk)
{
    return monotonic_us() - talk->speech_us > 1000000;
}

static bool speech_is_over(const struct talk *talk)
{
    return monotonic_us() - talk->speech_us > (SPEECH_MS + DELAY_MAX_MS + 500) * 1000LL;
}

static bool all_are_gone(const struct talk *talk)
{
    return !talk->server.runs && !talk->kim.runs && !talk->lee.runs;
}

/* ---- set-up ---- */

static void pulse(const struct talk *talk, const char *command)
{
    char line[256];
    snprintf(line, sizeof line, "lib/sound/pulse_testing.sh %s %s %s", command, talk->dir,
             strcmp(command, "start") == 0 ? "mic speaker" : "");
    assert_int_equal(system(line), 0);
}

static int set_up(void **state)
{
    struct talk *talk = mem_zalloc(sizeof *talk);
    char path[128];
    if (!talk)
        return -1;
    *state = talk;
    strcpy(talk->dir, "/tmp/join_devices_XXXXXX");
    if (!mkdtemp(talk->dir) ||
        sound_file_read("testdata/speech/kim-1.opus", &talk->speech, &talk->speech_samples))
        return -1;
    pulse(talk, "start");
    snprintf(path, sizeof path, "%s/asound.conf", talk->dir);
    setenv("ALSA_CONFIG_PATH", path, 1);
    setenv("XDG_STATE_HOME", talk->dir, 1);
    setenv("XDG_CONFIG_HOME", talk->dir, 1);
    uv_loop_init(&talk->loop);
    uv_timer_init(&talk->loop, &talk->give_up);
    talk->give_up.data = talk;
    return 0;
}

static void end_process(struct process *process)
{
    if (process->runs)
        uv_process_kill(&process->process, SIGTERM);
}

static int tear_down(void **state)
{
    struct talk *talk = *state;
    char line[128];
    sound_free(talk->world);
    end_process(&talk->kim);
    end_process(&talk->lee);
    end_process(&talk->server);
    wait_for(talk, all_are_gone);
    lines_in_free(talk->server.lines);
    lines_in_free(talk->kim.lines);
    lines_in_free(talk->lee.lines);
    uv_close((uv_handle_t *)&talk->give_up, NULL);
    uv_run(&talk->loop, UV_RUN_DEFAULT);
    int busy = uv_loop_close(&talk->loop);
    pulse(talk, "stop");
    snprintf(line, sizeof line, "rm -r %s", talk->dir);
    int left = system(line);
    mem_free(talk->speech);
    mem_free(talk);
    return busy || left;
}

static void begin_world(struct talk *talk)
{
    const struct sound_config config = {
        .input = "speaker-heard", .output = "mic", .echo_cancel = SOUND_ECHO_OFF};
    const struct sound_handler handler = {.context = talk,
                                          .on_capture = world_hears,
                                          .on_playout = world_speaks,
                                          .on_news = world_news};
    char why[512];
    talk->said.begun_us = talk->heard.begun_us = monotonic_us();
    talk->speech_at = talk->speech_samples;
    assert_int_equal(sound_new(&talk->loop, &config, &handler, &talk->world, why, sizeof why),
                     ERR_NONE);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The median over pieces: the jitter buffer stretches speech, and then a long piece is like none.
 * True: it came out of the loudspeaker, and late by no more than buffers explain. */
static bool compare(const struct talk *talk)
{
    double late_ms[PIECES], likeness[PIECES];
    for (int i = 0; i < PIECES; i++)
        late_ms[i] = delay_ms(&talk->said, &talk->heard, talk->speech_us + i * PIECE_MS * 1000LL,
                              PIECE_MS, &likeness[i]);
    qsort(late_ms, PIECES, sizeof *late_ms, by_size);
    qsort(likeness, PIECES, sizeof *likeness, by_size);
    printf("from mouth to ear, devices and all: %.0f ms (likeness %.2f)\n", late_ms[PIECES / 2],
           likeness[PIECES / 2]);
    /* Two null sinks of 50 ms with PulseAudio's buffers and blocks, four times 10 ms of our own,
     * and 60 ms for the way between two terminals. */
    return likeness[PIECES / 2] > 0.8 && late_ms[PIECES / 2] > 40 && late_ms[PIECES / 2] < 700;
}

static bool speak_once(struct talk *talk)
{
    talk->speech_us = monotonic_us();
    wait_for(talk, second_is_over); /* devices that have just begun stumble */
    talk->speech_at = 0;
    talk->speech_us = monotonic_us();
    wait_for(talk, speech_is_over);
    return compare(talk);
}

static void what_is_said_at_one_comes_out_at_the_other(void **state)
{
    struct talk *talk = *state;
    const char *serve[] = {getenv("DEBATE_BIN"), "serve",  "--listen",
                           "127.0.0.1:0",        "--data", talk->dir,
                           "--countdown",        "0.5",    NULL};
    bool arrived = false;
    run(talk, &talk->server, serve);
    wait_for(talk, server_listens);
    begin_world(talk);
    join(talk, &talk->kim, "Kim", "mic-heard", "none");
    join(talk, &talk->lee, "Lee", "none", "speaker");
    wait_for(talk, all_talk);
    /* A sound server on a busy machine may stumble in the middle. */
    for (int i = 0; i < SPEECHES && !arrived; i++)
        arrived = speak_once(talk);
    assert_true(arrived);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_said_at_one_comes_out_at_the_other, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

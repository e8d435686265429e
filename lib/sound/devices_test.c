/* Real devices: PortAudio through ALSA's pulse plugin, to null sinks of a PulseAudio that is begun
 * here (pulse_testing.sh). A person listens to "mic-heard", says the same into "speaker" at once,
 * as a call would; the world speaks into "mic" and listens to "speaker-heard". */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/mem.h"
#include "loop/ticker.h"
#include "media/sound_file.h"
#include "sound/sound.h"
#include "sound/track_testing.h"

enum {
    GIVE_UP_MS = 30000,
    /* What the person heard and has not said yet: as a jitter buffer would, it begins when there
     * is enough, and again when there is too much, after a halt of the other side. */
    HELD_FRAMES = 12,
    HELD_AT_FIRST = 3,
    SPEECHES = 8,
};

struct call;
struct end {
    struct call *call;
    struct sound *sound;
    int captured, played;
    int opened[2], lost[2]; /* by side */
    char last_news[512];
};

struct call {
    uv_loop_t loop;
    uv_timer_t give_up;
    char dir[64];
    int16_t *speech;
    size_t speech_samples, speech_at;
    int64_t speech_us; /* when it began last */
    int64_t said_us;   /* of the next frame: what is fetched at once is said in a row */
    struct end person, world;
    int16_t held[HELD_FRAMES][MEDIA_FRAME_SAMPLES];
    int held_count;
    bool says_on;
    struct track said, heard_by_person, heard_by_world;
    bool gave_up;
};

static void pulse(const struct call *call, const char *command, const char *names)
{
    char line[256];
    snprintf(line, sizeof line, "lib/sound/pulse_testing.sh %s %s %s", command, call->dir, names);
    assert_int_equal(system(line), 0);
}

static void person_captured(void *context, const int16_t *pcm, int64_t captured_us)
{
    struct end *end = context;
    struct call *call = end->call;
    end->captured++;
    track_put(&call->heard_by_person, pcm, captured_us);
    if (call->held_count == HELD_FRAMES)
        call->held_count = 0;
    memcpy(call->held[call->held_count++], pcm, sizeof call->held[0]);
}

static void person_plays(void *context, int64_t now_us, int16_t *pcm)
{
    (void)now_us;
    struct end *end = context;
    struct call *call = end->call;
    end->played++;
    call->says_on = call->held_count >= (call->says_on ? 1 : HELD_AT_FIRST);
    if (!call->says_on)
        return;
    memcpy(pcm, call->held[0], sizeof call->held[0]);
    memmove(call->held, call->held + 1, sizeof call->held[0] * (size_t)--call->held_count);
}

static void world_captured(void *context, const int16_t *pcm, int64_t captured_us)
{
    struct end *end = context;
    end->captured++;
    track_put(&end->call->heard_by_world, pcm, captured_us);
}

static void world_plays(void *context, int64_t now_us, int16_t *pcm)
{
    struct end *end = context;
    struct call *call = end->call;
    end->played++;
    if (call->speech_at == 0)
        call->said_us = now_us;
    for (int i = 0; i < MEDIA_FRAME_SAMPLES && call->speech_at < call->speech_samples; i++)
        pcm[i] = call->speech[call->speech_at++];
    track_put(&call->said, pcm, call->said_us);
    call->said_us += MEDIA_FRAME_MS * 1000;
}

static void on_news(void *context, enum sound_side side, enum sound_news news, const char *text)
{
    struct end *end = context;
    end->opened[side] += news == SOUND_OPENED;
    end->lost[side] += news == SOUND_LOST;
    snprintf(end->last_news, sizeof end->last_news, "%s", text);
}

static void on_give_up(uv_timer_t *timer)
{
    struct call *call = timer->data;
    call->gave_up = true;
}

typedef bool condition_fn(const struct call *call);

/* Runs the loop until it holds. */
static void wait_for(struct call *call, condition_fn *holds)
{
    uv_update_time(&call->loop);
    uv_timer_start(&call->give_up, on_give_up, GIVE_UP_MS, 0);
    while (!holds(call) && !call->gave_up)
        uv_run(&call->loop, UV_RUN_ONCE);
    uv_timer_stop(&call->give_up);
    assert_false(call->gave_up);
}

static void begin_end(struct call *call, struct end *end, const char *input, const char *output,
                      const struct sound_handler *handler)
{
    const struct sound_config config = {
        .input = input, .output = output, .echo_cancel = SOUND_ECHO_OFF};
    struct sound_handler own = *handler;
    char why[512];
    own.context = end;
    own.on_news = on_news;
    end->call = call;
    assert_int_equal(sound_new(&call->loop, &config, &own, &end->sound, why, sizeof why), ERR_NONE);
}

static bool is_open(const struct end *end)
{
    return end->opened[SOUND_INPUT] > end->lost[SOUND_INPUT] &&
           end->opened[SOUND_OUTPUT] > end->lost[SOUND_OUTPUT];
}

static bool all_are_open(const struct call *call)
{
    return is_open(&call->person) && is_open(&call->world);
}

static bool speech_is_over(const struct call *call)
{
    return monotonic_us() - call->speech_us > (SPEECH_MS + DELAY_MAX_MS + 500) * 1000LL;
}

static int set_up(void **state)
{
    struct call *call = mem_zalloc(sizeof *call);
    char path[128];
    if (!call)
        return -1;
    *state = call;
    strcpy(call->dir, "/tmp/devices_test_XXXXXX");
    if (!mkdtemp(call->dir) ||
        sound_file_read("testdata/speech/kim-1.opus", &call->speech, &call->speech_samples))
        return -1;
    pulse(call, "start", "mic headphones speaker");
    snprintf(path, sizeof path, "%s/asound.conf", call->dir);
    setenv("ALSA_CONFIG_PATH", path, 1);
    uv_loop_init(&call->loop);
    uv_timer_init(&call->loop, &call->give_up);
    call->give_up.data = call;
    return 0;
}

static void begin(struct call *call)
{
    static const struct sound_handler person = {.on_capture = person_captured,
                                                .on_playout = person_plays};
    static const struct sound_handler world = {.on_capture = world_captured,
                                               .on_playout = world_plays};
    int64_t now_us = monotonic_us();
    call->said.begun_us = call->heard_by_person.begun_us = call->heard_by_world.begun_us = now_us;
    call->speech_at = call->speech_samples;
    begin_end(call, &call->person, "mic-heard", "speaker", &person);
    begin_end(call, &call->world, "speaker-heard", "mic", &world);
    wait_for(call, all_are_open);
}

static int tear_down(void **state)
{
    struct call *call = *state;
    char line[128];
    sound_free(call->person.sound);
    sound_free(call->world.sound);
    uv_close((uv_handle_t *)&call->give_up, NULL);
    uv_run(&call->loop, UV_RUN_DEFAULT);
    int busy = uv_loop_close(&call->loop);
    pulse(call, "stop", "");
    snprintf(line, sizeof line, "rm -r %s", call->dir);
    int left = system(line);
    mem_free(call->speech);
    mem_free(call);
    return busy || left;
}

static bool second_is_over(const struct call *call)
{
    return monotonic_us() - call->speech_us > 1000000;
}

/* The world says its piece; true: it arrived at both. */
static bool speak_once(struct call *call, const char *when)
{
    double likeness, likeness_there;
    call->speech_us = monotonic_us(); /* devices that have just begun stumble */
    wait_for(call, second_is_over);
    call->speech_at = 0;
    call->speech_us = monotonic_us();
    wait_for(call, speech_is_over);
    double there_ms =
        delay_ms(&call->said, &call->heard_by_person, call->speech_us, SPEECH_MS, &likeness_there);
    double back_ms =
        delay_ms(&call->said, &call->heard_by_world, call->speech_us, SPEECH_MS, &likeness);
    printf("%s: into the microphone %.0f ms (likeness %.2f), and out of the loudspeaker %.0f ms "
           "(%.2f)\n",
           when, there_ms, likeness_there, back_ms, likeness);
    /* Null sinks of 50 ms, PulseAudio's buffers and blocks of 10 ms each way, 60 ms in between. */
    return likeness_there > 0.5 && likeness > 0.5 && there_ms > 5 && there_ms < 400 &&
           back_ms > there_ms && back_ms < 900;
}

/* A sound server on a busy machine may stumble in the middle, and then nothing is like before. */
static void speak(struct call *call, const char *when)
{
    bool arrived = false;
    for (int i = 0; i < SPEECHES && !arrived; i++)
        arrived = speak_once(call, when);
    assert_true(arrived);
}

static void speech_goes_in_at_the_microphone_and_out_of_the_loudspeaker(void **state)
{
    struct call *call = *state;
    struct sound_state input, output;
    begin(call);
    speak(call, "at first");
    sound_state(call->person.sound, SOUND_INPUT, &input);
    sound_state(call->person.sound, SOUND_OUTPUT, &output);
    assert_string_equal(input.name, "mic-heard");
    assert_string_equal(output.name, "speaker");
    assert_true(input.is_device && input.is_open && output.is_device && output.is_open);
    assert_int_equal(input.rate_hz, 48000);
    assert_true(output.latency_ms > 1 && output.latency_ms < 500);
}

static bool speaker_is_lost(const struct call *call)
{
    return call->person.lost[SOUND_OUTPUT] == 1 && call->world.lost[SOUND_INPUT] == 1;
}

static bool mic_is_lost(const struct call *call)
{
    return call->person.lost[SOUND_INPUT] == 1 && call->world.lost[SOUND_OUTPUT] == 1;
}

/* Frames go each way, whatever has become of the devices. */
static void the_call_goes_on(struct call *call)
{
    int captured = call->person.captured, played = call->person.played;
    call->speech_us = monotonic_us();
    wait_for(call, second_is_over);
    assert_in_range(call->person.captured - captured, 35, 65);
    assert_in_range(call->person.played - played, 35, 65);
}

static void a_loudspeaker_that_vanishes_and_comes_back_does_not_end_the_call(void **state)
{
    struct call *call = *state;
    begin(call);
    pulse(call, "unplug", "speaker");
    wait_for(call, speaker_is_lost);
    the_call_goes_on(call);
    assert_int_equal(call->person.lost[SOUND_INPUT], 0); /* the other one is left alone */
    pulse(call, "plug", "speaker");
    wait_for(call, all_are_open);
    speak(call, "with the loudspeaker back");
}

static void a_sound_server_that_ends_and_comes_back_does_not_end_the_call(void **state)
{
    struct call *call = *state;
    begin(call);
    pulse(call, "end", "mic");
    wait_for(call, mic_is_lost);
    the_call_goes_on(call);
    pulse(call, "restart", "mic");
    wait_for(call, all_are_open);
    speak(call, "with the sound server back");
}

static bool person_is_open(const struct call *call)
{
    return is_open(&call->person);
}

static bool person_hears(const struct call *call)
{
    return call->person.opened[SOUND_INPUT] > 0;
}

static void a_sound_server_that_stands_still_is_given_up_until_it_goes_on(void **state)
{
    struct call *call = *state;
    begin(call);
    pulse(call, "freeze", "mic");
    wait_for(call, mic_is_lost);
    assert_non_null(strstr(call->person.last_news, "stands still"));
    the_call_goes_on(call); /* though what looks for the device hangs by now */
    pulse(call, "thaw", "mic");
    wait_for(call, all_are_open);
}

/* Whether echo is cancelled by itself, when all is open. */
static bool cancels_echo(struct call *call, const char *output, condition_fn *is_ready)
{
    const struct sound_config config = {.input = "mic-heard", .output = output};
    const struct sound_handler handler = {.context = &call->person, .on_news = on_news};
    struct end *end = &call->person;
    char why[512];
    memset(end, 0, sizeof *end);
    assert_int_equal(sound_new(&call->loop, &config, &handler, &end->sound, why, sizeof why),
                     ERR_NONE);
    wait_for(call, is_ready);
    bool cancels = sound_cancels_echo(end->sound);
    sound_free(end->sound);
    end->sound = NULL;
    return cancels;
}

static void echo_is_cancelled_between_devices_but_not_with_headphones(void **state)
{
    struct call *call = *state;
    assert_true(cancels_echo(call, "speaker", person_is_open));
    assert_false(cancels_echo(call, "headphones", person_is_open));
    assert_false(cancels_echo(call, "none", person_hears));
}

static void the_list_shows_what_there_is(void **state)
{
    (void)state;
    struct sound_device *devices;
    size_t count, found = 0;
    assert_int_equal(sound_devices(&devices, &count), ERR_NONE);
    for (size_t i = 0; i < count; i++) {
        const struct sound_device *one = &devices[i];
        if (strcmp(one->name, "speaker") == 0 && one->outputs > 0 && one->inputs == 0)
            found++;
        if (strcmp(one->name, "mic-heard") == 0 && one->inputs > 0 && one->outputs == 0)
            found++;
        if (strcmp(one->name, "default") == 0 && one->is_default_input && one->is_default_output)
            found++;
        assert_string_equal(one->host, "ALSA");
    }
    assert_int_equal(found, 3);
    mem_free(devices);
}

int main(void)
{
    /* Sound comes before what else this machine is busy with, and the sound servers inherit it.
     * Where that is not allowed, several speeches must do. */
    (void)!setpriority(PRIO_PROCESS, 0, -15);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_list_shows_what_there_is, set_up, tear_down),
        cmocka_unit_test_setup_teardown(echo_is_cancelled_between_devices_but_not_with_headphones,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(speech_goes_in_at_the_microphone_and_out_of_the_loudspeaker,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_loudspeaker_that_vanishes_and_comes_back_does_not_end_the_call, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_sound_server_that_ends_and_comes_back_does_not_end_the_call, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_sound_server_that_stands_still_is_given_up_until_it_goes_on, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "cmd.h"
#include "print.h"
#include "proto/json_writer.h"
#include "sound/sound.h"

enum {
    TEST_SECONDS_MAX_MS = 3600000,
    LOOP_FRAMES = 5, /* 100 ms between microphone and ear at most, beside the devices' own */
    LOOP_FRAMES_KEPT = 2,
    METER_DBFS = 60, /* the meter begins so much below full scale */
    METER_COLUMNS = 30,
    METER_TERMINAL_MS = 100,
    METER_LINES_MS = 1000,
};

static const char *default_of(const struct sound_device *device)
{
    if (device->is_default_input && device->is_default_output)
        return "input, output";
    if (device->is_default_input)
        return "input";
    return device->is_default_output ? "output" : "";
}

static void print_padded(const char *text, size_t columns)
{
    print_safely(stdout, text);
    printf("%*s", (int)(columns - utf8_length(text) + 2), "");
}

static void print_table(const struct sound_device *devices, size_t count)
{
    size_t name_columns = strlen("NAME"), host_columns = strlen("HOST");
    for (size_t i = 0; i < count; i++) {
        size_t name = utf8_length(devices[i].name), host = utf8_length(devices[i].host);
        name_columns = name > name_columns ? name : name_columns;
        host_columns = host > host_columns ? host : host_columns;
    }
    printf("NUMBER  ");
    print_padded("NAME", name_columns);
    print_padded("HOST", host_columns);
    printf("INPUTS  OUTPUTS   RATE  DEFAULT\n");
    for (size_t i = 0; i < count; i++) {
        const struct sound_device *one = &devices[i];
        printf("%6d  ", one->number);
        print_padded(one->name, name_columns);
        print_padded(one->host, host_columns);
        printf("%6d  %7d %6.0f  %s\n", one->inputs, one->outputs, one->rate_hz, default_of(one));
    }
}

static enum err put_device(const struct sound_device *device, struct buf *out)
{
    struct json_writer json;
    json_write_begin(&json, out);
    json_write_integer(&json, "number", device->number);
    json_write_string(&json, "name", device->name);
    json_write_string(&json, "host", device->host);
    json_write_integer(&json, "inputs", device->inputs);
    json_write_integer(&json, "outputs", device->outputs);
    json_write_number(&json, "rate_hz", device->rate_hz);
    json_write_bool(&json, "default_input", device->is_default_input);
    json_write_bool(&json, "default_output", device->is_default_output);
    return json_write_end(&json);
}

static enum err print_json(const struct sound_device *devices, size_t count)
{
    struct buf text;
    buf_init(&text, count * (8 * SOUND_NAME_SIZE + 256) + 16);
    enum err e = buf_append_str(&text, "[");
    for (size_t i = 0; !e && i < count; i++) {
        if (i > 0)
            e = buf_append_str(&text, ",\n ");
        if (!e)
            e = put_device(&devices[i], &text);
    }
    if (!e)
        printf("%s]\n", text.data);
    buf_release(&text);
    return e;
}

static enum exit_code list(const struct args *args)
{
    struct sound_device *devices;
    size_t count;
    enum err e = sound_devices(&devices, &count);
    if (e == ERR_NOT_FOUND)
        return args_error(args, EXIT_CODE_FAILED, "no sound device was found on this machine");
    if (e)
        return args_error(args, EXIT_CODE_FAILED, "no memory or no process to look for devices");
    if (args_given(args, "json"))
        e = print_json(devices, count);
    else
        print_table(devices, count);
    mem_free(devices);
    return e ? args_error(args, EXIT_CODE_FAILED, "no memory") : EXIT_CODE_DONE;
}

struct test {
    const struct args *args;
    struct sound *sound;
    uv_loop_t loop;
    uv_timer_t meter, end;
    bool is_terminal, meter_stands, was_told[2 /* sides */];
    int16_t frames[LOOP_FRAMES][MEDIA_FRAME_SAMPLES];
    size_t first, count;
};

static void on_capture(void *context, const int16_t pcm[MEDIA_FRAME_SAMPLES], int64_t captured_us)
{
    (void)captured_us;
    struct test *test = context;
    if (test->count == LOOP_FRAMES) { /* the ear's clock is the slower one: seldom, but enough */
        test->first = (test->first + LOOP_FRAMES - LOOP_FRAMES_KEPT) % LOOP_FRAMES;
        test->count = LOOP_FRAMES_KEPT;
    }
    memcpy(test->frames[(test->first + test->count++) % LOOP_FRAMES], pcm, sizeof test->frames[0]);
}

static void on_playout(void *context, int64_t now_us, int16_t pcm[MEDIA_FRAME_SAMPLES])
{
    (void)now_us;
    struct test *test = context;
    if (test->count == 0)
        return;
    memcpy(pcm, test->frames[test->first], sizeof test->frames[0]);
    test->first = (test->first + 1) % LOOP_FRAMES;
    test->count--;
}

/* Every side that is to be a device has failed, and there is no other. */
static bool nothing_is_left(const struct test *test)
{
    for (int side = SOUND_INPUT; side <= SOUND_OUTPUT; side++) {
        struct sound_state state;
        sound_state(test->sound, (enum sound_side)side, &state);
        if (state.is_open || (state.is_device && !test->was_told[side]))
            return false;
    }
    return true;
}

static void on_news(void *context, enum sound_side side, enum sound_news news, const char *text)
{
    static const char *const words[] = {[SOUND_OPENED] = "opened",
                                        [SOUND_FAILED] = "failed",
                                        [SOUND_LOST] = "lost",
                                        [SOUND_FINISHED] = "finished"};
    struct test *test = context;
    if (test->meter_stands)
        printf("\r\033[K");
    test->meter_stands = false;
    test->was_told[side] = true;
    if (news == SOUND_FAILED) {
        fflush(stdout);
        args_error(test->args, EXIT_CODE_FAILED, "%s: %s", sound_side_name(side), text);
        if (nothing_is_left(test))
            uv_stop(&test->loop);
        return;
    }
    printf("%s %s: ", sound_side_name(side), words[news]);
    print_safely(stdout, text);
    printf("\n");
    fflush(stdout);
}

static void on_meter(uv_timer_t *timer)
{
    struct test *test = timer->data;
    struct sound_state state;
    sound_state(test->sound, SOUND_INPUT, &state);
    double above = METER_DBFS + state.level_dbfs;
    int columns = above > 0 ? (int)lround(above * METER_COLUMNS / METER_DBFS) : 0;
    if (columns > METER_COLUMNS)
        columns = METER_COLUMNS;
    printf("%s%4.0f dBFS  [%.*s%*s]%s", test->is_terminal ? "\r" : "", state.level_dbfs, columns,
           "##############################", METER_COLUMNS - columns, "",
           test->is_terminal ? "" : "\n");
    test->meter_stands = test->is_terminal;
    fflush(stdout);
}

static void on_end(uv_timer_t *timer)
{
    struct test *test = timer->data;
    uv_stop(&test->loop);
}

/* What each side came to; EXIT_CODE_FAILED when one of them is not there. */
static enum exit_code sum_up(struct test *test)
{
    enum exit_code code = EXIT_CODE_DONE;
    if (test->meter_stands)
        printf("\n");
    for (int side = SOUND_INPUT; side <= SOUND_OUTPUT; side++) {
        struct sound_state state;
        sound_state(test->sound, (enum sound_side)side, &state);
        if (state.is_device && !state.is_open) {
            code = EXIT_CODE_FAILED;
            if (!test->was_told[side])
                args_error(test->args, code, "%s: not open so far",
                           sound_side_name((enum sound_side)side));
        }
        if (!state.is_open)
            continue;
        printf("%s: ", sound_side_name((enum sound_side)side));
        print_safely(stdout, state.name);
        printf(", %d Hz, %.0f ms, %llu frames late\n", state.rate_hz, state.latency_ms,
               (unsigned long long)state.overruns);
    }
    return code;
}

static enum exit_code run_test(struct test *test, int64_t duration_ms)
{
    const struct sound_config config = {.input = args_get(test->args, "input"),
                                        .output = args_get(test->args, "output"),
                                        .echo_cancel = SOUND_ECHO_OFF};
    const struct sound_handler handler = {
        .context = test, .on_capture = on_capture, .on_playout = on_playout, .on_news = on_news};
    char why[512];
    test->is_terminal = isatty(STDOUT_FILENO) == 1;
    uv_loop_init(&test->loop);
    enum err e = sound_new(&test->loop, &config, &handler, &test->sound, why, sizeof why);
    enum exit_code code = EXIT_CODE_FAILED;
    if (e) {
        args_error(test->args, EXIT_CODE_FAILED, "%s", why);
    } else {
        int64_t meter_ms = test->is_terminal ? METER_TERMINAL_MS : METER_LINES_MS;
        uv_timer_init(&test->loop, &test->meter);
        uv_timer_init(&test->loop, &test->end);
        test->meter.data = test->end.data = test;
        uv_timer_start(&test->meter, on_meter, (uint64_t)meter_ms, (uint64_t)meter_ms);
        uv_timer_start(&test->end, on_end, (uint64_t)duration_ms, 0);
        uv_run(&test->loop, UV_RUN_DEFAULT);
        code = sum_up(test);
        sound_free(test->sound);
        uv_close((uv_handle_t *)&test->meter, NULL);
        uv_close((uv_handle_t *)&test->end, NULL);
    }
    uv_run(&test->loop, UV_RUN_DEFAULT);
    uv_loop_close(&test->loop);
    return code;
}

static enum exit_code run(const struct args *args)
{
    static const char *const of_test[] = {"input", "output", "seconds"};
    int64_t duration_ms;
    if (!args_given(args, "test")) {
        for (size_t i = 0; i < sizeof of_test / sizeof of_test[0]; i++) {
            if (args_given(args, of_test[i]))
                return args_usage_error(args, "--%s is for --test", of_test[i]);
        }
        return list(args);
    }
    if (args_given(args, "json"))
        return args_usage_error(args, "--json is for the list, not for --test");
    if (!args_seconds(args, "seconds", 100, TEST_SECONDS_MAX_MS, &duration_ms))
        return EXIT_CODE_USAGE;
    struct test *test = mem_zalloc(sizeof *test);
    if (!test)
        return args_error(args, EXIT_CODE_FAILED, "no memory");
    test->args = args;
    enum exit_code code = run_test(test, duration_ms);
    mem_free(test);
    return code;
}

static const struct option options[] = {
    {.name = "input",
     .letter = 'i',
     .argument = "DEVICE",
     .help = "The microphone that is tested: its number, a part of its name, a sound file "
             "(NAME.wav, .opus or .ogg), or none. Without it, the system's default.",
     .variable = "DEBATE_INPUT"},
    {.name = "json", .help = "Print the devices as JSON."},
    {.name = "output",
     .letter = 'o',
     .argument = "DEVICE",
     .help = "The loudspeaker that is tested, likewise; of a file, what is played is written "
             "there as WAV.",
     .variable = "DEBATE_OUTPUT"},
    {.name = "seconds",
     .argument = "SECONDS",
     .help = "How long the test takes.",
     .fallback = "10"},
    {.name = "test",
     .letter = 't',
     .help = "Show how loud the microphone is, and play it back to the ear. Wear headphones, or it "
             "howls."},
    {0},
};

static const char *const examples[] = {
    "debate devices",
    "List what there is to speak into and to hear from.",
    "debate devices --test --input headset --output headset --seconds 5",
    "Hear oneself through a headset for five seconds.",
    NULL,
};

const struct cmd cmd_devices = {
    .name = "devices",
    .summary = "list microphones and loudspeakers, and test them",
    .description =
        "Lists the sound devices of this machine: what --input and --output take by number or by a "
        "part of the name. A device that another program keeps to itself may be missing.",
    .options = options,
    .examples = examples,
    .run = run,
};

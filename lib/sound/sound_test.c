/* Files and nothing, on the machine's own clock; devices that cannot be opened. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "loop/ticker.h"
#include "media/sound_file.h"
#include "sound/sound.h"

enum { FRAMES_MAX = 100, NEWS_MAX = 8, TEXT_SIZE = 512 };

struct news {
    enum sound_side side;
    enum sound_news news;
    char text[TEXT_SIZE];
};

/* Sound in a loop until it brought `want` captured frames and as many to play. */
struct run {
    uv_loop_t loop;
    struct sound *sound;
    int want, begin_at, free_at; /* captured frames; 0: never */
    bool frees_at_news;
    enum sound_news want_news;
    bool waits_for_news;
    int captured, played;
    int16_t heard[FRAMES_MAX * MEDIA_FRAME_SAMPLES];
    int64_t captured_us[FRAMES_MAX], handed_us[FRAMES_MAX];
    struct news news[NEWS_MAX];
    int news_count;
    char dir[64], path[128], why[TEXT_SIZE];
};

static int set_up(void **state)
{
    struct run *run = mem_zalloc(sizeof *run);
    if (!run)
        return -1;
    *state = run;
    uv_loop_init(&run->loop);
    strcpy(run->dir, "/tmp/sound_test_XXXXXX");
    return mkdtemp(run->dir) ? 0 : -1;
}

static int tear_down(void **state)
{
    struct run *run = *state;
    sound_free(run->sound);
    uv_run(&run->loop, UV_RUN_DEFAULT);
    int busy = uv_loop_close(&run->loop);
    if (run->path[0])
        unlink(run->path);
    rmdir(run->dir);
    mem_free(run);
    return busy;
}

static void end_when_done(struct run *run)
{
    bool has_news = !run->waits_for_news;
    for (int i = 0; i < run->news_count; i++)
        has_news |= run->news[i].news == run->want_news;
    if (run->captured >= run->want && run->played >= run->want && has_news)
        uv_stop(&run->loop);
}

static int16_t played_sample(int n)
{
    return (int16_t)(n % 20000 - 10000);
}

static void on_capture(void *context, const int16_t pcm[MEDIA_FRAME_SAMPLES], int64_t captured_us)
{
    struct run *run = context;
    if (run->captured < FRAMES_MAX) {
        memcpy(run->heard + run->captured * MEDIA_FRAME_SAMPLES, pcm,
               MEDIA_FRAME_SAMPLES * sizeof *pcm);
        run->captured_us[run->captured] = captured_us;
        run->handed_us[run->captured] = monotonic_us();
    }
    run->captured++;
    if (run->captured == run->begin_at)
        sound_begin_file(run->sound);
    if (run->captured == run->free_at) {
        sound_free(run->sound);
        run->sound = NULL;
        uv_stop(&run->loop);
        return;
    }
    end_when_done(run);
}

static void on_playout(void *context, int64_t now_us, int16_t pcm[MEDIA_FRAME_SAMPLES])
{
    (void)now_us;
    struct run *run = context;
    for (int i = 0; i < MEDIA_FRAME_SAMPLES; i++)
        pcm[i] = played_sample(run->played * MEDIA_FRAME_SAMPLES + i);
    run->played++;
    end_when_done(run);
}

static void on_news(void *context, enum sound_side side, enum sound_news news, const char *text)
{
    struct run *run = context;
    if (run->news_count == NEWS_MAX)
        return;
    struct news *one = &run->news[run->news_count++];
    one->side = side;
    one->news = news;
    snprintf(one->text, sizeof one->text, "%s", text);
    if (run->frees_at_news) {
        sound_free(run->sound);
        run->sound = NULL;
        uv_stop(&run->loop);
    }
}

static enum err begin(struct run *run, const char *input, const char *output, bool holds_file)
{
    const struct sound_config config = {
        .input = input, .output = output, .echo_cancel = SOUND_ECHO_OFF, .holds_file = holds_file};
    const struct sound_handler handler = {
        .context = run, .on_capture = on_capture, .on_playout = on_playout, .on_news = on_news};
    return sound_new(&run->loop, &config, &handler, &run->sound, run->why, sizeof run->why);
}

static int16_t file_sample(int n)
{
    return (int16_t)(1 + n % 30000);
}

static void write_file(struct run *run, int samples)
{
    struct wav_writer *wav;
    int16_t *pcm = mem_alloc((size_t)samples * sizeof *pcm);
    assert_non_null(pcm);
    for (int i = 0; i < samples; i++)
        pcm[i] = file_sample(i);
    snprintf(run->path, sizeof run->path, "%s/said.wav", run->dir);
    assert_int_equal(wav_open(run->path, &wav), ERR_NONE);
    assert_int_equal(wav_write(wav, pcm, (size_t)samples), ERR_NONE);
    assert_int_equal(wav_close(wav), ERR_NONE);
    mem_free(pcm);
}

static void without_devices_both_sides_keep_the_time(void **state)
{
    struct run *run = *state;
    assert_int_equal(begin(run, "none", "none", false), ERR_NONE);
    run->want = 10;
    uv_run(&run->loop, UV_RUN_DEFAULT);
    assert_in_range(run->played, 10, 11);
    for (int i = 0; i < 10; i++) {
        assert_int_equal((run->captured_us[i] - run->captured_us[0]) % 20000, 0);
        assert_true(i == 0 || run->captured_us[i] > run->captured_us[i - 1]);
        /* It was heard before it is told of. */
        assert_true(run->handed_us[i] >= run->captured_us[i] + 20000);
    }
    assert_int_equal(run->news_count, 0);
    struct sound_state said;
    sound_state(run->sound, SOUND_INPUT, &said);
    assert_false(said.is_open || said.is_device);
    assert_string_equal(said.name, "");
    assert_true(said.level_dbfs <= -90);
    assert_false(sound_cancels_echo(run->sound));
}

static void a_held_file_is_silent_until_it_begins_and_is_then_heard_whole(void **state)
{
    struct run *run = *state;
    enum { SAMPLES = 3 * MEDIA_FRAME_SAMPLES + 500, HELD = 4 };
    write_file(run, SAMPLES);
    assert_int_equal(begin(run, run->path, "none", true), ERR_NONE);
    run->want = 12;
    run->begin_at = HELD;
    uv_run(&run->loop, UV_RUN_DEFAULT);
    for (int i = 0; i < 12 * MEDIA_FRAME_SAMPLES; i++) {
        int n = i - HELD * MEDIA_FRAME_SAMPLES;
        assert_int_equal(run->heard[i], n >= 0 && n < SAMPLES ? file_sample(n) : 0);
    }
    assert_int_equal(run->news_count, 2);
    assert_int_equal(run->news[0].news, SOUND_OPENED);
    assert_int_equal(run->news[1].news, SOUND_FINISHED);
    assert_int_equal(run->news[1].side, SOUND_INPUT);
    assert_string_equal(run->news[1].text, run->path);
}

static void what_is_played_goes_into_the_output_file(void **state)
{
    struct run *run = *state;
    char output[160];
    snprintf(run->path, sizeof run->path, "%s/heard", run->dir);
    snprintf(output, sizeof output, "file:%s", run->path);
    assert_int_equal(begin(run, "none", output, false), ERR_NONE);
    run->want = 8;
    uv_run(&run->loop, UV_RUN_DEFAULT);
    struct sound_state heard;
    sound_state(run->sound, SOUND_OUTPUT, &heard);
    assert_true(heard.is_open);
    assert_string_equal(heard.name, run->path);
    int played = run->played;
    sound_free(run->sound);
    run->sound = NULL;
    int16_t *pcm;
    size_t samples;
    assert_int_equal(sound_file_read(run->path, &pcm, &samples), ERR_NONE);
    assert_in_range(samples, (played - 1) * MEDIA_FRAME_SAMPLES, played * MEDIA_FRAME_SAMPLES);
    for (size_t i = 0; i < samples; i++)
        assert_int_equal(pcm[i], played_sample((int)i));
    mem_free(pcm);
}

static void the_level_is_that_of_the_last_frame(void **state)
{
    struct run *run = *state;
    struct wav_writer *wav;
    int16_t pcm[5 * MEDIA_FRAME_SAMPLES];
    for (size_t i = 0; i < sizeof pcm / sizeof pcm[0]; i++)
        pcm[i] = i % 2 ? 3277 : -3277; /* a tenth of full scale: -20 dBFS */
    snprintf(run->path, sizeof run->path, "%s/tenth.wav", run->dir);
    assert_int_equal(wav_open(run->path, &wav), ERR_NONE);
    assert_int_equal(wav_write(wav, pcm, sizeof pcm / sizeof pcm[0]), ERR_NONE);
    assert_int_equal(wav_close(wav), ERR_NONE);
    assert_int_equal(begin(run, run->path, "none", false), ERR_NONE);
    run->want = 3;
    uv_run(&run->loop, UV_RUN_DEFAULT);
    struct sound_state said;
    sound_state(run->sound, SOUND_INPUT, &said);
    assert_true(said.level_dbfs > -20.1 && said.level_dbfs < -19.9);
}

static void a_file_that_is_no_sound_is_refused_with_one_line(void **state)
{
    struct run *run = *state;
    snprintf(run->path, sizeof run->path, "%s/letter.wav", run->dir);
    FILE *file = fopen(run->path, "w");
    fputs("Dear sound, I am a letter and nothing else, whatever my name says.\n", file);
    fclose(file);
    assert_int_equal(begin(run, run->path, "none", false), ERR_BAD_REQUEST);
    assert_non_null(strstr(run->why, "letter.wav: it is neither WAV"));
    assert_null(strchr(run->why, '\n'));
    char path[160], why[224];
    snprintf(path, sizeof path, "file:%s/none/said.opus", run->dir);
    snprintf(why, sizeof why, "%s/none/said.opus: No such file or directory", run->dir);
    assert_int_equal(begin(run, path, "none", false), ERR_BAD_REQUEST);
    assert_string_equal(run->why, why);
    snprintf(path, sizeof path, "%s/none/heard.wav", run->dir);
    snprintf(why, sizeof why, "%s: No such file or directory", path);
    assert_int_equal(begin(run, "none", path, false), ERR_BAD_REQUEST);
    assert_string_equal(run->why, why);
    assert_int_equal(begin(run, "file:/tmp", "none", false), ERR_BAD_REQUEST);
    assert_string_equal(run->why, "/tmp: Is a directory");
}

static void sound_can_be_freed_by_its_own_handler(void **state)
{
    struct run *run = *state;
    assert_int_equal(begin(run, "none", "none", false), ERR_NONE);
    run->free_at = 3;
    run->want = FRAMES_MAX;
    uv_run(&run->loop, UV_RUN_DEFAULT);
    assert_int_equal(run->captured, 3);
    uv_run(&run->loop, UV_RUN_DEFAULT); /* ends: nothing is left in it */
    assert_int_equal(run->captured, 3);
}

static void sound_can_be_freed_when_it_tells_news(void **state)
{
    struct run *run = *state;
    run->frees_at_news = true;
    run->want = FRAMES_MAX;
    write_file(run, 100);
    assert_int_equal(begin(run, run->path, "none", false), ERR_NONE);
    uv_run(&run->loop, UV_RUN_DEFAULT);
    assert_int_equal(run->news_count, 1);
    setenv("ALSA_CONFIG_PATH", "/dev/null", 1);
    assert_int_equal(begin(run, NULL, NULL, false), ERR_NONE);
    uv_run(&run->loop, UV_RUN_DEFAULT);
    assert_int_equal(run->news_count, 2);
    unsetenv("ALSA_CONFIG_PATH");
}

/* PortAudio aborts on an ALSA configuration without any device. */
static void a_machine_without_sound_is_told_and_the_call_goes_on(void **state)
{
    struct run *run = *state;
    setenv("ALSA_CONFIG_PATH", "/dev/null", 1);
    assert_int_equal(begin(run, NULL, "headset", false), ERR_NONE);
    run->want = 10;
    run->want_news = SOUND_FAILED;
    run->waits_for_news = true;
    uv_run(&run->loop, UV_RUN_DEFAULT);
    int captured = run->captured;
    run->want = captured + 75; /* 1.5 s: it is tried again in between */
    uv_run(&run->loop, UV_RUN_DEFAULT);
    for (int i = 1; i < run->captured && i < FRAMES_MAX; i++)
        assert_int_equal((run->captured_us[i] - run->captured_us[i - 1]) % 20000, 0);
    for (int i = 0; i < run->news_count; i++)
        assert_int_equal(run->news[i].news, SOUND_FAILED);
    assert_in_range(run->news_count, 1, 2); /* once a side */
    struct sound_device *devices;
    size_t count;
    assert_int_equal(sound_devices(&devices, &count), ERR_NOT_FOUND);
    unsetenv("ALSA_CONFIG_PATH");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(without_devices_both_sides_keep_the_time, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(
            a_held_file_is_silent_until_it_begins_and_is_then_heard_whole, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_played_goes_into_the_output_file, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(the_level_is_that_of_the_last_frame, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_that_is_no_sound_is_refused_with_one_line, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(sound_can_be_freed_by_its_own_handler, set_up, tear_down),
        cmocka_unit_test_setup_teardown(sound_can_be_freed_when_it_tells_news, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_machine_without_sound_is_told_and_the_call_goes_on,
                                        set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

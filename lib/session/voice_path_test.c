/* A voice from one side's frames to the other's ears, in real time: codec, SRTP over loopback or a
 * relay that loses packets, jitter buffer, concealment. What it costs and how late it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <time.h>

#include "media/sound_file.h"
#include "session/talk_testing.h"

enum { FRAMES = 250, PATIENCE_MS = 20000 };

static struct talk talk;
static struct talk_voice voice;

static int read_voice(void **state)
{
    (void)state;
    return sound_file_read("testdata/speech/reader-4.opus", &voice.pcm, &voice.samples);
}

static int free_voice(void **state)
{
    (void)state;
    mem_free(voice.pcm);
    return 0;
}

static int hang_up(void **state)
{
    (void)state;
    talk_close(&talk);
    return 0;
}

static bool all_is_listened_to(const struct call *c)
{
    (void)c;
    return talk_is_over(&talk);
}

static int64_t cpu_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return now.tv_sec * 1000000ll + now.tv_nsec / 1000;
}

/* Both talk for five seconds; the share of a core that it took, all together. */
static double hold_talk(unsigned loss_percent, bool relayed, int64_t phase_us)
{
    call_open(&talk.call, relayed);
    call_connect(&talk.call, &talk.call.a);
    talk.call.loss_percent = loss_percent;
    int64_t began_cpu_us = cpu_us(), began_us = rtc_now_us();
    talk_begin(&talk, &voice, FRAMES, phase_us);
    assert_true(call_until(&talk.call, all_is_listened_to, PATIENCE_MS));
    return (double)(cpu_us() - began_cpu_us) / (double)(rtc_now_us() - began_us);
}

static size_t lag(double *likeness)
{
    return talk_lag(&talk.lee, (struct talk_piece){50, 100, 10}, likeness);
}

static unsigned long resident_kib(void)
{
    unsigned long kib = 0;
    char line[128];
    FILE *file = fopen("/proc/self/status", "re");
    assert_non_null(file);
    while (fgets(line, sizeof line, file))
        if (sscanf(line, "VmRSS: %lu kB", &kib) == 1)
            break;
    fclose(file);
    return kib;
}

/* One run; false when this machine was late itself, and the buffer had to make up for it. */
static bool clean_run(int64_t phase_us)
{
    double share = hold_talk(0, false, phase_us), likeness;
    struct jitter_stats stats;
    jitter_stats(talk.lee.jitter, &stats);
    double lag_ms = (double)lag(&likeness) / (MEDIA_RATE_HZ / 1000);
    double latency_ms = (double)phase_us / 1000 + lag_ms;
    print_message("phase %d ms: said to heard %.1f ms; in the jitter buffer %.1f ms (target %.1f); "
                  "a side costs %.1f %% of a core, both together %lu KiB; likeness %.2f, concealed "
                  "%d; ticks up to %.1f ms late\n",
                  (int)(phase_us / 1000), latency_ms, talk.lee.delay_ms_sum / FRAMES,
                  stats.delay_target_ms, 100 * share / 2, resident_kib(), likeness,
                  (int)stats.frames_concealed, (double)talk.lee.late_us_max / 1000);
    if (likeness < 0.8 || stats.frames_concealed > 3)
        return false;
    assert_true(latency_ms < 60);
    return true;
}

static void on_a_clean_path_it_is_heard_whole_soon_and_cheaply(void **state)
{
    (void)state;
    const int64_t phases_us[] = {2000, 12000};
    for (size_t i = 0; i < sizeof phases_us / sizeof *phases_us; i++) {
        int tries = 0;
        while (!clean_run(phases_us[i])) {
            assert_true(++tries < 4);
            hang_up(NULL);
        }
        if (i == 0)
            hang_up(NULL);
    }
}

/* Stretches of 10 ms in `heard` that are silent where what was said `at` samples before was not. */
static int holes(const int16_t *heard, size_t at)
{
    enum { HOP = 120, WINDOW = 480 };
    int count = 0;
    for (size_t from = 50 * MEDIA_FRAME_SAMPLES; from < 200 * MEDIA_FRAME_SAMPLES; from += HOP) {
        double energy_said = 0, energy_heard = 0;
        for (size_t i = from; i < from + WINDOW; i++) {
            energy_said += (double)voice.pcm[i] * voice.pcm[i];
            energy_heard += (double)heard[i + at] * heard[i + at];
        }
        count += sqrt(energy_said / WINDOW) > 600 && energy_heard < energy_said / 1000;
    }
    return count;
}

/* One run; false when the delay moved on the way, so that nothing can be compared. */
static bool lossy_run(void)
{
    hold_talk(10, true, 10000);
    struct jitter_stats stats;
    struct peer_stats peer;
    double likeness;
    jitter_stats(talk.lee.jitter, &stats);
    peer_stats(talk.call.b.peer, &peer);
    size_t at = lag(&likeness);
    print_message("%d lost: %d recovered, %d concealed; likeness %.2f; holes: %d\n",
                  (int)peer.packets_lost, (int)stats.frames_recovered, (int)stats.frames_concealed,
                  likeness, holes(talk.lee.heard, at));
    if (likeness < 0.5)
        return false;
    assert_true(peer.packets_lost >= 10);
    assert_true(stats.frames_recovered + stats.frames_concealed + 2 >= peer.packets_lost);
    assert_true(stats.frames_recovered > 0);
    assert_int_equal(holes(talk.lee.heard, at), 0);
    return true;
}

static void what_is_lost_on_the_way_is_recovered_or_concealed(void **state)
{
    (void)state;
    for (int tries = 0; !lossy_run();) {
        assert_true(++tries < 4);
        hang_up(NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(on_a_clean_path_it_is_heard_whole_soon_and_cheaply, hang_up),
        cmocka_unit_test_teardown(what_is_lost_on_the_way_is_recovered_or_concealed, hang_up),
    };
    return cmocka_run_group_tests_name("voice_path", tests, read_voice, free_voice);
}

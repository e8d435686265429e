/* A voice from one side's frames to the other's ears, in real time: codec, SRTP over loopback or a
 * relay that loses packets, jitter buffer, concealment. What it costs and how late it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <time.h>

#include "media/codec.h"
#include "media/jitter.h"
#include "media/mix.h"
#include "media/sound_file.h"
#include "rtc/peer_testing.h"

enum { FRAME_US = 20000, FRAMES = 250, PATIENCE_MS = 20000 };

static struct call call;
static int16_t *voice;
static size_t voice_samples;

/* One who speaks and hears. */
struct talker {
    struct call_side *side;
    struct encoder *encoder;
    struct jitter *jitter;
    struct speech_detector *detector;
    struct rtc_timer *speak, *listen;
    int64_t speak_us, listen_us; /* when they are due next */
    size_t spoken, listened;
    int16_t heard[FRAMES * MEDIA_FRAME_SAMPLES]; /* as it was played, from the first tick on */
    double delay_ms_sum;
    int64_t late_us_max; /* how late a tick of ours was: the machine's, not the path's, fault */
};

static struct talker kim, lee;

static int read_voice(void **state)
{
    (void)state;
    return sound_file_read("testdata/speech/reader-4.opus", &voice, &voice_samples);
}

static int free_voice(void **state)
{
    (void)state;
    free(voice);
    return 0;
}

static void on_rtp(struct call_side *side, const struct rtp_packet *packet)
{
    struct talker *talker = side->user;
    jitter_put(talker->jitter, packet->seq, packet->timestamp, packet->payload, packet->payload_len,
               packet->received_us);
}

static const int16_t *said(size_t frame)
{
    return voice + frame % (voice_samples / MEDIA_FRAME_SAMPLES) * MEDIA_FRAME_SAMPLES;
}

static void note_late(struct talker *talker, int64_t due_us)
{
    int64_t late_us = rtc_now_us() - due_us;
    if (late_us > talker->late_us_max)
        talker->late_us_max = late_us;
}

static void on_speak(void *user)
{
    struct talker *talker = user;
    uint8_t packet[MEDIA_PACKET_MAX];
    const int16_t *pcm = said(talker->spoken);

    note_late(talker, talker->speak_us);
    speech_detector_feed(talker->detector, pcm);
    size_t len = encoder_encode(talker->encoder, pcm, packet);
    assert_true(len > 0);
    peer_send(talker->side->peer, packet, len, (uint32_t)talker->spoken * MEDIA_FRAME_SAMPLES,
              talker->spoken == 0);
    talker->spoken++;
    talker->speak_us += FRAME_US;
    rtc_timer_set(talker->speak, talker->speak_us);
}

static void on_listen(void *user)
{
    struct talker *talker = user;
    int32_t sum[MEDIA_FRAME_SAMPLES] = {0};
    int16_t one[MEDIA_FRAME_SAMPLES];
    struct jitter_stats stats;

    if (talker->listened == FRAMES)
        return;
    note_late(talker, talker->listen_us);
    jitter_get(talker->jitter, rtc_now_us(), one);
    mix_add(sum, one);
    mix_finish(sum, talker->heard + talker->listened++ * MEDIA_FRAME_SAMPLES);
    jitter_stats(talker->jitter, &stats);
    talker->delay_ms_sum += stats.delay_ms;
    talker->listen_us += FRAME_US;
    rtc_timer_set(talker->listen, talker->listen_us);
}

/* `phase_us`: how long after a frame is sent, the one that stands for it could be asked for. */
static void talker_open(struct talker *talker, struct call_side *side, int64_t now_us,
                        int64_t phase_us)
{
    memset(talker, 0, sizeof *talker);
    talker->side = side;
    side->user = talker;
    side->on_rtp = on_rtp;
    talker->encoder = encoder_new();
    talker->jitter = jitter_new();
    talker->detector = speech_detector_new();
    talker->speak = rtc_timer_new(call.loop, on_speak, talker);
    talker->listen = rtc_timer_new(call.loop, on_listen, talker);
    assert_true(talker->encoder && talker->jitter && talker->detector);
    talker->speak_us = now_us;
    talker->listen_us = now_us + phase_us;
    rtc_timer_set(talker->speak, talker->speak_us);
    rtc_timer_set(talker->listen, talker->listen_us);
}

static void talker_close(struct talker *talker)
{
    encoder_free(talker->encoder);
    jitter_free(talker->jitter);
    speech_detector_free(talker->detector);
    rtc_timer_free(talker->speak);
    rtc_timer_free(talker->listen);
    memset(talker, 0, sizeof *talker);
}

static int hang_up(void **state)
{
    (void)state;
    talker_close(&kim);
    talker_close(&lee);
    call_close(&call);
    return 0;
}

static bool all_is_listened_to(const struct call *c)
{
    (void)c;
    return kim.listened == FRAMES && lee.listened == FRAMES;
}

static int64_t cpu_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return now.tv_sec * 1000000ll + now.tv_nsec / 1000;
}

/* Both talk for five seconds; the share of a core that it took, all together. */
static double talk(unsigned loss_percent, bool relayed, int64_t phase_us)
{
    call_open(&call, relayed);
    call_connect(&call, &call.a);
    call.loss_percent = loss_percent;
    int64_t began_cpu_us = cpu_us(), began_us = rtc_now_us();
    talker_open(&kim, &call.a, began_us, phase_us);
    talker_open(&lee, &call.b, began_us, phase_us);
    assert_true(call_until(&call, all_is_listened_to, PATIENCE_MS));
    return (double)(cpu_us() - began_cpu_us) / (double)(rtc_now_us() - began_us);
}

/* The delay at which what was heard is most like what was said, in samples. */
static size_t lag(const int16_t *heard, double *likeness)
{
    size_t best = 0;
    *likeness = -1;
    for (size_t at = 0; at < 10 * MEDIA_FRAME_SAMPLES; at += 12) {
        double product = 0, energy_said = 1, energy_heard = 1;
        for (size_t i = 0; i < 100 * MEDIA_FRAME_SAMPLES; i += 3) {
            double a = voice[i + 50 * MEDIA_FRAME_SAMPLES];
            double b = heard[i + 50 * MEDIA_FRAME_SAMPLES + at];
            product += a * b;
            energy_said += a * a;
            energy_heard += b * b;
        }
        double now = product / sqrt(energy_said * energy_heard);
        if (now > *likeness) {
            *likeness = now;
            best = at;
        }
    }
    return best;
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
    double share = talk(0, false, phase_us), likeness;
    struct jitter_stats stats;
    jitter_stats(lee.jitter, &stats);
    double lag_ms = (double)lag(lee.heard, &likeness) / (MEDIA_RATE_HZ / 1000);
    double latency_ms = (double)phase_us / 1000 + lag_ms;
    print_message("phase %d ms: said to heard %.1f ms; in the jitter buffer %.1f ms (target %.1f); "
                  "a side costs %.1f %% of a core, both together %lu KiB; likeness %.2f, concealed "
                  "%d; ticks up to %.1f ms late\n",
                  (int)(phase_us / 1000), latency_ms, lee.delay_ms_sum / FRAMES,
                  stats.delay_target_ms, 100 * share / 2, resident_kib(), likeness,
                  (int)stats.frames_concealed, (double)lee.late_us_max / 1000);
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
            energy_said += (double)voice[i] * voice[i];
            energy_heard += (double)heard[i + at] * heard[i + at];
        }
        count += sqrt(energy_said / WINDOW) > 600 && energy_heard < energy_said / 1000;
    }
    return count;
}

/* One run; false when the delay moved on the way, so that nothing can be compared. */
static bool lossy_run(void)
{
    talk(10, true, 10000);
    struct jitter_stats stats;
    struct peer_stats peer;
    double likeness;
    jitter_stats(lee.jitter, &stats);
    peer_stats(call.b.peer, &peer);
    size_t at = lag(lee.heard, &likeness);
    print_message("%d lost: %d recovered, %d concealed; likeness %.2f; holes: %d\n",
                  (int)peer.packets_lost, (int)stats.frames_recovered, (int)stats.frames_concealed,
                  likeness, holes(lee.heard, at));
    if (likeness < 0.5)
        return false;
    assert_true(peer.packets_lost >= 10);
    assert_true(stats.frames_recovered + stats.frames_concealed + 2 >= peer.packets_lost);
    assert_true(stats.frames_recovered > 0);
    assert_int_equal(holes(lee.heard, at), 0);
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

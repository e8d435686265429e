/* Devices with clocks of their own, in virtual time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "sound/flow.h"

/* Its period is a whole number of samples at 48 and at 44.1 kHz. */
#define TONE_HZ   300
#define TONE_PEAK 8000.0

/* A device that takes or gives a block whenever its clock says so, and a loop that comes a little
 * late. Time is in doubles: a block at 200 ppm is no whole number of microseconds. */
struct virtual_device {
    struct device_shared *shared;
    double rate_hz, next_us; /* the true rate */
    size_t block;
    uint64_t samples;
};

static struct device_shared *new_shared(int rate_hz)
{
    struct device_shared *shared = mem_zalloc(sizeof *shared);
    assert_non_null(shared);
    device_shared_init(shared);
    shared->rate_hz = rate_hz;
    return shared;
}

static struct virtual_device new_device(int rate_hz, double ppm, size_t block)
{
    return (struct virtual_device){.shared = new_shared(rate_hz),
                                   .rate_hz = rate_hz * (1 + ppm / 1e6),
                                   .next_us = 1000,
                                   .block = block};
}

/* It begins at zero, so that silence before it is no click. */
static void tone(int16_t *out, size_t samples, uint64_t n, int rate_hz)
{
    enum { TABLE = 4096 };
    static int16_t table[TABLE];
    static int table_hz;
    size_t period = (size_t)(rate_hz / TONE_HZ), at = n % period;
    if (table_hz != rate_hz) {
        table_hz = rate_hz;
        for (size_t i = 0; i < TABLE; i++)
            table[i] =
                (int16_t)lround(TONE_PEAK * sin(2 * M_PI * (double)(i % period) / (double)period));
    }
    assert_true(at + samples <= TABLE);
    memcpy(out, table + at, samples * sizeof *out);
}

/* More than a tone moves from one sample to the next, rounding and filters included. */
static double click_at(double rate_hz)
{
    return 1.2 * TONE_PEAK * 2 * M_PI * TONE_HZ / rate_hz;
}

/* How late the loop is for a block, microseconds: mostly little, seldom 4 ms. Always the same. */
static double lateness_us(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 24 == 0 ? 4000 : (*seed >> 16) % 1000;
}

/* Counts steps that are too wide for the tone. */
struct listener {
    int16_t last;
    uint64_t clicks;
};

static void hear(struct listener *listener, const int16_t *pcm, size_t samples, double rate_hz)
{
    const int widest = (int)click_at(rate_hz);
    unsigned clicks = abs(pcm[0] - listener->last) > widest;
    for (size_t i = 1; i < samples; i++)
        clicks += abs(pcm[i] - pcm[i - 1]) > widest;
    listener->last = pcm[samples - 1];
    listener->clicks += clicks;
}

struct playback_result {
    size_t level_least, level_most_first, level_most; /* after the loop put in what was wanted */
    uint64_t clicks, missed;
    int64_t reserve_us;
};

/* `stall_us`: so late is the loop every 7 s until `calm_us`. */
static struct playback_result play(int rate_hz, double ppm, size_t block, double until_us,
                                   double stall_us, double calm_us)
{
    struct virtual_device device = new_device(rate_hz, ppm, block);
    struct playback_flow flow;
    struct listener listener = {0};
    struct playback_result result = {.level_least = SIZE_MAX};
    uint64_t played = 0;
    uint32_t seed = 1;
    double next_stall_us = 7e6;
    int16_t out[2048], pcm[MEDIA_FRAME_SAMPLES];
    assert_int_equal(playback_flow_init(&flow, device.shared), ERR_NONE);
    while (device.next_us < until_us) {
        double now_us = device.next_us, wake_us = now_us + lateness_us(&seed);
        if (stall_us > 0 && now_us > next_stall_us && now_us < calm_us) {
            wake_us = now_us + stall_us;
            next_stall_us += 7e6;
        }
        /* The blocks that the device wants before the loop comes. */
        while (device.next_us <= wake_us) {
            device_give(device.shared, out, block, 1);
            hear(&listener, out, block, rate_hz);
            device.samples += block;
            device.next_us = 1000 + (double)device.samples * 1e6 / device.rate_hz;
        }
        playback_flow_adapt(&flow, (int64_t)wake_us);
        while (playback_flow_wants(&flow)) {
            tone(pcm, MEDIA_FRAME_SAMPLES, played, MEDIA_RATE_HZ);
            played += MEDIA_FRAME_SAMPLES;
            playback_flow_put(&flow, pcm);
        }
        size_t level = ring_level(&device.shared->ring);
        if (level < result.level_least)
            result.level_least = level;
        if (level > result.level_most)
            result.level_most = level;
        if (now_us < 60e6)
            result.level_most_first = result.level_most;
    }
    result.clicks = listener.clicks;
    result.missed = atomic_load(&device.shared->samples_missed);
    result.reserve_us = flow.reserve_us;
    playback_flow_release(&flow);
    mem_free(device.shared);
    return result;
}

static void an_hour_of_a_foreign_clock_neither_fills_nor_empties_the_loudspeakers_ring(void **state)
{
    (void)state;
    static const double clocks_ppm[] = {200, -200};
    for (size_t i = 0; i < 2; i++) {
        struct playback_result result = play(48000, clocks_ppm[i], 480, 3600e6, 0, 0);
        /* A block, 5 ms of reserve and a frame. */
        assert_true(result.level_least >= 480);
        assert_true(result.level_most <= 480 + 240 + MEDIA_FRAME_SAMPLES);
        assert_int_equal(result.level_most, result.level_most_first);
        assert_int_equal(result.missed, 0);
        assert_int_equal(result.clicks, 0);
    }
}

static void a_device_of_another_rate_plays_without_clicks_as_well(void **state)
{
    (void)state;
    struct playback_result result = play(44100, 200, 441, 600e6, 0, 0);
    assert_true(result.level_least >= 441);
    assert_true(result.level_most <= 441 + 221 + 882 + 16);
    assert_int_equal(result.missed, 0);
    assert_int_equal(result.clicks, 0);
}

static void a_device_with_large_blocks_is_served(void **state)
{
    (void)state;
    struct playback_result result = play(48000, 0, 2048, 600e6, 0, 0);
    assert_true(result.level_most <= 2048 + 480 + MEDIA_FRAME_SAMPLES);
    assert_in_range(result.missed, 0, 2048); /* until it is known how large they are */
    assert_int_equal(result.clicks, 0);
}

static void a_loop_that_stalls_gets_a_larger_reserve_and_loses_it_when_it_is_calm(void **state)
{
    (void)state;
    struct playback_result result = play(48000, 0, 480, 120e6, 40e3, 120e6);
    /* 40 ms are covered after a few gaps of decreasing length, each of which fades. */
    assert_in_range(result.reserve_us, 20000, 50000);
    assert_in_range(result.missed, 1, 6 * 40 * 48);
    struct playback_result later = play(48000, 0, 480, 900e6, 40e3, 120e6);
    assert_true(later.reserve_us < 10000);
    assert_int_equal(later.missed, result.missed);
}

struct capture_result {
    double early_us, late_us; /* of the times that frames were given, against the truth */
    int64_t step_off_us;      /* from one of them to the next, at worst more or less than 20 ms */
    size_t level_most;
    uint64_t clicks, missed, frames;
};

static struct capture_result capture(int rate_hz, double ppm, size_t block, double until_us)
{
    struct virtual_device device = new_device(rate_hz, ppm, block);
    struct capture_flow flow;
    struct listener listener = {0};
    struct capture_result result = {0};
    uint32_t seed = 2;
    int16_t in[2048], pcm[MEDIA_FRAME_SAMPLES];
    int64_t captured_us, before_us = 0;
    assert_int_equal(capture_flow_init(&flow, device.shared), ERR_NONE);
    device.next_us += (double)block * 1e6 / device.rate_hz;
    while (device.next_us < until_us) {
        double wake_us = device.next_us + lateness_us(&seed);
        while (device.next_us <= wake_us) {
            tone(in, block, device.samples, rate_hz);
            device_take(device.shared, in, block, 1,
                        (int64_t)(device.next_us + lateness_us(&seed)));
            device.samples += block;
            device.next_us = 1000 + (double)(device.samples + block) * 1e6 / device.rate_hz;
        }
        if (ring_level(&device.shared->ring) > result.level_most)
            result.level_most = ring_level(&device.shared->ring);
        capture_flow_clock(&flow);
        while (capture_flow_frame(&flow, pcm, &captured_us)) {
            double true_us = 1000 + (double)result.frames * MEDIA_FRAME_SAMPLES * 1e6 /
                                        (MEDIA_RATE_HZ * (1 + ppm / 1e6));
            double off_us = (double)captured_us - true_us;
            int64_t step_us = llabs(captured_us - before_us - 20000);
            before_us = captured_us;
            if (result.frames > 0 && step_us > result.step_off_us)
                result.step_off_us = step_us;
            if (off_us < result.early_us)
                result.early_us = off_us;
            if (off_us > result.late_us)
                result.late_us = off_us;
            hear(&listener, pcm, MEDIA_FRAME_SAMPLES, MEDIA_RATE_HZ);
            result.frames++;
        }
    }
    result.clicks = listener.clicks;
    result.missed = atomic_load(&device.shared->samples_missed);
    capture_flow_release(&flow);
    mem_free(device.shared);
    return result;
}

static void an_hour_of_a_foreign_clock_leaves_nothing_behind_the_microphone(void **state)
{
    (void)state;
    static const double clocks_ppm[] = {200, -200};
    for (size_t i = 0; i < 2; i++) {
        struct capture_result result = capture(48000, clocks_ppm[i], 480, 3600e6);
        assert_int_equal(result.missed, 0);
        assert_int_equal(result.clicks, 0);
        assert_true(result.level_most <= MEDIA_FRAME_SAMPLES + 480);
        /* 200 ppm of an hour are 720 ms and 36 frames: all are there, at their time. */
        assert_in_range(result.frames, i == 0 ? 180034 : 179962, i == 0 ? 180036 : 179964);
        assert_true(result.early_us > -2000 && result.late_us < 2000);
        assert_true(result.step_off_us < 200); /* though blocks come up to 4 ms late */
    }
}

static void a_microphone_of_another_rate_is_heard_at_its_time(void **state)
{
    (void)state;
    struct capture_result result = capture(44100, -200, 441, 600e6);
    assert_int_equal(result.missed, 0);
    assert_int_equal(result.clicks, 0);
    assert_in_range(result.frames, 29990, 29995);
    assert_true(result.early_us > -2000 && result.late_us < 2000);
}

static void stereo_becomes_mono_and_mono_stereo(void **state)
{
    (void)state;
    struct device_shared *shared = new_shared(48000);
    const int16_t both[] = {100, 300, -32768, -32768, 5, -5};
    int16_t mono[3], out[6];
    device_take(shared, both, 3, 2, 1000);
    assert_int_equal(ring_read(&shared->ring, mono, 3), 3);
    const int16_t mean[] = {200, -32768, 0};
    assert_memory_equal(mono, mean, sizeof mean);
    assert_int_equal(ring_write(&shared->ring, mono, 3), 3);
    device_give(shared, out, 3, 2);
    const int16_t twice[] = {200, 200, -32768, -32768, 0, 0};
    assert_memory_equal(out, twice, sizeof twice);
    mem_free(shared);
}

static void a_gap_fades_and_is_counted(void **state)
{
    (void)state;
    struct device_shared *shared = new_shared(48000);
    int16_t loud[100], out[480];
    for (int i = 0; i < 100; i++)
        loud[i] = 20000;
    device_give(shared, out, 480, 1);
    assert_int_equal(atomic_load(&shared->samples_missed), 0); /* nothing was promised yet */
    assert_int_equal(ring_write(&shared->ring, loud, 100), 100);
    device_give(shared, out, 480, 1);
    assert_int_equal(atomic_load(&shared->samples_missed), 380);
    for (int i = 1; i < 480; i++)
        assert_true(abs(out[i] - out[i - 1]) <= 20000 / DEVICE_FADE_SAMPLES + 1);
    assert_int_equal(out[99], 20000);
    assert_int_equal(out[479], 0);
    mem_free(shared);
}

static void what_a_sleeping_loop_leaves_is_lost_and_counted_and_time_goes_on(void **state)
{
    (void)state;
    struct device_shared *shared = new_shared(48000);
    struct capture_flow flow;
    static int16_t second[48000];
    int16_t pcm[MEDIA_FRAME_SAMPLES];
    int64_t captured_us;
    assert_int_equal(capture_flow_init(&flow, shared), ERR_NONE);
    for (int i = 0; i < 100; i++)
        device_take(shared, second, 480, 1, 10000 * (int64_t)(i + 1));
    assert_int_equal(atomic_load(&shared->samples_missed), 48000 - RING_SAMPLES);
    while (capture_flow_frame(&flow, pcm, &captured_us))
        ;
    for (int i = 100; i < 104; i++)
        device_take(shared, second, 480, 1, 10000 * (int64_t)(i + 1));
    capture_flow_clock(&flow);
    assert_true(capture_flow_frame(&flow, pcm, &captured_us));
    /* It holds at most the 128 samples that were left of the ring. */
    assert_in_range(captured_us, 1000000 - 3000, 1000000);
    capture_flow_release(&flow);
    mem_free(shared);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            an_hour_of_a_foreign_clock_neither_fills_nor_empties_the_loudspeakers_ring),
        cmocka_unit_test(a_device_of_another_rate_plays_without_clicks_as_well),
        cmocka_unit_test(a_device_with_large_blocks_is_served),
        cmocka_unit_test(a_loop_that_stalls_gets_a_larger_reserve_and_loses_it_when_it_is_calm),
        cmocka_unit_test(an_hour_of_a_foreign_clock_leaves_nothing_behind_the_microphone),
        cmocka_unit_test(a_microphone_of_another_rate_is_heard_at_its_time),
        cmocka_unit_test(stereo_becomes_mono_and_mono_stereo),
        cmocka_unit_test(a_gap_fades_and_is_counted),
        cmocka_unit_test(what_a_sleeping_loop_leaves_is_lost_and_counted_and_time_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

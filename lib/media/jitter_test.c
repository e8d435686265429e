#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <math.h>

#include "base/mem.h"
#include "media/codec.h"
#include "media/jitter.h"
#include "media/sound_file.h"

enum { FRAME_US = 20000, LOOP = 150 };

/* Three seconds of speech, coded once. */
static struct {
    uint8_t data[LOOP][MEDIA_PACKET_MAX];
    size_t len[LOOP];
} speech;

static int code_speech(void **state)
{
    (void)state;
    int16_t *pcm = NULL;
    size_t samples;
    if (sound_file_read("testdata/speech/reader-4.opus", &pcm, &samples) != ERR_NONE)
        return -1;
    struct encoder *encoder = encoder_new();
    for (size_t i = 0; i < LOOP; i++)
        speech.len[i] = encoder_encode(encoder, pcm + i * MEDIA_FRAME_SAMPLES, speech.data[i]);
    encoder_free(encoder);
    mem_free(pcm);
    return 0;
}

/* A network in virtual time. The nth packet is sent at n * 20 ms of the sender's clock. */
struct flight {
    uint32_t n;
    int64_t at_us;
};

struct net {
    struct jitter *jitter;
    struct flight flying[256];
    size_t flying_count;
    uint32_t sent;
    uint16_t seq_base;
    uint32_t timestamp_base;
    double skew_ppm; /* of the sender */
    int64_t fetch_us;
    uint64_t random;
    int16_t heard[MEDIA_FRAME_SAMPLES];
    bool sound;
    struct jitter_stats stats;
};

static uint32_t chance(struct net *net)
{
    net->random = net->random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(net->random >> 33);
}

static void net_open(struct net *net)
{
    memset(net, 0, sizeof *net);
    net->jitter = jitter_new();
    assert_non_null(net->jitter);
    net->fetch_us = 10000;
    net->random = 1;
}

static void net_close(struct net *net)
{
    jitter_free(net->jitter);
}

static int64_t sent_at_us(const struct net *net, uint32_t n)
{
    return (int64_t)((double)n * FRAME_US * (1 - net->skew_ppm / 1e6));
}

static void deliver(struct net *net, uint32_t n, int64_t at_us)
{
    jitter_put(net->jitter, (uint16_t)(net->seq_base + n),
               net->timestamp_base + n * MEDIA_FRAME_SAMPLES, speech.data[n % LOOP],
               speech.len[n % LOOP], at_us);
}

/* Sends the next packet; `delay_us` < 0 loses it. */
static void send(struct net *net, int64_t delay_us)
{
    uint32_t n = net->sent++;
    if (delay_us < 0)
        return;
    assert_true(net->flying_count < 256);
    size_t at = net->flying_count++;
    int64_t at_us = sent_at_us(net, n) + delay_us;
    while (at > 0 && net->flying[at - 1].at_us > at_us) {
        net->flying[at] = net->flying[at - 1];
        at--;
    }
    net->flying[at] = (struct flight){n, at_us};
}

/* What has arrived by the next fetch is put in, then a frame is fetched. */
static void fetch(struct net *net)
{
    size_t landed = 0;
    while (landed < net->flying_count && net->flying[landed].at_us <= net->fetch_us) {
        deliver(net, net->flying[landed].n, net->flying[landed].at_us);
        landed++;
    }
    net->flying_count -= landed;
    memmove(net->flying, net->flying + landed, net->flying_count * sizeof *net->flying);
    net->sound = jitter_get(net->jitter, net->fetch_us, net->heard);
    net->fetch_us += FRAME_US;
    jitter_stats(net->jitter, &net->stats);
}

/* Packets that are due by the next fetch are sent with base_us and up to spread_us more. */
static void step(struct net *net, int64_t base_us, uint32_t spread_us)
{
    while (sent_at_us(net, net->sent) <= net->fetch_us)
        send(net, base_us + (spread_us ? chance(net) % spread_us : 0));
    fetch(net);
}

static void without_loss_every_frame_comes_in_order_bit_for_bit(void **state)
{
    (void)state;
    struct net net;
    net_open(&net);
    struct decoder *alone = decoder_new();
    int16_t expected[MEDIA_FRAME_SAMPLES];
    for (uint32_t n = 0; n < 500; n++) {
        step(&net, 3000, 0);
        decoder_decode(alone, speech.data[n % LOOP], speech.len[n % LOOP], expected,
                       MEDIA_FRAME_SAMPLES);
        assert_true(net.sound);
        assert_memory_equal(net.heard, expected, sizeof expected);
    }
    assert_int_equal(net.stats.frames_played, 500);
    assert_int_equal(net.stats.frames_concealed, 0);
    assert_int_equal(net.stats.samples_stretched + net.stats.samples_dropped, 0);
    decoder_free(alone);
    net_close(&net);
}

static void before_the_first_packet_there_is_silence(void **state)
{
    (void)state;
    struct net net;
    net_open(&net);
    memset(net.heard, 1, sizeof net.heard);
    fetch(&net);
    assert_false(net.sound);
    for (size_t i = 0; i < MEDIA_FRAME_SAMPLES; i++)
        assert_int_equal(net.heard[i], 0);
    net_close(&net);
}

static void on_loopback_a_packet_waits_less_than_its_phase_and_5_ms(void **state)
{
    (void)state;
    for (int64_t phase_us = 0; phase_us < FRAME_US; phase_us += 1000) {
        struct net net;
        net_open(&net);
        net.fetch_us = phase_us;
        double sum_ms = 0;
        for (int n = 0; n < 1000; n++) {
            step(&net, 200, 2000);
            if (n < 200)
                continue;
            sum_ms += net.stats.delay_ms;
            assert_true(net.stats.delay_ms < 25);
        }
        assert_true(net.stats.delay_target_ms < 4);
        assert_true(sum_ms / 800 < 22);
        assert_true(net.stats.frames_concealed < 10);
        net_close(&net);
    }
}

static void over_all_phases_loopback_adds_15_ms_at_most_in_the_mean(void **state)
{
    (void)state;
    double sum_ms = 0;
    int count = 0;
    for (int64_t phase_us = 500; phase_us < FRAME_US; phase_us += 1000, count++) {
        struct net net;
        net_open(&net);
        net.fetch_us = phase_us;
        for (int n = 0; n < 300; n++)
            step(&net, 200, 2000);
        sum_ms += net.stats.delay_ms;
        net_close(&net);
    }
    assert_true(sum_ms / count < 15);
}

static void packets_out_of_order_are_put_right_once_the_delay_has_grown(void **state)
{
    (void)state;
    struct net net;
    net_open(&net);
    for (int n = 0; n < 1500; n++) {
        while (sent_at_us(&net, net.sent) <= net.fetch_us)
            send(&net, net.sent % 4 == 1 ? 30000 : 2000); /* overtaken by the next */
        fetch(&net);
        if (n == 499)
            net.random = net.stats.frames_concealed;
    }
    assert_int_equal(net.stats.frames_concealed, net.random);
    assert_int_equal(net.stats.packets_duplicate, 0);
    assert_true(net.stats.delay_target_ms >= 28);
    assert_true(net.stats.frames_played > 1490);
    net_close(&net);
}

static void a_duplicate_is_heard_once(void **state)
{
    (void)state;
    struct net net;
    net_open(&net);
    for (uint32_t n = 0; n < 200; n++) {
        step(&net, 2000, 0);
        deliver(&net, n, net.fetch_us - FRAME_US + 100);
        deliver(&net, n + 1, net.fetch_us - FRAME_US + 12000);
        net.sent = n + 2;
        deliver(&net, n + 1, net.fetch_us - FRAME_US + 12500);
    }
    assert_true(net.stats.packets_duplicate >= 300);
    assert_true(net.stats.frames_played <= 201);
    assert_int_equal(net.stats.frames_concealed, 0);
    net_close(&net);
}

static void most_of_a_5_percent_loss_is_recovered_by_fec(void **state)
{
    (void)state;
    struct net net;
    net_open(&net);
    int lost = 0;
    for (int n = 0; n < 3000; n++) {
        while (sent_at_us(&net, net.sent) <= net.fetch_us) {
            bool lose = chance(&net) % 100 < 5;
            lost += lose && n > 500;
            send(&net, lose ? -1 : 2000 + (int64_t)(chance(&net) % 2000));
        }
        fetch(&net);
        if (n == 500)
            net.stats.frames_recovered = 0;
    }
    assert_true(lost > 80);
    assert_true(net.stats.frames_recovered > (unsigned)lost / 2);
    assert_true(net.stats.delay_ms < 50);
    net_close(&net);
}

/* How much the sharpest corner of a sound stands out of the 5 ms before it: what clicks. */
struct corners {
    double energies[240], energy, sharpest;
    int16_t last[2];
    size_t count;
};

static void corners_add(struct corners *corners, const int16_t pcm[MEDIA_FRAME_SAMPLES])
{
    enum { WINDOW = 240, FLOOR = 200 };
    for (size_t i = 0; i < MEDIA_FRAME_SAMPLES; i++, corners->count++) {
        double corner = pcm[i] - 2.0 * corners->last[1] + corners->last[0];
        double *oldest = &corners->energies[corners->count % WINDOW];
        double out = fabs(corner) / (sqrt(corners->energy / WINDOW) + FLOOR);
        if (corners->count > WINDOW && out > corners->sharpest)
            corners->sharpest = out;
        corners->energy += corner * corner - *oldest;
        *oldest = corner * corner;
        corners->last[0] = corners->last[1];
        corners->last[1] = pcm[i];
    }
}

/* Of the same speech, decoded without a jitter buffer. */
static double sharpest_corner_alone(void)
{
    struct corners corners = {.count = 0};
    struct decoder *alone = decoder_new();
    int16_t pcm[MEDIA_FRAME_SAMPLES];
    for (uint32_t n = 0; n < 10 * LOOP; n++) {
        decoder_decode(alone, speech.data[n % LOOP], speech.len[n % LOOP], pcm,
                       MEDIA_FRAME_SAMPLES);
        corners_add(&corners, pcm);
    }
    decoder_free(alone);
    return corners.sharpest;
}

static double energy_of(const int16_t pcm[MEDIA_FRAME_SAMPLES])
{
    double energy = 0;
    for (size_t i = 0; i < MEDIA_FRAME_SAMPLES; i++)
        energy += (double)pcm[i] * pcm[i];
    return energy;
}

/* Two lost in a row: FEC brings the second back, for the first the voice goes on. A long gap fades
 * out within 120 ms, and sound comes back without a corner. */
static void what_fec_cannot_bring_back_is_concealed_and_fades_when_it_lasts(void **state)
{
    (void)state;
    struct net net;
    struct corners corners = {.count = 0};
    net_open(&net);
    double before = 0;
    for (uint32_t n = 0; n < 200; n++) {
        bool is_lost = n == 90 || n == 91 || (n >= 120 && n < 140);
        while (sent_at_us(&net, net.sent) <= net.fetch_us)
            send(&net, is_lost ? -1 : 2000);
        fetch(&net);
        corners_add(&corners, net.heard);
        if (n == 89)
            before = energy_of(net.heard);
        if (n == 90) {
            assert_int_equal(net.stats.frames_concealed, 1);
            assert_true(before > 1e6 && energy_of(net.heard) > before / 10);
        }
        if (n >= 127 && n < 140)
            assert_true(energy_of(net.heard) < 1);
    }
    assert_true(corners.sharpest < 1.2 * sharpest_corner_alone());
    assert_true(energy_of(net.heard) > 1e6);
    net_close(&net);
}

static void after_a_stall_of_500_ms_the_delay_is_back_within_4_s(void **state)
{
    (void)state;
    struct net net;
    net_open(&net);
    double before_ms = 0, worst_ms = 0;
    for (int n = 0; n < 1000 + 200; n++) {
        int64_t stalled_us = 1000 * FRAME_US;
        while (sent_at_us(&net, net.sent) <= net.fetch_us) {
            int64_t at_us = sent_at_us(&net, net.sent);
            bool stall = at_us > stalled_us - 500000 && at_us <= stalled_us;
            send(&net, stall ? stalled_us - at_us + 1000 : 1000 + chance(&net) % 1000);
        }
        fetch(&net);
        if (n == 900)
            before_ms = net.stats.delay_ms;
        if (net.stats.delay_ms > worst_ms)
            worst_ms = net.stats.delay_ms;
    }
    assert_true(worst_ms > 300);
    assert_true(net.stats.delay_ms < before_ms + 10);
    assert_true(net.stats.samples_dropped > MEDIA_RATE_HZ / 4);
    assert_int_equal(net.stats.packets_dropped, 0);
    net_close(&net);
}

static void more_jitter_raises_the_target_within_a_second_less_lowers_it_within_ten(void **state)
{
    (void)state;
    struct net net;
    net_open(&net);
    for (int n = 0; n < 500; n++)
        step(&net, 1000, 2000);
    assert_true(net.stats.delay_target_ms < 5);
    for (int n = 0; n < 50; n++)
        step(&net, 1000, 60000);
    assert_true(net.stats.delay_target_ms > 40);
    uint64_t concealed = net.stats.frames_concealed;
    for (int n = 0; n < 500; n++)
        step(&net, 1000, 60000);
    assert_true(net.stats.frames_concealed - concealed < 25);
    for (int n = 0; n < 500; n++)
        step(&net, 1000, 2000);
    assert_true(net.stats.delay_target_ms < 5);
    assert_true(net.stats.delay_ms < 25);
    net_close(&net);
}

static void an_hour_of_skewed_clocks_leaves_the_delay_in_bounds_and_no_click(void **state)
{
    (void)state;
    for (int sign = -1; sign <= 1; sign += 2) {
        struct net net;
        net_open(&net);
        net.skew_ppm = sign * 200;
        struct corners corners = {.count = 0};
        for (int n = 0; n < 3600 * 50; n++) {
            step(&net, 1000, 1000);
            corners_add(&corners, net.heard);
            if (n > 100 && net.stats.delay_ms > 28)
                fail_msg("%.1f ms after %d s", net.stats.delay_ms, n / 50);
        }
        /* 720 ms of difference: all of it moved by stretching, hardly any by concealment. */
        uint64_t moved = sign < 0 ? net.stats.samples_stretched : net.stats.samples_dropped;
        assert_true(moved > 600 * 48);
        assert_true(net.stats.frames_concealed < 50);
        /* A cut without a cross-fade stands out ten times more. */
        assert_true(corners.sharpest < 1.2 * sharpest_corner_alone());
        net_close(&net);
    }
}

static void seq_and_timestamp_wrap_unheard(void **state)
{
    (void)state;
    struct net net;
    net_open(&net);
    net.seq_base = 65535 - 20;
    net.timestamp_base = UINT32_MAX - 40 * MEDIA_FRAME_SAMPLES;
    for (int n = 0; n < 200; n++)
        step(&net, 2000, 1000);
    assert_int_equal(net.stats.frames_played, 200);
    assert_int_equal(net.stats.frames_concealed, 0);
    assert_int_equal(net.stats.resyncs, 0);
    assert_int_equal(net.stats.packets_bad, 0);
    net_close(&net);
}

static void a_sender_that_begins_again_elsewhere_is_followed(void **state)
{
    (void)state;
    const uint32_t moves[] = {5 * MEDIA_RATE_HZ, 0u - 5 * MEDIA_RATE_HZ, 0u - MEDIA_RATE_HZ / 2,
                              0x80000000u};
    for (size_t i = 0; i < sizeof moves / sizeof *moves; i++) {
        struct net net;
        net_open(&net);
        for (int n = 0; n < 200; n++)
            step(&net, 2000, 1000);
        net.timestamp_base += moves[i];
        for (int n = 0; n < 100; n++)
            step(&net, 2000, 1000);
        assert_int_equal(net.stats.resyncs, 1);
        assert_true(net.stats.frames_played >= 298);
        assert_true(net.stats.frames_concealed <= 3);
        assert_true(net.stats.delay_ms < 25);
        net_close(&net);
    }
}

static void one_packet_from_nowhere_disturbs_nothing(void **state)
{
    (void)state;
    struct net net;
    net_open(&net);
    for (int n = 0; n < 200; n++) {
        step(&net, 2000, 1000);
        if (n % 50 == 20)
            jitter_put(net.jitter, (uint16_t)(n * 77), 0x12345678u * (uint32_t)n, speech.data[0],
                       speech.len[0], net.fetch_us);
    }
    assert_int_equal(net.stats.frames_played, 200);
    assert_int_equal(net.stats.resyncs, 0);
    assert_int_equal(net.stats.packets_bad, 4);
    net_close(&net);
}

static void a_sender_that_pauses_comes_back_at_its_old_delay(void **state)
{
    (void)state;
    struct net net;
    net_open(&net);
    for (int n = 0; n < 200; n++)
        step(&net, 2000, 1000);
    for (int n = 0; n < 500; n++) {
        net.sent++;
        net.seq_base--; /* its clock goes on, nothing is sent */
        fetch(&net);
        if (n > 10)
            assert_false(net.sound);
    }
    for (int n = 0; n < 100; n++)
        step(&net, 2000, 1000);
    assert_true(net.sound);
    assert_true(net.stats.delay_ms < 25);
    assert_int_equal(net.stats.resyncs, 0);
    assert_true(net.stats.frames_played >= 298);
    net_close(&net);
}

static void when_nobody_fetches_only_the_newest_64_are_kept(void **state)
{
    (void)state;
    struct net net;
    net_open(&net);
    for (uint32_t n = 0; n < 10000; n++)
        deliver(&net, n, n * FRAME_US);
    jitter_stats(net.jitter, &net.stats);
    assert_int_equal(net.stats.packets_dropped, 10000 - JITTER_PACKETS_MAX);
    net.fetch_us = 10000 * FRAME_US;
    net.sent = 10000;
    for (int n = 0; n < 50; n++)
        step(&net, 0, 0);
    assert_true(net.stats.delay_ms < 100);
    net_close(&net);
}

static void what_is_not_opus_is_counted_and_dropped(void **state)
{
    (void)state;
    struct net net;
    net_open(&net);
    uint8_t junk[MEDIA_PACKET_MAX + 1];
    memset(junk, 0xff, sizeof junk);
    jitter_put(net.jitter, 1, 1, junk, 0, 0);
    jitter_put(net.jitter, 2, 2, junk, sizeof junk, 0);
    jitter_put(net.jitter, 3, 3, junk, 1, 0); /* code 3 without its count byte */
    jitter_stats(net.jitter, &net.stats);
    assert_int_equal(net.stats.packets_bad, 3);
    fetch(&net);
    assert_false(net.sound);
    net_close(&net);
}

static void no_seam_of_a_stretch_or_a_cut_is_a_click(void **state)
{
    (void)state;
    struct net net;
    net_open(&net);
    struct decoder *alone = decoder_new();
    int16_t pcm[MEDIA_FRAME_SAMPLES], last = 0;
    int steepest = 0, steepest_alone = 0;
    for (uint32_t n = 0; n < LOOP; n++) {
        decoder_decode(alone, speech.data[n], speech.len[n], pcm, MEDIA_FRAME_SAMPLES);
        for (int i = 0; i < MEDIA_FRAME_SAMPLES; i++) {
            steepest_alone =
                abs(pcm[i] - last) > steepest_alone ? abs(pcm[i] - last) : steepest_alone;
            last = pcm[i];
        }
    }
    last = 0;
    for (int n = 0; n < 3000; n++) {
        step(&net, n / 500 % 2 ? 100000 : 1000, 1000); /* the way gets longer and shorter */
        for (int i = 0; i < MEDIA_FRAME_SAMPLES; i++) {
            steepest = abs(net.heard[i] - last) > steepest ? abs(net.heard[i] - last) : steepest;
            last = net.heard[i];
        }
    }
    assert_true(net.stats.samples_dropped > 5000);
    assert_true(steepest < steepest_alone * 3 / 2);
    decoder_free(alone);
    net_close(&net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_loss_every_frame_comes_in_order_bit_for_bit),
        cmocka_unit_test(before_the_first_packet_there_is_silence),
        cmocka_unit_test(on_loopback_a_packet_waits_less_than_its_phase_and_5_ms),
        cmocka_unit_test(over_all_phases_loopback_adds_15_ms_at_most_in_the_mean),
        cmocka_unit_test(packets_out_of_order_are_put_right_once_the_delay_has_grown),
        cmocka_unit_test(a_duplicate_is_heard_once),
        cmocka_unit_test(most_of_a_5_percent_loss_is_recovered_by_fec),
        cmocka_unit_test(what_fec_cannot_bring_back_is_concealed_and_fades_when_it_lasts),
        cmocka_unit_test(after_a_stall_of_500_ms_the_delay_is_back_within_4_s),
        cmocka_unit_test(more_jitter_raises_the_target_within_a_second_less_lowers_it_within_ten),
        cmocka_unit_test(an_hour_of_skewed_clocks_leaves_the_delay_in_bounds_and_no_click),
        cmocka_unit_test(seq_and_timestamp_wrap_unheard),
        cmocka_unit_test(a_sender_that_begins_again_elsewhere_is_followed),
        cmocka_unit_test(one_packet_from_nowhere_disturbs_nothing),
        cmocka_unit_test(a_sender_that_pauses_comes_back_at_its_old_delay),
        cmocka_unit_test(when_nobody_fetches_only_the_newest_64_are_kept),
        cmocka_unit_test(what_is_not_opus_is_counted_and_dropped),
        cmocka_unit_test(no_seam_of_a_stretch_or_a_cut_is_a_click),
    };
    return cmocka_run_group_tests_name("jitter", tests, code_speech, NULL);
}

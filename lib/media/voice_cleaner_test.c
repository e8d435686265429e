#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "media/mix.h"
#include "media/sound_file.h"
#include "media/voice_cleaner.h"

enum {
    FRAME = MEDIA_FRAME_SAMPLES,
    FIVE_S = 250,          /* frames */
    NEAR_AT = 300 * FRAME, /* where one's own voice begins: the canceller has settled */
    LAG_MAX = FRAME,       /* what cleaning may delay a voice by, samples */
    LOUD_RMS = 300,        /* frames of a clean voice that matter, -41 dBFS */
    SINC = 8,              /* half the taps of the interpolation between clocks */
};

struct track {
    float *pcm;
    size_t samples;
};

static struct track others, own; /* read once: 29 s and 10 s */

static uint64_t random_state;

static double noise(void) /* -1 to 1 */
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (double)(random_state >> 33) / (double)(1u << 30) - 1;
}

static int16_t to_pcm(double value)
{
    return (int16_t)lrint(fmin(fmax(value, INT16_MIN), INT16_MAX));
}

static struct track read_track(const char *const names[], size_t count)
{
    struct track track = {0};
    for (size_t n = 0; n < count; n++) {
        char path[64];
        snprintf(path, sizeof path, "testdata/speech/%s.opus", names[n]);
        int16_t *pcm = NULL;
        size_t samples = 0;
        assert_int_equal(sound_file_read(path, &pcm, &samples), ERR_NONE);
        track.pcm = mem_realloc(track.pcm, (track.samples + samples) * sizeof *track.pcm);
        assert_non_null(track.pcm);
        for (size_t i = 0; i < samples; i++)
            track.pcm[track.samples + i] = pcm[i];
        track.samples += samples;
        mem_free(pcm);
    }
    return track;
}

static int read_voices(void **state)
{
    (void)state;
    static const char *const far[] = {"lee-1", "park-1", "lee-2",    "park-2",
                                      "lee-3", "park-3", "reader-1", "reader-2"};
    static const char *const near[] = {"kim-1", "kim-2", "kim-3"};
    others = read_track(far, sizeof far / sizeof *far);
    own = read_track(near, sizeof near / sizeof *near);
    return 0;
}

static int drop_voices(void **state)
{
    (void)state;
    mem_free(others.pcm);
    mem_free(own.pcm);
    return 0;
}

/* What was played `at` samples after the first, between samples too; it goes round. */
static double played_at(double at)
{
    double whole = floor(at), part = at - whole;
    if (whole < SINC)
        return 0;
    long middle = (long)whole;
    double sum = 0, sine = sin(M_PI * part);
    for (int k = 1 - SINC; k <= SINC; k++) {
        float sample = others.pcm[(size_t)(middle + k) % others.samples];
        double x = part - k, window = 0.5 + 0.5 * cos(M_PI * x / (SINC + 0.5));
        double sinc = fabs(x) < 1e-9 ? 1 : (k % 2 ? -sine : sine) / (M_PI * x);
        sum += sample * sinc * window;
    }
    return sum;
}

/* A room: the loudspeaker plays others, the microphone hears it, one's own voice, and noise. */
struct room {
    size_t frames;
    double ppm; /* how much faster the loudspeaker's clock runs than the microphone's */
    double delay_ms, echo_db;
    bool quiet_others;
    size_t burst; /* frames that go to the loudspeaker at once; 0: one */
    double own_gain, noise_rms;
    struct voice_cleaner_config config;
    /* what came of it */
    int16_t *heard, *cleaned;
    size_t speaking; /* frames after the first 5 s */
};

static const struct room of_the_issue = {.ppm = 50, .delay_ms = 100, .echo_db = -12};

static void play_until(struct voice_cleaner *cleaner, const struct room *room, size_t *played,
                       size_t frame)
{
    size_t burst = room->burst ? room->burst : 1;
    size_t due = (size_t)((double)(frame + 1) * (1 + room->ppm * 1e-6) / (double)burst) * burst;
    for (; *played < due; (*played)++) {
        int16_t pcm[FRAME] = {0};
        for (size_t i = 0; i < FRAME && !room->quiet_others; i++)
            pcm[i] = to_pcm(others.pcm[(*played * FRAME + i) % others.samples]);
        voice_cleaner_playout(cleaner, pcm);
    }
}

static void hear(const struct room *room, size_t frame, int16_t pcm[FRAME])
{
    double gain = room->quiet_others ? 0 : pow(10, room->echo_db / 20);
    for (size_t i = 0; i < FRAME; i++) {
        size_t now = frame * FRAME + i;
        double played =
            (double)now * (1 + room->ppm * 1e-6) - room->delay_ms * MEDIA_RATE_HZ / 1000;
        double sum = room->noise_rms * sqrt(3) * noise();
        if (gain > 0)
            sum += gain * played_at(played);
        if (now >= NEAR_AT && now - NEAR_AT < own.samples)
            sum += room->own_gain * own.pcm[now - NEAR_AT];
        pcm[i] = to_pcm(sum);
    }
}

static void be_in(struct room *room)
{
    if (!room->frames)
        room->frames = others.samples / FRAME;
    room->heard = mem_alloc(room->frames * FRAME * sizeof(int16_t));
    room->cleaned = mem_alloc(room->frames * FRAME * sizeof(int16_t));
    struct voice_cleaner *cleaner = voice_cleaner_new(&room->config);
    struct speech_detector *detector = speech_detector_new();
    assert_true(room->heard && room->cleaned && cleaner && detector);
    size_t played = 0;
    for (size_t f = 0; f < room->frames; f++) {
        int16_t *cleaned = room->cleaned + f * FRAME;
        play_until(cleaner, room, &played, f);
        hear(room, f, room->heard + f * FRAME);
        memcpy(cleaned, room->heard + f * FRAME, FRAME * sizeof(int16_t));
        voice_cleaner_capture(cleaner, cleaned);
        room->speaking += speech_detector_feed(detector, cleaned) && f >= FIVE_S;
    }
    speech_detector_free(detector);
    voice_cleaner_free(cleaner);
}

static void leave(struct room *room)
{
    mem_free(room->heard);
    mem_free(room->cleaned);
}

static double level_db(const int16_t *pcm, size_t samples)
{
    double energy = 1e-3;
    for (size_t i = 0; i < samples; i++)
        energy += (double)pcm[i] * pcm[i];
    return 10 * log10(energy / (double)samples / 32768 / 32768);
}

/* How much quieter everything is after frame `from`, dB. */
static double less_db(const struct room *room, size_t from)
{
    size_t at = from * FRAME, samples = (room->frames - from) * FRAME;
    return level_db(room->heard + at, samples) - level_db(room->cleaned + at, samples);
}

/* The voice that is left of one's own, against the clean track. */
struct survival {
    double level_db; /* against the clean voice as the microphone heard it, over its loud frames */
    double correlation; /* of the levels of frames, -1 to 1: its syllables come through */
    double lost;        /* share of its loud frames that lost more than 10 dB */
};

/* The correlation of waveforms tells by how much cleaning delays. */
static size_t lag_of(const struct room *room)
{
    double best = 0;
    size_t lag = 0;
    for (size_t l = 0; l < LAG_MAX; l += 16) {
        double product = 0;
        for (size_t i = 0; i < own.samples - LAG_MAX; i += 5)
            product += (double)own.pcm[i] * room->cleaned[NEAR_AT + i + l];
        if (product > best) {
            best = product;
            lag = l;
        }
    }
    return lag;
}

static struct survival survive(const struct room *room)
{
    size_t lag = lag_of(room), frames = own.samples / FRAME - 1, loud = 0, lost = 0;
    double x = 0, y = 0, xx = 0, yy = 0, xy = 0, said = 0, left = 0;
    for (size_t f = 0; f < frames; f++) {
        double clean = 0, cleaned = 0;
        for (size_t i = f * FRAME; i < (f + 1) * FRAME; i++) {
            clean += pow(room->own_gain * own.pcm[i], 2);
            cleaned += pow(room->cleaned[NEAR_AT + lag + i], 2);
        }
        double a = sqrt(clean / FRAME), b = sqrt(cleaned / FRAME);
        x += a, y += b, xx += a * a, yy += b * b, xy += a * b;
        if (a < LOUD_RMS * room->own_gain)
            continue;
        loud++;
        lost += cleaned < clean / 10;
        said += clean;
        left += cleaned;
    }
    double n = (double)frames;
    return (struct survival){
        .level_db = 10 * log10(left / said),
        .correlation = (n * xy - x * y) / sqrt((n * xx - x * x) * (n * yy - y * y)),
        .lost = (double)lost / (double)loud,
    };
}

static const struct voice_cleaner_config everything = {.echo = true, .noise = true, .gain = true};

static void the_echo_is_25_db_less_after_5_s_whatever_the_clocks(void **state)
{
    (void)state;
    const double ppms[] = {0, 50, 200, -50, -200};
    for (size_t i = 0; i < sizeof ppms / sizeof *ppms; i++) {
        struct room room = of_the_issue;
        room.ppm = ppms[i];
        room.config = everything;
        be_in(&room);
        double less = less_db(&room, FIVE_S);
        print_message("%+.0f ppm: %.1f dB less echo; taken for speech: %zu of %zu frames\n",
                      room.ppm, less, room.speaking, room.frames - FIVE_S);
        assert_true(less >= 25);
        leave(&room);
    }
}

static void a_delay_that_nobody_told_is_found(void **state)
{
    (void)state;
    const double delays_ms[] = {20, 250, 400};
    for (size_t i = 0; i < sizeof delays_ms / sizeof *delays_ms; i++) {
        struct room room = of_the_issue;
        room.delay_ms = delays_ms[i];
        room.config = (struct voice_cleaner_config){.echo = true};
        be_in(&room);
        double less = less_db(&room, FIVE_S);
        print_message("%.0f ms: %.1f dB less echo\n", room.delay_ms, less);
        assert_true(less >= 25);
        leave(&room);
    }
}

/* 500 ppm for two and a half minutes are as far as 200 ppm for more than six. */
static void clocks_that_part_for_minutes_bring_no_echo_back(void **state)
{
    (void)state;
    for (int sign = -1; sign <= 1; sign += 2) {
        struct room room = of_the_issue;
        room.frames = 7500;
        room.ppm = 500 * sign;
        room.config = (struct voice_cleaner_config){.echo = true};
        be_in(&room);
        double less = less_db(&room, 5000);
        print_message("%+.0f ppm: %.1f dB less echo in the last 50 s\n", room.ppm, less);
        assert_true(less >= 25);
        leave(&room);
    }
}

static void frames_that_are_played_in_pairs_are_cancelled_as_well(void **state)
{
    (void)state;
    struct room room = of_the_issue;
    room.burst = 2;
    room.config = (struct voice_cleaner_config){.echo = true};
    be_in(&room);
    double less = less_db(&room, FIVE_S);
    print_message("in pairs: %.1f dB less echo\n", less);
    assert_true(less >= 25);
    leave(&room);
}

static void what_is_left_of_others_is_not_ones_own_speech(void **state)
{
    (void)state;
    struct room room = of_the_issue;
    room.config = everything;
    be_in(&room);
    assert_true((double)room.speaking < 0.05 * (double)(room.frames - FIVE_S));
    size_t by_others = room.speaking;
    leave(&room);
    room = of_the_issue;
    room.config = everything;
    room.own_gain = 0.5;
    be_in(&room);
    size_t own_frames = own.samples / FRAME;
    print_message("speaking: %zu frames while others do, %zu more in %zu of one's own\n", by_others,
                  room.speaking - by_others, own_frames);
    assert_true((double)(room.speaking - by_others) > 0.8 * (double)own_frames);
    leave(&room);
}

static struct survival survival_in(struct room room)
{
    room.own_gain = 0.5;
    room.config = (struct voice_cleaner_config){.echo = true, .noise = true};
    be_in(&room);
    struct survival survival = survive(&room);
    print_message("one's own voice: %+.1f dB, its levels correlate by %.2f, %.0f %% lost\n",
                  survival.level_db, survival.correlation, 100 * survival.lost);
    leave(&room);
    return survival;
}

/* Alone all of it; a third against an echo that is 6 dB below it, half against one that is 18 dB
 * below: the canceller mutes what it can't tell apart. */
static void ones_own_voice_survives(void **state)
{
    (void)state;
    struct room room = of_the_issue;
    room.quiet_others = true;
    struct survival alone = survival_in(room);
    assert_true(fabs(alone.level_db) < 2 && alone.correlation > 0.95 && alone.lost < 0.05);
    room = of_the_issue;
    struct survival loud = survival_in(room);
    assert_true(loud.level_db > -9 && loud.correlation > 0.5 && loud.lost < 0.7);
    room.echo_db = -24;
    struct survival soft = survival_in(room);
    assert_true(soft.level_db > -6 && soft.correlation > 0.65 && soft.lost < 0.55);
}

static void steady_noise_is_10_db_less_and_the_voice_is_not(void **state)
{
    (void)state;
    struct room room = {.quiet_others = true, .own_gain = 1, .noise_rms = 100};
    room.config = (struct voice_cleaner_config){.noise = true};
    be_in(&room);
    double before = level_db(room.heard + 2 * MEDIA_RATE_HZ, 4 * MEDIA_RATE_HZ - 2 * FRAME);
    double after = level_db(room.cleaned + 2 * MEDIA_RATE_HZ, 4 * MEDIA_RATE_HZ - 2 * FRAME);
    struct survival survival = survive(&room);
    print_message("noise: %.1f dB less from the third second on; the voice: %+.1f dB\n",
                  before - after, survival.level_db);
    assert_true(before - after >= 10);
    assert_true(fabs(survival.level_db) < 2 && survival.lost < 0.05);
    leave(&room);
}

/* 26 dB below a good level. */
static void a_quiet_voice_is_brought_up_and_a_loud_one_is_not_clipped(void **state)
{
    (void)state;
    struct room room = {.quiet_others = true, .own_gain = 0.05};
    room.config = (struct voice_cleaner_config){.gain = true};
    be_in(&room);
    struct survival quiet = survive(&room);
    leave(&room);
    room.own_gain = 1;
    room.speaking = 0;
    be_in(&room);
    struct survival loud = survive(&room);
    size_t clipped = 0;
    for (size_t i = 0; i < room.frames * FRAME; i++)
        clipped += room.cleaned[i] == INT16_MAX || room.cleaned[i] == INT16_MIN;
    print_message("quiet: %+.1f dB, loud: %+.1f dB, %zu samples clipped\n", quiet.level_db,
                  loud.level_db, clipped);
    assert_true(quiet.level_db >= 6);
    assert_true(loud.level_db < quiet.level_db - 3 && loud.level_db > -6);
    assert_int_equal(clipped, 0);
    leave(&room);
}

static void silence_in_gives_silence_out(void **state)
{
    (void)state;
    struct room room = {.quiet_others = true, .frames = 500, .config = everything};
    be_in(&room);
    for (size_t i = 0; i < room.frames * FRAME; i++)
        assert_in_range(room.cleaned[i] + 1, 0, 2);
    assert_int_equal(room.speaking, 0);
    leave(&room);
}

static void with_all_off_a_voice_passes(void **state)
{
    (void)state;
    struct room room = of_the_issue;
    room.quiet_others = true;
    room.own_gain = 1;
    be_in(&room);
    struct survival survival = survive(&room);
    assert_true(fabs(survival.level_db) < 0.5 && survival.correlation > 0.99);
    leave(&room);
}

static void clipped_and_random_sound_is_survived(void **state)
{
    (void)state;
    struct voice_cleaner *cleaner = voice_cleaner_new(&everything);
    assert_non_null(cleaner);
    int16_t played[FRAME], pcm[FRAME];
    for (size_t f = 0; f < 900; f++) {
        for (size_t i = 0; i < FRAME; i++) {
            double square = (i / 60 + f) % 2 ? INT16_MAX : INT16_MIN;
            played[i] = to_pcm(f < 300 ? 40000 * noise() : f < 600 ? square : INT16_MIN);
            pcm[i] = to_pcm(f < 300 ? 40000 * noise() : f < 600 ? -square : INT16_MAX);
        }
        for (size_t n = 0; n < (size_t)(2 + 4 * noise()) % 8; n++)
            voice_cleaner_playout(cleaner, played);
        voice_cleaner_capture(cleaner, pcm);
    }
    const int16_t silence[FRAME] = {0};
    size_t frames = own.samples / FRAME;
    double said = 0, left = 0;
    for (size_t f = 0; f < frames; f++) {
        for (size_t i = 0; i < FRAME; i++)
            pcm[i] = to_pcm(own.pcm[f * FRAME + i]);
        said += pow(10, level_db(pcm, FRAME) / 10);
        voice_cleaner_playout(cleaner, silence);
        voice_cleaner_capture(cleaner, pcm);
        left += pow(10, level_db(pcm, FRAME) / 10);
    }
    print_message("a voice after noise: %+.1f dB\n", 10 * log10(left / said));
    assert_true(left > said / 10);
    voice_cleaner_free(cleaner);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_echo_is_25_db_less_after_5_s_whatever_the_clocks),
        cmocka_unit_test(a_delay_that_nobody_told_is_found),
        cmocka_unit_test(clocks_that_part_for_minutes_bring_no_echo_back),
        cmocka_unit_test(frames_that_are_played_in_pairs_are_cancelled_as_well),
        cmocka_unit_test(what_is_left_of_others_is_not_ones_own_speech),
        cmocka_unit_test(ones_own_voice_survives),
        cmocka_unit_test(steady_noise_is_10_db_less_and_the_voice_is_not),
        cmocka_unit_test(a_quiet_voice_is_brought_up_and_a_loud_one_is_not_clipped),
        cmocka_unit_test(silence_in_gives_silence_out),
        cmocka_unit_test(with_all_off_a_voice_passes),
        cmocka_unit_test(clipped_and_random_sound_is_survived),
    };
    return cmocka_run_group_tests_name("voice_cleaner", tests, read_voices, drop_voices);
}

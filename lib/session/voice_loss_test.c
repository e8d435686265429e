/* A voice over a bad network, in real time: a relay loses packets and delays each differently, so
 * that some overtake. How much is concealed, how late it is heard, and whether a recogniser still
 * understands it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ctype.h>

#include "base/folder_testing.h"
#include "media/sound_file.h"
#include "session/talk_testing.h"

enum {
    PATIENCE_MS = 60000,
    PHASE_US = 10000,
    DELAY_US = 40000, /* of the relay, each way, plus and minus the jitter */
    JITTER_US = 30000,
    LEAD_FRAMES = 100, /* of silence before the first, as in every debate: the buffer learns */
    REST_FRAMES = 50,  /* of silence after the last word */
    WORDS_MAX = 256,
    WORDS_SIZE = 4096,
};

/* Spoken in eleven seconds, by a voice that the recogniser understands when nothing is lost. */
static const char text[] =
    "Some people say that it costs too much money. But the town has money for the new road, and a "
    "library is worth more than a road. I think that we should try it for one year, and count how "
    "many people come.";

/* What is bad about a network, and what may come of it at most. The bounds stand above the worst of
 * several runs on a machine that did much else: 2 and 4 % concealed, 60 ms added, 16 % of the words
 * wrong. Without FEC all that is lost is concealed. */
struct network {
    const char *name;
    unsigned loss_percent, jitter_us;
    double lost_percent_min;  /* else the relay does not what it should */
    double concealed_percent; /* of all frames */
    double added_ms;          /* from entry to exit, beyond the clean path and the relay's mean */
    double wrong_percent;     /* words, against those of the clean track */
};

static const struct network networks[] = {
    {.name = "clean", .concealed_percent = 3},
    {"5 % lost", 5, JITTER_US, 2, 4, 90, 25},
    {"10 % lost", 10, JITTER_US, 5, 7, 90, 25},
};
enum { CLEAN, LOSS_5, LOSS_10, NETWORKS };

struct result {
    struct jitter_stats jitter;
    struct peer_stats peer;
    double wait_ms, lag_ms;
    int holes;
    char words[WORDS_SIZE];
};

static struct talk talks[NETWORKS];
static struct result results[NETWORKS];
static struct talk_voice voice;
static char folder[] = "/tmp/debate-loss-XXXXXX";

/* ---- the recogniser ---- */

/* Begins to listen to what lee heard: at 16 kHz, as its model wants it. */
static FILE *recognise(const struct talker *talker, const char *name)
{
    char path[64], command[256];
    snprintf(path, sizeof path, "%s/%s.raw", folder, name);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    for (size_t i = 0; i + 3 <= talker->frames * MEDIA_FRAME_SAMPLES; i += 3) {
        const int16_t *at = talker->heard + i;
        int16_t low = (int16_t)((at[0] + at[1] + at[2]) / 3);
        fwrite(&low, sizeof low, 1, file);
    }
    assert_int_equal(fclose(file), 0);
    snprintf(command, sizeof command, "pocketsphinx_continuous -infile '%s' -logfn /dev/null",
             path);
    FILE *recogniser = popen(command, "re");
    assert_non_null(recogniser);
    return recogniser;
}

static size_t split(char *words, char *out[WORDS_MAX])
{
    size_t count = 0;
    for (char *word = strtok(words, " \n"); word && count < WORDS_MAX; word = strtok(NULL, " \n"))
        out[count++] = word;
    return count;
}

static size_t least(size_t a, size_t b, size_t c)
{
    size_t less = a < b ? a : b;
    return less < c ? less : c;
}

/* Words that must be changed, left out or put in, in percent of those expected. */
static double wrong_percent(const char *expected_text, const char *found_text)
{
    char copies[2][WORDS_SIZE], *expected[WORDS_MAX], *found[WORDS_MAX];
    size_t row[WORDS_MAX + 1];
    strcpy(copies[0], expected_text);
    strcpy(copies[1], found_text);
    size_t expected_count = split(copies[0], expected), found_count = split(copies[1], found);
    for (size_t j = 0; j <= found_count; j++)
        row[j] = j;
    for (size_t i = 1; i <= expected_count; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= found_count; j++) {
            size_t differs = strcmp(expected[i - 1], found[j - 1]) != 0, above = row[j];
            row[j] = least(diagonal + differs, row[j] + 1, row[j - 1] + 1);
            diagonal = above;
        }
    }
    return expected_count ? 100 * (double)row[found_count] / (double)expected_count : 100;
}

/* ---- the talks ---- */

static int read_voice(void)
{
    char path[64], command[1024];
    snprintf(path, sizeof path, "%s/rms.wav", folder);
    snprintf(command, sizeof command, "flite -voice rms -t '%s' -o '%s'", text, path);
    if (system(command) != 0)
        return -1;
    int16_t *said;
    size_t samples;
    if (sound_file_read(path, &said, &samples))
        return -1;
    voice.samples = samples + (LEAD_FRAMES + REST_FRAMES) * MEDIA_FRAME_SAMPLES;
    voice.pcm = mem_zalloc(voice.samples * sizeof *voice.pcm);
    if (voice.pcm)
        memcpy(voice.pcm + LEAD_FRAMES * MEDIA_FRAME_SAMPLES, said, samples * sizeof *said);
    mem_free(said);
    return voice.pcm ? 0 : -1;
}

static bool all_are_over(const struct call *call)
{
    (void)call;
    for (size_t i = 0; i < NETWORKS; i++)
        if (!talk_is_over(&talks[i]))
            return false;
    return true;
}

static double loudness(const int16_t *pcm, size_t count)
{
    double energy = 0;
    for (size_t i = 0; i < count; i++)
        energy += (double)pcm[i] * pcm[i];
    return sqrt(energy / (double)count);
}

/* Places in the middle of sound that are silent for 10 ms, as no voice is: its quietest closures
 * leave noise. */
static int count_holes(const int16_t *heard, size_t samples)
{
    enum { WINDOW = MEDIA_FRAME_SAMPLES / 2, AROUND = 2 * MEDIA_FRAME_SAMPLES, LOUD = 600 };
    int count = 0;
    for (size_t at = AROUND; at + WINDOW + AROUND < samples; at += WINDOW)
        count += loudness(heard + at, WINDOW) < 1 && loudness(heard + at - AROUND, AROUND) > LOUD &&
                 loudness(heard + at + WINDOW, AROUND) > LOUD;
    return count;
}

static void take_result(size_t i)
{
    double likeness;
    struct talker *lee = &talks[i].lee;
    struct talk_piece piece = {
        .from = voice.samples / MEDIA_FRAME_SAMPLES / 3, .count = 150, .lag_max = REST_FRAMES / 2};
    jitter_stats(lee->jitter, &results[i].jitter);
    peer_stats(talks[i].call.b.peer, &results[i].peer);
    results[i].holes = count_holes(lee->heard, lee->frames * MEDIA_FRAME_SAMPLES);
    results[i].wait_ms = lee->delay_ms_sum / (double)lee->frames;
    results[i].lag_ms =
        PHASE_US / 1000.0 + (double)talk_lag(lee, piece, &likeness) * 1000 / MEDIA_RATE_HZ;
}

/* All at once, to take no longer than one. */
static int hold_talks(void **state)
{
    (void)state;
    FILE *recognisers[NETWORKS];
    if (!mkdtemp(folder) || read_voice())
        return -1;
    void *loop = rtc_loop_new();
    size_t frames = voice.samples / MEDIA_FRAME_SAMPLES;
    for (size_t i = 0; i < NETWORKS; i++) {
        struct call *call = &talks[i].call;
        call_open_in(call, loop, true);
        call_connect(call, &call->a);
        call->random = i + 1;
        call->loss_percent = networks[i].loss_percent;
        call->jitter_us = networks[i].jitter_us;
        call->delay_us = networks[i].jitter_us ? DELAY_US : 0;
    }
    for (size_t i = 0; i < NETWORKS; i++)
        talk_begin(&talks[i], &voice, frames, PHASE_US);
    assert_true(call_until(&talks[0].call, all_are_over, PATIENCE_MS));
    for (size_t i = 0; i < NETWORKS; i++) {
        take_result(i);
        recognisers[i] = recognise(&talks[i].lee, networks[i].name);
    }
    for (size_t i = 0; i < NETWORKS; i++) {
        size_t len = fread(results[i].words, 1, WORDS_SIZE - 1, recognisers[i]);
        results[i].words[len] = '\0';
        pclose(recognisers[i]);
        talk_close(&talks[i]);
    }
    rtc_loop_free(loop);
    return 0;
}

static int clean_up(void **state)
{
    (void)state;
    mem_free(voice.pcm);
    return folder_remove(folder);
}

/* ---- what came of it ---- */

static double percent(uint64_t part, uint64_t whole)
{
    return whole ? 100 * (double)part / (double)whole : 0;
}

static void what_is_lost_is_mostly_recovered_and_little_is_concealed(void **state)
{
    (void)state;
    for (size_t i = 0; i < NETWORKS; i++) {
        const struct jitter_stats *jitter = &results[i].jitter;
        const struct peer_stats *peer = &results[i].peer;
        uint64_t frames =
            jitter->frames_played + jitter->frames_concealed + jitter->frames_recovered;
        double lost = percent(peer->packets_lost, peer->packets_lost + peer->packets_received);
        double concealed = percent(jitter->frames_concealed, frames);
        print_message("%s: lost %.1f %%, recovered %.1f %%, concealed %.1f %%\n", networks[i].name,
                      lost, percent(jitter->frames_recovered, frames), concealed);
        assert_true(lost >= networks[i].lost_percent_min);
        assert_true(concealed <= networks[i].concealed_percent);
    }
}

static void what_nothing_is_known_of_leaves_no_hole(void **state)
{
    (void)state;
    for (size_t i = 0; i < NETWORKS; i++) {
        print_message("%s: %d holes\n", networks[i].name, results[i].holes);
        assert_int_equal(results[i].holes, 0);
    }
}

/* What arrives last needs twice the jitter more than what arrives first, FEC a frame more. */
static void the_delay_added_is_what_jitter_and_fec_need(void **state)
{
    (void)state;
    for (size_t i = LOSS_5; i < NETWORKS; i++) {
        double added_ms = results[i].lag_ms - results[CLEAN].lag_ms - DELAY_US / 1000.0;
        print_message("%s: heard after %.1f ms, %.1f more than the way took and the clean one; "
                      "in the buffer %.1f ms, target %.1f ms\n",
                      networks[i].name, results[i].lag_ms, added_ms, results[i].wait_ms,
                      results[i].jitter.delay_target_ms);
        assert_true(added_ms <= networks[i].added_ms);
        assert_true(results[i].wait_ms <= networks[i].added_ms + MEDIA_FRAME_MS);
    }
}

static void the_recogniser_hears_the_words_that_it_hears_on_a_clean_path(void **state)
{
    (void)state;
    char plain[sizeof text];
    size_t len = 0;
    for (const char *at = text; *at; at++)
        if (*at == ' ' || isalpha((unsigned char)*at))
            plain[len++] = (char)tolower((unsigned char)*at);
    plain[len] = '\0';
    double clean = wrong_percent(plain, results[CLEAN].words);
    print_message("clean, against the text: %.1f %% wrong: %s", clean, results[CLEAN].words);
    assert_true(clean <= 20);
    for (size_t i = LOSS_5; i < NETWORKS; i++) {
        double wrong = wrong_percent(results[CLEAN].words, results[i].words);
        print_message("%s: %.1f %% wrong: %s", networks[i].name, wrong, results[i].words);
        assert_true(wrong <= networks[i].wrong_percent);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_lost_is_mostly_recovered_and_little_is_concealed),
        cmocka_unit_test(what_nothing_is_known_of_leaves_no_hole),
        cmocka_unit_test(the_delay_added_is_what_jitter_and_fec_need),
        cmocka_unit_test(the_recogniser_hears_the_words_that_it_hears_on_a_clean_path),
    };
    return cmocka_run_group_tests_name("voice_loss", tests, hold_talks, clean_up);
}

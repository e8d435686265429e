/* Plays a debate in which each of three says something in turn, and looks for the words of each in
 * what the others heard: the same envelope, in the right order, without much delay. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/folder_testing.h"
#include "base/mem.h"
#include "media/sound_file.h"

enum {
    HOP_SAMPLES = 240, /* 5 ms: how finely places are found */
    WINDOW_HOPS = 6,   /* 30 ms: an envelope follows syllables, not the voice's own waves */
    SPEAKERS = 3,
    DELAY_MAX_MS = 200
};

#define CORRELATION_MIN 0.9

static const char *const names[SPEAKERS] = {"kim", "lee", "park"};
static char folder[] = "/tmp/debate-heard-XXXXXX";

struct envelope {
    double *values;
    size_t count;
};

/* What a speaker is to have said; earlier ones stand first. */
struct utterance {
    int speaker;
    const char *sound;
};

static const struct utterance script[] = {
    {2, "testdata/speech/park-3.opus"},
    {0, "testdata/speech/kim-2.opus"},
    {1, "testdata/speech/lee-2.opus"},
};
enum { UTTERANCES = sizeof script / sizeof *script };

static struct envelope read_envelope(const char *path)
{
    int16_t *pcm;
    size_t samples;
    if (sound_file_read(path, &pcm, &samples))
        fail_msg("%s: cannot be read", path);
    struct envelope envelope = {.count = samples / HOP_SAMPLES};
    envelope.values = mem_zalloc((envelope.count + 1) * sizeof *envelope.values);
    for (size_t i = 0; i < envelope.count; i++) {
        double energy = 0;
        size_t end = (i + WINDOW_HOPS) * HOP_SAMPLES;
        for (size_t s = i * HOP_SAMPLES; s < end && s < samples; s++)
            energy += (double)pcm[s] * pcm[s];
        envelope.values[i] = sqrt(energy / (HOP_SAMPLES * WINDOW_HOPS));
    }
    mem_free(pcm);
    return envelope;
}

/* Pearson's correlation of a piece with what stands at `at` of the whole. */
static double correlate(const struct envelope *piece, const struct envelope *whole, size_t at)
{
    double sum_a = 0, sum_b = 0, sum_aa = 0, sum_bb = 0, sum_ab = 0, n = (double)piece->count;
    for (size_t i = 0; i < piece->count; i++) {
        double a = piece->values[i], b = whole->values[at + i];
        sum_a += a;
        sum_b += b;
        sum_aa += a * a;
        sum_bb += b * b;
        sum_ab += a * b;
    }
    double spread = (sum_aa - sum_a * sum_a / n) * (sum_bb - sum_b * sum_b / n);
    return spread > 0 ? (sum_ab - sum_a * sum_b / n) / sqrt(spread) : 0;
}

/* Where the piece fits best, in milliseconds, and how well. */
static double find(const struct envelope *piece, const struct envelope *whole, double *at_ms)
{
    double best = -1;
    *at_ms = -1;
    for (size_t at = 0; at + piece->count <= whole->count; at++) {
        double correlation = correlate(piece, whole, at);
        if (correlation > best) {
            best = correlation;
            *at_ms = (double)at * HOP_SAMPLES / (MEDIA_RATE_HZ / 1000);
        }
    }
    return best;
}

static struct envelope read_track(int role, const char *what)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s-%s.wav", folder, names[role], what);
    return read_envelope(path);
}

/* Whether `listener` heard the utterance, said at said_ms, from that very speaker and in the mix.
 * *heard_ms is where in the mix. */
static bool was_heard(const struct utterance *utterance, int listener, double *heard_ms)
{
    char what[32];
    double said_ms, alone_ms;
    snprintf(what, sizeof what, "heard-%s", names[utterance->speaker]);
    struct envelope words = read_envelope(utterance->sound);
    struct envelope said = read_track(utterance->speaker, "said");
    struct envelope mix = read_track(listener, "heard");
    struct envelope alone = read_track(listener, what);
    double in_said = find(&words, &said, &said_ms);
    double in_mix = find(&words, &mix, heard_ms);
    double in_alone = find(&words, &alone, &alone_ms);
    double delay_ms = *heard_ms - said_ms;
    print_message("%s to %s: correlation %.3f (alone %.3f), delay %.0f ms\n",
                  names[utterance->speaker], names[listener], in_mix, in_alone, delay_ms);
    mem_free(words.values);
    mem_free(said.values);
    mem_free(mix.values);
    mem_free(alone.values);
    return in_said > CORRELATION_MIN && in_mix > CORRELATION_MIN && in_alone > CORRELATION_MIN &&
           delay_ms >= 0 && delay_ms < DELAY_MAX_MS &&
           fabs(*heard_ms - alone_ms) < 2 * MEDIA_FRAME_MS;
}

/* Whether everybody heard all of the others, in this order. */
static bool all_heard(const struct utterance *utterances)
{
    bool all = true;
    for (int listener = 0; listener < SPEAKERS; listener++) {
        double last_ms = -1;
        for (int i = 0; i < UTTERANCES; i++) {
            double heard_ms;
            if (utterances[i].speaker == listener)
                continue;
            all = was_heard(&utterances[i], listener, &heard_ms) && all;
            all = all && heard_ms > last_ms;
            last_ms = heard_ms;
        }
    }
    return all;
}

static void each_hears_the_words_of_the_others_in_order(void **state)
{
    (void)state;
    assert_true(all_heard(script));
}

static void with_the_speakers_swapped_it_fails(void **state)
{
    (void)state;
    struct utterance swapped[UTTERANCES];
    for (int a = 0; a < UTTERANCES; a++) {
        int b = (a + 1) % UTTERANCES;
        memcpy(swapped, script, sizeof script);
        swapped[a].speaker = script[b].speaker;
        swapped[b].speaker = script[a].speaker;
        assert_false(all_heard(swapped));
    }
}

static void in_another_order_it_fails(void **state)
{
    (void)state;
    struct utterance turned[UTTERANCES];
    for (int i = 0; i < UTTERANCES; i++)
        turned[i] = script[UTTERANCES - 1 - i];
    assert_false(all_heard(turned));
}

/* The recordings hold the same words, from the start on. */
static void each_recording_holds_its_own_words(void **state)
{
    (void)state;
    for (int i = 0; i < UTTERANCES; i++) {
        char path[256];
        double said_ms, recorded_ms;
        int speaker = script[i].speaker;
        snprintf(path, sizeof path, "%s/%s.opus", folder, names[speaker]);
        struct envelope words = read_envelope(script[i].sound);
        struct envelope said = read_track(speaker, "said");
        struct envelope recorded = read_envelope(path);
        assert_true(find(&words, &said, &said_ms) > CORRELATION_MIN);
        assert_true(find(&words, &recorded, &recorded_ms) > CORRELATION_MIN);
        assert_true(fabs(recorded_ms - said_ms) < 3 * MEDIA_FRAME_MS);
        mem_free(words.values);
        mem_free(said.values);
        mem_free(recorded.values);
    }
}

static int hold_the_debate(void **state)
{
    (void)state;
    const char *program = getenv("DEBATE_BIN");
    if (!program || !mkdtemp(folder))
        return -1;
    pid_t child = fork();
    if (child == 0) {
        execl(program, program, "bot", "testdata/scenarios/hear-each-other.debate", "--with-server",
              "--output", folder, (char *)NULL);
        _exit(127);
    }
    int status = -1;
    if (child < 0 || waitpid(child, &status, 0) != child)
        return -1;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

static int clean_up(void **state)
{
    (void)state;
    return folder_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_hears_the_words_of_the_others_in_order),
        cmocka_unit_test(with_the_speakers_swapped_it_fails),
        cmocka_unit_test(in_another_order_it_fails),
        cmocka_unit_test(each_recording_holds_its_own_words),
    };
    return cmocka_run_group_tests(tests, hold_the_debate, clean_up);
}

/* A debate of one speaker with six pieces, and a service that can tell which it hears: what tests
 * of transcripts by services share. cmocka's headers come first. */
#ifndef DEBATE_ANALYSIS_TRANSCRIPT_SERVICE_TESTING_H
#define DEBATE_ANALYSIS_TRANSCRIPT_SERVICE_TESTING_H

#include <time.h>

#include "analysis/service_testing.h"
#include "analysis/transcript_testing.h"
#include "base/folder_testing.h"

enum { PIECES = 6, SAMPLES = PIECES * 1000 * TRACK_SAMPLES_MS };

static const char key[] = "sk-test-0123456789abcdef/+";

struct test_sound test_sounds[8];
static int16_t sound[SAMPLES];
static struct fake_service fake;
static char folder[32], answers[64], why[SERVICE_WHY_SIZE];
static unsigned asked[PIECES];
static int64_t asked_at_ms[32];

static const struct debate_page pages[] = {{1, 0, 2900}, {2, 2900, 10000}};
static char title[] = "Libraries on Sunday";
static struct page agenda_pages[] = {{.title = title}, {.title = title}};
static struct agenda agenda = {.title = title, .page_count = 2, .pages = agenda_pages};
static const struct debate debate = {.agenda = &agenda, .pages = pages, .page_count = 2};
static const struct track tracks[] = {{.participant = 1, .recording = 0, .path = "a"}};
static struct piece pieces[PIECES];
static const struct pieces all_pieces = {.pieces = pieces, .count = PIECES};
static struct service service;
static struct transcript_request request;

static inline int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Which piece the sound in a WAV body is of: each is a constant of its own number. */
static inline size_t piece_of(const struct fake_request *asking)
{
    const char *wav = memmem(asking->body, asking->body_len, "WAVEfmt ", 8);
    if (!wav)
        return 0;
    const uint8_t *middle = (const uint8_t *)wav + 36 + 2 * 8000; /* 0.5 s in: speech */
    int level = (int16_t)(middle[0] | middle[1] << 8);
    return (size_t)(level + 500) / 1000 - 1;
}

static inline void say(struct fake_answer *answer, size_t piece)
{
    snprintf(answer->body, sizeof answer->body,
             "{\"text\":\" said %zu\",\"language\":\"english\",\"segments\":[{\"start\":0.0,"
             "\"end\":99.0,\"text\":\" said %zu\",\"avg_logprob\":-0.2,\"no_speech_prob\":0.01}],"
             "\"words\":[{\"word\":\" said\",\"start\":0.3,\"end\":0.5},"
             "{\"word\":\"%zu\",\"start\":0.5,\"end\":99.0}]}",
             piece, piece, piece);
}

static inline void say_error(struct fake_answer *answer, int status, const char *message)
{
    answer->status = status;
    snprintf(answer->body, sizeof answer->body, "{\"error\":{\"message\":\"%s\"}}", message);
}

/* Refuses Ogg, as whisper.cpp does without ffmpeg, and says what each piece says. */
static inline void listen_wav(const struct fake_request *asking, struct fake_answer *answer)
{
    asked_at_ms[asking->number % 32] = now_ms();
    if (!fake_body_has(asking, "WAVEfmt ")) {
        say_error(answer, 400, "cannot decode");
        return;
    }
    size_t piece = piece_of(asking);
    if (piece < PIECES)
        asked[piece]++;
    say(answer, piece);
}

static inline int begin(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAMPLES; i++)
        sound[i] = (int16_t)((i / (1000 * TRACK_SAMPLES_MS) + 1) * 1000);
    test_sounds[0] = (struct test_sound){sound, SAMPLES};
    for (size_t i = 0; i < PIECES; i++)
        pieces[i] = (struct piece){.participant = 1,
                                   .from_ms = 1000.0 * (double)i + 200,
                                   .to_ms = 1000.0 * (double)i + 800};
    snprintf(folder, sizeof folder, "/tmp/transcript-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    snprintf(answers, sizeof answers, "%s/answers", folder);
    memset(asked, 0, sizeof asked);
    service = (struct service){.key = key, .at_once = 1, .first_delay_ms = 1, .timeout_ms = 5000};
    request = (struct transcript_request){.debate = &debate,
                                          .tracks = tracks,
                                          .track_count = 1,
                                          .pieces = &all_pieces,
                                          .service = &service,
                                          .language = "en",
                                          .answers = answers};
    why[0] = '\0';
    return 0;
}

static inline int end(void **state)
{
    (void)state;
    return folder_remove(folder);
}

static inline enum err run(void (*script)(const struct fake_request *, struct fake_answer *),
                           struct transcript_set **out)
{
    *out = NULL;
    fake_start(&fake, script);
    service.base = fake.base;
    enum err e = transcript_make(&request, out, why, sizeof why);
    fake_stop(&fake);
    return e;
}

/* All pieces have their words, each its own. */
static inline void holds_all(const struct transcript_set *set)
{
    const struct transcript *transcript = transcript_of(set);
    assert_int_equal(transcript->turn_count, PIECES);
    for (size_t i = 0; i < PIECES; i++) {
        char text[16];
        snprintf(text, sizeof text, "said %zu", i);
        assert_string_equal(transcript->turns[i].text, text);
        assert_int_equal(transcript->turns[i].piece, i);
    }
    assert_null(transcript->missing);
}

#endif

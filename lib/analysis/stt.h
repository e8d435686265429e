/* How a speech-to-text service is asked over OpenAI's HTTP shape, and what its answers say. Pure;
 * any thread.
 *
 *     POST {base}/audio/transcriptions   file, model, language, prompt, response_format,
 *                                        temperature, timestamp_granularities[]
 *     {text, segments: [{start, end, text, avg_logprob, no_speech_prob, words?}], words?}
 */
#ifndef DEBATE_ANALYSIS_STT_H
#define DEBATE_ANALYSIS_STT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

enum { STT_TYPE_SIZE = 128, STT_RATE_HZ = 16000 };

/* How the service wants to be asked: begins as zeroes, and becomes another way each time that it
 * answers 400 or 415. */
struct stt_way {
    bool wav;   /* otherwise Ogg Opus */
    bool plain; /* `json`, without times; otherwise `verbose_json` with words */
};

/* The next way after a refusal in these words. false: there is none. */
bool stt_other_way(const struct stt_way *refused, const char *answer, struct stt_way *next);

struct stt_question {
    const char *model;
    const char *language; /* NULL: not named */
    const char *prompt;   /* what is spoken about; NULL: none */
    const int16_t *pcm;   /* mono at STT_RATE_HZ, all that recognisers listen to */
    size_t samples;
};

/* Appends the request's body (multipart/form-data, RFC 7578) and writes its type. ERR_IO with
 * errno, ERR_FULL, ERR_NO_MEMORY. */
enum err stt_body(const struct stt_question *question, const struct stt_way *way, struct buf *body,
                  char type[STT_TYPE_SIZE]) MUST_CHECK;

struct stt_word {
    double from_ms, to_ms; /* in the clip */
    size_t text;           /* where it begins in `texts` */
};

struct stt_heard {
    char *text;  /* white space is one space, none at the ends; empty: nothing was said */
    char *texts; /* of the words, each with its NUL */
    struct stt_word *words;
    size_t word_count;
    bool invented; /* something was left out that was taken for an invention */
};

/* Reads an answer about a clip of that length. Times beyond it are clamped, and what is not of the
 * type that it should be is as if it weren't there, but `text` or `segments` must be. Left out are
 *   - segments with no_speech_prob above 0.6 and avg_logprob below -1 (the thresholds of Whisper's
 *     own transcribe()),
 *   - repetition loops (stt_is_loop), in one segment or over the same segment three times,
 *   - an answer that repeats the prompt and nothing else.
 * ERR_CORRUPT when it is no such answer, ERR_NO_MEMORY. */
enum err stt_read(const char *answer, size_t len, double clip_ms, const char *prompt,
                  struct stt_heard *out) MUST_CHECK;
void stt_heard_release(struct stt_heard *heard);

/* The text is mostly one thing said over and over, as Whisper does when it has lost its way: a part
 * of it stands there five times in a row and fills over half of 30 or more characters. */
bool stt_is_loop(const char *text);

#endif

#include "analysis/stt.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "proto/json_reader.h"

enum {
    TEXT_MAX = 256 * 1024,
    LOOP_TIMES = 5,
    LOOP_CHARS = 30,
    LOOP_PART_MAX = 400, /* bytes */
    SAME_SEGMENTS = 3,
    SEGMENTS_MAX = 1000,
};

/* openai/whisper, transcribe.py: no_speech_threshold and logprob_threshold. */
#define NO_SPEECH_MAX 0.6
#define LOGPROB_MIN   (-1.0)

bool stt_is_loop(const char *text)
{
    size_t len = strlen(text);
    if (utf8_length(text) < LOOP_CHARS)
        return false;
    for (size_t part = 1; part <= LOOP_PART_MAX && part * LOOP_TIMES <= len + 1; part++) {
        size_t same = 0; /* bytes in a row that are what stands one part before them */
        for (size_t at = part; at < len; at++) {
            same = text[at] == text[at - part] ? same + 1 : 0;
            size_t filled = same + part;
            /* The last time nothing need come behind it. */
            if (filled + 1 >= part * LOOP_TIMES && filled * 2 > len && filled >= LOOP_CHARS)
                return true;
        }
    }
    return false;
}

static bool is_space(unsigned char c)
{
    return c <= 0x20 || c == 0x7f;
}

/* Appends with one space for any white space and control characters, and one before what follows
 * other text. */
static enum err append_plain(struct buf *out, const char *text)
{
    bool space = out->len > 0;
    enum err e = ERR_NONE;
    for (; !e && *text; text++) {
        if (is_space((unsigned char)*text)) {
            space = out->len > 0;
            continue;
        }
        if (space)
            e = buf_append(out, " ", 1);
        space = false;
        if (!e)
            e = buf_append(out, text, 1);
    }
    return e;
}

struct reading {
    double clip_ms;
    struct buf text, words_text;
    struct stt_heard *out;
    size_t word_room;
};

static double clamp(double ms, double from_ms, double to_ms)
{
    return ms < from_ms ? from_ms : ms > to_ms ? to_ms : ms;
}

/* NaN when it is not there. */
static double time_ms(const struct json *object, const char *name)
{
    return json_number(object, name, NAN) * 1000;
}

static enum err add_word(struct reading *reading, const struct json *word)
{
    struct stt_heard *out = reading->out;
    const char *text = json_string(word, "word");
    text = text ? text : json_string(word, "text");
    double from_ms = time_ms(word, "start"), to_ms = time_ms(word, "end");
    if (!text || isnan(from_ms) || isnan(to_ms))
        return ERR_NONE;
    struct buf plain;
    buf_init(&plain, TEXT_MAX);
    enum err e = append_plain(&plain, text);
    if (e || !plain.len)
        goto out;
    if (out->word_count == reading->word_room) {
        size_t room = reading->word_room ? reading->word_room * 2 : 64;
        struct stt_word *more = mem_realloc(out->words, room * sizeof *more);
        e = more ? ERR_NONE : ERR_NO_MEMORY;
        if (e)
            goto out;
        out->words = more;
        reading->word_room = room;
    }
    struct stt_word *last = out->word_count ? &out->words[out->word_count - 1] : NULL;
    from_ms = clamp(from_ms, last ? last->from_ms : 0, reading->clip_ms);
    out->words[out->word_count] = (struct stt_word){
        .from_ms = from_ms,
        .to_ms = clamp(to_ms, from_ms, reading->clip_ms),
        .text = reading->words_text.len,
    };
    e = buf_append(&reading->words_text, plain.data, plain.len + 1);
    out->word_count += !e;
out:
    buf_release(&plain);
    return e;
}

static bool is_silence(const struct json *segment)
{
    return json_number(segment, "no_speech_prob", 0) > NO_SPEECH_MAX &&
           json_number(segment, "avg_logprob", 0) < LOGPROB_MIN;
}

/* The same words in this segment and its neighbours, three times or more. */
static bool is_repeated(const struct json *segments, size_t index)
{
    const char *text = json_string(json_item(segments, index), "text");
    size_t from = index, to = index;
    const char *other;
    while (from > 0 && (other = json_string(json_item(segments, from - 1), "text")) &&
           strcmp(other, text) == 0)
        from--;
    while ((other = json_string(json_item(segments, to + 1), "text")) && strcmp(other, text) == 0)
        to++;
    return to - from + 1 >= SAME_SEGMENTS;
}

/* `top`: words that stand at the top level, taken for the segment in which they begin. */
static enum err add_words(struct reading *reading, const struct json *words, double from_ms,
                          double to_ms)
{
    enum err e = ERR_NONE;
    for (const struct json *word = json_first(words); !e && word; word = json_next(word)) {
        double at_ms = time_ms(word, "start");
        if (at_ms >= from_ms && at_ms < to_ms)
            e = add_word(reading, word);
    }
    return e;
}

static enum err read_segments(struct reading *reading, const struct json *answer,
                              const struct json *segments)
{
    const struct json *top = json_member(answer, "words");
    enum err e = ERR_NONE;
    double from_ms = -INFINITY;
    size_t index = 0;
    for (const struct json *segment = json_first(segments); !e && segment;
         segment = json_next(segment), index++) {
        const char *text = json_string(segment, "text");
        const struct json *next = json_next(segment), *own = json_member(segment, "words");
        double next_ms = next ? time_ms(next, "start") : INFINITY;
        if (isnan(next_ms) || next_ms < from_ms)
            next_ms = from_ms;
        if (!text) {
            from_ms = next_ms;
            continue;
        }
        if (is_silence(segment) || stt_is_loop(text) || is_repeated(segments, index)) {
            reading->out->invented = true;
        } else {
            e = append_plain(&reading->text, text);
            if (!e)
                e = json_count(own) ? add_words(reading, own, -INFINITY, INFINITY)
                                    : add_words(reading, top, from_ms, next_ms);
        }
        from_ms = next_ms;
    }
    return e;
}

static enum err read_answer(struct reading *reading, const struct json *answer, const char *prompt)
{
    const struct json *segments = json_member(answer, "segments");
    const char *text = json_string(answer, "text");
    enum err e = ERR_NONE;
    bool has_segments = json_string(json_item(segments, 0), "text") != NULL;
    if ((!text && !has_segments) || json_count(segments) > SEGMENTS_MAX)
        return ERR_CORRUPT;
    if (has_segments) {
        e = read_segments(reading, answer, segments);
    } else {
        e = append_plain(&reading->text, text);
        if (!e)
            e = add_words(reading, json_member(answer, "words"), -INFINITY, INFINITY);
    }
    if (e || !reading->text.len)
        return e;
    if (stt_is_loop(reading->text.data) || (prompt && strcmp(reading->text.data, prompt) == 0)) {
        reading->out->invented = true;
        reading->out->word_count = 0;
        buf_clear(&reading->text);
    }
    return ERR_NONE;
}

enum err stt_read(const char *answer, size_t len, double clip_ms, const char *prompt,
                  struct stt_heard *out)
{
    struct json *json = NULL;
    *out = (struct stt_heard){0};
    enum err e = json_read(answer, len, &json);
    if (e)
        return e == ERR_NO_MEMORY ? e : ERR_CORRUPT;
    struct reading reading = {.clip_ms = clip_ms, .out = out};
    buf_init(&reading.text, TEXT_MAX);
    buf_init(&reading.words_text, TEXT_MAX);
    e = read_answer(&reading, json, prompt);
    if (!e) {
        out->text = reading.text.len ? buf_take(&reading.text) : mem_strdup("");
        out->texts = reading.words_text.len ? buf_take(&reading.words_text) : NULL;
        e = out->text ? ERR_NONE : ERR_NO_MEMORY;
    }
    buf_release(&reading.text);
    buf_release(&reading.words_text);
    json_free(json);
    if (e)
        stt_heard_release(out);
    return e == ERR_FULL ? ERR_CORRUPT : e;
}

void stt_heard_release(struct stt_heard *heard)
{
    mem_free(heard->text);
    mem_free(heard->texts);
    mem_free(heard->words);
    *heard = (struct stt_heard){0};
}

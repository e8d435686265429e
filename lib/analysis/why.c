#include "analysis/why.h"

#include <stdio.h>
#include <string.h>

enum { WHY_PARTS = 3, WHY_LANGS = LANG_KO + 1 };

static const char *const sentences[WHYS][WHY_LANGS] = {
    [WHY_NOT_ARRIVED] = {"it has not arrived", "아직 도착하지 않았습니다"},
    [WHY_GONE] = {"it arrived, but is not there any more", "도착했지만 지금은 없습니다"},
    [WHY_NO_OPUS] = {"it is no Ogg Opus and no WebM that can be read",
                     "읽을 수 있는 Ogg Opus나 WebM이 아닙니다"},
    [WHY_NO_SOUND] = {"it has no sound", "소리가 들어 있지 않습니다"},
    [WHY_LANGUAGE_UNKNOWN] =
        {"no service for speech to text is set, and the built-in recogniser, which knows English "
         "alone, was not told the language",
         "음성 인식 서비스가 정해지지 않았고, 영어만 아는 내장 인식기는 토론의 언어를 듣지 "
         "못했습니다"},
    [WHY_ENGLISH_ALONE] = {"no service for speech to text is set, and the built-in recogniser "
                           "knows English alone, not {1}",
                           "음성 인식 서비스가 정해지지 않았고, 내장 인식기는 영어만 알아 이 "
                           "언어({1})를 받아쓰지 못합니다"},
    [WHY_NO_RECOGNISER] =
        {"no service for speech to text is set, and the built-in recogniser is not there: {1}",
         "음성 인식 서비스가 정해지지 않았고, 내장 인식기가 없습니다: {1}"},
    [WHY_DOES_NOT_START] = {"the recogniser {1} does not start: {2}",
                            "인식기 {1}이(가) 시작되지 않습니다: {2}"},
    [WHY_CRASHED] = {"the recogniser crashed ({1})", "인식기가 비정상 종료했습니다({1})"},
    [WHY_NO_WORDS] = {"the recogniser has no model: install pocketsphinx-en-us",
                      "인식기의 모델이 없습니다. pocketsphinx-en-us를 설치하세요"},
    [WHY_ENDED] = {"the recogniser ended with status {1}", "인식기가 상태 {1}(으)로 끝났습니다"},
    [WHY_HUNG] = {"the recogniser hung for {1} s and was ended",
                  "인식기가 {1}초 동안 응답하지 않아 중단했습니다"},
    [WHY_SAID_NONSENSE] = {"the recogniser said what cannot be read",
                           "인식기의 답을 읽을 수 없습니다"},
    [WHY_PIECE_UNREADABLE] = {"the sound of a piece cannot be read",
                              "말소리 한 구간의 소리를 읽을 수 없습니다"},
    [WHY_PIECE_UNANSWERED] = {"{1} gave no answer for a piece ({2})",
                              "{1}에서 말소리 한 구간의 답이 오지 않았습니다({2})"},
    [WHY_NO_MODEL] = {"no language model is set", "언어 모델이 정해지지 않았습니다"},
    [WHY_NO_TRANSCRIPT] = {"there is no transcript", "녹취록이 없습니다"},
    [WHY_NOBODY_SPOKE] = {"nobody said anything", "아무도 말하지 않았습니다"},
    [WHY_PART_UNANSWERED] = {"{1} gave no answer for part {2} ({3})",
                             "{1}에서 {2} 부분의 답이 오지 않았습니다({3})"},
    [WHY_OF] = {"p{1}: {2}", "p{1}: {2}"},
};

/* Where the next part begins, and which it is; the end of the text: none. */
static const char *next_part(const char *template, size_t *part)
{
    const char *brace = strchr(template, '{');
    *part = brace ? (size_t)(brace[1] - '1') : WHY_PARTS;
    return brace ? brace : template + strlen(template);
}

static void fill(const char *template, const char *const parts[WHY_PARTS], char *out, size_t size)
{
    size_t part, len = 0;
    out[0] = '\0';
    while (*template && len < size) {
        const char *end = next_part(template, &part);
        int added = snprintf(out + len, size - len, "%.*s%s", (int)(end - template), template,
                             part < WHY_PARTS && parts[part] ? parts[part] : "");
        len += added > 0 ? (size_t)added : 0;
        template = part < WHY_PARTS ? end + strlen("{1}") : end;
    }
}

void why_say(char *out, size_t size, enum why why, const char *first, const char *second,
             const char *third)
{
    fill(sentences[why][LANG_EN], (const char *const[]){first, second, third}, out, size);
}

/* Whether a text is this sentence; its parts, cut to their size. A part goes up to where the words
 * after it come first, or to the end where none do. */
static bool match(const char *template, const char *text, char parts[WHY_PARTS][WHY_SIZE])
{
    for (;;) {
        size_t part, next;
        const char *end = next_part(template, &part);
        size_t len = (size_t)(end - template);
        if (strncmp(text, template, len) != 0)
            return false;
        text += len;
        if (part == WHY_PARTS)
            return *text == '\0';
        template = end + strlen("{1}");
        end = next_part(template, &next);
        len = (size_t)(end - template);
        const char *after = text + strlen(text);
        if (next == WHY_PARTS && len) /* the last words end the text */
            after = (size_t)(after - text) >= len ? after - len : NULL;
        else if (len)
            after = memmem(text, strlen(text), template, len);
        if (!after)
            return false;
        snprintf(parts[part], WHY_SIZE, "%.*s", (int)(after - text), text);
        text = after;
    }
}

void why_translate(const char *text, enum lang lang, char *out, size_t size)
{
    char parts[WHY_PARTS][WHY_SIZE] = {"", "", ""}, inner[WHY_SIZE];
    for (int why = 0; lang != LANG_EN && why < WHYS; why++) {
        if (!match(sentences[why][LANG_EN], text, parts))
            continue;
        const char *second = parts[1];
        if (why == WHY_OF) {
            why_translate(parts[1], lang, inner, sizeof inner);
            second = inner;
        }
        fill(sentences[why][lang], (const char *const[]){parts[0], second, parts[2]}, out, size);
        return;
    }
    snprintf(out, size, "%s", text);
}

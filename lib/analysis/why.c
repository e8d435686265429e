#include "analysis/why.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"

enum { WHY_PARTS = 3, WHY_LANGS = LANG_KO + 1 };

static const struct {
    const char *code;
    const char *sentence[WHY_LANGS];
} table[WHYS] = {
    [WHY_NOT_ARRIVED] = {"not_arrived", {"it has not arrived", "아직 도착하지 않았습니다"}},
    [WHY_GONE] = {"gone", {"it arrived, but is not there any more", "도착했지만 지금은 없습니다"}},
    [WHY_NO_OPUS] = {"no_opus",
                     {"it is no Ogg Opus and no WebM that can be read",
                      "읽을 수 있는 Ogg Opus나 WebM이 아닙니다"}},
    [WHY_NO_SOUND] = {"no_sound", {"it has no sound", "소리가 들어 있지 않습니다"}},
    [WHY_LANGUAGE_UNKNOWN] =
        {"language_unknown",
         {"no service for speech to text is set, and the built-in recogniser, which knows English "
          "alone, was not told the language",
          "음성 인식 서비스가 정해지지 않았고, 영어만 아는 내장 인식기는 토론의 언어를 듣지 "
          "못했습니다"}},
    [WHY_ENGLISH_ALONE] = {"english_alone",
                           {"no service for speech to text is set, and the built-in recogniser "
                            "knows English alone, not {1}",
                            "음성 인식 서비스가 정해지지 않았고, 내장 인식기는 영어만 알아 이 "
                            "언어({1})를 받아쓰지 못합니다"}},
    [WHY_NO_RECOGNISER] =
        {"no_recogniser",
         {"no service for speech to text is set, and the built-in recogniser is not there: {1}",
          "음성 인식 서비스가 정해지지 않았고, 내장 인식기가 없습니다: {1}"}},
    [WHY_DOES_NOT_START] = {"does_not_start",
                            {"the recogniser {1} does not start: {2}",
                             "인식기 {1}이(가) 시작되지 않습니다: {2}"}},
    [WHY_CRASHED] = {"crashed",
                     {"the recogniser crashed ({1})", "인식기가 비정상 종료했습니다({1})"}},
    [WHY_NO_ACOUSTIC_MODEL] = {"no_acoustic_model",
                               {"the recogniser has no model: install pocketsphinx-en-us",
                                "인식기의 모델이 없습니다. pocketsphinx-en-us를 설치하세요"}},
    [WHY_ENDED] = {"ended",
                   {"the recogniser ended with status {1}", "인식기가 상태 {1}(으)로 끝났습니다"}},
    [WHY_HUNG] = {"hung",
                  {"the recogniser hung for {1} s and was ended",
                   "인식기가 {1}초 동안 응답하지 않아 중단했습니다"}},
    [WHY_SAID_NONSENSE] = {"said_nonsense",
                           {"the recogniser said what cannot be read",
                            "인식기의 답을 읽을 수 없습니다"}},
    [WHY_PIECE_UNREADABLE] = {"piece_unreadable",
                              {"the sound of a piece cannot be read",
                               "말소리 한 구간의 소리를 읽을 수 없습니다"}},
    [WHY_PIECE_UNANSWERED] = {"piece_unanswered",
                              {"{1} gave no answer for a piece ({2})",
                               "{1}에서 말소리 한 구간의 답이 오지 않았습니다({2})"}},
    [WHY_NO_MODEL] = {"no_model", {"no language model is set", "언어 모델이 정해지지 않았습니다"}},
    [WHY_NO_TRANSCRIPT] = {"no_transcript", {"there is no transcript", "녹취록이 없습니다"}},
    [WHY_NOBODY_SPOKE] = {"nobody_spoke", {"nobody said anything", "아무도 말하지 않았습니다"}},
    [WHY_PART_UNANSWERED] = {"part_unanswered",
                             {"{1} gave no answer for part {2} ({3})",
                              "{1}에서 {2} 부분의 답이 오지 않았습니다({3})"}},
};

/* One that its code names; WHYS: none. */
static enum why find(const char *code)
{
    int why = 0;
    while (why < WHYS && strcmp(table[why].code, code) != 0)
        why++;
    return (enum why)why;
}

void why_note(char *out, size_t size, enum why why, const char *first, const char *second,
              const char *third)
{
    const char *const parts[WHY_PARTS] = {first, second, third};
    size_t len = (size_t)snprintf(out, size, "%s", table[why].code);
    for (size_t i = 0; i < WHY_PARTS && parts[i] && len < size; i++)
        len += (size_t)snprintf(out + len, size - len, "\n%s", parts[i]);
}

/* Puts each part in the place of its number. */
static void fill(const char *sentence, char *const parts[WHY_PARTS], char *out, size_t size)
{
    size_t len = 0;
    out[0] = '\0';
    while (*sentence && len < size) {
        size_t words = strcspn(sentence, "{");
        const char *part = words == 0 ? parts[sentence[1] - '1'] : NULL;
        int added = words ? snprintf(out + len, size - len, "%.*s", (int)words, sentence)
                          : snprintf(out + len, size - len, "%s", part ? part : "");
        len += (size_t)added;
        sentence += words ? words : strlen("{1}");
    }
}

void why_say(const char *note, enum lang lang, char *out, size_t size)
{
    char copy[WHY_SIZE], *rest = copy, *parts[WHY_PARTS];
    snprintf(copy, sizeof copy, "%s", note);
    const char *code = strsep(&rest, "\n");
    if (rest && participant_number(code)) {
        int len = snprintf(out, size, "%s: ", code);
        if ((size_t)len < size)
            why_say(rest, lang, out + len, size - (size_t)len);
        return;
    }
    enum why why = find(code);
    for (size_t i = 0; i < WHY_PARTS; i++)
        parts[i] = strsep(&rest, "\n");
    if (why == WHYS)
        snprintf(out, size, "%s", note);
    else
        fill(table[why].sentence[lang], parts, out, size);
}

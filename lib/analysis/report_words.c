#include "analysis/report_words.h"

enum { LANG_COUNT = LANG_KO + 1 };

static const char *const words[WORD_COUNT][LANG_COUNT] = {
    [WORD_TITLE] = {"Debate report", "토론 보고서"},
    [WORD_LANGUAGE] = {"en", "ko"},
    [WORD_ROOM] = {"Room {1}", "방 {1}"},
    [WORD_SESSION] = {"session {1}", "토론 {1}"},
    [WORD_NOT_STARTED] = {"This debate never started.", "이 토론은 시작되지 않았습니다."},
    [WORD_NOT_ENDED] = {"The debate had not ended when this was written.",
                        "이 보고서를 쓸 때 토론이 아직 끝나지 않았습니다."},
    [WORD_DRAFT] = {"Draft transcript: made by the embedded recogniser, which mishears many words. "
                    "Listen before you quote.",
                    "초안 녹취록: 내장 인식기가 만든 것으로, 잘못 들은 낱말이 많습니다. 인용하기 "
                    "전에 들어 보세요."},
    [WORD_DRAFT_SHORT] = {"draft", "초안"},
    [WORD_LENGTH] = {"Length", "길이"},
    [WORD_PEOPLE] = {"People", "참가자"},
    [WORD_PAGES] = {"Pages", "쪽"},
    [WORD_TURNS] = {"Turns", "발언"},
    [WORD_CHOICES] = {"Choices", "선택"},
    [WORD_INTERRUPTIONS] = {"Interruptions", "끼어들기"},
    [WORD_TIMELINE] = {"Who spoke when", "누가 언제 말했나"},
    [WORD_TIMELINE_HELP] =
        {"Each bar is a stretch of speech. Diamonds are choices; their numbers lead to the list of "
         "choices. Dashed lines are turns of the page. Triangles mark who came in on another: "
         "filled when that one stopped, empty when it was in vain. Where there is no lane, that "
         "person "
         "was away.",
         "막대는 말한 구간입니다. 마름모는 선택이며, 번호는 선택 목록의 번호입니다. 점선은 쪽이 "
         "넘어간 때입니다. 세모는 남의 말에 끼어든 곳입니다. 채워진 것은 상대가 멈춘 때, 빈 것은 "
         "멈추지 않은 때입니다. 줄이 끊긴 곳은 그 사람이 자리에 없던 때입니다."},
    [WORD_PICK] = {"Pick a bar or a time to hear it.", "막대나 시각을 누르면 들을 수 있습니다."},
    [WORD_NOBODY_SPOKE] = {"No speech was found in the recordings.",
                           "녹음에서 말소리를 찾지 못했습니다."},
    [WORD_TRANSCRIPT] = {"Transcript", "녹취록"},
    [WORD_NO_TRANSCRIPT] = {"There is no transcript: {1}", "녹취록이 없습니다: {1}"},
    [WORD_NOT_MADE] = {"it was not made", "만들지 않았습니다"},
    [WORD_ENGINE] = {"Made by {1}, model {2}, language {3}.",
                     "{1}(모델 {2}, 언어 {3})로 만들었습니다."},
    [WORD_ENGINE_ONLY] = {"Made by {1}.", "{1}(으)로 만들었습니다."},
    [WORD_PAGE] = {"Page {1}", "{1}쪽"},
    [WORD_CHOSE] = {"{1} chose “{2}”", "{1}: ‘{2}’ 선택"},
    [WORD_CHANGED] = {"{1} changed from “{2}” to “{3}”", "{1}: ‘{2}’에서 ‘{3}’(으)로 바꿈"},
    [WORD_CHOSE_HIDDEN] = {"{1} made a choice that was never revealed",
                           "{1}: 공개되지 않은 선택을 함"},
    [WORD_INTERRUPTS] = {"interrupts {1}", "{1}의 말을 끊음"},
    [WORD_ATTEMPTS] = {"tries to interrupt {1}", "{1}의 말을 끊으려 함"},
    [WORD_SHARES] = {"Who talked how much", "누가 얼마나 말했나"},
    [WORD_NAME] = {"Name", "이름"},
    [WORD_TALK] = {"Talk", "말한 시간"},
    [WORD_SHARE] = {"Share", "비율"},
    [WORD_RECORDED] = {"Recorded", "녹음된 시간"},
    [WORD_TURN_MEDIAN] = {"Median turn", "발언 길이(중앙값)"},
    [WORD_PAUSES] = {"Pauses in turns", "발언 중 멈춤"},
    [WORD_LATENCY] = {"Time to answer", "응답까지(중앙값)"},
    [WORD_INTERRUPTED] = {"Interrupted", "끊은 횟수"},
    [WORD_ATTEMPTED] = {"Tried in vain", "끊으려다 만 횟수"},
    [WORD_WAS_INTERRUPTED] = {"Was interrupted", "끊긴 횟수"},
    [WORD_BY_PAGE] = {"Talk by page", "쪽별 말한 시간"},
    [WORD_BALANCE_LINE] =
        {"Balance {1} (1: all talked alike, 0: one alone; entropy of the shares), Gini coefficient "
         "{2} (0: all alike).",
         "균형 {1}(1: 모두 똑같이, 0: 한 사람만, 비율의 엔트로피), 지니 계수 {2}(0: 모두 똑같이)."},
    [WORD_SILENCE_LINE] =
        {"Of those who were recorded, nobody spoke for {1}; two or more spoke at "
         "once for {2}.",
         "녹음된 사람 가운데 아무도 말하지 않은 시간 {1}, 둘 이상이 함께 말한 시간 {2}."},
    [WORD_DEFINITIONS] =
        {"How these are measured: a turn is one person’s speech, joined over silences of up to two "
         "seconds in which nobody else begins; the transcript shows the pieces of it that speech "
         "detection has cut. An interruption is somebody coming in while another speaks, after "
         "which that "
         "one stops; when who came in stops first, it was in vain. A short word while the other "
         "goes on is neither. The time to answer runs from another’s end to one’s own beginning. "
         "debate-measures(7) states the definitions with their sources.",
         "측정 방법: 발언은 한 사람의 말로, 그동안 다른 사람이 말을 시작하지 않은 2초 이하의 "
         "침묵은 이어진 것으로 봅니다. 녹취록은 음성 검출로 나눈 조각을 보여 줍니다. 다른 사람이 "
         "말하는 "
         "도중에 말을 시작하여 그 사람이 멈추면 끊은 것이고, 먼저 멈추면 끊으려다 만 것입니다. "
         "상대가 말을 이어 가는 동안의 짧은 맞장구는 세지 않습니다. 응답까지의 시간은 상대의 말이 "
         "끝난 때부터 자기 말을 시작한 때까지입니다. 정의와 출처는 debate-measures(7)에 있습니다."},
    [WORD_CHOICES_HELP] =
        {"What was being said in the minute before each choice was made or changed.",
         "각 선택을 하거나 바꾸기 전 1분 동안 오간 말입니다."},
    [WORD_NO_CHOICES] = {"Nobody chose.", "아무도 선택하지 않았습니다."},
    [WORD_MINUTE_SILENT] = {"Nobody who was recorded spoke in the minute before.",
                            "그 전 1분 동안 녹음된 사람은 아무도 말하지 않았습니다."},
    [WORD_ENDED_AFTER] = {"(ended after the choice)", "(선택한 뒤에 끝남)"},
    [WORD_FINDINGS] = {"What a language model found", "언어 모델이 찾은 것"},
    [WORD_FINDINGS_BY] = {"By {1}. Each finding stands on a quotation that a machine has found in "
                          "the transcript word for word; what it means is the model’s reading.",
                          "{1}의 분석입니다. 인용문이 녹취록에 글자 그대로 있는지 프로그램이 "
                          "확인했습니다. 그 뜻풀이는 모델의 것입니다."},
    [WORD_STRUCK] = {"{1} findings were struck out: their quotations are not in the transcript.",
                     "인용문이 녹취록에 없어 지운 항목: {1}개."},
    [WORD_POSITIONS] = {"Positions", "입장"},
    [WORD_ARGUMENTS] = {"Arguments", "논거"},
    [WORD_MOVEMENTS] = {"Where agreement moved", "생각이 움직인 곳"},
    [WORD_FOR] = {"for", "찬성"},
    [WORD_AGAINST] = {"against", "반대"},
    [WORD_SUMMARY] = {"Summary", "요약"},
    [WORD_PROOF] = {"Proof of the recordings", "녹음의 증명"},
    [WORD_START] = {"Start", "시작"},
    [WORD_START_HELP] =
        {"When each one’s debate really began, measured against the common start by their own "
         "clock.",
         "각자의 토론이 실제로 시작된 때를 자기 시계로 재어 공통 시작 시각과 비교한 것입니다."},
    [WORD_LATE] = {"Late by", "늦음"},
    [WORD_CLOCK_ERROR] = {"Clock known to", "시계 오차"},
    [WORD_NOT_REPORTED] = {"not reported", "보고되지 않음"},
    [WORD_SKEW] = {"Measured start skew, from the first to the last: {1}.",
                   "측정된 시작 시각의 차이(처음부터 끝까지): {1}."},
    [WORD_RECORDINGS] = {"Recordings", "녹음"},
    [WORD_NO_RECORDINGS] = {"Nothing was recorded.", "녹음한 것이 없습니다."},
    [WORD_FROM] = {"From", "시작"},
    [WORD_SAMPLES] = {"Samples at 48 kHz", "표본 수(48 kHz)"},
    [WORD_GAPS] = {"Gaps", "빈 곳"},
    [WORD_DRIFT] = {"Drift", "시계 어긋남"},
    [WORD_BYTES] = {"Bytes", "바이트"},
    [WORD_COMPLETE] = {"Complete", "완전함"},
    [WORD_YES] = {"yes", "예"},
    [WORD_NO] = {"no", "아니오"},
    [WORD_UNPROVEN] = {"not proven: no timeline came with it",
                       "증명 안 됨: 타임라인이 함께 오지 않음"},
    [WORD_GAPS_VALUE] = {"{1}, together {2}", "{1}곳, 모두 {2}"},
    [WORD_NONE] = {"none", "없음"},
    [WORD_MISSING] = {"What is missing, and why", "빠진 것과 그 이유"},
    [WORD_MISSING_RECORDING] = {"The recording {2} of {1}: {3}", "{1}의 녹음 {2}: {3}"},
    [WORD_MISSING_CONSENT] = {"The voice of {1}: they had not agreed to be recorded.",
                              "{1}의 목소리: 녹음에 동의하지 않았습니다."},
    [WORD_MISSING_THOUGH_AGREED] =
        {"The voice of {1}: they had agreed to be recorded, but no recording was begun.",
         "{1}의 목소리: 녹음에 동의했으나 녹음이 시작되지 않았습니다."},
    [WORD_MISSING_WITHDRAWN] = {"{1} took back the consent to be recorded at {2}.",
                                "{1}: {2}에 녹음 동의를 거두었습니다."},
    [WORD_MISSING_AWAY] = {"{1} was away from {2} to {3}.",
                           "{1}: {2}부터 {3}까지 자리에 없었습니다."},
    [WORD_NEVER_CAME] = {"it never came", "도착하지 않았습니다"},
    [WORD_MISSING_TRANSCRIPT] = {"The transcript: {1}", "녹취록: {1}"},
    [WORD_MISSING_FINDINGS] = {"The analysis by a language model: {1}", "언어 모델의 분석: {1}"},
    [WORD_MISSING_FAILED] = {"Words of {1} pieces of speech: no answer came for them.",
                             "말소리 {1}개의 내용: 응답이 오지 않았습니다."},
    [WORD_MISSING_DROPPED] =
        {"{1} answers of the recogniser were taken for inventions and left out.",
         "인식기가 지어낸 것으로 보여 뺀 답: {1}개."},
    [WORD_MISSING_BLED] =
        {"{1} stretches were left out because another’s voice came from a loudspeaker.",
         "스피커에서 나온 다른 사람의 목소리라서 뺀 구간: {1}개."},
    [WORD_MISSING_STRUCK] =
        {"{1} findings of the language model, whose quotations are not in the transcript.",
         "인용문이 녹취록에 없는 언어 모델의 항목 {1}개."},
    [WORD_MISSING_START] = {"When {1} started: it was not reported.",
                            "{1}의 시작 시각: 보고되지 않았습니다."},
    [WORD_MISSING_AUDIO] = {"The sound itself: this report was written without it.",
                            "소리: 소리 없이 쓴 보고서입니다."},
    [WORD_MISSING_GAPS] = {"{1} of the recording of {2}: capture had gaps, which are silent.",
                           "{2}의 녹음 중 {1}: 녹음이 끊긴 곳으로, 무음입니다."},
    [WORD_MISSING_REST] = {"{1} of the recording of {2}: the file is so much shorter than the log "
                           "says.",
                           "{2}의 녹음 중 {1}: 파일이 기록에 적힌 것보다 그만큼 짧습니다."},
    [WORD_MISSING_ALTERED] =
        {"The recording of {1}: the file is not the one that was uploaded, for "
         "its digest is another. It proves nothing.",
         "{1}의 녹음: 파일의 해시가 달라 올라온 파일이 아닙니다. 아무것도 "
         "증명하지 못합니다."},
    [WORD_ALTERED] = {"the file's own digest is another", "파일 자체의 해시는 다름"},
    [WORD_SECONDS] = {"{1} s", "{1}초"},
    [WORD_MINUTES] = {"{1} min {2} s", "{1}분 {2}초"},
    [WORD_HOURS] = {"{1} h {2} min", "{1}시간 {2}분"},
    [WORD_UNHEARD] = {"no sound, so nothing is known", "소리가 없어 알 수 없음"},
    [WORD_NOTHING_KNOWN] = {"There is no sound of anybody, so nothing is known of who spoke.",
                            "아무의 소리도 없어, 누가 말했는지 알 수 없습니다."},
    [WORD_MADE_BY] = {"Written by debate from the session’s log and recordings.",
                      "토론의 기록과 녹음을 바탕으로 debate가 썼습니다."},
};

const char *report_word_text(enum report_word word, enum lang lang)
{
    return words[word][lang];
}

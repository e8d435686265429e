#include "analysis/chat.h"
#include "analysis/findings_inner.h"
#include "analysis/quotation.h"
#include "analysis/stt.h"
#include "base/fuzz_testing.h"
#include "base/mem.h"
#include "base/str.h"

enum { CLIP_MS = 30000 };

/* Words are text, in order, within the clip. */
static void hear(const char *text, size_t size)
{
    struct stt_heard heard;
    if (stt_read(text, size, CLIP_MS, "topic", &heard) != ERR_NONE)
        return;
    fuzz_holds(heard.text && utf8_valid(heard.text, strlen(heard.text)));
    fuzz_holds(!stt_is_loop(heard.text));
    for (size_t i = 0; i < heard.word_count; i++) {
        const struct stt_word *word = &heard.words[i];
        fuzz_holds(word->from_ms >= (i ? word[-1].from_ms : 0) && word->to_ms >= word->from_ms &&
                   word->to_ms <= CLIP_MS && heard.texts[word->text]);
    }
    stt_heard_release(&heard);
}

/* What is found stands in the turn that it cites. */
static void find(const char *text, size_t size)
{
    static const struct turn turns[] = {{.participant = 1, .page = 1, .text = "one two three"},
                                        {.participant = 2, .page = 2, .text = "넷 다섯"}};
    static const struct transcript transcript = {.turns = turns, .turn_count = 2};
    struct findings_set set = {0};
    struct json *json = NULL;
    char *summary = NULL;
    enum err e = chat_read(text, size, &json);
    if (e)
        e = json_read(text, size, &json);
    if (!e && findings_take(&set, &transcript, json, &summary) == ERR_NONE)
        fuzz_holds(summary && utf8_valid(summary, strlen(summary)));
    for (size_t i = 0; i < set.findings.count; i++) {
        struct finding *finding = &set.list[i];
        fuzz_holds(finding->turn < 2 && finding->text[0]);
        fuzz_holds(quotation_stands(turns[finding->turn].text, finding->quotation));
        fuzz_holds(finding->participant == turns[finding->turn].participant);
        mem_free((void *)finding->text);
        mem_free((void *)finding->quotation);
    }
    mem_free(set.list);
    mem_free(summary);
    json_free(json);
}

/* The input as the answer of a speech-to-text service, and of a language model or its message. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    hear(text, strlen(text));
    find(text, strlen(text));
    free(text);
    return 0;
}

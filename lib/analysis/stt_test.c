#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis/stt.h"
#include "base/mem.h"
#include "base/mem_testing.h"
#include "media/sound_file.h"

static struct stt_heard heard;

static enum err read_text(const char *answer)
{
    stt_heard_release(&heard);
    return stt_read(answer, strlen(answer), 10000, "The topic", &heard);
}

static void silence_that_is_put_into_words_is_dropped(void **state)
{
    (void)state;
    /* Both marks must be bad. */
    assert_int_equal(
        read_text("{\"text\":\"x\",\"segments\":["
                  "{\"start\":0,\"end\":1,\"text\":\" kept one\",\"no_speech_prob\":0.9,"
                  "\"avg_logprob\":-0.5},"
                  "{\"start\":1,\"end\":2,\"text\":\" Thanks for watching!\","
                  "\"no_speech_prob\":0.9,\"avg_logprob\":-1.5},"
                  "{\"start\":2,\"end\":3,\"text\":\" kept two\",\"no_speech_prob\":0.1,"
                  "\"avg_logprob\":-1.5}],"
                  "\"words\":[{\"word\":\"kept\",\"start\":0,\"end\":0.5},"
                  "{\"word\":\"one\",\"start\":0.5,\"end\":1},"
                  "{\"word\":\"Thanks\",\"start\":1,\"end\":1.5},"
                  "{\"word\":\"watching\",\"start\":1.6,\"end\":1.9},"
                  "{\"word\":\"kept\",\"start\":2.1,\"end\":2.5},"
                  "{\"word\":\"two\",\"start\":2.5,\"end\":30}]}"),
        ERR_NONE);
    assert_string_equal(heard.text, "kept one kept two");
    assert_true(heard.invented);
    assert_int_equal(heard.word_count, 4);
    assert_string_equal(heard.texts + heard.words[2].text, "kept");
    assert_true(heard.words[3].to_ms == 10000);
}

static void loops_are_dropped_and_people_who_repeat_themselves_are_not(void **state)
{
    (void)state;
    assert_true(stt_is_loop("I think that I think that I think that I think that I think that"));
    assert_true(stt_is_loop("그래서 우리는 그래서 우리는 그래서 우리는 그래서 우리는 그래서 우리는 "
                            "그래서 우리는"));
    assert_true(stt_is_loop("Well, ................................................"));
    assert_false(stt_is_loop("No, no, no, no, no!"));
    assert_false(stt_is_loop("We have to weigh what it costs against what it gives, and then to "
                             "weigh again what we know against what we hope."));
    assert_false(stt_is_loop(""));
    assert_int_equal(read_text("{\"text\":\"so so so so so so so so so so so so so so\"}"),
                     ERR_NONE);
    assert_string_equal(heard.text, "");
    assert_true(heard.invented);
    assert_int_equal(read_text("{\"segments\":[{\"text\":\" Hello there.\"},{\"text\":\" Bye.\"},"
                               "{\"text\":\" Bye.\"},{\"text\":\" Bye.\"}]}"),
                     ERR_NONE);
    assert_string_equal(heard.text, "Hello there.");
    assert_true(heard.invented);
}

static void an_echo_of_the_prompt_is_an_invention(void **state)
{
    (void)state;
    assert_int_equal(read_text("{\"text\":\" The topic \"}"), ERR_NONE);
    assert_string_equal(heard.text, "");
    assert_true(heard.invented);
    assert_int_equal(read_text("{\"text\":\"The topic is wide\"}"), ERR_NONE);
    assert_false(heard.invented);
}

static void words_inside_segments_are_taken_and_put_in_order(void **state)
{
    (void)state;
    assert_int_equal(
        read_text("{\"text\":\"x\",\"segments\":[{\"start\":0,\"end\":1,\"text\":\"two\\n words\","
                  "\"words\":[{\"word\":\" two\",\"start\":-3,\"end\":0.4,\"t_dtw\":-1},"
                  "{\"word\":\" \",\"start\":0.4,\"end\":0.4},"
                  "{\"word\":\"words\",\"start\":0.2,\"end\":0.1},"
                  "{\"word\":7,\"start\":0.2,\"end\":0.1},"
                  "{\"word\":\"late\",\"start\":\"0.2\",\"end\":0.1}]}]}"),
        ERR_NONE);
    assert_string_equal(heard.text, "two words");
    assert_int_equal(heard.word_count, 2);
    assert_true(heard.words[0].from_ms == 0 && heard.words[0].to_ms == 400);
    assert_true(heard.words[1].from_ms == 200 && heard.words[1].to_ms == 200);
}

static void what_is_no_answer_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",
                                        "text",
                                        "{}",
                                        "[]",
                                        "{\"text\":7}",
                                        "{\"text\":null,\"segments\":7}",
                                        "{\"segments\":[{\"text\":7}]}",
                                        "{\"text\":\"cut"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(read_text(wrong[i]), ERR_CORRUPT);
    assert_int_equal(read_text("{\"text\":\"\"}"), ERR_NONE);
    assert_string_equal(heard.text, "");
    assert_false(heard.invented);
}

static enum err read_once(void)
{
    return read_text("{\"text\":\"two words\",\"words\":[{\"word\":\"two\",\"start\":0,\"end\":1},"
                     "{\"word\":\"words\",\"start\":1,\"end\":2}]}");
}

static void every_failed_allocation_is_told(void **state)
{
    (void)state;
    every_allocation_fails(read_once);
    assert_string_equal(heard.text, "two words");
    stt_heard_release(&heard);
}

static void what_is_sent_as_ogg_keeps_its_time(void **state)
{
    (void)state;
    enum { SAMPLES = STT_RATE_HZ, AT = STT_RATE_HZ / 2, TIMES = MEDIA_RATE_HZ / STT_RATE_HZ };
    char path[] = "/tmp/stt-test-XXXXXX", type[STT_TYPE_SIZE];
    int16_t sent[SAMPLES] = {0}, *heard_pcm;
    const struct stt_question question = {.model = "m", .pcm = sent, .samples = SAMPLES};
    const struct stt_way way = {0};
    struct buf body;
    size_t count, loudest = 0;
    for (int i = -80; i < 80; i++) /* a pip of 10 ms, loudest half a second in */
        sent[AT + i] = (int16_t)(10000 * (1 + cos(M_PI * i / 80)) * cos(2 * M_PI * i / 16));
    buf_init(&body, 1 << 20);
    assert_int_equal(stt_body(&question, &way, &body, type), ERR_NONE);
    const char *ogg = memmem(body.data, body.len, "OggS", 4);
    assert_non_null(ogg);
    FILE *file = fdopen(mkstemp(path), "w");
    assert_non_null(file);
    assert_int_equal(fwrite(ogg, body.data + body.len - ogg, 1, file), 1);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(sound_file_read(path, &heard_pcm, &count), ERR_NONE);
    assert_int_equal(count, TIMES * SAMPLES);
    for (size_t i = 0; i < count; i++)
        loudest = abs(heard_pcm[i]) > abs(heard_pcm[loudest]) ? i : loudest;
    assert_in_range(loudest, TIMES * AT - 48, TIMES * AT + 48);
    mem_free(heard_pcm);
    buf_release(&body);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(silence_that_is_put_into_words_is_dropped),
        cmocka_unit_test(loops_are_dropped_and_people_who_repeat_themselves_are_not),
        cmocka_unit_test(an_echo_of_the_prompt_is_an_invention),
        cmocka_unit_test(words_inside_segments_are_taken_and_put_in_order),
        cmocka_unit_test(what_is_no_answer_is_refused),
        cmocka_unit_test(every_failed_allocation_is_told),
        cmocka_unit_test(what_is_sent_as_ogg_keeps_its_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

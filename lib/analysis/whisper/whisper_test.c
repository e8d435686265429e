/* Against a real whisper.cpp server, whose address is the first argument (run.sh starts one). Its
 * model has random weights: what it hears means nothing, but is asked for and answered as always.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>

#include "analysis/speech_testing.h"

static struct service service;

static unsigned count_answers(void)
{
    unsigned count = 0;
    DIR *dir = opendir(answers);
    for (struct dirent *entry; dir && (entry = readdir(dir));)
        count += strstr(entry->d_name, ".json") != NULL;
    if (dir)
        closedir(dir);
    return count;
}

static void requests_and_answers_fit(void **state)
{
    (void)state;
    struct transcript_set *set;
    add_speech(0, "kim-1");
    add_speech(1, "lee-1");
    add_speech(0, "kim-2");
    request.service = &service;
    enum err e = transcript_make(&request, &set, why, sizeof why);
    if (e)
        print_error("%s\n", why);
    assert_int_equal(e, ERR_NONE);
    const struct transcript *transcript = transcript_of(set);
    if (transcript->note)
        print_error("%s\n", transcript->note);
    assert_int_equal(transcript->failed, 0);
    assert_int_equal(count_answers(), 3);
    /* All have words, or what they had was taken for an invention. */
    assert_true(transcript->turn_count + transcript->dropped >= 3);
    for (size_t i = 0; i < transcript->turn_count; i++) {
        const struct turn *turn = &transcript->turns[i];
        print_message("note: p%u: %.60s (%zu words)\n", turn->participant, turn->text,
                      turn->word_count);
        assert_true(turn->word_count > 0);
        for (size_t w = 0; w < turn->word_count; w++) {
            assert_true(turn->words[w].from_ms >= turn->from_ms);
            assert_true(turn->words[w].to_ms <= turn->to_ms);
        }
    }
    print_message("note: %zu turns, %zu dropped\n", transcript->turn_count, transcript->dropped);
    transcript_free(set);
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(requests_and_answers_fit, begin, end),
    };
    if (count != 2)
        return 2;
    service.base = arguments[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}

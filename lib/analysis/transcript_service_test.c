#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "analysis/transcript_service_testing.h"

static void a_service_that_refuses_ogg_is_asked_with_wav(void **state)
{
    (void)state;
    struct transcript_set *set;
    assert_int_equal(run(listen_wav, &set), ERR_NONE);
    holds_all(set);
    assert_int_equal(fake.requests, PIECES + 1);
    const struct turn *turn = &transcript_of(set)->turns[3];
    assert_int_equal(turn->page, 2);
    assert_true(turn->from_ms == 3200 && turn->to_ms == 3800);
    assert_int_equal(turn->word_count, 2);
    /* The clip begins 0.2 s before the piece; what ends beyond the piece is clamped. */
    assert_true(fabs(turn->words[0].from_ms - 3300) < 0.01);
    assert_true(fabs(turn->words[0].to_ms - 3500) < 0.01);
    assert_true(fabs(turn->words[1].to_ms - 3800) < 0.01);
    assert_string_equal(turn->words[1].text, "3");
    assert_string_equal(transcript_of(set)->model, "whisper-1");
    assert_memory_equal(transcript_of(set)->engine, "127.0.0.1:", 10);
    assert_false(transcript_of(set)->draft);
    transcript_free(set);
}

static bool all_fields;

static void look_at_fields(const struct fake_request *asking, struct fake_answer *answer)
{
    static const char *const fields[] = {
        "name=\"model\"\r\n\r\nwhisper-1\r\n",
        "name=\"language\"\r\n\r\nen\r\n",
        "name=\"prompt\"\r\n\r\nLibraries on Sunday\r\n",
        "name=\"temperature\"\r\n\r\n0\r\n",
        "name=\"response_format\"\r\n\r\nverbose_json\r\n",
        "name=\"timestamp_granularities[]\"\r\n\r\nsegment\r\n",
        "name=\"timestamp_granularities[]\"\r\n\r\nword\r\n",
        "name=\"file\"; filename=\"piece.ogg\"\r\nContent-Type: audio/ogg\r\n\r\nOggS",
    };
    bool all = strncmp(asking->head, "POST /v1/audio/transcriptions HTTP/1.1\r\n", 40) == 0 &&
               strstr(asking->head, "\r\nAuthorization: Bearer sk-test-0123456789abcdef/+") != NULL;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        all = all && fake_body_has(asking, fields[i]);
    all_fields = all && (asking->number == 1 || all_fields);
    say(answer, 0);
}

static void the_question_is_ogg_with_all_fields(void **state)
{
    (void)state;
    struct transcript_set *set;
    assert_int_equal(run(look_at_fields, &set), ERR_NONE);
    assert_true(all_fields);
    assert_int_equal(fake.requests, PIECES);
    transcript_free(set);
}

static void want_json(const struct fake_request *asking, struct fake_answer *answer)
{
    if (fake_body_has(asking, "verbose_json"))
        say_error(answer, 400, "response_format 'verbose_json' is not compatible with the model");
    else if (fake_body_has(asking, "timestamp_granularities"))
        say_error(answer, 400, "timestamp_granularities needs verbose_json");
    else
        snprintf(answer->body, sizeof answer->body, "{\"text\":\"plain words\"}");
}

static void a_model_without_times_is_asked_for_plain_json(void **state)
{
    (void)state;
    struct transcript_set *set;
    assert_int_equal(run(want_json, &set), ERR_NONE);
    assert_int_equal(fake.requests, PIECES + 1);
    assert_int_equal(transcript_of(set)->turn_count, PIECES);
    assert_string_equal(transcript_of(set)->turns[0].text, "plain words");
    assert_int_equal(transcript_of(set)->turns[0].word_count, 0);
    transcript_free(set);
}

static void too_many_once(const struct fake_request *asking, struct fake_answer *answer)
{
    listen_wav(asking, answer);
    if (asking->number == 3) {
        say_error(answer, 429, "slow down");
        answer->headers = "Retry-After: 1\r\n";
    } else if (asking->number == 5) {
        say_error(answer, 500, "oops");
    } else if (asking->number == 7) {
        answer->cut = true;
    } else if (asking->number == 9) {
        answer->status = 0;
    }
}

static void a_passing_fault_is_asked_again_and_retry_after_is_kept(void **state)
{
    (void)state;
    struct transcript_set *set;
    assert_int_equal(run(too_many_once, &set), ERR_NONE);
    holds_all(set);
    assert_int_equal(fake.requests, PIECES + 1 + 4);
    assert_true(asked_at_ms[4] - asked_at_ms[3] >= 1000);
    transcript_free(set);
}

static void silent_once(const struct fake_request *asking, struct fake_answer *answer)
{
    listen_wav(asking, answer);
    answer->hangs = asking->number == 2;
}

static void a_call_without_an_answer_is_ended_and_made_again(void **state)
{
    (void)state;
    struct transcript_set *set;
    service.timeout_ms = 200;
    assert_int_equal(run(silent_once, &set), ERR_NONE);
    holds_all(set);
    transcript_free(set);
}

static void useless_answers(const struct fake_request *asking, struct fake_answer *answer)
{
    static const char *const useless[] = {
        "{\"text\": 7}",
        "[\"text\"]",
        "{\"text\":\"said 2\",\"segments\":[{\"start\":0",
        "{\"text\":\"right",
        "{\"segments\":{\"text\":[]}}",
        "words",
    };
    listen_wav(asking, answer);
    if (answer->status == 200 && piece_of(asking) == 2 && asked[2] <= 2)
        snprintf(answer->body, sizeof answer->body, "%s", useless[asked[2] - 1]);
    if (answer->status == 200 && piece_of(asking) == 4)
        snprintf(answer->body, sizeof answer->body, "%s", useless[asked[4] + 1]);
}

static void an_answer_that_is_none_is_asked_for_again_thrice_and_then_counted(void **state)
{
    (void)state;
    struct transcript_set *set;
    assert_int_equal(run(useless_answers, &set), ERR_NONE);
    const struct transcript *transcript = transcript_of(set);
    assert_int_equal(transcript->turn_count, PIECES - 1);
    assert_int_equal(transcript->failed, 1);
    assert_non_null(transcript->note);
    assert_int_equal(asked[2], 3);
    assert_int_equal(asked[4], 3);
    transcript_free(set);
}

static void poison(const struct fake_request *asking, struct fake_answer *answer)
{
    listen_wav(asking, answer);
    if (answer->status == 200 && piece_of(asking) == 1)
        say_error(answer, 500, "this one kills me");
}

static void a_piece_that_the_service_fails_on_costs_that_piece_alone(void **state)
{
    (void)state;
    struct transcript_set *set;
    assert_int_equal(run(poison, &set), ERR_NONE);
    assert_int_equal(transcript_of(set)->turn_count, PIECES - 1);
    assert_int_equal(transcript_of(set)->failed, 1);
    assert_non_null(strstr(transcript_of(set)->note, "this one kills me"));
    assert_int_equal(asked[1], 5);
    transcript_free(set);
}

static void echo_key(const struct fake_request *asking, struct fake_answer *answer)
{
    (void)asking;
    char line[128];
    snprintf(line, sizeof line, "Incorrect key provided: %s", key);
    say_error(answer, 401, line);
}

static void a_refused_key_ends_the_run_at_once_and_is_not_repeated(void **state)
{
    (void)state;
    struct transcript_set *set;
    assert_int_equal(run(echo_key, &set), ERR_REFUSED);
    assert_int_equal(fake.requests, 1);
    assert_non_null(strstr(why, "does not take the key"));
    assert_non_null(strstr(why, "Incorrect key provided: ***"));
    assert_null(strstr(why, "0123456789"));
    assert_null(strchr(why, '\n'));
}

static struct fake_service elsewhere;
static char location[128];

static void redirect(const struct fake_request *asking, struct fake_answer *answer)
{
    (void)asking;
    answer->status = 307;
    answer->headers = location;
}

static void a_redirect_is_not_followed_with_the_key(void **state)
{
    (void)state;
    struct transcript_set *set;
    fake_start(&elsewhere, listen_wav);
    snprintf(location, sizeof location, "Location: %s/audio/transcriptions\r\n", elsewhere.base);
    enum err e = run(redirect, &set);
    fake_stop(&elsewhere);
    assert_int_equal(e, ERR_REFUSED);
    assert_int_equal(elsewhere.requests, 0);
    assert_non_null(strstr(why, "another address"));
}

static void no_model(const struct fake_request *asking, struct fake_answer *answer)
{
    (void)asking;
    answer->status = 404;
    snprintf(answer->body, sizeof answer->body, "model\nis not\x01 installed\n");
}

static void what_a_service_refuses_is_said_in_its_words_on_one_line(void **state)
{
    (void)state;
    struct transcript_set *set;
    assert_int_equal(run(no_model, &set), ERR_REFUSED);
    assert_int_equal(fake.requests, 1);
    assert_non_null(strstr(why, "404"));
    assert_null(strpbrk(why, "\n\x01"));
}

static void gone_for_a_while(const struct fake_request *asking, struct fake_answer *answer)
{
    listen_wav(asking, answer);
    answer->gone_ms = asking->number == 3 ? 300 : 0;
}

static void a_service_that_is_gone_for_a_while_is_waited_for(void **state)
{
    (void)state;
    struct transcript_set *set;
    service.patience_ms = 20000;
    service.first_delay_ms = 20;
    assert_int_equal(run(gone_for_a_while, &set), ERR_NONE);
    holds_all(set);
    for (size_t i = 0; i < PIECES; i++)
        assert_int_equal(asked[i], 1);
    transcript_free(set);
}

static void gone_for_good(const struct fake_request *asking, struct fake_answer *answer)
{
    listen_wav(asking, answer);
    if (asking->number > 4)
        say_error(answer, 503, "gone");
}

static void beyond_the_patience_the_run_ends_and_the_next_goes_on(void **state)
{
    (void)state;
    struct transcript_set *set;
    service.patience_ms = 200;
    fake_start(&fake, gone_for_good);
    service.base = fake.base;
    assert_int_equal(transcript_make(&request, &set, why, sizeof why), ERR_UNREACHABLE);
    assert_non_null(strstr(why, "run it again"));
    memset(asked, 0, sizeof asked);
    pthread_mutex_lock(&fake.lock);
    fake.script = listen_wav;
    pthread_mutex_unlock(&fake.lock);
    assert_int_equal(transcript_make(&request, &set, why, sizeof why), ERR_NONE);
    fake_stop(&fake);
    holds_all(set);
    /* Three had their answer; the others are asked for once. */
    for (size_t i = 0; i < PIECES; i++)
        assert_int_equal(asked[i], i >= 3);
    transcript_free(set);
}

static void an_hour_to_wait_is_said(const struct fake_request *asking, struct fake_answer *answer)
{
    (void)asking;
    say_error(answer, 429, "quota");
    answer->headers = "Retry-After: 3600\r\n";
}

static void a_wait_beyond_the_patience_is_told_and_not_waited_for(void **state)
{
    (void)state;
    struct transcript_set *set;
    assert_int_equal(run(an_hour_to_wait_is_said, &set), ERR_UNREACHABLE);
    assert_non_null(strstr(why, "3600 s"));
    assert_int_equal(fake.requests, 1);
}

static void several_are_under_way_at_once_and_come_in_order(void **state)
{
    (void)state;
    struct transcript_set *set;
    service.at_once = 4;
    assert_int_equal(run(too_many_once, &set), ERR_NONE);
    holds_all(set);
    transcript_free(set);
}

static void without_speech_nobody_is_asked(void **state)
{
    (void)state;
    struct transcript_set *set;
    static const struct pieces none;
    request.pieces = &none;
    assert_int_equal(run(listen_wav, &set), ERR_NONE);
    assert_int_equal(fake.requests, 0);
    assert_int_equal(transcript_of(set)->turn_count, 0);
    assert_null(transcript_of(set)->missing);
    transcript_free(set);
}

static void an_address_that_is_none_is_refused(void **state)
{
    (void)state;
    struct transcript_set *set;
    static const char *const wrong[] = {"",
                                        "api.openai.com",
                                        "ftp://host/v1",
                                        "http://",
                                        "https://user:secret@host/v1",
                                        "http://host/v1?key=1",
                                        "http://ho st/"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        service.base = wrong[i];
        assert_int_equal(transcript_make(&request, &set, why, sizeof why), ERR_BAD_REQUEST);
        assert_true(why[0]);
        assert_null(strstr(why, "secret"));
    }
    service.base = "http://127.0.0.1:1/v1";
    service.key = "two\r\nlines";
    assert_int_equal(transcript_make(&request, &set, why, sizeof why), ERR_BAD_REQUEST);
}

#define rule(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        rule(a_service_that_refuses_ogg_is_asked_with_wav),
        rule(the_question_is_ogg_with_all_fields),
        rule(a_model_without_times_is_asked_for_plain_json),
        rule(a_passing_fault_is_asked_again_and_retry_after_is_kept),
        rule(a_call_without_an_answer_is_ended_and_made_again),
        rule(an_answer_that_is_none_is_asked_for_again_thrice_and_then_counted),
        rule(a_piece_that_the_service_fails_on_costs_that_piece_alone),
        rule(a_refused_key_ends_the_run_at_once_and_is_not_repeated),
        rule(a_redirect_is_not_followed_with_the_key),
        rule(what_a_service_refuses_is_said_in_its_words_on_one_line),
        rule(a_service_that_is_gone_for_a_while_is_waited_for),
        rule(beyond_the_patience_the_run_ends_and_the_next_goes_on),
        rule(a_wait_beyond_the_patience_is_told_and_not_waited_for),
        rule(several_are_under_way_at_once_and_come_in_order),
        rule(without_speech_nobody_is_asked),
        rule(an_address_that_is_none_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <limits.h>
#include <signal.h>
#include <sys/wait.h>
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

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Which piece the sound in a WAV body is of: each is a constant of its own number. */
static size_t piece_of(const struct fake_request *asking)
{
    const char *wav = memmem(asking->body, asking->body_len, "WAVEfmt ", 8);
    if (!wav)
        return 0;
    const uint8_t *middle = (const uint8_t *)wav + 36 + 2 * 8000; /* 0.5 s in: speech */
    int level = (int16_t)(middle[0] | middle[1] << 8);
    return (size_t)(level + 500) / 1000 - 1;
}

static void say(struct fake_answer *answer, size_t piece)
{
    snprintf(answer->body, sizeof answer->body,
             "{\"text\":\" said %zu\",\"language\":\"english\",\"segments\":[{\"start\":0.0,"
             "\"end\":99.0,\"text\":\" said %zu\",\"avg_logprob\":-0.2,\"no_speech_prob\":0.01}],"
             "\"words\":[{\"word\":\" said\",\"start\":0.3,\"end\":0.5},"
             "{\"word\":\"%zu\",\"start\":0.5,\"end\":99.0}]}",
             piece, piece, piece);
}

static void say_error(struct fake_answer *answer, int status, const char *message)
{
    answer->status = status;
    snprintf(answer->body, sizeof answer->body, "{\"error\":{\"message\":\"%s\"}}", message);
}

/* Refuses Ogg, as whisper.cpp does without ffmpeg, and says what each piece says. */
static void listen_wav(const struct fake_request *asking, struct fake_answer *answer)
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

static int begin(void **state)
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

static int end(void **state)
{
    (void)state;
    return folder_remove(folder);
}

static enum err run(void (*script)(const struct fake_request *, struct fake_answer *),
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
static void holds_all(const struct transcript_set *set)
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

/* ---- several at once, kill -9, and the key ---- */

static void kill_at_fifth(const struct fake_request *asking, struct fake_answer *answer)
{
    listen_wav(asking, answer);
    /* The fifth question is asked when the fourth's answer (the third piece's) is on disk. */
    if (asking->number == 5)
        answer->hangs = true;
}

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

static void holds_no_key(const char *path)
{
    static char text[65536];
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t len = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    assert_null(memmem(text, len, key, strlen(key)));
}

static void wait_for_requests(unsigned count)
{
    struct timespec moment = {.tv_nsec = 2000000};
    for (unsigned seen = 0; seen < count;) {
        pthread_mutex_lock(&fake.lock);
        seen = fake.requests;
        pthread_mutex_unlock(&fake.lock);
        nanosleep(&moment, NULL);
    }
}

static void a_killed_run_goes_on_and_asks_for_no_piece_twice(void **state)
{
    (void)state;
    struct transcript_set *set = NULL;
    char path[64];
    fake_start(&fake, kill_at_fifth);
    service.base = fake.base;
    pid_t child = fork();
    if (child == 0)
        _exit((int)transcript_make(&request, &set, why, sizeof why));
    wait_for_requests(5);
    snprintf(path, sizeof path, "/proc/%d/cmdline", (int)child);
    holds_no_key(path);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    assert_int_equal(count_answers(), 3);
    pthread_mutex_lock(&fake.lock);
    fake.script = listen_wav;
    pthread_mutex_unlock(&fake.lock);
    memset(asked, 0, sizeof asked);
    enum err e = transcript_make(&request, &set, why, sizeof why);
    fake_stop(&fake);
    assert_int_equal(e, ERR_NONE);
    holds_all(set);
    for (size_t i = 0; i < PIECES; i++)
        assert_int_equal(asked[i], i >= 3);
    transcript_free(set);
}

static void repeat_key(const struct fake_request *asking, struct fake_answer *answer)
{
    (void)asking;
    snprintf(answer->body, sizeof answer->body, "{\"text\":\"it was %s\",\"key\":\"%s\"}", key,
             key);
}

static void no_file_holds_the_key_even_when_the_service_says_it(void **state)
{
    (void)state;
    struct transcript_set *set;
    char path[PATH_MAX];
    assert_int_equal(run(repeat_key, &set), ERR_NONE);
    assert_null(strstr(transcript_of(set)->turns[0].text, key));
    transcript_free(set);
    DIR *dir = opendir(answers);
    unsigned seen = 0;
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", answers, entry->d_name);
        holds_no_key(path);
        seen++;
    }
    closedir(dir);
    assert_int_equal(seen, PIECES);
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
        rule(a_killed_run_goes_on_and_asks_for_no_piece_twice),
        rule(no_file_holds_the_key_even_when_the_service_says_it),
        rule(several_are_under_way_at_once_and_come_in_order),
        rule(without_speech_nobody_is_asked),
        rule(an_address_that_is_none_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

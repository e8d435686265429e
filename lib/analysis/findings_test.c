#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "analysis/findings.h"
#include "analysis/quotation.h"
#include "analysis/service_testing.h"
#include "base/folder_testing.h"
#include "base/str.h"
#include "proto/json_writer.h"

static const char key[] = "sk-test-9876543210";

static char title[] = "Libraries on Sunday";
static struct page agenda_pages[] = {{.title = title}, {.title = title}, {.title = title}};
static struct agenda agenda = {.title = title, .page_count = 3, .pages = agenda_pages};
static const struct debate_person people[] = {{.participant = 1, .nickname = "Kim"},
                                              {.participant = 2, .nickname = "Lee"}};
static const struct debate debate = {.agenda = &agenda, .people = people, .people_count = 2};

static const struct turn some_turns[] = {
    {.participant = 1, .page = 1, .text = "The library should open on Sundays, for the party."},
    {.participant = 2, .page = 1, .text = "돈이 없습니다. 그래서 저는  반대합니다."},
    {.participant = 1, .page = 2, .text = "Paid students could do it."},
    {.participant = 2, .page = 2, .text = "Then I could accept a trial."},
};
static struct turn turns[600];
static struct transcript transcript;

static struct fake_service fake;
static char folder[32], chat[64], prompts[64], why[SERVICE_WHY_SIZE];
static struct service service;
static struct findings_request request;
static const char *content; /* what the model says */

static int begin(void **state)
{
    (void)state;
    memcpy(turns, some_turns, sizeof some_turns);
    transcript = (struct transcript){.engine = "e",
                                     .model = "m",
                                     .language = "en",
                                     .turns = turns,
                                     .turn_count = sizeof some_turns / sizeof *some_turns};
    snprintf(folder, sizeof folder, "/tmp/findings-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    snprintf(chat, sizeof chat, "%s/chat", folder);
    snprintf(prompts, sizeof prompts, "lib/analysis/prompts");
    service = (struct service){.key = key, .at_once = 1, .first_delay_ms = 1, .timeout_ms = 5000};
    request = (struct findings_request){.debate = &debate,
                                        .transcript = &transcript,
                                        .service = &service,
                                        .prompts = prompts,
                                        .chat = chat};
    why[0] = '\0';
    return 0;
}

static int end(void **state)
{
    (void)state;
    return folder_remove(folder);
}

/* The model's answer with `text` as its message. */
static void say(struct fake_answer *answer, const char *text)
{
    struct buf body;
    struct json_writer json;
    buf_init(&body, sizeof answer->body - 1);
    json_write_begin(&json, &body);
    json_write_array(&json, "choices");
    json_write_object(&json, NULL);
    json_write_object(&json, "message");
    json_write_string(&json, "role", "assistant");
    json_write_string(&json, "content", text);
    json_write_object_end(&json);
    json_write_object_end(&json);
    json_write_array_end(&json);
    if (json_write_end(&json) || !str_copy(answer->body, sizeof answer->body, body.data))
        abort();
    buf_release(&body);
}

static void say_content(const struct fake_request *asking, struct fake_answer *answer)
{
    (void)asking;
    say(answer, content);
}

static enum err run(void (*script)(const struct fake_request *, struct fake_answer *),
                    struct findings_set **out)
{
    *out = NULL;
    fake_start(&fake, script);
    service.base = fake.base;
    enum err e = findings_make(&request, out, why, sizeof why);
    fake_stop(&fake);
    return e;
}

#define FOUND(kind, turn, quotation, text)                                                         \
    "{\"kind\":\"" kind "\",\"turn\":\"" turn "\",\"quotation\":\"" quotation                      \
    "\",\"text\":\"" text "\",\"against\":true}"

static void an_invented_quotation_is_struck_and_counted(void **state)
{
    (void)state;
    struct findings_set *set;
    content = "{\"summary\":\" They talked. \",\"findings\":["
        /* one letter, one capital, one comma, one word left out, half a word, two turns */
        FOUND("position", "t0", "The library should close on Sundays", "a") "," FOUND(
            "position", "t0", "the library should open",
            "b") "," FOUND("position", "t0", "Sundays for the party",
                           "c") "," FOUND("position", "t0", "library open on Sundays",
                                          "d") "," FOUND("position", "t0",
                                                         "open on Sundays, for the part",
                                                         "e") "," FOUND("position", "t0",
                                                                        "for the party. Paid "
                                                                        "students",
                                                                        "f") ","
        /* nothing; no such turn; no such kind; another's words */
        FOUND("position", "t0", "", "g") "," FOUND(
            "position", "t4", "Paid students",
            "h") "," FOUND("truth", "t2", "Paid students", "i") "," FOUND("position", "t1",
                                                                          "Paid students", "j") ","
        /* these stand */
        FOUND("movement", "t3", "I could accept a trial", "Lee gives in.") "," FOUND(
            "argument", "t1", "그래서 저는\\n 반대합니다", "돈이 없다.") "]}";
    assert_int_equal(run(say_content, &set), ERR_NONE);
    const struct findings *findings = findings_of(set);
    assert_int_equal(findings->struck, 10);
    assert_int_equal(findings->count, 2);
    assert_int_equal(findings->findings[0].kind, FINDING_ARGUMENT);
    assert_int_equal(findings->findings[0].turn, 1);
    assert_int_equal(findings->findings[0].participant, 2);
    assert_true(findings->findings[0].is_against);
    assert_string_equal(findings->findings[0].quotation, "그래서 저는 반대합니다");
    assert_int_equal(findings->findings[1].kind, FINDING_MOVEMENT);
    assert_int_equal(findings->findings[1].page, 2);
    assert_false(findings->findings[1].is_against);
    assert_string_equal(findings->summary, "They talked.");
    assert_string_equal(findings->model, "gpt-4o-mini");
    assert_null(findings->missing);
    findings_free(set);
}

static void words_of_the_same_person_are_cited_from_where_they_stand(void **state)
{
    (void)state;
    struct findings_set *set;
    content = "```json\n{\"findings\":[" FOUND("argument", "t0", "students could", "a") "]}\n```";
    assert_int_equal(run(say_content, &set), ERR_NONE);
    assert_int_equal(findings_of(set)->count, 1);
    assert_int_equal(findings_of(set)->findings[0].turn, 2);
    assert_int_equal(findings_of(set)->findings[0].page, 2);
    assert_null(findings_of(set)->summary);
    findings_free(set);
}

static void want_plain(const struct fake_request *asking, struct fake_answer *answer)
{
    if (fake_body_has(asking, "\"temperature\"")) {
        answer->status = 400;
        snprintf(answer->body, sizeof answer->body,
                 "{\"error\":{\"message\":\"'temperature' does not support 0\"}}");
    } else if (fake_body_has(asking, "\"response_format\"")) {
        answer->status = 400;
        snprintf(answer->body, sizeof answer->body, "response_format is not known here");
    } else {
        say(answer, content);
    }
}

static void a_service_that_takes_no_schema_is_told_it_in_words(void **state)
{
    (void)state;
    struct findings_set *set;
    content = "<think>{hm}</think>{\"summary\":\"s\",\"findings\":[]}";
    assert_int_equal(run(want_plain, &set), ERR_NONE);
    assert_int_equal(fake.requests, 4);
    assert_string_equal(findings_of(set)->summary, "s");
    assert_int_equal(findings_of(set)->count, 0);
    findings_free(set);
}

static char shown_first[8192];
static unsigned shown_pages;

static void look_at_parts(const struct fake_request *asking, struct fake_answer *answer)
{
    if (asking->number == 1)
        snprintf(shown_first, sizeof shown_first, "%s", asking->body);
    shown_pages += !fake_body_has(asking, "page 1: ") || !fake_body_has(asking, "page 2: ");
    char text[64];
    snprintf(text, sizeof text, "{\"summary\":\"part %u\",\"findings\":[]}", asking->number);
    say(answer, text);
}

static void a_long_debate_is_cut_by_page_and_then_by_size(void **state)
{
    (void)state;
    struct findings_set *set;
    static char words[201];
    memset(words, 'a', 200);
    for (size_t i = 0; i < 600; i++) /* 100 turns on page 1, 100 on page 2, 400 on page 3 */
        turns[i] = (struct turn){.participant = 1 + i % 2,
                                 .page = i < 100   ? 1
                                         : i < 200 ? 2
                                                   : 3,
                                 .text = words};
    transcript.turn_count = 600;
    shown_pages = 0;
    fake_start(&fake, look_at_parts);
    service.base = fake.base;
    assert_int_equal(findings_make(&request, &set, why, sizeof why), ERR_NONE);
    /* 224 bytes a turn, 24 KiB a part: page 3 takes 400 * 224 / 24576 = 3.6 parts. */
    assert_int_equal(fake.requests, 6);
    assert_int_equal(shown_pages, 6);
    assert_string_equal(findings_of(set)->summary,
                        "part 1\npart 2\npart 3\npart 4\npart 5\npart 6");
    findings_free(set);
    /* Made again, everything is known. */
    assert_int_equal(findings_make(&request, &set, why, sizeof why), ERR_NONE);
    fake_stop(&fake);
    assert_int_equal(fake.requests, 6);
    findings_free(set);
}

static void the_model_is_shown_people_and_turns_and_the_key_only_in_the_header(void **state)
{
    (void)state;
    struct findings_set *set;
    assert_int_equal(run(look_at_parts, &set), ERR_NONE);
    assert_non_null(strstr(shown_first, "p2: Lee"));
    assert_non_null(strstr(shown_first, "t3 p2 page 2: Then I could accept a trial."));
    assert_non_null(strstr(shown_first, "\"json_schema\""));
    assert_null(strstr(shown_first, key));
    findings_free(set);
}

static void no_use(const struct fake_request *asking, struct fake_answer *answer)
{
    static const char *const useless[] = {"Sorry, I cannot.", "{\"findings\":{\"kind\":1}}",
                                          "{\"summary\":\"cut"};
    say(answer, useless[(asking->number - 1) % 3]);
}

static void answers_that_are_none_leave_no_findings_and_say_why(void **state)
{
    (void)state;
    struct findings_set *set;
    assert_int_equal(run(no_use, &set), ERR_NONE);
    assert_int_equal(fake.requests, 3);
    assert_non_null(findings_of(set)->missing);
    assert_int_equal(findings_of(set)->count, 0);
    findings_free(set);
}

static void without_a_model_or_words_there_are_none_and_it_says_why(void **state)
{
    (void)state;
    struct findings_set *set;
    request.service = NULL;
    assert_int_equal(findings_make(&request, &set, why, sizeof why), ERR_NONE);
    assert_string_equal(findings_of(set)->missing, "no_model");
    findings_free(set);
    request.service = &service;
    service.base = "http://127.0.0.1:1/v1";
    transcript.turn_count = 0;
    assert_int_equal(findings_make(&request, &set, why, sizeof why), ERR_NONE);
    assert_string_equal(findings_of(set)->missing, "nobody_spoke");
    findings_free(set);
}

static void prompts_that_cannot_be_used_are_named(void **state)
{
    (void)state;
    struct findings_set *set;
    char path[128];
    service.base = "http://127.0.0.1:1/v1";
    snprintf(prompts, sizeof prompts, "%s", folder);
    assert_int_equal(findings_make(&request, &set, why, sizeof why), ERR_IO);
    assert_non_null(strstr(why, "prompt.txt"));
    snprintf(path, sizeof path, "%s/prompt.txt", folder);
    FILE *file = fopen(path, "w");
    fputs("Read this.", file);
    fclose(file);
    snprintf(path, sizeof path, "%s/schema.json", folder);
    file = fopen(path, "w");
    fputs("{\"type\":", file);
    fclose(file);
    assert_int_equal(findings_make(&request, &set, why, sizeof why), ERR_CORRUPT);
    assert_non_null(strstr(why, "schema.json: not JSON"));
}

static void findings_are_read_as_they_were_written(void **state)
{
    (void)state;
    struct findings_set *set, *again;
    struct buf text, twice;
    buf_init(&text, 1 << 20);
    buf_init(&twice, 1 << 20);
    content = "{\"summary\":\"s\",\"findings\":[" FOUND(
        "argument", "t1", "돈이 없습니다.", "a") "," FOUND("position", "t1", "not said", "b") "]}";
    assert_int_equal(run(say_content, &set), ERR_NONE);
    assert_int_equal(findings_json(findings_of(set), &text), ERR_NONE);
    assert_int_equal(findings_from_json(text.data, text.len, &again), ERR_NONE);
    assert_int_equal(findings_of(again)->count, 1);
    assert_int_equal(findings_of(again)->struck, 1);
    assert_true(findings_of(again)->findings[0].is_against);
    assert_string_equal(findings_of(again)->findings[0].quotation, "돈이 없습니다.");
    assert_int_equal(findings_json(findings_of(again), &twice), ERR_NONE);
    assert_string_equal(text.data, twice.data);
    findings_free(again);
    for (size_t len = 0; len < text.len - 2; len++)
        assert_int_equal(findings_from_json(text.data, len, &again), ERR_CORRUPT);
    static const char wrong[] = "{\"struck\":0,\"findings\":{\"a\":1,\"b\":2}}";
    enum err e = findings_from_json(wrong, sizeof wrong - 1, &again);
    assert_true(e == ERR_CORRUPT || findings_of(again)->count == 0);
    if (!e)
        findings_free(again);
    findings_free(set);
    buf_release(&text);
    buf_release(&twice);
}

static void white_space_is_one_space_and_nothing_else_is_forgiven(void **state)
{
    (void)state;
    char text[] = " \t one\u00a0 two\u3000three\r\n";
    quotation_trim(text);
    assert_string_equal(text, "one two three");
    assert_true(quotation_stands("I say: one two.", "one two"));
    assert_true(quotation_stands("someone one two", "one two"));
    assert_false(quotation_stands("someone two", "one two"));
    assert_false(quotation_stands("one twofold", "one two"));
    assert_true(quotation_stands("오늘도서관은", "도서관"));
    assert_false(quotation_stands("one  two", "one two"));
    assert_false(quotation_stands("anything", ""));
}

#define rule(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        rule(an_invented_quotation_is_struck_and_counted),
        rule(words_of_the_same_person_are_cited_from_where_they_stand),
        rule(a_service_that_takes_no_schema_is_told_it_in_words),
        rule(a_long_debate_is_cut_by_page_and_then_by_size),
        rule(the_model_is_shown_people_and_turns_and_the_key_only_in_the_header),
        rule(answers_that_are_none_leave_no_findings_and_say_why),
        rule(without_a_model_or_words_there_are_none_and_it_says_why),
        rule(prompts_that_cannot_be_used_are_named),
        rule(findings_are_read_as_they_were_written),
        rule(white_space_is_one_space_and_nothing_else_is_forgiven),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

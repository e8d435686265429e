#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "bot/scenario.h"

static const char head[] = "speech ../speech\n"
                           "cast kim \"Kim Lee\" host consents\n"
                           "cast lee \"Lee\" later\n";

static struct scenario *must_parse(const char *lines)
{
    char text[4096], why[256] = "";
    struct scenario *scenario = NULL;
    snprintf(text, sizeof text, "%s%s", head, lines);
    enum err e = scenario_parse("a/b.debate", text, strlen(text), &scenario, why, sizeof why);
    if (e)
        fail_msg("%s", why);
    return scenario;
}

static void the_head_says_who_takes_part_and_where_things_are(void **state)
{
    (void)state;
    struct scenario *scenario =
        must_parse("title The library # on Sunday\nagenda x.json\nseats 4\nlimit 2.5\n"
                   "server --countdown 0.2\nat begin kim ends\n");
    assert_string_equal(scenario->title, "The library");
    assert_string_equal(scenario->agenda_path, "a/x.json");
    assert_int_equal(scenario->seats, 4);
    assert_int_equal(scenario->limit_ms, 2500);
    assert_int_equal(scenario->role_count, 2);
    assert_string_equal(scenario->roles[0].nickname, "Kim Lee");
    assert_true(scenario->roles[0].is_host && scenario->roles[0].consents);
    assert_false(scenario->roles[0].is_later);
    assert_true(scenario->roles[1].is_later);
    assert_false(scenario->roles[1].is_host || scenario->roles[1].consents);
    assert_int_equal(scenario->server_word_count, 2);
    assert_string_equal(scenario->server_words[1], "0.2");
    scenario_free(scenario);
}

static void a_line_is_due_at_its_moment(void **state)
{
    (void)state;
    struct scenario *scenario = must_parse("at start+2.5 kim says kim-1\n"
                                           "after page 2 +1 lee chooses agree page 1\n"
                                           "at countdown lee leaves\n"
                                           "at connected of lee +0.25 kim ends\n"
                                           "at end all mutes\n");
    const struct scenario_line *lines = scenario->lines;
    assert_int_equal(scenario->line_count, 5);
    assert_int_equal(lines[0].moment.kind, MOMENT_START);
    assert_int_equal(lines[0].moment.plus_ms, 2500);
    assert_int_equal(lines[0].number, 4);
    assert_int_equal(lines[0].who, 0);
    assert_int_equal(lines[0].verb, VERB_SAYS);
    assert_string_equal(lines[0].word, "a/../speech/kim-1.opus");
    assert_int_equal(lines[1].moment.kind, MOMENT_PAGE);
    assert_int_equal(lines[1].moment.page, 2);
    assert_int_equal(lines[1].moment.plus_ms, 1000);
    assert_string_equal(lines[1].word, "agree");
    assert_int_equal(lines[1].page, 1);
    assert_int_equal(lines[2].moment.event, EVENT_COUNTDOWN);
    assert_int_equal(lines[2].moment.of, WHO_NOBODY);
    assert_int_equal(lines[3].moment.event, EVENT_CONNECTED);
    assert_int_equal(lines[3].moment.of, 1);
    assert_int_equal(lines[3].moment.plus_ms, 250);
    assert_int_equal(lines[4].moment.event, EVENT_SESSION_ENDED);
    assert_int_equal(lines[4].who, WHO_ALL);
    scenario_free(scenario);
}

static void a_line_without_a_moment_has_that_of_the_line_above(void **state)
{
    (void)state;
    struct scenario *scenario =
        must_parse("at start+3 kim next-page\n"
                   "  expect all see next_page page=2 actor=kim within 1.5 # soon\n"
                   "  server killed\n"
                   "  expect no lee hears kim\n"
                   "  expect lee refused next_page forbidden\n"
                   "  expect lee closed 4001\n"
                   "  expect kim uploads within 3\n");
    const struct scenario_line *lines = scenario->lines;
    for (size_t i = 0; i < scenario->line_count; i++)
        assert_int_equal(lines[i].moment.plus_ms, 3000);
    assert_true(lines[1].is_expectation);
    assert_int_equal(lines[1].claim, CLAIM_SEES);
    assert_int_equal(lines[1].within_ms, 1500);
    assert_int_equal(lines[1].match_count, 2);
    assert_string_equal(lines[1].matches[0].key, "page");
    assert_string_equal(lines[1].matches[1].value, "kim");
    assert_int_equal(lines[1].matches[1].value_role, 0);
    assert_string_equal(lines[1].text, "expect all see next_page page=2 actor=kim within 1.5");
    assert_int_equal(lines[2].who, WHO_SERVER);
    assert_int_equal(lines[2].verb, VERB_KILLED);
    assert_true(lines[3].is_negated);
    assert_int_equal(lines[3].heard, 0);
    assert_int_equal(lines[3].within_ms, -1);
    assert_int_equal(lines[4].refused, COMMAND_NEXT_PAGE);
    assert_string_equal(lines[4].code, "forbidden");
    assert_int_equal(lines[5].close_code, 4001);
    assert_int_equal(lines[6].claim, CLAIM_UPLOADS);
    scenario_free(scenario);
}

static void a_bad_line_is_named_with_what_was_expected(void **state)
{
    (void)state;
    static const struct {
        const char *lines, *why;
    } table[] = {
        {"kim ends\n", "b.debate:4: expected \"at MOMENT\""},
        {"at noon kim ends\n", "b.debate:4: expected \"begin\", \"start\", \"page\", \"end\" or an "
                               "event's name, found \"noon\""},
        {"\n\nat start kim sings\n", "b.debate:6: expected what to do"},
        {"at start park ends\n", "b.debate:4: expected a role of the cast"},
        {"at start kim ends now\n", "b.debate:4: expected the end of the line, found \"now\""},
        {"at start kim says\n", "expected the name of a sound, found the end of the line"},
        {"at start kim goto-page two\n", "expected a page's number, found \"two\""},
        {"at start kim goto-page 0\n", "expected a page's number, found \"0\""},
        {"at page kim ends\n", "expected a page's number, found \"kim\""},
        {"at start+1x kim ends\n", "expected \"+\" and a number of seconds, found \"+1x\""},
        {"at start expect kim\n", "expected \"sees\""},
        {"at start expect kim sees dawn\n", "expected an event's name, found \"dawn\""},
        {"at start expect kim sees join nickname\n", "expected KEY=VALUE"},
        {"at start expect kim sees join within soon\n", "expected a number of seconds"},
        {"at start expect kim refused sing forbidden\n", "expected a command's name"},
        {"at start expect kim refused next_page nonsense\n", "expected an error's code"},
        {"at start expect kim closed 99\n", "expected a close code"},
        {"at start expect kim hears him\n", "expected a role of the cast, found \"him\""},
        {"at start kim chooses \"agree\n", "expected a closing quote"},
        {"at start server sleeps\n", "expected \"killed\", \"stopped\" or \"restarted\""},
        {"cast kim \"Other\"\n", "b.debate:4: kim is cast already"},
        {"cast park \"Lee\"\n", "b.debate:4: lee has this nickname already"},
        {"cast park \"Park\" host\n", "b.debate:4: kim is the host already"},
        {"cast all \"All\"\n", "b.debate:4: expected a role's name"},
        {"cast park \"\"\n", "b.debate:4: expected a nickname"},
        {"cast park \"P\" loud\n", "expected \"host\", \"consents\", \"later\""},
        {"seats 9\n", "expected a number of seats from 2 to 8, found \"9\""},
        {"limit\n", "expected a number of seconds above 0, found the end of the line"},
        {"limit 0\n", "expected a number of seconds above 0, found \"0\""},
        {"at start kim ends\ntitle Late\n", "b.debate:5: \"title\" stands before"},
        {"title \xff\n", "b.debate:4: expected UTF-8 text"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        char text[1024], why[256] = "";
        struct scenario *scenario = NULL;
        snprintf(text, sizeof text, "%s%s", head, table[i].lines);
        enum err e = scenario_parse("b.debate", text, strlen(text), &scenario, why, sizeof why);
        if (e != ERR_BAD_REQUEST || !strstr(why, table[i].why))
            fail_msg("\"%s\" gave %d \"%s\"", table[i].lines, (int)e, why);
        assert_null(scenario);
    }
}

static void a_debate_needs_two(void **state)
{
    (void)state;
    char why[256] = "";
    struct scenario *scenario = NULL;
    static const char text[] = "cast kim \"Kim\"\nat start kim ends\n";
    assert_int_equal(scenario_parse("c", text, strlen(text), &scenario, why, sizeof why),
                     ERR_BAD_REQUEST);
    assert_non_null(strstr(why, "at least two"));
}

static void a_file_that_is_not_there_is_named(void **state)
{
    (void)state;
    char why[256] = "";
    struct scenario *scenario = NULL;
    assert_int_equal(scenario_read("/nonexistent/x.debate", &scenario, why, sizeof why), ERR_IO);
    assert_string_equal(why, "/nonexistent/x.debate: No such file or directory");
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static void a_moment_on_a_page_that_the_agenda_lacks_is_named(void **state)
{
    (void)state;
    char folder[] = "/tmp/scenario_test.XXXXXX", path[64], agenda[64], why[256] = "";
    struct scenario *scenario = NULL;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/x.debate", folder);
    snprintf(agenda, sizeof agenda, "%s/x.json", folder);
    write_file(agenda, "{\"title\":\"X\",\"pages\":[{\"title\":\"1\"},{\"title\":\"2\"}]}");
    write_file(path, "agenda x.json\ncast kim \"Kim\"\ncast lee \"Lee\"\n"
                     "at page 2 kim ends\nat page 3 kim ends\n");
    enum err e = scenario_read(path, &scenario, why, sizeof why);
    write_file(agenda, "[]");
    assert_int_equal(e, ERR_BAD_REQUEST);
    assert_string_equal(why + strlen(folder), "/x.debate:5: expected a page from 1 to 2, found 3");
    assert_int_equal(scenario_read(path, &scenario, why, sizeof why), ERR_BAD_REQUEST);
    assert_non_null(strstr(why, "/x.debate:1: "));
    unlink(path);
    unlink(agenda);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_head_says_who_takes_part_and_where_things_are),
        cmocka_unit_test(a_line_is_due_at_its_moment),
        cmocka_unit_test(a_line_without_a_moment_has_that_of_the_line_above),
        cmocka_unit_test(a_bad_line_is_named_with_what_was_expected),
        cmocka_unit_test(a_debate_needs_two),
        cmocka_unit_test(a_file_that_is_not_there_is_named),
        cmocka_unit_test(a_moment_on_a_page_that_the_agenda_lacks_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

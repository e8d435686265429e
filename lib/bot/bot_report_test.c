#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bot/bot_report.h"

#define DEBATE                                                                                     \
    "{\"kind\":\"debate\",\"title\":\"Tea\",\"room\":\"tea\","                                     \
    "\"cast\":{\"kim\":\"Kim\",\"lee\":\"이지은\"}}\n"                                          \
    "{\"kind\":\"role\",\"role\":\"kim\",\"nickname\":\"Kim\"}\n"                                  \
    "{\"kind\":\"role\",\"role\":\"lee\",\"nickname\":\"이지은\"}\n"
#define PAIR(role, other, words)                                                                   \
    "{\"kind\":\"pair\",\"role\":\"" role "\",\"other\":\"" other                                  \
    "\",\"fingerprint_words\":\"" words "\"}\n"

static void reported(const char *lines, struct buf *out)
{
    buf_init(out, BOT_REPORT_MAX);
    assert_int_equal(bot_report_print(lines, strlen(lines), out), ERR_NONE);
}

static void a_pair_that_sees_the_same_words_is_told_once(void **state)
{
    (void)state;
    struct buf out;
    reported(DEBATE PAIR("lee", "kim", "guna sido") PAIR("kim", "lee", "guna sido"), &out);
    const char *line = strstr(out.data, "Kim         - 이지은         guna sido  (both sides)\n");
    assert_non_null(line);
    assert_null(strstr(strstr(line, "(both"), "guna sido"));
    buf_release(&out);
}

static void words_that_differ_are_pointed_out(void **state)
{
    (void)state;
    struct buf out;
    reported(DEBATE PAIR("kim", "lee", "guna sido") PAIR("lee", "kim", "lulo nasi"), &out);
    assert_non_null(strstr(out.data, "guna sido  THEY DIFFER\n"));
    buf_release(&out);
}

static void one_side_alone_can_only_say_its_own(void **state)
{
    (void)state;
    struct buf out;
    reported(DEBATE PAIR("lee", "kim", "guna sido"), &out);
    assert_non_null(strstr(out.data, "이지은         - Kim         guna sido\n"));
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pair_that_sees_the_same_words_is_told_once),
        cmocka_unit_test(words_that_differ_are_pointed_out),
        cmocka_unit_test(one_side_alone_can_only_say_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "terminal/orders.h"

/* String literals are not const in C, and an agenda's strings are its own. */
#define TEXT(literal) ((char[]){literal})

static struct choice choices[] = {{TEXT("agree"), TEXT("I agree")},
                                  {TEXT("disagree"), TEXT("Disagree")},
                                  {TEXT("3"), TEXT("반대")}};
static const struct page page = {.title = TEXT("Sunday"), .choice_count = 3, .choices = choices};
static const struct page bare = {.title = TEXT("Talk")};

static struct order parse(const char *line, const struct page *of)
{
    struct order order;
    char why[ORDER_WHY_SIZE] = "";
    assert_int_equal(order_parse(line, of, &order, why), ERR_NONE);
    assert_string_equal(why, "");
    return order;
}

/* Why it is refused; lives until the next call. */
static const char *refused(const char *line, const struct page *of)
{
    static char why[ORDER_WHY_SIZE];
    struct order order;
    why[0] = '\0';
    assert_int_equal(order_parse(line, of, &order, why), ERR_BAD_REQUEST);
    assert_true(strlen(why) > 0);
    return why;
}

static void assert_chooses(const char *line, const char *id)
{
    struct order order = parse(line, &page);
    assert_int_equal(order.type, ORDER_COMMAND);
    assert_int_equal(order.command.type, COMMAND_SUBMIT_CHOICE);
    assert_string_equal(order.command.submit_choice.choice, id);
}

static void a_choice_is_made_by_number_id_or_label(void **state)
{
    (void)state;
    assert_chooses("1", "agree");
    assert_chooses(" 2 ", "disagree");
    assert_chooses("agree", "agree");
    assert_chooses("AGREE", "agree");
    assert_chooses("i agree", "agree");
    assert_chooses("반대", "3");
    assert_chooses("/choose disagree", "disagree");
    assert_chooses("/choose   1", "agree");
}

static void an_id_that_is_a_number_goes_before_the_number(void **state)
{
    (void)state;
    struct choice numbered[] = {{TEXT("2"), TEXT("two")}, {TEXT("1"), TEXT("one")}};
    const struct page other = {.title = TEXT("x"), .choice_count = 2, .choices = numbered};
    assert_string_equal(parse("1", &other).command.submit_choice.choice, "1");
}

static void a_choice_that_is_not_there_is_named_with_those_that_are(void **state)
{
    (void)state;
    assert_non_null(strstr(refused("maybe", &page), "\"maybe\""));
    assert_non_null(strstr(refused("maybe", &page), "2 Disagree"));
    assert_non_null(strstr(refused("4", &page), "\"4\""));
    assert_non_null(strstr(refused("0", &page), "\"0\""));
    refused("/choose", &page);
    refused("/choose agree", &bare);
    refused("/choose agree", NULL);
}

static void without_choices_words_without_a_slash_are_no_orders(void **state)
{
    (void)state;
    assert_non_null(strstr(refused("hello", &bare), "/help"));
}

static void every_order_of_the_help_is_understood(void **state)
{
    (void)state;
    const struct order_help *help;
    for (size_t i = 0; (help = order_help_at(i)); i++) {
        char line[64];
        strcpy(line, help->word);
        if (strcmp(line, "/choose") == 0)
            strcat(line, " agree");
        assert_int_not_equal(parse(line, &page).type, ORDER_NOTHING);
    }
}

static void on_and_off_are_taken_and_nothing_else(void **state)
{
    (void)state;
    struct order order = parse("/mute on", &page);
    assert_true(order.type == ORDER_MUTE && order.has_on && order.is_on);
    order = parse("/mute off", &page);
    assert_true(order.type == ORDER_MUTE && order.has_on && !order.is_on);
    assert_false(parse("/mute", &page).has_on);
    order = parse("/talk key", &page);
    assert_true(order.type == ORDER_TALK && order.has_on && order.is_on);
    assert_non_null(strstr(refused("/mute perhaps", &page), "perhaps"));
    refused("/talk on", &page);
    assert_true(parse("/record", &page).command.consent.recording);
    assert_false(parse("/record off", &page).command.consent.recording);
}

static void a_page_is_shown_or_turned_to(void **state)
{
    (void)state;
    assert_int_equal(parse("/page", &page).type, ORDER_SHOW);
    struct order order = parse("/page 12", &page);
    assert_int_equal(order.command.type, COMMAND_GOTO_PAGE);
    assert_int_equal(order.command.goto_page.page, 12);
    refused("/page 0", &page);
    refused("/page -1", &page);
    refused("/page two", &page);
    refused("/page 99999999999999999999", &page);
}

static void an_unknown_order_and_a_line_without_end_are_refused(void **state)
{
    (void)state;
    char line[5000];
    assert_non_null(strstr(refused("/dance", &page), "/dance"));
    memset(line, 'x', sizeof line);
    line[sizeof line - 1] = '\0';
    refused(line, &page);
    line[0] = '/';
    refused(line, &page);
    assert_int_equal(parse("   ", &page).type, ORDER_NOTHING);
}

static enum err script(const char *line, struct order *out)
{
    char why[ORDER_WHY_SIZE] = "";
    enum err e = order_parse_script(line, &page, out, why);
    assert_true(e == ERR_NONE || strlen(why) > 0);
    return e;
}

static void a_script_says_commands_of_the_protocol(void **state)
{
    (void)state;
    struct order order;
    assert_int_equal(script("{\"type\":\"goto_page\",\"id\":\"a\",\"data\":{\"page\":2}}", &order),
                     ERR_NONE);
    assert_int_equal(order.command.goto_page.page, 2);
    assert_string_equal(order.command.id.string, "a");
    assert_int_equal(
        script("{\"type\":\"voice_status_update\",\"data\":{\"is_mic_on\":false}}", &order),
        ERR_NONE);
    assert_true(order.type == ORDER_MUTE && order.has_on && order.is_on);
    assert_int_equal(script("/next", &order), ERR_NONE);
    assert_int_equal(order.command.type, COMMAND_NEXT_PAGE);
    assert_int_equal(script("/end", &order), ERR_NONE);
    assert_int_equal(order.type, ORDER_COMMAND);
    assert_int_equal(order.command.type, COMMAND_END_SESSION);
}

static void what_a_script_says_wrongly_gets_the_protocols_error(void **state)
{
    (void)state;
    struct order order;
    assert_int_equal(script("{\"type\":\"goto_page\",\"id\":7,\"data\":{}}", &order),
                     ERR_BAD_REQUEST);
    assert_int_equal(order.command.id.integer, 7);
    assert_int_equal(script("{\"type\":\"dance\"}", &order), ERR_UNKNOWN_TYPE);
    assert_int_equal(script("{nonsense", &order), ERR_BAD_MESSAGE);
    assert_int_equal(script("{\"type\":\"\xff\"}", &order), ERR_BAD_MESSAGE);
    assert_int_equal(script("{\"type\":\"init\",\"data\":{}}", &order), ERR_BAD_REQUEST);
    assert_int_equal(script("{\"type\":\"ping\",\"data\":{\"t0\":1}}", &order), ERR_BAD_REQUEST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_choice_is_made_by_number_id_or_label),
        cmocka_unit_test(an_id_that_is_a_number_goes_before_the_number),
        cmocka_unit_test(a_choice_that_is_not_there_is_named_with_those_that_are),
        cmocka_unit_test(without_choices_words_without_a_slash_are_no_orders),
        cmocka_unit_test(every_order_of_the_help_is_understood),
        cmocka_unit_test(on_and_off_are_taken_and_nothing_else),
        cmocka_unit_test(a_page_is_shown_or_turned_to),
        cmocka_unit_test(an_unknown_order_and_a_line_without_end_are_refused),
        cmocka_unit_test(a_script_says_commands_of_the_protocol),
        cmocka_unit_test(what_a_script_says_wrongly_gets_the_protocols_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/str.h"
#include "proto/problem_text.h"
#include "proto/proto_testing.h"

static bool has_hangeul(const char *s)
{
    for (; *s; s++) {
        /* U+AC00 to U+D7A3 begin with EA to ED. */
        if ((unsigned char)*s >= 0xea && (unsigned char)*s <= 0xed)
            return true;
    }
    return false;
}

static void assert_sentences(const char *en, const char *ko)
{
    assert_non_null(en);
    assert_non_null(ko);
    assert_true(strlen(en) >= 4);
    assert_false(has_hangeul(en));
    assert_true(utf8_valid(ko, strlen(ko)));
    assert_true(has_hangeul(ko));
    assert_int_equal(en[strlen(en) - 1], '.');
    assert_int_equal(ko[strlen(ko) - 1], '.');
    /* Both name the field or neither does. */
    assert_int_equal(strstr(en, "{}") != NULL, strstr(ko, "{}") != NULL);
}

static void every_reason_has_a_sentence_in_english_and_korean(void **state)
{
    (void)state;
    for (int reason = REASON_NONE + 1; reason < REASON_COUNT; reason++)
        assert_sentences(reason_sentence((enum reason)reason, LANG_EN),
                         reason_sentence((enum reason)reason, LANG_KO));
}

static void every_code_has_a_sentence_in_english_and_korean(void **state)
{
    (void)state;
    for (int code = ERR_NONE; code < ERR_COUNT; code++)
        assert_sentences(code_sentence((enum err)code, LANG_EN),
                         code_sentence((enum err)code, LANG_KO));
}

static void print(enum err code, enum reason reason, const char *field, enum lang lang, char *text)
{
    struct problem why;
    struct buf out;
    buf_init(&out, 1000);
    assert_int_equal(problem_set(&why, code, reason, field), code);
    assert_int_equal(problem_print(&why, lang, &out), ERR_NONE);
    strcpy(text, out.data);
    buf_release(&out);
}

static void whatever_is_refused_there_is_a_sentence_without_holes(void **state)
{
    (void)state;
    char text[1000];
    for (int code = ERR_NONE; code < ERR_COUNT; code++) {
        for (int reason = REASON_NONE; reason < REASON_COUNT; reason++) {
            for (enum lang lang = LANG_EN; lang <= LANG_KO; lang++) {
                print((enum err)code, (enum reason)reason, NULL, lang, text);
                assert_true(text[0] != '\0');
                assert_null(strstr(text, "{}"));
                print((enum err)code, (enum reason)reason, "some.field", lang, text);
                assert_null(strstr(text, "{}"));
            }
        }
    }
}

static void a_bad_request_names_the_field(void **state)
{
    (void)state;
    char text[1000];
    for (int reason = REASON_FIELD_MISSING; reason <= REASON_FIELD_DUPLICATE; reason++) {
        for (enum lang lang = LANG_EN; lang <= LANG_KO; lang++) {
            print(ERR_BAD_REQUEST, (enum reason)reason, "agenda.pages[2].title", lang, text);
            assert_non_null(strstr(text, "agenda.pages[2].title"));
        }
    }
}

/* A field's name may come from the client: what looks like a format or a hole is text. */
static void a_fields_name_is_not_taken_apart(void **state)
{
    (void)state;
    char text[1000];
    print(ERR_BAD_REQUEST, REASON_FIELD_NUL, "%s{}%n", LANG_EN, text);
    assert_non_null(strstr(text, "%s{}%n"));
}

static void a_long_name_is_cut_between_characters(void **state)
{
    (void)state;
    struct problem why;
    /* 63 bytes fit: 31 times two and a half. */
    char field[200] = "";
    for (int i = 0; i < 40; i++)
        strcat(field, "\xc3\xa9");
    (void)problem_set(&why, ERR_BAD_REQUEST, REASON_FIELD_NUL, field);
    assert_int_equal(strlen(why.field), 62);
    assert_true(utf8_valid(why.field, strlen(why.field)));
    assert_int_equal(problem_set(NULL, ERR_FORBIDDEN, REASON_NONE, NULL), ERR_FORBIDDEN);
}

/* The codes that stand in protocol sections 2, 3 and 5, with the status of section 2 and 3. */
static void codes_and_statuses_are_the_protocols(void **state)
{
    (void)state;
    static const struct {
        enum err code;
        const char *name;
        int status;
    } codes[] = {{ERR_BAD_TOKEN, "bad_token", 401},
                 {ERR_FORBIDDEN, "forbidden", 403},
                 {ERR_NOT_FOUND, "not_found", 404},
                 {ERR_ENDED, "ended", 410},
                 {ERR_ROOM_FULL, "room_full", 409},
                 {ERR_RATE_LIMITED, "rate_limited", 429},
                 {ERR_UNAVAILABLE, "unavailable", 503},
                 {ERR_BAD_REQUEST, "bad_request", 400},
                 {ERR_TOO_LARGE, "too_large", 413},
                 {ERR_WRONG_PHASE, "wrong_phase", 409},
                 {ERR_ALREADY_REVEALED, "already_revealed", 409},
                 {ERR_NO_SUCH_PAGE, "no_such_page", 404},
                 {ERR_NO_SUCH_CHOICE, "no_such_choice", 404},
                 {ERR_BAD_MESSAGE, "bad_message", 400},
                 {ERR_ALREADY_RECORDING, "already_recording", 409},
                 {ERR_NOT_RECORDING, "not_recording", 409},
                 {ERR_NO_CONSENT, "no_consent", 403},
                 {ERR_UNKNOWN_TYPE, "unknown_type", 400},
                 {ERR_INTERNAL, "internal", 500}};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        assert_string_equal(err_code(codes[i].code), codes[i].name);
        assert_int_equal(err_http_status(codes[i].code), codes[i].status);
        assert_int_equal(err_from_code(codes[i].name), codes[i].code);
    }
}

static void what_is_the_servers_own_trouble_is_internal(void **state)
{
    (void)state;
    for (int code = ERR_NO_MEMORY; code < ERR_COUNT; code++) {
        assert_string_equal(err_code((enum err)code), "internal");
        assert_int_equal(err_http_status((enum err)code), 500);
    }
}

static void accept_language_asks_for_korean_or_english_by_q_value_then_order(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        enum lang lang;
    } cases[] = {{NULL, LANG_EN},
                 {"", LANG_EN},
                 {"ko", LANG_KO},
                 {"KO", LANG_KO},
                 {"ko-KR", LANG_KO},
                 {"ko-KR,ko;q=0.9,en-US;q=0.8,en;q=0.7", LANG_KO},
                 {"en-US,en;q=0.9,ko;q=0.8", LANG_EN},
                 {"en,ko", LANG_EN},
                 {"ko,en", LANG_KO},
                 {"en;q=0.5,ko", LANG_KO},
                 {"ko;q=0.5,en", LANG_EN},
                 {"en;q=0.5, ko;q=0.501", LANG_KO},
                 {"ko;q=0.5 , en;q=0.5", LANG_KO},
                 {"fr", LANG_EN},
                 {"fr,ko;q=0.1", LANG_KO},
                 {"ko;q=0", LANG_EN},
                 {"ko;q=0.000,en;q=0", LANG_EN},
                 {"*", LANG_EN},
                 {"*,ko;q=0.5", LANG_EN},
                 {"ko,*;q=0.5", LANG_KO},
                 {"en;q=0,*", LANG_KO},
                 {"en;q=0,x", LANG_EN},
                 {"en;q=0,*x", LANG_EN},
                 {"ko;q=0,en;q=0.5,*", LANG_EN},
                 {"en;q=0,ko;q=0.5,*;q=0.8", LANG_KO},
                 {"en;q=0.2,*;q=0.5", LANG_KO},
                 {"ko ; q=1.000", LANG_KO},
                 {"en;q=0.9,ko;Q=1", LANG_KO},
                 {"\tko\t,", LANG_KO},
                 {",,ko", LANG_KO}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (lang_from_accept_language(cases[i].value) != cases[i].lang)
            fail_msg("%s", cases[i].value ? cases[i].value : "NULL");
    }
}

static void what_is_no_language_range_is_not_asked_for(void **state)
{
    (void)state;
    static const char *const values[] = {"korean", "kok", "ko_KR",  "ko;q=2",  "ko;q=1.001",
                                         "ko;q=",  ";",   "ko;v=1", "ko;q=.5", "ko;q=0.1234"};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        if (lang_from_accept_language(values[i]) != LANG_EN)
            fail_msg("%s", values[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_reason_has_a_sentence_in_english_and_korean),
        cmocka_unit_test(every_code_has_a_sentence_in_english_and_korean),
        cmocka_unit_test(whatever_is_refused_there_is_a_sentence_without_holes),
        cmocka_unit_test(a_bad_request_names_the_field),
        cmocka_unit_test(a_fields_name_is_not_taken_apart),
        cmocka_unit_test(a_long_name_is_cut_between_characters),
        cmocka_unit_test(codes_and_statuses_are_the_protocols),
        cmocka_unit_test(what_is_the_servers_own_trouble_is_internal),
        cmocka_unit_test(accept_language_asks_for_korean_or_english_by_q_value_then_order),
        cmocka_unit_test(what_is_no_language_range_is_not_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

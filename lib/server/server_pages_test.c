/* Pages, choices and their reveal (protocol, sections 3, 5 and 9). The debates are begun together
 * before the first test, so that they count down together. */
#include "server/debate_testing.h"

#define CHOICES       "\"choices\":[{\"id\":\"yes\",\"label\":\"Y\"},{\"id\":\"no\",\"label\":\"N\"}]"
#define AGENDA(pages) "{\"title\":\"T\",\"pages\":[" pages "]}"

static const char plain_pages[] =
    AGENDA("{\"title\":\"One\"},{\"title\":\"Two\"},{\"title\":\"Three\"}");
static const char all_pages[] = AGENDA("{\"title\":\"One\"," CHOICES "},{\"title\":\"Two\"," CHOICES
                                       ",\"reveal\":\"all\"},{\"title\":\"Three\"," CHOICES "}");
static const char now_and_never_pages[] =
    AGENDA("{\"title\":\"One\"," CHOICES ",\"reveal\":\"now\"},{\"title\":\"Two\"," CHOICES
           ",\"reveal\":\"never\"},{\"title\":\"Three\"}");
static const char gated_pages[] =
    AGENDA("{\"title\":\"One\"," CHOICES ",\"gate\":\"all\"},{\"title\":\"Two\"," CHOICES
           ",\"gate\":\"all\",\"reveal\":\"never\"},{\"title\":\"Three\"}");
static const char timed_pages[] =
    AGENDA("{\"title\":\"One\"," CHOICES ",\"gate\":\"all\",\"seconds\":2.5},{\"title\":\"Two\","
           "\"seconds\":0.5}");
static const char timed_goto_pages[] =
    AGENDA("{\"title\":\"One\",\"seconds\":60},{\"title\":\"Two\",\"seconds\":1},{\"title\":"
           "\"Three\"}");

static struct debate turned, jumped, without, revealed, left, changed, shown_now, gated, timed,
    timed_goto, by_http, operated;

static int pages_begin(void **state)
{
    static struct {
        struct debate *debate;
        const char *code;
        const char *agenda;
    } all[] = {
        {&turned, "turned", plain_pages},
        {&jumped, "jumped", plain_pages},
        {&without, "without", NULL},
        {&revealed, "revealed", all_pages},
        {&left, "left", all_pages},
        {&changed, "changed", all_pages},
        {&shown_now, "shown-now", now_and_never_pages},
        {&gated, "gated", gated_pages},
        {&timed, "timed", timed_pages},
        {&timed_goto, "timed-goto", timed_goto_pages},
        {&by_http, "by-http", all_pages},
    };
    (void)state;
    server_start((const char *[]){"--countdown", "0.5", NULL});
    debate_begin(&operated, "operated", 2, 1, plain_pages);
    operated.seat[1] = voice_open(operated.session, token_with_role("boss", "operator"));
    sit(operated.seat[1], "Boss");
    heard(operated.seat[0], "join");
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        debate_begin(all[i].debate, all[i].code, 2, 2, all[i].agenda);
    debate_live(&operated);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        debate_live(all[i].debate);
    return 0;
}

/* First of all, for it waits for nothing else: its pages turn by the clock. */
static void a_page_with_seconds_turns_by_itself_and_the_last_one_ends(void **state)
{
    (void)state;
    acked(timed.seat[1], "submit_choice", "{\"choice\":\"no\"}");
    want(all_heard(&timed, "choice_submitted"), "data.participant_id", "p2");
    refused(timed.seat[0], "next_page", "{}", "wrong_phase"); /* the gate */
    const struct json *seen = all_heard(&timed, "choices_revealed");
    want(seen, "data.choices.p2", "no");
    want(seen, "data.choices.p1", "(absent)");
    want(seen, "actor", "(absent)");
    const struct json *turn = all_heard(&timed, "next_page");
    want(turn, "data.page", "2");
    want(turn, "actor", "(absent)");
    double late_ms = number(turn, "ts") - (double)timed.start_at - 2500;
    if (late_ms < 0 || late_ms > 500)
        fail_msg("%g ms late", late_ms);
    const struct json *end = all_heard(&timed, "session_ended");
    want(end, "data.reason", "agenda");
    want(end, "actor", "(absent)");
    late_ms = number(end, "ts") - number(turn, "ts") - 500;
    if (late_ms < 0 || late_ms > 500)
        fail_msg("%g ms late", late_ms);
    want_close(timed.seat[0], 1000);
    want_close(timed.seat[1], 1000);
}

static void next_page_turns_for_all_and_ends_the_session_on_the_last(void **state)
{
    (void)state;
    struct socket *host = turned.seat[0];
    refused(turned.seat[1], "next_page", "{}", "forbidden");
    const struct json *ack = acked(host, "next_page", "{}");
    const struct json *turn = all_heard(&turned, "next_page");
    want(turn, "data.page", "2");
    want(turn, "actor", "p1");
    want(ack, "data.seq", shown(turn, "seq"));
    want(session_seen(&turned), "page", "2");
    acked(host, "next_page", "{}");
    want(all_heard(&turned, "next_page"), "data.page", "3");
    acked(host, "next_page", "{}");
    want(all_heard(&turned, "session_ended"), "data.reason", "agenda");
    want_close(host, 1000);
    want_close(turned.seat[1], 1000);
    want(session_seen(&turned), "phase", "ended");
}

static void goto_page_goes_anywhere_there_is_a_page(void **state)
{
    (void)state;
    struct socket *host = jumped.seat[0];
    acked(host, "goto_page", "{\"page\":3}");
    want(all_heard(&jumped, "next_page"), "data.page", "3");
    acked(host, "goto_page", "{\"page\":1}");
    want(all_heard(&jumped, "next_page"), "data.page", "1");
    refused(host, "goto_page", "{\"page\":4}", "no_such_page");
    refused(host, "goto_page", "{\"page\":0}", "no_such_page");
    refused(host, "goto_page", "{\"page\":1000000}", "no_such_page");
    refused(host, "goto_page", "{\"page\":1.5}", "bad_request");
    refused(host, "goto_page", "{\"page\":\"2\"}", "bad_request");
    refused(jumped.seat[1], "goto_page", "{\"page\":2}", "forbidden");
    quiet(jumped.seat[0]);
    quiet(jumped.seat[1]);
    want(session_seen(&jumped), "page", "1");
}

static void without_an_agenda_there_is_one_page_without_choices(void **state)
{
    (void)state;
    assert_int_equal(json_count(at(without.welcome[0], "data.agenda.pages")), 1);
    want_types(without.welcome[0], "s", "data.agenda.pages.0.title");
    refused(without.seat[0], "submit_choice", "{\"choice\":\"yes\"}", "no_such_choice");
    acked(without.seat[0], "next_page", "{}");
    want(all_heard(&without, "session_ended"), "data.reason", "agenda");
}

static void choices_are_revealed_when_all_have_chosen(void **state)
{
    (void)state;
    struct socket *one = revealed.seat[0], *two = revealed.seat[1];
    const struct json *ack = acked(one, "submit_choice", "{\"page\":1,\"choice\":\"yes\"}");
    const struct json *event = all_heard(&revealed, "choice_submitted");
    want(event, "data.participant_id", "p1");
    want(event, "data.page", "1");
    want(event, "data.choice", "(absent)");
    want(event, "actor", "p1");
    want(ack, "data.seq", shown(event, "seq"));
    want(session_seen(&revealed), "choices", "{}");
    want(log_last(log_whole(revealed.session), "choice_submitted"), "data.choice", "yes");
    struct answer log = want_status(get(text("%s/log", session_path(&revealed)), token("u1")), 200);
    want(log_last(log, "choice_submitted"), "data.page", "1");
    want(log_last(log, "choice_submitted"), "data.choice", "(absent)");
    acked(two, "submit_choice", "{\"choice\":\"no\"}");
    want(all_heard(&revealed, "choice_submitted"), "data.choice", "(absent)");
    event = all_heard(&revealed, "choices_revealed");
    want(event, "data.page", "1");
    want(event, "data.choices.p1", "yes");
    want(event, "data.choices.p2", "no");
    want(event, "data.choices.p3", "(absent)");
    want(session_seen(&revealed), "choices.1.p1", "yes");
    want(session_seen(&revealed), "choices.1.p2", "no");
    refused(one, "submit_choice", "{\"choice\":\"no\"}", "already_revealed");
    acked(one, "next_page", "{}");
    want(all_heard(&revealed, "next_page"), "data.page", "2"); /* not revealed twice */
    refused(one, "submit_choice", "{\"page\":1,\"choice\":\"no\"}", "already_revealed");
    acked(one, "next_page", "{}");
    want(all_heard(&revealed, "next_page"), "data.page", "3"); /* nobody chose */
    acked(two, "submit_choice", "{\"choice\":\"no\"}");
    all_heard(&revealed, "choice_submitted");
    acked(one, "next_page", "{}");
    event = all_heard(&revealed, "choices_revealed");
    want(event, "data.page", "3");
    want(event, "data.choices.p2", "no");
    want(all_heard(&revealed, "session_ended"), "data.reason", "agenda");
}

static void choices_are_revealed_before_the_page_is_left(void **state)
{
    (void)state;
    struct socket *one = left.seat[0], *two = left.seat[1];
    acked(two, "submit_choice", "{\"choice\":\"no\"}");
    all_heard(&left, "choice_submitted");
    acked(one, "goto_page", "{\"page\":3}");
    const struct json *event = all_heard(&left, "choices_revealed");
    want(event, "data.page", "1");
    want(event, "data.choices", "{\"p2\":\"no\"}");
    want(all_heard(&left, "next_page"), "data.page", "3");
    refused(one, "submit_choice", "{\"page\":1,\"choice\":\"no\"}", "already_revealed");
    acked(one, "submit_choice", "{\"choice\":\"yes\"}");
    all_heard(&left, "choice_submitted");
    acked(one, "end_session", "{}");
    event = all_heard(&left, "choices_revealed");
    want(event, "data.page", "3");
    want(event, "data.choices", "{\"p1\":\"yes\"}");
    want(all_heard(&left, "session_ended"), "data.reason", "host");
}

static void a_choice_may_be_changed_until_it_is_revealed(void **state)
{
    (void)state;
    struct socket *one = changed.seat[0], *two = changed.seat[1];
    refused(one, "submit_choice", "{\"page\":2,\"choice\":\"yes\"}", "wrong_phase");
    refused(one, "submit_choice", "{\"page\":4,\"choice\":\"yes\"}", "no_such_page");
    refused(one, "submit_choice", "{\"page\":0,\"choice\":\"yes\"}", "no_such_page");
    refused(one, "submit_choice", "{\"choice\":\"perhaps\"}", "no_such_choice");
    refused(one, "submit_choice", "{\"page\":\"1\",\"choice\":\"yes\"}", "bad_request");
    acked(one, "submit_choice", "{\"choice\":\"yes\"}");
    all_heard(&changed, "choice_submitted");
    acked(one, "submit_choice", "{\"choice\":\"no\"}");
    want(all_heard(&changed, "choice_submitted"), "data.participant_id", "p1");
    want(acked(one, "submit_choice", "{\"choice\":\"no\"}"), "data.seq", "(absent)");
    quiet(two);
    /* Who leaves is seated no more: those who are left have all chosen. */
    acked(two, "leave", "{}");
    want(heard(one, "leave"), "data.participant_id", "p2");
    const struct json *event = heard(one, "choices_revealed");
    want(event, "data.choices", "{\"p1\":\"no\"}");
}

static void reveal_now_shows_at_once_and_never_shows_never(void **state)
{
    (void)state;
    struct socket *one = shown_now.seat[0], *two = shown_now.seat[1];
    acked(one, "submit_choice", "{\"choice\":\"yes\"}");
    const struct json *event = all_heard(&shown_now, "choice_submitted");
    want(event, "data.choice", "yes");
    want(session_seen(&shown_now), "choices.1.p1", "yes");
    refused(one, "submit_choice", "{\"choice\":\"no\"}", "already_revealed");
    acked(two, "submit_choice", "{\"choice\":\"yes\"}");
    want(all_heard(&shown_now, "choice_submitted"), "data.choice", "yes");
    acked(one, "next_page", "{}");
    want(all_heard(&shown_now, "next_page"), "data.page", "2"); /* no choices_revealed */
    acked(one, "submit_choice", "{\"choice\":\"no\"}");
    want(all_heard(&shown_now, "choice_submitted"), "data.choice", "(absent)");
    acked(two, "submit_choice", "{\"choice\":\"no\"}");
    all_heard(&shown_now, "choice_submitted");
    acked(two, "submit_choice", "{\"choice\":\"yes\"}");
    all_heard(&shown_now, "choice_submitted");
    acked(one, "next_page", "{}");
    want(all_heard(&shown_now, "next_page"), "data.page", "3");
    want(session_seen(&shown_now), "choices.2", "(absent)");
    want(log_last(log_whole(shown_now.session), "choice_submitted"), "data.choice", "yes");
    struct answer log =
        want_status(get(text("%s/log", session_path(&shown_now)), token("u1")), 200);
    want(log_last(log, "choice_submitted"), "data.page", "2");
    want(log_last(log, "choice_submitted"), "data.choice", "(absent)");
}

static void a_gate_refuses_next_page_until_all_have_chosen(void **state)
{
    (void)state;
    struct socket *one = gated.seat[0], *two = gated.seat[1];
    refused(one, "next_page", "{}", "wrong_phase");
    refused(two, "next_page", "{}", "forbidden");
    acked(one, "submit_choice", "{\"choice\":\"yes\"}");
    all_heard(&gated, "choice_submitted");
    refused(one, "next_page", "{}", "wrong_phase");
    acked(two, "submit_choice", "{\"choice\":\"yes\"}");
    all_heard(&gated, "choice_submitted");
    all_heard(&gated, "choices_revealed");
    acked(one, "next_page", "{}");
    want(all_heard(&gated, "next_page"), "data.page", "2");
    refused(one, "next_page", "{}", "wrong_phase");
    acked(one, "goto_page", "{\"page\":3}"); /* ignores the gate */
    want(all_heard(&gated, "next_page"), "data.page", "3");
}

static void the_time_of_a_page_counts_from_when_it_is_turned_to(void **state)
{
    (void)state;
    acked(timed_goto.seat[0], "next_page", "{}");
    const struct json *second = all_heard(&timed_goto, "next_page");
    const struct json *third = all_heard(&timed_goto, "next_page");
    want(third, "data.page", "3");
    double late_ms = number(third, "ts") - number(second, "ts") - 1000;
    if (late_ms < 0 || late_ms > 500)
        fail_msg("%g ms late", late_ms);
    pass_time(300); /* the last one has no time */
    quiet(timed_goto.seat[0]);
}

static struct answer chosen(const char *who, const char *body)
{
    return post(text("%s/choices", session_path(&by_http)), token(who), body);
}

static void choices_come_by_http_as_well(void **state)
{
    (void)state;
    struct debate lobby;
    debate_begin(&lobby, "http-lobby", 2, 1, all_pages);
    want_refusal(post(text("%s/choices", session_path(&lobby)), token("u1"),
                      "{\"page\":1,\"choice\":\"yes\"}"),
                 409, "wrong_phase");
    want_refusal(chosen("stranger", "{\"page\":1,\"choice\":\"yes\"}"), 403, "forbidden");
    want_refusal(chosen("u1", "{\"page\":4,\"choice\":\"yes\"}"), 404, "no_such_page");
    want_refusal(chosen("u1", "{\"page\":1,\"choice\":\"perhaps\"}"), 404, "no_such_choice");
    want_refusal(chosen("u1", "{\"page\":2,\"choice\":\"yes\"}"), 409, "wrong_phase");
    want_bad_field(chosen("u1", "{\"page\":\"1\",\"choice\":\"yes\"}"), "page");
    want_bad_field(chosen("u1", "{\"page\":1.5,\"choice\":\"yes\"}"), "page");
    want_bad_field(chosen("u1", "{\"page\":1,\"choice\":7}"), "choice");
    want_bad_field(chosen("u1", "{\"page\":1}"), "choice");
    want_refusal(chosen("u1", "{"), 400, "bad_request");
    socket_cut(by_http.seat[1]);
    heard(by_http.seat[0], "disconnected");
    struct answer answer = want_status(chosen("u2", "{\"page\":1,\"choice\":\"no\"}"), 200);
    const struct json *event = heard(by_http.seat[0], "choice_submitted");
    want(event, "data.participant_id", "p2");
    want(event, "actor", "p2");
    want(answer.json, "seq", shown(event, "seq"));
    want_status(chosen("u1", "{\"page\":1,\"choice\":\"yes\"}"), 200);
    heard(by_http.seat[0], "choice_submitted");
    want(heard(by_http.seat[0], "choices_revealed"), "data.choices.p2", "no");
    want_refusal(chosen("u2", "{\"page\":1,\"choice\":\"yes\"}"), 409, "already_revealed");
    quiet(by_http.seat[0]);
}

static void an_operator_may_do_what_any_host_may(void **state)
{
    (void)state;
    acked(operated.seat[1], "next_page", "{}");
    const struct json *turn = all_heard(&operated, "next_page");
    want(turn, "data.page", "2");
    want(turn, "actor", "p2");
    acked(operated.seat[1], "goto_page", "{\"page\":1}");
    all_heard(&operated, "next_page");
    want(session_seen(&operated), "host", "p1");
    want_status(post(text("%s/end", session_path(&operated)),
                     token_with_role("another-boss", "operator"), "{}"),
                200);
    all_heard(&operated, "session_ended");
    want_close(operated.seat[0], 1000);
}

static void the_log_is_for_the_host_and_whole_for_an_operator(void **state)
{
    (void)state;
    const char *path = text("%s/log", session_path(&jumped));
    want_refusal(get(path, token("u2")), 403, "forbidden");
    want_refusal(get(path, token("stranger")), 403, "forbidden");
    struct answer host = want_status(get(path, token("u1")), 200);
    const char *type = header_of(&host, "Content-Type");
    assert_non_null(type);
    assert_int_equal(strncmp(type, "application/jsonl", 17), 0);
    want(log_last(host, "join"), "data.user", "(absent)");
    assert_null(strstr(host.body, "\"user\""));
    struct answer whole = log_whole(jumped.session);
    const char *where = whole.body;
    const struct json *header = log_next(&where), *line;
    want_types(header, "snssnons",
               "log version session_id room_code seats agenda created_at host_user");
    want(header, "log", "debate");
    want(header, "version", "1");
    want(header, "session_id", jumped.session);
    want(header, "room_code", "jumped");
    want(header, "seats", "2");
    want(header, "host_user", "u1");
    want(header, "agenda.pages.2.title", "Three");
    for (int seq = 1; (line = log_next(&where)); seq++)
        want(line, "seq", text("%d", seq));
    want(log_last(whole, "join"), "data.user", "u2");
    assert_int_equal(whole.body[whole.body_len - 1], '\n');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_with_seconds_turns_by_itself_and_the_last_one_ends),
        cmocka_unit_test(next_page_turns_for_all_and_ends_the_session_on_the_last),
        cmocka_unit_test(goto_page_goes_anywhere_there_is_a_page),
        cmocka_unit_test(without_an_agenda_there_is_one_page_without_choices),
        cmocka_unit_test(choices_are_revealed_when_all_have_chosen),
        cmocka_unit_test(choices_are_revealed_before_the_page_is_left),
        cmocka_unit_test(a_choice_may_be_changed_until_it_is_revealed),
        cmocka_unit_test(reveal_now_shows_at_once_and_never_shows_never),
        cmocka_unit_test(a_gate_refuses_next_page_until_all_have_chosen),
        cmocka_unit_test(the_time_of_a_page_counts_from_when_it_is_turned_to),
        cmocka_unit_test(choices_come_by_http_as_well),
        cmocka_unit_test(an_operator_may_do_what_any_host_may),
        cmocka_unit_test(the_log_is_for_the_host_and_whole_for_an_operator),
    };
    return cmocka_run_group_tests(tests, pages_begin, group_end);
}

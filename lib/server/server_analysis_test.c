/* What follows a debate: its analysis by a process beside the server, its report, and its end for
 * good. The last test starts servers of its own. */
#include <sys/stat.h>

#include "server/tus_testing.h"

static const char *const analysing[] = {"--countdown", "0.2", "--record", "manual",
                                        "--language",  "ko",  NULL};
static const char stranger[] = "mallory";

static int analysis_begin(void **state)
{
    (void)state;
    server_start(analysing);
    return 0;
}

static const char *report_path(const struct debate *debate)
{
    return text("/api/sessions/%s/report", debate->session);
}

static const char *forget_path(const struct debate *debate)
{
    return text("/api/sessions/%s/forget", debate->session);
}

static bool is_file(const char *format, const char *session)
{
    struct stat about;
    const char *name = text("%s/data", server.folder);
    return stat(text("%s/%s%s", name, format, session), &about) == 0;
}

/* Two people; `recordings` of them record for a moment, then it ends. */
static void held(struct debate *debate, const char *code, int recordings, const char **ids)
{
    debate_begin(debate, code, 2, 2, NULL);
    debate_live(debate);
    for (int i = 0; i < recordings; i++) {
        acked(debate->seat[i], "consent", "{\"recording\":true}"); /* what the other did has come */
        forget(debate->seat[i]);
        acked(debate->seat[i], "start_recording", "{}");
        ids[i] = shown(heard_at_last(debate->seat[i], "recording_started"), "data.recording_id");
    }
    acked(debate->seat[0], "end_session", "{}");
}

static void upload_whole(const char *id, int who)
{
    struct bytes sound = speech();
    const char *path = upload_new(id, token(user_of(who)), sound.len);
    want_status(patch(path, token(user_of(who)), 0, sound, ""), 204);
}

/* Until the session says so. */
static void wait_for_report(const struct debate *debate)
{
    int64_t end = clock_ms() + 3 * PATIENCE_MS;
    while (type_at(session_seen(debate), "report") != 's') {
        if (clock_ms() > end)
            fail_here("no report: %s", shown(session_seen(debate), ""));
        pass_time(20);
    }
}

static void a_report_comes_when_the_last_recording_has_arrived(void **state)
{
    (void)state;
    struct debate debate, later;
    const char *ids[2];
    held(&debate, "waits", 2, ids);
    want_refusal(get(report_path(&debate), token("u1")), 404, "not_found");
    upload_whole(ids[0], 0);
    held(&later, "does-not-wait", 0, NULL);
    wait_for_report(&later); /* the first would have been done by now */
    want(session_seen(&debate), "report", "null");
    upload_whole(ids[1], 1);
    wait_for_report(&debate);
    want(session_seen(&debate), "report", report_path(&debate));
    want(log_last(log_whole(debate.session), "analysis_ready"), "data.report",
         report_path(&debate));
    struct answer answer = want_status(get(report_path(&debate), token("u2")), 200);
    assert_int_equal(strncmp(answer.body, "<!DOCTYPE html>", 15), 0);
    assert_non_null(strstr(answer.body, "<html lang=\"ko\">"));
    assert_non_null(strstr(answer.body, "</html>"));
    assert_non_null(strstr(header_of(&answer, "Content-Type"), "text/html"));
    assert_non_null(strstr(header_of(&answer, "Content-Security-Policy"), "sandbox"));
    assert_string_equal(header_of(&answer, "Cache-Control"), "private, no-store");
}

static void a_debate_without_recordings_does_not_wait(void **state)
{
    (void)state;
    struct debate debate;
    held(&debate, "unrecorded", 0, NULL);
    wait_for_report(&debate);
    want_status(get(report_path(&debate), token_with_role("boss", "operator")), 200);
}

static void a_report_is_for_those_who_took_part(void **state)
{
    (void)state;
    struct debate debate;
    held(&debate, "private", 0, NULL);
    wait_for_report(&debate);
    want_refusal(get(report_path(&debate), NULL), 401, "bad_token");
    want_refusal(get(report_path(&debate), token(stranger)), 403, "forbidden");
    want_refusal(get(report_path(&debate), token_with_role("watcher", "observer")), 403,
                 "forbidden");
    want_refusal(get("/api/sessions/s_0123456789abcdefghijkl/report", token("u1")), 404,
                 "not_found");
    want_status(get(report_path(&debate), token("u1")), 200);
}

static void what_a_restart_finds_unfinished_is_taken_up(void **state)
{
    (void)state;
    struct debate debate, other;
    const char *ids[1];
    int port = server.port;
    held(&debate, "unfinished", 1, ids);
    held(&other, "begun", 0, NULL);
    server_kill(); /* whatever the other's analysis is at */
    server_start_at(port, analysing);
    wait_for_report(&other);
    upload_whole(ids[0], 0);
    wait_for_report(&debate);
}

static void what_is_forgotten_is_gone_and_the_log_says_so(void **state)
{
    (void)state;
    struct debate debate;
    const char *ids[2];
    debate_begin(&debate, "early", 2, 2, NULL);
    want_refusal(post(forget_path(&debate), token("u1"), ""), 409, "wrong_phase");
    held(&debate, "forgotten", 2, ids);
    upload_whole(ids[0], 0);
    const char *begun = upload_new(ids[1], token("u2"), 1000);
    assert_true(is_file("recordings/", debate.session));
    want_refusal(post(forget_path(&debate), token("u2"), ""), 403, "forbidden");
    want_refusal(post(forget_path(&debate), token(stranger), ""), 403, "forbidden");
    struct answer answer = want_status(post(forget_path(&debate), token("u1"), ""), 200);
    want(answer.json, "recordings", "1");
    want(answer.json, "bytes", text("%zu", speech().len));
    const struct json *event = log_last(log_whole(debate.session), "forgotten");
    want(event, "actor", "p1");
    want(event, "data.recordings", "1");
    want(event, "seq", shown(answer.json, "seq"));
    assert_false(is_file("recordings/", debate.session));
    assert_false(is_file("analysis/", debate.session));
    want_refusal(get(report_path(&debate), token("u1")), 410, "ended");
    want_gone(begun, token("u2"));
    want_refusal(upload_created(ids[1], token("u2"), 1000), 410, "ended");
    want_refusal(post(forget_path(&debate), token("u1"), ""), 410, "ended");
    want(session_seen(&debate), "report", "null");
}

static void a_report_that_stands_can_be_forgotten(void **state)
{
    (void)state;
    struct debate debate;
    held(&debate, "stands", 0, NULL);
    wait_for_report(&debate);
    struct answer answer =
        want_status(post(forget_path(&debate), token_with_role("boss", "operator"), ""), 200);
    want(answer.json, "analysis", "true");
    want(answer.json, "recordings", "0");
    want_refusal(get(report_path(&debate), token("u1")), 410, "ended");
    assert_false(is_file("analysis/", debate.session));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_report_comes_when_the_last_recording_has_arrived),
        cmocka_unit_test(a_debate_without_recordings_does_not_wait),
        cmocka_unit_test(a_report_is_for_those_who_took_part),
        cmocka_unit_test(what_is_forgotten_is_gone_and_the_log_says_so),
        cmocka_unit_test(a_report_that_stands_can_be_forgotten),
        cmocka_unit_test(what_a_restart_finds_unfinished_is_taken_up),
    };
    return cmocka_run_group_tests(tests, analysis_begin, group_end);
}

/* What follows a debate: its analysis by a process beside the server, its report, and its end for
 * good. The last tests start servers of their own. */
#include <ftw.h>
#include <sys/stat.h>

#include "proto/limits.h"
#include "server/tus_testing.h"

static const char *const analysing[] = {"--quota", "10G",        "--countdown", "0.2", "--record",
                                        "manual",  "--language", "ko",          NULL};
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

static void a_report_is_given_in_the_format_that_is_asked_for(void **state)
{
    static const struct {
        const char *format, *type, *begins;
    } formats[] = {
        {"html", "text/html", "<!DOCTYPE html>"}, {"md", "text/markdown", "# "},
        {"json", "application/json", "{"},        {"vtt", "text/vtt", "WEBVTT"},
        {"srt", "application/x-subrip", ""},      {"csv", "text/csv", "turn,"},
    };
    (void)state;
    struct debate debate;
    held(&debate, "formats", 0, NULL);
    wait_for_report(&debate);
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        const char *path = text("%s?format=%s", report_path(&debate), formats[i].format);
        struct answer answer = want_status(get(path, token("u2")), 200);
        assert_memory_equal(header_of(&answer, "Content-Type"), formats[i].type,
                            strlen(formats[i].type));
        assert_memory_equal(answer.body, formats[i].begins, strlen(formats[i].begins));
        assert_string_equal(header_of(&answer, "X-Content-Type-Options"), "nosniff");
        want_refusal(get(path, token(stranger)), 403, "forbidden");
    }
    static const char *const others[] = {"pdf", "..%2F..%2Fsecret", "html.part", "longer-than-any"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        want_bad_field(get(text("%s?format=%s", report_path(&debate), others[i]), token("u2")),
                       "format");
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

/* ---- the quota; the server is another ---- */

enum {
    QUOTA = 20 << 20,
    QUOTA_APART = 200,                    /* bytes: files of a few, such as the lock */
    QUOTA_BESIDE = LIMIT_UPLOAD_METADATA, /* kept free for what comes with an upload */
    TIMELINE_PADDING = 3 * QUOTA_APART
};

static uint64_t found_bytes;

static int add_file(const char *path, const struct stat *about, int kind, struct FTW *walk)
{
    (void)path;
    (void)walk;
    found_bytes += kind == FTW_F ? (uint64_t)about->st_size : 0;
    return 0;
}

static uint64_t bytes_below(const char *path)
{
    found_bytes = 0;
    assert_int_equal(nftw(text("%s/data/%s", server.folder, path), add_file, 16, FTW_PHYS), 0);
    return found_bytes;
}

/* An upload is taken when it fits beside all that is on disk, and not when it does not. The log is
 * written to now and then: what is asked meanwhile is asked again. */
static void want_all_counted(const char *recording)
{
    const char *user = token("u1");
    struct answer beyond, within;
    uint64_t before, after;
    int64_t end = clock_ms() + PATIENCE_MS;
    do {
        before = bytes_below("");
        size_t fits = QUOTA - (size_t)before - QUOTA_BESIDE;
        beyond = upload_created(recording, user, fits + QUOTA_APART);
        within = upload_created(recording, user, fits - QUOTA_APART);
        const char *location = header_of(&within, "Location");
        if (location)
            want_status(tus("DELETE", strstr(location, "/api/"), user, "", (struct bytes){0}), 204);
        after = bytes_below("");
    } while (before != after && clock_ms() < end);
    want_refusal(beyond, 507, "unavailable");
    want_status(within, 201);
}

static void upload_with_timeline(const char *id, int who)
{
    struct bytes sound = speech();
    const char *user = token(user_of(who)),
               *timeline = text("debate-timeline 1\nrecording_id %s\nrate 48000\nat 0 0\nx %s\n",
                                id, many('x', TIMELINE_PADDING));
    struct answer answer =
        tus("POST", "/api/uploads", user,
            text("Upload-Length: %zu\r\nUpload-Metadata: recording_id %s,timeline %s\r\n"
                 "Content-Length: 0\r\n",
                 sound.len, base64(id, strlen(id)), base64(timeline, strlen(timeline))),
            (struct bytes){0});
    want_status(answer, 201);
    want_status(patch(strstr(header_of(&answer, "Location"), "/api/"), user, 0, sound, ""), 204);
    assert_true(bytes_below("recordings") >= sound.len + TIMELINE_PADDING);
}

static void all_that_is_kept_is_within_the_quota(void **state)
{
    (void)state;
    static const char *const small[] = {"--quota", "20M",        "--countdown", "0.2", "--record",
                                        "manual",  "--language", "ko",          NULL};
    struct debate debate, other;
    const char *ids[1], *probe[1];
    server_kill();
    server_start(small);
    held(&other, "probe", 1, probe);
    want_all_counted(probe[0]);
    held(&debate, "kept", 1, ids);
    upload_with_timeline(ids[0], 0);
    wait_for_report(&debate);
    want_all_counted(probe[0]);
    server_kill();
    server_start(small);
    want_all_counted(probe[0]);
    want_status(post(forget_path(&debate), token("u1"), ""), 200);
    want_all_counted(probe[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_report_comes_when_the_last_recording_has_arrived),
        cmocka_unit_test(a_debate_without_recordings_does_not_wait),
        cmocka_unit_test(a_report_is_given_in_the_format_that_is_asked_for),
        cmocka_unit_test(a_report_is_for_those_who_took_part),
        cmocka_unit_test(what_is_forgotten_is_gone_and_the_log_says_so),
        cmocka_unit_test(a_report_that_stands_can_be_forgotten),
        cmocka_unit_test(what_a_restart_finds_unfinished_is_taken_up),
        cmocka_unit_test(all_that_is_kept_is_within_the_quota),
    };
    return cmocka_run_group_tests(tests, analysis_begin, group_end);
}

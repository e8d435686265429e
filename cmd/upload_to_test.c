/* `debate upload --to` against a service that is a script. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <sys/stat.h>

#include "analysis/service_testing.h"
#include "args.h"

extern const struct cmd cmd_upload;

static char seen_head[4096], seen_body[64 * 1024];
static int next_status;
static const char *next_headers; /* of a refusal */
static unsigned refusals;        /* so many before that status; 0 as a status: the line goes dead */
static unsigned requests;
static int refusal_status;

static void script(const struct fake_request *request, struct fake_answer *answer)
{
    snprintf(seen_head, sizeof seen_head, "%s", request->head);
    snprintf(seen_body, sizeof seen_body, "%.*s", (int)request->body_len, request->body);
    requests++;
    answer->status = refusals ? refusal_status : next_status;
    answer->headers = refusals || next_status >= 300 ? next_headers : NULL;
    refusals -= refusals > 0;
}

static struct fake_service service;
static char folder[] = "/tmp/debate-upload-XXXXXX";

static int begin(void **state)
{
    (void)state;
    fake_start(&service, script);
    return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static void put(const char *name, const char *text)
{
    FILE *file = fopen(name, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static int end(void **state)
{
    (void)state;
    fake_stop(&service);
    unlink("kim.opus");
    unlink("kim.timeline");
    unlink("s_0123456789abcdefghijkm/p2-1.opus");
    rmdir("s_0123456789abcdefghijkm");
    return chdir("/") == 0 && rmdir(folder) == 0 ? 0 : -1;
}

static enum exit_code upload(const char *file)
{
    const char *words[] = {
        file, "--to", service.base, "--token", "the-key", "--session", "s_0123456789abcdefghijkl"};
    return args_run(&cmd_upload, sizeof words / sizeof *words, (char *const *)words);
}

static void want_field(const char *name, const char *value)
{
    char part[256];
    snprintf(part, sizeof part, "name=\"%s\"\r\n\r\n%s\r\n", name, value);
    if (!strstr(seen_body, part))
        fail_msg("no %s=%s in %s", name, value, seen_body);
}

static void a_recording_is_posted_as_a_form_with_what_is_known_of_it(void **state)
{
    (void)state;
    put("kim.opus", "sound of kim");
    put("kim.timeline", "debate-timeline 1\nrecording_id r_abc_1\nstarted_at_ms 1763872345678\n"
                        "rate 48000\nat 0 0\n");
    next_status = 202;
    assert_int_equal(upload("kim.opus"), EXIT_CODE_DONE);
    assert_int_equal(strncmp(seen_head, "POST /v1 HTTP/1.1\r\n", 19), 0);
    assert_non_null(strstr(seen_head, "\r\nAuthorization: Bearer the-key"));
    assert_non_null(strstr(seen_head, "\r\nContent-Type: multipart/form-data; boundary="));
    assert_non_null(strstr(seen_body, "name=\"file\"; filename=\"kim.opus\""));
    assert_non_null(strstr(seen_body, "\r\n\r\nsound of kim\r\n"));
    assert_non_null(strstr(seen_body, "name=\"timeline\"; filename=\"kim.timeline\""));
    want_field("recording_id", "r_abc_1");
    want_field("session_id", "s_0123456789abcdefghijkl");
    want_field("started_at_ms", "1763872345678");
    want_field("bytes", "12");
    want_field("sha256", "d4e085e4adf67a0cc23971fcb3c591da5713b240188f11fb2c379fd5ab51da15");
    assert_non_null(strstr(seen_head,
                           "\r\nIdempotency-Key: "
                           "\"d4e085e4adf67a0cc23971fcb3c591da5713b240188f11fb2c379fd5ab51da15\""));
}

static void its_type_is_what_it_holds_whatever_its_name_is(void **state)
{
    static const struct {
        const char *first, *type;
    } files[] = {{"OggS and more", "audio/ogg"},
                 {"\x1a\x45\xdf\xa3 and more", "audio/webm"},
                 {"Og", "application/octet-stream"},
                 {"RIFF and more", "application/octet-stream"}};
    (void)state;
    next_status = 200;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char want[128];
        put("kim.opus", files[i].first);
        assert_int_equal(upload("kim.opus"), EXIT_CODE_DONE);
        snprintf(want, sizeof want, "filename=\"kim.opus\"\r\nContent-Type: %s\r\n", files[i].type);
        assert_non_null(strstr(seen_body, want));
    }
}

static void what_has_no_timeline_is_sent_all_the_same(void **state)
{
    (void)state;
    put("kim.opus", "sound");
    unlink("kim.timeline");
    next_status = 200;
    assert_int_equal(upload("kim.opus"), EXIT_CODE_DONE);
    assert_null(strstr(seen_body, "recording_id"));
    assert_null(strstr(seen_body, "timeline"));
}

static void a_path_as_a_server_keeps_it_tells_whose_it_is(void **state)
{
    const char *path = "s_0123456789abcdefghijkm/p2-1.opus";
    const char *words[] = {path, "--to", service.base};
    (void)state;
    mkdir("s_0123456789abcdefghijkm", 0700);
    put(path, "sound");
    next_status = 200;
    assert_int_equal(args_run(&cmd_upload, 3, (char *const *)words), EXIT_CODE_DONE);
    want_field("participant_id", "p2");
    want_field("session_id", "s_0123456789abcdefghijkm");
    const char *named[] = {path, "--to", service.base, "--participant", "p7"};
    assert_int_equal(args_run(&cmd_upload, 5, (char *const *)named), EXIT_CODE_DONE);
    want_field("participant_id", "p7");
}

static void what_may_be_taken_later_is_sent_again(void **state)
{
    static const int for_later[] = {503, 429, 0, 500};
    (void)state;
    put("kim.opus", "sound of kim");
    next_status = 201;
    next_headers = "Retry-After: 1\r\n";
    for (size_t i = 0; i < sizeof for_later / sizeof *for_later; i++) {
        refusal_status = for_later[i];
        refusals = 1;
        requests = 0;
        assert_int_equal(upload("kim.opus"), EXIT_CODE_DONE);
        assert_int_equal(requests, 2);
        assert_non_null(strstr(seen_body, "\r\n\r\nsound of kim\r\n")); /* whole once more */
    }
}

static void who_asks_for_more_patience_than_there_is_is_not_asked_again(void **state)
{
    (void)state;
    put("kim.opus", "sound of kim");
    next_status = 429;
    next_headers = "Retry-After: 1000\r\n";
    requests = 0;
    assert_int_equal(upload("kim.opus"), EXIT_CODE_REFUSED);
    assert_int_equal(requests, 1);
}

static void where_nobody_ever_answers_is_given_up_soon(void **state)
{
    const char *words[] = {"kim.opus", "nobody.opus", "--to", "http://127.0.0.1:1/"};
    (void)state;
    put("kim.opus", "sound of kim");
    assert_int_equal(args_run(&cmd_upload, 4, (char *const *)words), EXIT_CODE_UNREACHABLE);
}

static void a_refusal_and_a_missing_file_are_told_apart(void **state)
{
    (void)state;
    put("kim.opus", "sound");
    next_headers = NULL;
    requests = 0;
    for (next_status = 300; next_status < 500; next_status += 100)
        assert_int_equal(upload("kim.opus"), EXIT_CODE_REFUSED);
    assert_int_equal(requests, 2); /* that will not change */
    assert_int_equal(upload("nobody.opus"), EXIT_CODE_FAILED);
    assert_int_equal(upload("."), EXIT_CODE_FAILED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_recording_is_posted_as_a_form_with_what_is_known_of_it),
        cmocka_unit_test(its_type_is_what_it_holds_whatever_its_name_is),
        cmocka_unit_test(what_has_no_timeline_is_sent_all_the_same),
        cmocka_unit_test(a_path_as_a_server_keeps_it_tells_whose_it_is),
        cmocka_unit_test(what_may_be_taken_later_is_sent_again),
        cmocka_unit_test(who_asks_for_more_patience_than_there_is_is_not_asked_again),
        cmocka_unit_test(where_nobody_ever_answers_is_given_up_soon),
        cmocka_unit_test(a_refusal_and_a_missing_file_are_told_apart),
    };
    return cmocka_run_group_tests(tests, begin, end);
}

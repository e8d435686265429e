/* `debate upload --to` against a service that is a script. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "analysis/service_testing.h"
#include "args.h"

extern const struct cmd cmd_upload;

static char seen_head[4096], seen_body[64 * 1024];
static int next_status;

static void script(const struct fake_request *request, struct fake_answer *answer)
{
    snprintf(seen_head, sizeof seen_head, "%s", request->head);
    snprintf(seen_body, sizeof seen_body, "%.*s", (int)request->body_len, request->body);
    answer->status = next_status;
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

static void a_refusal_and_a_missing_file_are_told_apart(void **state)
{
    (void)state;
    put("kim.opus", "sound");
    for (next_status = 300; next_status < 600; next_status += 100)
        assert_int_equal(upload("kim.opus"), EXIT_CODE_REFUSED);
    assert_int_equal(upload("nobody.opus"), EXIT_CODE_FAILED);
    assert_int_equal(upload("."), EXIT_CODE_FAILED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_recording_is_posted_as_a_form_with_what_is_known_of_it),
        cmocka_unit_test(what_has_no_timeline_is_sent_all_the_same),
        cmocka_unit_test(a_refusal_and_a_missing_file_are_told_apart),
    };
    return cmocka_run_group_tests(tests, begin, end);
}

/* An analysis of a session that is forgotten before it has begun, or while it runs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analysis/analysis_steps.h"
#include "base/folder_testing.h"

static const char whole_log[] =
    "{\"log\":\"debate\",\"version\":1,\"session_id\":\"s_AbCdEfGhIjKlMnOpQrStUv\","
    "\"room_code\":\"library\",\"seats\":2,\"agenda\":{\"title\":\"Sundays?\",\"pages\":["
    "{\"title\":\"One\"}]},\"created_at\":1763872345000,\"host_user\":\"kim\"}\n";

static char folder[] = "/tmp/debate-steps-XXXXXX";

/* What the session's removal has come to. */
struct forgetting {
    const char *at; /* the step after which its folder is moved; NULL: none */
    bool is_forgotten;
};

static bool is_forgotten(void *context)
{
    return ((const struct forgetting *)context)->is_forgotten;
}

static void on_stepped(void *context, const char *step, bool made)
{
    struct forgetting *forgetting = context;
    (void)made;
    if (!forgetting->at || strcmp(step, forgetting->at) != 0)
        return;
    assert_int_equal(rename("analysis", "forgotten"), 0);
    forgetting->is_forgotten = true;
}

static enum err analyze(struct forgetting *forgetting)
{
    const struct analysis_request request = {.log = whole_log,
                                             .log_len = strlen(whole_log),
                                             .recordings = ".",
                                             .folder = "analysis",
                                             .language = "ko",
                                             .is_forgotten = is_forgotten,
                                             .stepped = on_stepped,
                                             .context = forgetting};
    struct analysis *analysis = NULL;
    char why[512] = "";
    enum err e = analysis_run(&request, &analysis, why, sizeof why);
    if (e == ERR_ENDED)
        assert_string_equal(why, "session s_AbCdEfGhIjKlMnOpQrStUv was forgotten");
    analysis_free(analysis);
    return e;
}

static void a_session_that_was_forgotten_before_leaves_no_folder(void **state)
{
    (void)state;
    struct forgetting forgetting = {.is_forgotten = true};
    assert_int_equal(analyze(&forgetting), ERR_ENDED);
    assert_int_not_equal(access("analysis", F_OK), 0);
}

static void a_session_that_is_forgotten_meanwhile_ends_the_run_after_any_step(void **state)
{
    static const char *const steps[] = {"tracks", "pieces", "measures", "transcript"};
    (void)state;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        struct forgetting forgetting = {.at = steps[i]};
        assert_int_equal(analyze(&forgetting), ERR_ENDED);
        assert_int_not_equal(access("analysis", F_OK), 0);
        assert_int_equal(folder_remove("forgotten"), 0);
    }
}

static void a_session_that_is_not_forgotten_is_analysed(void **state)
{
    (void)state;
    struct forgetting forgetting = {0};
    assert_int_equal(analyze(&forgetting), ERR_NONE);
    assert_int_equal(access("analysis/measures.json", F_OK), 0);
}

static int begin(void **state)
{
    (void)state;
    return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    return chdir("/") == 0 ? folder_remove(folder) : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_session_that_was_forgotten_before_leaves_no_folder),
        cmocka_unit_test(a_session_that_is_forgotten_meanwhile_ends_the_run_after_any_step),
        cmocka_unit_test(a_session_that_is_not_forgotten_is_analysed),
    };
    return cmocka_run_group_tests(tests, begin, end);
}

/* `debate analyze` as people run it, with services that are scripts. DEBATE_BIN names the program.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sys/wait.h>

#include "base/folder_testing.h"
#include "services_testing.h"

static char folder[] = "/tmp/debate-services-XXXXXX";
static char program[PATH_MAX], tree[PATH_MAX];

static void must_copy(const char *from, const char *to)
{
    char path[PATH_MAX * 2], bytes[64 * 1024];
    snprintf(path, sizeof path, "%s/%s", tree, from);
    FILE *in = fopen(path, "rb"), *out = fopen(to, "wb");
    assert_true(in && out);
    for (size_t len; (len = fread(bytes, 1, sizeof bytes, in)) > 0;)
        assert_int_equal(fwrite(bytes, 1, len, out), len);
    fclose(in);
    assert_int_equal(fclose(out), 0);
}

static int begin(void **state)
{
    (void)state;
    if (!getenv("DEBATE_BIN") || !realpath(getenv("DEBATE_BIN"), program) ||
        !getcwd(tree, sizeof tree) || !mkdtemp(folder) || chdir(folder) != 0 ||
        mkdir("debate", 0700) != 0)
        return -1;
    must_copy("testdata/logs/library.jsonl", "debate/log.jsonl");
    must_copy("testdata/speech/lee-1.opus", "debate/p2-1.opus");
    put("stt-key", stt_key);
    put("llm-key", llm_key);
    fake_start(&stt, listen_to);
    fake_start(&llm, think);
    return 0;
}

static int end(void **state)
{
    (void)state;
    fake_stop(&stt);
    fake_stop(&llm);
    return chdir("/") == 0 ? folder_remove(folder) : -1;
}

/* Runs the program with its output in the file `said-by-it`; its exit code. */
static int run(const char *const words[])
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        int out = open("said-by-it", O_WRONLY | O_CREAT | O_TRUNC, 0600);
        dup2(out, 1);
        dup2(out, 2);
        execv(program, (char *const *)words);
        _exit(127);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int analyze(void)
{
    const char *const words[] = {program,   "analyze", "debate", "--language",
                                 "en",      "--stt",   stt.base, "--stt-key-file",
                                 "stt-key", "--llm",   llm.base, "--llm-key-file",
                                 "llm-key", NULL};
    return run(words);
}

static const char *report(const char *format)
{
    static char text[64 * 1024];
    const char *const words[] = {program, "report", "debate", "--format", format, NULL};
    assert_int_equal(run(words), 0);
    FILE *file = fopen("said-by-it", "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return text;
}

static void what_services_answer_becomes_a_report_without_what_a_model_invents(void **state)
{
    (void)state;
    assert_int_equal(analyze(), 0);
    assert_false(has_key("said-by-it"));
    const char *text = report("md");
    assert_non_null(strstr(text, said));
    assert_non_null(strstr(text, "There is no money."));
    assert_null(strstr(text, "An invented reason."));
    assert_null(strstr(text, lie));
    text = report("json");
    assert_non_null(strstr(text, "\"struck\":1"));
    assert_null(strstr(text, lie));
    assert_null(strstr(text, "Draft"));
}

static void nothing_is_asked_twice(void **state)
{
    (void)state;
    unsigned heard = stt.requests, thought = llm.requests;
    assert_true(heard >= 1 && thought >= 1);
    assert_int_equal(analyze(), 0);
    unlink("debate/analysis/transcript.json");
    unlink("debate/analysis/findings.json");
    assert_int_equal(analyze(), 0);
    assert_int_equal(stt.requests, heard);
    assert_int_equal(llm.requests, thought);
}

static void keys_are_in_no_file_and_in_no_list_of_processes(void **state)
{
    (void)state;
    assert_true(has_key("stt-key")); /* it can be found */
    assert_false(leaked);
    no_key_in("debate");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_services_answer_becomes_a_report_without_what_a_model_invents),
        cmocka_unit_test(nothing_is_asked_twice),
        cmocka_unit_test(keys_are_in_no_file_and_in_no_list_of_processes),
    };
    return cmocka_run_group_tests(tests, begin, end);
}

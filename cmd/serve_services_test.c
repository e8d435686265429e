/* `debate serve --stt --llm`, with services that are scripts: the server analyses a debate by
 * itself and goes on meanwhile; and what is forgotten while it is being analysed. */
#include "server/tus_testing.h"

#include <semaphore.h>
#include <stdatomic.h>

#include "services_testing.h"

static char keys[2][96]; /* files */
static sem_t may_answer; /* the recogniser waits for it, once a request */
static atomic_uint asked;

static void listen_when_allowed(const struct fake_request *request, struct fake_answer *answer)
{
    listen_to(request, answer);
    atomic_fetch_add(&asked, 1);
    while (sem_wait(&may_answer) != 0)
        ;
}

static const char *in_folder(const char *name)
{
    return text("%s/%s", server.folder, name);
}

static int begin(void **state)
{
    (void)state;
    sem_init(&may_answer, 0, 0);
    fake_start(&stt, listen_when_allowed);
    fake_start(&llm, think);
    server_prepare();
    snprintf(keys[0], sizeof keys[0], "%s/stt-key", server.folder);
    snprintf(keys[1], sizeof keys[1], "%s/llm-key", server.folder);
    put(keys[0], stt_key);
    put(keys[1], llm_key);
    server.err = open(in_folder("said"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    return server.err > 0 ? 0 : -1;
}

static int end(void **state)
{
    for (int i = 0; i < 100; i++)
        sem_post(&may_answer);
    group_end(state);
    close(server.err);
    fake_stop(&stt);
    fake_stop(&llm);
    return 0;
}

static void serve_with_services(void)
{
    const char *const extra[] = {
        "--countdown", "0.2",     "--record",       "manual", "--language", "en",
        "--stt",       stt.base,  "--stt-key-file", keys[0],  "--llm",      llm.base,
        "--llm-model", "thinker", "--llm-key-file", keys[1],  NULL};
    server_start(extra);
}

/* Two people, of whom the second has been recorded, and it has arrived. As long as it takes to say
 * what is in it: what comes after the end is not the debate's. */
static void held(struct debate *debate, const char *code)
{
    struct bytes sound = file_bytes("testdata/speech/lee-1.opus");
    debate_begin(debate, code, 2, 2,
                 "{\"title\":\"Short\",\"pages\":[{\"title\":\"One\",\"seconds\":2}]}");
    debate_live(debate);
    acked(debate->seat[1], "consent", "{\"recording\":true}");
    forget(debate->seat[1]);
    acked(debate->seat[1], "start_recording", "{}");
    const char *id =
        shown(heard_at_last(debate->seat[1], "recording_started"), "data.recording_id");
    (void)heard_at_last(debate->seat[1], "session_ended");
    const char *path = upload_new(id, token("u2"), sound.len);
    want_status(patch(path, token("u2"), 0, sound, ""), 204);
}

/* ---- waiting ---- */

static bool is_asked(const struct debate *debate)
{
    (void)debate;
    return atomic_load(&asked) > 0;
}

static bool has_report(const struct debate *debate)
{
    return type_at(session_seen(debate), "report") == 's';
}

/* Whether a process is at work on its analysis. */
static bool is_analysing(const struct debate *debate)
{
    bool is = false;
    DIR *dir = opendir("/proc");
    for (struct dirent *entry; dir && !is && (entry = readdir(dir));) {
        char path[PATH_MAX], words[4096] = "";
        snprintf(path, sizeof path, "/proc/%s/cmdline", entry->d_name);
        FILE *file = fopen(path, "rb");
        size_t len = file ? fread(words, 1, sizeof words, file) : 0;
        if (file)
            fclose(file);
        is = memmem(words, len, "analyze", 7) &&
             memmem(words, len, debate->session, strlen(debate->session));
    }
    if (dir)
        closedir(dir);
    return is;
}

static bool has_ended(const struct debate *debate)
{
    return !is_analysing(debate);
}

static void wait_until(bool (*is_so)(const struct debate *debate), const struct debate *debate)
{
    int64_t limit = clock_ms() + 6 * PATIENCE_MS;
    while (!is_so(debate)) {
        if (clock_ms() > limit)
            fail_here("this never came");
        pass_time(20);
    }
}

static void let_all_answer(void)
{
    for (int i = 0; i < 100; i++)
        sem_post(&may_answer);
}

static void let_none_answer(void)
{
    while (sem_trywait(&may_answer) == 0)
        ;
    atomic_store(&asked, 0);
}

/* ---- the server's own analysis ---- */

static const char *report_path(const struct debate *debate)
{
    return text("/api/sessions/%s/report", debate->session);
}

static void a_debate_is_analysed_by_the_services_while_the_server_goes_on(void **state)
{
    (void)state;
    struct debate debate, other;
    serve_with_services();
    let_none_answer();
    held(&debate, "heard");
    wait_until(is_asked, &debate);
    assert_true(is_analysing(&debate));
    held(&other, "meanwhile"); /* from its first to its last word */
    want(session_seen(&debate), "report", "null");
    let_all_answer();
    wait_until(has_report, &debate);
    want(log_last(log_whole(debate.session), "analysis_ready"), "data.report",
         report_path(&debate));
    for (int i = 0; i < 2; i++) {
        struct answer answer = want_status(get(report_path(&debate), token(user_of(i))), 200);
        assert_non_null(strstr(answer.body, said));
        assert_non_null(strstr(answer.body, "There is no money."));
        assert_null(strstr(answer.body, "An invented reason."));
        assert_null(strstr(answer.body, lie));
    }
    want_refusal(get(report_path(&debate), token("mallory")), 403, "forbidden");
    wait_until(has_report, &other);
}

/* After the test before. */
static void keys_to_services_are_in_no_file_and_in_no_list_of_processes(void **state)
{
    (void)state;
    assert_true(has_key(keys[0]) && has_key(keys[1])); /* they can be found */
    assert_false(leaked);
    assert_true(stt.requests > 0 && llm.requests > 0);
    assert_int_equal(kill(server.pid, SIGTERM), 0);
    assert_int_equal(server_wait(PATIENCE_MS), 0);
    assert_int_equal(unlink(keys[0]) | unlink(keys[1]), 0);
    no_key_in(server.folder); /* data and what the server said */
    put(keys[0], stt_key);
    put(keys[1], llm_key);
}

/* ---- what is forgotten meanwhile ---- */

static bool is_anything_of(const struct debate *debate)
{
    static const char *const folders[] = {"recordings", "analysis"};
    struct stat about;
    for (size_t i = 0; i < 2; i++) {
        if (stat(text("%s/data/%s/%s", server.folder, folders[i], debate->session), &about) == 0)
            return true;
    }
    return rmdir(in_folder("data/forgotten")) != 0; /* it is empty */
}

static void what_is_forgotten_while_the_server_analyses_it_does_not_come_back(void **state)
{
    (void)state;
    struct debate debate;
    serve_with_services();
    let_none_answer();
    held(&debate, "forgotten");
    wait_until(is_asked, &debate);
    struct answer answer =
        want_status(post(text("%s/forget", session_path(&debate)), token("u1"), ""), 200);
    want(answer.json, "recordings", "1");
    want(answer.json, "bytes", text("%zu", file_bytes("testdata/speech/lee-1.opus").len));
    want(answer.json, "analysis", "true");
    let_all_answer();
    wait_until(has_ended, &debate);
    assert_false(is_anything_of(&debate));
    want_refusal(get(report_path(&debate), token("u2")), 410, "ended");
    want(session_seen(&debate), "report", "null");
    assert_int_equal(log_count(log_whole(debate.session), "analysis_ready"), 0);
    server_kill();
}

/* Runs the program with its output in the file `said`. */
static pid_t run_program(const char *const words[])
{
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child)
        return child;
    int out = open(in_folder("by-hand"), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
    execvp(server_program(), (char *const *)words);
    _exit(127);
}

static int end_of(pid_t child)
{
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static pid_t analyze_by_hand(const struct debate *debate)
{
    const char *const words[] = {
        "debate", "analyze", debate->session, "--data",         in_folder("data"), "--language",
        "en",     "--stt",   stt.base,        "--stt-key-file", keys[0],           NULL};
    return run_program(words);
}

static void an_analysis_by_hand_fails_when_its_session_is_forgotten(void **state)
{
    (void)state;
    struct debate debate;
    const char *const extra[] = {"--countdown", "0.2", "--record", "manual", NULL};
    for (int is_running = 1; is_running >= 0; is_running--) {
        server_start(extra);
        let_none_answer();
        held(&debate, is_running ? "asked" : "removed");
        pid_t analysis = analyze_by_hand(&debate);
        wait_until(is_asked, &debate);
        if (is_running) {
            want_status(post(text("%s/forget", session_path(&debate)), token("u1"), ""), 200);
        } else {
            const char *const words[] = {"debate", "forget",          debate.session,
                                         "--data", in_folder("data"), NULL};
            server_kill();
            assert_int_equal(end_of(run_program(words)), 0);
            assert_non_null(strstr(file_bytes(in_folder("by-hand")).data, "removed 1 recordings"));
        }
        let_all_answer();
        assert_int_equal(end_of(analysis), 1);
        assert_false(is_anything_of(&debate));
        server_kill();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_debate_is_analysed_by_the_services_while_the_server_goes_on),
        cmocka_unit_test(keys_to_services_are_in_no_file_and_in_no_list_of_processes),
        cmocka_unit_test(what_is_forgotten_while_the_server_analyses_it_does_not_come_back),
        cmocka_unit_test(an_analysis_by_hand_fails_when_its_session_is_forgotten),
    };
    return cmocka_run_group_tests(tests, begin, end);
}

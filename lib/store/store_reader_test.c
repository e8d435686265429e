/* Reading a session's log beside the process that writes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <inttypes.h>
#include <string.h>
#include <sys/wait.h>

#include "store/store.h"
#include "store/store_reader.h"
#include "store/store_testing.h"

static const char session[] = "s_0123456789abcdefghijkl";

static struct store *open_at(const char *dir)
{
    struct store *store = NULL;
    char why[256];
    if (store_open(dir, NULL, NULL, &store, why, sizeof why))
        fail_msg("%s", why);
    return store;
}

static void add_line(struct store *store, int64_t key, uint64_t seq)
{
    char line[32];
    int len = snprintf(line, sizeof line, "{\"seq\":%" PRIu64 "}", seq);
    assert_int_equal(store_event_add(store, key, seq, line, (size_t)len), ERR_NONE);
}

static void commit(struct store *store)
{
    uint64_t number;
    assert_int_equal(store_commit(store, &number), ERR_NONE);
}

/* In a process of its own, as it is meant. */
static enum err read_elsewhere(const char *dir, const char *expected)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct buf log;
        char why[256] = "";
        buf_init(&log, 4096);
        enum err e = store_read_log(dir, session, &log, why, sizeof why);
        if (e ? !why[0] : strcmp(log.data, expected) != 0)
            e = ERR_COUNT;
        _exit((int)e);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return (enum err)WEXITSTATUS(status);
}

static void a_log_is_read_beside_who_writes_it(void **state)
{
    struct store *store = open_at(*state);
    int64_t key, other;
    assert_int_equal(store_session_add(store, session, "sunday", "{}", 2, &key), ERR_NONE);
    assert_int_equal(store_session_add(store, "s_x", "monday", "{}", 2, &other), ERR_NONE);
    add_line(store, key, 1);
    add_line(store, other, 1);
    commit(store);
    assert_int_equal(read_elsewhere(*state, ""), ERR_WRONG_PHASE);
    add_line(store, key, 2);
    assert_int_equal(store_session_end(store, key), ERR_NONE);
    commit(store);
    add_line(store, key, 3); /* an upload after the end */
    add_line(store, other, 2);
    commit(store);
    assert_int_equal(read_elsewhere(*state, "{}\n{\"seq\":1}\n{\"seq\":2}\n{\"seq\":3}\n"),
                     ERR_NONE);
    store_close(store);
    assert_int_equal(read_elsewhere(*state, "{}\n{\"seq\":1}\n{\"seq\":2}\n{\"seq\":3}\n"),
                     ERR_NONE);
}

static void what_is_not_there_is_said_and_nothing_is_made(void **state)
{
    char path[512];
    assert_int_equal(read_elsewhere(*state, ""), ERR_NOT_FOUND);
    snprintf(path, sizeof path, "%s/debate.db", (const char *)*state);
    assert_int_not_equal(access(path, F_OK), 0);
    store_close(open_at(*state));
    assert_int_equal(read_elsewhere(*state, ""), ERR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_log_is_read_beside_who_writes_it, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(what_is_not_there_is_said_and_nothing_is_made, make_dir,
                                        remove_dir),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Removing what was said, from a folder made for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "store/forgotten.h"
#include "store/store_testing.h"

static const char one[] = "s_0123456789abcdefghijkl", other[] = "s_0123456789abcdefghijkm";

static const char *path_of(const char *dir, const char *kind, const char *session, const char *name)
{
    static char path[512];
    snprintf(path, sizeof path, "%s/%s/%s/%s", dir, kind, session, name);
    return path;
}

static void put(const char *dir, const char *kind, const char *session, const char *name,
                size_t bytes)
{
    char folder[512];
    snprintf(folder, sizeof folder, "%s/%s", dir, kind);
    mkdir(folder, 0700);
    mkdir(path_of(dir, kind, session, ""), 0700);
    int fd = open(path_of(dir, kind, session, name), O_WRONLY | O_CREAT | O_EXCL, 0600);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, (off_t)bytes), 0);
    close(fd);
}

static bool is_there(const char *dir, const char *kind, const char *session)
{
    return access(path_of(dir, kind, session, ""), F_OK) == 0;
}

static void one_session_goes_and_the_others_stay(void **state)
{
    const char *dir = *state;
    struct forgotten removed;
    put(dir, "recordings", one, "p1-1.opus", 1000);
    put(dir, "recordings", one, "p1-1.timeline", 10);
    put(dir, "recordings", one, "p2-1.webm", 500);
    put(dir, "recordings", other, "p1-1.opus", 1000);
    put(dir, "analysis", one, "report.html", 7);
    put(dir, "analysis", other, "report.html", 7);
    mkdir(path_of(dir, "analysis", one, "answers"), 0700);
    put(dir, "analysis", one, "answers/a.json", 20);
    assert_int_equal(forgotten_move(dir, one, &removed), ERR_NONE);
    assert_int_equal(removed.analysis_bytes, 27);
    assert_int_equal(removed.recordings, 2); /* a timeline is none */
    assert_int_equal(removed.bytes, 1510);
    assert_true(removed.analysis);
    assert_false(is_there(dir, "recordings", one));
    assert_false(is_there(dir, "analysis", one));
    assert_int_equal(forgotten_remove(dir), ERR_NONE);
    assert_true(is_there(dir, "recordings", other));
    assert_true(is_there(dir, "analysis", other));
    assert_int_equal(rmdir(path_of(dir, "forgotten", "", "")), 0); /* nothing is left in it */
}

static void nothing_to_forget_is_no_error(void **state)
{
    struct forgotten removed;
    assert_int_equal(forgotten_remove(*state), ERR_NONE);
    assert_int_equal(forgotten_move(*state, one, &removed), ERR_NONE);
    assert_int_equal(removed.recordings, 0);
    assert_false(removed.analysis);
    assert_int_equal(forgotten_remove(*state), ERR_NONE);
}

static void what_is_only_due_was_no_analysis(void **state)
{
    struct forgotten removed;
    put(*state, "analysis", one, "due", 0);
    put(*state, "analysis", one, "lock", 0);
    assert_int_equal(forgotten_move(*state, one, &removed), ERR_NONE);
    assert_false(removed.analysis);
    assert_true(removed.moved);
    assert_false(is_there(*state, "analysis", one));
    assert_int_equal(forgotten_move(*state, one, &removed), ERR_NONE);
    assert_false(removed.moved);
}

/* As after a crash between the two halves, and a session of the same name since. */
static void what_was_moved_before_goes_with_the_next(void **state)
{
    struct forgotten removed;
    for (int i = 0; i < 2; i++) {
        put(*state, "recordings", one, "p1-1.opus", 3);
        assert_int_equal(forgotten_move(*state, one, &removed), ERR_NONE);
        assert_int_equal(removed.recordings, 1);
    }
    assert_int_equal(forgotten_remove(*state), ERR_NONE);
    assert_int_equal(rmdir(path_of(*state, "forgotten", "", "")), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_session_goes_and_the_others_stay, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(nothing_to_forget_is_no_error, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(what_is_only_due_was_no_analysis, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(what_was_moved_before_goes_with_the_next, make_dir,
                                        remove_dir),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

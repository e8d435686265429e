#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "session/pending.h"

static char folder[64], kim[96], lee[96];

static const struct pending some = {.server = "http://127.0.0.1:8080",
                                    .token = "aa.bb\\\"\n.cc",
                                    .session_id = "s_0123456789abcdefghijkl",
                                    .recording_id = "r_0123456789abcdefghijkl_1",
                                    .room_code = "sunday"};

static int make_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/pending-test-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    snprintf(kim, sizeof kim, "%s/kim.opus", folder);
    snprintf(lee, sizeof lee, "%s/lee.opus", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    char command[96];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

static bool is_file(const char *name)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return access(path, F_OK) == 0;
}

static void put_file(const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static void write_and_let_go(const char *recording)
{
    int hold;
    assert_int_equal(pending_write(recording, &some, &hold), ERR_NONE);
    pending_let_go(hold);
}

static size_t count_pending(void)
{
    struct pending_list list;
    assert_int_equal(pending_list_read(folder, &list), ERR_NONE);
    size_t count = list.count;
    pending_list_release(&list);
    return count;
}

static void what_is_written_is_read_back_and_is_for_its_owner_alone(void **state)
{
    (void)state;
    struct pending back;
    struct stat status;
    char path[128];
    int hold;
    umask(0);
    write_and_let_go(kim);
    snprintf(path, sizeof path, "%s/kim.pending", folder);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_false(is_file("kim.pending.new"));
    assert_int_equal(pending_take(kim, &back, &hold), ERR_NONE);
    assert_string_equal(back.server, some.server);
    assert_string_equal(back.token, some.token);
    assert_string_equal(back.session_id, some.session_id);
    assert_string_equal(back.recording_id, some.recording_id);
    assert_string_equal(back.room_code, some.room_code);
    pending_let_go(hold);
}

static void what_a_living_process_holds_is_not_listed_and_not_taken(void **state)
{
    (void)state;
    struct pending back;
    int hold, second, pipe_fd[2];
    char byte;
    assert_int_equal(pipe(pipe_fd), 0);
    pid_t child = fork();
    if (child == 0) {
        if (pending_write(kim, &some, &hold) || write(pipe_fd[1], "x", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    assert_int_equal(read(pipe_fd[0], &byte, 1), 1);
    close(pipe_fd[0]);
    close(pipe_fd[1]);
    assert_int_equal(count_pending(), 0);
    assert_int_equal(pending_take(kim, &back, &second), ERR_CONFLICT);
    /* The lock dies with it, however it dies. */
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(count_pending(), 1);
    assert_int_equal(pending_take(kim, &back, &second), ERR_NONE);
    pending_let_go(second);
}

static void what_arrived_or_was_refused_is_no_longer_pending(void **state)
{
    (void)state;
    struct pending back;
    int hold;
    write_and_let_go(kim);
    write_and_let_go(lee);
    put_file("lee.opus", "sound");
    assert_int_equal(pending_take(kim, &back, &hold), ERR_NONE);
    assert_int_equal(pending_remove(kim), ERR_NONE);
    pending_let_go(hold);
    assert_int_equal(pending_take(lee, &back, &hold), ERR_NONE);
    assert_int_equal(pending_refuse(lee), ERR_NONE);
    pending_let_go(hold);
    assert_int_equal(count_pending(), 0);
    assert_int_equal(pending_take(kim, &back, &hold), ERR_NOT_FOUND);
    assert_false(is_file("kim.pending"));
    assert_true(is_file("lee.refused"));
    assert_true(is_file("lee.opus"));
}

static void what_is_written_anew_is_held_by_the_one_who_wrote_it(void **state)
{
    (void)state;
    struct pending back;
    int hold, second;
    write_and_let_go(kim);
    assert_int_equal(pending_write(kim, &some, &hold), ERR_NONE);
    assert_int_equal(pending_take(kim, &back, &second), ERR_CONFLICT);
    pending_let_go(hold);
}

static void the_list_is_by_name_and_of_this_kind_alone(void **state)
{
    (void)state;
    struct pending_list list;
    write_and_let_go(lee);
    write_and_let_go(kim);
    put_file("kim.opus", "sound");
    put_file("other.opus", "sound");
    put_file("old.refused", "{}");
    put_file("half.pending.new", "{");
    put_file(".pending", "{}");
    assert_int_equal(pending_list_read(folder, &list), ERR_NONE);
    assert_int_equal(list.count, 2);
    assert_string_equal(list.recordings[0], kim);
    assert_string_equal(list.recordings[1], lee);
    pending_list_release(&list);
    assert_int_equal(pending_list_read("/nonexistent/folder", &list), ERR_IO);
    assert_int_equal(errno, ENOENT);
}

static void damage_is_said_and_held(void **state)
{
    (void)state;
    static const char *const damaged[] = {
        "",
        "{",
        "[]",
        "null",
        "{\"server\":\"http://127.0.0.1:1\",\"token\":\"t\",\"session_id\":\"s_short\","
        "\"recording_id\":\"r\",\"room_code\":\"sunday\"}",
        "{\"server\":7,\"token\":\"t\",\"session_id\":\"s_0123456789abcdefghijkl\","
        "\"recording_id\":\"r\",\"room_code\":\"sunday\"}",
        "{\"server\":\"http://127.0.0.1:1\",\"session_id\":\"s_0123456789abcdefghijkl\","
        "\"recording_id\":\"r\",\"room_code\":\"sunday\"}",
    };
    struct pending back;
    int hold;
    for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++) {
        put_file("kim.pending", damaged[i]);
        assert_int_equal(count_pending(), 1);
        assert_int_equal(pending_take(kim, &back, &hold), ERR_CORRUPT);
        pending_let_go(hold);
    }
}

static void the_folder_follows_the_xdg_specification(void **state)
{
    (void)state;
    char path[PENDING_PATH_SIZE], wanted[128], state_home[96];
    struct stat status;
    snprintf(state_home, sizeof state_home, "%s/state", folder);
    setenv("XDG_STATE_HOME", state_home, 1);
    setenv("HOME", folder, 1);
    umask(0);
    assert_int_equal(pending_folder(path), ERR_NONE);
    snprintf(wanted, sizeof wanted, "%s/state/debate/recordings", folder);
    assert_string_equal(path, wanted);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0700);
    assert_int_equal(pending_folder(path), ERR_NONE); /* there already */
    setenv("XDG_STATE_HOME", "relative", 1);
    assert_int_equal(pending_folder(path), ERR_NONE);
    snprintf(wanted, sizeof wanted, "%s/.local/state/debate/recordings", folder);
    assert_string_equal(path, wanted);
    unsetenv("XDG_STATE_HOME");
    unsetenv("HOME");
    assert_int_equal(pending_folder(path), ERR_NOT_FOUND);
}

static void a_new_recording_never_gets_a_name_that_is_taken(void **state)
{
    (void)state;
    /* date -u -d @1763872345: 2025-11-23 04:32:25 */
    static const int64_t at_ms = 1763872345678;
    char path[PENDING_PATH_SIZE], wanted[128];
    setenv("TZ", "UTC", 1);
    tzset();
    assert_int_equal(pending_name(folder, "sunday", at_ms, path), ERR_NONE);
    snprintf(wanted, sizeof wanted, "%s/sunday-20251123-043225.opus", folder);
    assert_string_equal(path, wanted);
    put_file("sunday-20251123-043225.opus", "");
    assert_int_equal(pending_name(folder, "sunday", at_ms, path), ERR_NONE);
    snprintf(wanted, sizeof wanted, "%s/sunday-20251123-043225-2.opus", folder);
    assert_string_equal(path, wanted);
    put_file("sunday-20251123-043225-2.opus", "");
    assert_int_equal(pending_name(folder, "sunday", at_ms, path), ERR_NONE);
    snprintf(wanted, sizeof wanted, "%s/sunday-20251123-043225-3.opus", folder);
    assert_string_equal(path, wanted);
    snprintf(wanted, sizeof wanted, "%s/sunday-20251123-043225.opus", folder);
    assert_int_equal(pending_name(wanted, "sunday", at_ms, path), ERR_IO); /* a file, no folder */
}

static void without_memory_nothing_is_half_written(void **state)
{
    (void)state;
    int hold;
    enum err e = ERR_NO_MEMORY;
    for (long i = 0; e == ERR_NO_MEMORY; i++) {
        assert_true(i < 100);
        mem_fail_after(i);
        e = pending_write(kim, &some, &hold);
        mem_fail_after(-1);
        if (e)
            assert_false(is_file("kim.pending") || is_file("kim.pending.new"));
    }
    assert_int_equal(e, ERR_NONE);
    pending_let_go(hold);
    struct pending_list list = {.count = 0};
    for (long i = 0; i == 0 || e; i++) {
        assert_true(i < 100);
        mem_fail_after(i);
        e = pending_list_read(folder, &list);
        mem_fail_after(-1);
    }
    pending_list_release(&list);
}

static void a_path_that_is_too_long_is_refused(void **state)
{
    (void)state;
    char path[PENDING_PATH_SIZE + 16];
    struct pending back;
    int hold;
    memset(path, 'a', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    assert_int_equal(pending_write(path, &some, &hold), ERR_BAD_REQUEST);
    assert_int_equal(pending_take(path, &back, &hold), ERR_BAD_REQUEST);
    assert_int_equal(pending_remove(path), ERR_BAD_REQUEST);
    assert_int_equal(pending_refuse(path), ERR_BAD_REQUEST);
}

#define IN_A_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_FOLDER(what_is_written_is_read_back_and_is_for_its_owner_alone),
        IN_A_FOLDER(what_a_living_process_holds_is_not_listed_and_not_taken),
        IN_A_FOLDER(what_arrived_or_was_refused_is_no_longer_pending),
        IN_A_FOLDER(what_is_written_anew_is_held_by_the_one_who_wrote_it),
        IN_A_FOLDER(the_list_is_by_name_and_of_this_kind_alone),
        IN_A_FOLDER(damage_is_said_and_held),
        IN_A_FOLDER(the_folder_follows_the_xdg_specification),
        IN_A_FOLDER(a_new_recording_never_gets_a_name_that_is_taken),
        IN_A_FOLDER(without_memory_nothing_is_half_written),
        IN_A_FOLDER(a_path_that_is_too_long_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/rand.h"
#include "store/store.h"
#include "store/store_reader.h"
#include "store/store_syncer.h"
#include "store/store_testing.h"

enum { WHY_SIZE = 512, SESSIONS = 5, KILLS = 25 };

static enum err try_open(const char *dir, struct store **out, char why[WHY_SIZE])
{
    return store_open(dir, NULL, NULL, out, why, WHY_SIZE);
}

static struct store *open_at(const char *dir)
{
    struct store *store = NULL;
    char why[WHY_SIZE];
    if (try_open(dir, &store, why) != ERR_NONE)
        fail_msg("%s", why);
    return store;
}

static enum err count_line(void *context, uint64_t seq, const char *line, size_t len)
{
    uint64_t *last = context, written;
    char text[32] = "";
    memcpy(text, line, len < sizeof text ? len : sizeof text - 1);
    if (seq > 0 && (sscanf(text, "%lu", &written) != 1 || written != seq || seq != *last + 1))
        return ERR_CORRUPT;
    *last = seq;
    return ERR_NONE;
}

static uint64_t last_seq(struct store *store, int64_t key)
{
    uint64_t last = 0;
    assert_int_equal(store_log_read(store, key, true, 0, count_line, &last), ERR_NONE);
    return last;
}

static enum err add(struct store *store, int64_t key, uint64_t seq)
{
    char line[300];
    memset(line, ' ', sizeof line);
    snprintf(line, sizeof line, "%lu", seq);
    line[strlen(line)] = ' ';
    return store_event_add(store, key, seq, line, sizeof line);
}

static int64_t session(struct store *store, int number)
{
    char id[16];
    int64_t key = 0;
    snprintf(id, sizeof id, "s_%d", number);
    if (store_session_find(store, id, &key) == ERR_NOT_FOUND &&
        store_session_add(store, id, "room", "0", 1, &key) != ERR_NONE)
        return 0;
    return key;
}

/* What the child says it has committed. */
struct said {
    int number;
    uint64_t seq;
};

static void commit_for_ever(const char *dir, int pipe_fd, unsigned seed)
{
    struct store *store;
    char why[WHY_SIZE];
    uint64_t seqs[SESSIONS], commit;
    int64_t keys[SESSIONS];
    if (try_open(dir, &store, why) != ERR_NONE)
        _exit(1);
    for (int i = 0; i < SESSIONS; i++) {
        seqs[i] = 0;
        keys[i] = session(store, i);
        if (store_log_read(store, keys[i], true, 0, count_line, &seqs[i]) != ERR_NONE)
            _exit(2);
    }
    for (;;) {
        int lines = 1 + rand_r(&seed) % 40, i = 0;
        for (int n = 0; n < lines; n++) {
            i = rand_r(&seed) % SESSIONS;
            if (add(store, keys[i], ++seqs[i]) != ERR_NONE)
                _exit(3);
        }
        if (store_commit(store, &commit) != ERR_NONE)
            _exit(4);
        if (lines % 8 == 0)
            store_sync(store);
        struct said said = {.number = i, .seq = seqs[i]};
        if (write(pipe_fd, &said, sizeof said) != sizeof said)
            _exit(5);
    }
}

static void what_was_committed_survives_kill_9(void **state)
{
    uint64_t told[SESSIONS] = {0};
    for (int round = 0; round < KILLS; round++) {
        int fds[2];
        unsigned seed;
        rand_bytes(&seed, sizeof seed);
        assert_int_equal(pipe(fds), 0);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            close(fds[0]);
            commit_for_ever(*state, fds[1], seed);
        }
        close(fds[1]);
        /* The child runs on while it is read from, so it dies anywhere in its work. */
        struct said said;
        for (unsigned left = 1 + seed % 40; left > 0; left--) {
            assert_int_equal(read(fds[0], &said, sizeof said), sizeof said);
            told[said.number] = said.seq;
        }
        kill(child, SIGKILL);
        while (read(fds[0], &said, sizeof said) == sizeof said)
            told[said.number] = said.seq;
        close(fds[0]);
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
        struct store *store = open_at(*state);
        for (int i = 0; i < SESSIONS; i++)
            assert_true(last_seq(store, session(store, i)) >= told[i]);
        store_close(store);
    }
}

static void a_full_disk_loses_nothing_and_the_next_commit_tries_again(void **state)
{
    struct rlimit old, tight;
    uint64_t commit, seq = 0, before;
    struct store *store = open_at(*state);
    int64_t key = session(store, 0);
    assert_int_equal(store_commit(store, &before), ERR_NONE);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &old);
    tight = old;
    tight.rlim_cur = 256 * 1024;
    setrlimit(RLIMIT_FSIZE, &tight);
    enum err e = ERR_NONE;
    while (e == ERR_NONE && seq < 100000) {
        for (int i = 0; i < 20; i++)
            assert_int_equal(add(store, key, ++seq), ERR_NONE);
        e = store_commit(store, &commit);
        before += e == ERR_NONE;
    }
    assert_int_equal(e, ERR_IO);
    assert_true(errno != 0);
    assert_int_equal(commit, before);
    assert_int_equal(add(store, key, ++seq), ERR_NONE);
    assert_int_equal(store_commit(store, &commit), ERR_IO);
    assert_true(store_is_dirty(store));
    assert_int_equal(last_seq(store, key), seq);
    setrlimit(RLIMIT_FSIZE, &old);
    assert_int_equal(store_commit(store, &commit), ERR_NONE);
    assert_int_equal(commit, before + 1);
    assert_false(store_is_dirty(store));
    store_close(store);
    store = open_at(*state);
    assert_int_equal(last_seq(store, key), seq);
    store_close(store);
}

static void tell(void *context)
{
    char byte = 1;
    assert_int_equal(write(*(int *)context, &byte, 1), 1);
}

static void a_sync_covers_what_was_committed_before_it(void **state)
{
    int fds[2];
    char byte, why[WHY_SIZE];
    struct store *store;
    uint64_t commit;
    assert_int_equal(pipe(fds), 0);
    assert_int_equal(store_open(*state, tell, &fds[1], &store, why, sizeof why), ERR_NONE);
    int64_t key = session(store, 0);
    for (uint64_t seq = 1; seq <= 20; seq++) {
        assert_int_equal(add(store, key, seq), ERR_NONE);
        assert_int_equal(store_commit(store, &commit), ERR_NONE);
        assert_true(store_synced(store) < commit);
        store_sync(store);
        while (store_synced(store) < commit)
            assert_int_equal(read(fds[0], &byte, 1), 1);
        assert_int_equal(store_synced(store), commit);
    }
    assert_false(store_sync_failed(store));
    store_close(store);
    close(fds[0]);
    close(fds[1]);
}

static void the_wal_is_bounded_under_load(void **state)
{
    struct store *store = open_at(*state);
    int64_t key = session(store, 0);
    uint64_t commit, seq = 0;
    char path[4200];
    struct stat st;
    /* Some 180 MiB of lines, faster than any server has them. */
    while (seq < 600000) {
        for (int i = 0; i < 200; i++)
            assert_int_equal(add(store, key, ++seq), ERR_NONE);
        assert_int_equal(store_commit(store, &commit), ERR_NONE);
    }
    snprintf(path, sizeof path, "%s/debate.db-wal", (char *)*state);
    assert_int_equal(stat(path, &st), 0);
    assert_true(st.st_size < 4ll * SYNCER_RESTART_PAGES * 4096);
    assert_int_equal(last_seq(store, key), seq);
    store_close(store);
}

static void a_directory_in_use_is_refused_with_the_process_that_has_it(void **state)
{
    struct store *store = open_at(*state), *second;
    char why[WHY_SIZE], pid[24];
    assert_int_equal(try_open(*state, &second, why), ERR_REFUSED);
    snprintf(pid, sizeof pid, "%ld", (long)getpid());
    assert_non_null(strstr(why, pid));
    store_close(store);
    store_close(open_at(*state));
}

static void overwrite(const char *dir, long offset, const void *bytes, size_t len)
{
    char path[4200];
    snprintf(path, sizeof path, "%s/debate.db", dir);
    int fd = open(path, O_RDWR | O_CREAT, 0600);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, bytes, len, offset), len);
    close(fd);
}

static void a_directory_without_a_version_is_of_the_first_one(void **state)
{
    struct store *store;
    char why[WHY_SIZE];
    int64_t key;
    store = open_at(*state);
    assert_int_equal(store_session_add(store, "s_0123456789012345678901", "sunday", "{}", 2, &key),
                     ERR_NONE);
    store_close(store);
    overwrite(*state, 60, "\0\0\0\0", 4); /* user_version */
    struct buf log;
    buf_init(&log, 100);
    assert_int_equal(store_read_log(*state, "s_0123456789012345678901", &log, why, sizeof why),
                     ERR_REFUSED); /* who only reads changes nothing */
    assert_non_null(strstr(why, "an older debate (schema 0, this one knows 1); start"));
    store = open_at(*state);
    assert_int_equal(store_session_find(store, "s_0123456789012345678901", &key), ERR_NONE);
    store_close(store);
    /* From now on it has one: a program that knows less is to refuse it. */
    char path[4200], version[4];
    snprintf(path, sizeof path, "%s/debate.db", (const char *)*state);
    int fd = open(path, O_RDONLY);
    assert_int_equal(pread(fd, version, 4, 60), 4);
    close(fd);
    assert_memory_equal(version, "\0\0\0\1", 4);
    overwrite(*state, 60, "\377\377\377\377", 4); /* -1 */
    assert_int_equal(try_open(*state, &store, why), ERR_CORRUPT);
}

/* The offsets are the database header's: www.sqlite.org/fileformat2.html section 1.3. */
static void a_newer_a_foreign_and_a_broken_file_are_refused(void **state)
{
    struct store *store;
    char why[WHY_SIZE];
    store_close(open_at(*state));
    overwrite(*state, 60, "\0\0\0\2", 4); /* user_version */
    assert_int_equal(try_open(*state, &store, why), ERR_REFUSED);
    assert_non_null(strstr(why, "a newer debate (schema 2, this one knows 1); use that version"));
    overwrite(*state, 68, "\0\0\0\7", 4); /* application_id */
    assert_int_equal(try_open(*state, &store, why), ERR_REFUSED);
    assert_non_null(strstr(why, "some other program"));
    overwrite(*state, 0, "This is a letter to my aunt, with all the news", 46);
    assert_int_equal(try_open(*state, &store, why), ERR_CORRUPT);
    assert_non_null(strstr(why, "not a SQLite database"));
    assert_int_equal(store_open("/dev/null/debate", NULL, NULL, &store, why, sizeof why), ERR_IO);
    assert_non_null(strstr(why, "/dev/null/debate"));
}

static void only_the_owner_can_read_the_files(void **state)
{
    static const char *const names[] = {"lock", "debate.db", "debate.db-wal", "debate.db-shm"};
    char dir[4100], path[4200];
    struct stat st;
    snprintf(dir, sizeof dir, "%s/data", (char *)*state);
    mode_t mask = umask(0);
    struct store *store = open_at(dir);
    umask(mask);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, names[i]);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
    }
    assert_int_equal(stat(dir, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_committed_survives_kill_9, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(a_full_disk_loses_nothing_and_the_next_commit_tries_again,
                                        make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(a_sync_covers_what_was_committed_before_it, make_dir,
                                        remove_dir),
        cmocka_unit_test_setup_teardown(the_wal_is_bounded_under_load, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(a_directory_in_use_is_refused_with_the_process_that_has_it,
                                        make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(a_directory_without_a_version_is_of_the_first_one, make_dir,
                                        remove_dir),
        cmocka_unit_test_setup_teardown(a_newer_a_foreign_and_a_broken_file_are_refused, make_dir,
                                        remove_dir),
        cmocka_unit_test_setup_teardown(only_the_owner_can_read_the_files, make_dir, remove_dir),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "proto/limits.h"
#include "store/store.h"
#include "store/store_testing.h"

enum { WHY_SIZE = 512 };

static struct store *open_at(const char *dir)
{
    struct store *store = NULL;
    char why[WHY_SIZE];
    if (store_open(dir, NULL, NULL, &store, why, sizeof why) != ERR_NONE)
        fail_msg("%s", why);
    return store;
}

static int64_t add_session(struct store *store, const char *id, const char *room)
{
    int64_t key = 0;
    assert_int_equal(store_session_add(store, id, room, "header", 6, &key), ERR_NONE);
    return key;
}

static void add(struct store *store, int64_t key, uint64_t seq)
{
    char line[32];
    int len = snprintf(line, sizeof line, "%lld:%llu", (long long)key, (unsigned long long)seq);
    assert_int_equal(store_event_add(store, key, seq, line, (size_t)len), ERR_NONE);
}

static void commit(struct store *store)
{
    uint64_t number;
    assert_int_equal(store_commit(store, &number), ERR_NONE);
}

struct expected {
    int64_t key;
    uint64_t next;
};

static enum err expect_line(void *context, uint64_t seq, const char *line, size_t len)
{
    struct expected *want = context;
    char text[32];
    int text_len =
        snprintf(text, sizeof text, "%lld:%llu", (long long)want->key, (unsigned long long)seq);
    assert_int_equal(seq, want->next);
    want->next++;
    if (seq == 0) {
        assert_int_equal(len, 6);
        assert_memory_equal(line, "header", 6);
        return ERR_NONE;
    }
    assert_int_equal(len, text_len);
    assert_memory_equal(line, text, len);
    return ERR_NONE;
}

/* The log after `after` is exactly what follows it, up to `last`. */
static void expect_log(struct store *store, int64_t key, bool header, uint64_t after, uint64_t last)
{
    struct expected want = {.key = key, .next = header ? 0 : after + 1};
    assert_int_equal(store_log_read(store, key, header, after, expect_line, &want), ERR_NONE);
    assert_int_equal(want.next, last + 1);
}

static void a_log_is_read_in_order_whether_it_waits_or_is_committed(void **state)
{
    struct store *store = open_at(*state);
    int64_t a = add_session(store, "s_a", "room"), b = add_session(store, "s_b", "other");
    for (uint64_t seq = 1; seq <= 20; seq++) {
        add(store, a, seq);
        add(store, b, seq);
        if (seq == 10)
            commit(store);
    }
    expect_log(store, a, true, 0, 20);
    expect_log(store, a, false, 0, 20);
    expect_log(store, b, false, 5, 20);
    expect_log(store, b, false, 15, 20);
    expect_log(store, b, false, 20, 20);
    commit(store);
    expect_log(store, a, true, 0, 20);
    store_close(store);

    store = open_at(*state);
    expect_log(store, a, true, 0, 20);
    expect_log(store, b, false, 19, 20);
    struct expected want = {0};
    assert_int_equal(store_log_read(store, 99, true, 0, expect_line, &want), ERR_NOT_FOUND);
    store_close(store);
}

static void a_seq_is_given_once_and_without_gaps(void **state)
{
    struct store *store = open_at(*state);
    int64_t a = add_session(store, "s_a", "room");
    add(store, a, 1);
    assert_int_equal(store_event_add(store, a, 1, "x", 1), ERR_CONFLICT);
    assert_int_equal(store_event_add(store, a, 3, "x", 1), ERR_CONFLICT);
    commit(store);
    assert_int_equal(store_event_add(store, a, 1, "x", 1), ERR_CONFLICT);
    assert_int_equal(store_event_add(store, a + 1, 1, "x", 1), ERR_NOT_FOUND);
    int64_t key;
    assert_int_equal(store_session_add(store, "s_a", "room", "h", 1, &key), ERR_CONFLICT);
    store_close(store);
    store = open_at(*state);
    assert_int_equal(store_event_add(store, a, 1, "x", 1), ERR_CONFLICT);
    add(store, a, 2);
    expect_log(store, a, true, 0, 2);
    store_close(store);
}

static enum err note_live(void *context, int64_t key, const char *session_id)
{
    char *names = context;
    assert_true(key > 0);
    strcat(names, session_id);
    return ERR_NONE;
}

static void expect_live(struct store *store, const char *names)
{
    char found[256] = "";
    assert_int_equal(store_each_live(store, note_live, found), ERR_NONE);
    assert_string_equal(found, names);
}

static void an_ended_session_is_not_live_and_still_takes_late_events(void **state)
{
    struct store *store = open_at(*state);
    int64_t a = add_session(store, "s_a", "room"), b = add_session(store, "s_b", "room");
    add(store, a, 1);
    expect_live(store, "s_as_b");
    commit(store);
    add(store, a, 2);
    assert_int_equal(store_session_end(store, a), ERR_NONE);
    add(store, a, 3);
    expect_live(store, "s_b");
    commit(store);
    expect_live(store, "s_b");
    add(store, a, 4);
    expect_log(store, a, true, 0, 4);
    commit(store);
    add(store, b, 1);
    store_close(store);

    store = open_at(*state);
    expect_live(store, "s_b");
    expect_log(store, a, true, 0, 4);
    add(store, a, 5);
    commit(store);
    expect_log(store, a, false, 3, 5);
    expect_log(store, b, true, 0, 1);
    store_close(store);
}

static void the_newest_session_of_a_room_is_found(void **state)
{
    struct store *store = open_at(*state);
    char id[LIMIT_SESSION_ID + 1];
    int64_t key, first = add_session(store, "s_1", "room");
    commit(store);
    int64_t second = add_session(store, "s_2", "room");
    add_session(store, "s_3", "Room");
    assert_int_equal(store_room_last(store, "room", id, &key), ERR_NONE);
    assert_string_equal(id, "s_2");
    commit(store);
    assert_int_equal(store_room_last(store, "room", id, &key), ERR_NONE);
    assert_string_equal(id, "s_2");
    assert_int_equal(key, second);
    assert_int_equal(store_session_find(store, "s_1", &key), ERR_NONE);
    assert_int_equal(key, first);
    assert_int_equal(store_room_last(store, "none", id, &key), ERR_NOT_FOUND);
    assert_int_equal(store_session_find(store, "s_4", &key), ERR_NOT_FOUND);
    store_close(store);
}

static void talk(struct store *store, int64_t key, uint64_t *seq, int lines)
{
    for (int i = 1; i <= lines; i++) {
        add(store, key, ++*seq);
        if (i % 500 == 0)
            commit(store);
    }
}

/* HEAD_LAG_ROWS (store.c) is 100,000: both heads are written down then. At 200,000 the mark can
 * move, but the quiet session has spoken since, and not long enough ago to be written down; later
 * it is. */
static void a_quiet_session_is_found_again_beside_one_that_talks(void **state)
{
    struct store *store = open_at(*state);
    int64_t quiet = add_session(store, "s_quiet", "a"), loud = add_session(store, "s_loud", "b");
    uint64_t seq = 0;
    talk(store, loud, &seq, 120000);
    add(store, quiet, 1);
    talk(store, loud, &seq, 90000);
    store_close(store);

    store = open_at(*state);
    expect_log(store, quiet, true, 0, 1);
    expect_log(store, loud, false, seq - 10, seq);
    add(store, quiet, 2);
    talk(store, loud, &seq, 150000);
    store_close(store);

    store = open_at(*state);
    expect_log(store, quiet, true, 0, 2);
    expect_log(store, loud, false, seq - 10, seq);
    add(store, quiet, 3);
    store_close(store);
}

static void many_sessions_are_found_again(void **state)
{
    enum { SESSIONS = 300 };
    struct store *store = open_at(*state);
    int64_t keys[SESSIONS];
    for (int i = 0; i < SESSIONS; i++) {
        char id[16];
        snprintf(id, sizeof id, "s_%d", i);
        keys[i] = add_session(store, id, id);
    }
    for (uint64_t seq = 1; seq <= 10; seq++) {
        for (int i = 0; i < SESSIONS; i++) {
            /* Every third ends at 5, and gets late lines. */
            if (seq == 5 && i % 3 == 0)
                assert_int_equal(store_session_end(store, keys[i]), ERR_NONE);
            add(store, keys[i], seq);
        }
        commit(store);
    }
    store_close(store);
    store = open_at(*state);
    for (int i = 0; i < SESSIONS; i++)
        expect_log(store, keys[i], true, 0, 10);
    store_close(store);
}

static void an_add_without_memory_changes_nothing(void **state)
{
    struct store *store = open_at(*state);
    int64_t key = 0;
    for (long allowed = 0; key == 0; allowed++) {
        mem_fail_after(allowed);
        enum err e = store_session_add(store, "s_a", "room", "header", 6, &key);
        mem_fail_after(-1);
        assert_true(e == ERR_NONE || e == ERR_NO_MEMORY);
        assert_true(e == ERR_NONE || !store_is_dirty(store));
    }
    mem_fail_after(0);
    uint64_t seq = 1;
    char line[32];
    for (;; seq++) {
        int len = snprintf(line, sizeof line, "%lld:%llu", (long long)key, (unsigned long long)seq);
        if (store_event_add(store, key, seq, line, (size_t)len) != ERR_NONE)
            break;
    }
    mem_fail_after(-1);
    add(store, key, seq);
    expect_log(store, key, true, 0, seq);
    store_close(store);
    store = open_at(*state);
    expect_log(store, key, true, 0, seq);
    store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_log_is_read_in_order_whether_it_waits_or_is_committed,
                                        make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(a_seq_is_given_once_and_without_gaps, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(an_ended_session_is_not_live_and_still_takes_late_events,
                                        make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(the_newest_session_of_a_room_is_found, make_dir,
                                        remove_dir),
        cmocka_unit_test_setup_teardown(a_quiet_session_is_found_again_beside_one_that_talks,
                                        make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(many_sessions_are_found_again, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(an_add_without_memory_changes_nothing, make_dir,
                                        remove_dir),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

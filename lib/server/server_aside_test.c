/* What a server has given to another thread when it is to end. In this process, for it is about the
 * order in which things go. */
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <uv.h>

#include "base/folder_testing.h"
#include "server/server_inner.h"

enum { WORK_MS = 200 };

static const uint8_t secret[] = "a secret that is long enough for HS256";

struct work {
    struct server *server;
    sem_t may_end;
    bool is_done;
    uint64_t bytes; /* of the server's log, when it was done */
};

/* Another thread. */
static void work(void *context)
{
    struct work *work = context;
    sem_wait(&work->may_end);
}

static void done(void *context)
{
    struct work *work = context;
    work->is_done = true;
    work->bytes = store_bytes(work->server->store);
}

static void let_end(uv_timer_t *timer)
{
    struct work *work = timer->data;
    sem_post(&work->may_end);
    uv_close((uv_handle_t *)timer, NULL);
}

static void a_server_that_ends_waits_for_what_another_thread_does(void **state)
{
    static uv_loop_t loop; /* libwebsockets keeps it */
    char folder[] = "/tmp/debate-aside-test-XXXXXX", why[512] = "";
    struct server_config config = server_config_default();
    struct work its = {.is_done = false};
    uv_timer_t timer = {.data = &its};
    (void)state;
    assert_non_null(mkdtemp(folder));
    config.data = folder;
    config.port = 0;
    config.secrets =
        (struct secrets){.list = {{.bytes = secret, .len = sizeof secret - 1}}, .count = 1};
    assert_int_equal(uv_loop_init(&loop), 0);
    assert_int_equal(sem_init(&its.may_end, 0, 0), 0);
    assert_int_equal(server_new(&loop, &config, &its.server, why, sizeof why), ERR_NONE);
    assert_int_equal(server_run_aside(its.server, work, done, &its), ERR_NONE);
    uv_timer_init(&loop, &timer);
    uv_timer_start(&timer, let_end, WORK_MS, 0);
    server_free(its.server);
    sem_post(&its.may_end); /* for one that has not waited */
    assert_true(its.is_done);
    assert_true(its.bytes > 0);
    folder_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_that_ends_waits_for_what_another_thread_does)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

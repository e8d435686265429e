#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "session/glib_uv.h"

static void glib_runs_inside_the_loop_and_leaves_it_empty(void **state)
{
    (void)state;
    uv_loop_t loop;
    struct glib_uv *glib;
    uv_loop_init(&loop);
    assert_int_equal(glib_uv_new(&loop, &glib), ERR_NONE);
    assert_non_null(glib_uv_context(glib));
    uv_run(&loop, UV_RUN_NOWAIT);
    glib_uv_changed(glib);
    uv_run(&loop, UV_RUN_NOWAIT);
    glib_uv_free(glib);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(glib_runs_inside_the_loop_and_leaves_it_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

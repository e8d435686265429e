/* libuv, as much of it as the server and the sessions use, on the simulated clock. */
#include <stdlib.h>

#include "sim/fiber.h"
#include "sim/world.h"

/* What stands behind a handle. */
struct handle {
    struct handle *next;
    uv_handle_t *uv;
    struct node *node;
    struct happening timer;
    uv_timer_cb on_timer;
    int64_t period_us;
    uv_prepare_cb on_prepare;
    uv_check_cb on_check;
    uv_idle_cb on_idle;
    uv_async_cb on_async;
    bool is_sent, is_closing;
    uv_close_cb on_close;
};

static struct handle *handle_of(const void *uv)
{
    return ((const uv_handle_t *)uv)->u.reserved[0];
}

static struct handle *add(uv_loop_t *loop, void *uv)
{
    struct node *node = loop->data;
    struct handle *handle = calloc(1, sizeof *handle);
    if (!handle)
        abort();
    handle->uv = uv;
    handle->node = node;
    handle->uv->u.reserved[0] = handle;
    handle->uv->loop = loop;
    struct handle **end = &node->handles;
    while (*end)
        end = &(*end)->next;
    *end = handle;
    return handle;
}

/* ---- timers ---- */

static void on_timer(void *context)
{
    struct handle *handle = context;
    if (handle->period_us)
        happening_set(&handle->timer, world.now_us + handle->period_us);
    handle->on_timer((uv_timer_t *)handle->uv);
}

int uv_timer_init(uv_loop_t *loop, uv_timer_t *timer)
{
    struct handle *handle = add(loop, timer);
    happening_init(&handle->timer, handle->node, on_timer, handle);
    return 0;
}

int uv_timer_start(uv_timer_t *timer, uv_timer_cb cb, uint64_t timeout_ms, uint64_t repeat_ms)
{
    struct handle *handle = handle_of(timer);
    handle->on_timer = cb;
    handle->period_us = (int64_t)repeat_ms * 1000;
    /* Not before this turn of the loop has ended. */
    node_wake(handle->node);
    int64_t at_us = world.now_us + (int64_t)timeout_ms * 1000;
    int64_t turn_us = handle->node->turn.place ? handle->node->turn.at_us : 0;
    happening_set(&handle->timer, at_us > turn_us ? at_us : turn_us);
    return 0;
}

int uv_timer_stop(uv_timer_t *timer)
{
    happening_cancel(&handle_of(timer)->timer);
    return 0;
}

void uv_update_time(uv_loop_t *loop)
{
    (void)loop; /* it is always right */
}

/* ---- what belongs to a turn ---- */

int uv_prepare_init(uv_loop_t *loop, uv_prepare_t *prepare)
{
    add(loop, prepare);
    return 0;
}

int uv_prepare_start(uv_prepare_t *prepare, uv_prepare_cb cb)
{
    handle_of(prepare)->on_prepare = cb;
    return 0;
}

int uv_check_init(uv_loop_t *loop, uv_check_t *check)
{
    add(loop, check);
    return 0;
}

int uv_check_start(uv_check_t *check, uv_check_cb cb)
{
    handle_of(check)->on_check = cb;
    return 0;
}

int uv_idle_init(uv_loop_t *loop, uv_idle_t *idle)
{
    add(loop, idle);
    return 0;
}

int uv_idle_start(uv_idle_t *idle, uv_idle_cb cb)
{
    handle_of(idle)->on_idle = cb;
    node_wake(handle_of(idle)->node);
    return 0;
}

int uv_idle_stop(uv_idle_t *idle)
{
    handle_of(idle)->on_idle = NULL;
    return 0;
}

int uv_async_init(uv_loop_t *loop, uv_async_t *async, uv_async_cb cb)
{
    add(loop, async)->on_async = cb;
    return 0;
}

int uv_async_send(uv_async_t *async)
{
    struct handle *handle = handle_of(async);
    handle->is_sent = true;
    node_wake(handle->node);
    return 0;
}

void uv_unref(uv_handle_t *uv)
{
    (void)uv; /* the world ends when the run does */
}

void uv_close(uv_handle_t *uv, uv_close_cb cb)
{
    struct handle *handle = handle_of(uv);
    happening_cancel(&handle->timer);
    handle->on_prepare = NULL;
    handle->on_check = NULL;
    handle->on_idle = NULL;
    handle->is_sent = false;
    handle->is_closing = true;
    handle->on_close = cb;
    node_wake(handle->node);
}

static bool close_one(struct node *node)
{
    for (struct handle **at = &node->handles; *at; at = &(*at)->next) {
        struct handle *handle = *at;
        if (!handle->is_closing)
            continue;
        *at = handle->next;
        uv_handle_t *uv = handle->uv;
        uv_close_cb cb = handle->on_close;
        free(handle);
        if (cb)
            cb(uv);
        return true;
    }
    return false;
}

void loop_turn(struct node *node)
{
    /* A callback may close handles, its own too; they go at the end of the turn. */
    for (struct handle *at = node->handles; at; at = at->next) {
        if (at->is_sent) {
            at->is_sent = false;
            at->on_async((uv_async_t *)at->uv);
        }
    }
    for (struct handle *at = node->handles; at; at = at->next) {
        if (at->on_check)
            at->on_check((uv_check_t *)at->uv);
    }
    while (close_one(node))
        ;
    for (struct handle *at = node->handles; at; at = at->next) {
        if (at->on_idle)
            at->on_idle((uv_idle_t *)at->uv);
    }
    for (struct handle *at = node->handles; at; at = at->next) {
        if (at->on_prepare)
            at->on_prepare((uv_prepare_t *)at->uv);
    }
    for (struct handle *at = node->handles; at; at = at->next) {
        if (at->is_closing || at->on_idle || at->is_sent)
            node_wake(node);
    }
}

int uv_run(uv_loop_t *loop, uv_run_mode mode)
{
    (void)mode; /* UV_RUN_NOWAIT is all that is asked for */
    loop_turn(loop->data);
    while (close_one(loop->data))
        ;
    return 0;
}

void uv_stop(uv_loop_t *loop)
{
    ((struct node *)loop->data)->is_stopped = true;
}

/* ---- other threads ---- */

struct job {
    struct job *next;
    uv_work_t *work;
    uv_work_cb run;
    uv_after_work_cb done;
    struct node *node;
    struct happening ended;
};

static void on_ended(void *context)
{
    struct job *job = context, **at = &job->node->jobs;
    while (*at != job)
        at = &(*at)->next;
    *at = job->next;
    happening_cancel(&job->ended);
    uv_work_t *work = job->work;
    uv_after_work_cb done = job->done;
    free(job);
    done(work, 0);
}

static void run_job(void *context)
{
    struct job *job = context;
    job->run(job->work);
    happening_set(&job->ended, world.now_us);
}

int uv_queue_work(uv_loop_t *loop, uv_work_t *work, uv_work_cb run, uv_after_work_cb done)
{
    struct job *job = calloc(1, sizeof *job);
    if (!job)
        abort();
    *job = (struct job){.work = work, .run = run, .done = done, .node = loop->data};
    happening_init(&job->ended, job->node, on_ended, job);
    job->next = job->node->jobs;
    job->node->jobs = job;
    fiber_new(job->node, run_job, job, chance_between(10, 300));
    return 0;
}

void loop_finish(struct node *node)
{
    while (node->jobs || node->handles) {
        fibers_push(node);
        if (node->jobs && node->jobs->ended.place)
            on_ended(node->jobs);
        loop_turn(node);
    }
}

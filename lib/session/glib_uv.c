#include "session/glib_uv.h"

#include <glib.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/mem.h"

enum {
    GLIB_UV_FDS_MAX = 512,    /* 7 peers of 8 sessions with some sockets each */
    GLIB_UV_FAREWELL_MS = 200 /* relays are given back within half of that; there may be none */
};

/* The context's sockets sit in an epoll of their own, and the loop watches that: libnice closes
 * sockets when it likes, which epoll takes and libuv's handles do not. */
struct glib_uv {
    GMainContext *context;
    uv_loop_t *loop;
    uv_prepare_t prepare;
    uv_check_t check;
    uv_timer_t timer;
    uv_poll_t poll;
    int epoll_fd;
    int open_handles;
    bool is_stale; /* the epoll must be filled anew */
    bool is_ready; /* some socket in the epoll has something */
    gint priority;
    int fd_count, watched_count;
    GPollFD fds[GLIB_UV_FDS_MAX], watched[GLIB_UV_FDS_MAX];
};

static bool watches_the_same(const struct glib_uv *glib)
{
    if (glib->is_stale || glib->fd_count != glib->watched_count)
        return false;
    for (int i = 0; i < glib->fd_count; i++) {
        if (glib->fds[i].fd != glib->watched[i].fd ||
            glib->fds[i].events != glib->watched[i].events)
            return false;
    }
    return true;
}

static void watch_fds(struct glib_uv *glib)
{
    for (int i = 0; i < glib->watched_count; i++)
        epoll_ctl(glib->epoll_fd, EPOLL_CTL_DEL, glib->watched[i].fd, NULL);
    for (int i = 0; i < glib->fd_count; i++) {
        uint32_t events = (glib->fds[i].events & G_IO_IN ? (uint32_t)EPOLLIN : 0) |
                          (glib->fds[i].events & G_IO_OUT ? (uint32_t)EPOLLOUT : 0);
        struct epoll_event event = {.events = events, .data.fd = glib->fds[i].fd};
        /* The same socket twice: watch it for everything. */
        if (epoll_ctl(glib->epoll_fd, EPOLL_CTL_ADD, event.data.fd, &event) < 0) {
            event.events = EPOLLIN | EPOLLOUT;
            epoll_ctl(glib->epoll_fd, EPOLL_CTL_MOD, event.data.fd, &event);
        }
    }
    memcpy(glib->watched, glib->fds, (size_t)glib->fd_count * sizeof *glib->fds);
    glib->watched_count = glib->fd_count;
    glib->is_stale = false;
}

static void on_timer(uv_timer_t *timer)
{
    (void)timer; /* it only has to wake the loop; on_check does the work */
}

static void on_prepare(uv_prepare_t *prepare)
{
    struct glib_uv *glib = prepare->data;
    gint timeout_ms = -1;
    g_main_context_prepare(glib->context, &glib->priority);
    glib->fd_count = g_main_context_query(glib->context, glib->priority, &timeout_ms, glib->fds,
                                          GLIB_UV_FDS_MAX);
    if (glib->fd_count > GLIB_UV_FDS_MAX)
        glib->fd_count = GLIB_UV_FDS_MAX;
    if (!watches_the_same(glib))
        watch_fds(glib);
    if (timeout_ms < 0) {
        uv_timer_stop(&glib->timer);
        return;
    }
    /* uv_timer counts from when this turn of the loop began. */
    uv_update_time(glib->loop);
    uv_timer_start(&glib->timer, on_timer, (uint64_t)timeout_ms, 0);
}

static void on_check(uv_check_t *check)
{
    struct glib_uv *glib = check->data;
    for (int i = 0; i < glib->fd_count; i++)
        glib->fds[i].revents = 0;
    /* GPollFD is laid out as struct pollfd: GLib's documentation of GPollFD says so for Unix. */
    if (glib->is_ready && glib->fd_count > 0)
        poll((struct pollfd *)glib->fds, (nfds_t)glib->fd_count, 0);
    glib->is_ready = false;
    if (g_main_context_check(glib->context, glib->priority, glib->fds, glib->fd_count))
        g_main_context_dispatch(glib->context);
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    struct glib_uv *glib = poll->data;
    glib->is_ready = true;
}

enum err glib_uv_new(uv_loop_t *loop, struct glib_uv **out)
{
    _Static_assert(sizeof(GPollFD) == sizeof(struct pollfd), "GPollFD is struct pollfd");
    struct glib_uv *glib = mem_zalloc(sizeof *glib);
    if (!glib)
        return ERR_NO_MEMORY;
    glib->loop = loop;
    glib->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (glib->epoll_fd < 0 || uv_poll_init(loop, &glib->poll, glib->epoll_fd) < 0) {
        if (glib->epoll_fd >= 0)
            close(glib->epoll_fd);
        mem_free(glib);
        return ERR_IO;
    }
    glib->context = g_main_context_new();
    g_main_context_acquire(glib->context);
    uv_prepare_init(loop, &glib->prepare);
    uv_check_init(loop, &glib->check);
    uv_timer_init(loop, &glib->timer);
    glib->open_handles = 4;
    glib->poll.data = glib->prepare.data = glib->check.data = glib->timer.data = glib;
    uv_prepare_start(&glib->prepare, on_prepare);
    uv_check_start(&glib->check, on_check);
    uv_poll_start(&glib->poll, UV_READABLE, on_ready);
    *out = glib;
    return ERR_NONE;
}

void *glib_uv_context(struct glib_uv *glib)
{
    return glib->context;
}

void glib_uv_changed(struct glib_uv *glib)
{
    glib->is_stale = true;
}

static void on_closed(uv_handle_t *handle)
{
    struct glib_uv *glib = handle->data;
    if (--glib->open_handles > 0)
        return;
    close(glib->epoll_fd);
    g_main_context_release(glib->context);
    g_main_context_unref(glib->context);
    mem_free(glib);
}

/* What the closed agents still have to put away, as long as they wait for a time to do it. */
static void finish(struct glib_uv *glib)
{
    int64_t end_ms = g_get_monotonic_time() / 1000 + GLIB_UV_FAREWELL_MS;
    for (;;) {
        gint wait_ms = -1;
        while (g_main_context_iteration(glib->context, FALSE))
            continue;
        g_main_context_prepare(glib->context, &glib->priority);
        g_main_context_query(glib->context, glib->priority, &wait_ms, glib->fds, GLIB_UV_FDS_MAX);
        int64_t left_ms = end_ms - g_get_monotonic_time() / 1000;
        if (wait_ms < 0 || left_ms <= 0)
            return;
        poll(NULL, 0, wait_ms < left_ms ? wait_ms : (int)left_ms);
    }
}

void glib_uv_free(struct glib_uv *glib)
{
    if (!glib)
        return;
    finish(glib);
    uv_close((uv_handle_t *)&glib->prepare, on_closed);
    uv_close((uv_handle_t *)&glib->check, on_closed);
    uv_close((uv_handle_t *)&glib->timer, on_closed);
    uv_close((uv_handle_t *)&glib->poll, on_closed);
}

#include "loop/ticker.h"

#include <errno.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"

enum { TICKER_MISSED_MAX_US = 500000 };

struct ticker {
    uv_poll_t poll;
    int fd;
    ticker_fn *on_tick; /* NULL: freed */
    void *context;
    int64_t next_us, period_us;
};

int64_t monotonic_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    (void)events;
    struct ticker *ticker = poll->data;
    uint64_t expirations;
    if (status < 0 || read(ticker->fd, &expirations, sizeof expirations) < 0)
        return;
    if (ticker->period_us == 0) {
        ticker->on_tick(ticker->context, ticker->next_us);
        return;
    }
    if ((int64_t)expirations * ticker->period_us > TICKER_MISSED_MAX_US) {
        ticker->next_us += (int64_t)(expirations - 1) * ticker->period_us;
        expirations = 1;
    }
    for (; expirations > 0 && ticker->on_tick && ticker->period_us > 0; expirations--) {
        int64_t due_us = ticker->next_us;
        ticker->next_us += ticker->period_us;
        ticker->on_tick(ticker->context, due_us);
    }
}

enum err ticker_new(uv_loop_t *loop, ticker_fn *on_tick, void *context, struct ticker **out)
{
    struct ticker *ticker = mem_zalloc(sizeof *ticker);
    if (!ticker)
        return ERR_NO_MEMORY;
    ticker->on_tick = on_tick;
    ticker->context = context;
    ticker->fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (ticker->fd < 0 || uv_poll_init(loop, &ticker->poll, ticker->fd) < 0) {
        if (ticker->fd >= 0)
            close(ticker->fd);
        mem_free(ticker);
        return ERR_IO;
    }
    ticker->poll.data = ticker;
    *out = ticker;
    return ERR_NONE;
}

static struct timespec timespec_from_us(int64_t us)
{
    return (struct timespec){.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};
}

enum err ticker_set(struct ticker *ticker, int64_t first_us, int64_t period_us)
{
    /* A time of zero would disarm it, and what lies in the past is due at once. */
    struct itimerspec times = {.it_value = timespec_from_us(first_us > 0 ? first_us : 1),
                               .it_interval = timespec_from_us(period_us)};
    ticker->next_us = first_us;
    ticker->period_us = period_us;
    if (timerfd_settime(ticker->fd, TFD_TIMER_ABSTIME, &times, NULL) < 0)
        return ERR_IO;
    return uv_poll_start(&ticker->poll, UV_READABLE, on_readable) < 0 ? ERR_IO : ERR_NONE;
}

void ticker_stop(struct ticker *ticker)
{
    ticker->period_us = 0;
    uv_poll_stop(&ticker->poll);
}

static void on_closed(uv_handle_t *handle)
{
    struct ticker *ticker = handle->data;
    close(ticker->fd);
    mem_free(ticker);
}

void ticker_free(struct ticker *ticker)
{
    if (!ticker)
        return;
    ticker->on_tick = NULL;
    uv_close((uv_handle_t *)&ticker->poll, on_closed);
}

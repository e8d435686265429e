#include <glib.h>

#include "base/mem.h"
#include "rtc/rtc_timer.h"

/* One GSource for a timer's whole life: setting it again allocates nothing. */
struct timer_source {
    GSource source;
    void (*on_time)(void *user);
    void *user;
};

struct rtc_timer {
    GSource *source;
};

static gboolean on_dispatch(GSource *source, GSourceFunc callback, gpointer data)
{
    struct timer_source *timer = (struct timer_source *)source;

    (void)callback;
    (void)data;
    g_source_set_ready_time(source, -1);
    timer->on_time(timer->user);
    return G_SOURCE_CONTINUE;
}

static GSourceFuncs functions = {.dispatch = on_dispatch};

struct rtc_timer *rtc_timer_new(void *context, void (*on_time)(void *user), void *user)
{
    struct rtc_timer *timer = mem_alloc(sizeof *timer);
    if (!timer)
        return NULL;
    timer->source = g_source_new(&functions, sizeof(struct timer_source));
    struct timer_source *source = (struct timer_source *)timer->source;
    source->on_time = on_time;
    source->user = user;
    g_source_set_ready_time(timer->source, -1);
    g_source_attach(timer->source, context);
    return timer;
}

void rtc_timer_free(struct rtc_timer *timer)
{
    if (!timer)
        return;
    g_source_destroy(timer->source);
    g_source_unref(timer->source);
    mem_free(timer);
}

void rtc_timer_set(struct rtc_timer *timer, int64_t at_us)
{
    g_source_set_ready_time(timer->source, at_us < 0 ? -1 : at_us);
}

int64_t rtc_now_us(void)
{
    return g_get_monotonic_time();
}

void *rtc_loop_new(void)
{
    return g_main_context_new();
}

void rtc_loop_free(void *context)
{
    if (context)
        g_main_context_unref(context);
}

void rtc_loop_turn(void *context, bool wait)
{
    g_main_context_iteration(context, wait);
}

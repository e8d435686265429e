#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "painter.h"
#include "prompt_readline.h"
#include "screen.h"
#include "tty.h"

enum {
    LAST_WORDS_MS = 200 /* how long a terminal that does not read is waited for at the end */
};

static const int signals[] = {SIGWINCH, SIGCONT, SIGINT, SIGTERM, SIGHUP};
enum { SIGNAL_COUNT = sizeof signals / sizeof *signals };

struct screen {
    struct screen_handler handler;
    struct painter painter;
    struct buf prompt; /* as it was set; readline's own message may stand in its place */
    int fd;
    bool is_freed;
    bool is_gone;       /* the terminal */
    bool is_changed;    /* since it was painted */
    bool wants_repaint; /* it missed something */
    bool awaits_room;   /* polled for writing */
    int handles;        /* still open */
    uv_poll_t poll;
    uv_prepare_t prepare; /* before the loop waits, what changed in this turn is written at once */
    uv_signal_t signals[SIGNAL_COUNT];
};

void screen_config_init(struct screen_config *config, uv_loop_t *loop)
{
    const char *term = getenv("TERM"), *no_colour = getenv("NO_COLOR");
    *config = (struct screen_config){.loop = loop, .fd = STDIN_FILENO};
    config->is_dumb = !term || !*term || strcmp(term, "dumb") == 0;
    config->has_colour = !config->is_dumb && (!no_colour || !*no_colour);
}

/* ---- writing ---- */

static void lose_terminal(struct screen *screen)
{
    if (screen->is_gone)
        return;
    screen->is_gone = true;
    uv_poll_stop(&screen->poll);
    if (screen->handler.on_end)
        screen->handler.on_end(screen->handler.context);
}

static enum err send_out(struct screen *screen)
{
    struct buf *out = &screen->painter.out;
    while (out->len) {
        ssize_t n = write(screen->fd, out->data, out->len);
        if (n > 0)
            buf_consume(out, (size_t)n);
        else if (errno == EAGAIN)
            return ERR_NONE;
        else if (errno != EINTR)
            return ERR_IO;
    }
    if (out->failed)
        screen->wants_repaint = true;
    buf_clear(out);
    return ERR_NONE;
}

static void on_ready(uv_poll_t *poll, int status, int events);

static void await_room(struct screen *screen)
{
    bool awaits_room = screen->painter.out.len > 0;
    if (awaits_room == screen->awaits_room || screen->is_gone)
        return;
    screen->awaits_room = awaits_room;
    uv_poll_start(&screen->poll, UV_READABLE | (awaits_room ? UV_WRITABLE : 0), on_ready);
}

static void paint(struct screen *screen)
{
    struct painter *painter = &screen->painter;
    const char *message = prompt_message();
    size_t len, point;
    const char *line = prompt_line(&len, &point);
    painter_set_prompt(painter, message ? message : screen->prompt.len ? screen->prompt.data : "");
    painter_set_line(painter, line, len, point);
    if (screen->wants_repaint)
        painter_repaint(painter);
    else
        painter_draw_foot(painter);
    screen->is_changed = screen->wants_repaint = false;
}

static void flush(struct screen *screen)
{
    enum err e = ERR_NONE;
    if (screen->is_gone || !(screen->is_changed || screen->awaits_room))
        return;
    /* While the terminal does not read, the foot waits: only its last state matters. */
    if (screen->awaits_room)
        e = send_out(screen);
    if (!e && (!screen->awaits_room || screen->painter.out.len == 0)) {
        paint(screen);
        e = send_out(screen);
    }
    if (e)
        lose_terminal(screen);
    else
        await_room(screen);
}

static void on_prepare(uv_prepare_t *prepare)
{
    flush(prepare->data);
}

/* ---- keys ---- */

static void on_line(void *context, const char *line)
{
    struct screen *screen = context;
    if (*line)
        painter_say(&screen->painter, TONE_PLAIN, screen->prompt.len ? screen->prompt.data : "",
                    line);
    if (screen->handler.on_line)
        screen->handler.on_line(screen->handler.context, line);
}

static void on_end(void *context)
{
    struct screen *screen = context;
    if (screen->handler.on_end)
        screen->handler.on_end(screen->handler.context);
}

static void on_talk_key(void *context)
{
    struct screen *screen = context;
    if (screen->handler.on_talk_key)
        screen->handler.on_talk_key(screen->handler.context);
}

static void on_toggle_key(void *context)
{
    struct screen *screen = context;
    if (screen->handler.on_toggle_key)
        screen->handler.on_toggle_key(screen->handler.context);
}

static void on_redraw_key(void *context)
{
    struct screen *screen = context;
    screen->wants_repaint = true;
}

static void on_bell(void *context)
{
    struct screen *screen = context;
    buf_append_str(&screen->painter.out, "\a");
}

static void on_complete(void *context, const char *line, size_t word_start,
                        struct screen_candidates *candidates)
{
    struct screen *screen = context;
    if (screen->handler.on_complete)
        screen->handler.on_complete(screen->handler.context, line, word_start, candidates);
}

static void on_candidates(void *context, const char *words)
{
    struct screen *screen = context;
    painter_say(&screen->painter, TONE_PLAIN, "", words);
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct screen *screen = poll->data;
    char bytes[4096];
    if (status < 0) {
        lose_terminal(screen);
        return;
    }
    if (!(events & UV_READABLE))
        return; /* there is room to write: on_prepare does */
    ssize_t n = read(screen->fd, bytes, sizeof bytes);
    screen->is_changed = true;
    if (n > 0)
        prompt_feed(bytes, (size_t)n);
    else if (n == 0 || (errno != EAGAIN && errno != EINTR))
        lose_terminal(screen);
}

/* ---- signals ---- */

static void measure(struct screen *screen)
{
    int columns = 0, rows = 0;
    if (!tty_size(screen->fd, &columns, &rows))
        columns = rows = 0;
    painter_resize(&screen->painter, columns, rows);
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct screen *screen = handle->data;
    const struct screen_handler *handler = &screen->handler;
    switch (number) {
    case SIGINT:
        if (handler->on_interrupt)
            handler->on_interrupt(handler->context);
        break;
    case SIGTERM:
    case SIGHUP:
        if (handler->on_end)
            handler->on_end(handler->context);
        break;
    default:
        if (number == SIGCONT)
            tty_take_again();
        measure(screen);
        screen->is_changed = screen->wants_repaint = true;
        if (handler->on_resize)
            handler->on_resize(handler->context, screen->painter.columns);
    }
}

/* ---- birth and death ---- */

static enum err start_handles(struct screen *screen, uv_loop_t *loop)
{
    if (uv_poll_init(loop, &screen->poll, screen->fd))
        return ERR_IO;
    screen->handles++;
    screen->poll.data = screen;
    uv_prepare_init(loop, &screen->prepare);
    screen->handles++;
    screen->prepare.data = screen;
    uv_prepare_start(&screen->prepare, on_prepare);
    uv_unref((uv_handle_t *)&screen->prepare);
    for (size_t i = 0; i < SIGNAL_COUNT; i++) {
        if (uv_signal_init(loop, &screen->signals[i]))
            return ERR_IO;
        screen->handles++;
        screen->signals[i].data = screen;
        uv_unref((uv_handle_t *)&screen->signals[i]);
        if (uv_signal_start(&screen->signals[i], on_signal, signals[i]))
            return ERR_IO;
    }
    return uv_poll_start(&screen->poll, UV_READABLE, on_ready) ? ERR_IO : ERR_NONE;
}

enum err screen_new(const struct screen_config *config, const struct screen_handler *handler,
                    struct screen **out)
{
    static const struct prompt_handler keys = {
        .on_line = on_line,
        .on_end = on_end,
        .on_talk_key = on_talk_key,
        .on_toggle_key = on_toggle_key,
        .on_redraw_key = on_redraw_key,
        .on_bell = on_bell,
        .on_complete = on_complete,
        .on_candidates = on_candidates,
    };
    struct prompt_handler prompt_handler = keys;
    struct screen *screen = mem_zalloc(sizeof *screen);
    if (!screen)
        return ERR_NO_MEMORY;
    screen->handler = *handler;
    screen->fd = -1;
    painter_init(&screen->painter, config->is_dumb, config->has_colour);
    buf_init(&screen->prompt, PAINTER_ROW_BYTES_MAX);
    buf_append_str(&screen->prompt, "> ");
    prompt_handler.context = screen;
    enum err e = prompt_open(&prompt_handler);
    if (e) {
        painter_release(&screen->painter);
        buf_release(&screen->prompt);
        mem_free(screen);
        return e;
    }
    e = tty_open(config->fd, &screen->fd);
    if (!e)
        e = start_handles(screen, config->loop);
    if (!e)
        e = tty_take(screen->fd, !config->is_dumb);
    if (e) {
        screen->is_gone = true; /* nothing was shown: nothing to remove */
        screen_free(screen);
        return e;
    }
    measure(screen);
    screen->is_changed = true;
    *out = screen;
    return ERR_NONE;
}

static void on_closed(uv_handle_t *handle)
{
    struct screen *screen = handle->data;
    if (--screen->handles == 0)
        mem_free(screen);
}

static void say_last_words(struct screen *screen)
{
    struct pollfd room = {.fd = screen->fd, .events = POLLOUT};
    painter_erase_foot(&screen->painter);
    if (send_out(screen) == ERR_NONE && screen->painter.out.len &&
        poll(&room, 1, LAST_WORDS_MS) == 1 && send_out(screen))
        return; /* gone at the last moment */
}

void screen_free(struct screen *screen)
{
    if (!screen || screen->is_freed)
        return;
    screen->is_freed = true;
    if (!screen->is_gone)
        say_last_words(screen);
    tty_give_back();
    prompt_close();
    painter_release(&screen->painter);
    buf_release(&screen->prompt);
    int handles = screen->handles;
    uv_handle_t *all[2 + SIGNAL_COUNT] = {(uv_handle_t *)&screen->poll,
                                          (uv_handle_t *)&screen->prepare};
    for (int i = 0; i < (int)SIGNAL_COUNT; i++)
        all[2 + i] = (uv_handle_t *)&screen->signals[i];
    for (int i = 0; i < handles; i++)
        uv_close(all[i], on_closed);
    if (screen->fd >= 0)
        close(screen->fd);
    if (handles == 0)
        mem_free(screen);
}

/* ---- what is shown ---- */

void screen_say(struct screen *screen, enum tone tone, const char *text)
{
    screen->is_changed = true;
    painter_say(&screen->painter, tone, "", text);
}

void screen_say_labelled(struct screen *screen, enum tone tone, const char *label, const char *text)
{
    screen->is_changed = true;
    painter_say(&screen->painter, tone, label, text);
}

void screen_set_status(struct screen *screen, const char *const *parts, size_t count)
{
    screen->is_changed = true;
    painter_set_status(&screen->painter, parts, count);
}

void screen_say_status(struct screen *screen)
{
    screen->is_changed = true;
    painter_say_status(&screen->painter);
}

void screen_set_choices(struct screen *screen, const char *text)
{
    screen->is_changed = true;
    painter_set_choices(&screen->painter, text);
}

void screen_set_prompt(struct screen *screen, const char *prompt)
{
    screen->is_changed = true;
    buf_clear(&screen->prompt);
    buf_append_str(&screen->prompt, prompt);
}

void screen_set_talk_key(struct screen *screen, bool on)
{
    (void)screen;
    prompt_set_talk_key(on);
}

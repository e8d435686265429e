#include "bot/bot.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/rand.h"
#include "base/str.h"
#include "bot/bot_inner.h"
#include "bot/bot_report.h"

enum { BOT_STATS_US = 1000000 };

void bot_say(struct bot *bot, const char *format, ...)
{
    char line[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    bot->config->on_line(bot->config->context, line);
}

/* ---- running ---- */

static void on_nothing_closed(uv_handle_t *handle)
{
    (void)handle;
}

/* Lets go of everything on the loop; it ends by itself then. */
static void finish(struct bot *bot)
{
    if (bot->is_over)
        return;
    bot->is_over = true;
    if (bot->ticker)
        ticker_stop(bot->ticker);
    uv_timer_stop(&bot->limit);
    uv_signal_stop(&bot->interrupt);
    uv_signal_stop(&bot->terminate);
    uv_stop(bot->loop);
}

void bot_stop(struct bot *bot, const char *why)
{
    if (bot->is_over)
        return;
    bot->is_cut_short = true;
    bot_say(bot, "%s: %s", bot->scenario->path, why);
    finish(bot);
}

static bool everybody_is_finished(const struct bot *bot)
{
    for (size_t i = 0; i < bot->scenario->role_count; i++) {
        if (bot->roles[i].is_played && !bot_role_is_finished(&bot->roles[i]))
            return false;
    }
    return true;
}

static void on_tick(void *context, int64_t due_us)
{
    struct bot *bot = context;
    bot->ticked_us = due_us;
    for (size_t i = 0; i < bot->scenario->role_count; i++) {
        if (bot->roles[i].is_played)
            bot_role_capture(&bot->roles[i], due_us);
    }
    for (size_t i = 0; i < bot->scenario->role_count; i++) {
        if (bot->roles[i].is_played)
            bot_role_playout(&bot->roles[i], due_us);
    }
    bot_lines_tick(bot, monotonic_us());
    if (due_us >= bot->next_stats_us) {
        bot->next_stats_us = due_us + BOT_STATS_US;
        for (size_t i = 0; i < bot->scenario->role_count; i++)
            bot_role_take_stats(&bot->roles[i]);
    }
    if (!bot->is_over && everybody_is_finished(bot))
        finish(bot);
}

static void on_limit(uv_timer_t *timer)
{
    bot_stop(timer->data, "the debate did not come to its end within the limit");
}

static void on_signal(uv_signal_t *handle, int number)
{
    (void)number;
    bot_stop(handle->data, "interrupted");
}

void bot_begin(struct bot *bot)
{
    bot->has_begun = true;
    bot->begin_us = monotonic_us();
    uv_timer_start(&bot->limit, on_limit, (uint64_t)bot->scenario->limit_ms, 0);
    for (size_t i = 0; i < bot->scenario->role_count; i++) {
        struct role *role = &bot->roles[i];
        if (role->is_played && !role->cast->is_later && bot_role_join(role)) {
            bot_stop(bot, "a role could not be played");
            return;
        }
    }
    if (ticker_set(bot->ticker, bot->begin_us + BOT_TICK_US, BOT_TICK_US))
        bot_stop(bot, "there is no clock");
}

/* ---- setting up ---- */

static void name_room(struct bot *bot)
{
    char random[64];
    if (bot->config->room_code) {
        str_copy(bot->room_code, sizeof bot->room_code, bot->config->room_code);
        return;
    }
    const char *slash = strrchr(bot->scenario->path, '/');
    const char *name = slash ? slash + 1 : bot->scenario->path;
    size_t len = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");
    rand_id("", random);
    snprintf(bot->room_code, sizeof bot->room_code, "%.*s-%.6s", (int)(len < 40 ? len : 40), name,
             random);
}

static void cast_roles(struct bot *bot)
{
    for (size_t i = 0; i < bot->scenario->role_count; i++) {
        struct role *role = &bot->roles[i];
        role->bot = bot;
        role->cast = &bot->scenario->roles[i];
        role->index = (int)i;
        role->is_played = !bot->config->as || strcmp(bot->config->as, role->cast->name) == 0;
        buf_init(&role->choices, BOT_REPORT_MAX / 8);
    }
}

static void on_network(void *context)
{
    struct bot *bot = context;
    for (size_t i = 0; i < bot->scenario->role_count; i++) {
        const struct role *role = &bot->roles[i];
        for (size_t n = 0; n < role->session_count; n++)
            session_network_changed(role->sessions[n]);
    }
}

static enum err open_loop(struct bot *bot)
{
    bot->loop = uv_default_loop(); /* ws_client.h */
    if (!bot->loop)
        return ERR_INTERNAL;
    uv_timer_init(bot->loop, &bot->limit);
    uv_timer_init(bot->loop, &bot->child_timer);
    uv_signal_init(bot->loop, &bot->interrupt);
    uv_signal_init(bot->loop, &bot->terminate);
    bot->limit.data = bot->interrupt.data = bot->terminate.data = bot->child_timer.data = bot;
    uv_signal_start(&bot->interrupt, on_signal, SIGINT);
    uv_signal_start(&bot->terminate, on_signal, SIGTERM);
    if (network_watch_new(bot->loop, on_network, bot, &bot->network))
        log_debug("the kernel does not tell of other addresses");
    enum err e = session_runtime_new(bot->loop, &bot->runtime);
    return e ? e : ticker_new(bot->loop, on_tick, bot, &bot->ticker);
}

/* Ends the server, frees the sessions and runs the loop until it is empty. */
static void close_loop(struct bot *bot)
{
    bot_server_end(bot);
    for (size_t i = 0; i < bot->scenario->role_count; i++)
        bot_role_release(&bot->roles[i]);
    session_runtime_free(bot->runtime);
    network_watch_free(bot->network);
    ticker_free(bot->ticker);
    uv_close((uv_handle_t *)&bot->limit, on_nothing_closed);
    uv_close((uv_handle_t *)&bot->interrupt, on_nothing_closed);
    uv_close((uv_handle_t *)&bot->terminate, on_nothing_closed);
    while (bot->server_state != SERVER_NONE && uv_run(bot->loop, UV_RUN_ONCE))
        continue;
    uv_close((uv_handle_t *)&bot->child_timer, on_nothing_closed);
    uv_run(bot->loop, UV_RUN_DEFAULT);
}

/* ---- the whole ---- */

static void report(struct bot *bot, struct buf *out)
{
    struct buf lines;
    buf_init(&lines, BOT_REPORT_MAX);
    bot_facts_debate(bot, out);
    for (size_t i = 0; i < bot->scenario->role_count; i++) {
        struct role *role = &bot->roles[i];
        if (!role->is_played)
            continue;
        buf_clear(&lines);
        bot_facts_debate(bot, &lines);
        size_t head_len = lines.len;
        bot_facts_role(role, &lines);
        if (role->cast->is_host)
            bot_facts_fetch_log(role, &lines);
        bot_facts_save(role, &lines);
        if (lines.data)
            buf_append(out, lines.data + head_len, lines.len - head_len);
    }
    buf_release(&lines);
}

static enum bot_end judge(const struct bot *bot)
{
    for (size_t i = 0; i < bot->scenario->role_count; i++) {
        const struct role *role = &bot->roles[i];
        if (role->is_played && role->session_count > 0 && !role->was_in && role->was_unreachable)
            return BOT_UNREACHABLE;
        if (role->is_played && role->session_count > 0 && !role->was_in && role->close_status)
            return BOT_REFUSED;
    }
    return bot->misses || bot->is_cut_short ? BOT_FAILED : BOT_DONE;
}

static enum err make_output(struct bot *bot)
{
    const char *folder = bot->config->output;
    struct stat about;
    if (!folder || mkdir(folder, 0777) == 0)
        return ERR_NONE;
    if (errno == EEXIST && stat(folder, &about) == 0 && !S_ISDIR(about.st_mode))
        errno = ENOTDIR;
    else if (errno == EEXIST && access(folder, W_OK | X_OK) == 0)
        return ERR_NONE;
    bot_say(bot, "%s: %s", folder, strerror(errno));
    return ERR_IO;
}

static enum err play(struct bot *bot)
{
    enum err e = bot_sounds_load(bot);
    if (!e)
        e = make_output(bot);
    if (e)
        return e;
    if (bot->config->with_server)
        e = bot_server_start(bot);
    else
        bot_begin(bot);
    if (e)
        return e;
    uv_run(bot->loop, UV_RUN_DEFAULT);
    bot_lines_finish(bot);
    return ERR_NONE;
}

enum bot_end bot_run(const struct bot_config *config, struct buf *out)
{
    struct bot *bot = mem_zalloc(sizeof *bot);
    enum bot_end end = BOT_FAILED;
    if (!bot)
        return BOT_FAILED;
    bot->config = config;
    bot->scenario = config->scenario;
    buf_init(&bot->child_line, 65536);
    bot->states = mem_zalloc((bot->scenario->line_count + 1) * sizeof *bot->states);
    if (config->server)
        str_copy(bot->server, sizeof bot->server, config->server);
    if (config->with_server)
        bot->server[0] = '\0';
    name_room(bot);
    cast_roles(bot);
    /* A broken connection is an error of writing, not the end of the process. */
    signal(SIGPIPE, SIG_IGN);
    if (bot->states && open_loop(bot) == ERR_NONE) {
        bool played = play(bot) == ERR_NONE;
        bot->is_over = true;
        if (played && bot->has_begun)
            report(bot, out);
        if (played)
            end = judge(bot);
        close_loop(bot);
    }
    bot_server_remove_data(bot);
    bot_sounds_release(bot);
    buf_release(&bot->child_line);
    bot_lines_release(bot);
    mem_free(bot);
    return end;
}

/* A server of the bot's own: `debate serve` from the same executable, which a scenario may kill
 * and start again. */
#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/rand.h"
#include "bot/bot_inner.h"

enum { SERVER_LINE_MAX = 4096, SERVER_END_MS = 7000 /* it drains for 5 s at most */ };

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status;
    (void)kind;
    (void)walk;
    return remove(path);
}

void bot_server_remove_data(struct bot *bot)
{
    if (bot->data_is_ours && bot->data_folder[0])
        nftw(bot->data_folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static enum err write_secret(const char *path)
{
    uint8_t bits[32];
    FILE *file = fopen(path, "wxe");
    if (!file)
        return ERR_IO;
    rand_bytes(bits, sizeof bits);
    for (size_t i = 0; i < sizeof bits; i++)
        fprintf(file, "%02x", bits[i]);
    return fclose(file) == 0 ? ERR_NONE : ERR_IO;
}

/* Where the server keeps its things: in the output folder, or in one that goes at the end. */
static enum err make_data_folder(struct bot *bot)
{
    char secret[1100];
    const char *temporary = getenv("TMPDIR");
    if (bot->data_folder[0])
        return ERR_NONE;
    snprintf(bot->data_folder, sizeof bot->data_folder, "%s/debate-bot-XXXXXX",
             temporary && temporary[0] ? temporary : "/tmp");
    if (!mkdtemp(bot->data_folder)) {
        bot_say(bot, "%s: %s", bot->data_folder, strerror(errno));
        bot->data_folder[0] = '\0';
        return ERR_IO;
    }
    bot->data_is_ours = true;
    snprintf(secret, sizeof secret, "%s/secret", bot->data_folder);
    return write_secret(secret);
}

/* ---- what the child says ---- */

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
    static char part[SERVER_LINE_MAX];
    (void)handle;
    (void)suggested;
    *out = uv_buf_init(part, sizeof part);
}

static void take_line(struct bot *bot, const char *line)
{
    static const char sign[] = "listening on ";
    if (bot->server_state != SERVER_STARTING || strncmp(line, sign, sizeof sign - 1) != 0)
        return;
    snprintf(bot->server, sizeof bot->server, "%s", line + sizeof sign - 1);
    bot->server_state = SERVER_UP;
    uv_timer_stop(&bot->child_timer);
    if (!bot->has_begun)
        bot_begin(bot);
}

static void on_output(uv_stream_t *stream, ssize_t count, const uv_buf_t *part)
{
    struct bot *bot = stream->data;
    if (count <= 0)
        return;
    if (buf_append(&bot->child_line, part->base, (size_t)count))
        buf_clear(&bot->child_line);
    for (char *stop;
         bot->child_line.len && (stop = memchr(bot->child_line.data, '\n', bot->child_line.len));) {
        *stop = '\0';
        take_line(bot, bot->child_line.data);
        buf_consume(&bot->child_line, (size_t)(stop - bot->child_line.data) + 1);
    }
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct bot *bot = handle->data;
    if (--bot->child_handles > 0)
        return;
    bot->server_state = SERVER_NONE;
    if (bot->server_must_restart && !bot->is_over) {
        bot->server_must_restart = false;
        if (bot_server_start(bot))
            bot_stop(bot, "the server could not be started again");
    }
}

static void on_exit_of_child(uv_process_t *child, int64_t status, int signal_number)
{
    struct bot *bot = child->data;
    bool was_wanted = bot->server_state == SERVER_ENDING || bot->is_over;
    uv_timer_stop(&bot->child_timer);
    uv_close((uv_handle_t *)&bot->child, on_handle_closed);
    uv_close((uv_handle_t *)&bot->child_out, on_handle_closed);
    if (was_wanted)
        return;
    bot_say(bot, "the server ended by itself (%s %d)", signal_number ? "signal" : "status",
            signal_number ? signal_number : (int)status);
    bot_stop(bot, "there is no server");
}

static void on_too_long(uv_timer_t *timer)
{
    struct bot *bot = timer->data;
    bool was_starting = bot->server_state == SERVER_STARTING;
    bot->server_state = SERVER_ENDING;
    uv_process_kill(&bot->child, SIGKILL);
    if (was_starting)
        bot_stop(bot, "the server does not listen");
}

/* ---- starting and ending ---- */

/* The environment without what would give the server other options: variables of debate, and a
 * config file. The list is the caller's to mem_free; NULL without memory. */
static char **child_environment(char *config_home, size_t config_home_size, const char *folder)
{
    static const char prefix[] = "DEBATE_", name[] = "XDG_CONFIG_HOME=";
    size_t count = 0, kept = 0;
    while (environ[count])
        count++;
    char **list = mem_alloc((count + 2) * sizeof *list);
    if (!list)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        if (strncmp(environ[i], prefix, strlen(prefix)) != 0 &&
            strncmp(environ[i], name, strlen(name)) != 0)
            list[kept++] = environ[i];
    }
    snprintf(config_home, config_home_size, "%s%s", name, folder);
    list[kept++] = config_home;
    list[kept] = NULL;
    return list;
}

static enum err spawn(struct bot *bot, char **words)
{
    char config_home[1100];
    char **environment = child_environment(config_home, sizeof config_home, bot->data_folder);
    if (!environment)
        return ERR_NO_MEMORY;
    uv_stdio_container_t streams[3] = {
        {.flags = UV_IGNORE},
        {.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE, .data.stream = (uv_stream_t *)&bot->child_out},
        {.flags = UV_INHERIT_FD, .data.fd = STDERR_FILENO}};
    uv_process_options_t options = {.exit_cb = on_exit_of_child,
                                    .file = words[0],
                                    .args = words,
                                    .env = environment,
                                    .stdio_count = 3,
                                    .stdio = streams};
    uv_pipe_init(bot->loop, &bot->child_out, 0);
    bot->child.data = bot->child_out.data = bot->child_timer.data = bot;
    bot->child_handles = 2;
    bot->server_state = SERVER_STARTING;
    int failed = uv_spawn(bot->loop, &bot->child, &options);
    mem_free(environment);
    if (failed) {
        bot_say(bot, "%s: %s", words[0], uv_strerror(failed));
        bot->server_state = SERVER_ENDING;
        uv_close((uv_handle_t *)&bot->child, on_handle_closed);
        uv_close((uv_handle_t *)&bot->child_out, on_handle_closed);
        return ERR_IO;
    }
    uv_read_start((uv_stream_t *)&bot->child_out, on_alloc, on_output);
    uv_timer_start(&bot->child_timer, on_too_long, BOT_SERVER_WAIT_MS, 0);
    return ERR_NONE;
}

enum err bot_server_start(struct bot *bot)
{
    enum { FIXED_WORDS = 8 };
    char program[1024], data[1100], secret[1100], address[64] = "127.0.0.1:0";
    char *words[FIXED_WORDS + SCENARIO_SERVER_WORDS + 1];
    size_t count = 0, len = sizeof program;
    enum err e = make_data_folder(bot);
    if (e)
        return e;
    if (uv_exepath(program, &len) != 0)
        return ERR_INTERNAL;
    snprintf(data, sizeof data, "%s/data", bot->data_folder);
    snprintf(secret, sizeof secret, "%s/secret", bot->data_folder);
    /* Again where it was: the others look for it there. */
    if (bot->server[0])
        snprintf(address, sizeof address, "%s", bot->server + strlen("http://"));
    const char *fixed[FIXED_WORDS] = {program,  "serve", "--listen",      address,
                                      "--data", data,    "--secret-file", secret};
    for (; count < FIXED_WORDS; count++)
        words[count] = (char *)fixed[count]; /* uv does not change them */
    for (size_t i = 0; i < bot->scenario->server_word_count; i++)
        words[count++] = (char *)bot->scenario->server_words[i];
    words[count] = NULL;
    return spawn(bot, words);
}

static void end_child(struct bot *bot, int signal_number)
{
    if (bot->server_state != SERVER_UP && bot->server_state != SERVER_STARTING)
        return;
    bot->server_state = SERVER_ENDING;
    uv_process_kill(&bot->child, signal_number);
    uv_timer_start(&bot->child_timer, on_too_long, SERVER_END_MS, 0);
}

void bot_server_do(struct bot *bot, enum verb verb)
{
    if (verb == VERB_KILLED) {
        end_child(bot, SIGKILL);
    } else if (verb == VERB_STOPPED) {
        end_child(bot, SIGTERM);
    } else if (bot->server_state == SERVER_NONE) {
        if (bot_server_start(bot))
            bot_stop(bot, "the server could not be started again");
    } else {
        bot->server_must_restart = true;
    }
}

void bot_server_end(struct bot *bot)
{
    bot->server_must_restart = false;
    end_child(bot, SIGTERM);
}

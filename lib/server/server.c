#include "server/server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <utlist.h>

#include "base/log.h"
#include "base/mem.h"
#include "server/exchange.h"
#include "server/net.h"
#include "server/server_inner.h"
#include "server/socket.h"
#include "server/tls.h"
#include "server/web_files.h"
#include "store/forgotten.h"

/* What of a server has to do with the loop and the clock. */
struct server_loop {
    uv_loop_t *loop;
    uv_timer_t timer;
    uv_prepare_t prepare; /* behind the timers, before the loop sleeps */
    uv_check_t check;     /* behind what came from the sockets */
    uv_async_t synced;
    int64_t clock_offset_us; /* the Unix epoch's clock less the monotonic one */
    bool is_armed;
    int64_t armed_ms;
    int closed_handles;
};

enum { SERVER_HANDLES = 4 };

struct aside {
    uv_work_t work;
    struct server *server;
    void (*run)(void *context);
    void (*done)(void *context);
    void *context;
};

struct server_config server_config_default(void)
{
    struct room_config room = room_config_default();
    return (struct server_config){.host = "127.0.0.1",
                                  .port = 8080,
                                  .guests = GUESTS_ROOMS,
                                  .record = room.record,
                                  .seats = LIMIT_SEATS_DEFAULT,
                                  .countdown_ms = room.countdown_ms,
                                  .empty_ms = room.empty_ms,
                                  .ping_ms = LIMIT_PING_MS,
                                  .silent_ms = LIMIT_SILENT_MS,
                                  .rate_per_s = LIMIT_RATE_PER_S};
}

/* ---- the clock ---- */

static int64_t clock_us(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

/* The epoch's clock as it was at the start, carried on by the monotonic one: it never jumps. */
void server_read_clock(struct server *server)
{
    server->now_us = clock_us(CLOCK_MONOTONIC) + server->loop_side->clock_offset_us;
}

/* ---- the loop ---- */

uv_loop_t *server_uv_loop(const struct server *server)
{
    return server->loop_side->loop;
}

static void finish_stop(struct server *server)
{
    struct server_loop *side = server->loop_side;
    server->is_stopped = true;
    net_stop(server->net);
    uv_timer_stop(&side->timer);
    uv_stop(side->loop); /* libwebsockets' own handles stay on it */
}

static void stop_if_empty(struct server *server)
{
    if (!server->is_draining || server->is_stopped)
        return;
    if (server->socket_count == 0 && server->exchange_count == 0 && server->working == 0 &&
        server->analyses.running == 0 && turn_is_settled(server))
        finish_stop(server);
    else if (server_now_ms(server) >= server->drain_until_ms)
        finish_stop(server);
}

static void on_turn(struct server *server)
{
    if (server->is_stopped)
        return;
    server_read_clock(server);
    turn_flush(server);
    stop_if_empty(server);
}

static void on_prepare(uv_prepare_t *prepare)
{
    on_turn(prepare->data);
}

static void on_check(uv_check_t *check)
{
    on_turn(check->data);
}

static void on_timer(uv_timer_t *timer)
{
    struct server *server = timer->data;
    server->loop_side->is_armed = false;
    server_read_clock(server);
    server_wake(server);
    server_rearm(server);
}

void server_rearm(struct server *server)
{
    struct server_loop *side = server->loop_side;
    int64_t next_ms = server_next_ms(server);
    if (server->is_stopped || (side->is_armed && side->armed_ms == next_ms))
        return;
    side->is_armed = true;
    side->armed_ms = next_ms;
    server_read_clock(server);
    /* Up to the whole millisecond: never early. The loop's own idea of now may be old. */
    int64_t wait_us = next_ms * 1000 - server->now_us;
    uv_update_time(side->loop);
    uv_timer_start(&side->timer, on_timer, wait_us > 0 ? (uint64_t)(wait_us + 999) / 1000 : 0, 0);
}

static void on_synced(uv_async_t *async)
{
    struct server *server = async->data;
    server_read_clock(server);
    turn_synced(server);
}

/* On the store's inner thread. */
static void wake_for_sync(void *context)
{
    struct server *server = context;
    uv_async_send(&server->loop_side->synced);
}

/* ---- another thread ---- */

static void run_aside(uv_work_t *work)
{
    struct aside *aside = work->data;
    aside->run(aside->context);
}

static void done_aside(uv_work_t *work, int status)
{
    struct aside *aside = work->data;
    (void)status; /* nothing is ever cancelled */
    server_read_clock(aside->server);
    aside->server->working--;
    aside->done(aside->context);
    mem_free(aside);
}

enum err server_run_aside(struct server *server, void (*work)(void *context),
                          void (*done)(void *context), void *context)
{
    struct aside *aside = mem_alloc(sizeof *aside);
    if (!aside)
        return ERR_NO_MEMORY;
    *aside = (struct aside){.server = server, .run = work, .done = done, .context = context};
    aside->work.data = aside;
    if (uv_queue_work(server->loop_side->loop, &aside->work, run_aside, done_aside)) {
        mem_free(aside);
        return ERR_INTERNAL;
    }
    server->working++;
    return ERR_NONE;
}

/* ---- starting ---- */

static void init_loop(struct server *server, uv_loop_t *loop)
{
    struct server_loop *side = server->loop_side;
    side->loop = loop;
    /* Each is cut to whole microseconds: less one, so that the sum is never ahead. */
    side->clock_offset_us = clock_us(CLOCK_REALTIME) - clock_us(CLOCK_MONOTONIC) - 1;
    uv_timer_init(loop, &side->timer);
    uv_prepare_init(loop, &side->prepare);
    uv_check_init(loop, &side->check);
    uv_async_init(loop, &side->synced, on_synced);
    side->timer.data = side->prepare.data = side->check.data = side->synced.data = server;
    uv_prepare_start(&side->prepare, on_prepare);
    uv_check_start(&side->check, on_check);
    server_read_clock(server);
}

static enum err start_to_listen(struct server *server, char *why, size_t why_size)
{
    const struct server_config *config = &server->config;
    struct tls *tls = NULL;
    enum err e = ERR_NONE;
    if (config->tls_cert)
        e = tls_read(config->tls_cert, config->tls_key, &tls, why, why_size);
    if (!e)
        e = net_new(server->loop_side->loop, server, config->host, config->port, tls, &server->net,
                    server->url, sizeof server->url, why, why_size);
    tls_free(tls);
    return e;
}

static enum err open_parts(struct server *server, char *why, size_t why_size)
{
    const struct server_config *config = &server->config;
    enum err e = web_files_read(config->web, &server->web_files, why, why_size);
    if (e)
        return e;
    e = store_open(config->data, wake_for_sync, server, &server->store, why, why_size);
    if (e)
        return e;
    e = uploads_open(config->data, &server->uploads);
    if (e) {
        snprintf(why, why_size, "%s: its uploads cannot be read (%s)", config->data, err_code(e));
        return e;
    }
    e = forgotten_remove(config->data);
    if (e) {
        snprintf(why, why_size, "%s: what is to be forgotten cannot be removed (%s)", config->data,
                 strerror(errno));
        return e;
    }
    e = quota_open(server);
    if (e) {
        snprintf(why, why_size, "%s: what is kept in it cannot be counted (%s)", config->data,
                 strerror(errno));
        return e;
    }
    e = house_open(server, why, why_size);
    if (e)
        return e;
    turn_flush(server);
    if (server->turn.is_stuck) {
        snprintf(why, why_size, "%s: cannot be written to; is the disk full?", config->data);
        return ERR_IO;
    }
    analyses_open(server);
    return start_to_listen(server, why, why_size);
}

enum err server_new(uv_loop_t *loop, const struct server_config *config, struct server **out,
                    char *why, size_t why_size)
{
    struct server *server = mem_zalloc(sizeof *server);
    struct server_loop *side = mem_zalloc(sizeof *side);
    struct agenda *agenda = agenda_new_default();
    if (!server || !side || !agenda) {
        snprintf(why, why_size, "no memory left");
        mem_free(server);
        mem_free(side);
        agenda_unref(agenda);
        return ERR_NO_MEMORY;
    }
    server->config = *config;
    server->loop_side = side;
    server->default_agenda = agenda;
    server->room_config = room_config_default();
    server->room_config.countdown_ms = config->countdown_ms;
    server->room_config.empty_ms = config->empty_ms;
    server->room_config.record = config->record;
    server->limiter.rate_per_s = config->rate_per_s;
    server->limiter.burst =
        server_burst(server) > LIMIT_RATE_BURST ? server_burst(server) : LIMIT_RATE_BURST;
    buf_init(&server->text, LIMIT_LOG_LINE);
    init_loop(server, loop);
    server->next_expire_ms = server_now_ms(server);
    enum err e = open_parts(server, why, why_size);
    if (e) {
        server_free(server);
        return e;
    }
    server_rearm(server);
    *out = server;
    return ERR_NONE;
}

const char *server_url(const struct server *server)
{
    return server->url;
}

enum err server_renew_tls(struct server *server, char *why, size_t why_size)
{
    const struct server_config *config = &server->config;
    struct tls *tls;
    enum err e = tls_read(config->tls_cert, config->tls_key, &tls, why, why_size);
    if (e)
        return e;
    e = net_use_tls(server->net, tls);
    if (e)
        snprintf(why, why_size, "OpenSSL does not take the certificate: is its key too weak?");
    tls_free(tls);
    return e;
}

void server_use_secrets(struct server *server, const struct secrets *secrets)
{
    server->config.secrets = *secrets;
}

/* ---- stopping ---- */

void server_stop(struct server *server)
{
    if (server->is_draining)
        return;
    server_read_clock(server);
    server->is_draining = true;
    server->drain_until_ms = server_now_ms(server) + LIMIT_DRAIN_MS;
    analyses_stop(server);
    for (int i = 0; i < VISITS; i++) {
        struct socket *socket, *next;
        DL_FOREACH_SAFE2(server->visits[i], socket, next, visit_next)
        {
            socket_close(socket, CLOSE_GOING_AWAY);
        }
    }
    server_rearm(server);
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct server_loop *side = handle->data;
    if (++side->closed_handles == SERVER_HANDLES)
        mem_free(side);
}

static void close_loop(struct server_loop *side)
{
    uv_handle_t *handles[SERVER_HANDLES] = {
        (uv_handle_t *)&side->timer, (uv_handle_t *)&side->prepare, (uv_handle_t *)&side->check,
        (uv_handle_t *)&side->synced};
    for (int i = 0; i < SERVER_HANDLES; i++) {
        handles[i]->data = side;
        uv_close(handles[i], on_handle_closed);
    }
    uv_run(side->loop, UV_RUN_NOWAIT);
}

/* Their rooms could not be told any more: the disk took no writes. */
static void release_departing(struct server *server)
{
    while (server->departing) {
        struct socket *socket = server->departing;
        server->departing = socket->departing_next;
        socket_unref(socket);
    }
}

/* A recording may take longer to reach the disk than is waited for at the end: what another thread
 * works with stays until it has done, and what it has done is noted. */
static void finish_asides(struct server *server)
{
    while (server->working > 0)
        uv_run(server->loop_side->loop, UV_RUN_ONCE);
}

void server_free(struct server *server)
{
    if (!server)
        return;
    finish_asides(server);
    store_close(server->store); /* before the loop's side, which it wakes */
    turn_release(server);
    analyses_close(server);
    release_departing(server);
    house_close(server);
    uploads_close(server->uploads);
    net_free(server->net);
    deadlines_release(&server->deadlines);
    limiter_release(&server->limiter);
    agenda_unref(server->default_agenda);
    web_files_free(server->web_files);
    buf_release(&server->text);
    close_loop(server->loop_side);
    mem_free(server);
}

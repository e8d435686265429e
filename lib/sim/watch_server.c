/* The server's own state after each of its turns, held against the log and the network. */
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "base/mem.h"
#include "server/house.h"
#include "server/server_inner.h"
#include "server/socket.h"
#include "session/session_inner.h"
#include "sim/cast.h"
#include "sim/server_process.h"
#include "sim/watch.h"
#include "sim/watch_inner.h"
#include "sim/wire.h"

enum {
    SERVER_BYTES_MAX = 24 * 1024 * 1024, /* for some ten rooms and their logs */
    UNSYNCED_MAX = 20000,                /* acks that wait for the disk */
    ON_ITS_WAY_MS = 8000,                /* an event may still be under way for so long */
    HOST_SLACK_MS = 1500                 /* deadlines are looked at once a tick */
};

int64_t watch_server_ms(void)
{
    return node_epoch_us(&process.node) / 1000;
}

static void check_socket(const struct conn *conn, const struct socket *socket)
{
    if (socket->queue_bytes > LIMIT_SOCKET_QUEUE)
        broken("memory-is-bounded", "%zu bytes wait for one socket", socket->queue_bytes);
    if (socket->message.len > LIMIT_SIGNALING_MESSAGE)
        broken("memory-is-bounded", "a message of %zu bytes", socket->message.len);
    if (socket->wsi != conn || socket->state == SOCKET_GONE)
        broken("nothing-remains", "a socket without its connection");
    if (socket->is_corked)
        broken("a-turn-is-told", "a socket keeps back what was sent to it");
}

static void check_sockets(const struct server *server)
{
    const struct conn *conn;
    size_t count = 0;
    DL_FOREACH(wire.conns, conn)
    {
        if (conn->socket) {
            check_socket(conn, conn->socket);
            count++;
        }
    }
    if (count != server->socket_count)
        broken("nothing-remains", "%zu sockets are kept for %zu connections", server->socket_count,
               count);
    if (server->turn.unsynced.count > UNSYNCED_MAX)
        broken("memory-is-bounded", "%zu acks wait", server->turn.unsynced.count);
    if (process.node.bytes > SERVER_BYTES_MAX)
        broken("memory-is-bounded", "the server uses %zu bytes", process.node.bytes);
}

static void check_one_socket(const struct house_room *room, unsigned participant)
{
    const struct socket *socket;
    int count = 0;
    DL_FOREACH(room->voice, socket)
    {
        count += socket->participant == participant && socket->state == SOCKET_IN;
    }
    if (count > 1)
        broken("one-seat-a-user", "%s: p%u has %d sockets", room->session_id, participant, count);
}

static void check_voices(const struct house_room *room, const struct ledger *ledger)
{
    for (unsigned i = 1; i <= ledger->people; i++) {
        bool has_socket = house_voice(room, i) != NULL;
        check_one_socket(room, i);
        if (ledger->persons[i].connected != has_socket)
            broken("connected-means-connected", "%s: p%u is %s and has %s socket", room->session_id,
                   i, ledger->persons[i].connected ? "connected" : "disconnected",
                   has_socket ? "a" : "no");
    }
}

static void check_host(const struct ledger *ledger)
{
    int64_t now_ms = watch_server_ms();
    if (ledger->is_ended || !ledger_anybody_is_connected(ledger) ||
        world.now_us - watch.stuck_us < HOST_SLACK_MS * 1000)
        return;
    if (ledger->host && !ledger->persons[ledger->host].seated)
        broken("one-host", "%s: the host has no seat", ledger->session_id);
    int64_t since_ms = ledger->host || ledger->had_host ? ledger->host_gone_ts_ms
                       : ledger->is_started             ? ledger->started_ts_ms
                                                        : now_ms;
    if (ledger->host && ledger->persons[ledger->host].connected)
        return;
    if (now_ms - since_ms > LIMIT_HOST_GONE_MS + HOST_SLACK_MS)
        broken("one-host", "%s: nobody is host for %lld ms", ledger->session_id,
               (long long)(now_ms - since_ms));
}

/* The room is what its log makes of it. */
static void check_room(const struct house_room *room, const struct ledger *ledger)
{
    struct session_view view;
    enum phase phase = ledger->is_started     ? PHASE_LIVE
                       : ledger->in_countdown ? PHASE_COUNTDOWN
                                              : PHASE_LOBBY;
    room_view(room->room, &view);
    if (view.phase != phase || view.page != ledger->page)
        broken("the-log-is-the-truth", "%s: %s, page %u by the log, %s, page %u in the room",
               room->session_id, phase_name(phase), ledger->page, phase_name(view.phase),
               view.page);
    for (unsigned page = 1; page <= ledger->agenda->page_count; page++) {
        if (page == ledger->page && ledger_owes_reveal(ledger, page) &&
            ledger_all_chose(ledger, page))
            broken("choices-are-revealed", "%s: all have chosen on page %u", room->session_id,
                   page);
    }
}

static void check_rooms(struct server *server)
{
    struct house_room *room, *next;
    HASH_ITER(by_code, server->house.by_code, room, next)
    {
        const struct ledger *ledger = ledger_by_key(room->key);
        if (!ledger || strcmp(ledger->session_id, room->session_id) != 0)
            broken("acked-is-in-the-log", "%s is nowhere", room->session_id);
        if (ledger->count != room_seq(room->room) || room->committed_seq != ledger->count)
            broken("committed-then-sent", "%s: %zu events are committed, %llu known, %llu shown",
                   room->session_id, ledger->count, (unsigned long long)room_seq(room->room),
                   (unsigned long long)room->committed_seq);
        if (ledger->host != room_host(room->room))
            broken("one-host", "%s: p%u by the log, p%u in the room", room->session_id,
                   ledger->host, room_host(room->room));
        check_room(room, ledger);
        check_voices(room, ledger);
        check_host(ledger);
    }
}

/* When a turn is over and nothing is under way. */
static void check_state(void)
{
    struct server *server = watch.server;
    if (server && server->turn.is_stuck)
        watch.stuck_us = world.now_us;
    if (!server || process.node.is_ghost || server->turn.is_stuck || server->turn.now.count ||
        server->departing || store_is_dirty(server->store) || server->is_draining)
        return;
    if (server->metrics.commits != watch.commits) {
        watch.commits = server->metrics.commits;
        watch_look();
    }
    check_sockets(server);
    check_rooms(server);
}

void watch_step(void)
{
    if (watch.server)
        check_state();
}

/* ---- beginnings and ends ---- */

void watch_begin(void)
{
    watch = (struct watch){.server = NULL};
    watch_signals_begin();
}

void watch_end(void)
{
    watch_count();
    free(watch.asked);
    ledgers_release();
}

void watch_booted(struct server *server)
{
    struct node *before = node_enter(NULL);
    watch.server = server;
    watch.commits = 0;
    watch.stuck_us = world.now_us;
    watch_look();
    node_enter(before);
}

void watch_server_gone(void)
{
    watch.server = NULL;
    look_free(watch.look);
    watch.look = NULL;
    watch.sockets = 0;
}

uint64_t watch_events(void)
{
    return ledgers.events;
}

uint64_t watch_acks(void)
{
    return watch.acks;
}

/* ---- what participants tell ---- */

void watch_actor_is_live(struct actor *actor, double late_ms, double error_ms)
{
    const struct session *session = actor->session;
    (void)late_ms;
    /* Without an error `start` itself was the sign; another server has another clock. */
    if (error_ms < 0 || !process.server || actor->welcome_boot != process.boots)
        return;
    double early_ms = (double)session->start_at_ms - (double)node_epoch_us(&process.node) / 1000;
    if (early_ms > error_ms + 1)
        broken("no-start-before-start-at", "%s starts %.3f ms early, and can be off by %.3f",
               actor->nickname, early_ms, error_ms);
}

/* FNV-1a. */
static uint64_t digest_of(const char *text, size_t len)
{
    uint64_t digest = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < len; i++)
        digest = (digest ^ (unsigned char)text[i]) * UINT64_C(0x100000001b3);
    return digest;
}

void watch_actor_heard(struct actor *actor, const struct event *event)
{
    struct node *before = node_enter(NULL);
    struct heard *heard = &actor->heard;
    if (event->seq == 1)
        heard->count = 0; /* from the beginning, after `reset` too */
    if (event->seq != heard->count + 1)
        broken("no-gaps-no-repeats", "%s hears event %llu after %zu", actor->nickname,
               (unsigned long long)event->seq, heard->count);
    if (heard->count == heard->size) {
        heard->size = heard->size ? heard->size * 2 : 64;
        heard->texts = realloc(heard->texts, heard->size * sizeof *heard->texts);
        if (!heard->texts)
            abort();
    }
    struct buf text;
    buf_init(&text, LIMIT_LOG_LINE);
    if (event_print(event, &text))
        abort();
    heard->texts[heard->count++] = digest_of(text.data, text.len);
    buf_release(&text);
    node_enter(before);
}

static void check_heard(const struct actor *actor)
{
    const struct ledger *ledger = ledger_by_id(session_id(actor->session));
    if (!ledger || ledger->is_ended)
        return;
    const struct ledger_line *missing = ledger_line(ledger, actor->heard.count + 1);
    bool has_come_just_now = actor->welcome_us > world.now_us - ON_ITS_WAY_MS * 1000;
    if (actor->heard.count > ledger->count ||
        (missing && !has_come_just_now && missing->ts_ms < watch_server_ms() - ON_ITS_WAY_MS))
        broken("everybody-sees-the-same", "%s has heard %zu events of %s, which has %zu",
               actor->nickname, actor->heard.count, ledger->session_id, ledger->count);
    for (size_t i = 0; i < actor->heard.count; i++) {
        if (actor->heard.texts[i] != digest_of(ledger->lines[i].shown, ledger->lines[i].shown_len))
            broken("everybody-sees-the-same", "%s has heard another event than %s", actor->nickname,
                   ledger->lines[i].shown);
    }
}

/* Nothing went wrong for a while: everybody who has a seat is in, and all have heard the same. */
void watch_all_are_well(void)
{
    if (!process.server || process.server->turn.is_stuck || process.server->turn.has_lost_sync)
        broken("all-is-well-again", "the server is not");
    for (int i = 0; i < cast.count; i++) {
        const struct actor *actor = &cast.actors[i];
        if (!actor->is_there)
            continue;
        enum session_state state = session_state(actor->session);
        if (state == SESSION_IN)
            check_heard(actor);
        else if (state == SESSION_AWAY)
            broken("all-is-well-again", "%s is away", actor->nickname);
    }
}

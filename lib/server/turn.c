#include "server/turn.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "proto/message.h"
#include "server/exchange.h"
#include "server/frame.h"
#include "server/house.h"
#include "server/server_inner.h"
#include "server/socket.h"

static struct turn_entry *add(struct turn_list *list)
{
    if (list->first + list->count == list->size) {
        size_t size = list->size ? list->size * 2 : 64;
        struct turn_entry *entries = mem_realloc(list->entries, size * sizeof *entries);
        if (!entries) {
            /* What was decided must be told; who can't tell it must not go on. The log holds it,
             * and a restarted server goes on from there. */
            log_error("no memory left for what is to be sent");
            abort();
        }
        list->entries = entries;
        list->size = size;
    }
    struct turn_entry *entry = &list->entries[list->first + list->count++];
    *entry = (struct turn_entry){0};
    return entry;
}

static void add_for_socket(struct server *server, enum turn_kind kind, struct socket *socket,
                           struct frame *frame, int code)
{
    struct turn_entry *entry = add(&server->turn.now);
    entry->kind = kind;
    entry->socket = socket_ref(socket);
    entry->frame = frame;
    entry->code = code;
    socket->in_turn++;
}

/* NULL without memory: then the socket is lost, which the caller need not care for. */
static struct frame *frame_for(struct socket *socket, const char *text, size_t len)
{
    struct frame *frame = frame_new(text, len);
    if (!frame)
        socket_close(socket, CLOSE_TOO_SLOW);
    return frame;
}

void turn_event(struct server *server, struct house_room *room, uint64_t seq, struct frame *frame)
{
    struct turn_entry *entry = add(&server->turn.now);
    entry->kind = TURN_EVENT;
    entry->room = room;
    entry->seq = seq;
    entry->frame = frame_ref(frame);
    room->in_turn++;
}

void turn_welcome(struct server *server, struct socket *socket, const char *text, size_t len)
{
    struct frame *frame = frame_for(socket, text, len);
    if (frame)
        add_for_socket(server, TURN_WELCOME, socket, frame, 0);
}

void turn_answer(struct server *server, struct socket *socket, const char *text, size_t len)
{
    /* Before a disk that takes nothing they would pile up behind an ack that waits for it. */
    if (socket->in_turn == 0 || server->turn.is_stuck) {
        socket_send_text(socket, text, len);
        return;
    }
    struct frame *frame = frame_for(socket, text, len);
    if (frame)
        add_for_socket(server, TURN_ANSWER, socket, frame, 0);
}

void turn_ack(struct server *server, struct socket *socket, const char *text, size_t len)
{
    struct frame *frame = frame_for(socket, text, len);
    if (frame)
        add_for_socket(server, TURN_ACK, socket, frame, 0);
}

void turn_close(struct server *server, struct socket *socket, int code)
{
    add_for_socket(server, TURN_CLOSE, socket, NULL, code);
}

void turn_response(struct server *server, struct exchange *exchange)
{
    struct turn_entry *entry = add(&server->turn.now);
    entry->kind = TURN_RESPONSE;
    entry->exchange = exchange_ref(exchange);
}

/* ---- a turn's end ---- */

static void release(struct turn_entry *entry)
{
    frame_unref(entry->frame);
    socket_unref(entry->socket);
    exchange_unref(entry->exchange);
}

/* What a room's turn holds goes to each in as few packets as it fits into. */
static void broadcast(struct turn_entry *entry)
{
    struct house_room *room = entry->room;
    room->committed_seq = entry->seq;
    bool is_last = --room->in_turn == 0;
    for (struct socket *socket = room->voice, *next; socket; socket = next) {
        next = socket->next;
        /* One that is behind reads this event from the log when it comes to it. */
        bool is_next = socket->state == SOCKET_IN && !socket->awaits_welcome &&
                       socket->sent_seq + 1 == entry->seq;
        if (is_next) {
            socket->sent_seq = entry->seq;
            if (!is_last)
                socket_cork(socket);
            socket_send(socket, entry->frame);
        }
        if (is_last)
            socket_uncork(socket);
    }
}

static void wait_for_sync(struct server *server, const struct turn_entry *entry, uint64_t commit)
{
    struct turn_entry *waiting = add(&server->turn.unsynced);
    *waiting = *entry;
    waiting->commit = commit;
    if (waiting->socket)
        waiting->socket->waiting++;
}

/* False: the entry goes on waiting, with its references. */
static bool run(struct server *server, struct turn_entry *entry, uint64_t commit)
{
    struct socket *socket = entry->socket;
    if (socket)
        socket->in_turn--;
    switch (entry->kind) {
    case TURN_EVENT:
        broadcast(entry);
        return true;
    case TURN_WELCOME:
        socket->awaits_welcome = false;
        socket_send(socket, entry->frame);
        if (socket->state == SOCKET_IN && socket->sent_seq < socket->room->committed_seq) {
            socket->is_catching_up = true;
            house_catch_up(socket);
        }
        break;
    case TURN_ANSWER:
        socket_send(socket, entry->frame);
        break;
    case TURN_CLOSE:
        /* One that is replaced is CLOSING already, so that nothing of it counts. */
        socket_close(socket, entry->code);
        break;
    case TURN_ACK:
    case TURN_RESPONSE:
        wait_for_sync(server, entry, commit);
        return false;
    }
    socket_settle(socket);
    return true;
}

static bool commit(struct server *server, uint64_t *number)
{
    server->metrics.commits += store_is_dirty(server->store);
    /* Of nothing it is the last one's number: what was so already may not be synced yet. */
    enum err e = store_commit(server->store, number);
    if (e == ERR_NONE) {
        if (server->turn.is_stuck)
            log_warning("the disk takes writes again");
        server->turn.is_stuck = false;
        return true;
    }
    if (!server->turn.is_stuck)
        log_error("the log cannot be written (is the disk full?): nothing more is taken until "
                  "it can");
    server->turn.is_stuck = true;
    server->turn.retry_ms = server_now_ms(server) + TURN_RETRY_MS;
    return false;
}

/* A full disk may stay so for long: who waits for a response is told. What they asked for is
 * decided and will be written; asking again does no harm. Acks of sockets wait for it. */
static void refuse_responses(struct turn_list *list)
{
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++) {
        struct turn_entry *entry = &list->entries[list->first + i];
        if (entry->kind == TURN_RESPONSE) {
            exchange_refuse_unwritten(entry->exchange);
            exchange_unref(entry->exchange);
        } else {
            list->entries[list->first + kept++] = *entry;
        }
    }
    list->count = kept;
}

/* What was gathered before this began; what that causes is gathered for the next. */
static bool run_once(struct server *server)
{
    uint64_t number;
    if (!commit(server, &number)) {
        refuse_responses(&server->turn.now);
        return false;
    }
    struct turn_list list = server->turn.now;
    server->turn.now = (struct turn_list){0};
    for (size_t i = 0; i < list.count; i++) {
        if (run(server, &list.entries[i], number))
            release(&list.entries[i]);
    }
    if (server->turn.now.size == 0) {
        list.count = 0;
        server->turn.now = list;
    } else {
        mem_free(list.entries);
    }
    server_tell_departures(server);
    return true;
}

void turn_flush(struct server *server)
{
    if (server->turn.is_running ||
        (server->turn.is_stuck && server_now_ms(server) < server->turn.retry_ms))
        return;
    bool was_stuck = server->turn.is_stuck;
    server->turn.is_running = true;
    while (server->turn.now.count > 0 || store_is_dirty(server->store) || server->departing) {
        if (!run_once(server))
            break;
    }
    server->turn.is_running = false;
    if (server->turn.unsynced.count > 0) {
        store_sync(server->store);
        turn_synced(server); /* a commit of nothing is synced already */
    }
    if (was_stuck && !server->turn.is_stuck)
        house_sweep(server);
    server_rearm(server);
}

/* ---- synced ---- */

/* It is in the log, but nobody can say that it stays there. */
static void deny(struct turn_entry *entry)
{
    struct problem why;
    (void)problem_set(&why, ERR_INTERNAL, REASON_NONE, NULL);
    if (entry->socket)
        server_send_error(entry->socket, NULL, &why);
    else
        exchange_refuse(entry->exchange, &why);
}

static void grant(struct server *server, struct turn_entry *entry)
{
    if (entry->socket)
        entry->socket->waiting--;
    if (server->turn.has_lost_sync)
        deny(entry);
    else if (entry->socket)
        socket_send(entry->socket, entry->frame);
    else
        exchange_respond_now(entry->exchange);
    if (entry->socket)
        socket_settle(entry->socket);
    release(entry);
}

void turn_synced(struct server *server)
{
    struct turn_list *list = &server->turn.unsynced;
    uint64_t synced = store_synced(server->store);
    if (store_sync_failed(server->store) && !server->turn.has_lost_sync) {
        server->turn.has_lost_sync = true;
        log_error("the disk lost what was written: nothing is acknowledged any more; free or "
                  "replace the disk and start again");
    }
    while (list->count > 0 &&
           (list->entries[list->first].commit <= synced || server->turn.has_lost_sync)) {
        struct turn_entry entry = list->entries[list->first++];
        list->count--;
        grant(server, &entry);
    }
    if (list->count == 0) {
        list->first = 0;
    } else if (list->first > 1024 && list->first > list->count) {
        memmove(list->entries, list->entries + list->first, list->count * sizeof *list->entries);
        list->first = 0;
    }
}

bool turn_is_settled(const struct server *server)
{
    return server->turn.now.count == 0 && server->turn.unsynced.count == 0;
}

static void release_list(struct turn_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        release(&list->entries[list->first + i]);
    mem_free(list->entries);
    *list = (struct turn_list){0};
}

void turn_release(struct server *server)
{
    release_list(&server->turn.now);
    release_list(&server->turn.unsynced);
}

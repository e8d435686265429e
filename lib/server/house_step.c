/* Steps of rooms, and who hears of them. */
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "base/log.h"
#include "base/str.h"
#include "server/house.h"
#include "server/net.h"
#include "server/server_inner.h"
#include "server/socket.h"

enum { CATCH_UP_BYTES = LIMIT_SOCKET_QUEUE / 4 }; /* read from a log at once for one socket */

void house_settle_deadline(struct server *server, struct house_room *room)
{
    /* Without memory for it the room would never be ticked again. */
    if (deadlines_set(&server->deadlines, &room->deadline, room_next_deadline_ms(room->room))) {
        log_error("no memory left for the times of rooms");
        abort();
    }
}

enum err house_decide(struct server *server, struct house_room *room,
                      const struct room_command *command)
{
    if (server->turn.is_stuck) {
        server->effects.event_count = 0;
        server->effects.answer = problem_set(&server->effects.why, ERR_INTERNAL, REASON_DISK, NULL);
        return ERR_INTERNAL;
    }
    room_step(room->room, command, server_now_ms(server), &server->effects);
    return server->effects.answer;
}

/* The log's line, and what others may see of it, which is the same text for most. */
static struct frame *write_down(struct server *server, struct house_room *room,
                                const struct event *event)
{
    struct buf *text = &server->text;
    bool is_public = room_choice_is_public(room->room, event);
    buf_clear(text);
    enum err e = event_print(event, text);
    if (e == ERR_NONE)
        e = store_event_add(server->store, room->key, event->seq, text->data, text->len);
    if (e == ERR_NONE && event_is_private(event, is_public)) {
        struct event shown = event_public(event, is_public);
        buf_clear(text);
        e = event_print(&shown, text);
    }
    struct frame *frame = e ? NULL : frame_new(text->data, text->len);
    if (!frame) {
        /* The room has gone on and its log cannot follow. The log is the truth: whoever starts
         * this server again goes on from there. */
        log_error("session %s: event %llu cannot be kept (%s)", room->session_id,
                  (unsigned long long)event->seq, e ? err_code(e) : "no memory");
        abort();
    }
    return frame;
}

static void close_all(struct server *server, struct socket *first)
{
    struct socket *socket;
    DL_FOREACH(first, socket)
    {
        turn_close(server, socket, CLOSE_NORMAL);
    }
}

/* What an event means for the sockets of its room. */
static void follow(struct server *server, struct house_room *room, const struct event *event)
{
    struct socket *socket;
    if (event->type == EVENT_LEAVE) {
        if ((socket = house_voice(room, event->participant)))
            turn_close(server, socket, CLOSE_NORMAL);
        if ((socket = house_signaling(room, event->participant))) {
            turn_close(server, socket, CLOSE_NORMAL);
            signaling_left(room, event->participant);
        }
    } else if (event->type == EVENT_SESSION_ENDED) {
        close_all(server, room->voice);
        close_all(server, room->signaling);
        house_ended(server, room);
        analyses_ended(server, room);
    }
}

void house_publish(struct server *server, struct house_room *room)
{
    for (size_t i = 0; i < server->effects.event_count; i++) {
        const struct event *event = &server->effects.events[i];
        struct frame *frame = write_down(server, room, event);
        turn_event(server, room, event->seq, frame);
        frame_unref(frame);
        follow(server, room, event);
        server->metrics.events++;
    }
    house_settle_deadline(server, room);
}

enum err house_step(struct server *server, struct house_room *room,
                    const struct room_command *command)
{
    enum err e = house_decide(server, room, command);
    if (!server->turn.is_stuck)
        house_publish(server, room);
    return e;
}

void house_tick(struct server *server)
{
    const struct room_command tick = {.ask = ROOM_TICK};
    int64_t now_ms = server_now_ms(server);
    struct deadline *first;
    while (!server->turn.is_stuck && (first = deadlines_first(&server->deadlines)) &&
           first->at_ms <= now_ms) {
        struct house_room *room =
            (struct house_room *)((char *)first - offsetof(struct house_room, deadline));
        (void)house_step(server, room, &tick);
        /* A tick that changes nothing must not be asked for again at once. */
        if (room->deadline.place && room->deadline.at_ms <= now_ms &&
            server->effects.event_count == 0 &&
            deadlines_set(&server->deadlines, &room->deadline, now_ms + 1))
            abort();
    }
}

void house_sweep(struct server *server)
{
    struct house_room *room, *next;
    HASH_ITER(by_code, server->house.by_code, room, next)
    {
        struct session_view view;
        if (!room->needs_sweep)
            continue;
        room->needs_sweep = false;
        room_view(room->room, &view);
        for (size_t i = 0; i < view.participant_count; i++) {
            const struct room_command gone = {.ask = ROOM_DISCONNECT,
                                              .participant = view.participants[i].participant};
            if (view.participants[i].connected && !house_voice(room, gone.participant))
                (void)house_step(server, room, &gone);
        }
    }
    turn_flush(server);
}

/* ---- sockets of a room ---- */

static struct socket **list_of(struct house_room *room, enum socket_kind kind)
{
    return kind == SOCKET_VOICE ? &room->voice : &room->signaling;
}

void house_add_socket(struct house_room *room, struct socket *socket)
{
    struct socket **list = list_of(room, socket->kind);
    DL_APPEND(*list, socket);
}

void house_remove_socket(struct socket *socket)
{
    struct socket **list = list_of(socket->room, socket->kind);
    DL_DELETE(*list, socket);
}

void house_socket_left(struct socket *socket)
{
    struct server *server = socket->server;
    struct house_room *room = socket->room;
    if (socket->participant == 0 || room_phase(room->room) == PHASE_ENDED)
        return; /* an observer, whom nobody knows; or nobody is left to hear it */
    if (socket->kind == SOCKET_SIGNALING) {
        signaling_left(room, socket->participant);
        return;
    }
    if (house_voice(room, socket->participant))
        return; /* a newer connection has the seat */
    const struct room_command gone = {.ask = ROOM_DISCONNECT, .participant = socket->participant};
    if (house_step(server, room, &gone) == ERR_INTERNAL && server->turn.is_stuck)
        room->needs_sweep = true;
}

static struct socket *find(struct socket *first, unsigned participant)
{
    struct socket *socket;
    DL_FOREACH(first, socket)
    {
        if (socket->state == SOCKET_IN && socket->participant == participant && !socket->is_lost)
            return socket;
    }
    return NULL;
}

struct socket *house_voice(const struct house_room *room, unsigned participant)
{
    return find(room->voice, participant);
}

struct socket *house_signaling(const struct house_room *room, unsigned participant)
{
    return find(room->signaling, participant);
}

/* ---- catching up ---- */

/* An event of the log as all may see it, into server->text. */
static enum err print_shown(struct server *server, const struct house_room *room, const char *line,
                            size_t len)
{
    struct event_doc doc;
    enum err e = event_parse(line, len, &doc);
    if (e)
        return e;
    struct event shown = event_public(&doc.event, room_choice_is_public(room->room, &doc.event));
    buf_clear(&server->text);
    e = event_print(&shown, &server->text);
    event_doc_release(&doc);
    return e;
}

struct comparison {
    struct server *server;
    const struct house_room *room;
    const char *digest;
    bool is_equal;
};

static enum err compare_line(void *context, uint64_t seq, const char *line, size_t len)
{
    struct comparison *comparison = context;
    struct buf *text = &comparison->server->text;
    char digest[DIGEST_SIZE];
    (void)seq;
    enum err e = print_shown(comparison->server, comparison->room, line, len);
    if (e)
        return e;
    digest_text(text->data, text->len, digest);
    comparison->is_equal = strcmp(digest, comparison->digest) == 0;
    return ERR_FULL; /* one was all that was wanted */
}

bool house_event_is(struct server *server, const struct house_room *room, uint64_t seq,
                    const char *digest)
{
    struct comparison comparison = {.server = server, .room = room, .digest = digest};
    enum err e =
        store_log_read(server->store, room->key, false, seq - 1, compare_line, &comparison);
    return (e == ERR_NONE || e == ERR_FULL) && comparison.is_equal;
}

struct catch_up {
    struct socket *socket;
    size_t bytes;
};

static enum err send_line(void *context, uint64_t seq, const char *line, size_t len)
{
    struct catch_up *reading = context;
    struct socket *socket = reading->socket;
    struct buf *text = &socket->server->text;
    if (seq > socket->room->committed_seq || reading->bytes >= CATCH_UP_BYTES || socket->is_lost)
        return ERR_FULL; /* for now */
    enum err e = print_shown(socket->server, socket->room, line, len);
    if (e)
        return e;
    socket->sent_seq = seq;
    reading->bytes += text->len;
    socket_send_text(socket, text->data, text->len);
    return ERR_NONE;
}

void house_catch_up(struct socket *socket)
{
    struct server *server = socket->server;
    struct catch_up reading = {.socket = socket};
    socket_cork(socket);
    enum err e = store_log_read(server->store, socket->room->key, false, socket->sent_seq,
                                send_line, &reading);
    socket_uncork(socket);
    if (e && e != ERR_FULL) {
        log_error("session %s: its log cannot be read (%s)", socket->room->session_id, err_code(e));
        socket_close(socket, CLOSE_GOING_AWAY);
        return;
    }
    socket->is_catching_up = socket->sent_seq < socket->room->committed_seq;
    if (socket->is_catching_up)
        net_want_write(socket);
}

#include "server/socket.h"

#include <assert.h>
#include <stdio.h>

#include "base/mem.h"
#include "base/str.h"
#include "proto/message.h"
#include "server/house.h"
#include "server/net.h"
#include "server/server_inner.h"

struct socket *socket_new(struct server *server, enum socket_kind kind, struct house_room *room,
                          const struct token *token, enum lang lang)
{
    struct socket *socket = mem_zalloc(sizeof *socket);
    struct token *copy = mem_alloc(sizeof *copy);
    if (!socket || !copy) {
        mem_free(socket);
        mem_free(copy);
        return NULL;
    }
    *copy = *token;
    *socket = (struct socket){.server = server,
                              .refs = 1,
                              .kind = kind,
                              .state = SOCKET_NEW,
                              .room = room,
                              .token = copy,
                              .role = token->role,
                              .lang = lang,
                              .opened_ms = server_now_ms(server),
                              .heard_ms = server_now_ms(server),
                              .pinged_ms = server_now_ms(server),
                              .allowance = server_burst(server),
                              .allowance_us = server->now_us};
    buf_init(&socket->message,
             kind == SOCKET_VOICE ? LIMIT_VOICE_MESSAGE : LIMIT_SIGNALING_MESSAGE);
    house_add_socket(room, socket);
    server_add_visit(server, socket);
    return socket;
}

struct socket *socket_ref(struct socket *socket)
{
    socket->refs++;
    return socket;
}

void socket_unref(struct socket *socket)
{
    if (!socket || --socket->refs > 0)
        return;
    assert(socket->state == SOCKET_GONE);
    mem_free(socket);
}

/* ---- going out ---- */

static void drop_queue(struct socket *socket)
{
    for (unsigned i = 0; i < socket->queue_count; i++)
        frame_unref(socket->queue[(socket->queue_first + i) % socket->queue_size]);
    mem_free(socket->queue);
    socket->queue = NULL;
    socket->queue_first = socket->queue_count = socket->queue_size = 0;
    socket->queue_bytes = 0;
}

/* Its room hears of it at the end of the turn: a step may be under way. */
static void depart(struct socket *socket)
{
    if (socket->is_departing)
        return;
    socket->is_departing = true;
    socket->departing_next = socket->server->departing;
    socket->server->departing = socket_ref(socket);
}

/* Too slow, or nothing to remember its messages with: it will have to come again. */
static void lose(struct socket *socket)
{
    if (socket->is_lost || socket->state >= SOCKET_CUT)
        return;
    drop_queue(socket);
    socket->is_catching_up = false;
    socket->is_lost = true;
    depart(socket);
}

static bool grow_queue(struct socket *socket)
{
    unsigned size = socket->queue_size ? socket->queue_size * 2 : 16;
    struct frame **queue = mem_alloc(size * sizeof *queue);
    if (!queue)
        return false;
    for (unsigned i = 0; i < socket->queue_count; i++)
        queue[i] = socket->queue[(socket->queue_first + i) % socket->queue_size];
    mem_free(socket->queue);
    socket->queue = queue;
    socket->queue_first = 0;
    socket->queue_size = size;
    return true;
}

static void enqueue(struct socket *socket, struct frame *frame)
{
    if (socket->queue_bytes + frame->len > LIMIT_SOCKET_QUEUE ||
        (socket->queue_count == socket->queue_size && !grow_queue(socket))) {
        lose(socket);
        return;
    }
    socket->queue[(socket->queue_first + socket->queue_count++) % socket->queue_size] =
        frame_ref(frame);
    socket->queue_bytes += frame->len;
    net_want_write(socket);
}

void socket_send(struct socket *socket, struct frame *frame)
{
    if (socket->state >= SOCKET_CUT || socket->is_lost)
        return;
    socket->server->metrics.messages_out++;
    if (socket->queue_count == 0 && net_can_write(socket))
        (void)net_write(socket, frame); /* what is broken is closed by the network */
    else
        enqueue(socket, frame);
}

void socket_send_text(struct socket *socket, const char *text, size_t len)
{
    struct frame *frame = frame_new(text, len);
    if (frame)
        socket_send(socket, frame);
    else
        lose(socket);
    frame_unref(frame);
}

void socket_cork(struct socket *socket)
{
    if (socket->is_corked)
        return;
    socket->is_corked = true;
    net_cork(socket, true);
}

void socket_uncork(struct socket *socket)
{
    if (!socket->is_corked)
        return;
    socket->is_corked = false;
    net_cork(socket, false);
}

static bool write_first(struct socket *socket)
{
    struct frame *frame = socket->queue[socket->queue_first];
    socket->queue_first = (socket->queue_first + 1) % socket->queue_size;
    socket->queue_count--;
    socket->queue_bytes -= frame->len;
    bool ok = net_write(socket, frame);
    frame_unref(frame);
    if (socket->queue_count == 0)
        drop_queue(socket);
    return ok;
}

int socket_writeable(struct socket *socket)
{
    while (socket->queue_count > 0 && net_can_write(socket)) {
        if (!write_first(socket))
            return 0;
    }
    if (socket->queue_count == 0 && socket->is_catching_up && !socket->is_lost)
        house_catch_up(socket);
    if (socket->queue_count > 0) {
        net_want_write(socket);
        return 0;
    }
    if (socket->state != SOCKET_CLOSING || socket->waiting > 0 || socket->in_turn > 0)
        return 0;
    socket->state = SOCKET_CUT;
    socket->closing_ms = server_now_ms(socket->server);
    return socket->close_code;
}

/* ---- ending ---- */

void socket_close(struct socket *socket, int code)
{
    bool was_in = socket->state == SOCKET_IN;
    if (socket->state >= SOCKET_CLOSING)
        return;
    socket->state = SOCKET_CLOSING;
    socket->close_code = code;
    socket->closing_ms = server_now_ms(socket->server);
    socket->is_catching_up = false;
    server_count_close(socket->server, code);
    /* Who was replaced is still there; who left, or whose session ended, is known to be gone; and
     * a server that starts again says of all at once that they were disconnected. */
    if (was_in && code != CLOSE_REPLACED && code != CLOSE_NORMAL && !socket->server->is_draining) {
        if (socket->kind == SOCKET_SIGNALING)
            house_socket_left(socket);
        else
            depart(socket);
    }
    socket_settle(socket);
}

void socket_tell_departure(struct socket *socket)
{
    if (!socket->is_departing)
        return; /* told when the connection ended */
    socket->is_departing = false;
    if (socket->is_lost && socket->state < SOCKET_CLOSING)
        socket_close(socket, CLOSE_TOO_SLOW); /* departs again if it was in */
    else
        house_socket_left(socket);
}

void socket_settle(struct socket *socket)
{
    if (socket->state == SOCKET_CLOSING && socket->waiting == 0 && socket->in_turn == 0)
        net_want_write(socket);
}

void socket_peer_closes(struct socket *socket)
{
    bool was_in = socket->state == SOCKET_IN;
    if (socket->state >= SOCKET_CUT)
        return;
    socket->state = SOCKET_CUT;
    socket->closing_ms = server_now_ms(socket->server);
    drop_queue(socket);
    if (was_in)
        house_socket_left(socket);
}

void socket_closed(struct socket *socket)
{
    /* Its room may not have heard yet: nothing is told while the disk takes no writes. */
    bool is_to_be_told = socket->state == SOCKET_IN || socket->is_departing;
    socket->is_departing = false;
    socket->state = SOCKET_GONE;
    socket->wsi = NULL;
    house_remove_socket(socket);
    server_remove_visit(socket->server, socket);
    drop_queue(socket);
    buf_release(&socket->message);
    mem_free(socket->token);
    socket->token = NULL;
    if (is_to_be_told)
        house_socket_left(socket);
    socket->room = NULL;
    socket_unref(socket);
}

/* ---- coming in ---- */

void socket_opened(struct socket *socket, void *wsi)
{
    socket->wsi = wsi;
    if (socket->kind == SOCKET_SIGNALING)
        signaling_opened(socket);
}

static void refuse_bad(struct socket *socket, enum reason reason)
{
    struct problem why;
    (void)problem_set(&why, ERR_BAD_MESSAGE, reason, NULL);
    server_send_error(socket, NULL, &why);
    socket_count_bad(socket);
}

void socket_count_bad(struct socket *socket)
{
    if (++socket->bad >= LIMIT_BAD_MESSAGES)
        socket_close(socket, CLOSE_POLICY);
}

/* False: too many messages; this one is dropped (protocol, section 4). */
static bool is_within_rate(struct socket *socket, const char *text, size_t len)
{
    const struct server *server = socket->server;
    int rate_per_s = server->config.rate_per_s;
    if (rate_per_s == 0)
        return true;
    socket->allowance += (double)(server->now_us - socket->allowance_us) * rate_per_s / 1e6;
    socket->allowance_us = server->now_us;
    if (socket->allowance > server_burst(server))
        socket->allowance = server_burst(server);
    if (socket->allowance >= 1) {
        socket->allowance -= 1;
        socket->dropped = 0;
        return true;
    }
    if (socket->dropped++ == 0) {
        struct command command = {.id.kind = COMMAND_ID_NONE};
        struct problem why, ignored;
        if (utf8_valid(text, len) && command_parse(text, len, &command, &ignored))
            command.type = COMMAND_TYPE_COUNT; /* its id is all that is wanted */
        (void)problem_set(&why, ERR_RATE_LIMITED, REASON_NONE, NULL);
        server_send_error(socket, &command.id, &why);
    }
    if (socket->dropped >= LIMIT_RATE_DROPPED)
        socket_close(socket, CLOSE_POLICY);
    return false;
}

static void take_message(struct socket *socket, const char *text, size_t len, bool is_binary)
{
    socket->server->metrics.messages_in++;
    if (!is_within_rate(socket, text, len))
        return;
    if (is_binary)
        refuse_bad(socket, REASON_BINARY);
    else if (!utf8_valid(text, len))
        socket_close(socket, CLOSE_BAD_UTF8);
    else if (socket->kind == SOCKET_VOICE)
        voice_received(socket, text, len);
    else
        signaling_received(socket, text, len);
}

void socket_received(struct socket *socket, const char *data, size_t len, bool is_binary,
                     bool is_last)
{
    socket->heard_ms = server_now_ms(socket->server);
    if (socket->state >= SOCKET_CLOSING || socket->is_lost)
        return;
    if (is_last && socket->message.len == 0 && len <= socket->message.len_max) {
        take_message(socket, data, len, is_binary);
        return;
    }
    enum err e = buf_append(&socket->message, data, len);
    if (e) {
        buf_release(&socket->message);
        buf_init(&socket->message, 0);
        socket_close(socket, e == ERR_FULL ? CLOSE_TOO_LARGE : CLOSE_GOING_AWAY);
        return;
    }
    if (!is_last)
        return;
    /* Handling it may close the socket, but not before this returns. */
    size_t whole_len = socket->message.len;
    char *whole = buf_take(&socket->message);
    take_message(socket, whole, whole_len, is_binary);
    mem_free(whole);
}

/* ---- time ---- */

void socket_visit(struct socket *socket)
{
    const struct server_config *config = &socket->server->config;
    int64_t now_ms = server_now_ms(socket->server);
    switch (socket->state) {
    case SOCKET_NEW:
        if (now_ms - socket->opened_ms >= LIMIT_INIT_MS) {
            socket_close(socket, CLOSE_NO_INIT);
            return;
        }
        break;
    case SOCKET_IN:
        break;
    case SOCKET_CLOSING:
        if (now_ms - socket->closing_ms >= LIMIT_SLOW_CLOSE_MS)
            net_cut(socket);
        return;
    case SOCKET_CUT:
        if (now_ms - socket->closing_ms >= LIMIT_LINGER_MS)
            net_cut(socket);
        return;
    case SOCKET_GONE:
        return;
    }
    if (now_ms - socket->heard_ms >= config->silent_ms)
        socket->heard_ms = now_ms - net_silent_ms(socket); /* messages are not all that counts */
    if (now_ms - socket->heard_ms >= config->silent_ms) {
        socket->server->metrics.sockets_silent++;
        net_cut(socket);
    } else if (now_ms - socket->pinged_ms >= config->ping_ms) {
        socket->pinged_ms = now_ms;
        (void)net_ping(socket);
    }
}

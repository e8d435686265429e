/* What is said on voice sockets (protocol, section 5). */
#include "base/mem.h"
#include "proto/message.h"
#include "server/house.h"
#include "server/ice_servers.h"
#include "server/server_inner.h"
#include "server/socket.h"

void server_send_error(struct socket *socket, const struct command_id *id,
                       const struct problem *why)
{
    struct buf *text = &socket->server->text;
    buf_clear(text);
    if (error_print(id, why, socket->lang, text) == ERR_NONE)
        turn_answer(socket->server, socket, text->data, text->len);
}

static void refuse(struct socket *socket, const struct command *command, enum err code,
                   enum reason reason)
{
    struct problem why;
    (void)problem_set(&why, code, reason, NULL);
    server_send_error(socket, &command->id, &why);
}

/* Taken; what it caused stands in the effects. */
static void acknowledge(struct socket *socket, const struct command *command, uint64_t seq)
{
    struct server *server = socket->server;
    if (command->id.kind == COMMAND_ID_NONE)
        return;
    buf_clear(&server->text);
    if (ack_print(&command->id, seq, &server->text))
        return; /* no memory: the client asks again, or comes again */
    /* Of what was so already as well: what made it so may not be on the disk yet. */
    turn_ack(server, socket, server->text.data, server->text.len);
}

/* ---- init ---- */

/* A power cut may have taken events that were sent, and others stand in their places now. */
static bool knows_the_past(struct socket *socket, const struct command *command, uint64_t seq)
{
    uint64_t last_seq = command->init.last_seq;
    if (!command->init.has_last_seq || last_seq == 0)
        return true;
    if (last_seq > seq)
        return false;
    return !command->init.last_digest[0] ||
           house_event_is(socket->server, socket->room, last_seq, command->init.last_digest);
}

static void welcome(struct socket *socket, const struct command *command, uint64_t seq)
{
    struct server *server = socket->server;
    const struct room *room = socket->room->room;
    struct session_view session;
    room_view(room, &session);
    session.seq = seq;
    bool is_reset = !knows_the_past(socket, command, seq);
    struct welcome_view view = {.participant = socket->participant,
                                .now_ms = server_now_ms(server),
                                .reset = is_reset,
                                .record = server->config.record};
    struct ice_login login;
    view.ice_server_count =
        ice_servers_list(&server->config, session.session_id, socket->participant, view.now_ms,
                         &login, view.ice_servers);
    socket->sent_seq = is_reset ? 0 : command->init.has_last_seq ? command->init.last_seq : seq;
    buf_clear(&server->text);
    if (welcome_print(&command->id, &session, &view, &server->text)) {
        socket_close(socket, CLOSE_GOING_AWAY);
        return;
    }
    socket->awaits_welcome = true;
    turn_welcome(server, socket, server->text.data, server->text.len);
}

static void enter(struct socket *socket, unsigned participant)
{
    socket->state = SOCKET_IN;
    socket->participant = participant;
    mem_free(socket->token);
    socket->token = NULL;
}

/* Whoever was this participant until now is replaced: nothing of it counts from here on. */
static void replace(struct socket *older)
{
    if (older)
        socket_close(older, CLOSE_REPLACED);
}

static void on_init(struct socket *socket, const struct command *command)
{
    struct server *server = socket->server;
    struct house_room *room = socket->room;
    uint64_t seq = room_seq(room->room);
    if (socket->role == ROLE_OBSERVER) {
        enter(socket, 0);
        welcome(socket, command, seq);
        return;
    }
    const struct room_command init = {.ask = ROOM_INIT, .token = socket->token, .message = command};
    enum err e = house_decide(server, room, &init);
    if (e) {
        server_send_error(socket, &command->id, &server->effects.why);
        if (e == ERR_ROOM_FULL)
            socket_close(socket, CLOSE_POLICY);
        else if (e == ERR_ENDED)
            socket_close(socket, CLOSE_NORMAL);
        return;
    }
    replace(house_voice(room, server->effects.participant));
    enter(socket, server->effects.participant);
    welcome(socket, command, seq);
    house_publish(server, room);
}

/* ---- the rest ---- */

static void on_ping(struct socket *socket, const struct command *command)
{
    struct server *server = socket->server;
    double now_ms = (double)server->now_us / 1000;
    buf_clear(&server->text);
    if (pong_print(&command->id, command->ping.t0, now_ms, now_ms, &server->text) == ERR_NONE)
        turn_answer(server, socket, server->text.data, server->text.len);
}

static void on_command(struct socket *socket, const struct command *command)
{
    struct server *server = socket->server;
    const struct room_command message = {.ask = ROOM_MESSAGE,
                                         .participant = socket->participant,
                                         .is_operator = socket->role == ROLE_OPERATOR,
                                         .message = command};
    if (house_decide(server, socket->room, &message)) {
        server_send_error(socket, &command->id, &server->effects.why);
        return;
    }
    uint64_t seq = server->effects.seq;
    house_publish(server, socket->room);
    acknowledge(socket, command, seq);
}

void voice_received(struct socket *socket, const char *text, size_t len)
{
    struct command command;
    struct problem why;
    enum err e = command_parse(text, len, &command, &why);
    if (e) {
        server_send_error(socket, &command.id, &why);
        if (e == ERR_BAD_MESSAGE)
            socket_count_bad(socket);
        return;
    }
    if (socket->state == SOCKET_NEW) {
        if (command.type == COMMAND_INIT)
            on_init(socket, &command);
        else
            refuse(socket, &command, ERR_WRONG_PHASE, REASON_INIT_FIRST);
    } else if (command.type == COMMAND_PING) {
        on_ping(socket, &command);
    } else if (socket->role == ROLE_OBSERVER) {
        refuse(socket, &command, ERR_FORBIDDEN, REASON_OBSERVER);
    } else {
        on_command(socket, &command);
    }
}

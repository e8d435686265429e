/* WebRTC signaling among the participants of a room (protocol, section 6). Nothing of it is kept:
 * the server relays, and says who is there. */
#include <utlist.h>

#include "base/mem.h"
#include "proto/message.h"
#include "server/house.h"
#include "server/server_inner.h"
#include "server/socket.h"

/* To all open signaling sockets of a room but one participant's. */
static void tell_others(struct house_room *room, unsigned but, const struct buf *text)
{
    struct frame *frame = frame_new(text->data, text->len);
    struct socket *socket, *next;
    DL_FOREACH_SAFE(room->signaling, socket, next)
    {
        if (socket->state != SOCKET_IN || socket->participant == but)
            continue;
        if (frame)
            socket_send(socket, frame);
        else
            socket_close(socket, CLOSE_TOO_SLOW); /* no memory: it must not miss this unawares */
    }
    frame_unref(frame);
}

void signaling_left(struct house_room *room, unsigned participant)
{
    struct buf text;
    buf_init(&text, LIMIT_VOICE_MESSAGE);
    if (peer_left_print(participant, &text) == ERR_NONE)
        tell_others(room, participant, &text);
    buf_release(&text);
}

/* Who is there already. */
static void send_peers(struct socket *socket)
{
    struct signal_peer peers[LIMIT_PARTICIPANTS];
    struct buf *text = &socket->server->text;
    size_t count = 0;
    struct socket *other;
    DL_FOREACH(socket->room->signaling, other)
    {
        if (other == socket || other->state != SOCKET_IN || count == LIMIT_PARTICIPANTS)
            continue;
        peers[count++] =
            (struct signal_peer){.participant = other->participant,
                                 .nickname = room_nickname(socket->room->room, other->participant)};
    }
    buf_clear(text);
    if (peers_print(socket->participant, peers, count, text) == ERR_NONE)
        socket_send_text(socket, text->data, text->len);
}

void signaling_opened(struct socket *socket)
{
    struct house_room *room = socket->room;
    struct buf *text = &socket->server->text;
    unsigned participant = room_participant_of(room->room, socket->token->user);
    mem_free(socket->token);
    socket->token = NULL;
    /* The seat may have been given up between the request and now. */
    if (!room_is_seated(room->room, participant)) {
        socket_close(socket, CLOSE_NORMAL);
        return;
    }
    struct socket *older = house_signaling(room, participant);
    if (older) {
        socket_close(older, CLOSE_REPLACED);
        signaling_left(room, participant);
    }
    socket->participant = participant;
    socket->state = SOCKET_IN;
    send_peers(socket);
    const struct signal_peer self = {.participant = participant,
                                     .nickname = room_nickname(room->room, participant)};
    buf_clear(text);
    if (peer_joined_print(&self, text) == ERR_NONE)
        tell_others(room, participant, text);
}

void signaling_received(struct socket *socket, const char *text, size_t len)
{
    struct buf *out = &socket->server->text;
    struct signal head;
    struct problem why;
    buf_clear(out);
    enum err e = signal_relay(text, len, socket->participant, &head, out, &why);
    if (e) {
        server_send_error(socket, &head.id, &why);
        if (e == ERR_BAD_MESSAGE)
            socket_count_bad(socket);
        return;
    }
    if (head.to == 0 && !head.to_is_unknown) {
        tell_others(socket->room, socket->participant, out);
        return;
    }
    struct socket *to = head.to_is_unknown ? NULL : house_signaling(socket->room, head.to);
    if (to) {
        socket_send_text(to, out->data, out->len);
        return;
    }
    (void)problem_set(&why, ERR_NOT_FOUND, REASON_NO_PEER, NULL);
    server_send_error(socket, &head.id, &why);
}

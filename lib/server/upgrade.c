/* Who may have a WebSocket, before there is one (protocol, sections 2 and 4). */
#include <string.h>

#include "base/str.h"
#include "server/exchange.h"
#include "server/house.h"
#include "server/net.h"
#include "server/server_inner.h"
#include "server/socket.h"

bool exchange_may_enter(struct exchange *exchange, struct house_room **out)
{
    bool is_there = exchange->route.route == ROUTE_VOICE
                        ? exchange_session(exchange, out)
                        : exchange_room(exchange, exchange->room_code, out);
    if (!is_there)
        return false;
    const struct room *room = (*out)->room;
    const struct token *token = &exchange->token;
    if (exchange->route.route == ROUTE_SIGNALING) {
        unsigned participant = room_participant_of(room, token->user);
        if (token->role == ROLE_OBSERVER) {
            exchange_fail(exchange, ERR_FORBIDDEN, REASON_OBSERVER, NULL);
            return false;
        }
        if (!room_is_seated(room, participant)) {
            exchange_fail(exchange, ERR_FORBIDDEN, REASON_NOT_SEATED, NULL);
            return false;
        }
    }
    if (room_phase(room) == PHASE_ENDED) {
        exchange_fail(exchange, ERR_ENDED, REASON_NONE, NULL);
        return false;
    }
    if (exchange->route.route == ROUTE_VOICE && token->role != ROLE_OBSERVER &&
        !room_has_seat_for(room, token->user)) {
        exchange_fail(exchange, ERR_ROOM_FULL, REASON_NONE, NULL);
        return false;
    }
    return true;
}

/* RFC 6455, section 4.2. libwebsockets would take old drafts as well. */
static bool is_handshake(struct exchange *exchange)
{
    char version[8], key[64];
    if (!net_header(exchange, "sec-websocket-version", version, sizeof version) ||
        strcmp(version, "13") != 0) {
        exchange_header(exchange, "Sec-WebSocket-Version", "13");
        exchange_fail_with(exchange, 426, REASON_FIELD_VALUE,
                           "Sec-WebSocket-Version"); /* section 4.2.2 */
        return false;
    }
    if (!net_header(exchange, "sec-websocket-key", key, sizeof key)) {
        exchange_fail(exchange, ERR_BAD_REQUEST, REASON_FIELD_MISSING, "Sec-WebSocket-Key");
        return false;
    }
    return true;
}

/* Section 4.2.2 would have a server that knows none of those asked for answer without one;
 * libwebsockets cuts the connection without a word. There is one, which need not be asked for. */
static bool is_protocol_known(struct exchange *exchange)
{
    char list[128];
    if (!net_header(exchange, "sec-websocket-protocol", list, sizeof list))
        return true;
    for (char *rest = list, *name; (name = strtok_r(rest, ", \t", &rest));) {
        if (strcmp(name, "debate") == 0)
            return true;
    }
    exchange_fail(exchange, ERR_BAD_REQUEST, REASON_FIELD_VALUE, "Sec-WebSocket-Protocol");
    return false;
}

struct socket *exchange_upgrade(struct exchange *exchange, const struct exchange_head *head)
{
    struct house_room *room;
    if (!exchange_admit(exchange, head))
        return NULL;
    if (exchange->route.route != ROUTE_VOICE && exchange->route.route != ROUTE_SIGNALING) {
        exchange_fail(exchange, ERR_NOT_FOUND, REASON_NO_ROUTE, NULL);
        return NULL;
    }
    if (!exchange_may_enter(exchange, &room) || !is_handshake(exchange) ||
        !is_protocol_known(exchange))
        return NULL;
    enum socket_kind kind = exchange->route.route == ROUTE_VOICE ? SOCKET_VOICE : SOCKET_SIGNALING;
    struct socket *socket =
        socket_new(exchange->server, kind, room, &exchange->token, exchange->lang);
    if (!socket)
        exchange_fail(exchange, ERR_NO_MEMORY, REASON_NONE, NULL);
    else
        exchange->server->metrics.connections++;
    return socket;
}

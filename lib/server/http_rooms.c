/* /api/rooms and guests (protocol, sections 2 and 3). */
#include <string.h>

#include "base/rand.h"
#include "base/str.h"
#include "proto/view.h"
#include "server/exchange.h"
#include "server/house.h"
#include "server/server_inner.h"

/* Guests have names of the server's own making. */
static bool is_guest(const struct token *token)
{
    return strncmp(token->user, "g_", 2) == 0;
}

/* A body is not needed where every field is optional. */
static const char *body_text(const struct exchange *exchange, size_t *len)
{
    *len = exchange->body.len ? exchange->body.len : 2;
    return exchange->body.len ? exchange->body.data : "{}";
}

static enum err print_room(const struct house_room *room, struct buf *out)
{
    struct session_view view;
    room_view(room->room, &view);
    return room_object_print(&view, out);
}

static void show(struct exchange *exchange, const struct house_room *room)
{
    if (print_room(room, &exchange->out))
        exchange_fail(exchange, ERR_NO_MEMORY, REASON_NONE, NULL);
    else
        exchange_respond(exchange, 200, exchange_json);
}

/* ---- guests ---- */

static bool guest_may_come(struct exchange *exchange)
{
    struct house_room *room;
    enum guests guests = exchange->server->config.guests;
    enum err e = house_by_code(exchange->server, exchange->route.param, &room);
    if (e == ERR_NOT_FOUND && guests != GUESTS_ROOMS)
        exchange_fail(exchange, ERR_NOT_FOUND, REASON_NO_ROOM, NULL);
    else if (e && e != ERR_NOT_FOUND)
        exchange_fail(exchange, e, REASON_NONE, NULL);
    else if (exchange->origin == ORIGIN_FOREIGN)
        exchange_fail(exchange, ERR_FORBIDDEN, REASON_ORIGIN, NULL);
    else if (guests == GUESTS_OFF)
        exchange_fail(exchange, ERR_FORBIDDEN, REASON_NO_GUESTS, NULL);
    else if (e == ERR_NONE && !room->is_live && guests != GUESTS_ROOMS)
        exchange_fail(exchange, ERR_ENDED, REASON_NONE, NULL);
    else
        return true;
    return false;
}

void http_guests(struct exchange *exchange)
{
    struct server *server = exchange->server;
    struct token guest = {.role = ROLE_DEBATER,
                          .expires_s = server_now_ms(server) / 1000 + GUEST_TOKEN_S};
    struct problem why;
    size_t len;
    const char *body = body_text(exchange, &len);
    enum err e = guest_parse(body, len, guest.name, &why);
    if (e) {
        exchange_refuse(exchange, &why);
        return;
    }
    if (!guest_may_come(exchange))
        return;
    rand_id("g_", guest.user);
    (void)str_copy(guest.room, sizeof guest.room, exchange->route.param);
    buf_clear(&server->text);
    e = token_sign(&guest, server->config.secrets.list[0], &server->text);
    if (e == ERR_NONE)
        e = guest_print(server->text.data, guest.user, &exchange->out);
    if (e)
        exchange_fail(exchange, e, REASON_NONE, NULL);
    else
        exchange_respond(exchange, 201, exchange_json);
}

/* ---- making rooms ---- */

static bool may_create(struct exchange *exchange)
{
    const struct token *token = &exchange->token;
    if (token->role == ROLE_OBSERVER)
        exchange_fail(exchange, ERR_FORBIDDEN, REASON_OBSERVER, NULL);
    else if (is_guest(token) && exchange->server->config.guests != GUESTS_ROOMS)
        exchange_fail(exchange, ERR_FORBIDDEN, REASON_NO_GUESTS, NULL);
    else
        return true;
    return false;
}

static void create(struct exchange *exchange, const struct create_room_request *request,
                   const char *code)
{
    struct server *server = exchange->server;
    struct house_room *room;
    const struct agenda *agenda = request->agenda         ? request->agenda
                                  : server->config.agenda ? server->config.agenda
                                                          : server->default_agenda;
    int seats = request->has_seats ? request->seats : server->config.seats;
    if (server->turn.is_stuck) {
        exchange_refuse_unwritten(exchange);
        return;
    }
    if (!quota_allows(server, 1)) {
        exchange_fail(exchange, ERR_NO_SPACE, REASON_NONE, NULL);
        return;
    }
    enum err e = house_create(server, code, seats, agenda, exchange->token.user, &room);
    if (e == ERR_NONE)
        e = print_room(room, &exchange->out);
    if (e)
        exchange_fail(exchange, e, REASON_NONE, NULL);
    else
        exchange_respond_synced(exchange, 201, exchange_json);
}

/* The code that is meant: the body's, the only one that the token opens, or a new one. */
static void settle_code(const struct exchange *exchange, struct create_room_request *request)
{
    if (!*request->code && *exchange->token.room)
        (void)str_copy(request->code, sizeof request->code, exchange->token.room);
    if (!*request->code)
        rand_id("r-", request->code);
}

void http_create_room(struct exchange *exchange)
{
    struct server *server = exchange->server;
    struct create_room_request request = {0};
    struct house_room *room = NULL;
    struct problem why;
    size_t len;
    const char *body = body_text(exchange, &len);
    enum err e = create_room_parse(body, len, &request, &why);
    if (e && (e != ERR_BAD_REQUEST || !create_room_types_are_right(&why))) {
        exchange_refuse(exchange, &why);
        agenda_unref(request.agenda);
        return;
    }
    settle_code(exchange, &request);
    if (!exchange_opens(exchange, request.code)) {
        agenda_unref(request.agenda);
        return;
    }
    enum err found = house_by_code(server, request.code, &room);
    if (found == ERR_NONE && room->is_live) {
        if (exchange_may_show(exchange, room))
            show(exchange, room);
    } else if (e) {
        exchange_refuse(exchange, &why);
    } else if (found != ERR_NONE && found != ERR_NOT_FOUND && found != ERR_CORRUPT) {
        exchange_fail(exchange, found, REASON_NONE, NULL);
    } else if (may_create(exchange)) {
        create(exchange, &request, request.code);
    }
    agenda_unref(request.agenda);
}

/* ---- looking ---- */

void http_room(struct exchange *exchange)
{
    struct house_room *room;
    if (exchange_room(exchange, exchange->route.param, &room))
        show(exchange, room);
}

/* All rooms whose session goes on, for an operator. */
void http_rooms(struct exchange *exchange)
{
    struct house_room *room, *next;
    struct buf *out = &exchange->out;
    if (exchange->token.role != ROLE_OPERATOR || *exchange->token.room) {
        exchange_fail(exchange, ERR_FORBIDDEN, REASON_NONE, NULL);
        return;
    }
    if (exchange->server->turn.is_stuck) {
        exchange_refuse_unwritten(exchange);
        return;
    }
    (void)buf_append_str(out, "{\"rooms\":[");
    HASH_ITER(by_code, exchange->server->house.by_code, room, next)
    {
        if (print_room(room, out) || (next && buf_append_str(out, ",")))
            break;
    }
    (void)buf_append_str(out, "]}");
    if (out->failed)
        exchange_fail(exchange, ERR_NO_MEMORY, REASON_NONE, NULL);
    else
        exchange_respond(exchange, 200, exchange_json);
}

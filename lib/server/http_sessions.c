/* /api/sessions (protocol, section 3). */
#include "proto/json_reader.h"
#include "proto/view.h"
#include "server/exchange.h"
#include "server/house.h"
#include "server/server_inner.h"

/* ---- looking ---- */

static size_t collect_choices(const struct room *room, struct page_choices_view *pages,
                              struct event_choice *choices)
{
    size_t count = 0;
    for (unsigned page = 1; page <= room_agenda(room)->page_count; page++) {
        size_t revealed = room_revealed_choices(room, page, choices);
        if (!revealed)
            continue;
        pages[count++] =
            (struct page_choices_view){.page = page, .choices = choices, .count = revealed};
        choices += revealed;
    }
    return count;
}

void http_session(struct exchange *exchange)
{
    /* One thread; too large for its stack. */
    static struct event_choice choices[LIMIT_PAGES * LIMIT_PARTICIPANTS];
    static struct recording_view recordings[LIMIT_RECORDINGS];
    struct page_choices_view pages[LIMIT_PAGES];
    struct session_view view;
    struct house_room *room;
    if (!exchange_session(exchange, &room))
        return;
    size_t recording_count = room_recording_count(room->room);
    for (size_t i = 0; i < recording_count; i++)
        recordings[i] = room_recording(room->room, i);
    size_t page_count = collect_choices(room->room, pages, choices);
    room_view(room->room, &view);
    if (session_object_print(&view, recordings, recording_count, pages, page_count, &exchange->out))
        exchange_fail(exchange, ERR_NO_MEMORY, REASON_NONE, NULL);
    else
        exchange_respond(exchange, 200, exchange_json);
}

void http_log(struct exchange *exchange)
{
    struct house_room *room;
    if (!exchange_session(exchange, &room))
        return;
    if (!exchange_is_host(exchange, room)) {
        exchange_fail(exchange, ERR_FORBIDDEN, REASON_NOT_HOST, NULL);
        return;
    }
    bool whole = exchange->token.role == ROLE_OPERATOR;
    enum err e = house_log(exchange->server, room, whole, &exchange->out);
    if (e)
        exchange_fail(exchange, e, REASON_NONE, NULL);
    else
        exchange_respond(exchange, 200, "application/jsonl");
}

/* ---- doing ---- */

/* One step, and its `seq` once that is synced. */
static void do_step(struct exchange *exchange, struct house_room *room,
                    const struct room_command *command)
{
    struct server *server = exchange->server;
    if (server->turn.is_stuck) {
        exchange_refuse_unwritten(exchange);
        return;
    }
    if (house_decide(server, room, command)) {
        exchange_refuse(exchange, &server->effects.why);
        return;
    }
    uint64_t seq = server->effects.seq;
    house_publish(server, room);
    if (seq_object_print(seq, &exchange->out))
        exchange_fail(exchange, ERR_NO_MEMORY, REASON_NONE, NULL);
    else
        exchange_respond_synced(exchange, 200, exchange_json);
}

void http_choices(struct exchange *exchange)
{
    struct house_room *room;
    struct command command;
    struct problem why;
    if (!exchange_session(exchange, &room))
        return;
    const struct room_command choice = {
        .ask = ROOM_CHOICE, .token = &exchange->token, .message = &command};
    if (choice_body_parse(exchange->body.data ? exchange->body.data : "", exchange->body.len,
                          &command, &why))
        exchange_refuse(exchange, &why);
    else if (exchange->token.role == ROLE_OBSERVER)
        exchange_fail(exchange, ERR_FORBIDDEN, REASON_OBSERVER, NULL);
    else
        do_step(exchange, room, &choice);
}

void http_end(struct exchange *exchange)
{
    struct house_room *room;
    struct json *body = NULL;
    if (!exchange_session(exchange, &room))
        return;
    /* It needs no body; one that is there must be JSON all the same. */
    if (exchange->body.len && json_read(exchange->body.data, exchange->body.len, &body)) {
        exchange_fail(exchange, ERR_BAD_REQUEST, REASON_NOT_JSON, NULL);
        return;
    }
    json_free(body);
    const struct room_command end = {.ask = ROOM_END, .token = &exchange->token};
    do_step(exchange, room, &end);
}

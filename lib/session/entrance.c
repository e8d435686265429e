#include "session/entrance.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "proto/json_reader.h"
#include "proto/json_writer.h"
#include "proto/view.h"
#include "session/http.h"
#include "session/rejoin.h"

enum { ENTRANCE_ANSWER_MAX = 1024 * 1024 }; /* bytes */

bool entrance_url(const char *server, const char *path, char *out, size_t out_size)
{
    size_t len = strlen(server);
    while (len > 0 && server[len - 1] == '/')
        len--;
    int written = snprintf(out, out_size, "%.*s%s", (int)len, server, path);
    return written > 0 && (size_t)written < out_size;
}

void entrance_refusal_read(const struct http_response *response, struct entrance_refusal *refusal)
{
    struct json *document = NULL;
    *refusal = (struct entrance_refusal){.status = response->status};
    if (response->status == 0) {
        snprintf(refusal->text, sizeof refusal->text, "%s", response->error);
        return;
    }
    snprintf(refusal->text, sizeof refusal->text, "HTTP status %d", response->status);
    if (!response->body.data || json_read(response->body.data, response->body.len, &document))
        return;
    const struct json *error = json_member(document, "error");
    const char *code = json_string(error, "code"), *text = json_string(error, "message");
    if (code)
        snprintf(refusal->code, sizeof refusal->code, "%s", code);
    if (text)
        snprintf(refusal->text, sizeof refusal->text, "%s", text);
    json_free(document);
}

/* The error of an answer that is not what was asked for. */
static enum err refused(const struct http_response *response, struct entrance_refusal *refusal)
{
    entrance_refusal_read(response, refusal);
    if (response->status == 404)
        return ERR_NOT_FOUND;
    return rejoin_after_status(response->status) ? ERR_UNAVAILABLE : ERR_REFUSED;
}

static enum err ask(const struct entrance *entrance, const char *method, const char *path,
                    const char *token, const struct buf *body, struct http_response *response)
{
    char url[1024];
    if (!entrance_url(entrance->server, path, url, sizeof url))
        return ERR_BAD_REQUEST;
    struct http_request request = {.method = method,
                                   .url = url,
                                   .token = token,
                                   .accept_language = entrance->language,
                                   .body = body ? body->data : NULL,
                                   .body_len = body ? body->len : 0};
    return http_send(&request, response);
}

static enum err failed(enum err e, const struct http_response *response,
                       struct entrance_refusal *refusal)
{
    entrance_refusal_read(response, refusal);
    return e;
}

static enum err get_guest_token(const struct entrance *entrance, struct entrance_ticket *ticket,
                                struct entrance_refusal *refusal)
{
    char path[LIMIT_ROOM_CODE + 32];
    struct buf body;
    struct json_writer json;
    struct http_response response;
    struct json *document = NULL;
    buf_init(&body, LIMIT_HTTP_BODY);
    http_response_init(&response, ENTRANCE_ANSWER_MAX);
    snprintf(path, sizeof path, "/api/rooms/%s/guests", entrance->room_code);
    json_write_begin(&json, &body);
    json_write_string(&json, "nickname", entrance->nickname);
    enum err e = json_write_end(&json);
    if (e)
        goto out;
    e = ask(entrance, "POST", path, NULL, &body, &response);
    if (e) {
        e = failed(e, &response, refusal);
        goto out;
    }
    if (response.status != 201 && response.status != 200) {
        e = refused(&response, refusal);
        goto out;
    }
    e = json_read(response.body.data ? response.body.data : "", response.body.len, &document);
    const char *token = json_string(document, "token");
    if (!e && (!token || !str_copy(ticket->token, sizeof ticket->token, token)))
        e = ERR_BAD_MESSAGE;
out:
    json_free(document);
    http_response_release(&response);
    buf_release(&body);
    return e;
}

static enum err print_room_request(const struct entrance *entrance, struct buf *out)
{
    struct json_writer json;
    json_write_begin(&json, out);
    json_write_string(&json, "code", entrance->room_code);
    if (entrance->seats)
        json_write_integer(&json, "seats", entrance->seats);
    if (entrance->agenda)
        json_write_raw(&json, "agenda", entrance->agenda);
    return json_write_end(&json);
}

static void take_present(const struct json *room, struct entrance_ticket *ticket)
{
    const struct json *participants = json_member(room, "participants");
    ticket->present_count = 0;
    for (const struct json *from = json_first(participants);
         from && ticket->present_count < LIMIT_SEATS_MAX; from = json_next(from)) {
        struct entrance_present *present = &ticket->present[ticket->present_count];
        const char *id = json_string(from, "participant_id");
        const char *nickname = json_string(from, "nickname");
        if (!id || !nickname || !str_copy(present->nickname, sizeof present->nickname, nickname))
            continue;
        present->participant = participant_number(id);
        present->connected = json_bool(from, "connected", false);
        ticket->present_count++;
    }
}

/* Reads a room object; ERR_NOT_FOUND when its session has ended and a new one may be made. */
static enum err take_room(const struct entrance *entrance, const struct http_response *response,
                          struct entrance_ticket *ticket)
{
    struct json *document = NULL;
    enum err e =
        json_read(response->body.data ? response->body.data : "", response->body.len, &document);
    const char *session_id = json_string(document, "session_id");
    const char *phase = json_string(document, "phase");
    if (!e && (!session_id || !session_id_valid(session_id) || !phase))
        e = ERR_BAD_MESSAGE;
    if (!e && entrance->create && strcmp(phase, phase_name(PHASE_ENDED)) == 0)
        e = ERR_NOT_FOUND;
    if (!e) {
        str_copy(ticket->session_id, sizeof ticket->session_id, session_id);
        ticket->created = response->status == 201;
        ticket->seats = (int)json_number(document, "seats", 0);
        take_present(document, ticket);
    }
    json_free(document);
    return e;
}

static enum err ask_for_room(const struct entrance *entrance, bool make,
                             struct entrance_ticket *ticket, struct entrance_refusal *refusal)
{
    char path[LIMIT_ROOM_CODE + 32];
    struct buf body;
    struct http_response response;
    buf_init(&body, LIMIT_HTTP_BODY);
    http_response_init(&response, ENTRANCE_ANSWER_MAX);
    snprintf(path, sizeof path, "/api/rooms/%s", entrance->room_code);
    enum err e = make ? print_room_request(entrance, &body) : ERR_NONE;
    if (e)
        goto out;
    e = make ? ask(entrance, "POST", "/api/rooms", ticket->token, &body, &response)
             : ask(entrance, "GET", path, ticket->token, NULL, &response);
    if (e)
        e = failed(e, &response, refusal);
    else if (response.status != 200 && response.status != 201)
        e = refused(&response, refusal);
    else
        e = take_room(entrance, &response, ticket);
out:
    http_response_release(&response);
    buf_release(&body);
    return e;
}

/* Who may not make rooms can still enter one that is there. */
static enum err find_room(const struct entrance *entrance, struct entrance_ticket *ticket,
                          struct entrance_refusal *refusal)
{
    enum err e = ask_for_room(entrance, false, ticket, refusal);
    if (e == ERR_NOT_FOUND && entrance->create)
        e = ask_for_room(entrance, true, ticket, refusal);
    return e;
}

enum err entrance_pass(const struct entrance *entrance, struct entrance_ticket *ticket,
                       struct entrance_refusal *refusal)
{
    *refusal = (struct entrance_refusal){.status = 0};
    if (!room_code_valid(entrance->room_code))
        return ERR_BAD_REQUEST;
    str_copy(ticket->room_code, sizeof ticket->room_code, entrance->room_code);
    enum err e = ERR_NONE;
    if (!ticket->token[0] && entrance->token && entrance->token[0]) {
        if (!str_copy(ticket->token, sizeof ticket->token, entrance->token))
            return ERR_BAD_REQUEST;
    } else if (!ticket->token[0]) {
        e = get_guest_token(entrance, ticket, refusal);
    }
    return e ? e : find_room(entrance, ticket, refusal);
}

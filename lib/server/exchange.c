#include "server/exchange.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "proto/message.h"
#include "proto/view.h"
#include "server/house.h"
#include "server/net.h"
#include "server/server_inner.h"
#include "server/socket.h"
#include "server/web_files.h"

enum { RESPONSE_HEADERS_MAX = 4096 };

const char exchange_json[] = "application/json";

struct exchange *exchange_new(struct server *server, void *wsi)
{
    struct exchange *exchange = mem_zalloc(sizeof *exchange);
    if (!exchange)
        return NULL;
    exchange->server = server;
    exchange->wsi = wsi;
    exchange->refs = 1;
    exchange->file = -1;
    buf_init(&exchange->body, LIMIT_HTTP_BODY);
    buf_init(&exchange->headers, RESPONSE_HEADERS_MAX);
    buf_init(&exchange->out, LIMIT_RESPONSE);
    server->exchange_count++;
    return exchange;
}

struct exchange *exchange_ref(struct exchange *exchange)
{
    exchange->refs++;
    return exchange;
}

void exchange_unref(struct exchange *exchange)
{
    if (!exchange || --exchange->refs > 0)
        return;
    buf_release(&exchange->body);
    buf_release(&exchange->headers);
    buf_release(&exchange->out);
    if (exchange->file >= 0)
        close(exchange->file);
    exchange->server->exchange_count--;
    mem_free(exchange);
}

void exchange_gone(struct exchange *exchange)
{
    exchange->wsi = NULL;
    if (exchange->patch)
        http_upload_gone(exchange);
    exchange_unref(exchange);
}

/* ---- answering ---- */

void exchange_header(struct exchange *exchange, const char *name, const char *format, ...)
{
    char value[LIMIT_UPLOAD_METADATA]; /* the longest there is */
    va_list args;
    va_start(args, format);
    vsnprintf(value, sizeof value, format, args);
    va_end(args);
    (void)buf_printf(&exchange->headers, "%s: %s\n", name, value);
}

static void answer(struct exchange *exchange, int status, const char *content_type)
{
    exchange->is_answered = true;
    exchange->status = status;
    exchange->content_type = content_type;
    if (status >= 400)
        exchange->server->metrics.refusals++;
}

void exchange_respond_now(struct exchange *exchange)
{
    exchange->is_waiting = false;
    if (exchange->wsi)
        net_respond(exchange);
}

void exchange_respond(struct exchange *exchange, int status, const char *content_type)
{
    answer(exchange, status, content_type);
    exchange_respond_now(exchange);
}

void exchange_respond_file(struct exchange *exchange, int fd, uint64_t len,
                           const char *content_type)
{
    exchange->file = fd;
    exchange->file_len = len;
    exchange_respond(exchange, 200, content_type);
}

void exchange_respond_synced(struct exchange *exchange, int status, const char *content_type)
{
    answer(exchange, status, content_type);
    exchange->is_waiting = true;
    turn_response(exchange->server, exchange);
}

static void refuse_with(struct exchange *exchange, int status, const struct problem *why)
{
    buf_clear(&exchange->out);
    bool has_body = error_body_print(why, exchange->lang, &exchange->out) == ERR_NONE;
    exchange_respond(exchange, status, has_body ? exchange_json : NULL);
}

void exchange_refuse(struct exchange *exchange, const struct problem *why)
{
    if (why->code == ERR_BAD_TOKEN) /* RFC 6750, section 3 */
        exchange_header(exchange, "WWW-Authenticate", "Bearer");
    refuse_with(exchange, err_http_status(why->code), why);
}

void exchange_fail(struct exchange *exchange, enum err code, enum reason reason, const char *field)
{
    struct problem why;
    (void)problem_set(&why, code, reason, field);
    exchange_refuse(exchange, &why);
}

void exchange_fail_with(struct exchange *exchange, int status, enum reason reason,
                        const char *field)
{
    struct problem why;
    (void)problem_set(&why, ERR_BAD_REQUEST, reason, field);
    refuse_with(exchange, status, &why);
}

void exchange_refuse_unwritten(struct exchange *exchange)
{
    exchange_header(exchange, "Retry-After", "1");
    exchange_fail(exchange, ERR_UNAVAILABLE, REASON_DISK, NULL);
}

/* ---- who asks ---- */

static const char *find_token(struct exchange *exchange, const struct exchange_head *head,
                              char bearer[LIMIT_TOKEN + 16])
{
    static const char scheme[] = "Bearer "; /* RFC 6750, section 2.1 */
    if (head->token)
        return head->token;
    if (!net_header(exchange, "authorization", bearer, LIMIT_TOKEN + 16) ||
        strncasecmp(bearer, scheme, strlen(scheme)) != 0)
        return NULL;
    const char *token = bearer + strlen(scheme);
    return token + strspn(token, " ");
}

/* False: refused with 401, or with 429 when too many tokens were not good. */
static bool authenticate(struct exchange *exchange, const struct exchange_head *head)
{
    char bearer[LIMIT_TOKEN + 16];
    struct server *server = exchange->server;
    bool is_limited = server_limits(server, head->address);
    const char *token = find_token(exchange, head, bearer);
    if (!token || !*token) {
        exchange_fail(exchange, ERR_BAD_TOKEN, REASON_TOKEN_MISSING, NULL);
        return false;
    }
    size_t len = strlen(token);
    if (len >= 2 && token[0] == '"' && token[len - 1] == '"') {
        token++;
        len -= 2;
    }
    if (is_limited && !limiter_may_fail(&server->limiter, head->address, server->now_us)) {
        exchange_header(exchange, "Retry-After", "%d", LIMIT_BAD_TOKEN_MS / 1000);
        exchange_fail(exchange, ERR_RATE_LIMITED, REASON_BAD_TOKENS, NULL);
        return false;
    }
    struct problem why;
    if (token_verify_any(token, len, &server->config.secrets, server_now_ms(server),
                         &exchange->token, &why)) {
        if (is_limited)
            limiter_failed(&server->limiter, head->address, server->now_us);
        exchange_refuse(exchange, &why);
        return false;
    }
    return true;
}

static bool needs_token(const struct exchange *exchange)
{
    switch (exchange->route.route) {
    case ROUTE_HEALTH:
    case ROUTE_METRICS:
    case ROUTE_GUESTS:
    case ROUTE_PAGE:
    case ROUTE_WEB_FILE:
        return false;
    case ROUTE_UPLOADS:
    case ROUTE_UPLOAD:
        return exchange->method != METHOD_OPTIONS;
    case ROUTE_NONE:
    case ROUTE_ROOMS:
    case ROUTE_ROOM:
    case ROUTE_SESSION:
    case ROUTE_LOG:
    case ROUTE_REPORT:
    case ROUTE_CHOICES:
    case ROUTE_END:
    case ROUTE_FORGET:
    case ROUTE_VOICE:
    case ROUTE_SIGNALING:
        return true;
    }
    return true;
}

/* Shutting down, too often, no such address, no token: in this order. False: answered. */
bool exchange_admit(struct exchange *exchange, const struct exchange_head *head)
{
    struct server *server = exchange->server;
    char language[128];
    server->metrics.requests++;
    exchange->method = head->method;
    exchange->has_content_length = head->has_content_length;
    exchange->content_length = head->content_length;
    exchange->lang = lang_from_accept_language(
        net_header(exchange, "accept-language", language, sizeof language) ? language : NULL);
    if (head->room_code)
        (void)str_copy(exchange->room_code, sizeof exchange->room_code, head->room_code);
    if (head->format)
        snprintf(exchange->format, sizeof exchange->format, "%s", head->format);
    exchange->route = route_find(head->path);
    if (exchange->route.route == ROUTE_UPLOAD || exchange->route.route == ROUTE_UPLOADS)
        http_upload_admit(exchange);
    origin_look(exchange);
    if (server->is_draining) {
        exchange_header(exchange, "Retry-After", "1");
        exchange_fail(exchange, ERR_UNAVAILABLE, REASON_NONE, NULL);
    } else if (head->is_crowded ||
               (server_limits(server, head->address) &&
                !limiter_take(&server->limiter, head->address, server->now_us))) {
        exchange_header(exchange, "Retry-After", "1");
        exchange_fail(exchange, ERR_RATE_LIMITED, REASON_NONE, NULL);
    } else if (exchange->route.route == ROUTE_NONE) {
        exchange_fail(exchange, ERR_NOT_FOUND, REASON_NO_ROUTE, NULL);
    } else if (origin_answer_preflight(exchange)) {
        return false;
    } else if (!route_takes(exchange->route.route, exchange->method)) {
        exchange_header(exchange, "Allow", "%s", route_methods(exchange->route.route));
        exchange_fail_with(exchange, 405, REASON_NONE, NULL); /* RFC 9110, section 15.5.6 */
    } else if (!needs_token(exchange) || authenticate(exchange, head)) {
        turn_flush(server); /* nothing is shown before it is committed */
        return true;
    }
    return false;
}

/* ---- looking up ---- */

bool exchange_opens(struct exchange *exchange, const char *room_code)
{
    if (exchange->origin == ORIGIN_FOREIGN) {
        exchange_fail(exchange, ERR_FORBIDDEN, REASON_ORIGIN, NULL);
        return false;
    }
    if (!*exchange->token.room || strcmp(exchange->token.room, room_code) == 0)
        return true;
    exchange_fail(exchange, ERR_FORBIDDEN, REASON_TOKEN_ROOM, NULL);
    return false;
}

bool exchange_may_show(struct exchange *exchange, const struct house_room *room)
{
    uint64_t seq = room_seq(room->room);
    bool may_be_new = seq == 0 && exchange->server->turn.is_stuck;
    if (seq == room->committed_seq && !may_be_new)
        return true;
    exchange_refuse_unwritten(exchange);
    return false;
}

bool exchange_session(struct exchange *exchange, struct house_room **out)
{
    enum err e = house_by_id(exchange->server, exchange->route.param, out);
    if (e) {
        exchange_fail(exchange, e, e == ERR_NOT_FOUND ? REASON_NO_SESSION : REASON_NONE, NULL);
        return false;
    }
    return exchange_opens(exchange, (*out)->room_code) && exchange_may_show(exchange, *out);
}

bool exchange_room(struct exchange *exchange, const char *code, struct house_room **out)
{
    enum err e = room_code_valid(code) ? house_by_code(exchange->server, code, out) : ERR_NOT_FOUND;
    if (e) {
        exchange_fail(exchange, e, e == ERR_NOT_FOUND ? REASON_NO_ROOM : REASON_NONE, NULL);
        return false;
    }
    return exchange_opens(exchange, (*out)->room_code) && exchange_may_show(exchange, *out);
}

bool exchange_is_host(const struct exchange *exchange, const struct house_room *room)
{
    const struct token *token = &exchange->token;
    return token->role == ROLE_OPERATOR || room_is_host(room->room, token->user);
}

/* ---- HTTP ---- */

static void health(struct exchange *exchange)
{
    if (health_print("ok", DEBATE_VERSION, &exchange->out))
        exchange_fail(exchange, ERR_NO_MEMORY, REASON_NONE, NULL);
    else
        exchange_respond(exchange, 200, exchange_json);
}

static void metrics(struct exchange *exchange)
{
    if (metrics_print(exchange->server, &exchange->out))
        exchange_fail(exchange, ERR_NO_MEMORY, REASON_NONE, NULL);
    else
        exchange_respond(exchange, 200, "text/plain; version=0.0.4; charset=utf-8");
}

/* Plain HTTP where a WebSocket is wanted. */
static void want_upgrade(struct exchange *exchange)
{
    exchange_header(exchange, "Upgrade", "websocket");
    exchange_fail_with(exchange, 426, REASON_NONE, NULL); /* RFC 9110, section 15.5.22 */
}

/* Requests without a body, or whose body is of no interest. False: it waits for its body. */
static bool handle_at_once(struct exchange *exchange)
{
    switch (exchange->route.route) {
    case ROUTE_HEALTH:
        health(exchange);
        return true;
    case ROUTE_METRICS:
        metrics(exchange);
        return true;
    case ROUTE_ROOMS:
        if (exchange->method != METHOD_GET)
            return false;
        http_rooms(exchange);
        return true;
    case ROUTE_ROOM:
        http_room(exchange);
        return true;
    case ROUTE_SESSION:
        http_session(exchange);
        return true;
    case ROUTE_LOG:
        http_log(exchange);
        return true;
    case ROUTE_REPORT:
        http_report(exchange);
        return true;
    case ROUTE_PAGE:
        http_page(exchange);
        return true;
    case ROUTE_WEB_FILE:
        http_web_file(exchange);
        return true;
    case ROUTE_UPLOADS:
        if (exchange->method == METHOD_OPTIONS)
            http_uploads_options(exchange);
        else
            http_uploads_create(exchange);
        return true;
    case ROUTE_UPLOAD:
        if (exchange->method == METHOD_OPTIONS)
            http_uploads_options(exchange);
        else if (exchange->method == METHOD_HEAD)
            http_upload_head(exchange);
        else if (exchange->method == METHOD_DELETE)
            http_upload_delete(exchange);
        else
            http_upload_begin(exchange);
        return exchange->method != METHOD_PATCH;
    case ROUTE_VOICE:
    case ROUTE_SIGNALING: {
        struct house_room *room;
        if (exchange_may_enter(exchange, &room))
            want_upgrade(exchange);
        return true;
    }
    case ROUTE_NONE:
    case ROUTE_GUESTS:
    case ROUTE_CHOICES:
    case ROUTE_END:
    case ROUTE_FORGET:
        return false;
    }
    return false;
}

void exchange_begin(struct exchange *exchange, const struct exchange_head *head)
{
    if (!exchange_admit(exchange, head) || handle_at_once(exchange) || exchange->is_answered)
        return;
    if (exchange->route.route != ROUTE_UPLOAD && exchange->content_length > LIMIT_HTTP_BODY)
        exchange_fail(exchange, ERR_TOO_LARGE, REASON_NONE, NULL);
}

void exchange_body(struct exchange *exchange, const void *data, size_t len)
{
    if (exchange->is_answered)
        return;
    if (exchange->route.route == ROUTE_UPLOAD) {
        http_upload_body(exchange, data, len);
        return;
    }
    enum err e = buf_append(&exchange->body, data, len);
    if (e)
        exchange_fail(exchange, e == ERR_FULL ? ERR_TOO_LARGE : e, REASON_NONE, NULL);
}

void exchange_body_end(struct exchange *exchange)
{
    if (exchange->is_answered)
        return;
    turn_flush(exchange->server); /* the body may have taken its time */
    switch (exchange->route.route) {
    case ROUTE_ROOMS:
        http_create_room(exchange);
        break;
    case ROUTE_GUESTS:
        http_guests(exchange);
        break;
    case ROUTE_CHOICES:
        http_choices(exchange);
        break;
    case ROUTE_END:
        http_end(exchange);
        break;
    case ROUTE_FORGET:
        http_forget(exchange);
        break;
    case ROUTE_UPLOAD:
        http_upload_end(exchange);
        break;
    case ROUTE_NONE:
    case ROUTE_HEALTH:
    case ROUTE_METRICS:
    case ROUTE_ROOM:
    case ROUTE_SESSION:
    case ROUTE_LOG:
    case ROUTE_REPORT:
    case ROUTE_UPLOADS:
    case ROUTE_VOICE:
    case ROUTE_SIGNALING:
    case ROUTE_PAGE:
    case ROUTE_WEB_FILE:
        break; /* answered already */
    }
}

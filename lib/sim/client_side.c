/* ws_client.h and http.h on the simulated network: the participants' ends of connections. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "server/routes.h"
#include "session/http.h"
#include "session/rejoin.h"
#include "session/ws_client.h"
#include "sim/actor.h"
#include "sim/fiber.h"
#include "sim/watch.h"
#include "sim/wire.h"

enum {
    /* As ws_client_lws.c has them. */
    IDLE_PING_US = 6 * 1000000,
    IDLE_HANGUP_US = 12 * 1000000,
    CONNECT_US = 10 * 1000000,
    WAITING_MAX = 1024 * 1024
};

struct ws_runtime {
    struct node *node;
};

struct ws_client {
    struct node *node;
    struct ws_handler handler;
    struct conn *conn; /* NULL: it has ended */
    bool is_open;
    bool is_busy, is_freed; /* a handler runs; it was freed meanwhile */
    int end_code, end_status;
    struct happening idle, ended;
};

enum err ws_runtime_new(uv_loop_t *loop, struct ws_runtime **out)
{
    *out = mem_zalloc(sizeof **out);
    if (!*out)
        return ERR_NO_MEMORY;
    (*out)->node = loop->data;
    return ERR_NONE;
}

void ws_runtime_free(struct ws_runtime *runtime)
{
    mem_free(runtime);
}

/* ---- requests ---- */

/* "http://host/path?room_code=code" */
static void read_url(const char *url, struct request *request)
{
    const char *path = strstr(url, "://");
    path = path ? strchr(path + 3, '/') : NULL;
    const char *query = path ? strchr(path, '?') : NULL;
    int len = query ? (int)(query - path) : path ? (int)strlen(path) : 0;
    snprintf(request->path, sizeof request->path, "%.*s", len, path ? path : "");
    if (query && strncmp(query, "?room_code=", 11) == 0)
        snprintf(request->room_code, sizeof request->room_code, "%s", query + 11);
}

static void fill(struct request *request, const char *url, const char *token, const char *language)
{
    read_url(url, request);
    if (token)
        snprintf(request->token, sizeof request->token, "%s", token);
    if (language)
        snprintf(request->language, sizeof request->language, "%s", language);
}

/* ---- WebSockets ---- */

static void release(struct ws_client *client)
{
    happening_cancel(&client->idle);
    happening_cancel(&client->ended);
    mem_free(client);
}

static void on_ended(void *context)
{
    struct ws_client *client = context;
    client->is_busy = true;
    client->handler.on_close(client->handler.context, client->end_code, client->end_status, "");
    client->is_busy = false;
    if (client->is_freed)
        release(client);
}

/* The connection has ended for this side; said in a step of its own. */
static void end(struct ws_client *client, int code, int status, bool is_silent)
{
    if (!client->conn)
        return;
    conn_close_client(client->conn, is_silent);
    client->conn = NULL;
    client->is_open = false;
    client->end_code = code;
    client->end_status = status;
    happening_cancel(&client->idle);
    happening_set(&client->ended, world.now_us);
}

static void on_response(void *context, int status, const char *body, size_t len)
{
    (void)body;
    (void)len;
    end(context, WS_CLOSE_UNCLEAN, status, false);
}

static void on_opened(void *context)
{
    struct ws_client *client = context;
    client->is_open = true;
    client->is_busy = true;
    client->handler.on_open(client->handler.context);
    client->is_busy = false;
    if (client->is_freed)
        release(client);
}

static void on_text(void *context, const char *text, size_t len)
{
    struct ws_client *client = context;
    watch_client_gets(client->conn, text, len);
    client->is_busy = true;
    client->handler.on_text(client->handler.context, text, len);
    client->is_busy = false;
    if (client->is_freed)
        release(client);
}

static void on_close(void *context, int code)
{
    struct ws_client *client = context;
    conn_send(client->conn, &client->conn->up, ITEM_CLOSE, code, NULL, 0);
    end(client, code, 0, false);
}

static void on_end(void *context)
{
    end(context, WS_CLOSE_UNCLEAN, 0, false);
}

static const struct conn_end websocket_end = {.on_response = on_response,
                                              .on_opened = on_opened,
                                              .on_text = on_text,
                                              .on_close = on_close,
                                              .on_end = on_end};

static void on_idle(void *context)
{
    struct ws_client *client = context;
    int64_t silent_us = world.now_us - client->conn->client_heard_us;
    if (silent_us >= (client->is_open ? IDLE_HANGUP_US : CONNECT_US)) {
        end(client, WS_CLOSE_UNCLEAN, 0, true);
        return;
    }
    if (client->is_open && silent_us >= IDLE_PING_US)
        conn_send(client->conn, &client->conn->up, ITEM_PING, 0, NULL, 0);
    happening_set(&client->idle, world.now_us + 2 * 1000000);
}

enum err ws_connect(struct ws_runtime *runtime, const char *url, const char *token,
                    const char *language, const struct ws_handler *handler, struct ws_client **out)
{
    struct request request = {.method = METHOD_GET};
    struct ws_client *client = mem_zalloc(sizeof *client);
    if (!client)
        return ERR_NO_MEMORY;
    fill(&request, url, token, language);
    client->node = runtime->node;
    client->handler = *handler;
    happening_init(&client->idle, client->node, on_idle, client);
    happening_init(&client->ended, client->node, on_ended, client);
    client->conn = conn_new(client->node, &request, true, &websocket_end, client);
    happening_set(&client->idle, world.now_us + CONNECT_US);
    *out = client;
    return ERR_NONE;
}

enum err ws_send(struct ws_client *client, const char *text, size_t len)
{
    if (!client->is_open)
        return ERR_UNREACHABLE;
    if (client->conn->up.bytes > WAITING_MAX)
        return ERR_FULL;
    actor_said(client->node, text, len);
    conn_send(client->conn, &client->conn->up, ITEM_TEXT, 0, text, len);
    return ERR_NONE;
}

void ws_close(struct ws_client *client, int code)
{
    if (client->conn)
        conn_send(client->conn, &client->conn->up, ITEM_CLOSE, code, NULL, 0);
}

void ws_cut(struct ws_client *client)
{
    end(client, WS_CLOSE_UNCLEAN, 0, false);
}

bool ws_is_stranded(const struct ws_client *client)
{
    (void)client;
    return false;
}

void ws_free(struct ws_client *client)
{
    if (!client)
        return;
    if (client->conn)
        conn_close_client(client->conn, false);
    client->conn = NULL;
    client->is_freed = true;
    happening_cancel(&client->idle);
    happening_cancel(&client->ended);
    if (!client->is_busy)
        release(client);
}

/* ---- HTTP ---- */

struct call {
    struct conn *conn;
    struct fiber *fiber;
    struct http_response *response;
    bool is_done;
    struct happening timeout;
};

static void finish(struct call *call)
{
    call->is_done = true;
    fiber_wake(call->fiber, 0);
}

static void call_response(void *context, int status, const char *body, size_t len)
{
    struct call *call = context;
    call->response->status = status;
    if (buf_append(&call->response->body, body, len))
        call->response->status = 0;
    finish(call);
}

static void call_nothing(void *context)
{
    finish(context);
}

static const struct conn_end call_end = {.on_response = call_response, .on_end = call_nothing};

void http_response_init(struct http_response *response, size_t body_len_max)
{
    *response = (struct http_response){.status = 0};
    buf_init(&response->body, body_len_max);
    buf_init(&response->headers, HTTP_HEADERS_MAX);
}

void http_response_release(struct http_response *response)
{
    buf_release(&response->body);
    buf_release(&response->headers);
}

enum err http_send(const struct http_request *wanted, struct http_response *response)
{
    struct request request = {.method =
                                  (int)method_from_name(wanted->method ? wanted->method : "GET")};
    struct call call = {.fiber = fiber_self(), .response = response};
    if (world.node->is_ghost)
        return ERR_UNREACHABLE;
    fill(&request, wanted->url, wanted->token, wanted->accept_language);
    happening_init(&call.timeout, world.node, call_nothing, &call);
    happening_set(&call.timeout, world.now_us + HTTP_TIMEOUT_MS * INT64_C(1000));
    struct node *node = world.node;
    call.conn = conn_new(node, &request, false, &call_end, &call);
    call.conn->request_len = wanted->body_len;
    if (wanted->body_len)
        conn_send(call.conn, &call.conn->up, ITEM_BODY, 0, wanted->body, wanted->body_len);
    conn_send(call.conn, &call.conn->up, ITEM_BODY_END, 0, NULL, 0);
    while (!call.is_done && !node->is_ghost)
        fiber_wait(&call);
    happening_cancel(&call.timeout);
    conn_close_client(call.conn, false);
    return call.is_done && response->status ? ERR_NONE : ERR_UNREACHABLE;
}

/* net.h on the simulated network: the server's ends of connections, as ws_lws.c and http_lws.c have
 * them with libwebsockets. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "server/exchange.h"
#include "server/net.h"
#include "server/server_inner.h"
#include "server/socket.h"
#include "sim/disk.h"
#include "sim/watch.h"
#include "sim/wire.h"

struct net {
    bool is_open;
};

/* Whatever the server does with the network may be the last that it does. */
static void operation(void)
{
    if (disk_at_hand)
        disk_operation(disk_at_hand);
}

static bool is_ghost(void)
{
    return wire.server_node->is_ghost;
}

enum err net_new(uv_loop_t *loop, struct server *server, const char *host, int port,
                 const struct tls *tls, struct net **out, char *url, size_t url_size, char *why,
                 size_t why_size)
{
    static struct net net;
    (void)loop;
    (void)why;
    (void)why_size;
    (void)server;
    (void)tls;
    snprintf(url, url_size, "http://%s:%d", host, port);
    net.is_open = true;
    *out = &net;
    return ERR_NONE;
}

enum err net_use_tls(struct net *net, const struct tls *tls)
{
    (void)net;
    (void)tls;
    return ERR_INTERNAL; /* the simulated network has none */
}

void net_stop(struct net *net)
{
    net->is_open = false;
}

void net_free(struct net *net)
{
    (void)net;
}

/* ---- sending ---- */

void net_sweep(struct server *server)
{
    (void)server; /* there is never a link */
}

bool net_can_write(const struct socket *socket)
{
    const struct conn *conn = socket->wsi;
    return conn && conn->down.bytes < conn->window;
}

bool net_write(struct socket *socket, struct frame *frame)
{
    struct conn *conn = socket->wsi;
    const char *text = (const char *)frame->bytes + FRAME_HEADROOM;
    operation();
    if (is_ghost())
        return true;
    watch_server_sends(conn, text, frame->len);
    conn_send(conn, &conn->down, ITEM_TEXT, 0, text, frame->len);
    return true;
}

void net_cork(struct socket *socket, bool is_on)
{
    (void)socket; /* messages are all there is: no packets */
    (void)is_on;
}

bool net_ping(struct socket *socket)
{
    struct conn *conn = socket->wsi;
    if (!net_can_write(socket) || is_ghost())
        return true;
    conn_send(conn, &conn->down, ITEM_PING, 0, NULL, 0);
    return true;
}

int64_t net_silent_ms(const struct socket *socket)
{
    const struct conn *conn = socket->wsi;
    return conn ? (world.now_us - conn->heard_us) / 1000 : INT64_MAX;
}

/* ---- ends ---- */

static void close_end(struct conn *conn, bool tells)
{
    if (!conn->server_is_open)
        return;
    conn->server_is_open = false;
    conn->up.is_closed = true;
    happening_cancel(&conn->writeable);
    happening_cancel(&conn->cut);
    struct exchange *exchange = conn->exchange;
    struct socket *socket = conn->socket;
    conn->exchange = NULL;
    conn->socket = NULL;
    if (tells && !is_ghost())
        conn_send(conn, &conn->down, ITEM_END, 0, NULL, 0);
    if (exchange)
        exchange_gone(exchange);
    if (socket) {
        watch_socket_gone(conn);
        socket_closed(socket);
    }
}

static void on_cut(void *context)
{
    struct conn *conn = context;
    server_read_clock(wire.server);
    close_end(conn, true);
    conn_sweep(conn);
}

void net_cut(struct socket *socket)
{
    struct conn *conn = socket->wsi;
    if (conn && conn->server_is_open)
        happening_set(&conn->cut, world.now_us);
}

static void on_writeable(void *context)
{
    struct conn *conn = context;
    server_read_clock(wire.server);
    if (!conn->socket || !net_can_write(conn->socket))
        return;
    conn->wants_write = false;
    int code = socket_writeable(conn->socket);
    if (!code || !conn->server_is_open)
        return;
    operation();
    if (is_ghost())
        return;
    watch_server_closes(conn, code);
    conn_send(conn, &conn->down, ITEM_CLOSE, code, NULL, 0);
}

void server_side_init(struct conn *conn)
{
    happening_init(&conn->writeable, wire.server_node, on_writeable, conn);
    happening_init(&conn->cut, wire.server_node, on_cut, conn);
}

void net_want_write(struct socket *socket)
{
    struct conn *conn = socket->wsi;
    if (!conn || !conn->server_is_open)
        return;
    conn->wants_write = true;
    server_side_room(conn);
}

void server_side_room(struct conn *conn)
{
    if (conn->wants_write && !conn->writeable.place && conn->socket && net_can_write(conn->socket))
        happening_set(&conn->writeable, world.now_us);
}

/* ---- HTTP ---- */

bool net_header(struct exchange *exchange, const char *name, char *out, size_t out_size)
{
    const struct conn *conn = exchange->wsi;
    const char *value = NULL;
    out[0] = '\0';
    if (strcasecmp(name, "accept-language") == 0)
        value = conn->request.language[0] ? conn->request.language : NULL;
    else if (strcasecmp(name, "sec-websocket-version") == 0)
        value = "13";
    else if (strcasecmp(name, "sec-websocket-key") == 0)
        value = "dGhlIHNhbXBsZSBub25jZQ=="; /* RFC 6455, section 1.3 */
    if (!value || strlen(value) >= out_size)
        return false;
    strcpy(out, value);
    return true;
}

static void respond(struct conn *conn)
{
    struct exchange *exchange = conn->exchange;
    if (!exchange || !exchange->is_answered || exchange->is_waiting)
        return;
    conn->exchange = NULL;
    operation();
    if (!is_ghost()) {
        const char *body = exchange->content_type && exchange->out.data ? exchange->out.data : "";
        size_t len = exchange->content_type ? exchange->out.len : 0;
        watch_response(conn, exchange, body, len);
        conn_send(conn, &conn->down, ITEM_RESPONSE, exchange->status, body, len);
    }
    exchange_gone(exchange);
}

void net_respond(struct exchange *exchange)
{
    struct conn *conn = exchange->wsi;
    if (!conn->is_in_callback)
        respond(conn);
}

static struct exchange_head head_of(const struct conn *conn, size_t body_len)
{
    const struct request *request = &conn->request;
    return (struct exchange_head){.method = (enum method)request->method,
                                  .path = request->path,
                                  .token = request->token[0] ? request->token : NULL,
                                  .room_code = request->room_code[0] ? request->room_code : NULL,
                                  .address = "127.0.0.1",
                                  .has_content_length = true,
                                  .content_length = body_len};
}

static void take_request(struct conn *conn)
{
    struct exchange_head head = head_of(conn, conn->request_len);
    struct exchange *exchange = exchange_new(wire.server, conn);
    conn->exchange = exchange;
    conn->is_in_callback = true;
    if (conn->is_websocket) {
        struct socket *socket = exchange_upgrade(exchange, &head);
        conn->is_in_callback = false;
        if (!socket) {
            respond(conn);
            return;
        }
        conn->exchange = NULL;
        exchange_gone(exchange);
        conn->socket = socket;
        if (!is_ghost())
            conn_send(conn, &conn->down, ITEM_OPENED, 0, NULL, 0);
        watch_socket_opened(conn);
        socket_opened(socket, conn);
        return;
    }
    exchange_begin(exchange, &head);
    conn->is_in_callback = false;
    respond(conn);
}

/* ---- what comes ---- */

static void take_socket(struct conn *conn, struct item *item, size_t bytes, bool is_last)
{
    struct socket *socket = conn->socket;
    if (!socket)
        return;
    switch (item->kind) {
    case ITEM_TEXT:
    case ITEM_BINARY:
        watch_server_takes(conn, is_last ? item->text : NULL, item->len);
        socket_received(socket, item->text + item->taken, bytes, item->kind == ITEM_BINARY,
                        is_last);
        break;
    case ITEM_PING:
        if (!is_ghost())
            conn_send(conn, &conn->down, ITEM_PONG, 0, NULL, 0);
        break;
    case ITEM_CLOSE:
        socket_peer_closes(socket);
        if (!is_ghost())
            conn_send(conn, &conn->down, ITEM_CLOSE, item->code, NULL, 0);
        happening_set(&conn->cut, world.now_us);
        break;
    case ITEM_PONG:
        break;
    case ITEM_REQUEST:
    case ITEM_BODY:
    case ITEM_BODY_END:
    case ITEM_RESPONSE:
    case ITEM_OPENED:
    case ITEM_END:
        abort();
    }
}

void server_side_take(struct conn *conn, struct item *item, size_t bytes, bool is_last)
{
    if (!wire.server || !conn->server_is_open)
        return;
    server_read_clock(wire.server);
    conn->heard_us = world.now_us;
    switch (item->kind) {
    case ITEM_REQUEST:
        take_request(conn);
        break;
    case ITEM_BODY:
        if (conn->exchange)
            exchange_body(conn->exchange, item->text + item->taken, bytes);
        break;
    case ITEM_BODY_END:
        if (conn->exchange && !conn->exchange->is_answered) {
            watch_server_is_asked(conn);
            exchange_body_end(conn->exchange);
        }
        break;
    case ITEM_END:
        close_end(conn, false);
        break;
    case ITEM_RESPONSE:
    case ITEM_OPENED:
    case ITEM_TEXT:
    case ITEM_BINARY:
    case ITEM_PING:
    case ITEM_PONG:
    case ITEM_CLOSE:
        take_socket(conn, item, bytes, is_last);
        break;
    }
}

void server_side_die(bool kernel_tells)
{
    struct conn *conn, *next;
    for (conn = wire.conns; conn; conn = next) {
        next = conn->next;
        if (!conn->server_is_open)
            continue;
        close_end(conn, false);
        if (kernel_tells)
            conn_send(conn, &conn->down, ITEM_END, 0, NULL, 0);
        conn_sweep(conn);
    }
}

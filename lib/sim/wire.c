#include "sim/wire.h"

#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "sim/watch.h"

struct wire wire;

static void on_deliver(void *context);

static void pipe_init(struct pipe *pipe, struct conn *conn, bool is_up, struct node *receiver)
{
    *pipe = (struct pipe){.conn = conn, .is_up = is_up};
    pipe->last = &pipe->first;
    happening_init(&pipe->deliver, receiver, on_deliver, pipe);
}

static void arm(struct pipe *pipe)
{
    if (pipe->first && !pipe->is_held)
        happening_set(&pipe->deliver, pipe->first->due_us);
    else
        happening_cancel(&pipe->deliver);
}

static void drop_first(struct pipe *pipe)
{
    struct item *item = pipe->first;
    pipe->first = item->next;
    if (!pipe->first)
        pipe->last = &pipe->first;
    pipe->bytes -= item->len - item->taken;
    free(item);
}

static void drop_all(struct pipe *pipe)
{
    while (pipe->first)
        drop_first(pipe);
    happening_cancel(&pipe->deliver);
}

/* ---- sending ---- */

static int64_t delay_us(const struct conn *conn)
{
    if (chance_one_in(400))
        return chance_between(200000, 3000000); /* lost, and sent again */
    return conn->latency_us + chance_between(0, conn->latency_us / 4 + 200);
}

void conn_send(struct conn *conn, struct pipe *pipe, enum item_kind kind, int code,
               const char *text, size_t len)
{
    if (pipe->is_closed)
        return;
    struct item *item = malloc(sizeof *item + len + 1);
    if (!item)
        abort();
    int64_t due_us = world.now_us + delay_us(conn);
    if (due_us < pipe->last_us)
        due_us = pipe->last_us;
    *item = (struct item){.kind = kind, .code = code, .due_us = due_us, .len = len};
    if (len)
        memcpy(item->text, text, len);
    item->text[len] = '\0';
    *pipe->last = item;
    pipe->last = &item->next;
    pipe->last_us = due_us;
    pipe->bytes += len;
    if (pipe->first == item)
        arm(pipe);
}

static void on_sweep(void *context)
{
    conn_sweep(context);
}

struct conn *conn_new(struct node *client, const struct request *request, bool is_websocket,
                      const struct conn_end *end, void *context)
{
    struct conn *conn = calloc(1, sizeof *conn);
    if (!conn)
        abort();
    conn->number = ++wire.numbers;
    conn->client = client;
    conn->server_node = wire.server_node;
    conn->end = end;
    conn->choice = -1;
    conn->context = context;
    conn->request = *request;
    conn->is_websocket = is_websocket;
    conn->latency_us =
        chance_one_in(4) ? chance_between(20000, 300000) : chance_between(200, 20000);
    conn->window = (size_t)chance_between(4, 64) * 1024;
    conn->client_heard_us = world.now_us;
    server_side_init(conn);
    happening_init(&conn->sweep, NULL, on_sweep, conn);
    pipe_init(&conn->up, conn, true, wire.server_node);
    pipe_init(&conn->down, conn, false, client);
    DL_APPEND(wire.conns, conn);
    wire.count++;
    if (wire.server) {
        conn->server_is_open = true;
        conn_send(conn, &conn->up, ITEM_REQUEST, 0, NULL, 0);
    } else { /* nobody listens: refused */
        conn->up.is_closed = true;
        conn_send(conn, &conn->down, ITEM_END, 0, NULL, 0);
    }
    return conn;
}

/* ---- arriving ---- */

static void client_takes(struct conn *conn, struct item *item)
{
    void *context = conn->context;
    conn->client_heard_us = world.now_us;
    switch (item->kind) {
    case ITEM_RESPONSE:
        conn->end->on_response(context, item->code, item->text, item->len);
        break;
    case ITEM_OPENED:
        conn->end->on_opened(context);
        break;
    case ITEM_TEXT:
        conn->end->on_text(context, item->text, item->len);
        break;
    case ITEM_CLOSE:
        conn->end->on_close(context, item->code);
        break;
    case ITEM_END:
        conn->end->on_end(context);
        break;
    case ITEM_PING:
        conn_send(conn, &conn->up, ITEM_PONG, 0, NULL, 0);
        break;
    case ITEM_PONG:
        break;
    case ITEM_REQUEST:
    case ITEM_BODY:
    case ITEM_BODY_END:
    case ITEM_BINARY:
        abort();
    }
}

/* Messages come in pieces now and then. False: the rest comes later. */
static bool is_whole(struct item *item, size_t *bytes)
{
    *bytes = item->len - item->taken;
    if (*bytes < 2 || !chance_one_in(20))
        return true;
    *bytes = (size_t)chance_between(1, (int64_t)*bytes - 1);
    return false;
}

static void deliver_up(struct pipe *pipe)
{
    struct item *item = pipe->first;
    size_t bytes;
    bool is_last = is_whole(item, &bytes);
    if (!is_last) {
        server_side_take(pipe->conn, item, bytes, false);
        if (pipe->first != item)
            return; /* it was too much */
        item->taken += bytes;
        pipe->bytes -= bytes;
        item->due_us = world.now_us + chance_between(0, 5000);
        return;
    }
    pipe->first = item->next;
    if (!pipe->first)
        pipe->last = &pipe->first;
    pipe->bytes -= bytes;
    server_side_take(pipe->conn, item, bytes, true);
    free(item);
}

static void deliver_down(struct pipe *pipe)
{
    struct item *item = pipe->first;
    pipe->first = item->next;
    if (!pipe->first)
        pipe->last = &pipe->first;
    pipe->bytes -= item->len;
    client_takes(pipe->conn, item);
    free(item);
}

static void on_deliver(void *context)
{
    struct pipe *pipe = context;
    struct conn *conn = pipe->conn;
    if (pipe->is_up)
        deliver_up(pipe);
    else
        deliver_down(pipe);
    if (!pipe->is_up && conn->server_is_open)
        server_side_room(conn);
    arm(pipe);
    conn_sweep(conn);
}

/* ---- ends ---- */

void pipe_hold(struct pipe *pipe, bool is_held)
{
    pipe->is_held = is_held;
    arm(pipe);
}

void conn_close_client(struct conn *conn, bool is_silent)
{
    conn->context = NULL;
    conn->down.is_closed = true;
    drop_all(&conn->down);
    if (is_silent)
        pipe_hold(&conn->up, true);
    conn_send(conn, &conn->up, ITEM_END, 0, NULL, 0);
    happening_set(&conn->sweep, world.now_us);
}

void conn_break(struct conn *conn, bool server_hears, bool client_hears)
{
    struct item *item = conn->up.first;
    if (item && item->due_us <= world.now_us + conn->latency_us && item->len - item->taken > 1 &&
        conn->server_is_open && chance_one_in(2)) {
        struct node *before = node_enter(conn->server_node);
        server_side_take(conn, item,
                         (size_t)chance_between(1, (int64_t)(item->len - item->taken) - 1), false);
        node_wake(conn->server_node);
        node_enter(before);
    }
    drop_all(&conn->up);
    drop_all(&conn->down);
    conn->up.is_held = conn->down.is_held = false;
    if (conn->server_is_open)
        conn_send(conn, &conn->up, ITEM_END, 0, NULL, 0);
    if (conn->context)
        conn_send(conn, &conn->down, ITEM_END, 0, NULL, 0);
    pipe_hold(&conn->up, !server_hears);
    pipe_hold(&conn->down, !client_hears);
}

void conn_sweep(struct conn *conn)
{
    if (conn->context || conn->server_is_open)
        return;
    drop_all(&conn->up);
    drop_all(&conn->down);
    happening_cancel(&conn->writeable);
    happening_cancel(&conn->cut);
    happening_cancel(&conn->sweep);
    DL_DELETE(wire.conns, conn);
    wire.count--;
    watch_conn_freed(conn);
    free(conn);
}

void wire_release(void)
{
    struct conn *conn, *next;
    DL_FOREACH_SAFE(wire.conns, conn, next)
    {
        conn->context = NULL;
        conn->server_is_open = false;
        conn_sweep(conn);
    }
    wire = (struct wire){.server = NULL};
}

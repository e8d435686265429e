/* What is due when: rooms, sockets that are silent, commits that failed, uploads that were left
 * lying. */
#include <utlist.h>

#include "server/exchange.h"
#include "server/house.h"
#include "server/net.h"
#include "server/server_inner.h"
#include "server/socket.h"

static int64_t min_ms(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int64_t server_next_ms(const struct server *server)
{
    const struct deadline *first = deadlines_first(&server->deadlines);
    int64_t next_ms = server->next_expire_ms;
    if (server->socket_count > 0)
        next_ms = min_ms(next_ms, server->next_visit_ms);
    if (server->waiting_links)
        next_ms = min_ms(next_ms, server->next_sweep_ms);
    if (server->turn.is_stuck)
        next_ms = min_ms(next_ms, server->turn.retry_ms);
    else if (first)
        next_ms = min_ms(next_ms, first->at_ms);
    next_ms = min_ms(next_ms, analyses_next_ms(server));
    if (server->is_draining)
        next_ms = min_ms(next_ms, server->drain_until_ms);
    return next_ms;
}

void server_add_visit(struct server *server, struct socket *socket)
{
    /* Where the hand has just been: the whole round lies before it. */
    socket->visit = (server->visit + VISITS - 1) % VISITS;
    DL_APPEND2(server->visits[socket->visit], socket, visit_prev, visit_next);
    if (server->socket_count++ == 0)
        server->next_visit_ms = server_now_ms(server) + VISIT_MS;
    server_rearm(server);
}

void server_remove_visit(struct server *server, struct socket *socket)
{
    DL_DELETE2(server->visits[socket->visit], socket, visit_prev, visit_next);
    server->socket_count--;
}

static void visit(struct server *server)
{
    struct socket *socket, *next;
    DL_FOREACH_SAFE2(server->visits[server->visit], socket, next, visit_next)
    {
        socket_visit(socket);
    }
    server->visit = (server->visit + 1) % VISITS;
    server->next_visit_ms += VISIT_MS;
    if (server->next_visit_ms <= server_now_ms(server)) /* the process was stopped meanwhile */
        server->next_visit_ms = server_now_ms(server) + VISIT_MS;
}

void server_tell_departures(struct server *server)
{
    while (server->departing) {
        struct socket *socket = server->departing;
        server->departing = socket->departing_next;
        socket_tell_departure(socket);
        socket_unref(socket);
    }
}

void server_wake(struct server *server)
{
    int64_t now_ms = server_now_ms(server);
    house_tick(server);
    turn_flush(server); /* a start does not wait for the pings */
    if (server->socket_count > 0 && server->next_visit_ms <= now_ms)
        visit(server);
    if (server->waiting_links && server->next_sweep_ms <= now_ms) {
        net_sweep(server);
        server->next_sweep_ms = now_ms + SWEEP_MS;
    }
    analyses_wake(server);
    if (server->next_expire_ms <= now_ms) {
        uploads_expire(server->uploads, now_ms);
        server->next_expire_ms = now_ms + UPLOADS_EXPIRE_MS;
    }
    turn_flush(server);
}

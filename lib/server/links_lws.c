/* The server's connections as such: how many an address has, and how long each may take over a
 * request. */
#include <libwebsockets.h>

#include <utlist.h>

#include "base/mem.h"
#include "proto/limits.h"
#include "server/exchange.h"
#include "server/link_lws.h"
#include "server/net.h"
#include "server/server_inner.h"
#include "server/socket.h"

void link_wait(struct link *link, enum link_wait waits_for)
{
    struct server *server = link->server;
    int64_t now_ms = server_now_ms(server);
    if (link->waits_for != LINK_WAITS_FOR_NOTHING)
        DL_DELETE(server->waiting_links, link);
    link->waits_for = waits_for;
    link->since_ms = now_ms;
    link->received = 0;
    if (waits_for == LINK_WAITS_FOR_NOTHING)
        return;
    if (!server->waiting_links)
        server->next_sweep_ms = now_ms + SWEEP_MS;
    DL_APPEND(server->waiting_links, link);
    server_rearm(server);
}

struct link *link_of(struct lws *wsi)
{
    struct link *link = lws_get_opaque_user_data(wsi);
    if (link)
        return link;
    struct server *server = lws_vhost_user(lws_get_vhost(wsi));
    link = server ? mem_zalloc(sizeof *link) : NULL;
    if (!link)
        return NULL;
    link->server = server;
    link->wsi = wsi;
    lws_set_opaque_user_data(wsi, link);
    return link;
}

bool link_may_come(struct lws *listener, int fd)
{
    char address[LIMITER_ADDRESS_SIZE] = "";
    struct server *server = lws_vhost_user(lws_get_vhost(listener));
    return !lws_get_peer_simple_fd(fd, address, sizeof address) ||
           !server_limits(server, address) ||
           limiter_connections(&server->limiter, address) <
               LIMIT_CONNECTIONS + LIMIT_CONNECTIONS_TOLD;
}

void link_open(struct lws *wsi)
{
    char address[LIMITER_ADDRESS_SIZE] = "";
    struct link *link = link_of(wsi);
    if (!link) {
        link_cut(wsi);
        return;
    }
    struct server *server = link->server;
    server_read_clock(server);
    link_wait(link, LINK_WAITS_FOR_HEAD);
    if (!lws_get_peer_simple(wsi, address, sizeof address) || !server_limits(server, address))
        return;
    link->address = limiter_enter(&server->limiter, address, server->now_us);
    if (!link->address)
        return;
    link->is_crowded = link->address->connections > LIMIT_CONNECTIONS;
}

void link_close(struct lws *wsi)
{
    struct link *link = lws_get_opaque_user_data(wsi);
    if (!link)
        return;
    lws_set_opaque_user_data(wsi, NULL);
    link_wait(link, LINK_WAITS_FOR_NOTHING);
    limiter_leave(link->address);
    http_on_gone(link);
    if (link->socket) /* the upgrade was not finished */
        socket_closed(link->socket);
    mem_free(link);
}

void link_cut(struct lws *wsi)
{
    lws_set_timeout(wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
    /* On libuv a time-out that is set outside libwebsockets' callbacks is not seen before something
     * else happens; so something does. */
    lws_cancel_service(lws_get_context(wsi));
}

static void look_at_body(struct link *link, int64_t now_ms)
{
    struct exchange *exchange = link->exchange;
    if (now_ms - link->since_ms < LIMIT_BODY_MS)
        return;
    if (link->received >= LIMIT_BODY_BYTES_MIN) {
        link_wait(link, LINK_WAITS_FOR_BODY); /* once more */
        return;
    }
    if (!exchange || exchange->is_answered) {
        link_cut(link->wsi);
        return;
    }
    link->closes_after = true;
    link->is_chunked = false;
    if (exchange->patch)
        http_upload_gone(exchange); /* what has come stays, and can be gone on with */
    exchange_fail_with(exchange, 408, REASON_SLOW, NULL); /* RFC 9110, section 15.5.9 */
    link_wait(link, LINK_WAITS_FOR_BODY);                 /* for so long it may take the answer */
}

static int64_t limit_ms(const struct link *link)
{
    if (link->waits_for == LINK_WAITS_FOR_TAKING)
        return LIMIT_TAKING_MS;
    return link->was_used ? LIMIT_NEXT_HEAD_MS : LIMIT_HEAD_MS;
}

void net_sweep(struct server *server)
{
    struct link *link, *next;
    int64_t now_ms = server_now_ms(server);
    DL_FOREACH_SAFE(server->waiting_links, link, next)
    {
        if (link->waits_for == LINK_WAITS_FOR_BODY)
            look_at_body(link, now_ms);
        else if (now_ms - link->since_ms >= limit_ms(link))
            link_cut(link->wsi);
    }
}

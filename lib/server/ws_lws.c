/* The server's sockets by libwebsockets, on libuv. */
#include <libwebsockets.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/log.h"
#include "base/mem.h"
#include "proto/limits.h"
#include "server/link_lws.h"
#include "server/net.h"
#include "server/server_inner.h"
#include "server/socket.h"
#include "server/tls.h"

enum {
    /* A socket's own buffer: longer messages come in pieces, which few do. */
    RX_BUFFER = 1024,
    SERVICE_BUFFER = 16 * 1024,
    HEADER_DATA = 2 * LIMIT_HEAD, /* kept of a request; what is larger is cut without an answer */
    REQUEST_TIMEOUT_S = 2 * LIMIT_BODY_MS / 1000, /* links_lws.c is there before it */
    KEEPALIVE_S = LIMIT_NEXT_HEAD_MS / 1000,
    /* The kernel's; what it holds back is not seen by LIMIT_SOCKET_QUEUE. */
    SEND_BUFFER = 64 * 1024
};

_Static_assert(FRAME_HEADROOM >= LWS_PRE, "frames are written in place");

struct net {
    struct lws_vhost *vhost;
    void *ssl_ctx; /* OpenSSL's, the vhost's own; NULL: plain */
};

/* libwebsockets 4.1 frees a context that sits on another's loop while that loop still holds its
 * handles. So there is one for as long as the process lives. */
static struct {
    struct lws_context *context;
    void *loops[1];
    char last_error[200]; /* what it said when something failed */
    void *ssl_ctx;        /* of the vhost that is being made; it is shown to a callback alone */
} process;

static int on_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                       size_t len);

static const struct lws_protocols protocols[] = {
    {.name = "debate", .callback = on_callback, .rx_buffer_size = RX_BUFFER},
    {.name = NULL},
};

/* The sockets' liveness is ours (socket_visit). libwebsockets would keep a time for each in a
 * sorted list, and walk along it at every pong and every new connection. */
static const lws_retry_bo_t no_liveness;

/* ---- callbacks ---- */

static void on_established(struct lws *wsi, struct link *link)
{
    int size = SEND_BUFFER;
    (void)setsockopt(lws_get_socket_fd(wsi), SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    link_wait(link, LINK_WAITS_FOR_NOTHING);
    socket_opened(link->socket, wsi);
}

static void on_closed(struct link *link)
{
    struct socket *socket = link->socket;
    link->socket = NULL;
    if (socket)
        socket_closed(socket);
}

static int on_socket_writeable(struct lws *wsi, struct link *link)
{
    int code = link->socket ? socket_writeable(link->socket) : 0;
    if (!code)
        return 0;
    /* To return -1 would be the usual way; but Debian's build closes a connection on libuv twice
     * then (service.c, "uv repeat test"), and the second time without a word. Asked for so, the
     * close frame is sent, and the other side's is waited for. */
    lws_close_reason(wsi, (enum lws_close_status)code, NULL, 0);
    lws_set_timeout(wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_SYNC);
    return 0;
}

static int on_socket(struct lws *wsi, struct link *link, enum lws_callback_reasons reason, void *in,
                     size_t len)
{
    switch ((int)reason) {
    case LWS_CALLBACK_ESTABLISHED:
        on_established(wsi, link);
        return 0;
    case LWS_CALLBACK_RECEIVE:
        if (link->socket)
            socket_received(link->socket, in, len, lws_frame_is_binary(wsi),
                            lws_is_final_fragment(wsi) && lws_remaining_packet_payload(wsi) == 0);
        return 0;
    case LWS_CALLBACK_SERVER_WRITEABLE:
        return on_socket_writeable(wsi, link);
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
        if (link->socket)
            socket_peer_closes(link->socket);
        return 0;
    case LWS_CALLBACK_CLOSED:
        on_closed(link);
        return 0;
    default:
        return 0;
    }
}

static int on_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                       size_t len)
{
    struct link *link;
    switch ((int)reason) {
    case LWS_CALLBACK_OPENSSL_LOAD_EXTRA_SERVER_VERIFY_CERTS:
        process.ssl_ctx = user;
        return 0;
    case LWS_CALLBACK_FILTER_NETWORK_CONNECTION:
        return link_may_come(wsi, (int)(intptr_t)in) ? 0 : -1;
    case LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED:
        link_open(wsi);
        return 0;
    case LWS_CALLBACK_WSI_DESTROY:
        link_close(wsi);
        return 0;
    case LWS_CALLBACK_HTTP:
    case LWS_CALLBACK_HTTP_BODY:
    case LWS_CALLBACK_HTTP_BODY_COMPLETION:
    case LWS_CALLBACK_HTTP_WRITEABLE:
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
    case LWS_CALLBACK_CLOSED_HTTP:
    case LWS_CALLBACK_ESTABLISHED:
    case LWS_CALLBACK_RECEIVE:
    case LWS_CALLBACK_SERVER_WRITEABLE:
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
    case LWS_CALLBACK_CLOSED:
        break;
    default:
        return 0;
    }
    if (!(link = link_of(wsi)))
        return -1;
    server_read_clock(link->server);
    switch ((int)reason) {
    case LWS_CALLBACK_HTTP:
        return http_on_request(wsi, link);
    case LWS_CALLBACK_HTTP_BODY:
        return http_on_body(link, in, len);
    case LWS_CALLBACK_HTTP_BODY_COMPLETION:
        return http_on_body_end(link);
    case LWS_CALLBACK_HTTP_WRITEABLE:
        return http_on_writeable(wsi, link);
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
        return http_on_upgrade(wsi, link, in);
    case LWS_CALLBACK_CLOSED_HTTP:
        http_on_gone(link);
        return 0;
    default:
        return on_socket(wsi, link, reason, in, len);
    }
}

/* ---- what the rules ask for ---- */

bool net_can_write(const struct socket *socket)
{
    return socket->wsi && !lws_partial_buffered(socket->wsi);
}

bool net_write(struct socket *socket, struct frame *frame)
{
    int written = lws_write(socket->wsi, frame->bytes + FRAME_HEADROOM, frame->len, LWS_WRITE_TEXT);
    if (written >= (int)frame->len)
        return true;
    net_cut(socket);
    return false;
}

void net_cork(struct socket *socket, bool is_on)
{
    int on = is_on;
    if (socket->wsi)
        (void)setsockopt(lws_get_socket_fd(socket->wsi), IPPROTO_TCP, TCP_CORK, &on, sizeof on);
}

bool net_ping(struct socket *socket)
{
    /* Not empty: libwebsockets 4.1 does not tell of an empty pong, and pongs repeat their ping. */
    unsigned char bytes[LWS_PRE + 1] = {[LWS_PRE] = '.'};
    if (!net_can_write(socket))
        return true; /* it has enough to read; whether it lives is seen by what it sends */
    if (lws_write(socket->wsi, bytes + LWS_PRE, 1, LWS_WRITE_PING) >= 0)
        return true;
    net_cut(socket);
    return false;
}

int64_t net_silent_ms(const struct socket *socket)
{
    struct tcp_info info;
    socklen_t len = sizeof info;
    if (!socket->wsi ||
        getsockopt(lws_get_socket_fd(socket->wsi), IPPROTO_TCP, TCP_INFO, &info, &len))
        return INT64_MAX;
    return info.tcpi_last_data_recv;
}

void net_want_write(struct socket *socket)
{
    if (socket->wsi)
        lws_callback_on_writable(socket->wsi);
}

void net_cut(struct socket *socket)
{
    if (socket->wsi)
        link_cut(socket->wsi);
}

/* ---- listening ---- */

static void on_log(int level, const char *line)
{
    int len = (int)strcspn(line, "\n");
    if (level == LLL_ERR)
        snprintf(process.last_error, sizeof process.last_error, "%.*s", len, line);
    log_debug("libwebsockets: %.*s", len, line);
}

static enum err make_context(uv_loop_t *loop)
{
    if (process.context)
        return process.loops[0] == loop ? ERR_NONE : ERR_INTERNAL;
    process.loops[0] = loop;
    lws_set_log_level(LLL_ERR | LLL_WARN, on_log);
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN,
        .options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_EXPLICIT_VHOSTS |
                   LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT,
        .foreign_loops = process.loops,
        .pt_serv_buf_size = SERVICE_BUFFER,
        .max_http_header_data = HEADER_DATA,
        .max_http_header_pool = LIMIT_HEADS,
        .timeout_secs = REQUEST_TIMEOUT_S,
        .server_string = "debate",
        .gid = (gid_t)-1,
        .uid = (uid_t)-1,
    };
    process.context = lws_create_context(&info);
    return process.context ? ERR_NONE : ERR_NO_MEMORY;
}

static bool is_any_address(const char *host)
{
    return strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0;
}

/* What makes a vhost one of TLS. The certificate comes by net_use_tls. */
static void add_tls(struct lws_context_creation_info *info)
{
    info->options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT | LWS_SERVER_OPTION_CREATE_VHOST_SSL_CTX |
                     LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS; /* no client comes from here */
    info->alpn = "http/1.1";                                /* h2 is another protocol */
}

enum err net_use_tls(struct net *net, const struct tls *tls)
{
    return net->ssl_ctx ? tls_use(tls, net->ssl_ctx) : ERR_INTERNAL;
}

enum err net_new(uv_loop_t *loop, struct server *server, const char *host, int port,
                 const struct tls *tls, struct net **out, char *url, size_t url_size, char *why,
                 size_t why_size)
{
    struct net *net = mem_zalloc(sizeof *net);
    bool is_v6 = strchr(host, ':') != NULL;
    enum err e = net ? make_context(loop) : ERR_NO_MEMORY;
    if (e) {
        snprintf(why, why_size, "no memory left to listen");
        mem_free(net);
        return e;
    }
    process.last_error[0] = '\0';
    struct lws_context_creation_info info = {
        .port = port,
        .iface = is_any_address(host) ? NULL : host,
        .protocols = protocols,
        .options = LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND |
                   (is_v6 ? 0 : LWS_SERVER_OPTION_DISABLE_IPV6),
        .keepalive_timeout = KEEPALIVE_S,
        .retry_and_idle_policy = &no_liveness,
        .vhost_name = "debate",
        .user = server,
    };
    process.ssl_ctx = NULL;
    if (tls)
        add_tls(&info);
    net->vhost = lws_create_vhost(process.context, &info);
    net->ssl_ctx = process.ssl_ctx;
    if (!net->vhost || lws_get_vhost_listen_port(net->vhost) <= 0) {
        snprintf(why, why_size,
                 "cannot listen on %s port %d: is it in use, not of this machine, or a port below "
                 "1024, which root alone may use? choose another with --listen (%s)",
                 host, port, process.last_error);
        if (net->vhost)
            lws_vhost_destroy(net->vhost);
        mem_free(net);
        return ERR_IO;
    }
    if (tls && net_use_tls(net, tls)) {
        snprintf(why, why_size, "OpenSSL does not take the certificate: is its key too weak?");
        lws_vhost_destroy(net->vhost);
        mem_free(net);
        return ERR_BAD_REQUEST;
    }
    snprintf(url, url_size, is_v6 ? "%s://[%s]:%d" : "%s://%s:%d", tls ? "https" : "http", host,
             lws_get_vhost_listen_port(net->vhost));
    *out = net;
    return ERR_NONE;
}

void net_stop(struct net *net)
{
    if (net->vhost)
        lws_vhost_destroy(net->vhost);
    net->vhost = NULL;
}

void net_free(struct net *net)
{
    mem_free(net);
}

#include "session/ws_client.h"

#include <libwebsockets.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "proto/limits.h"
#include "session/cert.h"
#include "session/network_watch.h"
#include "session/rejoin.h"

enum {
    WS_QUEUE_MAX = LIMIT_SOCKET_QUEUE, /* bytes that may wait */
    WS_MESSAGE_MAX = 1024 * 1024,      /* bytes; the largest `welcome` holds an agenda */
    WS_IDLE_PING_S = 6, /* after the server's own ping (5 s): only a dead line meets it */
    WS_IDLE_HANGUP_S = 12,
    WS_CONNECT_TIMEOUT_S = 10
};

enum ws_state { WS_CONNECTING, WS_OPEN, WS_CLOSING, WS_GONE };

struct ws_message {
    struct ws_message *next;
    size_t len;
    unsigned char bytes[]; /* LWS_PRE of room, then the text */
};

struct ws_client {
    struct lws_context *context;
    struct ws_handler handler;
    struct lws *wsi;
    enum ws_state state;
    bool is_freed;      /* by the owner; the wsi still lives */
    bool is_in_connect; /* nothing may be called back */
    bool is_told;       /* on_close was called */
    bool is_untrusted;  /* the server's certificate was refused */
    int close_code;     /* what we close with; 0: not closing */
    int got_code, got_status;
    char why[160];
    char *address, *authorization, *language;
    struct buf message; /* a fragmented one, coming in */
    struct ws_message *first, *last;
    size_t queued;
    lws_sorted_usec_list_t soon;
};

struct ws_runtime {
    uv_loop_t *loop;
};

/* libwebsockets 4.1 frees a context that sits on another's loop while that loop still holds its
 * handles. So there is one for as long as the process lives (a second one for TLS, because the
 * certificates of the system's authorities cost a megabyte that plain connections need not pay),
 * and its own handles do not keep the loop running. */
static struct {
    struct lws_context *context;
    void *loops[1];
} process_contexts[2];

static const lws_retry_bo_t idle_policy = {.secs_since_valid_ping = WS_IDLE_PING_S,
                                           .secs_since_valid_hangup = WS_IDLE_HANGUP_S};

static void free_now(struct ws_client *client)
{
    lws_sul_cancel(&client->soon);
    for (struct ws_message *next; client->first; client->first = next) {
        next = client->first->next;
        mem_free(client->first);
    }
    buf_release(&client->message);
    mem_free(client->address);
    mem_free(client->authorization);
    mem_free(client->language);
    mem_free(client);
}

static void tell_closed(struct ws_client *client)
{
    if (client->is_told || client->is_freed)
        return;
    client->is_told = true;
    /* The handler may free the client, and goes on reading why. */
    char why[sizeof client->why];
    memcpy(why, client->why, sizeof why);
    client->handler.on_close(client->handler.context, client->got_code, client->got_status, why);
}

static void on_soon(lws_sorted_usec_list_t *soon)
{
    tell_closed(lws_container_of(soon, struct ws_client, soon));
}

/* The wsi is no more. */
static void gone(struct ws_client *client)
{
    client->wsi = NULL;
    client->state = WS_GONE;
    if (client->is_freed)
        free_now(client);
    else if (client->is_in_connect)
        lws_sul_schedule(client->context, 0, &client->soon, on_soon, 1);
    else
        tell_closed(client);
}

static void on_error(struct ws_client *client, struct lws *wsi, const char *why, size_t len)
{
    client->got_code = WS_CLOSE_UNCLEAN;
    client->got_status = (int)lws_http_client_http_response(wsi);
    /* Before a status line it is whatever the memory held. */
    if (client->got_status < 100 || client->got_status > 599)
        client->got_status = 0;
    if (client->is_untrusted)
        why = NULL;
    snprintf(client->why, sizeof client->why, "%.*s", why ? (int)len : INT_MAX,
             why                    ? why
             : client->is_untrusted ? "the server's certificate cannot be trusted"
                                    : "no connection");
    gone(client);
}

static int append_header(struct lws *wsi, const char *name, const char *value, unsigned char **at,
                         unsigned char *end)
{
    return lws_add_http_header_by_name(wsi, (const unsigned char *)name,
                                       (const unsigned char *)value, (int)strlen(value), at, end);
}

static int on_handshake(struct ws_client *client, struct lws *wsi, unsigned char **at, size_t len)
{
    unsigned char *end = *at + len;
    if (client->authorization &&
        append_header(wsi, "authorization:", client->authorization, at, end))
        return -1;
    if (client->language && append_header(wsi, "accept-language:", client->language, at, end))
        return -1;
    return 0;
}

static int on_receive(struct ws_client *client, struct lws *wsi, const char *data, size_t len)
{
    bool is_last = lws_is_final_fragment(wsi) && lws_remaining_packet_payload(wsi) == 0;
    if (lws_frame_is_binary(wsi) || client->state != WS_OPEN)
        return 0;
    if (is_last && client->message.len == 0) {
        client->handler.on_text(client->handler.context, data, len);
        return 0;
    }
    if (buf_append(&client->message, data, len)) {
        snprintf(client->why, sizeof client->why, "a message beyond %d bytes", WS_MESSAGE_MAX);
        return -1;
    }
    if (!is_last)
        return 0;
    /* The handler may free the client, and with it the buffer. */
    size_t whole_len = client->message.len;
    char *whole = buf_take(&client->message);
    client->handler.on_text(client->handler.context, whole, whole_len);
    mem_free(whole);
    return 0;
}

/* Ends the connection, but not within this call. On libuv a time-out that is set outside its
 * callbacks is not seen before something else happens; so something does. */
static void kill_soon(struct ws_client *client)
{
    lws_set_timeout(client->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
    lws_cancel_service(client->context);
}

static bool write_first(struct ws_client *client)
{
    struct ws_message *message = client->first;
    client->first = message->next;
    if (!client->first)
        client->last = NULL;
    client->queued -= message->len;
    int written = lws_write(client->wsi, message->bytes + LWS_PRE, message->len, LWS_WRITE_TEXT);
    bool ok = written >= (int)message->len;
    mem_free(message);
    return ok;
}

static int on_writeable(struct ws_client *client, struct lws *wsi)
{
    while (client->first && !lws_send_pipe_choked(wsi)) {
        if (!write_first(client))
            return -1;
    }
    if (client->first) {
        lws_callback_on_writable(wsi);
        return 0;
    }
    if (!client->close_code)
        return 0;
    /* To return -1 would close it without a close frame: Debian's build closes twice then. */
    lws_close_reason(wsi, (enum lws_close_status)client->close_code, NULL, 0);
    lws_set_timeout(wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_SYNC);
    return 0;
}

static void on_peer_close(struct ws_client *client, const unsigned char *data, size_t len)
{
    client->got_code = len >= 2 ? data[0] << 8 | data[1] : 1005; /* RFC 6455, section 7.1.5 */
    if (len > 2)
        snprintf(client->why, sizeof client->why, "%.*s", (int)(len - 2), (const char *)data + 2);
    client->state = WS_CLOSING;
}

static int on_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                       size_t len)
{
    struct ws_client *client = wsi ? lws_get_opaque_user_data(wsi) : NULL;
    if (!client)
        return 0;
    switch ((int)reason) {
    case LWS_CALLBACK_OPENSSL_PERFORM_SERVER_CERT_VERIFICATION:
        /* `len` is what OpenSSL has found so far. libwebsockets 4.1 cuts an IPv6 address at its
         * first colon and then has nothing to compare: so all is compared here again. */
        client->is_untrusted |= len == 0 || !cert_is_for(user, client->address);
        return client->is_untrusted;
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
        return on_handshake(client, wsi, in, len);
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
        client->state = WS_OPEN;
        if (!client->is_freed)
            client->handler.on_open(client->handler.context);
        return 0;
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
        lws_set_opaque_user_data(wsi, NULL);
        on_error(client, wsi, in, len);
        return 0;
    case LWS_CALLBACK_CLIENT_RECEIVE:
        return client->is_freed ? 0 : on_receive(client, wsi, in, len);
    case LWS_CALLBACK_CLIENT_WRITEABLE:
        return client->is_freed ? -1 : on_writeable(client, wsi);
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
        on_peer_close(client, in, len);
        return 0;
    case LWS_CALLBACK_CLIENT_CLOSED:
    case LWS_CALLBACK_WSI_DESTROY: /* one that was given up while connecting */
        lws_set_opaque_user_data(wsi, NULL);
        gone(client);
        return 0;
    default:
        return 0;
    }
}

static const struct lws_protocols protocols[] = {
    {.name = "debate", .callback = on_callback, .rx_buffer_size = 16384},
    {.name = NULL},
};

static void log_line(int level, const char *line)
{
    (void)level;
    log_debug("libwebsockets: %.*s", (int)strcspn(line, "\n"), line);
}

static void count_handle(uv_handle_t *handle, void *context)
{
    (void)handle;
    ++*(size_t *)context;
}

/* Of the handles on the loop, those behind the first *context ones. */
static void unref_new_handle(uv_handle_t *handle, void *context)
{
    size_t *old = context;
    if (*old > 0)
        --*old;
    else
        uv_unref(handle);
}

static struct lws_context *get_context(uv_loop_t *loop, bool is_tls)
{
    size_t handles = 0;
    if (process_contexts[is_tls].context)
        return process_contexts[is_tls].loops[0] == loop ? process_contexts[is_tls].context : NULL;
    process_contexts[is_tls].loops[0] = loop;
    lws_set_log_level(LLL_ERR | LLL_WARN, log_line);
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN,
        .protocols = protocols,
        .ssl_client_options_set = SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1,
        .options = LWS_SERVER_OPTION_LIBUV | (is_tls ? LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT : 0),
        .foreign_loops = process_contexts[is_tls].loops,
        .retry_and_idle_policy = &idle_policy,
        .connect_timeout_secs = WS_CONNECT_TIMEOUT_S,
        .pt_serv_buf_size = 16384,
        .gid = (gid_t)-1,
        .uid = (uid_t)-1,
    };
    uv_walk(loop, count_handle, &handles);
    process_contexts[is_tls].context = lws_create_context(&info);
    uv_walk(loop, unref_new_handle, &handles);
    return process_contexts[is_tls].context;
}

enum err ws_runtime_new(uv_loop_t *loop, struct ws_runtime **out)
{
    struct ws_runtime *runtime = mem_zalloc(sizeof *runtime);
    if (!runtime)
        return ERR_NO_MEMORY;
    runtime->loop = loop;
    *out = runtime;
    return ERR_NONE;
}

void ws_runtime_free(struct ws_runtime *runtime)
{
    mem_free(runtime);
}

/* "Bearer " and the token; NULL without one, or without memory. */
static char *bearer(const char *token)
{
    struct buf value;
    buf_init(&value, LIMIT_TOKEN * 2);
    if (!token || buf_printf(&value, "Bearer %s", token))
        return NULL;
    return buf_take(&value);
}

static struct ws_client *client_new(struct lws_context *context, const char *address,
                                    const char *token, const char *language,
                                    const struct ws_handler *handler)
{
    struct ws_client *client = mem_zalloc(sizeof *client);
    if (!client)
        return NULL;
    client->context = context;
    client->handler = *handler;
    client->got_code = WS_CLOSE_UNCLEAN;
    client->address = mem_strdup(address);
    client->authorization = bearer(token);
    client->language = language ? mem_strdup(language) : NULL;
    buf_init(&client->message, WS_MESSAGE_MAX);
    if (!client->address || (token && !client->authorization) || (language && !client->language)) {
        free_now(client);
        return NULL;
    }
    return client;
}

enum err ws_connect(struct ws_runtime *runtime, const char *url, const char *token,
                    const char *language, const struct ws_handler *handler, struct ws_client **out)
{
    char parts[2048], path[2048], host[512];
    const char *scheme, *address, *rest;
    int port = 0;
    if (strlen(url) >= sizeof parts)
        return ERR_BAD_REQUEST;
    strcpy(parts, url);
    if (lws_parse_uri(parts, &scheme, &address, &port, &rest) || !*address)
        return ERR_BAD_REQUEST;
    bool is_tls = strcmp(scheme, "https") == 0 || strcmp(scheme, "wss") == 0;
    if (!is_tls && strcmp(scheme, "http") != 0 && strcmp(scheme, "ws") != 0)
        return ERR_BAD_REQUEST;
    snprintf(path, sizeof path, "/%s", rest);
    bool is_v6 = strchr(address, ':') != NULL;
    snprintf(host, sizeof host, is_v6 ? "[%s]:%d" : "%s:%d", address, port);
    if (port == (is_tls ? 443 : 80))
        *strrchr(host, ':') = '\0';
    struct lws_context *context = get_context(runtime->loop, is_tls);
    if (!context)
        return ERR_INTERNAL;
    struct ws_client *client = client_new(context, address, token, language, handler);
    if (!client)
        return ERR_NO_MEMORY;
    struct lws_client_connect_info info = {
        .context = context,
        .address = address,
        .host = host,
        .origin = NULL,
        .port = port,
        .path = path,
        .ssl_connection =
            (is_tls ? LCCSCF_USE_SSL : 0) | (is_v6 ? LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK : 0),
        .alpn = "http/1.1", /* by itself it asks for h2, where WebSockets are another matter */
        .local_protocol_name = protocols[0].name,
        .ietf_version_or_minus_one = -1,
        .retry_and_idle_policy = &idle_policy,
        .opaque_user_data = client,
        .pwsi = &client->wsi,
    };
    *out = client;
    client->is_in_connect = true;
    bool started = lws_client_connect_via_info(&info) != NULL;
    client->is_in_connect = false;
    if (!started && client->state != WS_GONE) {
        snprintf(client->why, sizeof client->why, "no connection");
        client->is_in_connect = true;
        gone(client);
        client->is_in_connect = false;
    }
    return ERR_NONE;
}

enum err ws_send(struct ws_client *client, const char *text, size_t len)
{
    if (client->state != WS_OPEN || client->close_code)
        return ERR_UNREACHABLE;
    if (len > WS_QUEUE_MAX - client->queued)
        return ERR_FULL;
    struct ws_message *message = mem_alloc(sizeof *message + LWS_PRE + len);
    if (!message)
        return ERR_NO_MEMORY;
    message->next = NULL;
    message->len = len;
    memcpy(message->bytes + LWS_PRE, text, len);
    bool is_first = !client->first;
    if (is_first)
        client->first = message;
    else
        client->last->next = message;
    client->last = message;
    client->queued += len;
    /* At once where possible: waiting for WRITEABLE costs a turn of the loop. */
    if (is_first && !lws_send_pipe_choked(client->wsi) && !write_first(client)) {
        kill_soon(client);
        return ERR_UNREACHABLE;
    }
    if (client->first)
        lws_callback_on_writable(client->wsi);
    return ERR_NONE;
}

void ws_close(struct ws_client *client, int code)
{
    if (client->state == WS_OPEN && !client->close_code) {
        client->close_code = code;
        client->got_code = code;
        lws_callback_on_writable(client->wsi);
    } else if (client->state == WS_CONNECTING && client->wsi) {
        kill_soon(client);
    }
}

void ws_cut(struct ws_client *client)
{
    if (!client->wsi)
        return;
    /* With no time to linger, close sends a reset. */
    struct linger none = {.l_onoff = 1, .l_linger = 0};
    setsockopt((int)lws_get_socket_fd(client->wsi), SOL_SOCKET, SO_LINGER, &none, sizeof none);
    kill_soon(client);
}

bool ws_is_stranded(const struct ws_client *client)
{
    return client->wsi && !network_has_address_of(lws_get_socket_fd(client->wsi));
}

void ws_free(struct ws_client *client)
{
    if (!client)
        return;
    client->is_freed = true;
    if (!client->wsi) {
        free_now(client);
        return;
    }
    if (client->state != WS_CLOSING)
        kill_soon(client);
}

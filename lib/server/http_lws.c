/* HTTP by libwebsockets: requests in, responses out. */
#include <libwebsockets.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "proto/limits.h"
#include "server/exchange.h"
#include "server/link_lws.h"
#include "server/net.h"
#include "server/server_inner.h"

enum {
    HEADERS_SIZE = 8192, /* of a response: tus' metadata come back in one */
    CHUNK = 16 * 1024,   /* written at once: who takes it within LIMIT_TAKING_MS goes on */
    URL_ARG_SIZE = LIMIT_TOKEN + 32,
    STATUS_NO_CONTENT = 204,
    STATUS_NOT_MODIFIED = 304
};

/* Headers that libwebsockets knows by a number; the others it keeps by name. */
static const struct {
    const char *name;
    enum lws_token_indexes token;
} known[] = {
    {"authorization", WSI_TOKEN_HTTP_AUTHORIZATION},
    {"accept-language", WSI_TOKEN_HTTP_ACCEPT_LANGUAGE},
    {"content-type", WSI_TOKEN_HTTP_CONTENT_TYPE},
    {"content-length", WSI_TOKEN_HTTP_CONTENT_LENGTH},
    {"if-none-match", WSI_TOKEN_HTTP_IF_NONE_MATCH},
    {"host", WSI_TOKEN_HOST},
    {"origin", WSI_TOKEN_ORIGIN},
    {"expect", WSI_TOKEN_HTTP_EXPECT},
    {"transfer-encoding", WSI_TOKEN_HTTP_TRANSFER_ENCODING},
    {"sec-websocket-version", WSI_TOKEN_VERSION},
    {"sec-websocket-key", WSI_TOKEN_KEY},
    {"sec-websocket-protocol", WSI_TOKEN_PROTOCOL},
};

static bool header(struct lws *wsi, const char *name, char *out, size_t out_size)
{
    char custom[64];
    out[0] = '\0';
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(known[i].name, name) == 0)
            return lws_hdr_copy(wsi, out, (int)out_size, known[i].token) > 0;
    }
    int len = snprintf(custom, sizeof custom, "%s:", name);
    if (lws_hdr_custom_length(wsi, custom, len) <= 0)
        return false;
    return lws_hdr_custom_copy(wsi, out, (int)out_size, custom, len) > 0;
}

bool net_header(struct exchange *exchange, const char *name, char *out, size_t out_size)
{
    return exchange->wsi && header(exchange->wsi, name, out, out_size);
}

void net_respond(struct exchange *exchange)
{
    const struct link *link = lws_get_opaque_user_data(exchange->wsi);
    if (!link->is_in_callback)
        lws_callback_on_writable(exchange->wsi);
}

/* ---- requests ---- */

static enum method method_of(int lws_method)
{
    /* The numbers that lws_http_get_uri_and_method gives (its LWSHUMETH_*). */
    switch (lws_method) {
    case LWSHUMETH_GET:
        return METHOD_GET;
    case LWSHUMETH_POST:
        return METHOD_POST;
    case LWSHUMETH_OPTIONS:
        return METHOD_OPTIONS;
    case LWSHUMETH_PATCH:
        return METHOD_PATCH;
    case LWSHUMETH_DELETE:
        return METHOD_DELETE;
    case LWSHUMETH_HEAD:
        return METHOD_HEAD;
    default:
        return METHOD_OTHER;
    }
}

/* The strings of a head, which lives on the stack of who handles the request. */
struct head_text {
    char path[1024], token[URL_ARG_SIZE], room_code[URL_ARG_SIZE], format[URL_ARG_SIZE],
        address[LIMITER_ADDRESS_SIZE];
};

static const char *url_arg(struct lws *wsi, const char *name, char *out)
{
    return lws_get_urlarg_by_name(wsi, name, out, URL_ARG_SIZE);
}

static struct exchange_head read_head(struct lws *wsi, struct head_text *text)
{
    char *uri = NULL, length[32];
    int uri_len = 0;
    struct exchange_head head = {.method =
                                     method_of(lws_http_get_uri_and_method(wsi, &uri, &uri_len))};
    snprintf(text->path, sizeof text->path, "%.*s", uri_len, uri ? uri : "");
    head.path = text->path;
    head.token = url_arg(wsi, "token=", text->token);
    head.room_code = url_arg(wsi, "room_code=", text->room_code);
    head.format = url_arg(wsi, "format=", text->format);
    if (!lws_get_peer_simple(wsi, text->address, sizeof text->address))
        text->address[0] = '\0';
    head.address = text->address;
    head.has_content_length = header(wsi, "content-length", length, sizeof length) &&
                              str_to_u64(length, UINT64_MAX / 2, &head.content_length);
    return head;
}

static bool is_coded(struct lws *wsi)
{
    return lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0;
}

static bool has_length(struct lws *wsi)
{
    return lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH) > 0;
}

/* A length beside them would have to be void, and who else read the request may have gone by it
 * (RFC 9112, section 6.3). */
static bool is_chunked(struct lws *wsi)
{
    char coding[32];
    return header(wsi, "transfer-encoding", coding, sizeof coding) &&
           strcasecmp(coding, "chunked") == 0 && !has_length(wsi);
}

/* Of names that it does not know libwebsockets tells nothing: those count by HEADER_DATA alone. */
static bool is_too_large(struct lws *wsi)
{
    int len = 0;
    for (int token = 0; token < WSI_TOKEN_COUNT; token++)
        len += lws_hdr_total_length(wsi, (enum lws_token_indexes)token);
    return len > LIMIT_HEAD;
}

static void refuse_head(struct exchange *exchange)
{
    exchange_fail_with(exchange, 431, REASON_HEAD_SIZE, NULL); /* RFC 6585, section 5 */
}

static bool may_have_body(enum method method)
{
    return method == METHOD_POST || method == METHOD_PATCH || method == METHOD_OTHER;
}

/* Where a request was sent behind another without waiting (RFC 9112, section 9.3.2), libwebsockets
 * 4.1 may give its head once more for the body, and then never come out of lws_http_action. So a
 * body that begins as its head does ends the connection, as that section allows. Nobody's body
 * does: neither JSON nor a recording. */
static bool is_head_again(const struct link *link, const char *data, size_t len)
{
    static const char *const heads[] = {"POST /", "PATCH /", "PUT /", "DELETE /"};
    if (!link->is_behind_another || link->received > 0)
        return false;
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        size_t head_len = strlen(heads[i]);
        if (memcmp(heads[i], data, len < head_len ? len : head_len) == 0)
            return true;
    }
    return false;
}

/* A client that asked whether its body is wanted waits with it (RFC 9110, section 10.1.1). */
static int ask_for_body(struct lws *wsi)
{
    static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";
    unsigned char out[LWS_PRE + sizeof text];
    char expect[32];
    const int len = (int)sizeof text - 1;
    if (!header(wsi, "expect", expect, sizeof expect) || strcasecmp(expect, "100-continue") != 0)
        return 0;
    memcpy(out + LWS_PRE, text, sizeof text);
    return lws_write(wsi, out + LWS_PRE, (size_t)len, LWS_WRITE_HTTP_HEADERS) < len ? -1 : 0;
}

/* libwebsockets would wait for a body without an end (RFC 9112, section 6.3: there is none), or
 * take the length that a coding makes void; what follows on this connection could not be told from
 * it. */
static void take_no_body(struct lws *wsi, struct exchange *exchange)
{
    if (exchange->is_answered)
        return;
    if (has_length(wsi))
        exchange_fail(exchange, ERR_BAD_REQUEST, REASON_FIELD_VALUE, "Content-Length");
    else if (is_coded(wsi))
        exchange_fail_with(exchange, 411, REASON_FIELD_MISSING,
                           "Content-Length"); /* RFC 9110, section 15.5.12 */
    else
        exchange_body_end(exchange);
}

/* Of the end of a body libwebsockets tells by its length alone, and of an empty one for a POST
 * alone. */
static void expect_body(struct lws *wsi, struct link *link, const struct exchange_head *head)
{
    char expect[32];
    struct exchange *exchange = link->exchange;
    bool is_told_length = head->has_content_length && !is_coded(wsi);
    if (!is_told_length)
        link->closes_after = true;
    if (is_chunked(wsi)) {
        /* Who is refused before the body was sent does not send it. */
        link->is_chunked = !exchange->is_answered || !header(wsi, "expect", expect, sizeof expect);
    } else if (!is_told_length) {
        take_no_body(wsi, exchange);
        link_wait(link, LINK_WAITS_FOR_NOTHING);
    } else if (head->content_length == 0 && head->method != METHOD_POST) {
        exchange_body_end(exchange);
        link_wait(link, LINK_WAITS_FOR_NOTHING);
    }
    /* Nor does libwebsockets come out of passing over a body that was sent behind another request.
     */
    if (link->is_behind_another && head->content_length > 0 && exchange->is_answered)
        link->passes_over = link->closes_after = true;
}

int http_on_request(struct lws *wsi, struct link *link)
{
    struct head_text text;
    struct exchange_head head = read_head(wsi, &text);
    struct exchange *exchange = exchange_new(link->server, wsi);
    if (!exchange)
        return -1;
    link->exchange = exchange;
    link->closes_after = link->is_crowded;
    link->is_behind_another = link->was_used;
    link->was_used = true;
    link->is_in_callback = true;
    head.is_crowded = link->is_crowded;
    bool has_body = may_have_body(head.method);
    link_wait(link, has_body ? LINK_WAITS_FOR_BODY : LINK_WAITS_FOR_NOTHING);
    if (is_too_large(wsi)) {
        link->closes_after = true;
        refuse_head(exchange);
    } else {
        exchange_begin(exchange, &head);
    }
    if (has_body)
        expect_body(wsi, link, &head);
    link->is_in_callback = false;
    if (!exchange->is_answered && ask_for_body(wsi))
        return -1;
    return http_on_writeable(wsi, link);
}

/* It is over, or none. Nothing behind it on this connection is heard. */
static int end_chunks(struct link *link, enum err e)
{
    struct exchange *exchange = link->exchange;
    link->is_chunked = false;
    if (!exchange)
        return -1; /* it was passed over, the response is out */
    if (exchange->is_answered)
        return 0;
    link_wait(link, LINK_WAITS_FOR_NOTHING);
    if (e) {
        http_upload_gone(exchange);
        exchange_fail(exchange, e, e == ERR_BAD_REQUEST ? REASON_FIELD_VALUE : REASON_NONE,
                      "Transfer-Encoding");
    } else {
        exchange_body_end(exchange);
    }
    return 0;
}

static int take_chunks(struct link *link, const char *data, size_t len)
{
    const char *part;
    size_t part_len;
    while ((part = chunks_next(&link->chunks, &data, &len, &part_len))) {
        if (link->exchange)
            exchange_body(link->exchange, part, part_len);
    }
    if (link->chunks.state == CHUNKS_OVER)
        return end_chunks(link, ERR_NONE);
    return link->chunks.state == CHUNKS_BROKEN ? end_chunks(link, ERR_BAD_REQUEST) : 0;
}

int http_on_body(struct link *link, const void *data, size_t len)
{
    if (len && is_head_again(link, data, len))
        return -1;
    link->received += len;
    if (link->is_chunked)
        return take_chunks(link, data, len);
    if (link->exchange && len && link->waits_for == LINK_WAITS_FOR_BODY)
        exchange_body(link->exchange, data, len);
    return 0;
}

int http_on_body_end(struct link *link)
{
    /* libwebsockets 4.1 tells it again and again while another request stands behind it. */
    if (link->waits_for != LINK_WAITS_FOR_BODY)
        return 0;
    if (link->is_chunked)
        return end_chunks(link, ERR_TOO_LARGE); /* libwebsockets takes 100 MiB */
    if (link->passes_over && !link->exchange)
        return -1;
    link->passes_over = false;
    link_wait(link, link->exchange ? LINK_WAITS_FOR_NOTHING : LINK_WAITS_FOR_HEAD);
    if (!link->exchange || link->exchange->is_answered)
        return 0; /* the response is on its way */
    exchange_body_end(link->exchange);
    return 0;
}

void http_on_gone(struct link *link)
{
    struct exchange *exchange = link->exchange;
    link->exchange = NULL;
    if (exchange)
        exchange_gone(exchange);
}

/* ---- responses ---- */

static int put(struct lws *wsi, const char *name, const char *value, unsigned char **at,
               unsigned char *end)
{
    return lws_add_http_header_by_name(wsi, (const unsigned char *)name,
                                       (const unsigned char *)value, (int)strlen(value), at, end);
}

/* "Name: value\n" a line. */
static int put_lines(struct lws *wsi, const struct buf *lines, unsigned char **at,
                     unsigned char *end)
{
    char name[64], value[LIMIT_UPLOAD_METADATA];
    const char *line = lines->data;
    while (line && *line) {
        const char *colon = strstr(line, ": "), *stop = strchr(line, '\n');
        snprintf(name, sizeof name, "%.*s:", (int)(colon - line), line);
        snprintf(value, sizeof value, "%.*s", (int)(stop - colon - 2), colon + 2);
        if (put(wsi, name, value, at, end))
            return -1;
        line = stop + 1;
    }
    return 0;
}

static uint64_t body_len(const struct exchange *exchange)
{
    if (!exchange->content_type)
        return 0;
    return exchange->file >= 0 ? exchange->file_len : exchange->out.len;
}

/* The version in a response is the server's (RFC 9110, section 2.5). libwebsockets puts the
 * request's, and 1.0 where an upgrade is refused: clients for WebSockets refuse to read that
 * (RFC 6455, section 4.1). */
static int put_status(struct lws *wsi, int status, unsigned char **at, unsigned char *end)
{
    static const char theirs[] = "HTTP/1.0", ours[] = "HTTP/1.1";
    unsigned char *start = *at;
    if (lws_add_http_header_status(wsi, (unsigned)status, at, end))
        return -1;
    if (memcmp(start, theirs, sizeof theirs - 1) == 0)
        memcpy(start, ours, sizeof ours - 1);
    return 0;
}

static int write_headers(struct lws *wsi, struct link *link)
{
    unsigned char buffer[LWS_PRE + HEADERS_SIZE], *start = buffer + LWS_PRE, *at = start,
                                                  *end = buffer + sizeof buffer - 1;
    const struct exchange *exchange = link->exchange;
    if (put_status(wsi, exchange->status, &at, end) ||
        put_lines(wsi, &exchange->headers, &at, end) ||
        (exchange->content_type && put(wsi, "content-type:", exchange->content_type, &at, end)) ||
        (link->closes_after && put(wsi, "connection:", "close", &at, end)) ||
        (exchange->status != STATUS_NO_CONTENT && exchange->status != STATUS_NOT_MODIFIED &&
         lws_add_http_header_content_length(wsi, body_len(exchange), &at, end)) ||
        lws_finalize_http_header(wsi, &at, end))
        return -1;
    size_t len = (size_t)(at - start);
    return lws_write(wsi, start, len, LWS_WRITE_HTTP_HEADERS) < (int)len ? -1 : 0;
}

/* As write_some. One part of a file, so that a long one lets the others have their turn. */
static int write_file(struct lws *wsi, struct exchange *exchange)
{
    unsigned char part[LWS_PRE + CHUNK], *start = part + LWS_PRE;
    if (lws_partial_buffered(wsi))
        return 0;
    ssize_t len = read(exchange->file, start, CHUNK);
    if (len <= 0 || (uint64_t)len > exchange->file_len - exchange->written)
        return -1; /* it was promised longer, or shorter */
    if (lws_write(wsi, start, (size_t)len, LWS_WRITE_HTTP) < (int)len)
        return -1;
    exchange->written += (uint64_t)len;
    return exchange->written == exchange->file_len;
}

/* Below 0: broken; 0: there is more to write; 1: all is written. */
static int write_some(struct lws *wsi, struct link *link)
{
    struct exchange *exchange = link->exchange;
    if (!exchange->headers_written) {
        if (write_headers(wsi, link))
            return -1;
        exchange->headers_written = true;
    }
    if (!exchange->content_type || exchange->method == METHOD_HEAD)
        return 1;
    if (exchange->file >= 0)
        return write_file(wsi, exchange);
    while (exchange->written < exchange->out.len) {
        if (lws_partial_buffered(wsi))
            return 0;
        size_t len = exchange->out.len - exchange->written;
        if (len > CHUNK)
            len = CHUNK;
        if (lws_write(wsi, (unsigned char *)exchange->out.data + exchange->written, len,
                      LWS_WRITE_HTTP) < (int)len)
            return -1;
        exchange->written += len;
    }
    return 1;
}

int http_on_writeable(struct lws *wsi, struct link *link)
{
    if (!link->exchange || !link->exchange->is_answered || link->exchange->is_waiting)
        return 0;
    int written = write_some(wsi, link);
    if (written < 0)
        return -1;
    if (written == 0) {
        link_wait(link, LINK_WAITS_FOR_TAKING);
        lws_callback_on_writable(wsi);
        return 0;
    }
    http_on_gone(link);
    /* What is still to come of the body is heard out: a reset would swallow the response. */
    if (link->is_chunked || link->passes_over) {
        link_wait(link, LINK_WAITS_FOR_BODY);
        return 0;
    }
    if (link->closes_after)
        return -1;
    if (lws_http_transaction_completed(wsi))
        return -1;
    if (link->waits_for != LINK_WAITS_FOR_BODY)
        link_wait(link, LINK_WAITS_FOR_HEAD);
    return 0;
}

/* ---- upgrades ---- */

int http_on_upgrade(struct lws *wsi, struct link *link, char *protocol)
{
    if (strcasecmp(protocol, "websocket") != 0) {
        /* Libraries such as Java's offer HTTP/2 to every server; one that does not take it up goes
         * on as if it had not been asked (RFC 9110, section 7.8). libwebsockets would take it up:
         * it is to find another name. */
        protocol[0] = '-';
        return 0;
    }
    struct head_text text;
    struct exchange_head head = read_head(wsi, &text);
    link->exchange = exchange_new(link->server, wsi);
    if (!link->exchange)
        return -1;
    link->closes_after = true;
    link->is_in_callback = true;
    head.is_crowded = link->is_crowded;
    if (is_too_large(wsi))
        refuse_head(link->exchange);
    else
        link->socket = exchange_upgrade(link->exchange, &head);
    link->is_in_callback = false;
    int written = link->socket ? 0 : write_some(wsi, link);
    http_on_gone(link);
    return written;
}

#include "server/origin.h"

#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "server/exchange.h"
#include "server/net.h"
#include "server/server_inner.h"

/* What a page of another origin may send and read beside the few headers that any may (Fetch,
 * "CORS-safelisted"). */
static const char sent_headers[] =
    "Authorization, Content-Type, Tus-Resumable, Upload-Length, Upload-Metadata, Upload-Offset, "
    "Upload-Checksum, X-HTTP-Method-Override";
static const char read_headers[] =
    "Allow, Location, Retry-After, Tus-Resumable, Tus-Version, Tus-Extension, Tus-Max-Size, "
    "Tus-Checksum-Algorithm, Upload-Length, Upload-Metadata, Upload-Offset, Upload-Expires";

enum { PREFLIGHT_S = 600 }; /* for how long a browser need not ask again: Chromium keeps 7200 */

/* The length of the scheme and "://"; 0: neither of the two. */
static size_t scheme_len(const char *origin)
{
    return strncasecmp(origin, "http://", 7) == 0    ? 7
           : strncasecmp(origin, "https://", 8) == 0 ? 8
                                                     : 0;
}

/* ":8443"; a browser leaves the scheme's own out. */
static bool port_valid(const char *text, size_t len, bool is_https)
{
    char digits[6];
    uint64_t port;
    if (len < 2 || len > sizeof digits || text[0] != ':')
        return false;
    memcpy(digits, text + 1, len - 1);
    digits[len - 1] = '\0';
    return str_to_u64(digits, UINT16_MAX, &port) && port != (is_https ? 443 : 80);
}

static bool origin_valid(const char *text, size_t len)
{
    static const char in_name[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._";
    char origin[ORIGIN_SIZE];
    if (len >= sizeof origin)
        return false;
    memcpy(origin, text, len);
    origin[len] = '\0';
    size_t scheme = scheme_len(origin);
    const char *host = origin + scheme;
    if (!scheme)
        return false;
    size_t host_len =
        host[0] == '[' ? 1 + strspn(host + 1, "0123456789abcdefABCDEF:.") : strspn(host, in_name);
    if (host[0] == '[' && host[host_len++] != ']')
        return false;
    const char *port = host + host_len;
    return host_len && (!*port || port_valid(port, strlen(port), scheme == 8));
}

bool origin_list_valid(const char *list)
{
    for (;;) {
        size_t len = strcspn(list, ",");
        if (!origin_valid(list, len))
            return false;
        if (!list[len])
            return true;
        list += len + 1;
    }
}

static bool is_listed(const char *origin, const char *list)
{
    size_t origin_len = strlen(origin);
    while (list) {
        size_t len = strcspn(list, ",");
        if (len == origin_len && strncasecmp(list, origin, len) == 0)
            return true;
        list = list[len] ? list + len + 1 : NULL;
    }
    return false;
}

/* An address, or this machine by its own name. Any other name may have been made to lead here by
 * whoever owns it, and the page be theirs (DNS rebinding). */
static bool is_beyond_dns(const char *authority)
{
    static const char local[] = "localhost"; /* RFC 6761, section 6.3 */
    size_t len = strcspn(authority, ":"), address_len = strspn(authority, "0123456789.");
    return authority[0] == '[' || (len > 0 && len == address_len) ||
           (len == sizeof local - 1 && strncasecmp(authority, local, len) == 0);
}

static bool is_own(const char *origin, const char *host, bool is_tls)
{
    size_t scheme = scheme_len(origin);
    if (!scheme || !*host || strcasecmp(origin + scheme, host) != 0)
        return false;
    /* With https a certificate stands for the name: the server's own, or that of a proxy. */
    return scheme == 8 || (!is_tls && is_beyond_dns(host));
}

enum origin origin_judge(const char *origin, const char *host, bool is_tls, const char *list)
{
    if (!origin)
        return ORIGIN_NONE;
    if (host && is_own(origin, host, is_tls))
        return ORIGIN_OWN;
    return is_listed(origin, list) ? ORIGIN_LISTED : ORIGIN_FOREIGN;
}

/* A WebSocket is read and written by whoever opened it, wherever the page is from. */
static bool is_act(const struct exchange *exchange)
{
    return exchange->route.route == ROUTE_VOICE || exchange->route.route == ROUTE_SIGNALING ||
           (exchange->method != METHOD_GET && exchange->method != METHOD_HEAD &&
            exchange->method != METHOD_OPTIONS);
}

void origin_look(struct exchange *exchange)
{
    const struct server_config *config = &exchange->server->config;
    char origin[ORIGIN_SIZE], host[ORIGIN_SIZE];
    bool has_origin = net_header(exchange, "origin", origin, sizeof origin);
    bool has_host = net_header(exchange, "host", host, sizeof host);
    enum origin judged = origin_judge(has_origin ? origin : NULL, has_host ? host : NULL,
                                      config->tls_cert != NULL, config->origins);
    if (config->origins)
        exchange_header(exchange, "Vary", "Origin");
    if (judged == ORIGIN_LISTED) {
        exchange_header(exchange, "Access-Control-Allow-Origin", "%s", origin);
        exchange_header(exchange, "Access-Control-Expose-Headers", "%s", read_headers);
    }
    exchange->origin = judged == ORIGIN_FOREIGN && !is_act(exchange) ? ORIGIN_NONE : judged;
}

bool origin_answer_preflight(struct exchange *exchange)
{
    char method[16];
    if (exchange->origin != ORIGIN_LISTED || exchange->method != METHOD_OPTIONS ||
        !net_header(exchange, "access-control-request-method", method, sizeof method))
        return false;
    exchange_header(exchange, "Access-Control-Allow-Methods", "%s",
                    route_methods(exchange->route.route));
    exchange_header(exchange, "Access-Control-Allow-Headers", "%s", sent_headers);
    exchange_header(exchange, "Access-Control-Max-Age", "%d", PREFLIGHT_S);
    exchange_respond(exchange, 204, NULL);
    return true;
}

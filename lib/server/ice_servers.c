#include "server/ice_servers.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "crypto/hash.h"

static const char name_bytes[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_";

/* How long the host at the beginning of `text` is; 0: there is none. */
static size_t host_len(const char *text)
{
    char address[INET6_ADDRSTRLEN] = "";
    struct in6_addr six;
    if (text[0] != '[') {
        size_t len = strspn(text, name_bytes);
        return len <= ICE_HOST_MAX ? len : 0;
    }
    size_t len = strcspn(text, "]");
    if (!text[len] || len - 1 >= sizeof address)
        return 0;
    memcpy(address, text + 1, len - 1);
    return inet_pton(AF_INET6, address, &six) == 1 ? len + 1 : 0;
}

/* ":PORT" or nothing, then maybe the transport. */
static bool is_tail(const char *text, bool has_transport)
{
    char port[6] = "";
    uint64_t number;
    if (text[0] == ':') {
        size_t len = strcspn(++text, "?");
        if (len == 0 || len >= sizeof port)
            return false;
        memcpy(port, text, len);
        if (!str_to_u64(port, UINT16_MAX, &number) || number == 0)
            return false;
        text += len;
    }
    return !text[0] || (has_transport && (strcmp(text, "?transport=udp") == 0 ||
                                          strcmp(text, "?transport=tcp") == 0));
}

bool ice_url_make(const char *scheme, const char *text, char out[ICE_URL_SIZE])
{
    size_t scheme_len = strlen(scheme);
    if (strncmp(text, scheme, scheme_len) == 0 && text[scheme_len] == ':')
        text += scheme_len + 1;
    size_t len = host_len(text);
    if (!len || !is_tail(text + len, strcmp(scheme, "turn") == 0))
        return false;
    return snprintf(out, ICE_URL_SIZE, "%s:%s", scheme, text) < ICE_URL_SIZE;
}

static enum err make_login(struct secret secret, const char *session_id, unsigned participant,
                           int64_t now_ms, struct ice_login *out)
{
    uint8_t mac[SHA1_SIZE];
    int len = snprintf(out->username, sizeof out->username, "%" PRId64 ":%s-p%u",
                       now_ms / 1000 + ICE_LOGIN_S, session_id, participant);
    enum err e = hmac_sha1(secret.bytes, secret.len, out->username, (size_t)len, mac);
    if (!e)
        base64_encode(mac, sizeof mac, out->credential);
    return e;
}

size_t ice_servers_list(const struct server_config *config, const char *session_id,
                        unsigned participant, int64_t now_ms, struct ice_login *login,
                        struct ice_server out[ICE_SERVERS_MAX])
{
    size_t count = 0;
    if (!participant)
        return 0;
    if (config->stun)
        out[count++] = (struct ice_server){.urls = {config->stun}, .url_count = 1};
    if (!config->turn)
        return count;
    enum err e = make_login(config->turn_secret, session_id, participant, now_ms, login);
    if (e)
        log_warning("no login for the TURN server (%s)", err_code(e));
    else
        out[count++] = (struct ice_server){.urls = {config->turn},
                                           .url_count = 1,
                                           .username = login->username,
                                           .credential = login->credential};
    return count;
}

#include <arpa/inet.h>
#include <nice/agent.h>
#include <nice/interfaces.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "rtc/ice.h"

/* Checks go out this far apart. RFC 8445, section 14.2 allows 5 ms and more. */
enum { PACING_MS = 5 };

/* rtcp-mux leaves one component (RFC 8839, section 5.1). */
enum { COMPONENT = 1 };

/* A machine with more addresses than this has them from containers and tunnels: each one costs
 * a socket and a check with every candidate of the other side. */
enum { ADDRESSES_MAX = 8 };

/* An agent that had relays lives for so long after its session, for libnice gives them back one
 * tick of PACING_MS after another. */
enum { FAREWELL_MS = 100 };

struct ice {
    NiceAgent *agent;
    guint stream;
    struct ice_handler handler;
    const struct ice_config *config;
    GMainContext *context;
    bool failed;
    bool wants_relay, has_relay;
    char ufrag[ICE_UFRAG_SIZE], pwd[ICE_PWD_SIZE];
};

static int type_from_nice(NiceCandidateType type)
{
    switch (type) {
    case NICE_CANDIDATE_TYPE_HOST:
        return ICE_HOST;
    case NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE:
        return ICE_SRFLX;
    case NICE_CANDIDATE_TYPE_PEER_REFLEXIVE:
        return ICE_PRFLX;
    case NICE_CANDIDATE_TYPE_RELAYED:
        return ICE_RELAY;
    }
    return ICE_HOST;
}

static NiceCandidateType type_to_nice(const struct ice_candidate *candidate)
{
    switch (candidate->type) {
    case ICE_HOST:
        return NICE_CANDIDATE_TYPE_HOST;
    case ICE_SRFLX:
        return NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE;
    case ICE_PRFLX:
        return NICE_CANDIDATE_TYPE_PEER_REFLEXIVE;
    case ICE_RELAY:
        return NICE_CANDIDATE_TYPE_RELAYED;
    }
    return NICE_CANDIDATE_TYPE_HOST;
}

static void read_address(const NiceAddress *address, char out[NICE_ADDRESS_STRING_LEN],
                         uint16_t *port)
{
    nice_address_to_string(address, out);
    *port = (uint16_t)nice_address_get_port(address);
}

static void on_new_candidate(NiceAgent *agent, NiceCandidate *candidate, gpointer user)
{
    struct ice *ice = user;
    struct ice_candidate out = {.component = COMPONENT, .udp = true};
    char address[NICE_ADDRESS_STRING_LEN];

    (void)agent;
    if (candidate->transport != NICE_CANDIDATE_TRANSPORT_UDP)
        return;
    read_address(&candidate->addr, address, &out.port);
    if (!strncasecmp(address, "fe80:", 5))
        return;
    str_copy(out.address, sizeof out.address, address);
    str_copy(out.foundation, sizeof out.foundation, candidate->foundation);
    out.priority = candidate->priority;
    out.type = type_from_nice(candidate->type);
    ice->has_relay |= out.type == ICE_RELAY;
    if (out.type != ICE_HOST) {
        read_address(&candidate->base_addr, address, &out.related_port);
        str_copy(out.related_address, sizeof out.related_address, address);
    }
    str_copy(out.ufrag, sizeof out.ufrag, ice->ufrag);
    ice->handler.on_candidate(ice->handler.context, ice, &out);
}

static void on_gathering_done(NiceAgent *agent, guint stream, gpointer user)
{
    struct ice *ice = user;

    (void)agent;
    (void)stream;
    /* A wrong login gives no error of its own. */
    if (ice->wants_relay && !ice->has_relay)
        log_warning("no TURN server gave a relay: it cannot be reached, or the login is wrong");
    ice->handler.on_gathered(ice->handler.context, ice);
}

static void on_component_state(NiceAgent *agent, guint stream, guint component, guint state,
                               gpointer user)
{
    struct ice *ice = user;

    (void)component;
    if (state == NICE_COMPONENT_STATE_FAILED) {
        ice->failed = true;
        ice->handler.on_failed(ice->handler.context, ice);
    }
    /* After FAILED the state may come back while sending stays blocked: only a new session helps.
     */
    if (ice->failed)
        return;
    if (state == NICE_COMPONENT_STATE_CONNECTED) {
        /* Until told that no more candidates come, libnice ticks at the pace of its checks. */
        nice_agent_peer_candidate_gathering_done(agent, stream);
        ice->handler.on_connected(ice->handler.context, ice);
    }
}

static void on_receive(NiceAgent *agent, guint stream, guint component, guint len, gchar *data,
                       gpointer user)
{
    struct ice *ice = user;

    (void)agent;
    (void)stream;
    (void)component;
    ice->handler.on_data(ice->handler.context, ice, (const uint8_t *)data, len);
}

/* Adding one address turns libnice's own search off, so all are added here. */
static bool add_address(struct ice *ice, const char *text)
{
    NiceAddress address;

    nice_address_init(&address);
    if (!strncasecmp(text, "fe80:", 5) || !nice_address_set_from_string(&address, text))
        return false;
    return nice_agent_add_local_address(ice->agent, &address);
}

static void add_addresses(struct ice *ice)
{
    GList *found = nice_interfaces_get_local_ips(FALSE);
    int count = 0;

    for (GList *at = found; at && count < ADDRESSES_MAX; at = at->next)
        count += add_address(ice, at->data) ? 1 : 0;
    if (!count || ice->config->loopback)
        add_address(ice, "127.0.0.1");
    g_list_free_full(found, g_free);
}

static void add_servers(struct ice *ice)
{
    for (size_t i = 0; i < ice->config->server_count; i++) {
        const typeof(ice->config->servers[0]) *server = &ice->config->servers[i];
        ice->wants_relay |= server->is_turn;
        if (!server->is_turn) {
            g_object_set(ice->agent, "stun-server", server->host, "stun-server-port",
                         (guint)server->port, NULL);
        } else if (!nice_agent_set_relay_info(ice->agent, ice->stream, COMPONENT, server->host,
                                              server->port, server->username, server->credential,
                                              server->tcp ? NICE_RELAY_TYPE_TURN_TCP
                                                          : NICE_RELAY_TYPE_TURN_UDP)) {
            log_warning("the TURN server %s is left out: its name or login is not usable",
                        server->host);
        }
    }
}

static bool take_credentials(struct ice *ice)
{
    gchar *ufrag = NULL, *pwd = NULL;
    bool ok = nice_agent_get_local_credentials(ice->agent, ice->stream, &ufrag, &pwd) &&
              str_copy(ice->ufrag, sizeof ice->ufrag, ufrag) &&
              str_copy(ice->pwd, sizeof ice->pwd, pwd);
    g_free(ufrag);
    g_free(pwd);
    return ok;
}

/* It does not wait for answers when an agent goes, and warns of that. */
static void on_nice_log(const gchar *domain, GLogLevelFlags level, const gchar *text, gpointer user)
{
    (void)level;
    (void)user;
    log_debug("%s: %s", domain, text);
}

static void take_nice_log(void)
{
    static gsize is_taken;
    if (!g_once_init_enter(&is_taken))
        return;
    g_log_set_handler("libnice", G_LOG_LEVEL_WARNING, on_nice_log, NULL);
    g_once_init_leave(&is_taken, 1);
}

struct ice *ice_new(void *context, const struct ice_config *config,
                    const struct ice_handler *handler, bool controlling)
{
    struct ice *ice = mem_zalloc(sizeof *ice);
    if (!ice)
        return NULL;
    ice->handler = *handler;
    ice->config = config;
    ice->context = context;
    take_nice_log();
    ice->agent =
        nice_agent_new_full(context, NICE_COMPATIBILITY_RFC5245,
                            NICE_AGENT_OPTION_ICE_TRICKLE | NICE_AGENT_OPTION_CONSENT_FRESHNESS);
    if (!ice->agent)
        goto failed;
    g_object_set(ice->agent, "controlling-mode", (gboolean)controlling, "upnp", FALSE, "ice-tcp",
                 FALSE, "stun-pacing-timer", (guint)PACING_MS, NULL);
    g_signal_connect(ice->agent, "new-candidate-full", G_CALLBACK(on_new_candidate), ice);
    g_signal_connect(ice->agent, "candidate-gathering-done", G_CALLBACK(on_gathering_done), ice);
    g_signal_connect(ice->agent, "component-state-changed", G_CALLBACK(on_component_state), ice);
    ice->stream = nice_agent_add_stream(ice->agent, COMPONENT);
    if (!ice->stream || !take_credentials(ice))
        goto failed;
    add_addresses(ice);
    add_servers(ice);
    nice_agent_attach_recv(ice->agent, ice->stream, COMPONENT, context, on_receive, ice);
    return ice;
failed:
    ice_free(ice);
    return NULL;
}

static gboolean on_farewell_over(gpointer agent)
{
    (void)agent;
    return G_SOURCE_REMOVE;
}

/* Gives the agent up later; at once when its context ends first. */
static void unref_later(struct ice *ice)
{
    GSource *farewell = g_timeout_source_new(FAREWELL_MS);
    g_source_set_callback(farewell, on_farewell_over, ice->agent, g_object_unref);
    g_source_attach(farewell, ice->context);
    g_source_unref(farewell);
}

void ice_free(struct ice *ice)
{
    if (!ice)
        return;
    if (ice->agent) {
        g_signal_handlers_disconnect_by_data(ice->agent, ice);
        if (ice->stream) {
            nice_agent_attach_recv(ice->agent, ice->stream, COMPONENT, ice->context, NULL, NULL);
            nice_agent_remove_stream(ice->agent, ice->stream);
        }
        if (ice->has_relay)
            unref_later(ice);
        else
            g_object_unref(ice->agent);
    }
    mem_free(ice);
}

const char *ice_ufrag(const struct ice *ice)
{
    return ice->ufrag;
}

const char *ice_pwd(const struct ice *ice)
{
    return ice->pwd;
}

enum err ice_gather(struct ice *ice)
{
    return nice_agent_gather_candidates(ice->agent, ice->stream) ? ERR_NONE : ERR_INTERNAL;
}

enum err ice_remote_credentials(struct ice *ice, const char *ufrag, const char *pwd)
{
    return nice_agent_set_remote_credentials(ice->agent, ice->stream, ufrag, pwd) ? ERR_NONE
                                                                                  : ERR_INTERNAL;
}

static bool is_ip_literal(const char *text)
{
    uint8_t bytes[16];
    return inet_pton(AF_INET, text, bytes) == 1 || inet_pton(AF_INET6, text, bytes) == 1;
}

void ice_remote_candidate(struct ice *ice, const struct ice_candidate *candidate)
{
    /* Those with a .local name reach us as peer-reflexive ones (RFC 8445, section 7.3.1.3). */
    if (!candidate->udp || candidate->component != COMPONENT || !candidate->port ||
        !is_ip_literal(candidate->address) || !strncasecmp(candidate->address, "fe80:", 5))
        return;
    NiceCandidate *out = nice_candidate_new(type_to_nice(candidate));
    out->stream_id = ice->stream;
    out->component_id = COMPONENT;
    out->transport = NICE_CANDIDATE_TRANSPORT_UDP;
    out->priority = candidate->priority;
    str_copy(out->foundation, sizeof out->foundation, candidate->foundation);
    if (nice_address_set_from_string(&out->addr, candidate->address)) {
        nice_address_set_port(&out->addr, candidate->port);
        GSList list = {.data = out};
        nice_agent_set_remote_candidates(ice->agent, ice->stream, COMPONENT, &list);
    }
    nice_candidate_free(out);
}

bool ice_send(struct ice *ice, const uint8_t *data, size_t len)
{
    return nice_agent_send(ice->agent, ice->stream, COMPONENT, (guint)len, (const gchar *)data) ==
           (gint)len;
}

static void print_end(char out[64], const NiceCandidate *candidate)
{
    struct ice_candidate typed = {.type = type_from_nice(candidate->type)};
    char address[NICE_ADDRESS_STRING_LEN];
    uint16_t port;

    read_address(&candidate->addr, address, &port);
    bool v6 = strchr(address, ':');
    snprintf(out, 64, "%s%s%s:%u %s", v6 ? "[" : "", address, v6 ? "]" : "", port,
             ice_candidate_type_name(&typed));
}

bool ice_pair(const struct ice *ice, struct ice_pair *out)
{
    NiceCandidate *local, *remote;

    *out = (struct ice_pair){0};
    if (!nice_agent_get_selected_pair(ice->agent, ice->stream, COMPONENT, &local, &remote))
        return false;
    print_end(out->local, local);
    print_end(out->remote, remote);
    out->relayed =
        local->type == NICE_CANDIDATE_TYPE_RELAYED || remote->type == NICE_CANDIDATE_TYPE_RELAYED;
    return true;
}

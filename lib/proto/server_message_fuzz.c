#include "base/fuzz_testing.h"
#include "base/str.h"
#include "proto/message.h"

/* Strings end, and must be there or may be missing. */
static void is_text(const char *s, bool required)
{
    fuzz_holds(s ? utf8_valid(s, strlen(s)) : !required);
}

static void check_welcome(const struct server_message *message)
{
    is_text(message->welcome.session_id, true);
    is_text(message->welcome.room_code, true);
    is_text(message->welcome.phase, true);
    is_text(message->welcome.record, true);
    fuzz_holds(message->welcome.agenda && message->welcome.seats <= LIMIT_SEATS_MAX &&
               message->welcome.page <= LIMIT_PAGES &&
               message->welcome.participant_count <= LIMIT_SEATS_MAX &&
               message->welcome.ice_server_count <= 4);
    for (size_t i = 0; i < message->welcome.participant_count; i++)
        is_text(message->welcome.participants[i].nickname, true);
    for (size_t i = 0; i < message->welcome.ice_server_count; i++) {
        const struct ice_server *server = &message->welcome.ice_servers[i];
        fuzz_holds(server->url_count <= 4);
        for (size_t u = 0; u < server->url_count; u++)
            is_text(server->urls[u], true);
        is_text(server->username, false);
        is_text(server->credential, false);
    }
}

static void check_signal(const struct server_message *message)
{
    bool has_sdp = message->signal.type == SIGNAL_OFFER || message->signal.type == SIGNAL_ANSWER;
    fuzz_holds(message->signal.from > 0);
    is_text(message->signal.sdp, has_sdp);
    is_text(message->signal.candidate, message->signal.type == SIGNAL_CANDIDATE);
    is_text(message->signal.sdp_mid, false);
}

static void check_event(const struct server_message *message)
{
    struct buf out;
    struct event_doc again;
    buf_init(&out, 4 * LIMIT_LOG_LINE);
    fuzz_holds(event_print(&message->event.event, &out) == ERR_NONE);
    fuzz_holds(event_parse(out.data, out.len, &again) == ERR_NONE);
    event_doc_release(&again);
    buf_release(&out);
}

static void check_peers(const struct signal_peer *peers, size_t count)
{
    fuzz_holds(count <= LIMIT_SEATS_MAX);
    for (size_t i = 0; i < count; i++) {
        fuzz_holds(peers[i].participant > 0);
        is_text(peers[i].nickname, true);
    }
}

static void check(const struct server_message *message)
{
    switch (message->type) {
    case SERVER_WELCOME:
        check_welcome(message);
        break;
    case SERVER_ERROR:
        is_text(message->error.code_name, true);
        is_text(message->error.message, true);
        break;
    case SERVER_EVENT:
        check_event(message);
        break;
    case SERVER_PEERS:
        check_peers(message->peers.peers, message->peers.count);
        break;
    case SERVER_PEER_JOINED:
    case SERVER_PEER_LEFT:
        check_peers(&message->peer, 1);
        break;
    case SERVER_SIGNAL:
        check_signal(message);
        break;
    case SERVER_ACK:
    case SERVER_PONG:
    case SERVER_UNKNOWN:
        break;
    }
}

/* Whatever a server says, a client finds in it what the types promise. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct server_message message;
    enum err e = server_message_parse((const char *)data, size, &message);
    /* A WebSocket's text was checked before (RFC 6455, section 8.1). */
    if (!e && utf8_valid((const char *)data, size))
        check(&message);
    if (!e)
        server_message_release(&message);
    return 0;
}

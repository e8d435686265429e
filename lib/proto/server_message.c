#include <float.h>
#include <string.h>

#include "base/str.h"
#include "proto/agenda_json.h"
#include "proto/event_json.h"
#include "proto/message_json.h"

static const struct {
    const char *name;
    enum server_message_type type;
} types[] = {
    {"welcome", SERVER_WELCOME},     {"ack", SERVER_ACK},     {"error", SERVER_ERROR},
    {"pong", SERVER_PONG},           {"peers", SERVER_PEERS}, {"peer_joined", SERVER_PEER_JOINED},
    {"peer_left", SERVER_PEER_LEFT},
};

/* The type of a message with this "type", and which signal it is. */
static enum server_message_type type_of(const char *name, enum signal_type *signal)
{
    enum event_type event;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (strcmp(types[i].name, name) == 0)
            return types[i].type;
    }
    if (signal_type_from_name(name, signal))
        return SERVER_SIGNAL;
    return event_type_from_name(name, &event) ? SERVER_EVENT : SERVER_UNKNOWN;
}

/* "p1", or null or nothing for 0. */
static enum err read_participant(const struct json_at *at, const char *name, unsigned *out)
{
    const char *text = NULL;
    const cJSON *value = json_find(at->object, name);
    *out = 0;
    if (!value || cJSON_IsNull(value))
        return ERR_NONE;
    enum err e = json_get_string(at, name, JSON_REQUIRED, &text);
    if (e)
        return e;
    *out = participant_number(text);
    return *out ? ERR_NONE : json_refuse(at, name, REASON_FIELD_VALUE);
}

static enum err read_integer(const struct json_at *at, const char *name, enum json_need need,
                             int64_t max, int64_t *out)
{
    *out = 0;
    return json_get_integer(at, name, need, 0, max, NULL, out);
}

static enum err read_participants(const struct json_at *at, struct server_message *out)
{
    const cJSON *list = NULL, *item;
    enum err e = json_get_array(at, "participants", JSON_REQUIRED, &list);
    cJSON_ArrayForEach(item, list)
    {
        struct json_at one = {.object = item, .path = "", .why = at->why};
        if (out->welcome.participant_count == LIMIT_SEATS_MAX)
            break;
        struct server_participant *p = &out->welcome.participants[out->welcome.participant_count++];
        e = read_participant(&one, "participant_id", &p->participant);
        if (!e)
            e = json_get_string(&one, "nickname", JSON_REQUIRED, &p->nickname);
        if (!e)
            e = json_get_bool(&one, "connected", JSON_OPTIONAL, NULL, &p->connected);
        if (!e)
            e = json_get_bool(&one, "is_mic_on", JSON_OPTIONAL, NULL, &p->is_mic_on);
        if (!e)
            e = json_get_bool(&one, "is_speaking", JSON_OPTIONAL, NULL, &p->is_speaking);
        if (!e)
            e = json_get_bool(&one, "is_recording", JSON_OPTIONAL, NULL, &p->is_recording);
        if (e)
            break;
    }
    return e;
}

static enum err read_ice_server(const struct json_at *at, struct ice_server *out)
{
    const cJSON *urls = json_find(at->object, "urls"), *url;
    /* One URL may stand without its list (WebRTC, section 4.2.2, RTCIceServer). */
    if (cJSON_IsString(urls))
        out->urls[out->url_count++] = urls->valuestring;
    else if (!cJSON_IsArray(urls))
        return json_refuse(at, "urls", REASON_FIELD_TYPE);
    cJSON_ArrayForEach(url, urls)
    {
        if (cJSON_IsString(url) && out->url_count < sizeof out->urls / sizeof *out->urls)
            out->urls[out->url_count++] = url->valuestring;
    }
    enum err e = json_get_string(at, "username", JSON_OPTIONAL, &out->username);
    return e ? e : json_get_string(at, "credential", JSON_OPTIONAL, &out->credential);
}

static enum err read_ice_servers(const struct json_at *at, struct server_message *out)
{
    const cJSON *list = NULL, *item;
    enum err e = json_get_array(at, "ice_servers", JSON_OPTIONAL, &list);
    cJSON_ArrayForEach(item, list)
    {
        struct json_at one = {.object = item, .path = "", .why = at->why};
        const size_t most = sizeof out->welcome.ice_servers / sizeof *out->welcome.ice_servers;
        if (e || out->welcome.ice_server_count == most)
            break;
        e = read_ice_server(&one, &out->welcome.ice_servers[out->welcome.ice_server_count++]);
    }
    return e;
}

static enum err read_welcome_numbers(const struct json_at *at, struct server_message *out)
{
    int64_t page, seats, seq;
    enum err e = read_participant(at, "participant_id", &out->welcome.participant);
    if (!e)
        e = read_participant(at, "host", &out->welcome.host);
    if (!e)
        e = read_integer(at, "page", JSON_REQUIRED, LIMIT_PAGES, &page);
    if (!e)
        e = read_integer(at, "seats", JSON_REQUIRED, LIMIT_SEATS_MAX, &seats);
    if (!e)
        e = read_integer(at, "seq", JSON_REQUIRED, LIMIT_INTEGER, &seq);
    if (!e)
        e = read_integer(at, "ts", JSON_REQUIRED, LIMIT_INTEGER, &out->welcome.ts_ms);
    if (!e)
        e = json_get_integer(at, "start_at", JSON_OPTIONAL, 0, LIMIT_INTEGER,
                             &out->welcome.has_start_at, &out->welcome.start_at_ms);
    if (!e)
        e = json_get_bool(at, "reset", JSON_OPTIONAL, NULL, &out->welcome.reset);
    if (e)
        return e;
    out->welcome.page = (unsigned)page;
    out->welcome.seats = (int)seats;
    out->welcome.seq = (uint64_t)seq;
    return ERR_NONE;
}

static enum err read_welcome(const struct json_at *at, struct server_message *out)
{
    const cJSON *agenda = NULL;
    out->welcome.record = "manual";
    enum err e = read_welcome_numbers(at, out);
    if (!e)
        e = json_get_string(at, "session_id", JSON_REQUIRED, &out->welcome.session_id);
    if (!e)
        e = json_get_string(at, "room_code", JSON_REQUIRED, &out->welcome.room_code);
    if (!e)
        e = json_get_string(at, "phase", JSON_REQUIRED, &out->welcome.phase);
    if (!e)
        e = json_get_string(at, "record", JSON_OPTIONAL, &out->welcome.record);
    if (!e)
        e = read_participants(at, out);
    if (!e)
        e = read_ice_servers(at, out);
    if (!e)
        e = json_get_object(at, "agenda", JSON_REQUIRED, &agenda);
    if (!e)
        e = agenda_from_json(agenda, "agenda", &out->welcome.agenda, at->why, NULL);
    return e;
}

static enum err read_error(const struct json_at *at, struct server_message *out)
{
    out->error.message = "";
    enum err e = json_get_string(at, "code", JSON_REQUIRED, &out->error.code_name);
    if (!e)
        e = json_get_string(at, "message", JSON_OPTIONAL, &out->error.message);
    if (!e)
        out->error.code = err_from_code(out->error.code_name);
    return e;
}

static enum err read_pong(const struct json_at *at, struct server_message *out)
{
    enum err e = json_get_number(at, "t0", JSON_REQUIRED, -DBL_MAX, DBL_MAX, NULL, &out->pong.t0);
    if (!e)
        e = json_get_number(at, "t1", JSON_REQUIRED, -DBL_MAX, DBL_MAX, NULL, &out->pong.t1);
    if (!e)
        e = json_get_number(at, "t2", JSON_REQUIRED, -DBL_MAX, DBL_MAX, NULL, &out->pong.t2);
    return e;
}

static enum err read_peer(const struct json_at *at, struct signal_peer *out)
{
    out->nickname = "";
    enum err e = read_participant(at, "participant_id", &out->participant);
    if (!e && !out->participant)
        e = json_refuse(at, "participant_id", REASON_FIELD_MISSING);
    if (!e)
        e = json_get_string(at, "nickname", JSON_OPTIONAL, &out->nickname);
    return e;
}

static enum err read_peers(const struct json_at *at, struct server_message *out)
{
    const cJSON *list = NULL, *item;
    enum err e = read_participant(at, "self", &out->peers.self);
    if (!e)
        e = json_get_array(at, "peers", JSON_REQUIRED, &list);
    cJSON_ArrayForEach(item, list)
    {
        struct json_at one = {.object = item, .path = "", .why = at->why};
        if (e || out->peers.count == LIMIT_SEATS_MAX)
            break;
        e = read_peer(&one, &out->peers.peers[out->peers.count++]);
    }
    return e;
}

static enum err read_signal(const struct json_at *at, const cJSON *root, struct server_message *out)
{
    const struct json_at top = {.object = root, .path = "", .why = at->why};
    int64_t index = -1;
    enum err e = read_participant(&top, "from", &out->signal.from);
    if (!e && !out->signal.from)
        e = json_refuse(&top, "from", REASON_FIELD_MISSING);
    if (!e && (out->signal.type == SIGNAL_OFFER || out->signal.type == SIGNAL_ANSWER))
        e = json_get_string(at, "sdp", JSON_REQUIRED, &out->signal.sdp);
    if (!e && out->signal.type == SIGNAL_CANDIDATE)
        e = json_get_string(at, "candidate", JSON_REQUIRED, &out->signal.candidate);
    if (!e && !cJSON_IsNull(json_find(at->object, "sdpMid")))
        e = json_get_string(at, "sdpMid", JSON_OPTIONAL, &out->signal.sdp_mid);
    if (!e && !cJSON_IsNull(json_find(at->object, "sdpMLineIndex")))
        e = json_get_integer(at, "sdpMLineIndex", JSON_OPTIONAL, 0, UINT16_MAX, NULL, &index);
    out->signal.sdp_mline_index = (int)index;
    return e;
}

static enum err read_data(const struct json_at *at, const cJSON *root, struct server_message *out)
{
    int64_t seq;
    enum err e = ERR_NONE;
    switch (out->type) {
    case SERVER_WELCOME:
        return read_welcome(at, out);
    case SERVER_ACK:
        e = read_integer(at, "seq", JSON_OPTIONAL, LIMIT_INTEGER, &seq);
        out->ack.seq = (uint64_t)seq;
        return e;
    case SERVER_ERROR:
        return read_error(at, out);
    case SERVER_PONG:
        return read_pong(at, out);
    case SERVER_EVENT:
        return event_from_json(root, &out->event, at->why);
    case SERVER_PEERS:
        return read_peers(at, out);
    case SERVER_PEER_JOINED:
    case SERVER_PEER_LEFT:
        return read_peer(at, &out->peer);
    case SERVER_SIGNAL:
        return read_signal(at, root, out);
    case SERVER_UNKNOWN:
        return ERR_NONE;
    }
    return ERR_INTERNAL;
}

enum err server_message_parse(const char *text, size_t len, struct server_message *out)
{
    struct json_doc doc;
    struct json_at at = {.path = ""};
    const char *type = NULL;
    enum signal_type signal = SIGNAL_OFFER;
    memset(out, 0, sizeof *out);
    enum err e = json_parse(text, len, &doc, NULL);
    if (e)
        return e;
    at.object = doc.root;
    out->json = doc.root;
    if (json_refuse_nul(&doc, NULL) || json_get_string(&at, "type", JSON_REQUIRED, &type)) {
        server_message_release(out);
        return ERR_BAD_MESSAGE;
    }
    (void)command_id_read(doc.root, &out->id, NULL);
    out->type = type_of(type, &signal);
    if (out->type == SERVER_SIGNAL)
        out->signal.type = signal;
    at.object = json_find(doc.root, "data");
    e = read_data(&at, doc.root, out);
    if (e) {
        server_message_release(out);
        return e == ERR_NO_MEMORY ? e : ERR_BAD_MESSAGE;
    }
    return ERR_NONE;
}

void server_message_release(struct server_message *message)
{
    if (message->type == SERVER_WELCOME)
        agenda_unref(message->welcome.agenda);
    cJSON_Delete(message->json);
    memset(message, 0, sizeof *message);
    message->type = SERVER_UNKNOWN;
}

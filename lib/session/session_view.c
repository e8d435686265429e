/* What the session looks like to this participant: a function of welcome and events. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "session/session_inner.h"

static struct session_participant *place_of(struct session *session, unsigned participant)
{
    if (participant < 1 || participant > LIMIT_PARTICIPANTS)
        return NULL;
    return &session->participants[participant - 1];
}

static bool is_loopback(const char *server)
{
    const char *host = strstr(server, "://");
    host = host ? host + 3 : server;
    return strncmp(host, "127.", 4) == 0 || strncmp(host, "localhost", 9) == 0 ||
           strncmp(host, "[::1]", 5) == 0;
}

/* RFC 7064, section 3.1 and RFC 7065, section 3.1: "turn:host:port?transport=tcp". */
static bool parse_ice_url(const char *url, struct ice_config *ice)
{
    bool is_turn = strncmp(url, "turn:", 5) == 0;
    unsigned port = 3478; /* RFC 8489, section 8.2: of stun and turn alike */
    char host[256] = "";
    if (!is_turn && strncmp(url, "stun:", 5) != 0)
        return false; /* turns: and stuns: are not spoken */
    if (url[5] == '[')
        sscanf(url + 5, "[%255[^]]]:%5u", host, &port);
    else
        sscanf(url + 5, "%255[^:?]:%5u", host, &port);
    if (!host[0] || port < 1 || port > 65535)
        return false;
    size_t index = ice->server_count;
    memcpy(ice->servers[index].host, host, sizeof host);
    ice->servers[index].port = (uint16_t)port;
    ice->servers[index].is_turn = is_turn;
    ice->servers[index].tcp = strstr(url, "transport=tcp") != NULL;
    ice->server_count++;
    return true;
}

static void take_ice_servers(struct session *session, const struct server_message *message)
{
    struct ice_config *ice = &session->ice;
    *ice = (struct ice_config){.loopback = is_loopback(session->server)};
    size_t room = sizeof ice->servers / sizeof *ice->servers;
    for (size_t i = 0; i < message->welcome.ice_server_count; i++) {
        const struct ice_server *server = &message->welcome.ice_servers[i];
        for (size_t u = 0; u < server->url_count && ice->server_count < room; u++) {
            size_t index = ice->server_count;
            if (!parse_ice_url(server->urls[u], ice))
                continue;
            if (server->username)
                str_copy(ice->servers[index].username, sizeof ice->servers[index].username,
                         server->username);
            if (server->credential)
                str_copy(ice->servers[index].credential, sizeof ice->servers[index].credential,
                         server->credential);
        }
    }
}

static enum phase phase_from_name(const char *name)
{
    static const enum phase phases[] = {PHASE_LOBBY, PHASE_COUNTDOWN, PHASE_LIVE, PHASE_ENDED};
    for (size_t i = 0; i < sizeof phases / sizeof *phases; i++) {
        if (strcmp(phase_name(phases[i]), name) == 0)
            return phases[i];
    }
    return PHASE_LOBBY;
}

static void take_record_policy(struct session *session, const char *name)
{
    session->record = strcmp(name, record_policy_name(RECORD_AUTO)) == 0     ? RECORD_AUTO
                      : strcmp(name, record_policy_name(RECORD_MANUAL)) == 0 ? RECORD_MANUAL
                                                                             : RECORD_OFF;
}

void session_take_welcome(struct session *session, const struct server_message *message)
{
    if (message->welcome.reset)
        session->last_seq = 0;
    session_connects(session, message->welcome.seq);
    session->self = message->welcome.participant;
    session->host = message->welcome.host;
    session->page = message->welcome.page;
    session->phase = phase_from_name(message->welcome.phase);
    session->seats = message->welcome.seats;
    take_record_policy(session, message->welcome.record);
    take_ice_servers(session, message);
    agenda_unref(session->agenda);
    session->agenda = message->welcome.agenda ? agenda_ref(message->welcome.agenda) : NULL;
    session->start_at_ms = message->welcome.has_start_at ? message->welcome.start_at_ms : 0;
    for (size_t i = 0; i < message->welcome.participant_count; i++) {
        const struct server_participant *from = &message->welcome.participants[i];
        struct session_participant *place = place_of(session, from->participant);
        if (!place)
            continue;
        place->participant = from->participant;
        place->seated = true;
        place->connected = from->connected;
        place->is_mic_on = from->is_mic_on;
        place->is_speaking = from->is_speaking;
        place->is_recording = from->is_recording;
        str_copy(place->nickname, sizeof place->nickname, from->nickname);
    }
}

/* ---- events ---- */

static void take_join(struct session *session, const struct event *event)
{
    struct session_participant *place = place_of(session, event->participant);
    if (!place)
        return;
    place->participant = event->participant;
    place->seated = place->connected = true;
    str_copy(place->nickname, sizeof place->nickname, event->join.nickname);
}

static void take_leave(struct session *session, const struct event *event)
{
    struct session_participant *place = place_of(session, event->participant);
    if (place)
        place->seated = place->connected = place->is_recording = place->is_speaking = false;
    /* An event of the past says nothing about who is there now. */
    if (event->participant != session->self)
        session_drop_link(session, event->participant);
}

static void take_voice_status(struct session *session, const struct event *event)
{
    struct session_participant *place = place_of(session, event->participant);
    if (!place)
        return;
    place->is_mic_on = event->voice_status.is_mic_on;
    place->is_speaking = event->voice_status.is_speaking;
}

static void take_recording(struct session *session, const struct event *event)
{
    struct session_participant *place = place_of(session, event->participant);
    bool began = event->type == EVENT_RECORDING_STARTED;
    if (place)
        place->is_recording = began;
    if (event->participant != session->self)
        return;
    if (!began)
        session_recording_stopped(session, event->recording.recording_id);
    else if (session->capture == CAPTURE_ASKED)
        session_recording_began(session, event->recording.recording_id);
    else
        session_left_running(session, event->recording.recording_id,
                             event->recording.started_at_ms);
}

static void take_connected(struct session *session, const struct event *event)
{
    struct session_participant *place = place_of(session, event->participant);
    if (place)
        place->connected = event->type == EVENT_CONNECTED;
}

static void take_countdown(struct session *session, const struct event *event)
{
    session->phase = PHASE_COUNTDOWN;
    session->start_at_ms = event->countdown.start_at_ms;
    session_arm_start(session);
}

static void take_cancelled(struct session *session)
{
    session->phase = PHASE_LOBBY;
    session->start_at_ms = 0;
    session_arm_start(session);
}

static void take_start(struct session *session, const struct event *event)
{
    session->phase = PHASE_LIVE;
    session->start_at_ms = event->start.start_at_ms;
    session_arm_start(session);
    session_report_start(session);
}

static void take_consent(struct session *session, const struct event *event)
{
    if (event->participant != session->self)
        return;
    session->consented = event->consent.recording;
    session_want_recording(session);
}

static void take_end(struct session *session)
{
    session->phase = PHASE_ENDED;
    session->is_leaving = true;
    session_recording_ends(session);
}

static void apply(struct session *session, const struct event *event)
{
    switch (event->type) {
    case EVENT_JOIN:
        take_join(session, event);
        break;
    case EVENT_LEAVE:
        take_leave(session, event);
        break;
    case EVENT_CONNECTED:
    case EVENT_DISCONNECTED:
        take_connected(session, event);
        break;
    case EVENT_HOST_CHANGED:
        session->host = event->participant;
        break;
    case EVENT_CONSENT:
        take_consent(session, event);
        break;
    case EVENT_COUNTDOWN:
        take_countdown(session, event);
        break;
    case EVENT_COUNTDOWN_CANCELLED:
        take_cancelled(session);
        break;
    case EVENT_START:
        take_start(session, event);
        break;
    case EVENT_VOICE_STATUS:
        take_voice_status(session, event);
        break;
    case EVENT_RECORDING_STARTED:
    case EVENT_RECORDING_STOPPED:
        take_recording(session, event);
        break;
    case EVENT_NEXT_PAGE:
        session->page = event->next_page.page;
        break;
    case EVENT_SESSION_ENDED:
        take_end(session);
        break;
    case EVENT_START_REPORTED:
    case EVENT_RECORDING_UPLOADED:
    case EVENT_CHOICE_SUBMITTED:
    case EVENT_CHOICES_REVEALED:
    case EVENT_ANALYSIS_READY:
    case EVENT_FORGOTTEN:
    case EVENT_TYPE_COUNT:
        break;
    }
}

void session_take_event(struct session *session, const struct event *event, const char *text,
                        size_t len)
{
    if (event->seq <= session->last_seq)
        return;
    if (event->seq != session->last_seq + 1) {
        /* The protocol has no gaps: ask for what is missing. */
        log_warning("event %llu came after %llu", (unsigned long long)event->seq,
                    (unsigned long long)session->last_seq);
        if (session->voice_socket)
            ws_cut(session->voice_socket);
        return;
    }
    session->last_seq = event->seq;
    digest_text(text, len, session->last_digest);
    apply(session, event);
    session_settle(session);
    if (session->handler.on_event)
        session->handler.on_event(session->handler.context, event);
}

/* ---- looking ---- */

enum session_state session_state(const struct session *session)
{
    return session->state;
}

enum phase session_phase(const struct session *session)
{
    return session->phase;
}

unsigned session_self(const struct session *session)
{
    return session->self;
}

unsigned session_host(const struct session *session)
{
    return session->host;
}

unsigned session_page(const struct session *session)
{
    return session->page;
}

int session_seats(const struct session *session)
{
    return session->seats;
}

const struct agenda *session_agenda(const struct session *session)
{
    return session->agenda;
}

const char *session_id(const struct session *session)
{
    return session->ticket.session_id;
}

const char *session_token(const struct session *session)
{
    return session->ticket.token;
}

const struct session_participant *session_participant(const struct session *session,
                                                      unsigned participant)
{
    if (participant < 1 || participant > LIMIT_PARTICIPANTS ||
        !session->participants[participant - 1].participant)
        return NULL;
    return &session->participants[participant - 1];
}

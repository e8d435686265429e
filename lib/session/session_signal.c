/* The signaling socket, and what there is between this participant and each other one. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "session/session_inner.h"

static struct link *link_of(struct session *session, unsigned participant)
{
    struct link *unused = NULL;
    for (size_t i = 0; i < sizeof session->links / sizeof *session->links; i++) {
        if (session->links[i].participant == participant)
            return &session->links[i];
        if (session->links[i].participant == 0 && !unused)
            unused = &session->links[i];
    }
    if (unused)
        unused->participant = participant;
    return unused;
}

/* ---- sending ---- */

static bool send_text(struct session *session, struct buf *text, enum err e)
{
    bool sent = !e && session->signal_socket &&
                ws_send(session->signal_socket, text->data, text->len) == ERR_NONE;
    buf_release(text);
    return sent;
}

static void on_description(void *context, bool is_offer, const char *sdp)
{
    struct voice *voice = context;
    struct session *session = voice->session;
    struct link *link = link_of(session, voice->participant);
    if (!link || link->voice != voice)
        return;
    struct buf text;
    buf_init(&text, SESSION_MESSAGE_MAX);
    enum err e =
        offer_print(is_offer ? SIGNAL_OFFER : SIGNAL_ANSWER, voice->participant, sdp, &text);
    bool sent = send_text(session, &text, e);
    if (is_offer)
        link->offer_is_out = sent && link->is_present;
}

static void on_candidate(void *context, const char *candidate, const char *sdp_mid,
                         int sdp_mline_index)
{
    struct voice *voice = context;
    struct link *link = link_of(voice->session, voice->participant);
    if (!link || link->voice != voice)
        return;
    struct buf text;
    buf_init(&text, SESSION_MESSAGE_MAX);
    enum err e = candidate_print(voice->participant, candidate, sdp_mid, sdp_mline_index, &text);
    send_text(voice->session, &text, e);
}

/* ---- voices ---- */

static void on_burial(uv_idle_t *burial)
{
    struct session *session = burial->data;
    for (struct voice *voice; (voice = session->dead);) {
        session->dead = voice->next_dead;
        peer_free(voice->peer);
        mem_free(voice);
    }
    glib_uv_changed(session->runtime->glib);
    uv_idle_stop(burial);
    if (session->is_freed)
        session_close_burial(session);
}

static void drop_voice(struct link *link)
{
    struct voice *voice = link->voice;
    if (!voice)
        return;
    link->voice = NULL;
    link->remote_origin[0] = '\0';
    link->offer_is_out = false;
    link->state = PEER_NEW;
    voice->next_dead = voice->session->dead;
    voice->session->dead = voice;
    uv_idle_start(&voice->session->burial, on_burial);
}

void session_drop_link(struct session *session, unsigned participant)
{
    struct link *link = link_of(session, participant);
    if (!link)
        return;
    drop_voice(link);
    jitter_free(link->jitter);
    *link = (struct link){.participant = 0};
}

void session_drop_links(struct session *session)
{
    for (size_t i = 0; i < sizeof session->links / sizeof *session->links; i++) {
        drop_voice(&session->links[i]);
        session->links[i].is_present = false;
    }
}

static void on_peer_state(void *context, enum peer_state state, const char *why)
{
    struct voice *voice = context;
    struct session *session = voice->session;
    struct link *link = link_of(session, voice->participant);
    if (!link || link->voice != voice || session->is_freed)
        return;
    link->state = state;
    link->failed_turns = 0;
    if (state == PEER_CONNECTED)
        link->offer_is_out = false;
    if (session->handler.on_peer)
        session->handler.on_peer(session->handler.context, voice->participant, state, why);
    if (state == PEER_CONNECTED)
        session_check_ready(session);
}

static void on_rtp(void *context, const struct rtp_packet *packet)
{
    struct voice *voice = context;
    struct link *link = link_of(voice->session, voice->participant);
    if (!link || link->voice != voice)
        return;
    if (!link->jitter || !link->has_ssrc || link->ssrc != packet->ssrc) {
        jitter_free(link->jitter);
        link->jitter = jitter_new();
        link->ssrc = packet->ssrc;
        link->has_ssrc = true;
    }
    if (link->jitter)
        jitter_put(link->jitter, packet->seq, packet->timestamp, packet->payload,
                   packet->payload_len, packet->received_us);
}

static bool make_voice(struct session *session, struct link *link)
{
    struct voice *voice = mem_zalloc(sizeof *voice);
    if (!voice)
        return false;
    struct peer_handler handler = {.context = voice,
                                   .on_description = on_description,
                                   .on_candidate = on_candidate,
                                   .on_state = on_peer_state,
                                   .on_rtp = on_rtp};
    voice->session = session;
    voice->participant = link->participant;
    link->voice = voice;
    link->state = PEER_NEW;
    voice->peer = peer_new(glib_uv_context(session->runtime->glib), session->runtime->identity,
                           &session->ice, &handler);
    glib_uv_changed(session->runtime->glib);
    if (!voice->peer) {
        link->voice = NULL;
        mem_free(voice);
    }
    return link->voice != NULL;
}

static void offer(struct session *session, struct link *link)
{
    if (!link->voice && !make_voice(session, link))
        return;
    enum err e = peer_offer(link->voice->peer);
    if (e)
        log_warning("no offer to p%u: %s", link->participant, err_code(e));
}

/* The peer connection that an SDP came from: its origin without the version (RFC 8829, section
 * 5.2.2: the session id stays while the connection lives) and its certificate. */
static void sdp_origin(const char *sdp, char out[160])
{
    const char *origin = strstr(sdp, "o="), *print = strstr(sdp, "a=fingerprint:");
    char name[64] = "", id[64] = "";
    if (origin)
        sscanf(origin, "o=%63s %63s", name, id);
    int print_len = print ? (int)strcspn(print + 14, "\r\n") : 0;
    snprintf(out, 160, "%.30s %.30s", id, print_len > 20 ? print + 14 + print_len - 20 : "");
}

/* ---- what comes ---- */

static void take_offer(struct session *session, struct link *link, const char *sdp)
{
    char origin[160], why[160] = "";
    sdp_origin(sdp, origin);
    /* Another connection than the one known: the other side started anew. */
    bool is_another = link->remote_origin[0] && strcmp(link->remote_origin, origin) != 0;
    if (is_another || link->state == PEER_FAILED || link->state == PEER_CLOSED)
        drop_voice(link);
    if (!link->voice && !make_voice(session, link))
        return;
    /* Glare: the higher number gives way (protocol, section 6), and an offer of ours that the
     * other side cannot have got gives way in any case. */
    bool yields = session->self > link->participant || !link->offer_is_out;
    enum err e = peer_remote_description(link->voice->peer, true, sdp, yields, why, sizeof why);
    if (e == ERR_CONFLICT)
        return;
    if (e) {
        log_warning("the offer of p%u is no use: %s", link->participant, why);
        return;
    }
    memcpy(link->remote_origin, origin, sizeof origin);
    link->offer_is_out = false;
}

static void take_answer(struct session *session, struct link *link, const char *sdp)
{
    char origin[160], why[160] = "";
    if (!link->voice)
        return;
    sdp_origin(sdp, origin);
    if (link->remote_origin[0] && strcmp(link->remote_origin, origin) != 0) {
        /* We offered to go on with a connection that the other side has lost. */
        drop_voice(link);
        offer(session, link);
        return;
    }
    link->offer_is_out = false;
    enum err e = peer_remote_description(link->voice->peer, false, sdp, false, why, sizeof why);
    if (e)
        log_warning("the answer of p%u is no use: %s", link->participant, why);
    else
        memcpy(link->remote_origin, origin, sizeof origin);
}

static void take_signal(struct session *session, const struct server_message *message)
{
    struct link *link = link_of(session, message->signal.from);
    if (!link || message->signal.from == session->self)
        return;
    link->is_present = true;
    switch (message->signal.type) {
    case SIGNAL_OFFER:
        take_offer(session, link, message->signal.sdp);
        break;
    case SIGNAL_ANSWER:
        take_answer(session, link, message->signal.sdp);
        break;
    case SIGNAL_CANDIDATE:
        if (link->voice && peer_remote_candidate(link->voice->peer, message->signal.candidate))
            log_debug("a candidate of p%u is no use", link->participant);
        break;
    case SIGNAL_BYE:
        session_drop_link(session, message->signal.from);
        break;
    }
}

static void take_peers(struct session *session, const struct server_message *message)
{
    for (size_t i = 0; i < sizeof session->links / sizeof *session->links; i++)
        session->links[i].is_present = false;
    for (size_t i = 0; i < message->peers.count; i++) {
        struct link *link = link_of(session, message->peers.peers[i].participant);
        if (!link || link->participant == session->self)
            continue;
        link->is_present = true;
        offer(session, link); /* the newcomer offers (protocol, section 6) */
    }
}

static void on_text(void *context, const char *text, size_t len)
{
    struct session *session = context;
    struct server_message message;
    if (server_message_parse(text, len, &message)) {
        log_warning("signaling: a message that is none");
        return;
    }
    struct link *link;
    if (message.type == SERVER_PEERS) {
        backoff_reset(&session->signal_backoff);
        take_peers(session, &message);
    } else if (message.type == SERVER_PEER_JOINED || message.type == SERVER_PEER_LEFT) {
        link = link_of(session, message.peer.participant);
        if (link)
            link->is_present = message.type == SERVER_PEER_JOINED;
        /* What we offered before went to somebody who is gone. */
        if (link)
            link->offer_is_out = false;
    } else if (message.type == SERVER_SIGNAL) {
        take_signal(session, &message);
    } else if (message.type == SERVER_ERROR) {
        log_debug("signaling: %s", message.error.message);
    }
    server_message_release(&message);
}

static void on_retry(uv_timer_t *timer)
{
    struct session *session = timer->data;
    if (session->state == SESSION_IN && !session->is_held)
        session_open_signal(session);
}

static void on_open(void *context)
{
    (void)context; /* `peers` follows */
}

static void on_close(void *context, int code, int status, const char *why)
{
    struct session *session = context;
    ws_free(session->signal_socket);
    session->signal_socket = NULL;
    for (size_t i = 0; i < sizeof session->links / sizeof *session->links; i++)
        session->links[i].is_present = false;
    /* 403: the seat is not there yet, or the session just ended; voice knows. */
    bool returns = status ? rejoin_after_status(status) || status == 403 : rejoin_after_close(code);
    log_debug("signaling closed: %d %d %s", code, status, why);
    if (!returns || session->state != SESSION_IN || session->is_held)
        return;
    double delay_ms = backoff_next_ms(&session->signal_backoff, backoff_random());
    uv_timer_start(&session->signal_retry, on_retry, (uint64_t)delay_ms, 0);
}

void session_open_signal(struct session *session)
{
    char path[LIMIT_ROOM_CODE + 64], url[1024];
    struct ws_handler handler = {
        .context = session, .on_open = on_open, .on_text = on_text, .on_close = on_close};
    if (session->signal_socket || !session->config.voice)
        return;
    snprintf(path, sizeof path, "/ws/signaling?room_code=%s", session->room_code);
    if (!entrance_url(session->server, path, url, sizeof url) ||
        ws_connect(session->runtime->ws, url, session->ticket.token, session->language, &handler,
                   &session->signal_socket))
        log_warning("signaling: no connection can be made");
}

void session_hurry_signal(struct session *session)
{
    backoff_reset(&session->signal_backoff);
    if (session->signal_socket && ws_is_stranded(session->signal_socket)) {
        ws_cut(session->signal_socket); /* who comes back offers to all */
        return;
    }
    if (!session->signal_socket && uv_is_active((uv_handle_t *)&session->signal_retry))
        uv_timer_start(&session->signal_retry, on_retry, 0, 0);
    for (size_t i = 0; i < sizeof session->links / sizeof *session->links; i++) {
        struct link *link = &session->links[i];
        if (link->is_present && link->voice &&
            (link->state == PEER_CONNECTED || link->state == PEER_DISCONNECTED))
            offer(session, link);
    }
}

void session_close_signal(struct session *session)
{
    uv_timer_stop(&session->signal_retry);
    ws_free(session->signal_socket);
    session->signal_socket = NULL;
}

/* Once a second: a voice that failed is made anew. The higher number offers; the lower one only
 * when nothing came of that. */
void session_tend_links(struct session *session)
{
    enum { LOWER_WAITS_TURNS = 5 };
    for (size_t i = 0; i < sizeof session->links / sizeof *session->links; i++) {
        struct link *link = &session->links[i];
        if (!link->participant || !link->is_present || !session->signal_socket ||
            (link->state != PEER_FAILED && link->state != PEER_CLOSED))
            continue;
        link->failed_turns++;
        if (session->self < link->participant && link->failed_turns < LOWER_WAITS_TURNS)
            continue;
        link->failed_turns = 0;
        drop_voice(link);
        offer(session, link);
    }
}

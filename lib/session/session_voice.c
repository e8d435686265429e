/* The voice socket: it carries the session (protocol, section 5). */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "session/session_inner.h"

/* A command's id says which command it was. */
enum { ID_TYPES = 32 };
_Static_assert((int)COMMAND_TYPE_COUNT <= (int)ID_TYPES, "the type fits into the id");

/* ---- sending ---- */

static enum err send_command(struct session *session, struct command *command)
{
    struct buf text;
    if (!session->voice_socket)
        return ERR_UNREACHABLE;
    command->id.kind = COMMAND_ID_INTEGER;
    command->id.integer = ++session->command_number * ID_TYPES + (int64_t)command->type;
    buf_init(&text, SESSION_MESSAGE_MAX);
    enum err e = command_print(command, &text);
    if (!e)
        e = ws_send(session->voice_socket, text.data, text.len);
    buf_release(&text);
    return e;
}

enum err session_send(struct session *session, const struct command *command)
{
    struct command copy = *command;
    if (session->state != SESSION_IN)
        return ERR_UNREACHABLE;
    return send_command(session, &copy);
}

int64_t session_command_number(const struct session *session)
{
    return session->command_number;
}

static double monotonic_ms(void)
{
    return (double)monotonic_us() / 1000;
}

void session_ping(struct session *session)
{
    struct command command = {.type = COMMAND_PING};
    session->next_ping_us = monotonic_us() + SESSION_PING_MS * 1000;
    command.ping.t0 = monotonic_ms();
    if (send_command(session, &command))
        session->burst_left = 0;
}

static void take_pong(struct session *session, const struct server_message *message)
{
    clock_sync_add(&session->clock, message->pong.t0, message->pong.t1, message->pong.t2,
                   monotonic_ms());
    session_arm_start(session);
    if (session->burst_left > 0) {
        session->burst_left--;
        session_ping(session);
    }
}

enum err session_choose(struct session *session, unsigned page, const char *choice)
{
    struct command command = {.type = COMMAND_SUBMIT_CHOICE};
    command.submit_choice.page = page;
    int len =
        snprintf(command.submit_choice.choice, sizeof command.submit_choice.choice, "%s", choice);
    if (len < 0 || (size_t)len >= sizeof command.submit_choice.choice)
        return ERR_BAD_REQUEST;
    return session_send(session, &command);
}

enum err session_next_page(struct session *session)
{
    struct command command = {.type = COMMAND_NEXT_PAGE};
    return session_send(session, &command);
}

enum err session_goto_page(struct session *session, unsigned page)
{
    struct command command = {.type = COMMAND_GOTO_PAGE};
    command.goto_page.page = page;
    return session_send(session, &command);
}

enum err session_end(struct session *session)
{
    struct command command = {.type = COMMAND_END_SESSION};
    return session_send(session, &command);
}

enum err session_consent(struct session *session, bool recording)
{
    struct command command = {.type = COMMAND_CONSENT};
    command.consent.recording = recording;
    session->config.consent = recording;
    return session_send(session, &command);
}

enum err session_leave(struct session *session)
{
    struct command command = {.type = COMMAND_LEAVE};
    if (session->recording && session_stop_recording(session))
        log_debug("the recording ends with the seat");
    session->is_leaving = true;
    return session_send(session, &command);
}

void session_report_voice(struct session *session)
{
    struct command command = {.type = COMMAND_VOICE_STATUS_UPDATE};
    if (!session->self)
        return;
    command.voice_status.is_mic_on = !session->is_muted;
    command.voice_status.has_speaking = true;
    command.voice_status.is_speaking = session->is_speaking && !session->is_muted;
    if (session_send(session, &command))
        log_debug("the voice status is told after coming back");
}

/* `ready`, once, when there is a voice to all the others. */
void session_check_ready(struct session *session)
{
    struct command command = {.type = COMMAND_READY};
    int connected = 0;
    if (session->ready_is_said || session->state != SESSION_IN || !session->config.voice ||
        (session->phase != PHASE_LOBBY && session->phase != PHASE_COUNTDOWN))
        return;
    for (size_t i = 0; i < sizeof session->links / sizeof *session->links; i++)
        connected += session->links[i].participant && session->links[i].state == PEER_CONNECTED;
    if (connected >= session->seats - 1)
        session->ready_is_said = session_send(session, &command) == ERR_NONE;
}

/* ---- receiving ---- */

static void take_in(struct session *session, const struct server_message *message)
{
    backoff_reset(&session->backoff);
    session_take_welcome(session, message);
    session_set_state(session, SESSION_IN, "");
    session->ready_is_said = false;
    session->burst_left = SESSION_PING_BURST - 1;
    session_ping(session);
    if (session->handler.on_welcome)
        session->handler.on_welcome(session->handler.context, message);
    if (session->state != SESSION_IN)
        return;
    if (!session->self) { /* who looks on has nothing to tell */
        session_arm_start(session);
        return;
    }
    if (session->config.consent && session_consent(session, true))
        log_debug("consent is given after coming back");
    /* A seat is taken with the microphone off; a restarted server knows the last that was said. */
    if (session->config.voice)
        session_report_voice(session);
    session_open_signal(session);
    session_check_ready(session);
    session_arm_start(session);
    session_settle(session);
}

static void take_error(struct session *session, const struct server_message *message)
{
    enum command_type type = message->id.kind == COMMAND_ID_INTEGER
                                 ? (enum command_type)(message->id.integer % ID_TYPES)
                                 : COMMAND_TYPE_COUNT;
    if (type == COMMAND_START_RECORDING)
        session_recording_refused(session);
    /* Reported before the connection broke, or by another connection of ours. */
    if (type == COMMAND_REPORT_START || type == COMMAND_READY)
        return;
    if (session->handler.on_refused)
        session->handler.on_refused(session->handler.context, type, message->id.integer / ID_TYPES,
                                    message->error.code_name, message->error.message);
}

static void take_ack(struct session *session, const struct server_message *message)
{
    if (session->handler.on_ack && message->id.kind == COMMAND_ID_INTEGER)
        session->handler.on_ack(session->handler.context,
                                (enum command_type)(message->id.integer % ID_TYPES),
                                message->id.integer / ID_TYPES, message->ack.seq);
}

static void on_text(void *context, const char *text, size_t len)
{
    struct session *session = context;
    struct server_message message;
    if (server_message_parse(text, len, &message)) {
        log_warning("voice: a message that is none");
        return;
    }
    switch (message.type) {
    case SERVER_WELCOME:
        if (session->state == SESSION_CONNECTING)
            take_in(session, &message);
        break;
    case SERVER_ACK:
        take_ack(session, &message);
        break;
    case SERVER_ERROR:
        take_error(session, &message);
        break;
    case SERVER_PONG:
        take_pong(session, &message);
        break;
    case SERVER_EVENT:
        session_take_event(session, &message.event.event, text, len);
        break;
    case SERVER_PEERS:
    case SERVER_PEER_JOINED:
    case SERVER_PEER_LEFT:
    case SERVER_SIGNAL:
    case SERVER_UNKNOWN:
        break;
    }
    server_message_release(&message);
}

static void on_open(void *context)
{
    struct session *session = context;
    struct command command = {.type = COMMAND_INIT};
    if (session->nickname)
        str_copy(command.init.nickname, sizeof command.init.nickname, session->nickname);
    /* From the very first: then what the session looks like follows from its events alone. */
    command.init.has_last_seq = true;
    command.init.last_seq = session->last_seq;
    if (session->last_seq > 0)
        memcpy(command.init.last_digest, session->last_digest, sizeof session->last_digest);
    command.init.await_voice = session->config.voice;
    if (send_command(session, &command))
        ws_cut(session->voice_socket);
}

/* ---- the end of a connection, and coming back ---- */

static void on_retry(uv_timer_t *timer)
{
    struct session *session = timer->data;
    if (session->state != SESSION_AWAY || session->is_held)
        return;
    session_set_state(session, SESSION_CONNECTING, "");
    session_open_voice(session);
}

void session_hurry_voice(struct session *session)
{
    backoff_reset(&session->backoff);
    if (session->state == SESSION_AWAY && !session->is_held) {
        uv_timer_start(&session->retry, on_retry, 0, 0);
    } else if (session->state == SESSION_CONNECTING) {
        /* The attempt that is under way waits for an answer that comes nowhere. */
        ws_free(session->voice_socket);
        session->voice_socket = NULL;
        session_open_voice(session);
    } else if (session->voice_socket && ws_is_stranded(session->voice_socket)) {
        ws_cut(session->voice_socket);
    }
}

static void come_back(struct session *session, const char *why)
{
    clock_sync_renew(&session->clock);
    ticker_stop(session->start_ticker); /* the countdown falls when somebody is away */
    session_set_state(session, SESSION_AWAY, why);
    if (session->is_held)
        return;
    double delay_ms = backoff_next_ms(&session->backoff, backoff_random());
    uv_timer_start(&session->retry, on_retry, (uint64_t)delay_ms, 0);
}

static void on_close(void *context, int code, int status, const char *why)
{
    struct session *session = context;
    char text[256];
    ws_free(session->voice_socket);
    session->voice_socket = NULL;
    bool returns = status ? rejoin_after_status(status) : rejoin_after_close(code);
    /* Coming back would take the seat again. */
    returns = returns && !session->is_leaving;
    if (status == 409)
        snprintf(text, sizeof text, "all seats are taken");
    else if (status)
        snprintf(text, sizeof text, "the server refused the connection: HTTP status %d", status);
    else if (code == WS_CLOSE_UNCLEAN)
        snprintf(text, sizeof text, "the connection broke%s%s", why[0] ? ": " : "", why);
    else
        snprintf(text, sizeof text, "closed with %d%s%s", code, why[0] ? ": " : "", why);
    if (session->handler.on_close)
        session->handler.on_close(session->handler.context, code, status, returns);
    if (session->is_freed || session->state == SESSION_FINISHING ||
        session->state == SESSION_CLOSED)
        return;
    if (returns)
        come_back(session, text);
    else
        session_finish(session, text);
}

void session_open_voice(struct session *session)
{
    char path[LIMIT_SESSION_ID + 32], url[1024];
    struct ws_handler handler = {
        .context = session, .on_open = on_open, .on_text = on_text, .on_close = on_close};
    session->connecting_since_us = monotonic_us();
    snprintf(path, sizeof path, "/ws/voice/%s", session->ticket.session_id);
    if (!entrance_url(session->server, path, url, sizeof url) ||
        ws_connect(session->runtime->ws, url, session->ticket.token, session->language, &handler,
                   &session->voice_socket))
        session_finish(session, "no connection can be made to such a URL");
}

void session_drop(struct session *session)
{
    session->is_held = true;
    uv_timer_stop(&session->signal_retry);
    if (session->signal_socket)
        ws_cut(session->signal_socket);
    if (session->voice_socket)
        ws_cut(session->voice_socket);
}

void session_return(struct session *session)
{
    if (!session->is_held)
        return;
    session->is_held = false;
    if (session->state == SESSION_AWAY)
        uv_timer_start(&session->retry, on_retry, 0, 0);
}

#include "session/session.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "session/session_inner.h"

static const char *const state_names[] = {"new",  "entering",  "connecting", "in",
                                          "away", "finishing", "closed"};

const char *session_state_name(enum session_state state)
{
    return state_names[state];
}

enum err session_runtime_new(uv_loop_t *loop, struct session_runtime **out)
{
    struct session_runtime *runtime = mem_zalloc(sizeof *runtime);
    if (!runtime)
        return ERR_NO_MEMORY;
    runtime->loop = loop;
    runtime->refs = 1;
    runtime->identity = dtls_identity_new();
    enum err e = runtime->identity ? ERR_NONE : ERR_NO_MEMORY;
    if (!e)
        e = glib_uv_new(loop, &runtime->glib);
    if (!e)
        e = ws_runtime_new(loop, &runtime->ws);
    if (e) {
        session_runtime_free(runtime);
        return e;
    }
    *out = runtime;
    return ERR_NONE;
}

void session_runtime_free(struct session_runtime *runtime)
{
    /* A session's last peers are put away in the loop's next turn and need it until then. */
    if (!runtime || --runtime->refs > 0)
        return;
    ws_runtime_free(runtime->ws);
    glib_uv_free(runtime->glib);
    dtls_identity_free(runtime->identity);
    mem_free(runtime);
}

static bool may_follow(enum session_state from, enum session_state to)
{
    switch (from) {
    case SESSION_NEW:
        return to == SESSION_ENTERING || to == SESSION_CLOSED;
    case SESSION_ENTERING:
        return to == SESSION_CONNECTING || to == SESSION_FINISHING;
    case SESSION_CONNECTING:
        return to == SESSION_IN || to == SESSION_AWAY || to == SESSION_FINISHING;
    case SESSION_IN:
        return to == SESSION_AWAY || to == SESSION_FINISHING;
    case SESSION_AWAY:
        return to == SESSION_CONNECTING || to == SESSION_FINISHING;
    case SESSION_FINISHING:
        return to == SESSION_CLOSED;
    case SESSION_CLOSED:
        return false;
    }
    return false;
}

void session_set_state(struct session *session, enum session_state state, const char *why)
{
    if (session->state == state)
        return;
    assert(may_follow(session->state, state));
    session->state = state;
    if (session->handler.on_state)
        session->handler.on_state(session->handler.context, state, why);
}

/* ---- birth and death ---- */

void session_ref(struct session *session)
{
    session->refs++;
}

static void free_strings(struct session *session)
{
    mem_free(session->server);
    mem_free(session->nickname);
    mem_free(session->token);
    mem_free(session->language);
    mem_free(session->agenda_text);
    mem_free(session->recording_path);
}

void session_unref(struct session *session)
{
    if (--session->refs > 0)
        return;
    agenda_unref(session->agenda);
    encoder_free(session->encoder);
    speech_detector_free(session->detector);
    for (size_t i = 0; i < sizeof session->links / sizeof *session->links; i++)
        jitter_free(session->links[i].jitter);
    mem_free(session->held);
    session_recordings_release(session);
    pending_list_release(&session->left);
    free_strings(session);
    session_runtime_free(session->runtime);
    mem_free(session);
}

static void on_handle_closed(uv_handle_t *handle)
{
    session_unref(handle->data);
}

void session_close_burial(struct session *session)
{
    uv_close((uv_handle_t *)&session->burial, on_handle_closed);
}

static bool copy(char **to, const char *from)
{
    *to = from ? mem_strdup(from) : NULL;
    return !from || *to;
}

static bool copy_config(struct session *session, const struct session_config *config)
{
    session->config = *config;
    bool ok = copy(&session->server, config->server) &&
              copy(&session->nickname, config->nickname) && copy(&session->token, config->token) &&
              copy(&session->language, config->language) &&
              copy(&session->agenda_text, config->agenda) &&
              copy(&session->recording_path, config->recording_path);
    session->config.server = session->server;
    session->config.nickname = session->nickname;
    session->config.token = session->token;
    session->config.language = session->language;
    session->config.agenda = session->agenda_text;
    session->config.recording_path = session->recording_path;
    str_copy(session->room_code, sizeof session->room_code, config->room_code);
    session->config.room_code = session->room_code;
    return ok;
}

static bool make_parts(struct session *session)
{
    session->encoder = encoder_new();
    session->detector = speech_detector_new();
    return session->encoder && session->detector &&
           ticker_new(session->runtime->loop, session_on_start_due, session,
                      &session->start_ticker) == ERR_NONE;
}

static void on_turn(uv_timer_t *turn)
{
    struct session *session = turn->data;
    if (session->state == SESSION_CONNECTING && session->voice_socket &&
        monotonic_us() - session->connecting_since_us > SESSION_WELCOME_MS * 1000LL)
        ws_cut(session->voice_socket);
    if (session->state == SESSION_IN && monotonic_us() >= session->next_ping_us)
        session_ping(session);
    session_tend_links(session);
}

static void start_handles(struct session *session)
{
    uv_loop_t *loop = session->runtime->loop;
    uv_timer_init(loop, &session->retry);
    uv_timer_init(loop, &session->signal_retry);
    uv_timer_init(loop, &session->turn);
    uv_idle_init(loop, &session->burial);
    uv_async_init(loop, &session->progress, session_on_progress);
    session->retry.data = session->signal_retry.data = session->turn.data = session->burial.data =
        session->progress.data = session->work.data = session->upload.data =
            session->left_work.data = session;
    uv_unref((uv_handle_t *)&session->progress);
    session->refs += 5;
}

static bool is_named(const struct session_config *config)
{
    const char *nickname = config->nickname;
    if (!nickname)
        return config->token && config->token[0];
    size_t chars = utf8_valid(nickname, strlen(nickname)) ? utf8_length(nickname) : 0;
    return chars >= 1 && chars <= LIMIT_NICKNAME_CHARS;
}

enum err session_new(struct session_runtime *runtime, const struct session_config *config,
                     const struct session_handler *handler, struct session **out)
{
    if (!room_code_valid(config->room_code) || !is_named(config))
        return ERR_BAD_REQUEST;
    struct session *session = mem_zalloc(sizeof *session);
    if (!session)
        return ERR_NO_MEMORY;
    session->runtime = runtime;
    runtime->refs++;
    session->handler = *handler;
    session->refs = 1;
    session->page = 1;
    session->backoff = session->signal_backoff =
        (struct backoff){.first_ms = SESSION_REJOIN_FIRST_MS, .max_ms = SESSION_REJOIN_MAX_MS};
    clock_sync_init(&session->clock);
    if (!copy_config(session, config) || !make_parts(session)) {
        session_unref(session);
        return ERR_NO_MEMORY;
    }
    start_handles(session);
    *out = session;
    return ERR_NONE;
}

void session_free(struct session *session)
{
    if (!session || session->is_freed)
        return;
    session->is_freed = true;
    session->handler = (struct session_handler){.context = NULL};
    session->upload_stops = true;
    ws_free(session->voice_socket);
    ws_free(session->signal_socket);
    session->voice_socket = session->signal_socket = NULL;
    if (session->recording)
        session_recording_ends(session);
    /* Not from a peer's own handler: the burial comes in the loop's next turn. */
    session_drop_links(session);
    ticker_free(session->start_ticker);
    uv_close((uv_handle_t *)&session->retry, on_handle_closed);
    uv_close((uv_handle_t *)&session->signal_retry, on_handle_closed);
    uv_close((uv_handle_t *)&session->turn, on_handle_closed);
    uv_close((uv_handle_t *)&session->progress, on_handle_closed);
    if (!session->dead)
        session_close_burial(session);
    session_unref(session);
}

/* ---- entering ---- */

static void start_entering(struct session *session);

static void on_enter_again(uv_timer_t *timer)
{
    start_entering(timer->data);
}

static const char *refusal_text(const struct session *session)
{
    if (session->refusal.text[0])
        return session->refusal.text;
    switch ((int)session->entrance_result) {
    case ERR_UNREACHABLE:
        return "no server answered";
    case ERR_NOT_FOUND:
        return "there is no such room";
    default:
        return "the server's answer makes no sense";
    }
}

static void entered(struct session *session)
{
    enum err e = session->entrance_result;
    bool may_wait =
        monotonic_us() - session->entering_since_us < session->config.wait_room_ms * 1000;
    session->ticket = session->work_ticket;
    if (!e) {
        const struct entrance_ticket *ticket = &session->ticket;
        session->is_entered = true;
        if (session->handler.on_entered)
            session->handler.on_entered(session->handler.context, ticket->created, ticket->present,
                                        ticket->present_count, ticket->seats);
        if (!session->config.waits)
            session_sit_down(session);
        return;
    }
    if (may_wait && (e == ERR_NOT_FOUND || e == ERR_UNAVAILABLE || e == ERR_UNREACHABLE)) {
        if (session->handler.on_state)
            session->handler.on_state(session->handler.context, SESSION_ENTERING,
                                      refusal_text(session));
        uv_timer_start(&session->retry, on_enter_again, SESSION_ROOM_POLL_MS, 0);
        return;
    }
    if (session->handler.on_close)
        session->handler.on_close(session->handler.context, WS_CLOSE_UNCLEAN,
                                  session->refusal.status, false);
    session_finish(session, refusal_text(session));
}

void session_sit_down(struct session *session)
{
    if (session->state != SESSION_ENTERING || !session->is_entered)
        return;
    session_set_state(session, SESSION_CONNECTING, "");
    session_open_voice(session);
}

static void run_entrance(uv_work_t *work)
{
    struct session *session = work->data;
    session_find_seat(session);
    session->entrance_result =
        entrance_pass(&session->entrance, &session->work_ticket, &session->refusal);
}

static void on_entrance_done(uv_work_t *work, int status)
{
    (void)status;
    struct session *session = work->data;
    if (!session->is_freed)
        entered(session);
    session_unref(session);
}

static void start_entering(struct session *session)
{
    session->entrance = (struct entrance){.server = session->server,
                                          .room_code = session->room_code,
                                          .token = session->token,
                                          .nickname = session->nickname,
                                          .language = session->language,
                                          .create = session->config.create,
                                          .seats = session->config.seats,
                                          .agenda = session->agenda_text};
    session_ref(session);
    uv_queue_work(session->runtime->loop, &session->work, run_entrance, on_entrance_done);
}

void session_enter(struct session *session)
{
    session->entering_since_us = monotonic_us();
    session_set_state(session, SESSION_ENTERING, "");
    uv_timer_start(&session->turn, on_turn, SESSION_TURN_MS, SESSION_TURN_MS);
    start_entering(session);
}

void session_network_changed(struct session *session)
{
    if (session->state != SESSION_CONNECTING && session->state != SESSION_IN &&
        session->state != SESSION_AWAY)
        return;
    session_hurry_voice(session);
    session_hurry_signal(session);
}

/* ---- the end ---- */

void session_finish(struct session *session, const char *why)
{
    if (session->state == SESSION_FINISHING || session->state == SESSION_CLOSED)
        return;
    ticker_stop(session->start_ticker);
    uv_timer_stop(&session->retry);
    uv_timer_stop(&session->turn);
    session_close_signal(session);
    session_drop_links(session);
    if (session->recording)
        session_recording_ends(session);
    session_set_state(session, SESSION_FINISHING, why);
    if (!session_upload_next(session))
        session_set_state(session, SESSION_CLOSED, why);
}

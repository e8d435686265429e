/* What an earlier connection of the same person left, because its process died: recordings on disk
 * that never reached the server, and one that the server thinks is still running. Before a new one
 * can begin, that one is stopped where its sound ends. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "session/pending_send.h"
#include "session/session_inner.h"

struct own_recording *session_own_recording(struct session *session, const char *recording_id)
{
    for (size_t i = 0; i < session->recording_count; i++) {
        if (strcmp(session->recordings[i].recording_id, recording_id) == 0)
            return &session->recordings[i];
    }
    return NULL;
}

void session_connects(struct session *session, uint64_t welcome_seq)
{
    session->welcome_seq = welcome_seq;
    session->is_settled = false;
    session->ask_is_old = session->capture == CAPTURE_ASKED;
}

void session_left_running(struct session *session, const char *recording_id, int64_t started_at_ms)
{
    if (session_own_recording(session, recording_id))
        return; /* heard of it before */
    str_copy(session->left_id, sizeof session->left_id, recording_id);
    session->left_started_at_ms = started_at_ms;
    session->is_settled = false;
}

/* ---- on disk ---- */

static bool is_mine(const struct session *session, const struct pending *pending)
{
    /* A recording id is of one session. Whose the running one is, the server has said. */
    return strcmp(pending->server, session->server) == 0 &&
           strcmp(pending->session_id, session->ticket.session_id) == 0 &&
           (strcmp(pending->token, session->ticket.token) == 0 ||
            strcmp(pending->recording_id, session->left_id) == 0);
}

/* It becomes one of this session's own, to be sent with them. */
static void take(struct session *session, const char *path)
{
    struct own_recording *own = &session->recordings[session->recording_count];
    struct pending pending;
    int hold;
    enum err e = pending_take(path, &pending, &hold);
    if (e && e != ERR_CORRUPT)
        return;
    if (e || !is_mine(session, &pending) || session_own_recording(session, pending.recording_id) ||
        !str_copy(own->path, sizeof own->path, path)) {
        pending_let_go(hold);
        return;
    }
    str_copy(own->recording_id, sizeof own->recording_id, pending.recording_id);
    if (recording_measure(path, &own->summary))
        own->summary = (struct recording_summary){.samples = 0};
    own->is_stopped_there = strcmp(own->recording_id, session->left_id) != 0;
    own->is_pending = true;
    own->hold = hold;
    session->recording_count++;
}

/* Where this session records to; false: it leaves nothing behind. */
static bool folder_of(const struct session *session, char folder[PENDING_PATH_SIZE])
{
    const char *path = session->config.recording_path;
    if (!session->config.keep_pending || !path)
        return false;
    const char *slash = strrchr(path, '/');
    if (slash)
        snprintf(folder, PENDING_PATH_SIZE, "%.*s", slash > path ? (int)(slash - path) : 1, path);
    else
        str_copy(folder, PENDING_PATH_SIZE, ".");
    return true;
}

void session_find_seat(struct session *session)
{
    char folder[PENDING_PATH_SIZE], token[LIMIT_TOKEN + 1];
    struct entrance_ticket *ticket = &session->work_ticket;
    if (!session->token && !ticket->token[0] && folder_of(session, folder) &&
        pending_seat(folder, session->server, session->room_code, session->nickname, token))
        str_copy(ticket->token, sizeof ticket->token, token);
}

/* ---- what earlier debates left ---- */

static bool is_of_this_debate(const struct session *session, const char *recording)
{
    struct pending pending;
    int hold;
    enum err e = pending_take(recording, &pending, &hold);
    if (e && e != ERR_CORRUPT)
        return true; /* this session, or somebody else, has it in hand */
    pending_let_go(hold);
    return strcmp(pending.session_id, session->ticket.session_id) == 0;
}

static bool on_progress(void *context, uint64_t sent, uint64_t total)
{
    const struct session *session = context;
    (void)sent;
    (void)total;
    return session->upload_stops;
}

/* In the worker thread. */
static void run_left(uv_work_t *work)
{
    struct session *session = work->data;
    session->left_end = pending_send(session->left.recordings[session->left_index], on_progress,
                                     session, &session->left_report);
}

static void send_left(struct session *session);

static void on_left(uv_work_t *work, int status)
{
    (void)status;
    struct session *session = work->data;
    if (session->handler.on_pending && session->left_end != PENDING_ELSEWHERE)
        session->handler.on_pending(session->handler.context,
                                    session->left.recordings[session->left_index],
                                    session->left_end, session->left_report.why);
    session->left_index++;
    send_left(session);
    session_unref(session);
}

/* One after the other, beside the debate. */
static void send_left(struct session *session)
{
    while (session->left_index < session->left.count &&
           is_of_this_debate(session, session->left.recordings[session->left_index]))
        session->left_index++;
    if (session->is_freed || !session->config.upload || session->left_index >= session->left.count)
        return;
    session_ref(session);
    uv_queue_work(session->runtime->loop, &session->left_work, run_left, on_left);
}

/* ---- coming back ---- */

static void take_left(struct session *session)
{
    char folder[PENDING_PATH_SIZE];
    struct pending_list list;
    session->left_is_taken = true;
    if (!folder_of(session, folder) || pending_list_read(folder, &list))
        return; /* if it cannot be read, recording will say so */
    /* One place stays for what is to be recorded now. */
    for (size_t i = 0; i < list.count && session->recording_count < SESSION_RECORDINGS_MAX - 1; i++)
        take(session, list.recordings[i]);
    session->left = list;
    send_left(session);
}

/* ---- at the server ---- */

static void stop_left(struct session *session)
{
    struct command command = {.type = COMMAND_STOP_RECORDING};
    const struct own_recording *own = session_own_recording(session, session->left_id);
    /* Its file may be elsewhere: then it ends now. */
    if (own) {
        command.recording.has_at = true;
        command.recording.at_ms = session->left_started_at_ms + own->summary.duration_ms;
    }
    if (session_send(session, &command))
        log_debug("what was left running is stopped after coming back");
}

/* When all that was missed is known. */
void session_settle(struct session *session)
{
    if (session->is_settled || session->state != SESSION_IN ||
        session->last_seq < session->welcome_seq)
        return;
    session->is_settled = true;
    session_ask_again(session);
    if (!session->left_is_taken)
        take_left(session);
    if (session->left_id[0]) {
        stop_left(session);
    } else if (session->wants_recording) {
        session->wants_recording = false;
        session_want_recording(session);
    }
}

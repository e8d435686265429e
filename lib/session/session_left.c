/* What an earlier connection of the same person left, because its process died: recordings on disk
 * that never reached the server, and one that the server thinks is still running. Before a new one
 * can begin, that one is stopped where its sound ends. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "session/pending.h"
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

static void take_left(struct session *session)
{
    char folder[PENDING_PATH_SIZE] = ".";
    struct pending_list list;
    session->left_is_taken = true;
    if (!session->config.keep_pending || !session->config.recording_path)
        return;
    const char *path = session->config.recording_path, *slash = strrchr(path, '/');
    if (slash)
        snprintf(folder, sizeof folder, "%.*s", slash > path ? (int)(slash - path) : 1, path);
    if (pending_list_read(folder, &list))
        return; /* if it cannot be read, recording will say so */
    /* One place stays for what is to be recorded now. */
    for (size_t i = 0; i < list.count && session->recording_count < SESSION_RECORDINGS_MAX - 1; i++)
        take(session, list.recordings[i]);
    pending_list_release(&list);
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
    if (!session->left_is_taken)
        take_left(session);
    if (session->left_id[0]) {
        stop_left(session);
    } else if (session->wants_recording) {
        session->wants_recording = false;
        session_want_recording(session);
    }
}

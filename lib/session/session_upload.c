/* After the end: the recordings go to the server, one after the other, in a worker thread. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "session/pending.h"
#include "session/session_inner.h"

/* In the worker thread. */
static bool on_chunk(void *context, uint64_t sent, uint64_t total)
{
    struct session *session = context;
    session->upload_sent = sent;
    session->upload_total = total;
    uv_async_send(&session->progress);
    return session->upload_stops;
}

/* In the worker thread: reads this one recording, which nobody changes meanwhile. */
static void run_upload(uv_work_t *work)
{
    struct session *session = work->data;
    const struct own_recording *own = &session->recordings[session->upload_index];
    struct tus_request request = {.server = session->server,
                                  .token = session->ticket.token,
                                  .path = own->path,
                                  .recording_id = own->recording_id,
                                  .session_id = session->ticket.session_id,
                                  .on_progress = on_chunk,
                                  .context = session};
    struct tus_result *answer = &session->upload_answer;
    session->upload_result = tus_upload(&request, answer);
    /* What is not proven to be there stays pending. */
    if (!session->upload_result && answer->checked && own->is_pending && pending_remove(own->path))
        log_warning("%s has arrived, but is still noted as pending: %s", own->path,
                    strerror(errno));
}

static void take_answer(struct session *session, struct own_recording *own)
{
    const struct tus_result *answer = &session->upload_answer;
    enum err e = session->upload_result;
    own->uploaded = e == ERR_NONE;
    own->upload_failed = e != ERR_NONE;
    own->bytes = answer->bytes;
    snprintf(own->sha256, sizeof own->sha256, "%s", e ? "" : answer->sha256);
    snprintf(own->why, sizeof own->why, "%s", !e ? "" : answer->why[0] ? answer->why : err_code(e));
}

static void tell(struct session *session, uint64_t sent, uint64_t total)
{
    struct session_recording recording = session_recording_at(session, session->upload_index);
    if (session->handler.on_upload)
        session->handler.on_upload(session->handler.context, &recording, sent, total);
}

void session_on_progress(uv_async_t *progress)
{
    struct session *session = progress->data;
    if (session->state == SESSION_FINISHING)
        tell(session, session->upload_sent, session->upload_total);
}

static void on_uploaded(uv_work_t *work, int status)
{
    (void)status;
    struct session *session = work->data;
    if (!session->is_freed) {
        struct own_recording *own = &session->recordings[session->upload_index];
        take_answer(session, own);
        if (own->is_pending)
            pending_let_go(own->hold);
        own->is_pending = false;
        tell(session, own->uploaded ? own->bytes : session->upload_sent, own->bytes);
        session->upload_index++;
        if (!session->is_freed && !session_upload_next(session))
            session_set_state(session, SESSION_CLOSED, "");
    }
    session_unref(session);
}

bool session_upload_next(struct session *session)
{
    while (
        session->upload_index < session->recording_count &&
        (!session->recordings[session->upload_index].is_stopped_there || !session->config.upload))
        session->upload_index++;
    if (session->upload_index >= session->recording_count)
        return false;
    session_ref(session);
    uv_queue_work(session->runtime->loop, &session->upload, run_upload, on_uploaded);
    return true;
}

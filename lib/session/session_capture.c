/* Recording one's own voice: after consent, from the start, with what the server calls it. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "session/pending.h"
#include "session/session_inner.h"

/* What becomes of capture: asked for, running, over. */
static void set_capture(struct session *session, enum capture_state capture)
{
    session->capture = capture;
    if (capture == CAPTURE_NONE || capture == CAPTURE_RUNNING) {
        mem_free(session->held);
        session->held = NULL;
        session->held_count = 0;
    }
}

static bool may_record(const struct session *session)
{
    return session->config.recording_path && session->consented && session->is_live &&
           session->phase == PHASE_LIVE && session->capture == CAPTURE_NONE &&
           session->recording_count < SESSION_RECORDINGS_MAX && session->is_settled &&
           !session->left_id[0];
}

void session_want_recording(struct session *session)
{
    if (!session->is_settled || session->left_id[0]) {
        session->wants_recording = true;
    } else if (may_record(session) && (session->record == RECORD_AUTO || session->asks_again)) {
        session->asks_again = false;
        set_capture(session, CAPTURE_WANTED);
    }
}

enum err session_record(struct session *session)
{
    if (session->state != SESSION_IN)
        return ERR_UNREACHABLE;
    if (may_record(session)) {
        set_capture(session, CAPTURE_WANTED);
        return ERR_NONE;
    }
    if (session->capture != CAPTURE_NONE)
        return ERR_ALREADY_RECORDING;
    /* The server is to say why not. */
    struct command command = {.type = COMMAND_START_RECORDING};
    return session_send(session, &command);
}

enum err session_stop_recording(struct session *session)
{
    struct command command = {.type = COMMAND_STOP_RECORDING};
    double at_ms, error_ms;
    session->asks_again = false;
    if (session_clock_ms(session, monotonic_us(), &at_ms, &error_ms)) {
        command.recording.has_at = true;
        command.recording.at_ms = (int64_t)llround(at_ms);
    }
    return session_send(session, &command);
}

static enum err send_start(struct session *session, int64_t first_us)
{
    struct command command = {.type = COMMAND_START_RECORDING};
    double at_ms, error_ms;
    if (session_clock_ms(session, first_us, &at_ms, &error_ms)) {
        command.recording.has_at = true;
        command.recording.at_ms = (int64_t)llround(at_ms);
    }
    return session_send(session, &command);
}

static void ask(struct session *session, int64_t first_us)
{
    if (send_start(session, first_us))
        return; /* away: with a later frame */
    session->held = mem_alloc(SESSION_HELD_FRAMES * MEDIA_FRAME_SAMPLES * sizeof(int16_t));
    if (session->held)
        session->capture = CAPTURE_ASKED;
}

void session_ask_again(struct session *session)
{
    bool is_lost = session->ask_is_old && session->capture == CAPTURE_ASKED;
    session->ask_is_old = false;
    if (is_lost && send_start(session, session->held_us[0]))
        log_debug("the recording is asked for again after coming back");
}

static void hold(struct session *session, const int16_t *pcm, int64_t captured_us)
{
    if (session->held_count == SESSION_HELD_FRAMES) {
        log_warning("the server has not named the recording in time: it begins when the server "
                    "answers again");
        set_capture(session, CAPTURE_NONE);
        session->wants_recording = session->asks_again = true;
        return;
    }
    memcpy(session->held + session->held_count * MEDIA_FRAME_SAMPLES, pcm,
           MEDIA_FRAME_SAMPLES * sizeof *pcm);
    session->held_us[session->held_count++] = captured_us;
}

/* With what the session's clock says then, as far as it is known. */
static enum err record(struct session *session, const int16_t *pcm, int64_t captured_us)
{
    double at_ms, error_ms;
    enum err e = recording_write(session->recording, pcm, captured_us);
    if (!e && session_clock_ms(session, captured_us, &at_ms, &error_ms))
        e = recording_session_clock(session->recording, captured_us, at_ms);
    return e;
}

static void write_frame(struct session *session, const int16_t *pcm, int64_t captured_us)
{
    if (session->recording && record(session, pcm, captured_us)) {
        log_error("the recording cannot be written: %s", strerror(errno));
        session_recording_ends(session);
        if (session_stop_recording(session))
            log_debug("the server hears of it when the session ends");
    }
}

void session_record_frame(struct session *session, const int16_t *pcm, int64_t captured_us)
{
    if (session->capture == CAPTURE_WANTED && captured_us >= session->start_us)
        ask(session, captured_us);
    if (session->capture == CAPTURE_ASKED)
        hold(session, pcm, captured_us);
    else if (session->capture == CAPTURE_RUNNING)
        write_frame(session, pcm, captured_us);
}

/* "DIR/kim.opus" and then "DIR/kim-2.opus". */
static void name_file(const struct session *session, size_t number, char *out, size_t out_size)
{
    const char *path = session->config.recording_path, *dot = strrchr(path, '.');
    size_t stem_len = dot && !strchr(dot, '/') ? (size_t)(dot - path) : strlen(path);
    if (number == 1)
        snprintf(out, out_size, "%s", path);
    else
        snprintf(out, out_size, "%.*s-%zu%s", (int)stem_len, path, number, path + stem_len);
}

static enum err start_file(struct session *session, struct own_recording *own)
{
    double at_ms = 0, error_ms;
    size_t number = session->recording_count + 1, last = number;
    if (!session_clock_ms(session, session->held_us[0], &at_ms, &error_ms))
        at_ms = (double)session->start_at_ms;
    if (session->config.keep_pending)
        last += SESSION_FILES_MAX;
    enum err e;
    do {
        name_file(session, number, own->path, sizeof own->path);
        e = recording_start(own->path, own->recording_id, (int64_t)llround(at_ms),
                            session->held_us[0], &session->recording);
    } while (e == ERR_IO && errno == EEXIST && number++ < last);
    return e;
}

/* Without the note the sound is still there, and still sent at the end. */
static void note_pending(const struct session *session, struct own_recording *own)
{
    struct pending pending = {.server = ""};
    if (!session->config.keep_pending)
        return;
    bool fits =
        str_copy(pending.server, sizeof pending.server, session->server) &&
        str_copy(pending.token, sizeof pending.token, session->ticket.token) &&
        str_copy(pending.session_id, sizeof pending.session_id, session->ticket.session_id) &&
        str_copy(pending.recording_id, sizeof pending.recording_id, own->recording_id) &&
        str_copy(pending.room_code, sizeof pending.room_code, session->room_code);
    enum err e = fits ? pending_write(own->path, &pending, &own->hold) : ERR_BAD_REQUEST;
    own->is_pending = e == ERR_NONE;
    if (e)
        log_error("%s: what is needed to send it later cannot be noted: %s", own->path,
                  e == ERR_IO ? strerror(errno) : err_code(e));
}

void session_recording_began(struct session *session, const char *recording_id)
{
    struct own_recording *own = &session->recordings[session->recording_count];
    if (session->held_count == 0 || session_own_recording(session, recording_id))
        return; /* of the past */
    if (!str_copy(own->recording_id, sizeof own->recording_id, recording_id))
        return;
    if (start_file(session, own)) {
        log_error("%s: %s", own->path, strerror(errno));
        set_capture(session, CAPTURE_NONE);
        if (session_stop_recording(session))
            log_debug("the server hears of it when the session ends");
        return;
    }
    session->recording_count++;
    note_pending(session, own);
    for (size_t i = 0; i < session->held_count; i++)
        write_frame(session, session->held + i * MEDIA_FRAME_SAMPLES, session->held_us[i]);
    if (session->recording)
        set_capture(session, CAPTURE_RUNNING);
}

void session_recording_refused(struct session *session)
{
    if (session->capture == CAPTURE_ASKED)
        set_capture(session, CAPTURE_NONE);
    session->asks_again = false;
}

void session_recording_ends(struct session *session)
{
    if (session->recording) {
        struct own_recording *own = &session->recordings[session->recording_count - 1];
        if (recording_stop(session->recording, &own->summary))
            log_error("%s: %s", own->path, strerror(errno));
        session->recording = NULL;
    }
    set_capture(session, CAPTURE_NONE);
}

void session_recording_stopped(struct session *session, const char *recording_id)
{
    struct own_recording *own = session_own_recording(session, recording_id);
    if (own)
        own->is_stopped_there = true;
    if (strcmp(recording_id, session->left_id) == 0)
        session->left_id[0] = '\0';
    else if (own && session->recording && own == &session->recordings[session->recording_count - 1])
        session_recording_ends(session);
    if (!session->left_id[0] && session->wants_recording && session->is_settled) {
        session->wants_recording = false;
        session_want_recording(session);
    }
}

void session_recordings_release(struct session *session)
{
    for (size_t i = 0; i < session->recording_count; i++) {
        if (session->recordings[i].is_pending)
            pending_let_go(session->recordings[i].hold);
    }
}

size_t session_recording_count(const struct session *session)
{
    return session->recording_count;
}

struct session_recording session_recording_at(const struct session *session, size_t index)
{
    const struct own_recording *own = &session->recordings[index];
    return (struct session_recording){.path = own->path,
                                      .recording_id = own->recording_id,
                                      .summary = own->summary,
                                      .uploaded = own->uploaded,
                                      .upload_failed = own->upload_failed,
                                      .bytes = own->bytes,
                                      .sha256 = own->sha256,
                                      .why = own->why};
}

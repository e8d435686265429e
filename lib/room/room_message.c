/* What a participant may ask for besides pages and choices (protocol, section 5). */
#include <assert.h>
#include <math.h>
#include <stdio.h>

#include "room/room_state.h"

static void on_ready(struct step *step, struct participant *p)
{
    if (step->room->phase != PHASE_LOBBY) {
        step_refuse(step, ERR_WRONG_PHASE, REASON_ONLY_LOBBY, NULL);
        return;
    }
    p->wait_until_ms = 0;
    step_settle_countdown(step);
}

static void on_consent(struct step *step, unsigned participant, const struct participant *p)
{
    bool recording = step->command->message->consent.recording;
    if (recording == p->consented)
        return;
    step_emit_sure(step, (struct event){.type = EVENT_CONSENT,
                                        .actor = participant,
                                        .participant = participant,
                                        .consent = {.recording = recording}});
    step_own(step);
    if (!recording)
        step_stop_recording(step, participant, participant, step->now_ms);
}

static double three_decimals(double ms)
{
    return round(ms * 1000) / 1000;
}

static void on_report_start(struct step *step, unsigned participant, const struct participant *p)
{
    const struct command *message = step->command->message;
    double at_ms = message->report_start.at_ms;
    double error_ms = message->report_start.has_error ? message->report_start.error_ms : 0;
    if (!(at_ms >= 0 && at_ms <= LIMIT_INTEGER)) {
        step_refuse(step, ERR_BAD_REQUEST, REASON_FIELD_RANGE, "at");
    } else if (!(error_ms >= 0 && error_ms <= LIMIT_INTEGER)) {
        step_refuse(step, ERR_BAD_REQUEST, REASON_FIELD_RANGE, "error_ms");
    } else if (step->room->phase != PHASE_LIVE) {
        step_refuse(step, ERR_WRONG_PHASE, REASON_NOT_LIVE, NULL);
    } else if (p->reported) {
        step_refuse(step, ERR_WRONG_PHASE, REASON_REPORTED_TWICE, NULL);
    } else {
        double late_ms = three_decimals(at_ms - (double)step->room->start_at_ms);
        step_emit_sure(
            step, (struct event){.type = EVENT_START_REPORTED,
                                 .actor = participant,
                                 .participant = participant,
                                 .start_reported = {.late_ms = late_ms,
                                                    .has_error = message->report_start.has_error,
                                                    .error_ms = three_decimals(error_ms)}});
        step_own(step);
    }
}

static void on_voice_status(struct step *step, unsigned participant, const struct participant *p)
{
    const struct command *message = step->command->message;
    bool is_mic_on = message->voice_status.is_mic_on;
    bool is_speaking =
        message->voice_status.has_speaking ? message->voice_status.is_speaking : p->is_speaking;
    if (is_mic_on == p->is_mic_on && is_speaking == p->is_speaking)
        return;
    step_emit_sure(step, (struct event){.type = EVENT_VOICE_STATUS,
                                        .actor = participant,
                                        .participant = participant,
                                        .voice_status = {.nickname = p->nickname,
                                                         .is_mic_on = is_mic_on,
                                                         .is_speaking = is_speaking}});
    step_own(step);
}

/* False, with the refusal given, when the time that the client says cannot be one. */
static bool recording_time(struct step *step, const char *field, int64_t *at_ms)
{
    const struct command *message = step->command->message;
    *at_ms = message->recording.has_at ? message->recording.at_ms : step->now_ms;
    if (*at_ms >= 0 && *at_ms <= LIMIT_INTEGER)
        return true;
    step_refuse(step, ERR_BAD_REQUEST, REASON_FIELD_RANGE, field);
    return false;
}

static void start_recording(struct step *step, unsigned participant, int64_t at_ms)
{
    const struct room *room = step->room;
    const struct participant *p = room_participant(room, participant);
    const char *session = room->header.session_id;
    char id[LIMIT_RECORDING_ID + 1], path[LIMIT_PATH + 1];
    /* "s_x7…" gives "r_x7…_1". */
    int id_len = snprintf(id, sizeof(id), "r_%s_%zu", session + 2, room->recording_count + 1);
    int path_len = snprintf(path, sizeof(path), "recordings/%s/p%u-%u.opus", session, participant,
                            p->recordings + 1);
    assert(id_len < (int)sizeof(id) && path_len < (int)sizeof(path));
    enum err e = step_emit(
        step,
        (struct event){.type = EVENT_RECORDING_STARTED,
                       .actor = participant,
                       .participant = participant,
                       .recording = {.recording_id = id, .path = path, .started_at_ms = at_ms}});
    if (e == ERR_NONE)
        step_own(step);
}

static void on_start_recording(struct step *step, unsigned participant, const struct participant *p)
{
    int64_t at_ms;
    if (!recording_time(step, "started_at_ms", &at_ms))
        return;
    if (step->room->config.record == RECORD_OFF)
        step_refuse(step, ERR_FORBIDDEN, REASON_RECORDING_OFF, NULL);
    else if (step->room->phase != PHASE_LIVE)
        step_refuse(step, ERR_WRONG_PHASE, REASON_NOT_LIVE, NULL);
    else if (!p->consented)
        step_refuse(step, ERR_NO_CONSENT, REASON_NONE, NULL);
    else if (p->running)
        step_refuse(step, ERR_ALREADY_RECORDING, REASON_NONE, NULL);
    else if (step->room->recording_count == LIMIT_RECORDINGS)
        step_refuse(step, ERR_RATE_LIMITED, REASON_NONE, NULL);
    else
        start_recording(step, participant, at_ms);
}

static void on_stop_recording(struct step *step, unsigned participant, const struct participant *p)
{
    const struct command *message = step->command->message;
    int64_t at_ms;
    if (!recording_time(step, "ended_at_ms", &at_ms))
        return;
    if (!p->running) {
        step_refuse(step, ERR_NOT_RECORDING, REASON_NONE, NULL);
    } else if (message->recording.has_at &&
               at_ms < step->room->recordings[p->running - 1].started_at_ms) {
        step_refuse(step, ERR_BAD_REQUEST, REASON_FIELD_RANGE, "ended_at_ms");
    } else {
        step_stop_recording(step, participant, participant, at_ms);
        step_own(step);
    }
}

bool step_may_lead(struct step *step, unsigned participant)
{
    if (participant == step->room->host || step->command->is_operator)
        return true;
    step_refuse(step, ERR_FORBIDDEN, REASON_NOT_HOST, NULL);
    return false;
}

static void on_end_session(struct step *step, unsigned participant)
{
    if (!step_may_lead(step, participant))
        return;
    step_end(step, participant, END_HOST);
    step_own(step);
}

void step_message(struct step *step)
{
    unsigned participant = step->command->participant;
    struct participant *p = room_participant(step->room, participant);
    switch (step->command->message->type) {
    case COMMAND_INIT:
        step_refuse(step, ERR_WRONG_PHASE, REASON_INIT_TWICE, NULL);
        break;
    case COMMAND_READY:
        on_ready(step, p);
        break;
    case COMMAND_CONSENT:
        on_consent(step, participant, p);
        break;
    case COMMAND_REPORT_START:
        on_report_start(step, participant, p);
        break;
    case COMMAND_VOICE_STATUS_UPDATE:
        on_voice_status(step, participant, p);
        break;
    case COMMAND_START_RECORDING:
        on_start_recording(step, participant, p);
        break;
    case COMMAND_STOP_RECORDING:
        on_stop_recording(step, participant, p);
        break;
    case COMMAND_SUBMIT_CHOICE:
        step_choose(step, participant);
        break;
    case COMMAND_NEXT_PAGE:
        step_next_page(step, participant);
        break;
    case COMMAND_GOTO_PAGE:
        step_goto_page(step, participant);
        break;
    case COMMAND_END_SESSION:
        on_end_session(step, participant);
        break;
    case COMMAND_LEAVE:
        step_leave(step, participant);
        break;
    case COMMAND_PING:
    case COMMAND_TYPE_COUNT:
        break;
    }
}

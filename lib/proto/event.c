#include "proto/event.h"

#include <assert.h>
#include <string.h>

#include "base/str.h"
#include "proto/event_json.h"
#include "proto/json_writer.h"

static const char *const type_names[EVENT_TYPE_COUNT] = {
    [EVENT_JOIN] = "join",
    [EVENT_LEAVE] = "leave",
    [EVENT_CONNECTED] = "connected",
    [EVENT_DISCONNECTED] = "disconnected",
    [EVENT_HOST_CHANGED] = "host_changed",
    [EVENT_CONSENT] = "consent",
    [EVENT_COUNTDOWN] = "countdown",
    [EVENT_COUNTDOWN_CANCELLED] = "countdown_cancelled",
    [EVENT_START] = "start",
    [EVENT_START_REPORTED] = "start_reported",
    [EVENT_VOICE_STATUS] = "voice_status",
    [EVENT_RECORDING_STARTED] = "recording_started",
    [EVENT_RECORDING_STOPPED] = "recording_stopped",
    [EVENT_RECORDING_UPLOADED] = "recording_uploaded",
    [EVENT_CHOICE_SUBMITTED] = "choice_submitted",
    [EVENT_CHOICES_REVEALED] = "choices_revealed",
    [EVENT_NEXT_PAGE] = "next_page",
    [EVENT_SESSION_ENDED] = "session_ended",
    [EVENT_ANALYSIS_READY] = "analysis_ready",
    [EVENT_FORGOTTEN] = "forgotten",
};

static const char *const reason_names[] = {
    [END_HOST] = "host", [END_AGENDA] = "agenda", [END_EMPTY] = "empty"};

const char *event_type_name(enum event_type type)
{
    assert(type < EVENT_TYPE_COUNT);
    return type_names[type];
}

bool event_type_from_name(const char *name, enum event_type *out)
{
    for (int type = 0; type < EVENT_TYPE_COUNT; type++) {
        if (strcmp(type_names[type], name) == 0) {
            *out = (enum event_type)type;
            return true;
        }
    }
    return false;
}

const char *end_reason_name(enum end_reason reason)
{
    assert(reason <= END_EMPTY);
    return reason_names[reason];
}

bool event_is_private(const struct event *event, bool choice_is_public)
{
    if (event->type == EVENT_JOIN)
        return event->join.user != NULL;
    return event->type == EVENT_CHOICE_SUBMITTED && event->choice_submitted.choice != NULL &&
           !choice_is_public;
}

struct event event_public(const struct event *event, bool choice_is_public)
{
    struct event copy = *event;
    if (copy.type == EVENT_JOIN)
        copy.join.user = NULL;
    if (copy.type == EVENT_CHOICE_SUBMITTED && !choice_is_public)
        copy.choice_submitted.choice = NULL;
    return copy;
}

static void put_recording(struct json_writer *json, const struct event *event)
{
    json_write_string(json, "recording_id", event->recording.recording_id);
    if (event->type == EVENT_RECORDING_UPLOADED) {
        json_write_integer(json, "bytes", (int64_t)event->recording.bytes);
        json_write_string(json, "sha256", event->recording.sha256);
        return;
    }
    json_write_string(json, "path", event->recording.path);
    if (event->type == EVENT_RECORDING_STARTED) {
        json_write_integer(json, "started_at", event->recording.started_at_ms);
        return;
    }
    json_write_integer(json, "ended_at", event->recording.ended_at_ms);
    json_write_number(json, "duration", (double)event->recording.duration_ms / 1000);
}

static void put_revealed(struct json_writer *json, const struct event *event)
{
    json_write_integer(json, "page", event->choices_revealed.page);
    json_write_object(json, "choices");
    for (size_t i = 0; i < event->choices_revealed.count; i++) {
        const struct event_choice *choice = &event->choices_revealed.choices[i];
        char who[PARTICIPANT_SIZE];
        json_write_string(json, participant_text(choice->participant, who), choice->choice);
    }
    json_write_object_end(json);
}

static void put_data(struct json_writer *json, const struct event *event)
{
    if (event->participant)
        json_write_participant(json, "participant_id", event->participant);
    switch (event->type) {
    case EVENT_JOIN:
        json_write_string(json, "nickname", event->join.nickname);
        if (event->join.user)
            json_write_string(json, "user", event->join.user);
        break;
    case EVENT_LEAVE:
    case EVENT_CONNECTED:
    case EVENT_DISCONNECTED:
    case EVENT_HOST_CHANGED:
        break;
    case EVENT_CONSENT:
        json_write_bool(json, "recording", event->consent.recording);
        break;
    case EVENT_COUNTDOWN:
        json_write_number(json, "seconds", (double)event->countdown.duration_ms / 1000);
        json_write_integer(json, "start_at", event->countdown.start_at_ms);
        break;
    case EVENT_COUNTDOWN_CANCELLED:
        json_write_string(json, "reason", event->countdown_cancelled.reason);
        break;
    case EVENT_START:
        json_write_integer(json, "start_at", event->start.start_at_ms);
        break;
    case EVENT_START_REPORTED:
        json_write_number(json, "late_ms", event->start_reported.late_ms);
        if (event->start_reported.has_error)
            json_write_number(json, "error_ms", event->start_reported.error_ms);
        break;
    case EVENT_VOICE_STATUS:
        json_write_string(json, "nickname", event->voice_status.nickname);
        json_write_bool(json, "is_mic_on", event->voice_status.is_mic_on);
        json_write_bool(json, "is_speaking", event->voice_status.is_speaking);
        break;
    case EVENT_RECORDING_STARTED:
    case EVENT_RECORDING_STOPPED:
    case EVENT_RECORDING_UPLOADED:
        put_recording(json, event);
        break;
    case EVENT_CHOICE_SUBMITTED:
        json_write_integer(json, "page", event->choice_submitted.page);
        if (event->choice_submitted.choice)
            json_write_string(json, "choice", event->choice_submitted.choice);
        break;
    case EVENT_CHOICES_REVEALED:
        put_revealed(json, event);
        break;
    case EVENT_NEXT_PAGE:
        json_write_integer(json, "page", event->next_page.page);
        break;
    case EVENT_SESSION_ENDED:
        json_write_string(json, "reason", end_reason_name(event->session_ended.reason));
        break;
    case EVENT_ANALYSIS_READY:
        json_write_string(json, "report", event->analysis_ready.report);
        break;
    case EVENT_FORGOTTEN:
        json_write_integer(json, "recordings", event->forgotten.recordings);
        json_write_integer(json, "bytes", (int64_t)event->forgotten.bytes);
        break;
    case EVENT_TYPE_COUNT:
        assert(false);
        break;
    }
}

enum err event_print(const struct event *event, struct buf *out)
{
    struct json_writer json;
    json_write_begin(&json, out);
    json_write_string(&json, "type", event_type_name(event->type));
    json_write_integer(&json, "seq", (int64_t)event->seq);
    json_write_integer(&json, "ts", event->ts_ms);
    if (event->actor)
        json_write_participant(&json, "actor", event->actor);
    json_write_object(&json, "data");
    put_data(&json, event);
    return json_write_end(&json);
}

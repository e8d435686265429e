#include <math.h>
#include <string.h>

#include "base/str.h"
#include "proto/agenda_json.h"
#include "proto/event_json.h"

/* What is read, and into what. The first refusal ends it: later reads are skipped. */
struct reader {
    struct json_at at;
    enum err e;
};

static void read_string(struct reader *reader, const char *name, const char **out)
{
    if (!reader->e)
        reader->e = json_get_string(&reader->at, name, JSON_REQUIRED, out);
}

static void read_bool(struct reader *reader, const char *name, bool *out)
{
    if (!reader->e)
        reader->e = json_get_bool(&reader->at, name, JSON_REQUIRED, NULL, out);
}

static int64_t read_integer(struct reader *reader, const char *name, int64_t min, int64_t max)
{
    int64_t value = 0;
    if (!reader->e)
        reader->e = json_get_integer(&reader->at, name, JSON_REQUIRED, min, max, NULL, &value);
    return value;
}

static int64_t read_time(struct reader *reader, const char *name)
{
    return read_integer(reader, name, 0, LIMIT_INTEGER);
}

static double read_number(struct reader *reader, const char *name, enum json_need need, bool *has)
{
    double value = 0;
    if (!reader->e)
        reader->e = json_get_number(&reader->at, name, need, -(double)LIMIT_INTEGER,
                                    (double)LIMIT_INTEGER, has, &value);
    return value;
}

static unsigned read_page(struct reader *reader)
{
    return (unsigned)read_integer(reader, "page", 1, LIMIT_PAGES);
}

static unsigned read_participant(struct reader *reader, const char *name)
{
    const char *text = "";
    read_string(reader, name, &text);
    unsigned number = participant_number(text);
    if (!reader->e && (number == 0 || number > LIMIT_PARTICIPANTS))
        reader->e = json_refuse(&reader->at, name, REASON_FIELD_VALUE);
    return number;
}

/* As milliseconds. */
static int64_t read_seconds(struct reader *reader, const char *name)
{
    double seconds = read_number(reader, name, JSON_REQUIRED, NULL);
    if (!reader->e && (seconds < 0 || seconds > LIMIT_INTEGER / 1000))
        reader->e = json_refuse(&reader->at, name, REASON_FIELD_RANGE);
    return reader->e ? 0 : llround(seconds * 1000);
}

static void read_recording(struct reader *reader, struct event *event)
{
    read_string(reader, "recording_id", &event->recording.recording_id);
    if (event->type == EVENT_RECORDING_UPLOADED) {
        event->recording.bytes = (uint64_t)read_integer(reader, "bytes", 0, LIMIT_INTEGER);
        read_string(reader, "sha256", &event->recording.sha256);
        return;
    }
    read_string(reader, "path", &event->recording.path);
    if (event->type == EVENT_RECORDING_STARTED) {
        event->recording.started_at_ms = read_time(reader, "started_at");
        return;
    }
    event->recording.ended_at_ms = read_time(reader, "ended_at");
    event->recording.duration_ms = read_seconds(reader, "duration");
}

static void read_revealed(struct reader *reader, struct event_doc *out)
{
    struct event *event = &out->event;
    const cJSON *choices = NULL, *member;
    event->choices_revealed.page = read_page(reader);
    if (!reader->e)
        reader->e = json_get_object(&reader->at, "choices", JSON_REQUIRED, &choices);
    event->choices_revealed.choices = out->choices;
    unsigned last = 0;
    cJSON_ArrayForEach(member, choices)
    {
        unsigned number = participant_number(member->string);
        if (number <= last || number > LIMIT_PARTICIPANTS || !cJSON_IsString(member)) {
            reader->e = json_refuse(&reader->at, "choices", REASON_FIELD_VALUE);
            return;
        }
        out->choices[event->choices_revealed.count++] =
            (struct event_choice){number, member->valuestring};
        last = number;
    }
}

static void read_end(struct reader *reader, struct event *event)
{
    const char *name = "";
    read_string(reader, "reason", &name);
    for (int reason = END_HOST; reason <= END_EMPTY; reason++) {
        if (strcmp(end_reason_name((enum end_reason)reason), name) == 0) {
            event->session_ended.reason = (enum end_reason)reason;
            return;
        }
    }
    if (!reader->e)
        reader->e = json_refuse(&reader->at, "reason", REASON_FIELD_VALUE);
}

static void read_join(struct reader *reader, struct event *event)
{
    read_string(reader, "nickname", &event->join.nickname);
    if (!reader->e)
        reader->e = json_get_string(&reader->at, "user", JSON_OPTIONAL, &event->join.user);
}

static void read_data(struct reader *reader, struct event_doc *out)
{
    struct event *event = &out->event;
    switch (event->type) {
    case EVENT_JOIN:
        read_join(reader, event);
        break;
    case EVENT_LEAVE:
    case EVENT_CONNECTED:
    case EVENT_DISCONNECTED:
    case EVENT_HOST_CHANGED:
    case EVENT_TYPE_COUNT:
        break;
    case EVENT_CONSENT:
        read_bool(reader, "recording", &event->consent.recording);
        break;
    case EVENT_COUNTDOWN:
        event->countdown.duration_ms = read_seconds(reader, "seconds");
        event->countdown.start_at_ms = read_time(reader, "start_at");
        break;
    case EVENT_COUNTDOWN_CANCELLED:
        read_string(reader, "reason", &event->countdown_cancelled.reason);
        break;
    case EVENT_START:
        event->start.start_at_ms = read_time(reader, "start_at");
        break;
    case EVENT_START_REPORTED:
        event->start_reported.late_ms = read_number(reader, "late_ms", JSON_REQUIRED, NULL);
        event->start_reported.error_ms =
            read_number(reader, "error_ms", JSON_OPTIONAL, &event->start_reported.has_error);
        break;
    case EVENT_VOICE_STATUS:
        read_string(reader, "nickname", &event->voice_status.nickname);
        read_bool(reader, "is_mic_on", &event->voice_status.is_mic_on);
        read_bool(reader, "is_speaking", &event->voice_status.is_speaking);
        break;
    case EVENT_RECORDING_STARTED:
    case EVENT_RECORDING_STOPPED:
    case EVENT_RECORDING_UPLOADED:
        read_recording(reader, event);
        break;
    case EVENT_CHOICE_SUBMITTED:
        event->choice_submitted.page = read_page(reader);
        if (!reader->e)
            reader->e = json_get_string(&reader->at, "choice", JSON_OPTIONAL,
                                        &event->choice_submitted.choice);
        break;
    case EVENT_CHOICES_REVEALED:
        read_revealed(reader, out);
        break;
    case EVENT_NEXT_PAGE:
        event->next_page.page = read_page(reader);
        break;
    case EVENT_SESSION_ENDED:
        read_end(reader, event);
        break;
    case EVENT_ANALYSIS_READY:
        read_string(reader, "report", &event->analysis_ready.report);
        break;
    case EVENT_FORGOTTEN:
        event->forgotten.recordings = (unsigned)read_integer(reader, "recordings", 0, INT32_MAX);
        event->forgotten.bytes = (uint64_t)read_integer(reader, "bytes", 0, LIMIT_INTEGER);
        break;
    }
}

/* Whether `data` names whom it is about. */
static bool is_about_somebody(enum event_type type)
{
    switch (type) {
    case EVENT_COUNTDOWN:
    case EVENT_COUNTDOWN_CANCELLED:
    case EVENT_START:
    case EVENT_CHOICES_REVEALED:
    case EVENT_NEXT_PAGE:
    case EVENT_SESSION_ENDED:
    case EVENT_ANALYSIS_READY:
    case EVENT_FORGOTTEN:
    case EVENT_TYPE_COUNT:
        return false;
    case EVENT_JOIN:
    case EVENT_LEAVE:
    case EVENT_CONNECTED:
    case EVENT_DISCONNECTED:
    case EVENT_HOST_CHANGED:
    case EVENT_CONSENT:
    case EVENT_START_REPORTED:
    case EVENT_VOICE_STATUS:
    case EVENT_RECORDING_STARTED:
    case EVENT_RECORDING_STOPPED:
    case EVENT_RECORDING_UPLOADED:
    case EVENT_CHOICE_SUBMITTED:
        return true;
    }
    return false;
}

enum err event_from_json(const cJSON *root, struct event_doc *out, struct problem *why)
{
    struct reader reader = {.at = {.object = root, .path = "", .why = why}};
    struct event *event = &out->event;
    const char *name = "";
    const cJSON *data = NULL;
    *event = (struct event){0};
    read_string(&reader, "type", &name);
    if (!reader.e && !event_type_from_name(name, &event->type))
        return json_refuse(&reader.at, "type", REASON_FIELD_VALUE);
    event->seq = (uint64_t)read_integer(&reader, "seq", 1, LIMIT_INTEGER);
    event->ts_ms = read_time(&reader, "ts");
    if (!reader.e && json_find(root, "actor"))
        event->actor = read_participant(&reader, "actor");
    if (!reader.e)
        reader.e = json_get_object(&reader.at, "data", JSON_REQUIRED, &data);
    if (reader.e)
        return reader.e;
    reader.at.object = data;
    reader.at.path = "data";
    if (is_about_somebody(event->type))
        event->participant = read_participant(&reader, "participant_id");
    read_data(&reader, out);
    return reader.e;
}

/* Stored data that is not an event is damage, however it is wrong. */
static enum err as_corrupt(enum err e)
{
    return e == ERR_NONE || e == ERR_NO_MEMORY ? e : ERR_CORRUPT;
}

enum err event_parse(const char *text, size_t len, struct event_doc *out)
{
    struct json_doc doc;
    out->json = NULL;
    enum err e = json_parse(text, len, &doc, NULL);
    if (!e)
        e = json_refuse_nul(&doc, NULL);
    if (!e)
        e = event_from_json(doc.root, out, NULL);
    if (e)
        json_doc_release(&doc);
    out->json = doc.root;
    return as_corrupt(e);
}

void event_doc_release(struct event_doc *doc)
{
    cJSON_Delete(doc->json);
    doc->json = NULL;
}

enum err log_header_print(const struct log_header *header, struct buf *out)
{
    struct json_writer json;
    json_write_begin(&json, out);
    json_write_string(&json, "log", "debate");
    json_write_integer(&json, "version", 1);
    json_write_string(&json, "session_id", header->session_id);
    json_write_string(&json, "room_code", header->room_code);
    json_write_integer(&json, "seats", header->seats);
    agenda_write(&json, header->agenda);
    json_write_integer(&json, "created_at", header->created_at_ms);
    json_write_string(&json, "host_user", header->host_user);
    return json_write_end(&json);
}

static enum err read_header(const cJSON *root, struct log_header_doc *out)
{
    struct reader reader = {.at = {.object = root, .path = ""}};
    struct log_header *header = &out->header;
    const char *log = "";
    const cJSON *agenda = NULL;
    read_string(&reader, "log", &log);
    if (strcmp(log, "debate") != 0)
        return ERR_CORRUPT;
    (void)read_integer(&reader, "version", 1, 1);
    read_string(&reader, "session_id", &header->session_id);
    read_string(&reader, "room_code", &header->room_code);
    header->seats = (int)read_integer(&reader, "seats", LIMIT_SEATS_MIN, LIMIT_SEATS_MAX);
    header->created_at_ms = read_time(&reader, "created_at");
    read_string(&reader, "host_user", &header->host_user);
    if (!reader.e)
        reader.e = json_get_object(&reader.at, "agenda", JSON_REQUIRED, &agenda);
    if (reader.e)
        return reader.e;
    if (!session_id_valid(header->session_id) || !room_code_valid(header->room_code))
        return ERR_CORRUPT;
    return agenda_from_json(agenda, "agenda", &out->agenda, NULL, NULL);
}

enum err log_header_parse(const char *text, size_t len, struct log_header_doc *out)
{
    struct json_doc doc;
    *out = (struct log_header_doc){0};
    enum err e = json_parse(text, len, &doc, NULL);
    if (!e)
        e = json_refuse_nul(&doc, NULL);
    if (!e)
        e = read_header(doc.root, out);
    if (e)
        json_doc_release(&doc);
    out->json = doc.root;
    out->header.agenda = out->agenda;
    return as_corrupt(e);
}

void log_header_doc_release(struct log_header_doc *doc)
{
    agenda_unref(doc->agenda);
    cJSON_Delete(doc->json);
    *doc = (struct log_header_doc){0};
}

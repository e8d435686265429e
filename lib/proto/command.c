#include <assert.h>
#include <float.h>
#include <limits.h>
#include <math.h>
#include <string.h>

#include "base/str.h"
#include "proto/message_json.h"

static const char *const type_names[COMMAND_TYPE_COUNT] = {
    [COMMAND_INIT] = "init",
    [COMMAND_READY] = "ready",
    [COMMAND_CONSENT] = "consent",
    [COMMAND_REPORT_START] = "report_start",
    [COMMAND_VOICE_STATUS_UPDATE] = "voice_status_update",
    [COMMAND_START_RECORDING] = "start_recording",
    [COMMAND_STOP_RECORDING] = "stop_recording",
    [COMMAND_SUBMIT_CHOICE] = "submit_choice",
    [COMMAND_NEXT_PAGE] = "next_page",
    [COMMAND_GOTO_PAGE] = "goto_page",
    [COMMAND_END_SESSION] = "end_session",
    [COMMAND_LEAVE] = "leave",
    [COMMAND_PING] = "ping",
};

const char *command_type_name(enum command_type type)
{
    assert(type < COMMAND_TYPE_COUNT);
    return type_names[type];
}

static bool type_from_name(const char *name, enum command_type *out)
{
    for (int type = 0; type < COMMAND_TYPE_COUNT; type++) {
        if (strcmp(type_names[type], name) == 0) {
            *out = (enum command_type)type;
            return true;
        }
    }
    return false;
}

/* Whether there is such a page is the room's to say: 0, -1 and 1e20 become one that never is. */
static enum err read_page(const struct json_at *at, enum json_need need, unsigned *out)
{
    double page = 0;
    bool has_page;
    *out = 0;
    enum err e = json_get_number(at, "page", need, -DBL_MAX, DBL_MAX, &has_page, &page);
    if (e || !has_page)
        return e;
    if (page != floor(page))
        return json_refuse(at, "page", REASON_FIELD_TYPE);
    *out = page >= 1 && page < UINT_MAX ? (unsigned)page : UINT_MAX;
    return ERR_NONE;
}

/* Whether there is such an event is the room's to say: 1e20 becomes one that never is. */
static enum err read_last_seq(const struct json_at *at, struct command *out)
{
    double seq = 0;
    enum err e =
        json_get_number(at, "last_seq", JSON_OPTIONAL, 0, DBL_MAX, &out->init.has_last_seq, &seq);
    if (!e && seq != floor(seq))
        e = json_refuse(at, "last_seq", REASON_FIELD_TYPE);
    out->init.last_seq = seq < LIMIT_INTEGER ? (uint64_t)seq : LIMIT_INTEGER;
    return e;
}

static enum err read_init(const struct json_at *at, struct command *out)
{
    out->init.nickname[0] = '\0';
    out->init.last_digest[0] = '\0';
    out->init.await_voice = false;
    enum err e =
        json_get_text(at, "nickname", JSON_OPTIONAL, 1, LIMIT_NICKNAME_CHARS, out->init.nickname);
    if (!e)
        e = read_last_seq(at, out);
    if (!e)
        e = json_get_text(at, "last_digest", JSON_OPTIONAL, LIMIT_EVENT_DIGEST, LIMIT_EVENT_DIGEST,
                          out->init.last_digest);
    if (!e)
        e = json_get_bool(at, "await_voice", JSON_OPTIONAL, NULL, &out->init.await_voice);
    return e;
}

static enum err read_report_start(const struct json_at *at, struct command *out)
{
    out->report_start.error_ms = 0;
    enum err e =
        json_get_number(at, "at", JSON_REQUIRED, 0, LIMIT_INTEGER, NULL, &out->report_start.at_ms);
    if (!e)
        e = json_get_number(at, "error_ms", JSON_OPTIONAL, 0, LIMIT_INTEGER,
                            &out->report_start.has_error, &out->report_start.error_ms);
    return e;
}

static enum err read_voice_status(const struct json_at *at, struct command *out)
{
    out->voice_status.is_speaking = false;
    enum err e = json_get_bool(at, "is_mic_on", JSON_REQUIRED, NULL, &out->voice_status.is_mic_on);
    if (!e)
        e = json_get_bool(at, "is_speaking", JSON_OPTIONAL, &out->voice_status.has_speaking,
                          &out->voice_status.is_speaking);
    return e;
}

static enum err read_recording(const struct json_at *at, const char *name, struct command *out)
{
    out->recording.at_ms = 0;
    return json_get_integer(at, name, JSON_OPTIONAL, 0, LIMIT_INTEGER, &out->recording.has_at,
                            &out->recording.at_ms);
}

static enum err read_choice(const struct json_at *at, struct command *out)
{
    const char *choice = "";
    enum err e = read_page(at, JSON_OPTIONAL, &out->submit_choice.page);
    if (!e)
        e = json_get_string(at, "choice", JSON_REQUIRED, &choice);
    /* One that is too long leaves "", and is no page's choice either. */
    str_copy(out->submit_choice.choice, sizeof out->submit_choice.choice, choice);
    return e;
}

static enum err read_data(const struct json_at *at, struct command *out)
{
    switch (out->type) {
    case COMMAND_INIT:
        return read_init(at, out);
    case COMMAND_CONSENT:
        return json_get_bool(at, "recording", JSON_REQUIRED, NULL, &out->consent.recording);
    case COMMAND_REPORT_START:
        return read_report_start(at, out);
    case COMMAND_VOICE_STATUS_UPDATE:
        return read_voice_status(at, out);
    case COMMAND_START_RECORDING:
        return read_recording(at, "started_at_ms", out);
    case COMMAND_STOP_RECORDING:
        return read_recording(at, "ended_at_ms", out);
    case COMMAND_SUBMIT_CHOICE:
        return read_choice(at, out);
    case COMMAND_GOTO_PAGE:
        return read_page(at, JSON_REQUIRED, &out->goto_page.page);
    case COMMAND_PING:
        return json_get_number(at, "t0", JSON_REQUIRED, -DBL_MAX, DBL_MAX, NULL, &out->ping.t0);
    case COMMAND_READY:
    case COMMAND_NEXT_PAGE:
    case COMMAND_END_SESSION:
    case COMMAND_LEAVE:
    case COMMAND_TYPE_COUNT:
        return ERR_NONE;
    }
    return ERR_INTERNAL;
}

enum err command_parse(const char *text, size_t len, struct command *out, struct problem *why)
{
    struct envelope envelope;
    struct json_at at = {.path = "", .why = why};
    json_brief_begin();
    enum err e = envelope_open(text, len, &envelope, why);
    out->id = envelope.id;
    if (!e && !type_from_name(envelope.type, &out->type))
        e = problem_set(why, ERR_UNKNOWN_TYPE, REASON_NONE, NULL);
    if (!e)
        e = envelope_check(&envelope, &at.object, why);
    if (!e)
        e = read_data(&at, out);
    json_brief_end(envelope.doc.root);
    return e;
}

enum err choice_body_parse(const char *text, size_t len, struct command *out, struct problem *why)
{
    struct json_doc doc;
    struct json_at at = {.path = "", .why = why};
    out->type = COMMAND_SUBMIT_CHOICE;
    out->id.kind = COMMAND_ID_NONE;
    json_brief_begin();
    enum err e = json_parse_body(text, len, &doc, why);
    at.object = doc.root;
    if (!e)
        e = read_choice(&at, out);
    json_brief_end(doc.root);
    return e;
}

static void put_init(struct json_writer *json, const struct command *command)
{
    if (command->init.nickname[0])
        json_write_string(json, "nickname", command->init.nickname);
    if (command->init.has_last_seq)
        json_write_integer(json, "last_seq", (int64_t)command->init.last_seq);
    if (command->init.last_digest[0])
        json_write_string(json, "last_digest", command->init.last_digest);
    if (command->init.await_voice)
        json_write_bool(json, "await_voice", true);
}

static void put_data(struct json_writer *json, const struct command *command)
{
    switch (command->type) {
    case COMMAND_INIT:
        put_init(json, command);
        break;
    case COMMAND_CONSENT:
        json_write_bool(json, "recording", command->consent.recording);
        break;
    case COMMAND_REPORT_START:
        json_write_number(json, "at", command->report_start.at_ms);
        if (command->report_start.has_error)
            json_write_number(json, "error_ms", command->report_start.error_ms);
        break;
    case COMMAND_VOICE_STATUS_UPDATE:
        json_write_bool(json, "is_mic_on", command->voice_status.is_mic_on);
        if (command->voice_status.has_speaking)
            json_write_bool(json, "is_speaking", command->voice_status.is_speaking);
        break;
    case COMMAND_START_RECORDING:
        if (command->recording.has_at)
            json_write_integer(json, "started_at_ms", command->recording.at_ms);
        break;
    case COMMAND_STOP_RECORDING:
        if (command->recording.has_at)
            json_write_integer(json, "ended_at_ms", command->recording.at_ms);
        break;
    case COMMAND_SUBMIT_CHOICE:
        if (command->submit_choice.page)
            json_write_integer(json, "page", command->submit_choice.page);
        json_write_string(json, "choice", command->submit_choice.choice);
        break;
    case COMMAND_GOTO_PAGE:
        json_write_integer(json, "page", command->goto_page.page);
        break;
    case COMMAND_PING:
        json_write_exact(json, "t0", command->ping.t0);
        break;
    case COMMAND_READY:
    case COMMAND_NEXT_PAGE:
    case COMMAND_END_SESSION:
    case COMMAND_LEAVE:
    case COMMAND_TYPE_COUNT:
        break;
    }
}

enum err command_print(const struct command *command, struct buf *out)
{
    struct json_writer json;
    message_begin(&json, out, command_type_name(command->type), &command->id);
    json_write_object(&json, "data");
    put_data(&json, command);
    return json_write_end(&json);
}

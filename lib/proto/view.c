#include "proto/view.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "proto/agenda_json.h"
#include "proto/message_json.h"

static const char *const phase_names[] = {[PHASE_LOBBY] = "lobby",
                                          [PHASE_COUNTDOWN] = "countdown",
                                          [PHASE_LIVE] = "live",
                                          [PHASE_ENDED] = "ended"};

static const char *const record_names[] = {
    [RECORD_AUTO] = "auto", [RECORD_MANUAL] = "manual", [RECORD_OFF] = "off"};

const char *phase_name(enum phase phase)
{
    assert(phase <= PHASE_ENDED);
    return phase_names[phase];
}

const char *record_policy_name(enum record_policy policy)
{
    assert(policy <= RECORD_OFF);
    return record_names[policy];
}

static void write_participants(struct json_writer *json, const struct session_view *session)
{
    json_write_array(json, "participants");
    for (size_t i = 0; i < session->participant_count; i++) {
        const struct server_participant *p = &session->participants[i];
        json_write_object(json, NULL);
        json_write_participant(json, "participant_id", p->participant);
        json_write_string(json, "nickname", p->nickname);
        json_write_bool(json, "connected", p->connected);
        json_write_bool(json, "is_mic_on", p->is_mic_on);
        json_write_bool(json, "is_speaking", p->is_speaking);
        json_write_bool(json, "is_recording", p->is_recording);
        json_write_object_end(json);
    }
    json_write_array_end(json);
}

static void write_ice_servers(struct json_writer *json, const struct welcome_view *welcome)
{
    json_write_array(json, "ice_servers");
    for (size_t i = 0; i < welcome->ice_server_count; i++) {
        const struct ice_server *server = &welcome->ice_servers[i];
        json_write_object(json, NULL);
        json_write_array(json, "urls");
        for (size_t u = 0; u < server->url_count; u++)
            json_write_string(json, NULL, server->urls[u]);
        json_write_array_end(json);
        if (server->username)
            json_write_string(json, "username", server->username);
        if (server->credential)
            json_write_string(json, "credential", server->credential);
        json_write_object_end(json);
    }
    json_write_array_end(json);
}

enum err welcome_print(const struct command_id *id, const struct session_view *session,
                       const struct welcome_view *welcome, struct buf *out)
{
    struct json_writer json;
    message_begin(&json, out, "welcome", id);
    json_write_object(&json, "data");
    json_write_string(&json, "session_id", session->session_id);
    json_write_string(&json, "room_code", session->room_code);
    json_write_participant(&json, "participant_id", welcome->participant);
    json_write_participant(&json, "host", session->host);
    json_write_string(&json, "phase", phase_name(session->phase));
    json_write_integer(&json, "page", session->page);
    json_write_integer(&json, "seats", session->seats);
    json_write_integer(&json, "seq", (int64_t)session->seq);
    json_write_integer(&json, "ts", welcome->now_ms);
    if (session->has_start_at)
        json_write_integer(&json, "start_at", session->start_at_ms);
    if (welcome->reset)
        json_write_bool(&json, "reset", true);
    write_participants(&json, session);
    agenda_write(&json, session->agenda);
    write_ice_servers(&json, welcome);
    json_write_string(&json, "record", record_policy_name(welcome->record));
    return json_write_end(&json);
}

enum err room_object_print(const struct session_view *session, struct buf *out)
{
    struct json_writer json;
    json_write_begin(&json, out);
    json_write_string(&json, "code", session->room_code);
    json_write_string(&json, "session_id", session->session_id);
    json_write_string(&json, "phase", phase_name(session->phase));
    json_write_integer(&json, "seats", session->seats);
    json_write_participant(&json, "host", session->host);
    write_participants(&json, session);
    json_write_integer(&json, "page", session->page);
    return json_write_end(&json);
}

static void write_recordings(struct json_writer *json, const struct recording_view *recordings,
                             size_t count)
{
    json_write_array(json, "recordings");
    for (size_t i = 0; i < count; i++) {
        const struct recording_view *recording = &recordings[i];
        json_write_object(json, NULL);
        json_write_participant(json, "participant_id", recording->participant);
        json_write_string(json, "recording_id", recording->recording_id);
        json_write_string(json, "path", recording->path);
        json_write_integer(json, "started_at", recording->started_at_ms);
        if (recording->ended) {
            json_write_integer(json, "ended_at", recording->ended_at_ms);
            json_write_number(json, "duration", (double)recording->duration_ms / 1000);
        }
        if (recording->uploaded) {
            json_write_integer(json, "bytes", (int64_t)recording->bytes);
            json_write_string(json, "sha256", recording->sha256);
        }
        json_write_object_end(json);
    }
    json_write_array_end(json);
}

/* {"1":{"p1":"agree"}}, without pages of which nothing is revealed. */
static void write_choices(struct json_writer *json, const struct page_choices_view *pages,
                          size_t count)
{
    json_write_object(json, "choices");
    for (size_t i = 0; i < count; i++) {
        char number[16], who[PARTICIPANT_SIZE];
        if (pages[i].count == 0)
            continue;
        snprintf(number, sizeof number, "%u", pages[i].page);
        json_write_object(json, number);
        for (size_t j = 0; j < pages[i].count; j++) {
            const struct event_choice *choice = &pages[i].choices[j];
            json_write_string(json, participant_text(choice->participant, who), choice->choice);
        }
        json_write_object_end(json);
    }
    json_write_object_end(json);
}

enum err session_object_print(const struct session_view *session,
                              const struct recording_view *recordings, size_t recording_count,
                              const struct page_choices_view *pages, size_t page_count,
                              struct buf *out)
{
    struct json_writer json;
    json_write_begin(&json, out);
    json_write_string(&json, "session_id", session->session_id);
    json_write_string(&json, "room_code", session->room_code);
    json_write_string(&json, "phase", phase_name(session->phase));
    json_write_integer(&json, "seats", session->seats);
    json_write_participant(&json, "host", session->host);
    json_write_integer(&json, "page", session->page);
    json_write_integer(&json, "seq", (int64_t)session->seq);
    if (session->has_start_at)
        json_write_integer(&json, "start_at", session->start_at_ms);
    write_participants(&json, session);
    write_recordings(&json, recordings, recording_count);
    write_choices(&json, pages, page_count);
    agenda_write(&json, session->agenda);
    json_write_string(&json, "report", session->report);
    return json_write_end(&json);
}

static enum err read_code(const struct json_at *at, char *out)
{
    const char *code = NULL;
    enum err e = json_get_string(at, "code", JSON_OPTIONAL, &code);
    if (e || !code)
        return e;
    if (!room_code_valid(code))
        return problem_set(at->why, ERR_BAD_REQUEST, REASON_FIELD_VALUE, "code");
    str_copy(out, LIMIT_ROOM_CODE + 1, code);
    return ERR_NONE;
}

static enum err read_seats(const struct json_at *at, struct create_room_request *out)
{
    int64_t seats = LIMIT_SEATS_DEFAULT;
    enum err e = json_get_integer(at, "seats", JSON_OPTIONAL, LIMIT_SEATS_MIN, LIMIT_SEATS_MAX,
                                  &out->has_seats, &seats);
    out->seats = (int)seats;
    return e;
}

/* Types are judged first, all of them; what else is wrong is noted and said at the end, so that
 * the caller can tell a request that is wrong for any room from one that is wrong for a new one. */
enum err create_room_parse(const char *text, size_t len, struct create_room_request *out,
                           struct problem *why)
{
    struct json_doc doc;
    struct problem soft = {.code = ERR_NONE};
    struct json_at at = {.path = "", .why = why, .soft = &soft};
    *out = (struct create_room_request){.seats = LIMIT_SEATS_DEFAULT};
    json_brief_begin();
    enum err e = json_parse_body(text, len, &doc, why);
    at.object = doc.root;
    if (!e)
        e = read_code(&at, out->code);
    if (!e)
        e = read_seats(&at, out);
    const cJSON *agenda = json_find(doc.root, "agenda");
    if (!e && agenda)
        e = agenda_from_json(agenda, "agenda", &out->agenda, why, &soft);
    if (!e && soft.code) {
        e = soft.code;
        if (why)
            *why = soft;
    }
    if (e) {
        agenda_unref(out->agenda);
        out->agenda = NULL;
    }
    if (e == ERR_NO_MEMORY)
        e = problem_set(why, e, REASON_NONE, NULL);
    json_brief_end(doc.root);
    return e;
}

bool create_room_types_are_right(const struct problem *why)
{
    if (why->reason == REASON_FIELD_VALUE)
        return strcmp(why->field, "code") != 0;
    return why->reason == REASON_FIELD_MISSING || why->reason == REASON_FIELD_LENGTH ||
           why->reason == REASON_FIELD_RANGE || why->reason == REASON_FIELD_DUPLICATE;
}

enum err guest_parse(const char *text, size_t len, char nickname[LIMIT_NICKNAME_CHARS * 4 + 1],
                     struct problem *why)
{
    struct json_doc doc;
    struct json_at at = {.path = "", .why = why};
    nickname[0] = '\0';
    json_brief_begin();
    enum err e = json_parse_body(text, len, &doc, why);
    at.object = doc.root;
    if (!e)
        e = json_get_text(&at, "nickname", JSON_REQUIRED, 1, LIMIT_NICKNAME_CHARS, nickname);
    json_brief_end(doc.root);
    return e;
}

enum err guest_print(const char *token, const char *guest_id, struct buf *out)
{
    struct json_writer json;
    json_write_begin(&json, out);
    json_write_string(&json, "token", token);
    json_write_string(&json, "guest_id", guest_id);
    return json_write_end(&json);
}

enum err health_print(const char *status, const char *version, struct buf *out)
{
    struct json_writer json;
    json_write_begin(&json, out);
    json_write_string(&json, "status", status);
    json_write_string(&json, "version", version);
    return json_write_end(&json);
}

enum err seq_object_print(uint64_t seq, struct buf *out)
{
    struct json_writer json;
    json_write_begin(&json, out);
    if (seq)
        json_write_integer(&json, "seq", (int64_t)seq);
    return json_write_end(&json);
}

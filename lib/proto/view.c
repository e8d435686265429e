#include "proto/view.h"

#include <assert.h>
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

static void put_participants(cJSON *object, const struct session_view *session)
{
    cJSON *list = json_put_array(object, "participants");
    for (size_t i = 0; i < session->participant_count; i++) {
        const struct server_participant *p = &session->participants[i];
        cJSON *item = json_add_object(list);
        json_put_participant(item, "participant_id", p->participant);
        json_put_string(item, "nickname", p->nickname);
        json_put_bool(item, "connected", p->connected);
        json_put_bool(item, "is_mic_on", p->is_mic_on);
        json_put_bool(item, "is_speaking", p->is_speaking);
        json_put_bool(item, "is_recording", p->is_recording);
    }
}

static void put_ice_servers(cJSON *object, const struct welcome_view *welcome)
{
    cJSON *list = json_put_array(object, "ice_servers");
    for (size_t i = 0; i < welcome->ice_server_count; i++) {
        const struct ice_server *server = &welcome->ice_servers[i];
        cJSON *item = json_add_object(list), *urls = json_put_array(item, "urls");
        for (size_t u = 0; u < server->url_count; u++)
            json_add_string(urls, server->urls[u]);
        if (server->username)
            json_put_string(item, "username", server->username);
        if (server->credential)
            json_put_string(item, "credential", server->credential);
    }
}

enum err welcome_print(const struct command_id *id, const struct session_view *session,
                       const struct welcome_view *welcome, struct buf *out)
{
    json_brief_begin();
    cJSON *root = message_new("welcome", id);
    cJSON *data = json_put_object(root, "data");
    json_put_string(data, "session_id", session->session_id);
    json_put_string(data, "room_code", session->room_code);
    json_put_participant(data, "participant_id", welcome->participant);
    json_put_participant(data, "host", session->host);
    json_put_string(data, "phase", phase_name(session->phase));
    json_put_integer(data, "page", session->page);
    json_put_integer(data, "seats", session->seats);
    json_put_integer(data, "seq", (int64_t)session->seq);
    json_put_integer(data, "ts", welcome->now_ms);
    if (session->has_start_at)
        json_put_integer(data, "start_at", session->start_at_ms);
    if (welcome->reset)
        json_put_bool(data, "reset", true);
    put_participants(data, session);
    agenda_to_json(session->agenda, data, "agenda");
    put_ice_servers(data, welcome);
    json_put_string(data, "record", record_policy_name(welcome->record));
    return message_finish(root, out);
}

enum err room_object_print(const struct session_view *session, struct buf *out)
{
    json_brief_begin();
    cJSON *root = json_new_object();
    json_put_string(root, "code", session->room_code);
    json_put_string(root, "session_id", session->session_id);
    json_put_string(root, "phase", phase_name(session->phase));
    json_put_integer(root, "seats", session->seats);
    json_put_participant(root, "host", session->host);
    put_participants(root, session);
    json_put_integer(root, "page", session->page);
    return message_finish(root, out);
}

static void put_recordings(cJSON *root, const struct recording_view *recordings, size_t count)
{
    cJSON *list = json_put_array(root, "recordings");
    for (size_t i = 0; i < count; i++) {
        const struct recording_view *recording = &recordings[i];
        cJSON *item = json_add_object(list);
        json_put_participant(item, "participant_id", recording->participant);
        json_put_string(item, "recording_id", recording->recording_id);
        json_put_string(item, "path", recording->path);
        json_put_integer(item, "started_at", recording->started_at_ms);
        if (recording->ended) {
            json_put_integer(item, "ended_at", recording->ended_at_ms);
            json_put_seconds(item, "duration", recording->duration_ms);
        }
        if (recording->uploaded) {
            json_put_integer(item, "bytes", (int64_t)recording->bytes);
            json_put_string(item, "sha256", recording->sha256);
        }
    }
}

/* {"1":{"p1":"agree"}}, without pages of which nothing is revealed. */
static void put_choices(cJSON *root, const struct page_choices_view *pages, size_t count)
{
    cJSON *choices = json_put_object(root, "choices");
    for (size_t i = 0; i < count; i++) {
        if (pages[i].count == 0)
            continue;
        cJSON *page = json_put_numbered(choices, pages[i].page);
        for (size_t j = 0; j < pages[i].count; j++) {
            const struct event_choice *choice = &pages[i].choices[j];
            json_put_for_participant(page, choice->participant, choice->choice);
        }
    }
}

enum err session_object_print(const struct session_view *session,
                              const struct recording_view *recordings, size_t recording_count,
                              const struct page_choices_view *pages, size_t page_count,
                              struct buf *out)
{
    json_brief_begin();
    cJSON *root = json_new_object();
    json_put_string(root, "session_id", session->session_id);
    json_put_string(root, "room_code", session->room_code);
    json_put_string(root, "phase", phase_name(session->phase));
    json_put_integer(root, "seats", session->seats);
    json_put_participant(root, "host", session->host);
    json_put_integer(root, "page", session->page);
    json_put_integer(root, "seq", (int64_t)session->seq);
    if (session->has_start_at)
        json_put_integer(root, "start_at", session->start_at_ms);
    put_participants(root, session);
    put_recordings(root, recordings, recording_count);
    put_choices(root, pages, page_count);
    agenda_to_json(session->agenda, root, "agenda");
    if (session->report)
        json_put_string(root, "report", session->report);
    else
        json_put_null(root, "report");
    return message_finish(root, out);
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
    json_brief_begin();
    cJSON *root = json_new_object();
    json_put_string(root, "token", token);
    json_put_string(root, "guest_id", guest_id);
    return message_finish(root, out);
}

enum err health_print(const char *status, const char *version, struct buf *out)
{
    json_brief_begin();
    cJSON *root = json_new_object();
    json_put_string(root, "status", status);
    json_put_string(root, "version", version);
    return message_finish(root, out);
}

enum err seq_object_print(uint64_t seq, struct buf *out)
{
    json_brief_begin();
    cJSON *root = json_new_object();
    if (seq)
        json_put_integer(root, "seq", (int64_t)seq);
    return message_finish(root, out);
}

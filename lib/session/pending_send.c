#include "session/pending_send.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/str.h"
#include "proto/json_reader.h"
#include "proto/view.h"
#include "session/entrance.h"
#include "session/http.h"
#include "session/rejoin.h"

enum { ANSWER_MAX = 1024 * 1024 /* a session of 256 recordings is a tenth of it */ };

__attribute__((format(printf, 3, 4))) static enum pending_end
say(struct pending_report *report, enum pending_end end, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(report->why, sizeof report->why, format, args);
    va_end(args);
    return end;
}

/* What the session says of the recording; SENT: it may be sent. */
static enum pending_end look_at(const struct json *session, struct pending_report *report)
{
    const struct json *recording = json_item_with(json_member(session, "recordings"),
                                                  "recording_id", report->pending.recording_id);
    if (json_member(recording, "ended_at"))
        return PENDING_SENT;
    if (recording)
        return say(report, PENDING_RUNNING,
                   "the debate in %s goes on, and for the server this is "
                   "still being recorded",
                   report->pending.room_code);
    report->status = 404;
    return say(report, PENDING_REFUSED, "the server knows the debate, but not this recording");
}

static enum pending_end take_answer(const struct http_response *response,
                                    struct pending_report *report)
{
    struct json *session = NULL;
    if (response->status == 200) {
        if (!response->body.data || json_read(response->body.data, response->body.len, &session))
            return say(report, PENDING_UNREACHABLE, "what answers there is not a debate server");
        enum pending_end end = look_at(session, report);
        json_free(session);
        return end;
    }
    struct entrance_refusal refusal;
    entrance_refusal_read(response, &refusal);
    report->status = refusal.status;
    return say(report, rejoin_after_status(refusal.status) ? PENDING_UNREACHABLE : PENDING_REFUSED,
               "%s", refusal.text);
}

/* ERR_BAD_REQUEST: there can be no such URL. */
static enum err get_session(const struct pending *pending, struct http_response *response)
{
    char path[LIMIT_SESSION_ID + 32], url[PENDING_SERVER_SIZE + 128];
    snprintf(path, sizeof path, "/api/sessions/%s", pending->session_id);
    if (!entrance_url(pending->server, path, url, sizeof url))
        return ERR_BAD_REQUEST;
    struct http_request request = {.url = url, .token = pending->token};
    return http_send(&request, response);
}

/* Asked first, because an upload would try again for a minute. */
static enum pending_end ask(struct pending_report *report)
{
    struct http_response response;
    enum pending_end end;
    http_response_init(&response, ANSWER_MAX);
    enum err e = get_session(&report->pending, &response);
    const char *why = response.error[0] ? response.error : err_code(e);
    if (!e)
        end = take_answer(&response, report);
    else if (e == ERR_BAD_REQUEST)
        end = say(report, PENDING_REFUSED, "%s: %s", report->pending.server, why);
    else
        end = say(report,
                  e == ERR_UNREACHABLE || e == ERR_UNTRUSTED ? PENDING_UNREACHABLE : PENDING_FAILED,
                  "%s", why);
    http_response_release(&response);
    return end;
}

static enum pending_end conclude(enum err e, struct pending_report *report)
{
    const struct tus_result *result = &report->result;
    const char *why = result->why[0] ? result->why : err_code(e);
    switch ((int)e) {
    case ERR_NONE:
        return result->checked ? PENDING_SENT
                               : say(report, PENDING_UNPROVEN,
                                     "it is there, but the server has not said so yet");
    case ERR_CORRUPT:
        return say(report, PENDING_REFUSED,
                   "the server has other bytes of this recording than the file");
    case ERR_REFUSED:
        report->status = result->status;
        return say(report, PENDING_REFUSED, "%s", why);
    case ERR_UNREACHABLE:
    case ERR_UNTRUSTED:
    case ERR_UNAVAILABLE:
        return say(report, PENDING_UNREACHABLE, "%s", why);
    default:
        return say(report, PENDING_FAILED, "%s", why);
    }
}

static enum pending_end send_held(const char *recording,
                                  bool (*on_progress)(void *context, uint64_t sent, uint64_t total),
                                  void *context, struct pending_report *report)
{
    struct stat status;
    if (stat(recording, &status) != 0)
        return say(report, errno == ENOENT ? PENDING_REFUSED : PENDING_FAILED, "%s",
                   strerror(errno));
    if (status.st_size == 0)
        return say(report, PENDING_REFUSED, "empty: it ended before there was a sound");
    enum pending_end end = ask(report);
    if (end != PENDING_SENT)
        return end;
    struct tus_request request = {.server = report->pending.server,
                                  .token = report->pending.token,
                                  .path = recording,
                                  .recording_id = report->pending.recording_id,
                                  .session_id = report->pending.session_id,
                                  .on_progress = on_progress,
                                  .context = context};
    return conclude(tus_upload(&request, &report->result), report);
}

enum pending_end pending_send(const char *recording,
                              bool (*on_progress)(void *context, uint64_t sent, uint64_t total),
                              void *context, struct pending_report *report)
{
    int hold;
    *report = (struct pending_report){.status = 0};
    enum err e = pending_take(recording, &report->pending, &hold);
    if (e == ERR_CONFLICT || e == ERR_NOT_FOUND)
        return say(report, PENDING_ELSEWHERE, "another process has it in hand");
    if (e && e != ERR_CORRUPT)
        return say(report, PENDING_FAILED, "%s", e == ERR_IO ? strerror(errno) : err_code(e));
    enum pending_end end =
        e ? say(report, PENDING_REFUSED, "damaged: what is needed to send it cannot be read")
          : send_held(recording, on_progress, context, report);
    e = end == PENDING_SENT      ? pending_remove(recording)
        : end == PENDING_REFUSED ? pending_refuse(recording)
                                 : ERR_NONE;
    if (e)
        end = say(report, PENDING_FAILED, "it cannot be taken off the list: %s", strerror(errno));
    pending_let_go(hold);
    return end;
}

/* ---- the seat of one who recorded ---- */

static bool is_empty_seat(const struct json *session, const char *recording_id,
                          const char *nickname)
{
    const char *phase = json_string(session, "phase");
    const struct json *recording =
        json_item_with(json_member(session, "recordings"), "recording_id", recording_id);
    const struct json *participant =
        json_item_with(json_member(session, "participants"), "participant_id",
                       json_string(recording, "participant_id"));
    const char *name = json_string(participant, "nickname");
    return phase && strcmp(phase, phase_name(PHASE_ENDED)) != 0 && name &&
           strcmp(name, nickname) == 0 && !json_bool(participant, "connected", true);
}

static bool may_sit_again(const struct pending *pending, const char *nickname)
{
    struct http_response response;
    struct json *session = NULL;
    http_response_init(&response, ANSWER_MAX);
    bool may = !get_session(pending, &response) && response.status == 200 && response.body.data &&
               !json_read(response.body.data, response.body.len, &session) &&
               is_empty_seat(session, pending->recording_id, nickname);
    json_free(session);
    http_response_release(&response);
    return may;
}

bool pending_seat(const char *folder, const char *server, const char *room_code,
                  const char *nickname, char token[LIMIT_TOKEN + 1])
{
    struct pending_list list;
    bool found = false;
    if (pending_list_read(folder, &list))
        return false;
    /* The last one first. */
    for (size_t i = list.count; !found && i-- > 0;) {
        struct pending pending;
        int hold;
        enum err e = pending_take(list.recordings[i], &pending, &hold);
        if (e && e != ERR_CORRUPT)
            continue;
        pending_let_go(hold);
        found = !e && strcmp(pending.server, server) == 0 &&
                strcmp(pending.room_code, room_code) == 0 && may_sit_again(&pending, nickname) &&
                str_copy(token, LIMIT_TOKEN + 1, pending.token);
    }
    pending_list_release(&list);
    return found;
}

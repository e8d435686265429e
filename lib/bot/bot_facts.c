/* What a bot reports of a debate: JSON lines (bot_report.h). */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bot/bot_inner.h"
#include "bot/bot_report.h"
#include "proto/json_writer.h"
#include "rtc/fingerprint_words.h"
#include "session/entrance.h"
#include "session/http.h"

/* The beginning of most lines. */
static void begin_line(struct json_writer *json, struct buf *out, const char *kind,
                       const struct role *role)
{
    json_write_begin(json, out);
    json_write_string(json, "kind", kind);
    json_write_string(json, "role", role->cast->name);
}

/* A line that does not fit is left out, and `out->failed` tells it. */
static void end_line(struct json_writer *json)
{
    if (json_write_end(json) == ERR_NONE)
        buf_append_str(json->out, "\n");
}

void bot_facts_choices(struct role *role, const struct event *event)
{
    for (size_t i = 0; i < event->choices_revealed.count; i++) {
        const struct event_choice *choice = &event->choices_revealed.choices[i];
        int of = bot_role_of(role, choice->participant);
        if (of == WHO_NOBODY)
            continue;
        struct json_writer json;
        json_write_begin(&json, &role->choices);
        json_write_string(&json, "kind", "choice");
        json_write_integer(&json, "page", event->choices_revealed.page);
        json_write_string(&json, "role", role->bot->scenario->roles[of].name);
        json_write_string(&json, "choice", choice->choice);
        end_line(&json);
    }
}

void bot_facts_debate(struct bot *bot, struct buf *out)
{
    const char *id = "";
    for (size_t i = 0; i < bot->scenario->role_count; i++) {
        struct session *session = bot_role_session(&bot->roles[i]);
        if (session && session_id(session)[0])
            id = session_id(session);
    }
    struct json_writer json;
    json_write_begin(&json, out);
    json_write_string(&json, "kind", "debate");
    json_write_string(&json, "title", bot->scenario->title);
    json_write_string(&json, "room", bot->room_code);
    json_write_string(&json, "session_id", id);
    json_write_object(&json, "cast");
    for (size_t i = 0; i < bot->scenario->role_count; i++)
        json_write_string(&json, bot->scenario->roles[i].name, bot->scenario->roles[i].nickname);
    json_write_object_end(&json);
    end_line(&json);
}

static void add_pair(struct role *role, const struct pair *pair, const char *other, struct buf *out)
{
    char words[FINGERPRINT_WORDS_SIZE];
    double round_trip_ms = pair->peer.round_trip_ms;
    /* From mouth to ear: filling a frame, half the way there and back, waiting. */
    double delay_ms =
        MEDIA_FRAME_MS + (round_trip_ms > 0 ? round_trip_ms / 2 : 0) + pair->jitter.delay_ms;
    struct json_writer json;
    begin_line(&json, out, "pair", role);
    json_write_string(&json, "other", other);
    json_write_number(&json, "connect_ms", pair->connect_ms);
    json_write_integer(&json, "lost", (int64_t)pair->peer.packets_lost);
    json_write_integer(&json, "received", (int64_t)pair->peer.packets_received);
    json_write_integer(&json, "concealed", (int64_t)pair->jitter.frames_concealed);
    json_write_integer(&json, "recovered", (int64_t)pair->jitter.frames_recovered);
    json_write_integer(&json, "played", (int64_t)pair->jitter.frames_played);
    json_write_number(&json, "round_trip_ms", round_trip_ms);
    json_write_number(&json, "delay_ms", delay_ms);
    if (fingerprint_words(pair->peer.local_fingerprint, pair->peer.remote_fingerprint, words) ==
        ERR_NONE)
        json_write_string(&json, "fingerprint_words", words);
    end_line(&json);
}

static void add_recording(struct role *role, const struct session_recording *recording,
                          struct buf *out)
{
    struct json_writer json;
    begin_line(&json, out, "recording", role);
    /* Without a folder it is gone with the server that was started for this debate. */
    if (role->bot->config->output)
        json_write_text(&json, "path", recording->path);
    json_write_integer(&json, "bytes", (int64_t)recording->bytes);
    json_write_number(&json, "seconds", (double)recording->summary.duration_ms / 1000);
    json_write_integer(&json, "gaps", (int64_t)recording->summary.gaps);
    json_write_number(&json, "drift_ppm", recording->summary.drift_ppm);
    json_write_bool(&json, "complete", recording->summary.complete);
    json_write_bool(&json, "uploaded", recording->uploaded);
    json_write_string(&json, "sha256", recording->sha256);
    end_line(&json);
}

void bot_facts_role(struct role *role, struct buf *out)
{
    struct json_writer json;
    begin_line(&json, out, "role", role);
    json_write_string(&json, "nickname", role->cast->nickname);
    json_write_participant(&json, "participant", role->participant);
    json_write_bool(&json, "host", role->cast->is_host);
    json_write_bool(&json, "started", role->start_us != 0);
    json_write_integer(&json, "start_at", role->start_at_ms);
    json_write_number(&json, "late_ms", role->late_ms);
    json_write_number(&json, "error_ms", role->error_ms);
    json_write_integer(&json, "talk_ms", role->talk_us / 1000);
    json_write_integer(&json, "closed", role->close_code);
    end_line(&json);
    for (size_t i = 0; i < role->bot->scenario->role_count; i++) {
        if (role->pairs[i].is_known)
            add_pair(role, &role->pairs[i], role->bot->scenario->roles[i].name, out);
    }
    for (size_t s = 0; s < role->session_count; s++) {
        for (size_t i = 0; i < session_recording_count(role->sessions[s]); i++) {
            struct session_recording recording = session_recording_at(role->sessions[s], i);
            add_recording(role, &recording, out);
        }
    }
    if (role->choices.len)
        buf_append(out, role->choices.data, role->choices.len);
}

static bool write_file(struct bot *bot, const char *path, const char *data, size_t len)
{
    FILE *file = fopen(path, "we");
    bool ok = file && fwrite(data, 1, len, file) == len;
    if (file && fclose(file) != 0)
        ok = false;
    if (!ok)
        bot_say(bot, "%s: %s", path, strerror(errno));
    return ok;
}

void bot_facts_save(struct role *role, const struct buf *lines)
{
    char path[SCENARIO_PATH_MAX];
    if (!role->bot->config->output || !lines->data)
        return;
    snprintf(path, sizeof path, "%s/%s.report.jsonl", role->bot->config->output, role->cast->name);
    write_file(role->bot, path, lines->data, lines->len);
}

/* The log, as far as the host may have it. */
void bot_facts_fetch_log(struct role *role, struct buf *out)
{
    enum { LOG_MAX = 64 * 1024 * 1024 };
    struct bot *bot = role->bot;
    struct session *session = bot_role_session(role);
    char path[SCENARIO_PATH_MAX], url[1024], file[SCENARIO_PATH_MAX];
    struct http_response response;
    if (!bot->config->output || !session || !role->has_ended)
        return;
    http_response_init(&response, LOG_MAX);
    snprintf(path, sizeof path, "/api/sessions/%s/log", session_id(session));
    struct http_request request = {.url = url, .token = session_token(session)};
    snprintf(file, sizeof file, "%s/%s.log.jsonl", bot->config->output, bot->room_code);
    if (entrance_url(bot->server, path, url, sizeof url) &&
        http_send(&request, &response) == ERR_NONE && response.status == 200 &&
        write_file(bot, file, response.body.data, response.body.len)) {
        struct json_writer json;
        json_write_begin(&json, out);
        json_write_string(&json, "kind", "log");
        json_write_text(&json, "path", file);
        end_line(&json);
    }
    http_response_release(&response);
}

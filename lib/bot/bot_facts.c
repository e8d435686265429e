/* What a bot reports of a debate: JSON lines (bot_report.h). */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bot/bot_inner.h"
#include "bot/bot_report.h"
#include "proto/json_reader.h"
#include "rtc/fingerprint_words.h"
#include "session/entrance.h"
#include "session/http.h"

/* {"kind":…,"role":… : the beginning of most lines. */
static void begin_line(struct buf *out, const char *kind, const struct role *role)
{
    buf_printf(out, "{\"kind\":\"%s\",\"role\":\"%s\"", kind, role->cast->name);
}

static void add_string(struct buf *out, const char *key, const char *value)
{
    buf_printf(out, ",\"%s\":", key);
    if (json_string_print(value, out))
        buf_append_str(out, "\"\"");
}

void bot_facts_choices(struct role *role, const struct event *event)
{
    for (size_t i = 0; i < event->choices_revealed.count; i++) {
        const struct event_choice *choice = &event->choices_revealed.choices[i];
        int of = bot_role_of(role, choice->participant);
        if (of == WHO_NOBODY)
            continue;
        buf_printf(&role->choices, "{\"kind\":\"choice\",\"page\":%u,\"role\":\"%s\"",
                   event->choices_revealed.page, role->bot->scenario->roles[of].name);
        add_string(&role->choices, "choice", choice->choice);
        buf_append_str(&role->choices, "}\n");
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
    buf_append_str(out, "{\"kind\":\"debate\"");
    add_string(out, "title", bot->scenario->title);
    add_string(out, "room", bot->room_code);
    add_string(out, "session_id", id);
    buf_append_str(out, "}\n");
}

static void add_words(const struct peer_stats *peer, struct buf *out)
{
    char words[FINGERPRINT_WORDS_SIZE];
    if (fingerprint_words(peer->local_fingerprint, peer->remote_fingerprint, words) == ERR_NONE)
        add_string(out, "fingerprint_words", words);
}

static void add_pairs(struct role *role, struct buf *out)
{
    for (size_t i = 0; i < role->bot->scenario->role_count; i++) {
        const struct pair *pair = &role->pairs[i];
        if (!pair->is_known)
            continue;
        double round_trip_ms = pair->peer.round_trip_ms;
        /* From mouth to ear: filling a frame, half the way there and back, waiting. */
        double delay_ms =
            MEDIA_FRAME_MS + (round_trip_ms > 0 ? round_trip_ms / 2 : 0) + pair->jitter.delay_ms;
        begin_line(out, "pair", role);
        buf_printf(out,
                   ",\"other\":\"%s\",\"connect_ms\":%.1f,\"lost\":%llu,\"received\":%llu,"
                   "\"concealed\":%llu,\"recovered\":%llu,\"played\":%llu,"
                   "\"round_trip_ms\":%.3f,\"delay_ms\":%.1f",
                   role->bot->scenario->roles[i].name, pair->connect_ms,
                   (unsigned long long)pair->peer.packets_lost,
                   (unsigned long long)pair->peer.packets_received,
                   (unsigned long long)pair->jitter.frames_concealed,
                   (unsigned long long)pair->jitter.frames_recovered,
                   (unsigned long long)pair->jitter.frames_played, round_trip_ms, delay_ms);
        add_words(&pair->peer, out);
        buf_append_str(out, "}\n");
    }
}

static void add_recordings(struct role *role, struct buf *out)
{
    for (size_t s = 0; s < role->session_count; s++) {
        for (size_t i = 0; i < session_recording_count(role->sessions[s]); i++) {
            struct session_recording recording = session_recording_at(role->sessions[s], i);
            begin_line(out, "recording", role);
            add_string(out, "path", recording.path);
            buf_printf(out,
                       ",\"bytes\":%llu,\"seconds\":%.3f,\"gaps\":%zu,\"drift_ppm\":%.1f,"
                       "\"complete\":%s,\"uploaded\":%s",
                       (unsigned long long)recording.bytes,
                       (double)recording.summary.duration_ms / 1000, recording.summary.gaps,
                       recording.summary.drift_ppm, recording.summary.complete ? "true" : "false",
                       recording.uploaded ? "true" : "false");
            add_string(out, "sha256", recording.sha256);
            buf_append_str(out, "}\n");
        }
    }
}

void bot_facts_role(struct role *role, struct buf *out)
{
    begin_line(out, "role", role);
    add_string(out, "nickname", role->cast->nickname);
    buf_printf(out,
               ",\"participant\":\"p%u\",\"host\":%s,\"started\":%s,\"start_at\":%lld,"
               "\"late_ms\":%.3f,\"error_ms\":%.3f,\"talk_ms\":%lld,\"closed\":%d}\n",
               role->participant, role->cast->is_host ? "true" : "false",
               role->start_us ? "true" : "false", (long long)role->start_at_ms, role->late_ms,
               role->error_ms, (long long)(role->talk_us / 1000), role->close_code);
    add_pairs(role, out);
    add_recordings(role, out);
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
        buf_append_str(out, "{\"kind\":\"log\"");
        add_string(out, "path", file);
        buf_append_str(out, "}\n");
    }
    http_response_release(&response);
}

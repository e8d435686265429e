/* The face for scripts: one JSON object a line. Messages of the protocol look as on the wire; what
 * the client adds ("state", "entered", "peer", "live", "sound", "microphone", "upload", "pending",
 * "closed") has the same form. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "proto/json_reader.h"
#include "terminal/join_inner.h"
#include "terminal/lines_uv.h"

/* Commands whose answers are still to come; the oldest is forgotten when more than these wait. */
enum { JSON_ASKED_MAX = 256, JSON_LINE_MAX = 512 * 1024 };

struct asked {
    int64_t number; /* 0: unused */
    struct command_id id;
};

struct json_face {
    struct lines_in *in;
    struct lines_out *out;
    bool reads;
    struct asked asked[JSON_ASKED_MAX];
    size_t next_asked;
    struct buf line;
};

static struct json_face *face_of(struct join *join)
{
    return join->face_data;
}

/* ---- out ---- */

static struct buf *begin(struct join *join, const char *type)
{
    struct buf *line = &face_of(join)->line;
    buf_clear(line);
    buf_printf(line, "{\"type\":\"%s\"", type);
    return line;
}

static void put_line(struct join *join)
{
    struct json_face *face = face_of(join);
    buf_append_str(&face->line, "\n");
    if (face->line.failed || !face->out)
        return;
    /* Nobody listens to the script's debater any more. */
    if (lines_out_put(face->out, face->line.data, face->line.len))
        join_leave(join);
}

static void put_string(struct buf *line, const char *name, const char *value)
{
    buf_printf(line, "\"%s\":", name);
    if (json_string_print(value ? value : "", line))
        buf_append_str(line, "\"\"");
}

static void put_id(struct buf *line, const struct command_id *id)
{
    if (id->kind == COMMAND_ID_INTEGER)
        buf_printf(line, ",\"id\":%lld", (long long)id->integer);
    if (id->kind != COMMAND_ID_STRING)
        return;
    buf_append_str(line, ",");
    put_string(line, "id", id->string);
}

static void put_error(struct join *join, const struct command_id *id, const char *code,
                      const char *message)
{
    struct buf *line = begin(join, "error");
    put_id(line, id);
    buf_append_str(line, ",\"data\":{");
    put_string(line, "code", code);
    buf_append_str(line, ",");
    put_string(line, "message", message);
    buf_append_str(line, "}}");
    put_line(join);
}

static void put_ack(struct join *join, const struct command_id *id, uint64_t seq)
{
    struct buf *line = begin(join, "ack");
    put_id(line, id);
    buf_append_str(line, ",\"data\":{");
    if (seq)
        buf_printf(line, "\"seq\":%llu", (unsigned long long)seq);
    buf_append_str(line, "}}");
    put_line(join);
}

/* ---- in ---- */

static void put_stats_of(struct join *join, unsigned participant, struct buf *line)
{
    struct peer_stats peer;
    struct jitter_stats jitter;
    if (!session_peer_stats(join->session, participant, &peer, &jitter))
        return;
    buf_printf(line, "%s\"p%u\":{", line->data[line->len - 1] == '{' ? "" : ",", participant);
    put_string(line, "state", peer_state_name(peer.state));
    if (peer.round_trip_ms >= 0)
        buf_printf(line, ",\"round_trip_ms\":%.1f", peer.round_trip_ms);
    buf_printf(line,
               ",\"jitter_ms\":%.1f,\"packets_sent\":%llu,\"packets_received\":%llu,"
               "\"packets_lost\":%llu,\"remote_loss\":%.3f,\"relayed\":%s,",
               peer.jitter_ms, (unsigned long long)peer.packets_sent,
               (unsigned long long)peer.packets_received, (unsigned long long)peer.packets_lost,
               peer.remote_loss, peer.relayed ? "true" : "false");
    buf_printf(line,
               "\"delay_ms\":%.1f,\"frames_played\":%llu,\"frames_recovered\":%llu,"
               "\"frames_concealed\":%llu,",
               jitter.delay_ms, (unsigned long long)jitter.frames_played,
               (unsigned long long)jitter.frames_recovered,
               (unsigned long long)jitter.frames_concealed);
    put_string(line, "local_candidate", peer.local_candidate);
    buf_append_str(line, ",");
    put_string(line, "remote_candidate", peer.remote_candidate);
    buf_append_str(line, ",");
    put_string(line, "dtls_suite", peer.dtls_suite);
    buf_append_str(line, ",");
    put_string(line, "srtp_suite", peer.srtp_suite);
    buf_append_str(line, ",");
    put_string(line, "remote_fingerprint", peer.remote_fingerprint);
    buf_append_str(line, ",");
    put_string(line, "fingerprint_words", join->words[participant]);
    buf_append_str(line, "}");
}

static void put_stats(struct join *join)
{
    struct buf *line = begin(join, "stats");
    buf_append_str(line, ",\"data\":{");
    for (unsigned i = 1; i <= LIMIT_PARTICIPANTS; i++)
        put_stats_of(join, i, line);
    buf_append_str(line, "}}");
    put_line(join);
}

/* Whether there is an answer to come. */
static bool is_asked_of_server(const struct order *order)
{
    return order->type == ORDER_COMMAND;
}

static void remember(struct json_face *face, int64_t number, const struct command_id *id)
{
    face->asked[face->next_asked] = (struct asked){.number = number, .id = *id};
    face->next_asked = (face->next_asked + 1) % JSON_ASKED_MAX;
}

static void do_order(struct join *join, const struct order *order)
{
    const struct command_id *id = &order->command.id;
    int64_t before = session_command_number(join->session);
    enum err e = join_do(join, order);
    if (e == ERR_UNREACHABLE) {
        put_error(join, id, err_code(ERR_UNAVAILABLE), "not connected");
        return;
    }
    if (e) {
        put_error(join, id, err_code(e), "that cannot be done now");
        return;
    }
    int64_t number = session_command_number(join->session);
    if (is_asked_of_server(order) && number > before)
        remember(face_of(join), number, id);
    else
        put_ack(join, id, 0);
}

static void on_line(void *context, const char *line)
{
    struct join *join = context;
    struct order order;
    char why[ORDER_WHY_SIZE];
    if (!line)
        return; /* no more orders; the debate goes on */
    enum err e = order_parse_script(line, join_page(join), &order, why);
    if (e)
        put_error(join, &order.command.id, err_code(e), why);
    else if (order.type == ORDER_STATS)
        put_stats(join);
    else if (order.type != ORDER_NOTHING)
        do_order(join, &order);
}

static bool take_asked(struct join *join, int64_t number, struct command_id *id)
{
    struct json_face *face = face_of(join);
    for (size_t i = 0; i < JSON_ASKED_MAX; i++) {
        if (face->asked[i].number != number || number == 0)
            continue;
        *id = face->asked[i].id;
        face->asked[i].number = 0;
        return true;
    }
    return false;
}

/* ---- what happens ---- */

static void json_on_state(struct join *join, enum session_state state, const char *why)
{
    struct json_face *face = face_of(join);
    struct buf *line = begin(join, "state");
    buf_append_str(line, ",\"data\":{");
    put_string(line, "state", session_state_name(state));
    if (why && why[0]) {
        buf_append_str(line, ",");
        put_string(line, "why", why);
    }
    buf_append_str(line, "}}");
    put_line(join);
    if (state == SESSION_IN && !face->reads) {
        face->reads = true;
        lines_in_start(face->in);
    }
}

static void json_on_entered(struct join *join, bool created, const struct entrance_present *present,
                            size_t present_count, int seats)
{
    struct buf *line = begin(join, "entered");
    buf_append_str(line, ",\"data\":{");
    put_string(line, "room_code", join->config->room_code);
    buf_append_str(line, ",");
    put_string(line, "session_id", session_id(join->session));
    buf_printf(line, ",\"created\":%s,\"seats\":%d,\"participants\":[", created ? "true" : "false",
               seats);
    for (size_t i = 0; i < present_count; i++) {
        buf_printf(line, "%s{\"participant_id\":\"p%u\",", i ? "," : "", present[i].participant);
        put_string(line, "nickname", present[i].nickname);
        buf_printf(line, ",\"connected\":%s}", present[i].connected ? "true" : "false");
    }
    buf_append_str(line, "]}}");
    put_line(join);
}

static void json_on_welcome(struct join *join, const struct server_message *welcome)
{
    struct buf *line = begin(join, "welcome");
    buf_append_str(line, ",\"data\":");
    if (json_value_print(json_member(welcome->json, "data"), line) == ERR_NONE) {
        buf_append_str(line, "}");
        put_line(join);
    }
}

static void json_on_event(struct join *join, const struct event *event, bool mic_changed,
                          bool is_past)
{
    struct json_face *face = face_of(join);
    (void)mic_changed;
    (void)is_past;
    buf_clear(&face->line);
    if (event_print(event, &face->line) == ERR_NONE)
        put_line(join);
}

static void json_on_ack(struct join *join, enum command_type command, int64_t number, uint64_t seq)
{
    struct command_id id;
    (void)command;
    if (take_asked(join, number, &id))
        put_ack(join, &id, seq);
}

static void json_on_refused(struct join *join, enum command_type command, int64_t number,
                            const char *code, const char *message)
{
    struct command_id id = {.kind = COMMAND_ID_NONE};
    (void)command;
    take_asked(join, number, &id);
    put_error(join, &id, code, message);
}

static void json_on_close(struct join *join, int code, int status, bool returns)
{
    struct buf *line = begin(join, "closed");
    buf_printf(line, ",\"data\":{\"code\":%d,", code);
    if (status)
        buf_printf(line, "\"status\":%d,", status);
    buf_printf(line, "\"returns\":%s}}", returns ? "true" : "false");
    put_line(join);
}

static void json_on_live(struct join *join, double late_ms, double error_ms)
{
    struct buf *line = begin(join, "live");
    buf_printf(line, ",\"data\":{\"late_ms\":%.3f", late_ms);
    if (error_ms >= 0)
        buf_printf(line, ",\"error_ms\":%.3f", error_ms);
    buf_append_str(line, "}}");
    put_line(join);
}

static void json_on_peer(struct join *join, unsigned participant, enum peer_state state,
                         const char *why, bool has_new_words)
{
    (void)has_new_words;
    struct buf *line = begin(join, "peer");
    buf_printf(line, ",\"data\":{\"participant_id\":\"p%u\",\"state\":\"%s\"", participant,
               peer_state_name(state));
    if (why && why[0]) {
        buf_append_str(line, ",");
        put_string(line, "why", why);
    }
    if (state == PEER_CONNECTED) {
        buf_append_str(line, ",");
        put_string(line, "fingerprint_words", join->words[participant]);
    }
    buf_append_str(line, "}}");
    put_line(join);
}

static void json_on_upload(struct join *join, const struct session_recording *recording,
                           uint64_t sent, uint64_t total)
{
    struct buf *line = begin(join, "upload");
    buf_append_str(line, ",\"data\":{");
    put_string(line, "recording_id", recording->recording_id);
    buf_append_str(line, ",");
    put_string(line, "path", recording->path);
    buf_printf(line, ",\"sent\":%llu,\"total\":%llu,\"uploaded\":%s", (unsigned long long)sent,
               (unsigned long long)total, recording->uploaded ? "true" : "false");
    if (recording->uploaded) {
        buf_append_str(line, ",");
        put_string(line, "sha256", recording->sha256);
    }
    if (recording->upload_failed) {
        buf_append_str(line, ",");
        put_string(line, "why", recording->why);
    }
    buf_append_str(line, "}}");
    put_line(join);
}

static void json_on_pending(struct join *join, const char *path, bool is_sent, const char *why)
{
    struct buf *line = begin(join, "pending");
    buf_append_str(line, ",\"data\":{");
    put_string(line, "path", path);
    buf_printf(line, ",\"uploaded\":%s", is_sent ? "true" : "false");
    if (!is_sent) {
        buf_append_str(line, ",");
        put_string(line, "why", why);
    }
    buf_append_str(line, "}}");
    put_line(join);
}

static void json_on_sound(struct join *join, enum sound_side side, enum sound_news news,
                          const char *text)
{
    static const char *const names[] = {[SOUND_OPENED] = "opened",
                                        [SOUND_FAILED] = "failed",
                                        [SOUND_LOST] = "lost",
                                        [SOUND_FINISHED] = "finished"};
    struct buf *line = begin(join, "sound");
    buf_printf(line, ",\"data\":{\"side\":\"%s\",\"news\":\"%s\",", sound_side_name(side),
               names[news]);
    put_string(line, "text", text);
    buf_append_str(line, "}}");
    put_line(join);
}

static void json_on_microphone(struct join *join, bool is_heard)
{
    struct buf *line = begin(join, "microphone");
    buf_printf(line, ",\"data\":{\"is_heard\":%s}}", is_heard ? "true" : "false");
    put_line(join);
}

/* ---- birth and death ---- */

static void json_close(struct join *join)
{
    struct json_face *face = face_of(join);
    if (!face)
        return;
    lines_in_free(face->in);
    lines_out_free(face->out);
    buf_release(&face->line);
    mem_free(face);
    join->face_data = NULL;
}

static enum err json_open(struct join *join, char *why, size_t why_size)
{
    struct json_face *face = mem_zalloc(sizeof *face);
    if (!face)
        return ERR_NO_MEMORY;
    join->face_data = face;
    buf_init(&face->line, JSON_LINE_MAX);
    enum err e = lines_in_new(join->loop, STDIN_FILENO, on_line, join, &face->in);
    if (!e)
        e = lines_out_new(join->loop, STDOUT_FILENO, &face->out);
    if (e) {
        snprintf(why, why_size, "%s", "standard input and output cannot be used");
        json_close(join);
    }
    return e;
}

const struct face face_json = {
    .open = json_open,
    .close = json_close,
    .on_state = json_on_state,
    .on_entered = json_on_entered,
    .on_welcome = json_on_welcome,
    .on_event = json_on_event,
    .on_ack = json_on_ack,
    .on_refused = json_on_refused,
    .on_close = json_on_close,
    .on_live = json_on_live,
    .on_peer = json_on_peer,
    .on_upload = json_on_upload,
    .on_pending = json_on_pending,
    .on_sound = json_on_sound,
    .on_microphone = json_on_microphone,
};

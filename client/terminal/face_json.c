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
#include "proto/json_writer.h"
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
    struct json_writer json; /* of the line */
};

static struct json_face *face_of(struct join *join)
{
    return join->face_data;
}

/* ---- out ---- */

/* Begins a line, as far as into its "data". */
static struct json_writer *begin(struct join *join, const char *type, const struct command_id *id)
{
    struct json_face *face = face_of(join);
    struct json_writer *json = &face->json;
    buf_clear(&face->line);
    message_begin(json, &face->line, type, id);
    json_write_object(json, "data");
    return json;
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

static void end(struct join *join)
{
    if (json_write_end(&face_of(join)->json) == ERR_NONE)
        put_line(join);
}

static void put_error(struct join *join, const struct command_id *id, const char *code,
                      const char *message)
{
    struct json_writer *json = begin(join, "error", id);
    json_write_text(json, "code", code);
    json_write_text(json, "message", message);
    end(join);
}

static void put_ack(struct join *join, const struct command_id *id, uint64_t seq)
{
    struct buf *line = &face_of(join)->line;
    buf_clear(line);
    if (ack_print(id, seq, line) == ERR_NONE)
        put_line(join);
}

/* ---- in ---- */

static void put_stats_of(struct join *join, unsigned participant, struct json_writer *json)
{
    struct peer_stats peer;
    struct jitter_stats jitter;
    char who[PARTICIPANT_SIZE];
    if (!session_peer_stats(join->session, participant, &peer, &jitter))
        return;
    json_write_object(json, participant_text(participant, who));
    json_write_string(json, "state", peer_state_name(peer.state));
    if (peer.round_trip_ms >= 0)
        json_write_number(json, "round_trip_ms", peer.round_trip_ms);
    json_write_number(json, "jitter_ms", peer.jitter_ms);
    json_write_integer(json, "packets_sent", (int64_t)peer.packets_sent);
    json_write_integer(json, "packets_received", (int64_t)peer.packets_received);
    json_write_integer(json, "packets_lost", (int64_t)peer.packets_lost);
    json_write_number(json, "remote_loss", peer.remote_loss);
    json_write_bool(json, "relayed", peer.relayed);
    json_write_number(json, "delay_ms", jitter.delay_ms);
    json_write_integer(json, "frames_played", (int64_t)jitter.frames_played);
    json_write_integer(json, "frames_recovered", (int64_t)jitter.frames_recovered);
    json_write_integer(json, "frames_concealed", (int64_t)jitter.frames_concealed);
    json_write_text(json, "local_candidate", peer.local_candidate);
    json_write_text(json, "remote_candidate", peer.remote_candidate);
    json_write_text(json, "dtls_suite", peer.dtls_suite);
    json_write_text(json, "srtp_suite", peer.srtp_suite);
    json_write_text(json, "remote_fingerprint", peer.remote_fingerprint);
    json_write_string(json, "fingerprint_words", join->words[participant]);
    json_write_object_end(json);
}

static void put_stats(struct join *join)
{
    struct json_writer *json = begin(join, "stats", NULL);
    for (unsigned i = 1; i <= LIMIT_PARTICIPANTS; i++)
        put_stats_of(join, i, json);
    end(join);
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
    struct json_writer *json = begin(join, "state", NULL);
    json_write_string(json, "state", session_state_name(state));
    if (why && why[0])
        json_write_text(json, "why", why);
    end(join);
    if (state == SESSION_IN && !face->reads) {
        face->reads = true;
        lines_in_start(face->in);
    }
}

static void json_on_entered(struct join *join, bool created, const struct entrance_present *present,
                            size_t present_count, int seats)
{
    struct json_writer *json = begin(join, "entered", NULL);
    json_write_string(json, "room_code", join->config->room_code);
    json_write_string(json, "session_id", session_id(join->session));
    json_write_bool(json, "created", created);
    json_write_integer(json, "seats", seats);
    json_write_array(json, "participants");
    for (size_t i = 0; i < present_count; i++) {
        json_write_object(json, NULL);
        json_write_participant(json, "participant_id", present[i].participant);
        json_write_string(json, "nickname", present[i].nickname);
        json_write_bool(json, "connected", present[i].connected);
        json_write_object_end(json);
    }
    json_write_array_end(json);
    end(join);
}

static void json_on_welcome(struct join *join, const struct server_message *welcome)
{
    struct buf *line = &face_of(join)->line;
    buf_clear(line);
    buf_append_str(line, "{\"type\":\"welcome\",\"data\":");
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
    struct json_writer *json = begin(join, "closed", NULL);
    json_write_integer(json, "code", code);
    if (status)
        json_write_integer(json, "status", status);
    json_write_bool(json, "returns", returns);
    end(join);
}

static void json_on_live(struct join *join, double late_ms, double error_ms)
{
    struct json_writer *json = begin(join, "live", NULL);
    json_write_number(json, "late_ms", late_ms);
    if (error_ms >= 0)
        json_write_number(json, "error_ms", error_ms);
    end(join);
}

static void json_on_peer(struct join *join, unsigned participant, enum peer_state state,
                         const char *why, bool has_new_words)
{
    (void)has_new_words;
    struct json_writer *json = begin(join, "peer", NULL);
    json_write_participant(json, "participant_id", participant);
    json_write_string(json, "state", peer_state_name(state));
    if (why && why[0])
        json_write_text(json, "why", why);
    if (state == PEER_CONNECTED)
        json_write_string(json, "fingerprint_words", join->words[participant]);
    end(join);
}

static void json_on_upload(struct join *join, const struct session_recording *recording,
                           uint64_t sent, uint64_t total)
{
    struct json_writer *json = begin(join, "upload", NULL);
    json_write_string(json, "recording_id", recording->recording_id);
    json_write_text(json, "path", recording->path);
    json_write_integer(json, "sent", (int64_t)sent);
    json_write_integer(json, "total", (int64_t)total);
    json_write_bool(json, "uploaded", recording->uploaded);
    if (recording->uploaded)
        json_write_string(json, "sha256", recording->sha256);
    if (recording->upload_failed)
        json_write_text(json, "why", recording->why);
    end(join);
}

static void json_on_pending(struct join *join, const char *path, bool is_sent, const char *why)
{
    struct json_writer *json = begin(join, "pending", NULL);
    json_write_text(json, "path", path);
    json_write_bool(json, "uploaded", is_sent);
    if (!is_sent)
        json_write_text(json, "why", why);
    end(join);
}

static void json_on_sound(struct join *join, enum sound_side side, enum sound_news news,
                          const char *text)
{
    static const char *const names[] = {[SOUND_OPENED] = "opened",
                                        [SOUND_FAILED] = "failed",
                                        [SOUND_LOST] = "lost",
                                        [SOUND_FINISHED] = "finished"};
    struct json_writer *json = begin(join, "sound", NULL);
    json_write_string(json, "side", sound_side_name(side));
    json_write_string(json, "news", names[news]);
    json_write_text(json, "text", text);
    end(join);
}

static void json_on_microphone(struct join *join, bool is_heard)
{
    json_write_bool(begin(join, "microphone", NULL), "is_heard", is_heard);
    end(join);
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

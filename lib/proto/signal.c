#include <assert.h>
#include <limits.h>
#include <string.h>

#include "base/str.h"
#include "proto/message_json.h"

static const char *const type_names[] = {[SIGNAL_OFFER] = "offer",
                                         [SIGNAL_ANSWER] = "answer",
                                         [SIGNAL_CANDIDATE] = "candidate",
                                         [SIGNAL_BYE] = "bye"};

/* sdpMLineIndex is an unsigned short (WebRTC, section 4.8.1, RTCIceCandidateInit). */
enum { MLINE_INDEX_MAX = UINT16_MAX };

bool signal_type_from_name(const char *name, enum signal_type *out)
{
    for (int type = SIGNAL_OFFER; type <= SIGNAL_BYE; type++) {
        if (strcmp(type_names[type], name) == 0) {
            *out = (enum signal_type)type;
            return true;
        }
    }
    return false;
}

static enum err check_candidate(const struct json_at *at)
{
    const char *text;
    int64_t index;
    enum err e = json_get_string(at, "candidate", JSON_REQUIRED, &text);
    /* Browsers send null for what they don't know. */
    if (!e && !cJSON_IsNull(json_find(at->object, "sdpMid")))
        e = json_get_string(at, "sdpMid", JSON_OPTIONAL, &text);
    if (!e && !cJSON_IsNull(json_find(at->object, "sdpMLineIndex")))
        e = json_get_integer(at, "sdpMLineIndex", JSON_OPTIONAL, 0, MLINE_INDEX_MAX, NULL, &index);
    return e;
}

static enum err check_data(enum signal_type type, const cJSON *data, struct problem *why)
{
    const struct json_at at = {.object = data, .path = "", .why = why};
    const char *text;
    switch (type) {
    case SIGNAL_OFFER:
    case SIGNAL_ANSWER:
        return json_get_string(&at, "sdp", JSON_REQUIRED, &text);
    case SIGNAL_CANDIDATE:
        return check_candidate(&at);
    case SIGNAL_BYE:
        return ERR_NONE;
    }
    return ERR_INTERNAL;
}

static enum err read_to(const cJSON *root, struct signal *head, struct problem *why)
{
    const struct json_at at = {.object = root, .path = "", .why = why};
    const char *to = NULL;
    head->to = 0;
    head->to_is_unknown = false;
    enum err e = json_get_string(&at, "to", JSON_OPTIONAL, &to);
    if (!to)
        return e;
    head->to = participant_number(to);
    head->to_is_unknown = head->to == 0;
    return ERR_NONE;
}

/* The client's text with `from` behind its opening brace. The object has members: a type. */
static enum err relay_text(const char *text, size_t len, unsigned from, struct buf *out)
{
    char self[PARTICIPANT_SIZE];
    size_t head_len = (size_t)(strchr(text, '{') - text) + 1;
    enum err e = buf_append(out, text, head_len);
    if (!e)
        e = buf_append_str(out, "\"from\":\"");
    if (!e)
        e = buf_append_str(out, participant_text(from, self));
    if (!e)
        e = buf_append_str(out, "\",");
    return e ? e : buf_append(out, text + head_len, len - head_len);
}

/* The same for a client that sent a `from` of its own, which is dropped. */
static enum err relay_without_from(const char *text, const cJSON *root, unsigned from,
                                   struct buf *out)
{
    const cJSON *member;
    struct json_span span;
    const char *at = strchr(text, '{');
    enum err e = buf_printf(out, "{\"from\":\"p%u\"", from);
    cJSON_ArrayForEach(member, root)
    {
        /* The name may have been written with escapes: only the parsed one tells. */
        bool more = json_next_span(&at, &span);
        assert(more);
        if (e || !more || strcmp(member->string, "from") == 0)
            continue;
        e = buf_append_str(out, ",");
        if (!e)
            e = buf_append(out, span.name, (size_t)(span.end - span.name));
    }
    return e ? e : buf_append_str(out, "}");
}

enum err signal_relay(const char *text, size_t len, unsigned from, struct signal *head,
                      struct buf *out, struct problem *why)
{
    struct envelope envelope;
    const cJSON *data = NULL;
    json_brief_begin();
    enum err e = envelope_open(text, len, &envelope, why);
    const cJSON *root = envelope.doc.root;
    size_t before = out->len;
    head->id = envelope.id;
    if (!e && !signal_type_from_name(envelope.type, &head->type))
        e = problem_set(why, ERR_UNKNOWN_TYPE, REASON_NONE, NULL);
    if (!e)
        e = envelope_check(&envelope, &data, why);
    if (!e)
        e = read_to(root, head, why);
    if (!e)
        e = check_data(head->type, data, why);
    if (!e) {
        e = json_find(root, "from") ? relay_without_from(text, root, from, out)
                                    : relay_text(text, len, from, out);
        if (e) {
            out->len = before;
            if (out->data)
                out->data[before] = '\0';
            e = problem_set(why, e, REASON_NONE, NULL);
        }
    }
    json_brief_end(envelope.doc.root);
    return e;
}

static void write_peer(struct json_writer *json, const struct signal_peer *peer)
{
    json_write_participant(json, "participant_id", peer->participant);
    json_write_string(json, "nickname", peer->nickname);
}

enum err peers_print(unsigned self, const struct signal_peer *peers, size_t count, struct buf *out)
{
    struct json_writer json;
    message_begin(&json, out, "peers", NULL);
    json_write_object(&json, "data");
    json_write_participant(&json, "self", self);
    json_write_array(&json, "peers");
    for (size_t i = 0; i < count; i++) {
        json_write_object(&json, NULL);
        write_peer(&json, &peers[i]);
        json_write_object_end(&json);
    }
    json_write_array_end(&json);
    return json_write_end(&json);
}

enum err peer_joined_print(const struct signal_peer *peer, struct buf *out)
{
    struct json_writer json;
    message_begin(&json, out, "peer_joined", NULL);
    json_write_object(&json, "data");
    write_peer(&json, peer);
    return json_write_end(&json);
}

enum err peer_left_print(unsigned participant, struct buf *out)
{
    struct json_writer json;
    message_begin(&json, out, "peer_left", NULL);
    json_write_object(&json, "data");
    json_write_participant(&json, "participant_id", participant);
    return json_write_end(&json);
}

/* As far as into its "data". */
static void signal_begin(struct json_writer *json, struct buf *out, enum signal_type type,
                         unsigned to)
{
    message_begin(json, out, type_names[type], NULL);
    if (to)
        json_write_participant(json, "to", to);
    json_write_object(json, "data");
}

enum err offer_print(enum signal_type offer_or_answer, unsigned to, const char *sdp,
                     struct buf *out)
{
    struct json_writer json;
    assert(offer_or_answer == SIGNAL_OFFER || offer_or_answer == SIGNAL_ANSWER);
    signal_begin(&json, out, offer_or_answer, to);
    json_write_string(&json, "sdp", sdp);
    return json_write_end(&json);
}

enum err candidate_print(unsigned to, const char *candidate, const char *sdp_mid,
                         int sdp_mline_index, struct buf *out)
{
    struct json_writer json;
    signal_begin(&json, out, SIGNAL_CANDIDATE, to);
    json_write_string(&json, "candidate", candidate);
    if (sdp_mid)
        json_write_string(&json, "sdpMid", sdp_mid);
    if (sdp_mline_index >= 0)
        json_write_integer(&json, "sdpMLineIndex", sdp_mline_index);
    return json_write_end(&json);
}

/* Messages on the two sockets: what clients send, and what the server says besides events
 * (protocol, sections 5 and 6). Pure; any thread. Both sides use it: the server parses commands and
 * prints answers, a client the reverse. */
#ifndef DEBATE_PROTO_MESSAGE_H
#define DEBATE_PROTO_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "proto/event.h"
#include "proto/json_writer.h"
#include "proto/limits.h"
#include "proto/problem.h"

/* ---- voice socket, client to server ---- */

enum command_type {
    COMMAND_INIT,
    COMMAND_READY,
    COMMAND_CONSENT,
    COMMAND_REPORT_START,
    COMMAND_VOICE_STATUS_UPDATE,
    COMMAND_START_RECORDING,
    COMMAND_STOP_RECORDING,
    COMMAND_SUBMIT_CHOICE,
    COMMAND_NEXT_PAGE,
    COMMAND_GOTO_PAGE,
    COMMAND_END_SESSION,
    COMMAND_LEAVE,
    COMMAND_PING,
    COMMAND_TYPE_COUNT
};

/* The client's `id`: a string, an integer, or none. */
struct command_id {
    enum { COMMAND_ID_NONE, COMMAND_ID_STRING, COMMAND_ID_INTEGER } kind;
    int64_t integer;
    char string[LIMIT_COMMAND_ID + 1];
};

struct command {
    enum command_type type;
    struct command_id id;
    union {
        struct {
            char nickname[LIMIT_NICKNAME_CHARS * 4 + 1]; /* empty: not given */
            bool has_last_seq;
            uint64_t last_seq;
            char last_digest[LIMIT_EVENT_DIGEST * 4 + 1]; /* of that event; empty: not given */
            bool await_voice;
        } init;
        struct {
            bool recording;
        } consent;
        struct {
            double at_ms;
            bool has_error;
            double error_ms;
        } report_start;
        struct {
            bool is_mic_on;
            bool has_speaking;
            bool is_speaking;
        } voice_status;
        struct {
            bool has_at;
            int64_t at_ms; /* started_at_ms or ended_at_ms */
        } recording;
        struct {
            unsigned page; /* 0: the current one */
            char choice[LIMIT_CHOICE_ID + 1];
        } submit_choice;
        struct {
            unsigned page; /* capped at UINT_MAX: the room says no_such_page */
        } goto_page;
        struct {
            double t0;
        } ping;
    };
};

/* Opens a message with its "type" and, if there is one, its "id". */
void message_begin(struct json_writer *json, struct buf *out, const char *type,
                   const struct command_id *id);

/* Parses a text frame. ERR_BAD_MESSAGE, ERR_UNKNOWN_TYPE, ERR_BAD_REQUEST with `why` filled;
 * `out->id` is set whenever the message had a readable one, also on errors. The text was already
 * checked to be UTF-8. */
enum err command_parse(const char *text, size_t len, struct command *out,
                       struct problem *why) MUST_CHECK;

/* The body of POST /api/sessions/{id}/choices is the same as submit_choice's data. */
enum err choice_body_parse(const char *text, size_t len, struct command *out,
                           struct problem *why) MUST_CHECK;

/* What a client sends. */
enum err command_print(const struct command *command, struct buf *out) MUST_CHECK;
const char *command_type_name(enum command_type type);

/* ---- voice socket, server to client ---- */

/* {"type":"ack","id"?,"data":{"seq"?}}; seq 0: nothing was written. */
enum err ack_print(const struct command_id *id, uint64_t seq, struct buf *out) MUST_CHECK;

/* {"type":"error","id"?,"data":{"code","message"}} */
enum err error_print(const struct command_id *id, const struct problem *why, enum lang lang,
                     struct buf *out) MUST_CHECK;

/* {"error":{"code","message"}}: the body of a refused HTTP request. */
enum err error_body_print(const struct problem *why, enum lang lang, struct buf *out) MUST_CHECK;

/* {"type":"pong","id"?,"data":{"t0","t1","t2"}}; ms since the Unix epoch, at most 3 decimals. */
enum err pong_print(const struct command_id *id, double t0, double t1, double t2,
                    struct buf *out) MUST_CHECK;

/* ---- signaling socket ---- */

enum signal_type { SIGNAL_OFFER, SIGNAL_ANSWER, SIGNAL_CANDIDATE, SIGNAL_BYE };

/* What the server needs of a message that it relays. */
struct signal {
    enum signal_type type;
    unsigned to;        /* participant number; 0: to all others */
    bool to_is_unknown; /* `to` is a string, but no participant id: not_found */
    struct command_id id;
};

/* Parses an offer, answer, candidate or bye and checks its fields, and appends to `out` what the
 * others get: the client's own text, untouched but for `from` (its own is dropped, `from` put in).
 * ERR_BAD_MESSAGE, ERR_UNKNOWN_TYPE, ERR_BAD_REQUEST as in command_parse; ERR_FULL, ERR_NO_MEMORY;
 * `out` then holds what it held. */
enum err signal_relay(const char *text, size_t len, unsigned from, struct signal *head,
                      struct buf *out, struct problem *why) MUST_CHECK;

struct signal_peer {
    unsigned participant;
    const char *nickname;
};

/* {"type":"peers",…}, {"type":"peer_joined",…}, {"type":"peer_left",…} */
enum err peers_print(unsigned self, const struct signal_peer *peers, size_t count,
                     struct buf *out) MUST_CHECK;
enum err peer_joined_print(const struct signal_peer *peer, struct buf *out) MUST_CHECK;
enum err peer_left_print(unsigned participant, struct buf *out) MUST_CHECK;

/* What a client sends; `data_*` as the type needs. to 0: to all. */
enum err offer_print(enum signal_type offer_or_answer, unsigned to, const char *sdp,
                     struct buf *out) MUST_CHECK;
enum err candidate_print(unsigned to, const char *candidate, const char *sdp_mid,
                         int sdp_mline_index, struct buf *out) MUST_CHECK;

/* ---- what a client receives ---- */

enum server_message_type {
    SERVER_WELCOME,
    SERVER_ACK,
    SERVER_ERROR,
    SERVER_PONG,
    SERVER_EVENT,
    SERVER_PEERS,
    SERVER_PEER_JOINED,
    SERVER_PEER_LEFT,
    SERVER_SIGNAL,
    SERVER_UNKNOWN /* a type of a later version: ignored */
};

struct server_participant {
    unsigned participant;
    const char *nickname;
    bool connected, is_mic_on, is_speaking, is_recording;
};

struct ice_server {
    const char *urls[4];
    size_t url_count;
    const char *username, *credential; /* NULL when not given */
};

struct server_message {
    enum server_message_type type;
    struct command_id id;
    void *json;             /* owns every string below */
    struct event_doc event; /* SERVER_EVENT */
    union {
        struct {
            const char *session_id, *room_code, *phase, *record;
            unsigned participant, host; /* 0: null */
            unsigned page;
            int seats;
            uint64_t seq;
            int64_t ts_ms;
            bool has_start_at, reset;
            int64_t start_at_ms;
            struct server_participant participants[LIMIT_SEATS_MAX];
            size_t participant_count;
            struct agenda *agenda; /* owned by the message */
            struct ice_server ice_servers[4];
            size_t ice_server_count;
        } welcome;
        struct {
            uint64_t seq; /* 0: none */
        } ack;
        struct {
            enum err code;
            const char *code_name, *message;
        } error;
        struct {
            double t0, t1, t2;
        } pong;
        struct {
            unsigned self;
            struct signal_peer peers[LIMIT_SEATS_MAX];
            size_t count;
        } peers;
        struct signal_peer peer; /* joined, left */
        struct {
            enum signal_type type;
            unsigned from;
            const char *sdp;
            const char *candidate, *sdp_mid;
            int sdp_mline_index;
        } signal;
    };
};

/* ERR_BAD_MESSAGE when it is not a message of the protocol. */
enum err server_message_parse(const char *text, size_t len, struct server_message *out) MUST_CHECK;
void server_message_release(struct server_message *message);

#endif

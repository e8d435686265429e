/* What the server shows of a session: `welcome`, the room object and the session object (protocol,
 * sections 3 and 5). Pure; any thread. The room fills a view in; here it becomes JSON. Everything
 * in a view is borrowed from the room and valid until its next step. */
#ifndef DEBATE_PROTO_VIEW_H
#define DEBATE_PROTO_VIEW_H

#include "proto/agenda.h"
#include "proto/event.h"
#include "proto/message.h"

enum phase { PHASE_LOBBY, PHASE_COUNTDOWN, PHASE_LIVE, PHASE_ENDED };
const char *phase_name(enum phase phase);

enum record_policy { RECORD_AUTO, RECORD_MANUAL, RECORD_OFF };
const char *record_policy_name(enum record_policy policy);

struct recording_view {
    unsigned participant;
    const char *recording_id, *path;
    int64_t started_at_ms;
    bool ended, uploaded;
    int64_t ended_at_ms, duration_ms; /* when ended */
    uint64_t bytes;                   /* when uploaded */
    const char *sha256;
};

struct session_view {
    const char *session_id, *room_code;
    enum phase phase;
    unsigned page, host; /* host 0: null */
    int seats;
    uint64_t seq;
    bool has_start_at;
    int64_t start_at_ms;
    const struct agenda *agenda;
    const char *report; /* NULL: none */
    size_t participant_count;
    struct server_participant participants[LIMIT_SEATS_MAX]; /* seated, by number */
};

/* What `welcome` says beyond the session. */
struct welcome_view {
    unsigned participant; /* 0: null, an observer */
    int64_t now_ms;
    bool reset;
    enum record_policy record;
    struct ice_server ice_servers[2]; /* STUN, TURN */
    size_t ice_server_count;
};

/* One page's choices as far as revealed. */
struct page_choices_view {
    unsigned page;
    const struct event_choice *choices;
    size_t count;
};

enum err welcome_print(const struct command_id *id, const struct session_view *session,
                       const struct welcome_view *welcome, struct buf *out) MUST_CHECK;
enum err room_object_print(const struct session_view *session, struct buf *out) MUST_CHECK;
enum err session_object_print(const struct session_view *session,
                              const struct recording_view *recordings, size_t recording_count,
                              const struct page_choices_view *pages, size_t page_count,
                              struct buf *out) MUST_CHECK;

/* {"status","version"}: /healthz. */
enum err health_print(const char *status, const char *version, struct buf *out) MUST_CHECK;
/* {"seq"}; 0: {}, nothing was written. */
enum err seq_object_print(uint64_t seq, struct buf *out) MUST_CHECK;

/* ---- bodies of requests ---- */

/* POST /api/rooms. */
struct create_room_request {
    char code[LIMIT_ROOM_CODE + 1]; /* empty: make one up */
    int seats;
    bool has_seats;
    struct agenda *agenda; /* NULL: not given; the caller's to unref */
};
/* ERR_BAD_REQUEST, ERR_NO_MEMORY. `code` is filled also when only `seats` or `agenda` is wrong. */
enum err create_room_parse(const char *text, size_t len, struct create_room_request *out,
                           struct problem *why) MUST_CHECK;
/* After ERR_BAD_REQUEST: whether it is refused for a new room alone (a range, a missing field), and
 * fine where the room of this code has a session already (protocol, section 3: then `seats` and
 * `agenda` are checked for their types alone). */
bool create_room_types_are_right(const struct problem *why);

/* POST /api/rooms/{code}/guests. */
enum err guest_parse(const char *text, size_t len, char nickname[LIMIT_NICKNAME_CHARS * 4 + 1],
                     struct problem *why) MUST_CHECK;
enum err guest_print(const char *token, const char *guest_id, struct buf *out) MUST_CHECK;

#endif

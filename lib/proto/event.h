/* Events: what happened in a session, and their one written form (protocol, sections 5 and 8).
 *
 * Pure; any thread. An event that is built by the room borrows its strings from the room and is
 * valid until the next step; an event that was parsed borrows them from its event_doc. */
#ifndef DEBATE_PROTO_EVENT_H
#define DEBATE_PROTO_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "proto/limits.h"

struct agenda;

enum event_type {
    EVENT_JOIN,
    EVENT_LEAVE,
    EVENT_CONNECTED,
    EVENT_DISCONNECTED,
    EVENT_HOST_CHANGED,
    EVENT_CONSENT,
    EVENT_COUNTDOWN,
    EVENT_COUNTDOWN_CANCELLED,
    EVENT_START,
    EVENT_START_REPORTED,
    EVENT_VOICE_STATUS,
    EVENT_RECORDING_STARTED,
    EVENT_RECORDING_STOPPED,
    EVENT_RECORDING_UPLOADED,
    EVENT_CHOICE_SUBMITTED,
    EVENT_CHOICES_REVEALED,
    EVENT_NEXT_PAGE,
    EVENT_SESSION_ENDED,
    EVENT_ANALYSIS_READY,
    EVENT_FORGOTTEN, /* recordings, transcript and report were removed */
    EVENT_TYPE_COUNT
};

enum end_reason { END_HOST, END_AGENDA, END_EMPTY };

struct event_choice {
    unsigned participant; /* 1 for "p1" */
    const char *choice;
};

struct event {
    enum event_type type;
    uint64_t seq;         /* 1 is the first of a session */
    int64_t ts_ms;        /* the server's clock, ms since the Unix epoch */
    unsigned actor;       /* participant number; 0: the server acted */
    unsigned participant; /* whom `data` is about; 0 where data names nobody */
    union {
        struct {
            const char *nickname;
            const char *user; /* in the log alone; NULL in what is sent */
        } join;
        struct {
            bool recording;
        } consent;
        struct {
            int64_t duration_ms; /* on the wire `seconds` */
            int64_t start_at_ms;
        } countdown;
        struct {
            const char *reason;
        } countdown_cancelled;
        struct {
            int64_t start_at_ms;
        } start;
        struct {
            double late_ms; /* at most 3 decimals */
            bool has_error;
            double error_ms;
        } start_reported;
        struct {
            const char *nickname;
            bool is_mic_on;
            bool is_speaking;
        } voice_status;
        struct {
            const char *recording_id;
            const char *path;      /* started, stopped */
            int64_t started_at_ms; /* started */
            int64_t ended_at_ms;   /* stopped */
            int64_t duration_ms;   /* stopped; on the wire `duration`, seconds */
            uint64_t bytes;        /* uploaded */
            const char *sha256;    /* uploaded; 64 lower-case hex digits */
        } recording;
        struct {
            unsigned page;
            const char *choice; /* NULL: not for whoever this is written for */
        } choice_submitted;
        struct {
            unsigned page;
            size_t count;
            const struct event_choice *choices; /* by participant number, ascending */
        } choices_revealed;
        struct {
            unsigned page;
        } next_page;
        struct {
            enum end_reason reason;
        } session_ended;
        struct {
            const char *report;
        } analysis_ready;
        struct {
            unsigned recordings; /* files that were removed, and their bytes */
            uint64_t bytes;
        } forgotten;
    };
};

const char *event_type_name(enum event_type type); /* "join"; static */
const char *end_reason_name(enum end_reason reason);

/* Whether the log's form holds what the sent form must not (join's user, an unrevealed choice).
 * `choice_is_public`: the page reveals at once. */
bool event_is_private(const struct event *event, bool choice_is_public);

/* The event as others may see it: a copy without `user`, and without `choice` unless it is public.
 */
struct event event_public(const struct event *event, bool choice_is_public);

/* Appends {"type":…,"seq":…,"ts":…,"actor"?:…,"data":{…}} without a newline. The same event gives
 * the same bytes, always: keys stand in the order of the protocol page. */
enum err event_print(const struct event *event, struct buf *out) MUST_CHECK;

/* A parsed event and what its strings live in. */
struct event_doc {
    struct event event;
    void *json;
    struct event_choice choices[LIMIT_PARTICIPANTS];
};

/* Parses one event, as it stands in a log or on a socket. ERR_CORRUPT when it is not one (not JSON,
 * unknown type, a field missing or of the wrong type); then `out` holds nothing. */
enum err event_parse(const char *text, size_t len, struct event_doc *out) MUST_CHECK;
void event_doc_release(struct event_doc *doc);

/* The first line of a log. Strings are borrowed, as in events. */
struct log_header {
    const char *session_id;
    const char *room_code;
    int seats;
    const struct agenda *agenda;
    int64_t created_at_ms;
    const char *host_user;
};

enum err log_header_print(const struct log_header *header, struct buf *out) MUST_CHECK;

struct log_header_doc {
    struct log_header header;
    void *json;
    struct agenda *agenda;
};

enum err log_header_parse(const char *text, size_t len, struct log_header_doc *out) MUST_CHECK;
void log_header_doc_release(struct log_header_doc *doc);

#endif

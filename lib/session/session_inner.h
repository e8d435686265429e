/* The inside of a session, shared by the files session*.c alone. */
#ifndef DEBATE_SESSION_SESSION_INNER_H
#define DEBATE_SESSION_SESSION_INNER_H

#include <stdatomic.h>

#include "base/str.h"
#include "loop/ticker.h"
#include "media/codec.h"
#include "media/mix.h"
#include "session/clock_sync.h"
#include "session/entrance.h"
#include "session/glib_uv.h"
#include "session/rejoin.h"
#include "session/session.h"
#include "session/tus.h"
#include "session/ws_client.h"

enum {
    SESSION_PING_BURST = 8,        /* fills the clock's window at once */
    SESSION_PING_MS = 2000,        /* between pings after that */
    SESSION_TURN_MS = 1000,        /* of the housekeeping timer */
    SESSION_REJOIN_FIRST_MS = 100, /* "at once, with backoff" (protocol, section 4) */
    SESSION_REJOIN_MAX_MS = 1500,  /* in again within 2 s of the server, however long it was away */
    SESSION_ROOM_POLL_MS = 250,    /* while somebody else makes the room */
    SESSION_WELCOME_MS = 10000,    /* without `welcome` for so long: try again */
    SESSION_RECORDINGS_MAX = 16,
    SESSION_FILES_MAX = 100,        /* that are there already, before a recording is given up */
    SESSION_HELD_FRAMES = 250,      /* 5 s of sound, until the server names the recording */
    SESSION_MESSAGE_MAX = 64 * 1024 /* bytes, of what is sent */
};

struct session_runtime {
    uv_loop_t *loop;
    int refs; /* its owner and its sessions */
    struct ws_runtime *ws;
    struct glib_uv *glib;
    struct dtls_identity *identity;
};

/* One peer connection. It outlives its link for a turn of the loop, because a peer's handler must
 * not free it. */
struct voice {
    struct session *session;
    struct peer *peer;
    unsigned participant;
    struct voice *next_dead;
};

/* What there is between this participant and another one. */
struct link {
    unsigned participant; /* 0: unused */
    bool is_present;      /* the other one has its signaling socket open */
    bool offer_is_out;    /* an offer of ours has reached the server while the other was present */
    struct voice *voice;  /* NULL: none */
    enum peer_state state;
    int failed_turns;        /* turns of housekeeping since it failed */
    char remote_origin[160]; /* which peer connection the other side's last SDP came from */
    struct jitter *jitter;
    uint32_t ssrc;
    bool has_ssrc;
};

enum capture_state {
    CAPTURE_NONE,
    CAPTURE_WANTED, /* to be asked for with the next frame */
    CAPTURE_ASKED,  /* start_recording is out; frames are held */
    CAPTURE_RUNNING
};

struct own_recording {
    char path[512];
    char recording_id[LIMIT_RECORDING_ID + 1];
    struct recording_summary summary;
    bool is_stopped_there; /* the server knows that it has ended */
    bool is_pending;       /* it is noted, and held by `hold` (pending.h) */
    int hold;
    bool uploaded, upload_failed;
    uint64_t bytes;
    char sha256[SHA256_TEXT_SIZE];
    char why[256];
};

struct session {
    struct session_runtime *runtime;
    struct session_handler handler;
    enum session_state state;
    bool is_freed;
    int refs; /* open handles, running jobs and the owner */

    char *server, *nickname, *token, *language, *agenda_text, *recording_path;
    struct session_config config; /* its strings are the copies above */
    char room_code[LIMIT_ROOM_CODE + 1];

    uv_timer_t retry, signal_retry, turn;
    uv_idle_t burial;
    struct ticker *start_ticker;

    uv_work_t work;
    struct entrance entrance;
    struct entrance_ticket ticket, work_ticket;
    struct entrance_refusal refusal;
    enum err entrance_result;
    int64_t entering_since_us;

    struct ws_client *voice_socket, *signal_socket;
    struct backoff backoff, signal_backoff;
    bool is_held;    /* dropped on purpose */
    bool is_entered; /* token and room are there */
    bool is_leaving; /* leave or end was said */
    int64_t connecting_since_us;
    int64_t command_number;

    struct clock_sync clock;
    int burst_left;
    int64_t next_ping_us;

    unsigned self, host, page;
    enum phase phase;
    int seats;
    uint64_t last_seq;
    char last_digest[DIGEST_SIZE]; /* of the event's text */
    struct agenda *agenda;
    enum record_policy record;
    struct ice_config ice;
    struct session_participant participants[LIMIT_PARTICIPANTS];

    int64_t start_at_ms; /* 0: no countdown */
    bool is_live, start_is_reported, ready_is_said;
    int64_t start_us;
    double started_at_ms; /* the session's clock when it really started */
    double start_error_ms;

    struct link links[LIMIT_SEATS_MAX * 2];
    struct voice *dead;

    struct encoder *encoder;
    uint32_t timestamp;
    bool is_muted, is_speaking, was_sending;
    struct speech_detector *detector;

    enum capture_state capture;
    bool ask_is_old; /* ASKED, on a connection that is gone: the server may not have heard it */
    bool asks_again; /* it was not named in time: wanted again, whatever the policy */
    bool consented;
    int16_t *held; /* SESSION_HELD_FRAMES frames; NULL when none are held */
    size_t held_count;
    int64_t held_us[SESSION_HELD_FRAMES];
    struct recording *recording;
    size_t recording_count;
    struct own_recording recordings[SESSION_RECORDINGS_MAX];
    uint64_t welcome_seq; /* from there on, events are of this connection */
    bool is_settled;      /* they have come */
    bool wants_recording; /* as soon as it may */
    bool left_is_taken;   /* what an earlier process left was looked for */
    /* What the server thinks this participant records, and nobody does: an earlier connection did.
     * Empty: nothing. */
    char left_id[LIMIT_RECORDING_ID + 1];
    int64_t left_started_at_ms;
    struct pending_list left; /* what earlier debates left, on its way now */
    size_t left_index;
    enum pending_end left_end;
    struct pending_report left_report;
    uv_work_t left_work;
    uv_work_t upload;
    size_t upload_index;
    uv_async_t progress;
    _Atomic uint64_t upload_sent, upload_total;
    atomic_bool upload_stops;
    enum err upload_result; /* these two are the worker thread's until it is done */
    struct tus_result upload_answer;
};

/* session.c */
void session_set_state(struct session *session, enum session_state state, const char *why);
void session_ref(struct session *session);
void session_unref(struct session *session);
void session_close_burial(struct session *session); /* once, after session_free */
/* Over for good: uploads what there is, then CLOSED. */
void session_finish(struct session *session, const char *why);

/* session_voice.c: the voice socket and what comes from it */
void session_open_voice(struct session *session);
void session_hurry_voice(struct session *session); /* other addresses: now rather than later */
void session_ping(struct session *session);
void session_on_start_due(void *context, int64_t due_us);
void session_check_ready(struct session *session);
void session_report_voice(struct session *session);

/* session_view.c: the state that events make */
void session_take_welcome(struct session *session, const struct server_message *message);
void session_take_event(struct session *session, const struct event *event, const char *text,
                        size_t len);

/* session_start.c: the common start */
void session_arm_start(struct session *session);
void session_report_start(struct session *session);

/* session_signal.c: the signaling socket and the links */
void session_open_signal(struct session *session);
void session_hurry_signal(struct session *session); /* other addresses: other ways for the voices */
void session_close_signal(struct session *session);
void session_tend_links(struct session *session);
void session_drop_link(struct session *session, unsigned participant);
void session_drop_links(struct session *session);

/* session_capture.c: recording */
void session_want_recording(struct session *session);
void session_record_frame(struct session *session, const int16_t *pcm, int64_t captured_us);
void session_recording_began(struct session *session, const char *recording_id);
void session_recording_refused(struct session *session);
/* All that was missed is known: what was asked for before is asked for again, unless it was named.
 */
void session_ask_again(struct session *session);
void session_recording_ends(struct session *session);
/* The server has ended it. */
void session_recording_stopped(struct session *session, const char *recording_id);
void session_recordings_release(struct session *session);

/* session_left.c: what an earlier connection of the same person left */
void session_connects(struct session *session, uint64_t welcome_seq);
void session_settle(struct session *session); /* after welcome, and after each event */
void session_left_running(struct session *session, const char *recording_id, int64_t started_at_ms);
void session_find_seat(struct session *session); /* of a guest; in the worker thread */
struct own_recording *session_own_recording(struct session *session, const char *recording_id);

/* session_upload.c */
bool session_upload_next(struct session *session); /* false: nothing left to upload */
void session_on_progress(uv_async_t *progress);

#endif

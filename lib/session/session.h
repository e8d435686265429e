/* A participant of a debate: it takes a seat, keeps it, hears and is heard, records itself and
 * uploads the recording. What `debate bot` and the terminal client run.
 *
 * All on one libuv loop, uv_default_loop(): every function is called on its thread, and every
 * handler is called back there. A handler may call any function here. The owner frees what it made:
 * sessions first, then the runtime, and then runs the loop until it is empty. Times named _us are
 * CLOCK_MONOTONIC. */
#ifndef DEBATE_SESSION_SESSION_H
#define DEBATE_SESSION_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/err.h"
#include "media/jitter.h"
#include "media/media.h"
#include "media/recording.h"
#include "proto/agenda.h"
#include "proto/event.h"
#include "proto/message.h"
#include "proto/view.h"
#include "rtc/peer.h"
#include "session/entrance.h"
#include "session/pending_send.h"

/* What the sessions of one process share. */
struct session_runtime;
enum err session_runtime_new(uv_loop_t *loop, struct session_runtime **out) MUST_CHECK;
void session_runtime_free(struct session_runtime *runtime); /* NULL is allowed */

struct session;

enum session_state {
    SESSION_NEW,
    SESSION_ENTERING,   /* asking for a token and the room */
    SESSION_CONNECTING, /* opening the voice socket, waiting for `welcome` */
    SESSION_IN,         /* events come, commands go */
    SESSION_AWAY,       /* the connection broke; it will come back */
    SESSION_FINISHING,  /* over; recordings are being uploaded */
    SESSION_CLOSED      /* nothing happens any more */
};
const char *session_state_name(enum session_state state);

struct session_config {
    const char *server; /* "http://127.0.0.1:8080" */
    const char *room_code;
    const char *token;          /* NULL: come as a guest */
    const char *nickname;       /* NULL: as the token says, which then must be there */
    const char *language;       /* Accept-Language; NULL: none */
    bool create;                /* make the room when it is not there */
    int seats;                  /* of a room that is made; 0: the server's choice */
    const char *agenda;         /* JSON text of a room that is made; NULL: none */
    int64_t wait_room_ms;       /* how long to wait for somebody else to make the room */
    bool waits;                 /* after entering, sit down with session_sit_down alone */
    bool voice;                 /* take part in the voices; false: events alone */
    bool consent;               /* to being recorded */
    bool upload;                /* upload recordings at the end */
    const char *recording_path; /* "DIR/kim.opus" (a second one: "DIR/kim-2.opus"); NULL: never
                                   record, whatever was consented to */
    bool keep_pending;          /* note beside each recording what is needed to send it later
                                   (pending.h), until it has arrived; who dies and comes again
                                   is who they were, guests too, and what is left in the folder is
                                   sent; where a file is there already, take the next number */
};

/* One finished recording of one's own. */
struct session_recording {
    const char *path, *recording_id;
    struct recording_summary summary;
    bool uploaded, upload_failed;
    uint64_t bytes;
    const char *sha256; /* once uploaded; "" before */
    const char *why;    /* the upload failed; "" otherwise */
};

/* Any of these may be NULL. Strings live until the handler returns. */
struct session_handler {
    void *context;
    /* ENTERING with a `why`: it did not succeed and is tried again, see wait_room_ms. */
    void (*on_state)(void *context, enum session_state state, const char *why);
    /* The room is there and nobody keeps the door; `present` sit there already. With `waits`,
     * session_sit_down goes on. */
    void (*on_entered)(void *context, bool created, const struct entrance_present *present,
                       size_t present_count, int seats);
    /* The first welcome, and each one after coming back. */
    void (*on_welcome)(void *context, const struct server_message *welcome);
    /* Every event of the session once, in order. The session's own view is already moved on. */
    void (*on_event)(void *context, const struct event *event);
    /* The server took a command, or did not want it. seq 0: nothing to write. `number`: what
     * session_command_number said after it was sent. */
    void (*on_ack)(void *context, enum command_type command, int64_t number, uint64_t seq);
    void (*on_refused)(void *context, enum command_type command, int64_t number, const char *code,
                       const char *message);
    /* The voice socket closed; `returns`: it will be opened again. */
    void (*on_close)(void *context, int code, int status, bool returns);
    /* This participant started: when it was due and how late it was, and how far its idea of the
     * server's clock can be off. */
    void (*on_live)(void *context, int64_t start_us, double late_ms, double error_ms);
    void (*on_peer)(void *context, unsigned participant, enum peer_state state, const char *why);
    /* What is heard of one participant in one frame of session_playout. */
    void (*on_heard)(void *context, unsigned participant, const int16_t pcm[MEDIA_FRAME_SAMPLES],
                     bool has_sound);
    void (*on_upload)(void *context, const struct session_recording *recording, uint64_t sent,
                      uint64_t total);
    /* With keep_pending: what became of a recording that an earlier debate had left. `why` is empty
     * when it was sent. */
    void (*on_pending)(void *context, const char *path, enum pending_end end, const char *why);
};

/* Copies the configuration. ERR_BAD_REQUEST for a room code or nickname that cannot be. */
enum err session_new(struct session_runtime *runtime, const struct session_config *config,
                     const struct session_handler *handler, struct session **out) MUST_CHECK;
void session_enter(struct session *session);    /* once; goes on by itself */
void session_sit_down(struct session *session); /* see `waits`; after on_entered, once */
/* Nothing is called back any more; sockets are cut. NULL is allowed. */
void session_free(struct session *session);

/* ---- commands: ERR_UNREACHABLE when not IN; the answer comes to on_ack or on_refused ---- */

enum err session_send(struct session *session, const struct command *command);
/* Of the command sent last; 1, 2, 3 … */
int64_t session_command_number(const struct session *session);
enum err session_choose(struct session *session, unsigned page, const char *choice); /* 0: this */
enum err session_next_page(struct session *session);
enum err session_goto_page(struct session *session, unsigned page);
enum err session_end(struct session *session);
enum err session_consent(struct session *session, bool recording);
enum err session_record(struct session *session); /* where the policy is `manual` */
enum err session_stop_recording(struct session *session);
/* Gives the seat up; stops its recording first. on_close follows. */
enum err session_leave(struct session *session);
/* The machine's addresses have changed (network_watch.h): what was lost with them is opened anew,
 * and the voices look for another way at once. */
void session_network_changed(struct session *session);
void session_mute(struct session *session, bool muted);

/* Cuts both sockets as a broken line would, and stays away until session_return. The voices, which
 * go from peer to peer, flow on. */
void session_drop(struct session *session);
void session_return(struct session *session);

/* ---- sound: called every 20 ms by whoever has the microphone and the speaker ---- */

void session_capture(struct session *session, const int16_t pcm[MEDIA_FRAME_SAMPLES],
                     int64_t captured_us); /* when the first sample was taken */
void session_playout(struct session *session, int64_t now_us, int16_t pcm[MEDIA_FRAME_SAMPLES]);

/* ---- looking ---- */

struct session_participant {
    unsigned participant; /* 0: an empty place */
    char nickname[LIMIT_NICKNAME_CHARS * 4 + 1];
    bool seated, connected, is_mic_on, is_speaking, is_recording;
};

enum session_state session_state(const struct session *session);
enum phase session_phase(const struct session *session);
unsigned session_self(const struct session *session); /* 0: not known yet, or an observer */
unsigned session_host(const struct session *session);
unsigned session_page(const struct session *session);
int session_seats(const struct session *session);
int64_t session_start_at_ms(const struct session *session);         /* 0: not known */
const struct agenda *session_agenda(const struct session *session); /* NULL before welcome */
const char *session_id(const struct session *session);              /* "" before entering */
const char *session_token(const struct session *session);           /* never to be logged */
/* By number; NULL: never heard of. */
const struct session_participant *session_participant(const struct session *session,
                                                      unsigned participant);
/* The server's clock at this instant, ms; false while there is no sample. */
bool session_clock_ms(const struct session *session, int64_t at_us, double *ms, double *error_ms);
/* False: no voice to or from this participant. */
bool session_peer_stats(const struct session *session, unsigned participant,
                        struct peer_stats *peer, struct jitter_stats *jitter);
size_t session_recording_count(const struct session *session);
struct session_recording session_recording_at(const struct session *session, size_t index);

#endif

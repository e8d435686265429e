/* The inside of `debate join`: one participant and the face that it shows, a screen or JSON lines.
 * Files join*.c and face_*.c alone. */
#ifndef DEBATE_TERMINAL_JOIN_INNER_H
#define DEBATE_TERMINAL_JOIN_INNER_H

#include "loop/ticker.h"
#include "rtc/fingerprint_words.h"
#include "session/network_watch.h"
#include "session/pending.h"
#include "session/session.h"
#include "terminal/join.h"
#include "terminal/orders.h"
#include "terminal/status.h"

struct join;

/* What is heard of one voice, over the last seconds. */
struct voice_quality {
    bool is_known;
    double lost_share, delay_ms;
    uint64_t frames, frames_missed; /* at the last look */
};

/* A face shows what happens and hands over what is ordered. All but open and close may be NULL. */
struct face {
    enum err (*open)(struct join *join, char *why, size_t why_size);
    void (*close)(struct join *join);
    void (*on_state)(struct join *join, enum session_state state, const char *why);
    void (*on_entered)(struct join *join, bool created, const struct entrance_present *present,
                       size_t present_count, int seats);
    void (*on_welcome)(struct join *join, const struct server_message *welcome);
    /* `is_past`: it happened before this participant sat down. */
    void (*on_event)(struct join *join, const struct event *event, bool mic_changed, bool is_past);
    void (*on_caught_up)(struct join *join, uint64_t missed); /* after coming back */
    void (*on_ack)(struct join *join, enum command_type command, int64_t number, uint64_t seq);
    void (*on_refused)(struct join *join, enum command_type command, int64_t number,
                       const char *code, const char *message);
    void (*on_close)(struct join *join, int code, int status, bool returns);
    void (*on_live)(struct join *join, double late_ms, double error_ms);
    /* `has_new_words`: the connection has words to be compared that were not there before. */
    void (*on_peer)(struct join *join, unsigned participant, enum peer_state state, const char *why,
                    bool has_new_words);
    void (*on_upload)(struct join *join, const struct session_recording *recording, uint64_t sent,
                      uint64_t total);
    /* A recording that an earlier debate left was sent, or not: then `why` says so. */
    void (*on_pending)(struct join *join, const char *path, bool is_sent, const char *why);
    void (*on_sound)(struct join *join, enum sound_side side, enum sound_news news,
                     const char *text);
    void (*on_microphone)(struct join *join, bool is_heard); /* the test's outcome, once */
    void (*on_tick)(struct join *join);                      /* JOIN_TICK_MS */
};
extern const struct face face_screen, face_json;

enum {
    JOIN_TICK_MS = 500,   /* of the status: more often only disturbs who listens to the screen */
    JOIN_LEAVE_MS = 5000, /* until the server has said goodbye */
    JOIN_MIC_TEST_MS = 10000,  /* silence for so long is worth a word */
    JOIN_MIC_HEARD_DBFS = -45, /* somebody talks at it */
    JOIN_TALK_FIRST_MS = 800,  /* keyboards begin to repeat after 250 to 660 ms */
    JOIN_TALK_REPEAT_MS = 250, /* and then every 30 to 100 ms */
    JOIN_QUALITY_TICKS = 2,    /* a look a second */
    JOIN_UPLOAD_UNKNOWN = -1
};

struct join {
    const struct join_config *config;
    uv_loop_t *loop;
    struct network_watch *network; /* NULL: the kernel tells nothing */
    uv_timer_t tick, leaving, talk;
    uv_signal_t interrupt, terminate;
    struct session_runtime *runtime;
    struct session *session;
    struct sound *sound;
    const struct face *face;
    void *face_data; /* the face's own */

    char recording_path[PENDING_PATH_SIZE];
    enum join_end end;
    char why[512]; /* it ended otherwise than well; "" when it was shown */
    bool is_over, is_leaving, was_in, was_unreachable;
    int close_status;

    bool is_muted, is_talk_key, is_talking;
    enum { MIC_UNTESTED, MIC_HEARD, MIC_SILENT } mic;
    int64_t mic_open_us;
    unsigned ticks;

    uint64_t past_seq;   /* the last event before this participant sat down */
    uint64_t missed_seq; /* the last event that was missed; 0: caught up */
    uint64_t missed_from_seq, last_seq;
    int64_t page_ms, recording_ms;                 /* the session's clock when it began; 0: not */
    unsigned char mic_was[LIMIT_PARTICIPANTS + 1]; /* 0 unknown, 1 off, 2 on */
    char own_choices[LIMIT_PAGES + 1][LIMIT_CHOICE_ID + 1];
    char asked_choice[LIMIT_CHOICE_ID + 1]; /* waits for its ack */
    unsigned asked_page;
    struct voice_quality qualities[LIMIT_PARTICIPANTS + 1];
    char words[LIMIT_PARTICIPANTS + 1][FINGERPRINT_WORDS_SIZE]; /* "": no voice yet */
    int upload_percent;
    bool upload_failed;
};

/* ---- for the faces ---- */

/* Does it. ERR_NONE, or what stands against it; commands are answered by on_ack or on_refused.
 * Orders that only show something are the face's own. */
enum err join_do(struct join *join, const struct order *order);
void join_consent(struct join *join, bool recording); /* the answer to the question; goes on */
/* Gives the seat up and goes when that is done; a second time goes at once. */
void join_leave(struct join *join);
void join_talk(struct join *join); /* the talk key is down */
void join_toggle(struct join *join);
const struct page *join_page(const struct join *join); /* NULL before welcome */
void join_status(const struct join *join, struct status_facts *out);
enum quality join_quality(const struct join *join, unsigned participant);

/* ---- join_events.c ---- */

void join_session_handler(struct join *join, struct session_handler *out);
void join_stop(struct join *join, enum join_end end);

#endif

/* The inside of the bot, shared by the files bot*.c alone. */
#ifndef DEBATE_BOT_BOT_INNER_H
#define DEBATE_BOT_BOT_INNER_H

#include <uv.h>

#include "bot/bot.h"
#include "loop/ticker.h"
#include "media/sound_file.h"
#include "session/network_watch.h"
#include "session/session.h"

enum {
    BOT_TICK_US = MEDIA_FRAME_MS * 1000,
    BOT_SLACK_US = 50000,       /* roles may differ by a tick or two about when a moment was */
    BOT_HEARD_FRAMES = 10,      /* 200 ms of sound: somebody was heard */
    BOT_SESSIONS_MAX = 8,       /* of one role: coming again, connecting twice */
    BOT_SOUNDS_MAX = 16,        /* waiting to be said */
    BOT_NOTES = 4,              /* the last things that happened to a role, for misses */
    BOT_NOTE_SIZE = 200,        /* bytes */
    BOT_WAIT_ROOM_MS = 30000,   /* for the host's process to make the room */
    BOT_WAIT_SAID_US = 2000000, /* after so much of it, it is said */
    BOT_SERVER_WAIT_MS = 10000  /* for a server that was started to listen */
};

/* A WAV file whose first sample is the instant of the start. */
struct track {
    struct wav_writer *wav; /* NULL: not written */
    int64_t written;        /* samples */
    bool has_failed;
};

struct sound {
    const char *path;
    int16_t *pcm;
    size_t samples;
};

/* What this role knows of one pair, kept because the connection is gone at the end. */
struct pair {
    bool is_known;
    struct peer_stats peer;
    struct jitter_stats jitter;
    double connect_ms;
};

struct seen_event {
    enum event_type type;
    unsigned participant, page;
    int64_t at_us;
};

struct role {
    struct bot *bot;
    const struct scenario_role *cast;
    int index;
    bool is_played; /* by this process */
    bool has_ended; /* its session_ended was seen */
    bool was_in;
    size_t session_count;
    struct session *sessions[BOT_SESSIONS_MAX]; /* the last one acts */
    int64_t start_us;
    double late_ms, error_ms;
    int64_t start_at_ms;
    int close_code, close_status;
    bool was_unreachable;
    unsigned participant;
    size_t seen_count, seen_cap;
    struct seen_event *seen;
    size_t sound_count, sound_at; /* at: samples of the first that were said */
    const struct sound *sounds[BOT_SOUNDS_MAX];
    int64_t talk_us;
    bool is_muted;
    struct track said, heard, heard_of[LIMIT_SEATS_MAX];
    struct pair pairs[LIMIT_SEATS_MAX]; /* by the other role's index */
    size_t note_count, notes_said;
    char notes[BOT_NOTES][BOT_NOTE_SIZE]; /* a ring */
    struct buf choices;                   /* report lines of revealed choices */
};

/* How far one line is for one role. */
struct line_state {
    bool is_done; /* a deed: done; an expectation: met, or its time is over */
    int heard_frames;
    char *instead; /* the last event of the type that did not match; NULL: none */
};

enum server_state { SERVER_NONE, SERVER_STARTING, SERVER_UP, SERVER_ENDING };

struct bot {
    const struct bot_config *config;
    const struct scenario *scenario;
    uv_loop_t *loop;
    struct session_runtime *runtime;
    struct ticker *ticker;
    struct network_watch *network; /* NULL: the kernel tells nothing */
    uv_timer_t limit;
    uv_signal_t interrupt, terminate;
    char room_code[LIMIT_ROOM_CODE + 1];
    char server[256];
    bool has_begun, is_over, is_cut_short, has_said_wait;
    int64_t begin_us;
    int64_t next_stats_us;
    int64_t ticked_us; /* when the tick in hand was due */
    struct role roles[LIMIT_SEATS_MAX];
    struct line_state (*states)[LIMIT_SEATS_MAX]; /* by line, by role */
    size_t sound_count;
    struct sound *sounds; /* by line */
    size_t misses;

    enum server_state server_state;
    bool server_must_restart;
    uv_process_t child;
    uv_pipe_t child_out;
    uv_timer_t child_timer;
    int child_handles;
    struct buf child_line;
    char data_folder[1024];
    bool data_is_ours; /* a temporary folder, to be removed */
};

/* bot.c */
void bot_say(struct bot *bot, const char *format, ...) __attribute__((format(printf, 2, 3)));
void bot_begin(struct bot *bot);
void bot_stop(struct bot *bot, const char *why); /* not played to its end */

/* bot_role.c */
enum err bot_role_join(struct role *role);
void bot_role_do(struct role *role, const struct scenario_line *line, const struct sound *sound);
struct session *bot_role_session(struct role *role); /* the one that acts; NULL: none */
/* The participant number of a role, as this role knows it; 0: not yet. */
unsigned bot_role_participant(const struct role *role, int index);
int bot_role_of(const struct role *role, unsigned participant); /* WHO_NOBODY: no role */
void bot_role_note(struct role *role, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void bot_role_take_stats(struct role *role);
bool bot_role_is_finished(const struct role *role);
void bot_role_release(struct role *role);

/* bot_sound.c */
enum err bot_sounds_load(struct bot *bot);
void bot_sounds_release(struct bot *bot);
void bot_role_capture(struct role *role, int64_t due_us);
void bot_role_playout(struct role *role, int64_t due_us);
void bot_role_hears(struct role *role, unsigned participant, const int16_t *pcm, bool has_sound);
void bot_role_close_tracks(struct role *role);

/* bot_lines.c */
void bot_lines_tick(struct bot *bot, int64_t now_us);
void bot_lines_saw(struct role *role, const struct event *event);
void bot_lines_refused(struct role *role, enum command_type command, const char *code);
void bot_lines_closed(struct role *role, int code);
void bot_lines_heard(struct role *role, int of);
void bot_lines_uploaded(struct role *role);
void bot_lines_finish(struct bot *bot); /* what is still open is missed */
void bot_lines_release(struct bot *bot);
bool bot_lines_wait_for(const struct role *role, enum verb verb);

/* bot_server.c */
enum err bot_server_start(struct bot *bot);
void bot_server_do(struct bot *bot, enum verb verb);
void bot_server_end(struct bot *bot);
void bot_server_remove_data(struct bot *bot);

/* bot_facts.c */
void bot_facts_choices(struct role *role, const struct event *event);
void bot_facts_role(struct role *role, struct buf *out);
void bot_facts_debate(struct bot *bot, struct buf *out);
void bot_facts_save(struct role *role, const struct buf *lines);
void bot_facts_fetch_log(struct role *role, struct buf *out);

#endif

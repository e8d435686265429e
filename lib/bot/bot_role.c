/* One role: its sessions, what it does, what happens to it. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "bot/bot_inner.h"

struct session *bot_role_session(struct role *role)
{
    return role->session_count ? role->sessions[role->session_count - 1] : NULL;
}

void bot_role_note(struct role *role, const char *format, ...)
{
    char *note = role->notes[role->note_count++ % BOT_NOTES];
    double seconds = (double)(monotonic_us() - role->bot->begin_us) / 1e6;
    int len = snprintf(note, BOT_NOTE_SIZE, "%.2f s ", seconds);
    va_list args;
    va_start(args, format);
    vsnprintf(note + len, (size_t)(BOT_NOTE_SIZE - len), format, args);
    va_end(args);
}

unsigned bot_role_participant(const struct role *role, int index)
{
    const char *nickname = role->bot->scenario->roles[index].nickname;
    const struct session *session =
        role->session_count ? role->sessions[role->session_count - 1] : NULL;
    for (unsigned i = 1; session && i <= LIMIT_PARTICIPANTS; i++) {
        const struct session_participant *participant = session_participant(session, i);
        if (participant && strcmp(participant->nickname, nickname) == 0)
            return i;
    }
    return 0;
}

int bot_role_of(const struct role *role, unsigned participant)
{
    for (size_t i = 0; i < role->bot->scenario->role_count; i++) {
        if (bot_role_participant(role, (int)i) == participant)
            return (int)i;
    }
    return WHO_NOBODY;
}

/* ---- what happens ---- */

/* The server, or the room that another process makes, is not there yet. */
static void wait(struct role *role, const char *why)
{
    struct bot *bot = role->bot;
    if (bot->has_said_wait || monotonic_us() - bot->begin_us < BOT_WAIT_SAID_US)
        return;
    bot->has_said_wait = true;
    bot_say(bot, "%s: waits, %d s at most: %s", role->cast->name, BOT_WAIT_ROOM_MS / 1000, why);
}

static void on_state(void *context, enum session_state state, const char *why)
{
    struct role *role = context;
    if (state == SESSION_ENTERING && why[0]) {
        wait(role, why);
        return;
    }
    bot_role_note(role, "%s%s%s", session_state_name(state), why[0] ? ": " : "", why);
    if (state == SESSION_IN)
        role->was_in = true;
    if (state == SESSION_FINISHING && !role->was_in && why[0]) {
        role->was_unreachable = role->close_status == 0;
        if (role->was_unreachable)
            bot_say(role->bot, "%s: no server answers at %s (%s); is debate serve running there?",
                    role->cast->name, role->bot->server, why);
        else
            bot_say(role->bot, "%s: %s", role->cast->name, why);
    }
}

static void on_welcome(void *context, const struct server_message *welcome)
{
    struct role *role = context;
    role->participant = welcome->welcome.participant;
    if (role->is_muted)
        session_mute(bot_role_session(role), true);
}

static void remember(struct role *role, const struct event *event)
{
    if (role->seen_count == role->seen_cap) {
        size_t cap = role->seen_cap ? role->seen_cap * 2 : 64;
        struct seen_event *seen = mem_realloc(role->seen, cap * sizeof *seen);
        if (!seen)
            return;
        role->seen = seen;
        role->seen_cap = cap;
    }
    role->seen[role->seen_count++] =
        (struct seen_event){.type = event->type,
                            .participant = event->participant,
                            .page = event->type == EVENT_NEXT_PAGE ? event->next_page.page : 0,
                            .at_us = monotonic_us()};
}

static void on_event(void *context, const struct event *event)
{
    struct role *role = context;
    remember(role, event);
    if (event->type == EVENT_CHOICES_REVEALED)
        bot_facts_choices(role, event);
    if (event->type == EVENT_START)
        role->start_at_ms = event->start.start_at_ms;
    if (event->type == EVENT_SESSION_ENDED) {
        bot_role_take_stats(role);
        role->has_ended = true;
    }
    bot_lines_saw(role, event);
}

static void on_refused(void *context, enum command_type command, int64_t number, const char *code,
                       const char *message)
{
    struct role *role = context;
    (void)number;
    bot_role_note(role, "refused %s: %s (%s)",
                  command < COMMAND_TYPE_COUNT ? command_type_name(command) : "a message", code,
                  message);
    bot_lines_refused(role, command, code);
}

static void on_close(void *context, int code, int status, bool returns)
{
    struct role *role = context;
    bot_role_note(role, "closed %d%s", code, returns ? ", to come back" : "");
    role->close_code = code;
    role->close_status = status;
    bot_lines_closed(role, code);
}

static void on_live(void *context, int64_t start_us, double late_ms, double error_ms)
{
    struct role *role = context;
    if (role->start_us)
        return; /* a later connection of the same person */
    role->start_us = start_us;
    role->late_ms = late_ms;
    role->error_ms = error_ms;
}

static void on_peer(void *context, unsigned participant, enum peer_state state, const char *why)
{
    struct role *role = context;
    bot_role_note(role, "voice of p%u: %s%s%s", participant, peer_state_name(state),
                  why && why[0] ? ": " : "", why ? why : "");
    bot_role_take_stats(role);
}

static void on_heard(void *context, unsigned participant, const int16_t pcm[MEDIA_FRAME_SAMPLES],
                     bool has_sound)
{
    bot_role_hears(context, participant, pcm, has_sound);
}

static void on_upload(void *context, const struct session_recording *recording, uint64_t sent,
                      uint64_t total)
{
    struct role *role = context;
    if (!recording->uploaded && !recording->upload_failed)
        return;
    (void)sent;
    bot_role_note(role, recording->uploaded ? "uploaded %llu bytes" : "not uploaded (%llu bytes)",
                  (unsigned long long)total);
    if (recording->upload_failed)
        bot_say(role->bot, "%s: the upload failed: %s", role->cast->name, recording->why);
    else
        bot_lines_uploaded(role);
}

/* ---- coming ---- */

/* DIR/kim.opus; for a later connection DIR/kim.again-1.opus. False: nowhere to put it. */
static bool name_recording(const struct role *role, char *out, size_t out_size)
{
    const struct bot *bot = role->bot;
    const char *folder = bot->config->output ? bot->config->output : bot->data_folder;
    if (!folder[0])
        return false;
    char again[32] = "";
    if (role->session_count > 0)
        snprintf(again, sizeof again, ".again-%zu", role->session_count);
    int len = snprintf(out, out_size, "%s/%s%s.opus", folder, role->cast->name, again);
    return len > 0 && (size_t)len < out_size;
}

enum err bot_role_join(struct role *role)
{
    struct bot *bot = role->bot;
    struct session *before = bot_role_session(role);
    char path[SCENARIO_PATH_MAX];
    if (role->session_count == BOT_SESSIONS_MAX)
        return ERR_FULL;
    struct session_config config = {
        .server = bot->server,
        .room_code = bot->room_code,
        /* The same person again: with the token of the first time. */
        .token = before && session_token(before)[0] ? session_token(before) : bot->config->token,
        .nickname = role->cast->nickname,
        .create = role->cast->is_host,
        .seats = bot->scenario->seats,
        .agenda = bot->scenario->agenda,
        .wait_room_ms = BOT_WAIT_ROOM_MS,
        .voice = true,
        .consent = role->cast->consents,
        .upload = true,
        .recording_path = name_recording(role, path, sizeof path) ? path : NULL,
        .keep_pending = bot->config->output != NULL};
    struct session_handler handler = {.context = role,
                                      .on_state = on_state,
                                      .on_welcome = on_welcome,
                                      .on_event = on_event,
                                      .on_refused = on_refused,
                                      .on_close = on_close,
                                      .on_live = on_live,
                                      .on_peer = on_peer,
                                      .on_heard = on_heard,
                                      .on_upload = on_upload};
    enum err e = session_new(bot->runtime, &config, &handler, &role->sessions[role->session_count]);
    if (e)
        return e;
    role->session_count++;
    session_enter(bot_role_session(role));
    return ERR_NONE;
}

/* ---- doing ---- */

static enum err join_again(struct role *role)
{
    struct session *session = bot_role_session(role);
    if (session && session_state(session) != SESSION_CLOSED &&
        session_state(session) != SESSION_FINISHING)
        return ERR_CONFLICT;
    return bot_role_join(role);
}

static enum err say(struct role *role, const struct sound *sound)
{
    if (role->sound_count == BOT_SOUNDS_MAX)
        return ERR_FULL;
    if (sound->samples)
        role->sounds[role->sound_count++] = sound;
    return ERR_NONE;
}

static enum err act(struct role *role, struct session *session, const struct scenario_line *line)
{
    switch (line->verb) {
    case VERB_CHOOSES:
        return session_choose(session, line->page, line->word);
    case VERB_NEXT_PAGE:
        return session_next_page(session);
    case VERB_GOTO_PAGE:
        return session_goto_page(session, line->page);
    case VERB_ENDS:
        return session_end(session);
    case VERB_MUTES:
    case VERB_UNMUTES:
        role->is_muted = line->verb == VERB_MUTES;
        session_mute(session, role->is_muted);
        return ERR_NONE;
    case VERB_DROPS:
        session_drop(session);
        return ERR_NONE;
    case VERB_RETURNS:
        session_return(session);
        return ERR_NONE;
    case VERB_LEAVES:
        return session_leave(session);
    case VERB_CONNECTS_TWICE:
        return bot_role_join(role);
    case VERB_CONSENTS:
    case VERB_WITHDRAWS:
        return session_consent(session, line->verb == VERB_CONSENTS);
    case VERB_RECORDS:
        return session_record(session);
    case VERB_STOPS_RECORDING:
        return session_stop_recording(session);
    case VERB_SAYS:
    case VERB_JOINS:
    case VERB_KILLED:
    case VERB_STOPPED:
    case VERB_RESTARTED:
    case VERB_COUNT:
        break;
    }
    return ERR_INTERNAL;
}

void bot_role_do(struct role *role, const struct scenario_line *line, const struct sound *sound)
{
    struct session *session = bot_role_session(role);
    enum err e;
    if (line->verb == VERB_SAYS)
        e = say(role, sound);
    else if (line->verb == VERB_JOINS)
        e = join_again(role);
    else
        e = session ? act(role, session, line) : ERR_UNREACHABLE;
    bot_role_note(role, "%s%s%s", verb_name(line->verb), e ? ": could not: " : "",
                  e ? err_code(e) : "");
    if (e) {
        role->bot->misses++;
        bot_say(role->bot, "%s:%d: %s", role->bot->scenario->path, line->number, line->text);
        bot_say(role->bot, "    %s could not do that: %s", role->cast->name,
                e == ERR_UNREACHABLE ? "not connected" : err_code(e));
    }
}

/* ---- the end ---- */

void bot_role_take_stats(struct role *role)
{
    struct session *session = bot_role_session(role);
    for (size_t i = 0; session && i < role->bot->scenario->role_count; i++) {
        struct pair *pair = &role->pairs[i];
        unsigned other = bot_role_participant(role, (int)i);
        struct peer_stats peer;
        struct jitter_stats jitter;
        if ((int)i == role->index || !other || !session_peer_stats(session, other, &peer, &jitter))
            continue;
        if (!pair->is_known)
            pair->connect_ms = -1;
        pair->is_known = true;
        pair->peer = peer;
        pair->jitter = jitter;
        if (pair->connect_ms < 0 && peer.connect_us >= 0)
            pair->connect_ms = (double)peer.connect_us / 1000;
    }
}

bool bot_role_is_finished(const struct role *role)
{
    for (size_t i = 0; i < role->session_count; i++) {
        if (session_state(role->sessions[i]) != SESSION_CLOSED)
            return false;
    }
    if (role->has_ended)
        return true;
    return role->session_count > 0 && !bot_lines_wait_for(role, VERB_JOINS);
}

void bot_role_release(struct role *role)
{
    for (size_t i = 0; i < role->session_count; i++)
        session_free(role->sessions[i]);
    role->session_count = 0;
    bot_role_close_tracks(role);
    mem_free(role->seen);
    buf_release(&role->choices);
}

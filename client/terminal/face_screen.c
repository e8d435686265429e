/* The face for people: sentences that scroll by, the choices, a status and a line to type in. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "terminal/face_screen.h"
#include "terminal/memory.h"
#include "terminal/words_intl.h"

void screen_sayf(struct join *join, enum tone tone, const char *format, ...)
{
    va_list list;
    char text[STORY_MAX];
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    screen_say(screen_of(join), tone, text);
}

/* ---- questions ---- */

static const char *prompt_of(enum question question)
{
    switch (question) {
    case QUESTION_NONE:
        return "> ";
    case QUESTION_CONSENT:
        return _("Record your voice? [y/n/always/never] ");
    case QUESTION_END:
        return _("End the debate for everybody? [y/n] ");
    }
    return "> ";
}

static void ask(struct join *join, enum question question)
{
    struct screen_face *face = join->face_data;
    face->question = question;
    screen_set_prompt(face->screen, prompt_of(question));
}

/* A letter or the word, in English or in the reader's language. */
static bool says(const char *line, const char *english, const char *word)
{
    size_t len = strlen(line);
    return len > 0 && ((len <= strlen(english) && strncasecmp(line, english, len) == 0) ||
                       strncmp(line, word, strlen(word)) == 0);
}

static void answer_consent(struct join *join, const char *line)
{
    bool always = says(line, "always", _("always")), never = false;
    if (!always && strcasecmp(line, "n") != 0)
        never = strncasecmp(line, "ne", 2) == 0 || strcmp(line, _("never")) == 0;
    bool yes = always || says(line, "yes", _("yes"));
    bool no = never || says(line, "no", _("no"));
    if (!yes && !no) {
        screen_sayf(join, TONE_PLAIN, "%s", _("Please answer y (yes), n (no), always or never."));
        return;
    }
    if ((always || never) && memory_keep_consent(yes))
        screen_sayf(join, TONE_WARNING, "%s", _("The answer could not be kept."));
    ask(join, QUESTION_NONE);
    join_consent(join, yes);
}

static void answer_end(struct join *join, const char *line)
{
    ask(join, QUESTION_NONE);
    if (!says(line, "yes", _("yes")))
        screen_sayf(join, TONE_PLAIN, "%s", _("The debate goes on."));
    else if (join_do(join, &(struct order){.type = ORDER_END}))
        screen_sayf(join, TONE_WARNING, "%s", _("Not connected: that could not be sent."));
}

/* ---- orders ---- */

/* The host turns the last page. */
static bool would_end(const struct join *join, const struct order *order)
{
    const struct agenda *agenda = session_agenda(join->session);
    return order->command.type == COMMAND_NEXT_PAGE && session_phase(join->session) == PHASE_LIVE &&
           agenda && session_page(join->session) == agenda->page_count &&
           session_host(join->session) == session_self(join->session);
}

static void do_order(struct join *join, const struct order *order)
{
    struct screen_face *face = join->face_data;
    bool was_muted = join->is_muted;
    switch (order->type) {
    case ORDER_NOTHING:
        return;
    case ORDER_SHOW:
        screen_show_page(join);
        return;
    case ORDER_WHO:
        screen_show_who(join);
        return;
    case ORDER_STATS:
        screen_show_stats(join, order->name);
        return;
    case ORDER_DEVICES:
        screen_show_devices(join);
        return;
    case ORDER_HELP:
        screen_show_help(join);
        return;
    case ORDER_END:
        ask(join, QUESTION_END);
        return;
    case ORDER_COMMAND:
        if (would_end(join, order)) {
            screen_sayf(join, TONE_PLAIN, "%s", _("This is the last page."));
            ask(join, QUESTION_END);
            return;
        }
        break;
    case ORDER_MUTE:
    case ORDER_TALK:
        break;
    }
    if (join_do(join, order)) {
        screen_sayf(join, TONE_WARNING, "%s", _("Not connected: that could not be sent."));
        return;
    }
    if (order->type == ORDER_COMMAND && order->command.type == COMMAND_CONSENT)
        face->consent_number = session_command_number(join->session);
    if (order->type == ORDER_TALK)
        screen_set_talk_key(screen_of(join), join->is_talk_key);
    if (order->type == ORDER_TALK)
        screen_sayf(join, TONE_GOOD, "%s",
                    join->is_talk_key ? _("Push-to-talk: hold the space bar, or press Ctrl-T.")
                                      : _("The microphone is open."));
    if (order->type == ORDER_MUTE && was_muted == join->is_muted)
        screen_sayf(join, TONE_PLAIN, "%s",
                    join->is_muted ? _("It is muted already.") : _("It is open already."));
}

static void on_line(void *context, const char *line)
{
    struct join *join = context;
    struct screen_face *face = join->face_data;
    struct order order;
    char why[ORDER_WHY_SIZE];
    if (line[0] != '/' && face->question == QUESTION_CONSENT)
        answer_consent(join, line);
    else if (line[0] != '/' && face->question == QUESTION_END)
        answer_end(join, line);
    else if (order_parse(line, join_page(join), &order, why))
        screen_sayf(join, TONE_WARNING, "%s", why);
    else
        do_order(join, &order);
}

static void on_end(void *context)
{
    join_leave(context);
}

static void on_interrupt(void *context)
{
    struct join *join = context;
    if (join->is_leaving)
        screen_sayf(join, TONE_WARNING, "%s", _("Stopped at once."));
    join_leave(join);
}

static void on_talk_key(void *context)
{
    join_talk(context);
    screen_refresh(context);
}

static void on_toggle_key(void *context)
{
    join_toggle(context);
    screen_refresh(context);
}

/* ---- Tab ---- */

static void add_choices(struct join *join, struct screen_candidates *candidates)
{
    const struct page *page = join_page(join);
    for (size_t i = 0; page && i < page->choice_count; i++) {
        screen_candidates_add(candidates, page->choices[i].id);
        if (!strpbrk(page->choices[i].label, " \t"))
            screen_candidates_add(candidates, page->choices[i].label);
    }
}

static void add_names(struct join *join, struct screen_candidates *candidates)
{
    for (unsigned i = 1; i <= LIMIT_PARTICIPANTS; i++) {
        const struct session_participant *place = session_participant(join->session, i);
        if (place && place->seated)
            screen_candidates_add(candidates, place->nickname);
    }
}

/* "[on|off]" is two words that may stand there. */
static void add_words(const char *argument, struct screen_candidates *candidates)
{
    char word[32];
    while (argument && *argument) {
        argument += strspn(argument, "[|]");
        size_t len = strcspn(argument, "[|]");
        snprintf(word, sizeof word, "%.*s", (int)len, argument);
        if (len > 0 && strspn(word, "abcdefghijklmnopqrstuvwxyz") == len)
            screen_candidates_add(candidates, word);
        argument += len;
    }
}

static void on_complete(void *context, const char *line, size_t word_start,
                        struct screen_candidates *candidates)
{
    struct join *join = context;
    const struct order_help *help;
    size_t order_len = strcspn(line, " ");
    for (size_t i = 0; (help = order_help_at(i)); i++) {
        if (word_start == 0)
            screen_candidates_add(candidates, help->word);
        else if (strncmp(line, help->word, order_len) == 0 && help->word[order_len] == '\0')
            add_words(help->argument, candidates);
    }
    if (word_start == 0 || strncmp(line, "/choose ", 8) == 0)
        add_choices(join, candidates);
    if (strncmp(line, "/stats ", 7) == 0)
        add_names(join, candidates);
}

/* ---- what happens ---- */

static void say_story(struct join *join, bool is_story, enum tone tone, struct buf *text)
{
    if (is_story && text->data && !text->failed)
        screen_say(screen_of(join), tone, text->data);
    buf_release(text);
}

/* Said once, however many tries to come back fail. */
static void on_state(struct join *join, enum session_state state, const char *why)
{
    struct screen_face *face = join->face_data;
    (void)why;
    if (state == SESSION_AWAY && !face->is_away) {
        face->is_away = true;
        screen_sayf(join, TONE_WARNING, "%s",
                    _("The connection to the server is lost. The voices go on if they can, the "
                      "recording goes on; trying to come back."));
    }
}

static void on_entered(struct join *join, bool created, const struct entrance_present *present,
                       size_t present_count, int seats)
{
    char names[STORY_MAX / 2] = "";
    size_t len = 0;
    for (size_t i = 0; i < present_count && len < sizeof names; i++)
        len += (size_t)snprintf(names + len, sizeof names - len, "%s%s%s", i ? ", " : "",
                                present[i].nickname, present[i].connected ? "" : _(" (away)"));
    if (created)
        screen_sayf(join, TONE_EVENT, _("The room is new; you will be its host. It has %d seats."),
                    seats);
    else if (present_count == 0)
        screen_sayf(join, TONE_EVENT, _("Nobody is in the room yet. It has %d seats."), seats);
    else
        screen_sayf(join, TONE_EVENT, _("In the room: %s (%zu of %d seats)."), names, present_count,
                    seats);
    if (!created && (join->config->agenda || join->config->seats))
        screen_sayf(join, TONE_WARNING, "%s",
                    _("The room was there already: it keeps its own agenda and seats."));
    if (join->config->record != JOIN_RECORD_ASK)
        return;
    screen_sayf(join, TONE_PLAIN, "%s",
                _("May your own voice be recorded? The recording goes to this server when the "
                  "debate is over; /record off takes it back at any time. \"always\" and \"never\" "
                  "are remembered on this machine."));
    ask(join, QUESTION_CONSENT);
}

static void on_welcome(struct join *join, const struct server_message *welcome)
{
    struct screen_face *face = join->face_data;
    face->is_away = false;
    if (face->is_welcome) {
        screen_sayf(join, TONE_GOOD, "%s", _("The connection is back; you have your seat."));
        return;
    }
    face->is_welcome = true;
    screen_show_who(join);
    if (!session_self(join->session))
        screen_sayf(join, TONE_EVENT, "%s", _("You look on, without a seat and without a voice."));
    if (strcmp(welcome->welcome.record, "off") == 0)
        screen_sayf(join, TONE_EVENT, "%s", _("This server records nobody."));
    if (session_phase(join->session) == PHASE_LIVE)
        screen_show_page(join);
}

static void on_event(struct join *join, const struct event *event, bool mic_changed, bool is_past)
{
    struct buf text;
    enum tone tone;
    /* One's own choice is told by its ack, when it is on disk. */
    bool is_own_choice =
        event->type == EVENT_CHOICE_SUBMITTED && event->participant == session_self(join->session);
    if (is_past || is_own_choice)
        return;
    buf_init(&text, STORY_MAX);
    bool is_story = story_tell(join->session, event, mic_changed, &tone, &text);
    say_story(join, is_story, tone, &text);
    if (event->type == EVENT_START || event->type == EVENT_NEXT_PAGE)
        screen_show_page(join);
    if (event->type == EVENT_CHOICES_REVEALED || event->type == EVENT_SESSION_ENDED)
        screen_show_choices(join);
    screen_refresh(join);
}

static void on_caught_up(struct join *join, uint64_t missed)
{
    if (missed > 0)
        screen_sayf(join, TONE_EVENT,
                    ngettext("That was missed while you were away: %llu event, shown above.",
                             "That was missed while you were away: %llu events, shown above.",
                             (unsigned long)missed),
                    (unsigned long long)missed);
}

static void on_ack(struct join *join, enum command_type command, int64_t number, uint64_t seq)
{
    const struct screen_face *face = join->face_data;
    if (command == COMMAND_CONSENT && number == face->consent_number && !seq)
        screen_sayf(join, TONE_PLAIN, "%s", _("That is so already."));
    if (command != COMMAND_SUBMIT_CHOICE)
        return;
    screen_sayf(join, TONE_GOOD, _("You have chosen \"%s\"; the server has it on disk."),
                story_choice(join->session, join->asked_page, join->asked_choice));
    screen_show_choices(join);
}

static void on_refused(struct join *join, enum command_type command, int64_t number,
                       const char *code, const char *message)
{
    (void)command;
    (void)number;
    screen_sayf(join, TONE_WARNING, "%s (%s)", message, code);
}

static void on_close(struct join *join, int code, int status, bool returns)
{
    struct buf text;
    enum tone tone;
    buf_init(&text, STORY_MAX);
    story_close(code, status, returns, &tone, &text);
    say_story(join, text.len > 0, tone, &text);
}

static void on_live(struct join *join, double late_ms, double error_ms)
{
    if (error_ms >= 0)
        screen_sayf(join, TONE_GOOD,
                    _("Go! You started %.1f ms after the common moment (the clocks agree to "
                      "%.1f ms)."),
                    late_ms, error_ms);
    else
        screen_sayf(join, TONE_GOOD, "%s", _("Go!"));
}

static void on_peer(struct join *join, unsigned participant, enum peer_state state, const char *why,
                    bool has_new_words)
{
    char name[STORY_NAME_SIZE];
    struct buf text;
    enum tone tone;
    buf_init(&text, STORY_MAX);
    bool is_story = story_peer(join->session, participant, state, why, &tone, &text);
    say_story(join, is_story, tone, &text);
    story_name(join->session, participant, name);
    if (has_new_words)
        screen_sayf(join, TONE_PLAIN,
                    _("  Nobody listens in between if %s sees the same words: %s"), name,
                    join->words[participant]);
}

static void on_upload(struct join *join, const struct session_recording *recording, uint64_t sent,
                      uint64_t total)
{
    char length[32];
    const char *folder = join->config->folder;
    (void)sent;
    (void)total;
    if (recording->upload_failed)
        screen_sayf(join, TONE_ERROR,
                    _("The recording could not be sent: %s. It lies in %s; \"debate upload "
                      "--pending%s%s\" sends it later."),
                    recording->why, recording->path, folder ? " " : "", folder ? folder : "");
    if (!recording->uploaded)
        return;
    story_clock((double)recording->summary.duration_ms / 1000, length);
    screen_sayf(join, TONE_GOOD,
                _("Your recording (%s, %llu bytes) has arrived and is the same there: SHA-256 "
                  "%.16s... It stays in %s."),
                length, (unsigned long long)recording->bytes, recording->sha256, recording->path);
}

static void on_pending(struct join *join, const char *path, bool is_sent, const char *why)
{
    if (is_sent)
        screen_sayf(join, TONE_GOOD, _("A recording of an earlier debate has arrived: %s."), path);
    else
        screen_sayf(join, TONE_WARNING,
                    _("A recording of an earlier debate could not be sent: %s (%s)."), path, why);
}

/* What is told most often (device_find.c) in the reader's language; anything else as it is. */
static const char *sound_failure(const char *text)
{
    static const char *const known[] = {
        N_("no microphone was found: it may be unplugged, in use by another program, or closed to "
           "this user"),
        N_("no loudspeaker was found: it may be unplugged, in use by another program, or closed "
           "to this user"),
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(text, known[i]) == 0)
            return _(known[i]);
    }
    return text;
}

static void on_sound(struct join *join, enum sound_side side, enum sound_news news,
                     const char *text)
{
    const char *name = side == SOUND_INPUT ? _("Microphone") : _("Loudspeaker");
    switch (news) {
    case SOUND_OPENED:
        screen_sayf(join, TONE_EVENT, "%s: %s", name, text);
        return;
    case SOUND_FAILED:
        screen_sayf(join, TONE_WARNING, "%s: %s", name, sound_failure(text));
        return;
    case SOUND_LOST:
        screen_sayf(join, TONE_WARNING, _("%s: gone (%s). The debate goes on; it is looked for."),
                    name, text);
        return;
    case SOUND_FINISHED:
        screen_sayf(join, TONE_EVENT, _("%s was said to its end."), text);
        return;
    }
}

static void on_microphone(struct join *join, bool is_heard)
{
    if (is_heard)
        screen_sayf(join, TONE_GOOD, "%s", _("The microphone hears you."));
    else
        screen_sayf(join, TONE_WARNING, "%s",
                    _("Nothing is heard from the microphone: is it muted or turned down? "
                      "/devices shows what there is."));
}

/* ---- birth and death ---- */

static void on_other_output(void *context, const char *line)
{
    if (line && line[0])
        screen_say(screen_of(context), TONE_WARNING, line);
}

/* What libraries and our own log write to standard error becomes lines of the room: nothing but
 * the screen may touch the terminal. */
static enum err take_standard_error(struct join *join)
{
    struct screen_face *face = join->face_data;
    int ends[2];
    fflush(stderr);
    if (pipe(ends) != 0)
        return ERR_IO;
    face->stderr_before = dup(STDERR_FILENO);
    dup2(ends[1], STDERR_FILENO);
    close(ends[1]);
    enum err e = lines_in_new(join->loop, ends[0], on_other_output, join, &face->other_output);
    if (!e)
        lines_in_start(face->other_output);
    return e;
}

static void screen_close(struct join *join)
{
    struct screen_face *face = join->face_data;
    if (!face)
        return;
    if (face->stderr_before > 0) {
        fflush(stderr);
        dup2(face->stderr_before, STDERR_FILENO);
        close(face->stderr_before);
    }
    lines_in_free(face->other_output);
    screen_free(face->screen);
    mem_free(face);
    join->face_data = NULL;
}

static enum err screen_open(struct join *join, char *why, size_t why_size)
{
    struct screen_handler handler = {.context = join,
                                     .on_line = on_line,
                                     .on_end = on_end,
                                     .on_interrupt = on_interrupt,
                                     .on_talk_key = on_talk_key,
                                     .on_toggle_key = on_toggle_key,
                                     .on_complete = on_complete};
    struct screen_config config;
    struct screen_face *face = mem_zalloc(sizeof *face);
    if (!face)
        return ERR_NO_MEMORY;
    join->face_data = face;
    screen_config_init(&config, join->loop);
    enum err e = screen_new(&config, &handler, &face->screen);
    if (e) {
        snprintf(why, why_size, "%s", _("the terminal cannot be used; --json does without one"));
        mem_free(face);
        join->face_data = NULL;
        return e;
    }
    screen_set_talk_key(face->screen, join->is_talk_key);
    if (join->config->name)
        screen_sayf(join, TONE_PLAIN,
                    _("Joining the room \"%s\" as %s on %s. /help shows what can be "
                      "typed."),
                    join->config->room_code, join->config->name, join->config->server);
    else
        screen_sayf(join, TONE_PLAIN,
                    _("Joining the room \"%s\" on %s. /help shows what can be typed."),
                    join->config->room_code, join->config->server);
    e = take_standard_error(join);
    if (e)
        screen_close(join);
    return e;
}

const struct face face_screen = {
    .open = screen_open,
    .close = screen_close,
    .on_state = on_state,
    .on_entered = on_entered,
    .on_welcome = on_welcome,
    .on_event = on_event,
    .on_caught_up = on_caught_up,
    .on_ack = on_ack,
    .on_refused = on_refused,
    .on_close = on_close,
    .on_live = on_live,
    .on_peer = on_peer,
    .on_upload = on_upload,
    .on_pending = on_pending,
    .on_sound = on_sound,
    .on_microphone = on_microphone,
    .on_tick = screen_refresh,
};

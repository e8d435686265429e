#include "sim/actor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "session/session_inner.h"
#include "sim/cast.h"
#include "sim/wire.h"

/* What it says may be refused, or never arrive: that is for the server to judge. */
static void say(struct actor *actor, const struct command *command)
{
    trace("%s says %s", actor->nickname, command_type_name(command->type));
    if (session_send(actor->session, command))
        trace("and is not heard");
}

static void choose(struct actor *actor)
{
    struct command command = {.type = COMMAND_SUBMIT_CHOICE};
    command.submit_choice.page = chance_one_in(5)   ? (unsigned)chance_between(1, 4)
                                 : chance_one_in(2) ? actor->session->page
                                                    : 0;
    snprintf(command.submit_choice.choice, sizeof command.submit_choice.choice, "c%u",
             actor->counter++ % LIMIT_CHOICES);
    say(actor, &command);
}

static void update_voice(struct actor *actor)
{
    struct command command = {.type = COMMAND_VOICE_STATUS_UPDATE};
    command.voice_status.is_mic_on = chance_one_in(2);
    command.voice_status.has_speaking = chance_one_in(2);
    command.voice_status.is_speaking = chance_one_in(2);
    say(actor, &command);
}

static void record(struct actor *actor)
{
    struct command command = {.type = chance_one_in(2) ? COMMAND_START_RECORDING
                                                       : COMMAND_STOP_RECORDING};
    say(actor, &command);
}

static void consent(struct actor *actor)
{
    struct command command = {.type = COMMAND_CONSENT};
    command.consent.recording = !chance_one_in(3);
    say(actor, &command);
}

static void turn_page(struct actor *actor)
{
    struct command command = {.type = chance_one_in(3) ? COMMAND_GOTO_PAGE : COMMAND_NEXT_PAGE};
    if (command.type == COMMAND_GOTO_PAGE)
        command.goto_page.page = (unsigned)chance_between(0, 6);
    say(actor, &command);
}

static void say_again(struct actor *actor)
{
    if (actor->last_len && actor->session->voice_socket &&
        ws_send(actor->session->voice_socket, actor->last, actor->last_len) == ERR_NONE)
        trace("%s says it again", actor->nickname);
}

/* Without an id, which asks for no ack; and then with one, when there is nothing new any more. */
static void mumble(struct actor *actor)
{
    char text[80];
    struct command command = {.type = COMMAND_SUBMIT_CHOICE};
    snprintf(command.submit_choice.choice, sizeof command.submit_choice.choice, "c%u",
             actor->counter++ % LIMIT_CHOICES);
    int len =
        snprintf(text, sizeof text, "{\"type\":\"submit_choice\",\"data\":{\"choice\":\"%s\"}}",
                 command.submit_choice.choice);
    if (actor->session->voice_socket &&
        ws_send(actor->session->voice_socket, text, (size_t)len) == ERR_NONE)
        trace("%s mumbles", actor->nickname);
    say(actor, &command);
}

static void flood(struct actor *actor)
{
    int count = (int)chance_between(20, 400);
    for (int i = 0; i < count && actor->session->state == SESSION_IN; i++)
        update_voice(actor);
}

/* More than a socket holds that is not read from. */
static void shout(struct actor *actor)
{
    struct ws_client *signaling = actor->session->signal_socket;
    char text[16 * 1024];
    int len = snprintf(text, sizeof text, "{\"type\":\"offer\",\"data\":{\"sdp\":\"");
    memset(text + len, 'v', sizeof text - (size_t)len);
    memcpy(text + sizeof text - 3, "\"}}", 3);
    trace("%s shouts", actor->nickname);
    for (int i = 0; signaling && i < 40; i++) {
        if (ws_send(signaling, text, sizeof text))
            return;
    }
}

/* To one or to all, and says to be another. */
static void signal_something(struct actor *actor)
{
    struct ws_client *signaling = actor->session->signal_socket;
    char text[256], to[24] = "";
    unsigned long long mark = ++actor->marks * CAST_ACTORS_MAX + (size_t)(actor - cast.actors);
    if (chance_one_in(2))
        snprintf(to, sizeof to, "\"to\":\"p%d\",", (int)chance_between(1, 4));
    int len = snprintf(text, sizeof text,
                       "{\"type\":\"candidate\",%s\"from\":\"p%d\",\"mark\":%llu,"
                       "\"data\":{\"candidate\":\"\"}}",
                       to, (int)chance_between(1, 4), mark);
    if (signaling && ws_send(signaling, text, (size_t)len) == ERR_NONE)
        trace("%s signals %llu", actor->nickname, mark);
}

static void say_nonsense(struct actor *actor)
{
    static const char *const nonsense[] = {"{}", "[1", "{\"type\":\"dance\",\"data\":{}}",
                                           "{\"type\":\"goto_page\",\"data\":{\"page\":\"x\"}}",
                                           "{\"type\":\"init\",\"id\":7,\"data\":{}}"};
    const char *text = nonsense[chance_below(5)];
    if (actor->session->voice_socket &&
        ws_send(actor->session->voice_socket, text, strlen(text)) == ERR_NONE)
        trace("%s talks nonsense", actor->nickname);
}

static void go_away(struct actor *actor)
{
    if (cast.is_calm)
        return;
    if (chance_one_in(2)) {
        trace("%s leaves", actor->nickname);
        (void)!session_leave(actor->session);
    } else if (chance_one_in(2)) {
        trace("%s ends the session", actor->nickname);
        (void)!session_end(actor->session);
    } else {
        actor_dies(actor);
    }
}

static void do_something(struct actor *actor)
{
    uint64_t what = chance_below(1000);
    if (what < 350)
        choose(actor);
    else if (what < 550)
        update_voice(actor);
    else if (what < 640)
        record(actor);
    else if (what < 730)
        consent(actor);
    else if (what < 850)
        turn_page(actor);
    else if (what < 900)
        say_again(actor);
    else if (what < 930)
        mumble(actor);
    else if (what < 935)
        flood(actor);
    else if (what < 940)
        shout(actor);
    else if (what < 955)
        say_nonsense(actor);
    else if (what < 970)
        go_away(actor);
    else
        signal_something(actor);
}

void actor_acts(void *context)
{
    struct actor *actor = context;
    happening_set(&actor->act, world.now_us + chance_between(100000, 3000000));
    if (actor->session->state == SESSION_IN)
        do_something(actor);
}

void actor_said(struct node *node, const char *text, size_t len)
{
    struct actor *actor = (struct actor *)((char *)node - offsetof(struct actor, node));
    if (len > sizeof actor->last || !strstr(text, "\"id\"") || strstr(text, "\"init\"") ||
        strstr(text, "\"ping\""))
        return;
    memcpy(actor->last, text, len);
    actor->last_len = len;
}

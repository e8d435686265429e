#include "sim/cast.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "session/session_inner.h"
#include "sim/actor.h"
#include "sim/fiber.h"
#include "sim/server_process.h"
#include "sim/watch.h"
#include "sim/wire.h"

struct cast cast;

static const uint8_t secret_bytes[] = "a secret that is long enough for HS256";
const struct secret cast_secret = {.bytes = secret_bytes, .len = sizeof secret_bytes - 1};

void cast_token(const char *user, enum role role, char *out, size_t size)
{
    struct token token = {.role = role, .expires_s = INT64_C(4000000000)};
    struct buf text;
    snprintf(token.user, sizeof token.user, "%s", user);
    buf_init(&text, size);
    if (token_sign(&token, cast_secret, &text))
        abort();
    snprintf(out, size, "%s", text.data);
    buf_release(&text);
}

/* ---- agendas ---- */

static void add_page(struct buf *out, bool is_first)
{
    static const char *const reveals[] = {"all", "all", "now", "never"};
    buf_printf(out, "%s{\"title\":\"page\"", is_first ? "" : ",");
    if (!chance_one_in(3))
        buf_printf(out, ",\"seconds\":%d", (int)chance_between(4, 40));
    buf_printf(out, ",\"reveal\":\"%s\"", reveals[chance_below(4)]);
    if (chance_one_in(4))
        buf_append_str(out, ",\"gate\":\"all\"");
    buf_append_str(out, ",\"choices\":[");
    int choices = chance_one_in(8) ? 2 : LIMIT_CHOICES;
    for (int i = 0; i < choices; i++)
        buf_printf(out, "%s{\"id\":\"c%d\",\"label\":\"choice\"}", i ? "," : "", i);
    buf_append_str(out, "]}");
}

static char *make_agenda(void)
{
    struct buf out;
    int pages = (int)chance_between(1, 5);
    buf_init(&out, 64 * 1024);
    buf_append_str(&out, "{\"title\":\"a debate\",\"pages\":[");
    for (int i = 0; i < pages; i++)
        add_page(&out, i == 0);
    buf_append_str(&out, "]}");
    return buf_take(&out);
}

/* ---- a process ---- */

static void on_state(void *context, enum session_state state, const char *why)
{
    struct actor *actor = context;
    trace("%s %s %s", actor->nickname, session_state_name(state), why);
    if (state == SESSION_CLOSED)
        happening_set(&actor->life, world.now_us + chance_between(100000, 4000000));
}

static void on_live(void *context, int64_t start_us, double late_ms, double error_ms)
{
    struct actor *actor = context;
    (void)start_us;
    if (actor->started)
        broken("nobody-starts-twice", "%s is live again", actor->nickname);
    actor->started = true;
    watch_actor_is_live(actor, late_ms, error_ms);
}

static void on_welcome(void *context, const struct server_message *welcome)
{
    struct actor *actor = context;
    (void)welcome;
    actor->welcome_boot = process.boots;
    actor->welcome_us = world.now_us;
}

static void on_event(void *context, const struct event *event)
{
    watch_actor_heard(context, event);
}

static void begin_process(struct actor *actor)
{
    struct node *before;
    struct session_handler handler = {.context = actor,
                                      .on_state = on_state,
                                      .on_live = on_live,
                                      .on_event = on_event,
                                      .on_welcome = on_welcome};
    struct session_config config = {.server = "http://127.0.0.1:8080",
                                    .token = actor->is_guest ? NULL : actor->token,
                                    .nickname = actor->nickname,
                                    .create = !actor->is_observer,
                                    .seats = 3,
                                    .wait_room_ms = 3600 * 1000,
                                    .voice = !actor->is_observer && !chance_one_in(5),
                                    .consent = chance_one_in(3)};
    char code[32];
    snprintf(code, sizeof code, "room%d", actor->room);
    config.room_code = code;
    node_init(&actor->node, 1 + (int)(actor - cast.actors));
    actor->node.monotonic_offset_us = chance_between(1, INT64_C(1000000000000));
    actor->node.epoch_offset_us = actor->clock_error_us;
    actor->node.turn_delay_us = 200;
    actor->started = false;
    actor->heard.count = 0;
    char *agenda = make_agenda();
    before = node_enter(&actor->node);
    config.agenda = agenda;
    if (session_runtime_new(&actor->node.loop, &actor->runtime) ||
        session_new(actor->runtime, &config, &handler, &actor->session))
        abort();
    actor->is_there = true;
    session_enter(actor->session);
    node_enter(NULL);
    mem_free(agenda);
    node_enter(before);
    trace("%s begins", actor->nickname);
    happening_set(&actor->act, world.now_us + chance_between(100000, 2000000));
}

static void end_process(struct actor *actor)
{
    struct node *before = node_enter(&actor->node);
    actor->node.is_ghost = true;
    session_free(actor->session);
    session_runtime_free(actor->runtime);
    actor->session = NULL;
    actor->runtime = NULL;
    actor->is_there = false;
    loop_finish(&actor->node);
    if (actor->node.allocations != 0)
        broken("nothing-remains", "%s ended with %ld allocations", actor->nickname,
               actor->node.allocations);
    node_release(&actor->node);
    happening_cancel(&actor->act);
    node_enter(before == &actor->node ? NULL : before);
}

static void on_life(void *context)
{
    struct actor *actor = context;
    if (actor->is_there)
        end_process(actor);
    begin_process(actor);
}

void actor_dies(struct actor *actor)
{
    if (!actor->is_there)
        return;
    trace("%s dies", actor->nickname);
    end_process(actor);
    happening_set(&actor->life, world.now_us + chance_between(200000, 15000000));
}

/* ---- all of them ---- */

enum { OBSERVER = 4 }; /* the index of who looks on, behind the four who want a seat */

bool cast_is_observer(const char *user)
{
    return strncmp(user, "o-", 2) == 0;
}

static void actor_init(struct actor *actor, int room, int index)
{
    *actor = (struct actor){.room = room};
    actor->is_observer = index == OBSERVER;
    actor->is_guest = index == 3 && chance_one_in(3);
    snprintf(actor->user, sizeof actor->user, "%s%d-%d", actor->is_observer ? "o-" : "u", room,
             index);
    snprintf(actor->nickname, sizeof actor->nickname, "n%d-%d", room, index);
    cast_token(actor->user, actor->is_observer ? ROLE_OBSERVER : ROLE_DEBATER, actor->token,
               sizeof actor->token);
    if (chance_one_in(3))
        actor->clock_error_us = chance_between(-10, 10) * 60 * INT64_C(1000000);
    happening_init(&actor->act, &actor->node, actor_acts, actor);
    happening_init(&actor->life, NULL, on_life, actor);
    happening_set(&actor->life, world.now_us + chance_between(0, 3000000));
}

void cast_begin(int rooms)
{
    cast = (struct cast){.rooms = rooms};
    for (int room = 0; room < rooms; room++) {
        int people = chance_one_in(3) ? 4 : 3; /* the fourth finds no seat, or takes a free one */
        for (int i = 0; i < people; i++)
            actor_init(&cast.actors[cast.count++], room, i);
        if (chance_one_in(2))
            actor_init(&cast.actors[cast.count++], room, OBSERVER);
    }
}

void cast_end(void)
{
    for (int i = 0; i < cast.count; i++) {
        if (cast.actors[i].is_there)
            end_process(&cast.actors[i]);
        happening_cancel(&cast.actors[i].life);
        free(cast.actors[i].heard.texts);
    }
}

void cast_calm(void)
{
    cast.is_calm = true;
}

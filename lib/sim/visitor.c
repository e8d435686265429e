#include "sim/visitor.h"

#include <stdio.h>
#include <string.h>

#include "server/routes.h"
#include "session/session.h"
#include "sim/cast.h"
#include "sim/wire.h"

static struct {
    struct node node;
    struct happening visit;
    char operator_token[1024];
    unsigned counter;
} visitor;

/* What comes is for the observer, at the server's end. */
static void on_response(void *context, int status, const char *body, size_t len)
{
    (void)status;
    (void)body;
    (void)len;
    conn_close_client(*(struct conn **)context, false);
}

static void on_end(void *context)
{
    conn_close_client(*(struct conn **)context, false);
}

static const struct conn_end end = {.on_response = on_response, .on_end = on_end};

static void ask(const struct request *request, const char *body, int choice)
{
    struct conn *conn = conn_new(&visitor.node, request, false, &end, NULL);
    conn->self = conn;
    conn->context = &conn->self;
    conn->choice = choice;
    conn->request_len = strlen(body);
    if (*body)
        conn_send(conn, &conn->up, ITEM_BODY, 0, body, strlen(body));
    conn_send(conn, &conn->up, ITEM_BODY_END, 0, NULL, 0);
}

static void look(const struct actor *actor, const char *id)
{
    struct request request = {.method = METHOD_GET};
    bool is_operator = chance_one_in(4);
    snprintf(request.path, sizeof request.path, "/api/sessions/%s%s", id,
             chance_one_in(2) ? "/log" : "");
    snprintf(request.token, sizeof request.token, "%s",
             is_operator ? visitor.operator_token : actor->token);
    ask(&request, "", -1);
}

static void choose(const struct actor *actor, const char *id)
{
    struct request request = {.method = METHOD_POST};
    char body[64];
    int choice = (int)(visitor.counter++ % LIMIT_CHOICES);
    snprintf(request.path, sizeof request.path, "/api/sessions/%s/choices", id);
    snprintf(request.token, sizeof request.token, "%s", actor->token);
    snprintf(body, sizeof body, "{\"page\":%u,\"choice\":\"c%d\"}", session_page(actor->session),
             choice);
    ask(&request, body, choice);
}

/* ---- who has no business there ---- */

static void on_let_in(void *context)
{
    static const char text[] = "{\"type\":\"bye\",\"from\":\"p1\",\"data\":{}}";
    struct conn *conn = *(struct conn **)context;
    conn_send(conn, &conn->up, ITEM_TEXT, 0, text, sizeof text - 1);
    conn_send(conn, &conn->up, ITEM_CLOSE, 1000, NULL, 0);
}

static void on_text(void *context, const char *text, size_t len)
{
    (void)context;
    (void)text;
    (void)len;
}

static void on_close(void *context, int code)
{
    (void)code;
    on_end(context);
}

static const struct conn_end intruder = {.on_response = on_response,
                                         .on_opened = on_let_in,
                                         .on_text = on_text,
                                         .on_close = on_close,
                                         .on_end = on_end};

/* Somebody of another room, or who only looks on, wants to signal. */
static void intrude(const struct actor *actor)
{
    struct request request = {.method = METHOD_GET};
    int room = (int)chance_below((uint64_t)cast.rooms);
    if (room == actor->room && !actor->is_observer)
        return;
    snprintf(request.path, sizeof request.path, "/ws/signaling");
    snprintf(request.room_code, sizeof request.room_code, "room%d", room);
    snprintf(request.token, sizeof request.token, "%s", actor->token);
    struct conn *conn = conn_new(&visitor.node, &request, true, &intruder, NULL);
    conn->self = conn;
    conn->context = &conn->self;
}

static void on_visit(void *context)
{
    (void)context;
    happening_set(&visitor.visit, world.now_us + chance_between(200000, 3000000));
    const struct actor *actor = &cast.actors[chance_below((uint64_t)cast.count)];
    if (chance_one_in(4)) {
        intrude(actor);
        return;
    }
    const char *id = actor->is_there ? session_id(actor->session) : "";
    if (!*id)
        return;
    if (chance_one_in(2))
        choose(actor, id);
    else
        look(actor, id);
}

void visitor_begin(void)
{
    node_init(&visitor.node, -1);
    visitor.counter = 0;
    cast_token("operator", ROLE_OPERATOR, visitor.operator_token, sizeof visitor.operator_token);
    happening_init(&visitor.visit, NULL, on_visit, NULL);
    happening_set(&visitor.visit, world.now_us + 3000000);
}

void visitor_end(void)
{
    happening_cancel(&visitor.visit);
}

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

static void on_visit(void *context)
{
    (void)context;
    happening_set(&visitor.visit, world.now_us + chance_between(200000, 3000000));
    const struct actor *actor = &cast.actors[chance_below((uint64_t)cast.count)];
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

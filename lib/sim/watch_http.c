/* What the server answers over HTTP, held against the log. */
#include <stdio.h>
#include <string.h>

#include "proto/json_reader.h"
#include "server/exchange.h"
#include "sim/cast.h"
#include "sim/watch.h"
#include "sim/watch_inner.h"
#include "sim/wire.h"

static bool is_shown(const struct ledger *ledger, unsigned page)
{
    const struct page *of = agenda_page(ledger->agenda, page);
    return of && (of->reveal == REVEAL_NOW || ledger->is_revealed[page]);
}

/* Whose token it is; false: nobody's. */
static bool who_asks(const struct conn *conn, struct token *token)
{
    struct problem why;
    return token_verify(conn->request.token, strlen(conn->request.token), cast_secret,
                        WORLD_EPOCH_S * INT64_C(1000), token, &why) == ERR_NONE;
}

static void check_session(const struct ledger *ledger, const char *body, size_t len)
{
    struct json *document = NULL;
    char page_name[16], name[16];
    if (json_read(body, len, &document))
        broken("everybody-sees-the-same", "%s is shown as %.*s", ledger->session_id, (int)len,
               body);
    const struct json *choices = json_member(document, "choices");
    for (unsigned page = 1; page <= ledger->agenda->page_count; page++) {
        snprintf(page_name, sizeof page_name, "%u", page);
        const struct json *of_page = json_member(choices, page_name);
        for (unsigned i = 1; of_page && i <= ledger->people; i++) {
            snprintf(name, sizeof name, "p%u", i);
            if (json_string(of_page, name) && !is_shown(ledger, page))
                broken("choices-stay-private", "%s shows what %s chose on page %u",
                       ledger->session_id, name, page);
        }
    }
    json_free(document);
}

static void check_line(const struct ledger *ledger, uint64_t seq, const char *line, size_t len,
                       bool is_operator)
{
    struct event_doc doc;
    const struct ledger_line *known = ledger_line(ledger, seq);
    if (!known)
        broken("committed-then-sent", "%s: line %llu is shown", ledger->session_id,
               (unsigned long long)seq);
    if (is_operator) {
        if (known->whole_len != len || memcmp(known->whole, line, len) != 0)
            broken("everybody-sees-the-same", "%s: an operator is shown %.*s", ledger->session_id,
                   (int)len, line);
        return;
    }
    if (event_parse(line, len, &doc))
        broken("everybody-sees-the-same", "%s: a line that is none: %.*s", ledger->session_id,
               (int)len, line);
    if (doc.event.type == EVENT_CHOICE_SUBMITTED && doc.event.choice_submitted.choice &&
        !is_shown(ledger, doc.event.choice_submitted.page))
        broken("choices-stay-private", "%s: the host is shown %.*s", ledger->session_id, (int)len,
               line);
    if (doc.event.type == EVENT_JOIN && doc.event.join.user)
        broken("choices-stay-private", "%s: the host is shown who p%u is", ledger->session_id,
               doc.event.participant);
    event_doc_release(&doc);
}

static void check_log(const struct ledger *ledger, const char *body, size_t len, bool is_operator)
{
    const char *at = body, *stop = body + len;
    for (uint64_t seq = 0; at < stop; seq++) {
        const char *line_end = memchr(at, '\n', (size_t)(stop - at));
        if (!line_end)
            broken("no-gaps-in-the-log", "%s: a line without an end", ledger->session_id);
        if (seq > 0)
            check_line(ledger, seq, at, (size_t)(line_end - at), is_operator);
        at = line_end + 1;
    }
}

static void check_choice(struct ledger *ledger, const struct conn *conn, const struct token *token,
                         const char *body)
{
    unsigned long long seq = 0;
    if (sscanf(body, "{\"seq\":%llu", &seq) != 1) { /* nothing had changed */
        watch_chosen_before(ledger, ledger_participant_of(ledger, token->user), conn->choice);
        return;
    }
    const struct ledger_line *line = ledger_line(ledger, seq);
    if (!line || line->type != EVENT_CHOICE_SUBMITTED || line->choice != conn->choice ||
        line->actor != ledger_participant_of(ledger, token->user))
        broken("acked-is-in-the-log", "%s: event %llu is no such choice", ledger->session_id, seq);
    if (seq > ledger->acked)
        ledger->acked = seq;
}

static void check_made(const char *body, size_t len)
{
    struct json *document = NULL;
    if (json_read(body, len, &document))
        broken("everybody-sees-the-same", "a room is shown as %.*s", (int)len, body);
    const char *id = json_string(document, "session_id");
    watch_look();
    struct ledger *ledger = id ? ledger_by_id(id) : NULL;
    if (!ledger)
        broken("committed-then-sent", "a room that is nowhere was made: %.*s", (int)len, body);
    ledger->is_promised = true;
    json_free(document);
}

void watch_server_is_asked(const struct conn *conn)
{
    struct node *before = node_enter(NULL);
    struct token token;
    char id[LIMIT_SESSION_ID + 1] = "";
    if (conn->choice >= 0 && who_asks(conn, &token)) {
        sscanf(conn->request.path, "/api/sessions/%66[^/]", id);
        watch_asked(id, token.user, COMMAND_SUBMIT_CHOICE, 0, conn->choice);
    }
    node_enter(before);
}

void watch_response(struct conn *conn, const struct exchange *exchange, const char *body,
                    size_t len)
{
    struct node *before = node_enter(NULL);
    struct token token;
    char id[LIMIT_SESSION_ID + 1] = "";
    trace("server answers %s: %d", conn->request.path, exchange->status);
    struct ledger *ledger = NULL;
    if (exchange->status == 201 && strcmp(conn->request.path, "/api/rooms") == 0)
        check_made(body, len);
    if (exchange->status == 200 && sscanf(conn->request.path, "/api/sessions/%66[^/]", id) == 1) {
        watch_look();
        ledger = ledger_by_id(id);
    }
    if (ledger && who_asks(conn, &token)) {
        if (conn->choice >= 0)
            check_choice(ledger, conn, &token, body);
        else if (strstr(conn->request.path, "/log"))
            check_log(ledger, body, len, token.role == ROLE_OPERATOR);
        else
            check_session(ledger, body, len);
    }
    node_enter(before);
}

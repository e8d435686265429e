/* What crosses the wire, held against the log. */
#include "sim/watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/message.h"
#include "server/exchange.h"
#include "server/socket.h"
#include "sim/cast.h"
#include "sim/watch_inner.h"
#include "sim/wire.h"

struct watch watch;

/* ---- who listens ---- */

static struct listener *listener_of(const struct conn *conn)
{
    return conn->watch;
}

void watch_socket_opened(struct conn *conn)
{
    struct node *before = node_enter(NULL);
    struct listener *listener = calloc(1, sizeof *listener);
    struct token token;
    struct problem why;
    const char *path = conn->request.path;
    if (!listener)
        abort();
    conn->watch = listener;
    watch.sockets++;
    listener->is_voice = strncmp(path, "/ws/voice/", 10) == 0;
    if (listener->is_voice)
        snprintf(listener->session_id, sizeof listener->session_id, "%s", path + 10);
    if (token_verify(conn->request.token, strlen(conn->request.token), cast_secret,
                     WORLD_EPOCH_S * INT64_C(1000), &token, &why))
        broken("nobody-gets-in", "a socket was opened with a token that is none");
    snprintf(listener->user, sizeof listener->user, "%.63s", token.user);
    listener->is_observer = token.role == ROLE_OBSERVER;
    if (!listener->is_voice)
        watch_signaling_opened(listener, conn->request.room_code);
    node_enter(before);
}

void watch_socket_gone(struct conn *conn)
{
    (void)conn;
    watch.sockets--;
}

void watch_conn_freed(struct conn *conn)
{
    struct listener *listener = listener_of(conn);
    if (listener)
        free(listener->sent);
    free(listener);
}

/* ---- what is said to the server ---- */

static void note(struct listener *listener, const struct command *command)
{
    if (listener->sent_count == listener->sent_size) {
        listener->sent_size = listener->sent_size ? listener->sent_size * 2 : 16;
        listener->sent = realloc(listener->sent, listener->sent_size * sizeof *listener->sent);
        if (!listener->sent)
            abort();
    }
    struct sent *sent = &listener->sent[listener->sent_count++];
    bool is_choice = command->type == COMMAND_SUBMIT_CHOICE;
    *sent = (struct sent){.type = command->type, .id = command->id.integer, .choice = -1};
    watch_asked(listener->session_id, listener->user, command->type,
                is_choice ? command->submit_choice.page : 0,
                is_choice ? atoi(command->submit_choice.choice + 1) : 0);
    if (!is_choice)
        return;
    sent->choice = atoi(command->submit_choice.choice + 1);
}

static void take_init(struct listener *listener, const struct command *command)
{
    if (listener->has_init)
        return;
    listener->has_init = true;
    listener->has_last_seq = command->init.has_last_seq;
    listener->last_seq = command->init.last_seq;
}

void watch_server_takes(struct conn *conn, const char *text, size_t len)
{
    struct listener *listener = listener_of(conn);
    struct command command;
    struct problem why;
    if (!listener || !text)
        return;
    struct node *before = node_enter(NULL);
    if (!listener->is_voice) {
        watch_signal_taken(listener, text);
    } else if (command_parse(text, len, &command, &why) == ERR_NONE) {
        if (command.type == COMMAND_INIT)
            take_init(listener, &command);
        else if (command.type != COMMAND_PING)
            note(listener, &command);
    }
    node_enter(before);
}

/* ---- what the server says ---- */

static _Noreturn void wrong_event(struct listener *listener, const struct ledger *ledger,
                                  const char *text, size_t len)
{
    struct event_doc doc;
    uint64_t expected = listener->sent_seq + 1;
    if (event_parse(text, len, &doc))
        broken("everybody-sees-the-same", "an event that is none: %.*s", (int)len, text);
    const struct event *event = &doc.event;
    const struct ledger_line *line = ledger ? ledger_line(ledger, event->seq) : NULL;
    if (!line)
        broken("committed-then-sent", "%s gets an event that is not in the log: %.*s",
               listener->user, (int)len, text);
    if (line->shown_len != len || memcmp(line->shown, text, len) != 0) {
        if (event->type == EVENT_CHOICE_SUBMITTED && event->choice_submitted.choice &&
            line->type == EVENT_CHOICE_SUBMITTED)
            broken("choices-stay-private", "%s gets %.*s", listener->user, (int)len, text);
        broken("everybody-sees-the-same", "%s in %s gets %.*s; the log has %s", listener->user,
               listener->session_id, (int)len, text, line->shown);
    }
    broken("no-gaps-no-repeats", "%s in %s gets event %llu, not %llu", listener->user,
           listener->session_id, (unsigned long long)event->seq, (unsigned long long)expected);
}

static void check_event(struct listener *listener, const char *text, size_t len)
{
    struct ledger *ledger = ledger_by_id(listener->session_id);
    uint64_t expected = listener->sent_seq + 1;
    if (!ledger || !ledger_line(ledger, expected)) {
        watch_look();
        ledger = ledger_by_id(listener->session_id);
    }
    const struct ledger_line *line = ledger ? ledger_line(ledger, expected) : NULL;
    if (!listener->is_welcome || !line || line->shown_len != len ||
        memcmp(line->shown, text, len) != 0)
        wrong_event(listener, ledger, text, len);
    listener->sent_seq = expected;
}

static bool is_what_was_asked(const struct sent *sent, const struct ledger_line *line)
{
    switch (sent->type) {
    case COMMAND_CONSENT:
        return line->type == EVENT_CONSENT;
    case COMMAND_REPORT_START:
        return line->type == EVENT_START_REPORTED;
    case COMMAND_VOICE_STATUS_UPDATE:
        return line->type == EVENT_VOICE_STATUS;
    case COMMAND_START_RECORDING:
        return line->type == EVENT_RECORDING_STARTED;
    case COMMAND_STOP_RECORDING:
        return line->type == EVENT_RECORDING_STOPPED;
    case COMMAND_SUBMIT_CHOICE:
        return line->type == EVENT_CHOICE_SUBMITTED && line->choice == sent->choice;
    case COMMAND_NEXT_PAGE:
    case COMMAND_GOTO_PAGE:
        return line->type == EVENT_NEXT_PAGE || line->type == EVENT_SESSION_ENDED;
    case COMMAND_END_SESSION:
        return line->type == EVENT_SESSION_ENDED;
    case COMMAND_LEAVE:
        return line->type == EVENT_LEAVE;
    case COMMAND_INIT:
    case COMMAND_READY:
    case COMMAND_PING:
    case COMMAND_TYPE_COUNT:
        return false;
    }
    return false;
}

/* What was chosen before is acknowledged by an ack of the same again. What a process says again of
 * one that is gone may have an id that it has given to something else: that tells nothing. */
static void check_ack_of_nothing(const struct listener *listener, struct ledger *ledger, int64_t id)
{
    const struct sent *sent = NULL;
    for (size_t i = 0; i < listener->sent_count; i++) {
        const struct sent *at = &listener->sent[i];
        if (at->id == id && sent && (at->type != sent->type || at->choice != sent->choice))
            return;
        if (at->id == id)
            sent = at;
    }
    if (ledger && sent && sent->type == COMMAND_SUBMIT_CHOICE)
        watch_chosen_before(ledger, ledger_participant_of(ledger, listener->user), sent->choice);
}

static void check_ack(struct listener *listener, const struct server_message *message)
{
    struct ledger *ledger = ledger_by_id(listener->session_id);
    const struct ledger_line *line = ledger ? ledger_line(ledger, message->ack.seq) : NULL;
    const struct sent *sent = NULL;
    if (message->ack.seq == 0) {
        check_ack_of_nothing(listener, ledger, message->id.integer);
        return;
    }
    watch.acks++;
    if (!line)
        broken("acked-is-in-the-log", "%s is told of event %llu of %s", listener->user,
               (unsigned long long)message->ack.seq, listener->session_id);
    for (size_t i = listener->sent_count; i > 0 && !sent; i--) {
        const struct sent *at = &listener->sent[i - 1];
        if (at->id == message->id.integer && is_what_was_asked(at, line))
            sent = at;
    }
    if (!sent || line->actor != ledger_participant_of(ledger, listener->user))
        broken("acked-is-in-the-log", "%s in %s: ack of %lld is for %s", listener->user,
               listener->session_id, (long long)message->id.integer, line->whole);
    if (message->ack.seq > ledger->acked)
        ledger->acked = message->ack.seq;
    watch_probe(ledger);
}

static void check_welcome(struct listener *listener, const struct server_message *message)
{
    struct ledger *ledger = ledger_by_id(listener->session_id);
    uint64_t seq = message->welcome.seq;
    if (listener->is_welcome || !listener->has_init)
        broken("no-gaps-no-repeats", "%s is welcome twice", listener->user);
    if (strcmp(message->welcome.session_id, listener->session_id) != 0)
        broken("no-event-reaches-another-room", "%s is welcome to %s", listener->user,
               message->welcome.session_id);
    if (!ledger || (seq && !ledger_line(ledger, seq)))
        broken("committed-then-sent", "%s is welcome after event %llu", listener->user,
               (unsigned long long)seq);
    listener->is_welcome = true;
    listener->sent_seq = message->welcome.reset   ? 0
                         : listener->has_last_seq ? listener->last_seq
                                                  : seq;
    if (!listener->is_observer && !ledger_participant_of(ledger, listener->user))
        broken("committed-then-sent", "%s is welcome, and its seat is not in the log",
               listener->user);
    if (message->welcome.participant != ledger_participant_of(ledger, listener->user))
        broken("one-seat-a-user", "%s is welcome as p%u", listener->user,
               message->welcome.participant);
}

static void check_message(struct listener *listener, const char *text, size_t len)
{
    struct server_message message;
    if (server_message_parse(text, len, &message))
        broken("everybody-sees-the-same", "a message that is none: %.*s", (int)len, text);
    if (message.type != SERVER_PONG && message.type != SERVER_ERROR)
        watch_look();
    if (message.type == SERVER_ACK)
        check_ack(listener, &message);
    else if (message.type == SERVER_WELCOME)
        check_welcome(listener, &message);
    server_message_release(&message);
}

static bool begins(const char *text, size_t len, const char *with)
{
    return len >= strlen(with) && strncmp(text, with, strlen(with)) == 0;
}

void watch_server_sends(struct conn *conn, const char *text, size_t len)
{
    struct listener *listener = listener_of(conn);
    struct node *before = node_enter(NULL);
    trace("server to %s: %.*s", listener->user, (int)(len < 300 ? len : 300), text);
    if (listener->is_voice) {
        if (begins(text, len, "{\"type\":\"ack\"") || begins(text, len, "{\"type\":\"welcome\""))
            check_message(listener, text, len);
        else if (!begins(text, len, "{\"type\":\"pong\"") &&
                 !begins(text, len, "{\"type\":\"error\""))
            check_event(listener, text, len);
    } else {
        watch_signal_sent(listener, text, len);
    }
    node_enter(before);
}

void watch_server_closes(struct conn *conn, int code)
{
    struct listener *listener = listener_of(conn);
    trace("server closes %s: %d", listener->user, code);
}

void watch_client_gets(struct conn *conn, const char *text, size_t len)
{
    (void)text;
    trace("a client gets %zu bytes by %llu", len, (unsigned long long)conn->number);
}

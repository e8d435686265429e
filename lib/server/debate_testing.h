/* For the tests of `debate serve`: rooms, the people in them, what they say and what they hear.
 *
 * Answers (`ack`, `error`, `pong`) are found by their id wherever they come; everything else must
 * come in the order in which a test asks for it. */
#ifndef DEBATE_SERVER_DEBATE_TESTING_H
#define DEBATE_SERVER_DEBATE_TESTING_H

#include "server/socket_testing.h"

enum { SEATS_MAX = 8 };

/* ---- what was heard ---- */

static inline bool is_answer(const struct message *message)
{
    const char *type = shown(message->json, "type");
    return strcmp(type, "ack") == 0 || strcmp(type, "error") == 0 || strcmp(type, "pong") == 0;
}

/* Takes the first message out of the queue that is an answer, or is none; NULL. With `id` the
 * answer with this one. */
static inline struct message *take(struct socket *socket, bool is_wanted_answer, const char *id)
{
    for (struct message **link = &socket->first; *link; link = &(*link)->next) {
        struct message *message = *link;
        if (is_answer(message) != is_wanted_answer ||
            (id && strcmp(shown(message->json, "id"), id) != 0))
            continue;
        *link = message->next;
        if (!*link)
            socket->last = link;
        return message;
    }
    return NULL;
}

static inline struct message *wait_message(struct socket *socket, bool is_wanted_answer,
                                           const char *id, int64_t ms)
{
    int64_t end = clock_ms() + ms;
    for (;;) {
        struct message *message = take(socket, is_wanted_answer, id);
        if (message)
            return message;
        int64_t left = end - clock_ms();
        if (left <= 0 || socket->code)
            return NULL;
        socket_pump((int)left);
    }
}

/* The next message that is no answer; it must be of this type. */
static inline const struct message *heard_(struct socket *socket, const char *type, int64_t ms)
{
    struct message *message = wait_message(socket, false, NULL, ms);
    if (!message)
        fail_here("no %s; closed with %d; the first answer: %s", type, socket->code,
                  socket->first ? socket->first->text : "none");
    if (strcmp(shown(message->json, "type"), type) != 0)
        fail_here("not %s but %s", type, message->text);
    return message;
}

/* Passes over what comes before. */
static inline const struct message *heard_at_last_(struct socket *socket, const char *type,
                                                   int64_t ms)
{
    int64_t end = clock_ms() + ms;
    for (;;) {
        struct message *message = wait_message(socket, false, NULL, end - clock_ms());
        if (!message)
            fail_here("never %s%s", type,
                      socket->code ? text(": closed with %d", socket->code) : "");
        if (strcmp(shown(message->json, "type"), type) == 0)
            return message;
    }
}

/* The next message, as JSON: an event of this type. */
#define heard(socket, type) (here(__FILE__, __LINE__), heard_(socket, type, PATIENCE_MS)->json)
#define heard_at_last(socket, type)                                                                \
    (here(__FILE__, __LINE__), heard_at_last_(socket, type, PATIENCE_MS)->json)
#define heard_within(socket, type, ms) (here(__FILE__, __LINE__), heard_(socket, type, ms)->json)
/* The same with the time at which it came. */
#define heard_message(socket, type)                                                                \
    (here(__FILE__, __LINE__), heard_at_last_(socket, type, PATIENCE_MS))

/* The answer with this id; NULL id: the first answer. */
static inline const struct json *answer_(struct socket *socket, const char *type, const char *id)
{
    struct message *message = wait_message(socket, true, id, PATIENCE_MS);
    if (!message)
        fail_here("no %s for %s%s", type, id ? id : "what was sent",
                  socket->code ? text(": closed with %d", socket->code) : "");
    if (strcmp(shown(message->json, "type"), type) != 0)
        fail_here("not %s but %s", type, message->text);
    return message->json;
}

/* An `error` with this code, and a message for people. */
static inline const struct json *error_(struct socket *socket, const char *id, const char *code)
{
    const struct json *json = answer_(socket, "error", id);
    want_types_(json, "ss", "data.code data.message");
    want_(json, "data.code", code);
    if (!*shown(json, "data.message"))
        fail_here("an empty message");
    return json;
}

/* ---- what is said ---- */

static inline const char *next_id(void)
{
    static int count;
    return text("c%d", ++count);
}

static inline const char *say(struct socket *socket, const char *type, const char *data)
{
    const char *id = next_id();
    send_text(socket, "{\"type\":\"%s\",\"id\":\"%s\",\"data\":%s}", type, id, data);
    return id;
}

static inline const struct json *acked_(struct socket *socket, const char *type, const char *data)
{
    const struct json *ack = answer_(socket, "ack", say(socket, type, data));
    if (type_at(ack, "data") != 'o')
        fail_here("ack without data: %s", shown(ack, ""));
    return ack;
}

static inline const struct json *refused_(struct socket *socket, const char *type, const char *data,
                                          const char *code)
{
    return error_(socket, say(socket, type, data), code);
}

/* Says something that is taken; the `ack`. */
#define acked(socket, type, data) (here(__FILE__, __LINE__), acked_(socket, type, data))
/* Says something that is not; the `error`. */
#define refused(socket, type, data, code)                                                          \
    (here(__FILE__, __LINE__), refused_(socket, type, data, code))
#define want_answer(socket, type, id) (here(__FILE__, __LINE__), answer_(socket, type, id))
#define want_error(socket, id, code)  (here(__FILE__, __LINE__), error_(socket, id, code))

/* Asks with `ping` and waits for the answer: whatever was sent before has come. */
static inline void catch_up_(struct socket *socket)
{
    const char *id = say(socket, "ping", "{\"t0\":1}");
    struct message *message = wait_message(socket, true, id, PATIENCE_MS);
    if (!message)
        fail_here("no pong: %d", socket->code);
}

/* On signaling nothing can be asked; a ping of WebSocket's own does it. */
static inline void catch_up_below_(struct socket *socket)
{
    const char *mark = next_id();
    int64_t end = clock_ms() + PATIENCE_MS;
    send_frame(socket, 0x80 | OP_PING, mark, strlen(mark));
    while (strcmp(socket->pong, mark) != 0) {
        if (clock_ms() > end || socket->code)
            fail_here("no pong frame: %d", socket->code);
        socket_pump(100);
    }
}

static inline void quiet_(struct socket *socket)
{
    if (socket->is_signaling)
        catch_up_below_(socket);
    else
        catch_up_(socket);
    if (socket->first)
        fail_here("heard %s", socket->first->text);
}

/* Nothing more was sent than what the test has taken. */
#define quiet(socket)    (here(__FILE__, __LINE__), quiet_(socket))
#define catch_up(socket) (here(__FILE__, __LINE__), catch_up_(socket))

/* Forgets what has come. */
static inline void forget(struct socket *socket)
{
    socket->first = NULL;
    socket->last = &socket->first;
}

/* ---- rooms ---- */

struct debate {
    const char *code;
    const char *session;
    int seats;
    struct socket *seat[SEATS_MAX]; /* user "u1" has p1 */
    const struct json *welcome[SEATS_MAX];
    int64_t start_at;
};

static inline const char *user_of(int index)
{
    return text("u%d", index + 1);
}

static inline const char *room_body(const char *code, int seats, const char *agenda)
{
    return agenda ? text("{\"code\":\"%s\",\"seats\":%d,\"agenda\":%s}", code, seats, agenda)
                  : text("{\"code\":\"%s\",\"seats\":%d}", code, seats);
}

/* Makes a room as this user; its session. */
static inline const char *room_made_(const char *code, int seats, const char *agenda,
                                     const char *token_of_maker)
{
    struct answer answer = post("/api/rooms", token_of_maker, room_body(code, seats, agenda));
    want_status_(answer, 201);
    return shown(answer.json, "session_id");
}

#define room_made(code, seats, agenda, token_of_maker)                                             \
    (here(__FILE__, __LINE__), room_made_(code, seats, agenda, token_of_maker))

static inline const char *voice_path(const char *session)
{
    return text("/ws/voice/%s", session);
}

static inline struct socket *voice_open(const char *session, const char *token)
{
    return socket_open(voice_path(session), token);
}

static inline const char *signaling_path(const char *code)
{
    return text("/ws/signaling?room_code=%s", code);
}

/* Sends `init` with these data; the `welcome`. */
static inline const struct json *init_(struct socket *socket, const char *data)
{
    const struct json *json = parse(data, strlen(data));
    socket->last_seq_sent = is_there(json, "last_seq") ? (int64_t)number(json, "last_seq") : -1;
    send_text(socket, "{\"type\":\"init\",\"data\":%s}", data);
    return heard_(socket, "welcome", PATIENCE_MS)->json;
}

#define init(socket, data) (here(__FILE__, __LINE__), init_(socket, data))

static inline const struct json *sit_(struct socket *socket, const char *nickname)
{
    const struct json *welcome = init_(socket, text("{\"nickname\":\"%s\"}", nickname));
    struct message *own = wait_message(socket, false, NULL, PATIENCE_MS);
    if (!own || (strcmp(shown(own->json, "type"), "join") != 0 &&
                 strcmp(shown(own->json, "type"), "connected") != 0))
        fail_here("no join of one's own but %s", own ? own->text : "nothing");
    want_(own->json, "data.participant_id", shown(welcome, "data.participant_id"));
    return welcome;
}

/* `init` and one's own `join` or `connected`; the `welcome`. */
#define sit(socket, nickname) (here(__FILE__, __LINE__), sit_(socket, nickname))

static inline struct socket *seated_(const char *session, const char *user)
{
    struct socket *socket = voice_open(session, token(user));
    sit_(socket, user);
    return socket;
}

/* A user, seated under their own name. */
#define seated(session, user) (here(__FILE__, __LINE__), seated_(session, user))

/* A room of `seats` in which "u1", its host, and the others up to `there` sit. */
static inline void debate_begin_(struct debate *debate, const char *code, int seats, int there,
                                 const char *agenda)
{
    *debate = (struct debate){.code = code, .seats = seats};
    debate->session = room_made_(code, seats, agenda, token("u1"));
    for (int i = 0; i < there; i++) {
        debate->seat[i] = voice_open(debate->session, token(user_of(i)));
        debate->welcome[i] = sit_(debate->seat[i], user_of(i));
    }
    for (int i = 0; i < there; i++)
        for (int later = i + 1; later < there; later++)
            heard_(debate->seat[i], "join", PATIENCE_MS);
}

/* Everybody hears the countdown and the start. */
static inline void debate_live_(struct debate *debate)
{
    for (int i = 0; i < debate->seats; i++) {
        const struct json *countdown = heard_(debate->seat[i], "countdown", PATIENCE_MS)->json;
        debate->start_at = (int64_t)number(countdown, "data.start_at");
    }
    for (int i = 0; i < debate->seats; i++)
        heard_(debate->seat[i], "start", PATIENCE_MS);
}

#define debate_begin(debate, code, seats, there, agenda)                                           \
    (here(__FILE__, __LINE__), debate_begin_(debate, code, seats, there, agenda))
#define debate_live(debate) (here(__FILE__, __LINE__), debate_live_(debate))

static inline const char *session_path(const struct debate *debate)
{
    return text("/api/sessions/%s", debate->session);
}

/* The session as HTTP shows it, to its host. */
static inline const struct json *session_seen(const struct debate *debate)
{
    struct answer answer = get(session_path(debate), token("u1"));
    want_status_(answer, 200);
    return answer.json;
}

/* Everybody in the room hears this event next; its `data` as the first heard it. */
static inline const struct json *all_heard_(struct debate *debate, const char *type)
{
    const struct json *json = NULL;
    for (int i = 0; i < SEATS_MAX; i++) {
        if (!debate->seat[i] || (debate->seat[i]->code && !debate->seat[i]->first))
            continue;
        const struct json *one = heard_(debate->seat[i], type, PATIENCE_MS)->json;
        if (json)
            want_(one, "", shown(json, ""));
        json = one;
    }
    return json;
}

#define all_heard(debate, type) (here(__FILE__, __LINE__), all_heard_(debate, type))

/* ---- logs ---- */

/* The whole log, as an operator reads it. */
static inline struct answer log_whole(const char *session)
{
    struct answer answer =
        get(text("/api/sessions/%s/log", session), token_with_role("operator", "operator"));
    want_status_(answer, 200);
    return answer;
}

/* The line at *at, which moves on; NULL at the end. */
static inline const struct json *log_next(const char **at)
{
    size_t len = strcspn(*at, "\n");
    if (len == 0)
        return NULL;
    const struct json *line = parse(*at, len);
    if (type_at(line, "ts") != 'n' && type_at(line, "created_at") != 'n')
        fail_here("not a log's line: %.*s", (int)len, *at);
    *at += len + ((*at)[len] == '\n');
    return line;
}

/* The last event of this type in a log; NULL. *count says how many there are. */
static inline const struct json *log_find(struct answer log, const char *type, size_t *count)
{
    const struct json *found = NULL, *line;
    const char *where = log.body;
    *count = 0;
    while ((line = log_next(&where)))
        if (strcmp(shown(line, "type"), type) == 0) {
            found = line;
            ++*count;
        }
    return found;
}

static inline const struct json *log_last(struct answer log, const char *type)
{
    size_t count;
    return log_find(log, type, &count);
}

static inline size_t log_count(struct answer log, const char *type)
{
    size_t count;
    log_find(log, type, &count);
    return count;
}

/* ---- the group ---- */

static inline int group_begin(void **state)
{
    (void)state;
    server_start(NULL);
    return 0;
}

static inline int group_end(void **state)
{
    (void)state;
    everything_release();
    server_remove();
    return 0;
}

#endif

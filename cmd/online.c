#include "online.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "proto/json_writer.h"
#include "session/entrance.h"
#include "session/http.h"

enum {
    ONLINE_ANSWER_MAX = 64 * 1024 * 1024, /* bytes: a list of very many rooms */
    ONLINE_URL_MAX = 512                  /* a server's; paths come behind it */
};

/* ---- options ---- */

/* Visible ASCII, as in a URL or a token. */
static bool is_graphic(const char *s)
{
    for (; *s; s++) {
        if (*s <= ' ' || *s > '~')
            return false;
    }
    return true;
}

enum exit_code online_check(const struct args *args)
{
    const char *token = args_get(args, "token"), *server = args_get(args, "server");
    if (token && (!token[0] || !is_graphic(token) || strlen(token) > LIMIT_TOKEN))
        return args_usage_error(args, "--token: not a token; debate token makes one");
    size_t scheme = strncmp(server, "http://", 7) == 0    ? 7
                    : strncmp(server, "https://", 8) == 0 ? 8
                                                          : 0;
    const char *host = server + scheme;
    if (!scheme || !host[0] || host[0] == '/' || strlen(server) > ONLINE_URL_MAX ||
        !is_graphic(server) || strpbrk(server, "?#"))
        return args_usage_error(args, "--server %s: it takes a URL such as http://127.0.0.1:8080",
                                server);
    return EXIT_CODE_DONE;
}

enum exit_code online_init(struct online *online, const struct args *args)
{
    const char *token = args_get(args, "token");
    *online = (struct online){.args = args, .server = args_get(args, "server")};
    buf_init(&online->body, ONLINE_ANSWER_MAX);
    enum exit_code code = online_check(args);
    if (!code && token)
        str_copy(online->token, sizeof online->token, token);
    return code;
}

void online_release(struct online *online)
{
    json_free(online->answer);
    buf_release(&online->body);
}

enum exit_code online_need_token(const struct online *online)
{
    if (online->token[0])
        return EXIT_CODE_DONE;
    return args_usage_error(online->args, "whose? Give --token TOKEN, or DEBATE_TOKEN");
}

enum exit_code online_check_room(const struct args *args, const char *what, const char *room_code)
{
    if (room_code_valid(room_code))
        return EXIT_CODE_DONE;
    return args_usage_error(args, "%s %s: a room code is 1 to 64 of A-Z a-z 0-9 _ -", what,
                            room_code);
}

/* ---- asking ---- */

static enum exit_code no_answer(const struct online *online, enum err e,
                                const struct http_response *response)
{
    const char *why = response->error[0] ? response->error : err_code(e);
    if (e == ERR_BAD_REQUEST)
        return args_usage_error(online->args, "--server %s: %s", online->server, why);
    if (e == ERR_UNREACHABLE)
        return args_error(online->args, EXIT_CODE_UNREACHABLE,
                          "no server answers at %s (%s); is debate serve running there?",
                          online->server, why);
    return args_error(online->args, e == ERR_UNTRUSTED ? EXIT_CODE_UNREACHABLE : EXIT_CODE_FAILED,
                      "%s: %s", online->server, why);
}

static enum exit_code refused(const struct online *online, const struct http_response *response)
{
    struct entrance_refusal refusal;
    entrance_refusal_read(response, &refusal);
    if (refusal.code[0])
        return args_error(online->args, EXIT_CODE_REFUSED, "the server refused: %s (%s)",
                          refusal.text, refusal.code);
    return args_error(online->args, EXIT_CODE_REFUSED, "the server refused: %s", refusal.text);
}

static enum exit_code foreign(const struct online *online)
{
    return args_error(online->args, EXIT_CODE_FAILED,
                      "%s: what answers there is not a debate server", online->server);
}

/* Takes an answer over into `online`. */
static enum exit_code take_answer(struct online *online, const struct http_response *response)
{
    if (response->status < 200 || response->status > 299)
        return refused(online, response);
    json_free(online->answer);
    online->answer = NULL;
    buf_clear(&online->body);
    online->status = response->status;
    if (!response->body.data ||
        buf_append(&online->body, response->body.data, response->body.len) ||
        json_read(online->body.data, online->body.len, &online->answer))
        return foreign(online);
    return EXIT_CODE_DONE;
}

enum exit_code online_ask(struct online *online, const char *method, const char *path,
                          const struct buf *body)
{
    char url[ONLINE_URL_MAX + 256];
    struct http_response response;
    if (!entrance_url(online->server, path, url, sizeof url))
        return args_usage_error(online->args, "--server %s: too long", online->server);
    struct http_request request = {.method = method,
                                   .url = url,
                                   .token = online->token[0] ? online->token : NULL,
                                   .body = body ? body->data : NULL,
                                   .body_len = body ? body->len : 0};
    http_response_init(&response, ONLINE_ANSWER_MAX);
    enum err e = http_send(&request, &response);
    enum exit_code code = e ? no_answer(online, e, &response) : take_answer(online, &response);
    http_response_release(&response);
    return code;
}

enum exit_code online_string(const struct online *online, const char *name, const char **out)
{
    *out = json_string(online->answer, name);
    return *out ? EXIT_CODE_DONE : foreign(online);
}

enum exit_code online_be_guest(struct online *online, const char *room_code, const char *nickname)
{
    char path[LIMIT_ROOM_CODE + 32];
    const char *token;
    struct buf body;
    struct json_writer json;
    buf_init(&body, LIMIT_HTTP_BODY);
    snprintf(path, sizeof path, "/api/rooms/%s/guests", room_code);
    json_write_begin(&json, &body);
    json_write_string(&json, "nickname", nickname);
    enum exit_code code = EXIT_CODE_FAILED;
    if (json_write_end(&json))
        args_error(online->args, code, "no memory");
    else
        code = online_ask(online, "POST", path, &body);
    buf_release(&body);
    if (!code)
        code = online_string(online, "token", &token);
    if (!code && (!is_graphic(token) || !str_copy(online->token, sizeof online->token, token)))
        code = foreign(online);
    return code;
}

enum exit_code online_room(struct online *online, const char *room_code)
{
    char path[LIMIT_ROOM_CODE + 32];
    const char *session_id;
    snprintf(path, sizeof path, "/api/rooms/%s", room_code);
    enum exit_code code = online_ask(online, "GET", path, NULL);
    if (!code)
        code = online_string(online, "session_id", &session_id);
    if (!code && !session_id_valid(session_id))
        code = foreign(online);
    return code;
}

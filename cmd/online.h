/* What the subcommands that talk to a server share: where it is, who one is there, and the exit
 * codes of what it answers. Main thread; blocks. */
#ifndef DEBATE_ONLINE_H
#define DEBATE_ONLINE_H

#include "base/buf.h"
#include "cmd.h"
#include "proto/json_reader.h"
#include "proto/limits.h"

struct online {
    const struct args *args;
    const char *server;          /* "http://127.0.0.1:8080" */
    char token[LIMIT_TOKEN + 1]; /* empty: none */
    struct buf body;             /* of the last answer */
    struct json *answer;         /* the same, read */
    int status;                  /* HTTP's */
};

/* EXIT_CODE_USAGE when --server or --token, which the subcommand must have in its table, cannot be
 * what they are to be. */
enum exit_code online_check(const struct args *args);

/* Takes both. */
enum exit_code online_init(struct online *online, const struct args *args);
void online_release(struct online *online);

/* EXIT_CODE_USAGE when there is no token. */
enum exit_code online_need_token(const struct online *online);

/* Sends a request and takes the answer in, a JSON object. `body` may be NULL.
 * EXIT_CODE_UNREACHABLE, EXIT_CODE_REFUSED for a status that is no success, EXIT_CODE_FAILED; each
 * with a line on standard error. */
enum exit_code online_ask(struct online *online, const char *method, const char *path,
                          const struct buf *body);

/* Gets a guest's token for this room. */
enum exit_code online_be_guest(struct online *online, const char *room_code, const char *nickname);

/* Asks for a room; the answer is the room object. */
enum exit_code online_room(struct online *online, const char *room_code);

/* The answer's string, or EXIT_CODE_FAILED when it is not there: then it is no debate server's. */
enum exit_code online_string(const struct online *online, const char *name, const char **out);

/* EXIT_CODE_USAGE for what is no room code; `what` is named. */
enum exit_code online_check_room(const struct args *args, const char *what, const char *room_code);

#endif

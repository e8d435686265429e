#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/str.h"
#include "cmd.h"
#include "input.h"
#include "proto/token.h"

enum { TOKEN_EXPIRES_MAX_S = 1000000000 /* three decades: for ever enough */ };

/* A text of 1 to chars_max characters; `out` has room for them in UTF-8. */
static enum exit_code take_text(const struct args *args, const char *name, size_t chars_max,
                                char *out, size_t out_size)
{
    const char *text = args_get(args, name);
    if (!utf8_valid(text, strlen(text)))
        return args_usage_error(args, "--%s %s: not UTF-8", name, text);
    if (!text[0] || utf8_length(text) > chars_max || !str_copy(out, out_size, text))
        return args_usage_error(args, "--%s %.60s: it takes 1 to %zu characters", name, text,
                                chars_max);
    return EXIT_CODE_DONE;
}

static enum exit_code take_claims(const struct args *args, struct token *token)
{
    const char *room = args_get(args, "room"), *role = args_get(args, "role");
    int64_t expires_s;
    if (!args_given(args, "user"))
        return args_usage_error(args, "whose? Give --user ID");
    enum exit_code code =
        take_text(args, "user", LIMIT_USER_CHARS, token->user, sizeof token->user);
    if (!code && args_given(args, "name"))
        code = take_text(args, "name", LIMIT_NICKNAME_CHARS, token->name, sizeof token->name);
    if (code)
        return code;
    if (room && !room_code_valid(room))
        return args_usage_error(args, "--room %s: a room code is 1 to 64 of A-Z a-z 0-9 _ -", room);
    if (room)
        str_copy(token->room, sizeof token->room, room);
    if (!role_from_name(role, &token->role))
        return args_usage_error(args, "--role %s: it takes debater, host, observer or operator",
                                role);
    if (!args_number(args, "expires", 1, TOKEN_EXPIRES_MAX_S, &expires_s))
        return EXIT_CODE_USAGE;
    token->expires_s = (int64_t)time(NULL) + expires_s;
    return EXIT_CODE_DONE;
}

static enum exit_code print_token(const struct args *args, const struct token *token,
                                  const struct secrets *secrets)
{
    struct buf text;
    buf_init(&text, LIMIT_TOKEN);
    enum err e = token_sign(token, secrets->list[0], &text);
    if (!e)
        printf("%s\n", text.data);
    buf_release(&text);
    if (e == ERR_FULL)
        return args_usage_error(args, "--user and --name are too long together");
    return e ? args_error(args, EXIT_CODE_FAILED, "no memory") : EXIT_CODE_DONE;
}

static enum exit_code run(const struct args *args)
{
    struct token token = {.role = ROLE_DEBATER};
    struct input_secrets secrets;
    bool found;
    enum exit_code code = take_claims(args, &token);
    if (code)
        return code;
    input_secrets_init(&secrets);
    code = input_secrets(args, &secrets, &found);
    if (!code && !found)
        code = input_data_secrets(args, args_get(args, "data"), false, &secrets);
    if (!code)
        code = print_token(args, &token, &secrets.secrets);
    input_secrets_release(&secrets);
    return code;
}

static const struct option options[] = {
    {.name = "data",
     .argument = "DIR",
     .help = "The data directory of a server on this machine, which keeps a secret in DIR/secret. "
             "Read when no other secret is given.",
     .fallback = "debate-data",
     .variable = "DEBATE_DATA"},
    {.name = "expires",
     .letter = 'e',
     .argument = "SECONDS",
     .help = "For how long the token is good.",
     .fallback = "86400"},
    {.name = "name",
     .letter = 'n',
     .argument = "NICKNAME",
     .help = "What the others see, 1 to 64 characters, unless the client says otherwise."},
    {.name = "role",
     .argument = "debater|host|observer|operator",
     .help = "A debater takes a seat, a host takes over as host as well, an observer sees and "
             "hears of events without a seat, an operator may do what any host may, in any room.",
     .fallback = "debater"},
    {.name = "room",
     .argument = "CODE",
     .help = "The only room that the token opens. Without it, any."},
    {.name = "secret-file",
     .argument = "FILE",
     .help = "The server's secret; of several lines, the first. DEBATE_SECRET may hold the secret "
             "itself instead.",
     .variable = "DEBATE_SECRET_FILE"},
    {.name = "user",
     .letter = 'u',
     .argument = "ID",
     .help = "Who it is for, 1 to 128 characters: the same user gets the same seat back."},
    {0},
};

static const char *const examples[] = {
    "debate token --user kim --room sunday --secret-file /etc/debate/secret",
    "Let Kim into one room for a day.",
    "debate token --user admin --role operator --expires 600",
    "Look after the server on this machine, for ten minutes.",
    NULL,
};

const struct cmd cmd_token = {
    .name = "token",
    .summary = "make a token that lets somebody in",
    .description =
        "Prints a JSON Web Token, signed with the server's secret. Whoever holds it is that user, "
        "until it expires: hand it over as carefully as a password.",
    .options = options,
    .examples = examples,
    .run = run,
};

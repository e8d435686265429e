#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "cmd.h"
#include "online.h"
#include "proto/json_writer.h"

enum { CHOOSE_PAGE_MAX = LIMIT_PAGES };

static enum exit_code check(const struct args *args, int64_t *page)
{
    const char *choice = args_operand(args, 1);
    size_t len = strlen(choice);
    *page = 0;
    if (len == 0 || len > LIMIT_CHOICE_ID || !utf8_valid(choice, len))
        return args_usage_error(args, "CHOICE %s: a choice's id has 1 to %d bytes of UTF-8", choice,
                                (int)LIMIT_CHOICE_ID);
    if (args_given(args, "page") && !args_number(args, "page", 1, CHOOSE_PAGE_MAX, page))
        return EXIT_CODE_USAGE;
    return online_check_room(args, "ROOM", args_operand(args, 0));
}

/* POST /api/sessions/{id}/choices, for the page asked for or the one that is open. */
static enum exit_code submit(struct online *online, int64_t page, const char *choice)
{
    char path[LIMIT_SESSION_ID + 32];
    const char *session_id;
    struct buf body;
    struct json_writer json;
    enum exit_code code = online_string(online, "session_id", &session_id);
    if (code)
        return code;
    if (page == 0)
        page = (int64_t)json_number(online->answer, "page", 1);
    snprintf(path, sizeof path, "/api/sessions/%s/choices", session_id);
    buf_init(&body, LIMIT_HTTP_BODY);
    json_write_begin(&json, &body);
    json_write_integer(&json, "page", page);
    json_write_string(&json, "choice", choice);
    if (json_write_end(&json))
        code = args_error(online->args, EXIT_CODE_FAILED, "no memory");
    else
        code = online_ask(online, "POST", path, &body);
    buf_release(&body);
    if (code)
        return code;
    if (args_given(online->args, "json"))
        printf("{\"seq\":%.0f,\"page\":%lld}\n", json_number(online->answer, "seq", 0),
               (long long)page);
    else
        printf("chosen on page %lld: %s\n", (long long)page, choice);
    return EXIT_CODE_DONE;
}

static enum exit_code run(const struct args *args)
{
    struct online online;
    int64_t page;
    enum exit_code code = check(args, &page);
    if (code)
        return code;
    code = online_init(&online, args);
    if (!code)
        code = online_need_token(&online);
    if (!code)
        code = online_room(&online, args_operand(args, 0));
    if (!code)
        code = submit(&online, page, args_operand(args, 1));
    online_release(&online);
    return code;
}

static const struct option options[] = {
    {.name = "json", .help = "Print the event's number and the page as JSON."},
    {.name = "page",
     .argument = "N",
     .help = "The page that the choice is for. Without it, the one that is open."},
    OPTION_SERVER,
    {.name = "token",
     .argument = "TOKEN",
     .help = "Who chooses: the token of somebody with a seat.",
     .variable = "DEBATE_TOKEN"},
    {0},
};

static const char *const examples[] = {
    "debate choose sunday agree --token $KIM",
    "Choose on the page that is open.",
    "debate choose sunday disagree --page 1 --token $KIM",
    "Change one's mind about page 1, as long as it is not revealed.",
    NULL,
};

const struct cmd cmd_choose = {
    .name = "choose",
    .summary = "submit a choice without holding a connection",
    .operands = "ROOM CHOICE",
    .operands_min = 2,
    .operands_max = 2,
    .description =
        "Submits a choice in the session that the room holds, for somebody with a seat. It can be "
        "changed by choosing again until the page's choices are revealed. When the command is done "
        "the choice is on the server's disk.",
    .options = options,
    .examples = examples,
    .run = run,
};

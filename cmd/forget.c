#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "analysed.h"
#include "base/str.h"
#include "cmd.h"
#include "online.h"
#include "server/forget_data.h"
#include "store/forgotten.h"

enum { FORGET_WHY_SIZE = 512 };

static void tell(const struct args *args, const char *session_id, uint64_t seq,
                 const struct forgotten *removed)
{
    if (args_given(args, "json")) {
        printf("{\"session_id\":\"%s\",\"seq\":%" PRIu64 ",\"recordings\":%u,\"bytes\":%" PRIu64
               ",\"analysis\":%s}\n",
               session_id, seq, removed->recordings, removed->bytes,
               removed->analysis ? "true" : "false");
        return;
    }
    printf(
        "%s: removed %u recordings (%" PRIu64 " bytes)%s; event %" PRIu64 " of its log says so\n",
        session_id, removed->recordings, removed->bytes,
        removed->analysis ? ", transcript and report" : "; there was no transcript or report", seq);
}

/* By the server that has the data. */
static enum exit_code forget_online(const struct args *args, const char *session_id)
{
    struct online online;
    char path[LIMIT_SESSION_ID + 32];
    enum exit_code code = online_init(&online, args);
    if (!code)
        code = online_need_token(&online);
    snprintf(path, sizeof path, "/api/sessions/%s/forget", session_id);
    if (!code)
        code = online_ask(&online, "POST", path, NULL);
    if (!code) {
        const struct forgotten removed = {.recordings =
                                              (unsigned)json_number(online.answer, "recordings", 0),
                                          .bytes = (uint64_t)json_number(online.answer, "bytes", 0),
                                          .analysis = json_bool(online.answer, "analysis", false)};
        tell(args, session_id, (uint64_t)json_number(online.answer, "seq", 0), &removed);
    }
    online_release(&online);
    return code;
}

static enum exit_code forget_here(const struct args *args, const char *session_id)
{
    struct forgotten removed;
    uint64_t seq;
    char why[FORGET_WHY_SIZE] = "";
    enum exit_code code = analysed_own(args, args_get(args, "data"));
    if (code)
        return code;
    enum err e = forget_data(args_get(args, "data"), session_id, &seq, &removed, why, sizeof why);
    if (e == ERR_REFUSED)
        return args_error(args, EXIT_CODE_FAILED, "%s; or ask that server: --server URL", why);
    if (e)
        return args_error(args, EXIT_CODE_FAILED, "%s", why);
    tell(args, session_id, seq, &removed);
    return EXIT_CODE_DONE;
}

static enum exit_code run(const struct args *args)
{
    const char *session_id = args_operand(args, 0);
    if (!session_id_valid(session_id))
        return args_usage_error(args, "SESSION %s: s_ and 22 to 64 of A-Z a-z 0-9 _ -", session_id);
    if (args_asked(args, "data"))
        return forget_here(args, session_id);
    return forget_online(args, session_id);
}

static const struct option options[] = {
    {.name = "data",
     .argument = "DIR",
     .help = "The data directory of a server that does not run: it is done there, and no server is "
             "asked."},
    {.name = "json", .help = "Print what was removed as JSON."},
    OPTION_SERVER,
    {.name = "token",
     .argument = "TOKEN",
     .help = "Who asks: the host of the debate, or an operator.",
     .variable = "DEBATE_TOKEN"},
    {0},
};

static const char *const examples[] = {
    "debate forget $SESSION --token $HOST",
    "Let the server remove what was said.",
    NULL,
};

const struct cmd cmd_forget = {
    .name = "forget",
    .summary = "remove the recordings, transcript and report of a debate for good",
    .operands = "SESSION",
    .operands_min = 1,
    .operands_max = 1,
    .description =
        "Removes what was said in a debate that has ended: its recordings, also those on their way "
        "in, its transcript and its report, with everything that services answered. The log stays, "
        "with who was there and what they chose, and an event that says what was removed. Nothing "
        "can be uploaded to that session any more. What services were sent is theirs to forget, "
        "and copies that people made are theirs.",
    .options = options,
    .examples = examples,
    .run = run,
};

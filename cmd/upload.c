#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/str.h"
#include "cmd.h"
#include "media/recording.h"
#include "online.h"
#include "print.h"
#include "upload.h"

enum { UPLOAD_FILES_MAX = 1000, UPLOAD_PATH_SIZE = 4096 };

/* What is the same for all files. */
struct uploading {
    const struct args *args;
    struct online *online;
    char session_id[LIMIT_SESSION_ID + 1]; /* empty: not known */
};

/* ---- options ---- */

static bool recording_id_valid(const char *id)
{
    size_t len = strlen(id);
    if (len == 0 || len > LIMIT_RECORDING_ID)
        return false;
    for (; *id; id++) {
        if (*id <= ' ' || *id > '~')
            return false;
    }
    return true;
}

/* The value of one of two options that exclude each other: what the config file says gives way. */
static const char *either(const struct args *args, const char *name, const char *other)
{
    return args_asked(args, other) && !args_asked(args, name) ? NULL : args_get(args, name);
}

static enum exit_code check_pending(const struct args *args)
{
    static const char *const others[] = {"recording-id", "room", "session"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (args_asked(args, others[i]))
            return args_usage_error(args, "--pending and --%s exclude each other", others[i]);
    }
    if (args_operand_count(args) > 1)
        return args_usage_error(args, "%s: one too many; --pending takes one folder",
                                args_operand(args, 1));
    return EXIT_CODE_DONE;
}

static enum exit_code check(const struct args *args)
{
    if (args_operand_count(args) == 0)
        return args_usage_error(args, "FILE is missing; it is debate upload FILE... or debate "
                                      "upload --pending [DIR]");
    const char *id = args_get(args, "recording-id"), *room_code = either(args, "room", "session");
    const char *session_id = either(args, "session", "room");
    if (id && args_operand_count(args) > 1)
        return args_usage_error(args, "--recording-id is one recording's: it goes with one FILE");
    if (id && !recording_id_valid(id))
        return args_usage_error(args, "--recording-id %s: not an id", id);
    if (room_code && session_id)
        return args_usage_error(args, "--room and --session exclude each other");
    if (session_id && !session_id_valid(session_id))
        return args_usage_error(args, "--session %s: s_ and 22 to 64 of A-Z a-z 0-9 _ -",
                                session_id);
    return room_code ? online_check_room(args, "--room", room_code) : EXIT_CODE_DONE;
}

/* Finds the session to check against. Who gave none asks how the server is: a URL without a server
 * shows now, while an upload would try again for minutes. */
static enum exit_code find_session(struct uploading *uploading)
{
    const char *room_code = either(uploading->args, "room", "session"), *found;
    const char *session_id = either(uploading->args, "session", "room");
    enum exit_code code;
    if (!room_code) {
        code = online_ask(uploading->online, "GET", "/healthz", NULL);
        if (session_id)
            str_copy(uploading->session_id, sizeof uploading->session_id, session_id);
        return code;
    }
    code = online_room(uploading->online, room_code);
    if (!code)
        code = online_string(uploading->online, "session_id", &found);
    if (!code)
        str_copy(uploading->session_id, sizeof uploading->session_id, found);
    return code;
}

/* ---- one file ---- */

/* The id that stands in the timeline beside FILE: NAME.opus has NAME.timeline. */
static enum exit_code read_id(const struct args *args, const char *path,
                              char id[LIMIT_RECORDING_ID + 1])
{
    char beside[UPLOAD_PATH_SIZE];
    struct timeline timeline;
    if (!timeline_beside(path, beside, sizeof beside))
        return args_usage_error(args, "%.60s: too long for a path", path);
    if (timeline_read(beside, &timeline))
        return args_error(args, EXIT_CODE_FAILED,
                          "%s: which recording is it? There is no timeline in %s; give "
                          "--recording-id",
                          path, beside);
    bool is_valid = recording_id_valid(timeline.recording_id) &&
                    str_copy(id, LIMIT_RECORDING_ID + 1, timeline.recording_id);
    timeline_release(&timeline);
    return is_valid ? EXIT_CODE_DONE
                    : args_error(args, EXIT_CODE_FAILED, "%s: damaged: no recording has such an id",
                                 beside);
}

static enum exit_code check_file(const struct args *args, const char *path)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return args_error(args, EXIT_CODE_FAILED, "%s: %s", path, strerror(errno));
    if (!S_ISREG(status.st_mode))
        return args_error(args, EXIT_CODE_FAILED, "%s: not a file", path);
    if (status.st_size == 0)
        return args_error(args, EXIT_CODE_FAILED, "%s: empty", path);
    if ((uint64_t)status.st_size > LIMIT_UPLOAD_BYTES)
        return args_error(args, EXIT_CODE_FAILED,
                          "%s: longer than the %llu MiB that a server takes", path,
                          LIMIT_UPLOAD_BYTES >> 20);
    return EXIT_CODE_DONE;
}

bool upload_show_progress(void *context, uint64_t sent, uint64_t total)
{
    (void)context;
    if (isatty(STDERR_FILENO) == 1)
        fprintf(stderr, "\r%3u%% of %.0f KiB ", total ? (unsigned)(sent * 100 / total) : 0,
                (double)total / 1024);
    return false;
}

void upload_end_progress(void)
{
    if (isatty(STDERR_FILENO) == 1)
        fputs("\r\033[K", stderr);
}

static enum exit_code failed(const struct uploading *uploading, enum err e, const char *path,
                             const struct tus_result *result)
{
    const char *why = result->why[0] ? result->why : err_code(e);
    if (e == ERR_CORRUPT)
        return args_error(uploading->args, EXIT_CODE_FAILED,
                          "%s: the server has other bytes of this recording than the file", path);
    if (e == ERR_UNTRUSTED)
        return args_error(uploading->args, EXIT_CODE_UNREACHABLE, "%s: not sent: %s", path, why);
    if (e == ERR_UNREACHABLE && result->status == 0)
        return args_error(uploading->args, EXIT_CODE_UNREACHABLE,
                          "%s: lost the server (%s); run it again to go on", path, why);
    if (e == ERR_REFUSED || e == ERR_UNREACHABLE)
        return args_error(uploading->args, EXIT_CODE_REFUSED, "%s: the server refused: %s", path,
                          why);
    return args_error(uploading->args, EXIT_CODE_FAILED, "%s", why);
}

void upload_print(const struct args *args, const char *path, const char *id,
                  const struct tus_result *result)
{
    if (args_given(args, "json")) {
        printf("{\"recording_id\":\"%s\",\"bytes\":%" PRIu64 ",\"sha256\":\"%s\",\"checked\":%s}\n",
               id, result->bytes, result->sha256, result->checked ? "true" : "false");
        return;
    }
    print_safely(stdout, path);
    printf(": %" PRIu64 " bytes%s, sha256 %s\n", result->bytes, result->checked ? ", checked" : "",
           result->sha256);
}

static enum exit_code upload(struct uploading *uploading, const char *path)
{
    char id[LIMIT_RECORDING_ID + 1] = "";
    const char *given = args_get(uploading->args, "recording-id");
    struct tus_result result;
    enum exit_code code = check_file(uploading->args, path);
    if (!code && given)
        str_copy(id, sizeof id, given);
    else if (!code)
        code = read_id(uploading->args, path, id);
    if (code)
        return code;
    struct tus_request request = {.server = uploading->online->server,
                                  .token = uploading->online->token,
                                  .path = path,
                                  .recording_id = id,
                                  .session_id =
                                      uploading->session_id[0] ? uploading->session_id : NULL,
                                  .on_progress = upload_show_progress};
    enum err e = tus_upload(&request, &result);
    upload_end_progress();
    if (e)
        return failed(uploading, e, path, &result);
    upload_print(uploading->args, path, id, &result);
    fflush(stdout);
    return EXIT_CODE_DONE;
}

/* Each file, whatever became of the one before; but not when the server is gone. */
static enum exit_code upload_all(struct uploading *uploading)
{
    enum exit_code first = EXIT_CODE_DONE;
    for (int i = 0; i < args_operand_count(uploading->args); i++) {
        enum exit_code code = upload(uploading, args_operand(uploading->args, i));
        if (!first)
            first = code;
        if (code == EXIT_CODE_UNREACHABLE)
            break;
    }
    return first;
}

static enum exit_code run(const struct args *args)
{
    struct online online;
    struct uploading uploading = {.args = args, .online = &online};
    enum exit_code code = EXIT_CODE_DONE;
    if (args_given(args, "pending")) {
        code = check_pending(args);
        return code ? code : upload_pending(args);
    }
    if (args_given(args, "to"))
        return upload_to(args);
    code = check(args);
    if (code)
        return code;
    code = online_init(&online, args);
    if (!code)
        code = online_need_token(&online);
    if (!code)
        code = find_session(&uploading);
    if (!code)
        code = upload_all(&uploading);
    online_release(&online);
    return code;
}

static const struct option options[] = {
    {.name = "json", .help = "Print each recording that arrived as a JSON line."},
    {.name = "participant",
     .argument = "ID",
     .help = "With --to: whose recording FILE is, p1 say. Without it, a FILE that is named as a "
             "server keeps it, p1-1.opus, says so."},
    {.name = "pending",
     .help = "Send what was left behind in a folder, given instead of FILE: each recording to the "
             "server it was made at, as the one who made it. Without a folder, in "
             "$XDG_STATE_HOME/debate/recordings or ~/.local/state/debate/recordings."},
    {.name = "recording-id",
     .argument = "ID",
     .help = "Which recording FILE is. Without it, the timeline beside FILE says so."},
    {.name = "room",
     .argument = "CODE",
     .help = "Ask this room's last session afterwards whether it has the same bytes."},
    OPTION_SERVER,
    {.name = "session", .argument = "ID", .help = "As --room, for a session by its id."},
    {.name = "to",
     .argument = "URL",
     .help = "Send FILE to this address instead, as a form: to a service that analyses recordings, "
             "say. --token is then what that service asks for."},
    {.name = "token",
     .argument = "TOKEN",
     .help = "Who uploads: the one who made the recording, or the host.",
     .variable = "DEBATE_TOKEN"},
    {0},
};

static const char *const examples[] = {
    "debate upload kim.opus --token $KIM",
    "Upload a recording; after any failure, the same again goes on where it stopped.",
    "debate upload *.opus --room sunday --token $HOST",
    "Upload what all three recorded, and check what arrived.",
    "debate upload --pending",
    "Send what a crash or a lost connection has left.",
    NULL,
};

const struct cmd cmd_upload = {
    .name = "upload",
    .summary = "upload recordings that stayed behind",
    .operands = "FILE...",
    .operands_min = 0,
    .operands_max = UPLOAD_FILES_MAX,
    .description =
        "Sends recordings to the server, in chunks with checksums, as often as it takes. While one "
        "is under way, FILE.upload beside it remembers how to go on. A server takes recordings for "
        "24 hours after the end of the session.\n\n"
        "A recording that has not arrived has NAME.pending beside it, which says where it belongs. "
        "What is still being recorded is left alone, and what a server will never take becomes "
        "NAME.refused; the sound stays in either case.",
    .options = options,
    .examples = examples,
    .run = run,
};

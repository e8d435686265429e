#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "media/recording.h"
#include "print.h"
#include "session/http.h"
#include "upload.h"

enum {
    TO_ANSWER_MAX = 1024 * 1024, /* bytes; nobody reads it but for its status */
    TO_PATH_SIZE = 4096,
    TO_NUMBER_SIZE = 24,
    TO_PARTS = 6
};

/* What is known of a recording from the timeline beside it. */
struct described {
    char timeline_path[TO_PATH_SIZE];
    struct timeline timeline;
    bool has_timeline;
    char started_at_ms[TO_NUMBER_SIZE];
};

static void describe(const char *path, struct described *out)
{
    out->has_timeline = timeline_beside(path, out->timeline_path, sizeof out->timeline_path) &&
                        timeline_read(out->timeline_path, &out->timeline) == ERR_NONE;
    if (out->has_timeline)
        snprintf(out->started_at_ms, sizeof out->started_at_ms, "%" PRId64,
                 out->timeline.started_at_ms);
}

static void fill(const struct args *args, const char *path, const struct described *known,
                 struct http_part parts[TO_PARTS])
{
    const char *id = args_get(args, "recording-id"), *session_id = args_get(args, "session");
    size_t count = 0;
    if (!id && known->has_timeline)
        id = known->timeline.recording_id;
    if (id)
        parts[count++] = (struct http_part){.name = "recording_id", .value = id};
    if (session_id)
        parts[count++] = (struct http_part){.name = "session_id", .value = session_id};
    if (known->has_timeline) {
        parts[count++] = (struct http_part){.name = "started_at_ms", .value = known->started_at_ms};
        parts[count++] = (struct http_part){.name = "timeline", .path = known->timeline_path};
    }
    parts[count++] = (struct http_part){.name = "file", .path = path};
    parts[count] = (struct http_part){.name = NULL};
}

static enum exit_code tell(const struct args *args, const char *path, enum err e,
                           const struct http_response *answer)
{
    const char *why = answer->error[0] ? answer->error : err_code(e);
    if (e == ERR_BAD_REQUEST)
        return args_usage_error(args, "--to %s: %s", args_get(args, "to"), why);
    if (e == ERR_UNREACHABLE || e == ERR_UNTRUSTED)
        return args_error(args, EXIT_CODE_UNREACHABLE, "%s: not sent to %s: %s", path,
                          args_get(args, "to"), why);
    if (e && e != ERR_FULL)
        return args_error(args, EXIT_CODE_FAILED, "%s: %s", path, why);
    if (answer->status >= 300)
        return args_error(args, EXIT_CODE_REFUSED, "%s: %s answered with %d", path,
                          args_get(args, "to"), answer->status);
    if (args_given(args, "json")) {
        printf("{\"status\":%d}\n", answer->status);
    } else {
        print_safely(stdout, path);
        printf(": sent\n");
    }
    fflush(stdout);
    return EXIT_CODE_DONE;
}

static enum exit_code send_one(const struct args *args, const char *path)
{
    struct http_part parts[TO_PARTS];
    struct described known = {.has_timeline = false};
    struct http_response answer;
    struct stat about;
    if (stat(path, &about) != 0 || access(path, R_OK) != 0)
        return args_error(args, EXIT_CODE_FAILED, "%s: %s", path, strerror(errno));
    if (!S_ISREG(about.st_mode))
        return args_error(args, EXIT_CODE_FAILED, "%s: not a file", path);
    describe(path, &known);
    fill(args, path, &known, parts);
    const struct http_request request = {.method = "POST",
                                         .url = args_get(args, "to"),
                                         .token = args_get(args, "token"),
                                         .parts = parts,
                                         .timeout_ms = -1};
    http_response_init(&answer, TO_ANSWER_MAX);
    enum err e = http_send(&request, &answer);
    enum exit_code code = tell(args, path, e, &answer);
    http_response_release(&answer);
    if (known.has_timeline)
        timeline_release(&known.timeline);
    return code;
}

enum exit_code upload_to(const struct args *args)
{
    static const char *const others[] = {"pending", "room"};
    const char *session_id = args_get(args, "session");
    enum exit_code first = EXIT_CODE_DONE;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (args_asked(args, others[i]))
            return args_usage_error(args, "--to and --%s exclude each other", others[i]);
    }
    if (args_operand_count(args) == 0)
        return args_usage_error(args, "FILE is missing; it is debate upload FILE... --to URL");
    if (args_get(args, "recording-id") && args_operand_count(args) > 1)
        return args_usage_error(args, "--recording-id is one recording's: it goes with one FILE");
    if (session_id && !session_id_valid(session_id))
        return args_usage_error(args, "--session %s: s_ and 22 to 64 of A-Z a-z 0-9 _ -",
                                session_id);
    for (int i = 0; i < args_operand_count(args); i++) {
        enum exit_code code = send_one(args, args_operand(args, i));
        if (!first)
            first = code;
        if (code == EXIT_CODE_UNREACHABLE)
            break;
    }
    return first;
}

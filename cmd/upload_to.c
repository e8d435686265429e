#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/str.h"
#include "crypto/hash.h"
#include "media/recording.h"
#include "media/sound_reader.h"
#include "print.h"
#include "proto/limits.h"
#include "session/http.h"
#include "session/rejoin.h"
#include "upload.h"

enum {
    TO_ANSWER_MAX = 1024 * 1024, /* bytes; nobody reads it but for its status */
    TO_PATH_SIZE = 4096,
    TO_NUMBER_SIZE = 24,
    TO_PARTS = 9,
    TO_TRIES_MAX = 8,            /* half a minute in all */
    TO_TRIES_UNANSWERED_MAX = 3, /* of an address where nobody has ever answered */
    TO_DELAY_MS = 500,
    TO_DELAY_MAX_MS = 15000,
    TO_WAIT_MAX_S = 300 /* for longer nobody wants to look at a prompt */
};

/* What is known of a recording: from its file, its path, and the timeline beside it. */
struct described {
    char timeline_path[TO_PATH_SIZE];
    struct timeline timeline;
    bool has_timeline;
    char started_at_ms[TO_NUMBER_SIZE], bytes[TO_NUMBER_SIZE];
    char sha256[SHA256_TEXT_SIZE];
    const char *type;                      /* by its first bytes; NULL: not known */
    char participant[TO_NUMBER_SIZE];      /* empty: not known */
    char session_id[LIMIT_SESSION_ID + 1]; /* empty: not known */
};

/* One run of the command. */
struct sending {
    const struct args *args;
    bool answered; /* somebody is there */
    bool is_over;  /* what failed will fail for the next file, too */
};

/* ---- what it is ---- */

/* A server keeps recordings as SESSION/pN-M.opus, WebM as well. */
static void describe_by_path(const char *path, struct described *out)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    size_t digits = name[0] == 'p' ? strspn(name + 1, "0123456789") : 0;
    if (digits && digits < 4 && name[1 + digits] == '-')
        snprintf(out->participant, sizeof out->participant, "%.*s", (int)digits + 1, name);
    while (slash && slash > path && slash[-1] != '/')
        slash--;
    size_t len = slash ? strcspn(slash, "/") : 0;
    if (len && len < sizeof out->session_id) {
        memcpy(out->session_id, slash, len);
        out->session_id[len] = '\0';
        if (!session_id_valid(out->session_id))
            out->session_id[0] = '\0';
    }
}

static enum err take_digest(const char *path, struct described *out)
{
    uint8_t bytes[64 * 1024];
    uint64_t total = 0;
    FILE *file = fopen(path, "rbe");
    struct hash *hash = file ? hash_new(HASH_SHA256) : NULL;
    enum err e = !file ? ERR_IO : hash ? ERR_NONE : ERR_NO_MEMORY;
    for (size_t len; !e && (len = fread(bytes, 1, sizeof bytes, file)) > 0; total += len) {
        if (!total)
            out->type = sound_media_type(bytes, len);
        e = hash_update(hash, bytes, len);
    }
    if (!e && ferror(file))
        e = ERR_IO;
    if (!e)
        e = hash_final(hash, bytes);
    if (!e)
        hex_encode(bytes, SHA256_SIZE, out->sha256);
    snprintf(out->bytes, sizeof out->bytes, "%" PRIu64, total);
    hash_free(hash);
    if (file)
        fclose(file);
    return e;
}

static enum err describe(const char *path, struct described *out)
{
    describe_by_path(path, out);
    out->has_timeline = timeline_beside(path, out->timeline_path, sizeof out->timeline_path) &&
                        timeline_read(out->timeline_path, &out->timeline) == ERR_NONE;
    if (out->has_timeline)
        snprintf(out->started_at_ms, sizeof out->started_at_ms, "%" PRId64,
                 out->timeline.started_at_ms);
    return take_digest(path, out);
}

static void add(struct http_part parts[TO_PARTS], const char *name, const char *value)
{
    size_t count = 0;
    while (parts[count].name)
        count++;
    if (value && value[0])
        parts[count] = (struct http_part){.name = name, .value = value};
}

static const char *or_known(const char *given, const char *known)
{
    return given ? given : known;
}

/* The file comes last: who reads the form knows by then what it is. */
static void fill(const struct args *args, const char *path, const struct described *known,
                 struct http_part parts[TO_PARTS])
{
    const char *id = known->has_timeline ? known->timeline.recording_id : NULL;
    size_t count = 0;
    memset(parts, 0, TO_PARTS * sizeof *parts);
    add(parts, "recording_id", or_known(args_get(args, "recording-id"), id));
    add(parts, "session_id", or_known(args_get(args, "session"), known->session_id));
    add(parts, "participant_id", or_known(args_get(args, "participant"), known->participant));
    add(parts, "bytes", known->bytes);
    add(parts, "sha256", known->sha256);
    if (known->has_timeline)
        add(parts, "started_at_ms", known->started_at_ms);
    while (parts[count].name)
        count++;
    if (known->has_timeline)
        parts[count++] = (struct http_part){.name = "timeline", .path = known->timeline_path};
    parts[count] = (struct http_part){.name = "file", .path = path, .content_type = known->type};
}

/* ---- sending ---- */

/* Whether the same may be taken later (RFC 9110, sections 15.5.9 and 15.6; RFC 6585, section 4). */
static bool is_for_later(enum err e, int status)
{
    return e == ERR_UNREACHABLE ||
           (!e && (status == 408 || status == 425 || status == 429 || status >= 500));
}

/* Retry-After (RFC 9110, section 10.2.3), as seconds or as a date; 0: it does not say. */
static double asked_s(const struct http_response *answer)
{
    char text[64];
    uint64_t seconds;
    struct tm date = {0};
    if (http_response_header(answer, "Retry-After", text, sizeof text))
        return 0;
    if (str_to_u64(text, UINT32_MAX, &seconds))
        return (double)seconds;
    const char *end = strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &date);
    double left_s = end && !*end ? difftime(timegm(&date), time(NULL)) : 0;
    return left_s > 0 ? left_s : 0;
}

static void wait_ms(double ms)
{
    struct timespec left = {.tv_sec = (time_t)(ms / 1000),
                            .tv_nsec = (long)((ms - (double)(time_t)(ms / 1000) * 1000) * 1e6)};
    while (nanosleep(&left, &left) < 0 && errno == EINTR)
        continue;
}

/* As often as it takes; the service knows by the key that it is the same again. `*wait_s`: it asks
 * for more patience than there is. */
static enum err send_again(struct sending *sending, const struct http_request *request,
                           struct http_response *answer, double *wait_s)
{
    struct backoff backoff = {.first_ms = TO_DELAY_MS, .max_ms = TO_DELAY_MAX_MS};
    for (;;) {
        enum err e = http_send(request, answer);
        *wait_s = 0;
        sending->answered |= !e;
        if (!is_for_later(e, answer->status))
            return e;
        unsigned tries_max = sending->answered ? TO_TRIES_MAX : TO_TRIES_UNANSWERED_MAX;
        double asked = e ? 0 : asked_s(answer), ms = backoff_next_ms(&backoff, backoff_random());
        if (asked > TO_WAIT_MAX_S)
            *wait_s = asked;
        if (*wait_s > 0 || backoff.tries >= tries_max)
            return e;
        wait_ms(asked * 1000 > ms ? asked * 1000 : ms);
    }
}

static enum exit_code refused(const struct args *args, const char *path, int status, double wait_s)
{
    const char *to = args_get(args, "to");
    if (wait_s > 0)
        return args_error(args, EXIT_CODE_REFUSED,
                          "%s: not sent: %s answered with %d and asks to wait for %.0f s", path, to,
                          status, wait_s);
    return args_error(args, EXIT_CODE_REFUSED, "%s: not sent: %s answered with %d%s", path, to,
                      status, is_for_later(ERR_NONE, status) ? ", again and again" : "");
}

static enum exit_code tell(const struct args *args, const char *path, enum err e,
                           const struct http_response *answer, const struct described *known)
{
    const char *why = answer->error[0] ? answer->error : err_code(e);
    if (e == ERR_BAD_REQUEST)
        return args_usage_error(args, "--to %s: %s", args_get(args, "to"), why);
    if (e == ERR_UNREACHABLE || e == ERR_UNTRUSTED)
        return args_error(args, EXIT_CODE_UNREACHABLE, "%s: not sent to %s: %s", path,
                          args_get(args, "to"), why);
    if (e && e != ERR_FULL)
        return args_error(args, EXIT_CODE_FAILED, "%s: %s", path, why);
    if (args_given(args, "json")) {
        printf("{\"status\":%d,\"bytes\":%s,\"sha256\":\"%s\"}\n", answer->status, known->bytes,
               known->sha256);
    } else {
        print_safely(stdout, path);
        printf(": sent, %s bytes, sha256 %s\n", known->bytes, known->sha256);
    }
    fflush(stdout);
    return EXIT_CODE_DONE;
}

static enum exit_code send_described(struct sending *sending, const char *path,
                                     const struct described *known)
{
    const struct args *args = sending->args;
    struct http_part parts[TO_PARTS];
    struct http_response answer;
    char key[sizeof known->sha256 + 32];
    const char *const headers[] = {key, NULL};
    double wait_s;
    fill(args, path, known, parts);
    snprintf(key, sizeof key, "Idempotency-Key: \"%s\"", known->sha256);
    const struct http_request request = {.method = "POST",
                                         .url = args_get(args, "to"),
                                         .token = args_get(args, "token"),
                                         .parts = parts,
                                         .headers = headers,
                                         .timeout_ms = -1};
    http_response_init(&answer, TO_ANSWER_MAX);
    enum err e = send_again(sending, &request, &answer, &wait_s);
    bool is_refused = (!e || e == ERR_FULL) && answer.status >= 300;
    sending->is_over = (e && e != ERR_FULL && e != ERR_IO) || is_for_later(e, answer.status);
    enum exit_code code = is_refused ? refused(args, path, answer.status, wait_s)
                                     : tell(args, path, e, &answer, known);
    http_response_release(&answer);
    return code;
}

static enum exit_code send_one(struct sending *sending, const char *path)
{
    const struct args *args = sending->args;
    struct described known = {.has_timeline = false};
    struct stat about;
    if (stat(path, &about) != 0)
        return args_error(args, EXIT_CODE_FAILED, "%s: %s", path, strerror(errno));
    if (!S_ISREG(about.st_mode))
        return args_error(args, EXIT_CODE_FAILED, "%s: not a file", path);
    enum err e = describe(path, &known);
    enum exit_code code = e ? args_error(args, EXIT_CODE_FAILED, "%s: %s", path,
                                         e == ERR_IO ? strerror(errno) : err_code(e))
                            : send_described(sending, path, &known);
    if (known.has_timeline)
        timeline_release(&known.timeline);
    return code;
}

/* ---- all of them ---- */

static enum exit_code check(const struct args *args)
{
    static const char *const others[] = {"pending", "room"};
    static const char *const of_one[] = {"recording-id", "participant"};
    const char *session_id = args_get(args, "session"), *who = args_get(args, "participant");
    uint64_t number;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (args_asked(args, others[i]))
            return args_usage_error(args, "--to and --%s exclude each other", others[i]);
    }
    if (args_operand_count(args) == 0)
        return args_usage_error(args, "FILE is missing; it is debate upload FILE... --to URL");
    for (size_t i = 0; i < sizeof of_one / sizeof *of_one; i++) {
        if (args_get(args, of_one[i]) && args_operand_count(args) > 1)
            return args_usage_error(args, "--%s is one recording's: it goes with one FILE",
                                    of_one[i]);
    }
    if (session_id && !session_id_valid(session_id))
        return args_usage_error(args, "--session %s: s_ and 22 to 64 of A-Z a-z 0-9 _ -",
                                session_id);
    if (who && (who[0] != 'p' || !str_to_u64(who + 1, 999, &number) || number == 0))
        return args_usage_error(args, "--participant %s: p1, p2, ... it is", who);
    return EXIT_CODE_DONE;
}

enum exit_code upload_to(const struct args *args)
{
    struct sending sending = {.args = args};
    int count = args_operand_count(args), sent = 0;
    enum exit_code first = check(args);
    if (first)
        return first;
    for (int i = 0; i < count && !sending.is_over; i++) {
        enum exit_code code = send_one(&sending, args_operand(args, i));
        sent += !code;
        if (!first)
            first = code;
    }
    if (first && count > 1)
        return args_error(args, first, "%d of %d recordings were sent", sent, count);
    return first;
}

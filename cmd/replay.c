#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "cmd.h"
#include "input.h"
#include "print.h"
#include "replay_line.h"
#include "room/replay.h"

enum {
    REPLAY_LOG_MAX = 1 << 30, /* bytes: LIMIT_EVENTS_SESSION events, each a kilobyte */
    REPLAY_LINE_MAX = LIMIT_LOG_LINE
};

enum replay_form { FORM_TIMELINE, FORM_JSON, FORM_NONE };

/* A log that is being told. */
struct telling {
    enum replay_form form;
    double speed; /* 0: all at once */
    bool has_header;
    int64_t zero_ms;  /* what times are relative to */
    int64_t first_ms; /* the first event's time; told at `began` */
    struct timespec began;
    struct buf line;
};

/* ---- telling ---- */

static void put_line(struct telling *telling)
{
    if (telling->form == FORM_JSON)
        fwrite(telling->line.data, 1, telling->line.len, stdout);
    else
        print_safely(stdout, telling->line.data ? telling->line.data : "");
    fputc('\n', stdout);
    if (telling->speed > 0)
        fflush(stdout);
}

static void tell_header(struct telling *telling, const struct room *room)
{
    const struct log_header *header = room_header(room);
    time_t created_s = (time_t)(header->created_at_ms / 1000);
    struct tm utc;
    char when[32] = "";
    telling->has_header = true;
    buf_clear(&telling->line);
    if (telling->form == FORM_JSON) {
        if (!log_header_print(header, &telling->line))
            put_line(telling);
        return;
    }
    if (gmtime_r(&created_s, &utc))
        strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S UTC", &utc);
    if (header->agenda->title[0] && !buf_append_str(&telling->line, header->agenda->title))
        put_line(telling);
    buf_clear(&telling->line);
    if (!buf_printf(&telling->line, "room %s, session %s, %d seats, made by %s on %s",
                    header->room_code, header->session_id, header->seats, header->host_user, when))
        put_line(telling);
    fputc('\n', stdout);
}

/* Until the event's time has come, at the wanted speed. */
static void wait_for(struct telling *telling, int64_t ts_ms)
{
    if (telling->began.tv_sec == 0 && telling->began.tv_nsec == 0) {
        clock_gettime(CLOCK_MONOTONIC, &telling->began);
        telling->first_ms = ts_ms;
    }
    double wait_s = (double)(ts_ms - telling->first_ms) / 1000 / telling->speed, whole;
    double part = modf(wait_s, &whole);
    struct timespec until = {.tv_sec = telling->began.tv_sec + (time_t)whole,
                             .tv_nsec = telling->began.tv_nsec + (long)(part * 1e9)};
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
        continue;
}

static void tell(void *context, const struct room *room, const struct event *event)
{
    struct telling *telling = context;
    if (telling->form == FORM_NONE)
        return;
    if (!telling->has_header)
        tell_header(telling, room);
    if (telling->speed > 0)
        wait_for(telling, event->ts_ms);
    buf_clear(&telling->line);
    enum err e;
    if (telling->form == FORM_JSON) {
        e = event_print(event, &telling->line);
    } else {
        e = replay_time_print(event->ts_ms - telling->zero_ms, &telling->line);
        buf_append_str(&telling->line, "  ");
        if (!e)
            e = replay_line_print(room, event, &telling->line);
    }
    if (!e)
        put_line(telling);
}

/* ---- reading ---- */

static void find_start(void *context, const struct room *room, const struct event *event)
{
    int64_t *zero_ms = context;
    if (*zero_ms == 0)
        *zero_ms = room_header(room)->created_at_ms;
    if (event->type == EVENT_START)
        *zero_ms = event->start.start_at_ms;
}

/* Times count from the start, or from the making of the room when it never started. What is wrong
 * with the log is said when it is told. */
static int64_t zero_of(const struct buf *log)
{
    struct replay_result result;
    int64_t zero_ms = 0;
    enum err e =
        replay_log(log->data ? log->data : "", log->len, NULL, find_start, &zero_ms, NULL, &result);
    return e == ERR_NO_MEMORY ? 0 : zero_ms;
}

static enum exit_code tell_log(const struct args *args, struct telling *telling,
                               const struct buf *log)
{
    const char *path = args_operand(args, 0);
    struct replay_result result;
    struct room *room = NULL;
    enum err e =
        replay_log(log->data ? log->data : "", log->len, NULL, tell, telling, &room, &result);
    if (room && !telling->has_header && telling->form != FORM_NONE)
        tell_header(telling, room);
    room_free(room);
    fflush(stdout);
    if (e == ERR_CORRUPT)
        return args_error(args, EXIT_CODE_FAILED, "%s: line %zu: %s", path, result.line,
                          result.what);
    if (e)
        return args_error(args, EXIT_CODE_FAILED, "%s: no memory", path);
    if (result.torn)
        args_error(args, EXIT_CODE_DONE, "%s: line %zu is torn and left out", path,
                   result.events + 2);
    if (telling->form == FORM_NONE)
        printf("%zu events; written anew from them, the log is the same to the byte%s\n",
               result.events, result.is_public ? " (without what the host's log leaves out)" : "");
    return EXIT_CODE_DONE;
}

static enum exit_code run(const struct args *args)
{
    struct telling telling = {.form = FORM_TIMELINE};
    struct buf log;
    bool is_printing = args_asked(args, "json") || args_asked(args, "speed");
    bool is_check = args_given(args, "check") && !is_printing;
    if (is_printing && args_asked(args, "check"))
        return args_usage_error(args,
                                "--check prints no events: it goes without --json and --speed");
    if (args_given(args, "speed") && !args_decimal(args, "speed", 0.001, 1e6, &telling.speed))
        return EXIT_CODE_USAGE;
    if (is_check)
        telling.form = FORM_NONE;
    else if (args_given(args, "json"))
        telling.form = FORM_JSON;
    buf_init(&log, REPLAY_LOG_MAX);
    buf_init(&telling.line, REPLAY_LINE_MAX);
    enum exit_code code = input_read(args, args_operand(args, 0), &log);
    if (!code && telling.form == FORM_TIMELINE)
        telling.zero_ms = zero_of(&log);
    if (!code)
        code = tell_log(args, &telling, &log);
    buf_release(&telling.line);
    buf_release(&log);
    return code;
}

static const struct option options[] = {
    {.name = "check",
     .help = "Print no events: rebuild the session from them, write its log anew, and fail at the "
             "first line where a byte differs."},
    {.name = "json", .help = "Print the header and each event as a JSON line, as in the log."},
    {.name = "speed",
     .argument = "N",
     .help = "Take the time that it took, N times faster; 0.5 is half as fast. Without it, all "
             "comes at once."},
    {0},
};

static const char *const examples[] = {
    "debate replay sunday.jsonl",
    "Print what happened, line by line, with times from the common start.",
    "debate replay --speed 10 sunday.jsonl",
    "See it happen, ten times faster.",
    "debate replay --check - < sunday.jsonl",
    "Prove that the log is one that the server can have written.",
    NULL,
};

const struct cmd cmd_replay = {
    .name = "replay",
    .summary = "print what happened in a session, from its log",
    .operands = "LOG",
    .operands_min = 1,
    .operands_max = 1,
    .description =
        "Reads a session log, the file or - for standard input, and prints a timeline: times "
        "relative to the common start, nicknames, and labels of choices. The log is checked on the "
        "way. A last line that was torn in the middle of writing is reported and left out; any "
        "other damage is an error that names the line, and the exit code is 1.",
    .options = options,
    .examples = examples,
    .run = run,
};

/* /api/sessions/{id}/report and /forget: what came of a debate, and its removal. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "server/exchange.h"
#include "server/house.h"
#include "server/http_uploads.h"
#include "server/server_inner.h"
#include "store/forgotten.h"

/* ---- the report ---- */

static bool may_read(const struct exchange *exchange, const struct house_room *room)
{
    return exchange_is_host(exchange, room) ||
           room_participant_of(room->room, exchange->token.user) != 0;
}

struct format {
    const char *name, *type;
};

/* The page when none is named; NULL: there is no such format. */
static const struct format *format_of(const struct exchange *exchange)
{
    static const struct format formats[] = {
        {"html", "text/html; charset=utf-8"},
        {"md", "text/markdown; charset=utf-8"}, /* RFC 7763 */
        {"json", "application/json"},
        {"vtt", "text/vtt; charset=utf-8"},
        {"srt", "application/x-subrip; charset=utf-8"},
        {"csv", "text/csv; charset=utf-8; header=present"}, /* RFC 4180 */
    };
    const char *name = exchange->format[0] ? exchange->format : "html";
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        if (strcmp(formats[i].name, name) == 0)
            return &formats[i];
    }
    return NULL;
}

/* -1: it is not there. */
static int open_report(const struct server *server, const struct house_room *room,
                       const struct format *format, uint64_t *len)
{
    char path[PATH_MAX];
    struct stat about;
    int wanted = snprintf(path, sizeof path, "%s/analysis/%s/report.%s", server->config.data,
                          room->session_id, format->name);
    int fd = wanted < PATH_MAX ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
    if (fd >= 0 && (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode))) {
        close(fd);
        return -1;
    }
    if (fd >= 0)
        *len = (uint64_t)about.st_size;
    return fd;
}

void http_report(struct exchange *exchange)
{
    struct house_room *room;
    struct session_view view;
    uint64_t len = 0;
    if (!exchange_session(exchange, &room))
        return;
    if (!may_read(exchange, room)) {
        exchange_fail(exchange, ERR_FORBIDDEN, REASON_NOT_SEATED, NULL);
        return;
    }
    if (room_is_forgotten(room->room)) {
        exchange_fail(exchange, ERR_ENDED, REASON_FORGOTTEN, NULL);
        return;
    }
    const struct format *format = format_of(exchange);
    if (!format) {
        exchange_fail(exchange, ERR_BAD_REQUEST, REASON_FIELD_VALUE, "format");
        return;
    }
    room_view(room->room, &view);
    int fd = view.report ? open_report(exchange->server, room, format, &len) : -1;
    if (fd < 0) {
        exchange_fail(exchange, ERR_NOT_FOUND, REASON_NO_REPORT, NULL);
        return;
    }
    /* It has a policy of its own. This one says in addition that it is nobody's page: nothing in it
     * can reach what the browser keeps for this server, or be shown within another's. */
    exchange_header(exchange, "Content-Security-Policy", "%s",
                    "sandbox allow-scripts; frame-ancestors 'none'");
    exchange_header(exchange, "X-Content-Type-Options", "nosniff");
    exchange_header(exchange, "Referrer-Policy", "no-referrer");
    exchange_header(exchange, "Cache-Control", "private, no-store");
    exchange_respond_file(exchange, fd, len, format->type);
}

/* ---- forgetting ---- */

struct forgetting {
    struct exchange *exchange;
    struct server *server;
    char session_id[LIMIT_SESSION_ID + 1];
    uint64_t seq;
    struct forgotten removed;
    enum err e;
    int error;
};

static void remove_moved(void *context)
{
    struct forgetting *work = context;
    work->e = forgotten_remove(work->server->config.data);
    work->error = errno;
}

static void removed(void *context);

/* What an analysis has made since; true: it is being removed as well. The log has the event. */
static bool goes_on(struct forgetting *work)
{
    struct forgotten again;
    turn_flush(work->server);
    if (!work->e) {
        work->e = forgotten_move(work->server->config.data, work->session_id, &again);
        work->error = errno;
    }
    if (work->e || !again.moved)
        return false;
    work->e = server_run_aside(work->server, remove_moved, removed, work);
    return !work->e;
}

static void removed(void *context)
{
    struct forgetting *work = context;
    struct exchange *exchange = work->exchange;
    if (goes_on(work))
        return;
    if (work->e) {
        log_error("what is to be forgotten cannot be removed: %s; the next start tries again",
                  strerror(work->error));
        exchange_fail(exchange, ERR_INTERNAL, REASON_NONE, NULL);
    } else {
        quota_freed(work->server, work->removed.bytes + work->removed.analysis_bytes);
        enum err e = buf_printf(&exchange->out,
                                "{\"seq\":%" PRIu64 ",\"recordings\":%u,\"bytes\":%" PRIu64
                                ",\"analysis\":%s}",
                                work->seq, work->removed.recordings, work->removed.bytes,
                                work->removed.analysis ? "true" : "false");
        if (e)
            exchange_fail(exchange, e, REASON_NONE, NULL);
        else
            exchange_respond_synced(exchange, 200, exchange_json);
    }
    exchange_unref(exchange);
    mem_free(work);
}

/* What is on its way in goes too; false: bytes are coming in at this very moment. */
static bool end_uploads(struct server *server, const struct room *room)
{
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < room_recording_count(room); i++) {
            struct recording_view recording = room_recording(room, i);
            struct upload *upload = uploads_find_recording(server->uploads, recording.recording_id);
            if (upload && upload->is_busy)
                return false;
            if (upload && pass == 1)
                uploads_remove(server->uploads, upload);
        }
    }
    return true;
}

static bool may_forget(struct exchange *exchange, const struct house_room *room)
{
    if (!exchange_is_host(exchange, room))
        exchange_fail(exchange, ERR_FORBIDDEN, REASON_NOT_HOST, NULL);
    else if (room_phase(room->room) != PHASE_ENDED)
        exchange_fail(exchange, ERR_WRONG_PHASE, REASON_NOT_ENDED, NULL);
    else if (room_is_forgotten(room->room))
        exchange_fail(exchange, ERR_ENDED, REASON_FORGOTTEN, NULL);
    else if (exchange->server->turn.is_stuck)
        exchange_fail(exchange, ERR_INTERNAL, REASON_NONE, NULL);
    else if (!end_uploads(exchange->server, room->room))
        exchange_fail(exchange, ERR_CONFLICT, REASON_NONE, NULL);
    else
        return true;
    return false;
}

void http_forget(struct exchange *exchange)
{
    struct server *server = exchange->server;
    struct house_room *room;
    if (!exchange_session(exchange, &room) || !may_forget(exchange, room))
        return;
    struct forgetting *work = mem_zalloc(sizeof *work);
    if (!work) {
        exchange_fail(exchange, ERR_NO_MEMORY, REASON_NONE, NULL);
        return;
    }
    *work = (struct forgetting){.exchange = exchange, .server = server};
    (void)str_copy(work->session_id, sizeof work->session_id, room->session_id);
    analyses_forget(server, room->session_id);
    enum err e = forgotten_move(server->config.data, room->session_id, &work->removed);
    if (e)
        log_error("session %s: cannot be forgotten: %s", room->session_id, strerror(errno));
    const struct room_command forget = {.ask = ROOM_FORGET,
                                        .token = &exchange->token,
                                        .recordings = work->removed.recordings,
                                        .bytes = work->removed.bytes};
    if (!e && house_decide(server, room, &forget)) {
        exchange_refuse(exchange, &server->effects.why);
        mem_free(work);
        return;
    }
    if (!e) {
        work->seq = server->effects.seq;
        house_publish(server, room);
        e = server_run_aside(server, remove_moved, removed, work);
    }
    if (e) {
        exchange_fail(exchange, ERR_INTERNAL, REASON_NONE, NULL);
        mem_free(work);
        return;
    }
    exchange_ref(exchange);
}

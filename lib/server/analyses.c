#include "server/analyses.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#include <utlist.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "server/house.h"
#include "server/server_inner.h"

enum {
    ARGUMENTS_MAX = 32,
    NICE = 10,            /* the loop comes first */
    SETTLE_MS = 1000,     /* between two looks whether the report's event is committed */
    RETRY_MS = 60 * 1000, /* doubled at each try: 1, 2, 4, 8 min */
    REPORT_PATH_SIZE = LIMIT_SESSION_ID + 32,
    SHARE_BYTES = 1 << 20, /* of the disk, beside what follows from the recordings */
    SHARE_WIDER_MAX = 16   /* doublings */
};

enum job_state {
    JOB_WAITS,    /* until `at_ms` */
    JOB_RUNS,     /* its process does */
    JOB_ANNOUNCED /* the event is to be committed, then `due` may go */
};

struct analysis_job {
    struct server *server;
    char session_id[LIMIT_SESSION_ID + 1];
    enum job_state state;
    unsigned tries;
    unsigned wider; /* so often its share of the disk has been doubled */
    bool is_short;  /* it waits for space, which has been said */
    int64_t at_ms;
    struct running *running; /* RUNS */
    struct analysis_job *prev, *next;
};

struct running {
    uv_process_t process;     /* first: it is freed by it */
    struct analysis_job *job; /* NULL: nobody wants to know any more */
    struct server *server;
    uint64_t share_bytes;   /* what it may write; 0: any number */
    uint64_t counted_bytes; /* of its folder, when it was last counted */
};

/* ---- what stands on disk ---- */

static bool path_of(const struct server *server, const char *session_id, const char *name,
                    char path[PATH_MAX])
{
    int len = snprintf(path, PATH_MAX, "%s/analysis/%s/%s", server->config.data, session_id, name);
    return len > 0 && len < PATH_MAX;
}

static bool make_folder(const char *path)
{
    return mkdir(path, 0700) == 0 || errno == EEXIST;
}

static bool mark(const struct server *server, const char *session_id)
{
    char path[PATH_MAX], above[PATH_MAX];
    int len = snprintf(above, sizeof above, "%s/analysis", server->config.data);
    if (len >= PATH_MAX || !make_folder(above) || !path_of(server, session_id, "", path) ||
        !make_folder(path) || !path_of(server, session_id, "due", path))
        return false;
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static void unmark(const struct server *server, const char *session_id)
{
    char path[PATH_MAX];
    if (path_of(server, session_id, "due", path))
        unlink(path);
}

/* ---- what waits ---- */

static struct analysis_job *find(const struct server *server, const char *session_id)
{
    struct analysis_job *job;
    DL_FOREACH(server->analyses.jobs, job)
    {
        if (strcmp(job->session_id, session_id) == 0)
            return job;
    }
    return NULL;
}

/* When all has come that may still come. */
static int64_t due_ms(const struct room *room)
{
    int64_t ended_ms = room_ended_at_ms(room);
    for (size_t i = 0; i < room_recording_count(room); i++) {
        if (!room_recording(room, i).uploaded)
            return ended_ms + LIMIT_UPLOAD_MS;
    }
    return ended_ms;
}

static void add(struct server *server, const struct house_room *room)
{
    struct analysis_job *job = mem_zalloc(sizeof *job);
    if (!job) {
        log_error("session %s: no memory left for its analysis", room->session_id);
        return;
    }
    job->server = server;
    job->at_ms = due_ms(room->room);
    (void)str_copy(job->session_id, sizeof job->session_id, room->session_id);
    DL_APPEND(server->analyses.jobs, job);
    server_rearm(server);
}

static void drop(struct analysis_job *job)
{
    DL_DELETE(job->server->analyses.jobs, job);
    mem_free(job);
}

void analyses_ended(struct server *server, struct house_room *room)
{
    if (!server->config.analyze)
        return;
    if (!mark(server, room->session_id))
        log_error("session %s: no folder for its analysis: %s", room->session_id, strerror(errno));
    add(server, room);
}

void analyses_uploaded(struct server *server, struct house_room *room)
{
    struct analysis_job *job = find(server, room->session_id);
    if (!job || job->state != JOB_WAITS || job->tries)
        return;
    job->at_ms = due_ms(room->room);
    server_rearm(server);
}

/* ---- what runs ---- */

static void failed(struct analysis_job *job, int64_t status, int signal)
{
    job->state = JOB_WAITS;
    job->tries++;
    job->at_ms = server_now_ms(job->server) + (RETRY_MS << (job->tries - 1));
    log_warning("session %s: its analysis has failed (%s %d)%s", job->session_id,
                signal ? "signal" : "exit", signal ? signal : (int)status,
                job->tries < ANALYSES_TRIES ? "; it goes on later" : "");
    if (job->tries >= ANALYSES_TRIES)
        drop(job); /* the next start tries again */
}

static void announce(struct analysis_job *job)
{
    struct server *server = job->server;
    struct house_room *room;
    char report[REPORT_PATH_SIZE];
    enum err e = house_by_id(server, job->session_id, &room);
    snprintf(report, sizeof report, "/api/sessions/%s/report", job->session_id);
    if (!e && room_phase(room->room) == PHASE_ENDED)
        e = house_step(server, room,
                       &(struct room_command){.ask = ROOM_ANALYSIS_READY, .report = report});
    job->state = e == ERR_INTERNAL ? JOB_WAITS : JOB_ANNOUNCED; /* a full disk: once more */
    job->at_ms = server_now_ms(server) + SETTLE_MS;
}

/* ---- its share of the disk ---- */

/* A report has the recordings in it, written in four characters for three bytes; what is written of
 * an hour is below one hundredth of its sound. */
static uint64_t share_of(const struct analysis_job *job)
{
    struct house_room *room;
    uint64_t bytes = SHARE_BYTES;
    if (house_by_id(job->server, job->session_id, &room) == ERR_NONE) {
        for (size_t i = 0; i < room_recording_count(room->room); i++)
            bytes += 2 * room_recording(room->room, i).bytes;
    }
    return bytes << job->wider;
}

static bool has_share(struct analysis_job *job, uint64_t share_bytes)
{
    struct server *server = job->server;
    if (quota_allows(server, share_bytes)) {
        job->is_short = false;
        return true;
    }
    if (!job->is_short)
        log_warning("session %s: its analysis waits until there is space: it may take %" PRIu64
                    " bytes, and --quota leaves %" PRIu64,
                    job->session_id, share_bytes, quota_left(server));
    job->is_short = true;
    job->at_ms = server_now_ms(server) + RECOUNT_MS;
    return false;
}

static void used_up(struct analysis_job *job)
{
    log_warning("session %s: its analysis has used up its share of the disk; it goes on with more",
                job->session_id);
    job->wider += job->wider < SHARE_WIDER_MAX;
    job->at_ms = server_now_ms(job->server);
}

void analyses_retry(struct server *server)
{
    struct analysis_job *job;
    DL_FOREACH(server->analyses.jobs, job)
    {
        if (job->state == JOB_WAITS && job->is_short)
            job->at_ms = server_now_ms(server);
    }
    server_rearm(server);
}

static void settle_share(struct running *running, const char *session_id)
{
    struct server *server = running->server;
    if (server->config.quota == 0)
        return;
    uint64_t bytes = quota_analysis_bytes(server, session_id);
    if (bytes >= running->counted_bytes)
        quota_kept(server, bytes - running->counted_bytes);
    else
        quota_freed(server, running->counted_bytes - bytes);
    running->counted_bytes = bytes;
}

void analyses_counted(struct server *server)
{
    struct analysis_job *job;
    DL_FOREACH(server->analyses.jobs, job)
    {
        if (job->running)
            job->running->counted_bytes = quota_analysis_bytes(server, job->session_id);
    }
}

/* ---- its process ---- */

static void free_running(uv_handle_t *handle)
{
    mem_free(handle);
}

static void on_exit_process(uv_process_t *process, int64_t status, int signal)
{
    struct running *running = (struct running *)process;
    struct analysis_job *job = running->job;
    struct server *server = running->server;
    server_read_clock(server);
    server->analyses.running--;
    server->quota.promised_bytes -= running->share_bytes;
    if (job)
        settle_share(running, job->session_id);
    uv_close((uv_handle_t *)process, free_running);
    if (job) {
        job->state = JOB_WAITS;
        job->running = NULL;
    }
    if (job && !server->is_draining && status == 0 && signal == 0)
        announce(job);
    else if (job && !server->is_draining && status == ANALYSES_NO_SPACE)
        used_up(job);
    else if (job && !server->is_draining)
        failed(job, status, signal);
    analyses_wake(server);
    server_rearm(server);
}

static void start(struct analysis_job *job)
{
    struct server *server = job->server;
    const char *arguments[ARGUMENTS_MAX];
    char space[24];
    size_t count = 0;
    uint64_t share_bytes = server->config.quota ? share_of(job) : 0;
    if (server->config.quota && !has_share(job, share_bytes))
        return;
    for (; server->config.analyze[count] && count + 6 < ARGUMENTS_MAX; count++)
        arguments[count] = server->config.analyze[count];
    arguments[count++] = "--data";
    arguments[count++] = server->config.data;
    if (share_bytes) {
        snprintf(space, sizeof space, "%" PRIu64, share_bytes);
        arguments[count++] = "--space";
        arguments[count++] = space;
    }
    arguments[count++] = job->session_id;
    arguments[count] = NULL;
    uv_stdio_container_t stdio[] = {{.flags = UV_IGNORE},
                                    {.flags = UV_IGNORE},
                                    {.flags = UV_INHERIT_FD, .data = {.fd = STDERR_FILENO}}};
    const uv_process_options_t options = {.file = "/proc/self/exe",
                                          .args = (char **)arguments,
                                          .exit_cb = on_exit_process,
                                          .stdio = stdio,
                                          .stdio_count = 3};
    struct running *running = mem_zalloc(sizeof *running);
    if (!running) {
        failed(job, -1, 0);
        return;
    }
    *running = (struct running){.job = job, .server = server, .share_bytes = share_bytes};
    if (share_bytes)
        running->counted_bytes = quota_analysis_bytes(server, job->session_id);
    server->quota.promised_bytes += share_bytes;
    job->running = running;
    job->state = JOB_RUNS;
    server->analyses.running++;
    int error = uv_spawn(server_uv_loop(server), &running->process, &options);
    if (!error) {
        (void)setpriority(PRIO_PROCESS, (id_t)running->process.pid, NICE);
        return;
    }
    log_error("session %s: its analysis does not start: %s", job->session_id, uv_strerror(error));
    on_exit_process(&running->process, -1, 0);
}

/* Whether the event that says so is on disk. */
static void settle(struct analysis_job *job)
{
    struct server *server = job->server;
    struct house_room *room;
    enum err e = house_by_id(server, job->session_id, &room);
    if (!e && room->committed_seq < room_seq(room->room)) {
        job->at_ms = server_now_ms(server) + SETTLE_MS;
        return;
    }
    unmark(server, job->session_id);
    drop(job);
}

void analyses_wake(struct server *server)
{
    struct analysis_job *job, *next;
    int64_t now_ms = server_now_ms(server);
    DL_FOREACH_SAFE(server->analyses.jobs, job, next)
    {
        if (job->state == JOB_RUNS || job->at_ms > now_ms || server->is_draining)
            continue;
        if (job->state == JOB_ANNOUNCED)
            settle(job);
        else if (server->analyses.running < ANALYSES_AT_ONCE)
            start(job);
    }
}

int64_t analyses_next_ms(const struct server *server)
{
    const struct analysis_job *job;
    int64_t next_ms = INT64_MAX;
    if (server->is_draining)
        return next_ms;
    DL_FOREACH(server->analyses.jobs, job)
    {
        bool is_full = job->state == JOB_WAITS && server->analyses.running >= ANALYSES_AT_ONCE;
        if (job->state != JOB_RUNS && !is_full && job->at_ms < next_ms)
            next_ms = job->at_ms;
    }
    return next_ms;
}

/* Its steps are safe on disk. */
static void end(struct analysis_job *job)
{
    if (!job->running)
        return;
    uv_process_kill(&job->running->process, SIGKILL);
    job->running->job = NULL;
    job->running = NULL;
}

void analyses_forget(struct server *server, const char *session_id)
{
    struct analysis_job *job = find(server, session_id);
    if (!job)
        return;
    if (job->running)
        settle_share(job->running, session_id);
    end(job);
    drop(job);
}

void analyses_stop(struct server *server)
{
    struct analysis_job *job;
    DL_FOREACH(server->analyses.jobs, job)
    {
        end(job);
    }
}

/* ---- from run to run ---- */

static void take_up(struct server *server, const char *session_id)
{
    struct house_room *room;
    struct session_view view;
    if (house_by_id(server, session_id, &room) || room_phase(room->room) != PHASE_ENDED)
        return; /* damaged, which was said; or it goes on, and will end */
    room_view(room->room, &view);
    if (view.report || room_is_forgotten(room->room))
        unmark(server, session_id);
    else if (!find(server, session_id))
        add(server, room);
}

void analyses_open(struct server *server)
{
    char path[PATH_MAX];
    if (!server->config.analyze ||
        snprintf(path, sizeof path, "%s/analysis", server->config.data) >= PATH_MAX)
        return;
    DIR *folders = opendir(path);
    for (struct dirent *entry; folders && (entry = readdir(folders));) {
        if (session_id_valid(entry->d_name) && path_of(server, entry->d_name, "due", path) &&
            access(path, F_OK) == 0)
            take_up(server, entry->d_name);
    }
    if (folders)
        closedir(folders);
}

void analyses_close(struct server *server)
{
    struct analysis_job *job, *next;
    DL_FOREACH_SAFE(server->analyses.jobs, job, next)
    {
        drop(job);
    }
}

#include "server/forget_data.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "room/replay.h"
#include "room/room.h"
#include "store/store.h"
#include "store/uploads.h"

enum { LOG_MAX = 1 << 30 }; /* bytes: LIMIT_EVENTS_SESSION events, each a kilobyte */

static enum err add_line(void *context, uint64_t seq, const char *line, size_t len)
{
    (void)seq;
    enum err e = buf_append(context, line, len);
    return e ? e : buf_append_str(context, "\n");
}

static enum err load(struct store *store, const char *session_id, int64_t *key, struct room **room)
{
    struct buf log;
    struct replay_result result;
    enum err e = store_session_find(store, session_id, key);
    if (e)
        return e;
    buf_init(&log, LOG_MAX);
    e = store_log_read(store, *key, true, 0, add_line, &log);
    if (!e)
        e = replay_log(log.data, log.len, NULL, NULL, NULL, room, &result);
    buf_release(&log);
    return e;
}

/* What is on its way in goes too. */
static enum err end_uploads(const char *dir, const struct room *room)
{
    struct uploads *uploads = NULL;
    enum err e = uploads_open(dir, &uploads);
    for (size_t i = 0; !e && i < room_recording_count(room); i++) {
        struct recording_view recording = room_recording(room, i);
        struct upload *upload = uploads_find_recording(uploads, recording.recording_id);
        if (upload)
            uploads_remove(uploads, upload);
    }
    uploads_close(uploads);
    return e;
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

static enum err write_down(struct store *store, int64_t key, struct room *room,
                           const struct forgotten *removed, uint64_t *seq)
{
    const struct token asker = {.role = ROLE_OPERATOR};
    const struct room_command forget = {.ask = ROOM_FORGET,
                                        .token = &asker,
                                        .recordings = removed->recordings,
                                        .bytes = removed->bytes};
    struct room_effects *effects = mem_zalloc(sizeof *effects);
    struct buf line;
    uint64_t commit;
    buf_init(&line, LIMIT_LOG_LINE);
    enum err e = effects ? ERR_NONE : ERR_NO_MEMORY;
    if (!e) {
        room_step(room, &forget, now_ms(), effects);
        e = effects->answer;
    }
    if (!e)
        e = event_print(&effects->events[0], &line);
    if (!e) {
        *seq = effects->seq;
        e = store_event_add(store, key, effects->seq, line.data, line.len);
    }
    if (!e)
        e = store_commit(store, &commit);
    buf_release(&line);
    mem_free(effects);
    return e;
}

static enum err check(const struct room *room)
{
    return room_phase(room) != PHASE_ENDED ? ERR_WRONG_PHASE
           : room_is_forgotten(room)       ? ERR_ENDED
                                           : ERR_NONE;
}

static void explain(enum err e, const char *dir, const char *session_id, char *why, size_t why_size)
{
    if (why[0])
        return;
    if (e == ERR_NOT_FOUND)
        snprintf(why, why_size, "%s: no session %s here", dir, session_id);
    else if (e == ERR_WRONG_PHASE)
        snprintf(why, why_size, "session %s has not ended yet", session_id);
    else if (e == ERR_ENDED)
        snprintf(why, why_size, "session %s was forgotten before", session_id);
    else
        snprintf(why, why_size, "%s: session %s: %s", dir, session_id,
                 e == ERR_IO ? strerror(errno) : err_code(e));
}

/* What an analysis that runs at this moment has made since. */
static enum err remove_all(const char *dir, const char *session_id)
{
    struct forgotten again;
    enum err e;
    do {
        e = forgotten_remove(dir);
        if (!e)
            e = forgotten_move(dir, session_id, &again);
    } while (!e && again.moved);
    return e;
}

enum err forget_data(const char *dir, const char *session_id, uint64_t *seq,
                     struct forgotten *removed, char *why, size_t why_size)
{
    struct store *store = NULL;
    struct room *room = NULL;
    int64_t key = 0;
    why[0] = '\0';
    if (access(dir, F_OK) != 0) { /* opening it would make it */
        snprintf(why, why_size, "%s: %s", dir, strerror(errno));
        return ERR_NOT_FOUND;
    }
    enum err e = store_open(dir, NULL, NULL, &store, why, why_size);
    if (!e)
        e = load(store, session_id, &key, &room);
    if (!e)
        e = check(room);
    if (!e)
        e = end_uploads(dir, room);
    if (!e)
        e = forgotten_move(dir, session_id, removed);
    if (!e)
        e = write_down(store, key, room, removed, seq);
    if (!e)
        e = remove_all(dir, session_id);
    if (e)
        explain(e, dir, session_id, why, why_size);
    room_free(room);
    store_close(store);
    return e;
}

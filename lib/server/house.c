#include "server/house.h"

#include <stdio.h>
#include <string.h>

#include <utlist.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/rand.h"
#include "base/str.h"
#include "room/replay.h"
#include "server/server_inner.h"
#include "server/socket.h"

/* ---- reading logs ---- */

static enum err append_line(void *context, uint64_t seq, const char *line, size_t len)
{
    (void)seq;
    struct buf *log = context;
    enum err e = buf_append(log, line, len);
    return e ? e : buf_append(log, "\n", 1);
}

static enum err room_from_log(struct server *server, int64_t key, const char *session_id,
                              struct room **out)
{
    struct buf log;
    struct replay_result result = {0};
    buf_init(&log, LIMIT_LOG_READ);
    enum err e = store_log_read(server->store, key, true, 0, append_line, &log);
    if (e == ERR_NONE)
        e = replay_log(log.data, log.len, &server->room_config, NULL, NULL, out, &result);
    if (e == ERR_CORRUPT)
        log_error("session %s: its log is damaged at line %zu: %s", session_id, result.line,
                  result.what ? result.what : "lines are missing");
    buf_release(&log);
    return e;
}

static struct house_room *room_new_in_house(struct server *server, struct room *room, int64_t key)
{
    struct house_room *hr = mem_zalloc(sizeof *hr);
    if (!hr)
        return NULL;
    const struct log_header *header = room_header(room);
    hr->room = room;
    hr->key = key;
    (void)str_copy(hr->session_id, sizeof hr->session_id, header->session_id);
    (void)str_copy(hr->room_code, sizeof hr->room_code, header->room_code);
    hr->committed_seq = room_seq(room);
    hr->is_live = room_phase(room) != PHASE_ENDED;
    HASH_ADD(by_id, server->house.by_id, session_id, strlen(hr->session_id), hr);
    if (hr->is_live)
        HASH_ADD(by_code, server->house.by_code, room_code, strlen(hr->room_code), hr);
    return hr;
}

static void free_room(struct server *server, struct house_room *room)
{
    HASH_DELETE(by_id, server->house.by_id, room);
    if (room->is_live)
        HASH_DELETE(by_code, server->house.by_code, room);
    deadlines_remove(&server->deadlines, &room->deadline);
    room_free(room->room);
    mem_free(room);
}

static enum err load(struct server *server, int64_t key, const char *session_id,
                     struct house_room **out)
{
    struct room *room;
    enum err e = room_from_log(server, key, session_id, &room);
    if (e)
        return e;
    *out = room_new_in_house(server, room, key);
    if (!*out) {
        room_free(room);
        return ERR_NO_MEMORY;
    }
    house_release(server, *out);
    return ERR_NONE;
}

/* ---- finding ---- */

enum err house_by_id(struct server *server, const char *session_id, struct house_room **out)
{
    int64_t key;
    HASH_FIND(by_id, server->house.by_id, session_id, strlen(session_id), *out);
    if (*out) {
        house_release(server, *out); /* the most lately used of those that have ended */
        return ERR_NONE;
    }
    enum err e = store_session_find(server->store, session_id, &key);
    return e ? e : load(server, key, session_id, out);
}

enum err house_by_code(struct server *server, const char *code, struct house_room **out)
{
    char session_id[LIMIT_SESSION_ID + 1];
    int64_t key;
    HASH_FIND(by_code, server->house.by_code, code, strlen(code), *out);
    if (*out)
        return ERR_NONE;
    enum err e = store_room_last(server->store, code, session_id, &key);
    return e ? e : house_by_id(server, session_id, out);
}

/* ---- coming and going ---- */

static enum err add_to_store(struct server *server, const struct room *room, int64_t *key)
{
    const struct log_header *header = room_header(room);
    buf_clear(&server->text);
    enum err e = log_header_print(header, &server->text);
    if (e)
        return e;
    return store_session_add(server->store, header->session_id, header->room_code,
                             server->text.data, server->text.len, key);
}

enum err house_create(struct server *server, const char *code, int seats,
                      const struct agenda *agenda, const char *host_user, struct house_room **out)
{
    char session_id[32];
    int64_t key;
    if (server->turn.is_stuck)
        return ERR_INTERNAL;
    rand_id("s_", session_id);
    struct log_header header = {.session_id = session_id,
                                .room_code = code,
                                .seats = seats,
                                .agenda = agenda,
                                .created_at_ms = server_now_ms(server),
                                .host_user = host_user};
    struct room *room = room_new(&header, &server->room_config);
    if (!room)
        return ERR_NO_MEMORY;
    enum err e = add_to_store(server, room, &key);
    if (e) {
        room_free(room);
        return e;
    }
    *out = room_new_in_house(server, room, key);
    if (!*out)
        abort(); /* its header is on its way to the disk */
    server->metrics.sessions_created++;
    house_settle_deadline(server, *out);
    return ERR_NONE;
}

/* Of those that have ended the ones that were not asked for for the longest time go, unless
 * somebody is still connected to them. */
static void keep_ended(struct server *server, struct house_room *room)
{
    struct house *house = &server->house;
    struct house_room *at, *next;
    if (room->is_kept_ended) {
        DL_DELETE2(house->ended, room, ended_prev, ended_next);
        house->ended_count--;
    }
    room->is_kept_ended = true;
    DL_APPEND2(house->ended, room, ended_prev, ended_next);
    house->ended_count++;
    DL_FOREACH_SAFE2(house->ended, at, next, ended_next)
    {
        if (house->ended_count <= LIMIT_ENDED_KEPT)
            break;
        if (at == room || at->voice || at->signaling || at->in_turn)
            continue;
        DL_DELETE2(house->ended, at, ended_prev, ended_next);
        house->ended_count--;
        free_room(server, at);
    }
}

void house_release(struct server *server, struct house_room *room)
{
    if (!room->is_live)
        keep_ended(server, room);
}

/* The session of a room has ended: its code is free for the next. */
void house_ended(struct server *server, struct house_room *room)
{
    HASH_DELETE(by_code, server->house.by_code, room);
    room->is_live = false;
    if (store_session_end(server->store, room->key))
        log_warning("session %s: its end is not noted; it will be looked at again at the next "
                    "start",
                    room->session_id);
    keep_ended(server, room);
}

static enum err bring_back(void *context, int64_t key, const char *session_id)
{
    struct server *server = context;
    struct house_room *room;
    const struct room_command restart = {.ask = ROOM_RESTART};
    enum err e = load(server, key, session_id, &room);
    if (e == ERR_CORRUPT)
        return ERR_NONE; /* said already; the others go on */
    if (e == ERR_NONE && room->is_live)
        e = house_step(server, room, &restart);
    return e;
}

enum err house_open(struct server *server, char *why, size_t why_size)
{
    enum err e = store_each_live(server->store, bring_back, server);
    if (e)
        snprintf(why, why_size, "%s: the sessions that were going on cannot be read (%s)",
                 server->config.data, err_code(e));
    return e;
}

void house_close(struct server *server)
{
    struct house_room *room, *next;
    HASH_ITER(by_id, server->house.by_id, room, next)
    {
        free_room(server, room);
    }
    server->house = (struct house){0};
}

/* ---- logs for people ---- */

struct log_reader {
    const struct house_room *room;
    bool whole;
    struct buf *out;
};

/* Whether this very choice was revealed: one that was changed before never is. */
static bool was_revealed(const struct room *room, const struct event *event)
{
    struct event_choice revealed[LIMIT_PARTICIPANTS];
    size_t count = room_revealed_choices(room, event->choice_submitted.page, revealed);
    for (size_t i = 0; i < count; i++) {
        if (revealed[i].participant == event->participant)
            return event->choice_submitted.choice &&
                   strcmp(revealed[i].choice, event->choice_submitted.choice) == 0;
    }
    return false;
}

/* An event as the host may see it: without what only the log holds, unless it was revealed. */
static enum err append_for_host(struct log_reader *reader, const char *line, size_t len)
{
    struct event_doc doc;
    const struct room *room = reader->room->room;
    enum err e = event_parse(line, len, &doc);
    if (e)
        return e;
    bool is_public = room_choice_is_public(room, &doc.event) ||
                     (doc.event.type == EVENT_CHOICE_SUBMITTED && was_revealed(room, &doc.event));
    struct event shown = event_public(&doc.event, is_public);
    e = event_print(&shown, reader->out);
    event_doc_release(&doc);
    return e;
}

static enum err read_line(void *context, uint64_t seq, const char *line, size_t len)
{
    struct log_reader *reader = context;
    enum err e = reader->whole || seq == 0 ? buf_append(reader->out, line, len)
                                           : append_for_host(reader, line, len);
    return e ? e : buf_append(reader->out, "\n", 1);
}

enum err house_log(struct server *server, const struct house_room *room, bool whole,
                   struct buf *out)
{
    struct log_reader reader = {.room = room, .whole = whole, .out = out};
    return store_log_read(server->store, room->key, true, 0, read_line, &reader);
}

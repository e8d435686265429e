#include "room/room.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "room/room_state.h"

struct room_config room_config_default(void)
{
    return (struct room_config){.countdown_ms = LIMIT_COUNTDOWN_MS,
                                .host_gone_ms = LIMIT_HOST_GONE_MS,
                                .empty_ms = LIMIT_EMPTY_MS,
                                .record = RECORD_AUTO};
}

/* False without memory. */
static bool copy_header(struct room *room, const struct log_header *header)
{
    room->header = *header;
    room->header.session_id = mem_strdup(header->session_id);
    room->header.room_code = mem_strdup(header->room_code);
    room->header.host_user = mem_strdup(header->host_user);
    /* An agenda never changes; counting its holders is all that is done to it. */
    room->agenda =
        header->agenda ? agenda_ref((struct agenda *)header->agenda) : agenda_new_default();
    room->header.agenda = room->agenda;
    return room->header.session_id && room->header.room_code && room->header.host_user &&
           room->agenda;
}

struct room *room_new(const struct log_header *header, const struct room_config *config)
{
    assert(header->seats >= LIMIT_SEATS_MIN && header->seats <= LIMIT_SEATS_MAX);
    struct room *room = mem_zalloc(sizeof(*room));
    if (!room)
        return NULL;
    if (!copy_header(room, header)) {
        room_free(room);
        return NULL;
    }
    assert(room->agenda->page_count >= 1 && room->agenda->page_count <= LIMIT_PAGES);
    room->config = config ? *config : room_config_default();
    room->phase = PHASE_LOBBY;
    room->page = 1;
    room->pages_reached = 1;
    room->ts_ms = room->nobody_since_ms = header->created_at_ms;
    room->creator_takes_over = true;
    return room;
}

void room_free(struct room *room)
{
    if (!room)
        return;
    for (size_t i = 0; i < room->participant_count; i++) {
        mem_free(room->participants[i].user);
        mem_free(room->participants[i].nickname);
    }
    mem_free(room->participants);
    for (size_t i = 0; i < room->recording_count; i++) {
        mem_free(room->recordings[i].id);
        mem_free(room->recordings[i].path);
        mem_free(room->recordings[i].sha256);
    }
    mem_free(room->recordings);
    for (size_t i = 0; room->ballots && i < room->agenda->page_count; i++)
        mem_free(room->ballots[i]);
    mem_free(room->ballots);
    mem_free(room->report);
    mem_free((char *)room->header.session_id);
    mem_free((char *)room->header.room_code);
    mem_free((char *)room->header.host_user);
    agenda_unref(room->agenda);
    mem_free(room);
}

const struct log_header *room_header(const struct room *room)
{
    return &room->header;
}

enum phase room_phase(const struct room *room)
{
    return room->phase;
}

uint64_t room_seq(const struct room *room)
{
    return room->seq;
}

unsigned room_host(const struct room *room)
{
    return room->host;
}

bool room_is_host(const struct room *room, const char *user)
{
    if (room->host)
        return room->host == room_participant_of(room, user);
    return room->creator_takes_over && strcmp(user, room->header.host_user) == 0;
}

const struct agenda *room_agenda(const struct room *room)
{
    return room->agenda;
}

bool room_is_forgotten(const struct room *room)
{
    return room->is_forgotten;
}

int64_t room_ended_at_ms(const struct room *room)
{
    return room->ended_at_ms;
}

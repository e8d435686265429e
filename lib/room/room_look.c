#include <string.h>

#include "room/room_state.h"

struct participant *room_participant(const struct room *room, unsigned number)
{
    if (number == 0 || number > room->participant_count)
        return NULL;
    return &room->participants[number - 1];
}

unsigned room_participant_of(const struct room *room, const char *user)
{
    for (unsigned i = 0; i < room->participant_count; i++) {
        if (strcmp(room->participants[i].user, user) == 0)
            return i + 1;
    }
    return 0;
}

bool room_is_seated(const struct room *room, unsigned participant)
{
    const struct participant *p = room_participant(room, participant);
    return p && p->seated;
}

const char *room_nickname(const struct room *room, unsigned participant)
{
    const struct participant *p = room_participant(room, participant);
    return p ? p->nickname : NULL;
}

bool room_has_seat_for(const struct room *room, const char *user)
{
    unsigned known = room_participant_of(room, user);
    if (room_is_seated(room, known))
        return true;
    return room->seated < (unsigned)room->header.seats &&
           (known || room->participant_count < LIMIT_PARTICIPANTS);
}

static struct recording_view view_of(const struct recording *recording)
{
    return (struct recording_view){.participant = recording->participant,
                                   .recording_id = recording->id,
                                   .path = recording->path,
                                   .started_at_ms = recording->started_at_ms,
                                   .ended = recording->ended,
                                   .uploaded = recording->sha256 != NULL,
                                   .ended_at_ms = recording->ended_at_ms,
                                   .duration_ms = recording->duration_ms,
                                   .bytes = recording->bytes,
                                   .sha256 = recording->sha256};
}

size_t room_recording_count(const struct room *room)
{
    return room->recording_count;
}

struct recording_view room_recording(const struct room *room, size_t index)
{
    return view_of(&room->recordings[index]);
}

struct recording *room_recording_by_id(const struct room *room, const char *id)
{
    for (size_t i = 0; i < room->recording_count; i++) {
        if (strcmp(room->recordings[i].id, id) == 0)
            return &room->recordings[i];
    }
    return NULL;
}

bool room_recording_find(const struct room *room, const char *recording_id,
                         struct recording_view *out)
{
    const struct recording *recording = room_recording_by_id(room, recording_id);
    if (recording)
        *out = view_of(recording);
    return recording != NULL;
}

void room_view(const struct room *room, struct session_view *out)
{
    *out = (struct session_view){.session_id = room->header.session_id,
                                 .room_code = room->header.room_code,
                                 .phase = room->phase,
                                 .page = room->page,
                                 .host = room->host,
                                 .seats = room->header.seats,
                                 .seq = room->seq,
                                 .has_start_at = room->phase == PHASE_COUNTDOWN || room->started,
                                 .start_at_ms = room->start_at_ms,
                                 .agenda = room->agenda,
                                 .report = room->report};
    for (unsigned i = 0; i < room->participant_count; i++) {
        const struct participant *p = &room->participants[i];
        if (!p->seated)
            continue;
        out->participants[out->participant_count++] =
            (struct server_participant){.participant = i + 1,
                                        .nickname = p->nickname,
                                        .connected = p->connected,
                                        .is_mic_on = p->is_mic_on,
                                        .is_speaking = p->is_speaking,
                                        .is_recording = p->running != 0};
    }
}

int room_chosen(const struct room *room, unsigned page, unsigned participant)
{
    if (!room->ballots || !room->ballots[page - 1])
        return -1;
    return room->ballots[page - 1]->chosen[participant - 1] - 1;
}

static bool anybody_chose(const struct room *room, unsigned page)
{
    /* A ballot comes into being with the first choice, and a choice is never taken back. */
    return room->ballots && room->ballots[page - 1];
}

bool room_all_seated_chose(const struct room *room, unsigned page)
{
    for (unsigned i = 1; i <= room->participant_count; i++) {
        if (room->participants[i - 1].seated && room_chosen(room, page, i) < 0)
            return false;
    }
    return true;
}

static bool has_bit(uint64_t pages, unsigned page)
{
    return pages >> (page - 1) & 1;
}

bool room_page_is_reached(const struct room *room, unsigned page)
{
    return has_bit(room->pages_reached, page);
}

bool room_gate_holds(const struct room *room, unsigned page)
{
    const struct page *p = agenda_page(room->agenda, page);
    /* Once the choices are revealed nobody can choose any more: waiting for those who came later
     * would be for ever. */
    return p->gate == GATE_ALL && p->choice_count > 0 && !has_bit(room->pages_revealed, page) &&
           !room_all_seated_chose(room, page);
}

bool room_page_is_revealed(const struct room *room, unsigned page)
{
    const struct page *p = agenda_page(room->agenda, page);
    return p && (p->reveal == REVEAL_NOW || has_bit(room->pages_revealed, page));
}

bool room_owes_reveal(const struct room *room, unsigned page)
{
    return agenda_page(room->agenda, page)->reveal == REVEAL_ALL &&
           !has_bit(room->pages_revealed, page) && anybody_chose(room, page);
}

bool room_choice_is_closed(const struct room *room, unsigned page, unsigned participant)
{
    switch (agenda_page(room->agenda, page)->reveal) {
    case REVEAL_ALL:
        return has_bit(room->pages_revealed, page) ||
               (has_bit(room->pages_left, page) && page != room->page);
    case REVEAL_NOW:
        return room_chosen(room, page, participant) >= 0;
    case REVEAL_NEVER:
        return false;
    }
    return true;
}

bool room_choice_is_public(const struct room *room, const struct event *event)
{
    if (event->type != EVENT_CHOICE_SUBMITTED)
        return false;
    const struct page *page = agenda_page(room->agenda, event->choice_submitted.page);
    return page && page->reveal == REVEAL_NOW;
}

size_t room_ballots(const struct room *room, unsigned page, struct event_choice *out)
{
    const struct page *p = agenda_page(room->agenda, page);
    size_t count = 0;
    for (unsigned i = 1; i <= room->participant_count; i++) {
        int chosen = room_chosen(room, page, i);
        if (chosen >= 0)
            out[count++] = (struct event_choice){i, p->choices[chosen].id};
    }
    return count;
}

size_t room_revealed_choices(const struct room *room, unsigned page, struct event_choice *out)
{
    return room_page_is_revealed(room, page) ? room_ballots(room, page, out) : 0;
}

bool room_is_full_and_connected(const struct room *room)
{
    return room->seated == (unsigned)room->header.seats && room->connected == room->seated;
}

unsigned room_longest_seated(const struct room *room)
{
    unsigned longest = 0;
    for (unsigned i = 1; i <= room->participant_count; i++) {
        const struct participant *p = &room->participants[i - 1];
        if (p->connected &&
            (longest == 0 || p->join_seq < room->participants[longest - 1].join_seq))
            longest = i;
    }
    return longest;
}

int64_t room_add_ms(int64_t a_ms, int64_t b_ms)
{
    return a_ms > INT64_MAX - b_ms ? INT64_MAX : a_ms + b_ms;
}

int64_t room_host_due_ms(const struct room *room)
{
    if (room->phase == PHASE_ENDED || room->connected == 0)
        return INT64_MAX;
    const struct participant *host = room_participant(room, room->host);
    if (host)
        return host->connected ? INT64_MAX
                               : room_add_ms(host->gone_since_ms, room->config.host_gone_ms);
    if (!room->creator_takes_over)
        return room->vacant_since_ms;
    return room->phase == PHASE_LIVE ? room_add_ms(room->started_ts_ms, room->config.host_gone_ms)
                                     : INT64_MAX;
}

int64_t room_page_due_ms(const struct room *room)
{
    int64_t time_ms = agenda_page(room->agenda, room->page)->time_ms;
    if (room->phase != PHASE_LIVE || time_ms <= 0)
        return INT64_MAX;
    return room_add_ms(room->page_since_ms, time_ms);
}

int64_t room_empty_due_ms(const struct room *room)
{
    if (room->phase == PHASE_ENDED || room->connected > 0)
        return INT64_MAX;
    return room_add_ms(room->nobody_since_ms, room->config.empty_ms);
}

int64_t room_waits_until_ms(const struct room *room)
{
    int64_t until_ms = 0;
    for (unsigned i = 0; i < room->participant_count; i++) {
        const struct participant *p = &room->participants[i];
        if (p->seated && p->wait_until_ms > until_ms)
            until_ms = p->wait_until_ms;
    }
    return until_ms;
}

static int64_t phase_due_ms(const struct room *room)
{
    switch (room->phase) {
    case PHASE_LOBBY:
        return room_is_full_and_connected(room) ? room_waits_until_ms(room) : INT64_MAX;
    case PHASE_COUNTDOWN:
        return room->start_at_ms;
    case PHASE_LIVE:
        return room_page_due_ms(room);
    case PHASE_ENDED:
        return INT64_MAX;
    }
    return INT64_MAX;
}

static int64_t earlier(int64_t a_ms, int64_t b_ms)
{
    return a_ms < b_ms ? a_ms : b_ms;
}

int64_t room_next_deadline_ms(const struct room *room)
{
    return earlier(phase_due_ms(room), earlier(room_host_due_ms(room), room_empty_due_ms(room)));
}

#include <math.h>
#include <string.h>

#include "base/str.h"
#include "room/room_state.h"

/* A log may come from anywhere: whatever it says, the room that it leaves must be one that the
 * rules could have made. What differs between servers (how long a countdown is, who may record, how
 * long a host may be away) is not looked at. */

static bool is_whole(int64_t n)
{
    return n >= 0 && n <= LIMIT_INTEGER;
}

static bool is_name(const char *s, size_t chars_max)
{
    return s && *s && utf8_length(s) <= chars_max;
}

static bool is_seated(const struct room *room, const struct event *event)
{
    return room_is_seated(room, event->participant);
}

static bool join_fits(const struct room *room, const struct event *event)
{
    if (!is_name(event->join.nickname, LIMIT_NICKNAME_CHARS) ||
        !is_name(event->join.user, LIMIT_USER_CHARS) ||
        room->seated >= (unsigned)room->header.seats)
        return false;
    unsigned known = room_participant_of(room, event->join.user);
    if (known)
        return known == event->participant && !is_seated(room, event);
    return event->participant == room->participant_count + 1 &&
           event->participant <= LIMIT_PARTICIPANTS;
}

static bool leave_fits(const struct room *room, const struct event *event)
{
    return is_seated(room, event) && !room_participant(room, event->participant)->running;
}

static bool connection_fits(const struct room *room, const struct event *event)
{
    return is_seated(room, event) && room_participant(room, event->participant)->connected ==
                                         (event->type == EVENT_DISCONNECTED);
}

static bool host_changed_fits(const struct room *room, const struct event *event)
{
    return is_seated(room, event) && room_participant(room, event->participant)->connected &&
           event->participant != room->host;
}

static bool countdown_fits(const struct room *room, const struct event *event)
{
    return room->phase == PHASE_LOBBY && room_is_full_and_connected(room) &&
           is_whole(event->countdown.start_at_ms) && event->countdown.start_at_ms >= event->ts_ms;
}

static bool start_fits(const struct room *room, const struct event *event)
{
    return room->phase == PHASE_COUNTDOWN && room_is_full_and_connected(room) &&
           event->start.start_at_ms == room->start_at_ms && event->ts_ms >= room->start_at_ms;
}

static bool start_reported_fits(const struct room *room, const struct event *event)
{
    return room->phase == PHASE_LIVE && is_seated(room, event) &&
           !room_participant(room, event->participant)->reported &&
           isfinite(event->start_reported.late_ms) &&
           (!event->start_reported.has_error || isfinite(event->start_reported.error_ms));
}

static bool voice_status_fits(const struct room *room, const struct event *event)
{
    return is_seated(room, event) && event->voice_status.nickname &&
           strcmp(event->voice_status.nickname, room_nickname(room, event->participant)) == 0;
}

/* Relative and without a way up: it becomes a file's name. */
static bool is_path(const char *path)
{
    if (!path || !*path || *path == '/' || strlen(path) > LIMIT_PATH || strstr(path, ".."))
        return false;
    for (const char *s = path; *s; s++) {
        bool allowed = (*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') ||
                       (*s >= '0' && *s <= '9') || strchr("_-./", *s);
        if (!allowed)
            return false;
    }
    return true;
}

static bool recording_started_fits(const struct room *room, const struct event *event)
{
    const char *id = event->recording.recording_id;
    const struct participant *p = room_participant(room, event->participant);
    return room->phase == PHASE_LIVE && is_seated(room, event) && p->consented && !p->running &&
           room->recording_count < LIMIT_RECORDINGS && is_path(id) && !strchr(id, '/') &&
           strlen(id) <= LIMIT_RECORDING_ID && !room_recording_by_id(room, id) &&
           is_path(event->recording.path) && is_whole(event->recording.started_at_ms);
}

static bool recording_stopped_fits(const struct room *room, const struct event *event)
{
    const struct participant *p = room_participant(room, event->participant);
    if (!p || !p->running || !event->recording.recording_id || !event->recording.path)
        return false;
    const struct recording *running = &room->recordings[p->running - 1];
    return strcmp(event->recording.recording_id, running->id) == 0 &&
           strcmp(event->recording.path, running->path) == 0 &&
           is_whole(event->recording.ended_at_ms) &&
           event->recording.ended_at_ms >= running->started_at_ms &&
           event->recording.duration_ms == event->recording.ended_at_ms - running->started_at_ms;
}

static bool is_sha256(const char *hex)
{
    return hex && strlen(hex) == 64 && strspn(hex, "0123456789abcdef") == 64;
}

static bool recording_uploaded_fits(const struct room *room, const struct event *event)
{
    if (!event->recording.recording_id)
        return false;
    const struct recording *recording = room_recording_by_id(room, event->recording.recording_id);
    return recording && recording->participant == event->participant && recording->ended &&
           !recording->sha256 && is_sha256(event->recording.sha256) &&
           event->recording.bytes <= LIMIT_INTEGER;
}

static bool choice_submitted_fits(const struct room *room, const struct event *event)
{
    unsigned number = event->choice_submitted.page;
    const struct page *page = agenda_page(room->agenda, number);
    return room->phase == PHASE_LIVE && is_seated(room, event) && page &&
           room_page_is_reached(room, number) && event->choice_submitted.choice &&
           page_choice_index(page, event->choice_submitted.choice) >= 0 &&
           !room_choice_is_closed(room, number, event->participant);
}

static bool choices_revealed_fits(const struct room *room, const struct event *event)
{
    unsigned number = event->choices_revealed.page;
    if (room->phase != PHASE_LIVE || !agenda_page(room->agenda, number) ||
        !room_owes_reveal(room, number))
        return false;
    struct event_choice ballots[LIMIT_PARTICIPANTS];
    size_t count = room_ballots(room, number, ballots);
    if (count != event->choices_revealed.count)
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct event_choice *said = &event->choices_revealed.choices[i];
        if (said->participant != ballots[i].participant ||
            strcmp(said->choice, ballots[i].choice) != 0)
            return false;
    }
    return true;
}

static bool next_page_fits(const struct room *room, const struct event *event)
{
    return room->phase == PHASE_LIVE && agenda_page(room->agenda, event->next_page.page) &&
           event->next_page.page != room->page && !room_owes_reveal(room, room->page);
}

static bool session_ended_fits(const struct room *room)
{
    for (size_t i = 0; i < room->participant_count; i++) {
        if (room->participants[i].running)
            return false;
    }
    return !room_owes_reveal(room, room->page);
}

static bool data_fits(const struct room *room, const struct event *event)
{
    switch (event->type) {
    case EVENT_JOIN:
        return join_fits(room, event);
    case EVENT_LEAVE:
        return leave_fits(room, event);
    case EVENT_CONNECTED:
    case EVENT_DISCONNECTED:
        return connection_fits(room, event);
    case EVENT_HOST_CHANGED:
        return host_changed_fits(room, event);
    case EVENT_CONSENT:
        return is_seated(room, event);
    case EVENT_COUNTDOWN:
        return countdown_fits(room, event);
    case EVENT_COUNTDOWN_CANCELLED:
        return room->phase == PHASE_COUNTDOWN;
    case EVENT_START:
        return start_fits(room, event);
    case EVENT_START_REPORTED:
        return start_reported_fits(room, event);
    case EVENT_VOICE_STATUS:
        return voice_status_fits(room, event);
    case EVENT_RECORDING_STARTED:
        return recording_started_fits(room, event);
    case EVENT_RECORDING_STOPPED:
        return recording_stopped_fits(room, event);
    case EVENT_RECORDING_UPLOADED:
        return recording_uploaded_fits(room, event);
    case EVENT_CHOICE_SUBMITTED:
        return choice_submitted_fits(room, event);
    case EVENT_CHOICES_REVEALED:
        return choices_revealed_fits(room, event);
    case EVENT_NEXT_PAGE:
        return next_page_fits(room, event);
    case EVENT_SESSION_ENDED:
        return session_ended_fits(room);
    case EVENT_ANALYSIS_READY:
        return event->analysis_ready.report != NULL;
    case EVENT_FORGOTTEN:
        return room->phase == PHASE_ENDED && event->forgotten.recordings <= INT32_MAX &&
               event->forgotten.bytes <= LIMIT_INTEGER;
    case EVENT_TYPE_COUNT:
        return false;
    }
    return false;
}

bool room_event_fits(const struct room *room, const struct event *event)
{
    if (event->seq != room->seq + 1 || event->ts_ms < room->ts_ms || !is_whole(event->ts_ms))
        return false;
    if (room->phase == PHASE_ENDED && event->type != EVENT_RECORDING_UPLOADED &&
        event->type != EVENT_ANALYSIS_READY && event->type != EVENT_FORGOTTEN)
        return false;
    if (room->is_forgotten) /* nothing comes after */
        return false;
    /* Whoever acts is known, or is just coming in. */
    if (event->actor != 0 && !room_participant(room, event->actor) &&
        !(event->type == EVENT_JOIN && event->actor == event->participant))
        return false;
    return data_fits(room, event);
}

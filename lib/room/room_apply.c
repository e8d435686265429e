#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "room/room_state.h"

/* What an event needs memory for, taken before anything changes. */
struct provision {
    char *text[2];
    struct ballot *ballot;
};

static void provision_release(struct provision *need)
{
    mem_free(need->text[0]);
    mem_free(need->text[1]);
    mem_free(need->ballot);
}

/* Makes room for one more; what is there already stays where it is in the order. */
static enum err grow(void **items, size_t count, size_t *cap, size_t size, size_t first)
{
    if (count < *cap)
        return ERR_NONE;
    size_t more = *cap ? *cap * 2 : first;
    void *grown = mem_realloc(*items, more * size);
    if (!grown)
        return ERR_NO_MEMORY;
    *items = grown;
    *cap = more;
    return ERR_NONE;
}

static enum err provide_texts(struct provision *need, const char *first, const char *second)
{
    need->text[0] = first ? mem_strdup(first) : NULL;
    need->text[1] = second ? mem_strdup(second) : NULL;
    return (first && !need->text[0]) || (second && !need->text[1]) ? ERR_NO_MEMORY : ERR_NONE;
}

static enum err provide_join(struct room *room, const struct event *event, struct provision *need)
{
    if (event->participant <= room->participant_count)
        return provide_texts(need, event->join.nickname, NULL);
    void *items = room->participants;
    enum err e = grow(&items, room->participant_count, &room->participant_cap,
                      sizeof(*room->participants), (size_t)room->header.seats);
    room->participants = items;
    return e ? e : provide_texts(need, event->join.nickname, event->join.user);
}

static enum err provide_recording(struct room *room, const struct event *event,
                                  struct provision *need)
{
    void *items = room->recordings;
    enum err e = grow(&items, room->recording_count, &room->recording_cap,
                      sizeof(*room->recordings), (size_t)room->header.seats);
    room->recordings = items;
    return e ? e : provide_texts(need, event->recording.recording_id, event->recording.path);
}

static enum err provide_ballot(struct room *room, const struct event *event, struct provision *need)
{
    if (!room->ballots)
        room->ballots = mem_zalloc(room->agenda->page_count * sizeof(*room->ballots));
    if (!room->ballots)
        return ERR_NO_MEMORY;
    if (room->ballots[event->choice_submitted.page - 1])
        return ERR_NONE;
    need->ballot = mem_zalloc(sizeof(*need->ballot));
    return need->ballot ? ERR_NONE : ERR_NO_MEMORY;
}

static enum err provide(struct room *room, const struct event *event, struct provision *need)
{
    if (event->type == EVENT_JOIN)
        return provide_join(room, event, need);
    if (event->type == EVENT_RECORDING_STARTED)
        return provide_recording(room, event, need);
    if (event->type == EVENT_RECORDING_UPLOADED)
        return provide_texts(need, event->recording.sha256, NULL);
    if (event->type == EVENT_CHOICE_SUBMITTED)
        return provide_ballot(room, event, need);
    if (event->type == EVENT_ANALYSIS_READY)
        return provide_texts(need, event->analysis_ready.report, NULL);
    return ERR_NONE;
}

static char *take(char **text)
{
    char *taken = *text;
    *text = NULL;
    return taken;
}

static void set_phase(struct room *room, enum phase phase)
{
    static const bool may[PHASE_ENDED + 1][PHASE_ENDED + 1] = {
        [PHASE_LOBBY] = {[PHASE_COUNTDOWN] = true, [PHASE_ENDED] = true},
        [PHASE_COUNTDOWN] = {[PHASE_LOBBY] = true, [PHASE_LIVE] = true, [PHASE_ENDED] = true},
        [PHASE_LIVE] = {[PHASE_ENDED] = true},
    };
    assert(may[room->phase][phase]);
    room->phase = phase;
}

static void set_connected(struct room *room, struct participant *p, bool connected, int64_t ts_ms)
{
    if (p->connected == connected)
        return;
    p->connected = connected;
    room->connected += connected ? 1 : -1u;
    if (connected)
        return;
    p->gone_since_ms = ts_ms;
    if (room->connected == 0)
        room->nobody_since_ms = ts_ms;
}

static void apply_join(struct room *room, const struct event *event, struct provision *need)
{
    if (event->participant > room->participant_count) {
        room->participants[room->participant_count++] =
            (struct participant){.user = take(&need->text[1])};
    }
    struct participant *p = room_participant(room, event->participant);
    mem_free(p->nickname);
    p->nickname = take(&need->text[0]);
    p->join_seq = event->seq;
    p->seated = true;
    room->seated++;
    set_connected(room, p, true, event->ts_ms);
    if (room->creator_takes_over && room->host == 0 && strcmp(p->user, room->header.host_user) == 0)
        room->host = event->participant;
}

static void apply_leave(struct room *room, const struct event *event)
{
    struct participant *p = room_participant(room, event->participant);
    set_connected(room, p, false, event->ts_ms);
    p->seated = p->is_mic_on = p->is_speaking = p->consented = false;
    room->seated--;
    if (strcmp(p->user, room->header.host_user) == 0)
        room->creator_takes_over = false;
    if (room->host == event->participant) {
        room->host = 0;
        room->vacant_since_ms = event->ts_ms;
    }
}

static void apply_start(struct room *room, const struct event *event)
{
    set_phase(room, PHASE_LIVE);
    room->started = true;
    room->started_ts_ms = event->ts_ms;
    room->page_since_ms = room->start_at_ms;
}

static void apply_recording_started(struct room *room, const struct event *event,
                                    struct provision *need)
{
    struct participant *p = room_participant(room, event->participant);
    room->recordings[room->recording_count++] =
        (struct recording){.id = take(&need->text[0]),
                           .path = take(&need->text[1]),
                           .participant = event->participant,
                           .started_at_ms = event->recording.started_at_ms};
    p->running = (unsigned)room->recording_count;
    p->recordings++;
}

static void apply_recording_stopped(struct room *room, const struct event *event)
{
    struct participant *p = room_participant(room, event->participant);
    struct recording *recording = &room->recordings[p->running - 1];
    recording->ended = true;
    recording->ended_at_ms = event->recording.ended_at_ms;
    recording->duration_ms = event->recording.duration_ms;
    p->running = 0;
}

static void apply_recording_uploaded(struct room *room, const struct event *event,
                                     struct provision *need)
{
    struct recording *recording = room_recording_by_id(room, event->recording.recording_id);
    recording->bytes = event->recording.bytes;
    recording->sha256 = take(&need->text[0]);
}

static void apply_choice(struct room *room, const struct event *event, struct provision *need)
{
    unsigned number = event->choice_submitted.page;
    const struct page *page = agenda_page(room->agenda, number);
    if (!room->ballots[number - 1]) {
        room->ballots[number - 1] = need->ballot;
        need->ballot = NULL;
    }
    int index = page_choice_index(page, event->choice_submitted.choice);
    room->ballots[number - 1]->chosen[event->participant - 1] = (uint8_t)(index + 1);
}

static void apply_next_page(struct room *room, const struct event *event)
{
    room->pages_left |= UINT64_C(1) << (room->page - 1);
    room->page = event->next_page.page;
    room->pages_reached |= UINT64_C(1) << (room->page - 1);
    room->page_since_ms = event->ts_ms;
}

static void apply_end(struct room *room, const struct event *event)
{
    set_phase(room, PHASE_ENDED);
    room->ended_at_ms = event->ts_ms;
    /* The sockets are closed by the end, and no event says so. */
    for (size_t i = 0; i < room->participant_count; i++)
        set_connected(room, &room->participants[i], false, event->ts_ms);
}

static void apply_voice_status(struct participant *p, const struct event *event)
{
    p->is_mic_on = event->voice_status.is_mic_on;
    p->is_speaking = event->voice_status.is_speaking;
}

static void apply_report(struct room *room, struct provision *need)
{
    mem_free(room->report);
    room->report = take(&need->text[0]);
}

static void apply(struct room *room, const struct event *event, struct provision *need)
{
    switch (event->type) {
    case EVENT_JOIN:
        apply_join(room, event, need);
        break;
    case EVENT_LEAVE:
        apply_leave(room, event);
        break;
    case EVENT_CONNECTED:
    case EVENT_DISCONNECTED:
        set_connected(room, room_participant(room, event->participant),
                      event->type == EVENT_CONNECTED, event->ts_ms);
        break;
    case EVENT_HOST_CHANGED:
        room->host = event->participant;
        room->creator_takes_over = false;
        break;
    case EVENT_CONSENT:
        room_participant(room, event->participant)->consented = event->consent.recording;
        break;
    case EVENT_COUNTDOWN:
        set_phase(room, PHASE_COUNTDOWN);
        room->start_at_ms = event->countdown.start_at_ms;
        break;
    case EVENT_COUNTDOWN_CANCELLED:
        set_phase(room, PHASE_LOBBY);
        break;
    case EVENT_START:
        apply_start(room, event);
        break;
    case EVENT_START_REPORTED:
        room_participant(room, event->participant)->reported = true;
        break;
    case EVENT_VOICE_STATUS:
        apply_voice_status(room_participant(room, event->participant), event);
        break;
    case EVENT_RECORDING_STARTED:
        apply_recording_started(room, event, need);
        break;
    case EVENT_RECORDING_STOPPED:
        apply_recording_stopped(room, event);
        break;
    case EVENT_RECORDING_UPLOADED:
        apply_recording_uploaded(room, event, need);
        break;
    case EVENT_CHOICE_SUBMITTED:
        apply_choice(room, event, need);
        break;
    case EVENT_CHOICES_REVEALED:
        room->pages_revealed |= UINT64_C(1) << (event->choices_revealed.page - 1);
        break;
    case EVENT_NEXT_PAGE:
        apply_next_page(room, event);
        break;
    case EVENT_SESSION_ENDED:
        apply_end(room, event);
        break;
    case EVENT_ANALYSIS_READY:
        apply_report(room, need);
        break;
    case EVENT_FORGOTTEN:
        mem_free(room->report);
        room->report = NULL;
        room->is_forgotten = true;
        break;
    case EVENT_TYPE_COUNT:
        break;
    }
}

enum err room_apply(struct room *room, const struct event *event)
{
    if (!room_event_fits(room, event))
        return ERR_CORRUPT;
    struct provision need = {0};
    enum err e = provide(room, event, &need);
    if (e == ERR_NONE) {
        room->seq = event->seq;
        room->ts_ms = event->ts_ms;
        apply(room, event, &need);
    }
    provision_release(&need);
    return e;
}

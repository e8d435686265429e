#include "analysis/debate.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "room/replay.h"

/* An array that doubles. */
struct list {
    void *items;
    size_t count, room;
};

struct debate_log {
    struct debate debate;
    struct room *room;  /* its header and its agenda are the debate's */
    struct list people; /* of struct debate_person … */
    struct list absences, pages, choices, recordings;
    struct list texts; /* of char *: what the above point to, but for choices' ids */
    int64_t first_ts_ms, last_ts_ms;
    enum err failed;
};

/* A new, cleared item at the end; NULL, and `failed` is set, without memory. */
static void *add(struct debate_log *log, struct list *list, size_t size)
{
    if (log->failed)
        return NULL;
    if (list->count == list->room) {
        size_t room = list->room ? 2 * list->room : 8;
        void *more = mem_realloc(list->items, room * size);
        if (!more) {
            log->failed = ERR_NO_MEMORY;
            return NULL;
        }
        list->items = more;
        list->room = room;
    }
    return memset((char *)list->items + list->count++ * size, 0, size);
}

static const char *keep(struct debate_log *log, const char *text)
{
    char **kept = add(log, &log->texts, sizeof *kept);
    if (!kept)
        return "";
    *kept = mem_strdup(text);
    if (!*kept)
        log->failed = ERR_NO_MEMORY;
    return *kept ? *kept : "";
}

/* ---- what each event adds ---- */

static struct debate_person *person_of(struct debate_log *log, unsigned participant)
{
    struct debate_person *people = log->people.items;
    return participant >= 1 && participant <= log->people.count ? &people[participant - 1] : NULL;
}

static void begin_absence(struct debate_log *log, unsigned participant, int64_t from_ms)
{
    struct debate_absence *absence = add(log, &log->absences, sizeof *absence);
    if (absence)
        *absence = (struct debate_absence){participant, from_ms, INT64_MAX};
}

static void end_absence(struct debate_log *log, unsigned participant, int64_t to_ms)
{
    struct debate_absence *absences = log->absences.items;
    for (size_t i = 0; i < log->absences.count; i++) {
        if (absences[i].participant == participant && absences[i].to_ms == INT64_MAX)
            absences[i].to_ms = to_ms;
    }
}

/* Who comes back under another name is called by the later one. */
static void take_join(struct debate_log *log, const struct event *event)
{
    struct debate_person *person = person_of(log, event->participant);
    if (!person && (person = add(log, &log->people, sizeof *person))) {
        person->participant = event->participant;
        if (log->debate.started)
            begin_absence(log, event->participant, log->debate.start_at_ms);
    }
    end_absence(log, event->participant, event->ts_ms);
    if (person && (!person->nickname || strcmp(person->nickname, event->join.nickname) != 0))
        person->nickname = keep(log, event->join.nickname);
}

static void take_start_report(struct debate_log *log, const struct event *event)
{
    struct debate_person *person = person_of(log, event->participant);
    if (!person)
        return;
    person->reported_start = true;
    person->late_ms = event->start_reported.late_ms;
    person->has_error = event->start_reported.has_error;
    person->error_ms = event->start_reported.error_ms;
}

static void take_consent(struct debate_log *log, const struct event *event)
{
    struct debate_person *person = person_of(log, event->participant);
    if (!person)
        return;
    if (person->agreed && !event->consent.recording && log->debate.started && !log->debate.ended) {
        person->withdrew = true;
        person->withdrew_ms = event->ts_ms;
    }
    person->agreed |= event->consent.recording;
}

/* Times are those of the epoch until the zero of session time is known for sure. */
static void take_page(struct debate_log *log, unsigned number, int64_t ts_ms)
{
    struct debate_page *pages = log->pages.items;
    if (log->pages.count > 0)
        pages[log->pages.count - 1].to_ms = ts_ms;
    struct debate_page *page = add(log, &log->pages, sizeof *page);
    if (page)
        *page = (struct debate_page){.page = number, .from_ms = ts_ms, .to_ms = ts_ms};
}

/* The agenda's own copy of a choice's id, which lives as long as the room. */
static const char *choice_id(const struct room *room, unsigned number, const char *id)
{
    const struct page *page = agenda_page(room_agenda(room), number);
    int index = page && id ? page_choice_index(page, id) : -1;
    return index >= 0 ? page->choices[index].id : NULL;
}

static const struct debate_choice *last_choice(struct debate_log *log, unsigned participant,
                                               unsigned page)
{
    const struct debate_choice *choices = log->choices.items;
    for (size_t i = log->choices.count; i-- > 0;) {
        if (choices[i].participant == participant && choices[i].page == page)
            return &choices[i];
    }
    return NULL;
}

static void take_choice(struct debate_log *log, const struct room *room, const struct event *event)
{
    unsigned page = event->choice_submitted.page;
    const struct debate_choice *before = last_choice(log, event->participant, page);
    const char *before_id = before ? before->choice : NULL;
    struct debate_choice *choice = add(log, &log->choices, sizeof *choice);
    if (choice)
        *choice =
            (struct debate_choice){.at_ms = event->ts_ms,
                                   .participant = event->participant,
                                   .page = page,
                                   .choice = choice_id(room, page, event->choice_submitted.choice),
                                   .before = before_id};
}

static struct debate_recording *recording_of(struct debate_log *log, const char *recording_id)
{
    struct debate_recording *recordings = log->recordings.items;
    for (size_t i = log->recordings.count; i-- > 0;) {
        if (strcmp(recordings[i].recording_id, recording_id) == 0)
            return &recordings[i];
    }
    return NULL;
}

static void take_recording(struct debate_log *log, const struct event *event)
{
    struct debate_recording *recording;
    if (event->type == EVENT_RECORDING_STARTED) {
        recording = add(log, &log->recordings, sizeof *recording);
        if (recording)
            *recording =
                (struct debate_recording){.participant = event->participant,
                                          .recording_id = keep(log, event->recording.recording_id),
                                          .path = keep(log, event->recording.path),
                                          .from_ms = event->recording.started_at_ms,
                                          .to_ms = INT64_MAX};
        return;
    }
    recording = recording_of(log, event->recording.recording_id);
    if (recording && event->type == EVENT_RECORDING_STOPPED) {
        recording->to_ms = event->recording.ended_at_ms;
    } else if (recording) {
        recording->uploaded = true;
        recording->bytes = event->recording.bytes;
        recording->sha256 = keep(log, event->recording.sha256);
    }
}

static void take_end(struct debate_log *log, const struct event *event)
{
    struct debate_page *pages = log->pages.items;
    log->debate.ended = true;
    log->debate.end_ms = event->ts_ms;
    if (log->pages.count > 0)
        pages[log->pages.count - 1].to_ms = event->ts_ms;
}

static void take_event(void *context, const struct room *room, const struct event *event)
{
    struct debate_log *log = context;
    if (log->first_ts_ms == 0)
        log->first_ts_ms = event->ts_ms;
    log->last_ts_ms = event->ts_ms;
    switch (event->type) {
    case EVENT_JOIN:
        take_join(log, event);
        break;
    case EVENT_LEAVE:
        if (!log->debate.ended)
            begin_absence(log, event->participant, event->ts_ms);
        break;
    case EVENT_CONSENT:
        take_consent(log, event);
        break;
    case EVENT_START:
        log->debate.started = true;
        log->debate.start_at_ms = event->start.start_at_ms;
        take_page(log, 1, event->start.start_at_ms);
        break;
    case EVENT_START_REPORTED:
        take_start_report(log, event);
        break;
    case EVENT_RECORDING_STARTED:
    case EVENT_RECORDING_STOPPED:
    case EVENT_RECORDING_UPLOADED:
        take_recording(log, event);
        break;
    case EVENT_CHOICE_SUBMITTED:
        take_choice(log, room, event);
        break;
    case EVENT_NEXT_PAGE:
        take_page(log, event->next_page.page, event->ts_ms);
        break;
    case EVENT_SESSION_ENDED:
        take_end(log, event);
        break;
    case EVENT_CONNECTED:
    case EVENT_DISCONNECTED:
    case EVENT_HOST_CHANGED:
    case EVENT_COUNTDOWN:
    case EVENT_COUNTDOWN_CANCELLED:
    case EVENT_VOICE_STATUS:
    case EVENT_CHOICES_REVEALED:
    case EVENT_ANALYSIS_READY:
    case EVENT_FORGOTTEN:
    case EVENT_TYPE_COUNT:
        break;
    }
}

/* ---- the whole ---- */

/* To session time, and without what was over before the start or began after the end. */
static void shift_absences(struct debate_log *log, int64_t zero_ms, int64_t end_ms)
{
    struct debate_absence *absences = log->absences.items;
    size_t kept = 0;
    for (size_t i = 0; i < log->absences.count; i++) {
        struct debate_absence absence = absences[i];
        absence.from_ms = (absence.from_ms > zero_ms ? absence.from_ms : zero_ms) - zero_ms;
        absence.to_ms = (absence.to_ms < end_ms ? absence.to_ms : end_ms) - zero_ms;
        if (absence.from_ms < absence.to_ms)
            absences[kept++] = absence;
    }
    log->absences.count = kept;
}

static void shift_people(struct debate_log *log, int64_t zero_ms)
{
    struct debate_person *people = log->people.items;
    for (size_t i = 0; i < log->people.count; i++) {
        if (people[i].withdrew)
            people[i].withdrew_ms -= zero_ms;
    }
}

/* From times of the epoch to session time. */
static void shift_times(struct debate_log *log)
{
    struct debate *debate = &log->debate;
    struct debate_page *pages = log->pages.items;
    struct debate_choice *choices = log->choices.items;
    struct debate_recording *recordings = log->recordings.items;
    if (!debate->started)
        debate->start_at_ms = log->first_ts_ms;
    int64_t zero_ms = debate->start_at_ms,
            end_ms = debate->ended ? debate->end_ms : log->last_ts_ms;
    if (!debate->ended && log->pages.count > 0)
        pages[log->pages.count - 1].to_ms = end_ms;
    for (size_t i = 0; i < log->pages.count; i++) {
        pages[i].from_ms -= zero_ms;
        pages[i].to_ms -= zero_ms;
    }
    for (size_t i = 0; i < log->choices.count; i++)
        choices[i].at_ms -= zero_ms;
    for (size_t i = 0; i < log->recordings.count; i++) {
        if (recordings[i].to_ms == INT64_MAX)
            recordings[i].to_ms = end_ms;
        recordings[i].from_ms -= zero_ms;
        recordings[i].to_ms -= zero_ms;
    }
    shift_people(log, zero_ms);
    shift_absences(log, zero_ms, end_ms);
    debate->end_ms = end_ms - zero_ms;
}

static void point_to(struct debate_log *log)
{
    struct debate *debate = &log->debate;
    const struct log_header *header = room_header(log->room);
    debate->session_id = header->session_id;
    debate->room_code = header->room_code;
    debate->agenda = room_agenda(log->room);
    debate->people = log->people.items;
    debate->people_count = log->people.count;
    debate->absences = log->absences.items;
    debate->absence_count = log->absences.count;
    debate->pages = log->pages.items;
    debate->page_count = log->pages.count;
    debate->choices = log->choices.items;
    debate->choice_count = log->choices.count;
    debate->recordings = log->recordings.items;
    debate->recording_count = log->recordings.count;
}

enum err debate_read(const char *log_text, size_t len, struct debate_log **out, char *why,
                     size_t why_size)
{
    struct replay_result result;
    struct debate_log *log = mem_zalloc(sizeof *log);
    if (!log)
        return ERR_NO_MEMORY;
    enum err e = replay_log(log_text, len, NULL, take_event, log, &log->room, &result);
    if (e == ERR_CORRUPT)
        snprintf(why, why_size, "line %zu: %s", result.line, result.what);
    if (!e)
        e = log->failed;
    if (e) {
        debate_log_free(log);
        return e;
    }
    shift_times(log);
    point_to(log);
    *out = log;
    return ERR_NONE;
}

void debate_hide_unrevealed(struct debate_log *log)
{
    struct debate_choice *choices = log->choices.items;
    for (size_t i = 0; i < log->choices.count; i++) {
        if (!room_page_is_revealed(log->room, choices[i].page))
            choices[i].choice = choices[i].before = NULL;
    }
}

const struct debate *debate_of(const struct debate_log *log)
{
    return &log->debate;
}

void debate_log_free(struct debate_log *log)
{
    if (!log)
        return;
    char **texts = log->texts.items;
    for (size_t i = 0; i < log->texts.count; i++)
        mem_free(texts[i]);
    mem_free(log->texts.items);
    mem_free(log->recordings.items);
    mem_free(log->choices.items);
    mem_free(log->pages.items);
    mem_free(log->absences.items);
    mem_free(log->people.items);
    room_free(log->room);
    mem_free(log);
}

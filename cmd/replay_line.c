#include "replay_line.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A participant's nickname; with the number too where somebody else has the same. */
static void put_name(const struct room *room, unsigned participant, struct buf *out)
{
    const char *name = room_nickname(room, participant), *other;
    bool is_double = false;
    if (!name || !name[0]) {
        buf_printf(out, "p%u", participant);
        return;
    }
    for (unsigned i = 1; i <= LIMIT_PARTICIPANTS && (other = room_nickname(room, i)); i++)
        is_double = is_double || (i != participant && strcmp(name, other) == 0);
    buf_append_str(out, name);
    if (is_double)
        buf_printf(out, " (p%u)", participant);
}

static void put_choice(const struct room *room, unsigned page_number, const char *id,
                       struct buf *out)
{
    const struct page *page = agenda_page(room_agenda(room), page_number);
    int index = page && id ? page_choice_index(page, id) : -1;
    buf_append_str(out, index >= 0 ? page->choices[index].label : id ? id : "something");
}

static void put_page(const struct room *room, unsigned number, struct buf *out)
{
    const struct page *page = agenda_page(room_agenda(room), number);
    buf_printf(out, "page %u", number);
    if (page)
        buf_printf(out, ": %s", page->title);
}

/* "Kim WHAT" */
static void put_deed(const struct room *room, const struct event *event, const char *what,
                     struct buf *out)
{
    put_name(room, event->participant, out);
    buf_printf(out, " %s", what);
}

static void put_start_reported(const struct room *room, const struct event *event, struct buf *out)
{
    double late_ms = event->start_reported.late_ms;
    put_name(room, event->participant, out);
    buf_printf(out, " started %g ms %s", late_ms < 0 ? -late_ms : late_ms,
               late_ms < 0 ? "early" : "late");
    if (event->start_reported.has_error)
        buf_printf(out, ", give or take %g ms", event->start_reported.error_ms);
}

static void put_recording(const struct room *room, const struct event *event, struct buf *out)
{
    buf_append_str(out, "the recording of ");
    put_name(room, event->participant, out);
    if (event->type == EVENT_RECORDING_STARTED)
        buf_printf(out, " begins (%s)", event->recording.recording_id);
    else if (event->type == EVENT_RECORDING_STOPPED)
        buf_printf(out, " ends after %.3f s", (double)event->recording.duration_ms / 1000);
    else
        buf_printf(out, " has arrived: %" PRIu64 " bytes", event->recording.bytes);
}

static void put_choices(const struct room *room, const struct event *event, struct buf *out)
{
    unsigned page = event->choices_revealed.page;
    buf_printf(out, "the choices of page %u are revealed:", page);
    for (size_t i = 0; i < event->choices_revealed.count; i++) {
        const struct event_choice *one = &event->choices_revealed.choices[i];
        buf_append_str(out, i ? "; " : " ");
        put_name(room, one->participant, out);
        buf_append_str(out, ": ");
        put_choice(room, page, one->choice, out);
    }
}

static void put_next_page(const struct room *room, const struct event *event, struct buf *out)
{
    if (event->actor)
        put_name(room, event->actor, out);
    else
        buf_append_str(out, "the time is up, and the server");
    buf_append_str(out, " turns to ");
    put_page(room, event->next_page.page, out);
}

static void put_end(const struct room *room, const struct event *event, struct buf *out)
{
    switch (event->session_ended.reason) {
    case END_HOST:
        if (event->actor)
            put_name(room, event->actor, out);
        else
            buf_append_str(out, "an operator");
        buf_append_str(out, " ends the session");
        return;
    case END_AGENDA:
        buf_append_str(out, "the agenda is done: the session ends");
        return;
    case END_EMPTY:
        buf_append_str(out, "nobody is there: the session ends");
        return;
    }
}

static void put_submitted(const struct room *room, const struct event *event, struct buf *out)
{
    put_deed(room, event, "chooses", out);
    buf_append_str(out, " ");
    put_choice(room, event->choice_submitted.page, event->choice_submitted.choice, out);
    buf_printf(out, " on page %u", event->choice_submitted.page);
}

static const char *voice_deed(const struct event *event)
{
    if (!event->voice_status.is_mic_on)
        return "is silent, microphone off";
    return event->voice_status.is_speaking ? "speaks" : "is silent, microphone on";
}

static void put_event(const struct room *room, const struct event *event, struct buf *out)
{
    switch (event->type) {
    case EVENT_JOIN:
        put_deed(room, event, "takes a seat", out);
        return;
    case EVENT_LEAVE:
        put_deed(room, event, "leaves", out);
        return;
    case EVENT_CONNECTED:
        put_deed(room, event, "is connected again", out);
        return;
    case EVENT_DISCONNECTED:
        put_deed(room, event, "is disconnected", out);
        return;
    case EVENT_HOST_CHANGED:
        put_deed(room, event, "is the host from now on", out);
        return;
    case EVENT_CONSENT:
        put_deed(room, event,
                 event->consent.recording ? "agrees to be recorded"
                                          : "does not agree to be recorded",
                 out);
        return;
    case EVENT_COUNTDOWN:
        buf_printf(out, "countdown: %g s", (double)event->countdown.duration_ms / 1000);
        return;
    case EVENT_COUNTDOWN_CANCELLED:
        buf_printf(out, "the countdown is cancelled: %s", event->countdown_cancelled.reason);
        return;
    case EVENT_START:
        buf_append_str(out, "start");
        return;
    case EVENT_START_REPORTED:
        put_start_reported(room, event, out);
        return;
    case EVENT_VOICE_STATUS:
        put_deed(room, event, voice_deed(event), out);
        return;
    case EVENT_RECORDING_STARTED:
    case EVENT_RECORDING_STOPPED:
    case EVENT_RECORDING_UPLOADED:
        put_recording(room, event, out);
        return;
    case EVENT_CHOICE_SUBMITTED:
        put_submitted(room, event, out);
        return;
    case EVENT_CHOICES_REVEALED:
        put_choices(room, event, out);
        return;
    case EVENT_NEXT_PAGE:
        put_next_page(room, event, out);
        return;
    case EVENT_SESSION_ENDED:
        put_end(room, event, out);
        return;
    case EVENT_ANALYSIS_READY:
        buf_printf(out, "the report is ready: %s", event->analysis_ready.report);
        return;
    case EVENT_FORGOTTEN:
        buf_printf(out, "forgotten for good: %u recordings of %llu bytes, transcript and report",
                   event->forgotten.recordings, (unsigned long long)event->forgotten.bytes);
        return;
    case EVENT_TYPE_COUNT:
        return;
    }
}

enum err replay_line_print(const struct room *room, const struct event *event, struct buf *out)
{
    put_event(room, event, out);
    return out->failed ? ERR_FULL : ERR_NONE;
}

enum err replay_time_print(int64_t ms, struct buf *out)
{
    int64_t size = llabs(ms);
    return buf_printf(out, "%s%02" PRId64 ":%02" PRId64 ".%03" PRId64, ms < 0 ? "-" : " ",
                      size / 60000, size / 1000 % 60, size % 1000);
}

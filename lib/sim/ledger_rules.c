/* The protocol's rules about the order of events (sections 1, 5 and 9), for the observer. */
#include <stdio.h>
#include <string.h>

#include "sim/cast.h"
#include "sim/ledger.h"
#include "sim/world.h"

static _Noreturn void wrong(const struct ledger *ledger, const struct event *event,
                            const char *invariant, const char *what)
{
    broken(invariant, "%s, event %llu %s p%u: %s", ledger->session_id,
           (unsigned long long)event->seq, event_type_name(event->type), event->participant, what);
}

static int seated(const struct ledger *ledger)
{
    int count = 0;
    for (unsigned i = 1; i <= ledger->people; i++)
        count += ledger->persons[i].seated;
    return count;
}

bool ledger_all_chose(const struct ledger *ledger, unsigned page)
{
    for (unsigned i = 1; i <= ledger->people; i++) {
        if (ledger->persons[i].seated && !ledger->chosen[page][i])
            return false;
    }
    return true;
}

bool ledger_owes_reveal(const struct ledger *ledger, unsigned page)
{
    const struct page *of = agenda_page(ledger->agenda, page);
    if (!of || of->reveal != REVEAL_ALL || ledger->is_revealed[page])
        return false;
    for (unsigned i = 1; i <= ledger->people; i++) {
        if (ledger->chosen[page][i])
            return true;
    }
    return false;
}

/* Who turns pages and ends the session is the host; the server acts when it is time. */
static void check_actor(const struct ledger *ledger, const struct event *event)
{
    const struct page *of = agenda_page(ledger->agenda, ledger->page);
    if (event->actor && event->actor != ledger->host)
        wrong(ledger, event, "one-host", "somebody else did it");
    if (!event->actor && (of->time_ms <= 0 || event->ts_ms < ledger->page_ts_ms + of->time_ms))
        wrong(ledger, event, "pages-follow-the-rules", "before its time");
}

static void check_page_is_left(const struct ledger *ledger, const struct event *event)
{
    if (ledger_owes_reveal(ledger, ledger->page))
        wrong(ledger, event, "choices-are-revealed", "the page is left, and nobody was told");
}

static void take_join(struct ledger *ledger, const struct event *event)
{
    const char *user = event->join.user;
    if (!user)
        wrong(ledger, event, "one-seat-a-user", "nobody knows whose seat it is");
    if (cast_is_observer(user))
        wrong(ledger, event, "observers-hold-no-seat", user);
    unsigned known = ledger_participant_of(ledger, user);
    if (known ? known != event->participant : event->participant != ledger->people + 1)
        wrong(ledger, event, "one-seat-a-user", user);
    if (event->participant > LIMIT_PARTICIPANTS)
        wrong(ledger, event, "memory-is-bounded", "too many participants");
    struct ledger_person *person = &ledger->persons[event->participant];
    if (!known)
        ledger->people++;
    if (person->seated)
        wrong(ledger, event, "one-seat-a-user", "seated twice");
    snprintf(person->user, sizeof person->user, "%s", user);
    person->seated = person->connected = true;
    if (seated(ledger) > ledger->seats)
        wrong(ledger, event, "one-seat-a-user", "more people than seats");
    if (!ledger->host && !ledger->had_host && strcmp(user, ledger->host_user) == 0) {
        ledger->host = event->participant;
        ledger->had_host = true;
    }
}

static void take_leave(struct ledger *ledger, const struct event *event)
{
    struct ledger_person *person = &ledger->persons[event->participant];
    if (!person->seated)
        wrong(ledger, event, "one-seat-a-user", "has no seat to leave");
    if (person->records)
        wrong(ledger, event, "recordings-end", "leaves, and is still being recorded");
    person->seated = person->connected = false;
    if (strcmp(person->user, ledger->host_user) == 0)
        ledger->had_host = true; /* does not become it again by coming back */
    if (ledger->host == event->participant) {
        ledger->host = 0;
        ledger->host_gone_ts_ms = event->ts_ms;
    }
}

static void take_connection(struct ledger *ledger, const struct event *event, bool connected)
{
    struct ledger_person *person = &ledger->persons[event->participant];
    if (!person->seated || person->connected == connected)
        wrong(ledger, event, "connected-means-connected", "it is so already");
    person->connected = connected;
    if (event->participant == ledger->host && !connected)
        ledger->host_gone_ts_ms = event->ts_ms;
}

static void take_host(struct ledger *ledger, const struct event *event)
{
    if (!ledger->persons[event->participant].seated)
        wrong(ledger, event, "one-host", "has no seat");
    if (ledger->host == event->participant)
        wrong(ledger, event, "one-host", "is host already");
    ledger->host = event->participant;
    ledger->had_host = true;
    ledger->host_gone_ts_ms = event->ts_ms;
}

static void take_consent(struct ledger *ledger, const struct event *event)
{
    struct ledger_person *person = &ledger->persons[event->participant];
    person->consents = event->consent.recording;
    if (!person->consents && person->records)
        ledger->stop_is_due = event->participant;
}

static void check_all_are_there(const struct ledger *ledger, const struct event *event)
{
    if (seated(ledger) != ledger->seats)
        wrong(ledger, event, "the-start-is-common", "a seat is free");
    for (unsigned i = 1; i <= ledger->people; i++) {
        if (ledger->persons[i].seated && !ledger->persons[i].connected)
            wrong(ledger, event, "the-start-is-common", "somebody is not connected");
    }
}

static void take_countdown(struct ledger *ledger, const struct event *event)
{
    if (ledger->in_countdown || ledger->is_started)
        wrong(ledger, event, "nobody-starts-twice", "a countdown in the wrong phase");
    check_all_are_there(ledger, event);
    ledger->in_countdown = true;
    ledger->start_at_ms = event->countdown.start_at_ms;
}

static void take_start(struct ledger *ledger, const struct event *event)
{
    if (ledger->is_started || !ledger->in_countdown)
        wrong(ledger, event, "nobody-starts-twice", "a start in the wrong phase");
    if (event->ts_ms < ledger->start_at_ms || event->start.start_at_ms != ledger->start_at_ms)
        wrong(ledger, event, "no-start-before-start-at", "too early");
    check_all_are_there(ledger, event);
    ledger->in_countdown = false;
    ledger->is_started = true;
    ledger->started_ts_ms = event->ts_ms;
    ledger->page_ts_ms = ledger->start_at_ms;
}

static void take_choice(struct ledger *ledger, const struct event *event)
{
    unsigned page = event->choice_submitted.page;
    const struct page *of = agenda_page(ledger->agenda, page);
    int index = of && event->choice_submitted.choice
                    ? page_choice_index(of, event->choice_submitted.choice)
                    : -1;
    if (index < 0 || !ledger->is_started || !ledger->is_reached[page] ||
        !ledger->persons[event->participant].seated)
        wrong(ledger, event, "choices-follow-the-rules", "no such choice now");
    if (ledger->is_revealed[page])
        wrong(ledger, event, "choices-follow-the-rules", "the page is revealed already");
    if (of->reveal == REVEAL_NOW && ledger->chosen[page][event->participant])
        wrong(ledger, event, "choices-follow-the-rules", "it was shown already");
    ledger->chosen[page][event->participant] = (int8_t)(index + 1);
}

static void take_reveal(struct ledger *ledger, const struct event *event)
{
    unsigned page = event->choices_revealed.page;
    const struct page *of = agenda_page(ledger->agenda, page);
    if (!of || of->reveal != REVEAL_ALL || ledger->is_revealed[page])
        wrong(ledger, event, "choices-stay-private", "a page that is not to be revealed");
    if (!ledger_all_chose(ledger, page)) {
        if (page != ledger->page)
            wrong(ledger, event, "choices-stay-private", "not all have chosen");
        ledger->turn_is_due = true; /* then the page must be left now */
    }
    for (size_t i = 0; i < event->choices_revealed.count; i++) {
        const struct event_choice *choice = &event->choices_revealed.choices[i];
        if (page_choice_index(of, choice->choice) + 1 != ledger->chosen[page][choice->participant])
            wrong(ledger, event, "choices-follow-the-rules", "not what was chosen");
    }
    ledger->is_revealed[page] = true;
}

static void take_page(struct ledger *ledger, const struct event *event)
{
    unsigned page = event->next_page.page;
    if (!ledger->is_started || !agenda_page(ledger->agenda, page))
        wrong(ledger, event, "pages-follow-the-rules", "no such page now");
    check_actor(ledger, event);
    check_page_is_left(ledger, event);
    ledger->page = page;
    ledger->page_ts_ms = event->ts_ms;
    ledger->is_reached[page] = true;
    ledger->turn_is_due = false;
}

static void take_recording(struct ledger *ledger, const struct event *event, bool begins)
{
    struct ledger_person *person = &ledger->persons[event->participant];
    if (person->records == begins)
        wrong(ledger, event, "recording-needs-consent", "it is so already");
    if (begins && (!person->consents || !ledger->is_started || !person->seated))
        wrong(ledger, event, "recording-needs-consent", "nobody may record now");
    if ((strcmp(person->recording_id, event->recording.recording_id) != 0) != begins)
        wrong(ledger, event, "recordings-end", "another recording than the one that began");
    snprintf(person->recording_id, sizeof person->recording_id, "%s",
             event->recording.recording_id);
    person->records = begins;
    ledger->stop_is_due = 0;
}

static void take_end(struct ledger *ledger, const struct event *event)
{
    check_page_is_left(ledger, event);
    if (event->session_ended.reason == END_EMPTY) {
        if (seated(ledger) && ledger_anybody_is_connected(ledger))
            wrong(ledger, event, "the-end-is-the-end", "somebody is there");
    } else if (event->session_ended.reason == END_AGENDA || event->actor != ledger->host) {
        check_actor(ledger, event);
    }
    for (unsigned i = 1; i <= ledger->people; i++) {
        if (ledger->persons[i].records)
            wrong(ledger, event, "recordings-end", "somebody is still being recorded");
    }
    ledger->is_ended = true;
    ledger->turn_is_due = false;
}

static void check_order(struct ledger *ledger, const struct event *event)
{
    if (event->ts_ms < ledger->ts_ms)
        wrong(ledger, event, "time-never-goes-back", "earlier than the event before");
    ledger->ts_ms = event->ts_ms;
    if (ledger->is_ended && event->type != EVENT_RECORDING_UPLOADED &&
        event->type != EVENT_ANALYSIS_READY && event->type != EVENT_FORGOTTEN)
        wrong(ledger, event, "the-end-is-the-end", "after session_ended");
    if (ledger->turn_is_due && event->type != EVENT_NEXT_PAGE &&
        event->type != EVENT_SESSION_ENDED && event->type != EVENT_RECORDING_STOPPED)
        wrong(ledger, event, "choices-stay-private", "revealed, and the page was not left");
    if (ledger->stop_is_due &&
        (event->type != EVENT_RECORDING_STOPPED || event->participant != ledger->stop_is_due))
        wrong(ledger, event, "recording-needs-consent", "consent is gone, and it goes on");
    if (event->participant > LIMIT_PARTICIPANTS ||
        (event->participant > ledger->people && event->type != EVENT_JOIN))
        wrong(ledger, event, "one-seat-a-user", "a stranger");
}

void ledger_apply(struct ledger *ledger, const struct event *event)
{
    struct ledger_person *person = &ledger->persons[event->participant];
    check_order(ledger, event);
    switch (event->type) {
    case EVENT_JOIN:
        take_join(ledger, event);
        break;
    case EVENT_LEAVE:
        take_leave(ledger, event);
        break;
    case EVENT_CONNECTED:
    case EVENT_DISCONNECTED:
        take_connection(ledger, event, event->type == EVENT_CONNECTED);
        break;
    case EVENT_HOST_CHANGED:
        take_host(ledger, event);
        break;
    case EVENT_CONSENT:
        take_consent(ledger, event);
        break;
    case EVENT_COUNTDOWN:
        take_countdown(ledger, event);
        break;
    case EVENT_COUNTDOWN_CANCELLED:
        ledger->in_countdown = false;
        break;
    case EVENT_START:
        take_start(ledger, event);
        break;
    case EVENT_START_REPORTED:
        if (person->reported || !ledger->is_started)
            wrong(ledger, event, "nobody-starts-twice", "reported before");
        person->reported = true;
        break;
    case EVENT_RECORDING_STARTED:
    case EVENT_RECORDING_STOPPED:
        take_recording(ledger, event, event->type == EVENT_RECORDING_STARTED);
        break;
    case EVENT_CHOICE_SUBMITTED:
        take_choice(ledger, event);
        break;
    case EVENT_CHOICES_REVEALED:
        take_reveal(ledger, event);
        break;
    case EVENT_NEXT_PAGE:
        take_page(ledger, event);
        break;
    case EVENT_SESSION_ENDED:
        take_end(ledger, event);
        break;
    case EVENT_VOICE_STATUS:
    case EVENT_RECORDING_UPLOADED:
    case EVENT_ANALYSIS_READY:
    case EVENT_FORGOTTEN:
    case EVENT_TYPE_COUNT:
        break;
    }
}

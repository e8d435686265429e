#include "terminal/story.h"

#include <stdio.h>
#include <string.h>

#include "terminal/words_intl.h"

void story_name(const struct session *session, unsigned participant, char out[STORY_NAME_SIZE])
{
    const struct session_participant *place = session_participant(session, participant);
    if (!place)
        snprintf(out, STORY_NAME_SIZE, "p%u", participant);
    else if (participant == session_self(session))
        snprintf(out, STORY_NAME_SIZE, _("%s (you)"), place->nickname);
    else
        snprintf(out, STORY_NAME_SIZE, "%s", place->nickname);
}

const char *story_choice(const struct session *session, unsigned page, const char *choice)
{
    const struct agenda *agenda = session_agenda(session);
    const struct page *of = agenda ? agenda_page(agenda, page) : NULL;
    int index = of ? page_choice_index(of, choice) : -1;
    return index < 0 ? choice : of->choices[index].label;
}

void story_clock(double seconds, char out[32])
{
    unsigned s = seconds > 0 ? (unsigned)seconds : 0;
    if (s >= 3600)
        snprintf(out, 32, "%u:%02u:%02u", s / 3600, s / 60 % 60, s % 60);
    else
        snprintf(out, 32, "%u:%02u", s / 60, s % 60);
}

/* ---- events ---- */

static int seated(const struct session *session)
{
    int count = 0;
    for (unsigned i = 1; i <= LIMIT_PARTICIPANTS; i++) {
        const struct session_participant *place = session_participant(session, i);
        count += place && place->seated;
    }
    return count;
}

static void tell_choices(const struct session *session, const struct event *event, struct buf *out)
{
    char name[STORY_NAME_SIZE];
    buf_printf(out, _("The choices on page %u:"), event->choices_revealed.page);
    for (size_t i = 0; i < event->choices_revealed.count; i++) {
        const struct event_choice *choice = &event->choices_revealed.choices[i];
        story_name(session, choice->participant, name);
        buf_printf(out, "\n  %s: %s", name,
                   story_choice(session, event->choices_revealed.page, choice->choice));
    }
}

static void tell_choice(const struct session *session, const struct event *event, const char *name,
                        struct buf *out)
{
    unsigned page = event->choice_submitted.page;
    if (event->choice_submitted.choice)
        buf_printf(out, _("%s has chosen \"%s\" on page %u."), name,
                   story_choice(session, page, event->choice_submitted.choice), page);
    else
        buf_printf(out, _("%s has chosen on page %u."), name, page);
}

static const char *end_sentence(enum end_reason reason)
{
    switch (reason) {
    case END_HOST:
        return _("The host has ended the debate.");
    case END_AGENDA:
        return _("The agenda is through: the debate has ended.");
    case END_EMPTY:
        return _("Nobody was left: the debate has ended.");
    }
    return "";
}

static bool tell_recording(const struct event *event, const char *name, struct buf *out)
{
    char length[32];
    switch ((int)event->type) {
    case EVENT_RECORDING_STARTED:
        buf_printf(out, _("The voice of %s is being recorded."), name);
        return true;
    case EVENT_RECORDING_STOPPED:
        story_clock((double)event->recording.duration_ms / 1000, length);
        buf_printf(out, _("The recording of %s has ended (%s)."), name, length);
        return true;
    case EVENT_RECORDING_UPLOADED:
        buf_printf(out, _("The recording of %s has arrived: %llu bytes."), name,
                   (unsigned long long)event->recording.bytes);
        return true;
    default:
        return false;
    }
}

static bool tell_seats(const struct session *session, const struct event *event, const char *name,
                       struct buf *out)
{
    switch ((int)event->type) {
    case EVENT_JOIN:
        buf_printf(out, _("%s has taken a seat (%d of %d)."), name, seated(session),
                   session_seats(session));
        return true;
    case EVENT_LEAVE:
        buf_printf(out, _("%s has left."), name);
        return true;
    case EVENT_CONNECTED:
        buf_printf(out, _("%s is back."), name);
        return true;
    case EVENT_DISCONNECTED:
        buf_printf(out, _("%s has lost the connection; the seat is kept."), name);
        return true;
    case EVENT_HOST_CHANGED:
        buf_printf(out, _("%s is the host now."), name);
        return true;
    case EVENT_CONSENT:
        buf_printf(out,
                   event->consent.recording ? _("%s agrees to be recorded.")
                                            : _("%s does not want to be recorded."),
                   name);
        return true;
    default:
        return false;
    }
}

static const char *cancel_reason(const char *reason)
{
    if (strcmp(reason, "left") == 0)
        return _("somebody has left");
    if (strcmp(reason, "disconnected") == 0)
        return _("somebody has lost the connection");
    if (strcmp(reason, "restart") == 0)
        return _("the server was started again");
    return reason;
}

static bool tell_start(const struct event *event, const char *name, struct buf *out)
{
    switch ((int)event->type) {
    case EVENT_COUNTDOWN:
        buf_printf(out, _("Everybody is here: the debate starts in %d s."),
                   (int)((event->countdown.duration_ms + 999) / 1000));
        return true;
    case EVENT_COUNTDOWN_CANCELLED:
        buf_printf(out, _("The countdown is off (%s)."),
                   cancel_reason(event->countdown_cancelled.reason));
        return true;
    case EVENT_START:
        buf_append_str(out, _("The debate has started."));
        return true;
    case EVENT_START_REPORTED:
        buf_printf(out, _("%s started %.1f ms after the common moment."), name,
                   event->start_reported.late_ms);
        return true;
    default:
        return false;
    }
}

bool story_tell(const struct session *session, const struct event *event, bool mic_changed,
                enum tone *tone, struct buf *out)
{
    char name[STORY_NAME_SIZE];
    story_name(session, event->participant, name);
    *tone = TONE_EVENT;
    switch (event->type) {
    case EVENT_VOICE_STATUS:
        if (mic_changed)
            buf_printf(out,
                       event->voice_status.is_mic_on ? _("%s has opened the microphone.")
                                                     : _("%s has muted the microphone."),
                       name);
        return mic_changed;
    case EVENT_CHOICE_SUBMITTED:
        tell_choice(session, event, name, out);
        return true;
    case EVENT_CHOICES_REVEALED:
        tell_choices(session, event, out);
        return true;
    case EVENT_SESSION_ENDED:
        buf_append_str(out, end_sentence(event->session_ended.reason));
        return true;
    case EVENT_ANALYSIS_READY:
        *tone = TONE_GOOD;
        buf_printf(out, _("The report is ready: %s"), event->analysis_ready.report);
        return true;
    case EVENT_FORGOTTEN:
        buf_append_str(out, _("What was said here has been removed for good."));
        return true;
    case EVENT_NEXT_PAGE:
    case EVENT_TYPE_COUNT:
        return false;
    case EVENT_RECORDING_STARTED:
    case EVENT_RECORDING_STOPPED:
    case EVENT_RECORDING_UPLOADED:
        return tell_recording(event, name, out);
    case EVENT_COUNTDOWN:
    case EVENT_COUNTDOWN_CANCELLED:
    case EVENT_START:
    case EVENT_START_REPORTED:
        return tell_start(event, name, out);
    case EVENT_JOIN:
    case EVENT_LEAVE:
    case EVENT_CONNECTED:
    case EVENT_DISCONNECTED:
    case EVENT_HOST_CHANGED:
    case EVENT_CONSENT:
        return tell_seats(session, event, name, out);
    }
    return false;
}

/* ---- the connection ---- */

bool story_peer(const struct session *session, unsigned participant, enum peer_state state,
                const char *why, enum tone *tone, struct buf *out)
{
    char name[STORY_NAME_SIZE];
    story_name(session, participant, name);
    switch (state) {
    case PEER_CONNECTED:
        *tone = TONE_GOOD;
        buf_printf(out, _("You and %s hear each other."), name);
        return true;
    case PEER_DISCONNECTED:
        *tone = TONE_WARNING;
        buf_printf(out, _("The voice of %s is interrupted; connecting again."), name);
        return true;
    case PEER_FAILED:
        *tone = TONE_WARNING;
        buf_printf(out, _("There is no way to the voice of %s: %s"), name, why ? why : "");
        return true;
    case PEER_NEW:
    case PEER_CONNECTING:
    case PEER_CLOSED:
        break;
    }
    return false;
}

void story_close(int code, int status, bool returns, enum tone *tone, struct buf *out)
{
    *tone = returns ? TONE_WARNING : TONE_EVENT;
    if (code == WS_CLOSE_REPLACED) {
        *tone = TONE_ERROR;
        buf_append_str(out, _("You have joined from elsewhere: the seat is there now, and this "
                              "client stops."));
    } else if (code == WS_CLOSE_GOING_AWAY && returns) {
        buf_append_str(out, _("The server is restarting."));
    } else if (code == WS_CLOSE_TOO_SLOW) {
        buf_append_str(out, _("This connection was too slow for the server."));
    } else if (status && !returns) {
        *tone = TONE_ERROR;
        buf_printf(out, _("The server does not let you in (HTTP status %d)."), status);
    } else if (code == 1007 || code == 1008 || code == 1009) {
        /* RFC 6455, section 7.4.1: a rule was broken. */
        *tone = TONE_ERROR;
        buf_printf(out, _("The server closed the connection because of a broken rule (%d)."), code);
    }
}

/* What the session tells: kept as far as the client needs it, and handed to the face. */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "session/rejoin.h"
#include "terminal/join_inner.h"
#include "terminal/words_intl.h"

enum { HTTP_CONFLICT = 409 }; /* protocol, section 2 */

/* For the last line, which the shell's prompt follows. */
static void explain_end(struct join *join, const char *why)
{
    if (join->was_unreachable)
        snprintf(join->why, sizeof join->why,
                 _("no server answers at %s (%s); is debate serve running there?"),
                 join->config->server, why);
    else if (join->close_status == HTTP_CONFLICT)
        snprintf(join->why, sizeof join->why, "%s", _("all seats are taken"));
    else if (join->close_status == WS_CLOSE_REPLACED)
        snprintf(join->why, sizeof join->why, "%s", _("the seat was taken over from elsewhere"));
    else
        snprintf(join->why, sizeof join->why, "%s", why);
}

static void on_state(void *context, enum session_state state, const char *why)
{
    struct join *join = context;
    if (state == SESSION_IN)
        join->was_in = true;
    if (state == SESSION_FINISHING)
        explain_end(join, why);
    if (join->face->on_state)
        join->face->on_state(join, state, why);
    if (state != SESSION_CLOSED)
        return;
    if (join->was_in && join->close_status != WS_CLOSE_REPLACED)
        join_stop(join, join->upload_failed ? JOIN_FAILED : JOIN_DONE);
    else
        join_stop(join, join->was_unreachable ? JOIN_UNREACHABLE : JOIN_REFUSED);
}

static void on_entered(void *context, bool created, const struct entrance_present *present,
                       size_t present_count, int seats)
{
    struct join *join = context;
    if (join->face->on_entered)
        join->face->on_entered(join, created, present, present_count, seats);
}

static void on_welcome(void *context, const struct server_message *welcome)
{
    struct join *join = context;
    if (!join->last_seq || welcome->welcome.reset) {
        join->past_seq = welcome->welcome.seq;
        join->last_seq = 0;
    } else {
        join->missed_from_seq = join->last_seq;
        join->missed_seq = welcome->welcome.seq;
    }
    if (join->face->on_welcome)
        join->face->on_welcome(join, welcome);
}

static bool note_microphone(struct join *join, const struct event *event)
{
    unsigned participant = event->participant;
    if (event->type != EVENT_VOICE_STATUS || participant > LIMIT_PARTICIPANTS)
        return false;
    unsigned char is = event->voice_status.is_mic_on ? 2 : 1;
    unsigned char was = join->mic_was[participant];
    join->mic_was[participant] = is;
    return was ? was != is : is == 1;
}

static void note(struct join *join, const struct event *event)
{
    unsigned self = session_self(join->session);
    switch ((int)event->type) {
    case EVENT_START:
    case EVENT_NEXT_PAGE:
        join->page_ms = event->ts_ms;
        break;
    case EVENT_RECORDING_STARTED:
        if (event->participant == self)
            join->recording_ms = event->recording.started_at_ms;
        break;
    case EVENT_RECORDING_STOPPED:
        if (event->participant == self)
            join->recording_ms = 0;
        break;
    case EVENT_CHOICES_REVEALED:
        for (size_t i = 0; i < event->choices_revealed.count; i++) {
            const struct event_choice *choice = &event->choices_revealed.choices[i];
            unsigned page = event->choices_revealed.page;
            if (choice->participant == self && page <= LIMIT_PAGES)
                str_copy(join->own_choices[page], sizeof join->own_choices[page], choice->choice);
        }
        break;
    default:
        break;
    }
}

static void on_event(void *context, const struct event *event)
{
    struct join *join = context;
    join->last_seq = event->seq;
    note(join, event);
    bool mic_changed = note_microphone(join, event);
    if (join->face->on_event)
        join->face->on_event(join, event, mic_changed, event->seq <= join->past_seq);
    if (join->missed_seq && event->seq >= join->missed_seq) {
        uint64_t missed = join->missed_seq - join->missed_from_seq;
        join->missed_seq = 0;
        if (join->face->on_caught_up)
            join->face->on_caught_up(join, missed);
    }
}

static void on_ack(void *context, enum command_type command, int64_t number, uint64_t seq)
{
    struct join *join = context;
    if (command == COMMAND_SUBMIT_CHOICE && join->asked_page <= LIMIT_PAGES)
        str_copy(join->own_choices[join->asked_page], sizeof join->own_choices[0],
                 join->asked_choice);
    if (join->face->on_ack)
        join->face->on_ack(join, command, number, seq);
}

static void on_refused(void *context, enum command_type command, int64_t number, const char *code,
                       const char *message)
{
    struct join *join = context;
    if (join->face->on_refused)
        join->face->on_refused(join, command, number, code, message);
}

static void on_close(void *context, int code, int status, bool returns)
{
    struct join *join = context;
    join->close_status = code == WS_CLOSE_REPLACED ? code : status;
    if (!returns && !join->was_in && !status && code == WS_CLOSE_UNCLEAN)
        join->was_unreachable = true;
    if (join->face->on_close)
        join->face->on_close(join, code, status, returns);
}

static void on_live(void *context, int64_t start_us, double late_ms, double error_ms)
{
    struct join *join = context;
    (void)start_us;
    /* What stands in a file is said to the debate, not to the lobby. */
    sound_begin_file(join->sound);
    if (join->face->on_live)
        join->face->on_live(join, late_ms, error_ms);
}

/* The words that both see, unless somebody sits between them. */
static bool note_words(struct join *join, unsigned participant)
{
    struct peer_stats peer;
    struct jitter_stats jitter;
    char words[FINGERPRINT_WORDS_SIZE];
    if (participant > LIMIT_PARTICIPANTS ||
        !session_peer_stats(join->session, participant, &peer, &jitter) ||
        fingerprint_words(peer.local_fingerprint, peer.remote_fingerprint, words) ||
        strcmp(words, join->words[participant]) == 0)
        return false;
    str_copy(join->words[participant], sizeof join->words[0], words);
    return true;
}

static void on_peer(void *context, unsigned participant, enum peer_state state, const char *why)
{
    struct join *join = context;
    bool has_new_words = state == PEER_CONNECTED && note_words(join, participant);
    if (join->face->on_peer)
        join->face->on_peer(join, participant, state, why, has_new_words);
}

static void on_upload(void *context, const struct session_recording *recording, uint64_t sent,
                      uint64_t total)
{
    struct join *join = context;
    join->upload_percent = total ? (int)(sent * 100 / total) : 0;
    join->upload_failed = join->upload_failed || recording->upload_failed;
    if (join->face->on_upload)
        join->face->on_upload(join, recording, sent, total);
}

static void on_pending(void *context, const char *path, enum pending_end end, const char *why)
{
    struct join *join = context;
    if (end != PENDING_ELSEWHERE && join->face->on_pending)
        join->face->on_pending(join, path, end == PENDING_SENT, why);
}

void join_session_handler(struct join *join, struct session_handler *out)
{
    *out = (struct session_handler){.context = join,
                                    .on_state = on_state,
                                    .on_entered = on_entered,
                                    .on_welcome = on_welcome,
                                    .on_event = on_event,
                                    .on_ack = on_ack,
                                    .on_refused = on_refused,
                                    .on_close = on_close,
                                    .on_live = on_live,
                                    .on_peer = on_peer,
                                    .on_upload = on_upload,
                                    .on_pending = on_pending};
}

/* What the screen shows when it is asked for: the page, who is here, how good the connections are,
 * devices, help, the status. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "terminal/face_screen.h"
#include "terminal/words_intl.h"

/* ---- the page ---- */

void screen_show_choices(struct join *join)
{
    const struct page *page = join_page(join);
    const char *own = join->own_choices[session_page(join->session)];
    char text[1024] = "";
    size_t len = 0;
    bool is_open = session_phase(join->session) == PHASE_LIVE;
    for (size_t i = 0; is_open && page && i < page->choice_count && len < sizeof text; i++) {
        const struct choice *choice = &page->choices[i];
        bool is_own = strcmp(choice->id, own) == 0;
        len += (size_t)snprintf(text + len, sizeof text - len, "%s%s%zu %s%s", i ? "  " : "",
                                is_own ? "[" : "", i + 1, choice->label, is_own ? "]" : "");
    }
    screen_set_choices(screen_of(join), text);
}

void screen_show_page(struct join *join)
{
    const struct page *page = join_page(join);
    const struct agenda *agenda = session_agenda(join->session);
    char text[STORY_MAX], clock[32];
    if (!page || !agenda || session_phase(join->session) < PHASE_LIVE) {
        screen_sayf(join, TONE_PLAIN, "%s", _("The pages come when the debate has started."));
        return;
    }
    story_clock((double)page->time_ms / 1000, clock);
    if (page->time_ms)
        snprintf(text, sizeof text, _("Page %u of %zu (%s): %s"), session_page(join->session),
                 agenda->page_count, clock, page->title);
    else if (page->title[0])
        snprintf(text, sizeof text, _("Page %u of %zu: %s"), session_page(join->session),
                 agenda->page_count, page->title);
    else
        snprintf(text, sizeof text, _("Page %u of %zu"), session_page(join->session),
                 agenda->page_count);
    screen_say(screen_of(join), TONE_TITLE, text);
    if (page->text && page->text[0])
        screen_say(screen_of(join), TONE_PLAIN, page->text);
    for (size_t i = 0; i < page->choice_count; i++) {
        char label[32];
        snprintf(label, sizeof label, "  %zu. ", i + 1);
        screen_say_labelled(screen_of(join), TONE_PLAIN, label, page->choices[i].label);
    }
    screen_show_choices(join);
}

/* ---- who ---- */

static void append(char *out, size_t out_size, const char *word)
{
    size_t len = strlen(out);
    snprintf(out + len, out_size - len, "%s%s", len ? ", " : "", word);
}

static void describe(const struct join *join, const struct session_participant *place, char *out,
                     size_t out_size)
{
    out[0] = '\0';
    append(out, out_size, place->connected ? _("here") : _("away"));
    if (place->participant == session_host(join->session))
        append(out, out_size, _("host"));
    if (!place->is_mic_on && join->mic_was[place->participant] == 1)
        append(out, out_size, _("muted"));
    if (place->is_speaking)
        append(out, out_size, _("speaking"));
    if (place->is_recording)
        append(out, out_size, _("being recorded"));
    if (place->participant != session_self(join->session) &&
        join_quality(join, place->participant) != QUALITY_UNKNOWN) {
        char line[64];
        snprintf(line, sizeof line, _("line %s"),
                 quality_word(join_quality(join, place->participant)));
        append(out, out_size, line);
    }
}

void screen_show_who(struct join *join)
{
    char name[STORY_NAME_SIZE], label[STORY_NAME_SIZE + 16], text[512];
    int seated = 0;
    for (unsigned i = 1; i <= LIMIT_PARTICIPANTS; i++) {
        const struct session_participant *place = session_participant(join->session, i);
        if (!place || !place->seated)
            continue;
        seated++;
        story_name(join->session, i, name);
        describe(join, place, text, sizeof text);
        snprintf(label, sizeof label, "  %s: ", name);
        screen_say_labelled(screen_of(join), TONE_PLAIN, label, text);
    }
    int seats = session_seats(join->session);
    if (seats > seated)
        screen_sayf(
            join, TONE_PLAIN,
            ngettext("  %d seat is free.", "  %d seats are free.", (unsigned long)(seats - seated)),
            seats - seated);
}

/* ---- statistics ---- */

static void show_details(struct join *join, const struct peer_stats *peer,
                         const struct jitter_stats *jitter)
{
    screen_sayf(join, TONE_PLAIN, _("    sent %llu packets (they lost %.1f %%), received %llu"),
                (unsigned long long)peer->packets_sent, peer->remote_loss * 100,
                (unsigned long long)peer->packets_received);
    screen_sayf(join, TONE_PLAIN,
                _("    buffer %.0f ms of wanted %.0f, repaired %llu frames, made up %llu"),
                jitter->delay_ms, jitter->delay_target_ms,
                (unsigned long long)jitter->frames_recovered,
                (unsigned long long)jitter->frames_concealed);
    screen_sayf(join, TONE_PLAIN, _("    from %s to %s, %s"), peer->local_candidate,
                peer->remote_candidate, peer->relayed ? _("relayed") : _("direct"));
    screen_sayf(join, TONE_PLAIN, _("    encrypted with %s, %s"), peer->dtls_suite,
                peer->srtp_suite);
    screen_sayf(join, TONE_PLAIN, _("    their fingerprint %s"), peer->remote_fingerprint);
}

static const char *state_word(enum peer_state state)
{
    switch (state) {
    case PEER_NEW:
    case PEER_CONNECTING:
        return _("connecting");
    case PEER_CONNECTED:
        return _("connected");
    case PEER_DISCONNECTED:
        return _("interrupted");
    case PEER_FAILED:
        return _("failed");
    case PEER_CLOSED:
        return _("closed");
    }
    return "";
}

static void show_voice(struct join *join, unsigned participant, bool has_details)
{
    struct peer_stats peer;
    struct jitter_stats jitter;
    char name[STORY_NAME_SIZE], label[STORY_NAME_SIZE + 16], text[512], trip[32] = "?";
    story_name(join->session, participant, name);
    snprintf(label, sizeof label, "  %s: ", name);
    if (!session_peer_stats(join->session, participant, &peer, &jitter)) {
        screen_say_labelled(screen_of(join), TONE_PLAIN, label, _("no voice"));
        return;
    }
    uint64_t frames = jitter.frames_played + jitter.frames_recovered + jitter.frames_concealed;
    if (peer.round_trip_ms >= 0)
        snprintf(trip, sizeof trip, "%.0f", peer.round_trip_ms);
    snprintf(text, sizeof text,
             _("%s, round trip %s ms, jitter %.1f ms, lost %llu, made up %.1f %%, buffer %.0f ms, "
               "%s"),
             state_word(peer.state), trip, peer.jitter_ms, (unsigned long long)peer.packets_lost,
             frames ? 100.0 * (double)jitter.frames_concealed / (double)frames : 0, jitter.delay_ms,
             peer.relayed ? _("relayed") : _("direct"));
    screen_say_labelled(screen_of(join), TONE_PLAIN, label, text);
    if (join->words[participant][0])
        screen_sayf(join, TONE_PLAIN, _("    words to compare: %s"), join->words[participant]);
    if (has_details)
        show_details(join, &peer, &jitter);
}

void screen_show_stats(struct join *join, const char *name)
{
    bool is_shown = false;
    double now_ms, error_ms;
    for (unsigned i = 1; i <= LIMIT_PARTICIPANTS; i++) {
        const struct session_participant *place = session_participant(join->session, i);
        if (!place || !place->seated || i == session_self(join->session) ||
            (name[0] && strcasecmp(place->nickname, name) != 0))
            continue;
        show_voice(join, i, name[0] != '\0');
        is_shown = true;
    }
    if (!is_shown && name[0])
        screen_sayf(join, TONE_WARNING, _("Nobody here is called \"%.60s\"."), name);
    else if (!is_shown)
        screen_sayf(join, TONE_PLAIN, "%s", _("Nobody else is here yet."));
    if (!name[0] && session_clock_ms(join->session, monotonic_us(), &now_ms, &error_ms))
        screen_sayf(join, TONE_PLAIN, _("  The server's clock is known to %.2f ms."), error_ms);
}

/* ---- devices ---- */

static void show_side(struct join *join, enum sound_side side, const char *name)
{
    struct sound_state state;
    sound_state(join->sound, side, &state);
    if (state.is_open && state.is_device)
        screen_sayf(join, TONE_PLAIN, _("  %s in use: %s (%d Hz, %.0f ms)"), name, state.name,
                    state.rate_hz, state.latency_ms);
    else
        screen_sayf(join, TONE_PLAIN, _("  %s in use: %s"), name,
                    state.is_open ? state.name : _("none"));
}

void screen_show_devices(struct join *join)
{
    struct sound_device *devices = NULL;
    size_t count = 0;
    if (sound_devices(&devices, &count))
        screen_sayf(join, TONE_PLAIN, "%s", _("There are no sound devices on this machine."));
    for (size_t i = 0; i < count; i++)
        screen_sayf(join, TONE_PLAIN, "  %d. %s (%s)%s%s%s%s", devices[i].number, devices[i].name,
                    devices[i].host, devices[i].inputs ? _(" microphone") : "",
                    devices[i].is_default_input ? "*" : "",
                    devices[i].outputs ? _(" loudspeaker") : "",
                    devices[i].is_default_output ? "*" : "");
    mem_free(devices);
    show_side(join, SOUND_INPUT, _("Microphone"));
    show_side(join, SOUND_OUTPUT, _("Loudspeaker"));
    screen_sayf(join, TONE_PLAIN, "  %s",
                sound_cancels_echo(join->sound) ? _("Echo is cancelled.")
                                                : _("Echo is not cancelled."));
}

/* ---- help and status ---- */

void screen_show_help(struct join *join)
{
    const struct order_help *help;
    char label[64];
    for (size_t i = 0; (help = order_help_at(i)); i++) {
        snprintf(label, sizeof label, "  %s%s%s ", help->word, help->argument ? " " : "",
                 help->argument ? help->argument : "");
        screen_say_labelled(screen_of(join), TONE_PLAIN, label, _(help->text));
    }
    screen_sayf(join, TONE_PLAIN, "%s",
                _("  Tab completes. Ctrl-T mutes, or talks under push-to-talk. Ctrl-C leaves."));
    screen_say_status(screen_of(join));
}

void screen_refresh(struct join *join)
{
    struct status_facts facts;
    struct status status;
    join_status(join, &facts);
    status_write(&status, &facts);
    screen_set_status(screen_of(join), status.parts, status.count);
}

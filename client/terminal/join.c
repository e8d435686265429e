#include "terminal/join.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "loop/ticker.h"
#include "session/pending.h"
#include "terminal/join_inner.h"
#include "terminal/words_intl.h"

/* ---- sound ---- */

static void on_capture(void *context, const int16_t pcm[MEDIA_FRAME_SAMPLES], int64_t captured_us)
{
    static const int16_t silence[MEDIA_FRAME_SAMPLES];
    struct join *join = context;
    if (join->session)
        session_capture(join->session, join->is_talk_key && !join->is_talking ? silence : pcm,
                        captured_us);
}

static void on_playout(void *context, int64_t now_us, int16_t pcm[MEDIA_FRAME_SAMPLES])
{
    struct join *join = context;
    if (join->session)
        session_playout(join->session, now_us, pcm);
}

static void on_sound_news(void *context, enum sound_side side, enum sound_news news,
                          const char *text)
{
    struct join *join = context;
    if (side == SOUND_INPUT && news == SOUND_OPENED && !join->mic_open_us)
        join->mic_open_us = monotonic_us();
    if (join->face->on_sound)
        join->face->on_sound(join, side, news, text);
}

/* Whether the microphone hears anything: told once, and again when it is heard after all. */
static void test_microphone(struct join *join)
{
    struct sound_state input;
    sound_state(join->sound, SOUND_INPUT, &input);
    if (!input.is_device || !input.is_open || join->mic == MIC_HEARD || join->is_muted)
        return;
    bool is_heard = input.level_dbfs > JOIN_MIC_HEARD_DBFS;
    bool is_late = monotonic_us() - join->mic_open_us > JOIN_MIC_TEST_MS * 1000LL;
    if (!is_heard && (!is_late || join->mic == MIC_SILENT))
        return;
    join->mic = is_heard ? MIC_HEARD : MIC_SILENT;
    if (join->face->on_microphone)
        join->face->on_microphone(join, is_heard);
}

/* ---- quality ---- */

static void look_at_voice(struct join *join, unsigned participant)
{
    struct voice_quality *quality = &join->qualities[participant];
    struct peer_stats peer;
    struct jitter_stats jitter;
    if (!session_peer_stats(join->session, participant, &peer, &jitter)) {
        quality->is_known = false;
        return;
    }
    uint64_t missed = jitter.frames_concealed + jitter.frames_recovered;
    uint64_t frames = jitter.frames_played + missed;
    /* A link that was made anew counts from 0. */
    uint64_t new_frames = frames > quality->frames ? frames - quality->frames : 0;
    uint64_t new_missed = missed > quality->frames_missed ? missed - quality->frames_missed : 0;
    quality->frames = frames;
    quality->frames_missed = missed;
    /* Most of five seconds, as one listens. */
    double lost_share = new_frames ? (double)new_missed / (double)new_frames : 1;
    quality->lost_share += (lost_share - quality->lost_share) / (quality->is_known ? 4 : 1);
    quality->delay_ms = jitter.delay_ms + (peer.round_trip_ms > 0 ? peer.round_trip_ms / 2 : 0);
    quality->is_known = peer.state == PEER_CONNECTED && frames > 0;
}

enum quality join_quality(const struct join *join, unsigned participant)
{
    const struct voice_quality *quality = &join->qualities[participant];
    if (!quality->is_known)
        return QUALITY_UNKNOWN;
    return status_quality(quality->lost_share, quality->delay_ms);
}

static enum quality worst_quality(const struct join *join)
{
    enum quality worst = QUALITY_UNKNOWN;
    for (unsigned i = 1; i <= LIMIT_PARTICIPANTS; i++) {
        enum quality quality = join_quality(join, i);
        if (quality > worst)
            worst = quality;
    }
    return worst;
}

/* ---- looking ---- */

const struct page *join_page(const struct join *join)
{
    const struct agenda *agenda = session_agenda(join->session);
    return agenda ? agenda_page(agenda, session_page(join->session)) : NULL;
}

static void list_speakers(const struct join *join, char *out, size_t out_size)
{
    size_t len = 0;
    out[0] = '\0';
    for (unsigned i = 1; i <= LIMIT_PARTICIPANTS; i++) {
        const struct session_participant *place = session_participant(join->session, i);
        if (!place || !place->seated || !place->is_speaking || len >= out_size)
            continue;
        const char *name = i == session_self(join->session) ? _("you") : place->nickname;
        len += (size_t)snprintf(out + len, out_size - len, "%s%s", len ? ", " : "", name);
    }
}

static void count_present(const struct join *join, struct status_facts *out)
{
    for (unsigned i = 1; i <= LIMIT_PARTICIPANTS; i++) {
        const struct session_participant *place = session_participant(join->session, i);
        out->present += place && place->seated && place->connected;
    }
}

void join_status(const struct join *join, struct status_facts *out)
{
    struct sound_state input;
    double now_ms = 0, error_ms;
    const struct page *page = join_page(join);
    const struct agenda *agenda = session_agenda(join->session);
    sound_state(join->sound, SOUND_INPUT, &input);
    *out = (struct status_facts){.state = session_state(join->session),
                                 .phase = session_phase(join->session),
                                 .seats = session_seats(join->session),
                                 .page = session_page(join->session),
                                 .page_count = agenda ? (unsigned)agenda->page_count : 1,
                                 .page_left_s = -1,
                                 .has_microphone = input.is_open,
                                 .is_muted = join->is_muted,
                                 .is_talk_key = join->is_talk_key,
                                 .is_talking = join->is_talking,
                                 .level_dbfs = input.level_dbfs,
                                 .is_recording = join->recording_ms != 0,
                                 .quality = worst_quality(join),
                                 .upload_percent = join->upload_percent};
    count_present(join, out);
    list_speakers(join, out->speakers, sizeof out->speakers);
    if (!session_clock_ms(join->session, monotonic_us(), &now_ms, &error_ms))
        return;
    out->starts_in_s = ceil(((double)session_start_at_ms(join->session) - now_ms) / 1000);
    if (join->page_ms)
        out->page_s = (now_ms - (double)join->page_ms) / 1000;
    if (join->page_ms && page && page->time_ms)
        out->page_left_s = fmax(0, (double)page->time_ms / 1000 - out->page_s);
    if (join->recording_ms)
        out->recorded_s = (now_ms - (double)join->recording_ms) / 1000;
}

/* ---- doing ---- */

static void set_muted(struct join *join, bool muted)
{
    join->is_muted = muted;
    session_mute(join->session, muted);
}

static void on_talk_over(uv_timer_t *timer)
{
    struct join *join = timer->data;
    join->is_talking = false;
    if (join->face->on_tick)
        join->face->on_tick(join);
}

void join_talk(struct join *join)
{
    uv_timer_start(&join->talk, on_talk_over,
                   join->is_talking ? JOIN_TALK_REPEAT_MS : JOIN_TALK_FIRST_MS, 0);
    join->is_talking = true;
}

void join_toggle(struct join *join)
{
    if (join->is_talk_key) {
        uv_timer_stop(&join->talk);
        join->is_talking = !join->is_talking;
    } else {
        set_muted(join, !join->is_muted);
    }
}

void join_consent(struct join *join, bool recording)
{
    /* Before one sits down it is only kept, and said with the first welcome. */
    if (session_consent(join->session, recording) && session_state(join->session) == SESSION_IN)
        return;
    session_sit_down(join->session);
}

static enum err send_command(struct join *join, const struct command *command)
{
    switch ((int)command->type) {
    case COMMAND_CONSENT:
        return session_consent(join->session, command->consent.recording);
    case COMMAND_START_RECORDING:
        return session_record(join->session);
    case COMMAND_STOP_RECORDING:
        return session_stop_recording(join->session);
    case COMMAND_LEAVE:
        join_leave(join);
        return ERR_NONE;
    case COMMAND_SUBMIT_CHOICE:
        join->asked_page =
            command->submit_choice.page ? command->submit_choice.page : session_page(join->session);
        str_copy(join->asked_choice, sizeof join->asked_choice, command->submit_choice.choice);
        break;
    default:
        break;
    }
    return session_send(join->session, command);
}

enum err join_do(struct join *join, const struct order *order)
{
    switch (order->type) {
    case ORDER_COMMAND:
        return send_command(join, &order->command);
    case ORDER_END:
        return session_end(join->session);
    case ORDER_MUTE:
        set_muted(join, order->has_on ? order->is_on : !join->is_muted);
        return ERR_NONE;
    case ORDER_TALK:
        join->is_talk_key = order->has_on ? order->is_on : !join->is_talk_key;
        join->is_talking = false;
        return ERR_NONE;
    case ORDER_NOTHING:
    case ORDER_SHOW:
    case ORDER_WHO:
    case ORDER_STATS:
    case ORDER_DEVICES:
    case ORDER_HELP:
        break;
    }
    return ERR_NONE;
}

static void on_leave_late(uv_timer_t *timer)
{
    join_stop(timer->data, JOIN_DONE);
}

void join_leave(struct join *join)
{
    enum session_state state = session_state(join->session);
    bool has_seat = session_self(join->session) != 0;
    if (join->is_leaving || !has_seat || (state != SESSION_IN && state != SESSION_FINISHING)) {
        join_stop(join, state == SESSION_FINISHING ? JOIN_FAILED : JOIN_DONE);
        return;
    }
    join->is_leaving = true;
    if (state == SESSION_IN && session_leave(join->session) == ERR_NONE)
        uv_timer_start(&join->leaving, on_leave_late, JOIN_LEAVE_MS, 0);
}

/* ---- the loop ---- */

static void on_tick(uv_timer_t *timer)
{
    struct join *join = timer->data;
    test_microphone(join);
    if (++join->ticks % JOIN_QUALITY_TICKS == 0) {
        for (unsigned i = 1; i <= LIMIT_PARTICIPANTS; i++) {
            if (session_participant(join->session, i))
                look_at_voice(join, i);
        }
    }
    if (join->face->on_tick)
        join->face->on_tick(join);
}

static void on_signal(uv_signal_t *handle, int number)
{
    (void)number;
    join_leave(handle->data);
}

void join_stop(struct join *join, enum join_end end)
{
    if (join->is_over)
        return;
    join->is_over = true;
    join->end = end;
    uv_stop(join->loop);
}

static void on_network(void *context)
{
    struct join *join = context;
    if (join->session)
        session_network_changed(join->session);
}

static void start_handles(struct join *join)
{
    uv_timer_init(join->loop, &join->tick);
    uv_timer_init(join->loop, &join->leaving);
    uv_timer_init(join->loop, &join->talk);
    uv_signal_init(join->loop, &join->interrupt);
    uv_signal_init(join->loop, &join->terminate);
    join->tick.data = join->leaving.data = join->talk.data = join->interrupt.data =
        join->terminate.data = join;
    uv_timer_start(&join->tick, on_tick, JOIN_TICK_MS, JOIN_TICK_MS);
    /* A screen watches by itself: of two, the second would take one Ctrl-C for another. */
    if (join->config->is_script) {
        uv_signal_start(&join->interrupt, on_signal, SIGINT);
        uv_signal_start(&join->terminate, on_signal, SIGTERM);
    }
    if (network_watch_new(join->loop, on_network, join, &join->network))
        log_debug("the kernel does not tell of other addresses");
}

static void close_handles(struct join *join)
{
    uv_close((uv_handle_t *)&join->tick, NULL);
    uv_close((uv_handle_t *)&join->leaving, NULL);
    uv_close((uv_handle_t *)&join->talk, NULL);
    uv_close((uv_handle_t *)&join->interrupt, NULL);
    uv_close((uv_handle_t *)&join->terminate, NULL);
    network_watch_free(join->network);
}

static enum err make_session(struct join *join)
{
    const struct join_config *config = join->config;
    struct session_handler handler;
    struct session_config session = {.server = config->server,
                                     .room_code = config->room_code,
                                     .token = config->token,
                                     .nickname = config->name,
                                     .language = words_language(),
                                     .create = true,
                                     .seats = config->seats,
                                     .agenda = config->agenda,
                                     .waits =
                                         !config->is_script && config->record == JOIN_RECORD_ASK,
                                     .voice = true,
                                     .consent = config->record == JOIN_RECORD_YES,
                                     .upload = true,
                                     .recording_path = join->recording_path,
                                     .keep_pending = true};
    join_session_handler(join, &handler);
    enum err e = session_runtime_new(join->loop, &join->runtime);
    return e ? e : session_new(join->runtime, &session, &handler, &join->session);
}

static enum err make_sound(struct join *join, char *why, size_t why_size)
{
    struct sound_handler handler = {.context = join,
                                    .on_capture = on_capture,
                                    .on_playout = on_playout,
                                    .on_news = on_sound_news};
    return sound_new(join->loop, &join->config->sound, &handler, &join->sound, why, why_size);
}

static bool can_record_to(const char *folder)
{
    char inside[PENDING_PATH_SIZE + 2];
    snprintf(inside, sizeof inside, "%s/.", folder);
    return (mkdir(folder, 0700) == 0 || errno == EEXIST) && access(inside, W_OK | X_OK) == 0;
}

/* Where the recording goes. */
static enum err name_recording(struct join *join, char *why, size_t why_size)
{
    char folder[PENDING_PATH_SIZE];
    const char *chosen = join->config->folder;
    struct timespec now;
    if (chosen && !can_record_to(chosen)) {
        snprintf(why, why_size, "--folder %s: %s", chosen, strerror(errno));
        return ERR_IO;
    }
    enum err e = chosen ? ERR_NONE : pending_folder(folder);
    if (e) {
        snprintf(why, why_size, "%s", _("there is no folder to record to; give --folder"));
        return e;
    }
    clock_gettime(CLOCK_REALTIME, &now);
    e = pending_name(chosen ? chosen : folder, join->config->room_code, now.tv_sec * 1000LL,
                     join->recording_path);
    if (e)
        snprintf(why, why_size, "%s", _("the path of the folder to record to is too long"));
    return e;
}

/* Who leaves at once, or without a server, leaves recordings behind. Those that a server did not
 * take have been told already. */
static enum join_end end_of(const struct join *join, char *why, size_t why_size)
{
    const char *folder = join->config->folder;
    snprintf(why, why_size, "%s", join->why);
    for (size_t i = 0; i < session_recording_count(join->session); i++) {
        struct session_recording recording = session_recording_at(join->session, i);
        if (recording.uploaded || recording.upload_failed || join->end == JOIN_REFUSED)
            continue;
        snprintf(
            why, why_size,
            _("the recording was not sent: it lies in %s; \"debate upload --pending%s%s\" sends "
              "it later"),
            recording.path, folder ? " " : "", folder ? folder : "");
        return JOIN_FAILED;
    }
    return join->end;
}

enum join_end join_run(const struct join_config *config, char *why, size_t why_size)
{
    struct join *join = mem_zalloc(sizeof *join);
    enum join_end end = JOIN_FAILED;
    snprintf(why, why_size, "%s", "not enough memory");
    if (!join)
        return end;
    join->config = config;
    join->loop = uv_default_loop();
    join->face = config->is_script ? &face_json : &face_screen;
    join->is_talk_key = config->is_talk_key;
    join->upload_percent = JOIN_UPLOAD_UNKNOWN;
    /* A broken connection is an error of writing, not the end of the process. */
    signal(SIGPIPE, SIG_IGN);
    start_handles(join);
    enum err e = name_recording(join, why, why_size);
    if (!e)
        e = make_session(join);
    if (!e)
        e = make_sound(join, why, why_size);
    if (!e)
        e = join->face->open(join, why, why_size);
    if (!e) {
        session_enter(join->session);
        uv_run(join->loop, UV_RUN_DEFAULT);
        end = end_of(join, why, why_size);
        join->face->close(join);
    }
    sound_free(join->sound);
    session_free(join->session);
    session_runtime_free(join->runtime);
    close_handles(join);
    uv_run(join->loop, UV_RUN_DEFAULT);
    mem_free(join);
    return end;
}

/* What roles say and hear, and the files that both go to. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "bot/bot_inner.h"

enum {
    TRACK_SLIP_SAMPLES = 48, /* 1 ms: the rounding of times, not a gap */
    TRACK_GAP_MAX_S = 600,   /* silence that is put in at most */
    AUDIBLE_RMS = 300        /* of 32768, -41 dBFS: well above what concealment leaves */
};

enum err bot_sounds_load(struct bot *bot)
{
    bot->sound_count = bot->scenario->line_count;
    bot->sounds = mem_zalloc((bot->sound_count + 1) * sizeof *bot->sounds);
    if (!bot->sounds)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < bot->sound_count; i++) {
        const struct scenario_line *line = &bot->scenario->lines[i];
        if (line->is_expectation || line->verb != VERB_SAYS ||
            (line->who >= 0 && !bot->roles[line->who].is_played))
            continue;
        bot->sounds[i].path = line->word;
        enum err e = sound_file_read(line->word, &bot->sounds[i].pcm, &bot->sounds[i].samples);
        if (e) {
            bot_say(bot, "%s:%d: %s: %s", bot->scenario->path, line->number, line->word,
                    e == ERR_IO ? strerror(errno) : "is no Ogg Opus or WAV file");
            return e;
        }
    }
    return ERR_NONE;
}

void bot_sounds_release(struct bot *bot)
{
    for (size_t i = 0; i < bot->sound_count && bot->sounds; i++)
        mem_free(bot->sounds[i].pcm);
    mem_free(bot->sounds);
    bot->sounds = NULL;
}

/* ---- tracks ---- */

static bool track_open(struct track *track, const struct role *role, const char *what)
{
    char path[SCENARIO_PATH_MAX];
    if (track->wav)
        return true;
    if (!role->bot->config->output || track->has_failed)
        return false;
    snprintf(path, sizeof path, "%s/%s-%s.wav", role->bot->config->output, role->cast->name, what);
    track->written = 0;
    if (wav_open(path, &track->wav)) {
        track->wav = NULL;
        track->has_failed = true;
        bot_say(role->bot, "%s: cannot be written", path);
        return false;
    }
    return true;
}

static void track_close(struct track *track, struct bot *bot)
{
    if (track->wav && wav_close(track->wav))
        bot_say(bot, "a sound file could not be written to its end");
    track->wav = NULL;
}

/* One frame whose first sample belongs to at_us. */
static void track_put(struct track *track, int64_t start_us, int64_t at_us, const int16_t *pcm)
{
    static const int16_t silence[MEDIA_FRAME_SAMPLES];
    int64_t at = (at_us - start_us) * (MEDIA_RATE_HZ / 1000) / 1000;
    int64_t skip = 0;
    if (at + MEDIA_FRAME_SAMPLES <= 0)
        return; /* before the start */
    if (at < 0 && track->written == 0)
        skip = -at;
    bool ok = true;
    int64_t gap = at - track->written;
    if (gap > TRACK_SLIP_SAMPLES && gap < (int64_t)TRACK_GAP_MAX_S * MEDIA_RATE_HZ) {
        track->written += gap;
        for (; gap > 0 && ok; gap -= MEDIA_FRAME_SAMPLES)
            ok = wav_write(track->wav, silence,
                           (size_t)(gap < MEDIA_FRAME_SAMPLES ? gap : MEDIA_FRAME_SAMPLES)) ==
                 ERR_NONE;
    }
    if (ok && wav_write(track->wav, pcm + skip, (size_t)(MEDIA_FRAME_SAMPLES - skip)) == ERR_NONE)
        track->written += MEDIA_FRAME_SAMPLES - skip;
}

void bot_role_close_tracks(struct role *role)
{
    track_close(&role->said, role->bot);
    track_close(&role->heard, role->bot);
    for (size_t i = 0; i < LIMIT_SEATS_MAX; i++)
        track_close(&role->heard_of[i], role->bot);
}

/* ---- frames ---- */

/* The next 20 ms of what the role has to say; silence when nothing waits. */
static bool next_frame(struct role *role, int16_t pcm[MEDIA_FRAME_SAMPLES])
{
    memset(pcm, 0, MEDIA_FRAME_SAMPLES * sizeof *pcm);
    if (role->sound_count == 0)
        return false;
    const struct sound *sound = role->sounds[0];
    size_t left = sound->samples - role->sound_at;
    size_t take = left < MEDIA_FRAME_SAMPLES ? left : MEDIA_FRAME_SAMPLES;
    memcpy(pcm, sound->pcm + role->sound_at, take * sizeof *pcm);
    role->sound_at += take;
    if (role->sound_at >= sound->samples) {
        role->sound_count--;
        memmove(role->sounds, role->sounds + 1, role->sound_count * sizeof *role->sounds);
        role->sound_at = 0;
    }
    return true;
}

void bot_role_capture(struct role *role, int64_t due_us)
{
    static const int16_t silence[MEDIA_FRAME_SAMPLES];
    int16_t pcm[MEDIA_FRAME_SAMPLES];
    struct session *session = bot_role_session(role);
    int64_t captured_us = due_us - BOT_TICK_US; /* the microphone heard it just now */
    bool speaks = next_frame(role, pcm);
    if (session)
        session_capture(session, pcm, captured_us);
    if (speaks && !role->is_muted)
        role->talk_us += BOT_TICK_US;
    if (role->start_us && !role->has_ended && track_open(&role->said, role, "said"))
        track_put(&role->said, role->start_us, captured_us, role->is_muted ? silence : pcm);
}

void bot_role_playout(struct role *role, int64_t due_us)
{
    int16_t pcm[MEDIA_FRAME_SAMPLES];
    struct session *session = bot_role_session(role);
    if (!session)
        return;
    session_playout(session, due_us, pcm);
    if (role->start_us && !role->has_ended && track_open(&role->heard, role, "heard"))
        track_put(&role->heard, role->start_us, due_us, pcm);
}

void bot_role_hears(struct role *role, unsigned participant, const int16_t *pcm, bool has_sound)
{
    int of = bot_role_of(role, participant);
    double energy = 0;
    if (of == WHO_NOBODY || of == role->index)
        return;
    for (size_t i = 0; has_sound && i < MEDIA_FRAME_SAMPLES; i++)
        energy += (double)pcm[i] * pcm[i];
    if (energy > (double)MEDIA_FRAME_SAMPLES * AUDIBLE_RMS * AUDIBLE_RMS)
        bot_lines_heard(role, of);
    char what[SCENARIO_NAME_MAX + 16];
    snprintf(what, sizeof what, "heard-%s", role->bot->scenario->roles[of].name);
    if (role->start_us && !role->has_ended && track_open(&role->heard_of[of], role, what))
        track_put(&role->heard_of[of], role->start_us, role->bot->ticked_us, pcm);
}

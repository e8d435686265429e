#include "sound/sound.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "sound/sound_inner.h"

#define LEVEL_LEAST_DBFS (-90.0)

const char *sound_side_name(enum sound_side side)
{
    return side == SOUND_INPUT ? "input" : "output";
}

void side_tell(struct side *side, enum sound_news news, const char *format, ...)
{
    const struct sound_handler *handler = &side->sound->handler;
    char text[DEVICE_WHY_SIZE + SOUND_NAME_SIZE];
    if (!handler->on_news)
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    handler->on_news(handler->context, side->side, news, text);
}

static double level_dbfs(const int16_t pcm[MEDIA_FRAME_SAMPLES])
{
    double sum = 0;
    for (int i = 0; i < MEDIA_FRAME_SAMPLES; i++)
        sum += (double)pcm[i] * pcm[i];
    if (sum == 0)
        return LEVEL_LEAST_DBFS;
    double level = 10 * log10(sum / MEDIA_FRAME_SAMPLES / (32768.0 * 32768.0));
    return level < LEVEL_LEAST_DBFS ? LEVEL_LEAST_DBFS : level;
}

void sound_captured(struct sound *sound, int16_t pcm[MEDIA_FRAME_SAMPLES], int64_t captured_us)
{
    if (captured_us < sound->captured_until_us - SOUND_OVERLAP_US)
        return;
    if (sound->cleaner)
        voice_cleaner_capture(sound->cleaner, pcm);
    sound->captured_until_us = captured_us + SOUND_TICK_US;
    sound->sides[SOUND_INPUT].level_dbfs = level_dbfs(pcm);
    if (sound->handler.on_capture)
        sound->handler.on_capture(sound->handler.context, pcm, captured_us);
}

void sound_wanted(struct sound *sound, int64_t now_us, int16_t pcm[MEDIA_FRAME_SAMPLES])
{
    memset(pcm, 0, MEDIA_FRAME_SAMPLES * sizeof *pcm);
    if (sound->handler.on_playout)
        sound->handler.on_playout(sound->handler.context, now_us, pcm);
    if (sound->is_freed)
        return;
    sound->sides[SOUND_OUTPUT].level_dbfs = level_dbfs(pcm);
    if (sound->cleaner)
        voice_cleaner_playout(sound->cleaner, pcm);
}

/* What the ticker does for a side. */
static void tick_side(struct side *side, int64_t due_us)
{
    struct sound *sound = side->sound;
    int16_t pcm[MEDIA_FRAME_SAMPLES];
    if (side->file_is_open && !side->file_was_told) {
        side->file_was_told = true;
        side_tell(side, SOUND_OPENED, "%s", side->wanted);
    }
    if (!sound->is_freed && side->kind == SIDE_DEVICE && !side->device &&
        monotonic_us() >= side->retry_us)
        side_open_device(side);
    if (sound->is_freed || side->is_running)
        return;
    if (side->side == SOUND_INPUT) {
        side_read_file(side, pcm);
        if (!sound->is_freed)
            sound_captured(sound, pcm, due_us - SOUND_TICK_US);
    } else {
        sound_wanted(sound, due_us, pcm);
        if (!sound->is_freed)
            side_write_file(side, pcm);
    }
}

static void free_memory(uv_handle_t *handle)
{
    mem_free(handle->data);
}

static void on_tick(void *context, int64_t due_us)
{
    struct sound *sound = context;
    tick_side(&sound->sides[SOUND_OUTPUT], due_us);
    if (!sound->is_freed)
        tick_side(&sound->sides[SOUND_INPUT], due_us);
}

/* The path in what the configuration says; NULL: it means no file. */
static const char *file_path(const char *text)
{
    static const char prefix[] = "file:";
    static const char *const ends[] = {".wav", ".opus", ".ogg"};
    size_t len = strlen(text);
    if (strncmp(text, prefix, sizeof prefix - 1) == 0)
        return text + sizeof prefix - 1;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        size_t end_len = strlen(ends[i]);
        if (len > end_len && strcasecmp(text + len - end_len, ends[i]) == 0)
            return text;
    }
    return NULL;
}

static enum err init_side(struct sound *sound, enum sound_side which, const char *text,
                          bool holds_file, char *why, size_t why_size)
{
    struct side *side = &sound->sides[which];
    side->sound = sound;
    side->side = which;
    side->level_dbfs = LEVEL_LEAST_DBFS;
    side->retry_after_us = SOUND_RETRY_MIN_US;
    if (!text)
        text = "";
    const char *path = file_path(text);
    if (!str_copy(side->wanted, sizeof side->wanted, path ? path : text)) {
        snprintf(why, why_size, "%.60s...: too long", text);
        return ERR_BAD_REQUEST;
    }
    side->kind = path ? SIDE_FILE : strcmp(text, "none") == 0 ? SIDE_NONE : SIDE_DEVICE;
    return path ? side_open_file(side, path, holds_file, why, why_size) : ERR_NONE;
}

static bool names_headphones(const char *name)
{
    return strcasestr(name, "headphone") || strcasestr(name, "headset") ||
           strcasestr(name, "earphone");
}

void sound_choose_cleaner(struct sound *sound)
{
    const struct side *input = &sound->sides[SOUND_INPUT], *output = &sound->sides[SOUND_OUTPUT];
    bool wants = sound->echo_cancel == SOUND_ECHO_ON;
    if (sound->echo_cancel == SOUND_ECHO_AUTO)
        wants = input->kind == SIDE_DEVICE && output->kind == SIDE_DEVICE &&
                !names_headphones(output->name);
    if (wants == (sound->cleaner != NULL))
        return;
    voice_cleaner_free(sound->cleaner);
    sound->cleaner = NULL;
    const struct voice_cleaner_config all = {.echo = true, .noise = true, .gain = true};
    if (wants)
        sound->cleaner = voice_cleaner_new(&all);
}

enum err sound_new(uv_loop_t *loop, const struct sound_config *config,
                   const struct sound_handler *handler, struct sound **out, char *why,
                   size_t why_size)
{
    struct sound *sound = mem_zalloc(sizeof *sound);
    snprintf(why, why_size, "no memory");
    if (!sound)
        return ERR_NO_MEMORY;
    sound->loop = loop;
    uv_timer_init(loop, &sound->life);
    sound->life.data = sound;
    sound->echo_cancel = config->echo_cancel;
    sound->captured_until_us = INT64_MIN / 2;
    enum err e = init_side(sound, SOUND_INPUT, config->input, config->holds_file, why, why_size);
    if (!e)
        e = init_side(sound, SOUND_OUTPUT, config->output, false, why, why_size);
    if (!e)
        e = ticker_new(loop, on_tick, sound, &sound->ticker);
    if (!e)
        e = ticker_set(sound->ticker, monotonic_us(), SOUND_TICK_US);
    if (e) {
        sound_free(sound);
        return e;
    }
    sound_choose_cleaner(sound);
    sound->handler = *handler;
    *out = sound;
    return ERR_NONE;
}

void sound_free(struct sound *sound)
{
    if (!sound || sound->is_freed)
        return;
    sound->is_freed = true;
    memset(&sound->handler, 0, sizeof sound->handler);
    ticker_free(sound->ticker);
    for (int i = 0; i < SOUND_SIDES; i++) {
        side_close_device(&sound->sides[i]);
        side_close_file(&sound->sides[i]);
    }
    voice_cleaner_free(sound->cleaner);
    sound->cleaner = NULL;
    uv_close((uv_handle_t *)&sound->life, free_memory);
}

void sound_begin_file(struct sound *sound)
{
    sound->sides[SOUND_INPUT].file_is_held = false;
}

void sound_state(const struct sound *sound, enum sound_side which, struct sound_state *out)
{
    const struct side *side = &sound->sides[which];
    *out = (struct sound_state){
        .is_device = side->kind == SIDE_DEVICE,
        .is_open = side->is_running || side->file_is_open,
        .level_dbfs = side->level_dbfs,
        .rate_hz = side->is_running ? device_shared(side->device)->rate_hz : MEDIA_RATE_HZ,
        .latency_ms = side_delay_ms(side),
        .overruns = side_overruns(side),
    };
    if (out->is_open)
        strcpy(out->name, side->name);
}

bool sound_cancels_echo(const struct sound *sound)
{
    return sound->cleaner != NULL;
}

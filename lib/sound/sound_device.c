/* Sides that are devices: they open, run, vanish and come back. */
#include <string.h>

#include "sound/sound_inner.h"

static void release_flow(struct side *side)
{
    if (!side->is_running)
        return;
    side->overruns = side_overruns(side);
    side->is_running = false;
    if (side->side == SOUND_INPUT)
        capture_flow_release(&side->flow.capture);
    else
        playback_flow_release(&side->flow.playback);
}

void side_close_device(struct side *side)
{
    release_flow(side);
    device_close(side->device);
    side->device = NULL;
}

static void look_again_later(struct side *side)
{
    side_close_device(side);
    side->retry_us = monotonic_us() + side->retry_after_us;
    side->retry_after_us *= 2;
    if (side->retry_after_us > SOUND_RETRY_MAX_US)
        side->retry_after_us = SOUND_RETRY_MAX_US;
}

static void on_gone(void *context, const char *why)
{
    struct side *side = context;
    bool was_running = side->is_running, is_news = was_running || !side->failure_was_told;
    char text[DEVICE_WHY_SIZE];
    strcpy(text, "");
    strncat(text, why, sizeof text - 1);
    look_again_later(side);
    side->failure_was_told = true;
    if (was_running)
        side_tell(side, SOUND_LOST, "%s: %s", side->name, text);
    else if (is_news)
        side_tell(side, SOUND_FAILED, "%s", text);
}

static void fill(struct side *side)
{
    struct playback_flow *flow = &side->flow.playback;
    int64_t now_us = monotonic_us();
    playback_flow_adapt(flow, now_us);
    while (side->is_running && playback_flow_wants(flow)) {
        int16_t pcm[MEDIA_FRAME_SAMPLES];
        sound_wanted(side->sound, now_us, pcm);
        if (side->is_running) /* the handler may have ended it */
            playback_flow_put(flow, pcm);
    }
}

static void drain(struct side *side)
{
    struct capture_flow *flow = &side->flow.capture;
    int16_t pcm[MEDIA_FRAME_SAMPLES];
    int64_t captured_us;
    capture_flow_clock(flow);
    while (side->is_running && capture_flow_frame(flow, pcm, &captured_us))
        sound_captured(side->sound, pcm, captured_us);
}

static void on_block(void *context)
{
    struct side *side = context;
    if (side->side == SOUND_INPUT)
        drain(side);
    else
        fill(side);
}

static void on_open(void *context)
{
    struct side *side = context;
    struct device_shared *shared = device_shared(side->device);
    enum err e = side->side == SOUND_INPUT ? capture_flow_init(&side->flow.capture, shared)
                                           : playback_flow_init(&side->flow.playback, shared);
    if (e) {
        on_gone(side, "no memory");
        return;
    }
    side->is_running = true;
    side->failure_was_told = false;
    side->retry_after_us = SOUND_RETRY_MIN_US;
    strcpy(side->name, shared->name);
    sound_choose_cleaner(side->sound);
    side_tell(side, SOUND_OPENED, "%s", side->name);
}

void side_open_device(struct side *side)
{
    const struct device_handler handler = {
        .context = side, .on_open = on_open, .on_block = on_block, .on_gone = on_gone};
    /* The one that was lost, by its whole name: numbers move when devices come and go. What was the
     * default may not be it any more, and then the new one is right. */
    bool is_default = !side->wanted[0];
    const char *wanted = side->name[0] && !is_default ? side->name : side->wanted;
    if (device_open(side->sound->loop, side->side, wanted, &handler, &side->device) != ERR_NONE)
        on_gone(side, "no memory or no process for a sound device");
}

uint64_t side_overruns(const struct side *side)
{
    if (!side->is_running)
        return side->overruns;
    const struct device_shared *shared = device_shared(side->device);
    uint64_t samples = atomic_load(&shared->samples_missed);
    uint64_t frame = (uint64_t)(shared->rate_hz / (1000 / MEDIA_FRAME_MS));
    return side->overruns + (samples + frame - 1) / frame + atomic_load(&shared->xruns);
}

double side_delay_ms(const struct side *side)
{
    if (!side->is_running)
        return 0;
    double delay_ms = device_shared(side->device)->latency_ms;
    return side->side == SOUND_OUTPUT ? delay_ms + playback_flow_delay_ms(&side->flow.playback)
                                      : delay_ms;
}

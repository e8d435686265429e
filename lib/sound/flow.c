#include "sound/flow.h"

#include <math.h>
#include <string.h>

enum { OUT_SAMPLES = MEDIA_FRAME_SAMPLES * 4 /* 192 kHz */ };

static enum err init_resampler(struct resampler **out, int in_hz, int out_hz)
{
    *out = NULL;
    if (in_hz == out_hz)
        return ERR_NONE;
    *out = resampler_new((uint32_t)in_hz, (uint32_t)out_hz);
    return *out ? ERR_NONE : ERR_NO_MEMORY;
}

enum err capture_flow_init(struct capture_flow *flow, struct device_shared *shared)
{
    memset(flow, 0, sizeof *flow);
    flow->shared = shared;
    return init_resampler(&flow->resampler, shared->rate_hz, MEDIA_RATE_HZ);
}

void capture_flow_release(struct capture_flow *flow)
{
    resampler_free(flow->resampler);
    flow->resampler = NULL;
}

/* A block comes late, but never early: the earliest are on time. */
static int64_t earliest_zero_us(struct capture_flow *flow, int64_t zero_us)
{
    if (flow->looks == FLOW_CLOCK_WINDOW || !flow->knows_zero) {
        flow->last_window_us = flow->knows_zero ? flow->window_us : zero_us;
        flow->window_us = zero_us;
        flow->looks = 0;
    }
    flow->looks++;
    if (zero_us < flow->window_us)
        flow->window_us = zero_us;
    return flow->window_us < flow->last_window_us ? flow->window_us : flow->last_window_us;
}

void capture_flow_clock(struct capture_flow *flow)
{
    int64_t zero_us = atomic_load_explicit(&flow->shared->zero_us, memory_order_relaxed);
    int64_t late_us = atomic_load_explicit(&flow->shared->late_us, memory_order_relaxed);
    if (zero_us == 0)
        return;
    double off_us = (double)earliest_zero_us(flow, zero_us) - flow->zero_us;
    if (!flow->knows_zero || fabs(off_us) > FLOW_CLOCK_JUMP_US)
        flow->zero_us += off_us;
    else
        flow->zero_us += off_us / FLOW_CLOCK_SMOOTHING;
    flow->late_us += ((double)late_us - flow->late_us) / FLOW_LATE_SMOOTHING;
    flow->knows_zero = true;
}

static size_t fill(struct capture_flow *flow, int16_t *pcm, size_t want)
{
    if (!flow->resampler)
        return ring_read(&flow->shared->ring, pcm, want);
    size_t made = 0;
    for (;;) {
        size_t used = flow->piece_len - flow->piece_used;
        made += resampler_run(flow->resampler, flow->piece + flow->piece_used, &used, pcm + made,
                              want - made);
        flow->piece_used += used;
        if (made == want)
            return made;
        if (flow->piece_used < flow->piece_len)
            continue;
        flow->piece_used = 0;
        flow->piece_len = ring_read(&flow->shared->ring, flow->piece, FLOW_PIECE_SAMPLES);
        if (flow->piece_len == 0)
            return made;
    }
}

bool capture_flow_frame(struct capture_flow *flow, int16_t pcm[MEDIA_FRAME_SAMPLES],
                        int64_t *captured_us)
{
    flow->filled += fill(flow, flow->frame + flow->filled, MEDIA_FRAME_SAMPLES - flow->filled);
    if (flow->filled < MEDIA_FRAME_SAMPLES)
        return false;
    memcpy(pcm, flow->frame, sizeof flow->frame);
    *captured_us =
        llround(flow->zero_us - flow->late_us + (double)flow->frames * MEDIA_FRAME_MS * 1000.0);
    flow->frames++;
    flow->filled = 0;
    return true;
}

enum err playback_flow_init(struct playback_flow *flow, struct device_shared *shared)
{
    memset(flow, 0, sizeof *flow);
    flow->shared = shared;
    flow->reserve_us = FLOW_RESERVE_MIN_US;
    return init_resampler(&flow->resampler, MEDIA_RATE_HZ, shared->rate_hz);
}

void playback_flow_release(struct playback_flow *flow)
{
    resampler_free(flow->resampler);
    flow->resampler = NULL;
}

void playback_flow_adapt(struct playback_flow *flow, int64_t now_us)
{
    struct device_shared *shared = flow->shared;
    if (flow->settles_us == 0)
        flow->settles_us = now_us + FLOW_SETTLES_US;
    if (now_us < flow->settles_us) {
        atomic_store_explicit(&shared->samples_missed, 0, memory_order_relaxed);
        atomic_store_explicit(&shared->xruns, 0, memory_order_relaxed);
        atomic_store_explicit(&shared->samples_left, UINT32_MAX, memory_order_relaxed);
        return;
    }
    uint64_t missed = atomic_load_explicit(&shared->samples_missed, memory_order_relaxed);
    if (missed != flow->missed) {
        flow->missed = missed;
        flow->reserve_us += FLOW_RESERVE_UP_US;
        if (flow->reserve_us > FLOW_RESERVE_MAX_US)
            flow->reserve_us = FLOW_RESERVE_MAX_US;
    } else if (now_us < flow->window_end_us) {
        return;
    } else if (flow->window_end_us != 0) {
        uint32_t left = atomic_load_explicit(&shared->samples_left, memory_order_relaxed);
        int64_t left_us = (int64_t)left * 1000000 / shared->rate_hz;
        if (left_us >= FLOW_RESERVE_MIN_US + FLOW_RESERVE_DOWN_US &&
            flow->reserve_us >= FLOW_RESERVE_MIN_US + FLOW_RESERVE_DOWN_US)
            flow->reserve_us -= FLOW_RESERVE_DOWN_US;
    }
    flow->window_end_us = now_us + FLOW_WINDOW_US;
    atomic_store_explicit(&shared->samples_left, UINT32_MAX, memory_order_relaxed);
}

bool playback_flow_wants(const struct playback_flow *flow)
{
    size_t need = atomic_load_explicit(&flow->shared->block_samples, memory_order_relaxed) +
                  (size_t)(flow->reserve_us * flow->shared->rate_hz / 1000000);
    return ring_level(&flow->shared->ring) < need;
}

void playback_flow_put(struct playback_flow *flow, const int16_t pcm[MEDIA_FRAME_SAMPLES])
{
    if (!flow->resampler) {
        ring_write(&flow->shared->ring, pcm, MEDIA_FRAME_SAMPLES);
        return;
    }
    for (size_t done = 0; done < MEDIA_FRAME_SAMPLES;) {
        int16_t out[OUT_SAMPLES];
        size_t used = MEDIA_FRAME_SAMPLES - done;
        size_t made = resampler_run(flow->resampler, pcm + done, &used, out, OUT_SAMPLES);
        ring_write(&flow->shared->ring, out, made);
        done += used;
        if (used == 0 && made == 0)
            break;
    }
}

double playback_flow_delay_ms(const struct playback_flow *flow)
{
    return (double)ring_level(&flow->shared->ring) * 1e3 / flow->shared->rate_hz;
}

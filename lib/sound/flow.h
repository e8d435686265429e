/* Between a device's ring, which has the device's clock, rate and blocks, and frames of 20 ms.
 * Pure: time comes in. The loop's thread; the caller holds the structs.
 *
 * Capture is pushed: whatever the device took is handed on at once, so nothing gathers, however its
 * clock runs. Playback is pulled: a frame is put in when the device's next block could not be
 * served without it, so the ring holds less than that and a frame, however the device's clock runs.
 * How much more is kept for a loop that comes late follows from how late it came. */
#ifndef DEBATE_SOUND_FLOW_H
#define DEBATE_SOUND_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "media/media.h"
#include "media/resample.h"
#include "sound/device.h"

enum {
    FLOW_RESERVE_MIN_US = 5000,
    FLOW_RESERVE_MAX_US = 80000,
    FLOW_RESERVE_UP_US = 5000,   /* after each gap */
    FLOW_RESERVE_DOWN_US = 1000, /* after each window that would not have needed it */
    FLOW_WINDOW_US = 10000000,
    FLOW_CLOCK_WINDOW = 50,     /* blocks, half a second: the earliest of two windows counts */
    FLOW_CLOCK_SMOOTHING = 32,  /* blocks: 0.3 s */
    FLOW_LATE_SMOOTHING = 256,  /* what devices say of it jumps */
    FLOW_CLOCK_JUMP_US = 40000, /* a capture clock further off is set, not smoothed */
    FLOW_SETTLES_US = 500000,   /* a device that begins fills its own buffers first */
    FLOW_PIECE_SAMPLES = 256,
};

struct capture_flow {
    struct device_shared *shared;
    struct resampler *resampler;       /* NULL: the device runs at 48 kHz */
    int16_t piece[FLOW_PIECE_SAMPLES]; /* on its way into the resampler */
    size_t piece_len, piece_used;
    int16_t frame[MEDIA_FRAME_SAMPLES];
    size_t filled;
    uint64_t frames;
    int64_t window_us, last_window_us; /* the earliest zeros of this window and of the one before */
    int looks;                         /* in this window */
    bool knows_zero;
    double zero_us; /* when the first sample was taken, smoothed */
    double late_us; /* and how much earlier it was by the device's word */
};

enum err capture_flow_init(struct capture_flow *flow, struct device_shared *shared) MUST_CHECK;
void capture_flow_release(struct capture_flow *flow);
/* Once for each wake-up: looks at the device's clock. */
void capture_flow_clock(struct capture_flow *flow);
/* Until it says false: there is no whole frame yet. */
bool capture_flow_frame(struct capture_flow *flow, int16_t pcm[MEDIA_FRAME_SAMPLES],
                        int64_t *captured_us);

struct playback_flow {
    struct device_shared *shared;
    struct resampler *resampler;
    int64_t reserve_us, window_end_us, settles_us;
    uint64_t missed; /* samples, when last looked */
};

enum err playback_flow_init(struct playback_flow *flow, struct device_shared *shared) MUST_CHECK;
void playback_flow_release(struct playback_flow *flow);
/* Once for each wake-up: sees how near to empty the ring came. */
void playback_flow_adapt(struct playback_flow *flow, int64_t now_us);
/* While it says true: one more frame has to be put in. */
bool playback_flow_wants(const struct playback_flow *flow);
void playback_flow_put(struct playback_flow *flow, const int16_t pcm[MEDIA_FRAME_SAMPLES]);
/* What stands in the ring, ms. */
double playback_flow_delay_ms(const struct playback_flow *flow);

#endif

/* One side of a sound device. It is run by a process of its own, which shares a ring with us:
 * PortAudio and what stands below it talk on standard error from threads of their own, abort on a
 * configuration that they did not expect, hang on a device that failed, and see a new device only
 * after all streams were closed. A process can be silenced, ended and begun again by itself.
 *
 * The loop's thread only, but for what says that it is the callback's. */
#ifndef DEBATE_SOUND_DEVICE_H
#define DEBATE_SOUND_DEVICE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/err.h"
#include "sound/ring.h"
#include "sound/sound.h"

enum {
    DEVICE_WHY_SIZE = 256,
    DEVICES_MAX = 64,         /* more are not shown */
    DEVICE_CHANNELS_MAX = 2,  /* of more, the first two */
    DEVICE_OPENS_MS = 10000,  /* then it is given up: some drivers hang */
    DEVICE_BEGINS_MS = 5000,  /* an idle PulseAudio sink takes 2 s to wake up */
    DEVICE_SILENT_MS = 1200,  /* no callback for so long: gone */
    DEVICE_FADE_SAMPLES = 64, /* out of a gap, so that it does not click */
};

enum device_state { DEVICE_OPENING, DEVICE_OPEN, DEVICE_FAILED };

/* What the two processes share. */
struct device_shared {
    struct ring ring; /* mono, at the device's rate */
    _Atomic int state;
    _Atomic int64_t beat_us;        /* the last callback, CLOCK_MONOTONIC; 0: none yet */
    _Atomic uint32_t block_samples; /* the largest that was asked for or handed over at once */
    _Atomic int64_t zero_us; /* input: when the ring's first sample ever was taken, if the last one
                                came at once */
    _Atomic int64_t late_us; /* how much later it came, by the device's word; 0: not known */
    _Atomic uint32_t samples_left; /* output: the fewest that a callback left; the loop resets it */
    _Atomic uint64_t samples_missed; /* that found no room, or had to be silence */
    _Atomic uint32_t xruns;          /* that PortAudio told of: its process was late */
    /* Set before `state` leaves DEVICE_OPENING. */
    char name[SOUND_NAME_SIZE], why[DEVICE_WHY_SIZE];
    int rate_hz;
    double latency_ms;
    /* The callback's own. */
    uint64_t samples_taken;
    int16_t last;
    int fade_left;
};

void device_shared_init(struct device_shared *shared);

/* The callback's: neither locks, allocates nor calls the system. `frames` at most `RING_SAMPLES`,
 * of interleaved channels, which came at `now_us`. */
void device_take(struct device_shared *shared, const int16_t *pcm, size_t frames, int channels,
                 int64_t now_us);
void device_give(struct device_shared *shared, int16_t *pcm, size_t frames, int channels);

/* Which of these is meant: NULL or "" the default, a number, a name, or a part of one; the index,
 * or -1 with one line in `why`. Pure. */
int device_find(const struct sound_device *devices, size_t count, enum sound_side side,
                const char *wanted, char why[DEVICE_WHY_SIZE]);

struct device;
struct device_handler {
    void *context;
    void (*on_open)(void *context);  /* once; then name, rate and latency stand */
    void (*on_block)(void *context); /* samples came or went */
    /* It never opened, or vanished: `why` lives until device_close, which is the next thing to
     * call. */
    void (*on_gone)(void *context, const char *why);
};
enum err device_open(uv_loop_t *loop, enum sound_side side, const char *wanted,
                     const struct device_handler *handler, struct device **out) MUST_CHECK;
struct device_shared *device_shared(struct device *device);
void device_close(struct device *device); /* NULL is allowed; frees in the loop's next turns */

/* ---- sound_portaudio.c: inside the other process ---- */

struct device_list {
    _Atomic int count; /* -1: not known yet */
    struct sound_device devices[DEVICES_MAX];
};
void portaudio_list(struct device_list *list);
/* Runs until `fd` is closed at the other end or the device is gone; writes a byte to it whenever
 * there is something to look at. */
void portaudio_run(struct device_shared *shared, enum sound_side side, const char *wanted, int fd);

#endif

/* Where one's own voice comes from and where the others' go: microphone and loudspeaker through
 * PortAudio, sound files, or nothing at all. It keeps time for both: a frame of 20 ms is asked for
 * or handed over whenever the device's clock says so, or the monotonic clock where there is none.
 *
 * The loop's thread only; handlers are called back there. A device that vanishes is replaced by
 * silence and looked for until it is back: a call never ends for want of one. */
#ifndef DEBATE_SOUND_SOUND_H
#define DEBATE_SOUND_SOUND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/err.h"
#include "media/media.h"

enum { SOUND_NAME_SIZE = 128 };

struct sound;

enum sound_side { SOUND_INPUT, SOUND_OUTPUT };
const char *sound_side_name(enum sound_side side); /* "input", "output" */

enum sound_echo_cancel { SOUND_ECHO_AUTO, SOUND_ECHO_ON, SOUND_ECHO_OFF };

/* What happens to a side. */
enum sound_news {
    SOUND_OPENED,  /* it runs; `text` names the device or file */
    SOUND_FAILED,  /* it could not be opened, `text` says why and what to do; silence instead */
    SOUND_LOST,    /* it vanished in the middle; silence instead until SOUND_OPENED */
    SOUND_FINISHED /* an input file was said to its end; silence follows */
};

struct sound_config {
    /* NULL or "": the system's default device; "none"; a device's number as sound_devices counts,
     * or a part of its name, whatever the case; "file:PATH", or a path that ends in .wav, .opus or
     * .ogg (an output file becomes WAV). */
    const char *input, *output;
    enum sound_echo_cancel echo_cancel; /* and with it noise suppression and gain */
    bool holds_file;                    /* an input file waits for sound_begin_file */
};

/* Any may be NULL. */
struct sound_handler {
    void *context;
    /* 20 ms from the microphone, cleaned; captured_us: CLOCK_MONOTONIC at the first sample. */
    void (*on_capture)(void *context, const int16_t pcm[MEDIA_FRAME_SAMPLES], int64_t captured_us);
    /* The next 20 ms for the loudspeaker are wanted. */
    void (*on_playout)(void *context, int64_t now_us, int16_t pcm[MEDIA_FRAME_SAMPLES]);
    void (*on_news)(void *context, enum sound_side side, enum sound_news news, const char *text);
};

/* Copies the configuration. A device that cannot be opened is told by on_news in the loop's next
 * turn, not as an error; ERR_BAD_REQUEST for a file that is no sound, with one line in `why`. */
enum err sound_new(uv_loop_t *loop, const struct sound_config *config,
                   const struct sound_handler *handler, struct sound **out, char *why,
                   size_t why_size) MUST_CHECK;
/* Nothing is called back any more; handles close in the loop's next turns. NULL is allowed. */
void sound_free(struct sound *sound);

void sound_begin_file(struct sound *sound);

struct sound_state {
    char name[SOUND_NAME_SIZE]; /* "" when nothing is open */
    bool is_device, is_open;
    double level_dbfs; /* of the last frame that passed, -90 at least; the input's after cleaning */
    int rate_hz;       /* that the device runs at */
    double latency_ms; /* that it adds, as far as it tells */
    uint64_t overruns; /* frames that were lost or repeated because one side was late */
};
void sound_state(const struct sound *sound, enum sound_side side, struct sound_state *out);
bool sound_cancels_echo(const struct sound *sound);

struct sound_device {
    int number; /* for `--input 3`; stays the same until devices come or go */
    char name[SOUND_NAME_SIZE], host[SOUND_NAME_SIZE]; /* UTF-8; host: "ALSA" */
    int inputs, outputs;                               /* channels; 0: none of that kind */
    double rate_hz;
    bool is_default_input, is_default_output;
};
/* The devices of this machine. `out` is the caller's to mem_free; ERR_NOT_FOUND without any. Blocks
 * while they are asked: mostly under 0.1 s, at worst 10 s when a sound server hangs. */
enum err sound_devices(struct sound_device **out, size_t *count) MUST_CHECK;

#endif

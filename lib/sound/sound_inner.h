/* Inner part of sound.h. The loop's thread only. */
#ifndef DEBATE_SOUND_INNER_H
#define DEBATE_SOUND_INNER_H

#include "loop/ticker.h"
#include "media/sound_file.h"
#include "media/voice_cleaner.h"
#include "sound/device.h"
#include "sound/flow.h"
#include "sound/sound.h"

enum {
    SOUND_SIDES = 2,
    SOUND_TICK_US = MEDIA_FRAME_MS * 1000,
    SOUND_WANTED_SIZE = 4096, /* PATH_MAX */
    /* Between two looks for a device that is not there: doubled from the one to the other. */
    SOUND_RETRY_MIN_US = 1000000,
    SOUND_RETRY_MAX_US = 4000000,
    /* A frame may begin so much before the end of the one before it: clocks are smoothed. */
    SOUND_OVERLAP_US = 10000,
};

enum side_kind { SIDE_NONE, SIDE_FILE, SIDE_DEVICE };

/* Without a device that runs, a side is driven by the ticker. */
struct side {
    struct sound *sound;
    enum sound_side side;
    enum side_kind kind;
    char wanted[SOUND_WANTED_SIZE]; /* what was asked for; a file's path */
    char name[SOUND_NAME_SIZE];     /* of what runs or ran last */
    double level_dbfs;

    struct device *device; /* NULL: not even being opened */
    bool is_running, failure_was_told;
    int64_t retry_us, retry_after_us;
    uint64_t overruns; /* frames, of the devices before this one */
    union {
        struct capture_flow capture;
        struct playback_flow playback;
    } flow;

    bool file_is_open, file_was_told, file_is_held;
    int16_t *pcm; /* an input file's */
    size_t samples, next_sample;
    struct wav_writer *wav;
};

struct sound {
    uv_loop_t *loop;
    struct sound_handler handler;
    struct ticker *ticker;
    uv_timer_t life; /* never started: its closing frees all this, after handlers returned */
    struct side sides[SOUND_SIDES]; /* by enum sound_side */
    enum sound_echo_cancel echo_cancel;
    struct voice_cleaner *cleaner; /* NULL: not wanted, or not to be had */
    int64_t captured_until_us;     /* what came before was handed over already */
    bool is_freed;
};

/* sound.c */
void side_tell(struct side *side, enum sound_news news, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* A frame on its way to on_capture; dropped when its time was handed over already: a device that
 * begins may bring what is older than the silence before it. */
void sound_captured(struct sound *sound, int16_t pcm[MEDIA_FRAME_SAMPLES], int64_t captured_us);
void sound_wanted(struct sound *sound, int64_t now_us, int16_t pcm[MEDIA_FRAME_SAMPLES]);
void sound_choose_cleaner(struct sound *sound);

/* sound_file.c: files */
enum err side_open_file(struct side *side, const char *path, bool is_held, char *why,
                        size_t why_size) MUST_CHECK;
void side_close_file(struct side *side);
void side_read_file(struct side *side, int16_t pcm[MEDIA_FRAME_SAMPLES]);
void side_write_file(struct side *side, const int16_t pcm[MEDIA_FRAME_SAMPLES]);

/* sound_device.c: devices */
void side_open_device(struct side *side);
void side_close_device(struct side *side);
uint64_t side_overruns(const struct side *side);
double side_delay_ms(const struct side *side);

#endif

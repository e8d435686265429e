#include <math.h>
#include <string.h>

#include <speex/speex_preprocess.h>

#include "base/mem.h"
#include "media/mix.h"

enum {
    THIRD = 3, /* 48 kHz to the 16 kHz that the detector listens at */
    RATE_HZ = MEDIA_RATE_HZ / THIRD,
    SAMPLES = MEDIA_FRAME_SAMPLES / THIRD,
    START_FRAMES = 3, /* 60 ms */
    STOP_FRAMES = 20, /* 400 ms */
    START_PERCENT = 80,
    CONTINUE_PERCENT = 60,
    QUIET_RMS = 104,   /* -50 dBFS: what an echo canceller leaves of a loudspeaker is below it */
    FLOOR_FRAMES = 50, /* 1 s: speech dips within it, noise and hum do not */
};

/* speexdsp needs 2 s to learn a noise, and takes it for speech meanwhile: what stays this near to
 * the quietest frame of the last second is none. Power; 3 dB. */
static const double FLOOR_FACTOR = 2;

struct speech_detector {
    SpeexPreprocessState *speex;
    bool speaking;
    unsigned run; /* frames in a row that speak for the other state */
    double energies[FLOOR_FRAMES];
    size_t frames;
};

struct speech_detector *speech_detector_new(void)
{
    struct speech_detector *detector = mem_zalloc(sizeof *detector);
    if (!detector)
        return NULL;
    detector->speex = speex_preprocess_state_init(SAMPLES, RATE_HZ);
    if (!detector->speex) {
        mem_free(detector);
        return NULL;
    }
    int off = 0;
    speex_preprocess_ctl(detector->speex, SPEEX_PREPROCESS_SET_DENOISE, &off);
    return detector;
}

void speech_detector_free(struct speech_detector *detector)
{
    if (!detector)
        return;
    speex_preprocess_state_destroy(detector->speex);
    mem_free(detector);
}

/* Notes a frame's energy; true when it stands out of the last second. */
static bool stands_out(struct speech_detector *detector, double energy)
{
    detector->energies[detector->frames++ % FLOOR_FRAMES] = energy;
    size_t held = detector->frames < FLOOR_FRAMES ? detector->frames : FLOOR_FRAMES;
    double floor = energy;
    for (size_t i = 0; i < held; i++)
        if (detector->energies[i] < floor)
            floor = detector->energies[i];
    return energy > FLOOR_FACTOR * floor;
}

/* What speexdsp takes for speech, unless it is too quiet to be heard or steady. */
static bool sounds_like_speech(struct speech_detector *detector,
                               const int16_t pcm[MEDIA_FRAME_SAMPLES])
{
    spx_int16_t low[SAMPLES];
    double energy = 0;
    for (size_t i = 0; i < SAMPLES; i++) {
        low[i] = (spx_int16_t)((pcm[THIRD * i] + pcm[THIRD * i + 1] + pcm[THIRD * i + 2]) / THIRD);
        energy += (double)low[i] * low[i];
    }
    speex_preprocess_run(detector->speex, low);
    int percent = 0;
    speex_preprocess_ctl(detector->speex, SPEEX_PREPROCESS_GET_PROB, &percent);
    if (!stands_out(detector, energy) || sqrt(energy / SAMPLES) < QUIET_RMS)
        return false;
    return percent >= (detector->speaking ? CONTINUE_PERCENT : START_PERCENT);
}

bool speech_detector_feed(struct speech_detector *detector, const int16_t pcm[MEDIA_FRAME_SAMPLES])
{
    if (sounds_like_speech(detector, pcm) == detector->speaking) {
        detector->run = 0;
    } else if (++detector->run >= (detector->speaking ? STOP_FRAMES : START_FRAMES)) {
        detector->speaking = !detector->speaking;
        detector->run = 0;
    }
    return detector->speaking;
}

#include "media/voice_cleaner.h"

#include <algorithm>
#include <cmath>

#include <webrtc/common.h>
#include <webrtc/modules/audio_processing/include/audio_processing.h>

extern "C" {
#include "base/mem.h"
}

namespace
{

using Processing = webrtc::AudioProcessing;

constexpr int kBlockSamples = MEDIA_RATE_HZ * Processing::kChunkSizeMs / 1000;
constexpr float kFullScale = 32768;
/* The canceller looks for the delay from the first block on, but before this many it does not move
 * to what it found (kDelayCorrectionStart of its aec_core.c). */
constexpr int kDelayBlocks = 1500;
/* Frames that playout may run ahead of capture: as many as devices hand over at once, and few,
 * because the canceller's filter covers 128 ms. */
constexpr size_t kAheadMax = 3;
static_assert(MEDIA_FRAME_SAMPLES % kBlockSamples == 0, "a frame is whole blocks");

webrtc::StreamConfig mono()
{
    return webrtc::StreamConfig(MEDIA_RATE_HZ, 1);
}

void to_float(const int16_t *pcm, float *block)
{
    for (int i = 0; i < kBlockSamples; i++)
        block[i] = pcm[i] / kFullScale;
}

void to_pcm(const float *block, int16_t *pcm)
{
    for (int i = 0; i < kBlockSamples; i++)
        pcm[i] =
            (int16_t)std::lrintf(std::clamp(block[i] * kFullScale, -kFullScale, kFullScale - 1));
}

} // namespace

struct voice_cleaner {
    Processing *processing;
    bool echo;
    int16_t played[kAheadMax][MEDIA_FRAME_SAMPLES]; /* not yet shown to the canceller */
    size_t first, held;
};

/* The echo is looked for where it is, not where the devices say: sound servers don't tell their
 * whole delay, and clocks that differ move it. The longer filter goes with that. */
static Processing *processing_new()
{
    webrtc::Config config;
    config.Set<webrtc::DelayAgnostic>(new webrtc::DelayAgnostic(true));
    config.Set<webrtc::ExtendedFilter>(new webrtc::ExtendedFilter(true));
    /* On unless told, and for microphones whose volume it may turn. */
    config.Set<webrtc::ExperimentalAgc>(new webrtc::ExperimentalAgc(false));
    return Processing::Create(config);
}

static void show_playout(Processing *processing, const int16_t pcm[MEDIA_FRAME_SAMPLES])
{
    float block[kBlockSamples];
    float *const channels[] = {block};
    for (int at = 0; at < MEDIA_FRAME_SAMPLES; at += kBlockSamples) {
        to_float(pcm + at, block);
        processing->ProcessReverseStream(channels, mono(), mono(), channels);
    }
}

static void process(Processing *processing, bool echo, int16_t pcm[MEDIA_FRAME_SAMPLES])
{
    float block[kBlockSamples];
    float *const channels[] = {block};
    for (int at = 0; at < MEDIA_FRAME_SAMPLES; at += kBlockSamples) {
        to_float(pcm + at, block);
        if (echo)
            processing->set_stream_delay_ms(0); /* must be told; looked for all the same */
        if (processing->ProcessStream(channels, mono(), mono(), channels) == Processing::kNoError)
            to_pcm(block, pcm + at);
    }
}

/* Moderate suppression: the higher one leaves less echo than anybody hears, and takes more of
 * one's own voice while both speak. */
static bool cancel_echo(Processing *processing)
{
    webrtc::EchoCancellation *echo = processing->echo_cancellation();
    int failed = echo->set_suppression_level(webrtc::EchoCancellation::kModerateSuppression);
    failed |= echo->Enable(true);
    for (int i = 0; i < kDelayBlocks * kBlockSamples / MEDIA_FRAME_SAMPLES; i++) {
        int16_t silence[MEDIA_FRAME_SAMPLES] = {};
        show_playout(processing, silence);
        process(processing, true, silence);
    }
    return !failed;
}

/* The echo first: what follows must not learn from its silence. */
static bool set_up(Processing *processing, const struct voice_cleaner_config *config)
{
    const webrtc::ProcessingConfig streams = {{mono(), mono(), mono(), mono()}};
    int failed = processing->Initialize(streams);
    if (config->echo)
        failed |= !cancel_echo(processing);
    failed |= processing->high_pass_filter()->Enable(true);
    if (config->noise) {
        failed |= processing->noise_suppression()->set_level(webrtc::NoiseSuppression::kHigh);
        failed |= processing->noise_suppression()->Enable(true);
    }
    if (config->gain) {
        failed |= processing->gain_control()->set_mode(webrtc::GainControl::kAdaptiveDigital);
        failed |= processing->gain_control()->Enable(true);
    }
    return !failed;
}

struct voice_cleaner *voice_cleaner_new(const struct voice_cleaner_config *config)
{
    auto *cleaner = static_cast<struct voice_cleaner *>(mem_zalloc(sizeof(struct voice_cleaner)));
    if (!cleaner)
        return nullptr;
    cleaner->echo = config->echo;
    cleaner->held = 1;
    cleaner->processing = processing_new();
    if (!cleaner->processing || !set_up(cleaner->processing, config)) {
        voice_cleaner_free(cleaner);
        return nullptr;
    }
    return cleaner;
}

void voice_cleaner_free(struct voice_cleaner *cleaner)
{
    if (!cleaner)
        return;
    delete cleaner->processing;
    mem_free(cleaner);
}

void voice_cleaner_playout(struct voice_cleaner *cleaner, const int16_t pcm[MEDIA_FRAME_SAMPLES])
{
    if (!cleaner->echo)
        return;
    if (cleaner->held == kAheadMax) {
        cleaner->first = (cleaner->first + 1) % kAheadMax;
        cleaner->held--;
    }
    size_t last = (cleaner->first + cleaner->held++) % kAheadMax;
    std::copy_n(pcm, MEDIA_FRAME_SAMPLES, cleaner->played[last]);
}

/* The canceller is shown one frame of playout for each of capture: its own buffer would run empty
 * when the loudspeaker's clock is the slower one, and the echo would jump about when frames come in
 * pairs. */
static void show_next(struct voice_cleaner *cleaner)
{
    static const int16_t silence[MEDIA_FRAME_SAMPLES] = {};
    if (cleaner->held == 0) {
        show_playout(cleaner->processing, silence);
        return;
    }
    show_playout(cleaner->processing, cleaner->played[cleaner->first]);
    cleaner->first = (cleaner->first + 1) % kAheadMax;
    cleaner->held--;
}

void voice_cleaner_capture(struct voice_cleaner *cleaner, int16_t pcm[MEDIA_FRAME_SAMPLES])
{
    if (cleaner->echo)
        show_next(cleaner);
    process(cleaner->processing, cleaner->echo, pcm);
}

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
constexpr int kDelayMaxMs = 500; /* what set_stream_delay_ms takes */
constexpr float kFullScale = 32768;
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
    bool echo, gain;
};

/* The echo is looked for where it is, not where the devices say: sound servers don't tell their
 * whole delay, and clocks that differ move it. The longer filter goes with that. */
static Processing *processing_new()
{
    webrtc::Config config;
    config.Set<webrtc::DelayAgnostic>(new webrtc::DelayAgnostic(true));
    config.Set<webrtc::ExtendedFilter>(new webrtc::ExtendedFilter(true));
    /* It turns the microphone's own volume, which is not ours, and is on unless told. */
    config.Set<webrtc::ExperimentalAgc>(new webrtc::ExperimentalAgc(false));
    return Processing::Create(config);
}

static bool set_up(Processing *processing, const struct voice_cleaner_config *config)
{
    const webrtc::ProcessingConfig streams = {{mono(), mono(), mono(), mono()}};
    int failed = processing->Initialize(streams);
    failed |= processing->high_pass_filter()->Enable(true);
    if (config->echo) {
        webrtc::EchoCancellation *echo = processing->echo_cancellation();
        failed |= echo->enable_drift_compensation(false);
        failed |= echo->set_suppression_level(webrtc::EchoCancellation::kHighSuppression);
        failed |= echo->Enable(true);
    }
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
    cleaner->gain = config->gain;
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
    float block[kBlockSamples];
    float *const channels[] = {block};
    for (int at = 0; at < MEDIA_FRAME_SAMPLES; at += kBlockSamples) {
        to_float(pcm + at, block);
        cleaner->processing->ProcessReverseStream(channels, mono(), mono(), channels);
    }
}

void voice_cleaner_capture(struct voice_cleaner *cleaner, int16_t pcm[MEDIA_FRAME_SAMPLES],
                           int delay_ms)
{
    float block[kBlockSamples];
    float *const channels[] = {block};
    for (int at = 0; at < MEDIA_FRAME_SAMPLES; at += kBlockSamples) {
        to_float(pcm + at, block);
        if (cleaner->echo)
            cleaner->processing->set_stream_delay_ms(std::clamp(delay_ms, 0, kDelayMaxMs));
        if (cleaner->processing->ProcessStream(channels, mono(), mono(), channels) ==
            Processing::kNoError)
            to_pcm(block, pcm + at);
    }
}

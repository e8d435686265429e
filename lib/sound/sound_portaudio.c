/* PortAudio, in a process that does nothing else (device.h). */
#include <portaudio.h>

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "sound/device.h"

enum {
    BLOCK_MS = 10,
    LATENCY_MS = 20,  /* two blocks: what PulseAudio and USB devices keep to */
    AGE_MAX_MS = 500, /* what PortAudio says of time beyond this is not believed */
};

struct stream {
    struct device_shared *shared;
    enum sound_side side;
    int fd, channels;
    PaStream *stream;
};

static int64_t clock_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void wake(const struct stream *stream)
{
    static const uint8_t byte;
    (void)!send(stream->fd, &byte, 1, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* How late a block came, microseconds. PortAudio's clock is none of ours, so its word is taken for
 * the age of the block's first sample alone, which is at least the block's own length. */
static int64_t late_us(const struct stream *stream, const PaStreamCallbackTimeInfo *times,
                       unsigned long frames)
{
    double least_us = (double)frames * 1e6 / stream->shared->rate_hz;
    double age_us = (times->currentTime - times->inputBufferAdcTime) * 1e6;
    bool is_sane = times->inputBufferAdcTime > 0 && age_us > least_us && age_us < AGE_MAX_MS * 1e3;
    return is_sane ? (int64_t)(age_us - least_us) : 0;
}

/* Of all that happens here, the one wake-up is a call of the system, which does not wait. */
static int on_samples(const void *in, void *out, unsigned long frames,
                      const PaStreamCallbackTimeInfo *times, PaStreamCallbackFlags flags,
                      void *context)
{
    struct stream *stream = context;
    int64_t now_us = clock_us();
    if (flags & (paInputOverflow | paOutputUnderflow))
        atomic_fetch_add_explicit(&stream->shared->xruns, 1, memory_order_relaxed);
    if (in) {
        atomic_store_explicit(&stream->shared->late_us, late_us(stream, times, frames),
                              memory_order_relaxed);
        device_take(stream->shared, in, frames, stream->channels, now_us);
    }
    if (out)
        device_give(stream->shared, out, frames, stream->channels);
    atomic_store_explicit(&stream->shared->beat_us, now_us, memory_order_relaxed);
    wake(stream);
    return paContinue;
}

static void on_finished(void *context)
{
    (void)context;
    _exit(0); /* nobody asked it to finish: the device is gone */
}

static void copy_name(char out[SOUND_NAME_SIZE], const char *name)
{
    snprintf(out, SOUND_NAME_SIZE, "%s", name ? name : "");
    for (size_t len = strlen(out); len > 0 && !utf8_valid(out, len);)
        out[--len] = '\0';
}

void portaudio_list(struct device_list *list)
{
    if (Pa_Initialize() != paNoError)
        return;
    int count = Pa_GetDeviceCount();
    int kept = 0;
    for (int i = 0; i < count && kept < DEVICES_MAX; i++) {
        const PaDeviceInfo *info = Pa_GetDeviceInfo(i);
        const PaHostApiInfo *host = Pa_GetHostApiInfo(info->hostApi);
        struct sound_device *one = &list->devices[kept++];
        memset(one, 0, sizeof *one);
        one->number = i;
        copy_name(one->name, info->name);
        copy_name(one->host, host ? host->name : "");
        one->inputs = info->maxInputChannels;
        one->outputs = info->maxOutputChannels;
        one->rate_hz = info->defaultSampleRate;
        one->is_default_input = i == Pa_GetDefaultInputDevice();
        one->is_default_output = i == Pa_GetDefaultOutputDevice();
    }
    atomic_store(&list->count, kept);
}

static const char *explain(PaError code)
{
    const PaHostErrorInfo *host = Pa_GetLastHostErrorInfo();
    if (code == paDeviceUnavailable)
        return "it is in use by another program, or gone";
    if (code == paBadIODeviceCombination) /* what it makes of all that ALSA says but EBUSY */
        return "it cannot be opened: it is gone, or this user may not use it";
    if (code == paInvalidSampleRate)
        return "it takes no sample rate that we know";
    if (code == paInvalidChannelCount)
        return "it takes neither one channel nor two";
    if (code != paUnanticipatedHostError || !host)
        return Pa_GetErrorText(code);
    switch (-host->errorCode) {
    case EBUSY:
        return "it is in use by another program";
    case EACCES:
    case EPERM:
        return "this user may not use it";
    case ENOENT:
    case ENODEV:
    case ENXIO:
    case EIO: /* what ALSA's pulse plugin says of a device that is not there */
        return "it is not there";
    case ECONNREFUSED:
        return "the sound server does not answer";
    default:
        return host->errorText && host->errorText[0] ? host->errorText : Pa_GetErrorText(code);
    }
}

static PaError open_at(struct stream *stream, int number, double rate_hz)
{
    PaStreamParameters parameters = {.device = number,
                                     .channelCount = stream->channels,
                                     .sampleFormat = paInt16,
                                     .suggestedLatency = LATENCY_MS / 1e3};
    bool is_input = stream->side == SOUND_INPUT;
    /* Before the first callback, which may come before anything returns. */
    stream->shared->rate_hz = (int)lround(rate_hz);
    return Pa_OpenStream(&stream->stream, is_input ? &parameters : NULL,
                         is_input ? NULL : &parameters, rate_hz,
                         (unsigned long)(rate_hz * BLOCK_MS / 1000), paNoFlag, on_samples, stream);
}

static PaError open_stream(struct stream *stream, int number)
{
    const PaDeviceInfo *info = Pa_GetDeviceInfo(number);
    int channels = stream->side == SOUND_INPUT ? info->maxInputChannels : info->maxOutputChannels;
    PaError code = paInvalidChannelCount;
    for (int count = channels < DEVICE_CHANNELS_MAX ? channels : DEVICE_CHANNELS_MAX; count > 0;
         count--) {
        stream->channels = count;
        code = open_at(stream, number, MEDIA_RATE_HZ);
        if (code == paInvalidSampleRate && info->defaultSampleRate > 0)
            code = open_at(stream, number, info->defaultSampleRate);
        if (code == paNoError || code != paInvalidChannelCount)
            break;
    }
    if (code == paNoError)
        code = Pa_SetStreamFinishedCallback(stream->stream, on_finished);
    return code == paNoError ? Pa_StartStream(stream->stream) : code;
}

_Noreturn static void fail(struct device_shared *shared)
{
    atomic_store(&shared->state, DEVICE_FAILED);
    _exit(1);
}

void portaudio_run(struct device_shared *shared, enum sound_side side, const char *wanted, int fd)
{
    static struct device_list list;
    static struct stream stream;
    stream = (struct stream){.shared = shared, .side = side, .fd = fd};
    portaudio_list(&list);
    int count = atomic_load(&list.count);
    int found = device_find(list.devices, count > 0 ? (size_t)count : 0, side, wanted, shared->why);
    if (found < 0)
        fail(shared);
    snprintf(shared->name, sizeof shared->name, "%s", list.devices[found].name);
    PaError code = open_stream(&stream, list.devices[found].number);
    if (code != paNoError) {
        snprintf(shared->why, sizeof shared->why, "%s: %s", shared->name, explain(code));
        fail(shared);
    }
    const PaStreamInfo *info = Pa_GetStreamInfo(stream.stream);
    shared->latency_ms =
        info ? (side == SOUND_INPUT ? info->inputLatency : info->outputLatency) * 1e3 : 0;
    atomic_store(&shared->state, DEVICE_OPEN);
    wake(&stream);
    struct pollfd end = {.fd = fd, .events = POLLIN};
    while (poll(&end, 1, -1) < 0 && errno == EINTR)
        ;
    _exit(0);
}

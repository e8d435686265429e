#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem_testing.h"
#include "media/codec.h"
#include "media/jitter.h"
#include "media/mix.h"
#include "media/recording.h"
#include "media/resample.h"
#include "media/sound_file.h"
#include "media/voice_cleaner.h"

/* The libraries' own memory is out of reach of this hook (without any for C++'s new, WebRTC ends
 * the process); what is ours fails in turn. */

static char folder[32], opus_path[64], timeline_path[64], wav_path[64];
static const int16_t silence[MEDIA_FRAME_SAMPLES];

static int make_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/memory-test-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    snprintf(opus_path, sizeof opus_path, "%s/kim.opus", folder);
    snprintf(timeline_path, sizeof timeline_path, "%s/kim.timeline", folder);
    snprintf(wav_path, sizeof wav_path, "%s/kim.wav", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(opus_path);
    unlink(timeline_path);
    unlink(wav_path);
    return rmdir(folder);
}

static enum err make_codec(void)
{
    struct encoder *encoder = encoder_new();
    struct decoder *decoder = decoder_new();
    enum err e = encoder && decoder ? ERR_NONE : ERR_NO_MEMORY;
    decoder_free(decoder);
    encoder_free(encoder);
    return e;
}

static enum err make_jitter(void)
{
    int16_t pcm[MEDIA_FRAME_SAMPLES];
    struct jitter *jitter = jitter_new();
    if (!jitter)
        return ERR_NO_MEMORY;
    /* An empty packet of 20 ms: what follows allocates nothing, so nothing of it can fail. */
    jitter_put(jitter, 1, 0, (const uint8_t *)"\xf8\xff\xfe", 3, 0);
    (void)jitter_get(jitter, 20000, pcm);
    jitter_free(jitter);
    return ERR_NONE;
}

static enum err make_helpers(void)
{
    const struct voice_cleaner_config everything = {.echo = true, .noise = true, .gain = true};
    struct speech_detector *detector = speech_detector_new();
    struct resampler *resampler = resampler_new(44100, MEDIA_RATE_HZ);
    struct voice_cleaner *cleaner = voice_cleaner_new(&everything);
    enum err e = detector && resampler && cleaner ? ERR_NONE : ERR_NO_MEMORY;
    voice_cleaner_free(cleaner);
    resampler_free(resampler);
    speech_detector_free(detector);
    return e;
}

static enum err resample(void)
{
    int16_t *out = NULL;
    size_t samples;
    enum err e = resample_to_48k(silence, MEDIA_FRAME_SAMPLES, 16000, &out, &samples);
    assert_true(e ? !out : samples == 3 * MEDIA_FRAME_SAMPLES);
    mem_free(out);
    return e;
}

static void what_is_made_is_made_whole_or_not_at_all(void **state)
{
    (void)state;
    assert_true(every_allocation_fails(make_codec) >= 2);
    assert_true(every_allocation_fails(make_jitter) >= 2);
    assert_true(every_allocation_fails(make_helpers) >= 3);
    every_allocation_fails(resample);
}

static enum err write_wav(void)
{
    struct wav_writer *wav;
    enum err e = wav_open(wav_path, &wav);
    if (e)
        return e;
    e = wav_write(wav, silence, MEDIA_FRAME_SAMPLES);
    enum err closed = wav_close(wav);
    return e ? e : closed;
}

static enum err read_file(const char *path)
{
    int16_t *pcm = NULL;
    size_t samples;
    enum err e = sound_file_read(path, &pcm, &samples);
    assert_true(e ? !pcm : samples > 0);
    mem_free(pcm);
    return e;
}

static enum err read_wav(void)
{
    return read_file(wav_path);
}

static enum err read_opus(void)
{
    return read_file("testdata/speech/kim-1.opus");
}

static void sound_is_read_whole_or_not_at_all(void **state)
{
    (void)state;
    every_allocation_fails(write_wav);
    assert_true(every_allocation_fails(read_wav) >= 2);
    assert_true(every_allocation_fails(read_opus) >= 4);
}

static enum err record(void)
{
    struct recording *recording;
    struct recording_summary summary;
    enum err e = recording_start(opus_path, "r", 0, 0, &recording);
    assert_int_equal(access(opus_path, F_OK), e ? -1 : 0);
    assert_int_equal(access(timeline_path, F_OK), e ? -1 : 0);
    if (e)
        return e;
    for (int i = 0; !e && i < 150; i++) /* over a gap and a checkpoint */
        e = recording_write(recording, silence, (i + (i > 70) * 10) * 20000);
    enum err stopped = recording_stop(recording, &summary);
    return e ? e : stopped;
}

static enum err measure(void)
{
    struct recording_summary summary;
    enum err e = recording_measure(opus_path, &summary);
    assert_true(e || (summary.complete && summary.gaps == 1));
    return e;
}

static enum err read_timeline(void)
{
    struct timeline timeline;
    enum err e = timeline_read(timeline_path, &timeline);
    if (e)
        return e;
    assert_int_equal(timeline.gap_count, 1);
    timeline_release(&timeline);
    return ERR_NONE;
}

static void a_recording_starts_whole_or_leaves_nothing_and_is_read_so(void **state)
{
    (void)state;
    assert_true(every_allocation_fails(record) >= 2);
    assert_true(every_allocation_fails(read_timeline) >= 4);
    assert_true(every_allocation_fails(measure) >= 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_made_is_made_whole_or_not_at_all),
        cmocka_unit_test(sound_is_read_whole_or_not_at_all),
        cmocka_unit_test(a_recording_starts_whole_or_leaves_nothing_and_is_read_so),
    };
    return cmocka_run_group_tests_name("media_memory", tests, make_folder, remove_folder);
}

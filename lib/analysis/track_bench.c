/* How fast recordings are opened, placed and read on session time, on one core: ten minutes of
 * people reading, once as our clients record it and once as a browser does. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

/* What the tests' helpers take from cmocka. */
#define assert_true(fact)           ((fact) ? (void)0 : abort())
#define assert_non_null(pointer)    assert_true((pointer) != NULL)
#define assert_int_equal(got, want) assert_true((got) == (want))

#include "analysis/track.h"
#include "base/folder_testing.h"
#include "base/mem.h"
#include "media/recording.h"
#include "media/sound_file.h"
#include "media/webm_testing.h"

enum { FRAMES = 600 * 50 };

static char folder[64], path[128];

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static const int16_t *frame_of(const int16_t *voice, size_t samples, int frame)
{
    return voice + (size_t)frame % (samples / MEDIA_FRAME_SAMPLES) * MEDIA_FRAME_SAMPLES;
}

static void record_ogg(const int16_t *voice, size_t samples)
{
    struct recording *recording;
    assert_int_equal(recording_start(path, "r_1", 1000, 0, &recording), ERR_NONE);
    for (int i = 0; i < FRAMES; i++)
        assert_int_equal(recording_write(recording, frame_of(voice, samples, i),
                                         (int64_t)(i * 20000 * (1 + 50e-6))),
                         ERR_NONE);
    assert_int_equal(recording_stop(recording, NULL), ERR_NONE);
}

static void record_webm(const int16_t *voice, size_t samples)
{
    struct webm_writer writer;
    webm_start(&writer, path);
    for (int i = 0; i < FRAMES; i++)
        webm_frame(&writer, (int64_t)(i * 20 * (1 + 50e-6)), frame_of(voice, samples, i));
    webm_end(&writer);
}

static void measure(const char *what)
{
    struct debate_recording recording = {
        .participant = 1, .recording_id = "r_1", .path = "recordings/x/p1-1.opus", .to_ms = 600000};
    struct debate debate = {
        .start_at_ms = 1000, .started = true, .recordings = &recording, .recording_count = 1};
    static int16_t pcm[48000];
    struct tracks *tracks;
    struct track_reader *reader;
    size_t count;
    double began_s = now_s();
    assert_int_equal(tracks_place(&debate, folder, &tracks), ERR_NONE);
    double placed_s = now_s();
    assert_int_equal(track_open(tracks_all(tracks, &count), &reader), ERR_NONE);
    for (int second = 0; second < 600; second++)
        assert_int_equal(track_read(reader, second * 1000.0, second * 1000.0 + 1000, pcm),
                         ERR_NONE);
    double read_s = now_s();
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("%s: placed in %.1f ms, read at %.0f times real time; %ld MB at most\n", what,
           (placed_s - began_s) * 1000, 600 / (read_s - placed_s), usage.ru_maxrss / 1024);
    track_close(reader);
    tracks_free(tracks);
}

int main(void)
{
    int16_t *voice;
    size_t samples;
    strcpy(folder, "/tmp/track-bench-XXXXXX");
    assert_non_null(mkdtemp(folder));
    assert_int_equal(sound_file_read("testdata/speech/reader-4.opus", &voice, &samples), ERR_NONE);
    snprintf(path, sizeof path, "%s/p1-1.opus", folder);
    record_ogg(voice, samples);
    measure("Ogg");
    assert_int_equal(remove(path), 0);
    record_webm(voice, samples);
    snprintf(path, sizeof path, "%s/p1-1.timeline", folder);
    assert_int_equal(remove(path), 0);
    measure("WebM");
    mem_free(voice);
    return folder_remove(folder);
}

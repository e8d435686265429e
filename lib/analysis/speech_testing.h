/* A debate of up to two speakers, whose tracks are put together of the recordings in
 * testdata/speech: what tests that need speech share. cmocka's headers come first. */
#ifndef DEBATE_ANALYSIS_SPEECH_TESTING_H
#define DEBATE_ANALYSIS_SPEECH_TESTING_H

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analysis/service.h"
#include "analysis/transcript_testing.h"
#include "base/folder_testing.h"
#include "base/mem.h"
#include "media/sound_file.h"

enum { PIECES_MAX = 8, GAP_SAMPLES = 48000, TEXT_SIZE = 4096 };

struct test_sound test_sounds[8];
static const struct debate debate = {.session_id = "s"};
static struct track tracks[2];
static struct piece pieces[PIECES_MAX];
static struct pieces all_pieces = {.pieces = pieces};
static char said[2][TEXT_SIZE]; /* on each track */
static char folder[32], answers[64], recogniser[PATH_MAX], why[SERVICE_WHY_SIZE];
static struct transcript_request request;

static inline int begin(void **state)
{
    (void)state;
    char self[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);
    self[len > 0 ? len : 0] = '\0';
    char *slash = strstr(self, "/lib/analysis/");
    if (!slash)
        return -1;
    snprintf(recogniser, sizeof recogniser, "%.*s/debate-recogniser", (int)(slash - self), self);
    snprintf(folder, sizeof folder, "/tmp/draft-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    snprintf(answers, sizeof answers, "%s/answers", folder);
    memset(said, 0, sizeof said);
    all_pieces.count = 0;
    request = (struct transcript_request){.debate = &debate,
                                          .tracks = tracks,
                                          .track_count = 2,
                                          .pieces = &all_pieces,
                                          .recogniser = recogniser,
                                          .language = "en",
                                          .answers = answers};
    return 0;
}

static inline int end(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        mem_free((void *)test_sounds[i].pcm);
        test_sounds[i] = (struct test_sound){0};
    }
    return folder_remove(folder);
}

static inline void add_text(size_t track, const char *name)
{
    char path[64], text[TEXT_SIZE / 4] = "";
    snprintf(path, sizeof path, "testdata/speech/%s.txt", name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    strcat(said[track], text);
    strcat(said[track], " ");
}

/* One more piece on a track, a second behind the last. */
static inline void add_speech(size_t track, const char *name)
{
    char path[64];
    int16_t *pcm;
    size_t samples;
    snprintf(path, sizeof path, "testdata/speech/%s.opus", name);
    assert_int_equal(sound_file_read(path, &pcm, &samples), ERR_NONE);
    struct test_sound *sound = &test_sounds[track];
    size_t from = sound->samples + GAP_SAMPLES;
    int16_t *longer = mem_realloc((void *)sound->pcm, (from + samples) * sizeof *longer);
    assert_non_null(longer);
    memset(longer + sound->samples, 0, GAP_SAMPLES * sizeof *longer);
    memcpy(longer + from, pcm, samples * sizeof *longer);
    mem_free(pcm);
    *sound = (struct test_sound){longer, from + samples};
    tracks[track] =
        (struct track){.participant = (unsigned)track + 1, .recording = track, .path = "x"};
    pieces[all_pieces.count++] = (struct piece){.participant = (unsigned)track + 1,
                                                .track = track,
                                                .from_ms = (double)from / 48,
                                                .to_ms = (double)(from + samples) / 48};
    add_text(track, name);
}

#endif

/* How many times faster than real time a debate of three tracks is cut into pieces, on one core:
 * pieces_bench [MINUTES]. Tracks are Ogg Opus as clients record them. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analysis/cutter.h"
#include "analysis/measures.h"
#include "analysis/pieces.h"
#include "analysis/track.h"
#include "base/mem.h"
#include "media/ogg.h"
#include "media/sound_file.h"

enum { TRACKS = 3, MORE_TRACKS = 8, PAUSE_S = 6 };

static const char *const VOICES[TRACKS] = {"kim-1", "lee-1", "park-1"};

static double used_s(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void check(enum err e)
{
    if (e) {
        fprintf(stderr, "pieces_bench: %s\n", err_code(e));
        exit(1);
    }
}

/* Three who take turns: each is silent for twice as long as it speaks, over a little noise. */
static int16_t *make_sound(size_t voice, size_t samples)
{
    char path[64];
    snprintf(path, sizeof path, "testdata/speech/%s.opus", VOICES[voice]);
    int16_t *speech, *sound = mem_zalloc(samples * sizeof *sound);
    size_t count;
    check(sound_file_read(path, &speech, &count));
    if (!sound)
        abort();
    size_t period = (size_t)PAUSE_S * MEDIA_RATE_HZ;
    for (size_t at = voice * period / TRACKS; at + count <= samples; at += period)
        memcpy(sound + at, speech, count * sizeof *speech);
    uint32_t random = (uint32_t)voice + 1;
    for (size_t i = 0; i < samples; i++) {
        random = random * 1664525 + 1013904223;
        sound[i] = (int16_t)(sound[i] / 2 + (int16_t)(random >> 16) / 2048);
    }
    mem_free(speech);
    return sound;
}

static void write_track(const char *path, const int16_t *sound, size_t samples)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    struct ogg_writer *ogg;
    check(ogg_open(fd, MEDIA_RATE_HZ, NULL, 0, &ogg));
    for (size_t at = 0; at + MEDIA_FRAME_SAMPLES <= samples; at += MEDIA_FRAME_SAMPLES)
        check(ogg_write(ogg, sound + at, MEDIA_FRAME_SAMPLES));
    check(ogg_close(ogg));
    close(fd);
}

/* Three samples of 48 kHz become one, in place. */
static void make_coarse(int16_t *sound, size_t samples)
{
    for (size_t i = 0; i < samples / 3; i++)
        sound[i] = (int16_t)((sound[3 * i] + sound[3 * i + 1] + sound[3 * i + 2]) / 3);
}

/* The pass without the files: what telling speech from the rest costs. */
static size_t cut_sound(int16_t *const *sound, size_t samples, size_t tracks)
{
    unsigned who[MORE_TRACKS] = {1, 2, 3, 4, 5, 6, 7, 8};
    struct cutter *cutter = cutter_new(who, tracks);
    struct pieces pieces;
    if (!cutter)
        abort();
    for (size_t at = 0; at + CUTTER_BLOCK_SAMPLES <= samples; at += CUTTER_BLOCK_SAMPLES) {
        for (size_t i = 0; i < tracks; i++)
            cutter_hear(cutter, i, i, sound[i % TRACKS] + at, 0, CUTTER_BLOCK);
        check(cutter_next(cutter));
    }
    check(cutter_finish(cutter, &pieces));
    size_t count = pieces.count;
    cutter_free(cutter);
    return count;
}

static void say(const char *what, double length_s, double cost_s, size_t pieces)
{
    printf("%-34s %6.0f times real time, %zu pieces\n", what, length_s / cost_s, pieces);
}

static void measure_files(const struct track *tracks, double length_s)
{
    struct debate debate = {.started = true};
    struct pieces_set *set;
    char why[256];
    double begun_s = used_s();
    if (pieces_cut(&debate, tracks, TRACKS, NULL, NULL, &set, why, sizeof why)) {
        fprintf(stderr, "pieces_bench: %s\n", why);
        exit(1);
    }
    say("a debate of three, from Ogg Opus", length_s, used_s() - begun_s, pieces_of(set)->count);
    pieces_free(set);
}

int main(int argc, char **argv)
{
    long minutes = argc > 1 ? atol(argv[1]) : 10;
    if (minutes < 1 || minutes > 120)
        return 2;
    double length_s = 60 * (double)minutes;
    size_t samples = (size_t)length_s * MEDIA_RATE_HZ;
    char folder[] = "/tmp/pieces_bench.XXXXXX", paths[TRACKS][64];
    if (!mkdtemp(folder))
        return 1;
    int16_t *sound[TRACKS];
    struct track tracks[TRACKS];
    struct track_point start = {0, 0};
    for (size_t i = 0; i < TRACKS; i++) {
        sound[i] = make_sound(i, samples);
        snprintf(paths[i], sizeof paths[i], "%s/%zu.opus", folder, i);
        write_track(paths[i], sound[i], samples);
        tracks[i] = (struct track){.participant = (unsigned)i + 1,
                                   .path = paths[i],
                                   .samples = samples,
                                   .points = &start,
                                   .point_count = 1};
    }
    for (size_t i = 0; i < TRACKS; i++)
        make_coarse(sound[i], samples);
    double begun_s = used_s();
    size_t pieces = cut_sound(sound, samples / 3, TRACKS);
    say("a debate of three, decoded", length_s, used_s() - begun_s, pieces);
    begun_s = used_s();
    pieces = cut_sound(sound, samples / 3, MORE_TRACKS);
    say("a debate of eight, decoded", length_s, used_s() - begun_s, pieces);
    for (size_t i = 0; i < TRACKS; i++)
        mem_free(sound[i]);
    measure_files(tracks, length_s);
    for (size_t i = 0; i < TRACKS; i++)
        unlink(paths[i]);
    rmdir(folder);
    return 0;
}

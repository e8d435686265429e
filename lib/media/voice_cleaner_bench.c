/* What cleaning a voice costs, as a share of a core: voice_cleaner_bench [SECONDS]. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "media/voice_cleaner.h"

static double used_s(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void measure(const char *name, const struct voice_cleaner_config *config, long seconds)
{
    double begun_s = used_s();
    struct voice_cleaner *cleaner = voice_cleaner_new(config);
    if (!cleaner)
        abort();
    double born_s = used_s();
    uint32_t random = 1;
    int16_t played[MEDIA_FRAME_SAMPLES], pcm[MEDIA_FRAME_SAMPLES];
    for (long f = 0; f < seconds * 1000 / MEDIA_FRAME_MS; f++) {
        for (size_t i = 0; i < MEDIA_FRAME_SAMPLES; i++) {
            random = random * 1664525 + 1013904223;
            played[i] = (int16_t)(random >> 20);
            pcm[i] = (int16_t)(random >> 19 & 1023);
        }
        voice_cleaner_playout(cleaner, played);
        voice_cleaner_capture(cleaner, pcm);
    }
    printf("%-16s %5.2f %% of a core, %4.0f ms to begin\n", name,
           100 * (used_s() - born_s) / (double)seconds, 1000 * (born_s - begun_s));
    voice_cleaner_free(cleaner);
}

int main(int argc, char **argv)
{
    long seconds = argc > 1 ? atol(argv[1]) : 60;
    if (seconds < 1)
        return 2;
    measure("high-pass alone", &(struct voice_cleaner_config){0}, seconds);
    measure("and echo", &(struct voice_cleaner_config){.echo = true}, seconds);
    measure("and noise", &(struct voice_cleaner_config){.echo = true, .noise = true}, seconds);
    measure("and gain", &(struct voice_cleaner_config){true, true, true}, seconds);
    return 0;
}

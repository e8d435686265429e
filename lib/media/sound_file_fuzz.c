#include "base/fuzz_testing.h"
#include "base/mem.h"
#include "media/sound_file.h"

/* A few bytes make no hour of sound and ask for no memory to hold it; all samples can be read. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int16_t *pcm;
    size_t samples;
    uint64_t length;
    const char *path = fuzz_file(data, size);
    if (sound_file_read(path, &pcm, &samples) == ERR_NONE) {
        int64_t sum = 0;
        for (size_t i = 0; i < samples; i++)
            sum += pcm[i];
        fuzz_holds(samples <= (size_t)MEDIA_RATE_HZ * 3600 && sum <= INT16_MAX * (int64_t)samples);
        mem_free(pcm);
    }
    if (sound_file_length(path, &length) == ERR_NONE)
        fuzz_holds(length <= INT64_MAX);
    return 0;
}

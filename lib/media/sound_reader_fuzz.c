#include "base/fuzz_testing.h"
#include "media/sound_reader.h"

enum { BLOCK = 4800, BLOCKS = 20 };

/* Whatever the file says of itself, it is read on and by jumps, and says the same twice; what its
 * stretches say ascends. */
static void go_through(const uint8_t *data, size_t size, enum sound_rate rate)
{
    struct sound_reader *reader;
    int16_t pcm[BLOCK];
    size_t count;
    if (sound_reader_open(fuzz_file(data, size), rate, &reader) != ERR_NONE)
        return;
    uint64_t samples = sound_reader_samples(reader);
    fuzz_holds(samples <= SOUND_SAMPLES_MAX);
    for (uint64_t i = 0; i < BLOCKS; i++)
        fuzz_holds(sound_reader_read(reader, i * BLOCK, pcm, BLOCK) == ERR_NONE);
    for (uint64_t i = BLOCKS; i-- > 0;)
        fuzz_holds(sound_reader_read(reader, samples / rate / BLOCKS * i, pcm, BLOCK) == ERR_NONE);
    const struct sound_stretch *stretches = sound_reader_stretches(reader, &count);
    for (size_t i = 0; i < count; i++) {
        fuzz_holds(stretches[i].from_sample < stretches[i].to_sample &&
                   stretches[i].from_ms < stretches[i].to_ms);
        fuzz_holds(i == 0 || stretches[i - 1].to_sample <= stretches[i].from_sample);
    }
    sound_reader_close(reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    go_through(data, size, SOUND_48_KHZ);
    go_through(data, size, SOUND_16_KHZ);
    return 0;
}

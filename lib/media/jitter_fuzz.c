#include "base/fuzz_testing.h"
#include "media/jitter.h"

enum { STEPS_MAX = 200, STEP_SIZE = 8 };

/* A sender who puts anything into sequence numbers, timestamps and payloads, and a clock that jumps
 * up to 64 ms: each step is a move of the three, the length of a payload, and the payload. What is
 * fetched is 20 ms of sound each time, and the figures stay within what the buffer can hold. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct jitter *jitter = jitter_new();
    struct jitter_stats stats;
    int16_t pcm[MEDIA_FRAME_SAMPLES];
    int64_t now_us = 1000000, fetched = 0;
    uint16_t seq = 0;
    uint32_t timestamp = 0;
    fuzz_holds(jitter);
    for (int step = 0; step < STEPS_MAX && size >= STEP_SIZE; step++) {
        seq = (uint16_t)(seq + 1 + (int8_t)data[0] * (int8_t)data[1]);
        timestamp += (uint32_t)(MEDIA_FRAME_SAMPLES + (int8_t)data[2] * 960);
        timestamp += (uint32_t)data[3] << 24;
        now_us += data[4] * 250;
        size_t len = data[6] < size - STEP_SIZE ? data[6] : size - STEP_SIZE;
        jitter_put(jitter, seq, timestamp, data + STEP_SIZE, len, now_us);
        for (int i = 0; i < (data[5] & 3); i++, fetched++)
            (void)jitter_get(jitter, now_us, pcm);
        data += STEP_SIZE + len;
        size -= STEP_SIZE + len;
    }
    jitter_stats(jitter, &stats);
    fuzz_holds(stats.frames_played + stats.frames_concealed + stats.frames_recovered <=
               2 * (uint64_t)fetched + 2);
    fuzz_holds(stats.delay_target_ms >= 0);
    jitter_free(jitter);
    return 0;
}

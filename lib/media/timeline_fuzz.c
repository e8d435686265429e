#include "base/fuzz_testing.h"
#include "media/recording.h"

/* What is read adds up, and is no more than there are lines. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct timeline timeline;
    if (timeline_read(fuzz_file(data, size), &timeline) != ERR_NONE)
        return 0;
    uint64_t silent = 0;
    for (size_t i = 0; i < timeline.gap_count; i++)
        silent += timeline.gaps[i].length;
    fuzz_holds(timeline.recording_id && timeline.rate_hz > 0);
    fuzz_holds(timeline.summary.gaps == timeline.gap_count &&
               timeline.summary.gap_samples == silent);
    fuzz_holds((timeline.checkpoint_count + timeline.gap_count) * strlen("gap 0 0\n") <=
               size + strlen("gap"));
    timeline_release(&timeline);
    return 0;
}

#include "base/fuzz_testing.h"
#include "rtc/sdp.h"

/* What was read is written as one line that is read as the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ice_candidate candidate, again;
    struct buf first, second;
    char *text = fuzz_text(data, size);
    if (ice_candidate_parse(text, &candidate) == ERR_NONE) {
        buf_init(&first, 4096);
        buf_init(&second, 4096);
        ice_candidate_print(&first, &candidate);
        fuzz_holds(!first.failed && !strpbrk(first.data, "\r\n"));
        fuzz_holds(ice_candidate_parse(first.data, &again) == ERR_NONE);
        fuzz_holds(again.priority == candidate.priority && again.port == candidate.port &&
                   again.type == candidate.type && again.udp == candidate.udp);
        ice_candidate_print(&second, &again);
        fuzz_holds(!second.failed && strcmp(first.data, second.data) == 0);
        buf_release(&second);
        buf_release(&first);
    }
    free(text);
    return 0;
}

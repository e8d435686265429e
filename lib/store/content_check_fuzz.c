#include "base/fuzz_testing.h"
#include "store/content_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum content so_far = content_check(data, size, false);
    enum content at_end = content_check(data, size, true);
    if (at_end == CONTENT_UNDECIDED || (so_far != CONTENT_UNDECIDED && so_far != at_end))
        abort();
    return 0;
}

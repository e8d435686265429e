/* What tests do about memory. cmocka's headers come first. */
#ifndef DEBATE_BASE_MEM_TESTING_H
#define DEBATE_BASE_MEM_TESTING_H

#include "base/err.h"
#include "base/mem.h"

/* Runs `attempt` with the first allocation failing, then the second, and so on until it succeeds.
 * Each time before, it must say ERR_NO_MEMORY; what it made it releases itself, so that a sanitizer
 * sees what was forgotten. At least one must have failed. Returns how many did. */
static inline long every_allocation_fails(enum err (*attempt)(void))
{
    for (long count = 0;; count++) {
        mem_fail_after(count);
        enum err e = attempt();
        mem_fail_after(-1);
        if (!e) {
            assert_true(count > 0);
            return count;
        }
        assert_int_equal(e, ERR_NO_MEMORY);
        assert_true(count < 10000);
    }
}

#endif

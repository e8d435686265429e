/* Who is to be woken when: a binary heap. Pure; one thread. Each deadline lies within what it
 * belongs to. */
#ifndef DEBATE_SERVER_DEADLINES_H
#define DEBATE_SERVER_DEADLINES_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct deadline {
    int64_t at_ms;
    size_t place; /* in the heap, from 1; 0: not in it */
};

struct deadlines {
    struct deadline **heap; /* [0] is the soonest */
    size_t count, size;
};

void deadlines_release(struct deadlines *deadlines);
/* Adds it or moves it; INT64_MAX removes it. ERR_NO_MEMORY can come of adding alone. */
enum err deadlines_set(struct deadlines *deadlines, struct deadline *deadline,
                       int64_t at_ms) MUST_CHECK;
void deadlines_remove(struct deadlines *deadlines, struct deadline *deadline);
/* NULL: none. */
struct deadline *deadlines_first(const struct deadlines *deadlines);

#endif

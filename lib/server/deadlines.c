#include "server/deadlines.h"

#include "base/mem.h"

static void put(struct deadlines *deadlines, size_t index, struct deadline *deadline)
{
    deadlines->heap[index] = deadline;
    deadline->place = index + 1;
}

static void rise(struct deadlines *deadlines, size_t index)
{
    struct deadline *moving = deadlines->heap[index];
    while (index > 0) {
        size_t parent = (index - 1) / 2;
        if (deadlines->heap[parent]->at_ms <= moving->at_ms)
            break;
        put(deadlines, index, deadlines->heap[parent]);
        index = parent;
    }
    put(deadlines, index, moving);
}

static void sink(struct deadlines *deadlines, size_t index)
{
    struct deadline *moving = deadlines->heap[index];
    for (;;) {
        size_t child = 2 * index + 1;
        if (child >= deadlines->count)
            break;
        if (child + 1 < deadlines->count &&
            deadlines->heap[child + 1]->at_ms < deadlines->heap[child]->at_ms)
            child++;
        if (moving->at_ms <= deadlines->heap[child]->at_ms)
            break;
        put(deadlines, index, deadlines->heap[child]);
        index = child;
    }
    put(deadlines, index, moving);
}

void deadlines_release(struct deadlines *deadlines)
{
    mem_free(deadlines->heap);
    *deadlines = (struct deadlines){0};
}

enum err deadlines_set(struct deadlines *deadlines, struct deadline *deadline, int64_t at_ms)
{
    if (at_ms == INT64_MAX) {
        deadlines_remove(deadlines, deadline);
        return ERR_NONE;
    }
    if (deadline->place > 0 && deadline->at_ms == at_ms)
        return ERR_NONE; /* the usual case, and its neighbours may be far away in memory */
    if (deadline->place == 0) {
        if (deadlines->count == deadlines->size) {
            size_t size = deadlines->size ? deadlines->size * 2 : 64;
            struct deadline **heap = mem_realloc(deadlines->heap, size * sizeof *heap);
            if (!heap)
                return ERR_NO_MEMORY;
            deadlines->heap = heap;
            deadlines->size = size;
        }
        put(deadlines, deadlines->count++, deadline);
    }
    deadline->at_ms = at_ms;
    rise(deadlines, deadline->place - 1);
    sink(deadlines, deadline->place - 1);
    return ERR_NONE;
}

void deadlines_remove(struct deadlines *deadlines, struct deadline *deadline)
{
    size_t index = deadline->place - 1;
    if (deadline->place == 0)
        return;
    deadline->place = 0;
    struct deadline *last = deadlines->heap[--deadlines->count];
    if (last == deadline)
        return;
    put(deadlines, index, last);
    rise(deadlines, index);
    sink(deadlines, last->place - 1);
}

struct deadline *deadlines_first(const struct deadlines *deadlines)
{
    return deadlines->count ? deadlines->heap[0] : NULL;
}

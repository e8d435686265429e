#include "base/mem.h"

#include <stdbool.h>
#include <stdlib.h>

static _Thread_local long allocations_left = -1;

static bool may_allocate(void)
{
    if (allocations_left < 0)
        return true;
    if (allocations_left == 0)
        return false;
    allocations_left--;
    return true;
}

void *mem_alloc(size_t size)
{
    return may_allocate() ? malloc(size) : NULL;
}

void *mem_zalloc(size_t size)
{
    return may_allocate() ? calloc(1, size) : NULL;
}

void *mem_realloc(void *old, size_t size)
{
    return may_allocate() ? realloc(old, size) : NULL;
}

void mem_free(void *p)
{
    free(p);
}

void mem_fail_after(long succeed)
{
    allocations_left = succeed;
}

#include "base/mem.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

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

char *mem_strdup(const char *s)
{
    return mem_strndup(s, strlen(s));
}

char *mem_strndup(const char *s, size_t len)
{
    char *copy = mem_alloc(len + 1);
    if (copy) {
        memcpy(copy, s, len);
        copy[len] = '\0';
    }
    return copy;
}

void mem_free(void *p)
{
    free(p);
}

void mem_fail_after(long succeed)
{
    allocations_left = succeed;
}

/* mem.h, counted by node: what a process leaves behind is seen at its end, what it heaps up
 * meanwhile. */
#include "base/mem.h"

#include <malloc.h>
#include <stdlib.h>

#include "sim/world.h"

static void *count(void *p)
{
    if (p && world.node) {
        world.node->allocations++;
        world.node->bytes += malloc_usable_size(p);
    }
    return p;
}

static void discount(void *p)
{
    if (p && world.node) {
        world.node->allocations--;
        world.node->bytes -= malloc_usable_size(p);
    }
}

void *mem_alloc(size_t size)
{
    return count(malloc(size));
}

void *mem_zalloc(size_t size)
{
    return count(calloc(1, size));
}

void *mem_realloc(void *old, size_t size)
{
    discount(old);
    return count(realloc(old, size));
}

void mem_free(void *p)
{
    discount(p);
    free(p);
}

void mem_fail_after(long succeed)
{
    (void)succeed; /* memory does not run out here */
}

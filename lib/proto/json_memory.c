#include "proto/json_memory.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "proto/json.h"

/* Enough for a session description and what cJSON makes of it; a larger message spills over. */
enum { BLOCK_SIZE = 16 * 1024 };

/* The block of a thread. It is used from the start to `used` and given back as a whole. */
static _Thread_local struct {
    _Alignas(max_align_t) unsigned char bytes[BLOCK_SIZE];
    size_t used;
    size_t unused_end; /* bytes at the end that a test took away */
    bool is_used;      /* between a brief's begin and its end */
    bool spilled;      /* something lies on the heap instead */
    bool failed;
} block;

static void *allocate(size_t size)
{
    const size_t step = _Alignof(max_align_t);
    if (block.is_used && size <= BLOCK_SIZE) {
        size_t rounded = (size + step - 1) / step * step;
        if (rounded + block.unused_end <= BLOCK_SIZE - block.used) {
            void *p = block.bytes + block.used;
            block.used += rounded;
            return p;
        }
    }
    block.spilled = true;
    void *p = mem_alloc(size);
    block.failed |= !p;
    return p;
}

static void release(void *p)
{
    uintptr_t at = (uintptr_t)p, first = (uintptr_t)block.bytes;
    if (at < first || at >= first + BLOCK_SIZE)
        mem_free(p);
}

/* cJSON takes its allocator for the whole process, and before its first use. */
__attribute__((constructor)) static void take_over_memory(void)
{
    cJSON_InitHooks(&(cJSON_Hooks){.malloc_fn = allocate, .free_fn = release});
}

bool json_memory_failed(void)
{
    return block.failed;
}

void json_memory_forget_failure(void)
{
    block.failed = false;
}

void json_brief_begin(void)
{
    assert(!block.is_used);
    block.is_used = true;
    block.used = 0;
    block.spilled = false;
    block.failed = false;
}

void json_brief_end(cJSON *root)
{
    assert(block.is_used);
    /* What lies in the block alone needs no walk to be freed. */
    if (block.spilled)
        cJSON_Delete(root);
    block.is_used = false;
}

void json_brief_limit(size_t bytes)
{
    block.unused_end = bytes < BLOCK_SIZE ? BLOCK_SIZE - bytes : 0;
}

#include "store/store_heads.h"

#include <assert.h>

#include "base/mem.h"

enum { HEADS_SIZE_MIN = 64 };

static size_t slot_of(size_t size, int64_t key)
{
    /* Fibonacci hashing (Knuth, TAOCP 6.4): keys are consecutive numbers. */
    return (size_t)(((uint64_t)key * 0x9e3779b97f4a7c15u) >> 32) & (size - 1);
}

void heads_release(struct heads *heads)
{
    for (size_t i = 0; i < heads->size; i++)
        mem_free(heads->slots[i]);
    mem_free(heads->slots);
    *heads = (struct heads){0};
}

struct head *heads_find(const struct heads *heads, int64_t key)
{
    if (heads->size == 0)
        return NULL;
    for (size_t i = slot_of(heads->size, key); heads->slots[i]; i = (i + 1) & (heads->size - 1)) {
        if (heads->slots[i]->key == key)
            return heads->slots[i];
    }
    return NULL;
}

static void put(struct head **slots, size_t size, struct head *head)
{
    size_t i = slot_of(size, head->key);
    while (slots[i])
        i = (i + 1) & (size - 1);
    slots[i] = head;
}

static bool grow(struct heads *heads)
{
    size_t size = heads->size ? heads->size * 2 : HEADS_SIZE_MIN;
    struct head **slots = mem_zalloc(size * sizeof *slots);
    if (!slots)
        return false;
    for (size_t i = 0; i < heads->size; i++) {
        if (heads->slots[i])
            put(slots, size, heads->slots[i]);
    }
    mem_free(heads->slots);
    heads->slots = slots;
    heads->size = size;
    return true;
}

struct head *heads_add(struct heads *heads, int64_t key, int64_t row, uint64_t seq, bool live)
{
    assert(!heads_find(heads, key));
    if ((heads->count + 1) * 2 > heads->size && !grow(heads))
        return NULL;
    struct head *head = mem_zalloc(sizeof *head);
    if (!head)
        return NULL;
    head->key = key;
    head->row = row;
    head->seq = seq;
    head->live = live;
    put(heads->slots, heads->size, head);
    heads->count++;
    return head;
}

void heads_remove(struct heads *heads, struct head *head)
{
    heads_saved(heads, head);
    size_t mask = heads->size - 1;
    size_t gap = slot_of(heads->size, head->key);
    while (heads->slots[gap] != head)
        gap = (gap + 1) & mask;
    /* Close the gap: whoever was pushed past it moves up. */
    for (size_t i = (gap + 1) & mask; heads->slots[i]; i = (i + 1) & mask) {
        size_t home = slot_of(heads->size, heads->slots[i]->key);
        if (((i - home) & mask) >= ((i - gap) & mask)) {
            heads->slots[gap] = heads->slots[i];
            gap = i;
        }
    }
    heads->slots[gap] = NULL;
    heads->count--;
    mem_free(head);
}

void heads_move(struct heads *heads, struct head *head, int64_t row, uint64_t seq)
{
    assert(row > head->row);
    head->row = row;
    head->seq = seq;
    if (head->unsaved_row)
        return;
    assert(!heads->newest || heads->newest->unsaved_row < row);
    head->unsaved_row = row;
    head->older = heads->newest;
    if (heads->newest)
        heads->newest->newer = head;
    else
        heads->oldest = head;
    heads->newest = head;
}

void heads_saved(struct heads *heads, struct head *head)
{
    if (!head->unsaved_row)
        return;
    *(head->older ? &head->older->newer : &heads->oldest) = head->newer;
    *(head->newer ? &head->newer->older : &heads->newest) = head->older;
    head->older = head->newer = NULL;
    head->unsaved_row = 0;
}

#include "server/limiter.h"

#include <string.h>

#include "base/mem.h"
#include "base/str.h"

void limiter_release(struct limiter *limiter)
{
    struct limiter_entry *entry, *next;
    HASH_ITER(hh, limiter->entries, entry, next)
    {
        HASH_DELETE(hh, limiter->entries, entry);
        mem_free(entry);
    }
}

bool address_is_loopback(const char *address)
{
    return strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0 ||
           strncmp(address, "::ffff:127.", 11) == 0;
}

static struct limiter_entry *find(struct limiter *limiter, const char *address, int64_t now_us)
{
    struct limiter_entry *entry;
    HASH_FIND_STR(limiter->entries, address, entry);
    if (entry)
        return entry;
    if (HASH_COUNT(limiter->entries) >= LIMITER_ADDRESSES_MAX) {
        entry = limiter->entries; /* the head is the oldest */
        HASH_DELETE(hh, limiter->entries, entry);
    } else {
        entry = mem_alloc(sizeof *entry);
        if (!entry)
            return NULL;
    }
    if (!str_copy(entry->address, sizeof entry->address, address)) {
        mem_free(entry);
        return NULL;
    }
    entry->allowance = limiter->burst;
    entry->seen_us = now_us;
    HASH_ADD_STR(limiter->entries, address, entry);
    return entry;
}

bool limiter_take(struct limiter *limiter, const char *address, int64_t now_us)
{
    if (limiter->rate_per_s <= 0)
        return true;
    struct limiter_entry *entry = find(limiter, address, now_us);
    if (!entry)
        return true;
    entry->allowance += (double)(now_us - entry->seen_us) * limiter->rate_per_s / 1e6;
    if (entry->allowance > limiter->burst)
        entry->allowance = limiter->burst;
    entry->seen_us = now_us;
    if (entry->allowance < 1)
        return false;
    entry->allowance -= 1;
    return true;
}

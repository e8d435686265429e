#include "server/limiter.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "proto/limits.h"

enum { NETWORK_BYTES = 8 }; /* of an IPv6 address: what one subscriber is given (RFC 6177) */

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

/* The name under which an address is counted; false: it is none. */
static bool name_of(const char *address, char name[LIMITER_ADDRESS_SIZE])
{
    struct in6_addr six;
    if (inet_pton(AF_INET6, address, &six) != 1 || IN6_IS_ADDR_V4MAPPED(&six))
        return *address && str_copy(name, LIMITER_ADDRESS_SIZE, address);
    memset(six.s6_addr + NETWORK_BYTES, 0, sizeof six.s6_addr - NETWORK_BYTES);
    return inet_ntop(AF_INET6, &six, name, LIMITER_ADDRESS_SIZE) != NULL;
}

/* The oldest of which no connection is open; NULL: there is none among the first. Those that are
 * passed over go to the end. */
static struct limiter_entry *take_oldest(struct limiter *limiter)
{
    for (int i = 0; i < LIMIT_ADDRESSES_PASSED; i++) {
        struct limiter_entry *entry = limiter->entries; /* the head is the oldest */
        HASH_DELETE(hh, limiter->entries, entry);
        if (entry->connections == 0)
            return entry;
        HASH_ADD_STR(limiter->entries, address, entry);
    }
    return NULL;
}

static struct limiter_entry *find(struct limiter *limiter, const char *address, int64_t now_us)
{
    char name[LIMITER_ADDRESS_SIZE];
    struct limiter_entry *entry = NULL;
    if (!name_of(address, name))
        return NULL;
    HASH_FIND_STR(limiter->entries, name, entry);
    if (entry)
        return entry;
    if (HASH_COUNT(limiter->entries) >= LIMIT_ADDRESSES)
        entry = take_oldest(limiter);
    if (!entry)
        entry = mem_alloc(sizeof *entry);
    if (!entry)
        return NULL;
    *entry = (struct limiter_entry){.requests = {.allowance = limiter->burst, .seen_us = now_us},
                                    .failures = {.allowance = LIMIT_BAD_TOKENS, .seen_us = now_us}};
    (void)str_copy(entry->address, sizeof entry->address, name);
    HASH_ADD_STR(limiter->entries, address, entry);
    return entry;
}

static void fill(struct bucket *bucket, double rate_per_s, double burst, int64_t now_us)
{
    bucket->allowance += (double)(now_us - bucket->seen_us) * rate_per_s / 1e6;
    if (bucket->allowance > burst)
        bucket->allowance = burst;
    bucket->seen_us = now_us;
}

bool limiter_take(struct limiter *limiter, const char *address, int64_t now_us)
{
    struct limiter_entry *entry = NULL;
    if (limiter->rate_per_s > 0)
        entry = find(limiter, address, now_us);
    if (!entry)
        return true;
    fill(&entry->requests, limiter->rate_per_s, limiter->burst, now_us);
    if (entry->requests.allowance < 1)
        return false;
    entry->requests.allowance -= 1;
    return true;
}

bool limiter_may_fail(struct limiter *limiter, const char *address, int64_t now_us)
{
    struct limiter_entry *entry = find(limiter, address, now_us);
    if (!entry)
        return true;
    fill(&entry->failures, 1e3 / LIMIT_BAD_TOKEN_MS, LIMIT_BAD_TOKENS, now_us);
    return entry->failures.allowance >= 1;
}

void limiter_failed(struct limiter *limiter, const char *address, int64_t now_us)
{
    struct limiter_entry *entry = find(limiter, address, now_us);
    if (entry)
        entry->failures.allowance -= 1;
}

struct limiter_entry *limiter_enter(struct limiter *limiter, const char *address, int64_t now_us)
{
    struct limiter_entry *entry = find(limiter, address, now_us);
    if (entry)
        entry->connections++;
    return entry;
}

unsigned limiter_connections(const struct limiter *limiter, const char *address)
{
    char name[LIMITER_ADDRESS_SIZE];
    struct limiter_entry *entry = NULL;
    if (name_of(address, name))
        HASH_FIND_STR(limiter->entries, name, entry);
    return entry ? entry->connections : 0;
}

void limiter_leave(struct limiter_entry *entry)
{
    if (entry)
        entry->connections--;
}

/* How often an address may come: a bucket of tokens each (429, protocol section 2). Pure; one
 * thread. */
#ifndef DEBATE_SERVER_LIMITER_H
#define DEBATE_SERVER_LIMITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uthash.h>

enum {
    LIMITER_ADDRESSES_MAX = 16384, /* then the oldest is forgotten */
    LIMITER_ADDRESS_SIZE = 48      /* an IPv6 address as text, RFC 4291 section 2.2, and a NUL */
};

struct limiter_entry {
    char address[LIMITER_ADDRESS_SIZE];
    double allowance;
    int64_t seen_us;
    UT_hash_handle hh;
};

struct limiter {
    double rate_per_s, burst;      /* 0: no limit */
    struct limiter_entry *entries; /* in the order of their first coming */
};

void limiter_release(struct limiter *limiter);
/* Whether one more request of this address is within the limit; counts it. */
bool limiter_take(struct limiter *limiter, const char *address, int64_t now_us);
bool address_is_loopback(const char *address);

#endif

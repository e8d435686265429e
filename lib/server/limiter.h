/* What an address may do: requests and failed tokens are a bucket each, open connections are
 * counted (429, protocol section 2). The addresses of an IPv6 network of 64 bits count as one, for
 * whoever has one of them has all. Pure; one thread. */
#ifndef DEBATE_SERVER_LIMITER_H
#define DEBATE_SERVER_LIMITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uthash.h>

enum {
    LIMITER_ADDRESS_SIZE = 48 /* an IPv6 address as text, RFC 4291 section 2.2, and a NUL */
};

struct bucket {
    double allowance;
    int64_t seen_us;
};

struct limiter_entry {
    char address[LIMITER_ADDRESS_SIZE]; /* of an IPv6 network its first half */
    struct bucket requests, failures;
    unsigned connections; /* while there are any it is not forgotten */
    UT_hash_handle hh;
};

struct limiter {
    double rate_per_s, burst;      /* of requests; 0: no limit */
    struct limiter_entry *entries; /* about in the order of their first coming */
};

void limiter_release(struct limiter *limiter);
/* Whether one more request of this address is within the limit; counts it. */
bool limiter_take(struct limiter *limiter, const char *address, int64_t now_us);
/* Whether a token of this address is looked at, and that one was not good (LIMIT_BAD_TOKENS). */
bool limiter_may_fail(struct limiter *limiter, const char *address, int64_t now_us);
void limiter_failed(struct limiter *limiter, const char *address, int64_t now_us);
/* One more connection of this address, which is in `connections`; NULL without memory, or when it
 * is no address. Until limiter_leave, which takes NULL too. */
struct limiter_entry *limiter_enter(struct limiter *limiter, const char *address, int64_t now_us);
void limiter_leave(struct limiter_entry *entry);
unsigned limiter_connections(const struct limiter *limiter, const char *address);
bool address_is_loopback(const char *address);

#endif

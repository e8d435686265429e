/* store_bench [LIVE [LINES_A_COMMIT [LINES]]]: what storing costs. */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "store/store.h"
#include "store/store_testing.h"

struct bench {
    struct store *store;
    uint32_t live;
    uint64_t a_commit, lines;
    int64_t *keys;
    uint64_t *seqs;
    uint32_t random;
};

static double now_us(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void must(enum err e)
{
    if (e != ERR_NONE) {
        fprintf(stderr, "store_bench: %s\n", err_code(e));
        exit(1);
    }
}

static uint32_t random_below(struct bench *b, uint32_t bound)
{
    b->random ^= b->random << 13; /* Marsaglia, "Xorshift RNGs", 2003 */
    b->random ^= b->random >> 17;
    b->random ^= b->random << 5;
    return b->random % bound;
}

static struct store *open_at(const char *dir)
{
    char why[512];
    struct store *store;
    double start = now_us(CLOCK_MONOTONIC);
    enum err e = store_open(dir, NULL, NULL, &store, why, sizeof why);
    if (e != ERR_NONE)
        fprintf(stderr, "%s\n", why);
    must(e);
    printf("open: %.1f ms\n", (now_us(CLOCK_MONOTONIC) - start) / 1e3);
    return store;
}

static void add_sessions(struct bench *b)
{
    uint64_t commit;
    for (uint32_t i = 0; i < b->live; i++) {
        char id[32];
        snprintf(id, sizeof id, "s_%022" PRIu32, i);
        must(store_session_add(b->store, id, id + 14, "{}", 2, &b->keys[i]));
    }
    must(store_commit(b->store, &commit));
}

static void write_lines(struct bench *b)
{
    char line[256];
    memset(line, 'x', sizeof line);
    uint64_t commit;
    double worst_us = 0, all = now_us(CLOCK_PROCESS_CPUTIME_ID),
           own = now_us(CLOCK_THREAD_CPUTIME_ID), wall = now_us(CLOCK_MONOTONIC);
    for (uint64_t i = 1; i <= b->lines; i++) {
        uint32_t at = random_below(b, b->live);
        must(store_event_add(b->store, b->keys[at], ++b->seqs[at], line,
                             120 + random_below(b, 120)));
        if (i % b->a_commit)
            continue;
        double start = now_us(CLOCK_MONOTONIC);
        must(store_commit(b->store, &commit));
        double took = now_us(CLOCK_MONOTONIC) - start;
        worst_us = took > worst_us ? took : worst_us;
    }
    double lines = (double)b->lines;
    printf("add and commit: %.2f us of CPU a line on the store's thread, %.2f with the inner one; "
           "%.0f lines a second, longest commit %.1f ms\n",
           (now_us(CLOCK_THREAD_CPUTIME_ID) - own) / lines,
           (now_us(CLOCK_PROCESS_CPUTIME_ID) - all) / lines,
           lines / (now_us(CLOCK_MONOTONIC) - wall) * 1e6, worst_us / 1e3);
}

static enum err take_line(void *context, uint64_t seq, const char *line, size_t len)
{
    (void)seq;
    (void)line;
    *(size_t *)context += len;
    return ERR_NONE;
}

static enum err take_session(void *context, int64_t key, const char *session_id)
{
    (void)session_id;
    size_t bytes = 0;
    struct store *store = context;
    return store_log_read(store, key, true, 0, take_line, &bytes);
}

static void read_all(struct bench *b)
{
    double start = now_us(CLOCK_THREAD_CPUTIME_ID);
    must(store_each_live(b->store, take_session, b->store));
    printf("read all logs: %.2f us of CPU a line\n",
           (now_us(CLOCK_THREAD_CPUTIME_ID) - start) / (double)b->lines);
}

int main(int argc, char **argv)
{
    struct bench b = {.live = argc > 1 ? (uint32_t)atol(argv[1]) : 1000,
                      .a_commit = argc > 2 ? (uint64_t)atol(argv[2]) : 20,
                      .lines = argc > 3 ? (uint64_t)atol(argv[3]) : 300000,
                      .random = 12345};
    void *dir;
    b.keys = mem_zalloc(b.live * sizeof *b.keys);
    b.seqs = mem_zalloc(b.live * sizeof *b.seqs);
    if (b.live == 0 || b.a_commit == 0 || !b.keys || !b.seqs || make_dir(&dir) != 0)
        return 1;
    b.store = open_at(dir);
    add_sessions(&b);
    write_lines(&b);
    double start = now_us(CLOCK_MONOTONIC);
    store_close(b.store);
    printf("close: %.1f ms\n", (now_us(CLOCK_MONOTONIC) - start) / 1e3);
    b.store = open_at(dir);
    read_all(&b);
    store_close(b.store);
    mem_free(b.keys);
    mem_free(b.seqs);
    return remove_dir(&dir) != 0;
}

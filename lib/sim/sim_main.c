/* The fault simulator's program: `sim SEED [ROOM_S]` runs one seed, `sim --from SEED COUNT
 * [ROOM_S]` several, `sim --seconds N [ROOM_S]` random ones for so long. With SIM_LOUD in the
 * environment all that happens is printed. */
#include <inttypes.h>
#include <limits.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sim/disk.h"
#include "sim/run.h"
#include "sim/world.h"

enum { ROOM_S = 1000 };

/* A crash or an assertion of the real code is a finding, too. */
static void on_signal(int number)
{
    signal(number, SIG_DFL);
    broken("the-code-runs-on", "signal %d", number);
}

static void report(const struct run_result *result, uint64_t seed)
{
    printf("seed %" PRIu64 ": %" PRId64 " room-seconds, %" PRIu64 " steps, %" PRIu64
           " events, %" PRIu64 " acks, %" PRIu64 " starts, %" PRIu64
           " power cuts, trace %016" PRIx64 "\n",
           seed, result->room_s, result->steps, result->events, result->acks, result->boots,
           result->power_cuts, result->trace);
    fflush(stdout);
}

static double wall_s(void)
{
    struct timespec now;
    timespec_get(&now, TIME_UTC);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* One seed after the other for so long. The first is random; it stands in what is printed. */
static void run_for(double seconds, int64_t room_s)
{
    double begin_s = wall_s(), took_s;
    uint64_t first = (uint64_t)(begin_s * 1000) % 1000000000 * 1000, seed = first;
    clock_t begin = clock();
    printf("random seeds from %" PRIu64 "\n", first);
    fflush(stdout);
    do
        run(seed++, room_s);
    while ((took_s = wall_s() - begin_s) < seconds);
    double room_seconds = (double)room_s * (double)(seed - first);
    printf("%" PRIu64 " seeds, %" PRIu64 " to %" PRIu64 ": %.0f room-seconds in %.1f s, "
           "%.0f a minute of one core\n",
           seed - first, first, seed - 1, room_seconds, took_s,
           room_seconds * 60 * CLOCKS_PER_SEC / (double)(clock() - begin));
}

/* Fixed seeds; the same ones, each time. */
static void run_from(uint64_t seed, uint64_t count, int64_t room_s)
{
    for (uint64_t end = seed + count; seed < end; seed++) {
        struct run_result result = run(seed, room_s);
        report(&result, seed);
    }
}

static uint64_t number(int argc, char **argv, int at, uint64_t otherwise)
{
    return argc > at ? strtoull(argv[at], NULL, 10) : otherwise;
}

int main(int argc, char **argv)
{
    signal(SIGABRT, on_signal);
    signal(SIGSEGV, on_signal);
    mallopt(M_MMAP_THRESHOLD, 1 << 30); /* copies of disks come and go */
    mallopt(M_TRIM_THRESHOLD, INT_MAX);
    disk_serve_sqlite();
    world.is_loud = getenv("SIM_LOUD") != NULL;
    if (argc > 2 && strcmp(argv[1], "--seconds") == 0)
        run_for(atof(argv[2]), (int64_t)number(argc, argv, 3, ROOM_S));
    else if (argc > 3 && strcmp(argv[1], "--from") == 0)
        run_from(number(argc, argv, 2, 0), number(argc, argv, 3, 0),
                 (int64_t)number(argc, argv, 4, ROOM_S));
    else
        run_from(number(argc, argv, 1, 1), 1, (int64_t)number(argc, argv, 2, ROOM_S));
    return 0;
}

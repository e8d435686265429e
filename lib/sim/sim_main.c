/* The fault simulator's program: `sim SEED [ROOM_S]` runs one seed, `sim --seconds N` random ones.
 */
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

int main(int argc, char **argv)
{
    uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
    int64_t room_s = argc > 2 ? atoll(argv[2]) : ROOM_S;
    signal(SIGABRT, on_signal);
    signal(SIGSEGV, on_signal);
    mallopt(M_MMAP_THRESHOLD, 1 << 30); /* copies of disks come and go */
    mallopt(M_TRIM_THRESHOLD, INT_MAX);
    disk_serve_sqlite();
    world.is_loud = getenv("SIM_LOUD") != NULL;
    struct run_result result = run(seed, room_s);
    printf("seed %" PRIu64 ": %" PRId64 " room-seconds, %" PRIu64 " steps, %" PRIu64
           " events, %" PRIu64 " acks, %" PRIu64 " starts, %" PRIu64 " power cuts, trace %016" PRIx64
           "\n",
           seed, result.room_s, result.steps, result.events, result.acks, result.boots,
           result.power_cuts, result.trace);
    return 0;
}

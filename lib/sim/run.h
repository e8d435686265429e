/* One run: a server with its rooms and everybody in them, for so many room-seconds, all from one
 * seed. One thread. */
#ifndef DEBATE_SIM_RUN_H
#define DEBATE_SIM_RUN_H

#include <stdint.h>

struct run_result {
    uint64_t trace; /* equal for equal seeds */
    uint64_t steps;
    int64_t room_s;
    uint64_t events, acks, boots, power_cuts;
};

/* Does not return when an invariant is broken (world.h). */
struct run_result run(uint64_t seed, int64_t room_s);

#endif

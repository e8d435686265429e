#include "sim/run.h"

#include <stdlib.h>

#include "sim/cast.h"
#include "sim/disk.h"
#include "sim/faults.h"
#include "sim/fiber.h"
#include "sim/server_process.h"
#include "sim/visitor.h"
#include "sim/watch.h"
#include "sim/wire.h"

/* The end of each run: nothing goes wrong any more, and everybody must be well after it. */
enum { CALM_US = 60 * 1000000 };

static void run_until(int64_t until_us)
{
    while (world.count && world.heap[0]->at_us <= until_us) {
        world_step();
        watch_step();
    }
}

struct run_result run(uint64_t seed, int64_t room_s)
{
    world_begin(seed, room_s);
    disk_reset_sqlite();
    int rooms = (int)chance_between(1, 4);
    watch_begin();
    process_begin();
    cast_begin(rooms);
    visitor_begin();
    faults_begin();
    int64_t until_us = room_s * 1000000 / rooms;
    run_until(until_us - CALM_US);
    faults_end();
    cast_calm();
    run_until(until_us);
    watch_all_are_well();
    visitor_end();
    cast_end();
    process_end();
    struct run_result result = {.trace = world.trace,
                                .steps = world.step,
                                .room_s = room_s,
                                .events = watch_events(),
                                .acks = watch_acks(),
                                .boots = process.boots,
                                .power_cuts = process.power_cuts};
    watch_end();
    wire_release();
    world_end();
    return result;
}

/* The server's process on the simulated machine: it starts, stops, dies at any operation, and comes
 * again. One thread. */
#ifndef DEBATE_SIM_SERVER_PROCESS_H
#define DEBATE_SIM_SERVER_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/disk.h"
#include "sim/world.h"

struct server;

enum death { DEATH_KILLED, DEATH_POWER_CUT };

struct server_process {
    struct node node;
    struct server *server; /* NULL: it does not run */
    struct disk *disk, *survivor;
    enum death death, next_death;
    bool is_stopping;
    uint64_t boots, power_cuts, refusals;
    struct happening boot, bury, stop_poll;
};
extern struct server_process process;

void process_begin(void);
/* It stops in good order, for good. */
void process_end(void);
/* It dies before one of its next operations. */
void process_die_within(enum death death, uint64_t operations);
/* SIGTERM; it comes again. */
void process_stop(void);

#endif

#include "sim/faults.h"

#include <utlist.h>

#include "server/server_inner.h"
#include "sim/cast.h"
#include "sim/server_process.h"
#include "sim/wire.h"

enum fault {
    FAULT_BREAK,      /* a connection is lost, and both ends hear of it */
    FAULT_HALF_OPEN,  /* one end does not */
    FAULT_HOLD,       /* nothing gets through in one direction for a while */
    FAULT_STALL,      /* a participant does not read */
    FAULT_ACTOR_DIES, /* a participant's process is killed */
    FAULT_KILL,       /* the server's */
    FAULT_POWER_CUT,
    FAULT_STOP, /* SIGTERM */
    FAULT_FULL, /* the disk */
    FAULT_SYNC, /* an fsync fails */
    FAULT_SLOW, /* fsyncs take long */
    FAULT_COUNT
};

static struct {
    unsigned weights[FAULT_COUNT];
    int64_t pause_us; /* between two faults, on the average */
    struct happening next, full_ends, slow_ends, held_ends;
    bool is_over;
} faults;

static struct conn *any_conn(void)
{
    struct conn *conn = wire.conns;
    if (!wire.count)
        return NULL;
    for (uint64_t i = chance_below(wire.count); i > 0; i--)
        conn = conn->next;
    return conn;
}

static void break_one(bool is_half)
{
    struct conn *conn = any_conn();
    if (!conn)
        return;
    bool server_hears = !is_half || chance_one_in(2);
    bool client_hears = !is_half || !server_hears;
    trace("connection %llu breaks, the server hears %d, the client %d",
          (unsigned long long)conn->number, server_hears, client_hears);
    conn_break(conn, server_hears, client_hears);
}

static void hold_one(void)
{
    struct conn *conn = any_conn();
    if (!conn)
        return;
    struct pipe *pipe = chance_one_in(2) ? &conn->up : &conn->down;
    trace("connection %llu is held %s", (unsigned long long)conn->number,
          pipe->is_up ? "up" : "down");
    pipe_hold(pipe, true);
}

static void stall_one(void)
{
    struct actor *actor = &cast.actors[chance_below((uint64_t)cast.count)];
    struct conn *conn;
    trace("%s does not read", actor->nickname);
    DL_FOREACH(wire.conns, conn)
    {
        if (conn->client == &actor->node && conn->context)
            pipe_hold(&conn->down, true);
    }
}

static void lift_some(void *context)
{
    struct conn *conn;
    (void)context;
    DL_FOREACH(wire.conns, conn)
    {
        if (!faults.is_over && chance_one_in(2))
            continue;
        /* What was lost for good stays so: there is nothing that could come. */
        pipe_hold(&conn->up, false);
        pipe_hold(&conn->down, false);
    }
    if (!faults.is_over)
        happening_set(&faults.held_ends, world.now_us + chance_between(1000000, 20000000));
}

static void full_ends(void *context)
{
    (void)context;
    trace("the disk has room again");
    if (process.disk)
        process.disk->is_full = false;
}

static void slow_ends(void *context)
{
    (void)context;
    if (process.disk)
        process.disk->sync_us = 2000;
}

static void disk_fails(enum fault fault)
{
    if (fault == FAULT_FULL) {
        trace("the disk is full");
        process.disk->is_full = true;
        happening_set(&faults.full_ends, world.now_us + chance_between(500000, 10000000));
    } else if (fault == FAULT_SLOW) {
        process.disk->sync_us = chance_between(50000, 800000);
        happening_set(&faults.slow_ends, world.now_us + chance_between(1000000, 10000000));
    } else {
        trace("a sync will fail");
        process.disk->failing = (unsigned)chance_between(1, 3);
    }
}

static enum fault choose(void)
{
    unsigned sum = 0;
    for (int i = 0; i < FAULT_COUNT; i++)
        sum += faults.weights[i];
    uint64_t at = chance_below(sum);
    int fault = 0;
    while (at >= faults.weights[fault])
        at -= faults.weights[fault++];
    return (enum fault)fault;
}

static void happen(enum fault fault)
{
    switch (fault) {
    case FAULT_BREAK:
        break_one(false);
        break;
    case FAULT_HALF_OPEN:
        break_one(true);
        break;
    case FAULT_HOLD:
        hold_one();
        break;
    case FAULT_STALL:
        stall_one();
        break;
    case FAULT_ACTOR_DIES:
        actor_dies(&cast.actors[chance_below((uint64_t)cast.count)]);
        break;
    case FAULT_KILL:
        process_die_within(DEATH_KILLED, chance_below(300) + 1);
        break;
    case FAULT_POWER_CUT:
        process_die_within(DEATH_POWER_CUT, chance_below(300) + 1);
        break;
    case FAULT_STOP:
        process_stop();
        break;
    case FAULT_FULL:
    case FAULT_SYNC:
    case FAULT_SLOW:
        disk_fails(fault);
        break;
    case FAULT_COUNT:
        break;
    }
}

static void on_next(void *context)
{
    (void)context;
    happening_set(&faults.next,
                  world.now_us + chance_between(faults.pause_us / 10, faults.pause_us * 2));
    /* Somebody looks after the server: a disk that lost something is a reason to start again. */
    if (process.server && process.server->turn.has_lost_sync && chance_one_in(2)) {
        if (chance_one_in(2))
            process_stop();
        else
            process_die_within(chance_one_in(2) ? DEATH_KILLED : DEATH_POWER_CUT, 1);
        return;
    }
    happen(choose());
}

void faults_begin(void)
{
    faults.is_over = false;
    for (int i = 0; i < FAULT_COUNT; i++)
        faults.weights[i] = chance_one_in(3) ? 0 : (unsigned)chance_between(1, 10);
    faults.weights[FAULT_BREAK]++;
    faults.pause_us = chance_between(300000, 8000000);
    happening_init(&faults.next, NULL, on_next, NULL);
    happening_init(&faults.full_ends, NULL, full_ends, NULL);
    happening_init(&faults.slow_ends, NULL, slow_ends, NULL);
    happening_init(&faults.held_ends, NULL, lift_some, NULL);
    happening_set(&faults.next, world.now_us + chance_between(1000000, 5000000));
    happening_set(&faults.held_ends, world.now_us + 5000000);
}

void faults_end(void)
{
    faults.is_over = true;
    happening_cancel(&faults.next);
    happening_cancel(&faults.held_ends);
    happening_cancel(&faults.full_ends);
    happening_cancel(&faults.slow_ends);
    lift_some(NULL);
    if (!process.disk)
        return;
    process.disk->is_full = false;
    process.disk->failing = 0;
    process.disk->sync_us = 2000;
    process.disk->dies_at = 0;
    if (process.server && process.server->turn.has_lost_sync)
        process_stop();
}

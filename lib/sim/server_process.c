#include "sim/server_process.h"

#include <stdlib.h>
#include <string.h>

#include "server/server.h"
#include "server/server_inner.h"
#include "sim/cast.h"
#include "sim/fiber.h"
#include "sim/watch.h"
#include "sim/wire.h"

enum { STOP_POLL_US = 50000 };

struct server_process process;

static struct server_config configure(void)
{
    struct server_config config = server_config_default();
    config.data = "/data";
    config.secrets = (struct secrets){.list = {cast_secret}, .count = 1};
    config.empty_ms = 60 * 1000;
    return config;
}

static void begin_node(void)
{
    node_init(&process.node, 0);
    process.node.monotonic_offset_us = chance_between(1, INT64_C(100000000000));
    /* The machine's clock may have been set meanwhile. */
    process.node.epoch_offset_us = process.boots ? chance_between(-2000000, 2000000) : 0;
    /* A server that is idle, has some to do, or much. */
    static const int64_t delays_us[] = {100, 3000, 30000};
    process.node.turn_delay_us = delays_us[chance_below(3)];
}

static void end_node(void)
{
    if (process.node.allocations != 0)
        broken("nothing-remains", "the server ended with %ld allocations",
               process.node.allocations);
    node_release(&process.node);
    disk_forget_shared_memory();
    node_enter(NULL);
}

static void on_boot(void *context)
{
    struct server_config config = configure();
    char why[512] = "";
    (void)context;
    disk_at_hand = process.disk;
    begin_node();
    node_enter(&process.node);
    process.boots++;
    process.is_stopping = false;
    enum err e = server_new(&process.node.loop, &config, &process.server, why, sizeof why);
    trace("the server starts: %s", e ? why : "well");
    if (e)
        process.server = NULL;
    if (process.node.is_ghost)
        return; /* it died meanwhile */
    if (e) {
        process.refusals++;
        end_node();
        happening_set(&process.boot, world.now_us + chance_between(200000, 2000000));
        return;
    }
    wire.server = process.server;
    watch_booted(process.server);
    node_wake(&process.node);
}

/* ---- dying ---- */

static void on_death(void *context)
{
    (void)context;
    process.death = process.next_death;
    trace("the server dies: %s", process.death == DEATH_KILLED ? "killed" : "power cut");
    process.survivor = disk_copy(process.disk);
    if (process.death == DEATH_POWER_CUT) {
        process.power_cuts++;
        disk_power_cut(process.survivor, chance_one_in(2) ? POWER_CUT_ALL : POWER_CUT_SECTORS);
        process.survivor->failing = 0;
    }
    process.node.is_ghost = true;
    happening_set(&process.bury, world.now_us);
}

static void on_bury(void *context)
{
    (void)context;
    node_enter(&process.node);
    watch_server_gone();
    server_side_die(process.death == DEATH_KILLED);
    if (process.server)
        server_free(process.server);
    process.server = wire.server = NULL;
    happening_cancel(&process.stop_poll);
    end_node();
    disk_free(process.disk);
    process.disk = process.survivor;
    process.survivor = NULL;
    disk_at_hand = NULL;
    watch_disk_left(process.disk, process.death == DEATH_POWER_CUT);
    happening_set(&process.boot, world.now_us + chance_between(50000, 8000000));
}

void process_die_within(enum death death, uint64_t operations)
{
    if (!process.disk || process.node.is_ghost)
        return;
    process.next_death = death;
    process.disk->dies_at = process.disk->operations + operations;
}

/* ---- stopping ---- */

static void finish_stop(void)
{
    node_enter(&process.node);
    watch_server_gone();
    server_side_die(true);
    server_free(process.server);
    process.server = wire.server = NULL;
    if (process.node.is_ghost) {
        node_enter(NULL);
        return; /* it died while it wrote the last of it; what is to be buried is the rest */
    }
    end_node();
    disk_at_hand = NULL;
    watch_disk_left(process.disk, false);
}

static void on_stop_poll(void *context)
{
    (void)context;
    if (process.node.is_ghost || !process.server)
        return;
    if (!process.node.is_stopped) {
        happening_set(&process.stop_poll, world.now_us + STOP_POLL_US);
        return;
    }
    trace("the server has stopped");
    finish_stop();
    if (!process.node.is_ghost)
        happening_set(&process.boot, world.now_us + chance_between(50000, 3000000));
}

void process_stop(void)
{
    if (!process.server || process.is_stopping || process.node.is_ghost)
        return;
    trace("the server is told to stop");
    process.is_stopping = true;
    struct node *before = node_enter(&process.node);
    server_stop(process.server);
    node_wake(&process.node);
    node_enter(before);
    happening_set(&process.stop_poll, world.now_us + STOP_POLL_US);
}

/* ---- a run's beginning and end ---- */

void process_begin(void)
{
    process = (struct server_process){.disk = disk_new()};
    process.disk->on_death = on_death;
    happening_init(&process.boot, NULL, on_boot, NULL);
    happening_init(&process.bury, NULL, on_bury, NULL);
    happening_init(&process.stop_poll, NULL, on_stop_poll, NULL);
    wire.server_node = &process.node;
    happening_set(&process.boot, 0);
}

void process_end(void)
{
    if (process.server) {
        process.disk->dies_at = 0;
        finish_stop();
    }
    disk_at_hand = NULL;
    disk_free(process.disk);
    process.disk = NULL;
}

/* The simulated world: one clock, one source of chance, and what happens when. Everything in a run
 * follows from its seed: no wall clock, no address, no order of a hash table comes in.
 *
 * A node is one process: the server, or one participant's. Whatever runs, runs for `world.node`,
 * and sees that node's clocks. There is one world a process, because what the simulator puts in the
 * place of libuv and the kernel (loop.c, kernel.c) is called without a context. One thread. */
#ifndef DEBATE_SIM_WORLD_H
#define DEBATE_SIM_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

struct node;
struct fiber;

/* Something that is due. Lies within what it belongs to. */
struct happening {
    int64_t at_us;
    uint64_t number; /* what is due at the same time comes in the order in which it was set */
    size_t place;    /* in the heap, from 1; 0: not set */
    struct node *node;
    void (*run)(void *context);
    void *context;
};

struct node {
    int index;                                    /* 0: the server */
    int64_t monotonic_offset_us, epoch_offset_us; /* of its clocks */
    uv_loop_t loop;
    struct handle *handles;
    struct job *jobs;
    struct happening turn;
    int64_t turn_delay_us; /* at most: what comes within it is handled in one turn of the loop */
    bool is_stopped;       /* uv_stop */
    bool is_ghost;         /* dead: nothing that it does reaches anything any more */
    struct fiber *fibers;
    long allocations; /* that are not freed */
    size_t bytes;
};

struct world {
    uint64_t seed;
    int64_t room_s; /* how long the run is, for the message of a failure */
    uint64_t step;
    int64_t now_us; /* since the run began */
    uint64_t random[4];
    uint64_t trace; /* a digest of all that happened */
    uint64_t numbers;
    struct happening **heap;
    size_t count, size;
    struct node *node; /* for whom the present step runs; NULL: for nobody, or for the observer */
    bool is_loud;
};

extern struct world world;

enum { WORLD_EPOCH_S = 1763872345 }; /* what the server's clock shows when a run begins */

void world_begin(uint64_t seed, int64_t room_s);
void world_end(void);
/* Does what is due next; false: nothing is. */
bool world_step(void);

void happening_init(struct happening *happening, struct node *node, void (*run)(void *context),
                    void *context);
void happening_set(struct happening *happening, int64_t at_us);
void happening_cancel(struct happening *happening);

uint64_t chance_bits(void);
/* 0 … n - 1; n above 0. */
uint64_t chance_below(uint64_t n);
/* Both ends are included. */
int64_t chance_between(int64_t low, int64_t high);
bool chance_one_in(uint64_t n);

/* Puts it into the trace, and on standard output where the run is loud. */
void trace(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* An invariant does not hold: says which, the seed, the step and the command that does it again,
 * and ends the process with 1. */
_Noreturn void broken(const char *invariant, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* ---- nodes ---- */

void node_init(struct node *node, int index);
/* Its handles were closed, its fibers have ended. */
void node_release(struct node *node);
/* The rest of the present step is for another; returns for whom it was until now. */
struct node *node_enter(struct node *node);
/* Something has been handed to its loop: the turn ends soon. */
void node_wake(struct node *node);
int64_t node_epoch_us(const struct node *node);

/* loop.c: what a turn of the loop calls at its end. */
void loop_turn(struct node *node);
/* Closes what is to be closed, as a process does that ends. */
void loop_finish(struct node *node);

#endif

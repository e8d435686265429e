#include "sim/world.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/fiber.h"

struct world world;

/* ---- chance: xoshiro256**, seeded by splitmix64 (Blackman and Vigna, prng.di.unimi.it) ---- */

static uint64_t splitmix(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static uint64_t turn_left(uint64_t x, int bits)
{
    return (x << bits) | (x >> (64 - bits));
}

uint64_t chance_bits(void)
{
    uint64_t *s = world.random, result = turn_left(s[1] * 5, 7) * 9, t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = turn_left(s[3], 45);
    return result;
}

uint64_t chance_below(uint64_t n)
{
    return chance_bits() % n;
}

int64_t chance_between(int64_t low, int64_t high)
{
    return low + (int64_t)chance_below((uint64_t)(high - low) + 1);
}

bool chance_one_in(uint64_t n)
{
    return chance_below(n) == 0;
}

/* ---- what happens when ---- */

static bool is_sooner(const struct happening *a, const struct happening *b)
{
    return a->at_us != b->at_us ? a->at_us < b->at_us : a->number < b->number;
}

static void put(struct happening *happening, size_t place)
{
    world.heap[place - 1] = happening;
    happening->place = place;
}

static void rise(struct happening *happening, size_t place)
{
    while (place > 1 && is_sooner(happening, world.heap[place / 2 - 1])) {
        put(world.heap[place / 2 - 1], place);
        place /= 2;
    }
    put(happening, place);
}

static void sink(struct happening *happening, size_t place)
{
    for (;;) {
        size_t below = place * 2;
        if (below > world.count)
            break;
        if (below < world.count && is_sooner(world.heap[below], world.heap[below - 1]))
            below++;
        if (!is_sooner(world.heap[below - 1], happening))
            break;
        put(world.heap[below - 1], place);
        place = below;
    }
    put(happening, place);
}

void happening_init(struct happening *happening, struct node *node, void (*run)(void *context),
                    void *context)
{
    *happening = (struct happening){.node = node, .run = run, .context = context};
}

void happening_cancel(struct happening *happening)
{
    size_t place = happening->place;
    if (!place)
        return;
    happening->place = 0;
    struct happening *last = world.heap[--world.count];
    if (last == happening)
        return;
    if (place > 1 && is_sooner(last, world.heap[place / 2 - 1]))
        rise(last, place);
    else
        sink(last, place);
}

void happening_set(struct happening *happening, int64_t at_us)
{
    happening_cancel(happening);
    if (world.count == world.size) {
        world.size = world.size ? world.size * 2 : 256;
        world.heap = realloc(world.heap, world.size * sizeof *world.heap);
        if (!world.heap)
            abort();
    }
    happening->at_us = at_us > world.now_us ? at_us : world.now_us;
    happening->number = ++world.numbers;
    rise(happening, ++world.count);
}

bool world_step(void)
{
    if (world.count == 0)
        return false;
    struct happening *next = world.heap[0];
    happening_cancel(next);
    world.now_us = next->at_us;
    world.step++;
    world.node = next->node;
    struct node *node = next->node;
    next->run(next->context);
    if (node && node == world.node && next != &node->turn)
        node_wake(node);
    world.node = NULL;
    return true;
}

void world_begin(uint64_t seed, int64_t room_s)
{
    bool is_loud = world.is_loud;
    world = (struct world){
        .seed = seed, .room_s = room_s, .is_loud = is_loud, .trace = UINT64_C(0xcbf29ce484222325)};
    for (int i = 0; i < 4; i++)
        world.random[i] = splitmix(&seed);
}

void world_end(void)
{
    free(world.heap);
    world.heap = NULL;
    world.count = world.size = 0;
}

/* ---- saying ---- */

/* FNV-1a, 64 bits (RFC 9923). */
static void digest(const char *text)
{
    for (; *text; text++)
        world.trace = (world.trace ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
}

void trace(const char *format, ...)
{
    char text[512], line[600];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    snprintf(line, sizeof line, "%8" PRIu64 " %11.6f %s", world.step, (double)world.now_us / 1e6,
             text);
    digest(line);
    if (world.is_loud)
        puts(line);
}

_Noreturn void broken(const char *invariant, const char *format, ...)
{
    va_list args;
    fflush(stdout);
    fprintf(stderr, "sim: %s: ", invariant);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr,
            "\nsim: seed %" PRIu64 ", step %" PRIu64 ", %.3f s\nsim: again: make sim SEED=%" PRIu64
            " ROOM_S=%" PRId64 "\n",
            world.seed, world.step, (double)world.now_us / 1e6, world.seed, world.room_s);
    fflush(stderr);
    _Exit(1);
}

/* ---- nodes ---- */

static void on_turn(void *context)
{
    loop_turn(context);
}

void node_init(struct node *node, int index)
{
    *node = (struct node){.index = index};
    node->loop.data = node;
    happening_init(&node->turn, node, on_turn, node);
}

void node_release(struct node *node)
{
    happening_cancel(&node->turn);
    fibers_release(node);
}

struct node *node_enter(struct node *node)
{
    struct node *before = world.node;
    world.node = node;
    return before;
}

void node_wake(struct node *node)
{
    if (!node->turn.place && node->handles)
        happening_set(&node->turn, world.now_us + chance_between(0, node->turn_delay_us));
}

int64_t node_epoch_us(const struct node *node)
{
    return WORLD_EPOCH_S * INT64_C(1000000) + world.now_us + node->epoch_offset_us;
}

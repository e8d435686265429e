/* How late packets are, and how early they are asked for: what the jitter buffer steers by. Pure;
 * one thread at a time. All times are microseconds; the caller holds the structs.
 *
 * A packet's lateness is when it came minus when its sender's clock says that it was made: of no
 * meaning by itself, but its spread is the jitter and its drift the skew of the two clocks. */
#ifndef DEBATE_MEDIA_DELAY_H
#define DEBATE_MEDIA_DELAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    /* The worst of each 100 ms counts once: the packets that a stall holds up come in one burst and
     * are one event, not twenty-five. */
    DELAY_BLOCK_US = 100000,
    DELAY_BLOCKS = 80, /* 8 s: the target goes down that slowly */
};

struct delay_arrivals {
    int64_t late_max_us[DELAY_BLOCKS], late_min_us[DELAY_BLOCKS];
    size_t count, newest;
    int64_t block_end_us;
};

void delay_arrivals_init(struct delay_arrivals *arrivals);
void delay_arrivals_add(struct delay_arrivals *arrivals, int64_t received_us, int64_t late_us);
bool delay_arrivals_empty(const struct delay_arrivals *arrivals);
/* The lateness that 95 % of the blocks kept to. Not for empty ones, nor the next. */
int64_t delay_arrivals_target_us(const struct delay_arrivals *arrivals);
int64_t delay_arrivals_base_us(const struct delay_arrivals *arrivals); /* the earliest */
/* The sender's clock was set: all lateness moves by so much. */
void delay_arrivals_shift(struct delay_arrivals *arrivals, int64_t by_us);

/* The earliest of the moments at which frames are fetched, one every 20 ms. Somebody who fetches
 * two at once, or a little late, has the first of these moments to meet. */
enum { DELAY_FETCH_BLOCKS = 20 }; /* 2 s */

struct delay_fetches {
    int64_t early_us[DELAY_FETCH_BLOCKS];
    size_t count, newest;
    int64_t block_end_us;
    int64_t frames;
};

void delay_fetches_init(struct delay_fetches *fetches);
/* A frame is fetched now. Returns when a steady clock would have fetched it: now or earlier. */
int64_t delay_fetches_add(struct delay_fetches *fetches, int64_t now_us);

#endif

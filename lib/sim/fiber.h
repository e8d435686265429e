/* What would be a thread of a node: it has a stack of its own, and runs until it waits. So the real
 * code of threads runs, interleaved as the seed has it. One thread. */
#ifndef DEBATE_SIM_FIBER_H
#define DEBATE_SIM_FIBER_H

#include <stdbool.h>
#include <stdint.h>

struct node;
struct fiber;

/* Begins in `delay_us`. It belongs to its node. */
struct fiber *fiber_new(struct node *node, void (*run)(void *context), void *context,
                        int64_t delay_us);
/* NULL: not in a fiber. */
struct fiber *fiber_self(void);
bool fiber_has_ended(const struct fiber *fiber);

/* ---- within a fiber ---- */

/* Time goes by. A ghost's fibers do not wait. */
void fiber_sleep(int64_t us);
/* Until fiber_wake, or until it is pushed. `what` is whatever it waits for. */
void fiber_wait(const void *what);

/* ---- outside ---- */

void fiber_wake(struct fiber *fiber, int64_t delay_us);
/* Wakes the first of the node's fibers that waits for this. */
void fibers_signal(struct node *node, const void *what, int64_t delay_us);
/* The node's main thread is held up: its other threads go on, whatever they wait for. */
void fibers_push(struct node *node);
/* All have ended. */
void fibers_release(struct node *node);

#endif

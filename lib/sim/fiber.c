#include "sim/fiber.h"

#include <setjmp.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "sim/world.h"

#ifdef __SANITIZE_THREAD__
#include <sanitizer/tsan_interface.h>
#else
/* ThreadSanitizer keeps a stack of its own for each fiber, and wants to be told. */
static void *__tsan_get_current_fiber(void)
{
    return NULL;
}
static void *__tsan_create_fiber(unsigned flags)
{
    (void)flags;
    return NULL;
}
static void __tsan_destroy_fiber(void *fiber)
{
    (void)fiber;
}
static void __tsan_switch_to_fiber(void *fiber, unsigned flags)
{
    (void)fiber;
    (void)flags;
}
#endif

enum { STACK_SIZE = 512 * 1024, STACKS_KEPT = 16 };

struct fiber {
    struct node *node;
    struct fiber *next;
    void (*run)(void *context);
    void *context;
    ucontext_t birth;
    jmp_buf here, caller; /* of setjmp, because swapcontext asks the kernel for its signals */
    bool has_begun;
    void *stack;
    void *tsan, *tsan_caller;
    struct happening wake;
    const void *waits_for;
    bool has_ended;
};

static struct {
    struct fiber *self;
    void *stacks[STACKS_KEPT];
    int stack_count;
} fibers;

static void *get_stack(void)
{
    if (fibers.stack_count > 0)
        return fibers.stacks[--fibers.stack_count];
    void *stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (stack == MAP_FAILED)
        abort();
    return stack;
}

static void put_stack(void *stack)
{
    if (fibers.stack_count < STACKS_KEPT)
        fibers.stacks[fibers.stack_count++] = stack;
    else
        munmap(stack, STACK_SIZE);
}

struct fiber *fiber_self(void)
{
    return fibers.self;
}

bool fiber_has_ended(const struct fiber *fiber)
{
    return fiber->has_ended;
}

static void enter(void)
{
    struct fiber *fiber = fibers.self;
    fiber->run(fiber->context);
    fiber->has_ended = true;
    __tsan_switch_to_fiber(fiber->tsan_caller, 0);
    _longjmp(fiber->caller, 1);
}

static void go_on(struct fiber *fiber)
{
    if (_setjmp(fiber->caller))
        return;
    fiber->tsan_caller = __tsan_get_current_fiber();
    __tsan_switch_to_fiber(fiber->tsan, 0);
    if (fiber->has_begun)
        _longjmp(fiber->here, 1);
    fiber->has_begun = true;
    setcontext(&fiber->birth);
    abort();
}

static void resume(struct fiber *fiber)
{
    struct node *before = node_enter(fiber->node);
    struct fiber *outer = fibers.self;
    happening_cancel(&fiber->wake);
    fibers.self = fiber;
    go_on(fiber);
    fibers.self = outer;
    if (fiber->has_ended && fiber->stack) {
        put_stack(fiber->stack);
        fiber->stack = NULL;
    }
    node_enter(before);
}

static void on_wake(void *context)
{
    resume(context);
}

static void fiber_free(struct fiber *fiber)
{
    __tsan_destroy_fiber(fiber->tsan);
    free(fiber);
}

static void reap(struct node *node)
{
    for (struct fiber **at = &node->fibers; *at;) {
        struct fiber *fiber = *at;
        if (fiber->has_ended && fiber != fibers.self) {
            *at = fiber->next;
            fiber_free(fiber);
        } else {
            at = &fiber->next;
        }
    }
}

struct fiber *fiber_new(struct node *node, void (*run)(void *context), void *context,
                        int64_t delay_us)
{
    struct fiber *fiber = calloc(1, sizeof *fiber);
    if (!fiber)
        abort();
    reap(node);
    fiber->node = node;
    fiber->run = run;
    fiber->context = context;
    fiber->stack = get_stack();
    fiber->tsan = __tsan_create_fiber(0);
    getcontext(&fiber->birth);
    fiber->birth.uc_stack.ss_sp = fiber->stack;
    fiber->birth.uc_stack.ss_size = STACK_SIZE;
    makecontext(&fiber->birth, enter, 0);
    happening_init(&fiber->wake, node, on_wake, fiber);
    struct fiber **end = &node->fibers;
    while (*end)
        end = &(*end)->next;
    *end = fiber;
    fiber_wake(fiber, delay_us);
    return fiber;
}

static void leave(void)
{
    struct fiber *fiber = fibers.self;
    if (_setjmp(fiber->here))
        return;
    __tsan_switch_to_fiber(fiber->tsan_caller, 0);
    _longjmp(fiber->caller, 1);
}

void fiber_sleep(int64_t us)
{
    if (fibers.self->node->is_ghost)
        return;
    happening_set(&fibers.self->wake, world.now_us + us);
    leave();
}

void fiber_wait(const void *what)
{
    fibers.self->waits_for = what;
    leave();
    fibers.self->waits_for = NULL;
}

void fiber_wake(struct fiber *fiber, int64_t delay_us)
{
    if (!fiber->has_ended)
        happening_set(&fiber->wake, world.now_us + delay_us);
}

void fibers_signal(struct node *node, const void *what, int64_t delay_us)
{
    for (struct fiber *fiber = node->fibers; fiber; fiber = fiber->next) {
        if (fiber->waits_for == what && !fiber->wake.place) {
            fiber_wake(fiber, delay_us);
            return;
        }
    }
}

void fibers_push(struct node *node)
{
    for (struct fiber *fiber = node->fibers; fiber; fiber = fiber->next) {
        if (!fiber->has_ended && fiber != fibers.self)
            resume(fiber);
    }
}

void fibers_release(struct node *node)
{
    while (node->fibers) {
        struct fiber *fiber = node->fibers;
        node->fibers = fiber->next;
        if (!fiber->has_ended)
            abort();
        happening_cancel(&fiber->wake);
        fiber_free(fiber);
    }
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <sched.h>

#include "base/mem.h"
#include "sound/ring.h"

static int set_up(void **state)
{
    *state = mem_alloc(sizeof(struct ring));
    if (!*state)
        return -1;
    ring_init(*state);
    return 0;
}

static int tear_down(void **state)
{
    mem_free(*state);
    return 0;
}

static void what_goes_in_comes_out_once_and_in_order(void **state)
{
    struct ring *ring = *state;
    const int16_t in[] = {1, 2, 3, 4, 5};
    int16_t out[8] = {0};
    assert_int_equal(ring_read(ring, out, 8), 0);
    assert_int_equal(ring_write(ring, in, 5), 5);
    assert_int_equal(ring_level(ring), 5);
    assert_int_equal(ring_read(ring, out, 2), 2);
    assert_int_equal(ring_read(ring, NULL, 1), 1);
    assert_int_equal(ring_read(ring, out + 2, 8), 2);
    const int16_t wanted[] = {1, 2, 4, 5};
    assert_memory_equal(out, wanted, sizeof wanted);
    assert_int_equal(ring_level(ring), 0);
}

static void a_full_ring_takes_no_more_and_keeps_what_it_has(void **state)
{
    struct ring *ring = *state;
    int16_t block[1000];
    size_t taken = 0;
    for (int n = 0; n < 40; n++) {
        for (int i = 0; i < 1000; i++)
            block[i] = (int16_t)n;
        taken += ring_write(ring, block, 1000);
    }
    assert_int_equal(taken, RING_SAMPLES);
    for (size_t i = 0; i < RING_SAMPLES; i++) {
        int16_t sample;
        assert_int_equal(ring_read(ring, &sample, 1), 1);
        assert_int_equal(sample, (int)(i / 1000));
    }
}

enum { SAMPLES_TOTAL = 8000000, BLOCK_MAX = 700 };

static int16_t sample_at(uint32_t n)
{
    return (int16_t)(n * 2654435761u >> 16);
}

static void *write_all(void *context)
{
    struct ring *ring = context;
    int16_t block[BLOCK_MAX];
    for (uint32_t done = 0; done < SAMPLES_TOTAL;) {
        uint32_t want = 1 + done % BLOCK_MAX;
        if (want > SAMPLES_TOTAL - done)
            want = SAMPLES_TOTAL - done;
        for (uint32_t i = 0; i < want; i++)
            block[i] = sample_at(done + i);
        size_t got = ring_write(ring, block, want);
        done += (uint32_t)got;
        if (got == 0)
            sched_yield();
    }
    return NULL;
}

static void two_threads_lose_and_double_nothing(void **state)
{
    struct ring *ring = *state;
    /* So that the counters wrap in the middle. */
    atomic_store(&ring->written, UINT32_MAX - SAMPLES_TOTAL / 2);
    atomic_store(&ring->read, UINT32_MAX - SAMPLES_TOTAL / 2);
    pthread_t writer;
    assert_int_equal(pthread_create(&writer, NULL, write_all, ring), 0);
    uint32_t done = 0, wrong = 0;
    while (done < SAMPLES_TOTAL) {
        int16_t block[BLOCK_MAX];
        size_t got = ring_read(ring, block, 1 + done % 333);
        for (size_t i = 0; i < got; i++)
            wrong += block[i] != sample_at(done + (uint32_t)i);
        done += (uint32_t)got;
        if (got == 0)
            sched_yield();
    }
    pthread_join(writer, NULL);
    assert_int_equal(wrong, 0);
    assert_int_equal(ring_level(ring), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_goes_in_comes_out_once_and_in_order, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_full_ring_takes_no_more_and_keeps_what_it_has, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(two_threads_lose_and_double_nothing, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

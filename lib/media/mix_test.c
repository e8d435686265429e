#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "media/mix.h"

static void below_the_knee_voices_add_up_exactly(void **state)
{
    (void)state;
    int32_t sum[MEDIA_FRAME_SAMPLES] = {0};
    int16_t a[MEDIA_FRAME_SAMPLES], b[MEDIA_FRAME_SAMPLES], out[MEDIA_FRAME_SAMPLES];
    for (int i = 0; i < MEDIA_FRAME_SAMPLES; i++) {
        a[i] = (int16_t)(i * 20 - 9000);
        b[i] = (int16_t)(7 * i - 5000);
    }
    mix_add(sum, a);
    mix_add(sum, b);
    mix_finish(sum, out);
    for (int i = 0; i < MEDIA_FRAME_SAMPLES; i++)
        assert_int_equal(out[i], a[i] + b[i]);
}

static void above_it_they_saturate_softly_and_keep_their_order(void **state)
{
    (void)state;
    int32_t sum[MEDIA_FRAME_SAMPLES];
    int16_t out[MEDIA_FRAME_SAMPLES];
    for (int i = 0; i < MEDIA_FRAME_SAMPLES; i++)
        sum[i] = (i - MEDIA_FRAME_SAMPLES / 2) * (8 * 32768 / (MEDIA_FRAME_SAMPLES / 2));
    mix_finish(sum, out);
    for (int i = 1; i < MEDIA_FRAME_SAMPLES; i++) {
        assert_true(out[i] >= out[i - 1]);
        assert_true(abs(out[i]) <= abs(sum[i]));
    }
    assert_true(out[0] <= -32000 && out[MEDIA_FRAME_SAMPLES - 1] >= 32000);
    /* At the knee (-1.5 dBFS is 27571) there is no step. */
    sum[0] = 27571;
    sum[1] = 27671;
    sum[2] = 32767;
    mix_finish(sum, out);
    assert_int_equal(out[0], 27571);
    assert_in_range(out[1], 27660, 27671);
    assert_in_range(out[2], 31000, 32700);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(below_the_knee_voices_add_up_exactly),
        cmocka_unit_test(above_it_they_saturate_softly_and_keep_their_order),
    };
    return cmocka_run_group_tests_name("mix", tests, NULL, NULL);
}

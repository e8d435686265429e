/* Which device is meant by what somebody typed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "sound/device.h"

enum { COUNT = 5 };
static const struct sound_device devices[COUNT] = {
    {.number = 0, .name = "HDA Intel PCH: ALC257 (hw:0,0)", .inputs = 2, .outputs = 2},
    {.number = 1, .name = "HDMI 3", .outputs = 8},
    {.number = 4, .name = "USB Headset", .inputs = 1, .outputs = 2},
    {.number = 5, .name = "usb", .inputs = 2},
    {.number = 7,
     .name = "default",
     .inputs = 32,
     .outputs = 32,
     .is_default_input = true,
     .is_default_output = true},
};

static int find(enum sound_side side, const char *wanted, char why[DEVICE_WHY_SIZE])
{
    why[0] = '\0';
    return device_find(devices, COUNT, side, wanted, why);
}

static void a_number_a_name_or_a_part_of_one_finds_a_device(void **state)
{
    (void)state;
    char why[DEVICE_WHY_SIZE];
    assert_int_equal(find(SOUND_OUTPUT, "4", why), 2);
    assert_int_equal(find(SOUND_OUTPUT, "7", why), 4);
    assert_int_equal(find(SOUND_INPUT, "headSET", why), 2);
    assert_int_equal(find(SOUND_INPUT, "HDA Intel PCH: ALC257 (hw:0,0)", why), 0);
    assert_int_equal(find(SOUND_OUTPUT, "hdmi", why), 1);
    assert_int_equal(find(SOUND_INPUT, NULL, why), 4);
    assert_int_equal(find(SOUND_OUTPUT, "", why), 4);
}

static void a_whole_name_goes_before_a_part_and_the_side_decides(void **state)
{
    (void)state;
    char why[DEVICE_WHY_SIZE];
    assert_int_equal(find(SOUND_INPUT, "usb", why), 3);
    assert_int_equal(find(SOUND_OUTPUT, "usb", why), 2);
}

static void what_is_not_there_is_told_with_what_there_is(void **state)
{
    (void)state;
    char why[DEVICE_WHY_SIZE];
    assert_int_equal(find(SOUND_OUTPUT, "blaster", why), -1);
    assert_non_null(strstr(why, "\"blaster\""));
    assert_non_null(strstr(why, "HDMI 3, USB Headset, default"));
    assert_int_equal(find(SOUND_INPUT, "hdmi", why), -1); /* it has no microphone */
    assert_null(strstr(why, "HDMI 3"));
    assert_int_equal(find(SOUND_INPUT, "3", why), -1); /* a number is no part of a name */
    assert_int_equal(device_find(devices, 0, SOUND_INPUT, NULL, why), -1);
    assert_non_null(strstr(why, "no microphone was found"));
}

static void without_a_default_the_first_of_its_kind_is_taken(void **state)
{
    (void)state;
    char why[DEVICE_WHY_SIZE];
    assert_int_equal(device_find(devices, 4, SOUND_INPUT, NULL, why), 0);
    assert_int_equal(device_find(devices + 1, 3, SOUND_INPUT, "", why), 1);
}

static void a_long_list_is_cut_and_stays_one_text(void **state)
{
    (void)state;
    struct sound_device many[DEVICES_MAX] = {0};
    char why[DEVICE_WHY_SIZE];
    for (int i = 0; i < DEVICES_MAX; i++) {
        many[i].inputs = 1;
        memset(many[i].name, 'a', SOUND_NAME_SIZE - 1);
    }
    memset(why, 'x', sizeof why);
    assert_int_equal(device_find(many, DEVICES_MAX, SOUND_INPUT, "b", why), -1);
    assert_int_equal(strlen(why), DEVICE_WHY_SIZE - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_a_name_or_a_part_of_one_finds_a_device),
        cmocka_unit_test(a_whole_name_goes_before_a_part_and_the_side_decides),
        cmocka_unit_test(what_is_not_there_is_told_with_what_there_is),
        cmocka_unit_test(without_a_default_the_first_of_its_kind_is_taken),
        cmocka_unit_test(a_long_list_is_cut_and_stays_one_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

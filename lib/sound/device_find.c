#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "sound/device.h"

static int channels(const struct sound_device *device, enum sound_side side)
{
    return side == SOUND_INPUT ? device->inputs : device->outputs;
}

__attribute__((format(printf, 3, 4))) static void add(char why[DEVICE_WHY_SIZE], size_t *len,
                                                      const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int more = vsnprintf(why + *len, DEVICE_WHY_SIZE - *len, format, args);
    va_end(args);
    *len += more < 0 ? 0 : (size_t)more;
    if (*len >= DEVICE_WHY_SIZE)
        *len = DEVICE_WHY_SIZE - 1;
}

static int fail(const struct sound_device *devices, size_t count, enum sound_side side,
                const char *wanted, char why[DEVICE_WHY_SIZE])
{
    const char *kind = side == SOUND_INPUT ? "microphone" : "loudspeaker";
    size_t len = 0;
    int shown = 0;
    for (size_t i = 0; i < count; i++) {
        if (channels(&devices[i], side) == 0)
            continue;
        if (shown++ == 0)
            add(why, &len, "no %s matches \"%.60s\" (one in use may be hidden); there is ", kind,
                wanted);
        else
            add(why, &len, ", ");
        add(why, &len, "%s", devices[i].name);
    }
    if (!shown)
        add(why, &len,
            "no %s was found: it may be unplugged, in use by another program, or closed to this "
            "user",
            kind);
    return -1;
}

int device_find(const struct sound_device *devices, size_t count, enum sound_side side,
                const char *wanted, char why[DEVICE_WHY_SIZE])
{
    uint64_t number;
    int part = -1;
    if (!wanted)
        wanted = "";
    bool is_number = str_to_u64(wanted, INT32_MAX, &number);
    for (size_t i = 0; i < count; i++) {
        const struct sound_device *one = &devices[i];
        if (channels(one, side) == 0)
            continue;
        if (!wanted[0]) {
            if (side == SOUND_INPUT ? one->is_default_input : one->is_default_output)
                return (int)i;
            continue;
        }
        if (strcasecmp(one->name, wanted) == 0 || (is_number && (uint64_t)one->number == number))
            return (int)i;
        if (part < 0 && !is_number && strcasestr(one->name, wanted))
            part = (int)i;
    }
    /* Some systems name no default. */
    for (size_t i = 0; !wanted[0] && part < 0 && i < count; i++) {
        if (channels(&devices[i], side) > 0)
            part = (int)i;
    }
    return part >= 0 ? part : fail(devices, count, side, wanted, why);
}

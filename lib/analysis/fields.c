#include "analysis/fields.h"

#include <math.h>

#include "base/str.h"
#include "proto/json_reader.h"

enum err fields_read(const char *text, size_t len, struct json **document)
{
    enum err e = json_read(text, len, document);
    return e == ERR_BAD_REQUEST ? ERR_CORRUPT : e;
}

bool field_count(const struct json *object, const char *name, size_t *out)
{
    double value = json_number(object, name, -1);
    if (!(value >= 0 && value < 1e9) || value != floor(value))
        return false;
    *out = (size_t)value;
    return true;
}

unsigned field_participant(const struct json *object, const char *name)
{
    const char *who = json_string(object, name);
    return who ? participant_number(who) : 0;
}

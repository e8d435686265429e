#include "proto/problem.h"

#include <string.h>

enum err problem_set(struct problem *why, enum err code, enum reason reason, const char *field)
{
    if (!why)
        return code;
    why->code = code;
    why->reason = reason;
    if (!field)
        field = "";
    size_t len = strnlen(field, sizeof why->field - 1);
    /* A name that is cut must not be cut within a character. */
    while (len > 0 && field[len] && ((unsigned char)field[len] & 0xc0) == 0x80)
        len--;
    memmove(why->field, field, len);
    why->field[len] = '\0';
    return code;
}

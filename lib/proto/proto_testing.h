/* What the tests of proto share. cmocka's headers come first. */
#ifndef DEBATE_PROTO_TESTING_H
#define DEBATE_PROTO_TESTING_H

#include <string.h>

#include "base/buf.h"
#include "base/mem_testing.h"
#include "proto/json.h"
#include "proto/problem.h"

/* every_allocation_fails, with cJSON's from the heap meanwhile. */
static inline void every_allocation_fails_in_turn(enum err (*attempt)(void))
{
    json_brief_limit(0);
    every_allocation_fails(attempt);
    json_brief_limit(SIZE_MAX);
}

static inline void assert_problem(const struct problem *why, enum err code, enum reason reason,
                                  const char *field)
{
    assert_int_equal(why->code, code);
    assert_int_equal(why->reason, reason);
    assert_string_equal(why->field, field);
}

#define NAME_16    "0123456789abcdef"
#define NAME_64    NAME_16 NAME_16 NAME_16 NAME_16
#define NUL_ESCAPE "\\u0000"

#endif

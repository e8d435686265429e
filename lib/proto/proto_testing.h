/* What the tests of proto share. cmocka's headers come first. */
#ifndef DEBATE_PROTO_TESTING_H
#define DEBATE_PROTO_TESTING_H

#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "proto/json.h"
#include "proto/problem.h"

/* Runs `attempt` with every allocation failing in turn, until it succeeds; cJSON's come from the
 * heap meanwhile. `attempt` releases what it made and must say ERR_NO_MEMORY till then. */
static inline void every_allocation_fails_in_turn(enum err (*attempt)(void))
{
    enum err e;
    long count = 0;
    json_brief_limit(0);
    do {
        mem_fail_after(count++);
        e = attempt();
        mem_fail_after(-1);
        if (e)
            assert_int_equal(e, ERR_NO_MEMORY);
        assert_true(count < 10000);
    } while (e);
    json_brief_limit(SIZE_MAX);
    assert_true(count > 1);
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

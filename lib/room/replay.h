/* Rebuilding a session from its log, and checking that the log is what its own events say
 * (protocol, section 8). Pure; any thread. */
#ifndef DEBATE_ROOM_REPLAY_H
#define DEBATE_ROOM_REPLAY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "proto/event.h"
#include "room/room.h"

struct replay;

/* Called for each event after it was applied; the event lives until the call returns. */
typedef void replay_event_fn(void *context, const struct room *room, const struct event *event);

struct replay_result {
    size_t line;      /* where the damage is, from 1; 0: none */
    const char *what; /* what is wrong there; static */
    bool torn;        /* the last line has no end and was left out */
    bool is_public; /* it is the host's: users or choices are left out, and the room made up some */
    size_t events;
};

/* Reads a whole log. Every line is parsed, applied and printed again; a byte that differs is
 * damage. ERR_CORRUPT with line and what; ERR_NO_MEMORY. On ERR_NONE `*room` is the room as the log
 * leaves it, the caller's to room_free (NULL when not wanted). `config` and `on_event` may be NULL.
 */
enum err replay_log(const char *text, size_t len, const struct room_config *config,
                    replay_event_fn *on_event, void *context, struct room **room,
                    struct replay_result *result) MUST_CHECK;

#endif

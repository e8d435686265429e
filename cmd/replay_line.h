/* An event of a session as a sentence. Pure. */
#ifndef DEBATE_REPLAY_LINE_H
#define DEBATE_REPLAY_LINE_H

#include "base/buf.h"
#include "room/room.h"

/* Appends what happened, with nicknames and labels, without a newline; `room` has taken the event
 * in. */
enum err replay_line_print(const struct room *room, const struct event *event,
                           struct buf *out) MUST_CHECK;

/* Appends a time as mm:ss.mmm, with a minus before the start. */
enum err replay_time_print(int64_t ms, struct buf *out) MUST_CHECK;

#endif

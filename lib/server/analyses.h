/* Debates that have ended and wait for their analysis, and those that are being analysed: each by a
 * process of its own beside the loop, at most ANALYSES_AT_ONCE, with a low priority. The loop's
 * thread.
 *
 * A session is due when all its recordings have arrived, or their time is over. `DATA/analysis/
 * SESSION/due` stands from before its end is committed until its report is announced: that is how
 * the next start knows what is unfinished. Without `config.analyze` nothing is ever due.
 *
 * Under a quota an analysis is told how much it may write, which is set aside while it runs, and
 * waits while there is less. When it has used that up it ends, and gets twice as much the next
 * time: what it made is kept. */
#ifndef DEBATE_SERVER_ANALYSES_H
#define DEBATE_SERVER_ANALYSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct server;
struct house_room;
struct analysis_job;

enum {
    ANALYSES_AT_ONCE = 2,
    ANALYSES_TRIES = 5,
    ANALYSES_NO_SPACE = 5 /* the exit code that says so */
};

struct analyses {
    struct analysis_job *jobs;
    size_t running;
};

/* What an earlier run has left unfinished. */
void analyses_open(struct server *server);
/* After analyses_stop, and when nothing runs any more. */
void analyses_close(struct server *server);

/* Its session_ended is among what will be committed next. */
void analyses_ended(struct server *server, struct house_room *room);
/* A recording of it has arrived. */
void analyses_uploaded(struct server *server, struct house_room *room);
/* Its analysis, if there is one under way, ends, and none follows. */
void analyses_forget(struct server *server, const char *session_id);
/* Ends all that run; they go on after the next start. */
void analyses_stop(struct server *server);

/* There is more space: those that wait for it are tried again. */
void analyses_retry(struct server *server);
/* The folders have been read: what those that run have written until now is counted. */
void analyses_counted(struct server *server);

/* When analyses_wake is next to be called, ms. */
int64_t analyses_next_ms(const struct server *server);
void analyses_wake(struct server *server);

#endif

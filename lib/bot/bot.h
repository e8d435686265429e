/* Plays a scenario: one role of it, or all of them in one process, each a whole participant with
 * its own connections, voice and recording. Main thread; it runs a loop of its own until the
 * debate is over. */
#ifndef DEBATE_BOT_BOT_H
#define DEBATE_BOT_BOT_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "bot/scenario.h"

struct bot_config {
    const struct scenario *scenario;
    const char *server;    /* "http://127.0.0.1:8080"; not used with with_server */
    const char *room_code; /* NULL: made up from the scenario's name */
    const char *as;        /* the one role to play; NULL: all */
    const char *token;     /* of that role; NULL: come as guests */
    const char *output;    /* where recordings and what was heard go; NULL: nowhere */
    bool with_server;      /* start `debate serve` from this executable, and end it */
    /* A line for people, without its newline: an expectation that was missed, or trouble. */
    void (*on_line)(void *context, const char *line);
    void *context;
};

enum bot_end {
    BOT_DONE,        /* played to its end, every expectation met */
    BOT_FAILED,      /* an expectation was missed, or it did not come to its end */
    BOT_UNREACHABLE, /* no server answered */
    BOT_REFUSED      /* the server did not let a role in */
};

/* Appends the report, JSON lines (bot_report.h), to `report`. */
enum bot_end bot_run(const struct bot_config *config, struct buf *report);

#endif

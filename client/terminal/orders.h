/* What a person types, or a script writes, as an order: "/page 2", "2" or "agree" for a choice,
 * {"type":"goto_page","data":{"page":2}}. Pure; any thread. */
#ifndef DEBATE_TERMINAL_ORDERS_H
#define DEBATE_TERMINAL_ORDERS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "proto/agenda.h"
#include "proto/message.h"

enum order_type {
    ORDER_NOTHING, /* an empty line */
    ORDER_COMMAND, /* `command` goes to the server */
    ORDER_MUTE,    /* `is_on`: to be muted; without `has_on` the other way round */
    ORDER_TALK,    /* `is_on`: push-to-talk; off: open microphone */
    ORDER_SHOW,    /* the page again */
    ORDER_WHO,
    ORDER_STATS,
    ORDER_DEVICES,
    ORDER_END, /* by a person, who is asked once more */
    ORDER_HELP
};

struct order {
    enum order_type type;
    bool has_on, is_on;
    char name[LIMIT_NICKNAME_CHARS * 4 + 1]; /* ORDER_STATS: of whom; "" for all */
    struct command command;                  /* its id is the script's own, if any */
};

enum { ORDER_WHY_SIZE = 512 };

/* A line of a person. `page` is the one that is open, for its choices; NULL: none. ERR_BAD_REQUEST
 * with a sentence in `why`, in the reader's language. */
enum err order_parse(const char *line, const struct page *page, struct order *out,
                     char why[ORDER_WHY_SIZE]) MUST_CHECK;

/* A line of a script: a command of the protocol as a JSON object, or what a person would type.
 * The error is the protocol's, with a sentence in `why`; out->command.id is set if there was one.
 */
enum err order_parse_script(const char *line, const struct page *page, struct order *out,
                            char why[ORDER_WHY_SIZE]) MUST_CHECK;

/* The words that orders begin with ("/mute"), what follows them ("[on|off]" or NULL) and what they
 * do, to be translated. NULL beyond the end. */
struct order_help {
    const char *word, *argument, *text;
};
const struct order_help *order_help_at(size_t index);

#endif

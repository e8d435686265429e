/* The line that is being typed, edited by readline with its keys, history and the person's inputrc.
 * readline neither reads nor draws: bytes come in by prompt_feed, and the holder shows prompt_line.
 * Hands one key on at a time, so a handler runs outside of readline and may call anything here.
 *
 * One a process, as readline's state is; the loop's thread. */
#ifndef DEBATE_TERMINAL_PROMPT_READLINE_H
#define DEBATE_TERMINAL_PROMPT_READLINE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "screen.h"

enum {
    PROMPT_HISTORY_MAX = 200,   /* lines */
    PROMPT_PASTE_MAX = 4096,    /* bytes of one paste; the rest is dropped */
    PROMPT_CANDIDATES_MAX = 128 /* more would fill the window */
};

/* All have to be given. Strings live until the handler returns. */
struct prompt_handler {
    void *context;
    void (*on_line)(void *context, const char *line);
    void (*on_end)(void *context); /* Ctrl-D on an empty line */
    void (*on_talk_key)(void *context);
    void (*on_toggle_key)(void *context);
    void (*on_redraw_key)(void *context); /* Ctrl-L */
    void (*on_bell)(void *context);       /* nothing to complete */
    /* Called inside of readline: may only add candidates. */
    void (*on_complete)(void *context, const char *line, size_t word_start,
                        struct screen_candidates *candidates);
    /* The words that Tab could mean, two spaces between them. */
    void (*on_candidates)(void *context, const char *words);
};

/* ERR_REFUSED: it is open; ERR_IO, ERR_NO_MEMORY. Sees to a UTF-8 locale: where the environment has
 * none, LC_CTYPE becomes C.UTF-8, also in the environment, which readline goes by. */
enum err prompt_open(const struct prompt_handler *handler) MUST_CHECK;
void prompt_close(void); /* also inside of a handler; nothing is called back any more */

/* What came from the keyboard. A character that is not whole waits for its rest. */
void prompt_feed(const char *bytes, size_t len);

/* The line and the cursor's byte in it; lives until the next call here. */
const char *prompt_line(size_t *len, size_t *point);
/* What readline asks in place of the prompt ("(reverse-i-search)`a': "); NULL: nothing. */
const char *prompt_message(void);

void prompt_set_talk_key(bool on);

#endif

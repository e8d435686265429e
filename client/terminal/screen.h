/* The screen of a person in a terminal: what happens in the room scrolls by as on any terminal, and
 * at its foot stand up to three rows: the choices, the status, and the line that is being typed. A
 * line that arrives never tears what is typed; a window of any size will do.
 *
 * One screen a process (readline has one state), on the loop's thread. Everything given is copied.
 * Texts are UTF-8 from anywhere: control characters, ESC among them, are shown as signs and never
 * reach the terminal. While a screen exists nothing else may write to its terminal.
 *
 * It never waits: a terminal that does not read is painted anew when it reads again. Handlers are
 * called on the loop's thread, and may call any function here, screen_free too (on_complete may
 * only add candidates). */
#ifndef DEBATE_TERMINAL_SCREEN_H
#define DEBATE_TERMINAL_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "base/err.h"

struct screen;

struct screen_config {
    uv_loop_t *loop;
    int fd;          /* the terminal; it is opened again by its name */
    bool is_dumb;    /* knows no cursor movement: lines and the prompt alone, no status row */
    bool has_colour; /* beside the signs that say the same */
};
/* The terminal of standard input, as TERM and NO_COLOR (no-color.org) say. */
void screen_config_init(struct screen_config *config, uv_loop_t *loop);

/* What kind of thing an entry is. Each has a sign in front of it, so that colour only repeats. */
enum tone {
    TONE_PLAIN,   /* "" */
    TONE_EVENT,   /* "* " somebody came, went, muted */
    TONE_GOOD,    /* "+ " it worked */
    TONE_WARNING, /* "! " */
    TONE_ERROR,   /* "!! " */
    TONE_TITLE,   /* "== " a page's title */
    TONE_COUNT
};

/* What Tab may fill in. Lives in on_complete alone. */
struct screen_candidates;
/* One word that may stand there; those that do not begin with what is typed (ASCII's case aside)
 * are passed over, so all may be given. */
void screen_candidates_add(struct screen_candidates *candidates, const char *word);

/* Any of these may be NULL. Strings live until the handler returns. */
struct screen_handler {
    void *context;
    /* Enter; the prompt and the line already stand above as an entry, unless the line is empty. */
    void (*on_line)(void *context, const char *line);
    /* Ctrl-D on an empty line, the terminal is gone, SIGTERM or SIGHUP. May come more than once. */
    void (*on_end)(void *context);
    void (*on_interrupt)(void *context); /* Ctrl-C, SIGINT */
    /* Space on an empty line while screen_set_talk_key is on; again and again while it is held, as
     * the keyboard repeats. */
    void (*on_talk_key)(void *context);
    void (*on_toggle_key)(void *context); /* Ctrl-T */
    /* Tab. `line` ends at the cursor; the word to complete begins at byte `word_start`, behind the
     * last space. */
    void (*on_complete)(void *context, const char *line, size_t word_start,
                        struct screen_candidates *candidates);
    void (*on_resize)(void *context, int columns); /* already painted; for texts made to measure */
};

/* Takes the terminal over. ERR_REFUSED: fd is no terminal or there is a screen already; ERR_IO,
 * ERR_NO_MEMORY. The terminal is given back by screen_free, exit(3) and fatal signals; the last two
 * lose what was said in the same turn of the loop. */
enum err screen_new(const struct screen_config *config, const struct screen_handler *handler,
                    struct screen **out) MUST_CHECK;
/* Removes the rows at the foot and gives the terminal back at once; nothing is called back any
 * more. The loop has to run once more to close the handles. NULL is allowed. */
void screen_free(struct screen *screen);

/* One entry above the rows: may have several lines; wrapped between words. */
void screen_say(struct screen *screen, enum tone tone, const char *text);
/* The same with `label` in front, under which the text does not run: "1. " and a choice, a name and
 * what they did. */
void screen_say_labelled(struct screen *screen, enum tone tone, const char *label,
                         const char *text);

/* The most important first: those that do not fit are left out from the end. */
void screen_set_status(struct screen *screen, const char *const *parts, size_t count);
/* The whole status as an entry, when the row is too narrow, or there is none. */
void screen_say_status(struct screen *screen);
void screen_set_choices(struct screen *screen, const char *text); /* "" hides the row */
void screen_set_prompt(struct screen *screen,
                       const char *prompt); /* "> " at first; keep it short */
void screen_set_talk_key(struct screen *screen, bool on);

#endif

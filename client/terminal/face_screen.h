/* What the files face_screen*.c share: the screen of one participant. */
#ifndef DEBATE_TERMINAL_FACE_SCREEN_H
#define DEBATE_TERMINAL_FACE_SCREEN_H

#include "terminal/join_inner.h"
#include "terminal/lines_uv.h"
#include "terminal/screen.h"
#include "terminal/story.h"

enum question { QUESTION_NONE, QUESTION_CONSENT, QUESTION_END };

struct screen_face {
    struct screen *screen;
    enum question question; /* that the line being typed answers */
    bool is_welcome, is_away;
    int64_t consent_number; /* of the command that somebody typed */
    struct lines_in *other_output;
    int stderr_before; /* 0: not taken */
};

static inline struct screen *screen_of(const struct join *join)
{
    return ((struct screen_face *)join->face_data)->screen;
}

void screen_sayf(struct join *join, enum tone tone, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* face_screen_show.c: what is shown when it is asked for */
void screen_show_page(struct join *join);
void screen_show_choices(struct join *join); /* the row at the foot */
void screen_show_who(struct join *join);
void screen_show_stats(struct join *join, const char *name); /* "": of all, in short */
void screen_show_devices(struct join *join);
void screen_show_help(struct join *join);
void screen_refresh(struct join *join); /* the status */

#endif

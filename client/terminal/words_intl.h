/* The terminal client's words in the language of who reads them, by gettext; the only place that
 * includes libintl.h. The catalogues stand in client/po: `make gen` brings new words into them,
 * `make check` fails while one lacks a translation.
 *
 *     printf(_("%s has come\n"), name);                     said at once
 *     static const char *const help[] = {N_("Mute."), …};   said later, by _(help[i])
 *     printf(ngettext("%d person\n", "%d people\n", n), n); said of a number
 *
 * Main thread only. What these return lives as long as the program. */
#ifndef DEBATE_WORDS_INTL_H
#define DEBATE_WORDS_INTL_H

#include <libintl.h>

#define _(text)  gettext(text)
#define N_(text) text

/* Takes the language from the environment; before the first word, and before there are threads: it
 * may set variables. The catalogues are those of the folder `locale` beside the program, else of
 * the installation that it belongs to. Without any, words stay English. Only what is said and how
 * characters are read follows the locale; numbers are written as in C. */
void words_init(void);
/* The same for a program in another folder. */
void words_init_in(const char *folder);

/* The language that is spoken, "en" or "ko": for Accept-Language. */
const char *words_language(void);

#endif

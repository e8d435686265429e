/* The modes of the terminal: taken for typing key by key, and given back on every way out, exit(3)
 * and fatal signals included. One terminal a process; the loop's thread. */
#ifndef DEBATE_TERMINAL_TTY_H
#define DEBATE_TERMINAL_TTY_H

#include <stdbool.h>

#include "base/err.h"

/* A descriptor of one's own for the terminal behind `fd`, one that never blocks (O_NONBLOCK belongs
 * to the open file: set on `fd` itself, it would reach the shell). ERR_REFUSED: no terminal;
 * ERR_IO: it cannot be opened. The caller closes it. */
enum err tty_open(int fd, int *out) MUST_CHECK;

/* Keys come one by one and unseen; Ctrl-C still is SIGINT. `has_paste`: what is pasted comes in
 * brackets (ESC [ 200 ~). ERR_IO. */
enum err tty_take(int fd, bool has_paste) MUST_CHECK;
/* After the process was stopped, somebody else may have set the modes: ours again. */
void tty_take_again(void);
void tty_give_back(void); /* nothing when it is not taken */

/* False: not known. */
bool tty_size(int fd, int *columns, int *rows);

#endif

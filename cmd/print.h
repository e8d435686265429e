/* Text that others wrote, on somebody's terminal. Main thread only. */
#ifndef DEBATE_PRINT_H
#define DEBATE_PRINT_H

#include <stddef.h>
#include <stdio.h>

/* Prints `text` so that it stays on its line: what would move the cursor, change colours, begin a
 * line or is not UTF-8 becomes a question mark. */
void print_safely(FILE *out, const char *text);

/* How many bytes at `s` are one harmless character; 0: none. */
size_t print_width(const char *s);

#endif

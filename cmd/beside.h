/* Files that come with the program. Main thread only. */
#ifndef DEBATE_BESIDE_H
#define DEBATE_BESIDE_H

#include <limits.h>

/* The first of `places`, paths relative to the program's folder that end with NULL, that is there
 * to be read: where it is built, or where it is installed. Empty: none is. */
void beside_program(const char *const *places, char path[PATH_MAX]);

#endif

/* The observer's own look into the database of a disk: what is committed there, read past all code
 * of the store. One thread. */
#ifndef DEBATE_SIM_LOOK_SQLITE_H
#define DEBATE_SIM_LOOK_SQLITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct look;
struct disk;

/* Opens the disk at hand. NULL: there is no database of this kind yet. */
struct look *look_new(void);
void look_free(struct look *look); /* NULL is allowed */

/* Every line after row `after`, in the order in which they were written. The text lives during the
 * call. Returns the last row. */
typedef void look_line_fn(void *context, int64_t key, uint64_t seq, const char *line, size_t len);
int64_t look_lines(struct look *look, int64_t after, look_line_fn *on_line, void *context);

#endif

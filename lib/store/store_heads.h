/* The end of each session's chain of lines, in memory: every session that has not ended, and for a
 * moment one that gets a late event. Pure; the store's thread.
 *
 * A head that has moved since it was last written to the database is `unsaved` and stands in a
 * queue ordered by the row that it first moved to, so that the front tells from which row on the
 * database's heads can be behind. The heads belong to the map. */
#ifndef DEBATE_STORE_STORE_HEADS_H
#define DEBATE_STORE_STORE_HEADS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct head {
    int64_t key; /* of the session, from 1 */
    int64_t row; /* of its last line */
    uint64_t seq;
    bool live;
    int64_t unsaved_row; /* the first row that the database's head does not know; 0: none */
    struct head *older, *newer;
};

struct heads {
    struct head **slots; /* open addressing, linear probing; NULL: free */
    size_t size;         /* a power of two, or 0 */
    size_t count;
    struct head *oldest, *newest; /* the unsaved ones */
};

void heads_release(struct heads *heads);

/* NULL: not here. The pointer lives until heads_remove. */
struct head *heads_find(const struct heads *heads, int64_t key);
/* Adds a head for a key that is not here, saved; NULL without memory. */
struct head *heads_add(struct heads *heads, int64_t key, int64_t row, uint64_t seq, bool live);
void heads_remove(struct heads *heads, struct head *head);

/* The session's chain ends at `row` now, which is above every row before it. */
void heads_move(struct heads *heads, struct head *head, int64_t row, uint64_t seq);
/* The database knows the head as it is. */
void heads_saved(struct heads *heads, struct head *head);

#endif

/* What the store's tests share: a data directory of their own that is removed afterwards. */
#ifndef DEBATE_STORE_STORE_TESTING_H
#define DEBATE_STORE_STORE_TESTING_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/folder_testing.h"

/* cmocka setup: *state is the path of a new, empty directory. */
static inline int make_dir(void **state)
{
    const char *base = getenv("TMPDIR");
    char *dir = NULL;
    if (asprintf(&dir, "%s/debate-store-XXXXXX", base ? base : "/tmp") < 0 || !mkdtemp(dir))
        return -1;
    *state = dir;
    return 0;
}

static inline int remove_dir(void **state)
{
    int result = folder_remove(*state);
    free(*state);
    return result;
}

#endif

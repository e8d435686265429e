/* What the store's tests share: a data directory of their own that is removed afterwards. */
#ifndef DEBATE_STORE_STORE_TEST_H
#define DEBATE_STORE_STORE_TEST_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline __attribute__((unused)) int remove_entry(const char *path, const struct stat *st,
                                                       int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

/* cmocka setup: *state is the path of a new, empty directory. */
static inline __attribute__((unused)) int make_dir(void **state)
{
    const char *base = getenv("TMPDIR");
    char *dir = NULL;
    if (asprintf(&dir, "%s/debate-store-XXXXXX", base ? base : "/tmp") < 0 || !mkdtemp(dir))
        return -1;
    *state = dir;
    return 0;
}

static inline __attribute__((unused)) int remove_dir(void **state)
{
    int result = nftw(*state, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    free(*state);
    return result;
}

#endif

/* Scratch folders of tests and benchmarks. Any thread; blocks on the disk. */
#ifndef DEBATE_BASE_FOLDER_TESTING_H
#define DEBATE_BASE_FOLDER_TESTING_H

#include <ftw.h>
#include <stdio.h>

static inline int folder_remove_entry(const char *path, const struct stat *status, int kind,
                                      struct FTW *walk)
{
    (void)status;
    (void)kind;
    (void)walk;
    return remove(path);
}

/* Removes a folder with all that is in it. 0; otherwise errno says why not. */
static inline int folder_remove(const char *path)
{
    return nftw(path, folder_remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

#endif

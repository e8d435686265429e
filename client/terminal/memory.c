#include "terminal/memory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* XDG Base Directory Specification: a relative path is to be ignored. */
static bool name_folder(char *out, size_t out_size)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    int len = -1;
    if (state && state[0] == '/')
        len = snprintf(out, out_size, "%s/debate", state);
    else if (home && home[0] == '/')
        len = snprintf(out, out_size, "%s/.local/state/debate", home);
    return len > 0 && (size_t)len < out_size;
}

static bool name_file(char *out, size_t out_size)
{
    char folder[4000];
    if (!name_folder(folder, sizeof folder))
        return false;
    int len = snprintf(out, out_size, "%s/consent", folder);
    return len > 0 && (size_t)len < out_size;
}

bool memory_consent(bool *agrees)
{
    char path[4096], word[8] = "";
    if (!name_file(path, sizeof path))
        return false;
    FILE *file = fopen(path, "r");
    if (!file)
        return false;
    bool is_read = fgets(word, sizeof word, file) != NULL;
    fclose(file);
    word[strcspn(word, "\n")] = '\0';
    *agrees = strcmp(word, "yes") == 0;
    return is_read && (*agrees || strcmp(word, "no") == 0);
}

static enum err make_folders(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        int e = mkdir(path, 0700);
        *slash = '/';
        if (e != 0 && errno != EEXIST)
            return ERR_IO;
    }
    return ERR_NONE;
}

enum err memory_keep_consent(bool agrees)
{
    char path[4096];
    if (!name_file(path, sizeof path))
        return ERR_NOT_FOUND;
    enum err e = make_folders(path);
    if (e)
        return e;
    FILE *file = fopen(path, "w");
    if (!file)
        return ERR_IO;
    fputs(agrees ? "yes\n" : "no\n", file);
    return fclose(file) == 0 ? ERR_NONE : ERR_IO;
}

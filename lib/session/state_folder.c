#include "session/state_folder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum err state_folder_path(const char *name, char *out, size_t out_size)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    const char *slash = name[0] ? "/" : "";
    int len;
    /* The specification: a relative path is to be ignored. */
    if (state && state[0] == '/')
        len = snprintf(out, out_size, "%s/debate%s%s", state, slash, name);
    else if (home && home[0] == '/')
        len = snprintf(out, out_size, "%s/.local/state/debate%s%s", home, slash, name);
    else
        return ERR_NOT_FOUND;
    return len < 0 || (size_t)len >= out_size ? ERR_BAD_REQUEST : ERR_NONE;
}

enum err state_folder_make(char *path)
{
    for (char *at = path + 1;; at++) {
        if (*at != '/' && *at != '\0')
            continue;
        char end = *at;
        *at = '\0';
        int made = mkdir(path, S_IRWXU);
        int saved = errno;
        *at = end;
        if (made != 0 && saved != EEXIST) {
            errno = saved;
            return ERR_IO;
        }
        if (end == '\0')
            return ERR_NONE;
    }
}

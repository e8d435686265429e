#include "store/usage.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { USAGE_LEVELS = 2 }; /* analysis/SESSION/answers */

static DIR *open_folder(int parent_fd, const char *name)
{
    int fd = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;
    if (!folder && fd >= 0) {
        int error = errno;
        close(fd);
        errno = error;
    }
    return folder;
}

/* What vanishes while it is looked at counts nothing. False with errno. */
static bool count(int parent_fd, const char *name, unsigned levels, uint64_t *bytes)
{
    DIR *folder = open_folder(parent_fd, name);
    if (!folder)
        return errno == ENOENT;
    bool ok = true;
    const struct dirent *found;
    while (ok && (found = readdir(folder))) {
        struct stat st;
        if (strcmp(found->d_name, ".") == 0 || strcmp(found->d_name, "..") == 0)
            continue;
        if (fstatat(dirfd(folder), found->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
            ok = errno == ENOENT;
        else if (S_ISREG(st.st_mode))
            *bytes += (uint64_t)st.st_size;
        else if (S_ISDIR(st.st_mode) && levels)
            ok = count(dirfd(folder), found->d_name, levels - 1, bytes);
    }
    int error = errno;
    closedir(folder);
    errno = error;
    return ok;
}

enum err usage_count(int parent_fd, const char *name, uint64_t *bytes)
{
    uint64_t counted = 0;
    if (!count(parent_fd, name, USAGE_LEVELS, &counted))
        return ERR_IO;
    *bytes = counted;
    return ERR_NONE;
}

#include "store/store_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/durable.h"

enum { PATH_SIZE = 4096 };

static enum err io_error(const char *doing, const char *path, char *why, size_t why_size)
{
    int error = errno;
    snprintf(why, why_size, "cannot %s %s: %s", doing, path, strerror(error));
    errno = error;
    return ERR_IO;
}

static enum err make(const char *dir, char *why, size_t why_size)
{
    if (mkdir(dir, 0700) != 0)
        return errno == EEXIST ? ERR_NONE : io_error("make the directory", dir, why, why_size);
    char copy[PATH_SIZE];
    snprintf(copy, sizeof copy, "%s", dir);
    return durable_folder(dirname(copy)) == ERR_NONE
               ? ERR_NONE
               : io_error("sync", "the directory above it", why, why_size);
}

static enum err join(const char *dir, const char *name, char *path, size_t path_size, char *why,
                     size_t why_size)
{
    /* "./" keeps SQLite from taking "file:..." for a URI. */
    int len = snprintf(path, path_size, "%s%s/%s", dir[0] == '/' ? "" : "./", dir, name);
    if (len >= 0 && (size_t)len < path_size)
        return ERR_NONE;
    errno = ENAMETOOLONG;
    return io_error("open", dir, why, why_size);
}

static enum err say_who_has_it(int fd, const char *dir, char *why, size_t why_size)
{
    char pid[24] = "";
    ssize_t len = pread(fd, pid, sizeof pid - 1, 0);
    pid[len > 0 ? len : 0] = '\0';
    pid[strspn(pid, "0123456789")] = '\0';
    snprintf(why, why_size,
             "%s is in use by another debate server (process %s); stop it, or give this one "
             "another directory",
             dir, pid[0] ? pid : "unknown");
    return ERR_REFUSED;
}

enum err store_dir_lock(const char *dir, int *fd, char *why, size_t why_size)
{
    char path[PATH_SIZE], pid[24];
    enum err e = make(dir, why, why_size);
    if (e == ERR_NONE)
        e = join(dir, "lock", path, sizeof path, why, why_size);
    if (e != ERR_NONE)
        return e;
    int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (lock < 0)
        return io_error("open", path, why, why_size);
    if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
        e = errno == EWOULDBLOCK ? say_who_has_it(lock, dir, why, why_size)
                                 : io_error("lock", path, why, why_size);
        close(lock);
        return e;
    }
    /* For the reader's information alone, so a full disk is no reason to stop. */
    int len = snprintf(pid, sizeof pid, "%ld\n", (long)getpid());
    if (ftruncate(lock, 0) == 0 && pwrite(lock, pid, (size_t)len, 0) != len)
        (void)ftruncate(lock, 0);
    *fd = lock;
    return ERR_NONE;
}

void store_dir_unlock(int fd)
{
    if (fd >= 0)
        close(fd);
}

enum err store_dir_file(const char *dir, const char *name, char *path, size_t path_size, char *why,
                        size_t why_size)
{
    enum err e = join(dir, name, path, path_size, why, why_size);
    if (e != ERR_NONE)
        return e;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return io_error("open", path, why, why_size);
    close(fd);
    return ERR_NONE;
}

enum err store_dir_sync(const char *dir, char *why, size_t why_size)
{
    return durable_folder(dir) == ERR_NONE ? ERR_NONE : io_error("sync", dir, why, why_size);
}

#include "store/durable.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum err durable_write(int fd, const void *data, size_t len)
{
    for (const char *at = data, *end = at + len; at < end;) {
        ssize_t written = write(fd, at, (size_t)(end - at));
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return ERR_IO;
        at += written;
    }
    return fsync(fd) == 0 ? ERR_NONE : ERR_IO;
}

enum err durable_folder(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return ERR_IO;
    int error = fsync(fd) == 0 ? 0 : errno;
    close(fd);
    errno = error;
    return error ? ERR_IO : ERR_NONE;
}

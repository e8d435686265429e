#include "media/regular_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

int regular_file_open(const char *path)
{
    struct stat about;
    /* O_NONBLOCK: opening a named pipe would wait for its writer. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return -1;
    int error = fstat(fd, &about) != 0    ? errno
                : S_ISDIR(about.st_mode)  ? EISDIR
                : !S_ISREG(about.st_mode) ? EINVAL
                                          : 0;
    if (!error)
        return fd;
    close(fd);
    errno = error;
    return -1;
}

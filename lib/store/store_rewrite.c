#include "store/store_rewrite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

enum { PIECE = 256 * 1024 }; /* bytes */

static enum err rewrite(int fd, char *piece)
{
    off_t offset = 0;
    for (;;) {
        ssize_t got = pread(fd, piece, PIECE, offset);
        if (got < 0)
            return ERR_IO;
        if (got == 0)
            return fdatasync(fd) == 0 ? ERR_NONE : ERR_IO;
        ssize_t put = pwrite(fd, piece, (size_t)got, offset);
        if (put <= 0)
            return ERR_IO;
        offset += put;
    }
}

enum err store_rewrite(const char *path, char *why, size_t why_size)
{
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 && errno == ENOENT)
        return ERR_NONE;
    char *piece = mem_alloc(PIECE);
    enum err e = fd < 0 ? ERR_IO : piece ? rewrite(fd, piece) : ERR_NO_MEMORY;
    int error = errno;
    if (e != ERR_NONE)
        snprintf(why, why_size, "%s cannot be written: %s", path,
                 e == ERR_NO_MEMORY ? "out of memory" : strerror(error));
    mem_free(piece);
    if (fd >= 0)
        close(fd);
    errno = error;
    return e;
}

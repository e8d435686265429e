/* What the fuzz targets share: the entry that libFuzzer calls, and ways to hand an input on. A
 * target says what must hold with fuzz_holds, in any build. */
#ifndef DEBATE_BASE_FUZZ_TESTING_H
#define DEBATE_BASE_FUZZ_TESTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define fuzz_holds(fact) fuzz_check((fact), #fact, __FILE__, __LINE__)

static inline void fuzz_check(bool holds, const char *fact, const char *file, int line)
{
    if (holds)
        return;
    fprintf(stderr, "%s:%d: ERROR: it does not hold that %s\n", file, line, fact);
    abort();
}

/* The input up to its first NUL as a string that ends where its memory does; the caller's to free.
 */
static inline char *fuzz_text(const uint8_t *data, size_t size)
{
    char *text = strndup((const char *)data, size);
    fuzz_holds(text);
    return text;
}

/* The path of a regular file with these bytes, in memory. It holds them until the next call. */
static inline const char *fuzz_file(const uint8_t *data, size_t size)
{
    static int fd = -1;
    static char path[32];
    if (fd < 0)
        fd = memfd_create("input", MFD_CLOEXEC);
    fuzz_holds(fd >= 0 && ftruncate(fd, 0) == 0 && pwrite(fd, data, size, 0) == (ssize_t)size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return path;
}

#endif

/* What the real code asks of the C library and the kernel, answered by the world: clocks, chance,
 * threads and the few files that are opened by name. The linker's --wrap puts these in (Makefile);
 * libraries keep the real ones. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include "sim/disk.h"
#include "sim/fiber.h"
#include "sim/world.h"

enum { FIRST_FD = 1000 };

void __wrap_abort(void);
int __wrap_clock_gettime(clockid_t id, struct timespec *out);
ssize_t __wrap_getrandom(void *out, size_t len, unsigned flags);
int __wrap_open(const char *path, int flags, ...);
int __wrap_close(int fd);
int __wrap_fdatasync(int fd);
ssize_t __wrap_pread(int fd, void *out, size_t len, off_t offset);
ssize_t __wrap_pwrite(int fd, const void *data, size_t len, off_t offset);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *),
                          void *context);
int __wrap_pthread_join(pthread_t thread, void **result);
int __wrap_pthread_mutex_init(pthread_mutex_t *mutex, const pthread_mutexattr_t *attr);
int __wrap_pthread_mutex_destroy(pthread_mutex_t *mutex);
int __wrap_pthread_mutex_lock(pthread_mutex_t *mutex);
int __wrap_pthread_mutex_unlock(pthread_mutex_t *mutex);
int __wrap_pthread_cond_init(pthread_cond_t *cond, const pthread_condattr_t *attr);
int __wrap_pthread_cond_destroy(pthread_cond_t *cond);
int __wrap_pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex);
int __wrap_pthread_cond_signal(pthread_cond_t *cond);

void __wrap_abort(void)
{
    broken("the-code-runs-on", "it gave up");
}

int __wrap_clock_gettime(clockid_t id, struct timespec *out)
{
    const struct node *node = world.node;
    int64_t us = world.now_us;
    if (node)
        us = id == CLOCK_REALTIME ? node_epoch_us(node) : us + node->monotonic_offset_us;
    out->tv_sec = us / 1000000;
    out->tv_nsec = us % 1000000 * 1000;
    return 0;
}

ssize_t __wrap_getrandom(void *out, size_t len, unsigned flags)
{
    uint8_t *at = out;
    (void)flags;
    for (size_t i = 0; i < len; i++)
        at[i] = (uint8_t)(chance_bits() >> 32);
    return (ssize_t)len;
}

/* ---- files ---- */

int __wrap_open(const char *path, int flags, ...)
{
    (void)flags;
    for (int i = 0; disk_at_hand && i < DISK_FILES; i++) {
        if (disk_at_hand->files[i].name[0] && strcmp(disk_at_hand->files[i].name, path) == 0)
            return FIRST_FD + i;
    }
    errno = ENOENT;
    return -1;
}

int __wrap_close(int fd)
{
    (void)fd;
    return 0;
}

int __wrap_fdatasync(int fd)
{
    struct disk *disk = disk_at_hand;
    disk_operation(disk);
    if (fiber_self())
        fiber_sleep(chance_between(disk->sync_us / 4, disk->sync_us));
    disk_operation(disk);
    if (disk_sync(disk, &disk->files[fd - FIRST_FD]))
        return 0;
    errno = EIO;
    return -1;
}

ssize_t __wrap_pread(int fd, void *out, size_t len, off_t offset)
{
    return (ssize_t)disk_read(&disk_at_hand->files[fd - FIRST_FD], out, len, (uint64_t)offset);
}

ssize_t __wrap_pwrite(int fd, const void *data, size_t len, off_t offset)
{
    struct disk *disk = disk_at_hand;
    disk_operation(disk);
    if (disk_write(disk, &disk->files[fd - FIRST_FD], data, len, (uint64_t)offset))
        return (ssize_t)len;
    errno = ENOSPC;
    return -1;
}

/* ---- threads ---- */

struct thread {
    void *(*run)(void *context);
    void *context;
};

static void run_thread(void *context)
{
    struct thread thread = *(struct thread *)context;
    free(context);
    thread.run(thread.context);
}

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *),
                          void *context)
{
    struct thread *started = malloc(sizeof *started);
    (void)attr;
    if (!started)
        abort();
    *started = (struct thread){.run = run, .context = context};
    *thread = (pthread_t)fiber_new(world.node, run_thread, started, chance_between(5, 200));
    return 0;
}

int __wrap_pthread_join(pthread_t thread, void **result)
{
    (void)result;
    while (!fiber_has_ended((struct fiber *)thread))
        fibers_push(world.node);
    return 0;
}

/* A mutex is whether it is taken. */
static bool *taken(pthread_mutex_t *mutex)
{
    return (bool *)mutex;
}

int __wrap_pthread_mutex_init(pthread_mutex_t *mutex, const pthread_mutexattr_t *attr)
{
    (void)attr;
    *taken(mutex) = false;
    return 0;
}

int __wrap_pthread_mutex_destroy(pthread_mutex_t *mutex)
{
    (void)mutex;
    return 0;
}

static void wait_for(const void *what)
{
    if (fiber_self())
        fiber_wait(what);
    else
        fibers_push(world.node);
}

int __wrap_pthread_mutex_lock(pthread_mutex_t *mutex)
{
    while (*taken(mutex))
        wait_for(mutex);
    *taken(mutex) = true;
    return 0;
}

int __wrap_pthread_mutex_unlock(pthread_mutex_t *mutex)
{
    *taken(mutex) = false;
    if (world.node)
        fibers_signal(world.node, mutex, 0);
    return 0;
}

int __wrap_pthread_cond_init(pthread_cond_t *cond, const pthread_condattr_t *attr)
{
    (void)cond;
    (void)attr;
    return 0;
}

int __wrap_pthread_cond_destroy(pthread_cond_t *cond)
{
    (void)cond;
    return 0;
}

int __wrap_pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex)
{
    __wrap_pthread_mutex_unlock(mutex);
    wait_for(cond);
    return __wrap_pthread_mutex_lock(mutex);
}

int __wrap_pthread_cond_signal(pthread_cond_t *cond)
{
    if (world.node)
        fibers_signal(world.node, cond, chance_between(5, 200));
    return 0;
}

#include "sound/device.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "loop/ticker.h"

enum { WATCH_MS = 200, REAP_MS = 10, HANDLES = 2 };

struct device {
    struct device_shared *shared;
    struct device_handler handler;
    uv_poll_t poll;
    uv_timer_t watch;
    pid_t pid;
    int fd; /* a byte: look at `shared`; its end: the process has gone */
    int64_t begun_us, opened_us;
    bool is_open, is_over;
    int handles_open;
};

static void *share(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

/* In the new process: none of the old one's descriptors, signals or words. */
static void become_quiet(int fd)
{
    struct sigaction usual = {.sa_handler = SIG_DFL}, ignored = {.sa_handler = SIG_IGN};
    sigset_t none;
    for (int signal = 1; signal < NSIG; signal++)
        sigaction(signal, &usual, NULL);
    sigaction(SIGPIPE, &ignored, NULL);
    /* Ctrl-C is for the one who has the terminal; we end with him. */
    sigaction(SIGINT, &ignored, NULL);
    sigaction(SIGQUIT, &ignored, NULL);
    sigaction(SIGHUP, &ignored, NULL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    /* PortAudio aborts where it should fail: that is expected, and nothing to keep. */
    setrlimit(RLIMIT_CORE, &(struct rlimit){0});
    int nowhere = open("/dev/null", O_RDWR);
    for (int i = 0; i < 3; i++)
        dup2(nowhere, i);
    if (fd > 3)
        close_range(3, (unsigned)fd - 1, 0);
    close_range((unsigned)fd + 1, ~0U, 0);
    /* PortAudio asks for JACK, which would start a server. */
    setenv("JACK_NO_START_SERVER", "1", 1);
}

/* As fork: 0 in the new process. `*fd` is one's end of a socket to the other. */
static pid_t spawn(int *fd)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) < 0)
        return -1;
    if (ends[1] < 3) { /* somebody closed what become_quiet puts something else in place of */
        int above = fcntl(ends[1], F_DUPFD_CLOEXEC, 3);
        close(ends[1]);
        ends[1] = above;
    }
    pid_t pid = fork();
    if (pid == 0)
        become_quiet(ends[1]);
    close(pid == 0 ? ends[0] : ends[1]);
    *fd = pid == 0 ? ends[1] : ends[0];
    if (pid < 0)
        close(ends[0]);
    return pid;
}

static void end(pid_t pid)
{
    kill(pid, SIGKILL);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
}

enum err sound_devices(struct sound_device **out, size_t *count)
{
    struct device_list *list = share(sizeof *list);
    int fd;
    if (!list)
        return ERR_NO_MEMORY;
    atomic_store(&list->count, -1);
    pid_t pid = spawn(&fd);
    if (pid == 0) {
        portaudio_list(list);
        _exit(0);
    }
    enum err e = pid < 0 ? ERR_IO : ERR_NONE;
    if (!e) {
        struct pollfd ended = {.fd = fd, .events = POLLIN};
        while (poll(&ended, 1, DEVICE_OPENS_MS) < 0 && errno == EINTR)
            ;
        end(pid);
        close(fd);
        int found = atomic_load(&list->count);
        *count = found > 0 ? (size_t)found : 0;
        *out = *count ? mem_alloc(*count * sizeof **out) : NULL;
        e = *out ? ERR_NONE : *count ? ERR_NO_MEMORY : ERR_NOT_FOUND;
        if (!e)
            memcpy(*out, list->devices, *count * sizeof **out);
    }
    munmap(list, sizeof *list);
    return e;
}

static void gone(struct device *device, const char *why)
{
    if (device->is_over)
        return;
    device->is_over = true;
    uv_poll_stop(&device->poll);
    uv_timer_stop(&device->watch);
    device->handler.on_gone(device->handler.context, why);
}

static void look(struct device *device)
{
    if (device->is_over)
        return;
    if (!device->is_open && atomic_load(&device->shared->state) == DEVICE_OPEN) {
        device->is_open = true;
        device->opened_us = monotonic_us();
        device->handler.on_open(device->handler.context);
    }
    if (device->is_open && !device->is_over)
        device->handler.on_block(device->handler.context);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    (void)status, (void)events;
    struct device *device = poll->data;
    uint8_t bytes[256];
    ssize_t got;
    do
        got = recv(device->fd, bytes, sizeof bytes, 0);
    while (got == sizeof bytes || (got < 0 && errno == EINTR));
    bool has_ended = got == 0 || (got < 0 && errno != EAGAIN);
    look(device);
    if (!has_ended)
        return;
    if (device->is_open)
        gone(device, "it is gone");
    else if (atomic_load(&device->shared->state) == DEVICE_FAILED)
        gone(device, device->shared->why);
    else
        gone(device, "the sound system of this machine failed");
}

static void on_watch(uv_timer_t *timer)
{
    struct device *device = timer->data;
    int64_t now_us = monotonic_us(), beat_us = atomic_load(&device->shared->beat_us);
    if (!device->is_open) {
        if (now_us - device->begun_us > DEVICE_OPENS_MS * 1000LL)
            gone(device, "it does not answer");
    } else if (beat_us == 0 ? now_us - device->opened_us > DEVICE_BEGINS_MS * 1000LL
                            : now_us - beat_us > DEVICE_SILENT_MS * 1000LL) {
        gone(device, "it stands still");
    }
}

static void on_closed(uv_handle_t *handle)
{
    struct device *device = handle->data;
    if (--device->handles_open > 0)
        return;
    close(device->fd);
    munmap(device->shared, sizeof *device->shared);
    mem_free(device);
}

/* On a busy machine a process takes a while to die, and sound goes on meanwhile. */
static void on_reap(uv_timer_t *timer)
{
    struct device *device = timer->data;
    if (waitpid(device->pid, NULL, WNOHANG) == 0)
        return;
    uv_close((uv_handle_t *)&device->poll, on_closed);
    uv_close((uv_handle_t *)&device->watch, on_closed);
}

enum err device_open(uv_loop_t *loop, enum sound_side side, const char *wanted,
                     const struct device_handler *handler, struct device **out)
{
    struct device *device = mem_zalloc(sizeof *device);
    enum err e = ERR_NO_MEMORY;
    if (!device)
        return e;
    device->handler = *handler;
    device->shared = share(sizeof *device->shared);
    if (!device->shared)
        goto out;
    device_shared_init(device->shared);
    e = ERR_IO;
    device->pid = spawn(&device->fd);
    if (device->pid == 0)
        portaudio_run(device->shared, side, wanted, device->fd);
    if (device->pid < 0)
        goto out;
    if (uv_poll_init(loop, &device->poll, device->fd) < 0) {
        end(device->pid);
        close(device->fd);
        goto out;
    }
    device->poll.data = device->watch.data = device;
    device->handles_open = HANDLES;
    uv_timer_init(loop, &device->watch);
    device->begun_us = monotonic_us();
    uv_poll_start(&device->poll, UV_READABLE, on_readable);
    uv_timer_start(&device->watch, on_watch, WATCH_MS, WATCH_MS);
    *out = device;
    return ERR_NONE;
out:
    if (device->shared)
        munmap(device->shared, sizeof *device->shared);
    mem_free(device);
    return e;
}

struct device_shared *device_shared(struct device *device)
{
    return device->shared;
}

void device_close(struct device *device)
{
    if (!device)
        return;
    device->is_over = true;
    kill(device->pid, SIGKILL);
    uv_poll_stop(&device->poll);
    uv_timer_start(&device->watch, on_reap, 0, REAP_MS);
}

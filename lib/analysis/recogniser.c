#include "analysis/recogniser.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "analysis/why.h"
#include "base/mem.h"
#include "proto/json_writer.h"

enum { HEARD_MAX = 256 * 1024, WORD_MAX = 128, NUMBER_SIZE = 320 };

struct recogniser {
    pid_t pid;
    int fd;
    struct buf heard; /* what it wrote and nobody took */
};

extern char **environ;

static double clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* Its input and output are one socket: one that is gone gives an error, not SIGPIPE. */
static int spawn(const char *program, int fd, pid_t *pid)
{
    char *arguments[] = {(char *)program, NULL};
    posix_spawn_file_actions_t actions;
    int code = posix_spawn_file_actions_init(&actions);
    if (code)
        return code;
    code = posix_spawn_file_actions_adddup2(&actions, fd, STDIN_FILENO);
    if (!code)
        code = posix_spawn_file_actions_adddup2(&actions, fd, STDOUT_FILENO);
    if (!code)
        code = posix_spawn(pid, program, &actions, NULL, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    return code;
}

enum err recogniser_start(const char *program, struct recogniser **out, char *why, size_t why_size)
{
    int pair[2];
    struct recogniser *recogniser = mem_zalloc(sizeof *recogniser);
    if (!recogniser)
        return ERR_NO_MEMORY;
    buf_init(&recogniser->heard, HEARD_MAX);
    int code = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0 ? 0 : errno;
    if (!code) {
        code = spawn(program, pair[1], &recogniser->pid);
        close(pair[1]);
        if (code)
            close(pair[0]);
    }
    if (code) {
        why_note(why, why_size, WHY_DOES_NOT_START, program, strerror(code), NULL);
        mem_free(recogniser);
        return ERR_UNAVAILABLE;
    }
    recogniser->fd = pair[0];
    *out = recogniser;
    return ERR_NONE;
}

/* Ends it and says how it ended. */
static void stop(struct recogniser *recogniser, int *status)
{
    if (recogniser->pid <= 0)
        return;
    kill(recogniser->pid, SIGKILL);
    while (waitpid(recogniser->pid, status, 0) < 0 && errno == EINTR)
        ;
    recogniser->pid = 0;
}

void recogniser_end(struct recogniser *recogniser)
{
    int status;
    if (!recogniser)
        return;
    stop(recogniser, &status);
    close(recogniser->fd);
    buf_release(&recogniser->heard);
    mem_free(recogniser);
}

static const char *number_text(double number, char text[NUMBER_SIZE])
{
    snprintf(text, NUMBER_SIZE, "%.0f", number);
    return text;
}

/* It closed its side: what it ended of is known in a moment. */
static enum err on_gone(struct recogniser *recogniser, char *why, size_t why_size)
{
    int status = 0;
    char number[NUMBER_SIZE];
    while (recogniser->pid > 0 && waitpid(recogniser->pid, &status, 0) < 0 && errno == EINTR)
        ;
    recogniser->pid = 0;
    if (WIFSIGNALED(status))
        why_note(why, why_size, WHY_CRASHED, strsignal(WTERMSIG(status)), NULL, NULL);
    else if (WEXITSTATUS(status) == 2)
        why_note(why, why_size, WHY_NO_ACOUSTIC_MODEL, NULL, NULL, NULL);
    else
        why_note(why, why_size, WHY_ENDED, number_text(WEXITSTATUS(status), number), NULL, NULL);
    return ERR_UNAVAILABLE;
}

static enum err on_hang(struct recogniser *recogniser, double patience_ms, char *why,
                        size_t why_size)
{
    int status;
    char number[NUMBER_SIZE];
    stop(recogniser, &status);
    why_note(why, why_size, WHY_HUNG, number_text(patience_ms / 1000, number), NULL, NULL);
    return ERR_UNAVAILABLE;
}

/* Sends what there is to send and takes what comes, until it has said its last line. */
static enum err converse(struct recogniser *recogniser, struct buf *sent, double patience_ms,
                         char *why, size_t why_size)
{
    double end_ms = clock_ms() + patience_ms;
    size_t at = 0;
    struct buf *heard = &recogniser->heard;
    while (!(heard->len >= 2 && memcmp(heard->data + heard->len - 2, ".\n", 2) == 0 &&
             (heard->len == 2 || heard->data[heard->len - 3] == '\n'))) {
        double left_ms = end_ms - clock_ms();
        struct pollfd poll_fd = {.fd = recogniser->fd,
                                 .events = (short)(at < sent->len ? POLLIN | POLLOUT : POLLIN)};
        int ready = left_ms > 0 ? poll(&poll_fd, 1, (int)left_ms + 1) : 0;
        if (ready < 0 && errno == EINTR)
            continue;
        if (ready <= 0)
            return on_hang(recogniser, patience_ms, why, why_size);
        if (poll_fd.revents & POLLOUT) {
            ssize_t wrote =
                send(recogniser->fd, sent->data + at, sent->len - at, MSG_NOSIGNAL | MSG_DONTWAIT);
            at += wrote > 0 ? (size_t)wrote : 0;
        }
        if (!(poll_fd.revents & (POLLIN | POLLHUP | POLLERR)))
            continue;
        enum err e = buf_reserve(heard, 4096);
        if (e)
            return e == ERR_FULL ? on_hang(recogniser, patience_ms, why, why_size) : e;
        ssize_t got = recv(recogniser->fd, heard->data + heard->len, 4096, MSG_DONTWAIT);
        if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
            return on_gone(recogniser, why, why_size);
        heard->len += got > 0 ? (size_t)got : 0;
    }
    heard->data[heard->len] = '\0';
    return ERR_NONE;
}

/* Its lines as an answer of a service. */
static enum err write_answer(const char *lines, struct buf *out)
{
    struct buf text;
    buf_init(&text, HEARD_MAX);
    enum err e = ERR_NONE;
    struct json_writer json;
    json_write_begin(&json, out);
    json_write_array(&json, "words");
    for (const char *line = lines; !e && line[0] != '.'; line = strchr(line, '\n') + 1) {
        char word[WORD_MAX];
        int from_ms, to_ms;
        if (sscanf(line, "%127s %d %d", word, &from_ms, &to_ms) != 3)
            continue;
        json_write_object(&json, NULL);
        json_write_string(&json, "word", word);
        json_write_number(&json, "start", from_ms / 1000.0);
        json_write_number(&json, "end", to_ms / 1000.0);
        json_write_object_end(&json);
        e = buf_printf(&text, "%s%s", text.len ? " " : "", word);
    }
    json_write_array_end(&json);
    json_write_string(&json, "text", text.data ? text.data : "");
    enum err written = json_write_end(&json);
    buf_release(&text);
    return e ? e : written;
}

enum err recogniser_hear(struct recogniser *recogniser, const void *pcm16, size_t bytes,
                         double patience_ms, struct buf *answer, char *why, size_t why_size)
{
    struct buf sent;
    unsigned char head[4];
    for (int i = 0; i < 4; i++)
        head[i] = (unsigned char)(bytes >> 8 * i);
    buf_init(&sent, bytes + sizeof head);
    buf_clear(&recogniser->heard);
    enum err e = buf_append(&sent, head, sizeof head);
    if (!e)
        e = buf_append(&sent, pcm16, bytes);
    if (!e)
        e = converse(recogniser, &sent, patience_ms, why, why_size);
    if (!e)
        e = write_answer(recogniser->heard.data, answer);
    buf_release(&sent);
    return e;
}

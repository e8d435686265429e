/* A service that answers as a test's script says, on a free port of the loopback, with a thread for
 * each connection. cmocka's headers come first. */
#ifndef DEBATE_ANALYSIS_SERVICE_TESTING_H
#define DEBATE_ANALYSIS_SERVICE_TESTING_H

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FAKE_REQUEST_MAX = 4 * 1024 * 1024 };

struct fake_request {
    unsigned number; /* from 1 */
    const char *head;
    const char *body; /* may hold NULs */
    size_t body_len;
};

struct fake_answer {
    int status;          /* 0: no answer, the connection ends */
    const char *headers; /* "Retry-After: 1\r\n"; NULL: none */
    char body[4096];
    bool hangs;  /* no answer until the service stops */
    int gone_ms; /* after this one nobody listens for so long */
    bool cut;    /* the connection ends in the middle of the body */
};

struct fake_service {
    int listener, port;
    int stop[2]; /* a pipe: closed at its writing end when all is over */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t ended;
    int connections; /* alive */
    unsigned requests;
    int gone_ms; /* asked for by an answer */
    int wake[2];
    /* Called by one thread at a time. */
    void (*script)(const struct fake_request *request, struct fake_answer *answer);
    char base[64];
};

struct fake_connection {
    struct fake_service *service;
    int fd;
};

static inline void fake_listen(struct fake_service *service)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)service->port)};
    socklen_t len = sizeof address;
    int on = 1;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    service->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(service->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(service->listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(service->listener, 64) != 0 ||
        getsockname(service->listener, (struct sockaddr *)&address, &len) != 0)
        abort();
    service->port = ntohs(address.sin_port);
}

/* The whole request in `data`, NUL-terminated; false when the other side goes. */
static inline bool fake_read(int fd, char *data, struct fake_request *request)
{
    size_t len = 0, body_len = 0;
    char *body = NULL;
    while (!body || (size_t)(data + len - body) < body_len) {
        ssize_t got = recv(fd, data + len, FAKE_REQUEST_MAX - len, 0);
        if (got <= 0)
            return false;
        len += (size_t)got;
        data[len] = '\0';
        char *end = body ? NULL : strstr(data, "\r\n\r\n");
        if (!end)
            continue;
        *end = '\0';
        body = end + 4;
        const char *length = strcasestr(data, "\r\nContent-Length:");
        body_len = length ? (size_t)atol(length + 17) : 0;
    }
    request->head = data;
    request->body = body;
    request->body_len = body_len;
    return true;
}

static inline void fake_reply(struct fake_service *service, int fd,
                              const struct fake_answer *answer)
{
    char head[512];
    size_t body_len = strlen(answer->body);
    if (answer->hangs) {
        struct pollfd wait[] = {{.fd = service->stop[0]}, {.fd = fd, .events = POLLRDHUP}};
        poll(wait, 2, -1);
    }
    if (answer->hangs || !answer->status)
        return;
    int len = snprintf(head, sizeof head,
                       "HTTP/1.1 %d Scripted\r\nConnection: close\r\nContent-Length: %zu\r\n%s\r\n",
                       answer->status, body_len, answer->headers ? answer->headers : "");
    send(fd, head, (size_t)len, MSG_NOSIGNAL);
    send(fd, answer->body, answer->cut ? body_len / 2 : body_len, MSG_NOSIGNAL);
}

static inline void *fake_connection_run(void *context)
{
    struct fake_connection *connection = context;
    struct fake_service *service = connection->service;
    char *data = malloc(FAKE_REQUEST_MAX + 1);
    struct fake_request request = {0};
    if (data && fake_read(connection->fd, data, &request)) {
        struct fake_answer answer = {.status = 200};
        pthread_mutex_lock(&service->lock);
        request.number = ++service->requests;
        service->script(&request, &answer);
        service->gone_ms = answer.gone_ms;
        if (answer.gone_ms && write(service->wake[1], "g", 1) != 1)
            abort();
        pthread_mutex_unlock(&service->lock);
        fake_reply(service, connection->fd, &answer);
    }
    free(data);
    close(connection->fd);
    free(connection);
    pthread_mutex_lock(&service->lock);
    service->connections--;
    pthread_cond_signal(&service->ended);
    pthread_mutex_unlock(&service->lock);
    return NULL;
}

static inline void fake_accept(struct fake_service *service)
{
    pthread_t thread;
    struct fake_connection *connection = malloc(sizeof *connection);
    int fd = accept4(service->listener, NULL, NULL, SOCK_CLOEXEC);
    if (!connection || fd < 0) {
        free(connection);
        return;
    }
    *connection = (struct fake_connection){service, fd};
    pthread_mutex_lock(&service->lock);
    service->connections++;
    pthread_mutex_unlock(&service->lock);
    if (pthread_create(&thread, NULL, fake_connection_run, connection) != 0)
        abort();
    pthread_detach(thread);
}

static inline void *fake_run(void *context)
{
    struct fake_service *service = context;
    for (;;) {
        struct pollfd wait[] = {{.fd = service->stop[0]},
                                {.fd = service->listener, .events = POLLIN},
                                {.fd = service->wake[0], .events = POLLIN}};
        char byte;
        poll(wait, 3, -1);
        if (wait[0].revents)
            return NULL;
        if (wait[2].revents && read(service->wake[0], &byte, 1) == 1) {
            close(service->listener);
            poll(wait, 1, service->gone_ms);
            fake_listen(service);
        } else if (wait[1].revents) {
            fake_accept(service);
        }
    }
}

static inline void fake_start(struct fake_service *service,
                              void (*script)(const struct fake_request *, struct fake_answer *))
{
    memset(service, 0, sizeof *service);
    service->script = script;
    pthread_mutex_init(&service->lock, NULL);
    pthread_cond_init(&service->ended, NULL);
    fake_listen(service);
    snprintf(service->base, sizeof service->base, "http://127.0.0.1:%d/v1", service->port);
    if (pipe(service->stop) != 0 || pipe(service->wake) != 0 ||
        pthread_create(&service->thread, NULL, fake_run, service) != 0)
        abort();
}

static inline void fake_stop(struct fake_service *service)
{
    close(service->stop[1]);
    pthread_join(service->thread, NULL);
    pthread_mutex_lock(&service->lock);
    while (service->connections > 0)
        pthread_cond_wait(&service->ended, &service->lock);
    pthread_mutex_unlock(&service->lock);
    close(service->stop[0]);
    close(service->wake[0]);
    close(service->wake[1]);
    close(service->listener);
    pthread_cond_destroy(&service->ended);
    pthread_mutex_destroy(&service->lock);
}

/* Whether the request's body holds this text, which may be behind a NUL. */
static inline bool fake_body_has(const struct fake_request *request, const char *text)
{
    return memmem(request->body, request->body_len, text, strlen(text)) != NULL;
}

#endif

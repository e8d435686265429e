/* For server_load_bench and server_soak_test: `debate serve` as a black box on one core, and as
 * many WebSocket clients (RFC 6455) as it takes, on the other. They cost little: one thread, epoll,
 * frames that are masked with zeros, JSON that is looked at but not parsed.
 *
 * What goes wrong ends the program: it is of use to nobody then. */
#ifndef DEBATE_SERVER_SERVER_LOAD_BENCH_H
#define DEBATE_SERVER_SERVER_LOAD_BENCH_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/folder_testing.h"
#include "base/str.h"
#include "crypto/hash.h"

enum {
    LOAD_SEATS = 3,
    LOAD_TIMEOUT_MS = 60000, /* a step that takes longer has failed */
    LOAD_TEXT = 2048,        /* a request, or a message that is sent */
    LOAD_INPUT = 64 * 1024,
    OP_TEXT = 1, /* RFC 6455, section 5.2 */
    OP_CLOSE = 8,
    OP_PING = 9,
    OP_PONG = 10
};

static const char load_secret[] = "a secret for benches, which is long enough";

enum client_state { CLIENT_IDLE, CLIENT_UPGRADING, CLIENT_OPEN };

struct client {
    int fd;
    enum client_state state;
    unsigned room, seat;
    bool is_signaling, is_on;
    unsigned stage;  /* what the mode makes of it */
    int64_t came_ns; /* when the kernel got the last of what was read, CLOCK_REALTIME; or 0 */
    char *rest;      /* the start of a frame whose end is yet to come */
    size_t rest_len;
};

struct load;
typedef void load_text_fn(struct load *load, struct client *client, const char *text, size_t len);
typedef void load_client_fn(struct load *load, struct client *client);

struct load {
    pid_t pid;
    int port, epoll;
    char folder[64];
    char (*sessions)[80]; /* by room */
    unsigned rooms;
    struct client *clients;
    size_t client_count, open, gone;
    const char *agenda; /* of the rooms that are made; NULL: none */
    bool stamps;        /* ask the kernel when it got what */
    load_text_fn *on_text;
    load_client_fn *on_open, *on_gone, *on_refused; /* NULL: what must not happen */
    uint64_t count, wanted;                         /* the mode's */
};

static inline void __attribute__((format(printf, 1, 2), noreturn)) give_up(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "server_load_bench: ");
    vfprintf(stderr, format, args);
    fprintf(stderr, "\n");
    va_end(args);
    exit(1); /* the server dies with its parent */
}

static inline int64_t now_ns(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static inline double now_s(void)
{
    return (double)now_ns(CLOCK_MONOTONIC) / 1e9;
}

/* ---- the server ---- */

static inline void pin(int core)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(core, &set);
    if (sysconf(_SC_NPROCESSORS_ONLN) > 1)
        (void)sched_setaffinity(0, sizeof set, &set);
}

static inline void load_exec(const struct load *load, const char *countdown, const char *rate_limit,
                             int out)
{
    const char *program = getenv("DEBATE_BIN");
    char data[80], secret[80];
    snprintf(data, sizeof data, "%s/data", load->folder);
    snprintf(secret, sizeof secret, "%s/secret", load->folder);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    pin(0);
    dup2(out, STDOUT_FILENO);
    execl(program, program, "serve", "--listen", "127.0.0.1:0", "--data", data, "--secret-file",
          secret, "--countdown", countdown, rate_limit ? "--rate-limit" : NULL, rate_limit,
          (char *)NULL);
    perror(program);
    _exit(127);
}

/* `rate_limit`: messages a second of one socket, "0" for any number, NULL for the usual one. */
static inline void load_start(struct load *load, const char *countdown, const char *rate_limit)
{
    char path[80], said[256] = "";
    int ends[2];
    const char *base = getenv("TMPDIR");
    *load = (struct load){0};
    snprintf(load->folder, sizeof load->folder, "%.30s/debate-load-XXXXXX", base ? base : "/tmp");
    if (!mkdtemp(load->folder))
        give_up("%s: %s", load->folder, strerror(errno));
    snprintf(path, sizeof path, "%s/secret", load->folder);
    FILE *file = fopen(path, "wx");
    if (!file || fputs(load_secret, file) < 0 || fclose(file) || pipe(ends))
        give_up("%s: %s", path, strerror(errno));
    fflush(NULL);
    load->pid = fork();
    if (load->pid == 0)
        load_exec(load, countdown, rate_limit, ends[1]);
    close(ends[1]);
    FILE *out = fdopen(ends[0], "r");
    if (!out || !fgets(said, sizeof said, out) ||
        sscanf(said, "listening on http://127.0.0.1:%d", &load->port) != 1)
        give_up("debate serve says: %s", said);
    fclose(out);
    load->epoll = epoll_create1(EPOLL_CLOEXEC);
}

static inline void load_stop(struct load *load)
{
    for (size_t i = 0; i < load->client_count; i++) {
        if (load->clients[i].state != CLIENT_IDLE)
            close(load->clients[i].fd);
        free(load->clients[i].rest);
    }
    free(load->clients);
    free(load->sessions);
    close(load->epoll);
    kill(load->pid, SIGKILL);
    waitpid(load->pid, NULL, 0);
    folder_remove(load->folder);
}

/* utime and stime of all its threads, seconds. */
static inline double load_cpu_s(const struct load *load)
{
    char path[64], line[1024] = "";
    unsigned long user = 0, system = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", (int)load->pid);
    FILE *file = fopen(path, "r");
    const char *after = file && fgets(line, sizeof line, file) ? strrchr(line, ')')
                                                               : NULL; /* its name may hold any */
    if (!after || sscanf(after + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
                         &system) != 2)
        give_up("the server is gone");
    fclose(file);
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

static inline double load_rss_bytes(const struct load *load)
{
    char path[64], line[256];
    long kb = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)load->pid);
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file) && sscanf(line, "VmRSS: %ld", &kb) != 1)
        ;
    if (!file || !kb)
        give_up("the server is gone");
    fclose(file);
    return (double)kb * 1024;
}

/* ---- tokens and rooms ---- */

static inline void load_token(unsigned room, unsigned seat, char out[512])
{
    static const char header[] = "{\"alg\":\"HS256\",\"typ\":\"JWT\"}";
    char claims[128];
    uint8_t mac[SHA256_SIZE];
    snprintf(claims, sizeof claims, "{\"sub\":\"user-%u-%u\",\"exp\":%lld,\"name\":\"Speaker %u\"}",
             room, seat, (long long)time(NULL) + 3600, seat + 1);
    base64url_encode((const uint8_t *)header, strlen(header), out);
    size_t len = strlen(out);
    out[len++] = '.';
    base64url_encode((const uint8_t *)claims, strlen(claims), out + len);
    if (hmac_sha256((const uint8_t *)load_secret, strlen(load_secret), out, strlen(out), mac))
        give_up("no HMAC");
    len = strlen(out);
    out[len++] = '.';
    base64url_encode(mac, sizeof mac, out + len);
}

/* Blocks no longer than a handshake with oneself does. */
static inline int load_dial(const struct load *load)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)load->port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to))
        give_up("connect: %s", strerror(errno));
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (load->stamps)
        setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    return fd;
}

static inline void load_make_room(struct load *load, int fd, unsigned room)
{
    char token[512], body[512], text[LOAD_TEXT];
    load_token(room, 0, token);
    snprintf(body, sizeof body, "{\"code\":\"room-%u\",\"seats\":%d%s%s}", room, LOAD_SEATS,
             load->agenda ? ",\"agenda\":" : "", load->agenda ? load->agenda : "");
    int len = snprintf(text, sizeof text,
                       "POST /api/rooms HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n"
                       "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                       token, strlen(body), body);
    if (send(fd, text, (size_t)len, MSG_NOSIGNAL) != len)
        give_up("send: %s", strerror(errno));
    size_t got = 0;
    const char *id = NULL, *end = NULL;
    /* The end of the object's last member: it is all there. */
    while (!id || !end || text[got - 1] != '}') {
        ssize_t count = recv(fd, text + got, sizeof text - 1 - got, 0);
        if (count <= 0)
            give_up("no room was made: %.*s", (int)got, text);
        text[got += (size_t)count] = '\0';
        id = strstr(text, "\"session_id\":\"");
        end = id ? strchr(id + 14, '"') : NULL;
    }
    snprintf(load->sessions[room], sizeof *load->sessions, "%.*s", (int)(end - id - 14), id + 14);
}

static inline void load_make_rooms(struct load *load, unsigned rooms)
{
    load->rooms = rooms;
    load->sessions = calloc(rooms, sizeof *load->sessions);
    if (!load->sessions)
        give_up("no memory");
    int fd = load_dial(load);
    for (unsigned i = 0; i < rooms; i++)
        load_make_room(load, fd, i);
    close(fd);
}

/* ---- clients ---- */

/* The clients of all rooms, LOAD_SEATS each, in order; `sockets` is how many each has. */
static inline void load_make_clients(struct load *load, size_t count)
{
    load->clients = calloc(count, sizeof *load->clients);
    if (!load->clients)
        give_up("no memory");
    load->client_count = count;
    for (size_t i = 0; i < count; i++) {
        load->clients[i].room = (unsigned)(i / LOAD_SEATS) % load->rooms;
        load->clients[i].seat = (unsigned)(i % LOAD_SEATS);
    }
}

/* A request to become a WebSocket; its answer comes in load_pump. */
static inline void load_connect(struct load *load, struct client *client)
{
    char token[512], target[160], text[LOAD_TEXT];
    load_token(client->room, client->seat, token);
    if (client->is_signaling)
        snprintf(target, sizeof target, "/ws/signaling?room_code=room-%u&", client->room);
    else
        snprintf(target, sizeof target, "/ws/voice/%s?", load->sessions[client->room]);
    int len = snprintf(text, sizeof text,
                       "GET %stoken=%s HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
                       "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                       "Sec-WebSocket-Version: 13\r\n\r\n",
                       target, token);
    client->fd = load_dial(load);
    client->state = CLIENT_UPGRADING;
    fcntl(client->fd, F_SETFL, O_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};
    if (send(client->fd, text, (size_t)len, MSG_NOSIGNAL) != len ||
        epoll_ctl(load->epoll, EPOLL_CTL_ADD, client->fd, &event))
        give_up("connect: %s", strerror(errno));
}

static inline void load_frame(struct client *client, unsigned opcode, const char *data, size_t len)
{
    unsigned char frame[LOAD_TEXT];
    size_t at = 0;
    frame[at++] = (unsigned char)(0x80 | opcode);
    if (len < 126) {
        frame[at++] = (unsigned char)(0x80 | len);
    } else {
        frame[at++] = 0x80 | 126;
        frame[at++] = (unsigned char)(len >> 8);
        frame[at++] = (unsigned char)len;
    }
    memcpy(frame + at, "\1\2\3\4", 4);
    for (size_t i = 0; i < len; i++)
        frame[at + 4 + i] = (unsigned char)data[i] ^ frame[at + i % 4];
    at += 4 + len;
    /* A client never has so much under way that the kernel would not take it; that the other side
     * has gone is seen when it is read. */
    if (send(client->fd, frame, at, MSG_NOSIGNAL) != (ssize_t)at && errno != EPIPE &&
        errno != ECONNRESET)
        give_up("send: %s", strerror(errno));
}

static inline void load_text(struct client *client, const char *text)
{
    load_frame(client, OP_TEXT, text, strlen(text));
}

static inline void load_leave(struct client *client)
{
    static const char normal[] = {0x03, (char)0xe8}; /* 1000 */
    load_frame(client, OP_CLOSE, normal, sizeof normal);
}

static inline bool load_says(const char *text, size_t len, const char *type)
{
    size_t type_len = strlen(type);
    return len > 10 + type_len && memcmp(text, "{\"type\":\"", 9) == 0 &&
           memcmp(text + 9, type, type_len) == 0 && text[9 + type_len] == '"';
}

static inline void load_gone(struct load *load, struct client *client)
{
    close(client->fd);
    load->open -= client->state == CLIENT_OPEN;
    client->state = CLIENT_IDLE;
    client->rest_len = 0;
    load->gone++;
    if (!load->on_gone)
        give_up("the server has closed a connection of room %u", client->room);
    load->on_gone(load, client);
}

/* Takes the frames that are there in full; returns how many bytes they were. */
static inline size_t load_take_frames(struct load *load, struct client *client, char *data,
                                      size_t len)
{
    size_t at = 0;
    while (len - at >= 2) {
        const unsigned char *head = (const unsigned char *)data + at;
        size_t size = head[1], header = 2;
        if (size == 126 && len - at >= 4) {
            size = (size_t)head[2] << 8 | head[3];
            header = 4;
        } else if (size >= 126) {
            break;
        }
        if (len - at < header + size)
            break;
        char *payload = data + at + header;
        at += header + size;
        if ((head[0] & 15) == OP_TEXT && load->on_text)
            load->on_text(load, client, payload, size);
        else if ((head[0] & 15) == OP_PING)
            load_frame(client, OP_PONG, payload, size);
        else if ((head[0] & 15) == OP_CLOSE && !load->on_gone)
            give_up("closed with %d", size >= 2 ? (payload[0] & 255) << 8 | (payload[1] & 255) : 0);
    }
    return at;
}

static inline ssize_t load_recv(struct load *load, struct client *client, char *data, size_t size)
{
    if (!load->stamps)
        return recv(client->fd, data, size, 0);
    char control[128];
    struct iovec part = {.iov_base = data, .iov_len = size};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof control};
    ssize_t count = recvmsg(client->fd, &message, 0);
    client->came_ns = 0;
    for (struct cmsghdr *c = count > 0 ? CMSG_FIRSTHDR(&message) : NULL; c;
         c = CMSG_NXTHDR(&message, c)) {
        struct timespec t;
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
            memcpy(&t, CMSG_DATA(c), sizeof t);
            client->came_ns = t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
        }
    }
    return count;
}

static inline void load_read(struct load *load, struct client *client)
{
    static char data[LOAD_INPUT];
    memcpy(data, client->rest ? client->rest : "", client->rest_len);
    ssize_t count =
        load_recv(load, client, data + client->rest_len, sizeof data - 1 - client->rest_len);
    if (count < 0 && errno == EAGAIN)
        return;
    if (count <= 0) {
        load_gone(load, client);
        return;
    }
    size_t len = client->rest_len + (size_t)count, at = 0;
    data[len] = '\0';
    if (client->state == CLIENT_UPGRADING) {
        const char *end = strstr(data, "\r\n\r\n");
        if (end && strncmp(data, "HTTP/1.1 101", 12) != 0) {
            if (!load->on_refused)
                give_up("refused: %s", data);
            close(client->fd);
            client->state = CLIENT_IDLE;
            client->rest_len = 0;
            load->on_refused(load, client);
            return;
        }
        if (end) {
            at = (size_t)(end + 4 - data);
            client->state = CLIENT_OPEN;
            load->open++;
            if (load->on_open)
                load->on_open(load, client);
        }
    }
    if (client->state == CLIENT_OPEN)
        at += load_take_frames(load, client, data + at, len - at);
    free(client->rest);
    client->rest_len = len - at;
    client->rest = client->rest_len ? malloc(client->rest_len) : NULL;
    if (client->rest)
        memcpy(client->rest, data + at, client->rest_len);
}

/* Handles what has come; waits `timeout_ms` for something. */
static inline void load_pump(struct load *load, int timeout_ms)
{
    struct epoll_event events[256];
    int count = epoll_wait(load->epoll, events, 256, timeout_ms);
    for (int i = 0; i < count; i++)
        load_read(load, events[i].data.ptr);
}

/* Pumps until `*value` is at least `wanted`. */
static inline void load_until(struct load *load, const uint64_t *value, uint64_t wanted,
                              const char *what)
{
    double end = now_s() + LOAD_TIMEOUT_MS / 1e3;
    while (*value < wanted) {
        load_pump(load, 100);
        if (now_s() > end)
            give_up("%s: only %llu of %llu", what, (unsigned long long)*value,
                    (unsigned long long)wanted);
    }
}

static inline void load_for(struct load *load, double seconds)
{
    double end = now_s() + seconds, left;
    while ((left = end - now_s()) > 0)
        load_pump(load, (int)(left * 1e3) + 1);
}

#endif

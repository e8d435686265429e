/* For the tests of `debate serve`: HTTP/1.1 on a plain socket, whatever a test wants to send.
 *
 * Every answer must be well-formed and complete within PATIENCE_MS. */
#ifndef DEBATE_SERVER_HTTP_TESTING_H
#define DEBATE_SERVER_HTTP_TESTING_H

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/tcp.h> /* its tcp_info counts packets */
#include <netinet/in.h>
#include <strings.h>
#include <sys/socket.h>

#include "server/server_testing.h"

struct answer {
    int status;       /* 0 when the connection ended without an answer */
    const char *head; /* the status line and the headers */
    const char *body;
    size_t body_len;
    const struct json *json; /* the body, when it is JSON */
};

/* A connection to the server; with `is_small` one that takes little at a time, so that the
 * kernel holds next to nothing for a client which does not read. */
static inline int connect_sized(bool is_small)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)server.port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int on = 1, buffer = 4096, segment = 536;
    assert_true(fd >= 0);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (is_small) {
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
        setsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &segment, sizeof segment);
    }
    if (connect(fd, (struct sockaddr *)&to, sizeof to) != 0)
        fail_here("connect: %s", strerror(errno));
    assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    return fd;
}

static inline bool wait_for(int fd, short events, int64_t end)
{
    struct pollfd waiting = {.fd = fd, .events = events};
    int64_t left = end - clock_ms();
    return poll(&waiting, 1, left > 0 ? (int)left : 0) > 0;
}

/* False when the other side takes no more. */
static inline bool send_bytes(int fd, const void *bytes, size_t len)
{
    const char *from = bytes;
    int64_t end = clock_ms() + PATIENCE_MS;
    while (len > 0) {
        ssize_t count = send(fd, from, len, MSG_NOSIGNAL);
        if (count < 0 && errno != EAGAIN)
            return false;
        if (count < 0 && !wait_for(fd, POLLOUT, end))
            fail_here("the server reads nothing");
        if (count > 0) {
            from += count;
            len -= (size_t)count;
        }
    }
    return true;
}

/* Sends what the server takes; an answer that comes while it still takes is left to be read. */
static inline void send_request(int fd, const void *bytes, size_t len)
{
    send_bytes(fd, bytes, len);
}

/* The value of a header, kept; NULL when there is none. */
static inline const char *header_of(const struct answer *answer, const char *name)
{
    size_t name_len = strlen(name);
    for (const char *line = strstr(answer->head, "\r\n"); line; line = strstr(line, "\r\n")) {
        line += 2;
        if (strncasecmp(line, name, name_len) == 0 && line[name_len] == ':') {
            line += name_len + 1;
            line += strspn(line, " \t");
            return text("%.*s", (int)strcspn(line, "\r"), line);
        }
    }
    return NULL;
}

/* Undoes chunks in place; -1 when they are not all there yet. */
static inline ssize_t unchunk(char *body, size_t len)
{
    size_t from = 0, to = 0;
    for (;;) {
        char *line_end = memmem(body + from, len - from, "\r\n", 2);
        if (!line_end)
            return -1;
        size_t size = strtoul(body + from, NULL, 16);
        from = (size_t)(line_end - body) + 2;
        if (from + size + 2 > len)
            return -1;
        memmove(body + to, body + from, size);
        to += size;
        from += size + 2;
        if (size == 0)
            return (ssize_t)to;
    }
}

/* How many bytes of body there must be: SIZE_MAX when it goes on to the end of the connection. */
static inline size_t body_expected(const struct answer *answer, bool is_head)
{
    const char *length = header_of(answer, "Content-Length");
    if (is_head || answer->status == 204 || answer->status == 304 || answer->status < 200)
        return 0;
    return length ? strtoul(length, NULL, 10) : SIZE_MAX;
}

/* Takes one answer off the front of `in`; false when more must come. */
static inline bool answer_take(struct buf *in, bool is_head, bool is_end, struct answer *out)
{
    char *head_end = in->len ? memmem(in->data, in->len, "\r\n\r\n", 4) : NULL;
    if (!head_end)
        return false;
    size_t head_len = (size_t)(head_end - in->data) + 4, there = in->len - head_len;
    struct answer answer = {.head = text("%.*s", (int)head_len, in->data)};
    /* Libraries for WebSockets read no other version, in a refusal neither. */
    if (sscanf(answer.head, "HTTP/1.1 %d", &answer.status) != 1)
        fail_here("no HTTP: %s", answer.head);
    const char *coding = header_of(&answer, "Transfer-Encoding");
    char *body = keep_zalloc(there + 1);
    memcpy(body, in->data + head_len, there);
    size_t expected = body_expected(&answer, is_head), used = expected;
    if (expected && coding && strcasecmp(coding, "chunked") == 0) {
        ssize_t len = unchunk(body, there);
        if (len < 0)
            return false;
        expected = (size_t)len;
        used = there;
    } else if (expected == SIZE_MAX) {
        if (!is_end)
            return false;
        expected = used = there;
    } else if (there < expected) {
        return false;
    }
    body[expected] = '\0';
    answer.body = body;
    answer.body_len = expected;
    answer.json = parse(body, expected);
    buf_consume(in, head_len + used);
    *out = answer;
    return true;
}

/* Reads one answer, interim ones left out; what follows it stays in `in`. Status 0 when the
 * connection ended first. */
static inline struct answer answer_read(int fd, struct buf *in, bool is_head)
{
    struct answer answer = {.head = "", .body = ""};
    int64_t end = clock_ms() + PATIENCE_MS;
    char part[65536];
    bool is_end = false;
    for (;;) {
        if (answer_take(in, is_head, is_end, &answer)) {
            if (answer.status == 101 || answer.status >= 200)
                return answer;
            continue;
        }
        if (is_end)
            return (struct answer){.head = "", .body = ""};
        if (!wait_for(fd, POLLIN, end))
            fail_here("no whole answer within %d ms; so far: %.*s", PATIENCE_MS, (int)in->len,
                      in->data ? in->data : "");
        ssize_t count = recv(fd, part, sizeof part, 0);
        if (count > 0)
            assert_int_equal(buf_append(in, part, (size_t)count), ERR_NONE);
        else if (count == 0 || errno != EAGAIN)
            is_end = true;
    }
}

/* Any bytes, on a connection of their own. */
static inline struct answer http_bytes(const void *request, size_t len)
{
    struct buf in;
    int fd = connect_sized(false);
    buf_init(&in, 64 * 1024 * 1024);
    send_request(fd, request, len);
    struct answer answer = answer_read(fd, &in, len > 5 && memcmp(request, "HEAD ", 5) == 0);
    buf_release(&in);
    close(fd);
    return answer;
}

/* `headers` are whole lines, each with its CRLF; `body` may be NULL, `token` too. */
static inline struct answer http_with(const char *method, const char *path, const char *token,
                                      const char *headers, const void *body, size_t len)
{
    struct buf request;
    buf_init(&request, 64 * 1024 * 1024);
    buf_printf(&request, "%s %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: close\r\n", method,
               path, server.port);
    if (token)
        buf_printf(&request, "Authorization: Bearer %s\r\n", token);
    if (body)
        buf_printf(&request, "Content-Length: %zu\r\n", len);
    buf_printf(&request, "%s\r\n", headers);
    if (body)
        (void)buf_append(&request, body, len);
    assert_false(request.failed);
    struct answer answer = http_bytes(request.data, request.len);
    buf_release(&request);
    return answer;
}

static inline struct answer get(const char *path, const char *token)
{
    return http_with("GET", path, token, "", NULL, 0);
}

static inline struct answer post(const char *path, const char *token, const char *body)
{
    return http_with("POST", path, token, "Content-Type: application/json\r\n", body, strlen(body));
}

static inline struct answer want_status_(struct answer answer, int status)
{
    if (answer.status != status)
        fail_here("status %d, not %d: %s%.1000s", answer.status, status, answer.head, answer.body);
    return answer;
}

/* The status, and a JSON body that says why to machines and to people. */
static inline struct answer want_refusal_(struct answer answer, int status, const char *code)
{
    want_status_(answer, status);
    const char *type = header_of(&answer, "Content-Type");
    if (!type || strncasecmp(type, "application/json", 16) != 0)
        fail_here("a refusal of type %s", type ? type : "none");
    want_types_(answer.json, "ss", "error.code error.message");
    want_(answer.json, "error.code", code);
    if (!*shown(answer.json, "error.message"))
        fail_here("an empty message");
    return answer;
}

/* 400 `bad_request`, with the field's name in the message. */
static inline struct answer want_bad_field_(struct answer answer, const char *field)
{
    want_refusal_(answer, 400, "bad_request");
    if (!strstr(shown(answer.json, "error.message"), field))
        fail_here("%s is not named: %s", field, answer.body);
    return answer;
}

#define want_status(answer, status) (here(__FILE__, __LINE__), want_status_(answer, status))
#define want_refusal(answer, status, code)                                                         \
    (here(__FILE__, __LINE__), want_refusal_(answer, status, code))
#define want_bad_field(answer, field) (here(__FILE__, __LINE__), want_bad_field_(answer, field))

#endif

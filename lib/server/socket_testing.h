/* For the tests of `debate serve`: a WebSocket client (RFC 6455) on plain sockets, whatever a test
 * wants to send.
 *
 * One call of socket_pump reads for all open sockets and answers the server's pings, so that a
 * test may wait at one and keep the others alive. What the server sends is held against the RFC and
 * the protocol's order of events as it comes. */
#ifndef DEBATE_SERVER_SOCKET_TESTING_H
#define DEBATE_SERVER_SOCKET_TESTING_H

#include "server/http_testing.h"

enum { SOCKETS_MAX = 512, CLOSED_WITHOUT_CODE = 1005, CUT = 1006 };
enum { OP_MORE = 0, OP_TEXT = 1, OP_BINARY = 2, OP_CLOSE = 8, OP_PING = 9, OP_PONG = 10 };

struct message {
    struct message *next;
    const char *text;
    const struct json *json;
    int64_t at_us; /* when it came, by CLOCK_REALTIME */
};

struct socket {
    struct socket *next;
    int fd;            /* -1 when the connection is over */
    bool is_deaf;      /* reads nothing */
    bool is_mute;      /* answers no pings */
    bool keeps_open;   /* answers no close */
    bool is_signaling; /* events have no numbers there */
    struct buf in, whole;
    struct message *first, **last;
    int code; /* that it was closed with; CUT when the connection ended without one */
    int64_t over_ms;
    int pings; /* of the server */
    int pongs; /* and the last one */
    char pong[128];
    int64_t seq, ts; /* of the last event; -1 before `welcome` */
    int64_t last_seq_sent;
};
static struct socket *all_sockets;

static inline void release_socket(void *what)
{
    struct socket *socket = what;
    struct socket **link = &all_sockets;
    while (*link != socket)
        link = &(*link)->next;
    *link = socket->next;
    if (socket->fd >= 0)
        close(socket->fd);
    buf_release(&socket->in);
    buf_release(&socket->whole);
    free(socket);
}

/* ---- sending ---- */

static inline void frame_print(struct buf *out, unsigned first, const void *bytes, size_t len)
{
    static const unsigned char mask[4] = {0x12, 0xf3, 0x56, 0x78};
    unsigned char head[14] = {(unsigned char)first};
    size_t size = 2;
    if (len < 126) {
        head[1] = (unsigned char)(0x80 | len);
    } else if (len < 65536) {
        head[1] = 0x80 | 126;
        head[2] = (unsigned char)(len >> 8);
        head[3] = (unsigned char)len;
        size = 4;
    } else {
        head[1] = 0x80 | 127;
        for (int i = 0; i < 8; i++)
            head[2 + i] = (unsigned char)((uint64_t)len >> (56 - 8 * i));
        size = 10;
    }
    memcpy(head + size, mask, 4);
    assert_int_equal(buf_append(out, head, size + 4), ERR_NONE);
    assert_int_equal(buf_reserve(out, len), ERR_NONE);
    for (size_t i = 0; i < len; i++)
        out->data[out->len + i] = (char)(((const unsigned char *)bytes)[i] ^ mask[i % 4]);
    out->len += len;
}

static inline void socket_pump(int timeout_ms);

/* Sends bytes as they are, and reads meanwhile. */
static inline void socket_send_bytes(struct socket *socket, const void *bytes, size_t len)
{
    const char *from = bytes;
    int64_t end = clock_ms() + PATIENCE_MS;
    while (len > 0 && socket->fd >= 0) {
        ssize_t count = send(socket->fd, from, len, MSG_NOSIGNAL);
        if (count < 0 && errno != EAGAIN)
            return; /* reading says why */
        if (count > 0) {
            from += count;
            len -= (size_t)count;
        } else if (clock_ms() > end) {
            fail_here("the server reads nothing");
        } else {
            socket_pump(0);
            if (socket->fd >= 0)
                wait_for(socket->fd, POLLOUT, clock_ms() + 20);
        }
    }
}

/* `first` is the first byte: 0x80 for the last fragment, and the opcode. */
static inline void send_frame(struct socket *socket, unsigned first, const void *bytes, size_t len)
{
    struct buf frame;
    buf_init(&frame, 8 * 1024 * 1024);
    frame_print(&frame, first, bytes, len);
    socket_send_bytes(socket, frame.data, frame.len);
    buf_release(&frame);
}

static inline void __attribute__((format(printf, 2, 3)))
send_text(struct socket *socket, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *made = text_from(format, args);
    va_end(args);
    send_frame(socket, 0x80 | OP_TEXT, made, strlen(made));
}

static inline void send_close(struct socket *socket, int code)
{
    unsigned char bytes[2] = {(unsigned char)(code >> 8), (unsigned char)code};
    send_frame(socket, 0x80 | OP_CLOSE, bytes, sizeof bytes);
}

/* ---- receiving ---- */

/* Events: numbered without gaps or repeats, in time that does not go back. */
static inline void check_order(struct socket *socket, const struct message *message)
{
    const struct json *json = message->json;
    const char *type = shown(json, "type");
    if (strcmp(type, "welcome") == 0) {
        socket->seq = (int64_t)number(json, "data.seq");
        if (socket->last_seq_sent >= 0)
            socket->seq = is_there(json, "data.reset") ? 0 : socket->last_seq_sent;
    } else if (!is_there(json, "seq")) {
        if (strcmp(type, "ack") != 0 && strcmp(type, "error") != 0 && strcmp(type, "pong") != 0)
            fail_here("neither an event nor an answer: %s", message->text);
    } else {
        int64_t seq = (int64_t)number(json, "seq"), ts = (int64_t)number(json, "ts");
        if (socket->seq < 0 || seq != socket->seq + 1)
            fail_here("event %ld after %ld: %s", (long)seq, (long)socket->seq, message->text);
        if (ts < socket->ts)
            fail_here("time goes back from %ld: %s", (long)socket->ts, message->text);
        if (type_at(json, "data") != 'o' || strchr(shown(json, "ts"), '.'))
            fail_here("not an event's form: %s", message->text);
        socket->seq = seq;
        socket->ts = ts;
    }
}

/* An answer of the client itself, while it reads: not worth waiting for. */
static inline void reply(struct socket *socket, unsigned opcode, const void *bytes, size_t len)
{
    struct buf frame;
    buf_init(&frame, 200);
    frame_print(&frame, 0x80 | opcode, bytes, len);
    if (send(socket->fd, frame.data, frame.len, MSG_NOSIGNAL) < 0)
        print_message("no answer to opcode %u: %s\n", opcode, strerror(errno));
    buf_release(&frame);
}

static inline void take_message(struct socket *socket)
{
    struct message *message = keep_zalloc(sizeof *message);
    if (!socket->whole.data || !utf8_valid(socket->whole.data, socket->whole.len))
        fail_here("the server sent a text that is empty or not UTF-8");
    message->at_us = wall_us();
    message->text = text("%s", socket->whole.data);
    message->json = parse(socket->whole.data, socket->whole.len);
    buf_clear(&socket->whole);
    if (type_at(message->json, "type") != 's')
        fail_here("the server sent %s", message->text);
    if (!socket->is_signaling)
        check_order(socket, message);
    *socket->last = message;
    socket->last = &message->next;
}

static inline void take_frame(struct socket *socket, unsigned first, const unsigned char *bytes,
                              size_t len)
{
    unsigned opcode = first & 0x0f;
    if (first & 0x70 || (opcode >= 8 && (!(first & 0x80) || len > 125)) || opcode == OP_BINARY)
        fail_here("the server sent a frame 0x%02x of %zu bytes", first, len);
    if (socket->code)
        fail_here("the server sent a frame after its close");
    if (opcode == OP_PING) {
        socket->pings++;
        if (!socket->is_mute)
            reply(socket, OP_PONG, bytes, len);
    } else if (opcode == OP_PONG) {
        socket->pongs++;
        memcpy(socket->pong, bytes, len);
        socket->pong[len] = '\0';
    } else if (opcode == OP_CLOSE) {
        socket->code = len >= 2 ? bytes[0] << 8 | bytes[1] : CLOSED_WITHOUT_CODE;
        socket->over_ms = clock_ms();
        if (!socket->keeps_open)
            reply(socket, OP_CLOSE, bytes, len >= 2 ? 2 : 0);
    } else {
        if ((opcode == OP_TEXT) != (socket->whole.len == 0))
            fail_here("the server's fragments are out of order");
        assert_int_equal(buf_append(&socket->whole, bytes, len), ERR_NONE);
        if (first & 0x80)
            take_message(socket);
    }
}

/* Takes the frames that are whole. */
static inline void take_frames(struct socket *socket)
{
    while (socket->in.len >= 2) {
        const unsigned char *at = (const unsigned char *)socket->in.data;
        size_t head = 2, len = at[1] & 0x7f;
        if (at[1] & 0x80)
            fail_here("the server masks its frames");
        if (len >= 126) {
            size_t more = len == 126 ? 2 : 8;
            if (socket->in.len < head + more)
                return;
            len = 0;
            for (size_t i = 0; i < more; i++)
                len = len << 8 | at[head + i];
            head += more;
        }
        if (socket->in.len < head + len)
            return;
        take_frame(socket, at[0], at + head, len);
        buf_consume(&socket->in, head + len);
    }
}

static inline void socket_read(struct socket *socket)
{
    char part[65536];
    ssize_t count = recv(socket->fd, part, sizeof part, 0);
    if (count > 0) {
        assert_int_equal(buf_append(&socket->in, part, (size_t)count), ERR_NONE);
        take_frames(socket);
    } else if (count == 0 || errno != EAGAIN) {
        close(socket->fd);
        socket->fd = -1;
        if (!socket->code) {
            socket->code = CUT;
            socket->over_ms = clock_ms();
        }
    }
}

/* Reads what has come on any socket; waits at most `timeout_ms` for it. */
static inline void socket_pump(int timeout_ms)
{
    struct pollfd waiting[SOCKETS_MAX];
    struct socket *sockets[SOCKETS_MAX];
    nfds_t count = 0;
    for (struct socket *socket = all_sockets; socket; socket = socket->next) {
        if (socket->fd < 0 || socket->is_deaf)
            continue;
        assert_true(count < SOCKETS_MAX);
        waiting[count] = (struct pollfd){.fd = socket->fd, .events = POLLIN};
        sockets[count++] = socket;
    }
    if (poll(waiting, count, timeout_ms) <= 0)
        return;
    for (nfds_t i = 0; i < count; i++)
        if (waiting[i].revents && sockets[i]->fd >= 0)
            socket_read(sockets[i]);
}

/* Reads for this long, whatever comes. */
static inline void pass_time(int64_t ms)
{
    int64_t end = clock_ms() + ms;
    for (int64_t left; (left = end - clock_ms()) > 0;)
        socket_pump((int)left);
}

/* ---- opening ---- */

static inline const char *handshake(const char *path, const char *headers)
{
    return text("GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: "
                "Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                "Sec-WebSocket-Version: 13\r\n%s\r\n",
                path, server.port, headers);
}

/* The answer to a handshake that shall be refused. */
static inline struct answer socket_refused(const char *path, const char *token)
{
    const char *bearer = token ? text("Authorization: Bearer %s\r\n", token) : "";
    const char *request = handshake(path, bearer);
    struct answer answer = http_bytes(request, strlen(request));
    if (answer.status == 101)
        fail_here("101 where a refusal was due");
    return answer;
}

static inline struct socket *socket_open_with(const char *path, const char *headers, bool is_small)
{
    const char *request = handshake(path, headers);
    struct socket *socket = calloc(1, sizeof *socket);
    assert_non_null(socket);
    *socket = (struct socket){.next = all_sockets, .seq = -1, .last_seq_sent = -1};
    socket->fd = connect_sized(is_small);
    socket->last = &socket->first;
    socket->is_signaling = strncmp(path, "/ws/signaling", 13) == 0;
    buf_init(&socket->in, 64 * 1024 * 1024);
    buf_init(&socket->whole, 16 * 1024 * 1024);
    all_sockets = socket;
    keep(socket, release_socket);
    send_bytes(socket->fd, request, strlen(request));
    struct answer answer = answer_read(socket->fd, &socket->in, false);
    want_status_(answer, 101);
    const char *accept = header_of(&answer, "Sec-WebSocket-Accept");
    if (!accept || strcmp(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") != 0)
        fail_here("Sec-WebSocket-Accept is %s", accept ? accept : "absent");
    take_frames(socket);
    return socket;
}

static inline struct socket *socket_open(const char *path, const char *token)
{
    return socket_open_with(path, text("Authorization: Bearer %s\r\n", token), false);
}

/* Ends the connection without a word. */
static inline void socket_cut(struct socket *socket)
{
    if (socket->fd >= 0)
        close(socket->fd);
    socket->fd = -1;
    socket->code = CUT;
}

static inline void want_close_(struct socket *socket, int code)
{
    int64_t end = clock_ms() + PATIENCE_MS;
    while (!socket->code && clock_ms() < end)
        socket_pump(20);
    if (socket->code != code)
        fail_here("closed with %d, not %d", socket->code, code);
}

#define want_close(socket, code) (here(__FILE__, __LINE__), want_close_(socket, code))

#endif

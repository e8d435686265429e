/* What the kernel alone costs on this machine: a process that stands where the server does, reads
 * whatever comes and sends ready frames, one send a receiver and round. No WebSocket, JSON, room or
 * log. Without it nobody could say whether a figure is the server's or the machine's. */
#ifndef DEBATE_SERVER_SERVER_LOAD_BARE_H
#define DEBATE_SERVER_SERVER_LOAD_BARE_H

#include "server/server_load_bench.h"

static const char bare_event[] =
    "{\"type\":\"voice_status\",\"seq\":1000,\"ts\":1763872345678,\"actor\":\"p1\",\"data\":{"
    "\"participant_id\":\"p1\",\"nickname\":\"Speaker "
    "1\",\"is_mic_on\":true,\"is_speaking\":false}}";
static const char bare_signal[] =
    "{\"from\":\"p1\",\"type\":\"candidate\",\"to\":\"p2\",\"data\":{\"candidate\":\"candidate:"
    "842163049 1 "
    "udp 1677729535 203.0.113.7 51472 typ srflx raddr 192.168.1.20 rport 51472 generation 0\","
    "\"sdpMid\":\"0\",\"sdpMLineIndex\":0}}";

static inline size_t bare_frame(const char *text, unsigned char out[512])
{
    size_t len = strlen(text);
    out[0] = 0x80 | OP_TEXT;
    out[1] = 126; /* RFC 6455, section 5.2: from 126 bytes on */
    out[2] = (unsigned char)(len >> 8);
    out[3] = (unsigned char)len;
    memcpy(out + 4, text, len);
    return len + 4;
}

/* How many frames there are in what a client sent: it sends each whole. */
static inline size_t bare_count(const unsigned char *data, size_t len)
{
    size_t count = 0;
    for (size_t at = 0; at + 6 <= len; count++) {
        size_t size = data[at + 1] & 127;
        at += size < 126 ? 6 + size : 8 + ((size_t)data[at + 2] << 8 | data[at + 3]);
    }
    return count;
}

enum { BARE_GATHERED = 64 };

struct bare {
    int *fds;
    unsigned *due;   /* frames that each is to get in this round */
    size_t *waiting; /* who is, in order */
    size_t waiting_count;
    unsigned char frames[BARE_GATHERED * 512];
    size_t frame_len;
};

static inline void bare_add(struct bare *bare, size_t to)
{
    if (bare->due[to] == 0)
        bare->waiting[bare->waiting_count++] = to;
    bare->due[to]++;
}

/* One send for each receiver. */
static inline void bare_send(struct bare *bare)
{
    for (size_t i = 0; i < bare->waiting_count; i++) {
        size_t to = bare->waiting[i];
        for (unsigned count; bare->due[to] > 0; bare->due[to] -= count) {
            count = bare->due[to] < BARE_GATHERED ? bare->due[to] : BARE_GATHERED;
            (void)!send(bare->fds[to], bare->frames, count * bare->frame_len, MSG_NOSIGNAL);
        }
    }
    bare->waiting_count = 0;
}

/* Who is in a room has come one after the other. */
static inline void bare_accept(struct bare *bare, int listener, size_t count, int epoll)
{
    int on = 1;
    bare->fds = calloc(count, sizeof *bare->fds);
    bare->due = calloc(count, sizeof *bare->due);
    bare->waiting = calloc(count, sizeof *bare->waiting);
    if (!bare->fds || !bare->due || !bare->waiting)
        _exit(1);
    for (size_t i = 0; i < count; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.u64 = i};
        bare->fds[i] = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
        setsockopt(bare->fds[i], IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        epoll_ctl(epoll, EPOLL_CTL_ADD, bare->fds[i], &event);
    }
}

/* Until it is killed. */
static inline void bare_run(int listener, size_t count, bool relays)
{
    static struct bare bare;
    struct epoll_event events[256];
    unsigned char input[16 * 1024];
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    bare.frame_len = bare_frame(relays ? bare_signal : bare_event, bare.frames);
    for (size_t i = 1; i < BARE_GATHERED; i++)
        memcpy(bare.frames + i * bare.frame_len, bare.frames, bare.frame_len);
    pin(0);
    bare_accept(&bare, listener, count, epoll);
    for (;;) {
        int ready = epoll_wait(epoll, events, 256, -1);
        for (int i = 0; i < ready; i++) {
            size_t from = events[i].data.u64, room = from / LOAD_SEATS * LOAD_SEATS;
            ssize_t got = recv(bare.fds[from], input, sizeof input, 0);
            if (got <= 0)
                _exit(0);
            size_t sends = bare_count(input, (size_t)got) * (relays ? 1 : LOAD_SEATS);
            for (size_t j = 0; j < sends; j++)
                bare_add(&bare, room + (from + 1 + j) % LOAD_SEATS);
        }
        bare_send(&bare);
    }
}

/* As load_start, load_make_rooms and connecting. */
static inline void bare_start(struct load *load, unsigned rooms, bool relays)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t at_len = sizeof at;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    size_t count = (size_t)rooms * LOAD_SEATS;
    *load = (struct load){.rooms = rooms};
    if (bind(listener, (struct sockaddr *)&at, sizeof at) || listen(listener, SOMAXCONN) ||
        getsockname(listener, (struct sockaddr *)&at, &at_len))
        give_up("listen: %s", strerror(errno));
    load->port = ntohs(at.sin_port);
    fflush(NULL);
    load->pid = fork();
    if (load->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        bare_run(listener, count, relays);
    }
    close(listener);
    load->epoll = epoll_create1(EPOLL_CLOEXEC);
    load_make_clients(load, count);
    for (size_t i = 0; i < count; i++) {
        struct client *client = &load->clients[i];
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};
        client->fd = load_dial(load);
        client->state = CLIENT_OPEN;
        client->stage = 1;
        fcntl(client->fd, F_SETFL, O_NONBLOCK);
        epoll_ctl(load->epoll, EPOLL_CTL_ADD, client->fd, &event);
        load->open++;
    }
}

#endif

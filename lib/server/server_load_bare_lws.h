/* What libwebsockets alone costs on this machine: a process that stands where the server does, on
 * the same loop and with the same settings, and writes ready frames at once. No JSON, token, room
 * or log. Its cost is what the targets were set against, so the ratio to it holds on any machine.
 */
#ifndef DEBATE_SERVER_SERVER_LOAD_BARE_LWS_H
#define DEBATE_SERVER_SERVER_LOAD_BARE_LWS_H

#include <libwebsockets.h>
#include <uv.h>

#include "server/server_load_bare.h"

struct bare_lws {
    bool relays;
    size_t count;         /* who has come; who is in a room has come one after the other */
    struct lws **clients; /* in that order */
    size_t len;
    unsigned char frame[LWS_PRE + 512];
};

/* `user` is the client's place. */
static inline int bare_lws_called(struct lws *wsi, enum lws_callback_reasons reason, void *user,
                                  void *in, size_t in_len)
{
    struct bare_lws *bare = lws_vhost_user(lws_get_vhost(wsi));
    size_t *place = user;
    (void)in;
    (void)in_len;
    if (reason == LWS_CALLBACK_ESTABLISHED) {
        *place = bare->count++;
        bare->clients[*place] = wsi;
    }
    if (reason != LWS_CALLBACK_RECEIVE)
        return 0;
    size_t room = *place / LOAD_SEATS * LOAD_SEATS, sends = bare->relays ? 1 : LOAD_SEATS;
    for (size_t i = 0; i < sends; i++)
        (void)lws_write(bare->clients[room + (*place + 1 + i) % LOAD_SEATS], bare->frame + LWS_PRE,
                        bare->len, LWS_WRITE_TEXT);
    return 0;
}

/* Until it is killed. Tells its port by `out`. The settings are those of ws_lws.c. */
static inline void bare_lws_run(int out, size_t count, bool relays)
{
    static const struct lws_protocols protocols[] = {
        {.name = "bare",
         .callback = bare_lws_called,
         .per_session_data_size = sizeof(size_t),
         .rx_buffer_size = 1024},
        {.name = NULL},
    };
    static const lws_retry_bo_t no_liveness;
    struct bare_lws bare = {.relays = relays, .clients = calloc(count, sizeof(struct lws *))};
    const char *text = relays ? bare_signal : bare_event;
    void *loops[1] = {uv_default_loop()};
    struct lws_context_creation_info info = {
        .iface = "127.0.0.1",
        .protocols = protocols,
        .options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_EXPLICIT_VHOSTS |
                   LWS_SERVER_OPTION_DISABLE_IPV6,
        .foreign_loops = loops,
        .pt_serv_buf_size = 16 * 1024,
        .retry_and_idle_policy = &no_liveness,
        .user = &bare,
        .gid = (gid_t)-1,
        .uid = (uid_t)-1,
    };
    pin(0);
    bare.len = strlen(text);
    memcpy(bare.frame + LWS_PRE, text, bare.len);
    lws_set_log_level(LLL_ERR, NULL);
    struct lws_context *context = lws_create_context(&info);
    struct lws_vhost *vhost = context ? lws_create_vhost(context, &info) : NULL;
    int port = vhost ? lws_get_vhost_listen_port(vhost) : 0;
    if (bare.clients && write(out, &port, sizeof port) == sizeof port)
        uv_run(loops[0], UV_RUN_DEFAULT);
    _exit(1);
}

/* As bare_start. */
static inline void bare_lws_start(struct load *load, unsigned rooms, bool relays)
{
    int ends[2];
    size_t count = (size_t)rooms * LOAD_SEATS;
    *load = (struct load){.rooms = rooms, .sessions = calloc(rooms, sizeof *load->sessions)};
    if (!load->sessions || pipe(ends))
        give_up("pipe: %s", strerror(errno));
    fflush(NULL);
    load->pid = fork();
    if (load->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        bare_lws_run(ends[1], count, relays);
    }
    close(ends[1]);
    if (read(ends[0], &load->port, sizeof load->port) != sizeof load->port || load->port <= 0)
        give_up("libwebsockets does not listen");
    close(ends[0]);
    load->epoll = epoll_create1(EPOLL_CLOEXEC);
    load_make_clients(load, count);
    for (size_t i = 0; i < count; i++) {
        load->clients[i].stage = 1;
        load_connect(load, &load->clients[i]);
        while (load->open <= i)
            load_pump(load, 100);
    }
}

#endif

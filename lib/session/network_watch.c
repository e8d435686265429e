#include "session/network_watch.h"

#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"

enum { TOGETHER_MS = 100 }; /* an address, its route and what else comes with it */

struct network_watch {
    uv_poll_t told;
    uv_timer_t together;
    int fd;
    int open_handles;
    void (*on_change)(void *context);
    void *context;
};

static void on_together(uv_timer_t *timer)
{
    struct network_watch *watch = timer->data;
    watch->on_change(watch->context);
}

/* What it was does not matter, nor what was lost when there was too much of it (ENOBUFS). */
static void on_told(uv_poll_t *told, int status, int events)
{
    struct network_watch *watch = told->data;
    char message[8192];
    (void)status;
    (void)events;
    while (recv(watch->fd, message, sizeof message, MSG_DONTWAIT) > 0)
        ;
    uv_timer_start(&watch->together, on_together, TOGETHER_MS, 0);
}

static void on_closed(uv_handle_t *handle)
{
    struct network_watch *watch = handle->data;
    if (--watch->open_handles > 0)
        return;
    close(watch->fd);
    mem_free(watch);
}

enum err network_watch_new(uv_loop_t *loop, void (*on_change)(void *context), void *context,
                           struct network_watch **out)
{
    struct sockaddr_nl groups = {.nl_family = AF_NETLINK,
                                 .nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR |
                                              RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE};
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
    struct network_watch *watch = NULL;
    enum err e = ERR_IO;
    if (fd < 0 || bind(fd, (struct sockaddr *)&groups, sizeof groups) != 0)
        goto out;
    e = ERR_NO_MEMORY;
    watch = mem_zalloc(sizeof *watch);
    if (!watch)
        goto out;
    *watch = (struct network_watch){
        .fd = fd, .open_handles = 2, .on_change = on_change, .context = context};
    e = ERR_IO;
    if (uv_poll_init(loop, &watch->told, fd) != 0)
        goto out;
    uv_timer_init(loop, &watch->together);
    watch->told.data = watch->together.data = watch;
    uv_poll_start(&watch->told, UV_READABLE, on_told);
    uv_unref((uv_handle_t *)&watch->told);
    uv_unref((uv_handle_t *)&watch->together);
    *out = watch;
    return ERR_NONE;

out:
    mem_free(watch);
    if (fd >= 0)
        close(fd);
    return e;
}

void network_watch_free(struct network_watch *watch)
{
    if (!watch)
        return;
    uv_close((uv_handle_t *)&watch->told, on_closed);
    uv_close((uv_handle_t *)&watch->together, on_closed);
}

/* ---- whose address ---- */

static bool is_same(const struct sockaddr_storage *own, const uv_interface_address_t *interface)
{
    const struct sockaddr_in6 *own6 = (const void *)own;
    const struct sockaddr_in *own4 = (const void *)own;
    if (own->ss_family == AF_INET)
        return interface->address.address4.sin_family == AF_INET &&
               own4->sin_addr.s_addr == interface->address.address4.sin_addr.s_addr;
    return interface->address.address6.sin6_family == AF_INET6 &&
           memcmp(&own6->sin6_addr, &interface->address.address6.sin6_addr,
                  sizeof own6->sin6_addr) == 0;
}

bool network_has_address_of(int fd)
{
    struct sockaddr_storage own = {.ss_family = AF_UNSPEC};
    socklen_t len = sizeof own;
    uv_interface_address_t *interfaces;
    int count;
    bool found = false;
    if (fd < 0 || getsockname(fd, (struct sockaddr *)&own, &len) != 0 ||
        (own.ss_family != AF_INET && own.ss_family != AF_INET6) ||
        (own.ss_family == AF_INET6 &&
         IN6_IS_ADDR_V4MAPPED(&((struct sockaddr_in6 *)&own)->sin6_addr)) ||
        uv_interface_addresses(&interfaces, &count) != 0)
        return true;
    for (int i = 0; i < count && !found; i++)
        found = is_same(&own, &interfaces[i]);
    uv_free_interface_addresses(interfaces, count);
    return found;
}

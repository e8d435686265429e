/* Says when this machine's addresses have changed, by what the kernel tells of them (rtnetlink(7)).
 *
 * On the loop's thread. Who watches frees it, and then runs the loop until it is empty. */
#ifndef DEBATE_SESSION_NETWORK_WATCH_H
#define DEBATE_SESSION_NETWORK_WATCH_H

#include <stdbool.h>
#include <uv.h>

#include "base/err.h"

struct network_watch;

/* `on_change` is called once for changes that come together. It does not keep the loop alive.
 * ERR_IO: the kernel tells nothing here. */
enum err network_watch_new(uv_loop_t *loop, void (*on_change)(void *context), void *context,
                           struct network_watch **out) MUST_CHECK;
void network_watch_free(struct network_watch *watch); /* NULL is allowed */

/* False for a socket whose own address is this machine's no longer: what it sends comes nowhere.
 * True where nobody knows. */
bool network_has_address_of(int fd);

#endif

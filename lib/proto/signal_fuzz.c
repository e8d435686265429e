#include "base/fuzz_testing.h"
#include "proto/message.h"

/* What is relayed is a message that a client reads, from whom the server says, and it is relayed
 * once more without a change but for the sender's place. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct signal head;
    struct server_message message;
    struct buf out, again;
    buf_init(&out, 4 * LIMIT_SIGNALING_MESSAGE);
    buf_init(&again, 4 * LIMIT_SIGNALING_MESSAGE);
    if (signal_relay((const char *)data, size, 2, &head, &out, NULL)) {
        if (out.len > 0)
            abort();
    } else {
        if (server_message_parse(out.data, out.len, &message) || message.type != SERVER_SIGNAL ||
            message.signal.from != 2 || message.signal.type != head.type)
            abort();
        server_message_release(&message);
        if (signal_relay(out.data, out.len, 2, &head, &again, NULL) || again.len > out.len)
            abort();
    }
    buf_release(&out);
    buf_release(&again);
    return 0;
}

#include "base/fuzz_testing.h"
#include "proto/event.h"

static void print(const struct event *event, struct buf *out)
{
    buf_init(out, 4 * LIMIT_LOG_LINE);
    if (event_print(event, out))
        abort();
}

/* However an event was written, what it is written as here is read as the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct event_doc doc, again;
    struct log_header_doc header;
    struct buf first, second;
    if (log_header_parse((const char *)data, size, &header) == ERR_NONE) {
        buf_init(&first, 4 * LIMIT_LOG_LINE);
        if (log_header_print(&header.header, &first))
            abort();
        buf_release(&first);
        log_header_doc_release(&header);
    }
    if (event_parse((const char *)data, size, &doc))
        return 0;
    print(&doc.event, &first);
    if (event_parse(first.data, first.len, &again))
        abort();
    print(&again.event, &second);
    if (strcmp(first.data, second.data) != 0)
        abort();
    event_doc_release(&doc);
    event_doc_release(&again);
    buf_release(&first);
    buf_release(&second);
    return 0;
}

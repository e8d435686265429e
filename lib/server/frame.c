#include "server/frame.h"

#include <string.h>

#include "base/mem.h"

struct frame *frame_new(const char *text, size_t len)
{
    struct frame *frame = mem_alloc(sizeof *frame + FRAME_HEADROOM + len);
    if (!frame)
        return NULL;
    frame->refs = 1;
    frame->len = len;
    memcpy(frame->bytes + FRAME_HEADROOM, text, len);
    return frame;
}

struct frame *frame_ref(struct frame *frame)
{
    frame->refs++;
    return frame;
}

void frame_unref(struct frame *frame)
{
    if (frame && --frame->refs == 0)
        mem_free(frame);
}

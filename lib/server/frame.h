/* One outgoing text message, written once and shared by all who receive it. The loop's thread. */
#ifndef DEBATE_SERVER_FRAME_H
#define DEBATE_SERVER_FRAME_H

#include <stddef.h>

/* Room in front of the text for a frame's header, which the same for all is written there again
 * and again: 2 + 8 bytes (RFC 6455, section 5.2), and what libwebsockets wants besides. */
enum { FRAME_HEADROOM = 16 };

struct frame {
    unsigned refs;
    size_t len;            /* of the text, bytes */
    unsigned char bytes[]; /* FRAME_HEADROOM, then the text */
};

/* A copy of the text with one reference; NULL without memory. */
struct frame *frame_new(const char *text, size_t len);
struct frame *frame_ref(struct frame *frame);
void frame_unref(struct frame *frame); /* NULL is allowed */

#endif

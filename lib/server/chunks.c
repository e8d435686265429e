#include "server/chunks.h"

#include <string.h>

enum { SIZE_BITS_MAX = 60 }; /* of what is before the last digit: no overflow */

static enum chunks_state in_size(struct chunks *chunks, char byte)
{
    static const char digits[] = "0123456789abcdefABCDEF";
    const char *digit = byte ? strchr(digits, byte) : NULL;
    if (digit) {
        size_t value = (size_t)(digit - digits);
        if (chunks->left >> SIZE_BITS_MAX)
            return CHUNKS_BROKEN;
        chunks->left = chunks->left << 4 | (value < 16 ? value : value - 6);
        chunks->has_size = true;
        return CHUNKS_SIZE;
    }
    if (!chunks->has_size)
        return CHUNKS_BROKEN;
    if (byte == ';' || byte == ' ' || byte == '\t')
        return CHUNKS_EXTENSION;
    return byte == '\r' ? CHUNKS_SIZE_END : CHUNKS_BROKEN;
}

/* A line of which nothing is wanted. */
static enum chunks_state in_line(char byte, enum chunks_state line, enum chunks_state end)
{
    if (byte == '\n')
        return CHUNKS_BROKEN;
    return byte == '\r' ? end : line;
}

static enum chunks_state after(struct chunks *chunks, char byte)
{
    switch (chunks->state) {
    case CHUNKS_SIZE:
        return in_size(chunks, byte);
    case CHUNKS_EXTENSION:
        return in_line(byte, CHUNKS_EXTENSION, CHUNKS_SIZE_END);
    case CHUNKS_SIZE_END:
        if (byte != '\n')
            return CHUNKS_BROKEN;
        return chunks->left ? CHUNKS_DATA : CHUNKS_TRAILER;
    case CHUNKS_DATA_CR:
        return byte == '\r' ? CHUNKS_DATA_LF : CHUNKS_BROKEN;
    case CHUNKS_DATA_LF:
        chunks->has_size = false;
        return byte == '\n' ? CHUNKS_SIZE : CHUNKS_BROKEN;
    case CHUNKS_TRAILER:
        return in_line(byte, CHUNKS_TRAILER_LINE, CHUNKS_LAST_LF);
    case CHUNKS_TRAILER_LINE:
        return in_line(byte, CHUNKS_TRAILER_LINE, CHUNKS_TRAILER_LF);
    case CHUNKS_TRAILER_LF:
        return byte == '\n' ? CHUNKS_TRAILER : CHUNKS_BROKEN;
    case CHUNKS_LAST_LF:
        return byte == '\n' ? CHUNKS_OVER : CHUNKS_BROKEN;
    case CHUNKS_DATA: /* taken as a whole */
    case CHUNKS_OVER:
    case CHUNKS_BROKEN:
        break;
    }
    return chunks->state;
}

const char *chunks_next(struct chunks *chunks, const char **at, size_t *len, size_t *out_len)
{
    while (*len > 0 && chunks->state < CHUNKS_OVER) {
        const char *from = *at;
        size_t taken = 1;
        if (chunks->state == CHUNKS_DATA) {
            taken = chunks->left < *len ? (size_t)chunks->left : *len;
            chunks->left -= taken;
            *out_len = taken;
            if (!chunks->left)
                chunks->state = CHUNKS_DATA_CR;
        } else {
            chunks->state = after(chunks, *from);
            from = NULL;
        }
        *at += taken;
        *len -= taken;
        if (from)
            return from;
    }
    return NULL;
}

#include "base/buf.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"

enum { BUF_CAP_MIN = 256 };

void buf_init(struct buf *b, size_t len_max)
{
    *b = (struct buf){.len_max = len_max};
}

void buf_release(struct buf *b)
{
    mem_free(b->data);
    *b = (struct buf){.len_max = b->len_max};
}

void buf_clear(struct buf *b)
{
    b->len = 0;
    b->failed = false;
}

enum err buf_reserve(struct buf *b, size_t more)
{
    if (more > b->len_max - b->len) {
        b->failed = true;
        return ERR_FULL;
    }
    size_t need = b->len + more + 1;
    if (need <= b->cap)
        return ERR_NONE;
    size_t cap = b->cap ? b->cap : BUF_CAP_MIN;
    while (cap < need)
        cap *= 2;
    char *data = mem_realloc(b->data, cap);
    if (!data) {
        b->failed = true;
        return ERR_NO_MEMORY;
    }
    b->data = data;
    b->cap = cap;
    return ERR_NONE;
}

enum err buf_append(struct buf *b, const void *data, size_t len)
{
    enum err e = buf_reserve(b, len);
    if (e)
        return e;
    if (len)
        memcpy(b->data + b->len, data, len);
    b->len += len;
    b->data[b->len] = '\0';
    return ERR_NONE;
}

enum err buf_append_str(struct buf *b, const char *s)
{
    return buf_append(b, s, strlen(s));
}

enum err buf_printf(struct buf *b, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    enum err e = len < 0 ? ERR_INTERNAL : buf_reserve(b, (size_t)len);
    if (!e) {
        vsnprintf(b->data + b->len, (size_t)len + 1, format, again);
        b->len += (size_t)len;
    }
    va_end(again);
    return e;
}

void buf_consume(struct buf *b, size_t len)
{
    if (len > b->len)
        len = b->len;
    if (len == 0)
        return;
    memmove(b->data, b->data + len, b->len - len + 1);
    b->len -= len;
}

char *buf_take(struct buf *b)
{
    if (b->failed || !b->data)
        return NULL;
    char *data = b->data;
    *b = (struct buf){.len_max = b->len_max};
    return data;
}

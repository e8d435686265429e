#include "base/buf.h"
#include "base/fuzz_testing.h"
#include "server/chunks.h"

static enum chunks_state taken(const char *from, size_t size, size_t piece, struct buf *body)
{
    struct chunks chunks = {0};
    while (size > 0 && chunks.state < CHUNKS_OVER) {
        const char *at = from, *part;
        size_t len = size < piece ? size : piece, given = len, part_len;
        while ((part = chunks_next(&chunks, &at, &len, &part_len)))
            fuzz_holds(part_len > 0 && part >= from && part + part_len <= from + given &&
                       buf_append(body, part, part_len) == ERR_NONE);
        fuzz_holds(at == from + (given - len) && (len == 0 || chunks.state >= CHUNKS_OVER));
        size -= given - len;
        from = at;
    }
    return chunks.state;
}

/* The first byte says in what pieces the others come: the body is the same as from one. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf whole, cut;
    if (size < 2)
        return 0;
    const char *from = (const char *)data + 1;
    buf_init(&whole, size);
    buf_init(&cut, size);
    fuzz_holds(taken(from, size - 1, size, &whole) ==
               taken(from, size - 1, (size_t)data[0] % 16 + 1, &cut));
    fuzz_holds(whole.len == cut.len &&
               (whole.len == 0 || memcmp(whole.data, cut.data, whole.len) == 0));
    buf_release(&whole);
    buf_release(&cut);
    return 0;
}

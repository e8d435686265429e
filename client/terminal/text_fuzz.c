#include "base/fuzz_testing.h"
#include "base/str.h"
#include "terminal/text_unistring.h"

enum { HANG = 2 };

struct wrapped {
    int columns;
    size_t bytes, lines;
};

static bool is_one_cluster(const char *line, size_t len)
{
    return text_cluster_end(line, len, 0) == len;
}

static void on_line(void *context, const char *line, size_t len)
{
    struct wrapped *wrapped = context;
    int columns = wrapped->columns - (wrapped->lines > 0 ? HANG : 0);
    fuzz_holds(!memchr(line, '\n', len));
    fuzz_holds(text_columns(line, len) <= columns || is_one_cluster(line, len));
    wrapped->bytes += len;
    wrapped->lines++;
}

/* Nothing that others write moves the cursor, and no line is wider than it may be. */
static void check_clean(const struct buf *clean, int columns)
{
    fuzz_holds(utf8_valid(clean->data, clean->len));
    for (size_t i = 0; i < clean->len; i++) {
        unsigned char byte = (unsigned char)clean->data[i];
        fuzz_holds((byte >= 0x20 && byte != 0x7f) || byte == '\n');
        /* U+0080 to U+009F are control characters as well (ECMA-48, section 5.3). */
        fuzz_holds(byte != 0xc2 || (unsigned char)clean->data[i + 1] >= 0xa0);
    }
    struct wrapped wrapped = {.columns = columns};
    text_wrap(clean->data, clean->len, columns, HANG, on_line, &wrapped);
    fuzz_holds(wrapped.bytes <= clean->len);
}

static void check_line(const struct buf *line, int columns)
{
    struct buf clipped;
    buf_init(&clipped, line->len + 16);
    size_t fits = text_fit(line->data, line->len, columns);
    fuzz_holds(fits <= line->len && text_columns(line->data, fits) <= columns);
    text_clip(&clipped, line->data, line->len, columns);
    fuzz_holds(!clipped.failed &&
               text_columns(clipped.data ? clipped.data : "", clipped.len) <= columns);
    buf_release(&clipped);
}

static void check_clusters(const char *text, size_t len)
{
    for (size_t at = 0; at < len;) {
        size_t end = text_cluster_end(text, len, at);
        fuzz_holds(end > at && end <= len && text_cluster_start(text, len, end) < end);
        at = end;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf clean, line;
    int columns = size ? 4 + data[0] % 77 : 40;
    buf_init(&clean, 4 * size + 4);
    buf_init(&line, 4 * size + 4);
    text_clean(&clean, (const char *)data, size, true);
    text_clean(&line, (const char *)data, size, false);
    fuzz_holds(!clean.failed && !line.failed);
    if (clean.len > 0)
        check_clean(&clean, columns);
    if (line.len > 0)
        check_line(&line, columns);
    check_clusters((const char *)data, size);
    buf_release(&line);
    buf_release(&clean);
    return 0;
}

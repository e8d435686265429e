#include "base/fuzz_testing.h"
#include "base/str.h"
#include "proto/json_reader.h"

static size_t walk(const struct json *value)
{
    size_t found = 1;
    fuzz_holds(json_item(value, json_count(value)) == NULL);
    for (const struct json *it = json_first(value); it; it = json_next(it))
        found += walk(it);
    return found;
}

static void print(const struct json *value, struct buf *out, size_t max)
{
    buf_init(out, max);
    fuzz_holds(json_value_print(value, out) == ERR_NONE);
}

/* Every value can be reached; an object or array is written as JSON that is read as the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct json *document, *again;
    struct buf first, second;
    if (!utf8_valid((const char *)data, size) ||
        json_read((const char *)data, size, &document) != ERR_NONE)
        return 0;
    size_t values = walk(document);
    if (json_first(document)) {
        print(document, &first, 64 * size + 64);
        fuzz_holds(json_read(first.data, first.len, &again) == ERR_NONE && walk(again) == values);
        print(again, &second, 64 * size + 64);
        fuzz_holds(strcmp(first.data, second.data) == 0);
        buf_release(&second);
        buf_release(&first);
        json_free(again);
    }
    json_free(document);
    return 0;
}

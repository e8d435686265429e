#include "base/fuzz_testing.h"
#include "base/str.h"
#include "proto/json_reader.h"

static size_t walk(const struct json *value)
{
    size_t found = 1;
    const char *name;
    fuzz_holds(json_item(value, json_count(value)) == NULL);
    for (size_t i = 0; i < json_count(value) && i < 64; i++)
        found += walk(json_item(value, i));
    const struct json *member;
    for (size_t i = 0; (member = json_member_at(value, i, &name)) && i < 64; i++) {
        fuzz_holds(json_member(value, name) != NULL);
        (void)json_string(value, name);
        (void)json_number(value, name, 0);
        (void)json_bool(value, name, false);
        found += walk(member);
    }
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
    const char *name;
    if (json_count(document) || json_member_at(document, 0, &name)) {
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

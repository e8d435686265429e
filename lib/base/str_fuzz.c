#include "base/fuzz_testing.h"
#include "base/str.h"

/* Who can be read can be written, and only in one way. */
static void base64url_is_canonical(const char *text, size_t len)
{
    size_t decoded = 0;
    uint8_t *bytes = malloc(len + 1);
    char *again = malloc(base64url_size(len + 1));
    fuzz_holds(bytes && again);
    if (base64url_decode(text, len, bytes, len, &decoded) == ERR_NONE) {
        base64url_encode(bytes, decoded, again);
        fuzz_holds(strlen(again) == len && memcmp(again, text, len) == 0);
    }
    if (base64_decode(text, len, bytes, len, &decoded) == ERR_NONE)
        fuzz_holds(len % 4 == 0 && decoded <= len / 4 * 3);
    free(again);
    free(bytes);
}

static void base64url_keeps_bytes(const uint8_t *data, size_t size)
{
    size_t decoded = 0;
    uint8_t *bytes = malloc(size + 1);
    char *text = malloc(base64url_size(size));
    fuzz_holds(bytes && text);
    base64url_encode(data, size, text);
    fuzz_holds(base64url_decode(text, strlen(text), bytes, size, &decoded) == ERR_NONE &&
               decoded == size && memcmp(bytes, data, size) == 0);
    free(text);
    free(bytes);
}

static void numbers_are_what_they_say(const char *text)
{
    char again[32];
    uint64_t number;
    unsigned participant = participant_number(text);
    snprintf(again, sizeof again, "p%u", participant);
    fuzz_holds(!participant || strcmp(again, text) == 0);
    if (str_to_u64(text, 1000, &number)) {
        fuzz_holds(number <= 1000 && strspn(text, "0123456789") == strlen(text));
        fuzz_holds(number == strtoull(text, NULL, 10));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size), copy[16];
    size_t len = strlen(text);
    if (utf8_valid(text, len))
        fuzz_holds(utf8_length(text) <= len && 4 * utf8_length(text) >= len);
    if (room_code_valid(text) || session_id_valid(text))
        fuzz_holds(len > 0 && len <= 66 && !strpbrk(text, "/.% ?#"));
    fuzz_holds(str_copy(copy, sizeof copy, text) == (len < sizeof copy));
    numbers_are_what_they_say(text);
    base64url_is_canonical(text, len);
    base64url_keeps_bytes(data, size);
    free(text);
    return 0;
}

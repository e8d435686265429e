#include "base/fuzz_testing.h"
#include "base/str.h"
#include "server/tus_headers.h"

/* The input as Upload-Metadata, Upload-Checksum and a number. A value is text that fits; what is
 * there can be found again when another key stands before it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size), *longer = malloc(size + 16), value[64], again[64];
    uint8_t digest[SHA256_SIZE];
    enum hash_kind kind;
    uint64_t number;
    fuzz_holds(longer);
    if (tus_metadata(text, "recording_id", value, sizeof value) == ERR_NONE) {
        fuzz_holds(strlen(value) < sizeof value && utf8_valid(value, strlen(value)));
        snprintf(longer, size + 16, "filename YQ==,%s", text);
        fuzz_holds(tus_metadata(longer, "recording_id", again, sizeof again) == ERR_NONE &&
                   strcmp(again, value) == 0);
        fuzz_holds(tus_metadata(longer, "filename", again, sizeof again) == ERR_NONE &&
                   strcmp(again, "a") == 0);
    }
    if (tus_checksum(text, &kind, digest) == ERR_NONE)
        fuzz_holds(strlen(text) == (kind == HASH_SHA256 ? 7u + 44u : 5u + 28u));
    if (str_to_u64(text, UINT64_MAX / 2, &number))
        fuzz_holds(number <= UINT64_MAX / 2);
    free(longer);
    free(text);
    return 0;
}

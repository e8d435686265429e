#include "base/rand.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/str.h"

void rand_bytes(void *out, size_t len)
{
    uint8_t *at = out;
    while (len > 0) {
        ssize_t got = getrandom(at, len, 0);
        if (got <= 0) {
            perror("getrandom");
            abort();
        }
        at += got;
        len -= (size_t)got;
    }
}

void rand_id(const char *prefix, char *out)
{
    uint8_t bits[16];
    rand_bytes(bits, sizeof bits);
    size_t prefix_len = strlen(prefix);
    memcpy(out, prefix, prefix_len);
    base64url_encode(bits, sizeof bits, out + prefix_len);
}

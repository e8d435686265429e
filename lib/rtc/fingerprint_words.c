#include "rtc/fingerprint_words.h"

#include <stdio.h>
#include <string.h>

#include "crypto/hash.h"
#include "rtc/sdp.h"

/* Certificates are not committed to beforehand: who sits in between may try as many pairs of their
 * own as time allows, one for each side, until both sides see the same 72 bits, which takes 2^36
 * tries a side. The iterations make each try cost 2^16 blocks of SHA-256. */
#define WORDS_ITERATIONS 32768
#define WORDS_SALT       "debate words"

enum { WORDS_BYTES = 9, VOWEL_BITS = 2, FIRST_BITS = 3, SECOND_BITS = 2 };

/* Syllables that Korean and English both have, and that no ear takes for one another. What could
 * begin the second one is fewer, for the sake of decency in either language. */
static const char firsts[] = "gndmbshl", seconds[] = "ndls", vowels[] = "aiou";

/* The next so many of the bits, first bits first. */
static unsigned take(const uint8_t *bytes, unsigned *at, unsigned count)
{
    unsigned value = 0;
    for (unsigned end = *at + count; *at < end; ++*at)
        value = value << 1 | (bytes[*at / 8] >> (7 - *at % 8) & 1u);
    return value;
}

enum err fingerprint_words(const char *one, const char *other, char *out)
{
    char both[2 * FINGERPRINT_SIZE];
    uint8_t bytes[WORDS_BYTES];
    bool is_first = strcmp(one, other) < 0;
    int len = snprintf(both, sizeof both, "%s %s", is_first ? one : other, is_first ? other : one);
    out[0] = '\0';
    if (len != sizeof both - 1)
        return ERR_BAD_REQUEST;
    enum err e =
        pbkdf2_sha256(both, (size_t)len, WORDS_SALT, WORDS_ITERATIONS, bytes, sizeof bytes);
    if (e)
        return e;
    unsigned at = 0;
    for (unsigned i = 0; i < FINGERPRINT_WORDS; i++) {
        *out++ = firsts[take(bytes, &at, FIRST_BITS)];
        *out++ = vowels[take(bytes, &at, VOWEL_BITS)];
        *out++ = seconds[take(bytes, &at, SECOND_BITS)];
        *out++ = vowels[take(bytes, &at, VOWEL_BITS)];
        *out++ = i + 1 < FINGERPRINT_WORDS ? ' ' : '\0';
    }
    return ERR_NONE;
}

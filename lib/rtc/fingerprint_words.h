/* Eight words for a pair of certificates, the same on both sides: two people who read them to each
 * other know that nobody sits between them, whatever the server relayed. Any thread. */
#ifndef DEBATE_RTC_FINGERPRINT_WORDS_H
#define DEBATE_RTC_FINGERPRINT_WORDS_H

#include "base/err.h"

enum {
    FINGERPRINT_WORDS = 8,
    FINGERPRINT_WORDS_SIZE = FINGERPRINT_WORDS * 5 /* bytes: four letters and a space, or the NUL */
};

/* Of two SHA-256 fingerprints as peer_stats has them ("AB:CD:…"), in any order. `out` holds
 * FINGERPRINT_WORDS_SIZE bytes; "" after an error. Takes about 15 ms, on purpose. */
enum err fingerprint_words(const char *one, const char *other, char *out) MUST_CHECK;

#endif

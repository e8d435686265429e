/* Strings: UTF-8, the alphabets of names and ids, base64url, hex. Pure; any thread. */
#ifndef DEBATE_BASE_STR_H
#define DEBATE_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. */
bool utf8_valid(const char *s, size_t len);

/* Code points in a valid string. */
size_t utf8_length(const char *s);

/* `s` is 1 to 64 of A-Z a-z 0-9 _ - (protocol, section 1). */
bool room_code_valid(const char *s);

/* `s` is "s_" and 22 to 64 URL-safe characters (protocol, section 1). */
bool session_id_valid(const char *s);

/* "p12" to 12; 0 when it is not a participant id. */
unsigned participant_number(const char *s);

enum { PARTICIPANT_SIZE = 12 };
/* 12 to "p12"; returns `out`. */
char *participant_text(unsigned number, char out[PARTICIPANT_SIZE]);

/* RFC 4648 section 5, without padding. `out` holds base64url_size(len) bytes, NUL included. */
size_t base64url_size(size_t len);
void base64url_encode(const uint8_t *data, size_t len, char *out);

/* Decodes base64url without padding (RFC 4648 section 5; trailing bits must be zero). Writes at
 * most out_size bytes; ERR_BAD_REQUEST on a foreign character or length. */
enum err base64url_decode(const char *text, size_t len, uint8_t *out, size_t out_size,
                          size_t *out_len) MUST_CHECK;

/* Standard alphabet with padding (RFC 4648 section 4), as in tus metadata and the passwords of
 * TURN. `out` of the first holds (len + 2) / 3 * 4 + 1 bytes, NUL included. */
void base64_encode(const void *data, size_t len, char *out);
enum err base64_decode(const char *text, size_t len, uint8_t *out, size_t out_size,
                       size_t *out_len) MUST_CHECK;

/* Lower-case hex; `out` holds 2 * len + 1 bytes. */
void hex_encode(const uint8_t *data, size_t len, char *out);

enum { DIGEST_SIZE = 17 };
/* FNV-1a, 64 bits (RFC 9923), as 16 lower-case hex digits: tells texts apart that nobody forges. */
void digest_text(const char *text, size_t len, char out[DIGEST_SIZE]);

/* Copies with a NUL; false when it did not fit (then `out` is empty). */
bool str_copy(char *out, size_t out_size, const char *s);

/* Puts "[hidden]" in the place of each JWT, or the beginning of one, that stands anywhere in `s`:
 * its header is a JSON object, whose base64url begins with "eyJ" (RFC 7515, section 3.3). */
void str_hide_tokens(char *s);

enum { STR_DIGITS_SIZE = 21 };
/* Writes a number in decimal, which printf takes ten times as long for: every event has several.
 * Returns where in `out` it begins; it ends at the end. */
char *str_digits(uint64_t number, char out[STR_DIGITS_SIZE]);

/* A whole decimal number without sign or spaces, at most `max`. */
bool str_to_u64(const char *s, uint64_t max, uint64_t *out);

#endif

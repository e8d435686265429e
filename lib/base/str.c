#include "base/str.h"

#include <string.h>

bool utf8_valid(const char *s, size_t len)
{
    const uint8_t *at = (const uint8_t *)s, *end = at + len;
    while (at < end) {
        uint64_t eight;
        if (end - at >= 8 && (memcpy(&eight, at, 8), (eight & 0x8080808080808080u) == 0)) {
            at += 8; /* ASCII, as most of every message is */
            continue;
        }
        uint8_t first = *at++;
        if (first < 0x80)
            continue;
        int more;
        uint32_t point, least;
        if ((first & 0xe0) == 0xc0) {
            more = 1, point = first & 0x1f, least = 0x80;
        } else if ((first & 0xf0) == 0xe0) {
            more = 2, point = first & 0x0f, least = 0x800;
        } else if ((first & 0xf8) == 0xf0) {
            more = 3, point = first & 0x07, least = 0x10000;
        } else {
            return false;
        }
        if (end - at < more)
            return false;
        while (more-- > 0) {
            if ((*at & 0xc0) != 0x80)
                return false;
            point = point << 6 | (*at++ & 0x3f);
        }
        if (point < least || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
            return false;
    }
    return true;
}

size_t utf8_length(const char *s)
{
    size_t points = 0;
    for (; *s; s++)
        points += (*s & 0xc0) != 0x80;
    return points;
}

static bool url_safe(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
}

/* How many URL-safe characters `s` is, or 0 when there is any other. */
static size_t url_safe_length(const char *s)
{
    size_t len = 0;
    for (; s[len]; len++) {
        if (!url_safe(s[len]))
            return 0;
    }
    return len;
}

bool room_code_valid(const char *s)
{
    size_t len = url_safe_length(s);
    return len >= 1 && len <= 64;
}

bool session_id_valid(const char *s)
{
    if (s[0] != 's' || s[1] != '_')
        return false;
    size_t len = url_safe_length(s + 2);
    return len >= 22 && len <= 64;
}

unsigned participant_number(const char *s)
{
    uint64_t number;
    if (s[0] != 'p' || s[1] == '0' || !str_to_u64(s + 1, UINT16_MAX, &number))
        return 0;
    return (unsigned)number;
}

char *participant_text(unsigned number, char out[PARTICIPANT_SIZE])
{
    char digits[STR_DIGITS_SIZE];
    out[0] = 'p';
    (void)str_copy(out + 1, PARTICIPANT_SIZE - 1, str_digits(number, digits));
    return out;
}

static const char url_alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

size_t base64url_size(size_t len)
{
    return (len * 4 + 2) / 3 + 1;
}

static size_t encode_digits(const uint8_t *data, size_t len, const char *alphabet, char *out)
{
    uint32_t bits = 0;
    int held = 0;
    size_t written = 0;
    for (size_t i = 0; i < len; i++) {
        bits = bits << 8 | data[i];
        for (held += 8; held >= 6; held -= 6)
            out[written++] = alphabet[bits >> (held - 6) & 0x3f];
    }
    if (held)
        out[written++] = alphabet[bits << (6 - held) & 0x3f];
    out[written] = '\0';
    return written;
}

void base64url_encode(const uint8_t *data, size_t len, char *out)
{
    encode_digits(data, len, url_alphabet, out);
}

void base64_encode(const void *data, size_t len, char *out)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t written = encode_digits(data, len, alphabet, out);
    while (written % 4)
        out[written++] = '=';
    out[written] = '\0';
}

/* The value of a base64 digit in the alphabet whose last two are `c62` and `c63`; -1 for others. */
static int digit_value(char c, char c62, char c63)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == c62 ? 62 : c == c63 ? 63 : -1;
}

static enum err decode_digits(const char *text, size_t len, char c62, char c63, uint8_t *out,
                              size_t out_size, size_t *out_len)
{
    uint32_t bits = 0;
    int held = 0;
    size_t written = 0;
    if (len % 4 == 1)
        return ERR_BAD_REQUEST;
    for (size_t i = 0; i < len; i++) {
        int value = digit_value(text[i], c62, c63);
        if (value < 0)
            return ERR_BAD_REQUEST;
        bits = bits << 6 | (uint32_t)value;
        held += 6;
        if (held < 8)
            continue;
        held -= 8;
        if (written == out_size)
            return ERR_FULL;
        out[written++] = (uint8_t)(bits >> held);
    }
    if (bits & ((1u << held) - 1))
        return ERR_BAD_REQUEST;
    *out_len = written;
    return ERR_NONE;
}

enum err base64url_decode(const char *text, size_t len, uint8_t *out, size_t out_size,
                          size_t *out_len)
{
    return decode_digits(text, len, '-', '_', out, out_size, out_len);
}

enum err base64_decode(const char *text, size_t len, uint8_t *out, size_t out_size, size_t *out_len)
{
    if (len % 4 != 0)
        return ERR_BAD_REQUEST;
    for (int padding = 0; padding < 2 && len > 0 && text[len - 1] == '='; padding++)
        len--;
    return decode_digits(text, len, '+', '/', out, out_size, out_len);
}

void hex_encode(const uint8_t *data, size_t len, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < len; i++) {
        *out++ = digits[data[i] >> 4];
        *out++ = digits[data[i] & 0xf];
    }
    *out = '\0';
}

void digest_text(const char *text, size_t len, char out[DIGEST_SIZE])
{
    uint64_t digest = UINT64_C(0xcbf29ce484222325);
    uint8_t bytes[8];
    for (size_t i = 0; i < len; i++)
        digest = (digest ^ (uint8_t)text[i]) * UINT64_C(0x100000001b3);
    for (int i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(digest >> (56 - 8 * i));
    hex_encode(bytes, sizeof bytes, out);
}

bool str_copy(char *out, size_t out_size, const char *s)
{
    size_t len = strlen(s);
    if (len >= out_size) {
        out[0] = '\0';
        return false;
    }
    memcpy(out, s, len + 1);
    return true;
}

void str_hide_tokens(char *s)
{
    static const char begins[] = "eyJ", shown[] = "[hidden]";
    static const char in_token[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
    enum { TOKEN_LEN_MIN = 20 }; /* {"alg":"HS256"} takes 20: shorter is a word */
    while ((s = strstr(s, begins))) {
        size_t len = strspn(s, in_token);
        if (len < TOKEN_LEN_MIN) {
            s += len;
            continue;
        }
        memcpy(s, shown, sizeof shown - 1);
        memmove(s + sizeof shown - 1, s + len, strlen(s + len) + 1);
        s += sizeof shown - 1;
    }
}

char *str_digits(uint64_t number, char out[STR_DIGITS_SIZE])
{
    char *at = out + STR_DIGITS_SIZE;
    *--at = '\0';
    do {
        *--at = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    return at;
}

bool str_to_u64(const char *s, uint64_t max, uint64_t *out)
{
    uint64_t value = 0;
    if (!*s)
        return false;
    for (; *s; s++) {
        if (*s < '0' || *s > '9')
            return false;
        uint64_t digit = (uint64_t)(*s - '0');
        if (digit > max || value > (max - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *out = value;
    return true;
}

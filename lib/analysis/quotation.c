#include "analysis/quotation.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

/* The length of the white space at `s`: ASCII's, and of Unicode's what languages write between
 * words (U+00A0, U+2000 to U+200A, U+202F, U+3000). */
static size_t space_at(const char *s)
{
    const unsigned char *u = (const unsigned char *)s;
    if (*u == ' ' || (*u >= '\t' && *u <= '\r'))
        return 1;
    if (u[0] == 0xc2 && u[1] == 0xa0)
        return 2;
    if (u[0] == 0xe2 && u[1] == 0x80 && ((u[2] >= 0x80 && u[2] <= 0x8a) || u[2] == 0xaf))
        return 3;
    return u[0] == 0xe3 && u[1] == 0x80 && u[2] == 0x80 ? 3 : 0;
}

void quotation_trim(char *text)
{
    char *out = text;
    for (const char *in = text; *in;) {
        size_t space = space_at(in);
        if (!space) {
            *out++ = *in++;
            continue;
        }
        while ((space = space_at(in)))
            in += space;
        if (out > text && *in)
            *out++ = ' ';
    }
    *out = '\0';
}

static bool in_word(char c)
{
    return isalnum((unsigned char)c) && (unsigned char)c < 0x80;
}

bool quotation_stands(const char *text, const char *quotation)
{
    size_t len = strlen(quotation);
    if (!len)
        return false;
    for (const char *at = text; (at = strstr(at, quotation)); at++) {
        bool cut_in = at > text && in_word(at[-1]) && in_word(at[0]);
        bool cut_out = in_word(at[len - 1]) && in_word(at[len]);
        if (!cut_in && !cut_out)
            return true;
    }
    return false;
}

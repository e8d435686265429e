#include "print.h"

#include "base/str.h"

size_t print_width(const char *s)
{
    size_t len = 1;
    unsigned char first = (unsigned char)*s;
    if (first < 0x80)
        return first >= 0x20 && first != 0x7f;
    while (len < 4 && ((unsigned char)s[len] & 0xc0) == 0x80)
        len++;
    /* C2 80 to C2 9F are the control characters U+0080 to U+009F. */
    bool is_control = first == 0xc2 && (unsigned char)s[1] < 0xa0;
    return utf8_valid(s, len) && !is_control ? len : 0;
}

void print_safely(FILE *out, const char *text)
{
    while (*text) {
        size_t len = print_width(text);
        if (len)
            fwrite(text, 1, len, out);
        else
            fputc('?', out);
        text += len ? len : 1;
    }
}

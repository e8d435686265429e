#include <string.h>

#include "args.h"

enum { WORD_MAX = 31 /* longer names are not ours */ };

static size_t least(size_t a, size_t b, size_t c)
{
    size_t ab = a < b ? a : b;
    return ab < c ? ab : c;
}

/* Optimal string alignment: insertions, deletions, changes and swaps of neighbours, one each. */
static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t rows[WORD_MAX + 1][WORD_MAX + 1];
    for (size_t i = 0; i <= a_len; i++) {
        for (size_t j = 0; j <= b_len; j++) {
            if (i == 0 || j == 0) {
                rows[i][j] = i + j;
                continue;
            }
            bool is_swap = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            rows[i][j] = least(rows[i - 1][j] + 1, rows[i][j - 1] + 1,
                               rows[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
            if (is_swap && rows[i - 2][j - 2] + 1 < rows[i][j])
                rows[i][j] = rows[i - 2][j - 2] + 1;
        }
    }
    return rows[a_len][b_len];
}

const char *suggest(const char *word, const char *const *names)
{
    const char *nearest = NULL;
    size_t len = strlen(word), nearest_distance = 0;
    if (len == 0 || len > WORD_MAX)
        return NULL;
    for (; *names; names++) {
        size_t name_len = strlen(*names);
        if (name_len > WORD_MAX)
            continue;
        size_t far = distance(word, len, *names, name_len);
        /* Half of a short name's letters may be wrong; more and it is another word. */
        size_t bound = name_len / 2 < 3 ? name_len / 2 : 3;
        if (far <= bound && (!nearest || far < nearest_distance)) {
            nearest = *names;
            nearest_distance = far;
        }
    }
    return nearest;
}

/* How many words of a transcript are wrong. */
#ifndef DEBATE_ANALYSIS_WORDS_TESTING_H
#define DEBATE_ANALYSIS_WORDS_TESTING_H

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS_MAX = 4096 };

/* Splits in place into words of lower-case letters, digits and apostrophes. */
static inline size_t words_split(char *text, const char **words)
{
    size_t count = 0;
    bool inside = false;
    for (; *text && count < WORDS_MAX; text++) {
        if (!isalnum((unsigned char)*text) && *text != '\'') {
            *text = '\0';
            inside = false;
            continue;
        }
        *text = (char)tolower((unsigned char)*text);
        if (!inside)
            words[count++] = text;
        inside = true;
    }
    return count;
}

/* The word error rate, in percent: the fewest words put in, left out or changed that make the
 * one text of the other (Levenshtein), of the words that were said. */
static inline double words_wrong_percent(const char *spoken, const char *heard)
{
    char *said_copy = strdup(spoken), *heard_copy = strdup(heard);
    const char **a = calloc(WORDS_MAX, sizeof *a), **b = calloc(WORDS_MAX, sizeof *b);
    size_t *row = calloc(WORDS_MAX + 1, sizeof *row);
    if (!said_copy || !heard_copy || !a || !b || !row)
        abort();
    size_t said_count = words_split(said_copy, a), heard_count = words_split(heard_copy, b);
    for (size_t j = 0; j <= heard_count; j++)
        row[j] = j;
    for (size_t i = 1; i <= said_count; i++) {
        size_t before = row[0];
        row[0] = i;
        for (size_t j = 1; j <= heard_count; j++) {
            size_t best = before + (strcmp(a[i - 1], b[j - 1]) != 0);
            before = row[j];
            best = row[j] + 1 < best ? row[j] + 1 : best;
            row[j] = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
        }
    }
    double wrong = said_count ? 100.0 * (double)row[heard_count] / (double)said_count
                              : (heard_count ? 100 : 0);
    free(row);
    free(a);
    free(b);
    free(said_copy);
    free(heard_copy);
    return wrong;
}

#endif

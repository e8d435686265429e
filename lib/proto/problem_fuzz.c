#include "base/fuzz_testing.h"
#include "proto/problem.h"

/* Accept-Language: one of our languages, and the same when blanks stand around it (RFC 9110,
 * section 5.6.3). */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size), *blank = malloc(size + 3);
    fuzz_holds(blank);
    enum lang lang = lang_from_accept_language(text);
    fuzz_holds(lang == LANG_EN || lang == LANG_KO);
    snprintf(blank, size + 3, " %s ", text);
    fuzz_holds(lang_from_accept_language(blank) == lang);
    free(blank);
    free(text);
    return 0;
}

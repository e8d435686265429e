#include "base/fuzz_testing.h"
#include "proto/agenda.h"
#include "proto/limits.h"

static void within_bounds(const struct agenda *agenda)
{
    fuzz_holds(agenda->page_count >= 1 && agenda->page_count <= LIMIT_PAGES);
    for (unsigned n = 1; n <= agenda->page_count; n++) {
        const struct page *page = agenda_page(agenda, n);
        fuzz_holds(page && page->title && page->time_ms >= 0 &&
                   page->choice_count <= LIMIT_CHOICES);
        for (size_t i = 0; i < page->choice_count; i++)
            fuzz_holds(strlen(page->choices[i].id) <= LIMIT_CHOICE_ID && page->choices[i].label &&
                       page_choice_index(page, page->choices[i].id) == (int)i);
    }
    fuzz_holds(!agenda_page(agenda, 0) && !agenda_page(agenda, (unsigned)agenda->page_count + 1));
}

/* A refusal can be said; what is taken keeps the bounds and is written as it is read. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct agenda *agenda, *again;
    struct problem why;
    struct buf first, second;
    buf_init(&first, LIMIT_LOG_LINE);
    buf_init(&second, LIMIT_LOG_LINE);
    enum err e = agenda_parse((const char *)data, size, &agenda, &why);
    if (e) {
        fuzz_holds(why.code == e && problem_print(&why, LANG_KO, &first) == ERR_NONE);
    } else {
        within_bounds(agenda);
        fuzz_holds(agenda_print(agenda, &first) == ERR_NONE);
        fuzz_holds(agenda_parse(first.data, first.len, &again, NULL) == ERR_NONE);
        fuzz_holds(agenda_print(again, &second) == ERR_NONE &&
                   strcmp(first.data, second.data) == 0);
        agenda_unref(again);
        agenda_unref(agenda);
    }
    buf_release(&second);
    buf_release(&first);
    return 0;
}

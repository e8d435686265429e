#include <string.h>

#include "analysis/findings_inner.h"
#include "base/mem.h"

/* With the prompt, and room to answer, this fits a model that takes 16000 tokens in any language;
 * English of this length is 6000. */
enum { PART_BYTES = 24 * 1024, TURN_EXTRA = 24 };

static size_t turn_bytes(const struct turn *turn)
{
    return strlen(turn->text) + TURN_EXTRA;
}

enum err findings_cut(const struct transcript *transcript, struct findings_part **out,
                      size_t *count)
{
    struct findings_part *parts = mem_alloc((transcript->turn_count + 1) * sizeof *parts);
    size_t bytes = 0, all = 0, made = 0;
    if (!parts)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < transcript->turn_count; i++)
        all += turn_bytes(&transcript->turns[i]);
    for (size_t i = 0; i < transcript->turn_count; i++) {
        const struct turn *turn = &transcript->turns[i];
        bool page_ends = i > 0 && turn->page != turn[-1].page && all > PART_BYTES;
        if (i == 0 || page_ends || bytes + turn_bytes(turn) > PART_BYTES) {
            parts[made++] = (struct findings_part){.first = i};
            bytes = 0;
        }
        parts[made - 1].count++;
        bytes += turn_bytes(turn);
    }
    *out = parts;
    *count = made;
    return ERR_NONE;
}

static enum err show_pages(const struct agenda *agenda, struct buf *out)
{
    enum err e = ERR_NONE;
    for (size_t i = 0; agenda && !e && i < agenda->page_count; i++) {
        const struct page *page = &agenda->pages[i];
        e = buf_printf(out, "Page %zu: %s%s%s\n", i + 1, page->title, page->text ? ". " : "",
                       page->text ? page->text : "");
        for (size_t c = 0; !e && c < page->choice_count; c++)
            e = buf_printf(out, "  choice %s: %s\n", page->choices[c].id, page->choices[c].label);
    }
    return e;
}

static enum err show_choices(const struct debate *debate, struct buf *out)
{
    enum err e = ERR_NONE;
    for (size_t i = 0; !e && i < debate->choice_count; i++) {
        const struct debate_choice *choice = &debate->choices[i];
        if (choice->choice)
            e = buf_printf(out, "After %lld s p%u chose %s on page %u\n",
                           (long long)(choice->at_ms / 1000), choice->participant, choice->choice,
                           choice->page);
    }
    return e;
}

enum err findings_show(const struct findings_request *request, const struct findings_part *part,
                       struct buf *out)
{
    const struct debate *debate = request->debate;
    const struct transcript *transcript = request->transcript;
    enum err e = buf_printf(out, "The debate: %s\n", debate->agenda ? debate->agenda->title : "");
    for (size_t i = 0; !e && i < debate->people_count; i++)
        e = buf_printf(out, "p%u: %s\n", debate->people[i].participant,
                       debate->people[i].nickname ? debate->people[i].nickname : "");
    if (!e)
        e = show_pages(debate->agenda, out);
    if (!e)
        e = show_choices(debate, out);
    if (!e)
        e = buf_printf(out,
                       part->count < transcript->turn_count ? "Some of the turns (language: %s):\n"
                                                            : "The turns (language: %s):\n",
                       transcript->language ? transcript->language : "as they are");
    for (size_t i = part->first; !e && i < part->first + part->count; i++) {
        const struct turn *turn = &transcript->turns[i];
        e = buf_printf(out, "t%zu p%u page %u: %s\n", i, turn->participant, turn->page, turn->text);
    }
    return e;
}

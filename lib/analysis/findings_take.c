#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/findings_inner.h"
#include "analysis/quotation.h"
#include "base/mem.h"
#include "base/str.h"

enum { TEXT_MAX = 2000, SUMMARY_MAX = 16 * 1024, PART_FINDINGS_MAX = 500 };

const char *const findings_kinds[] = {"position", "argument", "movement", NULL};

/* A trimmed copy of at most `max` bytes; NULL without memory. */
static char *copy_trimmed(const char *text, size_t max)
{
    size_t len = strlen(text);
    len = len < max ? len : max;
    while (len && !utf8_valid(text, len))
        len--;
    char *copy = mem_strndup(text, len);
    if (copy)
        quotation_trim(copy);
    return copy;
}

/* "t12", or the number 12. false: no turn of the transcript. */
static bool read_turn(const struct json *object, const struct transcript *transcript, size_t *out)
{
    const char *text = json_string(object, "turn");
    double number = json_number(object, "turn", -1);
    uint64_t value;
    if (text && str_to_u64(text + (text[0] == 't'), UINT32_MAX, &value))
        number = (double)value;
    if (!(number >= 0 && number < (double)transcript->turn_count))
        return false;
    *out = (size_t)number;
    return true;
}

static bool stands_in(const struct transcript *transcript, size_t turn, const char *quotation,
                      bool *out_of_memory)
{
    char *text = copy_trimmed(transcript->turns[turn].text, SIZE_MAX);
    *out_of_memory = *out_of_memory || !text;
    bool stands = text && quotation_stands(text, quotation);
    mem_free(text);
    return stands;
}

/* Finds the turn of that person which holds the words: the cited one, or another. */
static bool find_words(const struct transcript *transcript, const char *quotation, size_t *turn,
                       bool *out_of_memory)
{
    unsigned who = transcript->turns[*turn].participant;
    if (stands_in(transcript, *turn, quotation, out_of_memory))
        return true;
    for (size_t i = 0; i < transcript->turn_count && !*out_of_memory; i++) {
        if (transcript->turns[i].participant == who &&
            stands_in(transcript, i, quotation, out_of_memory)) {
            *turn = i;
            return true;
        }
    }
    return false;
}

static int kind_of(const struct json *object)
{
    const char *name = json_string(object, "kind");
    for (int i = 0; name && findings_kinds[i]; i++)
        if (strcmp(name, findings_kinds[i]) == 0)
            return i;
    return -1;
}

static enum err add(struct findings_set *set, const struct finding *finding)
{
    if (set->findings.count == set->room) {
        size_t room = set->room ? set->room * 2 : 32;
        struct finding *more = mem_realloc(set->list, room * sizeof *more);
        if (!more)
            return ERR_NO_MEMORY;
        set->list = more;
        set->room = room;
        set->findings.findings = more;
    }
    set->list[set->findings.count++] = *finding;
    return ERR_NONE;
}

static enum err take_finding(struct findings_set *set, const struct transcript *transcript,
                             const struct json *object)
{
    size_t turn = 0;
    bool out_of_memory = false;
    int kind = kind_of(object);
    const char *said = json_string(object, "text"), *quoted = json_string(object, "quotation");
    if (kind < 0 || !said || !quoted || !read_turn(object, transcript, &turn)) {
        set->findings.struck++;
        return ERR_NONE;
    }
    char *text = copy_trimmed(said, TEXT_MAX), *quotation = copy_trimmed(quoted, SIZE_MAX);
    out_of_memory = !text || !quotation;
    bool stands =
        !out_of_memory && text[0] && find_words(transcript, quotation, &turn, &out_of_memory);
    enum err e = out_of_memory ? ERR_NO_MEMORY : ERR_NONE;
    if (stands && !e) {
        struct finding finding = {
            .kind = (enum finding_kind)kind,
            .participant = transcript->turns[turn].participant,
            .page = transcript->turns[turn].page,
            .is_against = kind == FINDING_ARGUMENT && json_bool(object, "against", false),
            .text = text,
            .quotation = quotation,
            .turn = turn,
        };
        e = add(set, &finding);
    }
    if (!stands || e) {
        mem_free(text);
        mem_free(quotation);
    }
    set->findings.struck += !stands && !e;
    return e;
}

static bool is_list(const struct json *value, enum err *e)
{
    struct buf text;
    if (json_count(value) > 0)
        return true;
    buf_init(&text, 64);
    /* What is longer is no empty list either. */
    *e = value && json_value_print(value, &text) == ERR_NO_MEMORY ? ERR_NO_MEMORY : ERR_NONE;
    bool is_empty_list = text.len == 2 && memcmp(text.data, "[]", 2) == 0;
    buf_release(&text);
    return !*e && is_empty_list;
}

enum err findings_take(struct findings_set *set, const struct transcript *transcript,
                       const struct json *answer, char **summary)
{
    const struct json *list = json_member(answer, "findings");
    const char *said = json_string(answer, "summary");
    size_t taken = 0;
    enum err e = ERR_NONE;
    if (!is_list(list, &e))
        return e ? e : ERR_CORRUPT;
    *summary = copy_trimmed(said ? said : "", SUMMARY_MAX);
    e = *summary ? ERR_NONE : ERR_NO_MEMORY;
    for (const struct json *it = json_first(list); !e && it && taken < PART_FINDINGS_MAX;
         it = json_next(it), taken++)
        e = take_finding(set, transcript, it);
    return e;
}

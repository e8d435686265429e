#include <math.h>
#include <string.h>

#include "analysis/fields.h"
#include "analysis/measures_inner.h"
#include "base/mem.h"
#include "proto/json_reader.h"
#include "proto/json_writer.h"

static const char *const KINDS[] = {
    [OVERLAP_BACKCHANNEL] = "backchannel", [OVERLAP_INTERRUPTION] = "interruption",
    [OVERLAP_ATTEMPT] = "attempt",         [OVERLAP_HANDOVER] = "handover",
    [OVERLAP_TOGETHER] = "together",
};

const char *overlap_kind_name(enum overlap_kind kind)
{
    return KINDS[kind];
}

static void write_person(struct json_writer *json, const struct person_measures *person,
                         unsigned participant, size_t page_count)
{
    json_write_object(json, NULL);
    json_write_participant(json, "participant", participant);
    json_write_bool(json, "heard", person->heard);
    json_write_number(json, "talk_ms", person->talk_ms);
    json_write_integer(json, "turns", (int64_t)person->turns);
    json_write_number(json, "pause_ms", person->pause_ms);
    json_write_number(json, "turn_ms_median", person->turn_ms_median);
    json_write_number(json, "latency_ms_median", person->latency_ms_median);
    json_write_integer(json, "interrupted", (int64_t)person->interrupted);
    json_write_integer(json, "was_interrupted", (int64_t)person->was_interrupted);
    json_write_integer(json, "attempted", (int64_t)person->attempted);
    json_write_array(json, "pages");
    for (size_t i = 0; i < page_count; i++) {
        json_write_object(json, NULL);
        json_write_number(json, "talk_ms", person->page_talk_ms[i]);
        json_write_integer(json, "turns", (int64_t)person->page_turns[i]);
        json_write_object_end(json);
    }
    json_write_array_end(json);
    json_write_object_end(json);
}

static void write_overlap(struct json_writer *json, const struct overlap *overlap)
{
    json_write_object(json, NULL);
    json_write_string(json, "kind", overlap_kind_name(overlap->kind));
    json_write_participant(json, "by", overlap->by);
    json_write_participant(json, "of", overlap->of);
    json_write_number(json, "from_ms", overlap->from_ms);
    json_write_number(json, "to_ms", overlap->to_ms);
    json_write_object_end(json);
}

static void write_choice(struct json_writer *json, const struct choice_words *words,
                         size_t people_count)
{
    json_write_object(json, NULL);
    json_write_integer(json, "choice", (int64_t)words->choice);
    json_write_integer(json, "first_piece", (int64_t)words->first_piece);
    json_write_integer(json, "piece_count", (int64_t)words->piece_count);
    json_write_array(json, "people");
    for (size_t i = 0; i < people_count; i++) {
        json_write_object(json, NULL);
        json_write_participant(json, "participant", (unsigned)i + 1);
        json_write_number(json, "talk_ms", words->talk_ms[i]);
        json_write_object_end(json);
    }
    json_write_array_end(json);
    json_write_object_end(json);
}

enum err measures_json(const struct measures *measures, size_t page_count, struct buf *out)
{
    struct json_writer json;
    json_write_begin_indented(&json, out);
    json_write_number(&json, "silence_ms", measures->silence_ms);
    json_write_number(&json, "overlap_ms", measures->overlap_ms);
    json_write_number(&json, "balance", measures->balance);
    json_write_number(&json, "gini", measures->gini);
    json_write_array(&json, "people");
    for (size_t i = 0; i < measures->people_count; i++)
        write_person(&json, &measures->people[i], (unsigned)i + 1, page_count);
    json_write_array_end(&json);
    json_write_array(&json, "overlaps");
    for (size_t i = 0; i < measures->overlap_count; i++)
        write_overlap(&json, &measures->overlaps[i]);
    json_write_array_end(&json);
    json_write_array(&json, "choices");
    for (size_t i = 0; i < measures->choice_count; i++)
        write_choice(&json, &measures->choices[i], measures->people_count);
    json_write_array_end(&json);
    return json_write_end(&json);
}

/* What is missing or wrong makes `ok` false, so that a run of them is checked once. */
static size_t read_count(const struct json *object, const char *name, bool *ok)
{
    size_t count = 0;
    *ok &= field_count(object, name, &count);
    return count;
}

static double read_time(const struct json *object, const char *name, bool *ok)
{
    double value = json_number(object, name, NAN);
    *ok &= isfinite(value);
    return value;
}

static unsigned read_participant(const struct json *object, const char *name, size_t people,
                                 bool *ok)
{
    unsigned participant = field_participant(object, name);
    *ok &= participant >= 1 && participant <= people;
    return participant;
}

static bool read_person(const struct json *object, struct person_measures *person, size_t index)
{
    bool ok = true;
    ok &= read_participant(object, "participant", index + 1, &ok) == index + 1;
    person->heard = json_bool(object, "heard", false);
    person->talk_ms = read_time(object, "talk_ms", &ok);
    person->turns = read_count(object, "turns", &ok);
    person->pause_ms = read_time(object, "pause_ms", &ok);
    person->turn_ms_median = json_number(object, "turn_ms_median", NAN);
    person->latency_ms_median = json_number(object, "latency_ms_median", NAN);
    person->interrupted = read_count(object, "interrupted", &ok);
    person->was_interrupted = read_count(object, "was_interrupted", &ok);
    person->attempted = read_count(object, "attempted", &ok);
    size_t page = 0;
    const struct json *pages = json_member(object, "pages");
    if (json_count(pages) > LIMIT_PAGES)
        return false;
    for (const struct json *it = json_first(pages); it; it = json_next(it), page++) {
        person->page_talk_ms[page] = read_time(it, "talk_ms", &ok);
        person->page_turns[page] = read_count(it, "turns", &ok);
    }
    return ok;
}

static bool read_overlap(const struct json *object, struct overlap *overlap, size_t people)
{
    bool ok = true;
    const char *kind = json_string(object, "kind");
    size_t index = 0;
    while (index < sizeof KINDS / sizeof KINDS[0] && !(kind && strcmp(kind, KINDS[index]) == 0))
        index++;
    overlap->kind = (enum overlap_kind)index;
    overlap->by = read_participant(object, "by", people, &ok);
    overlap->of = read_participant(object, "of", people, &ok);
    overlap->from_ms = read_time(object, "from_ms", &ok);
    overlap->to_ms = read_time(object, "to_ms", &ok);
    return ok && index < sizeof KINDS / sizeof KINDS[0] && overlap->from_ms <= overlap->to_ms;
}

static bool read_choice(const struct json *object, struct choice_words *words)
{
    bool ok = true;
    words->choice = read_count(object, "choice", &ok);
    words->first_piece = read_count(object, "first_piece", &ok);
    words->piece_count = read_count(object, "piece_count", &ok);
    const struct json *people = json_member(object, "people");
    for (const struct json *it = json_first(people); ok && it; it = json_next(it)) {
        unsigned participant = read_participant(it, "participant", LIMIT_PARTICIPANTS, &ok);
        if (ok)
            words->talk_ms[participant - 1] = read_time(it, "talk_ms", &ok);
    }
    return ok;
}

static enum err read_arrays(const struct json *root, struct measures *measures)
{
    const struct json *overlaps = json_member(root, "overlaps");
    const struct json *choices = json_member(root, "choices");
    measures->overlaps = mem_zalloc((json_count(overlaps) + 1) * sizeof measures->overlaps[0]);
    measures->choices = mem_zalloc((json_count(choices) + 1) * sizeof measures->choices[0]);
    if (!measures->overlaps || !measures->choices)
        return ERR_NO_MEMORY;
    bool ok = overlaps && choices;
    for (const struct json *it = json_first(overlaps); ok && it; it = json_next(it))
        ok = read_overlap(it, &measures->overlaps[measures->overlap_count++],
                          measures->people_count);
    for (const struct json *it = json_first(choices); ok && it; it = json_next(it))
        ok = read_choice(it, &measures->choices[measures->choice_count++]);
    return ok ? ERR_NONE : ERR_CORRUPT;
}

static enum err read_all(const struct json *root, struct measures *measures)
{
    const struct json *people = json_member(root, "people");
    size_t count = json_count(people), index = 0;
    if (!people || count > LIMIT_PARTICIPANTS)
        return ERR_CORRUPT;
    /* Room for every page there may be: whoever reads asks for as many as the agenda has. */
    enum err e = measures_people_new(measures, count, LIMIT_PAGES);
    if (e)
        return e;
    bool ok = true;
    measures->silence_ms = read_time(root, "silence_ms", &ok);
    measures->overlap_ms = read_time(root, "overlap_ms", &ok);
    measures->balance = json_number(root, "balance", NAN);
    measures->gini = json_number(root, "gini", NAN);
    for (const struct json *it = json_first(people); ok && it; it = json_next(it), index++)
        ok = read_person(it, &measures->people[index], index);
    return ok ? read_arrays(root, measures) : ERR_CORRUPT;
}

enum err measures_from_json(const char *text, size_t len, struct measures_set **out)
{
    struct json *document = NULL;
    struct measures_set *set = mem_zalloc(sizeof *set);
    enum err e = set ? fields_read(text, len, &document) : ERR_NO_MEMORY;
    if (!e)
        e = read_all(document, &set->measures);
    json_free(document);
    if (e) {
        measures_free(set);
        return e;
    }
    *out = set;
    return ERR_NONE;
}

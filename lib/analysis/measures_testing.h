/* A debate of three people for tests of what is measured. cmocka's headers come first. */
#ifndef DEBATE_ANALYSIS_MEASURES_TESTING_H
#define DEBATE_ANALYSIS_MEASURES_TESTING_H

#include <math.h>
#include <stdlib.h>

#include "analysis/measures.h"
#include "base/mem.h"

struct said {
    unsigned participant;
    double from_s, to_s;
};

static struct page session_agenda_pages[2];
static struct agenda session_agenda = {.refs = 1, .page_count = 2, .pages = session_agenda_pages};
static const struct debate_page session_pages[] = {
    {1, 0, 10000}, {2, 10000, 20000}, {1, 20000, 1000000}};
static const struct debate_choice session_choices[] = {{20000, 1, 1, "agree", NULL},
                                                       {100000, 1, 1, "against", "agree"}};
static const struct debate_person session_people[3] = {
    {.participant = 1, .nickname = "Kim"},
    {.participant = 2, .nickname = "Lee"},
    {.participant = 3, .nickname = "Park"},
};

static struct session {
    struct track tracks[3];
    struct piece pieces[512];
} session = {.tracks = {{.participant = 1, .path = "track"},
                        {.participant = 2, .path = "track"},
                        {.participant = 3, .path = "track"}}};

static inline int by_time(const void *a, const void *b)
{
    const struct piece *x = a, *y = b;
    if (x->from_ms != y->from_ms)
        return x->from_ms < y->from_ms ? -1 : 1;
    return (int)x->participant - (int)y->participant;
}

static inline enum err try_to_take(double end_s, size_t count, struct measures_set **out)
{
    struct debate debate = {.agenda = &session_agenda,
                            .started = true,
                            .ended = true,
                            .end_ms = (int64_t)(1000 * end_s),
                            .people = session_people,
                            .people_count = 3,
                            .pages = session_pages,
                            .page_count = 3,
                            .choices = session_choices,
                            .choice_count = 2};
    struct pieces pieces = {session.pieces, count, 0};
    return measures_take(&debate, session.tracks, 3, &pieces, out);
}

static inline struct measures_set *take(double end_s, const struct said *said, size_t count)
{
    for (size_t i = 0; i < count; i++)
        session.pieces[i] = (struct piece){.participant = said[i].participant,
                                           .from_ms = 1000 * said[i].from_s,
                                           .to_ms = 1000 * said[i].to_s};
    if (count)
        qsort(session.pieces, count, sizeof session.pieces[0], by_time);
    struct measures_set *set = NULL;
    assert_int_equal(try_to_take(end_s, count, &set), ERR_NONE);
    return set;
}

#define TAKE(end_s, ...)                                                                           \
    take(end_s, (const struct said[]){__VA_ARGS__},                                                \
         sizeof((const struct said[]){__VA_ARGS__}) / sizeof(struct said))

static inline const struct person_measures *person_of(const struct measures_set *set,
                                                      unsigned participant)
{
    return &measures_of(set)->people[participant - 1];
}

static inline void assert_overlaps(const struct measures *got, const struct overlap *wanted,
                                   size_t count)
{
    for (size_t i = 0; i < got->overlap_count; i++) {
        const struct overlap *a = &got->overlaps[i], *b = &wanted[i];
        if (i >= count || a->kind != b->kind || a->by != b->by || a->of != b->of ||
            fabs(a->from_ms - b->from_ms) > 0.001 || fabs(a->to_ms - b->to_ms) > 0.001)
            fail_msg("overlap %zu: %s by p%u of p%u, %.0f to %.0f ms", i,
                     overlap_kind_name(a->kind), a->by, a->of, a->from_ms, a->to_ms);
    }
    assert_int_equal(got->overlap_count, count);
}

#define ASSERT_OVERLAPS(set, ...)                                                                  \
    assert_overlaps(measures_of(set), (const struct overlap[]){__VA_ARGS__},                       \
                    sizeof((const struct overlap[]){__VA_ARGS__}) / sizeof(struct overlap))

/* To the microsecond: times in are given in milliseconds. */
#define ASSERT_MS(got, wanted_ms) assert_true(fabs((got) - (wanted_ms)) < 0.001)

#endif

#include "analysis/measures.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/measures_inner.h"
#include "analysis/talk.h"
#include "base/mem.h"

const struct measures *measures_of(const struct measures_set *set)
{
    return &set->measures;
}

void measures_free(struct measures_set *set)
{
    if (!set)
        return;
    struct measures *measures = &set->measures;
    for (size_t i = 0; measures->people && i < measures->people_count; i++) {
        mem_free(measures->people[i].page_talk_ms);
        mem_free(measures->people[i].page_turns);
    }
    mem_free(measures->people);
    mem_free(measures->overlaps);
    mem_free(measures->choices);
    mem_free(set);
}

enum err measures_people_new(struct measures *measures, size_t people, size_t pages)
{
    measures->people = mem_zalloc((people + 1) * sizeof measures->people[0]);
    if (!measures->people)
        return ERR_NO_MEMORY;
    measures->people_count = people;
    for (size_t i = 0; i < people; i++) {
        struct person_measures *person = &measures->people[i];
        person->page_talk_ms = mem_zalloc((pages + 1) * sizeof person->page_talk_ms[0]);
        person->page_turns = mem_zalloc((pages + 1) * sizeof person->page_turns[0]);
        if (!person->page_talk_ms || !person->page_turns)
            return ERR_NO_MEMORY;
    }
    return ERR_NONE;
}

static bool are_sound(const struct debate *debate, const struct pieces *pieces)
{
    if (debate->people_count > LIMIT_PARTICIPANTS)
        return false;
    for (size_t i = 0; i < pieces->count; i++) {
        const struct piece *piece = &pieces->pieces[i];
        if (piece->participant < 1 || piece->participant > debate->people_count ||
            !(piece->from_ms < piece->to_ms) || (i > 0 && piece->from_ms < (piece - 1)->from_ms))
            return false;
    }
    return true;
}

static double shared_ms(double from_ms, double to_ms, double other_from_ms, double other_to_ms)
{
    return fmax(0, fmin(to_ms, other_to_ms) - fmax(from_ms, other_from_ms));
}

static void add_units(struct measures *measures, const struct debate *debate,
                      const struct talk *talk)
{
    for (size_t i = 0; i < talk->unit_count; i++) {
        const struct talk_unit *unit = &talk->units[i];
        struct person_measures *person = &measures->people[unit->who - 1];
        person->talk_ms += unit->to_ms - unit->from_ms;
        for (size_t k = 0; k < debate->page_count; k++) {
            const struct debate_page *page = &debate->pages[k];
            if (page->page >= 1 && page->page <= debate->agenda->page_count)
                person->page_talk_ms[page->page - 1] += shared_ms(
                    unit->from_ms, unit->to_ms, (double)page->from_ms, (double)page->to_ms);
        }
    }
}

/* The page at that time; of two that meet there, the new one. What begins in the last instant of
 * the debate, or beyond, is on the last page. */
static unsigned page_at(const struct debate *debate, double at_ms)
{
    unsigned page = 1;
    for (size_t i = 0; i < debate->page_count; i++)
        if ((double)debate->pages[i].from_ms <= at_ms)
            page = debate->pages[i].page;
    return page <= debate->agenda->page_count ? page : 1;
}

static void add_turns(struct measures *measures, const struct debate *debate,
                      const struct talk *talk)
{
    for (size_t i = 0; i < talk->turn_count; i++) {
        const struct talk_turn *turn = &talk->turns[i];
        struct person_measures *person = &measures->people[turn->who - 1];
        person->turns++;
        person->pause_ms += turn->to_ms - turn->from_ms - turn->talk_ms;
        person->page_turns[page_at(debate, turn->from_ms) - 1]++;
    }
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double median(double *values, size_t count)
{
    if (count == 0)
        return NAN;
    qsort(values, count, sizeof values[0], compare);
    return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

static enum err add_medians(struct measures *measures, const struct talk *talk)
{
    double *values = mem_alloc((talk->turn_count + 1) * sizeof values[0]);
    if (!values)
        return ERR_NO_MEMORY;
    for (size_t p = 0; p < measures->people_count; p++) {
        size_t turns = 0;
        for (size_t i = 0; i < talk->turn_count; i++)
            if (talk->turns[i].who == p + 1)
                values[turns++] = talk->turns[i].to_ms - talk->turns[i].from_ms;
        measures->people[p].turn_ms_median = median(values, turns);
        size_t latencies = 0;
        for (size_t i = 0; i < talk->turn_count; i++)
            if (talk->turns[i].who == p + 1 && talk->turns[i].has_latency)
                values[latencies++] = talk->turns[i].latency_ms;
        measures->people[p].latency_ms_median = median(values, latencies);
    }
    mem_free(values);
    return ERR_NONE;
}

static void count_overlaps(struct measures *measures)
{
    for (size_t i = 0; i < measures->overlap_count; i++) {
        const struct overlap *overlap = &measures->overlaps[i];
        struct person_measures *by = &measures->people[overlap->by - 1];
        if (overlap->kind == OVERLAP_INTERRUPTION) {
            by->interrupted++;
            measures->people[overlap->of - 1].was_interrupted++;
        }
        by->attempted += overlap->kind == OVERLAP_ATTEMPT;
    }
}

/* Somebody begins to talk, or stops. */
struct edge {
    double at_ms;
    int by;
};

static int compare_edges(const void *a, const void *b)
{
    const struct edge *x = a, *y = b;
    return x->at_ms != y->at_ms ? (x->at_ms < y->at_ms ? -1 : 1) : x->by - y->by;
}

static enum err add_silence(struct measures *measures, const struct debate *debate,
                            const struct talk *talk)
{
    struct edge *edges = mem_alloc((2 * talk->unit_count + 1) * sizeof edges[0]);
    if (!edges)
        return ERR_NO_MEMORY;
    double end_ms = (double)debate->end_ms;
    size_t count = 0;
    for (size_t i = 0; i < talk->unit_count; i++) {
        edges[count++] = (struct edge){talk->units[i].from_ms, 1};
        edges[count++] = (struct edge){talk->units[i].to_ms, -1};
        if (!debate->ended)
            end_ms = fmax(end_ms, talk->units[i].to_ms);
    }
    if (count)
        qsort(edges, count, sizeof edges[0], compare_edges);
    double last_ms = 0;
    int talking = 0;
    for (size_t i = 0; i < count; i++) {
        double span_ms = shared_ms(last_ms, edges[i].at_ms, 0, end_ms);
        measures->silence_ms += talking == 0 ? span_ms : 0;
        measures->overlap_ms += talking >= 2 ? span_ms : 0;
        talking += edges[i].by;
        last_ms = edges[i].at_ms;
    }
    measures->silence_ms += shared_ms(last_ms, end_ms, 0, end_ms);
    mem_free(edges);
    return ERR_NONE;
}

/* Entropy over log n, and half the relative mean difference, of the talk of those who were heard.
 */
static void weigh(struct measures *measures)
{
    double sum = 0, entropy = 0, differences = 0;
    size_t heard = 0;
    measures->balance = measures->gini = NAN;
    for (size_t i = 0; i < measures->people_count; i++) {
        heard += measures->people[i].heard;
        sum += measures->people[i].talk_ms;
    }
    if (heard < 2 || sum <= 0)
        return;
    for (size_t i = 0; i < measures->people_count; i++) {
        double share = measures->people[i].talk_ms / sum;
        if (share > 0)
            entropy -= share * log(share);
        for (size_t k = 0; k < measures->people_count; k++)
            if (measures->people[i].heard && measures->people[k].heard)
                differences += fabs(share - measures->people[k].talk_ms / sum);
    }
    measures->balance = fmin(1, entropy / log((double)heard));
    measures->gini = differences / (2 * (double)heard);
}

static enum err add_choices(struct measures *measures, const struct debate *debate,
                            const struct pieces *pieces)
{
    measures->choices = mem_zalloc((debate->choice_count + 1) * sizeof measures->choices[0]);
    if (!measures->choices)
        return ERR_NO_MEMORY;
    measures->choice_count = debate->choice_count;
    for (size_t i = 0; i < debate->choice_count; i++) {
        struct choice_words *words = &measures->choices[i];
        double to_ms = (double)debate->choices[i].at_ms, from_ms = to_ms - MEASURE_CHOICE_MS;
        words->choice = i;
        for (size_t p = 0; p < pieces->count && pieces->pieces[p].from_ms < to_ms; p++) {
            const struct piece *piece = &pieces->pieces[p];
            words->talk_ms[piece->participant - 1] +=
                shared_ms(piece->from_ms, piece->to_ms, from_ms, to_ms);
            if (piece->to_ms > from_ms && words->piece_count == 0)
                words->first_piece = p;
            if (piece->to_ms > from_ms || words->piece_count > 0)
                words->piece_count = p + 1 - words->first_piece;
        }
    }
    return ERR_NONE;
}

static enum err take(struct measures *measures, const struct debate *debate,
                     const struct track *tracks, size_t track_count, const struct pieces *pieces,
                     struct talk *talk)
{
    enum err e = measures_people_new(measures, debate->people_count, debate->agenda->page_count);
    if (!e)
        e = talk_make(talk, pieces);
    if (e)
        return e;
    for (size_t i = 0; i < track_count; i++)
        if (tracks[i].path && tracks[i].participant >= 1 &&
            tracks[i].participant <= debate->people_count)
            measures->people[tracks[i].participant - 1].heard = true;
    for (size_t i = 0; i < pieces->count; i++)
        measures->people[pieces->pieces[i].participant - 1].heard = true;
    add_units(measures, debate, talk);
    add_turns(measures, debate, talk);
    e = add_medians(measures, talk);
    if (!e)
        e = add_silence(measures, debate, talk);
    if (!e)
        e = add_choices(measures, debate, pieces);
    measures->overlaps = talk->overlaps;
    measures->overlap_count = talk->overlap_count;
    talk->overlaps = NULL;
    count_overlaps(measures);
    weigh(measures);
    return e;
}

enum err measures_take(const struct debate *debate, const struct track *tracks, size_t track_count,
                       const struct pieces *pieces, struct measures_set **out)
{
    if (!are_sound(debate, pieces))
        return ERR_CORRUPT;
    struct talk talk = {0};
    struct measures_set *set = mem_zalloc(sizeof *set);
    enum err e =
        set ? take(&set->measures, debate, tracks, track_count, pieces, &talk) : ERR_NO_MEMORY;
    talk_release(&talk);
    if (e) {
        measures_free(set);
        return e;
    }
    *out = set;
    return ERR_NONE;
}

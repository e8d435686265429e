#include "analysis/talk.h"

#include <math.h>
#include <string.h>

#include "analysis/measures.h"
#include "base/mem.h"

static enum err join_pieces(struct talk *talk, const struct pieces *pieces)
{
    long last[LIMIT_PARTICIPANTS + 1];
    for (size_t i = 0; i <= LIMIT_PARTICIPANTS; i++)
        last[i] = -1;
    for (size_t i = 0; i < pieces->count; i++) {
        const struct piece *piece = &pieces->pieces[i];
        long *own = &last[piece->participant];
        if (*own >= 0 && talk->units[*own].to_ms >= piece->from_ms) {
            talk->units[*own].to_ms = fmax(talk->units[*own].to_ms, piece->to_ms);
            continue;
        }
        *own = (long)talk->unit_count;
        talk->units[talk->unit_count++] =
            (struct talk_unit){piece->participant, piece->from_ms, piece->to_ms, TALK_NO_TURN};
    }
    return ERR_NONE;
}

static void sort_by_person(struct talk *talk)
{
    size_t at = 0;
    for (unsigned who = 0; who <= LIMIT_PARTICIPANTS; who++) {
        talk->person_first[who] = at;
        for (size_t i = 0; i < talk->unit_count; i++)
            if (talk->units[i].who == who)
                talk->by_person[at++] = i;
    }
    talk->person_first[LIMIT_PARTICIPANTS + 1] = at;
}

/* What this person is saying at that instant, or NULL. */
static struct talk_unit *saying(const struct talk *talk, unsigned who, double at_ms)
{
    size_t low = talk->person_first[who], high = talk->person_first[who + 1];
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (talk->units[talk->by_person[middle]].from_ms <= at_ms)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == talk->person_first[who])
        return NULL;
    struct talk_unit *unit = &talk->units[talk->by_person[low - 1]];
    return unit->to_ms > at_ms ? unit : NULL;
}

static bool is_backchannel(const struct talk *talk, const struct talk_unit *unit)
{
    if (unit->to_ms - unit->from_ms >= MEASURE_BACKCHANNEL_MS)
        return false;
    for (unsigned who = 1; who <= LIMIT_PARTICIPANTS; who++) {
        const struct talk_unit *other = who == unit->who ? NULL : saying(talk, who, unit->from_ms);
        if (other && other->from_ms < unit->from_ms && other->to_ms > unit->to_ms)
            return true;
    }
    return false;
}

/* Whether somebody began a turn in the silence before. */
static bool was_taken(const struct talk *talk, const struct talk_turn *turn, double until_ms)
{
    for (size_t i = talk->turn_count; i > 0 && talk->turns[i - 1].from_ms >= turn->to_ms; i--)
        if (talk->turns[i - 1].who != turn->who && talk->turns[i - 1].from_ms < until_ms)
            return true;
    return false;
}

static void join_units(struct talk *talk)
{
    long last[LIMIT_PARTICIPANTS + 1];
    for (size_t i = 0; i <= LIMIT_PARTICIPANTS; i++)
        last[i] = TALK_NO_TURN;
    for (size_t i = 0; i < talk->unit_count; i++) {
        struct talk_unit *unit = &talk->units[i];
        if (is_backchannel(talk, unit))
            continue;
        struct talk_turn *turn = last[unit->who] >= 0 ? &talk->turns[last[unit->who]] : NULL;
        if (!turn || unit->from_ms - turn->to_ms > MEASURE_LAPSE_MS ||
            was_taken(talk, turn, unit->from_ms)) {
            last[unit->who] = (long)talk->turn_count;
            turn = &talk->turns[talk->turn_count++];
            *turn = (struct talk_turn){.who = unit->who, .from_ms = unit->from_ms, .first_unit = i};
        }
        turn->to_ms = unit->to_ms;
        turn->talk_ms += unit->to_ms - unit->from_ms;
        unit->turn = last[unit->who];
    }
}

/* Of those who are speaking in turns that began before this unit, the one who began last. */
static const struct talk_unit *came_in_on(const struct talk *talk, size_t index)
{
    const struct talk_unit *unit = &talk->units[index], *best = NULL;
    for (unsigned who = 1; who <= LIMIT_PARTICIPANTS; who++) {
        const struct talk_unit *other = who == unit->who ? NULL : saying(talk, who, unit->from_ms);
        if (!other || other->turn == TALK_NO_TURN || other > unit)
            continue;
        if (!best || talk->turns[other->turn].from_ms > talk->turns[best->turn].from_ms)
            best = other;
    }
    return best;
}

static enum overlap_kind kind_of(const struct talk_turn *turn, const struct talk_turn *other)
{
    if (turn->from_ms - other->from_ms < MEASURE_TOGETHER_MS)
        return OVERLAP_TOGETHER;
    if (other->to_ms > turn->to_ms)
        return OVERLAP_ATTEMPT;
    return other->to_ms - turn->from_ms < MEASURE_HANDOVER_MS ? OVERLAP_HANDOVER
                                                              : OVERLAP_INTERRUPTION;
}

static void find_overlaps(struct talk *talk)
{
    for (size_t i = 0; i < talk->unit_count; i++) {
        const struct talk_unit *unit = &talk->units[i];
        struct talk_turn *turn = unit->turn >= 0 ? &talk->turns[unit->turn] : NULL;
        const struct talk_unit *other = turn && turn->first_unit != i ? NULL : came_in_on(talk, i);
        if (!other)
            continue;
        const struct talk_turn *theirs = &talk->turns[other->turn];
        enum overlap_kind kind = turn ? kind_of(turn, theirs) : OVERLAP_BACKCHANNEL;
        if (kind == OVERLAP_HANDOVER) {
            turn->has_latency = true;
            turn->latency_ms = turn->from_ms - theirs->to_ms;
        }
        talk->overlaps[talk->overlap_count++] = (struct overlap){
            kind, unit->who, other->who, unit->from_ms, fmin(unit->to_ms, other->to_ms)};
    }
}

/* Over a gap: everybody else's turn has ended, and the last that did was not one's own. */
static void find_latencies(struct talk *talk)
{
    const struct talk_turn *last = NULL;
    for (size_t i = 0; i < talk->turn_count; i++) {
        struct talk_turn *turn = &talk->turns[i];
        if (last && last->who != turn->who && last->to_ms <= turn->from_ms) {
            turn->has_latency = true;
            turn->latency_ms = turn->from_ms - last->to_ms;
        }
        if (!last || turn->to_ms > last->to_ms)
            last = turn;
    }
}

enum err talk_make(struct talk *talk, const struct pieces *pieces)
{
    *talk = (struct talk){0};
    size_t room = pieces->count + 1;
    talk->units = mem_zalloc(room * sizeof talk->units[0]);
    talk->turns = mem_zalloc(room * sizeof talk->turns[0]);
    talk->overlaps = mem_zalloc(room * sizeof talk->overlaps[0]);
    talk->by_person = mem_zalloc(room * sizeof talk->by_person[0]);
    if (!talk->units || !talk->turns || !talk->overlaps || !talk->by_person)
        return ERR_NO_MEMORY;
    enum err e = join_pieces(talk, pieces);
    if (e)
        return e;
    sort_by_person(talk);
    join_units(talk);
    find_overlaps(talk);
    find_latencies(talk);
    return ERR_NONE;
}

void talk_release(struct talk *talk)
{
    mem_free(talk->units);
    mem_free(talk->turns);
    mem_free(talk->overlaps);
    mem_free(talk->by_person);
    *talk = (struct talk){0};
}

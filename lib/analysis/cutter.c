#include "analysis/cutter.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/bleed.h"
#include "analysis/cutter_inner.h"
#include "base/mem.h"

enum {
    DB_BINS = 100, /* of 1 dB, below full scale */
    FLOOR_FRAMES_LEAST = CUTTER_BLOCK,
    FLOOR_SHARE = 10, /* one in ten frames is quieter */
    NOTHING_DB = -85, /* a muted microphone, a gap: it says nothing of the noise */
    CUT_FRAMES = 10,  /* the quietest place is the quietest 100 ms */
    STEADY_LEAST = 50,
    PIECE_MAX = PIECE_MAX_MS / LEVEL_FRAME_MS,
};

/* A band's; with it speech below -57 dBFS is none: that is what good echo cancellers leave. */
static const float FLOOR_MIN_DB = -72;
/* Between the quietest tenth and fiftieth: noise has 1 to 2. */
static const float SCATTERED_DB = 3;
/* Between the loudest and the quietest tenth: steady noise has 3 to 4 in 10 ms frames, the voice 12
 * and more. */
static const float STEADY_DB = 6;

struct cutter *cutter_new(const unsigned *participants, size_t lanes)
{
    struct cutter *cutter = mem_zalloc(sizeof *cutter);
    if (!cutter)
        return NULL;
    cutter->lane_count = lanes;
    cutter->lanes = mem_zalloc((lanes ? lanes : 1) * sizeof cutter->lanes[0]);
    cutter->bleed = bleed_new(lanes);
    if (!cutter->lanes || !cutter->bleed) {
        cutter_free(cutter);
        return NULL;
    }
    for (size_t i = 0; i < lanes; i++) {
        struct lane *lane = &cutter->lanes[i];
        lane->participant = participants[i];
        level_meter_init(&lane->meter);
        lane->heard_track = NO_TRACK;
        for (size_t f = 0; f < RING; f++)
            lane->ring[f].track = NO_TRACK;
    }
    return cutter;
}

void cutter_free(struct cutter *cutter)
{
    if (!cutter)
        return;
    bleed_free(cutter->bleed);
    mem_free(cutter->lanes);
    mem_free(cutter->pieces);
    mem_free(cutter);
}

void cutter_hear(struct cutter *cutter, size_t lane_index, size_t track, const int16_t *pcm,
                 size_t from, size_t to)
{
    struct lane *lane = &cutter->lanes[lane_index];
    for (size_t f = from; f < to; f++) {
        struct frame *frame = lane_frame(lane, cutter->written + (int64_t)f);
        frame->track = (int)track;
        frame->level = level_meter_feed(&lane->meter, pcm + f * LEVEL_FRAME_SAMPLES);
        for (size_t b = 0; b < LEVEL_BANDS; b++)
            frame->bands_db[b] = level_db(frame->level.bands[b]);
    }
}

/* The dB that one in `share` of the frames is below. */
static float quantile_db(const unsigned bins[DB_BINS], unsigned frames, unsigned share)
{
    size_t bin = 0;
    for (unsigned seen = bins[0]; bin < DB_BINS - 1 && share * seen < frames;)
        seen += bins[++bin];
    return (float)bin + 0.5f - DB_BINS;
}

/* The block's noise, by what is quietest around it. Where there is digital silence too, it may be
 * that there is no noise: then what is quietest is speech, and scattered. */
static void measure_floor(struct lane *lane, int64_t at)
{
    unsigned bins[LEVEL_BANDS][DB_BINS] = {{0}}, frames = 0, nothing = 0;
    int64_t end = at + CUTTER_BLOCK + FLOOR_REACH;
    for (int64_t f = at > FLOOR_REACH ? at - FLOOR_REACH : 0; f < end; f++) {
        const struct frame *frame = lane_frame(lane, f);
        if (frame->track == NO_TRACK || level_db(frame->level.power) < NOTHING_DB) {
            nothing += frame->track != NO_TRACK;
            continue;
        }
        frames++;
        for (size_t b = 0; b < LEVEL_BANDS; b++) {
            int bin = DB_BINS + (int)floorf(frame->bands_db[b]);
            bins[b][bin < 0 ? 0 : bin >= DB_BINS ? DB_BINS - 1 : bin]++;
        }
    }
    bool may_be_clean = FLOOR_SHARE * nothing > frames;
    for (size_t b = 0; b < LEVEL_BANDS; b++) {
        float db = quantile_db(bins[b], frames, FLOOR_SHARE);
        bool is_scattered = db - quantile_db(bins[b], frames, 5 * FLOOR_SHARE) > SCATTERED_DB;
        if (frames < FLOOR_FRAMES_LEAST || db < FLOOR_MIN_DB || (may_be_clean && is_scattered))
            db = FLOOR_MIN_DB;
        lane_floor(lane, at)[b] = powf(10, db / 10);
    }
}

static float stands_out_db(const float bands[LEVEL_BANDS], const float floors[LEVEL_BANDS])
{
    float sum = 0;
    for (size_t b = 0; b < LEVEL_BANDS; b++)
        sum += bands[b] / floors[b];
    return level_db(sum / LEVEL_BANDS);
}

static void measure_block(struct lane *lane, int64_t at)
{
    measure_floor(lane, at);
    const float *floors = lane_floor(lane, at);
    float floors_db[LEVEL_BANDS];
    for (size_t b = 0; b < LEVEL_BANDS; b++)
        floors_db[b] = level_db(floors[b]);
    for (int64_t f = at; f < at + CUTTER_BLOCK; f++) {
        struct frame *frame = lane_frame(lane, f);
        frame->stands_out_db = stands_out_db(frame->level.bands, floors);
        for (size_t b = 0; b < LEVEL_BANDS; b++) {
            float above = frame->bands_db[b] - floors_db[b];
            frame->above_db[b] = above < 0 ? 0 : above > ABOVE_MAX_DB ? ABOVE_MAX_DB : above;
        }
    }
}

static bool is_steady(struct lane *lane, int64_t from, int64_t to)
{
    unsigned bins[DB_BINS] = {0}, frames = 0;
    for (int64_t f = from; f < to; f++) {
        float db = lane_frame(lane, f)->own_db;
        if (db < SPURT_LOW_DB)
            continue;
        frames++;
        bins[db < DB_BINS - 1 ? (int)db : DB_BINS - 1]++;
    }
    if (frames < STEADY_LEAST)
        return false;
    int low = 0, high = 0;
    unsigned seen = 0;
    for (int bin = 0; bin < DB_BINS; bin++) {
        seen += bins[bin];
        low += 10 * seen < frames;
        high += 10 * seen < 9 * frames;
    }
    return (float)(high - low) < STEADY_DB;
}

static enum err keep_piece(struct cutter *cutter, struct lane *lane, int64_t from, int64_t to)
{
    double sum = 0;
    size_t frames = 0;
    for (int64_t f = from; f < to; f++) {
        struct frame *frame = lane_frame(lane, f);
        if (frame->own_db >= SPURT_LOW_DB) {
            sum += frame->level.power;
            frames++;
        }
        frame->in_piece = true;
    }
    if (cutter->count == cutter->cap) {
        size_t cap = cutter->cap ? 2 * cutter->cap : 64;
        struct piece *pieces = mem_realloc(cutter->pieces, cap * sizeof pieces[0]);
        if (!pieces)
            return ERR_NO_MEMORY;
        cutter->pieces = pieces;
        cutter->cap = cap;
    }
    cutter->pieces[cutter->count++] = (struct piece){
        .participant = lane->participant,
        .track = (size_t)lane_frame(lane, from)->track,
        .from_ms = (double)(from * LEVEL_FRAME_MS),
        .to_ms = (double)(to * LEVEL_FRAME_MS),
        .level_db = level_db((float)(sum / (double)(frames ? frames : 1))),
    };
    return ERR_NONE;
}

/* Where a piece that is too long is cut: in its second half, where it is quietest. */
static int64_t quietest(struct lane *lane, int64_t from)
{
    int64_t best = from + PIECE_MAX;
    double least = INFINITY;
    for (int64_t at = from + PIECE_MAX / 2; at + CUT_FRAMES <= from + PIECE_MAX; at++) {
        double sum = 0;
        for (int64_t f = at; f < at + CUT_FRAMES; f++)
            sum += lane_frame(lane, f)->level.power;
        if (sum < least) {
            least = sum;
            best = at + CUT_FRAMES / 2;
        }
    }
    return best;
}

static enum err cut(struct cutter *cutter, struct lane *lane, struct spurt *spurt)
{
    while (spurt->to - spurt->from > PIECE_MAX) {
        int64_t at = quietest(lane, spurt->from);
        if (!is_steady(lane, spurt->from, at)) {
            enum err e = keep_piece(cutter, lane, spurt->from, at);
            if (e)
                return e;
        }
        spurt->from = at;
    }
    return ERR_NONE;
}

static enum err keep_spurt(struct cutter *cutter, struct lane *lane, struct spurt spurt)
{
    enum err e = cut(cutter, lane, &spurt);
    if (e || is_steady(lane, spurt.from, spurt.to))
        return e;
    return keep_piece(cutter, lane, spurt.from, spurt.to);
}

/* A stretch that stands out of the noise, but nothing in it is one's own. */
static void count_bled(struct cutter *cutter, struct lane *lane, struct spurt spurt)
{
    for (int64_t f = spurt.from; f < spurt.to; f++)
        if (lane_frame(lane, f)->in_piece)
            return;
    if (!is_steady(lane, spurt.from, spurt.to))
        cutter->bled++;
}

static void end_heard(struct cutter *cutter, struct lane *lane, struct spurt spurt)
{
    bool has_own = lane->own.open.from < spurt.to && lane->own.open.to > spurt.from;
    if (!has_own)
        count_bled(cutter, lane, spurt);
}

/* The sound ends here, or another track begins: nothing goes on over that. */
static enum err end_track(struct cutter *cutter, struct lane *lane, int64_t at)
{
    struct spurt spurt;
    while (spurts_finish(&lane->own, at, &spurt)) {
        enum err e = keep_spurt(cutter, lane, spurt);
        if (e)
            return e;
    }
    while (spurts_finish(&lane->heard, at, &spurt))
        end_heard(cutter, lane, spurt);
    return ERR_NONE;
}

static enum err decide_frame(struct cutter *cutter, size_t index, int64_t at)
{
    struct lane *lane = &cutter->lanes[index];
    struct frame *frame = lane_frame(lane, at);
    float own[LEVEL_BANDS];
    bleed_take_out(cutter, index, at, own);
    frame->own_db = stands_out_db(own, lane_floor(lane, at));
    if (frame->track != lane->heard_track) {
        enum err e = end_track(cutter, lane, at);
        if (e)
            return e;
        lane->heard_track = frame->track;
    }
    if (frame->track == NO_TRACK)
        return ERR_NONE;
    struct spurt spurt;
    enum err e = ERR_NONE;
    if (spurts_feed(&lane->own, at, frame->own_db, &spurt))
        e = keep_spurt(cutter, lane, spurt);
    if (!e)
        e = cut(cutter, lane, &lane->own.open);
    if (spurts_feed(&lane->heard, at, frame->stands_out_db, &spurt))
        end_heard(cutter, lane, spurt);
    if (lane->heard.open.to - lane->heard.open.from > PIECE_MAX) {
        end_heard(cutter, lane, lane->heard.open);
        lane->heard.open.from = lane->heard.open.to;
    }
    return e;
}

/* Floors need what comes, delays need floors, and speech needs delays: each step goes behind the
 * one before. */
enum err cutter_next(struct cutter *cutter)
{
    cutter->written += CUTTER_BLOCK;
    int64_t measured = cutter->written - FLOOR_REACH - CUTTER_BLOCK;
    int64_t learned = measured - CUTTER_BLOCK, decided = cutter->written - CUTTER_AHEAD;
    for (size_t i = 0; i < cutter->lane_count && measured >= 0; i++)
        measure_block(&cutter->lanes[i], measured);
    if (learned >= 0)
        bleed_learn(cutter, learned);
    for (size_t i = 0; i < cutter->lane_count && decided >= 0; i++)
        for (int64_t f = decided; f < decided + CUTTER_BLOCK; f++) {
            enum err e = decide_frame(cutter, i, f);
            if (e)
                return e;
        }
    for (size_t i = 0; i < cutter->lane_count; i++)
        for (int64_t f = cutter->written; f < cutter->written + CUTTER_BLOCK; f++)
            *lane_frame(&cutter->lanes[i], f) = (struct frame){.track = NO_TRACK};
    return ERR_NONE;
}

static int compare(const void *a, const void *b)
{
    const struct piece *x = a, *y = b;
    if (x->from_ms != y->from_ms)
        return x->from_ms < y->from_ms ? -1 : 1;
    return x->participant < y->participant ? -1 : x->participant > y->participant;
}

enum err cutter_finish(struct cutter *cutter, struct pieces *out)
{
    for (size_t block = 0; block <= CUTTER_AHEAD / CUTTER_BLOCK; block++) {
        enum err e = cutter_next(cutter);
        if (e)
            return e;
    }
    if (cutter->count)
        qsort(cutter->pieces, cutter->count, sizeof cutter->pieces[0], compare);
    *out = (struct pieces){cutter->pieces, cutter->count, cutter->bled};
    return ERR_NONE;
}

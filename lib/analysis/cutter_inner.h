/* What cutter.c and bleed.c share. */
#ifndef DEBATE_ANALYSIS_CUTTER_INNER_H
#define DEBATE_ANALYSIS_CUTTER_INNER_H

#include "analysis/cutter.h"
#include "analysis/levels.h"
#include "analysis/spurt.h"

enum {
    FLOOR_REACH = 3 * CUTTER_BLOCK, /* speech dips into its noise more often than that */
    /* The longest piece, what it is known late, and what is looked at ahead, in whole blocks. */
    RING_BLOCKS = 56,
    RING = RING_BLOCKS * CUTTER_BLOCK,
    NO_TRACK = -1,
};
_Static_assert(RING > PIECE_MAX_MS / LEVEL_FRAME_MS + SPURT_LATE + CUTTER_AHEAD + 2 * CUTTER_BLOCK,
               "a piece is measured from what the ring still holds");

struct frame {
    struct level level;
    float bands_db[LEVEL_BANDS];
    float above_db[LEVEL_BANDS]; /* the floor, not below 0 and not above ABOVE_MAX_DB */
    float stands_out_db;         /* as heard */
    float own_db;                /* without what came from others */
    int track;
    bool in_piece; /* of those kept */
};

#define ABOVE_MAX_DB 60.0f

struct lane {
    unsigned participant;
    struct level_meter meter;
    struct frame ring[RING];
    float floors[RING_BLOCKS][LEVEL_BANDS]; /* power, a block */
    struct spurts heard, own;
    int heard_track;
};

struct bleed;

struct cutter {
    struct lane *lanes;
    size_t lane_count;
    int64_t written; /* frames that cutter_next has seen, from the start */
    struct bleed *bleed;
    struct piece *pieces;
    size_t count, cap, bled;
};

static inline size_t ring_index(int64_t at)
{
    return (size_t)(at % RING);
}

static inline struct frame *lane_frame(struct lane *lane, int64_t at)
{
    return &lane->ring[ring_index(at)];
}

static inline float *lane_floor(struct lane *lane, int64_t at)
{
    return lane->floors[at / CUTTER_BLOCK % RING_BLOCKS];
}

#endif

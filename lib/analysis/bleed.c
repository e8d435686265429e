#include "analysis/bleed.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

enum {
    /* Frames. Tracks are placed to 5 ms, and in one room a voice arrives at once: a little below 0.
     * Mouth to ear over a network takes up to 300 ms, or there is no debate. */
    LAG_MIN = -5,
    LAG_MAX = 40,
    LAGS = LAG_MAX - LAG_MIN + 1,
    SPOKE = LAG_MAX, /* the other spoke, so lately that it may just arrive */
    HEARD = 30,      /* there was something in the lane: dips between syllables count too */
    LEARNED_LEAST = 30,
    GAIN_FRAMES_LEAST = 10,
    GAIN_MIN_DB = -60,
    GAIN_BINS = 80, /* of 1 dB */
};

/* Page's cumulative sum (E. Page, Continuous inspection schemes, 1954), a delay: each second adds
 * its correlation less what unrelated voices seldom reach, never below 0. Bleed 20 dB down gains
 * half of the mark and more a second; four people who all talked at once for 50 minutes came to
 * 0.65 at most. Somebody who talks over bleed takes some away again, but not soon. */
static const float UNRELATED = 0.35f, RELATED = 0.8f, RELATED_MAX = 3, FORGOTTEN = 0.1f;
/* A microphone hears its owner louder than a loudspeaker's copy of somebody: otherwise it is the
 * other that has the copy, or both are given the same sound. Power, 6 dB. */
static const float LOUDER = 4;
/* How much of what a second says of the gain is believed, and how alike it must be. */
static const float GAIN_SHARE = 0.3f, GAIN_ALIKE = 0.5f;
/* How far bleed goes beyond what is expected of it: rooms and codecs are not exact. Power, 8 dB. */
static const float MARGIN = 6.3f;
/* A room rings on: 1.3 dB in 10 ms is a reverberation time of 0.46 s. Power. */
static const float TAIL = 0.74f;

/* What lane `a` has of lane `b`. */
struct pair {
    float evidence[LAGS];
    bool is_related;
    int lag;
    float gain_db[LEVEL_BANDS];
    float gain[LEVEL_BANDS]; /* power; 0: never heard, so there is nothing to take out */
    float tail[LEVEL_BANDS]; /* what is expected in the frame before */
};

/* What a lane does around each frame of a block. */
struct activity {
    bool stood_out[CUTTER_BLOCK]; /* no longer ago than a number of frames */
    float loudest[CUTTER_BLOCK];  /* power in these */
};

struct bleed {
    size_t lanes;
    struct activity heard[LIMIT_PARTICIPANTS];
    bool has_heard[LIMIT_PARTICIPANTS];
    struct pair pairs[];
};

/* The sums of a correlation over one second, for each delay. */
struct sums {
    float n;
    float x[LEVEL_BANDS], xx[LEVEL_BANDS];
    float y[LAGS][LEVEL_BANDS], yy[LAGS][LEVEL_BANDS], xy[LAGS][LEVEL_BANDS];
};

struct bleed *bleed_new(size_t lanes)
{
    struct bleed *bleed = mem_zalloc(sizeof *bleed + lanes * lanes * sizeof bleed->pairs[0]);
    if (bleed)
        bleed->lanes = lanes;
    return bleed;
}

void bleed_free(struct bleed *bleed)
{
    mem_free(bleed);
}

static float correlation(const struct sums *sums, size_t lag)
{
    float xx = 0, yy = 0, xy = 0;
    for (size_t b = 0; b < LEVEL_BANDS; b++) {
        float x = sums->x[b], y = sums->y[lag][b];
        xx += sums->xx[b] - x * x / sums->n;
        yy += sums->yy[lag][b] - y * y / sums->n;
        xy += sums->xy[lag][b] - x * y / sums->n;
    }
    return xx > 1 && yy > 1 ? xy / sqrtf(xx * yy) : 0;
}

static void add_frame(struct sums *sums, const float x[LEVEL_BANDS], const float (*y)[LEVEL_BANDS])
{
    sums->n++;
    for (size_t b = 0; b < LEVEL_BANDS; b++) {
        sums->x[b] += x[b];
        sums->xx[b] += x[b] * x[b];
    }
    for (size_t lag = 0; lag < LAGS; lag++, y--)
        for (size_t b = 0; b < LEVEL_BANDS; b++) {
            float other = (*y)[b];
            sums->y[lag][b] += other;
            sums->yy[lag][b] += other * other;
            sums->xy[lag][b] += x[b] * other;
        }
}

/* The median of how much quieter the copy is, a band, where the voice is loud and the copy can be
 * told from the noise. */
static void learn_gain(struct lane *a, struct lane *b, struct pair *pair, int64_t at)
{
    unsigned bins[LEVEL_BANDS][GAIN_BINS] = {{0}}, counts[LEVEL_BANDS] = {0};
    for (int64_t f = at > LAG_MAX ? at : LAG_MAX; f < at + CUTTER_BLOCK; f++) {
        const struct frame *copy = lane_frame(a, f), *voice = lane_frame(b, f - pair->lag);
        for (size_t band = 0; band < LEVEL_BANDS; band++) {
            if (voice->above_db[band] < 12 || copy->above_db[band] < 3)
                continue;
            int bin = (int)floorf(copy->bands_db[band] - voice->bands_db[band]) - GAIN_MIN_DB;
            bins[band][bin < 0 ? 0 : bin >= GAIN_BINS ? GAIN_BINS - 1 : bin]++;
            counts[band]++;
        }
    }
    for (size_t band = 0; band < LEVEL_BANDS; band++) {
        size_t bin = 0;
        for (unsigned seen = bins[band][0]; bin < GAIN_BINS - 1 && 2 * seen < counts[band];)
            seen += bins[band][++bin];
        if (counts[band] < GAIN_FRAMES_LEAST)
            continue;
        float gain_db = (float)bin + 0.5f + GAIN_MIN_DB;
        bool is_first = pair->gain[band] == 0;
        pair->gain_db[band] += (is_first ? 1 : GAIN_SHARE) * (gain_db - pair->gain_db[band]);
        pair->gain[band] = powf(10, pair->gain_db[band] / 10);
    }
}

static void relate(struct lane *a, struct lane *b, struct pair *pair, int64_t at,
                   const struct sums *sums)
{
    size_t best = 0;
    for (size_t lag = 0; lag < LAGS; lag++) {
        float r = correlation(sums, lag);
        float evidence = pair->evidence[lag] + (r - UNRELATED) * sums->n / CUTTER_BLOCK;
        pair->evidence[lag] = evidence < 0 ? 0 : evidence > RELATED_MAX ? RELATED_MAX : evidence;
        if (pair->evidence[lag] > pair->evidence[best])
            best = lag;
    }
    pair->lag = (int)best + LAG_MIN;
    if (correlation(sums, best) >= GAIN_ALIKE)
        learn_gain(a, b, pair, at);
    pair->is_related = pair->evidence[best] >= (pair->is_related ? FORGOTTEN : RELATED);
}

/* False: nothing stood out at all. */
static bool look_at(struct lane *lane, int64_t at, int ago, struct activity *out)
{
    bool any = false;
    for (int64_t f = 0; f < CUTTER_BLOCK; f++) {
        out->stood_out[f] = false;
        out->loudest[f] = 0;
        for (int64_t i = at + f - ago < 0 ? 0 : at + f - ago; i <= at + f; i++) {
            const struct frame *frame = lane_frame(lane, i);
            float power = 0;
            for (size_t b = 0; b < LEVEL_BANDS; b++)
                power += frame->level.bands[b];
            out->loudest[f] = power > out->loudest[f] ? power : out->loudest[f];
            out->stood_out[f] |= frame->stands_out_db >= SPURT_HIGH_DB;
        }
        any |= out->stood_out[f];
    }
    return any;
}

/* Only while the other is louder: who speaks over bleed says nothing against it, and a copy nothing
 * of the voice that it came from. */
static void learn_pair(struct cutter *cutter, size_t a, size_t b, int64_t at,
                       const struct activity *spoke, const struct activity *heard,
                       const float (*voice)[LEVEL_BANDS])
{
    struct sums sums = {0};
    for (int64_t f = 0; f < CUTTER_BLOCK; f++)
        if (spoke->stood_out[f] && heard->stood_out[f] &&
            spoke->loudest[f] > LOUDER * heard->loudest[f])
            add_frame(&sums, lane_frame(&cutter->lanes[a], at + f)->above_db,
                      &voice[f + LAG_MAX - LAG_MIN]);
    if (sums.n >= LEARNED_LEAST)
        relate(&cutter->lanes[a], &cutter->lanes[b],
               &cutter->bleed->pairs[a * cutter->lane_count + b], at, &sums);
}

void bleed_learn(struct cutter *cutter, int64_t at)
{
    for (size_t i = 0; i < cutter->lane_count; i++)
        cutter->bleed->has_heard[i] =
            look_at(&cutter->lanes[i], at, HEARD, &cutter->bleed->heard[i]);
    for (size_t b = 0; b < cutter->lane_count; b++) {
        struct lane *lane = &cutter->lanes[b];
        struct activity spoke;
        if (!look_at(lane, at, SPOKE, &spoke))
            continue;
        /* From the longest lag before the block to the shortest behind it. */
        float voice[CUTTER_BLOCK + LAGS][LEVEL_BANDS] = {{0}};
        for (int64_t i = 0; i < CUTTER_BLOCK + LAGS; i++)
            if (at - LAG_MAX + i >= 0)
                memcpy(voice[i], lane_frame(lane, at - LAG_MAX + i)->above_db, sizeof voice[i]);
        for (size_t a = 0; a < cutter->lane_count; a++)
            if (a != b && cutter->bleed->has_heard[a])
                learn_pair(cutter, a, b, at, &spoke, &cutter->bleed->heard[a],
                           (const float(*)[LEVEL_BANDS])voice);
    }
}

/* The delay wobbles by a frame or two, as jitter buffers stretch. */
static float loudest(struct lane *lane, int64_t at, size_t band)
{
    float most = 0;
    for (int64_t f = at - 2 > 0 ? at - 2 : 0; f <= at + 2; f++) {
        float power = lane_frame(lane, f)->level.bands[band];
        most = power > most ? power : most;
    }
    return most;
}

void bleed_take_out(struct cutter *cutter, size_t lane, int64_t at, float own[LEVEL_BANDS])
{
    const struct frame *frame = lane_frame(&cutter->lanes[lane], at);
    float expected[LEVEL_BANDS] = {0};
    for (size_t b = 0; b < cutter->lane_count; b++) {
        struct pair *pair = &cutter->bleed->pairs[lane * cutter->lane_count + b];
        if (!pair->is_related)
            continue;
        for (size_t band = 0; band < LEVEL_BANDS; band++) {
            float now = pair->gain[band] * loudest(&cutter->lanes[b], at - pair->lag, band);
            float tail = TAIL * pair->tail[band];
            pair->tail[band] = now > tail ? now : tail;
            if (pair->tail[band] > expected[band])
                expected[band] = pair->tail[band];
        }
    }
    for (size_t band = 0; band < LEVEL_BANDS; band++) {
        float left = frame->level.bands[band] - MARGIN * expected[band];
        own[band] = left > 0 ? left : 0;
    }
}

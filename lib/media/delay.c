#include "media/delay.h"

#include <assert.h>
#include <string.h>

#include "media/media.h"

enum {
    QUANTILE_PERCENT = 95,
    FRAME_US = MEDIA_FRAME_MS * 1000,
    /* A fetcher that is so much behind its earliest self has stopped and started again. */
    FETCH_RESTART_US = 300000,
};

void delay_arrivals_init(struct delay_arrivals *arrivals)
{
    memset(arrivals, 0, sizeof *arrivals);
}

bool delay_arrivals_empty(const struct delay_arrivals *arrivals)
{
    return arrivals->count == 0;
}

void delay_arrivals_add(struct delay_arrivals *arrivals, int64_t received_us, int64_t late_us)
{
    if (arrivals->count == 0 || received_us >= arrivals->block_end_us) {
        arrivals->block_end_us = received_us + DELAY_BLOCK_US;
        arrivals->newest = (arrivals->newest + 1) % DELAY_BLOCKS;
        if (arrivals->count < DELAY_BLOCKS)
            arrivals->count++;
        arrivals->late_max_us[arrivals->newest] = late_us;
        arrivals->late_min_us[arrivals->newest] = late_us;
        return;
    }
    if (late_us > arrivals->late_max_us[arrivals->newest])
        arrivals->late_max_us[arrivals->newest] = late_us;
    if (late_us < arrivals->late_min_us[arrivals->newest])
        arrivals->late_min_us[arrivals->newest] = late_us;
}

static size_t index_back(const struct delay_arrivals *arrivals, size_t back)
{
    return (arrivals->newest + DELAY_BLOCKS - back) % DELAY_BLOCKS;
}

int64_t delay_arrivals_target_us(const struct delay_arrivals *arrivals)
{
    assert(arrivals->count > 0);
    /* The few worst, worst first; the one after those that may be missed is the quantile. */
    enum { WORST_MAX = DELAY_BLOCKS * (100 - QUANTILE_PERCENT) / 100 + 1 };
    int64_t worst[WORST_MAX];
    size_t wanted = arrivals->count * (100 - QUANTILE_PERCENT) / 100 + 1, held = 0;
    for (size_t back = 0; back < arrivals->count; back++) {
        int64_t late = arrivals->late_max_us[index_back(arrivals, back)];
        size_t at = held;
        while (at > 0 && worst[at - 1] < late)
            at--;
        if (at >= wanted)
            continue;
        if (held < wanted)
            held++;
        memmove(worst + at + 1, worst + at, (held - at - 1) * sizeof *worst);
        worst[at] = late;
    }
    return worst[held - 1];
}

int64_t delay_arrivals_base_us(const struct delay_arrivals *arrivals)
{
    assert(arrivals->count > 0);
    int64_t base = arrivals->late_min_us[arrivals->newest];
    for (size_t back = 1; back < arrivals->count; back++) {
        int64_t late = arrivals->late_min_us[index_back(arrivals, back)];
        if (late < base)
            base = late;
    }
    return base;
}

void delay_arrivals_shift(struct delay_arrivals *arrivals, int64_t by_us)
{
    for (size_t i = 0; i < DELAY_BLOCKS; i++) {
        arrivals->late_max_us[i] += by_us;
        arrivals->late_min_us[i] += by_us;
    }
}

void delay_fetches_init(struct delay_fetches *fetches)
{
    memset(fetches, 0, sizeof *fetches);
}

static int64_t earliest(const struct delay_fetches *fetches)
{
    int64_t early = fetches->early_us[fetches->newest];
    for (size_t back = 1; back < fetches->count; back++) {
        size_t at = (fetches->newest + DELAY_FETCH_BLOCKS - back) % DELAY_FETCH_BLOCKS;
        if (fetches->early_us[at] < early)
            early = fetches->early_us[at];
    }
    return early;
}

int64_t delay_fetches_add(struct delay_fetches *fetches, int64_t now_us)
{
    int64_t steady_us = fetches->frames * FRAME_US;
    int64_t early_us = now_us - steady_us;
    fetches->frames++;
    if (fetches->count > 0 && early_us > earliest(fetches) + FETCH_RESTART_US)
        fetches->count = 0;
    if (fetches->count == 0 || now_us >= fetches->block_end_us) {
        fetches->block_end_us = now_us + DELAY_BLOCK_US;
        fetches->newest = (fetches->newest + 1) % DELAY_FETCH_BLOCKS;
        if (fetches->count < DELAY_FETCH_BLOCKS)
            fetches->count++;
        fetches->early_us[fetches->newest] = early_us;
    } else if (early_us < fetches->early_us[fetches->newest]) {
        fetches->early_us[fetches->newest] = early_us;
    }
    return steady_us + earliest(fetches);
}

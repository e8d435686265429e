#include "analysis/spurt.h"

static bool is_empty(struct spurt spurt)
{
    return spurt.to == spurt.from;
}

static bool take(struct spurt *from, struct spurt *out)
{
    if (is_empty(*from))
        return false;
    *out = *from;
    *from = (struct spurt){0};
    return true;
}

/* A stretch with enough sound in it is speech: it begins a spurt, or carries the open one on. */
static void add_stretch(struct spurts *spurts)
{
    if (spurts->heard < SPURT_LEAST)
        return;
    if (is_empty(spurts->open) || spurts->stretch.from - spurts->open.to >= SPURT_GAP) {
        spurts->closed = spurts->open;
        spurts->open = spurts->stretch;
    }
    spurts->open.to = spurts->stretch.to;
}

static void add_run(struct spurts *spurts, int64_t to)
{
    int64_t from = spurts->run_from;
    if (is_empty(spurts->stretch) || from - spurts->stretch.to >= SPURT_CLOSURE) {
        spurts->stretch.from = from;
        spurts->heard = 0;
    }
    spurts->stretch.to = to;
    spurts->heard += to - from;
    add_stretch(spurts);
}

static void end_run(struct spurts *spurts, int64_t at)
{
    if (spurts->in_run && spurts->run_is_high)
        add_run(spurts, at);
    spurts->in_run = spurts->run_is_high = false;
}

bool spurts_feed(struct spurts *spurts, int64_t at, float stands_out_db, struct spurt *out)
{
    if (stands_out_db < SPURT_LOW_DB) {
        end_run(spurts, at);
    } else {
        if (spurts->in_run && at - spurts->run_from >= SPURT_RUN) {
            bool is_high = spurts->run_is_high;
            end_run(spurts, at);
            spurts->run_is_high = is_high;
        }
        if (!spurts->in_run)
            spurts->run_from = at;
        spurts->in_run = true;
        spurts->run_is_high |= stands_out_db >= SPURT_HIGH_DB;
    }
    if (!is_empty(spurts->open) && at - spurts->open.to > SPURT_LATE && is_empty(spurts->closed))
        take(&spurts->open, &spurts->closed);
    return take(&spurts->closed, out);
}

bool spurts_finish(struct spurts *spurts, int64_t at, struct spurt *out)
{
    end_run(spurts, at);
    spurts->stretch = (struct spurt){0};
    return take(&spurts->closed, out) || take(&spurts->open, out);
}

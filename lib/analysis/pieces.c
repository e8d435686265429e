#include "analysis/pieces.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analysis/cutter.h"
#include "analysis/pieces_inner.h"
#include "analysis/track.h"
#include "base/mem.h"

enum { BLOCK_MS = CUTTER_BLOCK * LEVEL_FRAME_MS, PROGRESS_BLOCKS = 10 };

/* One track's part of the pass: its reader is open only while the pass is over it. */
struct hearing {
    const struct track *track;
    size_t lane;
    double from_ms, to_ms;
    struct track_reader *reader;
};

struct pass {
    const struct track *tracks;
    size_t track_count;
    struct hearing *hearings; /* as the tracks; `track` is NULL for those without sound */
    unsigned participants[LIMIT_PARTICIPANTS];
    size_t lanes;
    double end_ms;
    struct cutter *cutter;
    int16_t *pcm;
    char *why;
    size_t why_size;
};

const struct pieces *pieces_of(const struct pieces_set *set)
{
    return &set->shown;
}

void pieces_free(struct pieces_set *set)
{
    if (!set)
        return;
    mem_free(set->pieces);
    mem_free(set);
}

/* The participant's lane, made room for in ascending order. */
static void add_participant(struct pass *pass, unsigned participant)
{
    size_t i = 0;
    while (i < pass->lanes && pass->participants[i] < participant)
        i++;
    if ((i < pass->lanes && pass->participants[i] == participant) ||
        pass->lanes == LIMIT_PARTICIPANTS)
        return;
    memmove(&pass->participants[i + 1], &pass->participants[i],
            (pass->lanes - i) * sizeof pass->participants[0]);
    pass->participants[i] = participant;
    pass->lanes++;
}

static enum err lay_out(struct pass *pass, const struct debate *debate)
{
    pass->hearings = mem_zalloc((pass->track_count + 1) * sizeof pass->hearings[0]);
    pass->pcm = mem_alloc(CUTTER_BLOCK_SAMPLES * sizeof pass->pcm[0]);
    if (!pass->hearings || !pass->pcm)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < pass->track_count; i++) {
        const struct track *track = &pass->tracks[i];
        if (!track->path)
            continue;
        struct hearing *hearing = &pass->hearings[i];
        hearing->track = track;
        hearing->from_ms = fmax(track_from_ms(track), 0);
        hearing->to_ms = track_to_ms(track);
        if (debate->ended)
            hearing->to_ms = fmin(hearing->to_ms, (double)debate->end_ms);
        pass->end_ms = fmax(pass->end_ms, hearing->to_ms);
        add_participant(pass, track->participant);
    }
    for (size_t i = 0; i < pass->track_count; i++)
        for (size_t lane = 0; lane < pass->lanes; lane++)
            if (pass->participants[lane] == pass->tracks[i].participant)
                pass->hearings[i].lane = lane;
    pass->cutter = cutter_new(pass->participants, pass->lanes);
    return pass->cutter ? ERR_NONE : ERR_NO_MEMORY;
}

/* The frames of the block that lie within the track whole. */
static size_t frame_in(double at_ms, double block_ms, double (*round_to)(double))
{
    double frame = round_to((at_ms - block_ms) / LEVEL_FRAME_MS);
    return frame < 0 ? 0 : frame > CUTTER_BLOCK ? CUTTER_BLOCK : (size_t)frame;
}

static enum err hear(struct pass *pass, size_t index, double block_ms)
{
    struct hearing *hearing = &pass->hearings[index];
    if (!hearing->track || hearing->to_ms <= block_ms || hearing->from_ms >= block_ms + BLOCK_MS)
        return ERR_NONE;
    enum err e = ERR_NONE;
    errno = 0;
    if (!hearing->reader)
        e = track_open_coarse(hearing->track, &hearing->reader);
    if (!e)
        e = track_read(hearing->reader, block_ms, block_ms + BLOCK_MS, pass->pcm);
    if (e) {
        snprintf(pass->why, pass->why_size, "%s: %s", hearing->track->path,
                 e == ERR_IO && errno ? strerror(errno)
                 : e == ERR_NO_MEMORY ? "out of memory"
                                      : "not sound that can be read");
        return e == ERR_NOT_FOUND ? ERR_CORRUPT : e;
    }
    cutter_hear(pass->cutter, hearing->lane, index, pass->pcm,
                frame_in(hearing->from_ms, block_ms, ceil),
                frame_in(hearing->to_ms, block_ms, floor));
    if (hearing->to_ms <= block_ms + BLOCK_MS) {
        track_close(hearing->reader);
        hearing->reader = NULL;
    }
    return ERR_NONE;
}

static enum err go_through(struct pass *pass, pieces_progress_fn *progress, void *context)
{
    size_t blocks = (size_t)ceil(pass->end_ms / BLOCK_MS);
    for (size_t block = 0; block < blocks; block++) {
        double block_ms = (double)block * BLOCK_MS;
        for (size_t i = 0; i < pass->track_count; i++) {
            enum err e = hear(pass, i, block_ms);
            if (e)
                return e;
        }
        enum err e = cutter_next(pass->cutter);
        if (e)
            return e;
        if (progress && (block + 1) % PROGRESS_BLOCKS == 0)
            progress(context, "pieces", block_ms + BLOCK_MS, pass->end_ms);
    }
    if (progress)
        progress(context, "pieces", pass->end_ms, pass->end_ms);
    return ERR_NONE;
}

static enum err keep(struct pass *pass, struct pieces_set *set)
{
    enum err e = cutter_finish(pass->cutter, &set->shown);
    if (e)
        return e;
    set->pieces = mem_alloc((set->shown.count + 1) * sizeof set->pieces[0]);
    if (!set->pieces)
        return ERR_NO_MEMORY;
    if (set->shown.count)
        memcpy(set->pieces, set->shown.pieces, set->shown.count * sizeof set->pieces[0]);
    set->shown.pieces = set->pieces;
    return ERR_NONE;
}

enum err pieces_cut(const struct debate *debate, const struct track *tracks, size_t track_count,
                    pieces_progress_fn *progress, void *context, struct pieces_set **out, char *why,
                    size_t why_size)
{
    struct pass pass = {
        .tracks = tracks, .track_count = track_count, .why = why, .why_size = why_size};
    snprintf(why, why_size, "out of memory");
    struct pieces_set *set = mem_zalloc(sizeof *set);
    enum err e = set ? lay_out(&pass, debate) : ERR_NO_MEMORY;
    if (!e)
        e = go_through(&pass, progress, context);
    if (!e)
        e = keep(&pass, set);
    for (size_t i = 0; pass.hearings && i < track_count; i++)
        track_close(pass.hearings[i].reader);
    mem_free(pass.hearings);
    mem_free(pass.pcm);
    cutter_free(pass.cutter);
    if (e) {
        pieces_free(set);
        return e;
    }
    *out = set;
    return ERR_NONE;
}

#include <stdio.h>
#include <string.h>

#include "analysis/recogniser.h"
#include "analysis/transcript_inner.h"
#include "analysis/why.h"
#include "base/mem.h"

/* 0.14 times real time were measured; a machine that is busy with other things may need far more.
 */
#define PATIENCE_MS    60000.0
#define PATIENCE_TIMES 20

static double patience_ms(const struct making *making, size_t piece)
{
    double asked_ms = making->request->recogniser_patience_ms;
    return asked_ms > 0 ? asked_ms : PATIENCE_MS + PATIENCE_TIMES * making_clip_ms(making, piece);
}

static enum err name_piece(const void *pcm16, size_t bytes, char name[ANSWER_NAME_SIZE])
{
    static const char by[] = RECOGNISER_ENGINE " " RECOGNISER_MODEL;
    struct answer_part parts[] = {{pcm16, bytes}, {by, sizeof by}};
    return answer_name(parts, 2, name);
}

/* Starts the recogniser when the track has none yet. */
static enum err hear(struct making *making, size_t piece, const struct clip *clip,
                     struct recogniser **recogniser, char *why, size_t why_size)
{
    char name[ANSWER_NAME_SIZE];
    size_t bytes = clip->samples * sizeof *clip->pcm;
    enum err e = name_piece(clip->pcm, bytes, name);
    if (!e)
        e = making_take_kept(making, piece, name);
    if (e != ERR_NOT_FOUND)
        return e;
    struct buf answer;
    buf_init(&answer, ANSWER_MAX);
    e = *recogniser ? ERR_NONE
                    : recogniser_start(making->request->recogniser, recogniser, why, why_size);
    if (!e)
        e = recogniser_hear(*recogniser, clip->pcm, bytes, patience_ms(making, piece), &answer, why,
                            why_size);
    if (!e)
        e = making_take(making, piece, answer.data ? answer.data : "", answer.len);
    if (e == ERR_CORRUPT) {
        why_note(why, why_size, WHY_SAID_NONSENSE, NULL, NULL, NULL);
        e = ERR_UNAVAILABLE;
    }
    if (!e)
        e = answer_keep(making->request->answers, name, RECOGNISER_ENGINE, RECOGNISER_MODEL,
                        answer.data, making->request->space);
    buf_release(&answer);
    return e;
}

static enum err hear_piece(struct making *making, size_t piece, struct recogniser **recogniser,
                           char *why, size_t why_size)
{
    struct clip clip;
    enum err e = making_clip(making, piece, &clip);
    if (e && e != ERR_NO_MEMORY) {
        why_note(why, why_size, WHY_PIECE_UNREADABLE, NULL, NULL, NULL);
        e = ERR_UNAVAILABLE;
    }
    if (!e)
        e = hear(making, piece, &clip, recogniser, why, why_size);
    mem_free(clip.pcm);
    return e;
}

/* One track, with a recogniser of its own. When that fails, the rest of the track is lost. */
static enum err hear_track(struct making *making, size_t track)
{
    const struct pieces *pieces = making->request->pieces;
    struct recogniser *recogniser = NULL;
    char why[SERVICE_WHY_SIZE] = "";
    enum err e = ERR_NONE;
    bool failed = false;
    for (size_t i = 0; !e && i < pieces->count; i++) {
        if (pieces->pieces[i].track != track)
            continue;
        if (!failed)
            e = hear_piece(making, i, &recogniser, why, sizeof why);
        failed = failed || e == ERR_UNAVAILABLE;
        if (failed)
            e = making_lose(making, i, why);
        making_progress(making);
    }
    recogniser_end(recogniser);
    return e;
}

enum err transcript_by_recogniser(struct making *making)
{
    enum err e = ERR_NONE;
    for (size_t i = 0; !e && i < making->request->track_count; i++)
        e = hear_track(making, i);
    return e;
}

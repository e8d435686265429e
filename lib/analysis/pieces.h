/* Who spoke when: all tracks, side by side on the session's clock, cut into pieces of speech, less
 * what came into one microphone from another's loudspeaker. One thread at a time; slow (it decodes
 * every track once): not for an event loop.
 *
 * What is found is as exact as 10 ms frames allow where speech stands 15 dB out of its noise.
 * Silence of less than PIECE_GAP_MS inside one's speech is part of it. Memory is bounded by the
 * number of people, not by the length, but for the pieces themselves. */
#ifndef DEBATE_ANALYSIS_PIECES_H
#define DEBATE_ANALYSIS_PIECES_H

#include "analysis/analysis.h"
#include "base/buf.h"
#include "base/err.h"

enum {
    /* Added on both sides of what is sent to be transcribed, not in from_ms and to_ms: recognisers
     * want to hear a word begin. */
    PIECE_PAD_MS = 200,
    /* Shorter gaps are closed. Above twice the pad, so that no sound is sent twice; stop consonants
     * are silent for up to 200 ms (which is why Heldner & Edlund 2010 count none below 180). */
    PIECE_GAP_MS = 500,
    /* Whisper's window. Longer speech is cut at its quietest place; the two pieces then touch. */
    PIECE_MAX_MS = 30000 - 2 * PIECE_PAD_MS,
};

struct pieces_set; /* owns what pieces_of shows */

const struct pieces *pieces_of(const struct pieces_set *set);
void pieces_free(struct pieces_set *set); /* NULL is allowed */

/* Called now and then with how much is done, in ms of session time. May be NULL. */
typedef void pieces_progress_fn(void *context, const char *step, double done, double of);

/* From the start to the end of the debate, or of its tracks where the log has no end. Tracks
 * without sound (`missing`) are passed over; one person's tracks do not overlap. `why` gets one
 * line on every error. ERR_NO_MEMORY, ERR_IO, ERR_CORRUPT (a track that cannot be read). */
enum err pieces_cut(const struct debate *debate, const struct track *tracks, size_t track_count,
                    pieces_progress_fn *progress, void *context, struct pieces_set **out, char *why,
                    size_t why_size) MUST_CHECK;

/* Appends {"pieces":[{"participant":"p1","track":0,"from_ms":..,"to_ms":..,"level_db":..}],
 * "bled":n}. ERR_FULL, ERR_NO_MEMORY. */
enum err pieces_json(const struct pieces *pieces, struct buf *out) MUST_CHECK;
/* What pieces_json wrote; further fields are ignored. ERR_CORRUPT when it is something else,
 * ERR_NO_MEMORY. */
enum err pieces_from_json(const char *text, size_t len, struct pieces_set **out) MUST_CHECK;

#endif

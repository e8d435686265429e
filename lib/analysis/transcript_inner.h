/* A transcript in the making: inner part of transcript.h. */
#ifndef DEBATE_ANALYSIS_TRANSCRIPT_INNER_H
#define DEBATE_ANALYSIS_TRANSCRIPT_INNER_H

#include "analysis/answers.h"
#include "analysis/stt.h"
#include "analysis/transcript.h"
#include "proto/json_reader.h"

struct transcript_set {
    struct transcript transcript;
    struct turn *turns;      /* each owns its words */
    struct stt_heard *heard; /* of each piece, when it was made: what the turns' texts lie in */
    size_t heard_count;
    struct json *document;                            /* when it was read: what all texts lie in */
    char *engine, *model, *language, *missing, *note; /* when it was made */
};

/* The sound of one piece, with what is put around it. */
struct clip {
    int16_t *pcm; /* mono at STT_RATE_HZ; mem_free */
    size_t samples;
    double from_ms, length_ms; /* on session time */
};

/* A track that stays open: of a browser's, opening goes through the whole file. */
struct opened {
    size_t track;
    struct track_reader *reader; /* NULL: none */
};

struct making {
    const struct transcript_request *request;
    struct transcript_set *set;
    const char *prompt;                       /* NULL: none */
    size_t done;                              /* pieces, whatever came of them */
    struct opened opened[LIMIT_PARTICIPANTS]; /* each one's last; made by making_clip */
    char *why;
    size_t why_size;
};

/* Reads a piece's sound. ERR_IO with errno, ERR_NO_MEMORY; `clip->pcm` is to be freed in any case.
 */
enum err making_clip(struct making *making, size_t piece, struct clip *clip) MUST_CHECK;
double making_clip_ms(const struct making *making, size_t piece);

/* Takes the answer of a piece. ERR_CORRUPT when it is none. */
enum err making_take(struct making *making, size_t piece, const char *answer,
                     size_t len) MUST_CHECK;
/* Takes the answer that was kept under this name; ERR_NOT_FOUND. */
enum err making_take_kept(struct making *making, size_t piece, const char *name) MUST_CHECK;
/* Counts a piece that stays without words, and notes why if it is the first. */
enum err making_lose(struct making *making, size_t piece, const char *why) MUST_CHECK;
void making_progress(struct making *making);

/* Puts all pieces into words. Errors as transcript_make. */
enum err transcript_by_service(struct making *making) MUST_CHECK;
enum err transcript_by_recogniser(struct making *making) MUST_CHECK;

#endif

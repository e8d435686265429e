/* A debate as sound: one file with all voices, and a folder with a file a participant, all laid
 * over each other on session time. One pass over the recordings, in blocks. Any thread; blocks on
 * the disk. */
#ifndef DEBATE_ANALYSIS_MIXDOWN_H
#define DEBATE_ANALYSIS_MIXDOWN_H

#include "analysis/track.h"

struct mixdown_request {
    const struct debate *debate;
    const struct tracks *tracks;
    const char *mix; /* NAME.wav, or NAME.opus or .ogg; NULL: none */
    /* "p1-Kim.wav" for each who has sound: mono, of equal length from the start on, so that an
     * editor shows them under each other. NULL: none. The folder is made where it is missing. */
    const char *folder;
    void (*progress)(void *context, const char *step, double done, double of); /* NULL: none */
    void *context;
};

/* Whether the mix can be written under that name: by its suffix. */
bool mixdown_takes(const char *path);
/* From the start to the debate's end, or at most 10 s longer where a recording is. Files appear
 * whole; on an error there are none. With one line in `why`: ERR_NOT_FOUND (there is no sound),
 * ERR_IO, ERR_NO_MEMORY. */
enum err mixdown_write(const struct mixdown_request *request, char *why,
                       size_t why_size) MUST_CHECK;

#endif

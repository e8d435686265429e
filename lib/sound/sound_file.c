/* Sides that are files. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "sound/sound_inner.h"

static void explain(const char *path, enum err e, char *why, size_t why_size)
{
    const char *text = "no memory";
    if (e == ERR_IO)
        text = strerror(errno);
    else if (e == ERR_CORRUPT)
        text = "it is neither WAV (16 bit) nor Ogg Opus";
    else if (e == ERR_TOO_LARGE)
        text = "it is longer than an hour";
    snprintf(why, why_size, "%s: %s", path, text);
}

enum err side_open_file(struct side *side, const char *path, bool is_held, char *why,
                        size_t why_size)
{
    enum err e = side->side == SOUND_INPUT ? sound_file_read(path, &side->pcm, &side->samples)
                                           : wav_open(path, &side->wav);
    if (e) {
        explain(path, e, why, why_size);
        return e == ERR_NO_MEMORY ? e : ERR_BAD_REQUEST;
    }
    snprintf(side->name, sizeof side->name, "%s", path);
    side->file_is_open = true;
    side->file_is_held = is_held;
    return ERR_NONE;
}

void side_close_file(struct side *side)
{
    mem_free(side->pcm);
    side->pcm = NULL;
    side->samples = side->next_sample = 0;
    if (side->wav && wav_close(side->wav) != ERR_NONE)
        side_tell(side, SOUND_FAILED, "%s: %s", side->wanted, strerror(errno));
    side->wav = NULL;
    side->file_is_open = false;
}

void side_read_file(struct side *side, int16_t pcm[MEDIA_FRAME_SAMPLES])
{
    memset(pcm, 0, MEDIA_FRAME_SAMPLES * sizeof *pcm);
    if (!side->file_is_open || side->file_is_held)
        return;
    size_t count = side->samples - side->next_sample;
    if (count > MEDIA_FRAME_SAMPLES)
        count = MEDIA_FRAME_SAMPLES;
    memcpy(pcm, side->pcm + side->next_sample, count * sizeof *pcm);
    side->next_sample += count;
    if (side->next_sample < side->samples)
        return;
    side_close_file(side);
    side_tell(side, SOUND_FINISHED, "%s", side->wanted);
}

void side_write_file(struct side *side, const int16_t pcm[MEDIA_FRAME_SAMPLES])
{
    if (!side->wav || wav_write(side->wav, pcm, MEDIA_FRAME_SAMPLES) == ERR_NONE)
        return;
    int saved = errno;
    (void)!wav_close(side->wav);
    side->wav = NULL;
    side->file_is_open = false;
    side_tell(side, SOUND_FAILED, "%s: %s", side->wanted, strerror(saved));
}
